"""The tags that say whose a job is and after which time somebody wants to hear of it."""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from jobherald.submit.labeling import TagValue

OWNER: Final = "jobherald:owner"
LIMIT: Final = "jobherald:limit"

_DURATION: Final = re.compile(r"[1-9][0-9]{0,4}[mhd]")
_VALUE: Final[TypeAdapter[str]] = TypeAdapter(TagValue)


def is_duration(text: str) -> bool:
    """Whether a limit is one: a whole number and m, h or d, as in ``90m``, ``8h`` or ``3d``."""
    return _DURATION.fullmatch(text) is not None


def is_value(text: str) -> bool:
    """Whether a tag can have this value: letters, digits, blanks and ``_ . : / = + - @``, at most 256 of them."""
    try:
        _VALUE.validate_python(text, strict=True)
    except ValidationError:
        return False
    return True


def tagged(document: object, *, owner: str = "", limit: str = "") -> object:
    """A labeling request's document with these tags in the place of those with their keys; what is empty is not added.

    A document whose tags are no list is left as it is: that is a fault of its form.
    """
    given = {key: value for key, value in ((OWNER, owner), (LIMIT, limit)) if value}
    if not given or not isinstance(document, dict) or not isinstance(document.get("Tags", []), list):
        return document
    kept = [tag for tag in document.get("Tags", []) if _key(tag) not in given]
    return {**document, "Tags": kept + [{"Key": key, "Value": value} for key, value in given.items()]}


def _key(tag: Any) -> str:
    key = tag.get("Key") if isinstance(tag, dict) else None
    return key if isinstance(key, str) else ""
