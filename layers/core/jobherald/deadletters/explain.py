"""What a dead letter is, and what to do about it, by what is remembered meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol, TypeAlias

from jobherald.catalog.events import match
from jobherald.catalog.source import Source
from jobherald.channels import slack
from jobherald.channels.message import parse
from jobherald.channels.words import alert_headline, name_of, what_happened, where
from jobherald.deadletters.causes import cause
from jobherald.deadletters.letter import Advice, Cargo, Explained, Kind, Letter, Queue
from jobherald.errors import EventError
from jobherald.model import Alert, Change, Place, Story
from jobherald.watch import Look, PlaceRecord, Poll

MOST_OWING: Final = 10_000
"""So many items that owe news are found at once."""

Content: TypeAlias = tuple[Kind, str, Cargo | None]
"""What a letter is, what it is about, and what it carries."""

_FOREIGN: Final[Content] = (Kind.FOREIGN, "", None)
_OF_NO_VERSION: Final = (
    "This version cannot read it, and would put it aside again. Read it with --json, then purge it."
)


class Memory(Protocol):
    """The part of JobStore that says what became of things meanwhile."""

    def place(self, place: Place) -> PlaceRecord | None:
        """As JobStore's."""
        ...

    def story(self, key: str) -> Story | None:
        """As JobStore's."""
        ...

    def owed_since(self, before: datetime, limit: int) -> list[str]:
        """As JobStore's."""
        ...

    def touch(self, ref: str, now: datetime) -> None:
        """As JobStore's."""
        ...


@dataclass
class Explainer:
    """Explains the dead letters of one deployment. What is asked of the memory is asked once.

    ``sources`` are the deployed ones, ``account`` the one whose jobs they are, ``now`` (UTC) the moment of the question.
    """

    memory: Memory
    sources: Sequence[Source]
    account: str
    now: datetime
    _places: dict[Place, PlaceRecord | None] = field(default_factory=dict)
    _owing: list[str] | None = None

    def explain(self, queue: Queue, letters: Iterable[Letter]) -> list[Explained]:
        """Each of these letters of one queue, in their order. Nothing in a letter raises."""
        return [self._explained(queue, letter) for letter in letters]

    def owing(self) -> list[str]:
        """The items that owe news."""
        if self._owing is None:
            self._owing = self.memory.owed_since(self.now, MOST_OWING)
        return self._owing

    def _explained(self, queue: Queue, letter: Letter) -> Explained:
        kind, subject, cargo = self._content(queue, letter)
        advice, because = self._advice(kind, letter, cargo)
        return Explained(letter, queue, kind, subject, cause(queue, letter), advice, because, cargo)

    def _content(self, queue: Queue, letter: Letter) -> Content:
        match queue:
            case Queue.SLACK:
                return _news(letter)
            case Queue.LOOKS:
                return _look(letter.document())
            case Queue.POLLS:
                return _poll(letter.document())
            case Queue.INGEST:
                return self._event(letter.document())
            case Queue.NOTIFY:
                return _records(letter.document())
            case Queue.SCHEDULE:
                return Kind.WAKE_UP, "", None

    def _event(self, document: Mapping[str, Any]) -> Content:
        """From EventBridge itself, or within what Lambda says of the invocation that failed."""
        event = document.get("requestPayload") if "requestContext" in document else document
        if not isinstance(event, Mapping) or "detail-type" not in event:
            return _FOREIGN
        try:
            look = match(event, self.sources)
        except EventError as error:
            return Kind.EVENT, str(error), None
        if look is None:
            return Kind.EVENT, f"{event.get('detail-type')} of {event.get('source')}", None
        # The ingest function passes over what another account's bus sends on.
        return Kind.EVENT, _subject(look), look if look.place.account == self.account else None

    def _advice(self, kind: Kind, letter: Letter, cargo: Cargo | None) -> tuple[Advice, str]:
        if kind is Kind.FOREIGN:
            return Advice.READ, _OF_NO_VERSION
        if kind is Kind.WAKE_UP:
            return (
                Advice.PURGE,
                "A wake-up is not repeated: the one of the next minute did what this one did not.",
            )
        if kind is Kind.RECORDS:
            return self._about_records()
        if isinstance(cargo, Poll):
            return _about_a_poll(cargo, self._place(cargo.place))
        if isinstance(cargo, Look):
            return _about_a_look(letter.sent_at, self._place(cargo.place))
        if cargo is None:
            return (
                Advice.PURGE,
                "It names no job that is watched here: the ingest function would pass it over.",
            )
        return _about_news(letter, self._told(cargo))

    def _about_records(self) -> tuple[Advice, str]:
        if count := len(self.owing()):
            items = "1 item owes" if count == 1 else f"{count:,} items owe"
            return (
                Advice.RESEND,
                f"{items} news. Resending writes them once more, for the stream to carry them again.",
            )
        return Advice.PURGE, "All news was published since: nothing is owed."

    def _place(self, place: Place) -> PlaceRecord | None:
        if place not in self._places:
            self._places[place] = self.memory.place(place)
        return self._places[place]

    def _told(self, news: Change | Alert) -> datetime | None:
        """When Slack was told; None also for alerts, of which no story says so."""
        story = self.memory.story(news.key.text) if isinstance(news, Change) else None
        told = (each for each in story.deliveries if each.channel == slack.NAME) if story else ()
        return next((each.told_at for each in told if each.news.id == news.id), None)


def _about_news(letter: Letter, told_at: datetime | None) -> tuple[Advice, str]:
    if told_at:
        return Advice.PURGE, f"Slack was told meanwhile, at {_moment(told_at)}."
    if letter.attributes.get("reason") == "refused":
        return (
            Advice.MEND,
            "Slack will say the same again until its cause is mended (an upgrade, the channel). SNS was told.",
        )
    return Advice.RESEND, "Slack was never told. SNS was."


def _about_a_look(sent_at: datetime, record: PlaceRecord | None) -> tuple[Advice, str]:
    if record is None or record.baseline_at is None:
        return Advice.PURGE, "Its place is not watched, or has had no first look: a look would end at once."
    if record.looked_at and record.looked_at > sent_at:
        return Advice.PURGE, f"A later poll saw every outcome at its place, at {_moment(record.looked_at)}."
    return Advice.RESEND, "No complete look at its place has ended since."


def _about_a_poll(poll: Poll, record: PlaceRecord | None) -> tuple[Advice, str]:
    if record is None:
        return Advice.PURGE, "Its place is not watched."
    if record.looked_at and record.looked_at > poll.queued_at:
        return Advice.PURGE, f"A later poll saw every outcome there, at {_moment(record.looked_at)}."
    return (
        Advice.MEND,
        "No complete look at its place has ended since. Polls go on each minute: mend their cause, then purge.",
    )


def _news(letter: Letter) -> Content:
    try:
        news = parse(letter.body)
    except ValueError:
        return _FOREIGN
    if isinstance(news, Change):
        return Kind.NEWS, f"{name_of(news)} {what_happened(news)}", news
    return Kind.NEWS, alert_headline(news), news


def _look(document: Mapping[str, Any]) -> Content:
    try:
        look = Look.parse(document)
    except (KeyError, TypeError, ValueError):
        return _FOREIGN
    return Kind.LOOK, _subject(look), look


def _poll(document: Mapping[str, Any]) -> Content:
    try:
        poll = Poll.parse(document)
    except (KeyError, TypeError, ValueError):
        return _FOREIGN
    return Kind.POLL, f"{poll.place.source} in {where(poll.place)}", poll


def _subject(look: Look) -> str:
    return f"{look.name or look.id} ({look.place.source} in {where(look.place)})"


def _records(document: Mapping[str, Any]) -> Content:
    """What Lambda says of a part of the stream: where it is, and not what is in it."""
    batch = document.get("DDBStreamBatchInfo")
    if not isinstance(batch, Mapping):
        return _FOREIGN
    count, first = batch.get("batchSize"), batch.get("approximateArrivalOfFirstRecord")
    number = f"{count} of them" if isinstance(count, int) else "some"
    return Kind.RECORDS, f"{number} from {first} on" if isinstance(first, str) else number, None


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
