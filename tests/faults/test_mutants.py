"""The proof can fail: planted faults are found, here those that take the fewest runs; `make faults` hunts them all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from faults import mutants
from faults.hunt import PARTS
from faults.mutants import MUTANTS, ROOT, HuntError, MovedLineError, Mutant
from faults.runs import Run

BY_NAME = {mutant.name: mutant for mutant in MUTANTS}


def named(mutant: Mutant) -> str:
    return mutant.name


def test_five_faults_are_classic_and_five_are_of_our_own_design() -> None:
    assert list(BY_NAME) == [
        "mark before send",
        "write before send",
        "no overlap",
        "acknowledge on 429",
        "whole-batch retry",
        "unconditional mark",
        "progress while owed",
        "told from the record instead of the item",
        "settled time ignored",
        "status filter alone",
    ]


@pytest.mark.parametrize("mutant", MUTANTS, ids=named)
def test_each_replaces_a_line_that_is_shipped_and_leaves_python(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    patched = mutant.patched(text)
    assert patched != text
    compile(patched, mutant.file, "exec")
    assert mutant.file.startswith(("layers/core/jobherald/", "functions/"))
    assert mutant.hunts in PARTS


@pytest.mark.parametrize("times", [0, 2])
def test_a_shipped_line_that_moved_is_named(times: int) -> None:
    """A fault that is planted nowhere, or in two places, would prove something else."""
    mutant = BY_NAME["no overlap"]
    with pytest.raises(MovedLineError, match=f"'no overlap'.* {times} times in .*survey.py.* moved"):
        mutant.patched(mutant.shipped * times)


@pytest.mark.parametrize("name", ["no overlap", "progress while owed", "acknowledge on 429"])
def test_a_planted_fault_is_found_and_its_run_finds_nothing_as_shipped(name: str) -> None:
    found = mutants.hunt(BY_NAME[name])
    assert found.found
    assert not Run.parse(found.run).run()[1].findings


def test_a_planted_fault_that_is_none_is_not_found() -> None:
    """What is found is the fault, not that anything was replaced."""
    harmless = replace(BY_NAME["no overlap"], instead=BY_NAME["no overlap"].shipped + "\n")
    with mutants.planted(harmless) as folder:
        assert not mutants.hunted(harmless.name, harmless.file, folder, "--only", "schedules").found


def test_a_hunt_that_cannot_run_says_so() -> None:
    """A planted fault with which nothing can be imported would else pass for one that was found."""
    with pytest.raises(HuntError, match=r"(?s)the hunt for 'broken' failed: .*SyntaxError"):
        mutants.hunt(replace(BY_NAME["no overlap"], name="broken", instead="return (\n"))


def test_a_planted_fault_that_only_fails_proves_nothing() -> None:
    """Any run would find it, and none of them what it was to stand for."""
    with pytest.raises(HuntError, match=r"'broken' breaks no promise.*NameError"):
        mutants.hunt(replace(BY_NAME["no overlap"], name="broken", instead="        return nobody\n"))
