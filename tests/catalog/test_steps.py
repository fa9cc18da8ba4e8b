"""The steps of a job come as one flat list, whatever its service sends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.catalog.source import Steps
from jobherald.catalog.steps import Step, steps_of

EVENTS = Steps(
    items="result.events",
    name="name",
    status="status",
    failed=("failed",),
    below="events",
    code="error_code",
    message="error_message",
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "status", "events", "error_code"]), inner, max_size=4)
    ),
    max_leaves=20,
)


def event(name: str, status: str = "success", *below: dict[str, Any], **further: str) -> dict[str, Any]:
    return {"name": name, "status": status, "events": list(below), **further}


def test_each_step_is_followed_by_those_below_it() -> None:
    """In the service's order, with the names that lead to it."""
    failed = event("evaluate", "failed", error_code="ModelArts.4909", error_message="accuracy too low")
    row = {
        "result": {
            "events": [
                event("export"),
                event("train", "failed", event("fit"), failed),
                event("infer", "waiting"),
            ]
        }
    }

    assert list(steps_of(EVENTS, row)) == [
        Step(("export",), "success", failed=False),
        Step(("train",), "failed", failed=True),
        Step(("train", "fit"), "success", failed=False),
        Step(("train", "evaluate"), "failed", failed=True, code="ModelArts.4909", message="accuracy too low"),
        Step(("infer",), "waiting", failed=False),
    ]


@pytest.mark.parametrize(
    "row", [{}, {"result": None}, {"result": {"events": {}}}, {"result": {"events": [7]}}]
)
def test_a_row_without_steps_has_none(row: dict[str, Any]) -> None:
    """Most answers have none, and a member of another type is as if it were not there."""
    assert list(steps_of(EVENTS, row)) == []


def test_a_source_without_steps_has_none() -> None:
    """Most entries of the catalogue name none."""
    assert list(steps_of(None, {"result": {"events": [event("train")]}})) == []


def test_steps_may_lie_deeper_than_calls_can() -> None:
    """A thousand steps, each below the other, are read: the text comes from outside."""
    deepest = event("at the bottom")
    for _ in range(2000):
        deepest = event("one more", "running", deepest)

    *_, last = steps_of(EVENTS, {"result": {"events": [deepest]}})

    assert last.path[-1] == "at the bottom"
    assert len(last.path) == 2001


@given(json_values)
def test_whatever_comes_is_read_without_an_error(value: Any) -> None:
    """Every object in the place of a step is one, in the order in which it stands there, and nothing else is."""
    found = list(steps_of(EVENTS, {"result": {"events": value}}))

    assert len(found) == _objects(value)
    assert all(step.failed == (step.status == "failed") for step in found)


def _objects(value: Any) -> int:
    if not isinstance(value, list):
        return 0
    return sum(1 + _objects(one.get("events")) for one in value if isinstance(one, dict))
