"""One hunt for whatever breaks a promise: the same list of runs for every planted fault, and for the sources as shipped."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Final, NamedTuple

from faults.gate import Kind, Passing
from faults.judge import UNEXPLAINED
from faults.runs import Run

SEEDS: Final = range(20)
"""The schedules that are hunted through; both long ones are among them."""

CRASHED: Final = range(4)
"""Those of them at whose every call that writes or tells something dies."""

_WRITES_OR_TELLS: Final = frozenset({"dynamodb:UpdateItem", "sns:PublishBatch", "slack:post"})
_REFUSALS: Final = {
    "sns:PublishBatch": (Kind.PARTLY_REFUSED, Kind.REFUSED),
    "slack:post": (Kind.REFUSED,),
}


class Caught(NamedTuple):
    """What a hunt found first, and in which run; both empty where it found nothing. ``runs`` is how many it took."""

    finding: str
    run: str
    runs: int


def hunt(parts: Iterable[str]) -> Caught:
    """Run one after the other, part by part of the list, until something breaks a promise."""
    count = 0
    for count, run in enumerate(chain.from_iterable(PARTS[part]() for part in parts), 1):
        if findings := run.run()[1].findings:
            # What fails of itself is no fault of the kind that is hunted, whatever else comes of it.
            return Caught(
                next((each for each in findings if UNEXPLAINED in each), findings[0]), str(run), count
            )
    return Caught("", "", count)


def _schedules() -> Iterator[Run]:
    """As they are: with jobs that lists show late, with a stream that stands still, with records that expire."""
    return (Run(seed) for seed in SEEDS)


def _refusals() -> Iterator[Run]:
    """SNS refuses a batch, or one entry of it; Slack is too busy."""
    for seed in SEEDS:
        for at, call in enumerate(_calls(seed)):
            yield from (Run(seed, {at: kind}) for kind in _REFUSALS.get(call.what, ()))


def _races() -> Iterator[Run]:
    """Everything else that is due runs while somebody who tells waits for an answer."""
    for seed in SEEDS:
        calls = enumerate(_calls(seed))
        yield from (Run(seed, races=frozenset({at})) for at, call in calls if call.function == "notify")


def _crashes() -> Iterator[Run]:
    """Whoever writes or tells dies before, or after."""
    for seed in CRASHED:
        for at, call in enumerate(_calls(seed)):
            if call.what in _WRITES_OR_TELLS:
                yield from (Run(seed, {at: kind}) for kind in (Kind.CRASH_BEFORE, Kind.CRASH_AFTER))


PARTS: Final[Mapping[str, Callable[[], Iterator[Run]]]] = {
    "schedules": _schedules,
    "refusals": _refusals,
    "races": _races,
    "crashes": _crashes,
}


@cache
def _calls(seed: int) -> tuple[Passing, ...]:
    """The calls that are made where nothing goes wrong."""
    return tuple(Run(seed).run()[0].gate.passed)


def main(arguments: Sequence[str]) -> None:
    """``--only PART``, or ``--first PART`` with the others after it; prints what was caught as JSON."""
    option, part = arguments
    rest = () if option == "--only" else (each for each in PARTS if each != part)
    print(json.dumps(hunt([part, *rest])._asdict()))


if __name__ == "__main__":
    main(sys.argv[1:])
