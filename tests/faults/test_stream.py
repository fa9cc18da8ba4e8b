from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faults.patterns import compile_pattern
from faults.stream import KEPT, Batch, Record, Stream, shard_of
from tests.fakes.time import NOON
from tests.project.template import ROOT, functions

MAPPING = functions()["notify"]["Events"]["Stream"]["Properties"]
UNSENT = {"dynamodb": {"NewImage": {"unsent": {"S": [{"exists": True}]}}}}


def record(number: int, pk: str = "job#1", at: datetime = NOON, **image: Any) -> Record:
    keys = {"pk": {"S": pk}, "sk": {"S": "job"}}
    return Record("MODIFY", keys, {**keys, "unsent": {"S": "1"}, **image}, at, number)


def stream(count: int = 0, **more: Any) -> tuple[Stream, list[dict[str, Any]]]:
    """The template's mapping on one shard, with so many records of one item, and what it gives up."""
    given_up: list[dict[str, Any]] = []
    made = Stream({**MAPPING, **more}, shards=1, on_failure=given_up.append)
    for number in range(count):
        made.add(record(number))
    return made, given_up


def numbers(batch: Batch | None) -> list[int]:
    return (
        []
        if batch is None
        else [int(each["dynamodb"]["SequenceNumber"]) for each in batch.event()["Records"]]
    )


def taken(made: Stream, after: timedelta = timedelta(0)) -> tuple[Batch, datetime]:
    """The next batch, when it is due or so much later."""
    due = made.next_at()
    assert due is not None
    batch = made.take(due + after)
    assert batch is not None
    return batch, due + after


def failures(*failed: int) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": f"{number:025}"} for number in failed]}


def test_an_event_has_the_shape_that_lambda_sends() -> None:
    """All members of the recorded event, and no others."""
    made, _ = stream()
    made.add(record(7, row={"B": b"\x00\xff"}))
    (sent,) = taken(made)[0].event()["Records"]
    (recorded,) = json.loads((ROOT / "events" / "notify" / "owing.json").read_text())["Records"]
    assert sent.keys() == recorded.keys()
    assert sent["dynamodb"].keys() == recorded["dynamodb"].keys()
    assert sent["dynamodb"]["NewImage"]["row"] == {"B": "AP8="}
    assert sent["dynamodb"]["ApproximateCreationDateTime"] == NOON.timestamp()
    json.dumps(sent)


def test_what_the_filter_refuses_never_reaches_the_function() -> None:
    """Lambda discards it before a batch is made: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html."""
    made, _ = stream()
    made.add(record(1)._replace(image={"pk": {"S": "job#1"}}))
    made.add(Record("REMOVE", {"pk": {"S": "job#1"}}, None, NOON, 2))
    assert made.next_at() is None
    made.add(record(3))
    assert numbers(taken(made)[0]) == [3]


@given(st.lists(st.sampled_from("abcdef"), max_size=30), st.integers(1, 5))
def test_an_items_records_come_in_order(pks: Sequence[str], shards: int) -> None:
    """For each item, records appear in the sequence of its modifications."""
    made = Stream({**MAPPING, "BatchSize": 3}, shards=shards)
    for number, pk in enumerate(pks):
        made.add(record(number, pk))
    came: list[tuple[str, int]] = []
    while (due := made.next_at()) is not None:
        batch = made.take(due)
        assert batch is not None
        sent = batch.event()["Records"]
        came += [
            (each["dynamodb"]["Keys"]["pk"]["S"], int(each["dynamodb"]["SequenceNumber"])) for each in sent
        ]
        made.done(batch, None, due)
    for pk in set(pks):
        assert [number for other, number in came if other == pk] == [n for n, p in enumerate(pks) if p == pk]
    assert len(came) == len(pks)


def test_a_batch_is_gathered_until_its_window_ends_or_it_is_full() -> None:
    """``MaximumBatchingWindowInSeconds`` from the first record on, or ``BatchSize``."""
    made, _ = stream(1)
    assert made.next_at() == NOON + timedelta(seconds=1.25)
    assert made.take(NOON + timedelta(seconds=1)) is None
    made, _ = stream(101)
    assert made.next_at() == NOON + timedelta(seconds=0.25)
    assert numbers(taken(made)[0]) == list(range(100))


def test_a_shard_has_one_batch_under_way() -> None:
    """Lambda processes one batch of a shard at a time (``ParallelizationFactor`` 1)."""
    made, _ = stream(4, BatchSize=2)
    batch, now = taken(made)
    assert made.next_at() is None
    assert made.take(now) is None
    made.done(batch, {"batchItemFailures": []}, now)
    assert numbers(taken(made)[0]) == [2, 3]


@pytest.mark.parametrize("response", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_an_answer_without_failures_is_a_success(response: Any) -> None:
    """Success: an empty or null list, an empty or null response."""
    made, _ = stream(3)
    batch, now = taken(made)
    made.done(batch, response, now)
    assert made.next_at() is None


def test_everything_from_the_lowest_failed_record_on_comes_again() -> None:
    """Lambda uses the lowest sequence number as the checkpoint, and retries all records from it."""
    made, _ = stream(5)
    batch, now = taken(made)
    made.done(batch, failures(4, 2), now)
    assert numbers(taken(made)[0]) == [2, 3, 4]


@pytest.mark.parametrize(
    "response",
    [
        "done",
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"identifier": "1"}]},
        failures(1, 99),
    ],
)
def test_an_answer_that_names_no_record_is_a_failure_of_all(response: Any) -> None:
    """Complete failure: an empty or null identifier, a bad key name; here also a record of another batch."""
    made, _ = stream(3)
    batch, now = taken(made)
    made.done(batch, response, now)
    assert numbers(taken(made)[0]) == [0, 1, 2]


def test_without_the_response_type_no_answer_is_read() -> None:
    """Lambda does not process them unless ``ReportBatchItemFailures`` is set on the mapping."""
    made, _ = stream(3, FunctionResponseTypes=[])
    batch, now = taken(made)
    made.done(batch, failures(0), now)
    assert made.next_at() is None


def test_a_failed_invocation_halves_the_batch() -> None:
    """``BisectBatchOnFunctionError``: split in two and retry, the first half first, whatever is reported otherwise."""
    made, _ = stream(5)
    batch, now = taken(made)
    made.failed(batch, now)
    half, now = taken(made)
    assert numbers(half) == [0, 1]
    made.done(half, None, now)
    assert numbers(taken(made)[0]) == [2, 3, 4]


def test_without_bisecting_the_whole_batch_comes_again() -> None:
    """Lambda retries the batch until it succeeds, its records are too old or its attempts are used up."""
    made, _ = stream(5, BisectBatchOnFunctionError=False)
    batch, now = taken(made)
    made.failed(batch, now)
    assert numbers(taken(made)[0]) == [0, 1, 2, 3, 4]


def test_what_waits_stands_behind_what_comes_again() -> None:
    """Order within a shard is kept: a batch that fails holds up its shard."""
    made, _ = stream(2)
    batch, now = taken(made)
    made.add(record(2))
    made.done(batch, failures(1), now)
    batch, now = taken(made)
    assert numbers(batch) == [1]
    made.done(batch, None, now)
    assert numbers(taken(made)[0]) == [2]


def test_attempts_come_ever_more_slowly() -> None:
    """The waits are this simulation's own; AWS says only that the batch is retried."""
    made, _ = stream(1, MaximumRetryAttempts=8)
    waits = []
    batch, now = taken(made)
    for _ in range(8):
        made.failed(batch, now)
        before = now
        batch, now = taken(made)
        waits.append((now - before).total_seconds())
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_what_has_used_up_its_attempts_goes_to_the_destination_without_its_records() -> None:
    """One attempt and ``MaximumRetryAttempts`` retries; the message names shard and sequence numbers alone."""
    made, given_up = stream(1)
    for _ in range(MAPPING["MaximumRetryAttempts"] + 1):
        assert given_up == []
        batch, now = taken(made)
        made.failed(batch, now)
    assert made.next_at() is None
    (message,) = given_up
    assert message["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert message["requestContext"]["approximateInvokeCount"] == 6
    info = message["DDBStreamBatchInfo"]
    assert (info["startSequenceNumber"], info["endSequenceNumber"], info["batchSize"]) == (
        "0" * 25,
        "0" * 25,
        1,
    )
    assert info["approximateArrivalOfFirstRecord"] == "2026-11-22T12:00:00.000Z"
    assert "unsent" not in json.dumps(message)


def test_splitting_uses_up_no_attempt() -> None:
    """A poisoned record is alone before it is given up, and takes no other with it."""
    made, given_up = stream(8)
    told: list[int] = []
    while (due := made.next_at()) is not None:
        batch = made.take(due)
        assert batch is not None
        if 5 in numbers(batch):
            made.failed(batch, due)
        else:
            told += numbers(batch)
            made.done(batch, None, due)
    assert told == [0, 1, 2, 3, 4, 6, 7]
    assert [message["DDBStreamBatchInfo"]["batchSize"] for message in given_up] == [1]


def test_a_record_that_is_too_old_goes_to_the_destination() -> None:
    """``MaximumRecordAgeInSeconds``: Lambda discards records older than that, and sends younger ones."""
    made, given_up = stream(2)
    age = timedelta(seconds=MAPPING["MaximumRecordAgeInSeconds"])
    made.add(record(2, at=NOON + age))
    batch = made.take(NOON + age + timedelta(seconds=2))
    assert numbers(batch) == [2]
    (message,) = given_up
    assert message["requestContext"]["condition"] == "RecordAgeExceeded"
    assert message["DDBStreamBatchInfo"]["batchSize"] == 2


def test_after_a_day_a_stream_has_nothing_left() -> None:
    """Records are removed after 24 hours, whatever the mapping says, and nobody is told."""
    made, given_up = stream(2, MaximumRecordAgeInSeconds=-1)
    assert made.take(NOON + KEPT) is None
    assert made.next_at() is None
    assert given_up == []


def test_a_mapping_that_is_off_goes_on_where_it_stopped() -> None:
    """Nothing is skipped between disabling and enabling."""
    made, _ = stream(1)
    made.disable()
    made.add(record(1))
    assert made.next_at() is None
    made.enable()
    assert numbers(taken(made)[0]) == [0, 1]


def test_what_is_dropped_does_not_come() -> None:
    """Except the batch that is under way, which the function already has."""
    made, _ = stream(3, BatchSize=1)
    batch, now = taken(made)
    made.drop_all()
    made.done(batch, failures(0), now)
    assert numbers(taken(made)[0]) == [0]


def test_a_restored_stream_goes_on_as_it_did_before() -> None:
    """With what waits, what comes again and what is under way."""
    made, _ = stream(6, BatchSize=4)
    batch, now = taken(made)
    before = made.snapshot()
    for _ in range(2):
        made.restore(before)
        made.failed(batch, now)
        assert numbers(taken(made)[0]) == [0, 1]
        made.add(record(9))


def test_a_property_that_nobody_simulates_is_refused() -> None:
    """Rather than to be passed over."""
    with pytest.raises(NotImplementedError, match="TumblingWindowInSeconds"):
        Stream({**MAPPING, "TumblingWindowInSeconds": 5})


def test_a_deletion_by_ttl_names_dynamodb_as_its_author() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html."""
    made, _ = stream(FilterCriteria={"Filters": []})
    made.add(Record("REMOVE", {"pk": {"S": "job#1"}}, None, NOON, 1, expired=True))
    (sent,) = taken(made)[0].event()["Records"]
    assert sent["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert "NewImage" not in sent["dynamodb"]


def test_shards_are_the_same_in_every_run() -> None:
    """Python's own hash of a text is not."""
    assert [shard_of({"pk": {"S": text}}, 4) for text in ("job#1", "job#2", "place#1")] == [1, 3, 0]


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        (UNSENT, {"dynamodb": {"NewImage": {"unsent": {"S": "3"}}}}, True),
        (UNSENT, {"dynamodb": {"NewImage": {"unsent": {"N": "3"}}}}, False),
        (UNSENT, {"dynamodb": {"NewImage": {}}}, False),
        (UNSENT, {"dynamodb": {}}, False),
        ({"a": [{"exists": True}]}, {"a": {"inner": 1}}, False),
        ({"a": [{"exists": True}]}, {"a": [{"inner": 1}]}, False),
        ({"a": [{"exists": True}]}, {"a": ["x"]}, True),
        ({"a": [{"exists": False}]}, {"b": 1}, True),
        ({"a": [{"exists": False}]}, {"a": 1}, False),
        ({"a": ["x", "y"]}, {"a": "y"}, True),
        ({"a": ["1"]}, {"a": 1}, False),
        ({"a": ["x"], "b": ["y"]}, {"a": "x", "b": "z"}, False),
        ({"a": [{"prefix": "x"}]}, {"a": "xy"}, True),
        ({"a": [{"anything-but": ["x"]}]}, {"a": "y"}, True),
        ({"a": [{"anything-but": "x"}]}, {"a": "x"}, False),
        ({"a": [None]}, {"a": None}, True),
    ],
)
def test_a_pattern_matches_leaves(pattern: Any, event: Any, expected: bool) -> None:
    """``exists`` works on leaf nodes only, not on intermediate ones."""
    assert compile_pattern(json.dumps(pattern))(event) is expected


@pytest.mark.parametrize("pattern", ["{}", "[]", '{"a": "x"}', '{"a": []}'])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    """A leaf is always a list of choices."""
    with pytest.raises(ValueError, match=r"pattern|leaf"):
        compile_pattern(pattern)


def test_an_operator_that_nobody_simulates_is_refused() -> None:
    """Rather than to match nothing."""
    with pytest.raises(NotImplementedError, match="numeric"):
        compile_pattern('{"a": [{"numeric": [">", 1]}]}')
