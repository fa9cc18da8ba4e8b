"""What judges a world's outputs and writes finds what is wrong with them: else a clean run would say nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from faults.outputs import OUTSIDE, leaks, unsafe
from faults.requests import faults_of
from faults.schedules import START, labeling, watch
from faults.slack import Post
from faults.stream import Record
from faults.world import CANARY, Failed, Schedule, World
from faults.writes import Writes

AT = datetime(2026, 11, 22, 11, tzinfo=UTC)
KEYS = {"pk": {"S": "job#one"}, "sk": {"S": "job"}}
NEWS = {"M": {"version": {"N": "2"}, "state": {"S": "running"}}}
JOB: dict[str, Any] = {**KEYS, "version": {"N": "2"}, "state": {"S": "running"}}
OWING: dict[str, Any] = {**JOB, "unsent": {"S": "2"}, "owed": {"L": [NEWS]}}
ENTRY: dict[str, Any] = {"Id": "0", "Message": "news", "Subject": "fine"}


@pytest.fixture
def told() -> World:
    """A world in which something was told."""
    reason = f"{OUTSIDE} <!channel> `{OUTSIDE}`"
    job = labeling("one", 90, 30, "Failed", reason=reason)
    world = World(Schedule("told", START, (job,), watch("labeling")), logs=True, validate=True)
    world.run()
    return world


def broken(*images: dict[str, Any] | None) -> list[str]:
    writes = Writes()
    for number, image in enumerate(images):
        keys = {name: image[name] for name in KEYS} if image else KEYS
        writes(Record("MODIFY", keys, image, AT, number))
    return writes.broken


def test_a_clean_world_has_neither_leaks_nor_unsafe_texts(told: World) -> None:
    """Though it told what came from outside."""
    assert OUTSIDE in str(told.slack.posts)
    assert not [*leaks(told), *unsafe(told), *told.refused]


def test_a_secret_is_found_wherever_it_comes_out(told: World) -> None:
    told.log.write(f"posting to {CANARY}\n")
    told.queues["SlackDeadLetterQueue"].send(CANARY)
    told.failed.append(Failed("slack", 0, ValueError(CANARY)))
    assert len(list(leaks(told))) == 3


@pytest.mark.parametrize(
    "text",
    [
        "<!channel>",
        f"it is {OUTSIDE}",
        f"`{OUTSIDE}",
        "`<@U123>`",
        "a & b",
        "`\u202e`",
        "\ud83d",
    ],
)
def test_what_slack_could_misread_is_found(told: World, text: str) -> None:
    told.slack.posts[:] = [Post(AT, {"text": text}, ())]
    assert list(unsafe(told))


def test_a_message_that_is_none_by_its_schema_is_found(told: World) -> None:
    (received, *_) = told.changes.received
    told.changes.received[:] = [received._replace(message={**received.message, "severity": "dire"})]
    assert len(list(unsafe(told))) == 1


def test_writes_that_are_sound_are_nothing_to_say() -> None:
    done = {**JOB, "expires_at": {"N": "1795345200"}}
    assert not broken(JOB, OWING, {**OWING, "touched": {"N": "1"}}, done, None)


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (({**OWING, "expires_at": {"N": "1"}},), "it owes, and expires"),
        ((OWING, None), "it owed, and is gone"),
        (({**JOB, "unsent": {"S": "2"}},), "it owes 0"),
        (({**OWING, "unsent": {"S": "1"}},), "not the highest"),
        ((JOB, {**JOB, "version": {"N": "4"}}), "its version went"),
        (
            (OWING, {**OWING, "owed": {"L": [{"M": {**NEWS["M"], "state": {"S": "failed"}}}]}}),
            "was altered",
        ),
    ],
)
def test_a_write_that_breaks_a_promise_is_found(images: tuple[Any, ...], said: str) -> None:
    assert any(said in each for each in broken(*images))


def test_a_settled_time_that_moves_back_is_found() -> None:
    place = {"pk": {"S": "place#one"}, "sk": {"S": "place"}, "scope": {"S": "all"}, "settled": {"N": "100"}}
    assert not broken(place, {**place, "settled": {"N": "101.5"}})
    assert broken(place, {**place, "settled": {"N": "99"}})
    assert broken(place, {name: value for name, value in place.items() if name != "settled"})


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("dynamodb", "GetItem", {"TableName": "jobs"}),
        ("dynamodb", "GetItem", {"TableName": "jobs", "Key": {"pk": {"S": "\ud83d"}}}),
        ("sns", "PublishBatch", {"PublishBatchRequestEntries": [{**ENTRY, "Subject": "ü"}]}),
        ("sns", "PublishBatch", {"PublishBatchRequestEntries": [{**ENTRY, "Message": "x" * 262_145}]}),
        ("sns", "PublishBatch", {"PublishBatchRequestEntries": [ENTRY, ENTRY]}),
        ("sqs", "SendMessage", {"QueueUrl": "url", "MessageBody": "\x00"}),
        ("sqs", "ChangeMessageVisibility", {"VisibilityTimeout": 43_201}),
    ],
)
def test_a_call_that_aws_would_refuse_is_found(service: str, operation: str, parameters: Any) -> None:
    whole = {"TopicArn": "arn:aws:sns:us-east-1:111122223333:changes"} if service == "sns" else {}
    if operation == "ChangeMessageVisibility":
        whole = {"QueueUrl": "url", "ReceiptHandle": "one"}
    assert faults_of(service, operation, {**whole, **parameters})
