"""`make bench`: measures what was built, a JSON object a line. Exits 1 if a bound is missed, 2 if nothing is built."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Final

import jobherald
from bench.line import Line
from bench.world import ROOT, borrow_local_room

HOST: Final = ROOT / ".aws-sam" / "host" / "build"
WORDS: Final = ("media", "labeling")


def main() -> int:
    """Print every figure; those that take longest are begun first."""
    if not Path(jobherald.__file__).is_relative_to(HOST / "CoreLayer"):
        print(
            f"The bench measures the built layer and found {jobherald.__file__}: run it by `make bench`.",
            file=sys.stderr,
        )
        return 2
    missed = False
    for line in measured():
        print(line, flush=True)
        missed = missed or line.missed
    return int(missed)


def measured() -> Iterator[Line]:
    """Every figure. Each is measured in a process of its own: no client or cache of one is met in the next."""
    # Imported here, since they import jobherald.local, which no layer has.
    borrow_local_room()
    from bench import catalogue, datasets, first_look, kinds, memory, polls, weights

    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, context, borrow_local_room, max_tasks_per_child=1) as pool:
        seen = [pool.submit(polls.measure, word) for word in WORDS]
        held = [pool.submit(memory.measure, word) for word in WORDS]
        mixed = pool.submit(polls.measure_mixed, "media")
        cold = pool.submit(weights.cold_starts)
        hours = [
            pool.submit(datasets.measure, datasets.LABELING),
            pool.submit(datasets.measure, datasets.MIXED),
            pool.submit(datasets.measure, datasets.LABELING, moving=True),
        ]
        least = [pool.submit(kinds.measure, kind.name) for kind in kinds.KINDS]
        posts = [pool.submit(first_look.measure, word) for word in WORDS]
        yield from polls.lines([each.result() for each in seen], mixed.result())
        yield from (each.result() for each in least)
        yield datasets.line(*(each.result() for each in hours))
        yield weights.layer_zip()
        yield from cold.result()
        yield Line("first_look_slack_posts", max(_results(posts)), "posts", 1)
        note = "; ".join(f"{word} {bytes_:,}" for word, bytes_ in zip(WORDS, _results(held), strict=True))
        yield Line("poll_peak_memory_bytes", max(_results(held)), "bytes", 24_000_000, note)
    # Last and alone: it is the one figure that is a time.
    yield catalogue.measure()


def _results(futures: list[Future[int]]) -> list[int]:
    return [future.result() for future in futures]


if __name__ == "__main__":
    sys.exit(main())
