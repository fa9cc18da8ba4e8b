"""SNS takes every piece of news, or says which not; nothing is too large for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import ANY, Stubber
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from jobherald.channels.message import parse
from jobherald.channels.sns import BATCH_BYTES, SnsPublisher, batches, entry, entry_bytes
from jobherald.errors import DeliveryError
from jobherald.model import Alert, Change, Delivery
from tests.fakes.news import BLIND, FAILED, RUNNING, START, UNKNOWN, changes, many, news
from tests.fakes.time import FakeClock

if TYPE_CHECKING:
    from types_boto3_sns.client import SNSClient

SNS_LIMIT = 262_144


class Topics:
    """Two topics in moto, each with a raw queue."""

    def __init__(self) -> None:
        self.client: SNSClient = boto3.client("sns")
        self._sqs = boto3.client("sqs")
        self.changes, self._changes_queue = self._topic("changes")
        self.operations, self._operations_queue = self._topic("operations")

    def _topic(self, name: str) -> tuple[str, str]:
        topic = self.client.create_topic(Name=name)["TopicArn"]
        queue = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        self.client.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
        )
        return topic, queue

    def publisher(self) -> SnsPublisher:
        return publisher(self.client, self.changes, self.operations)

    def received(self, which: str) -> list[Change | Alert]:
        queue = self._changes_queue if which == "changes" else self._operations_queue
        found: list[Change | Alert] = []
        while messages := self._sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            found += [parse(message["Body"]) for message in messages]
            assert all(len(message["MessageAttributes"]) <= 10 for message in messages)
        return found


def publisher(client: Any, changes: str = "arn:changes", operations: str = "arn:operations") -> SnsPublisher:
    return SnsPublisher(client, changes_topic=changes, operations_topic=operations, clock=FakeClock(START))


@pytest.fixture
def topics() -> Iterator[Topics]:
    with mock_aws():
        yield Topics()


@pytest.fixture
def stub() -> Iterator[tuple[SNSClient, Stubber]]:
    client = boto3.client("sns")
    with Stubber(client) as stubber:
        yield client, stubber


def test_what_is_published_arrives_as_it_was(topics: Topics) -> None:
    """Twenty-five changes in three calls: each arrives once and unaltered, and its delivery has SNS's id."""
    told = many(25)

    outcomes = topics.publisher().publish(told)

    assert sorted(change.id for change in topics.received("changes")) == sorted(change.id for change in told)
    assert [outcome.news for outcome in outcomes if isinstance(outcome, Delivery)] == told
    assert all(isinstance(one, Delivery) and one.channel == "sns" and one.reference for one in outcomes)
    assert all(isinstance(one, Delivery) and one.told_at == START for one in outcomes)


def test_what_concerns_the_operators_goes_to_them(topics: Topics) -> None:
    """An alert for the operators alone is on their topic, every other alert where changes are; order is kept."""
    told: list[Change | Alert] = [RUNNING, UNKNOWN, BLIND, FAILED]

    outcomes = topics.publisher().publish(told)

    assert [outcome.news for outcome in outcomes if isinstance(outcome, Delivery)] == told
    assert {one.id for one in topics.received("changes")} == {RUNNING.id, BLIND.id, FAILED.id}
    assert topics.received("operations") == [UNKNOWN]


def test_attributes_let_a_filter_choose(topics: Topics) -> None:
    """What a filter policy may match: kind, source, state, severity, account, region and name."""
    attributes = entry("0", FAILED)["MessageAttributes"]

    assert {name: value["StringValue"] for name, value in attributes.items()} == {
        "kind": "change",
        "source": "rekognition.media_analysis",
        "state": "failed",
        "severity": "error",
        "account": "111122223333",
        "region": "eu-west-1",
        "name": "moderation-nightly",
    }
    assert "name" not in entry("0", replace(FAILED, name="n" * 300))["MessageAttributes"]
    assert entry("0", BLIND)["MessageAttributes"]["kind"]["StringValue"] == "alert"


def test_programs_get_json_and_people_a_letter() -> None:
    """The default form is the message, the e-mail form is for reading."""
    forms = json.loads(entry("0", FAILED)["Message"])

    assert parse(forms["default"]) == FAILED
    assert forms["email"].startswith("moderation-nightly failed after 41 min.\n")


def test_a_refused_entry_is_refused_alone(stub: tuple[SNSClient, Stubber]) -> None:
    """Per-entry failures of an answer with HTTP 200 are mapped back; their neighbours are told."""
    client, stubber = stub
    stubber.add_response(
        "publish_batch",
        {
            "Successful": [{"Id": "2", "MessageId": "m2"}, {"Id": "0", "MessageId": "m0"}],
            "Failed": [{"Id": "1", "Code": "InternalError", "SenderFault": False}],
        },
        {"TopicArn": "arn:changes", "PublishBatchRequestEntries": ANY},
    )

    first, second, third = publisher(client).publish(many(3))

    assert isinstance(first, Delivery)
    assert first.reference == "m0"
    assert isinstance(second, DeliveryError)
    assert "InternalError" in str(second)
    assert isinstance(third, Delivery)
    assert third.reference == "m2"


@given(st.sets(st.integers(0, 9)))
def test_any_subset_can_fail(refused: set[int]) -> None:
    """Whichever of ten entries an answer leaves out or refuses, exactly those are not told."""

    class Client:
        def publish_batch(self, **call: Any) -> dict[str, Any]:
            ids = [one["Id"] for one in call["PublishBatchRequestEntries"]]
            return {
                "Successful": [{"Id": one, "MessageId": one} for one in ids if int(one) not in refused],
                "Failed": [{"Id": str(one), "Code": "Throttled"} for one in refused if one % 2],
            }

    outcomes = publisher(Client()).publish(many(10))

    assert {number for number, one in enumerate(outcomes) if isinstance(one, Exception)} == refused


class FailsAtTheSecondCall:
    """An SNS whose second call ends in this error."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.calls = 0

    def publish_batch(self, **call: Any) -> dict[str, Any]:
        self.calls += 1
        if self.calls == 2:
            raise self.error
        ids = [one["Id"] for one in call["PublishBatchRequestEntries"]]
        return {"Successful": [{"Id": one, "MessageId": one} for one in ids], "Failed": []}


def test_a_call_that_is_refused_fails_its_batch_only() -> None:
    """The second of three calls is refused: what it carried is not told, everything else is."""
    refused = ClientError({"Error": {"Code": "Throttling", "Message": "slow down"}}, "PublishBatch")

    outcomes = publisher(FailsAtTheSecondCall(refused)).publish(many(25))

    assert [isinstance(one, DeliveryError) for one in outcomes] == [10 <= n < 20 for n in range(25)]


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://sns"),
        ReadTimeoutError(endpoint_url="https://sns"),
    ],
)
def test_an_sns_that_does_not_answer_is_not_waited_for_again(error: Exception) -> None:
    """Ten time-outs outlast the invocation, and what was told before the first would be told again."""
    client = FailsAtTheSecondCall(error)

    outcomes = publisher(client).publish([*many(45), UNKNOWN])

    assert client.calls == 2
    assert [isinstance(one, DeliveryError) for one in outcomes] == [n >= 10 for n in range(46)]


@pytest.mark.parametrize("wrong", ["\ufffe", "\uffff"])
def test_what_a_queue_does_not_take_is_escaped(wrong: str) -> None:
    """SQS takes no noncharacters: a subscriber's queue, and its dead letters, would refuse the news for good."""
    change = replace(FAILED, name=f"a{wrong}b", reason=f"no{wrong}thing")
    told = entry("0", change)
    forms = json.loads(told["Message"])
    attributes = told["MessageAttributes"]["name"]["StringValue"]
    assert not any(wrong in text for text in (told["Message"], forms["default"], forms["email"], attributes))
    assert parse(forms["default"]) == change


@given(news)
def test_every_entry_fits_into_a_call(one: Change | Alert) -> None:
    """Whatever comes from outside, one entry is within SNS's limit, by UTF-8 bytes and with its attributes."""
    assert entry_bytes(entry("0", one)) <= BATCH_BYTES < SNS_LIMIT


@pytest.mark.parametrize("unit", ["\x01", '"', "🦊", "\ud800", "\\"])
def test_the_worst_reasons_fit_too(unit: str) -> None:
    """A reason as long as it likes, of the characters that grow most on their way, is cut so that it fits."""
    made = entry("0", replace(FAILED, reason=unit * 400_000))

    assert entry_bytes(made) <= BATCH_BYTES
    assert parse(json.loads(made["Message"])["default"]).id == FAILED.id


@given(st.lists(changes, max_size=25), st.integers(0, 14_000))
def test_batches_hold_everything_in_order(told: list[Change], length: int) -> None:
    """At most ten entries and 250,000 bytes a call; nothing is left out, nothing changes places."""
    entries = [(n, entry(str(n), replace(one, reason="\x01" * length))) for n, one in enumerate(told)]

    made = list(batches(entries))

    assert [pair for batch in made for pair in batch] == entries
    assert all(0 < len(batch) <= 10 for batch in made)
    assert all(sum(entry_bytes(one) for _, one in batch) <= BATCH_BYTES for batch in made)
