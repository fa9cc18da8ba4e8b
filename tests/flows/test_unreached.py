"""A place that no poll reaches: schedule says so, once, and the poll that comes at last says that it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.errors import ListingError
from jobherald.flows.schedule import Document, Notices, Scheduled, schedule
from jobherald.flows.trouble import UNREACHED
from jobherald.flows.unreached import unreached
from jobherald.model import AlertKind, Place, Severity, State
from jobherald.watch import PlaceRecord, Scope
from tests.fakes.ports import FakeQueues
from tests.fakes.service import PLACE
from tests.fakes.things import at
from tests.fakes.world import ALL, World, world

QUIET = 2 * ALL.every


def tick(made: World, blind_after: float = 600.0) -> Scheduled:
    document = Document(lambda: None, lambda _: {}, lambda: {PLACE: ALL})
    done = schedule(document, made.store, FakeQueues(), made.clock.now(), Notices(blind_after))
    made.notify()
    return done


def ticks(made: World, minutes: int) -> None:
    for _ in range(minutes):
        made.clock.advance(60)
        tick(made)


@pytest.fixture
def made() -> World:
    made = world()
    made.settle()
    return made


def test_a_place_whose_polls_do_not_come_is_told_once_and_by_name(made: World) -> None:
    """Until now nobody but an alarm without a place said so."""
    since = made.clock.now()
    ticks(made, 60)
    (alert,) = made.alerts
    assert (alert.kind, alert.severity, alert.place) == (AlertKind.BLIND, Severity.ERROR, PLACE)
    assert f"sagemaker.labeling in us-east-1 (account {PLACE.account})" in alert.text
    assert f"since {since:%Y-%m-%d %H:%M} UTC" in alert.text
    assert alert.next_step
    assert alert.at - since == timedelta(seconds=QUIET + 600 + 60)


def test_the_poll_that_comes_at_last_sees_again_and_tells_late(made: World) -> None:
    """What ended meanwhile is told with since when nobody could see it."""
    life = made.service.add("one", (0, State.RUNNING), (1200, State.FAILED))
    ticks(made, 30)
    blind_since = made.record().trouble_since
    made.poll()
    made.poll()
    assert [alert.kind for alert in made.alerts] == [AlertKind.BLIND, AlertKind.SEES_AGAIN]
    assert made.told_of(life) == [State.FAILED]
    assert [change.unseen_since for change in made.told] == [blind_since]


def test_after_a_pause_of_everything_no_place_is_called_blind_that_is_polled_at_once(made: World) -> None:
    """ScheduleState was DISABLED for a night; but what is told then is late."""
    life = made.service.add("one", (0, State.RUNNING), (1200, State.FAILED))
    made.clock.advance(8 * 3600)
    tick(made)
    made.poll(after=20)
    ticks(made, 2)
    assert made.alerts == []
    assert made.told_of(life) == [State.FAILED]
    assert made.told[0].unseen_since is not None


@pytest.mark.parametrize("kind", ["credential", "denied"])
def test_what_was_said_is_not_said_again(made: World, kind: str) -> None:
    """Of the place itself, or of the credential that signs for it."""
    made.service.script = {made.service.calls: lambda: ListingError("no", kind=kind)}
    made.service.credential = "cloud" if kind == "credential" else ""
    made.poll()
    before = len(made.alerts)
    ticks(made, 60)
    assert (before, len(made.alerts)) == (1, 1)


def test_a_place_that_waits_for_a_credential_that_another_one_lost_is_not_unreached(made: World) -> None:
    """Its polls end at the gate; the notice about the credential names it."""
    made.service.credential = "cloud"
    other = replace(PLACE, region="eu-west-1")
    made.watch(place=other)
    made.service.script = {made.service.calls: lambda: ListingError("no", kind="credential")}
    made.poll(other)
    made.poll(after=10)
    ticks(made, 60)
    assert [alert.kind for alert in made.alerts] == [AlertKind.CREDENTIAL_REFUSED]
    life = made.service.add("one", (0, State.RUNNING), (10, State.FAILED))
    made.poll(other, after=600)
    made.poll()
    assert made.told_of(life) == [State.FAILED]
    assert [change.unseen_since for change in made.told] == [made.alerts[0].at + timedelta(seconds=10)]


def test_a_poll_that_was_writing_wins(made: World) -> None:
    """The next tick finds that it came."""
    made.clock.advance(3600)

    def poll_comes(call: str) -> None:
        if call == "save_place":
            made.store.before = lambda _: None
            made.poll(after=0)

    made.store.before = poll_comes
    tick(made)
    assert made.record().trouble == ""
    ticks(made, 1)
    assert made.alerts == []


def test_how_long_is_configuration(made: World) -> None:
    """A minute for one, and no notice within an hour for another."""
    made.clock.advance(QUIET + 60)
    tick(made, blind_after=3600)
    assert made.record().trouble == ""
    tick(made, blind_after=60)
    assert made.record().trouble == UNREACHED


class TestSwept:
    """Whether each place had its complete look in time, which is what an outside watchman is told."""

    def test_it_takes_a_complete_look_at_every_place(self, made: World) -> None:
        """One that was never seen is none, however new."""
        tick(made)
        assert tick(made).in_time
        new = world()
        new.watch()
        assert not tick(new).in_time

    def test_a_look_that_is_overdue_is_none(self, made: World) -> None:
        """A minute or two late is a busy queue."""
        tick(made)
        made.clock.advance(QUIET + 119)
        assert tick(made).in_time
        made.clock.advance(3)
        assert not tick(made).in_time

    def test_watching_nothing_is_no_sweep(self) -> None:
        """All of nothing was seen."""
        document = Document(lambda: None, lambda _: {}, dict)
        made = World()
        assert not schedule(document, made.store, FakeQueues(), made.clock.now()).in_time


@given(
    st.lists(st.tuples(st.sampled_from(["tick", "poll", "fail", "crash"]), st.integers(10, 900)), max_size=60)
)
def test_notices_come_in_pairs_whatever_comes_between(steps: list[tuple[str, int]]) -> None:
    """Blind, sees again, blind, … and never one of a kind twice in a row."""
    made = world()
    made.settle()
    for what, after in steps:
        if what == "fail":
            made.service.script = {made.service.calls: lambda: ListingError("no", kind="failed")}
        if what in {"poll", "fail"}:
            made.poll(after=after)
        else:
            made.clock.advance(after)
            if what == "tick":
                tick(made)
    kinds = [alert.kind for alert in made.alerts]
    pair = [AlertKind.BLIND, AlertKind.SEES_AGAIN]
    assert kinds == [pair[number % 2] for number in range(len(kinds))]
    assert made.record().told_blind is bool(len(kinds) % 2)


@given(st.integers(0, 5000), st.sampled_from([60.0, 600.0, 3600.0]), st.sampled_from([60.0, 7200.0]))
def test_it_is_never_said_before_its_time(after: int, blind_after: float, interval: float) -> None:
    """Neither the mark nor the alert."""
    record = PlaceRecord(PLACE, ALL, at(0), 1, polled_at=at(0))
    now: datetime = at(0) + timedelta(seconds=after)
    marked, alerts = unreached(record, interval, now, blind_after)
    assert alerts == []
    assert (marked != record) is (after >= interval + blind_after)


class TestWatchedAgain:
    """A place that nobody watched for a month has no health of then."""

    def run(self, made: World, scopes: dict[Place, Scope], minutes: int, *, polled: bool = True) -> Scheduled:
        document = Document(lambda: None, lambda _: {}, lambda: scopes)
        for _ in range(minutes):
            made.clock.advance(60)
            done = schedule(document, made.store, FakeQueues(), made.clock.now())
            made.notify()
            if done.queued and polled:
                made.poll(after=1)
        return done

    @pytest.fixture
    def away(self, made: World) -> World:
        """It was blind when it was taken out."""
        self.run(made, {PLACE: ALL}, 3)
        made.service.denied.add(PLACE)
        self.run(made, {PLACE: ALL}, 3)
        self.run(made, {}, 3)
        made.clock.advance(30 * 86_400)
        made.publisher.taken.clear()
        return made

    def test_one_that_is_still_blind_is_told_anew(self, away: World) -> None:
        """Whoever watches it now was never told, or has forgotten."""
        self.run(away, {PLACE: ALL}, 10)
        (alert,) = away.alerts
        assert alert.kind is AlertKind.BLIND
        assert f"since {away.record().watched_since + timedelta(seconds=1):%Y-%m-%d %H:%M} UTC" in alert.text

    def test_one_that_sees_does_not_say_that_it_sees_again(self, away: World) -> None:
        """Its first look is its first word."""
        away.service.denied.clear()
        self.run(away, {PLACE: ALL}, 10)
        assert [alert.kind for alert in away.alerts] == [AlertKind.WATCHING]

    def test_it_is_neither_overdue_nor_unreached_before_its_first_poll(self, away: World) -> None:
        """It is due from now on, not since it was looked at last."""
        done = self.run(away, {PLACE: ALL}, 5, polled=False)
        assert away.alerts == []
        assert done.oldest_look < 600


@pytest.mark.parametrize("every", [60, 3600, 86_400])
def test_a_place_that_is_polled_once_a_day_is_told_to_be_blind_in_time(made: World, every: int) -> None:
    """The next poll of its own would come tomorrow, and might be refused as well."""
    scopes = {PLACE: replace(ALL, every=every)}
    document = Document(lambda: None, lambda _: {}, lambda: scopes)
    made.clock.advance(2 * every)
    began = made.clock.now()
    for _ in range(15):
        made.service.script = {made.service.calls: lambda: ListingError("slow", kind="throttled")}
        if schedule(document, made.store, FakeQueues(), made.clock.now(), Notices()).queued:
            made.poll(after=1)
        made.notify()
        made.clock.advance(59)
    (alert,) = made.alerts
    assert alert.kind is AlertKind.BLIND
    assert alert.at - began < timedelta(seconds=600 + 120)
