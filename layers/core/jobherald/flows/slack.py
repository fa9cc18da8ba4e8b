"""Telling a channel such as Slack: claim, post, record. Its pace and its outages are its alone.

Nothing here waits for the channel. What it refuses now becomes visible in its queue again later, as often as it takes;
only what it will never take is put aside. Above a number of posts a minute news waits in the queue as well, where it
meets what else comes, and is told in digests (`lanes`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

from jobherald.errors import DeliveryError
from jobherald.flows import lanes
from jobherald.flows.lanes import ORDINARY, URGENT, Lane, News
from jobherald.flows.patience import Patience
from jobherald.model import Change, Delivery, Story
from jobherald.ports import Channel, Claim, Clock, Deadline, Inbox, QueueMessage

CLAIM_MARGIN: Final = 5.0
"""Seconds that a claim outlives its invocation, so that nobody posts what another still posts by its own clock."""

BUSY_SECONDS: Final = 5
"""Whoever holds a claim posts within seconds, or is dead: then it runs out a minute later at most."""

GONE_SECONDS: Final = 900
LONGEST_BACKOFF: Final = 900
ENOUGH_SECONDS: Final = 25.0
"""What one post may take at worst: the secret read twice, two posts with their time-outs, and the records."""

DIGEST_FROM: Final = 3
"""So many pieces of news and more read better as one post."""


class Claims(Protocol):
    """The part of JobStore that is about one channel's deliveries."""

    def claim(self, news: News, channel: str, now: datetime, until: datetime) -> Claim:
        """As JobStore's."""
        ...

    def delivered(self, delivery: Delivery) -> None:
        """As JobStore's."""
        ...

    def unclaim(self, news: News, channel: str, until: datetime) -> None:
        """As JobStore's."""
        ...

    def count_posts(self, counter: str, at: datetime, posts: int) -> int:
        """As JobStore's."""
        ...

    def story(self, key: str) -> Story | None:
        """As JobStore's."""
        ...


@dataclass(frozen=True, slots=True)
class Telling:
    """What became of a batch.

    ``failed`` are the ids of the messages that must stay in the queue; ``told`` counts news, ``posts`` what people
    see; ``gathered`` counts the news that waits because more came than is told one by one; ``buried`` are the errors
    of what was put aside. ``refused`` is why the channel took nothing for the moment, and ``gone`` why it is refused
    altogether, until a person mends it; empty where it is well. ``errors`` are those of the store and of the queue: what
    they were about comes back by itself, when its claim has run out. ``uncounted`` is why posts could not be counted.
    ``oldest_wait`` is for how many seconds the oldest of what stays has been in the queue. ``canaries`` counts those
    among what was told.
    """

    failed: tuple[str, ...] = ()
    told: int = 0
    posts: int = 0
    gathered: int = 0
    buried: tuple[str, ...] = ()
    refused: str = ""
    gone: str = ""
    errors: tuple[str, ...] = ()
    uncounted: str = ""
    oldest_wait: float = 0.0
    canaries: int = 0


@dataclass(frozen=True, slots=True)
class _Letter:
    """A message with the news in it."""

    message: QueueMessage
    news: News


@dataclass(frozen=True, slots=True)
class _Item:
    """A letter that is ours to tell until that moment."""

    letter: _Letter
    until: datetime
    story: Story | None = None

    @property
    def told_with(self) -> tuple[News, Story | None]:
        return self.letter.news, self.story


@dataclass(slots=True)
class SlackFlow:
    """The flow with what it needs of the world. ``parse`` reads a message's body, and raises ValueError.

    ``posts_per_minute`` is the threshold of each lane.
    """

    parse: Callable[[str], News]
    channel: Channel
    store: Claims
    inbox: Inbox
    clock: Clock
    posts_per_minute: int = 10

    def tell(self, messages: Sequence[QueueMessage], deadline: Deadline) -> Telling:
        """Tell what these messages carry. What is not in ``failed`` is done with, and may be deleted.

        Raises the store's, or the queue's, error where it met every message.
        """
        return _Batch(self, deadline).tell(messages)


@dataclass(slots=True)
class _Batch:
    flow: SlackFlow
    deadline: Deadline
    failed: list[str] = field(default_factory=list)
    buried: list[str] = field(default_factory=list)
    broken: list[Exception] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    """Whose news was put back: nothing later of theirs is told in this batch."""
    refused: DeliveryError | None = None
    uncounted: str = ""
    told: int = 0
    posts: int = 0
    gathered: int = 0
    oldest_wait: float = 0.0
    canaries: int = 0

    def tell(self, messages: Sequence[QueueMessage]) -> Telling:
        letters = [letter for message in messages if (letter := self._read(message))]
        order = lanes.in_order([letter.news for letter in letters])
        few = len(letters) < DIGEST_FROM
        self._tell(URGENT, [[letters[index] for index in wave] for wave in order.urgent], few=few)
        self._tell(ORDINARY, [[letters[index] for index in order.ordinary]], few=few)
        if self.broken and len(self.broken) == len(messages):
            raise self.broken[0]
        text = str(self.refused) if self.refused else ""
        gone = self.refused is not None and self.refused.channel_gone
        return Telling(
            failed=tuple(self.failed),
            told=self.told,
            posts=self.posts,
            gathered=self.gathered,
            buried=tuple(self.buried),
            refused="" if gone else text,
            gone=text if gone else "",
            errors=tuple(_named(error) for error in self.broken),
            uncounted=self.uncounted,
            oldest_wait=self.oldest_wait,
            canaries=self.canaries,
        )

    def _read(self, message: QueueMessage) -> _Letter | None:
        try:
            return _Letter(message, self.flow.parse(message.body))
        except ValueError as error:
            self._bury(message, "unreadable", str(error))
            return None

    def _tell(self, lane: Lane, waves: Sequence[Sequence[_Letter]], *, few: bool) -> None:
        """One lane's part of the batch, as many posts as it is granted. What is too much waits for the next turn."""
        waves = [kept for wave in waves if (kept := self._without_held(wave, lane))]
        letters = [letter for wave in waves for letter in wave]
        if not letters:
            return
        if self.refused is not None:
            self._put_back(letters, self.refused)
            return
        now = self.flow.clock.now()
        overdue = {
            letter.message.id for letter in letters if lanes.is_overdue(lane, letter.message.sent_at, now)
        }
        wanted = len(letters) if few else len(waves)
        granted = self._granted(lane, wanted)
        if not (granted or overdue):
            self._gather(letters, lane)
            return
        one_by_one = few and granted == wanted
        claimed = self._claimed(waves)
        posts = [post for wave in claimed for post in self._planned(wave, one_by_one=one_by_one)]
        if granted == wanted < len(posts):
            granted += self._granted(lane, len(posts) - wanted)
        due = [
            number
            for number, post in enumerate(posts, 1)
            if any(each.letter.message.id in overdue for each in post)
        ]
        told = max(granted, *due, 0)
        if self._post_all(posts[:told]):
            for item in (item for post in posts[told:] for item in post):
                if self._unclaimed(item):
                    self._gather([item.letter], lane)
        else:
            # With what could not be told before them, so that both come back together.
            self._give_back(posts[told:], self.refused)

    def _granted(self, lane: Lane, posts: int) -> int:
        """How many of so many posts stay below the threshold in this minute; all of them where nobody can count."""
        try:
            counter = f"{self.flow.channel.name}/{lane.name}"
            counted = self.flow.store.count_posts(counter, self.flow.clock.now(), posts)
        except Exception as error:  # noqa: BLE001
            # Too loud is better than too late: the table may be away for hours.
            self.uncounted = _named(error)
            return posts
        return min(max(self.flow.posts_per_minute - (counted - posts), 0), posts)

    def _claimed(self, waves: Sequence[Sequence[_Letter]]) -> list[list[_Item]]:
        """What of these nobody else tells or has told, while half of the time remains for posts."""
        left = self.deadline.remaining()
        enough = ENOUGH_SECONDS + max(left - ENOUGH_SECONDS, 0) / 2
        claimed: list[list[_Item]] = []
        for wave in waves:
            claimed.append([])
            for letter in wave:
                left = self.deadline.remaining()
                if left < enough:
                    self._put_back([letter], None)
                elif item := self._claim(letter, left):
                    claimed[-1].append(item)
        return claimed

    def _claim(self, letter: _Letter, seconds: float) -> _Item | None:
        news, now = letter.news, self.flow.clock.now()
        until = now + timedelta(seconds=seconds + CLAIM_MARGIN)
        try:
            claim = self.flow.store.claim(news, self.flow.channel.name, now, until)
            item = _Item(letter, until, self._story(news)) if claim is Claim.OURS else None
        except Exception as error:  # noqa: BLE001
            self._leave(letter.message, error)
            return None
        if claim is Claim.BUSY:
            self._later(letter.message, BUSY_SECONDS)
        return item

    def _planned(self, items: Sequence[_Item], *, one_by_one: bool) -> list[list[_Item]]:
        """The posts: one each for a few pieces of news, else as few as hold them all."""
        if one_by_one:
            return [[item] for item in items]
        posts, rest = [], list(items)
        while rest:
            count = self.flow.channel.fits([item.told_with for item in rest])
            posts.append(rest[:count])
            rest = rest[count:]
        return posts

    def _post_all(self, posts: list[list[_Item]]) -> bool:
        """Post one after the other until the channel, or the time, gives out. Whether neither did."""
        while posts:
            if self.deadline.remaining() < ENOUGH_SECONDS:
                self._give_back(posts, None)
                return False
            try:
                self._post(posts[0])
            except DeliveryError as error:
                if not error.permanent:
                    self.refused = error
                    self._give_back(posts, error)
                    return False
                posts[:1] = self._without_the_hopeless(posts[0], error)
            else:
                del posts[0]
        return True

    def _post(self, items: Sequence[_Item]) -> None:
        waited = max(self._waited(item.letter.message) for item in items)
        reference = self.flow.channel.tell([item.told_with for item in items], waited)
        now, patience = self.flow.clock.now(), Patience(self.flow.clock, self.deadline)
        for item in items:
            delivery = Delivery(self.flow.channel.name, item.letter.news, now, reference)
            try:
                patience.keep(partial(self.flow.store.delivered, delivery))
            except Exception as error:  # noqa: BLE001
                # The rest of the post was told too: to give up here would have all of it told again.
                self._leave(item.letter.message, error)
        self.told += len(items)
        self.canaries += sum(item.letter.news.is_canary for item in items)
        self.posts += 1

    def _story(self, news: News) -> Story | None:
        return self.flow.store.story(news.key.text) if isinstance(news, Change) else None

    def _without_the_hopeless(self, items: list[_Item], error: DeliveryError) -> list[list[_Item]]:
        """After a post was refused for good: each of its items by itself, to find the one at fault, or none if alone."""
        if len(items) > 1:
            return [[item] for item in items]
        (item,) = items
        self._bury(item.letter.message, "refused", str(error))
        # A claim that cannot be given back runs out by itself, long before anybody sends the message again.
        with suppress(Exception):
            self.flow.store.unclaim(item.letter.news, self.flow.channel.name, item.until)
        return []

    def _without_held(self, wave: Sequence[_Letter], lane: Lane) -> list[_Letter]:
        """Those before which nothing was put back; the others wait as well, lest they be told first."""
        held = [letter for letter in wave if lanes.subject_of(letter.news) in self.held]
        if self.refused is None:
            self._gather(held, lane)
        else:
            self._put_back(held, self.refused)
        return [letter for letter in wave if letter not in held]

    def _gather(self, letters: Sequence[_Letter], lane: Lane) -> None:
        """Let them wait for the lane's next turn."""
        for letter in letters:
            self.held.add(lanes.subject_of(letter.news))
            self._later(letter.message, lanes.until_next_turn(lane, self.flow.clock.now()))
            self.gathered += 1

    def _give_back(self, posts: Sequence[Sequence[_Item]], error: DeliveryError | None) -> None:
        for item in (item for post in posts for item in post):
            if self._unclaimed(item):
                self._put_back([item.letter], error)

    def _put_back(self, letters: Sequence[_Letter], error: DeliveryError | None) -> None:
        """After a refusal, or for want of time."""
        for letter in letters:
            self.held.add(lanes.subject_of(letter.news))
            self._later(letter.message, _delay(error, letter.message.receives))

    def _unclaimed(self, item: _Item) -> bool:
        """Give the claim back, or leave the message until it has run out."""
        try:
            self.flow.store.unclaim(item.letter.news, self.flow.channel.name, item.until)
        except Exception as error:  # noqa: BLE001
            self.held.add(lanes.subject_of(item.letter.news))
            self._leave(item.letter.message, error)
            return False
        return True

    def _later(self, message: QueueMessage, seconds: int) -> None:
        try:
            self.flow.inbox.later(message, seconds)
        except Exception as error:  # noqa: BLE001
            # The queue brings it back by itself, if later; all the others of the batch need not wait as long.
            self.broken.append(error)
        self._stays(message)

    def _leave(self, message: QueueMessage, error: Exception) -> None:
        """Let the queue bring this one back by itself, when nobody holds its claim any more."""
        self.broken.append(error)
        self._stays(message)

    def _stays(self, message: QueueMessage) -> None:
        self.failed.append(message.id)
        self.oldest_wait = max(self.oldest_wait, self._waited(message))

    def _waited(self, message: QueueMessage) -> float:
        return max((self.flow.clock.now() - message.sent_at).total_seconds(), 0.0)

    def _bury(self, message: QueueMessage, reason: str, error: str) -> None:
        try:
            self.flow.inbox.bury(message, reason, error)
        except Exception as unburied:  # noqa: BLE001
            self._leave(message, unburied)
            return
        self.buried.append(f"{reason}: {error}")


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _delay(error: DeliveryError | None, receives: int) -> int:
    """Seconds until the next try: not before the channel wants it, and the longer the more often it failed."""
    if error is None:
        return 0
    if error.channel_gone:
        return GONE_SECONDS
    if error.retry_after is not None:
        # Slack knows when there is room again; a little later each time, lest two queues take turns in being early.
        return math.ceil(max(error.retry_after, min(receives, LONGEST_BACKOFF)))
    return math.ceil(min(2.0 ** min(receives, 16), LONGEST_BACKOFF))
