"""What the simulated services' answers contained: the one truth about what could have been known, and when."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from jobherald.model import State


@dataclass(frozen=True, slots=True)
class Showing:
    """That one answer showed one job in one state.

    ``at`` is when the answer was made (UTC, exact), ``changed_at`` the latest time of its own that the service gave (its
    modified or end time), None where it gave none. ``place`` is ``source/account/region``; ``job`` is ``place:id``.
    A look that found no such job shows the state ``gone`` with an empty status.
    """

    at: datetime
    place: str
    job: str
    name: str
    status: str
    state: State
    operation: str
    created_at: datetime
    changed_at: datetime | None = None


class Ledger:
    """Every showing of every answer that left, in order, and when each place was listed. Thread safe."""

    def __init__(
        self, showings: Iterable[Showing] = (), listings: Iterable[tuple[str, datetime]] = ()
    ) -> None:
        self._showings = list(showings)
        self._listings = list(listings)
        self._lock = threading.Lock()

    def record(self, showings: Iterable[Showing], *, listed: str = "", at: datetime | None = None) -> None:
        """Keep what one answer showed; ``listed`` is the place that it was a list of, ``at`` when it was made."""
        with self._lock:
            self._showings.extend(showings)
            if listed and at is not None:
                self._listings.append((listed, at))

    def retract(self, showings: Iterable[Showing], *, listed: str = "", at: datetime | None = None) -> None:
        """Take back what was recorded of an answer that then did not leave."""
        with self._lock:
            for showing in showings:
                self._showings.remove(showing)
            if listed and at is not None:
                self._listings.remove((listed, at))

    def __iter__(self) -> Iterator[Showing]:
        with self._lock:
            ordered = sorted(self._showings, key=lambda showing: showing.at)
        return iter(ordered)

    def __len__(self) -> int:
        with self._lock:
            return len(self._showings)

    @property
    def first_listed(self) -> dict[str, datetime]:
        """By place, T0: the date of its first list answer, in whole seconds as the ``Date`` header has it."""
        first: dict[str, datetime] = {}
        with self._lock:
            for place, at in self._listings:
                first[place] = min(at.replace(microsecond=0), first.get(place, at))
        return first

    def states_of(self, job: str) -> list[State]:
        """The states in which a job was shown, in order, without repetitions."""
        states: list[State] = []
        for showing in self:
            if showing.job == job and (not states or states[-1] is not showing.state):
                states.append(showing.state)
        return states
