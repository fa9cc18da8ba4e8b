"""What every simulated service keeps of its answers: the calls, the ledger, and what it must not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any

from jobherald.local.clock import Clock
from jobherald.local.ledger import Ledger, Showing
from jobherald.local.services.shapes import FictionError
from jobherald.local.web import Answer, LocalServer


@dataclass(frozen=True, slots=True)
class Asked:
    """One call that arrived, for tests that count them."""

    at: datetime
    operation: str
    account: str
    region: str
    parameters: Mapping[str, Any]
    code: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """What an answer shows, for the ledger. ``listed`` is the place that it is a list of."""

    showings: tuple[Showing, ...]
    listed: str = ""


class RecordingServer(LocalServer):
    """A server whose answers (those with a Note) go into a ledger as they leave.

    ``fictions`` are the answers that the real service's model does not allow. They are not sent, and the server says so
    again when it stops.
    """

    def __init__(self, *, clock: Clock | None, ledger: Ledger | None, port: int) -> None:
        super().__init__(clock=clock, port=port)
        self.ledger = ledger if ledger is not None else Ledger()
        self.calls: list[Asked] = []
        self.fictions: list[str] = []

    def leaving(self, answer: Answer) -> None:
        if isinstance(answer.note, Note):
            self.ledger.record(answer.note.showings, listed=answer.note.listed, at=answer.at)

    def lost(self, answer: Answer) -> None:
        """Only an answer that left counts as shown."""
        if isinstance(answer.note, Note):
            self.ledger.retract(answer.note.showings, listed=answer.note.listed, at=answer.at)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self.fictions and error is None:
            raise FictionError(self.fictions[0])
