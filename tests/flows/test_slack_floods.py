"""However much comes at once, Slack stays readable, and every piece of news is named in it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.channels.message import parse, to_message
from jobherald.errors import DeliveryError
from jobherald.flows.lanes import ORDINARY, URGENT, is_failure, subject_of
from jobherald.flows.slack import ENOUGH_SECONDS, SlackFlow, Telling
from jobherald.model import Alert, Change, Delivery, State, Story
from jobherald.ports import Claim, QueueMessage
from tests.fakes.channels import FakeChannel, FakeClaims, FakeInbox
from tests.fakes.news import FAILED, REFUSED, RUNNING, START, labeling_key, many
from tests.fakes.time import FakeClock, FakeDeadline

LIMIT = 10
News = Change | Alert


class Crash(BaseException):
    """The process is no more; nothing in it can catch that."""


class Post(NamedTuple):
    """What stood in one post, when, and how often the function had been invoked by then."""

    at: datetime
    ids: list[str]
    invocation: int


class Wall(FakeChannel):
    """A channel that remembers when it was told what. ``dies`` says after which posts the function crashes."""

    def __init__(
        self, flood: Flood, room: int, script: Sequence[DeliveryError | None], dies: frozenset[int]
    ) -> None:
        super().__init__(script=list(script), room=room)
        self.flood = flood
        self.dies = dies
        self.wall: list[Post] = []

    def tell(self, news: Sequence[tuple[News, Story | None]], waited: float = 0.0) -> str:
        reference = super().tell(news, waited)
        self.wall.append(Post(self.flood.clock.now(), self.posts[-1], self.flood.invocations))
        if len(self.wall) in self.dies:
            raise Crash
        return reference


class Flood:
    """The flow with its queue and its wall, second by second."""

    def __init__(
        self,
        room: int = 40,
        script: Sequence[DeliveryError | None] = (),
        dies: frozenset[int] = frozenset(),
        limit: int = LIMIT,
    ) -> None:
        self.clock = FakeClock(START)
        self.inbox = FakeInbox(self.clock)
        self.store = FakeClaims()
        self.channel = Wall(self, room, script, dies)
        self.flow = SlackFlow(parse, self.channel, self.store, self.inbox, self.clock, limit)
        self.news: dict[str, News] = {}
        self.sent: dict[str, datetime] = {}
        self.batches: list[list[News]] = []
        self.tellings: list[Telling] = []
        self.invocations = 0

    def put(self, *news: News) -> None:
        for one in news:
            self.news[one.id] = one
            self.sent[one.id] = self.clock.now()
            self.inbox.put(one.id, json.dumps(to_message(one)))

    def second(self) -> None:
        """What is visible is told, and a second passes."""
        if messages := self.inbox.receive():
            self.invoke(messages)
        self.clock.advance(1)

    def invoke(self, messages: Sequence[QueueMessage]) -> None:
        self.invocations += 1
        self.batches.append([self.news[message.id] for message in messages])
        try:
            telling = self.flow.tell(messages, FakeDeadline(60.0))
        except Crash:
            return
        self.tellings.append(telling)
        self.inbox.done(messages, telling.failed)

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.second()

    def end(self, hours: float = 8) -> None:
        """Until nothing is left, leaping over the time in which nothing is visible."""
        until = self.clock.now() + timedelta(hours=hours)
        while self.inbox.bodies and self.clock.now() < until:
            if (next_one := min(self.inbox.visible_at.values())) > self.clock.now():
                self.clock.present = next_one
            self.second()

    @property
    def wall(self) -> list[Post]:
        return self.channel.wall

    @property
    def told(self) -> Counter[str]:
        return Counter(news_id for post in self.wall for news_id in post.ids)

    def has_failures(self, post: Post) -> bool:
        return any(is_failure(self.news[news_id]) for news_id in post.ids)

    @property
    def in_each_minute(self) -> Counter[datetime]:
        return Counter(post.at.replace(second=0) for post in self.wall)


def numbered(count: int, first: int = 0, every: int = 0) -> list[Change]:
    """Different jobs that were seen running; of every so many one failed."""
    return [
        replace(
            RUNNING,
            key=labeling_key(f"cats-{number}"),
            name=f"cats-{number}",
            state=State.FAILED if every and number % every == 0 else State.RUNNING,
        )
        for number in range(first, first + count)
    ]


class Burst(NamedTuple):
    pause: int
    size: int
    every: int


bursts = st.lists(
    st.builds(
        Burst, st.sampled_from([0, 1, 1, 2, 7, 20, 61]), st.integers(1, 45), st.sampled_from([0, 0, 1, 3])
    ),
    min_size=1,
    max_size=12,
)
troubles = st.lists(
    st.sampled_from(
        [
            None,
            None,
            DeliveryError("Slack answered 429.", retry_after=5),
            DeliveryError("Slack answered 503."),
            DeliveryError("Slack answered 404 no_service.", channel_gone=True),
        ]
    ),
    max_size=12,
)


def play(flood: Flood, script: Sequence[Burst]) -> None:
    first = 0
    for burst in script:
        flood.put(*numbered(burst.size, first, burst.every))
        first += burst.size
        flood.run(burst.pause)
    flood.end()


@given(bursts, st.integers(3, 48), troubles)
def test_everything_is_told_once_whatever_comes_and_whatever_slack_says(
    script: list[Burst], room: int, answers: list[DeliveryError | None]
) -> None:
    """Each piece of news is named in one post, and no post holds failures and others."""
    flood = Flood(room, answers)
    play(flood, script)

    assert flood.told == Counter(dict.fromkeys(flood.news, 1))
    assert not flood.inbox.bodies
    assert not flood.store.claims
    for post in flood.wall:
        assert len({is_failure(flood.news[news_id]) for news_id in post.ids}) == 1


@given(bursts, st.integers(3, 48), troubles, st.sets(st.integers(1, 12), max_size=3))
def test_a_crash_repeats_one_post_at_most(
    script: list[Burst], room: int, answers: list[DeliveryError | None], dies: set[int]
) -> None:
    """Posted and not recorded: that one post may come twice, and nothing is lost."""
    flood = Flood(room, answers, frozenset(dies))
    play(flood, script)

    assert flood.told.keys() == flood.news.keys()
    assert not flood.inbox.bodies
    again = Counter(
        news_id for number in dies if number <= len(flood.wall) for news_id in flood.wall[number - 1].ids
    )
    assert all(count <= 1 + again[news_id] for news_id, count in flood.told.items())


@given(bursts, st.integers(3, 48), st.integers(1, 12))
def test_no_minute_has_more_posts_than_the_threshold(script: list[Burst], room: int, limit: int) -> None:
    """Except those that make sure that nothing waits for longer than two minutes, a failure half of one."""
    flood = Flood(room, limit=limit)
    play(flood, script)

    def is_late(post: Post) -> bool:
        """Whether something in its batch had to be told in any case."""
        lane = URGENT if flood.has_failures(post) else ORDINARY
        return any(
            (post.at - flood.sent[one.id]).total_seconds() >= lane.gather
            for one in flood.batches[post.invocation - 1]
        )

    in_time = [post for post in flood.wall if not is_late(post)]
    counted = Counter((post.at.replace(second=0), flood.has_failures(post)) for post in in_time)
    assert max(counted.values(), default=0) <= limit
    for post in flood.wall:
        lane = URGENT if flood.has_failures(post) else ORDINARY
        for news_id in post.ids:
            # A batch holds a hundred; what the next one takes is a second later here.
            assert post.at - flood.sent[news_id] <= timedelta(seconds=2 * lane.gather + 10)


lives = st.lists(
    st.builds(
        lambda name, version, state: replace(RUNNING, key=labeling_key(name), version=version, state=state),
        st.sampled_from("abcdef"),
        st.integers(1, 5),
        st.sampled_from([State.RUNNING, State.FAILED, State.SUCCEEDED]),
    ),
    max_size=25,
    unique_by=lambda change: change.id,
)


@given(
    st.lists(st.tuples(lives, st.integers(0, 20)), max_size=4), st.integers(1, 5), troubles, st.integers(1, 4)
)
def test_in_one_batch_no_job_is_told_backwards(
    script: list[tuple[list[Change], int]], room: int, answers: list[DeliveryError | None], limit: int
) -> None:
    """What a job did later is told after what it did before, or waits with it."""
    flood = Flood(room, answers, limit=limit)
    for lived, pause in script:
        flood.put(*(one for one in lived if one.id not in flood.news))
        flood.run(pause)
    flood.end()

    told_in = {news_id: number for number, post in enumerate(flood.wall) for news_id in post.ids}
    assert told_in.keys() == flood.news.keys()
    for invocation, batch in enumerate(flood.batches, 1):
        by_job: defaultdict[str, list[News]] = defaultdict(list)
        for one in sorted(batch, key=lambda one: one.version):
            by_job[subject_of(one)].append(one)
        for earlier, later in (pair for each in by_job.values() for pair in pairwise(each)):
            if flood.wall[told_in[later.id]].invocation == invocation:
                assert told_in[earlier.id] <= told_in[later.id]


def test_one_a_second_is_ten_posts_a_minute() -> None:
    """The first nine or ten at once, the rest of the minute in one digest when it is over."""
    flood = Flood()
    for number in range(180):
        flood.put(*numbered(1, number))
        flood.second()
    flood.end()

    assert max(flood.in_each_minute.values()) == LIMIT
    assert [len(post.ids) for post in flood.wall[:12]] == [1] * 10 + [40, 11]
    assert max(flood.channel.waited) <= 60
    assert flood.told == Counter(dict.fromkeys(flood.news, 1))


def test_five_hundred_at_once_are_a_few_digests() -> None:
    """As many posts as hold them, and no more than the threshold before the minute is over."""
    flood = Flood()
    flood.put(*numbered(500))
    flood.end()

    counted = flood.in_each_minute
    assert sum(counted.values()) <= 16
    assert counted[START] == LIMIT
    assert sorted(flood.told.values()) == [1] * 500


def test_failures_do_not_wait_for_successes() -> None:
    """Far above the threshold a failure is told in the second in which it comes, by itself."""
    flood = Flood()
    for number in range(100):
        flood.put(*numbered(5, 5 * number))
        if number % 25 == 0:
            flood.put(many(100)[number])
        flood.second()
    flood.end()

    alone = [post for post in flood.wall if flood.has_failures(post)]
    assert [len(post.ids) for post in alone] == [1] * 4
    assert all(post.at == flood.sent[post.ids[0]] for post in alone)


def test_a_flood_of_failures_is_gathered_for_a_quarter_of_a_minute() -> None:
    """One failure a second: ten at once, then a digest every quarter of a minute; never later than half a minute."""
    flood = Flood()
    for number in range(60):
        flood.put(many(60)[number])
        flood.second()
    flood.end()

    assert flood.in_each_minute[START] <= LIMIT + 60 // URGENT.gather
    assert max(post.at - flood.sent[news_id] for post in flood.wall for news_id in post.ids) <= timedelta(
        seconds=30
    )
    assert flood.told == Counter(dict.fromkeys(flood.news, 1))


def test_a_notice_of_that_severity_is_a_failure() -> None:
    """A refused credential is told at once and apart from what runs."""
    flood = Flood(limit=1)
    flood.put(*numbered(5))
    flood.second()
    flood.put(*numbered(5, 5), REFUSED)
    flood.second()

    assert [len(post.ids) for post in flood.wall] == [5, 1]
    assert flood.wall[-1].ids == [REFUSED.id]


def test_two_share_the_last_post_of_a_minute() -> None:
    """What would be two posts is one digest where one post is left."""
    flood = Flood(limit=1)
    flood.put(*numbered(2))
    flood.second()

    assert [len(post.ids) for post in flood.wall] == [2]


def test_what_is_gathered_is_not_claimed() -> None:
    """News that waits costs no write and is nobody's: whoever comes next may tell it."""
    flood = Flood(limit=1)
    flood.put(*numbered(1))
    flood.second()
    flood.put(*numbered(20, 1))
    flood.second()

    assert flood.tellings[-1].gathered == 20
    assert len(flood.tellings[-1].failed) == 20
    assert not flood.store.claims
    assert len(flood.store.deliveries) == 1


def test_a_table_that_cannot_count_stops_no_news() -> None:
    """It is told as below the threshold, and the answer says why."""
    flood = Flood(limit=1)

    def throttled(*_: object) -> int:
        raise RuntimeError("throttled")

    flood.store.count_posts = throttled  # type: ignore[method-assign, assignment]
    for number in range(20):
        flood.put(*numbered(1, number))
        flood.second()

    assert len(flood.wall) == 20
    assert {telling.uncounted for telling in flood.tellings} == {"RuntimeError: throttled"}
    assert not any(telling.errors for telling in flood.tellings)


def test_a_backlog_is_told_above_the_threshold_too() -> None:
    """After an hour of a dead Slack what waited is told in full digests, at once."""
    flood = Flood(limit=1)
    flood.channel.script = [DeliveryError("Slack answered 503.")] * 12
    flood.put(*numbered(300))
    flood.end()

    last = flood.wall[0].at.replace(second=0)
    assert len(flood.wall) <= 9
    assert all(post.at - last < timedelta(minutes=16) for post in flood.wall)
    assert min(flood.channel.waited) > 60


def test_each_post_says_for_how_long_it_was_gathered() -> None:
    """The channel gets the age of the oldest message of each post."""
    flood = Flood(limit=1)
    flood.put(*numbered(1))
    flood.second()
    flood.put(*numbered(3, 1))
    flood.run(5)
    flood.put(*numbered(3, 4))
    flood.end()

    assert flood.channel.waited == [0.0, 59.0]
    assert len(flood.wall[-1].ids) == 6


def test_the_oldest_of_what_waits_is_measured() -> None:
    """For the alarm: seconds since the message came, nothing where nothing waits."""
    flood = Flood()
    flood.channel.script = [DeliveryError("Slack answered 429.", retry_after=7)] * 2
    flood.put(FAILED)
    flood.second()
    flood.clock.advance(6)
    flood.put(*numbered(1))
    flood.second()
    flood.end()

    assert [telling.oldest_wait for telling in flood.tellings] == [0.0, 7.0, 0.0]


def test_claiming_leaves_half_of_the_time_for_posts() -> None:
    """A slow table: what cannot be claimed in time comes back, and what was claimed is told."""
    flood = Flood()
    deadline = FakeDeadline(60.0)
    claim = flood.store.claim

    def slow(news: News, channel: str, now: datetime, until: datetime) -> Claim:
        deadline.left -= 0.5
        return claim(news, channel, now, until)

    flood.store.claim = slow  # type: ignore[method-assign]
    flood.put(*numbered(100))
    telling = flood.flow.tell(flood.inbox.receive(), deadline)

    assert telling.told == 36
    assert len(telling.failed) == 64
    assert not flood.store.claims


def test_a_claim_that_cannot_be_given_back_runs_out() -> None:
    """The table fails just then: the message comes back by itself, and its neighbours are put back all the same."""
    flood = Flood()
    flood.channel.script = [DeliveryError("Slack answered 503.")]
    unclaim = flood.store.unclaim

    def throttled(news: News, channel: str, until: datetime) -> None:
        if news.id == numbered(1)[0].id:
            flood.store.unclaim = unclaim  # type: ignore[method-assign]
            raise RuntimeError("throttled")
        unclaim(news, channel, until)

    flood.store.unclaim = throttled  # type: ignore[method-assign]
    flood.put(*numbered(3))
    flood.second()

    assert flood.tellings[0].errors == ("RuntimeError: throttled",)
    assert len(flood.tellings[0].failed) == 3
    assert list(flood.inbox.delays) == [one.id for one in numbered(3)[1:]]
    flood.end()
    assert flood.told == Counter(dict.fromkeys(flood.news, 1))


def test_a_delivery_is_recorded_for_each_of_a_digest() -> None:
    """All of them under the one post."""
    flood = Flood(limit=1)
    flood.put(*numbered(30))
    flood.end()

    assert {delivery.reference for delivery in flood.store.deliveries.values()} == {"ts-1"}
    assert all(isinstance(delivery, Delivery) for delivery in flood.store.deliveries.values())


@pytest.mark.parametrize("left", [ENOUGH_SECONDS - 1, 0.0])
def test_an_invocation_without_time_claims_nothing(left: float) -> None:
    """It would only have to give it back."""
    flood = Flood()
    flood.put(*numbered(5))
    telling = flood.flow.tell(flood.inbox.receive(), FakeDeadline(left))

    assert len(telling.failed) == 5
    assert not flood.store.claims
    assert not flood.wall
