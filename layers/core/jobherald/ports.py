"""What the flows ask of the world, in the product's own words; the adapters answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from jobherald.errors import ListingError
from jobherald.model import Alert, Change, Delivery, Job, JobKey, Observation, Place, Story
from jobherald.watch import Child, ConfigRecord, CredentialRecord, Look, PlaceRecord


class Clock(Protocol):
    """Our own time: for when to call next, never for when something happened."""

    def now(self) -> datetime:
        """The present moment, aware and in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """The pace between two pages."""
        ...


class Deadline(Protocol):
    """How much time this invocation has left."""

    def remaining(self) -> float:
        """Seconds until the platform stops us."""
        ...


class Reach(StrEnum):
    """How a list operation finds what is new, from the cheapest to the dearest."""

    MODIFIED_AFTER = "modified_after"
    CREATED_AFTER = "created_after"
    NEWEST_FIRST = "newest_first"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the list operation of one source can do.

    ``open_statuses`` are the service's words for open states, in the order in which a job passes through them, where
    the operation can filter by status; else empty. ``newest_first`` says that rows come in descending order of
    creation. ``overlap`` (seconds) is more than the service's visibility lag; ``pace`` the seconds between two pages.
    ``title`` is what people call such a job.

    ``parents`` is what people call what the list has to be asked below, empty where it needs nothing of the kind.
    ``credential`` names what the calls are signed with, where its refusal concerns every place that it signs for.
    ``looks`` says that one job can be looked at by itself, ``reasons_by_look`` that only such a look says why it failed.
    """

    reach: Reach
    newest_first: bool
    open_statuses: tuple[str, ...]
    overlap: float
    pace: float
    title: str = "job"
    parents: str = ""
    credential: str = ""
    looks: bool = True
    reasons_by_look: bool = False


class Parent(NamedTuple):
    """One of what a list can be asked below: its id and name.

    ``running`` are the ids of what runs below it, None where the service does not say. ``mark`` differs from the one
    before when something may have happened below it.
    """

    id: str
    name: str = ""
    running: frozenset[str] | None = None
    mark: str = ""


class ParentPage(NamedTuple):
    """One answer of the list of parents: its rows, its date (UTC), and the token of the next.

    ``refused`` is why it shows nothing of what lies below one of them, while the others can be listed; it has no date then.
    """

    parents: tuple[Parent, ...]
    date: datetime | None
    token: str = ""
    refused: ListingError | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What to ask a list operation for. A lister leaves out what its API cannot filter by."""

    modified_after: datetime | None = None
    modified_before: datetime | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    name_contains: str = ""
    status: str = ""


class Page(NamedTuple):
    """One answer of a list operation: its rows in the service's order, its date (UTC), and the token of the next."""

    rows: tuple[Observation, ...]
    date: datetime
    token: str = ""


class Sight(NamedTuple):
    """The answer to a look at one job: what was seen, or None where the service says that there is no such job.

    ``extras`` names those members of the details that a list's row never has; the rest is in the row's own form.
    """

    seen: Observation | None
    date: datetime
    extras: frozenset[str] = frozenset()


class Lister(Protocol):
    """A provider: reads jobs from their services. Every method is one call, tried once, with short time-outs."""

    def abilities(self, source: str) -> Abilities:
        """What the source's list operation can do. Raises ConfigError for a source that is not in the catalogue."""
        ...

    def page(self, place: Place, query: Query, token: str) -> Page:
        """One page. Raises ListingError."""
        ...

    def look(self, look: Look) -> Sight:
        """One job, through the source's describe operation. Raises ListingError."""
        ...

    def parents(self, place: Place, token: str) -> ParentPage:
        """One page of what the source's list can be asked below. Raises ListingError."""
        ...


@dataclass(frozen=True, slots=True)
class Owing:
    """One stored item that owes news, as read consistently: ``unsent`` is the mark's condition.

    ``ref`` is the store's own name of the item. ``closed`` says that the item may be forgotten after a while.
    """

    ref: str
    unsent: str
    news: tuple[Change | Alert, ...]
    closed: bool = False


class Listed(NamedTuple):
    """Where a job stands in the list of its source.

    ``at`` is its creation time, or when it was seen last where the service gives none; both aware and in UTC.
    """

    key: JobKey
    at: datetime


class Claim(StrEnum):
    """How an attempt to claim one piece of news for one channel ended."""

    OURS = "ours"
    TOLD = "told"
    BUSY = "busy"


class JobStore(Protocol):
    """What is remembered. Writes raise ConflictError when they lost against another writer."""

    def open_jobs(self, place: Place) -> dict[JobKey, Job]:
        """Every open job of a place, through an index that may lag by some moments."""
        ...

    def jobs(self, keys: Iterable[JobKey]) -> dict[JobKey, Job]:
        """The stored ones among these jobs, read consistently."""
        ...

    def write(self, job: Job, change: Change | None) -> None:
        """One conditional write: the job (whose version is one above the stored one) and what it now owes."""
        ...

    def write_details(self, rows: Sequence[tuple[Job, Mapping[str, Any]]]) -> None:
        """Keep the jobs' rows beside them; written before the jobs, so that a crash leaves nothing to mend."""
        ...

    def add_details(self, job: Job, extra: Mapping[str, Any]) -> None:
        """Keep what only a look shows."""
        ...

    def release(self, job: Job) -> None:
        """Stop watching a job that no watch wants any more; nothing is told."""
        ...

    def place(self, place: Place) -> PlaceRecord | None:
        """A place, read consistently."""
        ...

    def places(self, places: Iterable[Place]) -> dict[Place, PlaceRecord]:
        """The stored ones among these places."""
        ...

    def save_place(self, record: PlaceRecord, alerts: Sequence[Alert] = ()) -> None:
        """One conditional write: the place (whose revision is one above the stored one) and the alerts it now owes."""
        ...

    def children(self, place: Place) -> dict[str, Child]:
        """What is remembered of the parents at a place, by id. A cache: what is lost is looked at again."""
        ...

    def save_children(self, place: Place, children: Mapping[str, Child]) -> None:
        """Keep what is known of the parents at a place."""
        ...

    def credential(self, name: str) -> CredentialRecord | None:
        """What is remembered of a credential, read consistently; None where it was never refused."""
        ...

    def save_credential(self, record: CredentialRecord, alerts: Sequence[Alert] = ()) -> None:
        """One conditional write: the credential (whose revision is one above the stored one) and its alerts."""
        ...

    def config(self) -> ConfigRecord | None:
        """The configuration in force."""
        ...

    def save_config(self, record: ConfigRecord, alerts: Sequence[Alert] = ()) -> None:
        """One conditional write: the configuration (whose revision is one above the stored one) and its alerts."""
        ...

    def owing(self, refs: Iterable[str]) -> list[Owing]:
        """Those of these items that owe something, read consistently."""
        ...

    def mark(self, item: Owing, told: Sequence[Delivery]) -> None:
        """The item no longer owes what was told, provided that ``unsent`` is still what was read."""
        ...

    def record(self, deliveries: Sequence[Delivery]) -> None:
        """Keep that these were told."""
        ...

    def owed_since(self, before: datetime, limit: int) -> list[str]:
        """Items that have owed something since before that moment, oldest first."""
        ...

    def touch(self, ref: str, now: datetime) -> None:
        """Write an owing item without altering it, so that the stream carries it again."""
        ...

    def claim(self, news: Change | Alert, channel: str, now: datetime, until: datetime) -> Claim:
        """Claim one piece of news for one channel until that moment, after which anybody may take it over."""
        ...

    def delivered(self, delivery: Delivery) -> None:
        """Turn the claim into the delivery, whoever holds it by now: what was told is told."""
        ...

    def unclaim(self, news: Change | Alert, channel: str, until: datetime) -> None:
        """Give the claim that holds until that moment back; one that somebody else took over stays his."""
        ...

    def count_posts(self, counter: str, at: datetime, posts: int) -> int:
        """Add posts to what is counted in the minute of that moment. Returns the sum; forgotten after an hour."""
        ...

    def story(self, key: str) -> Story | None:
        """Everything about the job with this key's text."""
        ...

    def recent(self, source: str, since: datetime | None, limit: int) -> list[Job]:
        """Jobs of a source by creation time, newest first."""
        ...

    def listed(
        self,
        source: str,
        limit: int,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        newest_first: bool = True,
        behind: Listed | None = None,
    ) -> list[Listed]:
        """Jobs of a source by creation time, both limits included, from the one behind ``behind`` on.

        Fewer than ``limit`` only where there are no more.
        """
        ...

    def page_key(self) -> bytes:
        """What page tokens are signed with: made by whoever asks first, and the same for everybody ever after."""
        ...


class Publisher(Protocol):
    """The SNS side: publishes many pieces of news, and says of each whether it was taken."""

    def publish(self, news: Sequence[Change | Alert]) -> list[Delivery | Exception]:
        """One entry for each, in order: the delivery, or why it was not taken."""
        ...


class Channel(Protocol):
    """One place where people read: told some pieces of news in one message."""

    name: str

    def fits(self, news: Sequence[tuple[Change | Alert, Story | None]]) -> int:
        """How many of them, from the first on, one message holds; at least one."""
        ...

    def tell(self, news: Sequence[tuple[Change | Alert, Story | None]], waited: float = 0.0) -> str:
        """Post them in one message. Returns the channel's own id of it. Raises DeliveryError; never retries.

        ``waited`` is for how many seconds the oldest of them has been in the queue.
        """
        ...


class Queues(Protocol):
    """The two queues that the poll function works off."""

    def polls(self, places: Sequence[tuple[Place, str]], queued_at: datetime) -> None:
        """Queue polls; the text beside each place is its deduplication slot."""
        ...

    def looks(self, looks: Sequence[Look]) -> None:
        """Queue looks at single jobs."""
        ...


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """One message of a channel's queue: its id, body and receipt, and how often it has been received (1, 2, …).

    ``sent_at`` is since when it has been in the queue, aware and in UTC.
    """

    id: str
    body: str
    receipt: str
    receives: int
    sent_at: datetime


class Inbox(Protocol):
    """The queue behind a channel."""

    def later(self, message: QueueMessage, seconds: int) -> None:
        """Let a message become visible again after some seconds."""
        ...

    def bury(self, message: QueueMessage, reason: str, error: str) -> None:
        """Put a copy of a message that can never be told aside, with why."""
        ...
