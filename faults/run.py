"""The whole proof: every crash point, pairs, races, the cases, the state machine, the planted faults, and what it covered.

``make faults`` runs it. The last line is JSON for programs; a finding comes with the line that replays it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from faults import explore, mutants, reliability
from faults.cases import CASES
from faults.explore import Tally
from faults.mutants import Found
from faults.reliability import Planted
from faults.runs import Run

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "reliability.md"
SEEDS: Final = 51
RACED: Final = 20
PAIRED: Final = 12
PAIRS: Final = 150
EXAMPLES: Final = 40
"""Of each of the two state machines, some thirty steps long."""

ENOUGH_RUNS: Final = 25_000
ENOUGH_COVERED: Final = 95.0
TESTS: Final = ("cases", "machine", "whole")
"""What runs through whole worlds. The other tests of the room are of its own parts."""

COVERED: Final = ("flows", "store", "channels")


@dataclass(frozen=True, slots=True)
class Tested:
    """What the tests of this room came to: whether they passed, the steps of the state machine, and what was covered."""

    passed: bool
    steps: int
    covered: dict[str, float]
    said: str


def main() -> int:
    """Run it, or replay one run. Returns 0 where every promise was kept and every planted fault found."""
    parser = argparse.ArgumentParser(prog="python -m faults.run", description=__doc__)
    parser.add_argument("--replay", metavar="RUN", help="run one again and show what its functions called")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many schedules to try every point of")
    given = parser.parse_args()
    if given.replay:
        return _replay(Run.parse(given.replay))
    return _prove(given.seeds)


def _replay(run: Run) -> int:
    world, verdict = run.run()
    met = dict(world.gate.met)
    for number, call in enumerate(world.gate.passed):
        fault = f"  ← {met[number]}" if number in met else ""
        print(f"{number:4} {call.function} {call.invocation}: {call.what}{fault}")
    for message in world.published():
        print(f"told {message['id']} {message.get('state') or message.get('alert')}")
    for finding in verdict.findings:
        print(f"FOUND {finding}")
    return 1 if verdict.findings else 0


def _prove(seeds: int) -> int:
    began = time.monotonic()
    tally, tested = Tally(), Tested(passed=False, steps=0, covered={}, said="")
    found: dict[str, Found] = {}
    shipped: list[Found] = []
    # One run here, so that the workers begin with every module and client that they need.
    Run(0).run()
    explore.settle_memory()
    with ProcessPoolExecutor(os.cpu_count() or 2, mp_context=get_context("fork")) as pool:
        tasks: dict[Future[Any], str] = {pool.submit(_tested): "tests"}
        tasks |= {pool.submit(mutants.hunt, mutant): "planted" for mutant in mutants.MUTANTS}
        # The other parts of that list are among what is explored anyway, in the sources as shipped.
        tasks[pool.submit(mutants.control, "refusals")] = "shipped"
        tasks |= {pool.submit(task, seed): "runs" for task, seed in _explorations(seeds)}
        for done in as_completed(tasks):
            match tasks[done]:
                case "tests":
                    tested = done.result()
                    print(tested.said, flush=True)
                case "planted":
                    found[done.result().name] = done.result()
                case "shipped":
                    shipped.append(done.result())
                case _:
                    tally.add(done.result())
                    print(f"\r{tally.runs:,} runs with a fault", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for text in explore.report(tally):
        print(text)
    figures = {
        "crash_runs": tally.runs,
        "crash_points": tally.points,
        "schedules": tally.schedules,
        "lost": tally.lost,
        "duplicates_without_crash": tally.repeated_without_crash,
        "max_duplicates_per_crash": tally.most_repeats_a_crash,
        "hypothesis_steps": tested.steps,
        "cases": len(CASES) if tested.passed else 0,
    }
    for room, share in tested.covered.items():
        print(f"covered of {room}, lines and branches: {share:.1f} %")
    planted = [found[mutant.name] for mutant in mutants.MUTANTS]
    for one in planted:
        print(f"planted: {one}")
    print(f"planted faults found: {sum(one.found for one in planted)} of {len(planted)}")
    print(f"{time.monotonic() - began:.0f} s")
    wrong = [*_wrong(tally, tested), *_blind(planted, shipped)]
    if not wrong:
        rows = [Planted(one.name, one.file, one.finding, one.run) for one in planted]
        PAGE.write_text(reliability.page(figures, tested.covered, rows), encoding="utf-8")
    for each in wrong:
        print(f"not as promised: {each}")
    print(json.dumps(figures))
    return 1 if wrong else 0


def _explorations(seeds: int) -> Iterator[tuple[Callable[[int], Tally], int]]:
    yield from ((explore.every_point, seed) for seed in range(seeds))
    yield from ((_pairs, seed) for seed in range(min(PAIRED, seeds)))
    yield from ((explore.races, seed) for seed in range(min(RACED, seeds)))


def _pairs(seed: int) -> Tally:
    return explore.pairs(seed, PAIRS)


def _wrong(tally: Tally, tested: Tested) -> Iterator[str]:
    if tally.findings:
        yield f"{len(tally.findings)} runs broke a promise"
    if tally.runs < ENOUGH_RUNS:
        yield f"{tally.runs} runs with a fault are fewer than {ENOUGH_RUNS}"
    if tally.most_repeats_a_crash > 1:
        yield f"a change was told {tally.most_repeats_a_crash} times more often for one crash"
    if not tested.passed:
        yield "a test failed"
    for room, share in tested.covered.items():
        if share < ENOUGH_COVERED:
            yield f"only {share:.1f} % of {room} was covered"


def _blind(planted: Iterable[Found], shipped: Iterable[Found]) -> Iterator[str]:
    """Where the hunt sees too little, or too much."""
    yield from (f"{one.name!r} was planted and not found" for one in planted if not one.found)
    yield from (f"{one}, though nothing was planted" for one in shipped if one.found)


def _tested() -> Tested:
    """The cases and the state machine, in a process of their own, with coverage."""
    with tempfile.TemporaryDirectory() as folder:
        steps, data, report = (Path(folder) / name for name in ("steps", "coverage", "report.json"))
        environment = {
            **os.environ,
            "COVERAGE_FILE": str(data),
            "FAULTS_EXAMPLES": str(EXAMPLES),
            "FAULTS_STEPS_FILE": str(steps),
        }
        coverage = [sys.executable, "-m", "coverage"]
        tests = [str(path) for part in TESTS for path in sorted(ROOT.glob(f"tests/faults/test_{part}*.py"))]
        ran = subprocess.run(
            [*coverage, "run", "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", *tests],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        subprocess.run([*coverage, "json", "-q", "-o", str(report)], cwd=ROOT, env=environment, check=True)
        covered = _covered(json.loads(report.read_text(encoding="utf-8")))
        counted = int(steps.read_text(encoding="utf-8")) if steps.exists() else 0
    passed = ran.returncode == 0
    return Tested(passed, counted, covered, (ran.stdout.splitlines() or [""])[-1] if passed else ran.stdout)


def _covered(report: dict[str, Any]) -> dict[str, float]:
    """The share of lines and branches, in per cent, by room."""
    shares = {}
    for room in COVERED:
        summaries = [
            each["summary"] for name, each in report["files"].items() if f"/jobherald/{room}/" in name
        ]
        known = sum(each["num_statements"] + each["num_branches"] for each in summaries)
        covered = sum(each["covered_lines"] + each["covered_branches"] for each in summaries)
        shares[room] = 100.0 * covered / known if known else 0.0
    return shares


if __name__ == "__main__":
    sys.exit(main())
