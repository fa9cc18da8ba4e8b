"""Every minute: which places are due, whose news is owed too long, and how old the oldest look is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple

from jobherald.errors import ConfigError, ConflictError
from jobherald.flows.canary import canary
from jobherald.flows.unreached import unreached
from jobherald.model import Alert, AlertKind, Place, Severity
from jobherald.ports import JobStore, Queues
from jobherald.watch import ConfigRecord, PlaceRecord, Scope

Scopes = Mapping[Place, Scope]

QUIET: Final = 2
OWED_TOO_LONG: Final = timedelta(minutes=3)
TOUCHED_AT_ONCE: Final = 100
# Deduplication slots are no longer than this: a place is queued once in a slot, however often it is found due.
SLOT_SECONDS: Final = 60
# A minute late is a busy queue; more is worth a line that names the place, before the alarm asks for it.
OVERDUE_SECONDS: Final = 120.0
# In the place of a bad document's fingerprint.
_UNREAD_ONCE: Final = "unread once"
_UNREADABLE: Final = "unreadable"


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What one tick did.

    ``oldest_look`` is for how long (seconds) the most overdue look for outcomes has been due, and ``oldest`` the place
    whose it is; 0 and empty where none is. ``in_time`` says that something is watched, and that every place had that look
    in time.
    """

    places: int
    queued: int
    touched: int
    oldest_look: float
    oldest: str
    refused: str = ""
    in_time: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """How the configuration is had: ``fetch`` returns its text or None, ``read`` what it asks for (ConfigError).

    ``default`` is what is watched where there is no document at all.
    """

    fetch: Callable[[], str | None]
    read: Callable[[str], Scopes]
    default: Callable[[], Scopes]


class Notices(NamedTuple):
    """What is said without anything having happened to a job.

    A place that no poll reaches is told after ``blind_after`` seconds, and then within two ticks. With ``canary`` one
    piece of news a day says that news would arrive.
    """

    blind_after: float = 600.0
    canary: bool = False


_USUAL: Final = Notices()


def schedule(
    document: Document, store: JobStore, queues: Queues, now: datetime, notices: Notices = _USUAL
) -> Scheduled:
    """One tick. Raises what the store and the queues raise: the next tick is a minute away."""
    stored = store.config() or ConfigRecord()
    scopes, config, alerts, refused = _in_force(document, stored, now)
    unwanted = _let_go(stored.places, scopes, store)
    config = replace(config, places=frozenset(place.key for place in (*scopes, *unwanted)))
    kept = _keep(config, alerts, store) if config != stored else stored
    records = _announce(_adopt(scopes, store, now), store, now, notices.blind_after)
    if notices.canary and kept is not None and (sung := canary(kept, records.values(), now)):
        _keep(*sung, store)
    due = {place: record for place, record in records.items() if is_due(record, now)} | unwanted
    queues.polls([(place, slot(place, record.scope.every, now)) for place, record in due.items()], now)
    owed = store.owed_since(now - OWED_TOO_LONG, TOUCHED_AT_ONCE)
    for ref in owed:
        store.touch(ref, now)
    oldest, age = _oldest_look(records, now)
    in_time = age <= OVERDUE_SECONDS and all(record.looked_at for record in records.values())
    return Scheduled(len(records), len(due), len(owed), age, oldest, refused, in_time and bool(records))


def _in_force(
    document: Document, stored: ConfigRecord, now: datetime
) -> tuple[Scopes, ConfigRecord, list[Alert], str]:
    """What is to be watched: the document's, or the last good one's while the document is bad, and why it is bad.

    A bad document is said once, to the operators.
    """
    text: str | None = None
    try:
        text = document.fetch()
        scopes = document.default() if text is None else document.read(text)
    except ConfigError as error:
        config, alerts = _refuse(stored, text, error, now)
        return _last_good(document, stored.text), config, alerts, str(error)
    return scopes, replace(stored, text=text or "", refused=""), [], ""


def _let_go(keys: frozenset[str], scopes: Scopes, store: JobStore) -> dict[Place, PlaceRecord]:
    """The places that were watched and are no longer, until the last open job of each is released.

    They forget what they watched: who watches one again begins with a silent first look, and is not told the past.
    """
    gone = [place for place in map(Place.parse, sorted(keys)) if place not in scopes]
    unwanted = store.places(gone) if gone else {}
    for place, record in list(unwanted.items()):
        if record.scope.rules:
            fresh = record.rescoped(Scope((), record.scope.every))
            try:
                store.save_place(replace(fresh, revision=fresh.revision + 1, polled_at=None))
            except ConflictError:
                # A poll was writing; the next tick finds the same difference.
                continue
        elif record.polled_at is not None and not record.jobs_open:
            del unwanted[place]
    return unwanted


def _last_good(document: Document, text: str) -> Scopes:
    """The last good document, unless the deployment was narrowed below it since."""
    try:
        return document.read(text) if text else document.default()
    except ConfigError:
        return document.default()


def is_due(record: PlaceRecord, now: datetime) -> bool:
    """A place with open jobs is due after its interval, a quiet one after twice that, a paused one after its pause.

    One that is in trouble does not wait for the rest of a long interval: people have to know whether it passes.
    """
    if record.polled_at is None:
        return True
    if record.paused_until is not None:
        if now < record.paused_until:
            return False
        if record.trouble:
            return True
    last = record.queued_at or record.polled_at
    interval = 0.0 if record.goes_on else interval_of(record)
    # A scheduler that wakes some moments early must not cost a place a whole round.
    return (now - last).total_seconds() >= interval * 0.95


def interval_of(record: PlaceRecord) -> float:
    """Seconds between two looks at a place as it is now."""
    busy = record.jobs_open > 0 or record.settled_at is None or bool(record.trouble)
    return record.scope.every * (1.0 if busy else QUIET)


def slot(place: Place, every: int, now: datetime) -> str:
    """The deduplication id of a poll: the place and the present slot of time, within SQS's 128 characters."""
    number = int(now.timestamp() // max(1, min(every, SLOT_SECONDS)))
    return f"{sha256(place.key.encode()).hexdigest()[:40]}-{number}"


def _adopt(scopes: Scopes, store: JobStore, now: datetime) -> dict[Place, PlaceRecord]:
    """The records of all places to watch; new ones are begun, those with another scope brought to it."""
    records = store.places(scopes)
    for place, scope in scopes.items():
        record = records.get(place)
        if record is not None and record.scope == scope:
            continue
        fresh = _begun(place, scope, record, now)
        fresh = replace(fresh, revision=fresh.revision + 1)
        try:
            store.save_place(fresh)
        except ConflictError:
            # A poll was writing; the next tick finds the same difference.
            fresh = record or fresh
        records[place] = fresh
    return records


def _begun(place: Place, scope: Scope, record: PlaceRecord | None, now: datetime) -> PlaceRecord:
    """The record under this scope. Of a place that nobody watched meanwhile it is a new one: its health was another time's."""
    if record is None:
        return PlaceRecord(place, scope, watched_since=now)
    if record.scope.rules:
        return record.rescoped(scope)
    return PlaceRecord(
        place,
        scope,
        watched_since=now,
        revision=record.revision,
        unknown_statuses=record.unknown_statuses,
        alerts=record.alerts,
    )


def _announce(
    records: Mapping[Place, PlaceRecord], store: JobStore, now: datetime, blind_after: float
) -> dict[Place, PlaceRecord]:
    """The records, after saying of each place that no poll reaches that it is blind."""
    announced = dict(records)
    for place, record in records.items():
        told, alerts = unreached(record, interval_of(record), now, blind_after)
        if told == record:
            continue
        told = replace(told, revision=record.revision + 1)
        try:
            store.save_place(told, alerts)
        except ConflictError:
            # A poll came after all; if not, the next tick finds the same.
            continue
        announced[place] = told
    return announced


def _refuse(
    stored: ConfigRecord, text: str | None, error: ConfigError, now: datetime
) -> tuple[ConfigRecord, list[Alert]]:
    if text is None and stored.refused not in {_UNREAD_ONCE, _UNREADABLE}:
        # Throttled, or no answer: worth telling only where the next tick cannot read it either.
        return replace(stored, refused=_UNREAD_ONCE), []
    # How AWS words that a document cannot be read may hold the id of the request, and differ each time.
    refused = _UNREADABLE if text is None else sha256(text.encode()).hexdigest()
    if stored.refused == refused:
        return stored, []
    record = replace(stored, refused=refused, alerts=stored.alerts + 1)
    in_force = (
        "The last good one stays in force." if stored.text else "The deployment's defaults are in force."
    )
    alert = Alert(
        subject="config",
        version=record.alerts,
        kind=AlertKind.CONFIG_REFUSED,
        at=now,
        severity=Severity.ERROR,
        text=f"The configuration was refused. {in_force} {error}",
        next_step="Correct the document; `jobherald config check FILE` says the same before it is pushed.",
    )
    return record, [alert]


def _keep(record: ConfigRecord, alerts: list[Alert], store: JobStore) -> ConfigRecord | None:
    """The record as it is stored now, or None where another tick was faster with the same."""
    record = replace(record, revision=record.revision + 1)
    try:
        store.save_config(record, alerts)
    except ConflictError:
        return None
    return record


def _oldest_look(records: Mapping[Place, PlaceRecord], now: datetime) -> tuple[str, float]:
    """For how long the most overdue look for outcomes has been due, whatever the places' intervals are, and whose it is.

    How long it takes to see the rest of a place is not in it where outcomes do not wait for that (``looked_at``).
    """
    overdue = {
        place.key: (now - (record.looked_at or record.watched_since)).total_seconds() - interval_of(record)
        for place, record in records.items()
    }
    oldest = max(overdue, key=lambda key: overdue[key], default="")
    return (oldest, overdue[oldest]) if oldest and overdue[oldest] > 0 else ("", 0.0)
