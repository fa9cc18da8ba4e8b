from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.catalog import all_sources, load
from jobherald.catalog.paths import find, text
from jobherald.catalog.source import Source
from jobherald.catalog.steps import steps_of
from jobherald.model import State
from tests.fakes.modelarts import EXAMPLE

SOURCES = [source for source in all_sources() if source.provider == "huaweicloud"]
LABELING = load("modelarts.auto_labeling")


def reason(source: Source, row: dict[str, Any]) -> tuple[str, str]:
    return text(source.reason_path, row), text(source.reason_code_path, row)


@pytest.mark.parametrize(
    ("status", "word", "state"),
    [
        ("-1", "queuing", State.QUEUED),
        ("0", "initializing", State.QUEUED),
        ("1", "running", State.RUNNING),
        ("2", "failed", State.FAILED),
        ("3", "succeeded", State.SUCCEEDED),
        ("4", "stopping", State.STOPPING),
        ("5", "stopped", State.STOPPED),
    ],
)
def test_the_seven_states_of_a_labeling_task(status: str, word: str, state: State) -> None:
    """As the page numbers and names them."""
    assert LABELING.states[status] is state
    assert LABELING.status_words[status] == word


def test_there_is_no_eighth_state_of_a_labeling_task() -> None:
    """A number that the page does not know is unknown, not failed."""
    assert set(LABELING.states) == set(LABELING.status_words) == {"-1", "0", "1", "2", "3", "4", "5"}


def test_a_running_task_has_no_reason() -> None:
    """The code of the page's own example means "Exporting labels."."""
    assert EXAMPLE["code"] == "ModelArts.4902"
    assert reason(LABELING, EXAMPLE) == ("", "")


@given(status=st.integers(-5, 20).filter(lambda number: number != 2), code=st.text(), message=st.text())
def test_code_and_message_are_a_reason_only_of_a_failure(status: int, code: str, message: str) -> None:
    """Whatever they say of a task that is well, or that succeeded or was stopped."""
    assert reason(LABELING, {"status": status, "code": code, "message": message}) == ("", "")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"code": "ModelArts.4909", "message": "Failed."}, ("Failed.", "ModelArts.4909")),
        (
            {
                "code": "ModelArts.4909",
                "message": "Failed.",
                "error_code": "ModelArts.4310",
                "error_msg": "No.",
            },
            ("No.", "ModelArts.4310"),
        ),
        ({"error_msg": "No labels.", "error_detail": "3 of 20"}, ("No labels.\n3 of 20", "")),
        ({"error_msg": "", "error_detail": "3 of 20", "message": "Failed."}, ("3 of 20", "")),
        ({"error_msg": "", "error_code": "", "code": "", "message": ""}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_a_failed_task_says_why(row: dict[str, Any], expected: tuple[str, str]) -> None:
    """By its error, or by what it last said where it has none."""
    assert reason(LABELING, {"status": 2, **row}) == expected


def test_the_counts_of_a_look_come_to_where_the_list_has_them() -> None:
    """The page has them in the result, the list beside it."""
    assert LABELING.look is not None
    moved = {member: find(path, EXAMPLE) for member, path in LABELING.look.members.items()}

    assert moved == {
        "total_sample_count": 49,
        "annotated_sample_count": 30,
        "unconfirmed_sample_count": None,
    }
    assert LABELING.counters is not None
    assert set(moved) == {LABELING.counters.total, LABELING.counters.done, *LABELING.counters.also.values()}


def test_events_within_events_are_steps() -> None:
    """Tables 12 and 13 of the page: events below the result, and below each event."""
    failed = {"name": "evaluate", "status": "failed", "error_code": "ModelArts.4909", "error_message": "no"}
    row = {"result": {"events": [{"name": "train", "status": "failed", "events": [failed]}]}}

    found = [(step.path, step.failed, step.code, step.message) for step in steps_of(LABELING.steps, row)]

    assert found == [(("train",), True, "", ""), (("train", "evaluate"), True, "ModelArts.4909", "no")]


@pytest.mark.parametrize("status", ["SUCCESSED", "SUCCEEDED"])
def test_an_export_that_succeeded_is_known_in_either_spelling(status: str) -> None:
    """The page's example has the one, its author meant the other."""
    assert load("modelarts.export").states[status] is State.SUCCEEDED


@pytest.mark.parametrize(
    ("source_id", "row", "output"),
    [
        ("modelarts.export", {"path": "/bucket/folder/"}, "obs://bucket/folder/"),
        ("modelarts.export", {"path": "obs://bucket/folder/"}, "obs://bucket/folder/"),
        ("modelarts.export", {}, ""),
        ("modelarts.processing", {"work_path": {"output_path": "/bucket/folder"}}, "obs://bucket/folder"),
        (
            "modelarts.training",
            {"algorithm": {"outputs": [{"remote": {"obs": {"obs_url": "/bucket/model/"}}}]}},
            "obs://bucket/model/",
        ),
        ("modelarts.training", {"algorithm": {"outputs": []}}, ""),
        ("modelarts.auto_labeling", {"config": {"annotation_output": "/bucket/out/"}}, "obs://bucket/out/"),
        (
            "modelarts.auto_labeling",
            {"config": {"annotation_output": "/a/"}, "result": {"manifest_path": "s3://bucket/m.manifest"}},
            "s3://bucket/m.manifest",
        ),
    ],
)
def test_a_path_in_obs_is_told_as_an_address(source_id: str, row: dict[str, Any], output: str) -> None:
    """The API writes a bucket as the first folder of a path; people know it as obs://."""
    assert text(load(source_id).output_path, row) == output


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"phase": "Abnormal", "secondary_phase": "CreateFailed"}, ("", "CreateFailed")),
        ({"phase": "Failed", "secondary_phase": "Failed"}, ("", "")),
        (
            {
                "phase": "Failed",
                "task_statuses": [{"task": "worker-0"}, {"task": "worker-1", "message": "OOM"}],
            },
            ("OOM", ""),
        ),
        ({"phase": "Running", "secondary_phase": "Running", "task_statuses": []}, ("", "")),
    ],
)
def test_a_training_job_says_why(status: dict[str, Any], expected: tuple[str, str]) -> None:
    """By the first task with a message; by its secondary phase where it is abnormal and nothing else is known."""
    assert reason(load("modelarts.training"), {"status": status}) == expected


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_no_status_is_only_numbers_to_people(source: Source) -> None:
    """A number has its word, and a word needs none."""
    assert set(source.status_words) == {status for status in source.states if status.lstrip("-").isdigit()}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_no_code_of_a_healthy_task_has_advice_of_its_own(source: Source) -> None:
    """The table of codes has even ones that tell of progress; some of these mean an error of another API too."""
    healthy = {f"ModelArts.{number}" for number in (4900, 4902, 4904, *range(4910, 4966, 2), 4996)}

    assert healthy & set(source.advice_by_code) <= {"ModelArts.4934"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_what_an_empty_row_says_is_nothing(source: Source) -> None:
    """No path makes a text such as False of what is not there."""
    read = (source.name_path, source.reason_path, source.reason_code_path, source.output_path)
    assert {text(path, {}) for path in read} == {""}
