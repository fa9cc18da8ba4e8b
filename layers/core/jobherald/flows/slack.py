"""Telling a channel such as Slack: claim, post, record. Its pace and its outages are its alone.

Nothing here waits for the channel. What it refuses now becomes visible in its queue again later, as often as it takes;
only what it will never take is put aside.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol, TypeAlias

from jobherald.errors import DeliveryError
from jobherald.model import Alert, Change, Delivery, Story
from jobherald.ports import Channel, Claim, Clock, Deadline, Inbox, QueueMessage

CLAIM_SECONDS: Final = 180.0
"""How long a claim holds: longer than an invocation can last, so that nobody posts what another still posts."""

BUSY_SECONDS: Final = 30
GONE_SECONDS: Final = 900
LONGEST_BACKOFF: Final = 900
ENOUGH_SECONDS: Final = 25.0
"""What one post may take at worst: the secret read twice, two posts with their time-outs, and the records."""

DIGEST_FROM: Final = 3
"""So many pieces of news and more read better as one post."""

News: TypeAlias = Change | Alert


class Claims(Protocol):
    """The part of JobStore that is about one channel's deliveries."""

    def claim(self, news: News, channel: str, now: datetime, seconds: float) -> Claim:
        """As JobStore's."""
        ...

    def delivered(self, delivery: Delivery) -> None:
        """As JobStore's."""
        ...

    def unclaim(self, news: News, channel: str) -> None:
        """As JobStore's."""
        ...

    def story(self, key: str) -> Story | None:
        """As JobStore's."""
        ...


@dataclass(frozen=True, slots=True)
class Telling:
    """What became of a batch.

    ``failed`` are the ids of the messages that must stay in the queue; ``told`` counts news, ``posts`` what people
    see; ``buried`` are the errors of what was put aside. ``refused`` is why the channel took nothing for the moment,
    and ``gone`` why it is refused altogether, until a person mends it; empty where it is well. ``errors`` are those of
    the store: what they were about comes back when its claim has run out.
    """

    failed: tuple[str, ...] = ()
    told: int = 0
    posts: int = 0
    buried: tuple[str, ...] = ()
    refused: str = ""
    gone: str = ""
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Item:
    message: QueueMessage
    news: News
    story: Story | None = None

    @property
    def told_with(self) -> tuple[News, Story | None]:
        return self.news, self.story


@dataclass(slots=True)
class SlackFlow:
    """The flow with what it needs of the world. ``parse`` reads a message's body, and raises ValueError."""

    parse: Callable[[str], News]
    channel: Channel
    store: Claims
    inbox: Inbox
    clock: Clock

    def tell(self, messages: Sequence[QueueMessage], deadline: Deadline) -> Telling:
        """Tell what these messages carry. What is not in ``failed`` is done with, and may be deleted.

        Raises the store's error where it met every message.
        """
        return _Batch(self, deadline).tell(messages)


@dataclass(slots=True)
class _Batch:
    flow: SlackFlow
    deadline: Deadline
    failed: list[str] = field(default_factory=list)
    buried: list[str] = field(default_factory=list)
    broken: list[Exception] = field(default_factory=list)
    told: int = 0
    posts: int = 0

    def tell(self, messages: Sequence[QueueMessage]) -> Telling:
        items = [item for message in messages if (item := self._claimed(message))]
        refused = self._post_all(self._planned(items))
        if self.broken and len(self.broken) == len(messages):
            raise self.broken[0]
        text = str(refused) if refused else ""
        gone = refused is not None and refused.channel_gone
        return Telling(
            failed=tuple(self.failed),
            told=self.told,
            posts=self.posts,
            buried=tuple(self.buried),
            refused="" if gone else text,
            gone=text if gone else "",
            errors=tuple(f"{type(error).__name__}: {error}" for error in self.broken),
        )

    def _claimed(self, message: QueueMessage) -> _Item | None:
        try:
            news = self.flow.parse(message.body)
        except ValueError as error:
            self._bury(message, "unreadable", str(error))
            return None
        try:
            claim = self.flow.store.claim(news, self.flow.channel.name, self.flow.clock.now(), CLAIM_SECONDS)
            item = _Item(message, news, self._story(news)) if claim is Claim.OURS else None
        except Exception as error:  # noqa: BLE001
            self._leave(message, error)
            return None
        if claim is Claim.BUSY:
            self._later(message, BUSY_SECONDS)
        return item

    def _planned(self, items: Sequence[_Item]) -> list[list[_Item]]:
        """The posts: one each for a few pieces of news, else as few as hold them all."""
        if len(items) < DIGEST_FROM:
            return [[item] for item in items]
        posts, rest = [], list(items)
        while rest:
            count = self.flow.channel.fits([item.told_with for item in rest])
            posts.append(rest[:count])
            rest = rest[count:]
        return posts

    def _post_all(self, posts: list[list[_Item]]) -> DeliveryError | None:
        """Post one after the other until the channel, or the time, gives out. The answer is why the channel did."""
        while posts:
            if self.deadline.remaining() < ENOUGH_SECONDS:
                self._put_back(posts, None)
                return None
            try:
                self._post(posts[0])
            except DeliveryError as error:
                if not error.permanent:
                    self._put_back(posts, error)
                    return error
                posts[:1] = self._without_the_hopeless(posts[0], error)
            else:
                del posts[0]
        return None

    def _post(self, items: Sequence[_Item]) -> None:
        reference = self.flow.channel.tell([item.told_with for item in items])
        now = self.flow.clock.now()
        for item in items:
            try:
                self.flow.store.delivered(Delivery(self.flow.channel.name, item.news, now, reference))
            except Exception as error:  # noqa: BLE001
                # The rest of the post was told too: to give up here would have all of it told again.
                self._leave(item.message, error)
        self.told += len(items)
        self.posts += 1

    def _story(self, news: News) -> Story | None:
        return self.flow.store.story(news.key.text) if isinstance(news, Change) else None

    def _without_the_hopeless(self, items: list[_Item], error: DeliveryError) -> list[list[_Item]]:
        """After a post was refused for good: each of its items by itself, to find the one at fault, or none if alone."""
        if len(items) > 1:
            return [[item] for item in items]
        (item,) = items
        self._bury(item.message, "refused", str(error))
        self.flow.store.unclaim(item.news, self.flow.channel.name)
        return []

    def _put_back(self, posts: Sequence[Sequence[_Item]], error: DeliveryError | None) -> None:
        for item in (item for post in posts for item in post):
            self.flow.store.unclaim(item.news, self.flow.channel.name)
            self._later(item.message, _delay(error, item.message.receives))

    def _later(self, message: QueueMessage, seconds: int) -> None:
        self.flow.inbox.later(message, seconds)
        self.failed.append(message.id)

    def _leave(self, message: QueueMessage, error: Exception) -> None:
        """Let the queue bring this one back by itself, when nobody holds its claim any more."""
        self.broken.append(error)
        self.failed.append(message.id)

    def _bury(self, message: QueueMessage, reason: str, error: str) -> None:
        self.flow.inbox.bury(message, reason, error)
        self.buried.append(f"{reason}: {error}")


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
