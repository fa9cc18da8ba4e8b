from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from jobherald.flows.absorb import Absorber, OpenJobs
from jobherald.model import JobKey, Observation, State
from jobherald.watch import PlaceRecord
from tests.fakes.service import PLACE, WORDS
from tests.fakes.store import MemoryStore
from tests.fakes.things import KEY, at, job
from tests.fakes.world import ALL

SETTLED = PlaceRecord(PLACE, ALL, at(0), 1, baseline_at=at(0), news_at=at(100), settled_at=at(95))


def row(state: State, minute: float, **more: object) -> Observation:
    made = Observation(
        KEY,
        state,
        WORDS[state],
        at(minute),
        "one",
        created_at=at(0),
        modified_at=at(minute),
        details={"At": minute},
    )
    return replace(made, **more)  # type: ignore[arg-type]


def absorber(store: MemoryStore, record: PlaceRecord = SETTLED) -> Absorber:
    return Absorber(store, record, OpenJobs(lambda: store.open_jobs(PLACE)))


def test_of_a_job_twice_on_a_page_one_row_counts() -> None:
    """Two writes upon one version would be a race with ourselves."""
    store = MemoryStore()
    taken = absorber(store)
    assert taken.absorb([row(State.RUNNING, 101, created_at=at(101))] * 2) == {KEY}
    assert (taken.writes, taken.changes, store.calls["write"]) == (1, 1, 1)


def test_details_are_kept_before_the_job() -> None:
    """A crash between the two must leave nothing that nobody would mend."""
    store = MemoryStore()
    calls: list[str] = []
    store.before = calls.append
    absorber(store).absorb([row(State.RUNNING, 101)])
    assert [call for call in calls if call.startswith("write")] == ["write_details", "write"]


def test_a_finished_job_of_long_ago_is_neither_read_nor_written() -> None:
    """There are thousands of them."""
    store = MemoryStore()
    absorber(store).absorb([row(State.SUCCEEDED, 50), row(State.FAILED, 94.9, key=JobKey(PLACE, "b"))])
    assert dict(store.calls) == {"open_jobs": 1}


def test_a_finished_job_is_read_when_something_happened_to_it_since() -> None:
    """It may be one that we know and that ran again."""
    store = MemoryStore()
    store.write(job(State.SUCCEEDED), None)
    absorber(store).absorb([row(State.FAILED, 99)])
    assert store.jobs([KEY])[KEY].state is State.FAILED


def test_a_later_run_is_told_although_no_time_says_when_it_was() -> None:
    """Its number is all that the row has; a job that never ran again is not read for it."""
    store = MemoryStore()
    store.write(job(State.FAILED), None)
    absorber(store).absorb([row(State.SUCCEEDED, 99, modified_at=None, run=1)])
    assert store.jobs([KEY])[KEY].state is State.SUCCEEDED
    reads = store.calls["jobs"]
    absorber(store).absorb([row(State.FAILED, 99, modified_at=None)])
    assert store.calls["jobs"] == reads


@pytest.mark.parametrize(("modified", "told"), [(96, True), (50, False), (None, True)])
def test_a_job_without_a_creation_time_is_news_by_what_happened_last(
    modified: float | None, told: bool
) -> None:
    """Else a job that was forgotten would be told again, since nothing says that it is old."""
    store = MemoryStore()
    seen = row(State.FAILED, 101, created_at=None, modified_at=None if modified is None else at(modified))
    absorber(store).absorb([seen])
    assert bool(store.news) is told


def test_a_job_being_deleted_that_we_do_not_know_is_not_taken_up() -> None:
    """It ended before us; to call it gone in the end would be news of the past."""
    store = MemoryStore()
    absorber(store).absorb([row(State.STOPPING, 101, fading=True)])
    assert store.items == {}


def test_an_open_job_that_no_watch_wants_is_released_when_it_is_seen() -> None:
    """Without a word."""
    store = MemoryStore()
    store.write(job(), None)
    unwanted = replace(SETTLED, scope=replace(ALL, rules=()))
    taken = absorber(store, unwanted)
    assert taken.absorb([row(State.RUNNING, 101)]) == set()
    assert store.open_jobs(PLACE) == {}
    assert taken.open_jobs == {}
    assert store.news == []


def test_who_loses_a_race_goes_on_with_what_the_winner_wrote() -> None:
    """The next page must not be decided upon a job that is no longer so."""
    store = MemoryStore()
    store.write(job(State.QUEUED), None)
    taken = absorber(store)
    store.write(job(State.FAILED, 2, modified_at=at(102)), None)
    taken.absorb([row(State.RUNNING, 101)])
    assert taken.open_jobs == {}
    assert (taken.writes, taken.changes) == (0, 0)
    assert store.jobs([KEY])[KEY].state is State.FAILED


def test_a_job_that_ended_without_its_modified_time_is_not_written_again_and_again() -> None:
    """A row may miss a member."""
    store = MemoryStore()
    store.write(job(State.FAILED, modified_at=at(99)), None)
    absorber(store).absorb([row(State.FAILED, 101, modified_at=None, ended_at=at(99))])
    assert store.calls["write"] == 1


def test_before_its_first_answer_a_place_has_no_news() -> None:
    """There is no time yet since when anything could be new."""
    store = MemoryStore()
    fresh = PlaceRecord(PLACE, ALL, at(0), 1)
    absorber(store, fresh).absorb([row(State.RUNNING, 101, created_at=at(0) + timedelta(days=9))])
    assert store.news == []
    assert store.jobs([KEY])[KEY].announced
