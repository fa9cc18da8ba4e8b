"""Reads times that a service's model does not know as such: numbers, and texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


def reader(kind: str) -> Callable[[Any], datetime | None]:
    """What reads a time of a row (aware, UTC) that is ``epoch`` (seconds), ``epoch_ms`` or ``text`` (ISO 8601).

    It gives None for what is no such time, and for the beginning of time, which services write where there is none.
    """
    return _READERS[kind]


def _epoch(value: Any) -> datetime | None:
    return _at(value, 1)


def _epoch_ms(value: Any) -> datetime | None:
    return _at(value, 1000)


def _at(value: Any, per_second: int) -> datetime | None:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or value <= 0
    ):
        return None
    try:
        return datetime.fromtimestamp(value / per_second, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _text(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    # Whether it is that of Unix or the year 1 depends on the language that the service is written in.
    return found if found > _BEGINNING else None


_READERS: Final[Mapping[str, Callable[[Any], datetime | None]]] = {
    "epoch": _epoch,
    "epoch_ms": _epoch_ms,
    "text": _text,
}
