"""Every crash point of a schedule: at each call that a function makes, before and after its effect, and unanswered."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from faults.gate import Kind
from faults.runs import Run

SINGLE: Final = (Kind.CRASH_BEFORE, Kind.CRASH_AFTER, Kind.ANSWER_LOST, Kind.REQUEST_LOST)
"""At every call of every schedule."""

RARE: Final = (Kind.TIMED_OUT, Kind.REFUSED)
"""At some of them: a function that is stopped at its time-out dies as another one does, and a refusal does nothing."""

_RARELY: Final = 7
_COLLECTED: Final = 50
"""So many worlds are left behind before their memory is collected: after each one it would take longer than the run."""

_PAIRED: Final = (Kind.CRASH_AFTER, Kind.ANSWER_LOST, Kind.CRASH_BEFORE)


@dataclass
class Tally:
    """What some runs came to. ``findings`` are the runs that broke a promise, with what they broke."""

    runs: int = 0
    points: int = 0
    schedules: int = 0
    lost: int = 0
    repeated_without_crash: int = 0
    most_repeats_a_crash: int = 0
    taken: int = 0
    findings: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def take(self, run: Run) -> int:
        """Run it, and count what came of it. Returns how many calls its functions made."""
        world, verdict = run.run()
        self.taken += 1
        if self.taken % _COLLECTED == 0:
            gc.collect()
        if run.faults:
            self.runs += 1
        self.lost += len(verdict.lost)
        if verdict.excuses:
            repeats = -(-verdict.most_repeats // verdict.excuses)
            self.most_repeats_a_crash = max(self.most_repeats_a_crash, repeats)
        else:
            self.repeated_without_crash += verdict.most_repeats
        if verdict.findings:
            self.findings.append((str(run), verdict.findings))
        return len(world.gate.passed)

    def add(self, other: Tally) -> None:
        """Add what other runs came to."""
        self.runs += other.runs
        self.points += other.points
        self.schedules += other.schedules
        self.lost += other.lost
        self.repeated_without_crash += other.repeated_without_crash
        self.most_repeats_a_crash = max(self.most_repeats_a_crash, other.most_repeats_a_crash)
        self.findings += other.findings


def settle_memory() -> None:
    """Take what is there for good out of the collector's sight, which looks through the rest now and then."""
    gc.collect()
    gc.freeze()
    gc.disable()


def every_point(seed: int) -> Tally:
    """The schedule without a fault, then with one at every call in every way."""
    tally = Tally(schedules=1)
    calls = tally.take(Run(seed))
    for at in range(calls):
        kinds = (*SINGLE, *RARE) if at % _RARELY == seed % _RARELY else SINGLE
        tally.points += len(kinds)
        for kind in kinds:
            tally.take(Run(seed, {at: kind}))
    return tally


def pairs(seed: int, most: int) -> Tally:
    """Two faults in one run, the second one in what the first one led to; so many pairs, drawn from all of them."""
    tally, chance = Tally(), random.Random(seed)
    calls = Tally().take(Run(seed))
    for _ in range(most):
        first = Run(seed, {chance.randrange(calls): chance.choice(_PAIRED)})
        (at,) = first.faults
        # What follows the first fault is at least what would have followed without it.
        second = chance.randrange(at + 1, calls + 20)
        tally.take(replace(first, faults={**first.faults, second: chance.choice(_PAIRED)}))
    return tally


def races(seed: int) -> Tally:
    """Everything else that is due runs while a function waits for the answer to one call: before every call, in turn."""
    tally = Tally()
    calls = Tally().take(Run(seed))
    for at in range(calls):
        tally.take(Run(seed, races=frozenset({at})))
    return tally


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    whole = Tally()
    for each in tallies:
        whole.add(each)
    return whole


def report(tally: Tally, most: int = 5) -> Iterator[str]:
    """What broke, each with the smallest run that replays it."""
    from faults.runs import shrunk

    for text, findings in tally.findings[:most]:
        small = shrunk(Run.parse(text))
        yield (
            f"{text}\n  "
            + "\n  ".join(findings)
            + f"\n  replay: .venv/bin/python -m faults.run --replay '{small}'"
        )
