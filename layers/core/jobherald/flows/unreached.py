"""A place that no poll reaches, which no poll can say: they crash, wait behind others, or do not come at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from jobherald.flows.trouble import SAID_ELSEWHERE, UNREACHED, name_of, raise_alert
from jobherald.model import Alert, AlertKind, Severity
from jobherald.watch import PlaceRecord


def unreached(
    record: PlaceRecord, interval: float, now: datetime, blind_after: float
) -> tuple[PlaceRecord, list[Alert]]:
    """The place, marked where a poll has been due for ``blind_after`` seconds, and the alert that says so.

    ``interval`` is that between two polls, in seconds. The mark comes first and the alert with the next tick: after a
    time in which nothing was scheduled every place is overdue, and nobody needs to be told of one that is polled at once.
    """
    reached = record.polled_at or record.watched_since
    due = max(reached + timedelta(seconds=interval), record.paused_until or reached)
    is_due = (now - due).total_seconds() >= blind_after
    if not is_due or record.told_blind or record.trouble in SAID_ELSEWHERE:
        return record, []
    if record.trouble != UNREACHED:
        since = record.trouble_since or reached
        return replace(record.look_over(), trouble=UNREACHED, trouble_since=since), []
    since = record.trouble_since or reached
    text = (
        f"No look at {name_of(record)} has ended since {since:%Y-%m-%d %H:%M} UTC: its polls crash, wait behind others,"
        " or do not come."
    )
    return raise_alert(
        replace(record, told_blind=True),
        AlertKind.BLIND,
        Severity.ERROR,
        now,
        text,
        "Look for errors in the logs of poll and schedule. The place is polled again by itself.",
    )
