"""News from a time in which a place could not be seen says so: who reads it late has to know why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from jobherald.errors import ListingError
from jobherald.flows.visit import Limits
from jobherald.model import AlertKind, State
from jobherald.ports import Reach
from jobherald.watch import Rule, Scope
from tests.fakes.service import PLACE
from tests.fakes.world import World, world

RUNS = (0, State.RUNNING)


def blind(made: World, kind: str, polls: int) -> None:
    """So many polls, a minute each, that the service refuses."""
    refuse: Callable[[], Exception | None] = lambda: ListingError("no", kind=kind)  # noqa: E731
    for _ in range(polls):
        made.service.script = {made.service.calls: refuse}
        made.poll()
    made.service.script = {}


def late(made: World) -> dict[str, datetime | None]:
    return {change.key.id: change.unseen_since for change in made.told}


@pytest.mark.parametrize("reach", Reach)
def test_what_changed_in_the_dark_is_told_as_late(reach: Reach) -> None:
    """With since when nobody could see, which the notice said too; what changes afterwards is not late."""
    made = world(reach)
    made.service.add("one", RUNS, (300, State.FAILED))
    made.settle()
    made.service.add("two", (400, State.RUNNING))
    made.service.add("three", (900, State.RUNNING))
    blind(made, "denied", 10)
    since = made.record().trouble_since
    assert since is not None
    made.poll_until_complete()
    assert late(made) == {"one": since, "two": since}
    made.poll_until_complete(after=600)
    assert late(made)["three"] is None
    (text,) = made.alerted(AlertKind.BLIND)
    assert f"{since:%Y-%m-%d %H:%M} UTC" in text


def test_a_hiccup_that_nobody_heard_of_makes_nothing_late() -> None:
    """A job that waits two minutes for a throttled API is told as any other."""
    made = world()
    made.settle()
    made.service.add("one", RUNS)
    blind(made, "throttled", 2)
    made.poll()
    assert late(made) == {"one": None}


def test_all_that_a_look_over_several_polls_finds_is_late() -> None:
    """The last page of it has waited longest."""
    made = world(Reach.EVERYTHING)
    made.service.page_size = 2
    made.settle()
    for number in range(12):
        made.service.add(f"job-{number}", RUNS)
    blind(made, "denied", 3)
    made.limits = Limits(pages=2)
    assert made.poll_until_complete() > 2
    assert len(made.told) == 12
    assert None not in late(made).values()
    assert made.record().late_since is None


def test_the_first_look_is_never_late() -> None:
    """Nothing was promised before it."""
    made = world()
    made.watch()
    blind(made, "denied", 20)
    made.poll()
    made.service.add("one", RUNS)
    made.poll()
    assert late(made) == {"one": None}


class TestNamedJobs:
    """Each is looked at by itself; that one of them is not there is said, and blinds nobody to the others."""

    NAMED = Scope((Rule("named", jobs=frozenset({"one", "two", "not-there"})),))

    def test_one_that_is_not_there_does_not_make_the_others_late(self) -> None:
        """They are looked at every five minutes."""
        made = world()
        made.service.add("one", RUNS, (3600, State.FAILED))
        made.watch(self.NAMED)
        for _ in range(20):
            made.poll(after=300)
        assert late(made) == {"one": None}
        assert len(made.alerted(AlertKind.BLIND)) == 1

    def test_what_was_late_is_late_once(self) -> None:
        """They were all denied for a while; afterwards one is still not there."""
        made = world()
        made.service.add("one", RUNS, (1200, State.FAILED))
        made.service.add("two", RUNS, (7200, State.FAILED))
        made.watch(self.NAMED)
        made.poll()
        blind(made, "denied", 30)
        for _ in range(30):
            made.poll(after=300)
        found = late(made)
        assert (found["one"] is not None, found["two"]) == (True, None)


class TestBelowParents:
    """Where one of many is refused the others are seen."""

    @pytest.fixture
    def made(self) -> World:
        made = world(Reach.EVERYTHING)
        made.service.family = dict.fromkeys(("a", "b"), made.clock.now())
        made.settle()
        return made

    def add(self, made: World, parent: str) -> None:
        place = PLACE.__class__(PLACE.source, PLACE.account, PLACE.region, parent)
        made.service.add(f"in-{parent}", RUNS, place=place)

    def test_one_that_was_denied_tells_late_and_its_neighbour_does_not(self, made: World) -> None:
        """It alone could not be seen."""
        below = PLACE.__class__(PLACE.source, PLACE.account, PLACE.region, "a")
        made.service.denied.add(below)
        self.add(made, "a")
        for _ in range(12):
            made.poll()
        self.add(made, "b")
        made.poll()
        assert late(made) == {"in-b": None}
        made.service.denied.clear()
        for _ in range(12):
            made.poll()
        assert late(made)["in-a"] is not None

    def test_all_that_lies_below_a_blind_place_is_late(self, made: World) -> None:
        """The list of parents was refused, so that nobody looked below any."""
        made.service.denied.add(PLACE)
        self.add(made, "a")
        self.add(made, "b")
        for _ in range(3):
            made.poll()
        since = made.record().trouble_since
        made.service.denied.clear()
        made.poll_until_complete()
        assert late(made) == {"in-a": since, "in-b": since}

    def test_one_that_stays_denied_does_not_make_the_others_late_for_ever(self, made: World) -> None:
        """The place as a whole is never complete while one of it is refused."""
        made.service.denied |= {PLACE, PLACE.__class__(PLACE.source, PLACE.account, PLACE.region, "a")}
        self.add(made, "a")
        for _ in range(3):
            made.poll()
        made.service.denied.discard(PLACE)
        for _ in range(3):
            made.poll()
        self.add(made, "b")
        made.poll()
        assert late(made) == {"in-b": None}

    def test_a_hiccup_of_the_whole_is_not_as_old_as_the_trouble_of_one(self, made: World) -> None:
        """One has been denied for hours; the list of all was throttled for a minute."""
        made.service.denied.add(PLACE.__class__(PLACE.source, PLACE.account, PLACE.region, "a"))
        for _ in range(12):
            made.poll(after=600)
        self.add(made, "b")
        blind(made, "throttled", 1)
        made.poll()
        assert late(made) == {"in-b": None}

    def test_blindness_of_the_whole_begins_when_the_others_were_seen_last(self, made: World) -> None:
        """Not when one of them was refused first."""
        made.service.denied.add(PLACE.__class__(PLACE.source, PLACE.account, PLACE.region, "a"))
        for _ in range(12):
            made.poll(after=600)
        seen = made.record().news_at
        made.service.denied.add(PLACE)
        self.add(made, "b")
        for _ in range(6):
            made.poll(after=300)
        made.service.denied.discard(PLACE)
        made.poll()
        assert late(made) == {"in-b": seen}

    def test_blindness_of_the_whole_is_told_to_who_knows_of_one(self, made: World) -> None:
        """It is another thing; that one is still refused when the others are seen again is known."""
        made.service.denied.add(PLACE.__class__(PLACE.source, PLACE.account, PLACE.region, "a"))
        for _ in range(12):
            made.poll(after=600)
        assert len(made.alerts) == 1
        for _ in range(2):
            made.service.denied.add(PLACE)
            for _ in range(6):
                made.poll(after=300)
            made.service.denied.discard(PLACE)
            for _ in range(6):
                made.poll(after=300)
        assert [alert.kind for alert in made.alerts] == [AlertKind.BLIND] * 3
        made.service.denied.clear()
        for _ in range(6):
            made.poll(after=600)
        assert [alert.kind for alert in made.alerts] == [AlertKind.BLIND] * 3 + [AlertKind.SEES_AGAIN]

    def test_one_that_stays_denied_is_told_once_however_long_a_round_takes(self, made: World) -> None:
        """Among so many that a round takes longer than people may be left in the dark."""
        place = PLACE.__class__(PLACE.source, PLACE.account, PLACE.region, "a")
        for number in range(30):
            made.service.family[f"more-{number}"] = made.clock.now()
        made.service.denied.add(place)
        made.limits = Limits(pages=2)
        for _ in range(90):
            made.poll()
        made.service.denied.clear()
        for _ in range(90):
            made.poll()
        sight = {AlertKind.BLIND, AlertKind.SEES_AGAIN}
        (one, other) = (alert for alert in made.alerts if alert.kind in sight)
        assert (one.kind, other.kind) == (AlertKind.BLIND, AlertKind.SEES_AGAIN)
        assert other.at - one.at > timedelta(minutes=60)
