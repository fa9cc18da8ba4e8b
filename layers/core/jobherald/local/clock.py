"""Time for the local cloud as an object, so that a test can move it and a demo can let it run."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the local services read the time from: their jobs move by it and their answers are dated by it."""

    def now(self) -> datetime:
        """The present moment, aware and in UTC."""
        ...


class RealClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """Time that stands still until somebody moves it."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> datetime:
        """Move on by some seconds. Returns the new present."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
            return self._now
