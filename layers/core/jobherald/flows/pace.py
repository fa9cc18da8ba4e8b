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
    """The place, and the alert that a look has been under way for ``lag`` seconds and is not complete yet.

    It says how long a whole one takes, where the open jobs that were seen in that time tell.
    """
    jobs = f"{open_jobs:,} {means.abilities.title}{'' if open_jobs == 1 else 's'}"
    whole = expected(lag, record.jobs_shown, open_jobs)
    takes = (
        f"a look at all of them takes about {_length(whole)} (this one began {_length(lag)} ago)"
        if whole
        else f"the look that began {_length(lag)} ago is not complete yet"
    )
    text = (
        f"Cannot keep up with {jobs} in {record.place.region}: {takes}, and one is wanted every"
        f" {_length(_interval(record, means))}. {_what_is_late(record, means, now)}"
    )
    step = (
        "Watch less of the place (filters, fewer open jobs), shorten PagePace, or ask for a higher rate of the API's"
        " calls."
    )
    return raise_alert(replace(record, told_behind=True), AlertKind.BEHIND, Severity.WARNING, now, text, step)


def expected(lag: float, shown: int, open_jobs: int) -> float | None:
    """How many seconds a whole look takes that has come past ``shown`` of the open jobs in ``lag`` seconds.

    None where that does not tell: it has not come to them yet, or has them behind it.
    """
    return lag * open_jobs / shown if 0 < shown < open_jobs else None


def caught_up(record: PlaceRecord, now: datetime, lag: float) -> tuple[PlaceRecord, list[Alert]]:
    """The place, and the alert that a look at every open job was complete within ``lag`` seconds, in time again."""
    text = f"Keeps up with {name_of(record)} again: the last look at all open jobs took {_length(lag)}."
    return raise_alert(replace(record, told_behind=False), AlertKind.CAUGHT_UP, Severity.INFO, now, text)


def _interval(record: PlaceRecord, means: Means) -> float:
    """Seconds from one whole look to the next, as they are wanted."""
    every = float(record.scope.every)
    return max(every, means.limits.sweep_every) if means.abilities.reach is Reach.MODIFIED_AFTER else every


def _what_is_late(record: PlaceRecord, means: Means, now: datetime) -> str:
    """Where news come by modified time, outcomes are among them: they do not wait for the rest of a look."""
    news = (now - record.news_at).total_seconds() if record.news_at else means.limits.blind_after
    if means.abilities.reach is Reach.MODIFIED_AFTER and news < means.limits.blind_after:
        return "Outcomes are told in time all the same; progress, and jobs that vanish, may be noticed that late."
    return "New outcomes may be told that late."


def _length(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"  # noqa: PLR2004
