from __future__ import annotations

import pytest

from jobherald.errors import ListingError
from jobherald.flows.look import look
from jobherald.model import State
from jobherald.ports import Reach
from jobherald.watch import Look, Rule, Scope
from tests.fakes.service import PLACE
from tests.fakes.world import World, world

NEW = (1.0, State.QUEUED)


@pytest.fixture
def made() -> World:
    """A watched place after its first look."""
    watched = world()
    watched.settle()
    return watched


def test_a_look_tells_what_a_poll_would_tell_later(made: World) -> None:
    """An event leads to a look within seconds; the next poll finds nothing new."""
    job = made.service.add("one", NEW, (5, State.RUNNING), (20, State.FAILED))
    made.clock.advance(10)
    assert made.look(job).outcome == "seen"
    made.clock.advance(15)
    assert made.look(job).changes == 1
    made.poll()
    assert made.told_of(job) == [State.RUNNING, State.FAILED]


def test_the_same_look_twice_or_late_is_harmless(made: World) -> None:
    """Events come twice, late and out of order."""
    job = made.service.add("one", NEW, (5, State.RUNNING), (20, State.FAILED))
    made.clock.advance(60)
    assert [made.look(job).changes for _ in range(3)] == [1, 0, 0]
    made.poll()
    assert made.look(job).changes == 0
    assert made.told_of(job) == [State.FAILED]


def test_a_job_is_looked_at_by_its_name_where_an_event_has_only_that(made: World) -> None:
    """CloudTrail's StopLabelingJob names no ARN."""
    job = made.service.add("arn:one", NEW, (5, State.RUNNING), name="one")
    made.clock.advance(10)
    done = look(Look(PLACE, name="one"), made.service, made.store)
    assert (done.outcome, done.job, done.changes) == ("seen", "one", 1)
    made.notify()
    assert made.told_of(job) == [State.RUNNING]


def test_a_place_that_is_not_watched_is_not_called() -> None:
    """Rules of the stack may hear of places that no watch wants."""
    made = world()
    assert look(Look(PLACE, "x"), made.service, made.store).outcome == "not watched"
    made.watch()
    assert look(Look(PLACE, "x"), made.service, made.store).outcome == "not watched"
    assert made.service.calls == 0


def test_an_unknown_job_is_no_job(made: World) -> None:
    """Nothing is remembered of what the service does not know, and nobody is told that it is gone."""
    assert look(Look(PLACE, "x"), made.service, made.store).outcome == "no such job"
    assert made.store.news == []


def test_a_job_that_no_watch_wants_is_not_remembered() -> None:
    """An event is a hint about a job, not a watch over it."""
    made = world()
    made.watch(Scope((Rule("prod", name_contains="prod-"),)))
    made.poll_until_complete()
    job = made.service.add("test-1", NEW, (5, State.RUNNING))
    made.clock.advance(10)
    assert made.look(job).outcome == "not wanted"
    assert made.store.job(job.key) is None


@pytest.mark.parametrize("reach", list(Reach))
def test_a_look_during_the_first_look_is_as_silent_as_that(reach: Reach) -> None:
    """What was over before is over; what starts now is news."""
    made = world(reach)
    made.service.page_size = 1
    old = made.service.add("old", (-900, State.QUEUED), (-800, State.SUCCEEDED))
    for number in range(60):
        made.service.add(f"x-{number}", (-9000, State.QUEUED), (-8000, State.SUCCEEDED))
    new = made.service.add("new", (70, State.QUEUED), (75, State.RUNNING))
    made.watch()
    made.poll()
    assert made.record().settled_at is None
    made.clock.advance(30)
    assert made.look(old).changes == 0
    assert made.look(new).changes == 1
    assert made.told_of(new) == [State.RUNNING]


def test_what_only_looks_show_is_kept_beside_the_row(made: World) -> None:
    """The next row of the list must neither remove it nor look like a change because of it."""
    job = made.service.add("one", NEW, (5, State.RUNNING), (200, State.FAILED), details={"Color": "red"})
    made.clock.advance(10)
    made.look(job)
    version = made.store.jobs([job.key])[job.key].version
    made.poll()
    assert made.store.jobs([job.key])[job.key].version == version
    for _ in range(4):
        made.poll()
    story = made.store.story(job.key.text)
    assert story is not None
    assert story.details == {"Tags": ["one"], "Id": "one", "Status": "Failed", "Color": "red"}


def test_a_look_adds_what_it_shows_to_a_job_that_a_list_showed_first(made: World) -> None:
    """Nothing about the job changed, and all the same there is more to know."""
    job = made.service.add("one", NEW, (5, State.RUNNING))
    made.poll()
    assert made.look(job).changes == 0
    story = made.store.story(job.key.text)
    assert story is not None
    assert story.details["Tags"] == ["one"]


def test_a_look_that_is_refused_is_for_the_queue_to_bring_back(made: World) -> None:
    """It harms no place: the next poll sees the job anyway."""
    job = made.service.add("one", NEW)
    made.service.denied.add(PLACE)
    with pytest.raises(ListingError, match="denied"):
        made.look(job)
    assert made.record().trouble == ""
