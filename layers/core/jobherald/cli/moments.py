"""Times at a terminal: how far back to look, and how long ago something was."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from jobherald.channels.text import duration

_AGO: Final = re.compile(r"([1-9]\d{0,5})([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


# Older versions of click, which the command still works with, have no type arguments at run time.
if TYPE_CHECKING:
    _ParamType = click.ParamType[datetime]
else:
    _ParamType = click.ParamType


class Since(_ParamType):
    """A moment in the past: ``90m``, ``2h`` or ``3d`` ago, a date, or an RFC 3339 time; in UTC unless it says else."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        ago = _AGO.fullmatch(value)
        try:
            if ago:
                return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            found = datetime.fromisoformat(value)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is no time; write 90m, 2h or 3d, a date, or 2026-11-22T11:00:00Z", param, ctx
            )


def when(at: datetime | None) -> str:
    """``2026-11-22 11:00``, in UTC; a dash where nobody knows."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if at else "–"


def lasted(start: datetime | None, end: datetime | None) -> str:
    """``2 h 14 min``; a dash where one of the two is not known."""
    return duration((end - start).total_seconds()) if start and end else "–"
