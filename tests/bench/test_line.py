"""A figure and its bound, as a program reads them."""

from __future__ import annotations

import json

import pytest

from bench.line import Line


@pytest.mark.parametrize(
    ("value", "missed"), [(13.0, False), (13.01, True), (None, False)], ids=["kept", "missed", "not measured"]
)
def test_a_bound_is_missed_above_it_only(value: float | None, missed: bool) -> None:
    """What a machine cannot measure is no failure."""
    assert Line("requests", value, "requests", 13).missed is missed


def test_a_line_is_one_json_object() -> None:
    """A note only where there is something to say."""
    assert json.loads(str(Line("posts", 1, "posts", 1))) == {
        "metric": "posts",
        "value": 1,
        "unit": "posts",
        "must": 1,
    }
    assert json.loads(str(Line("ratio", None, "times", 2.3, "no valgrind")))["note"] == "no valgrind"
