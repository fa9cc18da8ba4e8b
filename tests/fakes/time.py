"""Time that passes only when a test lets it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jobherald.flows.patience import Patience

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class FakeClock:
    """``ports.Clock``; also the service's clock, which runs on a little with every call."""

    def __init__(self, now: datetime = NOON) -> None:
        self.present = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.present

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.present += timedelta(seconds=seconds)


class FakeDeadline:
    """``ports.Deadline``: ``left`` seconds, less ``each`` after every time it was asked."""

    def __init__(self, left: float = 600.0, each: float = 0.0) -> None:
        self.left = left
        self.each = each

    def remaining(self) -> float:
        left = self.left
        self.left -= self.each
        return left


ONCE = Patience(FakeClock(), FakeDeadline(0))
"""Without time for a second try."""
