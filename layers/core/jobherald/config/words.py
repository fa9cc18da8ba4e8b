"""The small words of a document (durations, moments, states), read strictly and refused with what would do."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

from jobherald.config.faults import instead, refuse, shown
from jobherald.model import State

DURATION_PATTERN: Final = r"^[1-9][0-9]{0,5}[smhd]$"
SHORTEST: Final = 1
LONGEST: Final = 86_400
TELLABLE: Final = tuple(state for state in State if state is not State.UNKNOWN)

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds(value: object) -> int:
    """A duration such as ``60s``, ``5m``, ``1h`` or ``1d`` in seconds, from one second to one day."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise refuse(
            f'{shown(value)} is no duration; write a number and its unit, such as "60s", "5m" or "1h"'
        )
    if isinstance(value, int):
        raise refuse(f'{value} has no unit; write "{value}s" for seconds, or use m, h or d')
    if not re.fullmatch(DURATION_PATTERN, value):
        raise refuse(
            f'{shown(value)} is no duration; write a whole number and s, m, h or d, such as "60s" or "5m"'
        )
    total = int(value[:-1]) * _SECONDS[value[-1]]
    if not SHORTEST <= total <= LONGEST:
        raise refuse(f'{shown(value)} is too long; the longest is "1d"')
    return total


def moment(value: object) -> datetime:
    """An aware time in UTC from a TOML date-time with its offset, a date (its first moment, UTC), or RFC 3339 text."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise refuse(f"{shown(value)} is no time; {_TIME}") from None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise refuse(
                f"{value.isoformat()} does not say in which time zone; write {value.isoformat()}Z for UTC"
            )
        try:
            return value.astimezone(UTC)
        except OverflowError:
            raise refuse(f"{value.isoformat()} is no time in UTC; {_TIME}") from None
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise refuse(f"{shown(value)} is no time; {_TIME}")


def state(value: object) -> State:
    """One of our states that a watch may have told."""
    names = [known.value for known in TELLABLE]
    if not isinstance(value, str):
        raise refuse(f"{shown(value)} is no state; it may be one of {', '.join(names)}, in quotes")
    if value == State.UNKNOWN:
        raise refuse(
            '"unknown" cannot be chosen; a new word of a service is always told, once, to the operators'
        )
    if value not in names:
        raise refuse(f"{shown(value)} is no state; {instead(value, names)}")
    return State(value)


_TIME: Final = (
    "write a date and time with its offset, such as 2026-11-01T00:00:00Z, or a date for its start in UTC"
)
