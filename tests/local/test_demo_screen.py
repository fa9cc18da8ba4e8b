from __future__ import annotations

import io
from datetime import UTC, datetime

from rich.console import Console

from jobherald.local.demo_screen import DemoScreen
from jobherald.local.ledger import Showing
from jobherald.local.reckoning import Due, Finding, Reckoning
from jobherald.model import State

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RUNS, JOBS = "glue.job_run/111122223333/us-east-1/orders", "batch.job/111122223333/us-east-1/spot"


def showing(place: str, job: str, state: State) -> Showing:
    return Showing(NOON, place, f"{place}:{job}", job, str(state), state, "List", NOON)


def printed(reckoning: Reckoning, ledger: list[Showing]) -> str:
    out = io.StringIO()
    DemoScreen(Console(file=out, width=200)).reckoned(reckoning, (), ledger)
    return out.getvalue()


def test_each_source_has_its_figures() -> None:
    """How many jobs its answers showed, whatever they showed of them, and how many changes were due."""
    ledger = [
        showing(RUNS, "jr_1", State.RUNNING),
        showing(RUNS, "jr_1", State.FAILED),
        showing(JOBS, "1", State.QUEUED),
        showing(RUNS, "jr_2", State.SUCCEEDED),
    ]
    due = tuple(Due(f"{RUNS}:jr_1", "orders", state, "shown") for state in (State.RUNNING, State.FAILED))
    text = printed(Reckoning(due, (), {}, (), (), ()), ledger)
    assert "glue.job_run: 2 jobs shown, 2 changes due" in text
    assert "batch.job: 1 jobs shown, 0 changes due" in text
    assert text.index("glue.job_run") < text.index("batch.job"), "in the order in which they were first shown"
    assert "2 changes were due by the services' own answers; lost 0, told twice without a crash 0" in text


def test_what_went_wrong_is_named() -> None:
    """Each finding in a line of its own, unbroken."""
    lost = Finding("slack", f"{RUNS}:jr_1", State.FAILED, "due, but never received")
    text = printed(Reckoning((), (), {}, (lost,), (), ()), [])
    assert "lost 1, told twice" in text
    assert f"  slack: {RUNS}:jr_1 failed: due, but never received" in text
