"""What cannot be told now comes back, and what never can be lies aside with its reason."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from jobherald.channels.inbox import LONGEST_DELAY, SqsInbox
from jobherald.ports import QueueMessage
from tests.fakes.news import START

if TYPE_CHECKING:
    from types_boto3_sqs.client import SQSClient


@pytest.fixture
def sqs() -> Iterator[SQSClient]:
    with mock_aws():
        yield boto3.client("sqs")


@pytest.fixture
def queues(sqs: SQSClient) -> tuple[str, str]:
    return (
        sqs.create_queue(QueueName="slack", Attributes={"VisibilityTimeout": "360"})["QueueUrl"],
        sqs.create_queue(QueueName="dead")["QueueUrl"],
    )


def received(sqs: SQSClient, url: str) -> QueueMessage:
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    return QueueMessage(message["MessageId"], message["Body"], message["ReceiptHandle"], 1, START)


def test_a_message_comes_back_when_it_was_told_to(sqs: SQSClient, queues: tuple[str, str]) -> None:
    """Hidden for six minutes by the queue, visible again after none."""
    queue, dead = queues
    sqs.send_message(QueueUrl=queue, MessageBody="news")
    message = received(sqs, queue)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)

    SqsInbox(sqs, queue_url=queue, dead_letter_queue_url=dead).later(message, 0)
    time.sleep(0.01)

    assert received(sqs, queue).body == "news"


@pytest.mark.parametrize(("seconds", "expected"), [(-1, 0), (30, 30), (10**6, LONGEST_DELAY)])
def test_a_delay_is_one_that_sqs_takes(
    sqs: SQSClient, queues: tuple[str, str], seconds: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQS refuses more than twelve hours since the receipt, however long Slack would like to be left alone."""
    asked: list[int] = []
    monkeypatch.setattr(
        sqs, "change_message_visibility", lambda **call: asked.append(call["VisibilityTimeout"])
    )

    SqsInbox(sqs, queue_url=queues[0], dead_letter_queue_url=queues[1]).later(
        QueueMessage("id", "", "receipt", 1, START), seconds
    )

    assert asked == [expected]


@pytest.mark.parametrize("error", ["Slack answered 400 no_text.", "", "\x00\n" * 10, "🦊" * 100_000])
def test_what_lies_aside_says_why(sqs: SQSClient, queues: tuple[str, str], error: str) -> None:
    """The dead-letter queue holds the body unaltered, with the reason and the error as attributes."""
    queue, dead = queues

    SqsInbox(sqs, queue_url=queue, dead_letter_queue_url=dead).bury(
        QueueMessage("id-1", '{"a": 1}', "receipt", 3, START), "refused", error
    )

    (message,) = sqs.receive_message(QueueUrl=dead, MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == '{"a": 1}'
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes["reason"] == "refused"
    assert attributes["message_id"] == "id-1"
    assert 0 < len(attributes["error"].encode()) <= 1000
