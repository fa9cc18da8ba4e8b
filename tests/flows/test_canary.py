"""A canary a day, whatever crashes, and never two."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.errors import ConfigError, JobheraldError
from jobherald.flows.canary import EVERY, FIRST_WITHIN, canary
from jobherald.flows.schedule import Document, Notices, schedule
from jobherald.model import Alert, AlertKind, Place, State
from jobherald.ports import Reach
from jobherald.watch import ConfigRecord, PlaceRecord, Scope
from tests.fakes.ports import FakeQueues
from tests.fakes.service import PLACE
from tests.fakes.things import at
from tests.fakes.world import ALL, World, world

DAY = EVERY.total_seconds()


def tick(made: World, *, on: bool = True) -> None:
    document = Document(lambda: None, lambda _: {}, lambda: {PLACE: ALL})
    schedule(document, made.store, FakeQueues(), made.clock.now(), Notices(canary=on))


def sung(made: World) -> list[Alert]:
    made.notify()
    return [alert for alert in made.alerts if alert.kind is AlertKind.CANARY]


@pytest.fixture
def made() -> World:
    made = world()
    made.settle()
    return made


def test_it_says_what_is_watched(made: World) -> None:
    """To everybody, for it has to take the whole way that a change takes."""
    made.service.add("one", (0, State.RUNNING))
    made.poll()
    tick(made)
    (alert,) = sung(made)
    assert alert.text == "jobherald is well: watching 1 place, 1 job open."
    assert (alert.subject, alert.place, alert.for_operators) == ("config", None, False)


def test_it_comes_once_a_day(made: World) -> None:
    """Whatever the ticks do in between."""
    for _ in range(3 * 24 * 6 + 1):
        tick(made)
        made.clock.advance(600)
    assert len(sung(made)) == 4


def test_where_it_is_switched_off_none_comes(made: World) -> None:
    """Some do not want it."""
    tick(made, on=False)
    assert sung(made) == []


def test_the_first_one_waits_for_the_first_look_but_not_for_ever() -> None:
    """A place that is denied from the start must not keep it from coming."""
    made = world(Reach.EVERYTHING)
    tick(made)
    assert sung(made) == []
    made.clock.advance(FIRST_WITHIN.total_seconds())
    tick(made)
    assert len(sung(made)) == 1


def test_a_place_in_trouble_is_not_called_well() -> None:
    """The one line that is read every day has to be true."""
    records = [PlaceRecord(PLACE, ALL, at(0), looked_at=at(0), trouble=trouble) for trouble in ("denied", "")]
    made = canary(ConfigRecord(), records, at(1))
    assert made is not None
    assert made[1][0].text == "jobherald is running, but cannot see 1 of 2 places; 0 jobs open."


def test_two_ticks_at_once_make_one(made: World) -> None:
    """The configuration's revision lets one of them through."""
    tick(made, on=False)
    for gate in range(8):
        calls = 0

        def meanwhile(_: str, at_call: int = gate) -> None:
            nonlocal calls
            calls += 1
            if calls - 1 == at_call:
                made.store.before = lambda _: None
                tick(made)

        made.store.before = meanwhile
        tick(made)
        made.store.before = lambda _: None
        assert len(sung(made)) == gate + 1
        made.clock.advance(DAY)


@pytest.mark.parametrize("call", ["config", "places", "save_config", "owed_since"])
def test_a_tick_that_crashes_is_made_up_for_by_the_next(made: World, call: str) -> None:
    """Before the write none was sent, after it none is missing."""

    def crash(name: str) -> None:
        if name == call:
            raise JobheraldError("the function was stopped here")

    made.store.before = crash
    with pytest.raises(JobheraldError):
        tick(made)
    made.store.before = lambda _: None
    made.clock.advance(60)
    tick(made)
    assert len(sung(made)) == 1


def test_a_document_that_changes_with_every_tick_does_not_keep_it_from_coming(made: World) -> None:
    """Both are writes to one item."""
    texts = map(str, range(3))
    changing = Document(lambda: next(texts), lambda _: {PLACE: ALL}, dict)
    for _ in range(3):
        schedule(changing, made.store, FakeQueues(), made.clock.now(), Notices(canary=True))
        made.clock.advance(60)
    assert len(sung(made)) == 1


def test_a_refused_document_and_a_canary_are_two_alerts(made: World) -> None:
    """In one tick, under two versions."""
    bad = Document(lambda: "bad", _refuse, lambda: {PLACE: ALL})
    schedule(bad, made.store, FakeQueues(), made.clock.now(), Notices(canary=True))
    made.notify()
    assert [(alert.kind, alert.version) for alert in made.alerts] == [
        (AlertKind.CONFIG_REFUSED, 1),
        (AlertKind.CANARY, 2),
    ]


@given(st.lists(st.integers(1, 3 * 86_400), max_size=20))
def test_between_two_canaries_lies_a_day_and_never_a_tick_more(pauses: list[int]) -> None:
    """The first tick of the next day brings it, however long there was none."""
    config, now, before = ConfigRecord(canary_at=at(0)), at(0), at(0)
    for pause in pauses:
        now += timedelta(seconds=pause)
        made = canary(config, [], now)
        assert (made is not None) is (now - before >= EVERY)
        if made is not None:
            config, before = made[0], now


def _refuse(_: str) -> dict[Place, Scope]:
    raise ConfigError("watch[0]: no")
