from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.local.clock import ManualClock
from jobherald.local.services import JobServices, ScriptedJob, Step, labeling_job, media_analysis_job
from jobherald.local.services.jobs import merged
from jobherald.local.services.media_analysis import FAILURES

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)

SECONDS = st.floats(0, 10_000)


@given(
    starts_after=SECONDS,
    lasts=SECONDS,
    ends=st.sampled_from(["Completed", "Failed", "Stopped", ""]),
    objects=st.integers(1, 5000),
    machine=st.floats(0, 1),
    counts=st.integers(1, 20),
    streaming=st.booleans(),
    region=st.sampled_from(["us-east-1", "cn-north-1", "us-gov-west-1", "ap-south-2"]),
    remains=st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)),
)
def test_every_labeling_job_that_can_be_scripted_can_be_shown(
    starts_after: float,
    lasts: float,
    ends: str,
    objects: int,
    machine: float,
    counts: int,
    streaming: bool,
    region: str,
    remains: tuple[float, float],
) -> None:
    """Whatever the parameters: the service takes it, and its counters always add up to its objects."""
    job = labeling_job(
        "Job-1",
        created_at=NOON,
        starts_after=starts_after,
        lasts=lasts,
        ends=ends,
        objects=objects,
        machine=machine,
        counts=counts,
        streaming=streaming,
        region=region,
        failed=int(remains[0] * objects),
        unlabeled=int(remains[1] * objects),
    )
    JobServices(clock=ManualClock(NOON)).add(job)
    for step in job.steps:
        counters = job.at(step.at)["LabelCounters"]
        assert counters["HumanLabeled"] + counters["MachineLabeled"] == counters["TotalLabeled"]
        assert (
            counters["TotalLabeled"] + counters["FailedNonRetryableError"] + counters["Unlabeled"] == objects
        )


@given(SECONDS, SECONDS, st.sampled_from(["SUCCEEDED", "FAILED", ""]), st.sampled_from(sorted(FAILURES)))
def test_every_media_analysis_job_that_can_be_scripted_can_be_shown(
    starts_after: float, lasts: float, ends: str, code: str
) -> None:
    """Whatever the parameters: the service takes it."""
    job = media_analysis_job(
        "night", created_at=NOON, starts_after=starts_after, lasts=lasts, ends=ends, code=code
    )
    JobServices(clock=ManualClock(NOON)).add(job)
    assert job.at(job.ends_at)["Status"] == (ends or "IN_PROGRESS")


def test_a_stopped_job_stops_before_it_is_stopped() -> None:
    """Stopping comes between, and what was labeled until then stays."""
    job = labeling_job(
        "cats", created_at=NOON, starts_after=0, lasts=100, ends="Stopped", objects=80, counts=4
    )
    statuses = {second: job.at(NOON + timedelta(seconds=second)) for second in (50, 95, 100)}
    assert [row["LabelingJobStatus"] for row in statuses.values()] == ["InProgress", "Stopping", "Stopped"]
    assert statuses[100]["LabelCounters"]["TotalLabeled"] == 60


@pytest.mark.parametrize("offsets", [[], [-1], [0, 5, 3]])
def test_steps_come_in_order_from_the_creation_on(offsets: list[int]) -> None:
    """A script that cannot be is refused when it is written."""
    steps = tuple(Step(NOON + timedelta(seconds=offset), {}) for offset in offsets)
    with pytest.raises(ValueError, match="in order of time"):
        ScriptedJob("s", "a", "r", "id", NOON, {}, steps)


def test_rows_are_merged_member_by_member() -> None:
    """A step says only what changes, within nested structures too, and the row before it stays as it was."""
    before = {"a": 1, "b": {"c": 1, "d": 2}}
    assert merged(before, {"b": {"c": 3}, "e": {"f": 4}}) == {"a": 1, "b": {"c": 3, "d": 2}, "e": {"f": 4}}
    assert before == {"a": 1, "b": {"c": 1, "d": 2}}


def test_a_row_is_the_same_object_until_something_changes() -> None:
    """So that showing ten thousand finished jobs costs no copies."""
    job = labeling_job("cats", created_at=NOON, starts_after=5)
    assert job.at(NOON) is job.at(NOON + timedelta(seconds=4))
    assert job.at(NOON) is not job.at(NOON + timedelta(seconds=5))


def test_unknown_jobs_can_neither_vanish_nor_hide() -> None:
    """A scenario that misspells an id hears of it."""
    services = JobServices()
    with pytest.raises(KeyError):
        services.vanish("nobody")
    with pytest.raises(KeyError):
        services.hide("nobody", NOON)


def test_a_job_says_when_it_last_changed() -> None:
    """By the steps that count as a modification, until it is gone."""
    steps = (
        Step(NOON, {"Status": "A"}),
        Step(NOON + timedelta(seconds=5), {"Count": 1}, modifies=False),
        Step(NOON + timedelta(seconds=9), {"Status": "B"}),
    )
    job = ScriptedJob("a.b", "1", "r", "x", NOON, {}, steps)
    assert [(job.changed_at(NOON + timedelta(seconds=at)) - NOON).seconds for at in (0, 5, 8, 9, 99)] == [
        0,
        0,
        0,
        9,
        9,
    ]
    vanished = job.vanishing(NOON + timedelta(seconds=7))
    assert vanished.changed_at(NOON + timedelta(seconds=99)) == NOON


def test_a_job_below_a_parent_has_a_place_of_its_own() -> None:
    """One without is at its region's."""
    step = Step(NOON, {})
    below = ScriptedJob("a.b", "1", "r", "x", NOON, {}, (step,), parent="d1")
    assert (below.place.key, ScriptedJob("a.b", "1", "r", "x", NOON, {}, (step,)).place.key) == (
        "a.b/1/r/d1",
        "a.b/1/r",
    )
