from __future__ import annotations

import pytest

from jobherald.errors import ConflictError, JobheraldError
from jobherald.flows.notify import notify
from jobherald.flows.patience import PAUSES, TRY_SECONDS, Patience
from jobherald.store.items import job_pk
from tests.fakes.ports import FakePublisher
from tests.fakes.store import MemoryStore
from tests.fakes.things import KEY, change, job
from tests.fakes.time import FakeClock, FakeDeadline


class Refusals:
    """A write that is refused so many times, with this error."""

    def __init__(self, times: int, error: Exception) -> None:
        self.times, self.error, self.tries = times, error, 0

    def __call__(self) -> None:
        self.tries += 1
        if self.tries <= self.times:
            raise self.error


@pytest.mark.parametrize("times", range(len(PAUSES) + 1))
def test_a_write_that_is_refused_for_a_while_is_made_in_the_end(times: int) -> None:
    clock, write = FakeClock(), Refusals(times, JobheraldError("throttled"))
    Patience(clock, FakeDeadline()).keep(write)
    assert write.tries == times + 1
    assert clock.slept == list(PAUSES[:times])


def test_one_that_is_always_refused_is_given_up() -> None:
    write = Refusals(99, JobheraldError("throttled"))
    with pytest.raises(JobheraldError, match="throttled"):
        Patience(FakeClock(), FakeDeadline()).keep(write)
    assert write.tries == len(PAUSES) + 1


def test_a_conflict_is_an_answer_and_not_tried_again() -> None:
    write = Refusals(99, ConflictError("somebody else wrote"))
    with pytest.raises(ConflictError):
        Patience(FakeClock(), FakeDeadline()).keep(write)
    assert write.tries == 1


def test_without_time_for_another_try_there_is_none() -> None:
    """Whoever is stopped by the platform tells nobody why."""
    write = Refusals(99, JobheraldError("throttled"))
    with pytest.raises(JobheraldError):
        Patience(FakeClock(), FakeDeadline(TRY_SECONDS)).keep(write)
    assert write.tries == 1


def test_what_was_told_is_not_told_again_because_its_mark_was_throttled() -> None:
    store, publisher, clock = MemoryStore(), FakePublisher(), FakeClock()
    one = job()
    store.write(one, change(one))
    left = ["mark", "record"]

    def throttle(call: str) -> None:
        if call in left:
            left.remove(call)
            raise JobheraldError("throttled")

    store.before = throttle
    for _ in range(2):
        done = notify([job_pk(KEY)], store, publisher, Patience(clock, FakeDeadline()))
    assert len(publisher.taken) == 1
    assert not done.failed
    assert store.deliveries
