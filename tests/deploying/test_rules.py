from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.catalog import all_sources, load
from jobherald.catalog.source import Event, Source
from jobherald.deploying.rules import PATTERN_CHARACTERS, patterns

LABELING = load("sagemaker.labeling")
CALL = "AWS API Call via CloudTrail"


def source(*events: Event) -> Source:
    return replace(LABELING, events=events)


def event(kind: str, **match: str) -> Event:
    return Event(
        kind, "aws.x", {name: tuple(values.split()) for name, values in match.items()}, id="detail.id"
    )


def matches(pattern: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    """EventBridge's matching, of what patterns of ours are made of."""
    for name, wanted in pattern.items():
        if name == "$or":
            if not any(matches(one, sent) for one in wanted):
                return False
        elif isinstance(wanted, dict):
            if not matches(wanted, sent.get(name, {})):
                return False
        elif sent.get(name) not in wanted:
            return False
    return True


def sent_by(one: Event) -> list[dict[str, Any]]:
    """An event for each combination of the values that an entry matches."""
    return [
        {
            "source": one.event_source,
            "detail-type": one.detail_type,
            "detail": dict(zip(one.match, values, strict=True)),
        }
        for values in product(*one.match.values())
    ]


def test_one_alternative_stands_by_itself() -> None:
    """$or with a single one would be taken for a member of the event."""
    assert patterns([source(event("Done", state="A B"))]) == {
        "aws.x": {"source": ["aws.x"], "detail-type": ["Done"], "detail": {"state": ["A", "B"]}}
    }


def test_two_kinds_are_alternatives() -> None:
    """A change and a call share no member of their detail."""
    (pattern,) = patterns([source(event("Done", state="A"), event(CALL, eventName="Start"))]).values()
    assert pattern == {
        "source": ["aws.x"],
        "$or": [
            {"detail-type": [CALL], "detail": {"eventName": ["Start"]}},
            {"detail-type": ["Done"], "detail": {"state": ["A"]}},
        ],
    }


def test_calls_of_one_service_are_one_alternative() -> None:
    """Whichever sources they are of."""
    one, other = (source(event(CALL, eventSource="x", eventName=name)) for name in ("Start", "Stop"))
    (pattern,) = patterns([one, other]).values()
    assert pattern["detail"] == {"eventSource": ["x"], "eventName": ["Start", "Stop"]}


def test_an_event_that_matches_whatever_it_holds_has_no_detail() -> None:
    """An empty one would be no pattern."""
    assert patterns([source(event("Done"))]) == {"aws.x": {"source": ["aws.x"], "detail-type": ["Done"]}}


def test_each_service_has_its_own() -> None:
    """In an order that does not depend on that of the sources."""
    found = patterns([load("sagemaker.labeling"), load("rekognition.media_analysis")])
    assert list(found) == ["aws.rekognition", "aws.sagemaker"]
    assert found == patterns([load("rekognition.media_analysis"), load("sagemaker.labeling")])


@pytest.mark.parametrize(
    ("kinds", "values", "detailed"),
    [(2, 5, {"Kind0", "Kind1", CALL}), (30, 10, {CALL}), (60, 150, set())],
)
def test_what_is_too_long_gets_wider(kinds: int, values: int, detailed: set[str]) -> None:
    """First state changes lose their detail, then calls too: ingest asks again what an event is about."""
    events = [
        event(f"Kind{number}", **{f"state{number}": " ".join(f"VALUE_{each}" for each in range(values))})
        for number in range(kinds)
    ]
    calls = event(
        CALL, eventSource="x", eventName=" ".join(f"StartSomething{each}" for each in range(values))
    )
    (pattern,) = patterns([source(*events, calls)]).values()
    assert len(json.dumps(pattern, separators=(",", ":"))) <= PATTERN_CHARACTERS
    ways = pattern.get("$or", [pattern])
    assert {kind for way in ways if "detail" in way for kind in way["detail-type"]} == detailed
    assert all(matches(pattern, one) for each in (*events, calls) for one in sent_by(each))


def test_every_source_together_has_rules_that_eventbridge_takes() -> None:
    """Each within the limit, with as few combinations as it allows, and none of its sources' events is missed."""
    found = patterns(all_sources())
    for pattern in found.values():
        assert len(json.dumps(pattern, separators=(",", ":"))) <= PATTERN_CHARACTERS
        assert len(pattern.get("$or", ["", ""])) in range(2, 1000)
    for entry in (each for one in all_sources() for each in one.events):
        assert all(matches(found[entry.event_source], sent) for sent in sent_by(entry))


VALUES = st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True).map(tuple)
EVENTS = st.builds(
    lambda kind, match: Event(kind, "aws.x", match),
    st.sampled_from(["one", "two", CALL]),
    st.dictionaries(st.sampled_from(["p", "q"]), VALUES, max_size=2),
)


@given(st.lists(EVENTS, min_size=1, max_size=6))
def test_a_rule_matches_what_its_entries_match_and_nothing_else(events: list[Event]) -> None:
    """However they are put together."""
    (pattern,) = patterns([source(*events)]).values()
    for kind, p, q in product(["one", "two", CALL, "three"], "abcd", "abcd"):
        sent = {"source": "aws.x", "detail-type": kind, "detail": {"p": p, "q": q}}
        meant = any(
            each.detail_type == kind
            and all(sent["detail"][name] in values for name, values in each.match.items())  # type: ignore[index]
            for each in events
        )
        assert matches(pattern, sent) is meant
