"""Cases of the catalogue in what is made of an answer: order, words and members that nobody knows, jobs that are gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations, permutations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from faults.kinds import KINDS, catalogued, job_of, world_of
from faults.schedules import START, at, event_of, labeling, watch
from faults.world import Schedule, World
from jobherald.accept import accept
from jobherald.catalog.load import load
from jobherald.local.services import ScriptedJob
from jobherald.model import TOLD_BY_DEFAULT, Job, JobKey, Observation, Place, State
from tests.faults.scenes import keeps_its_promises, outcomes, run_out, run_to, told

KEY = JobKey(Place("sagemaker.labeling", "111122223333", "us-east-1"), "arn:job/one")
LIVES = (
    (State.QUEUED, State.RUNNING, State.RUNNING, State.STOPPING, State.STOPPED),
    (State.QUEUED, State.RUNNING, State.RUNNING, State.SUCCEEDED, State.PARTIAL),
    (State.RUNNING, State.FAILED, State.FAILED, State.FAILED, State.FAILED),
)


# 2: order and repetition


def observed(life: Sequence[State], *, modified: bool) -> list[Observation]:
    """What answers show of a life, a minute apart."""
    moments = [START + timedelta(minutes=minute) for minute in range(len(life))]
    return [
        Observation(KEY, state, state.value, at, created_at=START, modified_at=at if modified else None)
        for state, at in zip(life, moments, strict=True)
    ]


def taken(observations: Sequence[Observation]) -> tuple[Job | None, list[State]]:
    """What is remembered of them, taken in this order, and what was told."""
    job, changes = None, []
    for seen in observations:
        decision = accept(job, seen, TOLD_BY_DEFAULT)
        if decision is not None:
            job = replace(decision.job, owing=False)
            if decision.change is not None:
                changes.append(decision.change.state)
    return job, changes


@pytest.mark.parametrize("modified", [True, False])
@pytest.mark.parametrize("life", LIVES, ids=lambda life: life[-1])
def test_case_02_every_order_of_up_to_five_observations_ends_the_same(
    life: Sequence[State], *, modified: bool
) -> None:
    """The last state is told once, whatever came before it; nothing is told that was already overtaken."""
    for size in range(1, 6):
        for chosen in combinations(observed(life, modified=modified), size):
            ends = set()
            for order in permutations(chosen):
                job, changes = taken(order)
                assert job is not None
                ends.add((job.state, job.status))
                assert len(set(changes)) == len(changes), order
                if job.state in TOLD_BY_DEFAULT:
                    assert changes[-1] is job.state, order
                ranks = [life.index(state) for state in changes]
                assert ranks == sorted(ranks), order
            assert ends == {(chosen[-1].state, chosen[-1].status)}


def test_case_02_events_in_any_order_twice_and_late_tell_each_outcome_once() -> None:
    """They race the polls too: one comes as a poll begins."""
    jobs = (labeling("one", 70, 15), labeling("two", 75, 46))
    events = [event_of(jobs[0], 0), event_of(jobs[0], 0), event_of(jobs[1], 1), event_of(jobs[1], 1)]
    moments = [at(seconds) for seconds in (86.1, 119.99, 122.5, 200)]
    for order in permutations(events):
        world = World(
            Schedule("events", at(0), jobs, watch("labeling"), tuple(zip(moments, order, strict=True)))
        )
        world.run()
        assert [outcomes(world, job) for job in jobs] == [["succeeded"]] * 2
        assert keeps_its_promises(world)


# 6: words and members that nobody knows

GARBAGE: st.SearchStrategy[object] = (
    st.text(max_size=30) | st.integers() | st.booleans() | st.none() | st.just([]) | st.just({"a": 1})
)


@settings(max_examples=30, derandomize=True)
@given(
    word=st.text(min_size=1, max_size=60),
    omit=st.sets(
        st.sampled_from(
            [
                "CreationTime",
                "LabelingJobArn",
                "LabelingJobName",
                "LastModifiedTime",
                "LabelCounters",
                "InputConfig",
            ]
        )
    ),
    new=st.dictionaries(st.text(min_size=1, max_size=8), GARBAGE, max_size=3),
)
def test_case_06_an_unknown_word_and_members_that_are_missing_or_new_harm_nothing(
    word: str, omit: set[str], new: dict[str, object]
) -> None:
    """Not the other jobs of the place, nor this one: as soon as it is shown as it is, its outcome is told."""
    assume(word not in load("sagemaker.labeling").states)
    odd, other = labeling("odd", 70, 100), labeling("other", 70, 100)
    world = World(Schedule("odd", at(0), (odd, other), watch("labeling")))
    run_to(world, 65)
    faults = world.jobs.aws.faults
    assume(not set(new) & set(odd.at(at(100))))
    faults.alter(odd.id, {**new, "LabelingJobStatus": word}, omit=omit)
    run_to(world, 250)
    assert told(world, other) == ["running", "succeeded"]
    assert [state for state in told(world, odd) if state != "gone"] == []
    faults.heal(odd.id)
    run_out(world)
    assert outcomes(world, odd) == ["succeeded"]
    assert told(world, other) == ["running", "succeeded"]
    assert not world.failed
    said = [each.message["alert"] for each in world.operations.received]
    assert said == ([] if "LabelingJobArn" in omit else ["unknown_status"])


# 7: jobs that are gone


@pytest.fixture
def kinds() -> Iterator[None]:
    with catalogued():
        yield


@pytest.mark.usefixtures("kinds")
@pytest.mark.parametrize("kind", KINDS)
def test_case_07_a_job_that_its_service_no_longer_knows_is_told_as_gone_once(kind: str) -> None:
    """While it ran; one that had ended is not, and neither is what nobody ever saw."""
    running = gone_at(job_of(kind, "running", 70, 600), 150)
    ended = gone_at(job_of(kind, "ended", 70, 20), 150)
    unseen = gone_at(job_of(kind, "unseen", 122, 30), 140)
    stays = job_of(kind, "stays", 70, 600)
    world = world_of(kind, [running, ended, unseen, stays])
    world.run()
    assert told(world, running) == ["running", "gone"]
    assert outcomes(world, ended) == ["succeeded"]
    assert "gone" not in told(world, ended)
    assert told(world, unseen) == []
    assert told(world, stays) == ["running", "succeeded"]
    assert [item for item in world.table.items() if "open" in item] == []
    assert keeps_its_promises(world)


@pytest.mark.parametrize("state", ["queued", "running", "stopping"])
def test_case_07_in_whatever_open_state_it_was(state: str) -> None:
    life = {
        "queued": labeling("job", 70, 900, starts_after=600.0),
        "running": labeling("job", 70, 900),
        "stopping": labeling("job", 70, 50, "Stopped"),
    }[state]
    job = gone_at(replace(life, steps=life.steps[:-1], _rows={}), 130)
    world = World(Schedule("gone", at(0), (job,), watch("labeling")))
    # What is open is listed as a whole every ten minutes.
    run_out(world, 720)
    assert told(world, job)[-1] == "gone"
    assert told(world, job).count("gone") == 1
    assert keeps_its_promises(world)


def gone_at(job: ScriptedJob, seconds: float) -> ScriptedJob:
    return job.vanishing(at(seconds))
