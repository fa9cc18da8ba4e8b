"""What the answers of the job services showed, to whom, and what of it he could still know."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from jobherald.local.ledger import Ledger, Showing
from jobherald.local.services.recording import Note
from jobherald.model import State


class Heard(NamedTuple):
    """An answer of a job service that reached a function, and after how many calls."""

    note: Note
    at: datetime
    call: int


class Hearing:
    """Keeps the ledgers of a world. ``has_begun`` says whether a place remembers its first look.

    ``ledger`` is what was shown to whoever lived on, ``shown`` is all of it: what was shown to one that failed may have
    been written, and be told. ``looked`` is when each place was listed last by one that lived on. ``open`` is what the
    invocations have heard that have not ended.
    """

    def __init__(self, has_begun: Callable[[str], bool]) -> None:
        self.ledger = Ledger()
        self.shown = Ledger()
        self.looked: dict[str, datetime] = {}
        self._has_begun = has_begun
        self.open: list[list[Heard]] = []

    def begin(self) -> None:
        """An invocation begins; others may begin before it ends."""
        self.open.append([])

    def hear(self, heard: Heard) -> None:
        """An answer reaches the invocation that began last."""
        self.open[-1].append(heard)

    def unhear(self, call: int) -> None:
        """The answer to that call never arrived: it showed nothing to anybody."""
        self.open[-1] = [one for one in self.open[-1] if one.call != call]

    def end(self) -> list[Heard]:
        """The invocation that began last has ended. Returns what it heard."""
        return self.open.pop()

    def keep(self, heard: Iterable[Heard], *, failed: bool) -> None:
        """What an invocation was shown. One that failed has forgotten what the next answer may no longer show."""
        for note, at, _ in heard:
            showings: Iterable[Showing] = note.showings
            listed = note.listed if not failed or self._has_begun(note.listed) else ""
            self.shown.record(showings, listed=listed, at=at)
            if note.listed and not failed:
                self.looked[note.listed] = at
            if failed:
                showings = [one for one in showings if one.state.is_outcome or one.state is State.GONE]
            self.ledger.record(showings, listed=listed, at=at)
