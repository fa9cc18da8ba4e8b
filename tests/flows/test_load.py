"""How far one place can grow under one request a second, in virtual time: what is told late, and how late.

Run as a program, it measures 100,000 open jobs: ``python -m tests.flows.test_load``; a JSON object a line.
"""

from __future__ import annotations

import json
import random
import re
import sys
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from math import ceil
from statistics import median

import pytest

from jobherald.flows.notify import notify
from jobherald.flows.poll import Polled, poll
from jobherald.flows.schedule import interval_of, is_due
from jobherald.flows.visit import Limits
from jobherald.model import Alert, AlertKind, Change
from jobherald.ports import Reach
from jobherald.watch import PlaceRecord, Poll
from tests.fakes.crowd import Crowd, Member
from tests.fakes.ports import FakePublisher
from tests.fakes.service import PLACE
from tests.fakes.store import MemoryStore
from tests.fakes.time import ONCE, FakeClock
from tests.fakes.world import ALL

MINUTE = 60.0
# What the index of open jobs holds of one (docs/architecture.md), and what an eventually consistent read unit reads.
ENTRY_BYTES = 350
UNIT_BYTES = 8192
# What a write takes, and an answer of a Query, mostly for reading it: 0.08 ms an entry on a whole CPU, of which a function
# of 512 MB has 0.29. So many entries are in one.
WRITE_SECONDS = 0.01
QUERY_SECONDS = 0.33
QUERY_ENTRIES = 1100


@dataclass
class Until:
    """``ports.Deadline``: a function's time on the virtual clock."""

    clock: FakeClock
    seconds: float = 120.0
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock.now().timestamp()

    def remaining(self) -> float:
        return self.seconds - (self.clock.now().timestamp() - self.began)


@dataclass(frozen=True, slots=True)
class Lag:
    """What a place came to; seconds from a job's end until the answer that it was told from.

    ``whole_look`` is how long the longest look took that was complete (seconds; None: there was none), ``expected_look``
    how long it was said to take, ``oldest_look`` the worst that schedule would have measured.
    """

    kind: str
    open: int
    ends_a_minute: float
    told: int
    untold: int
    twice: int
    median: float
    p95: float
    worst: float
    whole_look: float | None
    expected_look: float | None
    oldest_look: float
    requests_a_minute: float
    writes_a_minute: float
    read_units_a_poll: int


@dataclass
class Run:
    """One place, ticked every minute as the Scheduler does it, until all that ended was told or time is up."""

    reach: Reach
    jobs: int
    a_minute: float
    minutes: int = 60
    pages: int = 40
    page_size: int = 100
    moves_every: float = 0.0
    clock: FakeClock = field(default_factory=FakeClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    publisher: FakePublisher = field(default_factory=FakePublisher)
    looks: list[float] = field(default_factory=list)
    oldest: float = 0.0
    ticks: int = 0

    def __post_init__(self) -> None:
        self.crowd = Crowd(self.clock, self.reach, self.page_size, moves_every=self.moves_every)
        self.tick_at = self.clock.now()
        self.crowd.fill(self.jobs)
        self.store.before = self._takes_time
        self.store.save_place(PlaceRecord(PLACE, ALL, self.clock.now(), revision=1))

    def lag(self) -> Lag:
        while self.record.settled_at is None:
            self.tick()
        self.looks, self.oldest, self.ticks = [], 0.0, 0
        calls, writes = self.crowd.calls, self.store.calls["write"]
        ending = self.crowd.churn(self.a_minute, self.minutes, random.Random(1))
        for _ in range(self.minutes):
            self.tick()
        rate = (self.crowd.calls - calls) / self.ticks, (self.store.calls["write"] - writes) / self.ticks
        for _ in range(4 * self.minutes):
            if len(self.ends_told) >= len(ending):
                break
            self.tick()
        return self._lag(ending, rate)

    def tick(self) -> None:
        """One minute: a poll if one is due, and what it brought is told."""
        self.ticks += 1
        self.tick_at += timedelta(seconds=MINUTE)
        self.clock.present = max(self.clock.present, self.tick_at)
        record = self.record
        looked_at = record.looked_at
        self.oldest = max(
            self.oldest,
            (self.tick_at - (looked_at or record.watched_since)).total_seconds() - interval_of(record),
        )
        if is_due(record, self.tick_at):
            done = self.poll(self.tick_at)
            if done.outcome == "complete":
                self.looks.append(done.lag)
        owing = [ref for ref, kept in self.store.items.items() if kept.unsent]
        notify(owing, self.store, self.publisher, ONCE)

    def poll(self, queued_at: datetime) -> Polled:
        limits, deadline = Limits(pages=self.pages), Until(self.clock)
        return poll(Poll(PLACE, queued_at), self.crowd, self.store, self.clock, deadline, limits)

    def _takes_time(self, call: str) -> None:
        if call == "write":
            self.clock.advance(WRITE_SECONDS)
        elif call == "open_jobs":
            self.clock.advance(ceil(self.jobs / QUERY_ENTRIES) * QUERY_SECONDS)

    @property
    def record(self) -> PlaceRecord:
        record = self.store.place(PLACE)
        assert record is not None
        return record

    @property
    def ends_told(self) -> list[Change]:
        return [one for one in self.publisher.taken if isinstance(one, Change) and one.state.is_outcome]

    def alerted(self, kind: AlertKind) -> list[Alert]:
        return [one for one in self.publisher.taken if isinstance(one, Alert) and one.kind is kind]

    def expected(self) -> float | None:
        """How long a look was first said to take, in seconds."""
        said = (re.search(r"takes about (\d+) min", alert.text) for alert in self.alerted(AlertKind.BEHIND))
        return next((float(one[1]) * MINUTE for one in said if one), None)

    def _lag(self, ending: list[Member], rate: tuple[float, float]) -> Lag:
        ended = {member.id: member.ended_at for member in ending}
        told = {change.key.id: change.seen_at for change in self.ends_told}
        late = sorted(
            max(0.0, (told[one] - at).total_seconds()) for one, at in ended.items() if one in told and at
        )
        return Lag(
            self.reach.value + (" moving" if self.moves_every else ""),
            self.jobs,
            self.a_minute,
            len(told),
            len(ending) - len(told),
            len(self.ends_told) - len(told),
            round(median(late)),
            round(late[ceil(0.95 * len(late)) - 1]),
            round(late[-1]),
            round(max(self.looks)) if self.looks else None,
            self.expected(),
            round(self.oldest),
            round(rate[0], 1),
            round(rate[1], 1),
            ceil(self.jobs * ENTRY_BYTES / UNIT_BYTES),
        )


CASES = (
    (Reach.MODIFIED_AFTER, 0.0),
    (Reach.MODIFIED_AFTER, 900.0),
    (Reach.NEWEST_FIRST, 0.0),
    (Reach.EVERYTHING, 0.0),
)


def crowded(reach: Reach, moves_every: float = 0.0) -> Run:
    """A fiftieth of 100,000 open jobs in everything: rows a page, and ends a minute."""
    return Run(reach, 2000, a_minute=2.0, minutes=90, pages=20, page_size=4, moves_every=moves_every)


@pytest.mark.parametrize(("reach", "moves_every"), CASES)
def test_every_end_is_told_once_and_none_later_than_is_said(reach: Reach, moves_every: float) -> None:
    """A place with 25 times as many open jobs as a poll can list says that it cannot keep up, and how late it is."""
    run = crowded(reach, moves_every)
    lag = run.lag()
    assert (lag.told, lag.untold, lag.twice) == (180, 0, 0)
    behind = run.alerted(AlertKind.BEHIND)[0].text
    assert "Cannot keep up with" in behind
    assert ("Outcomes are told in time all the same" in behind) is (lag.worst <= 2 * MINUTE)
    assert not run.alerted(AlertKind.CAUGHT_UP)
    assert len(run.alerted(AlertKind.BEHIND)) == 1
    assert lag.worst <= lag.oldest_look + 3 * MINUTE
    assert lag.requests_a_minute <= MINUTE / run.crowd.pace


def test_ends_are_told_within_two_minutes_where_the_list_can_be_asked_for_what_changed() -> None:
    """However long it takes to see every open job again; and no alarm rings for that."""
    lag = crowded(Reach.MODIFIED_AFTER).lag()
    assert lag.worst <= 2 * MINUTE
    assert lag.oldest_look <= 2 * MINUTE
    assert lag.whole_look is not None
    assert lag.whole_look > 20 * MINUTE


@pytest.mark.parametrize("reach", [Reach.MODIFIED_AFTER, Reach.NEWEST_FIRST, Reach.EVERYTHING])
def test_how_long_a_look_takes_is_said_before_it_is_over(reach: Reach) -> None:
    """Within a third, when it has been under way for ten minutes."""
    lag = crowded(reach).lag()
    assert lag.whole_look is not None
    assert lag.expected_look == pytest.approx(lag.whole_look, rel=1 / 3)


def test_a_look_ends_though_every_job_moves_all_the_time() -> None:
    """Neither what changed nor what is open is ever listed in one poll, and they do not end in the same one."""
    lag = crowded(Reach.MODIFIED_AFTER, 900.0).lag()
    assert lag.whole_look is not None
    assert lag.oldest_look <= 1.5 * lag.whole_look


@pytest.mark.parametrize("reach", [Reach.NEWEST_FIRST, Reach.EVERYTHING])
def test_elsewhere_an_end_is_told_within_one_look_at_everything(reach: Reach) -> None:
    run = crowded(reach)
    lag = run.lag()
    assert lag.whole_look is not None
    assert lag.worst <= lag.whole_look + 2 * MINUTE
    # What is listed of new jobs takes its share of each poll.
    assert lag.whole_look <= 2 * MINUTE * run.jobs / (run.page_size * run.pages)


@pytest.mark.parametrize("reach", Reach)
def test_a_place_whose_open_jobs_fit_into_a_poll_keeps_up(reach: Reach) -> None:
    run = Run(reach, 60, a_minute=1.0, minutes=30, pages=20, page_size=4)
    lag = run.lag()
    assert (lag.untold, lag.twice) == (0, 0)
    assert lag.worst <= 2 * MINUTE
    assert lag.oldest_look <= 2 * MINUTE
    assert not run.alerted(AlertKind.BEHIND)


def test_polls_that_take_more_than_a_minute_follow_each_other() -> None:
    """What was asked for while one was under way goes on with its listing, instead of being dropped."""
    run = slow_polls()
    began = run.clock.now()
    while run.record.settled_at is None:
        run.tick()
    listed = (run.clock.now() - began).total_seconds()
    assert listed <= 1.25 * run.jobs / run.page_size * (run.crowd.pace + run.crowd.call_seconds)


def test_a_place_whose_polls_take_long_does_not_pile_them_up() -> None:
    """Others of its queue's group would wait behind them."""
    run = slow_polls()
    run.tick()
    asked_at = run.clock.now() - timedelta(seconds=MINUTE + 1)
    assert run.record.sweep_resume is not None
    assert run.poll(asked_at).outcome == "overtaken"


def test_a_poll_that_comes_twice_is_dropped_though_a_listing_goes_on() -> None:
    run = slow_polls()
    run.tick()
    assert run.record.queued_at is not None
    assert run.poll(run.record.queued_at).outcome == "overtaken"


def slow_polls() -> Run:
    """Five polls' worth of pages, at 80 s a poll."""
    run = Run(Reach.EVERYTHING, 400, a_minute=1.0, pages=20, page_size=4)
    run.crowd.call_seconds = 3.0
    return run


def measure(jobs: int = 100_000, a_minute: float = 100.0, minutes: int = 90, pages: int = 40) -> None:
    """Print the figures of every kind of listing."""
    for reach, moves_every in CASES:
        lag = Run(reach, jobs, a_minute, minutes, pages, moves_every=moves_every).lag()
        sys.stdout.write(f"{json.dumps(asdict(lag))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    measure()
