"""Why a job failed, where its list does not say it and a look at the job does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jobherald.errors import ListingError
from jobherald.flows.listing import CALL_SECONDS
from jobherald.flows.visit import Limits
from jobherald.model import State
from jobherald.ports import Reach, Sight
from jobherald.watch import Look
from tests.fakes.time import FakeDeadline
from tests.fakes.world import World, world

NEW = (1.0, State.QUEUED)


@pytest.fixture(params=list(Reach), ids=str)
def made(request: pytest.FixtureRequest) -> World:
    """A watched place after its first look, whose list never says why a job failed."""
    made = world(request.param)
    made.service.reasons_by_look = True
    made.settle()
    return made


def test_a_failure_is_told_with_its_reason(made: World) -> None:
    """One look, before it is told; what the look shows besides is kept."""
    job = made.service.add("one", NEW, (5, State.RUNNING), (70, State.FAILED))
    for _ in range(4):
        made.poll()
    assert [(change.state, change.reason) for change in made.told] == [
        (State.RUNNING, ""),
        (State.FAILED, "it broke"),
    ]
    assert [look.id for look in made.service.looks] == [job.id]
    story = made.store.story(job.key.text)
    assert story is not None
    assert story.details["Tags"] == ["one"]


def test_a_success_needs_no_look(made: World) -> None:
    """There is no reason to ask for."""
    made.service.add("one", NEW, (5, State.RUNNING), (70, State.SUCCEEDED))
    for _ in range(4):
        made.poll()
    assert [change.state for change in made.told] == [State.RUNNING, State.SUCCEEDED]
    assert made.service.looks == []


def test_nothing_is_asked_for_what_is_not_told(made: World) -> None:
    """Finished jobs stay in the list for years."""
    made.service.add("one", NEW, (5, State.FAILED))
    for _ in range(6):
        made.poll(after=600)
    assert len(made.service.looks) == 1


def test_a_refused_look_does_not_hold_the_failure_back(made: World, caplog: pytest.LogCaptureFixture) -> None:
    """It is told without its reason, and the log says why."""
    job = made.service.add("one", NEW, (5, State.FAILED))

    def refuse(_: object) -> object:
        raise ListingError("nobody may look", kind="denied")

    made.service.look = refuse  # type: ignore[method-assign, assignment]
    made.poll()
    assert made.told_of(job) == [State.FAILED]
    assert [change.reason for change in made.told] == [""]
    assert f"{job.key.text} is told without its reason: nobody may look" in caplog.text


def test_looks_for_reasons_have_a_budget(made: World) -> None:
    """A flood of failures is told at once; those that are over it are told without a reason."""
    made.limits = Limits(reasons=3)
    for number in range(8):
        made.service.add(f"job-{number}", NEW, (5, State.FAILED))
    made.poll()
    assert sorted(change.reason for change in made.told) == [*[""] * 5, *["it broke"] * 3]
    assert len(made.service.looks) == 3


def test_no_look_for_a_reason_begins_when_there_is_no_time_for_it(made: World) -> None:
    """The deadline is for these looks too."""
    job = made.service.add("one", NEW, (5, State.FAILED))
    made.poll(deadline=FakeDeadline(CALL_SECONDS + 1, each=1))
    for _ in range(2):
        made.poll()
    assert made.told_of(job) == [State.FAILED]
    assert len(made.service.looks) <= 1


def test_a_look_at_another_state_gives_no_reason(made: World) -> None:
    """It was started again meanwhile: what is said of it now is not why it failed."""
    job = made.service.add("one", NEW, (5, State.FAILED))
    shown = made.service.look

    def restarted(look: Look) -> Sight:
        sight = shown(look)
        assert sight.seen is not None
        running = replace(sight.seen, state=State.RUNNING, run=1, reason="it waits", reason_code="Waits")
        return sight._replace(seen=running)

    made.service.look = restarted  # type: ignore[method-assign]
    made.poll()
    assert made.told_of(job) == [State.FAILED]
    assert [(change.reason, change.reason_code) for change in made.told] == [("", "")]


def test_a_job_that_was_looked_at_is_not_looked_at_again_for_its_reason(made: World) -> None:
    """It vanished from the list, and the look that found it stopped is all that there is to know."""
    job = made.service.add("one", NEW, (5, State.RUNNING))
    made.poll()
    job.steps.append((made.clock.now(), State.STOPPED))
    job.hidden = True
    for _ in range(12):
        made.poll()
    assert made.told_of(job) == [State.RUNNING, State.STOPPED]
    assert len(made.service.looks) == 1


@pytest.mark.parametrize(("kind", "looks"), [("denied", 1), ("throttled", 1), ("failed", 2)])
def test_who_gets_no_reason_for_one_does_not_ask_for_each(made: World, kind: str, looks: int) -> None:
    """The same answer would come to each, and takes from the time of the poll; a first fault may be of its job alone."""
    asked = []

    def refuse(look: Look) -> Sight:
        asked.append(look)
        raise ListingError("not now", kind=kind)

    made.service.look = refuse  # type: ignore[method-assign]
    for number in range(8):
        made.service.add(f"job-{number}", NEW, (5, State.FAILED))
    made.poll()
    assert len(made.told) == 8
    assert len(asked) == looks


def test_news_that_needs_no_reason_does_not_wait_for_those_that_do(made: World) -> None:
    """A page can have twenty failures, and each look takes its time."""
    for number in range(3):
        made.service.add(f"failed-{number}", NEW, (5, State.FAILED))
    made.service.add("runs", NEW, (5, State.RUNNING))
    written: list[int] = []
    made.store.before = lambda call: written.append(len(made.service.looks)) if call == "write" else None
    made.poll(tell=False)
    assert written == [0, 3, 3, 3]


def test_what_a_look_shows_besides_is_kept_before_the_job(made: World) -> None:
    """After a crash between the two nobody would look again."""
    made.service.add("one", NEW, (5, State.FAILED))
    calls: list[str] = []
    made.store.before = calls.append
    made.poll(tell=False)
    kept = [call for call in calls if call in {"write_details", "add_details", "write"}]
    assert kept == ["write_details", "add_details", "write"]
