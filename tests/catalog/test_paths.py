from __future__ import annotations

from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.catalog.paths import find, text

ROW = {"Job": {"Id": "one", "Sizes": [1, 2]}, "Count": 7, "Share": 0.5, "Done": None}

names = st.sampled_from(["a", "b", "c"])
values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(names, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("Job.Id", "one"),
        ("Job.Sizes[1]", 2),
        ("join('-', ['job', Job.Id])", "job-one"),
        ("Job.Missing", None),
        ("Count.Deeper", None),
        ("Missing.Deeper", None),
        ("join('-', Missing)", None),
        ("Done", None),
        ("", None),
    ],
)
def test_a_path_finds_its_value_or_nothing(path: str, found: Any) -> None:
    """A missing member, a value of another type and an empty path are nothing, never an error."""
    assert find(path, ROW) == found


@given(value=values, path=st.lists(names, min_size=1, max_size=4).map(".".join))
def test_a_plain_path_finds_what_jmespath_finds(value: Any, path: str) -> None:
    """The short way through plain member names leads to the same place."""
    assert find(path, value) == jmespath.search(path, value)


@pytest.mark.parametrize(
    ("path", "expected"), [("Job.Id", "one"), ("Count", "7"), ("Share", "0.5"), ("Job", ""), ("Done", "")]
)
def test_text_is_of_single_values_only(path: str, expected: str) -> None:
    """A structure where a text was expected is no text."""
    assert text(path, ROW) == expected


def test_half_a_surrogate_pair_is_no_text() -> None:
    """A service that cuts a text may leave one, and no table or queue says what it would do with it."""
    assert text("Reason", {"Reason": "broke \ud83d"}) == "broke ?"
    assert text("Reason", {"Reason": "whole \U0001f98a"}) == "whole \U0001f98a"
