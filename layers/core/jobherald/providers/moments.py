"""Reads times that a service's model does not know as such: numbers, and texts."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final


def reader(kind: str) -> Callable[[Any], datetime | None]:
    """What reads a time of a row (aware, UTC) that is ``epoch`` (seconds), ``epoch_ms`` or ``text`` (ISO 8601).

    It gives None for what is no such time, and for 0, which services write where there is none.
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
    except (TypeError, ValueError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


_READERS: Final = {"epoch": _epoch, "epoch_ms": _epoch_ms, "text": _text}
