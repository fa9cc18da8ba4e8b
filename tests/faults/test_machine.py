"""Anything may happen in a simulated world, at any time; `make faults` goes on for longer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from faults import machine

EXAMPLES = int(os.environ.get("FAULTS_EXAMPLES", "50"))
STEPS_FILE = os.environ.get("FAULTS_STEPS_FILE", "")
"""Where the steps that were taken are added up."""


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", [machine.Machine, machine.Reconfigured])
def test_whatever_happens_the_promises_hold(kind: type[machine.Machine]) -> None:
    """Jobs, events, faults, restarts, secrets that leak nowhere, and texts that want to be markup."""
    steps = machine.search(EXAMPLES, machine=kind)
    assert steps > EXAMPLES
    if STEPS_FILE:
        kept = Path(STEPS_FILE)
        before = int(kept.read_text(encoding="utf-8")) if kept.exists() else 0
        kept.write_text(str(before + steps), encoding="utf-8")
