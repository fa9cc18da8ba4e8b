"""The one time of a simulated world: it moves only when somebody waits."""

from __future__ import annotations

from datetime import datetime, timedelta


class VirtualClock:
    """``ports.Clock`` and the clock of the simulated services alike."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The present moment, aware and in UTC."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move on by some seconds."""
        self._now += timedelta(seconds=seconds)

    def move_to(self, moment: datetime) -> None:
        """Move on to a moment; one that has passed changes nothing."""
        self._now = max(self._now, moment)
