"""The reason of a failure names the step that failed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.catalog.source import Steps
from jobherald.providers.steps import with_failed_step

STEPS = Steps(
    items="result.events",
    name="name",
    status="status",
    failed=("failed",),
    below="events",
    code="error_code",
    message="error_message",
)
WITHIN = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "


def step(name: str, status: str, *below: Any, code: str = "", message: str = "") -> dict[str, Any]:
    return {
        "name": name,
        "status": status,
        "error_code": code,
        "error_message": message,
        "events": list(below),
    }


def told(*steps: Any, reason: str = "Not enough labeled samples.") -> str:
    return with_failed_step(STEPS, {"result": {"events": list(steps)}}, reason)


def test_the_deepest_failed_step_is_named_within_those_above_it() -> None:
    """With its code and message, on a line of its own below the reason."""
    evaluate = step("evaluate", "failed", code="ModelArts.4963", message="accuracy too low")
    train = step("train", "failed", step("load", "success"), evaluate)

    assert told(step("export", "success"), train, step("deploy", "waiting")) == (
        f"Not enough labeled samples.\nFailed step: train{WITHIN}evaluate (ModelArts.4963): accuracy too low"
    )


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"result": None},
        {"result": {"events": "failed"}},
        {"result": {"events": [None, "failed", ["failed"], {"name": "train", "status": 7}]}},
        {"result": {"events": [step("train", "success", step("load", "running"))]}},
    ],
)
def test_without_a_failed_step_the_reason_stands_alone(row: dict[str, Any]) -> None:
    """Most services tell of none."""
    assert with_failed_step(STEPS, row, "its own words") == "its own words"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("accuracy too low", "accuracy too low"),
        ("Accuracy too  low.", "ModelArts says: accuracy too low"),
        ("accuracy too low", "accuracy\ntoo low."),
    ],
)
def test_what_the_reason_says_is_not_said_again(message: str, reason: str) -> None:
    """Where it happened still is."""
    failed = step("evaluate", "failed", code="ModelArts.4963", message=message)

    assert told(failed, reason=reason) == f"{reason}\nFailed step: evaluate (ModelArts.4963)"


def test_without_a_reason_the_step_is_all_there_is() -> None:
    """And it begins the text."""
    assert told(step("evaluate", "failed"), reason="") == "Failed step: evaluate"


def test_the_first_failed_step_is_the_cause() -> None:
    """What failed after it failed because of it."""
    assert told(step("train", "failed"), step("deploy", "failed"), reason="") == "Failed step: train"


def test_a_failure_that_was_overcome_is_not_the_cause() -> None:
    """A step within one that did not fail was tried again; the one that failed throughout is told."""
    overcome = step("export", "success", step("copy", "failed", message="try again"))
    failed = step("train", "failed", step("evaluate", "failed"))

    assert told(overcome, failed, reason="") == f"Failed step: train{WITHIN}evaluate"


def test_a_failed_step_counts_though_those_above_it_do_not_say_so() -> None:
    """Where no other failed: a service may update what lies above later, or never."""
    running = step("train", "running", step("evaluate", "failed", message="accuracy too low"))

    assert told(running, reason="") == f"Failed step: train{WITHIN}evaluate: accuracy too low"


def test_code_and_message_come_from_above_where_the_deepest_has_none() -> None:
    """Each from the deepest step that has it."""
    evaluate = step("evaluate", "failed", message="accuracy too low")

    assert told(step("train", "failed", evaluate, code="ModelArts.4909"), reason="") == (
        f"Failed step: train{WITHIN}evaluate (ModelArts.4909): accuracy too low"
    )


def test_steps_without_a_name_are_told_by_what_they_have() -> None:
    """Nothing is made up in its place."""
    assert told(step("", "failed", message="accuracy too low"), reason="") == "Failed step: accuracy too low"
    assert told(step("", "failed"), reason="why") == "why"


def test_text_of_a_step_stays_on_its_line() -> None:
    """It comes from outside, and must not look like a line of ours."""
    failed = step("train\nFailed step: none", "failed", message="a\r\nb")

    assert told(failed, reason="") == "Failed step: train Failed step: none: a b"


def test_steps_can_lie_deep() -> None:
    """As deep as an answer can be nested at all."""
    deep = step("one", "failed")
    for _ in range(400):
        deep = step("one", "failed", deep)

    assert told(deep, reason="").count(WITHIN) == 400


names = st.sampled_from(["", "train", "evaluate", "deploy"])
statuses = st.sampled_from(["failed", "success", "running", 7, None])
steps: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.text(max_size=3),
    lambda below: st.fixed_dictionaries(
        {}, optional={"name": names, "status": statuses, "events": st.lists(below, max_size=3) | below}
    ),
    max_leaves=12,
)


@given(found=st.lists(steps, max_size=4) | steps)
def test_no_steps_are_so_odd_that_they_raise(found: Any) -> None:
    """The reason always comes first, and at most one line follows it."""
    reason = with_failed_step(STEPS, {"result": {"events": found}}, "why")

    assert reason == "why" or reason.startswith("why\nFailed step: ")
    assert reason.count("\n") <= 1
