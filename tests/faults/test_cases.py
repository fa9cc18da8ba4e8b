"""The catalogue of cases and its tests hold each other: none is missing, and none is beside it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from faults.cases import CASES, Case

ROOT = Path(__file__).resolve().parents[2]


def functions() -> list[str]:
    """The tests of cases as pytest collects them: the functions of that name in this folder's files, by their ids."""
    return [
        f"{path.relative_to(ROOT).as_posix()}::{node.name}"
        for path in sorted(Path(__file__).parent.glob("test_*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_case_")
    ]


def test_each_case_is_there_once() -> None:
    assert [case.number for case in CASES] == list(range(1, 24))
    assert len({case.title for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.number))
def test_each_case_has_tests_that_bear_its_number(case: Case) -> None:
    assert case.tests
    assert set(case.tests) <= set(functions())
    assert all(f"::test_case_{case.number:02}_" in test for test in case.tests)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.number))
def test_a_promise_is_one_sentence(case: Case) -> None:
    assert re.fullmatch(r"[A-Z][^.]*\.", case.promise)


def test_each_test_of_a_case_is_in_the_catalogue() -> None:
    """Once, and under a name that no other one takes from it."""
    assert sorted(functions()) == sorted(test for case in CASES for test in case.tests)
