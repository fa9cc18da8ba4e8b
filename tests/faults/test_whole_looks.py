"""Looks at single jobs, through the whole system: why one failed, and what became of one that its list no longer shows."""

from __future__ import annotations

from typing import Any

import pytest

from faults.schedules import at, labeling, watch
from faults.world import ACCOUNT, REGION, Schedule, World
from jobherald.local.services import ScriptedJob
from jobherald.local.services.training import REASON, sagemaker_training_job
from tests.faults.scenes import alerts, keeps_its_promises, outcomes, run_out, run_to, told

TRAINING = f'[[watch]]\nid = "training"\nsource = "sagemaker.training"\nregions = ["{REGION}"]\n'


def training(name: str, created: float, lasts: float, **life: Any) -> ScriptedJob:
    return sagemaker_training_job(
        name, created_at=at(created), account=ACCOUNT, region=REGION, lasts=lasts, **life
    )


def trainings(*jobs: ScriptedJob) -> World:
    """Whose list does not say why one failed."""
    world = World(Schedule("trainings", at(0), jobs, TRAINING))
    world.sources = ("sagemaker.training",)
    return world


def labelings(*jobs: ScriptedJob) -> World:
    return World(Schedule("labelings", at(0), jobs, watch("labeling")))


def gone(job: ScriptedJob, created: float) -> ScriptedJob:
    """Its service forgets it so many seconds after the start."""
    return job.vanishing(at(created))


def reasons(world: World) -> list[str]:
    return [each.get("reason") or "" for each in world.published() if each.get("state") == "failed"]


def test_a_failure_comes_with_the_reason_that_only_a_look_has() -> None:
    failed, done = training("failed", 70, 100, ends="Failed"), training("done", 70, 200)
    world = trainings(failed, done)
    run_out(world)
    assert [outcomes(world, job) for job in (failed, done)] == [["failed"], ["succeeded"]]
    assert reasons(world) == [REASON]


@pytest.mark.parametrize("way", ["fail", "deny"])
def test_failures_are_told_without_a_reason_where_nobody_may_look(way: str) -> None:
    """Each of them, in time, and in the same poll."""
    jobs = [training(f"failed-{number}", 70, 100, ends="Failed") for number in range(4)]
    world = trainings(*jobs)
    faults = world.jobs.aws.faults
    asked: dict[str, Any] = {"operation": "DescribeTrainingJob"}
    fault = faults.fail(None, **asked) if way == "fail" else faults.deny(REGION, **asked)
    run_out(world)
    assert [outcomes(world, job) for job in jobs] == [["failed"]] * 4
    assert reasons(world) == [""] * 4
    assert fault.hits == (2 if way == "fail" else 1)


@pytest.mark.parametrize("way", ["fail", "deny"])
def test_a_job_that_cannot_be_looked_at_hides_no_other(way: str) -> None:
    """It vanished, and what became of it is told when it can be seen; until then people know."""
    lost = gone(labeling("lost", 70, 9000), 400)
    world = labelings(lost, stays := labeling("stays", 70, 1500))
    faults = world.jobs.aws.faults
    run_to(world, 390)
    asked: dict[str, Any] = {"operation": "DescribeLabelingJob"}
    if way == "fail":
        faults.fail(None, **asked)
    else:
        faults.deny(REGION, **asked)
    run_to(world, 2400)
    assert told(world, stays) == ["running", "succeeded"]
    assert told(world, lost) == ["running"]
    (text,) = alerts(world, "blind")
    assert "lost is no longer listed, and what became of it cannot be seen" in text
    faults.clear()
    run_out(world, 1200)
    assert told(world, lost) == ["running", "gone"]
    assert len(alerts(world, "sees_again")) == 1
    assert keeps_its_promises(world)


def test_a_throttled_look_waits_like_any_call() -> None:
    lost = gone(labeling("lost", 70, 9000), 400)
    world = labelings(lost)
    run_to(world, 390)
    world.jobs.aws.faults.throttle(2, operation="DescribeLabelingJob")
    run_to(world, 2400)
    assert told(world, lost) == ["running", "gone"]
    assert alerts(world, "blind") == []


def test_a_job_that_a_watch_names_is_told_under_an_id_that_can_be_used_again() -> None:
    ended = training("ended", -90, 400, ends="Failed")
    lost = gone(training("lost", -90, 9000), 400)
    world = trainings(ended, lost)
    world.parameters["/jobherald/config"] = TRAINING + f'jobs = ["{ended.id}", "{lost.id}"]\n'
    run_to(world, 1500)
    assert told(world, ended) == ["failed"]
    assert told(world, lost) == ["gone"]
    assert alerts(world, "blind") == []
