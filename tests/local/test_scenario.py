"""The demo's jobs are what its description promises, for any seed."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from jobherald.local.scenario import FINISHED_BEFORE, NEW_OF_EACH, RUNNING_BEFORE, Scenario, scenario
from jobherald.local.services import JobServices

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(params=[1, 2, 99])
def drawn(request: pytest.FixtureRequest) -> Scenario:
    return scenario(START, request.param)


def test_most_jobs_are_over_before_the_first_look_and_some_run(drawn: Scenario) -> None:
    """Silence about the finished ones is what the demo shows first."""
    over = [job for job in drawn.before if job.ends_at < START]
    assert len(over) == FINISHED_BEFORE
    assert len(drawn.before) - len(over) == RUNNING_BEFORE


def test_each_source_gets_new_jobs_and_every_way_to_end(drawn: Scenario) -> None:
    """Every outcome of every source is told at least once."""
    ends: dict[str, Counter[str]] = {}
    for job in drawn.after:
        row = job.at(job.ends_at)
        counters = row.get("LabelCounters", {})
        status = str(row.get("LabelingJobStatus") or row["Status"])
        partial = status == "Completed" and counters["FailedNonRetryableError"] > 0
        ends.setdefault(job.source, Counter())["partial" if partial else status] += 1
    assert {source: sum(count.values()) for source, count in ends.items()} == {
        "sagemaker.labeling": NEW_OF_EACH + 2,
        "rekognition.media_analysis": NEW_OF_EACH,
    }
    assert set(ends["sagemaker.labeling"]) == {"Completed", "partial", "Failed", "Stopped"}
    assert set(ends["rekognition.media_analysis"]) == {"SUCCEEDED", "FAILED"}


def test_some_jobs_are_shorter_than_the_poll_interval(drawn: Scenario) -> None:
    """They are told once, by their end."""
    assert sum(job.ends_at - job.created_at < timedelta(seconds=2) for job in drawn.after) >= 10


def test_events_come_twice_late_and_for_a_stranger(drawn: Scenario) -> None:
    """A hint may be any of these, and must do no harm."""
    arns = Counter(event["resources"][0] for _, event in drawn.events)
    known = {job.id for job in drawn.after}
    ends = {job.id: job.ends_at for job in drawn.after}
    assert max(arns.values()) > 1
    assert set(arns) - known
    assert any(
        at - ends[event["resources"][0]] > timedelta(seconds=5)
        for at, event in drawn.events
        if event["resources"][0] in ends
    )


def test_the_services_could_answer_with_every_job(drawn: Scenario) -> None:
    """Adding a job proves its rows against the services' own shapes."""
    with JobServices() as services:
        services.add(*drawn.before, *drawn.after)
        assert len(services.jobs()) == len(drawn.before) + len(drawn.after)
