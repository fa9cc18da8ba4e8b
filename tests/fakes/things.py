"""Jobs, changes and alerts with as little as a test has to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from jobherald.model import Alert, AlertKind, Change, Delivery, Job, JobKey, Severity, State
from tests.fakes.service import PLACE, WORDS
from tests.fakes.time import NOON

KEY = JobKey(PLACE, "arn:aws:sagemaker:us-east-1:111122223333:labeling-job/one")


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def job(state: State = State.RUNNING, version: int = 1, key: JobKey = KEY, **more: Any) -> Job:
    made = Job(
        key,
        state,
        WORDS.get(state, "?"),
        at(version),
        version,
        name="one",
        created_at=at(0),
        modified_at=at(version),
    )
    return replace(made, **more)


def change(of: Job, previous: State | None = None) -> Change:
    return Change(
        of.key, of.version, of.state, previous, of.status, of.seen_at, of.seen_at, of.name, of.created_at
    )


def alert(version: int = 1, kind: AlertKind = AlertKind.BLIND, **more: Any) -> Alert:
    made = Alert(
        PLACE.key, version, kind, at(version), Severity.ERROR, f"trouble {version}", "mend it", PLACE
    )
    return replace(made, **more)


def told(news: Change | Alert, channel: str = "sns", minute: float = 30) -> Delivery:
    return Delivery(channel, news, at(minute), f"{channel}-{news.version}")
