"""Places that are slow, refused or bigger than a poll: what people are told of them, and that no outcome is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from unittest.mock import patch

import pytest

from faults.gate import Kind
from faults.judge import judge
from faults.kinds import catalogued, job_of, world_of
from faults.schedules import at, labeling, watch
from faults.world import CANARY, REGION, Schedule, World
from jobherald import bootstrap
from jobherald.flows.visit import Limits
from jobherald.local.services import ScriptedJob, auto_labeling_task
from jobherald.local.services.modelarts import PROJECT
from tests.faults.scenes import (
    alerts,
    before_each,
    keeps_its_promises,
    outcomes,
    run_on,
    run_out,
    run_to,
    told,
)


@contextmanager
def limits(given: Limits) -> Iterator[None]:
    with patch.object(bootstrap, "limits", lambda: given):
        yield


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    with catalogued():
        yield


# Slow ones

FEW: Final = Limits(pages=2, pace=0.0, sweep_every=180.0, blind_after=240.0)
IN_TIME: Final = "Outcomes are told in time all the same"
LATE: Final = "New outcomes may be told that late"


@pytest.mark.parametrize(
    ("kind", "count", "outcomes_are"),
    [
        ("modified_after and status", 8, LATE),
        ("modified_after", 8, IN_TIME),
        ("created_after", 12, LATE),
        ("newest_first", 12, LATE),
    ],
)
def test_a_place_that_falls_behind_is_told_once_and_so_is_that_it_caught_up(
    kind: str, count: int, outcomes_are: str
) -> None:
    """A poll sees few of many open jobs: outcomes come late, as was said, and none is missing in the end."""
    jobs = [job_of(kind, f"crowd-{n:02}", n - 100, 1600) for n in range(count)]
    world = world_of(kind, jobs, page_size=1)
    with limits(FEW):
        run_to(world, 1200)
        (text,) = alerts(world, "behind")
        assert outcomes_are in text
        assert alerts(world, "caught_up") == []
        run_out(world, 1200)
    assert [len(alerts(world, each)) for each in ("behind", "caught_up")] == [1, 1]
    assert [outcomes(world, job) for job in jobs] == [["succeeded"]] * count
    assert keeps_its_promises(world)


# Several datasets of a project


def below(dataset: str, name: str, created: float, lasts: float) -> ScriptedJob:
    return auto_labeling_task(name, created_at=at(created), lasts=lasts, dataset=dataset, counts=2)


def project(*jobs: ScriptedJob, watches: str = watch("tasks")) -> World:
    return World(Schedule("project", at(0), jobs, watches))


def test_of_a_dataset_that_is_dropped_the_open_task_is_gone_and_the_others_go_on() -> None:
    dropped, stays = below("dropped0000", "dropped", 70, 900), below("stays000000", "stays", 70, 400)
    world = project(dropped, stays)
    run_to(world, 200)
    world.jobs.modelarts.drop_dataset("dropped0000")
    run_out(world)
    assert told(world, dropped) == ["running", "gone"]
    assert told(world, stays) == ["running", "succeeded"]
    assert alerts(world, "blind") == []


REFUSALS: Final = {"denied": "ModelArts.4336", "failing": "ModelArts.4505"}


@pytest.mark.parametrize("way", REFUSALS)
def test_one_dataset_that_is_refused_blinds_no_other(way: str) -> None:
    """People are told that it is refused, and that all is seen again; its own outcome is told then."""
    refused, other = below("refused0000", "refused", 70, 300), below("other000000", "other", 70, 300)
    world = project(refused, other)
    run_to(world, 130)
    faults = world.jobs.modelarts.faults
    faults.answer(REFUSALS[way], None, parent="refused0000")
    run_to(world, 1500)
    assert outcomes(world, other) == ["succeeded"]
    assert outcomes(world, refused) == []
    assert len(alerts(world, "blind")) == 1
    faults.clear()
    run_out(world, 1200)
    assert outcomes(world, refused) == ["succeeded"]
    assert len(alerts(world, "sees_again")) == 1
    assert keeps_its_promises(world)


@pytest.mark.parametrize("way", REFUSALS)
def test_where_every_dataset_is_refused_it_is_said_once_for_all(way: str) -> None:
    jobs = [below(f"dataset{n:04}", f"task-{n}", 70, 300) for n in range(3)]
    world = project(*jobs)
    run_to(world, 130)
    faults = world.jobs.modelarts.faults
    for job in jobs:
        faults.answer(REFUSALS[way], None, parent=job.parent)
    run_to(world, 1500)
    assert len(alerts(world, "blind")) == 1
    assert [outcomes(world, job) for job in jobs] == [[]] * 3
    faults.clear()
    run_out(world, 2100)
    assert len(alerts(world, "sees_again")) == 1
    assert [outcomes(world, job) for job in jobs] == [["succeeded"]] * 3
    assert keeps_its_promises(world)


def test_a_dataset_that_a_watch_names_and_that_is_not_there_is_said_and_the_others_are_told() -> None:
    named = below("dataset0001", "named", 70, 200)
    world = project(named, watches=watch("tasks") + 'parents = ["dataset0001", "missing0000"]\n')
    run_to(world, 900)
    (text,) = alerts(world, "blind")
    assert "missing0000" in text
    assert outcomes(world, named) == ["succeeded"]


def test_more_datasets_than_a_poll_can_list_are_refused_with_what_to_do() -> None:
    world = project(*(below(f"dataset{n:04}", f"task-{n}", -90, 10) for n in range(1001)))
    run_to(world, 130)
    (text,) = alerts(world, "blind")
    assert "more than 1,000" in text
    assert "`parents`" in text


def test_more_datasets_than_one_poll_can_look_below_are_seen_in_turn() -> None:
    """The next poll begins where the last one ended: none waits for ever."""
    jobs = [below(f"dataset{n:04}", f"task-{n}", 400, 200 + 10 * n) for n in range(6)]
    world = project(*jobs)
    with limits(Limits(pages=3, pace=0.0)):
        run_out(world, 1800)
    assert [outcomes(world, job) for job in jobs] == [["succeeded"]] * 6
    assert keeps_its_promises(world)


def test_a_poll_that_is_too_short_to_list_the_datasets_says_so_when_it_lasts() -> None:
    jobs = [below("dataset0001", "task", 70, 200)]
    world = project(*jobs)
    with limits(Limits(parents=0, pace=0.0)):
        run_to(world, 1300)
    (text,) = alerts(world, "blind")
    assert "One poll is too short" in text
    run_out(world, 1200)
    assert len(alerts(world, "sees_again")) == 1


# What calls are signed with

OTHER_PROJECT: Final = "0c5a4e8f1d2b4c6d8e0f1a2b3c4d5e6f"


def two_projects(*jobs: ScriptedJob, watches: str = watch("tasks")) -> World:
    world = World(Schedule("two projects", at(0), (), watches))
    world.jobs.modelarts.projects[OTHER_PROJECT] = "cn-north-4"
    world.add(jobs)
    return world


def elsewhere(name: str, created: float, lasts: float) -> ScriptedJob:
    return auto_labeling_task(
        name, created_at=at(created), lasts=lasts, project=OTHER_PROJECT, dataset="dataset0002", counts=2
    )


def test_a_credential_that_is_refused_stops_every_project_and_is_said_once_as_is_that_it_is_taken() -> None:
    """One call in five minutes tries it; what ended meanwhile is told once it is taken."""
    one, two = below("dataset0001", "one", 70, 200), elsewhere("two", 70, 200)
    world = two_projects(one, two)
    run_to(world, 130)
    modelarts = world.jobs.modelarts
    keys = dict(modelarts.gateway.keys)
    modelarts.gateway.keys.clear()
    asked = len(modelarts.calls)
    run_to(world, 1300)
    assert len(modelarts.calls) - asked <= 6
    (text,) = alerts(world, "credential_refused")
    assert CANARY not in text
    assert alerts(world, "blind") == []
    assert outcomes(world, one) + outcomes(world, two) == []
    modelarts.gateway.keys.update(keys)
    run_on(world, 900)
    assert len(alerts(world, "credential_taken")) == 1
    assert [outcomes(world, job) for job in (one, two)] == [["succeeded"]] * 2
    assert keeps_its_promises(world)


def test_a_turn_to_try_the_credential_that_tries_nothing_is_the_next_ones() -> None:
    """Where all that a watch names has ended there is nothing to ask, and the credential would never be tried."""
    ended, two = below("dataset0001", "ended", 10, 60), elsewhere("two", 70, 300)
    watches = (
        f'[[watch]]\nid = "one"\nsource = "modelarts.auto_labeling"\nprojects = ["cn-north-4/{PROJECT}"]\n'
        f'jobs = ["dataset0001/{ended.id}"]\n'
        f'[[watch]]\nid = "two"\nsource = "modelarts.auto_labeling"\nprojects = ["cn-north-4/{OTHER_PROJECT}"]\n'
    )
    world = two_projects(ended, two, watches=watches)
    run_to(world, 250)
    modelarts = world.jobs.modelarts
    keys = dict(modelarts.gateway.keys)
    modelarts.gateway.keys.clear()
    run_to(world, 1300)
    modelarts.gateway.keys.update(keys)
    run_on(world, 900)
    assert len(alerts(world, "credential_taken")) == 1
    assert outcomes(world, two) == ["succeeded"]
    verdict = judge(world)
    # Of what is named nothing is listed, and the judge takes what a list showed alone for due.
    assert not (*verdict.lost, *verdict.repeated, *verdict.left, *verdict.broken)


# Words that nobody knows


def test_so_many_unknown_words_are_told_and_no_more() -> None:
    """A place whose service answers garbage keeps its size, and people their peace."""
    jobs = [labeling(f"job-{n}", 70, 100) for n in range(25)]
    world = World(Schedule("words", at(0), tuple(jobs), watch("labeling")))
    run_to(world, 65)
    for number, job in enumerate(jobs):
        world.jobs.aws.faults.alter(job.id, {"LabelingJobStatus": f"Odd{number:02}"})
    run_to(world, 250)
    assert (
        len([each for each in world.operations.received if each.message["alert"] == "unknown_status"]) == 20
    )
    world.jobs.aws.faults.clear()
    run_out(world)
    assert [outcomes(world, job) for job in jobs] == [["succeeded"]] * 25
    assert keeps_its_promises(world)


# What calls are kept apart by


def test_a_pace_is_kept_between_two_calls_of_a_poll() -> None:
    kind = "newest_first"
    jobs = [job_of(kind, f"job-{n}", 70 + n, 60) for n in range(3)]
    world = world_of(kind, jobs, page_size=1)
    world.variables["PAGE_PACE"] = "1.5"
    calls: list[tuple[int, datetime]] = []
    before_each(world, ":List", lambda _: calls.append((world.gate.passed[-1].invocation, world.clock.now())))
    world.run()
    gaps = [later[1] - one[1] for one, later in pairwise(calls) if one[0] == later[0]]
    assert gaps
    assert min(gaps) >= timedelta(seconds=1.5)
    assert [outcomes(world, job) for job in jobs] == [["succeeded"]] * 3
    assert keeps_its_promises(world)


def test_two_polls_that_meet_the_refused_credential_at_once_say_so_once() -> None:
    """Whichever call of either takes so long that the other comes first."""

    def run(races: Sequence[int] = ()) -> tuple[World, int]:
        world = two_projects(below("dataset0001", "one", 70, 400), elsewhere("two", 70, 400))
        world.races = frozenset(races)
        run_to(world, 115)
        keys = dict(world.jobs.modelarts.gateway.keys)
        world.jobs.modelarts.gateway.keys.clear()
        begin = len(world.gate.passed)
        run_to(world, 200)
        world.jobs.modelarts.gateway.keys.update(keys)
        run_to(world, 900)
        return world, begin

    _, begin = run()
    for number in range(begin, begin + 25):
        world, _ = run([number])
        said = [len(alerts(world, kind)) for kind in ("credential_refused", "credential_taken")]
        assert said == [1, 1], number
        assert keeps_its_promises(world), number


# News that would arrive


def test_the_daily_canary_says_how_many_places_cannot_be_seen() -> None:
    world = World(Schedule("canary", at(0), (), watch("labeling", "media")))
    world.variables["CANARY"] = "ENABLED"
    world.jobs.aws.faults.deny(REGION, service="sagemaker")
    run_to(world, 900)
    (text,) = alerts(world, "canary")
    assert text == "jobherald is running, but cannot see 1 of 2 places; 0 jobs open."


# Telling


@pytest.mark.parametrize("what", ["dynamodb:UpdateItem", "dynamodb:"])
def test_what_is_told_and_cannot_be_kept_comes_back_and_is_told_again_as_the_same_change(what: str) -> None:
    """The write is tried again while there is time; where it does not work for minutes the item comes back."""
    job = labeling("job", 70, 30)
    world = World(Schedule("kept", at(0), (job,), watch("labeling")))
    run_to(world, 70)
    refused: list[str] = []

    def refuse(_: int) -> None:
        call = world.gate.passed[-1]
        told_already = any(each.get("job") for each in world.published())
        if call.function == "notify" and told_already and world.clock.now() < at(300):
            world.faults[len(world.gate.passed) - 1] = Kind.REFUSED
            refused.append(call.what)

    before_each(world, what, refuse)
    run_out(world, 600)
    assert len(refused) > 5
    assert len({each["id"] for each in world.published() if each.get("state") == "succeeded"}) == 1
    verdict = judge(world)
    assert not (*verdict.lost, *verdict.unexpected, *verdict.left, *verdict.broken)
