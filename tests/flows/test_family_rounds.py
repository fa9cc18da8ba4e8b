"""More to look below than one poll can: rounds of several polls, and lists of parents that are too long for one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobherald.errors import ListingError
from jobherald.flows.visit import Limits
from jobherald.model import AlertKind, Place, State
from jobherald.ports import Page, Parent, ParentPage, Query, Reach
from jobherald.providers.levels import walk
from tests.fakes.service import PLACE, Life
from tests.fakes.time import FakeDeadline
from tests.fakes.world import World, world

OLD = ((-900, State.QUEUED), (-800, State.SUCCEEDED))


def silent(number: int, reach: Reach = Reach.EVERYTHING) -> World:
    """A world of so many parents that say nothing about what happens below them."""
    made = world(reach)
    made.service.tells_of_family = False
    made.service.family = {f"p{each:03}": made.clock.now() for each in range(number)}
    return made


def job(made: World, parent: str, name: str, *steps: tuple[float, State]) -> Life:
    return made.service.add(name, *steps, place=replace(PLACE, parent=parent))


@pytest.mark.parametrize(("parents", "polls"), [(39, 1), (40, 1), (41, 2), (200, 5), (1000, 25)])
def test_a_first_look_ends_when_each_had_its_turn(parents: int, polls: int) -> None:
    """However many there are, and although each is due again by the next poll."""
    made = silent(parents)
    job(made, "p000", "old", *OLD)
    made.watch()
    assert made.poll_until_complete() == polls
    assert made.told == []
    (text,) = made.alerted(AlertKind.WATCHING)
    assert text.startswith(f"Watching 1 job in {parents} folders")


def test_rounds_follow_each_other() -> None:
    """Each of them is a look at the place that came to its end, and costs one list for each parent."""
    made = silent(100)
    made.settle()
    made.service.listed.clear()
    outcomes = [made.poll().outcome for _ in range(6)]
    assert outcomes == ["to be continued", "to be continued", "complete"] * 2
    assert [made.service.listed.count(replace(PLACE, parent=one)) for one in made.service.family] == [2] * 100
    assert made.record().looked_at is not None


def test_what_comes_while_a_round_is_under_way_is_told() -> None:
    """Below one whose turn is over, and below one that was not there when the round began."""
    made = silent(100)
    made.settle()
    made.poll()
    early = job(made, "p000", "early", (1, State.RUNNING), (400, State.FAILED))
    made.service.family["a-new-one"] = made.clock.now()
    new = job(made, "a-new-one", "first", (1, State.RUNNING), (30, State.FAILED))
    for _ in range(12):
        made.poll()
    assert made.told_of(early) == [State.RUNNING, State.FAILED]
    assert made.told_of(new) == [State.FAILED]


def test_a_list_that_takes_many_polls_keeps_no_other_waiting() -> None:
    """It has what the others leave of each poll, and the first look ends with it."""
    made = silent(20)
    made.service.page_size = 1
    for number in range(100):
        job(made, "p000", f"old-{number}", *OLD)
    made.watch()
    assert made.poll_until_complete() == 5
    (text,) = made.alerted(AlertKind.WATCHING)
    assert text.startswith("Watching 100 jobs in 20 folders")


def test_a_round_that_is_too_slow_is_said() -> None:
    """Where it takes longer than people may be left without news."""
    made = silent(600)
    made.settle()
    for _ in range(15):
        made.poll()
    (text,) = made.alerted(AlertKind.BEHIND)
    assert "Cannot keep up" in text


@settings(max_examples=40)
@given(
    parents=st.integers(1, 30),
    pages=st.integers(2, 12),
    size=st.integers(1, 4),
    born=st.lists(st.tuples(st.integers(0, 29), st.integers(-600, 900), st.integers(1, 600)), max_size=12),
    refused=st.lists(st.integers(0, 80), max_size=4),
)
def test_however_long_a_round_every_outcome_is_told_once(
    parents: int, pages: int, size: int, born: list[tuple[int, int, int]], refused: list[int]
) -> None:
    """With less pages a poll than there are parents, lists of many pages, and calls that are refused."""
    made = silent(parents)
    made.limits = Limits(pages=pages)
    made.service.page_size = max(size, 1)
    for call in refused:
        made.service.script[call] = lambda: ListingError("too many calls", kind="throttled")
    lives = [
        job(
            made,
            f"p{parent % parents:03}",
            f"job-{at:02}",
            (start + 0.5, State.RUNNING),
            (start + lasts + 0.5, State.FAILED),
        )
        for at, (parent, start, lasts) in enumerate(born)
    ]
    made.watch()
    for _ in range(160):
        made.poll()
    assert len(made.alerted(AlertKind.WATCHING)) == 1
    assert len({change.id for change in made.told}) == len(made.told)
    for life in lives:
        began = made.record(life.place).baseline_at
        assert began is not None
        outcomes = [state for state in made.told_of(life) if state.is_outcome]
        assert outcomes == ([State.FAILED] if life.created >= began else outcomes[:1]), life
        if life.steps[-1][0] < began:
            assert outcomes == [], life


# Lists of parents


def two_levels(made: World, outer: int, *, bad: tuple[str, ...] = (), kind: str = "failed") -> None:
    """One parent below each of so many, of which some answer nothing but a refusal."""
    made.service.family = {f"o{each:03}/env": made.clock.now() for each in range(outer)}
    above = tuple(Parent(f"o{each:03}") for each in range(outer))

    def listed_above(_: str) -> ParentPage:
        return ParentPage(above, made.clock.now().replace(microsecond=0))

    def listed_below(one: str, _: str) -> ParentPage:
        if one in bad:
            raise ListingError(f"ListEnvironments is refused for {one}", kind=kind)
        return ParentPage((Parent("env"),), made.clock.now().replace(microsecond=0))

    def parents(place: Place, token: str) -> ParentPage:
        made.service._call(place)
        return walk(token, listed_above, listed_below)

    made.service.parents = parents  # type: ignore[method-assign]


def test_a_list_of_parents_leaves_the_pages_of_the_jobs_alone() -> None:
    """It takes a call for each parent above, and what lies below is looked at in the same poll."""
    made = silent(1)
    two_levels(made, 39)
    made.settle()
    life = job(made, "o038/env", "one", (1, State.RUNNING), (100, State.FAILED))
    for _ in range(4):
        made.poll()
    assert made.told_of(life) == [State.RUNNING, State.FAILED]


def test_a_list_of_parents_that_one_poll_cannot_walk_is_said_with_the_remedy() -> None:
    """Else nothing were ever looked below, without a word."""
    made = silent(1)
    two_levels(made, 40)
    made.watch()
    for _ in range(12):
        made.poll()
    (text,) = made.alerted(AlertKind.BLIND)
    assert "One poll is too short to list the folders" in text
    assert "`parents` in the watch" in text


def test_a_list_of_parents_that_takes_more_than_half_of_the_time_is_said() -> None:
    """What is left would be too short to look below them, in every poll."""
    made = silent(1)
    two_levels(made, 30)
    made.service.call_seconds = 5.0
    made.watch()
    for _ in range(12):
        made.poll(deadline=_Until(made, 120.0))
    (text,) = made.alerted(AlertKind.BLIND)
    assert "One poll is too short to list the folders" in text


def test_a_list_of_parents_that_does_not_end_is_said() -> None:
    """The same token twice is the same page for ever."""
    made = silent(3)

    def parents(place: Place, token: str) -> ParentPage:
        made.service._call(place)
        return ParentPage((Parent("p000"),), made.clock.now(), "again" if token else "once")

    made.service.parents = parents  # type: ignore[method-assign]
    made.watch()
    for _ in range(12):
        made.poll()
    (text,) = made.alerted(AlertKind.BLIND)
    assert "does not end" in text
    assert made.service.calls < 40


@pytest.mark.parametrize("kind", ["failed", "off", "denied"])
def test_one_above_that_is_refused_harms_no_other(kind: str) -> None:
    """What lies below the others is seen, and people hear of the one."""
    made = silent(1)
    two_levels(made, 3, bad=("o001",), kind=kind)
    made.watch()
    life = job(made, "o002/env", "one", (200, State.RUNNING), (300, State.FAILED))
    for _ in range(20):
        made.poll()
    assert made.told_of(life) == [State.RUNNING, State.FAILED]
    (text,) = made.alerted(AlertKind.BLIND)
    assert "refused for o001" in text


def test_a_second_fault_above_ends_the_poll() -> None:
    """A service that is down is not asked below every one."""
    made = silent(1)
    two_levels(made, 30, bad=tuple(f"o{each:03}" for each in range(30)))
    made.watch()
    made.poll()
    assert made.service.calls == 3


def test_what_is_not_there_below_one_harms_no_other() -> None:
    """A service can have no such list for one kind of parent."""
    made = silent(3)
    made.settle()
    page = made.service.page

    def refused(place: Place, query: Query, token: str) -> Page:
        if place.parent == "p000":
            raise ListingError("ListQueries is not there", kind="off")
        return page(place, query, token)

    made.service.page = refused  # type: ignore[method-assign]
    lives = [
        job(made, parent, f"in-{parent}", (1, State.RUNNING), (100, State.FAILED))
        for parent in ("p001", "p002")
    ]
    for _ in range(10):
        made.poll()
    assert [made.told_of(life) for life in lives] == [[State.RUNNING, State.FAILED]] * 2
    assert len(made.alerted(AlertKind.BLIND)) == 1


class _Until(FakeDeadline):
    """A platform that stops the function so many seconds from now on."""

    def __init__(self, made: World, seconds: float) -> None:
        super().__init__()
        self._made, self._at = made, made.clock.now().timestamp() + 60.0 + seconds

    def remaining(self) -> float:
        return self._at - self._made.clock.now().timestamp()
