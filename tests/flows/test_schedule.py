from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from jobherald.errors import ConfigError, ConflictError, JobheraldError
from jobherald.flows.schedule import Document, Scheduled, is_due, schedule, slot
from jobherald.flows.visit import Limits
from jobherald.model import Alert, AlertKind, JobKey, Place, State
from jobherald.ports import Reach
from jobherald.store.items import job_pk
from jobherald.watch import PlaceRecord, Resume, Rule, Scope
from tests.fakes.ports import FakeQueues
from tests.fakes.service import PLACE
from tests.fakes.store import MemoryStore
from tests.fakes.things import at, change, job
from tests.fakes.time import NOON
from tests.fakes.world import ALL, world

OTHER = Place(PLACE.source, PLACE.account, "eu-west-1")
THIRD = Place("rekognition.media_analysis", PLACE.account, "us-east-1")


@dataclass
class Desk:
    """A schedule function with its configuration: ``text`` is the document, ``means`` what good ones ask for."""

    text: str | None = None
    means: dict[str, Mapping[Place, Scope]] = field(default_factory=dict)
    usual: Mapping[Place, Scope] = field(default_factory=lambda: {PLACE: ALL, OTHER: ALL})
    store: MemoryStore = field(default_factory=MemoryStore)
    queues: FakeQueues = field(default_factory=FakeQueues)
    fetching: Callable[[], None] = lambda: None

    def tick(self, minute: float = 0) -> Scheduled:
        self.queues.polled.clear()
        document = Document(self._fetch, self._read, lambda: self.usual)
        return schedule(document, self.store, self.queues, at(minute))

    def _fetch(self) -> str | None:
        self.fetching()
        return self.text

    def _read(self, text: str) -> Mapping[Place, Scope]:
        if text not in self.means:
            raise ConfigError(f"watch[0].source: {text} is no source")
        return self.means[text]

    @property
    def due(self) -> set[Place]:
        return {place for place, _, _ in self.queues.polled}

    @property
    def alerts(self) -> list[Alert]:
        return [piece for piece in self.store.news if isinstance(piece, Alert)]

    def polled(self, place: Place, minute: float, **more: object) -> None:
        record = self.store.place(place)
        assert record is not None
        changed = {"queued_at": at(minute), "polled_at": at(minute) + timedelta(seconds=20), **more}
        self.store.save_place(replace(record, revision=record.revision + 1, **changed))  # type: ignore[arg-type]


def settled(**more: object) -> PlaceRecord:
    made = PlaceRecord(
        PLACE, ALL, at(0), 1, settled_at=at(0), queued_at=at(10), polled_at=at(10) + timedelta(seconds=25)
    )
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("record", "seconds", "due"),
    [
        (settled(polled_at=None, queued_at=None), 0, True),
        (settled(jobs_open=3), 60, True),
        (settled(jobs_open=3), 58, True),
        (settled(jobs_open=3), 30, False),
        (settled(), 60, False),
        (settled(), 120, True),
        (settled(settled_at=None), 60, True),
        (settled(trouble="throttled"), 60, True),
        (settled(jobs_open=3, paused_until=at(15)), 60, False),
        (settled(jobs_open=3, paused_until=at(15)), 300, True),
        (settled(news_resume=Resume("news", "t", at(1))), 1, True),
        (settled(sweep_resume=Resume("sweep", "t", at(1))), 1, True),
        (settled(sweep_resume=Resume("sweep", "t", at(1)), paused_until=at(15)), 1, False),
        (settled(trouble="throttled", paused_until=at(15), scope=replace(ALL, every=86_400)), 299, False),
        (settled(trouble="throttled", paused_until=at(15), scope=replace(ALL, every=86_400)), 300, True),
        (settled(trouble="denied", scope=replace(ALL, every=86_400)), 300, False),
        (settled(jobs_open=1, scope=replace(ALL, every=600)), 300, False),
        (settled(jobs_open=1, scope=replace(ALL, every=600)), 600, True),
    ],
)
def test_a_place_is_due_by_what_it_has_to_do(record: PlaceRecord, seconds: float, due: bool) -> None:
    """Busy ones after their interval, quiet ones after twice that, troubled ones after their pause."""
    assert is_due(record, at(10) + timedelta(seconds=seconds)) is due


@pytest.mark.parametrize("takes", [1, 20, 55])
def test_a_busy_place_is_polled_every_minute_however_long_a_poll_takes(takes: float) -> None:
    """The interval runs from tick to tick: counted from a poll's end every second tick would find it too early."""
    desk = Desk(usual={PLACE: ALL})
    desk.tick(0)
    for minute in range(5):
        asked = at(minute)
        desk.polled(PLACE, minute, polled_at=asked + timedelta(seconds=takes), jobs_open=1, settled_at=NOON)
        desk.tick(minute + 1)
        assert desk.due == {PLACE}


def test_a_new_place_is_begun_and_polled_at_once() -> None:
    """Its first look does not wait for a minute."""
    desk = Desk()
    done = desk.tick()
    assert (done.places, done.queued) == (2, 2)
    assert desk.due == {PLACE, OTHER}
    record = desk.store.place(OTHER)
    assert record is not None
    assert (record.scope, record.watched_since, record.baseline_at) == (ALL, at(0), None)


def test_a_place_is_queued_once_in_a_slot() -> None:
    """The queue drops the pile-up of two ticks in one minute."""
    first, second, later = (slot(PLACE, 60, at(minute)) for minute in (0, 0.9, 1.1))
    assert first == second != later
    assert slot(OTHER, 60, at(0)) != first
    assert slot(PLACE, 5, at(0)) != slot(PLACE, 5, at(0.1))
    long = replace(PLACE, parent="x" * 500)
    assert len(slot(long, 3600, at(0))) <= 128


def test_queued_polls_say_when_they_were_asked_for() -> None:
    """So that one that was overtaken can end at once."""
    desk = Desk()
    desk.tick(3)
    assert {(place, asked) for place, _, asked in desk.queues.polled} == {(PLACE, at(3)), (OTHER, at(3))}


def test_what_is_owed_too_long_is_sent_through_the_stream_again() -> None:
    """A stream may be out for a day; its items are not."""
    desk = Desk()
    old = job(State.FAILED, key=JobKey(PLACE, "old"), seen_at=at(1))
    new = job(State.FAILED, key=JobKey(PLACE, "new"), seen_at=at(9))
    for one in (old, new):
        desk.store.write(one, change(one))
    assert desk.tick(10).touched == 1
    assert desk.store.touched == [job_pk(old.key)]


def test_the_most_overdue_look_is_named_with_its_age() -> None:
    """One metric says that we are blind, whatever the places' intervals are, and the answer says where."""
    desk = Desk()
    done = desk.tick(0)
    assert (done.oldest_look, done.oldest) == (0, "")
    desk.polled(PLACE, 9, looked_at=at(9))
    desk.polled(OTHER, 9, looked_at=at(3), paused_until=at(99))
    done = desk.tick(10)
    assert (done.oldest_look, done.oldest) == (6 * 60, OTHER.key)
    assert Desk(usual={}).tick().oldest == ""


def test_a_look_that_goes_on_is_not_overdue_where_outcomes_are_listed_before_the_rest() -> None:
    """The alarm is for what people wait for; that a place cannot keep up with the rest is told by another name."""
    made = world(Reach.MODIFIED_AFTER)
    for number in range(30):
        made.service.add(f"job-{number:02}", (0, State.RUNNING))
    made.settle()
    # Long enough ago that none of them is news any more.
    made.poll(after=600)
    made.service.page_size, made.limits = 1, Limits(pages=2)
    made.clock.advance(600)
    document = Document(lambda: None, lambda _: {}, lambda: {PLACE: ALL})
    for _ in range(28):
        assert made.poll().outcome == "to be continued"
        assert schedule(document, made.store, FakeQueues(), made.clock.now()).oldest_look == 0


def test_a_place_that_was_never_seen_ages_from_when_it_was_wanted() -> None:
    """A region that is denied from the start must raise the alarm too."""
    desk = Desk(usual={PLACE: ALL})
    desk.tick(0)
    desk.polled(PLACE, 1, trouble="denied")
    assert desk.tick(30).oldest_look == 29 * 60


# Configuration


def test_a_document_is_in_force_from_the_next_tick() -> None:
    """New places are begun, known ones brought to their new scope."""
    desk = Desk()
    desk.tick(0)
    desk.text = "narrow"
    narrow = Scope((Rule("prod", name_contains="prod-"),), 300)
    desk.means = {"narrow": {PLACE: narrow, THIRD: ALL}}
    desk.tick(1)
    record = desk.store.place(PLACE)
    assert record is not None
    assert record.scope == narrow
    assert desk.store.place(THIRD) is not None
    config = desk.store.config()
    assert config is not None
    assert (config.text, config.places) == ("narrow", frozenset({PLACE.key, OTHER.key, THIRD.key}))


def test_a_document_that_did_not_change_is_not_written_again() -> None:
    """A tick that finds nothing to do writes nothing."""
    desk = Desk(text="good", means={"good": {PLACE: ALL}})
    desk.tick(0)
    desk.store.calls.clear()
    desk.tick(1)
    assert not {"save_config", "save_place"} & set(desk.store.calls)


def test_a_bad_document_keeps_the_last_good_one_and_says_so_once() -> None:
    """To the operators, with the exact fault; and again only for another bad document."""
    desk = Desk(text="good", means={"good": {PLACE: ALL}})
    desk.tick(0)
    desk.text = "bad"
    for minute in range(1, 5):
        done = desk.tick(minute)
        assert done.places == 1
        assert done.refused == "watch[0].source: bad is no source"
    (alert,) = desk.alerts
    assert alert.for_operators
    assert alert.kind is AlertKind.CONFIG_REFUSED
    assert "last good one stays in force" in alert.text
    assert "watch[0].source: bad is no source" in alert.text
    assert "jobherald config check" in alert.next_step
    desk.text = "worse"
    desk.tick(6)
    assert [piece.version for piece in desk.store.news] == [1, 2]
    desk.text = "good"
    assert desk.tick(7).refused == ""
    desk.text = "bad"
    desk.tick(8)
    assert [piece.version for piece in desk.store.news] == [1, 2, 3]


def test_a_first_document_that_is_bad_leaves_the_defaults_in_force() -> None:
    """There is no last good one."""
    desk = Desk(text="bad")
    done = desk.tick(0)
    assert done.places == 2
    (alert,) = desk.alerts
    assert "defaults are in force" in alert.text


def test_a_last_good_document_beyond_a_narrowed_deployment_gives_way_to_the_defaults() -> None:
    """What was good when it was pushed may no longer be granted."""
    desk = Desk(text="good", means={"good": {THIRD: ALL}})
    desk.tick(0)
    desk.means.clear()
    assert desk.tick(1).places == 2


def test_a_document_that_cannot_be_read_keeps_the_last_good_one() -> None:
    """A missing permission on the parameter must not stop the watching."""
    desk = Desk(text="good", means={"good": {PLACE: ALL}})
    desk.tick(0)

    def denied() -> None:
        raise ConfigError("the parameter cannot be read; allow ssm:GetParameter")

    desk.fetching = denied
    for minute in (1, 2, 3):
        done = desk.tick(minute)
        assert (done.places, desk.due) == (1, {PLACE})
        assert "ssm:GetParameter" in done.refused
    assert len(desk.store.news) == 1


def test_a_document_that_cannot_be_read_for_a_moment_is_nobodys_news() -> None:
    """SSM throttles and times out like every service; the next tick reads it again."""
    desk = Desk(text="good", means={"good": {PLACE: ALL}})
    desk.tick(0)

    def throttled() -> None:
        raise ConfigError("the parameter cannot be read: ThrottlingException")

    for minute in (1, 3, 5):
        desk.fetching = throttled
        assert desk.tick(minute).places == 1
        desk.fetching = lambda: None
        assert desk.tick(minute + 1).refused == ""
    assert desk.store.news == []


def test_a_document_that_cannot_be_read_is_said_once_however_it_is_worded() -> None:
    """What AWS answers for a key that it may not use holds the id of the request, another one each minute."""
    desk = Desk(text="good", means={"good": {PLACE: ALL}})
    desk.tick(0)
    asked = iter(range(10))

    def denied() -> None:
        raise ConfigError(f"the parameter cannot be read: AccessDenied (Request ID: {next(asked)})")

    desk.fetching = denied
    for minute in (1, 2, 3):
        desk.tick(minute)
    assert len(desk.store.news) == 1


def test_a_removed_place_is_let_go_and_then_forgotten() -> None:
    """Its open jobs are released by one last poll without calls, and it is no longer asked about."""
    desk = Desk()
    desk.tick(0)
    desk.polled(OTHER, 0, settled_at=at(0), jobs_open=2)
    desk.usual = {PLACE: ALL}
    done = desk.tick(1)
    assert done.places == 1
    assert OTHER in desk.due
    record = desk.store.place(OTHER)
    assert record is not None
    assert (record.scope.rules, record.settled_at, record.former) == ((), None, None)
    desk.polled(OTHER, 1, jobs_open=1)
    desk.tick(2)
    assert OTHER in desk.due
    desk.polled(OTHER, 2, jobs_open=0)
    desk.tick(3)
    assert OTHER not in desk.due
    config = desk.store.config()
    assert config is not None
    assert config.places == {PLACE.key}
    desk.usual = {PLACE: ALL, OTHER: ALL}
    desk.tick(4)
    record = desk.store.place(OTHER)
    assert record is not None
    assert (record.scope, record.former, record.baseline_at) == (ALL, None, None)


# Races


def test_a_place_that_a_poll_is_writing_is_brought_to_its_scope_by_the_next_tick() -> None:
    """Both write upon the revision that they read; the slower one tries again."""
    desk = Desk(usual={PLACE: ALL})
    desk.tick(0)
    desk.usual = {PLACE: replace(ALL, every=300)}

    def poll_writes(call: str) -> None:
        if call == "save_place":
            desk.store.before = lambda _: None
            desk.polled(PLACE, 0.5)

    desk.store.before = poll_writes
    desk.tick(1)
    record = desk.store.place(PLACE)
    assert record is not None
    assert record.scope.every == 60
    desk.tick(2)
    record = desk.store.place(PLACE)
    assert record is not None
    assert (record.scope.every, record.queued_at) == (300, at(0.5))


def test_two_ticks_at_once_agree() -> None:
    """A scheduler delivers at least once."""
    for gate in range(8):
        desk = Desk(text="good", means={"good": {PLACE: ALL, OTHER: ALL}})
        calls = 0

        def meanwhile(_: str, desk: Desk = desk, at_call: int = gate) -> None:
            nonlocal calls
            calls += 1
            if calls - 1 == at_call:
                desk.store.before = lambda _: None
                desk.tick(0)

        desk.store.before = meanwhile
        desk.tick(0)
        desk.store.before = lambda _: None
        assert set(desk.store.places([PLACE, OTHER])) == {PLACE, OTHER}
        config = desk.store.config()
        assert config is not None
        assert config.text == "good"


def test_a_queue_that_does_not_take_a_poll_fails_the_tick() -> None:
    """The next one is a minute away, and the alarm counts errors."""

    class Full(FakeQueues):
        def polls(self, places: object, queued_at: datetime) -> None:
            raise JobheraldError("SQS took 1 of 2 messages")

    desk = Desk(queues=Full())
    with pytest.raises(JobheraldError, match="SQS took"):
        desk.tick()
    with pytest.raises(ConflictError):
        desk.store.save_place(PlaceRecord(PLACE, ALL, at(0), 1))
