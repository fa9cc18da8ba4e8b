"""Whole runs of the shipped functions on the simulated world; `make faults` makes many times as many."""

from __future__ import annotations

import pytest

from faults import explore
from faults.gate import Kind
from faults.runs import Run, shrunk


@pytest.mark.parametrize("seed", range(12))
def test_without_a_fault_everything_due_is_told_once(seed: int) -> None:
    world, verdict = Run(seed).run()
    assert not verdict.findings
    assert verdict.most_repeats == 0
    assert world.gate.passed


@pytest.mark.parametrize("seed", [1])
def test_at_every_crash_point_of_a_schedule_nothing_is_lost(seed: int) -> None:
    tally = explore.every_point(seed)
    assert not tally.findings
    assert tally.runs > 100
    assert tally.most_repeats_a_crash == 1


def test_a_run_is_the_same_each_time() -> None:
    """Else no finding could be replayed."""
    run = Run(3, {40: Kind.CRASH_AFTER}, races=frozenset({12}))
    first, second = (run.run()[0] for _ in range(2))
    assert [each.what for each in first.gate.passed] == [each.what for each in second.gate.passed]
    assert first.published() == second.published()


def test_a_run_goes_through_text() -> None:
    run = Run(17, {53: Kind.CRASH_AFTER, 9: Kind.PARTLY_REFUSED}, frozenset({4}), frozenset({0, 2}))
    assert Run.parse(str(run)) == run


@pytest.mark.parametrize("text", ["", "faults=1:crash-after", "seed=1 foults=3", "seed=1 faults=1:nonsense"])
def test_what_is_no_run_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no run|not a valid Kind"):
        Run.parse(text)


def test_a_run_without_findings_is_not_shrunk() -> None:
    run = Run(1)
    assert shrunk(run) == run
