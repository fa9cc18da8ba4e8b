from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.api import tokens
from jobherald.api.refusals import RefusedError

KEY = bytes(range(32))
QUERY = {"source": ["sagemaker.labeling"], "sort": "created", "state": ["failed"]}
ALPHABET = string.ascii_letters + string.digits + "-_"

positions = st.dictionaries(
    st.text(max_size=8), st.none() | st.integers() | st.text() | st.lists(st.text(max_size=9)), max_size=4
)


@given(positions)
def test_a_position_comes_back_from_its_token(position: dict[str, Any]) -> None:
    """Whatever is in it, in a form that a URL takes as it is."""
    token = tokens.make(KEY, QUERY, position)
    assert tokens.read(KEY, QUERY, token) == position
    assert set(token) <= set(ALPHABET)


@given(st.data())
def test_an_altered_token_is_refused(data: st.DataObject) -> None:
    """A character changed, added or taken away, wherever it is: one position has one token."""
    token = tokens.make(KEY, QUERY, {"at": 1795345200000000, "passed": ["sagemaker.labeling/1/us-east-1:x"]})
    at = data.draw(st.integers(0, len(token)))
    other = data.draw(st.sampled_from([*ALPHABET, "", "=", "!", " ", "é"]))
    altered = token[:at] + other + token[at + data.draw(st.sampled_from([0, 1])) :]
    if altered == token:
        return
    with pytest.raises(RefusedError) as refused:
        tokens.read(KEY, QUERY, altered)
    assert refused.value.status == 400


@given(st.text())
def test_any_text_is_refused_in_one_way(text: str) -> None:
    """And never with a traceback."""
    with pytest.raises(RefusedError, match="belongs to no page of this query"):
        tokens.read(KEY, QUERY, text)


@pytest.mark.parametrize(
    "other",
    [{**QUERY, "sort": "name"}, {**QUERY, "source": []}, {**QUERY, "name_contains": "x"}, {}],
    ids=["sort", "source", "name", "nothing"],
)
def test_a_token_is_good_for_its_query_alone(other: dict[str, Any]) -> None:
    """Else it would lead to a place that the other list does not have."""
    token = tokens.make(KEY, QUERY, {"at": 1})
    with pytest.raises(RefusedError):
        tokens.read(KEY, other, token)


def test_a_token_is_good_under_its_key_alone() -> None:
    """Who has not the table's key makes none."""
    with pytest.raises(RefusedError):
        tokens.read(KEY, QUERY, tokens.make(bytes(32), QUERY, {"at": 1}))
