"""Adds up what the proofs of the catalogue covered, for the end of a run of the tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

import pytest

KEY: Final = "catalogue"
"""The name under which a test's figures travel in its report, from whichever process ran it."""


def line(reports: Iterable[pytest.TestReport]) -> str:
    """One line about the tests that told figures; empty where none did."""
    told: list[dict[str, Any]] = [
        cast("dict[str, Any]", value)
        for report in reports
        for name, value in report.user_properties
        if name == KEY
    ]
    if not told:
        return ""
    sums = {
        word: sum(one.get(word, 0) for one in told)
        for word in ("sources", "proofs", "runs", "rows", "looks", "mutants", "caught")
    }
    protocols = {name for one in told for name in one.get("protocols", ())}
    parts = []
    if sums["sources"]:
        parts += [f"{sums['sources']:,} sources", f"{sums['proofs']:,} model proofs"]
    if sums["runs"]:
        parts.append(
            f"{sums['runs']:,} runs ({sums['rows']:,} rows and {sums['looks']:,} looks"
            f" in {len(protocols)} protocols)"
        )
    if sums["mutants"]:
        missed = sums["mutants"] - sums["caught"]
        parts.append(f"{sums['mutants']:,} mutants, {f'{missed:,} not caught' if missed else 'all caught'}")
    return f"catalogue: {', '.join(parts)}"
