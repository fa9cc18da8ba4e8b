"""Once a day one piece of news that nothing caused: where it does not arrive, no other would."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from jobherald.model import Alert, AlertKind, Severity
from jobherald.watch import ConfigRecord, PlaceRecord

EVERY: Final = timedelta(days=1)
FIRST_WITHIN: Final = timedelta(minutes=10)
"""The first one waits so long for the first looks, so that it can say what there is."""


def canary(
    config: ConfigRecord, records: Collection[PlaceRecord], now: datetime
) -> tuple[ConfigRecord, list[Alert]] | None:
    """The configuration's record with the alert that it then owes, or None while none is due.

    Both are one conditional write, so that two ticks at once make one canary, and one that crashed none.
    """
    if not _is_due(config, records, now):
        return None
    config = replace(config, canary_at=now, alerts=config.alerts + 1)
    text = _text(records)
    return config, [Alert("config", config.alerts, AlertKind.CANARY, now, Severity.INFO, text)]


def _is_due(config: ConfigRecord, records: Collection[PlaceRecord], now: datetime) -> bool:
    if config.canary_at is not None:
        return now - config.canary_at >= EVERY
    return all(record.looked_at or now - record.watched_since >= FIRST_WITHIN for record in records)


def _text(records: Collection[PlaceRecord]) -> str:
    places = _count(len(records), "place")
    jobs = _count(sum(record.jobs_open for record in records), "job")
    blind = sum(bool(record.trouble) for record in records)
    if blind:
        return f"jobherald is running, but cannot see {blind:,} of {places}; {jobs} open."
    return f"jobherald is well: watching {places}, {jobs} open."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
