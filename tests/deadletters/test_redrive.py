from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from jobherald.catalog import load
from jobherald.channels.inbox import SqsInbox
from jobherald.channels.message import parse, to_message
from jobherald.deadletters.explain import Explainer
from jobherald.deadletters.letter import Explained, Queue
from jobherald.deadletters.redrive import Senders, purge, resend
from jobherald.errors import JobheraldError
from jobherald.flows.slack import SlackFlow, Telling
from jobherald.model import Job
from jobherald.ports import QueueMessage
from jobherald.queues import SqsQueues
from jobherald.watch import Look, PlaceRecord, Rule, Scope
from tests.deadletters.conftest import Post
from tests.deadletters.test_explain import EVENT, LOOK, POLL, RECORDS
from tests.fakes.channels import FakeChannel
from tests.fakes.news import FAILED, LABELING, RUNNING
from tests.fakes.time import NOON, FakeClock, FakeDeadline

SLACK_LETTER = json.dumps(to_message(FAILED))


def explained(post: Post, queue: Queue) -> list[Explained]:
    sources = [load("sagemaker.labeling"), load("rekognition.media_analysis")]
    explainer = Explainer(post.store, sources, LABELING.account, NOON)
    return explainer.explain(queue, post.read(queue).letters)


def senders(post: Post, sqs: Any = None) -> Senders:
    sqs = sqs or post.sqs
    looks = SqsQueues(sqs, "", post.urls["LooksQueue"])
    return Senders(sqs, post.urls["SlackQueue"], looks, post.store)


def send_again(post: Post, queue: Queue, *, owing: Iterable[str] = (), sqs: Any = None) -> list[str]:
    letters = explained(post, queue)
    return [each.letter.id for each in resend(post.box(queue), letters, senders(post, sqs), owing, NOON)]


def left(post: Post, queue: Queue) -> list[str]:
    return [letter.id for letter in post.read(queue).letters]


@dataclass
class Slack:
    """The slack function's flow on the real queue and table, with a Slack that counts."""

    post: Post
    channel: FakeChannel

    def run(self) -> Telling:
        url = self.post.urls["SlackQueue"]
        inbox = SqsInbox(
            self.post.sqs, queue_url=url, dead_letter_queue_url=self.post.urls[Queue.SLACK.resource]
        )
        flow = SlackFlow(parse, self.channel, self.post.store, inbox, FakeClock(NOON))
        found = self.post.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        telling = flow.tell(
            [QueueMessage(each["MessageId"], each["Body"], each["ReceiptHandle"], 1, NOON) for each in found],
            FakeDeadline(60.0),
        )
        for each in found:
            if each["MessageId"] not in telling.failed:
                self.post.sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return telling


class TestNews:
    def test_what_slack_refused_is_told_once_it_was_mended(self, post: Post) -> None:
        """The whole way: put aside by the slack function itself, sent again, and posted."""
        slack = Slack(post, FakeChannel(hopeless=frozenset({FAILED.id})))
        post.sqs.send_message(QueueUrl=post.urls["SlackQueue"], MessageBody=SLACK_LETTER)
        slack.run()
        (dead,) = explained(post, Queue.SLACK)
        assert dead.why == "Slack refused it for good: Slack answered 400 invalid_blocks."
        slack.channel.hopeless = frozenset()
        assert send_again(post, Queue.SLACK) == [dead.letter.id]
        slack.run()
        assert slack.channel.told == [FAILED.id]
        assert left(post, Queue.SLACK) == []

    def test_what_is_refused_again_lies_there_again(self, post: Post) -> None:
        """Nothing was mended: nothing is lost."""
        slack = Slack(post, FakeChannel(hopeless=frozenset({FAILED.id})))
        post.put(Queue.SLACK, SLACK_LETTER)
        send_again(post, Queue.SLACK)
        slack.run()
        (dead,) = explained(post, Queue.SLACK)
        assert dead.letter.attributes["reason"] == "refused"

    def test_what_slack_was_told_is_not_told_again(self, post: Post) -> None:
        """However often it is sent, and however many copies of it lie there."""
        slack = Slack(post, FakeChannel())
        for _ in range(3):
            post.put(Queue.SLACK, SLACK_LETTER)
            post.put(Queue.SLACK, SLACK_LETTER)
            send_again(post, Queue.SLACK)
            slack.run()
        assert slack.channel.told == [FAILED.id]
        assert left(post, Queue.SLACK) == []


class TestLooks:
    def test_a_look_goes_to_the_queue_of_looks(self, post: Post) -> None:
        """As the poll function reads it."""
        post.put(Queue.LOOKS, LOOK)
        send_again(post, Queue.LOOKS)
        (body,) = post.bodies("LooksQueue")
        assert Look.parse(json.loads(body)) == Look(LABELING, "", "street-signs")
        assert left(post, Queue.LOOKS) == []

    def test_an_event_becomes_the_look_that_it_asks_for(self, post: Post) -> None:
        """It need not pass through the ingest function, which makes the same of it."""
        scope = Scope((Rule("all"),))
        post.store.save_place(PlaceRecord(LABELING, scope, NOON, 1, baseline_at=NOON))
        post.put(Queue.INGEST, json.dumps(EVENT), ERROR_CODE="NO_PERMISSIONS")
        send_again(post, Queue.INGEST)
        (body,) = post.bodies("LooksQueue")
        assert Look.parse(json.loads(body)).id == EVENT["resources"][0]
        assert left(post, Queue.INGEST) == []


class TestRecords:
    def test_what_owes_news_is_written_once_more(self, post: Post) -> None:
        """So that the stream carries it again; what it owes and says stays as it is."""
        owing = Job(RUNNING.key, RUNNING.state, "InProgress", NOON, 1, "cats-batch-7", owing=True)
        post.store.write(owing, replace(RUNNING, seen_at=NOON - timedelta(minutes=5)))
        refs = post.store.owed_since(NOON, 10)
        before = post.store.owing(refs)
        touched = _recorded(post.store.touch)
        letters = [post.put(Queue.NOTIFY, RECORDS), post.put(Queue.NOTIFY, RECORDS)]
        ways = replace(senders(post), memory=_Memory(post.store, touched))
        done = list(resend(post.box(Queue.NOTIFY), explained(post, Queue.NOTIFY), ways, refs, NOON))
        assert sorted(each.letter.id for each in done) == sorted(letters)
        assert touched.refs == refs
        assert post.store.owing(refs) == before
        assert left(post, Queue.NOTIFY) == []


@pytest.mark.parametrize(
    ("queue", "body"),
    [
        (Queue.POLLS, POLL),
        (Queue.SCHEDULE, "{}"),
        (Queue.SLACK, "{nope"),
        (Queue.INGEST, json.dumps(EVENT | {"account": "999999999999"})),
    ],
)
def test_what_cannot_be_sent_again_is_kept(post: Post, queue: Queue, body: str) -> None:
    """The command never asks for it; if anything did, nothing would be lost."""
    one = post.put(queue, body)
    with pytest.raises(JobheraldError, match="cannot be sent again; it is kept"):
        send_again(post, queue)
    assert left(post, queue) == [one]


class Failing:
    """SQS that breaks at the first call of one kind: before it has an effect, or after."""

    def __init__(self, sqs: Any, call: str, *, after: bool) -> None:
        self.sqs, self.call, self.after = sqs, call, after

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.sqs, name)
        return self._breaking(call) if name == self.call else call

    def _breaking(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def broken(**request: Any) -> None:
            if self.after:
                call(**request)
            raise ConnectionError("the line went dead")

        return broken


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", ["send_message", "delete_message"])
def test_a_crash_at_any_call_loses_nothing(post: Post, call: str, after: bool) -> None:
    """Whatever was or was not done by then: the same command once more, and the news is told, and once."""
    slack = Slack(post, FakeChannel())
    post.put(Queue.SLACK, SLACK_LETTER)
    whole, post.sqs = post.sqs, Failing(post.sqs, call, after=after)
    with pytest.raises(ConnectionError, match="the line went dead"):
        send_again(post, Queue.SLACK)
    post.sqs = whole
    send_again(post, Queue.SLACK)
    slack.run()
    assert slack.channel.told == [FAILED.id]
    assert left(post, Queue.SLACK) == []


def test_only_what_was_shown_is_purged(post: Post) -> None:
    """What has come since nobody has seen."""
    shown = [post.put(Queue.SLACK, SLACK_LETTER), post.put(Queue.SLACK, "{nope")]
    letters = explained(post, Queue.SLACK)
    later = post.put(Queue.SLACK, SLACK_LETTER)
    assert sorted(each.letter.id for each in purge(post.box(Queue.SLACK), letters)) == sorted(shown)
    assert left(post, Queue.SLACK) == [later]
    assert post.bodies("SlackQueue") == []


class _recorded:  # noqa: N801  # reads as the call that it records
    def __init__(self, touch: Callable[[str, datetime], None]) -> None:
        self.touch, self.refs = touch, list[str]()

    def __call__(self, ref: str, now: datetime) -> None:
        self.touch(ref, now)
        self.refs.append(ref)


class _Memory:
    """The store, with a note of what was touched."""

    def __init__(self, store: Any, touch: _recorded) -> None:
        self.place, self.story, self.owed_since, self.touch = (
            store.place,
            store.story,
            store.owed_since,
            touch,
        )
