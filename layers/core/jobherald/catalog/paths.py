"""JMESPath over rows and events, where a path that finds nothing is a missing member and never an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import jmespath
from jmespath.exceptions import JMESPathError

_PLAIN: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def find(path: str, value: Any) -> Any:
    """What ``path`` finds in ``value``: None where it is empty, finds nothing, or meets a type it cannot work on.

    Raises jmespath's ParseError for a path that is not JMESPath; the checks of the catalogue keep such a path out.
    """
    return _finder(path)(value) if path else None


def text(path: str, value: Any) -> str:
    """What ``path`` finds as text; empty where that is nothing, or no single value."""
    found = find(path, value)
    if isinstance(found, str):
        return whole(found)
    return str(found) if isinstance(found, int | float) else ""


def key(path: str, value: Any) -> str:
    """What ``path`` finds as an id: a text, or the parts of a list joined by ``/``. Empty where any part is missing.

    A time among the parts is written as RFC 3339 in UTC, cut to its second.
    """
    found = find(path, value)
    if not isinstance(found, list):
        return text(path, value)
    parts = [_part(one) for one in found]
    return "/".join(parts) if all(parts) else ""


def _part(value: Any) -> str:
    if isinstance(value, datetime):
        at = value.astimezone(UTC) if value.tzinfo else value
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, str):
        return whole(value)
    return str(value) if isinstance(value, int | float) else ""


def whole(found: str) -> str:
    """A text that can be stored and sent: half a surrogate pair, where a service cut a text, becomes ``?``."""
    return found if found.isascii() else found.encode(errors="replace").decode()


@cache
def _finder(path: str) -> Callable[[Any], Any]:
    # Nearly all paths are plain member names, and a page has a thousand of them to read: walking is ten times
    # cheaper than jmespath's tree.
    if _PLAIN.fullmatch(path):
        return _walker(tuple(path.split(".")))
    compiled = jmespath.compile(path)

    def search(value: Any) -> Any:
        try:
            return compiled.search(value)
        except JMESPathError:
            return None

    return search


def _walker(names: tuple[str, ...]) -> Callable[[Any], Any]:
    def walk(value: Any) -> Any:
        for name in names:
            if not isinstance(value, Mapping):
                return None
            value = value.get(name)
        return value

    return walk
