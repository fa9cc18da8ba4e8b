"""What stands in front of every call that a function makes: here it dies, waits in vain, or is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple, NoReturn, TypeVar

from faults.clock import VirtualClock

T = TypeVar("T")

LATENCY: Final = 0.01
"""Seconds that an answered call takes."""


class Kind(StrEnum):
    """What happens to one call."""

    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    TIMED_OUT = "timed out"
    REQUEST_LOST = "request lost"
    ANSWER_LOST = "answer lost"
    REFUSED = "refused"
    PARTLY_REFUSED = "partly refused"

    @property
    def may_repeat(self) -> bool:
        """Whether what was told before this call may have to be told again: a crash, or a call without an answer."""
        return self in _EXCUSES


_EXCUSES: Final = frozenset(
    {Kind.CRASH_BEFORE, Kind.CRASH_AFTER, Kind.TIMED_OUT, Kind.ANSWER_LOST, Kind.REQUEST_LOST}
)


class Crash(BaseException):  # no error that anybody may catch: the process is gone
    """The function's process ends here."""


class Wire(NamedTuple):
    """How one transport tells its caller of trouble; ``patience`` (seconds) is how long the caller waits for an answer.

    ``refused`` raises where that is how a refusal is told, and else returns the answer that tells it.
    """

    refused: Callable[[], Any]
    request_lost: Callable[[], Exception]
    answer_lost: Callable[[], Exception]
    patience: float


@dataclass
class Invocation:
    """One invocation of a function: it lasts until ``ends_at`` at most, and once it is dead it makes no further call."""

    function: str
    number: int
    ends_at: datetime
    dead: bool = False
    faults: int = 0

    def remaining(self, now: datetime) -> float:
        """Seconds that are left to it."""
        return (self.ends_at - now).total_seconds()


@dataclass
class Passing:
    """One call that passed the gate: by which function and invocation, and what it was."""

    function: str
    invocation: int
    what: str


@dataclass
class Gate:
    """Counts the calls of all functions, from 0 on, and lets those meet their fault that ``faults`` names.

    ``between`` is called before each call of a function, with its number: what runs there runs while the function waits.
    ``unheard`` is called where an answer was made that never arrives.
    """

    clock: VirtualClock
    faults: Mapping[int, Kind] = field(default_factory=dict)
    between: Callable[[int], None] = lambda _: None
    unheard: Callable[[], None] = lambda: None
    passed: list[Passing] = field(default_factory=list)
    running: list[Invocation] = field(default_factory=list)
    met: list[tuple[int, Kind]] = field(default_factory=list)

    def call(
        self, what: str, wire: Wire, effect: Callable[[], T], partly: Callable[[], T] | None = None
    ) -> T:
        """Make one call, unless its fault is otherwise. Raises what the wire raises, and Crash.

        ``partly`` is the call of which a part is refused, where it has parts.
        """
        invocation = self.running[-1]
        if invocation.dead:
            raise Crash(what)
        number = len(self.passed)
        self.passed.append(Passing(invocation.function, invocation.number, what))
        self.between(number)
        self.clock.sleep(LATENCY)
        if invocation.remaining(self.clock.now()) <= 0:
            self._die(invocation, what)
        kind = self.faults.get(number)
        if kind is None:
            return effect()
        self.met.append((number, kind))
        invocation.faults += 1
        return self._meet(kind, invocation, what, wire, effect, partly)

    def _meet(
        self,
        kind: Kind,
        invocation: Invocation,
        what: str,
        wire: Wire,
        effect: Callable[[], T],
        partly: Callable[[], T] | None,
    ) -> T:
        if kind is Kind.CRASH_BEFORE:
            self._die(invocation, what)
        if kind is Kind.PARTLY_REFUSED and partly is not None:
            return partly()
        if kind in {Kind.REFUSED, Kind.PARTLY_REFUSED}:
            answer: T = wire.refused()
            return answer
        if kind is Kind.REQUEST_LOST:
            self._wait(invocation, wire.patience, what)
            raise wire.request_lost()
        effect()
        if kind is Kind.ANSWER_LOST:
            self.unheard()
            self._wait(invocation, wire.patience, what)
            raise wire.answer_lost()
        if kind is Kind.TIMED_OUT:
            self.clock.move_to(invocation.ends_at)
        return self._die(invocation, what)

    def _wait(self, invocation: Invocation, seconds: float, what: str) -> None:
        if invocation.remaining(self.clock.now()) <= seconds:
            self.clock.move_to(invocation.ends_at)
            self._die(invocation, what)
        self.clock.sleep(seconds)

    def _die(self, invocation: Invocation, what: str) -> NoReturn:
        invocation.dead = True
        raise Crash(what)

    def ends(self, seconds: float) -> datetime:
        """When an invocation ends that begins now and may last so long."""
        return self.clock.now() + timedelta(seconds=seconds)
