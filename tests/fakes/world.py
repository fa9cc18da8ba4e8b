"""A service, a store and a clock, polled as the functions do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from jobherald.errors import JobheraldError
from jobherald.flows.look import Looked, look
from jobherald.flows.notify import notify
from jobherald.flows.poll import Polled, poll
from jobherald.flows.visit import Limits
from jobherald.model import Alert, AlertKind, Change, Place, State
from jobherald.ports import Deadline, Reach
from jobherald.watch import Look, PlaceRecord, Poll, Rule, Scope
from tests.fakes.ports import FakePublisher
from tests.fakes.service import PLACE, FakeService, Life
from tests.fakes.store import MemoryStore
from tests.fakes.time import ONCE, FakeClock, FakeDeadline

ALL = Scope((Rule("all"),))


@dataclass
class World:
    """One watched service. ``told`` and ``alerts`` are what the publisher took, in order."""

    clock: FakeClock = field(default_factory=FakeClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    publisher: FakePublisher = field(default_factory=FakePublisher)
    service: FakeService = field(init=False)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self.service = FakeService(self.clock)

    def watch(self, scope: Scope = ALL, place: Place = PLACE) -> None:
        """What schedule does when a place is new or its scope another one."""
        record = self.store.place(place)
        fresh = PlaceRecord(place, scope, self.clock.now()) if record is None else record.rescoped(scope)
        self.save(fresh)

    def save(self, record: PlaceRecord) -> None:
        from dataclasses import replace

        self.store.save_place(replace(record, revision=record.revision + 1))

    def poll(
        self,
        place: Place = PLACE,
        *,
        after: float = 60.0,
        deadline: Deadline | None = None,
        tell: bool = True,
    ) -> Polled:
        """One poll, some seconds after the last one, and what it brought is told."""
        self.clock.advance(after)
        request = Poll(place, self.clock.now())
        done = poll(request, self.service, self.store, self.clock, deadline or FakeDeadline(), self.limits)
        if tell:
            self.notify()
        return done

    def poll_until_complete(self, place: Place = PLACE, *, most: int = 50, after: float = 60.0) -> int:
        """Poll until nothing is left for the next one. Returns how many polls that took."""
        for polls in range(1, most + 1):
            if self.poll(place, after=after).outcome == "complete":
                return polls
        raise AssertionError(f"not complete after {most} polls")

    def settle(self) -> None:
        """The first look at the place, to its end; what it said is forgotten."""
        self.watch()
        self.poll_until_complete()
        self.publisher.taken.clear()

    def look(self, life: Life) -> Looked:
        done = look(Look(life.place, life.id), self.service, self.store)
        self.notify()
        return done

    def notify(self) -> None:
        refs = [ref for ref, kept in self.store.items.items() if kept.unsent]
        done = notify(refs, self.store, self.publisher, ONCE)
        assert not done.failed

    def record(self, place: Place = PLACE) -> PlaceRecord:
        record = self.store.place(place)
        assert record is not None
        return record

    @property
    def told(self) -> list[Change]:
        return [piece for piece in self.publisher.taken if isinstance(piece, Change)]

    @property
    def alerts(self) -> list[Alert]:
        return [piece for piece in self.publisher.taken if isinstance(piece, Alert)]

    def alerted(self, kind: AlertKind) -> list[str]:
        return [alert.text for alert in self.alerts if alert.kind is kind]

    def told_of(self, life: Life | str) -> list[State]:
        job = life if isinstance(life, str) else life.id
        return [change.state for change in self.told if change.key.id == job]


def worlds(reaches: Sequence[Reach] = tuple(Reach)) -> list[World]:
    """One world for each kind of list operation."""
    return [world(reach) for reach in reaches]


def world(reach: Reach = Reach.MODIFIED_AFTER) -> World:
    made = World()
    made.service.reach = reach
    made.service.newest_first = reach is not Reach.EVERYTHING
    return made


def crash() -> Exception | None:
    raise JobheraldError("the function was stopped here")
