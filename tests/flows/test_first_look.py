"""The first look at a place: silent about what was, never about what comes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jobherald.errors import JobheraldError
from jobherald.flows.visit import Limits
from jobherald.model import AlertKind, State
from jobherald.ports import Reach
from jobherald.watch import Rule, Scope
from tests.fakes.world import ALL, World, world

KINDS = list(Reach)
RUNS = (1.0, State.RUNNING)


def crowd(made: World, finished: int = 30, running: int = 7) -> None:
    for number in range(finished):
        made.service.add(
            f"old-{number:03}", (-9000 - number, State.QUEUED), (-8000 - number, State.SUCCEEDED)
        )
    for number in range(running):
        made.service.add(f"open-{number:03}", (-5000 - number, State.QUEUED), (-4000 - number, State.RUNNING))


@pytest.mark.parametrize("reach", KINDS)
def test_it_is_one_line_with_the_right_numbers(reach: Reach) -> None:
    """A thousand finished jobs are no news to anybody."""
    made = world(reach)
    crowd(made)
    made.watch()
    made.poll()
    assert made.told == []
    (text,) = made.alerted(AlertKind.WATCHING)
    assert text.startswith("Watching 37 jobs, 7 running, in us-east-1.")
    for _ in range(3):
        made.poll()
    assert len(made.alerts) == 1


@pytest.mark.parametrize("reach", KINDS)
@pytest.mark.parametrize("by_offset", [True, False])
def test_it_may_take_several_polls_while_jobs_start_and_end(reach: Reach, by_offset: bool) -> None:
    """Silence ends with the first answer, not with the last page."""
    made = world(reach)
    made.service.page_size, made.service.by_offset = 4, by_offset
    made.limits = Limits(pages=4)
    crowd(made)
    ends_meanwhile = made.service.add(
        "ends", (-8500, State.QUEUED), (-8400, State.RUNNING), (100, State.FAILED)
    )
    comes_meanwhile = made.service.add(
        "comes", (90, State.QUEUED), (95, State.RUNNING), (170, State.SUCCEEDED)
    )
    over_before = made.service.add("over", (-100, State.QUEUED), (-90, State.SUCCEEDED))
    made.watch()
    polls = made.poll_until_complete()
    assert polls > 2
    made.poll_until_complete()

    assert made.told_of(ends_meanwhile) == [State.FAILED]
    assert made.told_of(comes_meanwhile)[-1] is State.SUCCEEDED
    assert made.told_of(over_before) == []
    assert {change.key.id for change in made.told} == {"ends", "comes"}
    assert len(made.alerted(AlertKind.WATCHING)) == 1


@pytest.mark.parametrize("reach", KINDS)
def test_its_numbers_are_right_over_several_polls(reach: Reach) -> None:
    """Pages are counted once each, whatever else the polls list meanwhile."""
    made = world(reach)
    made.service.page_size = 4
    made.limits = Limits(pages=4)
    crowd(made)
    made.watch()
    assert made.poll_until_complete() > 2
    (text,) = made.alerted(AlertKind.WATCHING)
    assert text.startswith("Watching 37 jobs, 7 running,")


def test_a_job_that_moves_to_the_next_page_counts_once() -> None:
    """New jobs push rows down while we read."""
    made = world(Reach.NEWEST_FIRST)
    made.service.page_size, made.service.by_offset, made.service.call_seconds = 5, True, 1.0
    crowd(made, finished=20, running=0)
    for second in range(4):
        made.service.add(f"new-{second}", (60.5 + second, State.QUEUED))
    made.watch()
    made.poll()
    (text,) = made.alerted(AlertKind.WATCHING)
    assert len({pk for pk in made.store.items if "new-" in pk}) < 4
    assert text.startswith(("Watching 20 jobs,", "Watching 21 jobs,"))


def test_an_expired_token_begins_the_count_again() -> None:
    """The list is listed from the top, so what was counted is counted once more."""
    made = world(Reach.MODIFIED_AFTER)
    made.service.page_size = 10
    made.limits = Limits(pages=3)
    crowd(made)
    made.watch()
    made.poll()
    resume = made.record().sweep_resume
    assert resume is not None
    made.service.expired.add(resume.token)
    made.limits = Limits()
    made.poll_until_complete()
    (text,) = made.alerted(AlertKind.WATCHING)
    assert text.startswith("Watching 37 jobs,")


@pytest.mark.parametrize("reach", KINDS)
def test_its_time_is_kept_before_anything_else(reach: Reach) -> None:
    """A crash right after the first page must not move it past a job that came since."""
    made = world(reach)
    crowd(made, finished=0)
    made.watch()
    writes: list[str] = []

    def stop(call: str) -> None:
        if call in {"write", "write_details", "save_place"}:
            writes.append(call)
            if call != "save_place":
                raise JobheraldError("the function was stopped here")

    made.store.before = stop
    with pytest.raises(JobheraldError, match="stopped here"):
        made.poll()
    made.store.before = lambda _: None
    started = made.record().baseline_at
    assert writes[0] == "save_place"
    assert started is not None

    late = made.service.add("late", (5, State.QUEUED), (10, State.RUNNING), (20, State.FAILED))
    made.poll()
    assert made.record().baseline_at == started
    assert made.told_of(late) == [State.FAILED]
    assert len(made.alerted(AlertKind.WATCHING)) == 1


@pytest.mark.parametrize("reach", KINDS)
def test_a_job_created_just_before_it_and_listed_late_is_told_how_it_ended(reach: Reach) -> None:
    """A list may lag; what changes after the first answer is news, whoever was slow."""
    made = world(reach)
    made.service.lag = 20
    made.watch()
    late = made.service.add("late", (50, State.QUEUED), (55, State.RUNNING), (70, State.FAILED))
    made.poll()
    made.poll(after=120)
    assert made.told_of(late) == [State.FAILED]


@pytest.mark.parametrize("reach", KINDS)
def test_what_ran_before_is_told_when_it_ends(reach: Reach) -> None:
    """Adopted without a word, watched like any other."""
    made = world(reach)
    old = made.service.add("old", (-900, State.QUEUED), (-800, State.RUNNING), (600, State.STOPPED))
    made.settle()
    for _ in range(14):
        made.poll()
    assert made.told_of(old) == [State.STOPPED]


NARROW = Scope((Rule("one", name_contains="prod-"),))


@pytest.mark.parametrize("reach", KINDS)
def test_a_widened_filter_is_silent_but_for_what_the_old_one_would_have_told(reach: Reach) -> None:
    """One line again; a job that the old filter covered and that is new is still news."""
    made = world(reach)
    made.service.add("test-old", (-900, State.QUEUED), (-800, State.SUCCEEDED))
    made.watch(NARROW)
    made.poll_until_complete()
    made.publisher.taken.clear()

    covered = made.service.add("prod-new", (10, State.QUEUED), (20, State.RUNNING), (30, State.FAILED))
    not_covered = made.service.add("test-new", (10, State.QUEUED), (20, State.RUNNING), (30, State.FAILED))
    made.clock.advance(40)
    made.watch(ALL)
    made.poll_until_complete()
    assert made.told_of(covered) == [State.FAILED]
    assert made.told_of(not_covered) == []
    assert made.told_of("test-old") == []
    assert len(made.alerted(AlertKind.WATCHING)) == 1

    after = made.service.add("test-after", (5, State.QUEUED), (10, State.RUNNING))
    made.poll()
    assert made.told_of(after) == [State.RUNNING]


@pytest.mark.parametrize("reach", KINDS)
def test_filters_that_change_twice_at_once_lose_no_news(reach: Reach) -> None:
    """A second correction of the document before the first took effect is still only a correction."""
    made = world(reach)
    made.watch(NARROW)
    made.poll_until_complete()
    covered = made.service.add("prod-new", (10, State.QUEUED), (20, State.RUNNING), (30, State.FAILED))
    made.clock.advance(40)
    made.watch(Scope((Rule("one", name_contains="pro"),)))
    made.watch(ALL)
    made.poll_until_complete()
    assert made.told_of(covered) == [State.FAILED]


def test_filters_that_change_in_the_middle_of_a_first_look_lose_no_news() -> None:
    """Each of the former rules goes on telling what came while it held."""
    made = world(Reach.MODIFIED_AFTER)
    made.service.page_size = 1
    made.limits = Limits(pages=2)
    for number in range(9):
        made.service.add(f"prod-{number}", (-5000 - number, State.QUEUED), (-4000, State.SUCCEEDED))
    made.watch(NARROW)
    made.poll_until_complete()
    one = made.service.add("prod-x", (1, State.QUEUED), (2, State.RUNNING), (3, State.FAILED))
    made.clock.advance(10)
    made.watch(Scope((Rule("two", name_contains="o"),)))
    made.poll()
    assert made.record().settled_at is None
    two = made.service.add("other-x", (1, State.QUEUED), (2, State.RUNNING), (3, State.FAILED))
    made.clock.advance(10)
    made.watch(ALL)
    made.poll_until_complete()
    assert made.told_of(one) == [State.FAILED]
    assert made.told_of(two) == [State.FAILED]
    assert made.record().former is None


@pytest.mark.parametrize("reach", KINDS)
def test_a_narrowed_filter_releases_and_calls_nothing_gone(reach: Reach) -> None:
    """A job that we no longer look for has not vanished."""
    made = world(reach)
    wanted = made.service.add("prod-1", (-900, State.QUEUED), (-800, State.RUNNING), (900, State.SUCCEEDED))
    other = made.service.add("test-1", (-900, State.QUEUED), (-800, State.RUNNING), (900, State.SUCCEEDED))
    made.settle()
    made.watch(NARROW)
    made.poll_until_complete()
    made.poll_until_complete()
    assert {key.id for key in made.store.open_jobs(wanted.place)} == {"prod-1"}
    for _ in range(20):
        made.poll()
    assert made.told_of(wanted) == [State.SUCCEEDED]
    assert made.told_of(other) == []


@pytest.mark.parametrize("reach", KINDS)
def test_a_job_that_was_released_and_is_wanted_again_is_watched_again(reach: Reach) -> None:
    """Its versions go on, so that no two changes of it have one id."""
    made = world(reach)
    made.settle()
    job = made.service.add("test-1", (10, State.QUEUED), (20, State.RUNNING), (3000, State.SUCCEEDED))
    made.poll()
    made.poll()
    assert made.told_of(job) == [State.RUNNING]
    made.watch(NARROW)
    made.poll_until_complete()
    made.poll_until_complete()
    assert made.store.open_jobs(job.place) == {}
    made.clock.advance(600)
    made.watch(ALL)
    made.poll_until_complete()
    assert {key.id for key in made.store.open_jobs(job.place)} == {"test-1"}
    for _ in range(50):
        made.poll()
    assert made.told_of(job) == [State.RUNNING, State.SUCCEEDED]
    assert len({change.id for change in made.told}) == 2


@pytest.mark.parametrize("reach", KINDS)
def test_what_ended_while_it_was_released_is_not_told_later(reach: Reach) -> None:
    """A widened filter is silent about what was over."""
    made = world(reach)
    job = made.service.add("test-1", (-900, State.QUEUED), (-800, State.RUNNING), (500, State.FAILED))
    made.settle()
    made.watch(NARROW)
    made.poll_until_complete()
    made.poll_until_complete()
    made.clock.advance(2000)
    made.watch(ALL)
    made.poll_until_complete()
    made.poll()
    assert made.told_of(job) == []


def test_two_watches_over_one_place_tell_one_change() -> None:
    """Jobs do not belong to watches: what either wants is told once."""
    made = world()
    both = Scope(
        (
            Rule("starts", name_contains="prod-", tell=frozenset({State.RUNNING})),
            Rule("ends", tell=frozenset({State.FAILED})),
        )
    )
    made.watch(both)
    made.poll_until_complete()
    one = made.service.add("prod-1", (1, State.QUEUED), (2, State.RUNNING), (70, State.FAILED))
    other = made.service.add("test-1", (1, State.QUEUED), (2, State.RUNNING), (70, State.FAILED))
    made.poll()
    made.poll()
    assert made.told_of(one) == [State.RUNNING, State.FAILED]
    assert made.told_of(other) == [State.FAILED]


def test_two_watches_with_one_filter_ask_as_one() -> None:
    """What all of them want is asked for; nothing else is listed."""
    made = world()
    made.watch(Scope((Rule("a", name_contains="2026"), Rule("b", name_contains="2026", tell=frozenset()))))
    made.poll()
    assert {query.name_contains for query, _ in made.service.pages} == {"2026"}
    made.watch(Scope((Rule("a", name_contains="2026"), Rule("b", name_contains="2027"))))
    made.service.pages.clear()
    made.poll()
    assert {query.name_contains for query, _ in made.service.pages} == {""}


def test_a_place_that_nobody_wants_any_more_is_let_go_without_a_call() -> None:
    """Its open jobs are released; nobody is told that they are gone."""
    made = world()
    made.service.add("one", (-900, State.RUNNING))
    made.settle()
    made.watch(Scope(()))
    made.service.calls = 0
    assert made.poll().outcome == "let go"
    assert made.service.calls == 0
    assert made.store.open_jobs(made.record().place) == {}
    assert made.told == []
    assert made.alerts == []


def test_a_place_that_is_wanted_again_is_not_told_its_past() -> None:
    """Weeks without anybody watching are a new first look."""
    made = world(Reach.CREATED_AFTER)
    made.settle()
    made.watch(Scope(()))
    made.poll()
    past = made.service.add("past", (10, State.QUEUED), (20, State.FAILED))
    made.clock.advance(5000)
    made.watch(ALL)
    made.poll_until_complete()
    assert made.told_of(past) == []
    assert len(made.alerted(AlertKind.WATCHING)) == 1


def test_other_times_to_look_or_to_tell_are_no_other_filter() -> None:
    """A changed interval must not begin a first look, and silence, anew."""
    made = world()
    made.settle()
    before = made.record()
    made.watch(replace(ALL, every=300, rules=(Rule("renamed", tell=frozenset({State.FAILED})),)))
    assert made.record().settled_at == before.settled_at
    made.poll()
    assert made.alerts == []
