"""A place whose looks take too long says so once, with how long they take, and once when they no longer do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.errors import ListingError
from jobherald.flows.poll import Polled
from jobherald.flows.visit import Limits
from jobherald.model import AlertKind, Severity, State
from jobherald.ports import Reach
from jobherald.watch import Rule, Scope
from tests.fakes.service import PLACE
from tests.fakes.world import World, world

FOR_EVER = (0, State.RUNNING)


def large(reach: Reach = Reach.CREATED_AFTER, jobs: int = 30) -> World:
    """A place with a page of open jobs a poll, so that a look takes as many polls as it has jobs."""
    made = world(reach)
    for number in range(jobs):
        made.service.add(f"job-{number:02}", FOR_EVER)
    made.settle()
    # Long enough ago that none of them is news any more.
    made.poll(after=600)
    made.service.page_size = 1
    made.limits = Limits(pages=2)
    return made


def polls(made: World, number: int) -> list[Polled]:
    return [made.poll() for _ in range(number)]


def end_all(made: World) -> None:
    for life in made.service.lives:
        life.steps.append((made.clock.now(), State.SUCCEEDED))


def test_a_place_that_cannot_keep_up_says_so_once_with_the_lag() -> None:
    """The one fact that matters: by how much news may be late."""
    made = large()
    done = polls(made, 28)
    assert {one.outcome for one in done} == {"to be continued"}
    (alert,) = made.alerts
    assert (alert.kind, alert.severity, alert.place) == (AlertKind.BEHIND, Severity.WARNING, PLACE)
    assert alert.text == (
        "Cannot keep up with 30 jobs in us-east-1: the look that began 10 min ago is not complete yet, and one is"
        " wanted every 60 s. New outcomes may be told that late."
    )
    assert alert.next_step
    lags = [one.lag for one in done]
    assert lags == sorted(lags)
    assert lags[11] >= 600 > lags[9]


def test_where_outcomes_come_by_modified_time_they_are_not_said_to_be_late() -> None:
    """They are listed first in every poll; what waits is the rest."""
    made = large(Reach.MODIFIED_AFTER)
    polls(made, 28)
    (text,) = made.alerted(AlertKind.BEHIND)
    assert "Outcomes are told in time all the same" in text


def test_one_that_keeps_up_again_says_so_once() -> None:
    """Only when a look was complete in time, not when a slow one was."""
    made = large()
    made.poll_until_complete(most=200)
    assert [alert.kind for alert in made.alerts] == [AlertKind.BEHIND]
    made.poll_until_complete(most=200)
    assert [alert.kind for alert in made.alerts] == [AlertKind.BEHIND]
    end_all(made)
    made.poll_until_complete(most=200)
    polls(made, 20)
    assert [alert.kind for alert in made.alerts] == [AlertKind.BEHIND, AlertKind.CAUGHT_UP]
    assert made.record().began_at is None


def test_the_first_look_is_not_behind_however_long_it_takes() -> None:
    """It is the baseline, and says itself when it is complete."""
    made = world(Reach.CREATED_AFTER)
    for number in range(30):
        made.service.add(f"job-{number:02}", FOR_EVER)
    made.service.page_size = 1
    made.limits = Limits(pages=2)
    made.watch()
    while made.record().settled_at is None:
        made.poll()
    assert [alert.kind for alert in made.alerts] == [AlertKind.WATCHING]


def test_a_blind_place_is_not_behind() -> None:
    """It says what is wrong by another name, and the look that sees again begins its own time."""
    made = large()
    polls(made, 5)
    for call in range(30):
        made.service.script[made.service.calls + call] = lambda: ListingError("no", kind="throttled")
    polls(made, 30)
    assert [alert.kind for alert in made.alerts] == [AlertKind.BLIND]
    made.service.script = {}
    done = made.poll()
    assert (done.outcome, done.lag < 60) == ("to be continued", True)
    assert [alert.kind for alert in made.alerts] == [AlertKind.BLIND, AlertKind.SEES_AGAIN]


def test_other_filters_begin_another_first_look() -> None:
    """Which may take its time too."""
    made = large()
    polls(made, 9)
    made.watch(Scope((Rule("all", name_contains="job"),)))
    polls(made, 3)
    assert made.alerts == []


def test_a_small_place_keeps_no_record_of_its_pace() -> None:
    """An idle poll writes what it wrote before."""
    made = world()
    made.settle()
    done = made.poll()
    assert (done.outcome, made.record().began_at, made.record().told_behind) == ("complete", None, False)


@pytest.mark.parametrize("blind_after", [60.0, 1200.0])
def test_how_long_is_configuration(blind_after: float) -> None:
    """The same time as for a place that is blind."""
    made = large()
    made.limits = replace(made.limits, blind_after=blind_after)
    polls(made, 12)
    assert bool(made.alerts) is (blind_after < 600)


@given(st.lists(st.tuples(st.integers(1, 25), st.integers(0, 30), st.booleans()), max_size=8))
def test_notices_come_in_pairs_whatever_comes_between(spells: list[tuple[int, int, bool]]) -> None:
    """Behind, caught up, behind, …, with any number of jobs and any trouble in between."""
    made = large(jobs=12)
    for number, (count, jobs, fails) in enumerate(spells):
        end_all(made)
        for job in range(jobs):
            made.service.add(f"{number}-{job}", FOR_EVER)
        if fails:
            made.service.script = {made.service.calls: lambda: ListingError("no", kind="failed")}
        polls(made, count)
    kinds = [alert.kind for alert in made.alerts if alert.kind in {AlertKind.BEHIND, AlertKind.CAUGHT_UP}]
    pair = [AlertKind.BEHIND, AlertKind.CAUGHT_UP]
    assert kinds == [pair[number % 2] for number in range(len(kinds))]
    assert made.record().told_behind is bool(len(kinds) % 2)
