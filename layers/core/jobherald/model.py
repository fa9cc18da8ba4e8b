"""The words of the product as frozen values, so that every room means the same by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, Self
from urllib.parse import quote, unquote


class State(StrEnum):
    """What every status of every service is brought to."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    STOPPED = "stopped"
    GONE = "gone"
    UNKNOWN = "unknown"

    @property
    def is_outcome(self) -> bool:
        """Whether the service itself said that the job has ended."""
        return self in OUTCOMES

    @property
    def is_open(self) -> bool:
        """Whether the job may still change, so that it has to be watched."""
        return not (self.is_outcome or self is State.GONE)


OUTCOMES: Final = frozenset({State.SUCCEEDED, State.PARTIAL, State.FAILED, State.STOPPED})
TOLD_BY_DEFAULT: Final = frozenset({State.RUNNING, State.GONE}) | OUTCOMES


class Severity(StrEnum):
    """How loudly a change is told."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


SEVERITY_OF_STATE: Final[Mapping[State, Severity]] = {
    State.FAILED: Severity.ERROR,
    State.PARTIAL: Severity.WARNING,
    State.STOPPED: Severity.WARNING,
    State.GONE: Severity.WARNING,
    State.UNKNOWN: Severity.WARNING,
}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """What one list call covers: a source in an account and region, below a parent where there is one.

    ``parent`` is empty for sources that list a whole region.
    """

    source: str
    account: str
    region: str
    parent: str = ""

    @property
    def key(self) -> str:
        """The one text form, ``source/account/region`` or ``source/account/region/parent``.

        ``%``, ``:`` and ``@`` of a parent are percent-encoded, so that a job key can be taken apart again.
        """
        parent = quote(self.parent, safe="/ ") if self.parent else ""
        return "/".join(part for part in (self.source, self.account, self.region, parent) if part)

    @classmethod
    def parse(cls, key: str) -> Self:
        """The place of a key. Raises ValueError where it is not one."""
        source, account, region, *parent = key.split("/", 3)
        return cls(source, account, region, unquote(parent[0]) if parent else "")

    @property
    def service(self) -> str:
        """The part of the source before the dot: whose API it is."""
        return self.source.partition(".")[0]


@dataclass(frozen=True, slots=True, order=True)
class JobKey:
    """Which job: its place, the service's id, and the creation time where an id can be used again.

    ``born`` is that creation time in whole seconds since 1970, or 0 where ids are never used again.
    """

    place: Place
    id: str
    born: int = 0

    @property
    def text(self) -> str:
        """``<place>:<id>``, or ``<place>@<born>:<id>`` where ids can be used again. Part of every change's id."""
        born = f"@{self.born}" if self.born else ""
        return f"{self.place.key}{born}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The job of a key's text. Raises ValueError where it is not one."""
        where, colon, job_id = text.partition(":")
        if not colon:
            raise ValueError(f"{text!r} is not a job key: expected source/account/region:id")
        place, _, born = where.partition("@")
        return cls(_place(place), job_id, int(born or 0))


@lru_cache(maxsize=128)
def _place(key: str) -> Place:
    """The jobs of a place share it: ten thousand of their own would be megabytes."""
    return Place.parse(key)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, in the service's own counters.

    ``percent`` is 0 to 100, or None where the service gives no total. ``counters`` are the service's numbers by
    our names (``done``, ``total``, ``failed`` and whatever else the catalogue entry names).
    """

    percent: float | None = None
    counters: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observation:
    """What one answer said about one job.

    All times are aware and in UTC. ``seen_at`` is the answer's own ``Date``; ``modified_at`` is the service's,
    where it has one. ``created_doubt`` is by how much ``created_at`` may be off, where the service gives it without a time
    zone. ``fading`` marks a status such as *deleting* that follows an outcome and must not replace it.
    ``output`` is where the results are (a URI or a path), where the row says so. ``details`` is the service's row in its one
    normal form (JSON values, times as RFC 3339 text).
    """

    key: JobKey
    state: State
    status: str
    seen_at: datetime
    name: str = ""
    run: int = 0
    created_at: datetime | None = None
    created_doubt: timedelta = timedelta(0)
    modified_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""
    reason_code: str = ""
    output: str = ""
    progress: Progress | None = None
    fading: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def latest_at(self) -> datetime | None:
        """The latest moment at which the service says that something happened to this job, or None."""
        known = [at for at in (self.created_at, self.modified_at, self.ended_at) if at is not None]
        return max(known, default=None)


@dataclass(frozen=True, slots=True)
class Job:
    """What we remember of a job: its last accepted observation and how far it was told.

    ``version`` grows by one with every accepted write and is the condition of the next one; 0 is a job that is not
    stored yet. ``announced`` says that *running* was told since the job last had no outcome. ``owing`` says that a
    change of it has not been told yet. ``released`` says that no watch wanted it any more while it was open. Why it
    ended is kept with its changes.
    """

    key: JobKey
    state: State
    status: str
    seen_at: datetime
    version: int = 0
    name: str = ""
    run: int = 0
    created_at: datetime | None = None
    modified_at: datetime | None = None
    ended_at: datetime | None = None
    progress: Progress | None = None
    progress_at: datetime | None = None
    announced: bool = False
    owing: bool = False
    released: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A fact worth telling about a job. It never alters once written.

    ``at`` is when the service says it happened (its modified or end time, else the answer's date); ``seen_at`` is the
    date of the answer that showed it. ``previous`` is None for a job that was not known before. ``output`` is where its
    results are (a URI or a path), where the service said so. ``unseen_since`` is since when its place could not be seen
    before that answer, where it is told late because of it.
    """

    key: JobKey
    version: int
    state: State
    previous: State | None
    status: str
    at: datetime
    seen_at: datetime
    name: str = ""
    created_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""
    reason_code: str = ""
    output: str = ""
    progress: Progress | None = None
    unseen_since: datetime | None = None

    @property
    def id(self) -> str:
        """``<job key>#<version>``."""
        return f"{self.key.text}#{self.version}"

    @property
    def severity(self) -> Severity:
        return SEVERITY_OF_STATE.get(self.state, Severity.INFO)

    @property
    def is_canary(self) -> bool:
        """Never: it is about a job."""
        return False


class AlertKind(StrEnum):
    """What an alert is about."""

    WATCHING = "watching"
    BLIND = "blind"
    SEES_AGAIN = "sees_again"
    BEHIND = "behind"
    CAUGHT_UP = "caught_up"
    CANARY = "canary"
    UNKNOWN_STATUS = "unknown_status"
    CONFIG_REFUSED = "config_refused"
    CREDENTIAL_REFUSED = "credential_refused"
    CREDENTIAL_TAKEN = "credential_taken"


OPERATORS_ONLY: Final = frozenset({AlertKind.UNKNOWN_STATUS, AlertKind.CONFIG_REFUSED})


@dataclass(frozen=True, slots=True)
class Alert:
    """A change that no job's state shows; it travels as a change does.

    ``subject`` is the text key of the place it is about (or ``config``, or ``credential/<name>``); ``version`` counts the alerts of that
    subject. ``text`` says what is so, ``next_step`` what to do about it; both are plain text.
    """

    subject: str
    version: int
    kind: AlertKind
    at: datetime
    severity: Severity
    text: str
    next_step: str = ""
    place: Place | None = None

    @property
    def id(self) -> str:
        """``<subject>!<kind>#<version>``: never equal to a change's id."""
        return f"{self.subject}!{self.kind}#{self.version}"

    @property
    def for_operators(self) -> bool:
        """Whether it goes to the operations topic instead of the changes topic."""
        return self.kind in OPERATORS_ONLY

    @property
    def is_canary(self) -> bool:
        """Whether nothing caused it but that a day is over."""
        return self.kind is AlertKind.CANARY


@dataclass(frozen=True, slots=True)
class Delivery:
    """That one piece of news was told on one channel: when, and under which id of the channel's own."""

    channel: str
    news: Change | Alert
    told_at: datetime
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that is remembered of one job.

    ``details`` is the last row in its normal form with what looks added to it; ``owed`` is what has not been told yet.
    """

    job: Job
    details: Mapping[str, Any]
    owed: Sequence[Change]
    deliveries: Sequence[Delivery]
