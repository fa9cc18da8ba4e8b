"""A place's own trouble: said once when people have to know, waited for, and said again when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from jobherald.catalog.load import load
from jobherald.catalog.words import tenancy_word
from jobherald.errors import ListingError
from jobherald.model import Alert, AlertKind, Severity
from jobherald.watch import PlaceRecord

# Throttling and faults mostly pass by themselves; a refusal does not.
TELL_AT_ONCE: Final = frozenset({"denied", "off", "absent"})
# What is said once for every place that is signed for by the same credential.
CREDENTIAL: Final = "credential"
SAID_ELSEWHERE: Final = frozenset({CREDENTIAL})
# No poll ended when it should have: schedule says so, since nobody else can.
UNREACHED: Final = "unreached"
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(minutes=15)
REFUSED_PAUSE: Final = timedelta(minutes=5)
LONGEST_WISH: Final = timedelta(hours=1)

_NEXT: Final = {
    "denied": "Grant what is missing (on AWS: deploy with this source and region), or take the place out of the watch.",
    "absent": "Correct what the watch names, or take it out.",
    "off": "Enable the region or the service for the account, or take it out of the watch.",
    "throttled": "If it does not pass, poll less often: all callers in the account share the API's rate.",
    "failed": "The place is tried again by itself. If it lasts, the poll function's log shows each attempt.",
}


def troubled(
    record: PlaceRecord, error: ListingError, now: datetime, blind_after: float, *, of_some: bool = False
) -> tuple[PlaceRecord, list[Alert]]:
    """The place after a refused or failed call, and the alert that says so, if it is due and was not given.

    What may pass by itself is due after ``blind_after`` seconds. So is that nothing at all can be seen, where people
    know that some of the place cannot; ``of_some`` says that it is about such a part again.
    """
    since, seen = record.trouble_since or now, _seen_meanwhile(record)
    is_known = of_some or error.kind in SAID_ELSEWHERE
    if seen is not None and not is_known and (now - seen).total_seconds() >= blind_after:
        record, since = replace(record, told_blind=False), seen
    refused = error.kind in TELL_AT_ONCE | SAID_ELSEWHERE
    pause = REFUSED_PAUSE if refused else min(LONGEST_PAUSE, max(FIRST_PAUSE, now - since))
    untold = timedelta(seconds=blind_after) - (now - since)
    if not refused and untold > timedelta(0):
        # The poll that tells must not come one long pause after its time.
        pause = min(pause, max(FIRST_PAUSE, untold))
    pause = max(pause, min(timedelta(seconds=error.retry_after), LONGEST_WISH))
    record = replace(record, trouble=error.kind, trouble_since=since, paused_until=now + pause)
    if record.told_blind or error.kind in SAID_ELSEWHERE:
        return record, []
    if error.kind not in TELL_AT_ONCE and (now - since).total_seconds() < blind_after:
        return record, []
    record = replace(record, told_blind=True)
    text = f"No complete look at {name_of(record)} since {since:%Y-%m-%d %H:%M} UTC. {error}"
    return raise_alert(
        record, AlertKind.BLIND, Severity.ERROR, now, text, _NEXT.get(error.kind, _NEXT["failed"])
    )


def recovered(record: PlaceRecord, now: datetime) -> tuple[PlaceRecord, list[Alert]]:
    """The place after a poll without trouble, and the alert that it sees again, if people were told that it did not."""
    if not record.trouble:
        return record, []
    since, told = record.trouble_since or now, record.told_blind
    record = replace(record, trouble="", trouble_since=None, told_blind=False, paused_until=None)
    if not told:
        return record, []
    text = f"Sees {name_of(record)} again. It was blind since {since:%Y-%m-%d %H:%M} UTC; what changed is told now."
    return raise_alert(record, AlertKind.SEES_AGAIN, Severity.INFO, now, text)


def late_since(record: PlaceRecord, now: datetime, blind_after: float) -> datetime | None:
    """Since when nobody could see the place, where what a poll finds there is told as late; else None.

    That is where people were told that it is blind, or it was for ``blind_after`` seconds, and as long as the look that
    sees again is not complete. A place that never had a complete look has promised nothing yet.
    """
    since = record.trouble_since
    if record.late_since is not None or since is None or record.settled_at is None:
        return record.late_since
    # Where one parent alone was refused the place has no pause: all the others were seen.
    if record.paused_until is None and record.trouble not in {CREDENTIAL, UNREACHED}:
        return None
    if is_of_some(record, record.trouble):
        return None
    told = record.told_blind or record.trouble in SAID_ELSEWHERE
    if (seen := _seen_meanwhile(record)) is not None:
        # What people know is that some of it could not be seen.
        since, told = seen, False
    return since if told or (now - since).total_seconds() >= blind_after else None


def _seen_meanwhile(record: PlaceRecord) -> datetime | None:
    """When the place was seen last although it is in trouble: all but the one parent, or job, that is refused. Else None."""
    since, news, rest = record.trouble_since, record.news_at, record.swept_at
    if since is None or news is None or rest is None:
        return None
    seen = min(news, rest)
    return seen if seen > since else None


def is_of_some(record: PlaceRecord, kind: str) -> bool:
    """Whether a refusal is about some of the jobs that are named alone: all the others were looked at before it."""
    return kind == "absent" and bool(record.scope.named_jobs)


def raise_alert(
    record: PlaceRecord, kind: AlertKind, severity: Severity, now: datetime, text: str, next_step: str = ""
) -> tuple[PlaceRecord, list[Alert]]:
    """The place with its count of alerts raised by one, and the alert."""
    record = replace(record, alerts=record.alerts + 1)
    place = record.place
    return record, [Alert(place.key, record.alerts, kind, now, severity, text, next_step, place)]


def name_of(record: PlaceRecord) -> str:
    """``sagemaker.labeling in us-east-1 (account 111122223333)``."""
    place = record.place
    below = f" below {place.parent}" if place.parent else ""
    tenancy = tenancy_word(load(place.source))
    return f"{place.source} in {place.region}{below} ({tenancy} {place.account})"
