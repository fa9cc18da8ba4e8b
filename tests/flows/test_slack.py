"""Everything is told in Slack, once, however long Slack is away and whatever fails in between."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.channels.message import parse, to_message
from jobherald.errors import DeliveryError
from jobherald.flows.slack import (
    BUSY_SECONDS,
    CLAIM_MARGIN,
    ENOUGH_SECONDS,
    GONE_SECONDS,
    SlackFlow,
    Telling,
)
from jobherald.model import Alert, Change, Delivery
from jobherald.ports import Claim
from tests.fakes.channels import FakeChannel, FakeClaims, FakeInbox
from tests.fakes.news import BLIND, FAILED, RUNNING, START, SUCCEEDED, WATCHING, labeling_key, many, story_of
from tests.fakes.time import FakeClock, FakeDeadline

BUSY_SLACK = DeliveryError("Slack answered 429.", retry_after=40)
DOWN = DeliveryError("Slack answered 503.")
GONE = DeliveryError("Slack answered 404 no_service.", channel_gone=True)
REFUSED = DeliveryError("Slack answered 400 invalid_blocks.", permanent=True)


class Room:
    """A flow with its queue, store and channel, on one clock."""

    def __init__(self, *news: Change | Alert, script: Sequence[DeliveryError | None] = ()) -> None:
        self.clock = FakeClock(START)
        self.inbox = FakeInbox(self.clock)
        self.store = FakeClaims()
        self.channel = FakeChannel(list(script))
        self.deadline = FakeDeadline(60.0)
        self.flow = SlackFlow(parse, self.channel, self.store, self.inbox, self.clock)
        self.put(*news)

    def put(self, *news: Change | Alert) -> None:
        for one in news:
            self.inbox.put(f"m{len(self.inbox.bodies)}:{one.id}", json.dumps(to_message(one)))

    def run(self) -> Telling:
        """One invocation with what is visible now."""
        messages = self.inbox.receive()
        telling = self.flow.tell(messages, self.deadline)
        self.inbox.done(messages, telling.failed)
        return telling

    def run_for(self, seconds: float, step: float = 5.0) -> None:
        """Invocations as long as there is something to do, on the virtual clock."""
        until = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < until and self.inbox.bodies:
            if any(at <= self.clock.now() for at in self.inbox.visible_at.values()):
                self.run()
            else:
                self.clock.advance(step)


def test_two_pieces_of_news_are_two_posts() -> None:
    """A few pieces of news are told one by one, the failure first, and each is recorded with its post's id."""
    room = Room(RUNNING, FAILED)

    telling = room.run()

    assert telling == Telling(told=2, posts=2)
    assert room.channel.posts == [[FAILED.id], [RUNNING.id]]
    assert {key: delivery.reference for key, delivery in room.store.deliveries.items()} == {
        FAILED.id: "ts-1",
        RUNNING.id: "ts-2",
    }
    assert all(delivery.told_at == START for delivery in room.store.deliveries.values())


def test_three_and_more_are_one_post() -> None:
    """More than a few read better together; all of them are recorded under the one post."""
    room = Room(RUNNING, BLIND, WATCHING)

    assert room.run() == Telling(told=3, posts=1)
    assert {delivery.reference for delivery in room.store.deliveries.values()} == {"ts-1"}


def test_a_failure_is_in_no_post_with_anything_else() -> None:
    """However little there is: what somebody has to act on is not one line among others."""
    room = Room(RUNNING, FAILED, WATCHING)

    assert room.run() == Telling(told=3, posts=2)
    assert room.channel.posts == [[FAILED.id], [RUNNING.id, WATCHING.id]]


def test_a_post_holds_no_more_than_fits() -> None:
    """Ten changes in posts of at most four."""
    room = Room(*many(10))
    room.channel.room = 4

    room.run()

    assert [len(post) for post in room.channel.posts] == [4, 4, 2]
    assert sorted(room.channel.told) == sorted(change.id for change in many(10))


def test_what_was_told_is_not_told_again() -> None:
    """The same news in another message is done with at once."""
    room = Room(FAILED)
    room.run()
    room.put(FAILED)

    assert room.run() == Telling()
    assert room.channel.told == [FAILED.id]
    assert not room.inbox.bodies


def test_news_twice_in_one_batch_is_told_once() -> None:
    """Of two messages with the same news one posts; the other comes back, and finds it told."""
    room = Room(FAILED, FAILED)

    telling = room.run()
    room.run_for(60)

    assert len(telling.failed) == 1
    assert room.channel.told == [FAILED.id]
    assert not room.inbox.bodies


def test_what_another_is_posting_is_left_to_it() -> None:
    """A claim of somebody else is waited for; if it comes to nothing, it runs out and the news is told."""
    room = Room(FAILED)
    room.store.claim(FAILED, "slack", START, START + timedelta(seconds=65))

    assert room.run().failed == (f"m0:{FAILED.id}",)
    assert room.channel.attempts == 0
    assert room.inbox.delays == {f"m0:{FAILED.id}": [BUSY_SECONDS]}

    room.run_for(65 + 2 * BUSY_SECONDS)
    assert room.channel.told == [FAILED.id]


def test_a_busy_slack_is_left_alone_until_it_says() -> None:
    """After a 429 nothing of the batch is tried; all of it comes back after Retry-After, unclaimed."""
    room = Room(RUNNING, FAILED, script=[BUSY_SLACK])

    telling = room.run()

    assert room.channel.attempts == 1
    assert telling.refused == "Slack answered 429."
    assert len(telling.failed) == 2
    assert list(room.inbox.delays.values()) == [[40], [40]]
    assert not room.store.claims

    room.run_for(60)
    assert sorted(room.channel.told) == sorted([RUNNING.id, FAILED.id])


def test_what_was_told_before_the_refusal_stays_told() -> None:
    """The first of two posts went through: it is done with, and only the second comes back."""
    room = Room(RUNNING, FAILED, script=[None, DOWN])

    telling = room.run()

    assert telling.failed == (f"m0:{RUNNING.id}",)
    assert telling.told == 1
    room.run_for(60)
    assert room.channel.told == [FAILED.id, RUNNING.id]


def test_the_longer_slack_is_down_the_seldomer_it_is_asked() -> None:
    """2, 4, 8 … seconds, never more than fifteen minutes."""
    room = Room(FAILED, script=[DOWN] * 14)

    room.run_for(6 * 3600, step=1.0)

    assert room.inbox.delays[f"m0:{FAILED.id}"] == [
        2,
        4,
        8,
        16,
        32,
        64,
        128,
        256,
        512,
        900,
        900,
        900,
        900,
        900,
    ]
    assert room.channel.told == [FAILED.id]


def test_a_slack_that_stays_busy_is_asked_a_little_later_each_time() -> None:
    """Retry-After is kept to, and outgrown: two queues that are early in turn would else be so for ever."""
    room = Room(FAILED, script=[DeliveryError("Slack answered 429.", retry_after=3)] * 6)

    room.run_for(600, step=1.0)

    assert room.inbox.delays[f"m0:{FAILED.id}"] == [3, 3, 3, 4, 5, 6]
    assert room.channel.told == [FAILED.id]


@pytest.mark.parametrize("trouble", [BUSY_SLACK, DOWN, GONE])
def test_six_hours_of_a_dead_slack_lose_nothing(trouble: DeliveryError) -> None:
    """Three hundred changes, six hours without one post: then everything is told, once, and nothing is used up."""
    room = Room()
    over = START + timedelta(hours=6)
    news = many(300)

    class Dead(FakeChannel):
        def tell(self, news: Sequence[tuple[Change | Alert, object]], waited: float = 0.0) -> str:
            if room.clock.now() < over:
                self.attempts += 1
                raise trouble
            return super().tell(news, waited)  # type: ignore[arg-type]

    room.channel = Dead()
    room.flow.channel = room.channel
    for change in news:
        room.put(change)
        room.run_for(10)

    room.run_for(8 * 3600)

    assert sorted(room.channel.told) == sorted(change.id for change in news)
    assert set(room.store.deliveries) == {change.id for change in news}
    assert not room.inbox.bodies
    assert not room.inbox.buried
    # The queue gives a message up after a thousand receives: far from it.
    assert max(room.inbox.receives.values()) < 250


def test_a_channel_that_is_gone_keeps_everything_and_says_so() -> None:
    """A revoked webhook: the messages wait a quarter of an hour, and the answer says why, for the alarm."""
    room = Room(RUNNING, FAILED, script=[GONE])

    telling = room.run()

    assert telling.gone == "Slack answered 404 no_service."
    assert telling.refused == ""
    assert list(room.inbox.delays.values()) == [[GONE_SECONDS]] * 2
    assert not room.inbox.buried
    room.run_for(GONE_SECONDS + 60)
    assert len(room.channel.told) == 2


def test_what_can_never_be_told_is_put_aside_with_its_reason() -> None:
    """A message that Slack refuses for good leaves the queue for the dead-letter queue."""
    room = Room(FAILED, script=[REFUSED])

    telling = room.run()

    assert room.inbox.buried == [(f"m0:{FAILED.id}", "refused", "Slack answered 400 invalid_blocks.")]
    assert telling.failed == ()
    assert telling.buried == ("refused: Slack answered 400 invalid_blocks.",)
    assert not room.store.deliveries
    assert not room.store.claims


def test_one_bad_piece_of_news_takes_no_other_with_it() -> None:
    """A digest that is refused for good is told one by one: the hopeless piece is put aside, nine are told."""
    news = many(10)
    room = Room(*news)
    room.channel.hopeless = frozenset({news[4].id})

    telling = room.run()

    assert sorted(room.channel.told) == sorted(change.id for change in news if change is not news[4])
    assert [message_id for message_id, _, _ in room.inbox.buried] == [f"m4:{news[4].id}"]
    assert telling.failed == ()


@pytest.mark.parametrize("body", ["", "{}", "not JSON", '{"schema":"jobherald.change/v1"}', "[1]"])
def test_a_message_that_is_none_is_put_aside(body: str) -> None:
    """What nobody can read is not read again and again; the news beside it is told."""
    room = Room(FAILED)
    room.inbox.put("broken", body)

    telling = room.run()

    assert [(message_id, reason) for message_id, reason, _ in room.inbox.buried] == [("broken", "unreadable")]
    assert telling.failed == ()
    assert room.channel.told == [FAILED.id]


def test_too_little_time_is_used_for_nothing() -> None:
    """An invocation that could end within a post begins none: a post without its record would be told twice."""
    room = Room(*many(3))
    room.deadline.left = ENOUGH_SECONDS - 1

    telling = room.run()

    assert room.channel.attempts == 0
    assert len(telling.failed) == 3
    assert not room.store.claims
    room.deadline.left = ENOUGH_SECONDS
    room.run()
    assert len(room.channel.told) == 3


def test_the_job_is_told_as_it_is_now() -> None:
    """The channel gets the job's story beside the change."""
    room = Room(RUNNING)
    told: list[object] = []
    story = story_of(SUCCEEDED)
    room.store.stories[RUNNING.key.text] = story

    class Channel(FakeChannel):
        def tell(self, news: Sequence[tuple[Change | Alert, object]], waited: float = 0.0) -> str:
            told.extend(news)
            return ""

    room.flow.channel = Channel()
    room.run()

    assert told == [(RUNNING, story)]


def test_a_crash_after_the_post_repeats_it_once_at_most() -> None:
    """Posted but not recorded: the claim runs out and the news is told once more, never a third time."""
    room = Room(FAILED)
    record = room.store.delivered

    def crash(_: object) -> None:
        room.store.delivered = record  # type: ignore[method-assign]
        raise RuntimeError("out of memory")

    room.store.delivered = crash  # type: ignore[method-assign, assignment]
    with pytest.raises(RuntimeError):
        room.run()
    room.run_for(3600)

    assert room.channel.told == [FAILED.id, FAILED.id]
    assert not room.inbox.bodies


def test_a_crash_before_the_post_loses_nothing() -> None:
    """Claimed but not posted: the claim runs out and the news is told."""
    room = Room(FAILED)
    tell = room.channel.tell

    def crash(*_: object) -> str:
        room.channel.tell = tell  # type: ignore[method-assign]
        raise RuntimeError("out of memory")

    room.channel.tell = crash  # type: ignore[method-assign, assignment]
    with pytest.raises(RuntimeError):
        room.run()
    room.run_for(3600)

    assert room.channel.told == [FAILED.id]


def test_news_whose_claim_fails_takes_no_other_with_it() -> None:
    """A message that the table will not take comes back by itself; else its neighbours would, a thousand times."""
    room = Room(RUNNING, FAILED, SUCCEEDED)
    claim = room.store.claim

    def refuse(news: Change | Alert, *rest: Any) -> Claim:
        if news.id == FAILED.id:
            raise RuntimeError("not a number")
        return claim(news, *rest)

    room.store.claim = refuse  # type: ignore[method-assign, assignment]
    telling = room.run()

    assert room.channel.told == [RUNNING.id, SUCCEEDED.id]
    assert telling.failed == (f"m1:{FAILED.id}",)
    assert telling.errors == ("RuntimeError: not a number",)


def test_a_delivery_that_cannot_be_recorded_has_no_other_of_its_post_told_again() -> None:
    """A throttled write costs its own news one repetition, and not the nine others of the post."""
    room = Room(*many(5))
    record = room.store.delivered

    def throttled(delivery: Delivery) -> None:
        if delivery.news == many(5)[1]:
            room.store.delivered = record  # type: ignore[method-assign]
            raise RuntimeError("throttled")
        record(delivery)

    room.store.delivered = throttled  # type: ignore[method-assign]
    room.run_for(3600)

    assert sorted(room.channel.told) == sorted([*(one.id for one in many(5)), many(5)[1].id])
    assert not room.inbox.bodies


def failing_once(method: Any) -> Any:
    """The method, which is refused the first time."""
    calls = []

    def called(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 1:
            raise RuntimeError("throttled")
        return method(*args)

    return called


def test_a_message_that_cannot_be_hidden_takes_no_other_with_it() -> None:
    """It comes back by itself after the queue's time; that is no reason for the others to wait as long."""
    room = Room(*many(8))
    room.channel.script = [BUSY_SLACK]
    room.inbox.later = failing_once(room.inbox.later)  # type: ignore[method-assign]

    assert room.run().errors == ("RuntimeError: throttled",)
    room.run_for(60)
    assert len(room.channel.told) == 7
    room.run_for(600)
    assert sorted(room.channel.told) == sorted(one.id for one in many(8))


def test_what_is_gathered_and_cannot_be_hidden_holds_up_no_other_lane() -> None:
    """Failures above the threshold, and a start behind them that is below its own."""
    room = Room(*(replace(FAILED, key=labeling_key(f"cats-{number}")) for number in range(3)), RUNNING)
    room.store.posts["slack/urgent", START.replace(second=0, microsecond=0)] = room.flow.posts_per_minute
    room.inbox.later = failing_once(room.inbox.later)  # type: ignore[method-assign]

    room.run()

    assert room.channel.told == [RUNNING.id]


def test_what_cannot_be_put_aside_is_put_aside_later() -> None:
    """A dead-letter queue that does not answer keeps no news from Slack."""
    room = Room(*many(8))
    room.channel.hopeless = frozenset({many(8)[3].id})
    room.inbox.bury = failing_once(room.inbox.bury)  # type: ignore[method-assign]

    room.run()

    assert len(room.channel.told) == 7
    assert room.inbox.buried == []
    room.run_for(600)
    assert len(room.inbox.buried) == 1
    assert not room.inbox.bodies


def test_what_was_put_aside_is_put_aside_once() -> None:
    """Also where its claim cannot be given back: that runs out."""
    room = Room(*many(8))
    room.channel.hopeless = frozenset({many(8)[3].id})
    room.store.unclaim = failing_once(room.store.unclaim)  # type: ignore[method-assign]

    room.run()
    room.run_for(600)

    assert len(room.inbox.buried) == 1
    assert len(room.channel.told) == 7
    assert not room.inbox.bodies


troubles = st.sampled_from([None, None, BUSY_SLACK, DOWN, GONE])


@given(st.integers(1, 25), st.lists(troubles, max_size=40), st.integers(1, 10))
def test_any_troubles_end_with_everything_told_once(
    count: int, script: list[DeliveryError | None], room_for: int
) -> None:
    """Whatever Slack answers in whatever order, in the end each piece of news was posted exactly once."""
    room = Room(*many(count), script=script)
    room.channel.room = room_for

    room.run_for(40 * 3600, step=60.0)

    assert sorted(room.channel.told) == sorted(change.id for change in many(count))
    assert not room.inbox.bodies
    assert not room.inbox.buried
    assert not room.store.claims


def test_a_claim_lasts_as_long_as_its_invocation_and_a_little_longer() -> None:
    """No longer: the news of an invocation that crashed can be told as soon as its message is back."""
    room = Room(FAILED)
    claims: list[timedelta] = []
    claim = room.store.claim

    def noted(news: Change | Alert, channel: str, now: datetime, until: datetime) -> Claim:
        claims.append(until - now)
        return claim(news, channel, now, until)

    room.store.claim = noted  # type: ignore[method-assign]
    room.deadline.left = 41.5
    room.run()

    assert claims == [timedelta(seconds=41.5 + CLAIM_MARGIN)]
