from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.local.ledger import Ledger, Showing
from jobherald.local.reckoning import Reckoning, Told, beginnings, reckon, resolve
from jobherald.model import State

T0 = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
PLACE = "sagemaker.labeling/111122223333/us-east-1"
HEAD = "modelarts.auto_labeling/0a1b2c3d4e5f60718293a4b5c6d7e8f9/cn-north-4"

Course = Sequence[tuple[float, str]]


def _ledger(
    *courses: Course, created: float = 1.0, changed: float | None = None, listed: bool = True
) -> Ledger:
    """Jobs ``0``, ``1`` … shown in states at seconds after T0; all created at the same second after T0."""
    showings = [
        Showing(
            at=T0 + timedelta(seconds=second),
            place=PLACE,
            job=f"{PLACE}:{number}",
            name=f"job-{number}",
            status=state,
            state=State(state),
            operation="ListLabelingJobs",
            created_at=T0 + timedelta(seconds=created),
            changed_at=None if changed is None else T0 + timedelta(seconds=changed),
        )
        for number, course in enumerate(courses)
        for second, state in course
    ]
    return Ledger(showings, [(PLACE, T0 + timedelta(seconds=0.7))] if listed else [])


def _told(*states: str, job: int = 0) -> list[Told]:
    return [Told(f"{PLACE}:{job}#{n}", f"{PLACE}:{job}", State(state)) for n, state in enumerate(states, 1)]


def _due(reckoning: Reckoning) -> list[str]:
    return [item.state.value for item in reckoning.due]


def _may(reckoning: Reckoning) -> list[str]:
    return [item.state.value for item in reckoning.may]


@pytest.mark.parametrize(
    ("course", "due", "may"),
    [
        ([(10, "queued"), (20, "running"), (30, "succeeded")], ["running", "succeeded"], []),
        ([(10, "running"), (20, "running"), (30, "partial")], ["running", "partial"], []),
        ([(10, "succeeded")], ["succeeded"], []),
        ([(10, "queued"), (20, "failed"), (30, "failed")], ["failed"], []),
        ([(10, "running"), (14, "failed")], ["failed"], ["running"]),
        ([(10, "running"), (15, "failed")], ["running", "failed"], []),
        ([(10, "running"), (20, "stopping"), (30, "stopped")], ["running", "stopped"], []),
        ([(10, "running"), (12, "stopping"), (30, "stopped")], ["stopped"], ["running"]),
        ([(10, "stopping"), (30, "stopped")], ["stopped"], []),
        ([(10, "failed"), (11, "running")], ["failed"], ["running"]),
        ([(10, "running"), (20, "succeeded"), (30, "partial")], ["running", "succeeded", "partial"], []),
        ([(10, "succeeded"), (12, "partial")], ["partial"], ["succeeded"]),
        ([(10, "succeeded"), (30, "failed")], ["succeeded"], ["failed"]),
        ([(10, "running"), (20, "gone")], ["running", "gone"], []),
        (
            [(10, "running"), (20, "gone"), (21, "running"), (40, "succeeded")],
            ["running", "succeeded"],
            ["gone"],
        ),
        ([(10, "queued"), (20, "gone"), (30, "queued"), (40, "gone")], ["gone"], []),
        ([(10, "succeeded"), (20, "gone")], ["succeeded"], []),
        ([(10, "gone")], [], []),
        ([(10, "unknown")], [], []),
        ([(10, "running"), (12, "unknown"), (20, "running"), (30, "failed")], ["running", "failed"], []),
        ([(10, "queued")], [], []),
    ],
)
def test_what_is_due_of_a_job_that_began_after_the_first_look(
    course: Course, due: list[str], may: list[str]
) -> None:
    """Running once if it was shown long enough before what follows it, every outcome, gone after it was open."""
    reckoning = reckon(_ledger(course), {})
    assert (_due(reckoning), _may(reckoning)) == (due, may)


@pytest.mark.parametrize(
    ("course", "changed", "due", "may"),
    [
        ([(0, "running"), (20, "running"), (30, "succeeded")], -50, ["succeeded"], []),
        ([(0, "queued"), (20, "running"), (30, "succeeded")], -50, ["running", "succeeded"], []),
        ([(0, "unknown"), (20, "running")], -50, ["running"], []),
        ([(0, "stopping"), (20, "stopped")], -50, ["stopped"], []),
        ([(0, "succeeded"), (20, "succeeded")], -50, [], []),
        ([(0, "succeeded")], None, [], []),
        ([(0, "succeeded"), (20, "partial")], -50, [], ["partial"]),
        ([(0, "running"), (20, "gone")], -50, ["gone"], []),
        ([(8, "running")], 4, [], ["running"]),
        ([(8, "failed")], 4, ["failed"], []),
        ([(8, "failed")], 0.5, [], ["failed"]),
    ],
)
def test_what_is_due_of_a_job_that_was_there_before_the_first_look(
    course: Course, changed: float | None, due: list[str], may: list[str]
) -> None:
    """Only what changed after the first look, which itself is silent."""
    reckoning = reckon(_ledger(course, created=-100, changed=changed), {})
    assert (_due(reckoning), _may(reckoning)) == (due, may)


def test_the_first_look_counts_in_whole_seconds() -> None:
    """T0 is a Date header: a job of that very second is new."""
    course = [(10.0, "succeeded")]
    assert _due(reckon(_ledger(course, created=0.0), {})) == ["succeeded"]
    assert _due(reckon(_ledger(course, created=-0.001), {})) == []


def test_a_place_that_was_never_listed_owes_nothing() -> None:
    """Looks alone do not begin a watch: what they showed may be told or not."""
    reckoning = reckon(_ledger([(10, "running"), (30, "failed")], listed=False), {"sns": []})
    assert (_due(reckoning), sorted(_may(reckoning)), reckoning.lost) == ([], ["failed", "running"], ())


def test_the_beginning_can_be_given() -> None:
    """A widened filter begins a new baseline, of which the ledger knows nothing."""
    ledger = _ledger([(10, "succeeded")])
    assert _due(reckon(ledger, {}, began={PLACE: T0 + timedelta(seconds=60)})) == []


@pytest.mark.parametrize(("appeared", "due"), [(9.0, ["succeeded"]), (-50.0, [])])
def test_what_came_later_to_look_below_has_no_first_look(appeared: float, due: list[str]) -> None:
    """A dataset that was made while others were watched: its first task ended before anybody had listed it."""
    ledger = Ledger(
        [
            Showing(
                T0 + timedelta(seconds=20),
                f"{HEAD}/late",
                f"{HEAD}/late:1",
                "first",
                "3",
                State.SUCCEEDED,
                "ListTasks",
                T0 + timedelta(seconds=10),
            )
        ],
        [(f"{HEAD}/early", T0), (f"{HEAD}/late", T0 + timedelta(seconds=20))],
    )
    began = beginnings(ledger, {f"{HEAD}/late": T0 + timedelta(seconds=appeared)}, T0)
    assert began[f"{HEAD}/early"] == T0
    assert _due(reckon(ledger, {}, began=began)) == due


def test_what_no_watch_covers_is_not_due() -> None:
    """Showings that no watch wants are left out, and telling them is unexpected."""
    ledger = _ledger([(10, "succeeded")], [(10, "failed")])
    reckoning = reckon(
        ledger, {"sns": _told("failed", job=1)}, wanted=lambda showing: showing.name == "job-0"
    )
    assert [item.job for item in reckoning.due] == [f"{PLACE}:0"]
    assert [finding.reason for finding in reckoning.unexpected] == [
        f"{PLACE}:1#1: no answer ever showed this job"
    ]


def test_everything_told_once_on_every_channel_is_clean() -> None:
    """No finding, and each channel's distinct ids are counted."""
    ledger = _ledger([(10, "running"), (30, "failed")])
    told = _told("running", "failed")
    reckoning = reckon(ledger, {"sns": told, "slack": told})
    assert reckoning.is_clean
    assert reckoning.received == {"sns": 2, "slack": 2}


def test_a_swallowed_message_is_lost_on_its_channel_only() -> None:
    """Lost is what is due and missing at one of the channels, with the job, the state and the reason."""
    ledger = _ledger([(10, "running"), (30, "failed")])
    reckoning = reckon(ledger, {"sns": _told("running", "failed"), "slack": _told("running")})
    (finding,) = reckoning.lost
    assert str(finding) == f"slack: {PLACE}:0 failed: due (shown at 12:00:30), but never received"
    assert not reckoning.is_clean
    assert (reckoning.duplicated, reckoning.unexpected) == ((), ())


def test_an_id_that_comes_again_is_duplicated() -> None:
    """However often: one finding an id and channel."""
    told = _told("failed")
    reckoning = reckon(_ledger([(30, "failed")]), {"sns": told, "slack": told * 3})
    assert [str(finding) for finding in reckoning.duplicated] == [
        f"slack: {PLACE}:0 failed: received 3 times as {PLACE}:0#1"
    ]
    assert reckoning.received == {"sns": 1, "slack": 1}


def _told_at(*seconds: float) -> list[Told]:
    """One change, received at seconds after T0."""
    (told,) = _told("failed")
    return [replace(told, at=T0 + timedelta(seconds=second)) for second in seconds]


def _crashes(*seconds: float) -> list[datetime]:
    return [T0 + timedelta(seconds=second) for second in seconds]


@pytest.mark.parametrize(
    ("received", "crashes", "explained"),
    [
        ([40, 50], [45], True),
        ([40, 50], [41, 45], True),
        ([50, 40], [45], True),
        ([40, 50], [], False),
        ([40, 50], [39], False),
        ([40, 50], [51], False),
        ([40, 50, 60], [45, 55], True),
        ([40, 50, 60], [45], False),
        ([40, 50, 60], [41, 42, 43], False),
        ([40, 50, 60, 70], [45, 55], False),
    ],
)
def test_a_crash_explains_one_repetition(
    received: list[float], crashes: list[float], explained: bool
) -> None:
    """It happened between a telling and the next one: a change comes once, and once more for each crash."""
    ledger = _ledger([(30, "failed")])
    reckoning = reckon(ledger, {"sns": _told_at(*received)}, crashes={"sns": _crashes(*crashes)})
    findings = reckoning.duplicated_by_crash if explained else reckoning.duplicated
    assert [str(finding) for finding in findings] == [
        f"sns: {PLACE}:0 failed: received {len(received)} times as {PLACE}:0#1"
    ]
    assert len(reckoning.duplicated) + len(reckoning.duplicated_by_crash) == 1
    assert reckoning.is_clean is explained
    assert reckoning.received == {"sns": 1}


def test_what_died_elsewhere_explains_nothing() -> None:
    """What tells in Slack has no part in what SNS brings, and what nobody noted the time of cannot be explained."""
    ledger = _ledger([(30, "failed")])
    told = {"sns": _told_at(40, 50), "slack": _told_at(41, 51)}
    reckoning = reckon(ledger, told, crashes={"slack": _crashes(45)})
    assert [finding.channel for finding in reckoning.duplicated] == ["sns"]
    assert [finding.channel for finding in reckoning.duplicated_by_crash] == ["slack"]
    timeless = reckon(ledger, {"sns": _told("failed") * 2}, crashes={"sns": _crashes(45)})
    assert len(timeless.duplicated) == 1


MOMENTS = st.lists(st.integers(0, 60), max_size=6, unique=True)


@given(MOMENTS.filter(bool), MOMENTS)
def test_no_crash_explains_two_repetitions(received: list[int], crashes: list[int]) -> None:
    """Whatever is explained came at most once plus once a crash; and every repetition is found as one or the other."""
    reckoning = reckon(
        _ledger([(0, "failed")]), {"sns": _told_at(*received)}, crashes={"sns": _crashes(*crashes)}
    )
    if reckoning.duplicated_by_crash:
        assert len(received) <= 1 + sum(min(received) < crash < max(received) for crash in crashes)
    found = [*reckoning.duplicated, *reckoning.duplicated_by_crash]
    assert len(found) == (len(received) > 1)


@pytest.mark.parametrize(
    ("course", "unheard", "due", "may"),
    [
        ([(10, "running"), (30, "failed")], [10], ["failed"], ["running"]),
        ([(10, "running"), (12, "running"), (30, "failed")], [10], ["running", "failed"], []),
        ([(10, "running"), (12, "failed"), (30, "failed")], [12], ["running", "failed"], []),
        ([(10, "running"), (30, "failed")], [10, 30], [], ["running", "failed"]),
    ],
)
def test_what_only_a_dying_process_was_told_need_not_be_told_on(
    course: list[tuple[int, str]], unheard: list[int], due: list[str], may: list[str]
) -> None:
    """It may have been stored before the end, and it may not; what another answer showed is owed as ever."""

    def heard(showing: Showing) -> bool:
        return showing.at not in _crashes(*unheard)

    reckoning = reckon(_ledger(course), {}, heard=heard)
    assert (_due(reckoning), _may(reckoning)) == (due, may)
    for told in (_told(*due), _told(*due, *may)):
        assert reckon(_ledger(course), {"sns": told}, heard=heard).is_clean


def test_what_was_told_without_being_due_is_unexpected() -> None:
    """An invented outcome, a state that is never told, a second telling under another id, an unknown job."""
    ledger = _ledger([(10, "queued"), (20, "running"), (30, "failed")])
    stranger = Told("x:9#1", "x:9", State.FAILED)
    told = [*_told("running", "failed", "succeeded", "queued", "failed"), stranger]
    reckoning = reckon(ledger, {"sns": told})
    assert [finding.reason.partition(": ")[2] for finding in reckoning.unexpected] == [
        "told, but not due",
        "told, but not due",
        f"told again, after {PLACE}:0#2",
        "no answer ever showed this job",
    ]


def test_an_anchor_is_known_by_what_another_channel_said() -> None:
    """Slack shows ids, or hashes of long ones; SNS says what they mean. Alerts and other blocks are none of ours."""
    known = _told("running", "failed")
    anchors = [
        "h:" + known[1].id,
        "h:" + known[1].id,
        f"{PLACE}:7#1",
        f"{PLACE}!watching#1",
        f"{PLACE}:arn:x!blind#1",
        "bPq3",
    ]
    resolved = resolve(anchors, known, lambda text: "h:" + text)
    assert resolved == [known[1], known[1], Told(f"{PLACE}:7#1", f"{PLACE}:7", None)]


def test_an_id_without_a_state_tells_one_change_of_its_job() -> None:
    """Where SNS lost the message, Slack's id stands for any one due change, not for all of them."""
    ledger = _ledger([(10, "running"), (30, "failed")])
    unclear = Told(f"{PLACE}:0#2", f"{PLACE}:0")
    running = _told("running")
    assert reckon(ledger, {"slack": [*running, unclear]}).is_clean
    assert len(reckon(ledger, {"slack": [unclear]}).lost) == 1
    repeated = reckon(ledger, {"slack": [unclear, unclear]})
    assert (len(repeated.lost), len(repeated.duplicated)) == (1, 1)
    silent = reckon(_ledger([(10, "queued")]), {"slack": [unclear]})
    assert [finding.reason for finding in silent.unexpected] == [
        f"{PLACE}:0#2: nothing of this job was to be told"
    ]


def test_messages_are_read_by_their_schema() -> None:
    """A change's message says id, job and state; an alert's is no change."""
    change = {"schema": "jobherald.change/v1", "id": "p:1#2", "job": "p:1", "state": "failed"}
    assert Told.of_message(change) == Told("p:1#2", "p:1", State.FAILED)
    assert Told.of_message({"schema": "jobherald.alert/v1", "id": "p!watching#1"}) is None


STATES = st.sampled_from(
    ["queued", "running", "stopping", "succeeded", "partial", "failed", "stopped", "unknown", "gone"]
)
COURSES = st.lists(
    st.lists(st.tuples(st.integers(0, 60), STATES), min_size=1, max_size=6).map(sorted), max_size=4
)


@given(COURSES, st.booleans(), st.data())
def test_the_reckoning_can_see(courses: list[list[tuple[int, str]]], new: bool, data: st.DataObject) -> None:
    """Telling exactly what is due is clean; dropping, repeating or inventing one change is found, as what it is."""
    ledger = _ledger(*courses, created=0.0 if new else -100.0)
    due = reckon(ledger, {}).due
    told = [Told(f"{item.job}#{number}", item.job, item.state) for number, item in enumerate(due)]
    assert len({(item.job, item.state) for item in due}) == len(due)
    assert reckon(ledger, {"sns": told}).is_clean
    invented = Told(f"{PLACE}:0#99", f"{PLACE}:0", State.QUEUED)
    assert reckon(ledger, {"sns": [*told, invented]}).unexpected
    if told:
        victim = data.draw(st.sampled_from(told))
        without = reckon(ledger, {"sns": [item for item in told if item is not victim]})
        assert [(finding.job, finding.state) for finding in without.lost] == [(victim.job, victim.state)]
        twice = reckon(ledger, {"sns": [*told, victim]})
        assert [(finding.job, finding.state) for finding in twice.duplicated] == [(victim.job, victim.state)]


@given(COURSES, st.booleans())
def test_nothing_is_due_that_no_answer_showed(courses: list[list[tuple[int, str]]], new: bool) -> None:
    """Due and may together are states that the answers showed, of those that are told."""
    ledger = _ledger(*courses, created=0.0 if new else -100.0)
    reckoning = reckon(ledger, {})
    shown = {(showing.job, showing.state) for showing in ledger}
    told = {State.RUNNING, State.SUCCEEDED, State.PARTIAL, State.FAILED, State.STOPPED, State.GONE}
    for item in (*reckoning.due, *reckoning.may):
        assert (item.job, item.state) in shown
        assert item.state in told


@given(st.lists(st.tuples(st.integers(0, 60), STATES), min_size=1, max_size=6).map(sorted))
def test_the_last_outcome_of_a_new_job_is_always_due(course: list[tuple[int, str]]) -> None:
    """However the answers came: an outcome that was shown first and never changed is owed to people."""
    outcomes = [state for _, state in course if state in {"succeeded", "partial", "failed", "stopped"}]
    reckoning = reckon(_ledger(course, created=0.0), {})
    if outcomes and len(set(outcomes)) == 1:
        assert outcomes[0] in _due(reckoning)
