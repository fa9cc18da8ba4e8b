from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from jobherald.errors import JobheraldError
from jobherald.model import Place
from jobherald.queues import SqsQueues
from jobherald.watch import Look, Poll
from tests.fakes.service import PLACE
from tests.fakes.things import at

BELOW = Place("rekognition.media_analysis", PLACE.account, "eu-west-1", "arn:aws:x:y/z")


@dataclass
class Sqs:
    client: Any
    queues: SqsQueues
    polls_url: str
    looks_url: str

    def received(self, url: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        while found := self.client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            messages += found
            for message in found:
                self.client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return messages


@pytest.fixture
def sqs() -> Iterator[Sqs]:
    with mock_aws():
        client = boto3.client("sqs")
        polls = client.create_queue(QueueName="polls.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        looks = client.create_queue(QueueName="looks")["QueueUrl"]
        yield Sqs(client, SqsQueues(client, polls, looks), polls, looks)


def test_a_poll_comes_out_as_it_went_in(sqs: Sqs) -> None:
    """Schedule writes what poll reads."""
    sqs.queues.polls([(PLACE, "one"), (BELOW, "two")], at(3))
    bodies = [json.loads(message["Body"]) for message in sqs.received(sqs.polls_url)]
    assert sorted(map(Poll.parse, bodies), key=str) == sorted(
        [Poll(PLACE, at(3)), Poll(BELOW, at(3))], key=str
    )
    assert set(bodies[0]["place"]) == {"source", "account", "region", "parent"}


def test_a_look_comes_out_as_it_went_in(sqs: Sqs) -> None:
    """Ingest writes what poll reads, in batches of ten."""
    looks = [Look(BELOW, f"id-{number}", "name") for number in range(23)]
    sqs.queues.looks(looks)
    found = [Look.parse(json.loads(message["Body"])) for message in sqs.received(sqs.looks_url)]
    assert sorted(found, key=str) == sorted(looks, key=str)


def test_one_api_is_polled_by_one_at_a_time(sqs: Sqs) -> None:
    """The group is what shares a rate limit: account, region and service."""
    sibling = Place("sagemaker.training", PLACE.account, PLACE.region)
    sqs.queues.polls([(PLACE, "1"), (sibling, "2"), (BELOW, "3")], at(0))
    groups = [message["Attributes"]["MessageGroupId"] for message in sqs.received(sqs.polls_url)]
    assert sorted(groups) == [
        "111122223333-eu-west-1-rekognition",
        "111122223333-us-east-1-sagemaker",
        "111122223333-us-east-1-sagemaker",
    ]


def test_a_place_queued_twice_in_one_slot_is_polled_once(sqs: Sqs) -> None:
    """The queue drops pile-ups."""
    sqs.queues.polls([(PLACE, "slot-1")], at(0))
    sqs.queues.polls([(PLACE, "slot-1")], at(0.5))
    sqs.queues.polls([(PLACE, "slot-2")], at(1))
    assert len(sqs.received(sqs.polls_url)) == 2


def test_a_refused_entry_is_an_error(sqs: Sqs) -> None:
    """SendMessageBatch answers 200 for a batch that it took in part."""

    class Refuses:
        def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803
            return {"Successful": [{"Id": "0"}], "Failed": [{"Id": "1", "Code": "InternalError"}]}

    queues = SqsQueues(Refuses(), sqs.polls_url, sqs.looks_url)
    with pytest.raises(JobheraldError, match=r"SQS took 1 of 2 messages: .*InternalError"):
        queues.looks([Look(PLACE, "a"), Look(PLACE, "b")])


def test_nothing_to_queue_calls_nobody() -> None:
    """An idle minute."""
    SqsQueues(None, "", "").polls([], at(0))
    SqsQueues(None, "", "").looks([])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"place": {}},
        {"place": "sagemaker.labeling/1/r"},
        {"place": {"source": "a", "account": 1, "region": "r"}},
        {"place": {"source": "a", "account": "1", "region": None}},
        {"place": ["a", "1", "r"]},
        [],
        "text",
        7,
        None,
    ],
)
def test_what_is_no_message_of_ours_is_refused_as_one_kind_of_error(body: Any) -> None:
    """The function knows then that it will never be one."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        Look.parse(body)
    with pytest.raises((KeyError, TypeError, ValueError)):
        Poll.parse(body)


@pytest.mark.parametrize("queued_at", [None, 5, "", "yesterday", "2026-11-22T12:00:00"])
def test_a_poll_says_when_it_was_queued_or_is_none(queued_at: Any) -> None:
    """A time without a zone cannot be compared with ours."""
    place = {"source": "a", "account": "1", "region": "r", "parent": ""}
    with pytest.raises((KeyError, TypeError, ValueError)):
        Poll.parse({"place": place, "queued_at": queued_at})


@pytest.mark.parametrize("member", [{"id": 7}, {"name": None}, {"id": []}])
def test_a_look_names_its_job_in_text(member: dict[str, Any]) -> None:
    """Else a job called ``None`` would be looked for."""
    with pytest.raises(TypeError, match="is no text"):
        Look.parse({"place": {"source": "a", "account": "1", "region": "r"}, **member})
