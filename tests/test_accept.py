"""The decision keeps its promises for every order, repetition and loss of observations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.accept import REFRESH_INTERVAL, REMEMBER_INTERVAL, Decision, accept
from jobherald.model import (
    OUTCOMES,
    TOLD_BY_DEFAULT,
    Change,
    Job,
    JobKey,
    Observation,
    Place,
    Progress,
    State,
)

KEY = JobKey(Place("sagemaker.labeling", "111122223333", "us-east-1"), "arn:job/one")
START = datetime(2026, 11, 22, tzinfo=UTC)
WORDS = {
    State.QUEUED: "Waiting",
    State.RUNNING: "Working",
    State.STOPPING: "Stopping",
    State.SUCCEEDED: "Done",
    State.PARTIAL: "Done",
    State.FAILED: "Failed",
    State.STOPPED: "Stopped",
}


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def seen(
    state: State, minute: float, *, modified: float | None = None, run: int = 0, **more: object
) -> Observation:
    observation = Observation(
        key=KEY,
        state=state,
        status=WORDS.get(state, "Paused"),
        seen_at=at(minute),
        name="one",
        run=run,
        created_at=START,
        modified_at=None if modified is None else at(modified),
    )
    return replace(observation, **more)  # type: ignore[arg-type]


@dataclass
class Told:
    job: Job | None
    changes: list[Change]


def fold(observations: list[Observation], tell: frozenset[State] = TOLD_BY_DEFAULT) -> Told:
    """Accept one after the other, as polls and looks would, with everything told between them."""
    told = Told(None, [])
    for observation in observations:
        decision = accept(told.job, observation, tell)
        if decision is not None:
            told.job = replace(decision.job, owing=False)
            told.changes += [decision.change] if decision.change else []
    return told


@st.composite
def histories(draw: st.DrawFn, *, modified_times: bool, runs: bool) -> list[Observation]:
    """What a service truthfully answers over a job's life: rising states, one outcome a run, perhaps reruns."""
    phases = draw(st.integers(1, 3)) if modified_times or runs else 1
    minute = 0.0
    history: list[Observation] = []
    for phase in range(phases):
        path = draw(
            st.sampled_from(
                [
                    [State.QUEUED, State.RUNNING],
                    [State.RUNNING],
                    [State.QUEUED],
                    [State.QUEUED, State.RUNNING, State.STOPPING],
                    [],
                ]
            )
        )
        outcome = (
            draw(st.sampled_from(sorted(OUTCOMES))) if phase < phases - 1 or draw(st.booleans()) else None
        )
        states = path + ([outcome] if outcome else [])
        for state in states or [State.RUNNING]:
            # What we remember of a job that stays in its state lags by the interval in which it is refreshed.
            minute += REFRESH_INTERVAL / timedelta(minutes=1) + draw(st.integers(1, 10))
            modified = minute if modified_times else None
            answers = draw(st.integers(1, 3))
            history += [
                seen(state, minute + answer / 100, modified=modified, run=phase if runs else 0)
                for answer in range(answers)
            ]
            if state is State.SUCCEEDED and draw(st.booleans()):
                history.append(seen(State.PARTIAL, minute + 0.5, modified=modified, run=phase if runs else 0))
    return history


kinds = st.sampled_from([(True, False), (False, False), (False, True), (True, True)])


@given(st.data())
def test_any_order_and_any_repetition_end_in_the_same_job(data: st.DataObject) -> None:
    """Whatever arrives when and how often, the newest truth that arrived wins."""
    modified_times, runs = data.draw(kinds)
    history = data.draw(histories(modified_times=modified_times, runs=runs))
    arrived = data.draw(st.lists(st.sampled_from(history), min_size=1, max_size=12))

    in_order = fold(sorted(set_of(arrived), key=lambda o: o.seen_at)).job
    jumbled = fold(data.draw(st.permutations(arrived + arrived))).job

    assert in_order is not None
    assert jumbled is not None
    assert (jumbled.state, jumbled.status, jumbled.run) == (in_order.state, in_order.status, in_order.run)
    if in_order.state.is_outcome:
        assert jumbled.modified_at == in_order.modified_at


@given(st.data())
def test_what_is_told_is_a_subsequence_of_what_happened_with_the_same_end(data: st.DataObject) -> None:
    """Nothing is told late, out of order or twice, and the last thing told is how the job stands."""
    modified_times, runs = data.draw(kinds)
    history = data.draw(histories(modified_times=modified_times, runs=runs))
    arrived = data.draw(st.lists(st.sampled_from(history), min_size=1, max_size=12))

    told = fold(data.draw(st.permutations(arrived + arrived)))

    true_states = [(o.run, o.modified_at, o.state) for o in history]
    rest = iter(true_states)
    assert all(any(fact[2] is change.state for fact in rest) for change in told.changes)
    assert told.job is not None
    if told.job.state.is_outcome:
        assert told.changes[-1].state is told.job.state
    ends = [(c.state, c.at, c.version) for c in told.changes if c.state.is_outcome]
    assert len(ends) == len(set(ends))
    outcomes_in_truth = len(
        [s for s, before in zip(true_states, [None, *true_states], strict=False) if s != before]
    )
    assert len(told.changes) <= outcomes_in_truth


@given(st.data())
def test_each_outcome_is_told_once_when_answers_come_in_order(data: st.DataObject) -> None:
    """In order and with repetition, every outcome shown is told exactly once, and running once before it."""
    modified_times, runs = data.draw(kinds)
    history = data.draw(histories(modified_times=modified_times, runs=runs))
    repeated = [o for o in history for _ in range(data.draw(st.integers(1, 3)))]

    told = [c.state for c in fold(repeated).changes if c.state.is_outcome]

    shown = [
        o.state
        for o, before in zip(history, [None, *history], strict=False)
        if before is None or differs(o, before)
    ]
    assert told == [s for s in shown if s.is_outcome]


def differs(one: Observation, other: Observation) -> bool:
    return (one.state, one.run) != (other.state, other.run)


def set_of(observations: list[Observation]) -> list[Observation]:
    unique: list[Observation] = []
    for observation in observations:
        if observation not in unique:
            unique.append(observation)
    return unique


def test_a_job_first_seen_running_is_told_once() -> None:
    """A start is news, seeing it again is not."""
    told = fold([seen(State.RUNNING, 1, modified=1), seen(State.RUNNING, 2, modified=2)])
    assert [c.state for c in told.changes] == [State.RUNNING]
    assert told.changes[0].previous is None


def test_a_start_that_was_overtaken_is_never_told_late() -> None:
    """Who reads that a job is running must be able to believe it."""
    told = fold([seen(State.FAILED, 9, modified=8), seen(State.RUNNING, 10, modified=3)])
    assert [c.state for c in told.changes] == [State.FAILED]


def test_an_outcome_without_modified_times_stays_whatever_comes_later() -> None:
    """A stale replica may answer after the truth did."""
    told = fold([seen(State.FAILED, 1), seen(State.RUNNING, 5), seen(State.SUCCEEDED, 6)])
    assert told.job is not None
    assert told.job.state is State.FAILED
    assert [c.state for c in told.changes] == [State.FAILED]


def test_an_outcome_is_taken_though_its_answer_is_older() -> None:
    """Without modified times an outcome outweighs a later answer that still said running."""
    told = fold([seen(State.RUNNING, 5), seen(State.SUCCEEDED, 4)])
    assert told.job is not None
    assert told.job.state is State.SUCCEEDED


@pytest.mark.parametrize("newer", [{"modified": 9.0}, {"run": 1}])
def test_an_outcome_reopens_only_by_a_newer_run_or_modified_time(newer: dict[str, float]) -> None:
    """A restarted job is told again, once it says so itself."""
    first = [seen(State.RUNNING, 1, modified=1), seen(State.FAILED, 2, modified=2)]
    again = seen(State.RUNNING, 10, modified=newer.get("modified", 2), run=int(newer.get("run", 0)))
    told = fold([*first, again])
    assert [c.state for c in told.changes] == [State.RUNNING, State.FAILED, State.RUNNING]


def test_the_same_outcome_of_a_newer_run_is_told_again() -> None:
    """Two attempts that fail are two failures, even if nobody saw the second one run."""
    told = fold([seen(State.FAILED, 1, run=0), seen(State.FAILED, 9, run=1)])
    assert [c.state for c in told.changes] == [State.FAILED, State.FAILED]


@pytest.mark.parametrize("modified", [None, 2.0])
def test_succeeded_is_corrected_to_partial_and_never_back(modified: float | None) -> None:
    """Counters of failed objects may follow the status; the warning then stays."""
    done, partial = (
        seen(state, minute, modified=modified) for state, minute in ((State.SUCCEEDED, 2), (State.PARTIAL, 3))
    )
    assert [c.state for c in fold([done, partial, done]).changes] == [State.SUCCEEDED, State.PARTIAL]
    assert [c.state for c in fold([partial, done]).changes] == [State.PARTIAL]


@pytest.mark.parametrize("ended", sorted(OUTCOMES))
def test_deleting_unknown_and_gone_never_replace_an_outcome(ended: State) -> None:
    """How a job ended outlives the job."""
    faded = [
        replace(seen(State.STOPPING, 9, modified=9), status="Deleting", fading=True),
        replace(seen(State.UNKNOWN, 9, modified=9), status="Paused"),
        seen(State.GONE, 9),
    ]
    for late in faded:
        told = fold([seen(ended, 2, modified=2), late])
        assert told.job is not None
        assert told.job.state is ended
        assert len(told.changes) == 1


def test_an_open_job_that_vanished_is_told_as_gone_and_may_come_back() -> None:
    """A wrong farewell is mended by the next sight of the job."""
    story = [seen(State.RUNNING, 1, modified=1), seen(State.GONE, 5), seen(State.RUNNING, 6, modified=1)]
    back = fold(story)
    assert [c.state for c in back.changes] == [State.RUNNING, State.GONE]
    assert back.job is not None
    assert back.job.state is State.RUNNING
    assert [c.state for c in fold([*story, seen(State.SUCCEEDED, 9, modified=8)]).changes][
        -1
    ] is State.SUCCEEDED


def test_an_older_answer_does_not_bring_a_gone_job_back() -> None:
    """The look that found nothing was later than this page."""
    told = fold([seen(State.RUNNING, 1, modified=1), seen(State.GONE, 5), seen(State.RUNNING, 4, modified=4)])
    assert told.job is not None
    assert told.job.state is State.GONE


def test_nobody_is_told_that_an_unknown_job_is_gone() -> None:
    """There is nothing to say about a job that was never seen."""
    assert accept(None, seen(State.GONE, 1), TOLD_BY_DEFAULT) is None


def test_an_unknown_status_is_kept_watched_and_not_told() -> None:
    """A word that the service invented yesterday is not a failure."""
    told = fold(
        [seen(State.RUNNING, 1, modified=1), replace(seen(State.UNKNOWN, 2, modified=2), status="Paused")]
    )
    assert told.job is not None
    assert (told.job.state, told.job.status) == (State.UNKNOWN, "Paused")
    assert told.job.state.is_open
    assert [c.state for c in told.changes] == [State.RUNNING]


def test_an_adopted_job_is_told_from_its_next_change_on() -> None:
    """What ran before the first look is no news; how it ends is."""
    adopted = accept(None, seen(State.RUNNING, 1, modified=1), TOLD_BY_DEFAULT, silent=True)
    assert isinstance(adopted, Decision)
    assert adopted.change is None
    ended = accept(adopted.job, seen(State.SUCCEEDED, 5, modified=5), TOLD_BY_DEFAULT)
    assert ended is not None
    assert ended.change is not None
    assert (ended.change.previous, ended.change.state) == (State.RUNNING, State.SUCCEEDED)
    assert ended.change.id == f"{KEY.text}#2"


def test_a_watch_narrows_what_is_told_without_losing_the_state() -> None:
    """Who wants failures alone still gets the next failure's previous state right."""
    told = fold(
        [seen(State.RUNNING, 1, modified=1), seen(State.FAILED, 2, modified=2)], frozenset({State.FAILED})
    )
    assert [(c.previous, c.state) for c in told.changes] == [(State.RUNNING, State.FAILED)]


def running(minute: float, percent: float) -> Observation:
    return replace(
        seen(State.RUNNING, minute, modified=0), progress=Progress(percent, {"done": int(percent)})
    )


@pytest.mark.parametrize(
    ("minute", "percent", "owing", "written"),
    [(6, 11.0, False, True), (6, 10.5, False, False), (4, 50.0, False, False), (6, 50.0, True, False)],
)
def test_progress_alone_is_written_rarely_and_never_while_something_is_owed(
    minute: float, percent: float, owing: bool, written: bool
) -> None:
    """A counter that ticks must neither cost a write a poll nor bury what is still to be told."""
    first = accept(None, running(0, 10.0), TOLD_BY_DEFAULT)
    assert first is not None
    again = accept(replace(first.job, owing=owing), running(minute, percent), TOLD_BY_DEFAULT)
    assert (again is not None) is written
    assert again is None or again.change is None


@pytest.mark.parametrize(("modified", "written"), [(4, False), (5, True)])
def test_an_open_job_whose_modified_time_runs_away_is_refreshed_now_and_then(
    modified: int, written: bool
) -> None:
    """Else an outcome from before a restart that arrives late could pass for the newest."""
    first = accept(None, seen(State.RUNNING, 0, modified=0), TOLD_BY_DEFAULT)
    assert first is not None
    again = accept(
        replace(first.job, owing=False), seen(State.RUNNING, 9, modified=modified), TOLD_BY_DEFAULT
    )
    assert (again is not None) is written


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("later", [REMEMBER_INTERVAL, REMEMBER_INTERVAL - timedelta(seconds=1)])
def test_a_finished_job_without_any_time_is_remembered_as_long_as_it_is_listed(
    dated: bool, later: timedelta
) -> None:
    """Once its record expired nothing would tell it from a job that ended just now."""
    ended = replace(seen(State.FAILED, 0), created_at=at(0) if dated else None)
    first = accept(None, ended, TOLD_BY_DEFAULT)
    assert first is not None
    again = accept(first.job, replace(ended, seen_at=ended.seen_at + later), TOLD_BY_DEFAULT)
    assert (again is not None) is (later == REMEMBER_INTERVAL and not dated)
    assert again is None or (again.change is None and again.job.seen_at == ended.seen_at + later)


def test_a_version_grows_by_one_with_every_write() -> None:
    """The version is the condition of the next write."""
    told = fold(
        [
            seen(State.QUEUED, 1, modified=1),
            seen(State.RUNNING, 2, modified=2),
            seen(State.FAILED, 3, modified=3),
        ]
    )
    assert [c.version for c in told.changes] == [2, 3]
