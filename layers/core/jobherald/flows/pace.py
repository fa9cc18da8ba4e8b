"""What is said of a place whose looks take too long: once when they do, and once when they no longer do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from jobherald.flows.trouble import name_of, raise_alert
from jobherald.flows.visit import Means
from jobherald.model import Alert, AlertKind, Severity
from jobherald.ports import Reach
from jobherald.watch import PlaceRecord


def behind(
    record: PlaceRecord, open_jobs: int, means: Means, now: datetime, lag: float
) -> tuple[PlaceRecord, list[Alert]]:
    """The place, and the alert that a look has been under way for ``lag`` seconds and is not complete yet."""
    jobs = f"{open_jobs:,} {means.abilities.title}{'' if open_jobs == 1 else 's'}"
    text = (
        f"Cannot keep up with {jobs} in {record.place.region}: the look that began {_length(lag)} ago is not complete"
        f" yet, and one is wanted every {record.scope.every} s. {_what_is_late(record, means, now)}"
    )
    step = (
        "Watch less of the place (filters, fewer open jobs), shorten PagePace, or ask for a higher rate of the API's"
        " calls."
    )
    return raise_alert(replace(record, told_behind=True), AlertKind.BEHIND, Severity.WARNING, now, text, step)


def caught_up(record: PlaceRecord, now: datetime, lag: float) -> tuple[PlaceRecord, list[Alert]]:
    """The place, and the alert that a look was complete within ``lag`` seconds, in time again."""
    text = f"Keeps up with {name_of(record)} again: the last complete look took {_length(lag)}."
    return raise_alert(replace(record, told_behind=False), AlertKind.CAUGHT_UP, Severity.INFO, now, text)


def _what_is_late(record: PlaceRecord, means: Means, now: datetime) -> str:
    """Where news come by modified time, outcomes are among them: they do not wait for the rest of a look."""
    news = (now - record.news_at).total_seconds() if record.news_at else means.limits.blind_after
    if means.abilities.reach is Reach.MODIFIED_AFTER and news < means.limits.blind_after:
        return "Outcomes are told in time all the same; progress, and jobs that vanish, may be noticed that late."
    return "New outcomes may be told that late."


def _length(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"  # noqa: PLR2004
