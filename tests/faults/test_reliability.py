"""The page on reliability says what the table of cases and the planted faults say, with the figures of the last proof."""

from __future__ import annotations

from faults import reliability
from faults.cases import CASES
from faults.mutants import MUTANTS
from faults.run import ENOUGH_COVERED, ENOUGH_RUNS, PAGE


def test_the_page_is_current() -> None:
    """`make faults` writes it; its figures are those of that run, everything else follows from what is there now."""
    text = PAGE.read_text(encoding="utf-8")
    assert reliability.page(*reliability.read(text)) == text


def test_its_figures_are_enough() -> None:
    figures, covered, planted = reliability.read(PAGE.read_text(encoding="utf-8"))
    assert figures["crash_runs"] >= ENOUGH_RUNS
    assert (figures["lost"], figures["duplicates_without_crash"]) == (0, 0)
    assert figures["max_duplicates_per_crash"] == 1
    assert figures["cases"] == len(CASES) == 23
    assert set(covered) == {"flows", "store", "channels"}
    assert min(covered.values()) >= ENOUGH_COVERED
    assert [one.name for one in planted] == [mutant.name for mutant in MUTANTS]
    assert all(one.finding and one.run for one in planted)
