"""Fakes of the ports that a channel and its flow meet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobherald.errors import DeliveryError, SecretError
from jobherald.model import Alert, Change, Delivery, Story
from jobherald.ports import Claim, QueueMessage
from tests.fakes.time import FakeClock

News = Change | Alert


@dataclass
class FakeSecret:
    """A secret of which a fresh look may see another value."""

    value: str
    rotated: str = ""
    reads: list[bool] = field(default_factory=list)
    reference: str = "ssm:/jobherald/secret"
    error: SecretError | None = None

    def read(self, *, fresh: bool = False) -> str:
        self.reads.append(fresh)
        if self.error:
            raise self.error
        if fresh and self.rotated:
            self.value = self.rotated
        return self.value


@dataclass
class FakeChannel:
    """A channel that takes everything, unless a script, used up one a post, says otherwise."""

    script: list[DeliveryError | None] = field(default_factory=list)
    room: int = 50
    name: str = "slack"
    posts: list[list[str]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    attempts: int = 0
    hopeless: frozenset[str] = frozenset()

    def fits(self, news: Sequence[tuple[News, Story | None]]) -> int:
        return min(len(news), self.room)

    def tell(self, news: Sequence[tuple[News, Story | None]], waited: float = 0.0) -> str:
        self.attempts += 1
        error = self.script.pop(0) if self.script else None
        if error is None and any(one.id in self.hopeless for one, _ in news):
            error = DeliveryError("Slack answered 400 invalid_blocks.", permanent=True)
        if error is not None:
            raise error
        self.posts.append([one.id for one, _ in news])
        self.waited.append(waited)
        return f"ts-{len(self.posts)}"

    @property
    def told(self) -> list[str]:
        return [news_id for post in self.posts for news_id in post]


@dataclass
class FakeInbox:
    """An SQS queue on a virtual clock: what is not done with becomes visible again, as often as it may."""

    clock: FakeClock
    visible_at: dict[str, datetime] = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)
    receives: dict[str, int] = field(default_factory=dict)
    delays: dict[str, list[int]] = field(default_factory=dict)
    buried: list[tuple[str, str, str]] = field(default_factory=list)
    sent_at: dict[str, datetime] = field(default_factory=dict)
    visibility: float = 360.0

    def put(self, message_id: str, body: str) -> None:
        self.bodies[message_id] = body
        self.visible_at[message_id] = self.sent_at[message_id] = self.clock.now()

    def receive(self, most: int = 100) -> list[QueueMessage]:
        now = self.clock.now()
        ids = [one for one, at in self.visible_at.items() if at <= now][:most]
        for one in ids:
            self.receives[one] = self.receives.get(one, 0) + 1
            self.visible_at[one] = now + timedelta(seconds=self.visibility)
        return [
            QueueMessage(one, self.bodies[one], f"receipt-{one}", self.receives[one], self.sent_at[one])
            for one in ids
        ]

    def done(self, messages: Sequence[QueueMessage], failed: Sequence[str]) -> None:
        for message in messages:
            if message.id not in failed:
                del self.bodies[message.id], self.visible_at[message.id]

    def later(self, message: QueueMessage, seconds: int) -> None:
        self.delays.setdefault(message.id, []).append(seconds)
        self.visible_at[message.id] = self.clock.now() + timedelta(seconds=seconds)

    def bury(self, message: QueueMessage, reason: str, error: str) -> None:
        self.buried.append((message.id, reason, error))


@dataclass
class FakeClaims:
    """The part of the store that a channel's flow uses, with claims that run out."""

    stories: dict[str, Story] = field(default_factory=dict)
    claims: dict[str, datetime] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    posts: Counter[tuple[str, datetime]] = field(default_factory=Counter)

    def claim(self, news: News, channel: str, now: datetime, until: datetime) -> Claim:
        assert channel == "slack"
        if news.id in self.deliveries:
            return Claim.TOLD
        if self.claims.get(news.id, now) > now:
            return Claim.BUSY
        self.claims[news.id] = until
        return Claim.OURS

    def delivered(self, delivery: Delivery) -> None:
        self.deliveries[delivery.news.id] = delivery
        self.claims.pop(delivery.news.id, None)

    def unclaim(self, news: News, channel: str, until: datetime) -> None:
        if self.claims.get(news.id) == until:
            del self.claims[news.id]

    def count_posts(self, counter: str, at: datetime, posts: int) -> int:
        key = counter, at.replace(second=0, microsecond=0)
        self.posts[key] += posts
        return self.posts[key]

    def story(self, key: str) -> Story | None:
        return self.stories.get(key)
