from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.catalog import all_sources, load
from jobherald.flows.ingest import Heard, ingest
from jobherald.model import Place
from jobherald.watch import Look

EVENTS = Path(__file__).parents[2] / "events" / "ingest"
DOCUMENTED = (
    "ground-truth-state-change",
    "create-labeling-job",
    "stop-labeling-job",
    "start-media-analysis-job",
    "mediaconvert-job-state-change",
)
NEAR_MISSES = tuple(path.stem for path in sorted((EVENTS / "near-miss").glob("*.json")))
ACCOUNT = "111122223333"


class Queued:
    def __init__(self) -> None:
        self.queued: list[Look] = []

    def polls(self, places: Sequence[tuple[Place, str]], queued_at: datetime) -> None:
        raise AssertionError("an event leads to no poll")

    def looks(self, looks: Sequence[Look]) -> None:
        self.queued += looks


class Broken(Queued):
    def looks(self, looks: Sequence[Look]) -> None:
        raise ConnectionError("the queue does not answer")


def event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def hear(given: Any, queues: Queued | None = None) -> Heard:
    return ingest(given, all_sources(), ACCOUNT, queues or Queued())


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_documented_event_leads_to_one_look(name: str) -> None:
    """Each documented payload ends in a look at exactly the job that it names."""
    queues = Queued()
    heard = hear(event(name), queues)
    assert heard.look is not None
    assert queues.queued == [heard.look]
    assert {"place": heard.look.place.key, "id": heard.look.id, "name": heard.look.name} == event(
        f"{name}.expected"
    )


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_a_near_miss_leads_to_nothing(name: str) -> None:
    """What resembles an event of ours is not one, and the reason names what it was."""
    queues = Queued()
    heard = hear(event(f"near-miss/{name}"), queues)
    assert queues.queued == []
    assert heard.look is None
    assert heard.ignored.startswith("No deployed source asks for")


def test_the_same_event_twice_asks_for_the_same_look_twice() -> None:
    """EventBridge may deliver twice; two looks at one job are harmless, so nothing has to be remembered here."""
    queues = Queued()
    hear(event("ground-truth-state-change"), queues)
    hear(event("ground-truth-state-change"), queues)
    assert len(queues.queued) == 2
    assert len(set(queues.queued)) == 1


def test_a_refused_call_is_no_news() -> None:
    """CloudTrail also records calls that failed; they changed no job."""
    queues = Queued()
    heard = hear(event("refused-call"), queues)
    assert queues.queued == []
    assert {"ignored": heard.ignored} == event("refused-call.expected")


def test_an_event_of_a_source_that_is_not_deployed_is_ignored() -> None:
    """Only what was deployed is looked at: there may be no permission for anything else."""
    queues = Queued()
    heard = ingest(event("start-media-analysis-job"), [load("sagemaker.labeling")], ACCOUNT, queues)
    assert queues.queued == []
    assert heard.ignored == "No deployed source asks for AWS API Call via CloudTrail of aws.rekognition."


def test_an_event_of_another_account_is_ignored() -> None:
    """A bus may be shared between accounts; jobs are watched in one."""
    queues = Queued()
    heard = hear(event("ground-truth-state-change") | {"account": "999999999999"}, queues)
    assert queues.queued == []
    assert "999999999999" in heard.ignored


@pytest.mark.parametrize("missing", ["account", "region", "resources"])
def test_an_event_that_names_no_job_says_what_is_missing(missing: str) -> None:
    """An event of ours without its place or its job cannot be looked at, which is said and harms nothing."""
    queues = Queued()
    given = event("ground-truth-state-change")
    del given[missing]
    heard = hear(given, queues)
    assert queues.queued == []
    assert missing.removesuffix("s") in heard.ignored


@pytest.mark.parametrize(
    "malformed", [None, [], "x", 7, {}, {"detail": None}, {"detail": "x"}, {"source": {}}]
)
def test_what_is_no_event_is_ignored(malformed: Any) -> None:
    """Anything at all may be sent to a function by hand."""
    assert hear(malformed) == Heard(ignored="It is no EventBridge event with a detail.")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    name=st.sampled_from(DOCUMENTED),
    path=st.sampled_from(
        [
            ("detail",),
            ("resources",),
            ("account",),
            ("region",),
            ("source",),
            ("detail-type",),
            ("detail", "requestParameters"),
            ("detail", "responseElements"),
            ("detail", "eventName"),
            ("detail", "LabelingJobStatus"),
            ("detail", "errorCode"),
        ]
    ),
    value=JSON,
)
def test_no_event_raises(name: str, path: tuple[str, ...], value: Any) -> None:
    """Whatever stands in the place of a member, the event ends in a look or in a reason, never in a retry."""
    given_event = copy.deepcopy(event(name))
    table = given_event
    for step in path[:-1]:
        table = table[step]
    table[path[-1]] = value
    queues = Queued()
    heard = hear(given_event, queues)
    assert (heard.look is None) == bool(heard.ignored)
    assert queues.queued == ([] if heard.look is None else [heard.look])


def test_what_the_queue_raises_goes_through() -> None:
    """Only then does EventBridge deliver the event again."""
    with pytest.raises(ConnectionError):
        hear(event("ground-truth-state-change"), Broken())


def test_words_from_outside_are_cut() -> None:
    """A reason goes to the log, where an endless detail type has no business."""
    heard = hear({"detail-type": "x" * 10_000, "source": "y", "detail": {}})
    assert len(heard.ignored) < 300
