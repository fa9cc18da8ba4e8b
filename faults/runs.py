"""One run as a line of text, so that what failed once can be run again, by anybody, as often as needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from faults.gate import Kind
from faults.judge import Verdict, judge
from faults.schedules import drawn
from faults.world import Schedule, World

_PART: Final = re.compile(r"(?P<name>[a-z]+)=(?P<value>\S*)")


@dataclass(frozen=True, slots=True)
class Run:
    """A drawn schedule by its seed, what of it is left out (by position), and the faults and races on it."""

    seed: int
    faults: Mapping[int, Kind] = field(default_factory=dict)
    races: frozenset[int] = frozenset()
    without_jobs: frozenset[int] = frozenset()
    without_events: frozenset[int] = frozenset()
    without_doubles: frozenset[int] = frozenset()

    def __str__(self) -> str:
        """``seed=17 faults=53:crash-after races=12 without_jobs=0,2``."""
        faults = ",".join(f"{at}:{kind.replace(' ', '-')}" for at, kind in sorted(self.faults.items()))
        parts = {
            "seed": str(self.seed),
            "faults": faults,
            "races": _numbers(self.races),
            "jobs": _numbers(self.without_jobs),
            "events": _numbers(self.without_events),
            "doubles": _numbers(self.without_doubles),
        }
        return " ".join(f"{name}={value}" for name, value in parts.items() if value)

    @classmethod
    def parse(cls, text: str) -> Self:
        """From its text. Raises ValueError for anything else."""
        parts = {found["name"]: found["value"] for found in _PART.finditer(text)}
        if "seed" not in parts or set(parts) - {"seed", "faults", "races", "jobs", "events", "doubles"}:
            raise ValueError(f"{text!r} is no run: write seed=N faults=AT:KIND,… races=AT,…")
        faults = [each.partition(":") for each in parts.get("faults", "").split(",") if each]
        return cls(
            int(parts["seed"]),
            {int(at): Kind(kind.replace("-", " ")) for at, _, kind in faults},
            *(_positions(parts.get(name, "")) for name in ("races", "jobs", "events", "doubles")),
        )

    @property
    def schedule(self) -> Schedule:
        """What happens in it by itself."""
        whole = drawn(self.seed)
        return replace(
            whole,
            jobs=_but(whole.jobs, self.without_jobs),
            events=_but(whole.events, self.without_events),
            doubled=_but(whole.doubled, self.without_doubles),
        )

    def run(self) -> tuple[World, Verdict]:
        """Run it to its end."""
        world = World(self.schedule, self.faults, self.races)
        world.run()
        return world, judge(world)


def shrunk(run: Run) -> Run:
    """A run with as little in it as still breaks a promise; the same one where nothing can be left out."""
    while True:
        smaller = next((each for each in _smaller(run) if each.run()[1].findings), None)
        if smaller is None:
            return run
        run = smaller


def _smaller(run: Run) -> Iterator[Run]:
    """Runs with one thing less. Where a job is left out the numbers of calls move, so each fault is tried at all of them."""
    whole = drawn(run.seed)
    for at in run.faults:
        yield replace(run, faults={other: kind for other, kind in run.faults.items() if other != at})
    for at in run.races:
        yield replace(run, races=run.races - {at})
    for name, size in (
        ("jobs", len(whole.jobs)),
        ("events", len(whole.events)),
        ("doubles", len(whole.doubled)),
    ):
        left_out = getattr(run, f"without_{name}")
        for position in set(range(size)) - left_out:
            less = replace(run, **{f"without_{name}": left_out | {position}})
            if name == "jobs" and len(less.without_jobs) == size:
                continue
            yield less
            if len(run.faults) == 1 and not run.races:
                ((at, kind),) = run.faults.items()
                yield from (replace(less, faults={moved: kind}) for moved in range(at))


def _but(values: tuple, positions: frozenset[int]) -> tuple:  # type: ignore[type-arg]
    return tuple(value for position, value in enumerate(values) if position not in positions)


def _numbers(values: frozenset[int]) -> str:
    return ",".join(map(str, sorted(values)))


def _positions(text: str) -> frozenset[int]:
    return frozenset(int(each) for each in text.split(",") if each)
