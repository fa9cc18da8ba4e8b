"""The deployed event rules, and how soon an event leads to a look."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobherald.catalog import all_sources
from jobherald.catalog.events import match
from jobherald.deploying.defaults import DEFAULT_SOURCES
from jobherald.local.services import labeling_job
from tests.e2e.stage import Stage, now
from tests.project.template import properties

pytestmark = pytest.mark.e2e

EVENTS = Path(__file__).parents[2] / "events" / "ingest"
RULES = tuple(properties("AWS::Events::Rule"))
PAYLOADS = sorted(path.stem for path in EVENTS.glob("*.json") if ".expected." not in path.name)
NEAR_MISSES = sorted(path.stem for path in EVENTS.glob("near-miss/*.json"))


def _event(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


def _matching(stage: Stage, event: dict[str, Any]) -> list[str]:
    """The deployed rules that match an event."""
    events = stage.cloud.client("events")
    found = []
    for logical in RULES:
        # What CloudFormation gives as a rule's id is its name, or its ARN.
        name = stage.cloud.resources[logical].rpartition("/")[2]
        pattern = events.describe_rule(Name=name)["EventPattern"]
        if events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]:
            found.append(logical)
    return found


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_documented_payload_meets_one_rule(stage: Stage, name: str) -> None:
    """Each documented event is matched by exactly one deployed rule, and by none where its source is not deployed."""
    look = match(_event(name), all_sources())
    is_deployed = look is None or look.place.source in DEFAULT_SOURCES
    assert len(_matching(stage, _event(name))) == is_deployed


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_a_near_miss_meets_none(stage: Stage, name: str) -> None:
    """What only resembles an event of ours wakes nobody."""
    assert _matching(stage, _event(f"near-miss/{name}")) == []


def test_an_event_leads_to_a_look_within_seconds(stage: Stage) -> None:
    """A labeling job's end is told without any poll, after its event alone."""
    stage.services.add(
        labeling_job(
            "by-event", created_at=now(), starts_after=0.1, lasts=2.0, ends="Failed", reason="ClientError: no"
        )
    )
    (job,) = [job for job in stage.services.jobs() if job.id.endswith("/by-event")]
    stage.until(lambda: now() > job.ends_at)
    event = _event("ground-truth-state-change") | {"resources": [job.id]}
    stage.cloud.put_event(event | {"detail": {"LabelingJobStatus": "Failed"}})
    # The same event twice: SageMaker says that it may send several.
    stage.cloud.put_event(event | {"detail": {"LabelingJobStatus": "Failed"}})
    (change,) = stage.until(lambda: stage.told("failed", "by-event"), seconds=10)
    stage.until(lambda: stage.posted(change) == 1)
    looks = [call for call in stage.services.calls if call.operation == "DescribeLabelingJob"]
    assert looks
    assert stage.told("failed", "by-event") == [change]


def test_an_event_of_an_unknown_job_is_harmless(stage: Stage) -> None:
    """A job that the service does not know is looked for, and nothing is told."""
    told = len(stage.heard.messages)
    calls = len(stage.services.calls)
    stage.cloud.put_event(_event("ground-truth-state-change"))
    stage.until(lambda: len(stage.services.calls) > calls)
    stage.until(lambda: any("looked" in line for line in stage.cloud.logged("poll")))
    assert len(stage.heard.messages) == told
