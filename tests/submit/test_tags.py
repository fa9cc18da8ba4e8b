from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.submit.labeling import read
from jobherald.submit.tags import LIMIT, OWNER, is_duration, is_value, tagged
from tests.submit.requests import BOUNDING_BOX

TEAM = {"Key": "team", "Value": "vision"}


def test_both_tags_are_added() -> None:
    """Behind those that are there; the request stays one, and the document that was given is left alone."""
    document = {**BOUNDING_BOX, "Tags": [TEAM]}
    made = tagged(document, owner="ann@example.org", limit="8h")
    request, findings = read(made)
    assert findings == []
    assert request is not None
    assert request.parameters()["Tags"] == [
        TEAM,
        {"Key": "jobherald:owner", "Value": "ann@example.org"},
        {"Key": "jobherald:limit", "Value": "8h"},
    ]
    assert document["Tags"] == [TEAM]


def test_a_tag_that_is_there_is_replaced() -> None:
    """A key may be given once; what was said last counts."""
    made = tagged({"Tags": [{"Key": OWNER, "Value": "ben"}, TEAM]}, owner="ann")
    assert made == {"Tags": [TEAM, {"Key": OWNER, "Value": "ann"}]}


def test_without_tags_nothing_is_added() -> None:
    """A document without tags stays without."""
    assert tagged(BOUNDING_BOX) is BOUNDING_BOX


@pytest.mark.parametrize("document", [None, [], "x", {"Tags": {"Key": "a"}}, {"Tags": None}])
def test_what_can_have_no_tags_is_left_to_the_form(document: Any) -> None:
    """Whose fault it is, and which says so."""
    assert tagged(document, owner="ann") is document


@given(
    st.lists(st.none() | st.text() | st.dictionaries(st.text(), st.none() | st.text() | st.lists(st.none())))
)
def test_any_list_of_tags_keeps_its_items(tags: list[Any]) -> None:
    """Also items that are no tags: the form says what is wrong with them."""
    made = tagged({"Tags": tags}, limit="8h")
    assert isinstance(made, dict)
    assert made["Tags"] == [*tags, {"Key": LIMIT, "Value": "8h"}]


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("90m", True),
        ("8h", True),
        ("30d", True),
        ("0h", False),
        ("8", False),
        ("8 h", False),
        ("8s", False),
        ("", False),
    ],
)
def test_a_limit_is_a_duration(text: str, good: bool) -> None:
    """Seconds are no time for people to label anything."""
    assert is_duration(text) is good


@pytest.mark.parametrize(
    ("text", "good"), [("Ann Ö., team/vision", False), ("Ann Ö. @team/vision", True), ("x" * 257, False)]
)
def test_an_owner_is_the_value_of_a_tag(text: str, good: bool) -> None:
    """As the service takes it."""
    assert is_value(text) is good
