"""What a request asks for: its parameters, read as their types, and the page of a list that they name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from jobherald.local.services.api import ApiError, Call
from jobherald.local.services.faults import Kind

T = TypeVar("T")


def wrong(name: str, why: str) -> ApiError:
    """The refusal of a parameter. Which code ModelArts has for it is not documented."""
    return ApiError("ModelArts.0104", f"Parameter error. {name} {why}")


def integer(asked: Mapping[str, Any], name: str, default: int, lowest: int, highest: int) -> int:
    """A number within its bounds. Raises ApiError for any other."""
    try:
        value = int(asked.get(name, default))
    except (TypeError, ValueError):
        raise wrong(name, "is not a number") from None
    if not lowest <= value <= highest:
        raise wrong(name, f"must be from {lowest} to {highest}")
    return value


def truth(asked: Mapping[str, Any], name: str) -> bool:
    """Whether it says ``true``; false is the default of all of them. Raises ApiError for another word."""
    return word(asked, name, "false", ("true", "false")) == "true"


def word(asked: Mapping[str, Any], name: str, default: str, known: Collection[str]) -> str:
    """One of the known words. Raises ApiError for any other."""
    value = str(asked.get(name, default))
    if value not in known:
        raise wrong(name, f"must be one of {', '.join(known)}")
    return value


def page(rows: Sequence[T], call: Call, *, counts: str, default: int = 10, highest: int = 100) -> list[T]:
    """The rows that the call asks for. ``counts`` says whether its offset counts ``pages`` or ``rows``.

    A faulty one disregards the offset, or is empty.
    """
    limit = integer(call.parameters, "limit", default, 1, highest)
    offset = integer(call.parameters, "offset", 0, 0, 2**31 - 1)
    match call.fault.kind if call.fault else None:
        case Kind.LOOP:
            offset = 0
        case Kind.EMPTY:
            return []
    begin = offset * limit if counts == "pages" else offset
    return list(rows[begin : begin + limit])
