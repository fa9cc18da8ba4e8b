"""The far sides of notify and schedule, as a test wants them to behave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from jobherald.errors import DeliveryError
from jobherald.model import Alert, Change, Delivery, Place
from jobherald.watch import Look
from tests.fakes.time import NOON

News = Change | Alert


class FakePublisher:
    """``ports.Publisher``: keeps what it took, refuses what ``refuses`` says; ``meanwhile`` runs after each call."""

    def __init__(self) -> None:
        self.taken: list[News] = []
        self.calls = 0
        self.refuses: Callable[[News], bool] = lambda _: False
        self.meanwhile: Callable[[], None] = lambda: None

    def publish(self, news: Sequence[News]) -> list[Delivery | Exception]:
        self.calls += 1
        answers = [self._one(piece) for piece in news]
        self.meanwhile()
        return answers

    def _one(self, piece: News) -> Delivery | Exception:
        if self.refuses(piece):
            return DeliveryError("refused")
        self.taken.append(piece)
        return Delivery("sns", piece, NOON, f"message-{len(self.taken)}")

    @property
    def ids(self) -> list[str]:
        return [piece.id for piece in self.taken]


class FakeQueues:
    """``ports.Queues``: keeps what was queued; a FIFO queue's deduplication is the test's to look at."""

    def __init__(self) -> None:
        self.polled: list[tuple[Place, str, datetime]] = []
        self.looked: list[Look] = []

    def polls(self, places: Sequence[tuple[Place, str]], queued_at: datetime) -> None:
        self.polled += [(place, slot, queued_at) for place, slot in places]

    def looks(self, looks: Sequence[Look]) -> None:
        self.looked += looks
