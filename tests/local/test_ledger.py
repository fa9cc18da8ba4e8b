from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jobherald.local.ledger import Ledger, Showing
from jobherald.model import State

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def _shown(seconds: float, state: State = State.RUNNING, job: str = "p:1") -> Showing:
    at = NOON + timedelta(seconds=seconds)
    return Showing(at, "p", job, "", state.value, state, "List", NOON)


def test_showings_come_in_the_order_in_which_the_answers_were_made() -> None:
    """Two answers may be recorded in the other order: each has its own thread."""
    ledger = Ledger()
    ledger.record([_shown(2, State.SUCCEEDED)])
    ledger.record([_shown(1)])
    assert [showing.state for showing in ledger] == [State.RUNNING, State.SUCCEEDED]
    assert ledger.states_of("p:1") == [State.RUNNING, State.SUCCEEDED]


def test_states_are_not_repeated_and_other_jobs_not_mixed_in() -> None:
    """The states of one job, each as long as it lasted."""
    ledger = Ledger([_shown(1), _shown(2), _shown(3, job="p:2"), _shown(4, State.FAILED), _shown(5)])
    assert ledger.states_of("p:1") == [State.RUNNING, State.FAILED, State.RUNNING]


def test_an_answer_that_did_not_leave_is_taken_back() -> None:
    """Neither its showings nor its listing remain."""
    ledger = Ledger()
    for _ in range(2):
        ledger.record([_shown(1)], listed="p", at=NOON + timedelta(seconds=1.5))
    ledger.retract([_shown(1)], listed="p", at=NOON + timedelta(seconds=1.5))
    assert (len(ledger), ledger.first_listed) == (1, {"p": NOON + timedelta(seconds=1)})
    ledger.retract([_shown(1)], listed="p", at=NOON + timedelta(seconds=1.5))
    assert (len(ledger), ledger.first_listed) == (0, {})
