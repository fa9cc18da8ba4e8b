"""Jobs that vanish from the list of a service that reads no job by itself."""

from __future__ import annotations

import pytest

from jobherald.flows.visit import MOST_MISSING, Limits
from jobherald.model import State
from jobherald.ports import Reach
from tests.fakes.service import PLACE, Life
from tests.fakes.world import World, world

LISTS = [Reach.CREATED_AFTER, Reach.NEWEST_FIRST, Reach.EVERYTHING]
"""Those that show every open job at each poll; by modified time only what changed is listed in between."""
SWEEP = Limits().sweep_every


def running(reach: Reach, *names: str) -> tuple[World, list[Life]]:
    """A watched place in which these run."""
    made = world(reach)
    made.service.can_look = False
    made.settle()
    jobs = [made.service.add(name, (1, State.QUEUED), (5, State.RUNNING)) for name in names]
    made.poll()
    return made, jobs


@pytest.mark.parametrize("reach", LISTS, ids=str)
def test_a_job_that_two_looks_do_not_show_is_gone(reach: Reach) -> None:
    """Not after the first: a list may leave a row out while it moves."""
    made, (job,) = running(reach, "one")
    job.deleted = made.clock.now()
    made.poll()
    assert made.told_of(job) == [State.RUNNING]
    for _ in range(3):
        made.poll()
    assert made.told_of(job) == [State.RUNNING, State.GONE]
    assert made.told[-1].name == "one"


@pytest.mark.parametrize("reach", LISTS, ids=str)
def test_a_job_that_comes_back_is_not_gone(reach: Reach) -> None:
    """Two looks in a row have to miss it."""
    made, (job,) = running(reach, "one")
    for hidden in (True, False, True, False, False):
        job.hidden = hidden
        made.poll()
    job.steps.append((made.clock.now(), State.SUCCEEDED))
    made.poll()
    assert made.told_of(job) == [State.RUNNING, State.SUCCEEDED]


@pytest.mark.parametrize("reach", LISTS, ids=str)
def test_the_place_is_well_meanwhile(reach: Reach) -> None:
    """Nothing was refused, so nobody is told of trouble."""
    made, (job,) = running(reach, "one")
    job.deleted = made.clock.now()
    for _ in range(3):
        assert made.poll().outcome == "complete"
    assert made.alerts == []


@pytest.mark.parametrize("reach", LISTS, ids=str)
def test_a_look_that_did_not_come_to_an_end_counts_nothing(reach: Reach) -> None:
    """A job further down may still be there."""
    made, jobs = running(reach, *(f"job-{number}" for number in range(9)))
    made.service.page_size = 2
    made.limits = Limits(pages=2)
    for _ in range(12):
        made.poll()
    assert all(made.told_of(job) == [State.RUNNING] for job in jobs)


@pytest.mark.parametrize("reach", LISTS, ids=str)
def test_when_many_vanish_at_once_all_of_them_are_told(reach: Reach) -> None:
    """So many are remembered at a time; the others' turn comes later."""
    count = MOST_MISSING + 20
    made, jobs = running(reach, *(f"job-{number:03}" for number in range(count)))
    for job in jobs:
        job.deleted = made.clock.now()
    told = []
    for _ in range(5):
        made.poll()
        told.append(sum(change.state is State.GONE for change in made.told))
    assert told == [0, MOST_MISSING, count, count, count]
    record = made.store.place(PLACE)
    assert record is not None
    assert record.missing == frozenset()


def test_what_is_missing_outlives_the_function() -> None:
    """Each poll may be another one."""
    made, (job,) = running(Reach.EVERYTHING, "one")
    job.deleted = made.clock.now()
    made.poll()
    record = made.store.place(PLACE)
    assert record is not None
    assert record.missing == {job.id}


def test_by_modified_time_only_looks_at_all_open_jobs_count() -> None:
    """A listing of what changed leaves out whatever did not."""
    made, (job,) = running(Reach.MODIFIED_AFTER, "one")
    for _ in range(3):
        made.poll(after=SWEEP)
    job.deleted = made.clock.now()
    made.poll(after=SWEEP)
    for _ in range(3):
        made.poll()
    assert made.told_of(job) == [State.RUNNING]
    made.poll(after=SWEEP)
    assert made.told_of(job) == [State.RUNNING, State.GONE]


def test_a_job_whose_status_nobody_can_ask_for_is_not_missing() -> None:
    """No listing by an open status shows it, though it is there."""
    made, (job, other) = running(Reach.MODIFIED_AFTER, "one", "two")
    job.steps.append((made.clock.now(), State.UNKNOWN))
    for _ in range(5):
        made.poll(after=SWEEP)
    assert made.told_of(job) == [State.RUNNING]
    assert made.told_of(other) == [State.RUNNING]
    job.steps.append((made.clock.now(), State.SUCCEEDED))
    made.poll()
    assert made.told_of(job) == [State.RUNNING, State.SUCCEEDED]


def test_between_two_looks_at_all_open_jobs_they_are_not_even_read() -> None:
    """Nothing can be found missing there."""
    made, _ = running(Reach.MODIFIED_AFTER, "one")
    made.poll(after=SWEEP)
    made.poll(after=SWEEP - 60)
    before = made.store.calls["open_jobs"]
    made.poll(after=1)
    assert made.store.calls["open_jobs"] == before
