from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.catalog import all_sources, load
from jobherald.catalog.source import Counters, Source
from jobherald.checks.models import row_shape
from jobherald.checks.shapes import leaves
from jobherald.model import Observation, Place, Progress, State
from jobherald.providers.rows import normal, observe, progress_of
from tests.providers.jobservice import LABELING, MEDIA

SEEN_AT = datetime(2026, 11, 22, 11, tzinfo=UTC)

FIRST = datetime(1970, 1, 2, tzinfo=UTC).replace(tzinfo=None)
LAST = datetime(2200, 1, 1, tzinfo=UTC).replace(tzinfo=None)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.binary(max_size=10)
    | st.datetimes(FIRST, LAST, timezones=st.sampled_from([None, UTC]))
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


def odd_rows(source: Source) -> st.SearchStrategy[dict[str, Any]]:
    """Rows with the service's member names, each missing, right or of any type at all."""
    trails = (
        [path for path, _ in leaves(row_shape(source))] if source.provider == "aws" else trails_of(source)
    )
    names = sorted({path.partition(".")[0].removesuffix("[]") for path in trails})
    inner = sorted({path.rpartition(".")[2] for path in trails})
    nested = st.dictionaries(st.sampled_from(inner), anything | st.lists(anything, max_size=3), max_size=3)
    words = st.sampled_from(sorted(source.states))
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, anything | nested | words))


def trails_of(source: Source) -> list[str]:
    """Where no model says what a row has: its members as the entry names them, with every word of its paths below."""
    paths = (source.reason_path, source.output_path, source.created_path, *source.mask, *source.shorten)
    words = {word for path in paths for word in re.findall(r"[a-z_]+", path)}
    return [f"{name}.{word}" for name in source.row for word in sorted({*words, "events", "status"})]


@given(data=st.data(), source=st.sampled_from(all_sources()))
def test_no_row_is_so_odd_that_it_raises(data: st.DataObject, source: Source) -> None:
    """Members that are missing or of any type make an observation of what is left, or none without an id."""
    row = data.draw(odd_rows(source))

    seen = observe(source, MEDIA, row, SEEN_AT)

    if seen is None:
        assert not isinstance(row.get(source.id_path), str) or not row[source.id_path]
        return
    assert seen.state in State
    assert set(seen.details) == set(row)
    assert json.loads(json.dumps(seen.details, allow_nan=False)) == seen.details
    for at in (seen.created_at, seen.modified_at, seen.ended_at):
        assert at is None or at.tzinfo is UTC
    if seen.progress and seen.progress.percent is not None:
        assert 0 <= seen.progress.percent <= 100


@given(row=anything, source=st.sampled_from(all_sources()))
def test_no_value_is_so_odd_that_it_raises(row: Any, source: Source) -> None:
    """Not even one that is no row."""
    assert observe(source, MEDIA, row, SEEN_AT) is None or isinstance(row, dict)


@given(value=anything)
def test_the_normal_form_is_json_and_stays(value: Any) -> None:
    """JSON takes it as it is, and what is in the form already is not changed."""
    once = normal(value)

    assert json.loads(json.dumps(once, allow_nan=False)) == once
    assert normal(once) == once


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=UTC), "2026-01-02T03:04:05.000060Z"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T01:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).replace(tzinfo=None), "2026-01-02T03:04:05Z"),
        (b"\x00\xff", "AP8="),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (1.25, 1.25),
        (True, True),
        (None, None),
        ("text", "text"),
        ({"a": [1, {"b": b"c"}]}, {"a": [1, {"b": "Yw=="}]}),
    ],
)
def test_the_normal_form_of_each_type(value: Any, expected: Any) -> None:
    """Times as RFC 3339, bytes as base64, what JSON has as it is."""
    assert normal(value) == expected
    assert type(normal(value)) is type(expected)


COUNTERS = Counters(done="d", failed="f", remaining="r", also={"human": "h"})


@pytest.mark.parametrize(
    ("counters", "row", "expected"),
    [
        (
            COUNTERS,
            {"d": 1, "f": 1, "r": 1, "h": 1},
            Progress(33.33, {"done": 1, "failed": 1, "remaining": 1, "human": 1, "total": 3}),
        ),
        (COUNTERS, {"d": 2, "r": 0}, Progress(100.0, {"done": 2, "remaining": 0, "total": 2})),
        (COUNTERS, {"d": 2, "f": 1}, Progress(None, {"done": 2, "failed": 1})),
        (
            COUNTERS,
            {"d": 0, "f": 0, "r": 0},
            Progress(None, {"done": 0, "failed": 0, "remaining": 0, "total": 0}),
        ),
        (COUNTERS, {"d": "2", "f": True, "r": -1}, None),
        (COUNTERS, {}, None),
        (Counters(done="d", total="t"), {"d": 1, "t": 8}, Progress(12.5, {"done": 1, "total": 8})),
        (Counters(done="d", total="t"), {"d": 9, "t": 8}, Progress(100.0, {"done": 9, "total": 8})),
        (Counters(percent="p"), {"p": 41.666}, Progress(41.67, {})),
        (Counters(percent="p"), {"p": 140}, Progress(100.0, {})),
        (Counters(percent="p"), {"p": float("nan")}, None),
        (Counters(percent="p"), {"p": True}, None),
        (
            Counters(done="d", total="t", percent="p"),
            {"d": 30, "t": 49, "p": 10.0},
            Progress(10.0, {"done": 30, "total": 49}),
        ),
        (
            Counters(done="d", total="t", percent="p"),
            {"d": 30, "t": 49, "p": 0},
            Progress(0, {"done": 30, "total": 49}),
        ),
        (
            Counters(done="d", total="t", percent="p"),
            {"d": 1, "t": 8, "p": "10"},
            Progress(12.5, {"done": 1, "total": 8}),
        ),
        (Counters(done="d", total="t"), {"d": 1.0, "t": 8.0}, Progress(12.5, {"done": 1, "total": 8})),
        (Counters(done="d", total="t"), {"d": 1.5, "t": float("inf")}, None),
    ],
)
def test_counters_become_progress(counters: Counters, row: dict[str, Any], expected: Progress | None) -> None:
    """The service's percentage, else percent of the total; no percentage rather than a wrong one."""
    assert progress_of(counters, row) == expected


def labeling(status: str, reason: str = "", **counters: int) -> dict[str, Any]:
    return {
        "LabelingJobArn": "arn:1",
        "LabelingJobStatus": status,
        "LabelCounters": counters,
        **({"FailureReason": reason} if reason else {}),
    }


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (labeling("Completed", TotalLabeled=1240, FailedNonRetryableError=3, Unlabeled=7), ""),
        (labeling("Completed", TotalLabeled=9, FailedNonRetryableError=0, Unlabeled=1), ""),
        (labeling("Completed", FailedNonRetryableError=1), ""),
        (labeling("Completed", "its own words", FailedNonRetryableError=1), "its own words"),
    ],
)
def test_a_success_that_left_objects_behind_is_partial(row: dict[str, Any], reason: str) -> None:
    """The reason is the service's or none: what is lacking is in the counters, and is told with them."""
    seen = observe(load(LABELING.source), LABELING, row, SEEN_AT)

    assert seen is not None
    assert (seen.state, seen.status, seen.reason) == (State.PARTIAL, "Completed", reason)


def test_texts_and_numbers_that_no_item_or_message_holds_are_cut_and_left_out() -> None:
    """One enormous answer must not stop its place. The details keep the whole."""
    row = {
        **labeling("Failed" + "!" * 10**6, "why? " * 10**5, LabeledCount=10**40, TotalLabeled=7),
        "LabelingJobName": "name" * 10**5,
    }

    seen = observe(load(LABELING.source), LABELING, row, SEEN_AT)

    assert seen is not None
    assert seen.details == normal(row)
    assert seen.reason.startswith("why? why? ")
    assert seen.name.startswith("namename")
    assert len(seen.reason) + len(seen.name) + len(seen.status) < 20_000
    assert seen.progress is None or max(seen.progress.counters.values()) == 7


@pytest.mark.parametrize("status", ["InProgress", "Failed", "Stopped", "Initializing", "Stopping"])
def test_only_a_success_can_be_partial(status: str) -> None:
    """A job that runs has objects left to do, and one that failed has failed."""
    row = labeling(status, TotalLabeled=1, FailedNonRetryableError=1, Unlabeled=1)

    seen = observe(load(LABELING.source), LABELING, row, SEEN_AT)

    assert seen is not None
    assert seen.state is load(LABELING.source).states[status]
    assert not seen.reason


def test_what_is_told_of_a_row_can_be_stored() -> None:
    """Half a surrogate pair, where a service cut a text, is no Unicode text; only the details keep it for the store to mend."""
    row = {**labeling("cut \ud83d"), "LabelingJobName": "\udc00", "FailureReason": "broke \ud83d"}

    seen = observe(load(LABELING.source), LABELING, row, SEEN_AT)

    assert seen is not None
    assert (seen.status, seen.name, seen.reason) == ("cut ?", "?", "broke ?")


TASKS = Place("modelarts.auto_labeling", "0a1b2c", "cn-north-4", "dataset-1")
TASK: dict[str, Any] = {
    "task_id": "task-1",
    "status": 2,
    "create_time": "2020-11-23 11:08:20",
    "error_msg": "Not enough labeled samples.",
    "result": {
        "events": [
            {
                "name": "train",
                "status": "failed",
                "events": [{"name": "evaluate", "status": "failed", "error_code": "ModelArts.4963"}],
            }
        ],
        "samples": [{"sample_id": str(number)} for number in range(60)],
    },
    "config": {"inf_config_list": [{"envs": {"TOKEN": "c4n4ry"}}]},
}


def task(**members: Any) -> Observation:
    seen = observe(load(TASKS.source), TASKS, {**TASK, **members}, SEEN_AT)
    assert seen is not None
    return seen


@pytest.mark.parametrize(
    ("status", "word", "state"),
    [
        (-1, "-1", State.QUEUED),
        (0, "0", State.QUEUED),
        (1, "1", State.RUNNING),
        (1.0, "1", State.RUNNING),
        ("1", "1", State.RUNNING),
        (-1.0, "-1", State.QUEUED),
        (6, "6", State.UNKNOWN),
        (1.5, "1.5", State.UNKNOWN),
        (float("nan"), "nan", State.UNKNOWN),
        (None, "", State.UNKNOWN),
        ([1], "", State.UNKNOWN),
    ],
)
def test_a_number_is_a_status_by_its_integer_text(status: Any, word: str, state: State) -> None:
    """Zero and what is below it are statuses like any other, and so is a number that came as 1.0."""
    seen = task(status=status)

    assert (seen.status, seen.state) == (word, state)


def test_a_failure_names_its_step() -> None:
    """Below the service's own reason."""
    assert task().reason.startswith("Not enough labeled samples.\nFailed step: train")
    assert task().reason.endswith("evaluate (ModelArts.4963)")


@pytest.mark.parametrize("status", [0, 1, 3, 4, 5])
def test_only_a_failure_names_a_step(status: int) -> None:
    """What a task overcame, or had not done when it was stopped, is in its details."""
    assert "Failed step" not in task(status=status).reason


def test_details_are_kept_short_and_hide_what_the_entry_masks() -> None:
    """All that is kept and shown of a row goes through here."""
    details = task().details

    assert len(details["result"]["samples"]) == 50
    assert details["result"]["samples_count"] == 60
    assert details["config"]["inf_config_list"][0]["envs"] == {"TOKEN": "***"}
    assert details["result"]["events"] == TASK["result"]["events"]


def test_times_are_read_as_the_service_writes_them() -> None:
    """By whoever knows its form; by how much they may be off, the entry says."""
    asked: list[Any] = []

    def read_moment(value: Any) -> datetime | None:
        asked.append(value)
        return SEEN_AT if value else None

    source = load("modelarts.import")
    row = {"task_id": "task-1", "status": "RUNNING", "create_time": 1, "update_ms": 2}
    seen = observe(source, TASKS, row, SEEN_AT, read_moment=read_moment)

    assert seen is not None
    assert asked == [1, 2, None]
    assert (seen.created_at, seen.modified_at, seen.ended_at) == (SEEN_AT, SEEN_AT, None)
    assert seen.created_doubt == timedelta(0)
    assert task().created_at is None
    assert task().created_doubt == timedelta(days=1)
