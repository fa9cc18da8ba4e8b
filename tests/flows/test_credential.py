"""A credential that many places share: refused once, said once, tried again by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from jobherald.errors import ListingError
from jobherald.flows.credential import PAUSE
from jobherald.model import AlertKind, Severity, State
from jobherald.watch import ConfigRecord, Rule, Scope
from tests.fakes.service import PLACE
from tests.fakes.world import World, world

HERE = [replace(PLACE, region=f"region-{number}") for number in range(7)]


def refuse() -> Exception | None:
    return ListingError("The key of Cloud X was refused.", kind="credential")


@pytest.fixture
def made() -> World:
    """Seven places that are signed for by one credential, all watched."""
    made = world()
    made.service.credential = "cloud"
    for place in HERE:
        made.watch(place=place)
        made.poll(place, after=1)
    made.store.save_config(ConfigRecord(revision=1, places=frozenset(place.key for place in HERE)))
    made.publisher.taken.clear()
    return made


def test_one_refusal_stops_every_place_and_is_said_once(made: World) -> None:
    """A handful of refused calls in a row lock the key for everybody who uses it."""
    made.service.script = dict.fromkeys(range(made.service.calls, 1000), refuse)
    calls = made.service.calls
    for _ in range(4):
        for place in HERE:
            made.poll(place, after=1)
    assert made.service.calls == calls + 1
    (alert,) = made.alerts
    assert (alert.kind, alert.severity) == (AlertKind.CREDENTIAL_REFUSED, Severity.ERROR)
    assert (alert.place, alert.subject) == (None, "credential/cloud")
    assert alert.text.startswith(
        "The key of Cloud X was refused. One call in five minutes tries it. Not seen"
    )
    assert "jobs in region-0 (account 111122223333), jobs in region-1" in alert.text
    assert "and 2 more" in alert.text
    assert "jobherald secret set" in alert.next_step


def test_after_the_pause_one_place_alone_tries(made: World) -> None:
    """Seven at once would lock the key again."""
    made.service.script = dict.fromkeys(range(made.service.calls, 1000), refuse)
    made.poll(HERE[0], after=1)
    calls = made.service.calls
    for _ in range(3):
        made.clock.advance(PAUSE.total_seconds())
        for place in HERE:
            made.poll(place, after=1)
    assert made.service.calls == calls + 3
    assert len(made.alerts) == 1


def test_two_that_find_the_pause_over_at_once_are_one(made: World) -> None:
    """The record's condition lets one pass."""
    made.service.script = {made.service.calls: refuse}
    made.poll(HERE[0], after=1)
    made.clock.advance(PAUSE.total_seconds())
    calls = made.service.calls

    def another(name: str) -> None:
        if name == "save_credential":
            made.store.before = lambda _: None
            record = made.store.credential("cloud")
            assert record is not None
            paused = made.clock.now() + PAUSE
            made.store.save_credential(replace(record, revision=record.revision + 1, paused_until=paused))

    made.store.before = another
    assert made.poll(HERE[1], after=1).outcome == "paused"
    assert made.service.calls == calls


def test_a_credential_that_is_taken_again_is_said_once_and_lets_all_see(made: World) -> None:
    """What changed meanwhile is told then."""
    job = made.service.add("one", (1, State.RUNNING), (30, State.FAILED), place=HERE[3])
    made.service.script = {made.service.calls: refuse}
    made.poll(HERE[3], after=60)
    made.clock.advance(PAUSE.total_seconds())
    for _ in range(2):
        for place in HERE:
            made.poll(place, after=1)
    assert [alert.kind for alert in made.alerts] == [
        AlertKind.CREDENTIAL_REFUSED,
        AlertKind.CREDENTIAL_TAKEN,
    ]
    assert made.told_of(job) == [State.FAILED]
    assert made.store.credential("cloud").refused_since is None  # type: ignore[union-attr]


@pytest.mark.parametrize(("kind", "taken"), [("denied", True), ("throttled", False), ("failed", False)])
def test_another_refusal_says_only_sometimes_that_it_was_taken(made: World, kind: str, taken: bool) -> None:
    """Who is denied was let in; who was throttled never got to the door."""
    made.service.script = {made.service.calls: refuse}
    made.poll(HERE[0], after=1)
    made.clock.advance(PAUSE.total_seconds())
    made.service.script[made.service.calls] = lambda: ListingError("no", kind=kind)
    made.poll(HERE[0], after=1)
    record = made.store.credential("cloud")
    assert record is not None
    assert (record.refused_since is None) is taken


def test_the_place_itself_says_nothing_and_comes_back(made: World) -> None:
    """Nobody needs to hear seven times what one line says."""
    made.service.script = {made.service.calls: refuse}
    made.poll(HERE[0], after=1)
    record = made.record(HERE[0])
    assert (record.trouble, record.told_blind) == ("credential", False)
    assert record.paused_until is not None
    assert record.paused_until >= made.clock.now() + timedelta(minutes=5)
    made.poll(HERE[0], after=PAUSE.total_seconds())
    assert made.record(HERE[0]).trouble == ""
    assert {alert.kind for alert in made.alerts} == {
        AlertKind.CREDENTIAL_REFUSED,
        AlertKind.CREDENTIAL_TAKEN,
    }


def test_a_service_without_a_shared_credential_costs_no_read(made: World) -> None:
    """The gate is open and makes no calls."""
    other = world()
    other.settle()
    other.poll()
    assert other.store.calls["credential"] == 0


def test_a_poll_that_calls_nothing_does_not_say_that_the_credential_was_taken(made: World) -> None:
    """And leaves the turn to the next one: it would be the first of them every time."""
    over = made.service.add("over", (-500, State.RUNNING), (-400, State.FAILED), place=HERE[0])
    made.watch(Scope((Rule("one", jobs=frozenset({over.id})),)), HERE[0])
    made.poll(HERE[0])
    made.publisher.taken.clear()
    made.service.script = dict.fromkeys(range(made.service.calls, 1000), refuse)
    made.poll(HERE[1], after=1)
    made.clock.advance(PAUSE.total_seconds())
    calls = made.service.calls
    assert made.poll(HERE[0], after=1).calls == 0
    assert [alert.kind for alert in made.alerts] == [AlertKind.CREDENTIAL_REFUSED]
    made.poll(HERE[1], after=1)
    assert made.service.calls == calls + 1
