"""Failures are told first and apart, and no job's news before what the same job did earlier."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.flows.lanes import (
    ORDINARY,
    URGENT,
    Lane,
    in_order,
    is_failure,
    is_overdue,
    subject_of,
    until_next_turn,
)
from jobherald.model import Alert, Change, State
from tests.fakes.news import BLIND, FAILED, REFUSED, RUNNING, START, SUCCEEDED, TAKEN, labeling_key

STATES = [State.RUNNING, State.SUCCEEDED, State.PARTIAL, State.FAILED, State.STOPPED, State.GONE]

batches = st.lists(
    st.builds(
        lambda name, version, state: replace(RUNNING, key=labeling_key(name), version=version, state=state),
        st.sampled_from(["a", "b", "c"]),
        st.integers(1, 6),
        st.sampled_from(STATES),
    )
    | st.sampled_from([BLIND, REFUSED, TAKEN]),
    max_size=15,
    unique_by=lambda news: (subject_of(news), news.version),
)


def told(batch: list[Change | Alert]) -> list[list[Change | Alert]]:
    """The waves in their order."""
    order = in_order(batch)
    return [[batch[index] for index in wave] for wave in (*order.urgent, order.ordinary)]


@given(batches)
def test_everything_is_in_one_wave(batch: list[Change | Alert]) -> None:
    """None is left out, none is there twice."""
    assert sorted(one.id for wave in told(batch) for one in wave) == sorted(one.id for one in batch)


@given(batches)
def test_no_wave_has_failures_and_others(batch: list[Change | Alert]) -> None:
    """All of a wave are failures, or none; and what is not urgent holds none."""
    *urgent, ordinary = told(batch)
    assert all(len({is_failure(one) for one in wave}) == 1 for wave in urgent)
    assert not any(map(is_failure, ordinary))


@given(batches)
def test_what_one_job_did_is_told_in_its_order(batch: list[Change | Alert]) -> None:
    """Whatever order the queue had them in."""
    reached: dict[str, int] = {}
    for one in (one for wave in told(batch) for one in wave):
        assert one.version > reached.get(subject_of(one), 0)
        reached[subject_of(one)] = one.version


@given(batches)
def test_only_what_comes_before_a_failure_is_as_urgent(batch: list[Change | Alert]) -> None:
    """Other news of other jobs does not come along."""
    *urgent, _ = told(batch)
    for one in (one for wave in urgent for one in wave):
        assert any(
            is_failure(other) and subject_of(other) == subject_of(one) and other.version >= one.version
            for other in batch
        )


def test_failures_come_first() -> None:
    """Of several jobs those that failed are told first, and a refused credential with them."""
    assert told([RUNNING, FAILED, BLIND, REFUSED]) == [[REFUSED, FAILED], [RUNNING, BLIND]]


def test_a_start_is_told_before_its_failure() -> None:
    """A job that was seen running and failed before anybody was told: in this order, in two posts."""
    failed = replace(RUNNING, version=2, state=State.FAILED)
    later = replace(RUNNING, version=3)
    assert told([later, failed, SUCCEEDED, RUNNING]) == [[RUNNING], [failed], [later, SUCCEEDED]]


@pytest.mark.parametrize(
    ("lane", "after", "seconds"),
    [
        (ORDINARY, 0, 60),
        (ORDINARY, 0.9, 60),
        (ORDINARY, 59.9, 1),
        (URGENT, 0, 15),
        (URGENT, 14, 1),
        (URGENT, 44, 1),
    ],
)
def test_the_next_turn_is_a_full_minute_or_a_quarter_of_one(lane: Lane, after: float, seconds: int) -> None:
    """Never at once, and never later than the lane gathers for."""
    assert until_next_turn(lane, START + timedelta(seconds=after)) == seconds


@given(st.sampled_from([URGENT, ORDINARY]), st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)))  # noqa: DTZ001
def test_what_was_gathered_in_one_turn_is_due_two_turns_later(lane: Lane, naive: datetime) -> None:
    """It waits once or twice, and so less than two minutes, a failure less than half of one."""
    sent = naive.replace(tzinfo=START.tzinfo)
    first = sent + timedelta(seconds=until_next_turn(lane, sent))
    second = first + timedelta(seconds=until_next_turn(lane, first))
    assert is_overdue(lane, sent, second)
    assert second - sent <= timedelta(seconds=2 * lane.gather)
    assert not is_overdue(lane, sent, sent)
