"""The product's flows and a provider on a store in memory, over the simulated services' real HTTP, and their reckoning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jobherald.flows.look import look
from jobherald.flows.notify import notify
from jobherald.flows.poll import poll
from jobherald.flows.visit import Limits
from jobherald.local.ledger import Ledger
from jobherald.local.reckoning import Reckoning, Told, reckon
from jobherald.local.services import ScriptedJob
from jobherald.model import Alert, Change, Place
from jobherald.ports import Lister
from jobherald.watch import Look, PlaceRecord, Poll, Rule, Scope
from tests.fakes.ports import FakePublisher
from tests.fakes.store import MemoryStore
from tests.fakes.time import ONCE, FakeClock, FakeDeadline


@dataclass
class Monitor:
    """Watches ``places`` by ``lister``; ``ledger`` is what the services' answers showed."""

    places: Sequence[Place]
    lister: Lister
    ledger: Ledger
    clock: FakeClock
    limits: Limits
    store: MemoryStore = field(default_factory=MemoryStore)
    publisher: FakePublisher = field(default_factory=FakePublisher)

    def watch(self) -> None:
        for place in self.places:
            self.store.save_place(PlaceRecord(place, Scope((Rule("all"),)), self.clock.now(), revision=1))

    def poll(self, after: float) -> None:
        self.clock.advance(after)
        for place in self.places:
            poll(
                Poll(place, self.clock.now()),
                self.lister,
                self.store,
                self.clock,
                FakeDeadline(),
                self.limits,
            )
        self.tell()

    def look(self, job: ScriptedJob) -> None:
        look(Look(job.place, job.id), self.lister, self.store)
        self.tell()

    def tell(self) -> None:
        notify(
            [ref for ref, kept in self.store.items.items() if kept.unsent], self.store, self.publisher, ONCE
        )

    @property
    def changes(self) -> list[Change]:
        return [piece for piece in self.publisher.taken if isinstance(piece, Change)]

    @property
    def alerts(self) -> list[Alert]:
        return [piece for piece in self.publisher.taken if isinstance(piece, Alert)]

    def reckon(self, began: Mapping[str, datetime] | None = None) -> Reckoning:
        told = [Told(change.id, change.key.text, change.state) for change in self.changes]
        # Polls and looks come one after the other here: nothing overtakes anything.
        return reckon(self.ledger, {"sns": told}, tolerance=0.0, began=began)


def findings(reckoning: Reckoning) -> list[str]:
    """What went wrong, in words."""
    return [str(one) for one in (*reckoning.lost, *reckoning.duplicated, *reckoning.unexpected)]
