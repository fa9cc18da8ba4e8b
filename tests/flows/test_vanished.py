"""Jobs that vanish from their list, where looking at them is refused, or their list says little of when they began."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jobherald.errors import ListingError
from jobherald.flows.visit import Limits
from jobherald.model import AlertKind, Place, State
from jobherald.ports import Page, Query, Reach, Sight
from jobherald.watch import Look
from tests.fakes.service import PLACE, Life
from tests.fakes.world import World, world

NEW = (1.0, State.RUNNING)


def watched(reach: Reach) -> World:
    """After its first look, and looking at all open jobs each time."""
    made = world(reach)
    made.limits = Limits(sweep_every=0)
    made.settle()
    return made


def refuse_looks(made: World, *jobs: Life, kind: str = "failed") -> list[str]:
    """From now on. Returns the ids of the jobs that somebody looks at in vain."""
    shown, asked_for = made.service.look, []

    def refused(look: Look) -> Sight:
        if look.id in {job.id for job in jobs}:
            asked_for.append(look.id)
            raise ListingError(f"DescribeJob is refused for {look.id}.", kind=kind)
        return shown(look)

    made.service.look = refused  # type: ignore[method-assign]
    return asked_for


def vanish(made: World, *jobs: Life) -> None:
    for job in jobs:
        job.deleted = made.clock.now()


@pytest.mark.parametrize("reach", Reach)
class TestRefusedLooks:
    @pytest.mark.parametrize("bad", [1, 2, 3])
    def test_jobs_that_cannot_be_looked_at_hide_no_other(self, reach: Reach, bad: int) -> None:
        """What became of the others is told, what comes is told in time, and what is refused is said."""
        made = watched(reach)
        stuck = [made.service.add(f"stuck-{number}", NEW) for number in range(bad)]
        made.poll()
        lost = [made.service.add(f"lost-{number}", NEW) for number in range(3)]
        made.poll()
        refuse_looks(made, *stuck)
        vanish(made, *stuck, *lost)
        for _ in range(20):
            made.poll()
        assert [made.told_of(job) for job in lost] == [[State.RUNNING, State.GONE]] * 3
        (text,) = made.alerted(AlertKind.BLIND)
        assert "The job stuck-" in text
        assert "is no longer listed, and what became of it cannot be seen: DescribeJob is refused for" in text
        fresh = made.service.add("fresh", NEW, (70, State.FAILED))
        made.poll()
        made.poll()
        assert made.told_of(fresh) == [State.RUNNING, State.FAILED]
        assert all(change.unseen_since is None for change in made.told)

    def test_nobody_who_may_not_look_looks_at_each_of_them(self, reach: Reach) -> None:
        """The next look would be refused as well; the list is read as ever."""
        made = watched(reach)
        jobs = [made.service.add(f"job-{number}", NEW) for number in range(5)]
        made.poll()
        asked_for = refuse_looks(made, *jobs, kind="denied")
        vanish(made, *jobs)
        made.poll()
        listed = len(made.service.pages)
        assert len(asked_for) == 1
        fresh = made.service.add("fresh", NEW)
        made.poll()
        assert made.told_of(fresh) == [State.RUNNING]
        assert len(made.service.pages) > listed
        assert len(made.alerted(AlertKind.BLIND)) == 1

    def test_it_is_over_when_the_job_can_be_looked_at(self, reach: Reach) -> None:
        """And the job is told."""
        made = watched(reach)
        job = made.service.add("job", NEW)
        made.poll()
        look = made.service.look
        refuse_looks(made, job)
        vanish(made, job)
        for _ in range(15):
            made.poll()
        made.service.look = look  # type: ignore[method-assign]
        for _ in range(2):
            made.poll()
        assert made.told_of(job) == [State.RUNNING, State.GONE]
        assert [alert.kind for alert in made.alerts] == [AlertKind.BLIND, AlertKind.SEES_AGAIN]


def test_below_a_parent_too_a_look_that_is_refused_hides_no_other() -> None:
    """Neither below the same parent nor below another one, and it is said once however many polls a round takes."""
    made = world(Reach.EVERYTHING)
    made.service.tells_of_family = False
    made.service.family = {f"p{number}": made.clock.now() for number in range(6)}
    made.limits = Limits(pages=4)
    made.settle()
    below = [replace(PLACE, parent=parent) for parent in ("p0", "p0", "p3")]
    jobs = [made.service.add(f"job-{number}", NEW, place=place) for number, place in enumerate(below)]
    for _ in range(3):
        made.poll()
    refuse_looks(made, jobs[0])
    vanish(made, *jobs)
    for _ in range(40):
        made.poll()
    assert [made.told_of(job)[-1] for job in jobs] == [State.RUNNING, State.GONE, State.GONE]
    assert [alert.kind for alert in made.alerts] == [AlertKind.BLIND]


class TestBelowWhatIsGone:
    @pytest.fixture
    def made(self) -> World:
        """A parent that was deleted while a job ran below it, and no code of its own for that."""
        made = world(Reach.EVERYTHING)
        made.service.family = {"there": made.clock.now(), "dead": made.clock.now()}
        made.settle()
        page = made.service.page

        def refused(place: Place, query: Query, token: str) -> Page:
            if place.parent == "dead" and "dead" not in made.service.family:
                made.service.calls += 1
                raise ListingError("the request is wrong", kind="failed")
            return page(place, query, token)

        made.service.page = refused  # type: ignore[method-assign]
        return made

    def test_its_jobs_are_looked_up(self, made: World) -> None:
        """Its own list shows no more than that it is not there."""
        job = made.service.add("job", NEW, place=replace(PLACE, parent="dead"))
        made.poll()
        del made.service.family["dead"]
        vanish(made, job)
        for _ in range(3):
            made.poll()
        assert made.told_of(job) == [State.RUNNING, State.GONE]
        assert made.alerts == []
        assert made.store.children(PLACE).keys() == {"there"}

    def test_where_nothing_can_be_looked_up_nothing_is_called_gone(self, made: World) -> None:
        """A fault would be taken for the end of all that runs."""
        made.service.can_look = False
        job = made.service.add("job", NEW, place=replace(PLACE, parent="dead"))
        made.poll()
        del made.service.family["dead"]
        for _ in range(5):
            made.poll()
        assert made.told_of(job) == [State.RUNNING]


def beside_another(reach: Reach) -> tuple[World, Life]:
    """A job without a creation time, known and open, and a younger one that runs for a day."""
    made = watched(reach)
    undated = made.service.add("undated", (1.0, State.QUEUED), undated=True)
    made.clock.advance(1000)
    made.service.add("other", (1.0, State.RUNNING), (90_000, State.SUCCEEDED))
    for _ in range(3):
        made.poll()
    return made, undated


@pytest.mark.parametrize("reach", Reach)
class TestUndatedJobs:
    """A row can be without a creation time until its job has begun."""

    def test_its_end_does_not_wait_for_that_of_another_job(self, reach: Reach) -> None:
        """It can stand anywhere in the list."""
        made, undated = beside_another(reach)
        undated.steps.append((made.clock.now(), State.STOPPED))
        for _ in range(3):
            made.poll()
        assert made.told_of(undated) == [State.STOPPED]

    def test_that_it_vanished_does_not_wait_for_another_job(self, reach: Reach) -> None:
        """It may have been cancelled before it began."""
        made, undated = beside_another(reach)
        vanish(made, undated)
        for _ in range(3):
            made.poll()
        assert made.told_of(undated) == [State.GONE]


def test_finished_jobs_without_a_creation_time_cost_no_write() -> None:
    """That they are stored is all that tells them from new ones: they are read again."""
    made = watched(Reach.EVERYTHING)
    for number in range(20):
        made.service.add(f"job-{number}", NEW, (20, State.SUCCEEDED), undated=True)
    made.poll(after=900)
    made.poll(after=900)
    before = dict(made.store.calls)
    for _ in range(3):
        made.poll(after=900)
    assert made.store.calls["write"] == before["write"]
    assert made.store.calls["write_details"] == before["write_details"]


def test_what_cannot_be_looked_at_is_tried_again_by_each_poll() -> None:
    """Where open jobs are listed now and then, people would else hear of it, and of its end, each time."""
    made = world(Reach.MODIFIED_AFTER)
    made.settle()
    job = made.service.add("job", NEW)
    made.poll()
    asked_for = refuse_looks(made, job, kind="denied")
    vanish(made, job)
    for _ in range(40):
        made.poll()
    assert [alert.kind for alert in made.alerts] == [AlertKind.BLIND]
    assert len(asked_for) > 20
    assert made.record().missing == {"job"}


def test_a_job_that_comes_back_is_looked_at_no_more() -> None:
    """Its list shows it again: there is no trouble."""
    made = world(Reach.MODIFIED_AFTER)
    made.settle()
    job = made.service.add("job", NEW)
    made.poll()
    asked_for = refuse_looks(made, job)
    job.hidden = True
    for _ in range(20):
        made.poll()
    job.hidden = False
    job.steps.append((made.clock.now(), State.FAILED))
    made.poll()
    asked = len(asked_for)
    for _ in range(20):
        made.poll()
    assert len(asked_for) == asked
    assert made.told_of(job) == [State.RUNNING, State.FAILED]
    assert made.record().missing == frozenset()
    assert made.record().trouble == ""
