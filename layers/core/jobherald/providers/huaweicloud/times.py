"""Reads the times of ModelArts, which have two forms: milliseconds since 1970, and text that names no time zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from jobherald.errors import ConfigError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# Some members ("create_at", the "create_time" of an event) say "Long" and no unit. As milliseconds these would lie
# before March 1973, as seconds after the year 5000.
_SECONDS_BELOW: Final = 10**11

_TEXT: Final = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?) ?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_OFFSET: Final = re.compile(r"([+-])(\d\d):([0-5]\d)", re.ASCII)
_LARGEST_OFFSET: Final = timedelta(hours=14)


def reader(zone: timezone) -> Callable[[Any], datetime | None]:
    """What reads a time of a row: aware and in UTC, or None where it is no time, or one that is not known (0).

    Numbers are milliseconds since 1970, or seconds where milliseconds would be implausibly early. Text is
    ``yyyy-MM-dd HH:mm:ss`` in ``zone``, unless it says itself in which. (Page AutoAnnotationProgress: "Task creation
    time"; its example is ``2020-11-23 11:08:20``.)
    """

    def read(value: Any) -> datetime | None:
        try:
            at = _numbered(value) if _is_number(value) else _written(value, zone)
        except (OverflowError, ValueError):
            return None
        return at if at is not None and at > _EPOCH else None

    return read


def parse_zone(text: str) -> timezone:
    """The time zone of an offset from UTC such as ``+08:00``. Raises ConfigError."""
    match = _OFFSET.fullmatch(text)
    offset = timedelta(hours=int(match[2]), minutes=int(match[3])) if match else timedelta.max
    if match is None or offset > _LARGEST_OFFSET:
        raise ConfigError(
            f"The time zone of Huawei Cloud is {text!r}; it must be an offset from UTC such as +08:00. Set the"
            " parameter HuaweiTimeZone (HUAWEI_TIME_ZONE) to that of the times which ModelArts shows."
        )
    return timezone(-offset if match[1] == "-" else offset)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbered(value: float) -> datetime:
    return _EPOCH + (timedelta(seconds=value) if value < _SECONDS_BELOW else timedelta(milliseconds=value))


def _written(value: Any, zone: timezone) -> datetime | None:
    match = _TEXT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    day, time, offset = match.groups(default="")
    at = datetime.fromisoformat(f"{day}T{time}{offset}")
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
