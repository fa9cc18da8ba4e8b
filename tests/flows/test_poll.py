from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from jobherald.errors import ConflictError, JobheraldError, ListingError
from jobherald.flows import poll as polling
from jobherald.flows.listing import CALL_SECONDS
from jobherald.flows.look import look
from jobherald.flows.poll import poll
from jobherald.flows.visit import Limits
from jobherald.model import AlertKind, JobKey, Place, State
from jobherald.ports import Reach
from jobherald.store.items import job_pk
from jobherald.watch import Look, Poll, Rule, Scope
from tests.fakes.service import PLACE, Life
from tests.fakes.time import FakeDeadline
from tests.fakes.world import ALL, World, world

KINDS = list(Reach)
NEW = (1.0, State.QUEUED)


@pytest.fixture(params=KINDS, ids=str)
def any_kind(request: pytest.FixtureRequest) -> World:
    """A watched place after its first look, for each kind of list operation."""
    made = world(request.param)
    made.settle()
    return made


def test_a_job_is_told_when_it_starts_and_when_it_ends(any_kind: World) -> None:
    """Each once, in order."""
    job = any_kind.service.add("one", NEW, (70, State.RUNNING), (200, State.SUCCEEDED))
    for _ in range(8):
        any_kind.poll()
    assert any_kind.told_of(job) == [State.RUNNING, State.SUCCEEDED]


def test_a_job_shorter_than_the_interval_is_told_once(any_kind: World) -> None:
    """It was never seen running, and is told all the same."""
    job = any_kind.service.add("short", NEW, (5, State.RUNNING), (20, State.FAILED))
    for _ in range(8):
        any_kind.poll()
    assert any_kind.told_of(job) == [State.FAILED]


def test_a_job_that_the_list_shows_late_is_told(any_kind: World) -> None:
    """The watermark overlaps by more than the service's lag."""
    any_kind.service.lag = 200
    job = any_kind.service.add("late", NEW, (5, State.RUNNING), (20, State.FAILED))
    for _ in range(8):
        any_kind.poll()
    assert any_kind.told_of(job) == [State.FAILED]


def test_a_finished_job_that_was_forgotten_but_is_still_listed_is_never_told_again(any_kind: World) -> None:
    """TTL takes the record; the service lists its jobs for years."""
    job = any_kind.service.add("old", NEW, (70, State.RUNNING), (200, State.FAILED))
    for _ in range(12):
        any_kind.poll()
    assert any_kind.told_of(job) == [State.RUNNING, State.FAILED]
    any_kind.store.forget(job.key)
    for _ in range(12):
        any_kind.poll(after=1000)
    assert any_kind.told_of(job) == [State.RUNNING, State.FAILED]


def test_a_page_that_shows_a_job_twice_makes_one_change(any_kind: World) -> None:
    """A list may move under our hands."""
    job = any_kind.service.add("twice", NEW, (5, State.RUNNING))
    any_kind.service.lives.append(job)
    any_kind.poll()
    assert any_kind.told_of(job) == [State.RUNNING]


@pytest.mark.parametrize("reach", KINDS)
def test_jobs_that_come_and_go_between_pages_are_told_once(reach: Reach) -> None:
    """Rows shift onto the next page, or back onto one that we have read."""
    for boundary in range(1, 5):
        made = world(reach)
        made.service.page_size, made.service.by_offset = 2, True
        made.settle()
        lives = [
            made.service.add(f"j{n}", (n, State.QUEUED), (n + 10, State.RUNNING), (n + 300, State.SUCCEEDED))
            for n in range(6)
        ]
        start = len(made.service.pages)

        def between(page: int, made: World = made, at: int = start + boundary) -> None:
            if page == at:
                made.service.add("a-new", (0, State.QUEUED), (0, State.RUNNING), (90, State.FAILED))
                made.service.lives[:] = [life for life in made.service.lives if life.id != "j3"]

        made.service.between_pages = between
        for _ in range(12):
            made.poll()
        for life in lives:
            expected = [State.RUNNING, State.GONE] if life.id == "j3" else [State.RUNNING, State.SUCCEEDED]
            assert made.told_of(life) in (expected, [State.GONE][:0]), (boundary, life.id)
            assert life.id == "j3" or made.told_of(life)
        assert made.told_of("a-new")[-1:] == [State.FAILED], boundary


# Cost


@pytest.mark.parametrize("reach", [Reach.MODIFIED_AFTER, Reach.NEWEST_FIRST, Reach.CREATED_AFTER])
def test_an_idle_poll_costs_nothing_for_a_thousand_finished_jobs(reach: Reach) -> None:
    """Nor for the open ones more than one query, and none where news come by modified time."""
    made = world(reach)
    for number in range(1000):
        made.service.add(f"done-{number}", (-9e6 + number, State.QUEUED), (-8e6 + number, State.SUCCEEDED))
        made.service.add(f"open-{number}", (-7e6 + number, State.QUEUED), (-6e6 + number, State.RUNNING))
    made.settle()
    made.poll()
    made.store.calls.clear()
    made.store.read = 0
    assert made.poll(tell=False).outcome == "complete"
    once = {"place": 1, "save_place": 1}
    expected = once if reach is Reach.MODIFIED_AFTER else {**once, "open_jobs": 1}
    assert dict(made.store.calls) == expected
    assert made.store.read == 0
    assert made.record().jobs_open == 1000


def test_where_nothing_runs_the_open_jobs_are_read_as_rarely() -> None:
    """A place may be quiet for months: each look at all that is open, which is nothing, is one."""
    made = world()
    made.settle()
    made.store.calls.clear()
    for _ in range(40):
        made.poll()
    assert 3 <= made.store.calls["open_jobs"] <= 4


def test_open_jobs_are_read_as_soon_as_something_happened() -> None:
    """One query for a page of news, not a read for each of its rows; the next look at all of them reads them too."""
    made = world()
    made.settle()
    jobs = [made.service.add(f"job-{number}", NEW, (70, State.RUNNING)) for number in range(9)]
    made.poll()
    made.store.calls.clear()
    made.poll(tell=False)
    assert made.store.calls["open_jobs"] == 1
    assert made.store.calls["jobs"] == 0
    made.notify()
    assert all(made.told_of(job) == [State.RUNNING] for job in jobs)
    made.store.calls.clear()
    for _ in range(11):
        made.poll(tell=False)
    assert 1 <= made.store.calls["open_jobs"] <= 7
    assert made.record().jobs_open == 9


def test_progress_is_written_rarely_and_never_while_something_is_owed() -> None:
    """Counters move all the time; what is owed must not be buried under them."""
    made = world()
    made.limits = Limits(sweep_every=0)
    made.settle()
    job = made.service.add("one", NEW, (5, State.RUNNING))
    job.percent = lambda now: min(99.0, (now - job.created).total_seconds() / 20)
    made.poll(tell=False)
    version = made.store.jobs([job.key])[job.key].version
    for _ in range(10):
        made.poll(tell=False)
    assert made.store.jobs([job.key])[job.key].version == version
    made.notify()
    for _ in range(20):
        made.poll()
    assert 3 <= made.store.jobs([job.key])[job.key].version - version <= 5
    assert made.told_of(job) == [State.RUNNING]


@pytest.mark.parametrize("statuses", [True, False])
def test_counters_that_move_without_the_modified_time_are_seen_by_the_sweep(statuses: bool) -> None:
    """Open jobs are listed whole as well, less often."""
    made = world()
    made.service.statuses = statuses
    made.settle()
    job = made.service.add("one", NEW, (5, State.RUNNING))
    job.percent = lambda now: min(99.0, (now - job.created).total_seconds() / 20)
    for _ in range(25):
        made.poll()
    stored = made.store.jobs([job.key])[job.key]
    assert stored.progress is not None
    assert stored.progress.percent is not None
    assert stored.progress.percent > 30
    swept = [query for query, _ in made.service.pages if query.modified_after is None]
    assert len(swept) < len(made.service.pages) / 2


# Vanished


def lives_on(made: World) -> Life:
    made.settle()
    job = made.service.add("one", NEW, (5, State.RUNNING))
    made.poll()
    made.poll()
    return job


@pytest.mark.parametrize("reach", KINDS)
def test_a_job_that_vanished_is_looked_up_and_then_told_as_gone(reach: Reach) -> None:
    """Once; and nobody looks for it again."""
    made = world(reach)
    made.limits = Limits(sweep_every=0)
    job = lives_on(made)
    job.deleted = made.clock.now()
    for _ in range(4):
        made.poll()
    assert made.told_of(job) == [State.RUNNING, State.GONE]
    assert made.told[-1].name == "one"
    assert len(made.service.looks) == 1


@pytest.mark.parametrize("reach", KINDS)
def test_a_vanished_job_that_the_look_finds_is_not_gone(reach: Reach) -> None:
    """A list that forgot a row proves nothing; what the look saw counts."""
    made = world(reach)
    made.limits = Limits(sweep_every=0)
    job = lives_on(made)
    job.hidden = True
    made.poll()
    assert len(made.service.looks) == 1
    assert made.told_of(job) == [State.RUNNING]
    job.steps.append((made.clock.now(), State.FAILED))
    made.poll()
    assert made.told_of(job) == [State.RUNNING, State.FAILED]


def test_a_job_under_a_name_filter_is_told_as_gone() -> None:
    """Neither the index nor a missing job says its name; the filter asks for it all the same."""
    made = world()
    made.limits = Limits(sweep_every=0)
    made.watch(Scope((Rule("prod", name_contains="prod-"),)))
    made.poll_until_complete()
    job = made.service.add("prod-1", NEW, (5, State.RUNNING))
    made.poll()
    job.deleted = made.clock.now()
    made.poll()
    assert made.told_of(job) == [State.RUNNING, State.GONE]


def test_a_gone_jobs_time_is_when_it_was_missed() -> None:
    """When it was last modified is no time at which anything happened to it."""
    made = world()
    made.limits = Limits(sweep_every=0)
    job = lives_on(made)
    job.deleted = made.clock.now()
    made.poll()
    assert made.told[-1].at == made.told[-1].seen_at > job.deleted


def test_an_id_that_was_used_again_is_another_job() -> None:
    """The look then answers about the new one; the old one is gone."""
    made = world()
    made.limits = Limits(sweep_every=0)
    job = lives_on(made)
    job.hidden = True
    plain = made.service.look

    def another(request: Look) -> object:
        sight = plain(request)
        assert sight.seen is not None
        return sight._replace(seen=replace(sight.seen, key=JobKey(PLACE, request.id, 99)))

    made.service.look = another  # type: ignore[assignment,method-assign]
    for _ in range(3):
        made.poll()
    told = [(change.key.born, change.state) for change in made.told]
    assert sorted(told) == [(0, State.GONE), (0, State.RUNNING), (99, State.RUNNING)]


def test_looks_have_a_budget() -> None:
    """A place whose jobs all vanish at once is looked up over several polls."""
    made = world()
    made.limits = Limits(looks=3, sweep_every=0)
    made.settle()
    jobs = [made.service.add(f"job-{n}", NEW, (5, State.RUNNING)) for n in range(8)]
    made.poll()
    for job in jobs:
        job.deleted = made.clock.now()
    told = []
    for _ in range(4):
        made.poll()
        told.append(sum(change.state is State.GONE for change in made.told))
    assert told == [3, 6, 8, 8]


def test_jobs_that_lists_forget_do_not_keep_others_from_being_looked_up() -> None:
    """What is found again each time must not use the whole budget up in every poll."""
    made = world()
    made.limits = Limits(looks=3, sweep_every=0)
    made.settle()
    forgotten = [made.service.add(f"job-{n}", NEW, (5, State.RUNNING)) for n in range(8)]
    made.poll()
    # Seen later than all others, and so behind them.
    gone = made.service.add("gone", (7, State.RUNNING))
    made.poll()
    for job in forgotten:
        job.hidden = True
    gone.deleted = made.clock.now()
    for _ in range(9):
        made.poll()
    assert [change.key.id for change in made.told if change.state is State.GONE] == [gone.key.id]


def test_no_look_begins_when_there_is_no_time_for_it() -> None:
    """The deadline is for looks as for pages."""
    made = world(Reach.EVERYTHING)
    job = lives_on(made)
    job.deleted = made.clock.now()
    made.poll(deadline=FakeDeadline(CALL_SECONDS + 1, each=1))
    assert made.service.looks == []
    made.poll()
    assert made.told_of(job)[-1] is State.GONE


@pytest.mark.parametrize("newest_first", [True, False])
def test_half_a_list_calls_nothing_gone(newest_first: bool) -> None:
    """A job that is further down, or anywhere in a list without order, may still be there."""
    made = world(Reach.EVERYTHING)
    made.service.newest_first = newest_first
    made.service.page_size = 2
    made.settle()
    for number in range(9):
        made.service.add(f"job-{number}", (number, State.RUNNING))
    made.poll_until_complete()
    made.limits = Limits(pages=1)
    for _ in range(8):
        made.poll()
    assert made.service.looks == []
    assert State.GONE not in [change.state for change in made.told]


# Bounds


def test_a_list_in_order_is_left_once_every_open_job_was_seen() -> None:
    """A page more would show finished ones alone; while an open one is missing, it is looked for."""
    made = world(Reach.NEWEST_FIRST)
    made.service.page_size = 3
    for number in range(6):
        made.service.add(f"old-{number}", (number, State.RUNNING), (number + 1, State.SUCCEEDED))
    made.clock.advance(1000)
    jobs = [made.service.add(f"job-{number}", (number, State.RUNNING)) for number in range(6)]
    made.clock.advance(1000)
    made.settle()
    assert [made.poll(after=1000).calls for _ in range(3)] == [2, 2, 2]
    jobs[0].deleted = made.clock.now()
    made.poll()
    assert [look.id for look in made.service.looks] == [jobs[0].id]


@pytest.mark.parametrize("reach", KINDS)
@pytest.mark.parametrize("pages", [2, 3, 5])
def test_little_budget_only_takes_longer(reach: Reach, pages: int) -> None:
    """Every kind and every phase goes on where it stopped."""
    made = world(reach)
    made.service.page_size = 2
    made.limits = Limits(pages=pages, sweep_every=0)
    made.settle()
    jobs = [
        made.service.add(
            f"job-{n:02}", (n * 3, State.QUEUED), (n * 3 + 5, State.RUNNING), (700 + n, State.FAILED)
        )
        for n in range(20)
    ]
    for _ in range(60):
        made.poll()
    for job in jobs:
        assert made.told_of(job) in ([State.RUNNING, State.FAILED], [State.FAILED])
    assert made.record().news_resume is None or reach is not Reach.NEWEST_FIRST


@pytest.mark.parametrize("reach", KINDS)
def test_a_poll_whose_time_is_up_stops_before_a_call_and_goes_on_next_time(reach: Reach) -> None:
    """Killed in the middle of a page it would have nothing to show."""
    made = world(reach)
    made.service.page_size = 1
    made.settle()
    jobs = [made.service.add(f"job-{n}", (n, State.QUEUED), (n + 1, State.RUNNING)) for n in range(6)]
    before = made.service.calls
    done = made.poll(deadline=FakeDeadline(CALL_SECONDS + 2.5, each=1))
    assert made.service.calls - before <= 3
    assert done.outcome == "to be continued"
    made.poll_until_complete()
    assert [made.told_of(job) for job in jobs] == [[State.RUNNING]] * 6
    assert len(made.service.pages) < 60


def test_one_long_list_of_a_status_does_not_starve_the_others() -> None:
    """The listing whose turn did not come has the first turn next time."""
    made = world()
    made.service.page_size = 1
    made.limits = Limits(pages=4, sweep_every=0)
    made.settle()
    for number in range(3):
        made.service.add(f"queued-{number}", (number, State.QUEUED))
    running = made.service.add("running", (1, State.QUEUED), (2, State.RUNNING))
    for _ in range(20):
        made.poll()
    asked = {query.status for query, _ in made.service.pages[-40:]}
    assert {"Initializing", "InProgress", "Stopping"} <= asked
    assert made.told_of(running) == [State.RUNNING]


@pytest.mark.parametrize("reach", [Reach.MODIFIED_AFTER, Reach.CREATED_AFTER])
def test_news_as_long_as_the_whole_list_starve_nothing(reach: Reach) -> None:
    """Filters that are applied after paging make every look for news walk through all that there ever was."""
    made = world(reach)
    made.service.filters_after_paging, made.service.page_size = True, 1
    made.limits = Limits(pages=2, sweep_every=0)
    jobs = [made.service.add(f"job-{n}", (-50 - n, State.RUNNING), (900, State.FAILED)) for n in range(4)]
    made.watch()
    for _ in range(12):
        made.poll()
    assert len(made.alerted(AlertKind.WATCHING)) == 1
    for _ in range(30):
        made.poll()
    assert [made.told_of(job) for job in jobs] == [[State.FAILED]] * 4


def test_newest_first_goes_on_below_the_news_where_it_stopped() -> None:
    """Down to the oldest open job, without beginning again at the top each time."""
    made = world(Reach.NEWEST_FIRST)
    for number in range(12):
        made.service.add(f"open-{number:02}", (-9000 + number, State.RUNNING))
    made.settle()
    made.service.page_size = 1
    made.limits = Limits(pages=5)
    made.service.pages.clear()
    assert made.poll_until_complete() == 3
    assert len(made.service.pages) == 12 + 2


def test_a_resumed_sweep_asks_what_it_asked_before() -> None:
    """A page token is good for the request that it was given for."""
    made = world(Reach.CREATED_AFTER)
    made.service.page_size = 2
    made.settle()
    lives = [made.service.add(f"job-{n}", (n, State.RUNNING)) for n in range(9)]
    made.poll_until_complete()
    made.limits = Limits(pages=4)
    made.service.pages.clear()
    made.poll(after=400)
    lives[0].steps.append((made.clock.now(), State.FAILED))
    made.look(lives[0])
    for _ in range(6):
        made.poll(after=400)
    begun = set()
    for query, token in made.service.pages:
        if not token:
            begun.add(query)
        assert query in begun
    assert any(token for _, token in made.service.pages)


# Trouble


def refuse(kind: str) -> Callable[[], Exception]:
    return lambda: ListingError(f"refused: {kind}", kind=kind)


@pytest.mark.parametrize("reach", KINDS)
def test_throttled_at_any_call_keeps_its_progress_and_finishes(reach: Reach) -> None:
    """Within a few polls, and nothing is told twice or lost."""
    for index in range(14):
        made = world(reach)
        made.service.page_size = 2
        made.limits = Limits(pages=8, sweep_every=0)
        made.service.script[index] = refuse("throttled")
        for number in range(6):
            made.service.add(
                f"old-{number}", (-900, State.QUEUED), (-800, State.RUNNING), (500, State.STOPPED)
            )
        made.settle()
        new = [made.service.add(f"new-{n}", NEW, (5, State.RUNNING), (20, State.FAILED)) for n in range(4)]
        for _ in range(12):
            made.poll()
        assert [made.told_of(job) for job in new] == [[State.FAILED]] * 4, index
        assert [made.told_of(f"old-{n}") for n in range(6)] == [[State.STOPPED]] * 6, index


def test_a_throttled_place_waits_and_says_nothing_for_a_while() -> None:
    """Throttling mostly passes by itself."""
    made = world()
    made.settle()
    made.service.script = {index: refuse("throttled") for index in range(999)}
    done = made.poll()
    assert (done.outcome, done.trouble) == ("in trouble", "refused: throttled")
    assert made.record().paused_until is not None
    for _ in range(5):
        made.poll()
    assert made.alerts == []
    for _ in range(8):
        made.poll()
    assert len(made.alerted(AlertKind.BLIND)) == 1


def test_a_denied_place_says_so_once_and_says_when_it_sees_again() -> None:
    """Other places are unharmed, and what happened meanwhile is told."""
    made = world()
    other = Place(PLACE.source, PLACE.account, "eu-west-1")
    for place in (PLACE, other):
        made.watch(place=place)
        made.poll_until_complete(place)
    made.publisher.taken.clear()
    made.service.denied.add(PLACE)
    here = made.service.add("here", NEW, (5, State.RUNNING), (70, State.FAILED))
    there = made.service.add("there", NEW, (5, State.RUNNING), (70, State.FAILED), place=other)
    for _ in range(5):
        assert made.poll().outcome == "in trouble"
        assert made.poll(other).outcome == "complete"
    assert made.told_of(there)[-1] is State.FAILED
    assert made.told_of(here) == []
    (blind,) = made.alerted(AlertKind.BLIND)
    assert "us-east-1" in blind
    assert "allow it" in blind
    made.service.denied.clear()
    made.poll()
    made.poll()
    assert made.told_of(here) == [State.FAILED]
    assert len(made.alerted(AlertKind.SEES_AGAIN)) == 1
    assert len(made.alerts) == 2
    assert made.record().trouble == ""


@pytest.mark.parametrize("reach", KINDS)
def test_a_token_that_loops_is_the_places_trouble_and_ends(reach: Reach) -> None:
    """What the pages before it showed is kept."""
    made = world(reach)
    made.settle()
    made.service.page_size, made.service.loops = 1, 2
    jobs = [made.service.add(f"job-{n}", (n, State.QUEUED), (n + 1, State.RUNNING)) for n in range(4)]
    done = made.poll()
    assert done.outcome == "in trouble"
    assert "does not end" in done.trouble
    assert made.told != []
    made.service.loops = 0
    made.poll_until_complete()
    assert sorted(map(made.told_of, jobs)) == [[State.RUNNING]] * 4


def test_an_unknown_status_is_said_once_a_word_and_its_job_still_watched() -> None:
    """A service may invent a status tomorrow."""
    made = world()
    made.settle()
    one = made.service.add("one", NEW, (5, State.UNKNOWN), (400, State.SUCCEEDED), word="Paused")
    two = made.service.add("two", NEW, (5, State.UNKNOWN), (400, State.FAILED), word="Paused")
    three = made.service.add("three", NEW, (5, State.UNKNOWN), (400, State.FAILED), word="Hm")
    for _ in range(9):
        made.poll()
    said = made.alerted(AlertKind.UNKNOWN_STATUS)
    assert [("'Paused'" in text, "'Hm'" in text) for text in said] == [(False, True), (True, False)]
    assert all(PLACE.key in text for text in said)
    assert made.told_of(one) == [State.SUCCEEDED]
    assert made.told_of(two) == made.told_of(three) == [State.FAILED]


@pytest.mark.parametrize("reach", KINDS)
def test_a_job_with_an_unknown_status_is_told_as_gone(reach: Reach) -> None:
    """No listing by status can ask for its word."""
    made = world(reach)
    made.settle()
    job = made.service.add("one", NEW, (5, State.UNKNOWN), word="Paused")
    made.poll()
    job.deleted = made.clock.now()
    for _ in range(15):
        made.poll()
    assert made.told_of(job) == [State.GONE]


@pytest.mark.parametrize("reach", KINDS)
def test_a_status_that_the_catalogue_has_learned_is_told(reach: Reach) -> None:
    """As the notice of the unknown one asks for; to the service nothing has changed since."""
    made = world(reach)
    made.settle()
    job = made.service.add("one", NEW, (5, State.UNKNOWN), word="Finished")
    for _ in range(15):
        made.poll()
    job.steps[-1] = (job.steps[-1][0], State.SUCCEEDED)
    for _ in range(15):
        made.poll()
    assert made.told_of(job) == [State.SUCCEEDED]


def test_a_service_that_speaks_garbage_does_not_fill_its_place() -> None:
    """Twenty words are kept; then it is garbage."""
    made = world()
    made.settle()
    for number in range(30):
        made.service.add(f"job-{number}", NEW, (5, State.UNKNOWN), word=f"word-{number}")
    for _ in range(3):
        made.poll()
    assert len(made.record().unknown_statuses) == polling.UNKNOWN_WORDS_KEPT
    assert len(made.alerts) == polling.UNKNOWN_WORDS_KEPT


# Races and crashes


def test_a_place_that_is_not_watched_is_not_called() -> None:
    """A message may outlive its watch."""
    made = world()
    assert made.poll().outcome == "not watched"
    assert made.service.calls == 0


def test_a_poll_that_was_overtaken_ends_at_once() -> None:
    """A queue that was stuck must not poll one place ten times over."""
    made = world()
    made.settle()
    asked = made.clock.now()
    made.poll()
    calls = made.service.calls
    done = poll(Poll(PLACE, asked), made.service, made.store, made.clock, FakeDeadline(), made.limits)
    assert done.outcome == "overtaken"
    assert made.service.calls == calls


@pytest.mark.parametrize("reach", KINDS)
def test_two_pollers_at_once_make_one_change(reach: Reach) -> None:
    """Another poll runs as a whole at each single call of this one."""
    for gate in range(12):
        made = world(reach)
        made.settle()
        jobs = [made.service.add(f"job-{n}", NEW, (5, State.RUNNING), (300, State.FAILED)) for n in range(3)]
        calls = 0

        def meanwhile(_: str, made: World = made, at: int = gate) -> None:
            nonlocal calls
            calls += 1
            if calls - 1 == at:
                made.store.before = lambda _: None
                request = Poll(PLACE, made.clock.now())
                poll(request, made.service, made.store, made.clock, FakeDeadline(), made.limits)

        made.store.before = meanwhile
        made.poll(tell=False)
        made.store.before = lambda _: None
        made.notify()
        for _ in range(8):
            made.poll()
        assert [made.told_of(job) for job in jobs] == [[State.RUNNING, State.FAILED]] * 3, gate
        assert len({change.id for change in made.told}) == len(made.told), gate


@pytest.mark.parametrize("reach", KINDS)
def test_an_event_that_races_the_poll_makes_one_change(reach: Reach) -> None:
    """The look sees the outcome first; the page in the poll's hands is older."""
    for gate in range(8):
        made = world(reach)
        job = lives_on(made)
        calls = 0

        def meanwhile(_: str, made: World = made, job: Life = job, at: int = gate) -> None:
            nonlocal calls
            calls += 1
            if calls - 1 == at:
                made.store.before = lambda _: None
                job.steps.append((made.clock.now(), State.SUCCEEDED))
                look(Look(PLACE, job.id), made.service, made.store)

        made.store.before = meanwhile
        made.poll(tell=False)
        made.store.before = lambda _: None
        made.notify()
        for _ in range(5):
            made.poll()
        expected = [State.RUNNING, State.SUCCEEDED] if len(job.steps) == 3 else [State.RUNNING]
        assert made.told_of(job) == expected, gate


@pytest.mark.parametrize("reach", KINDS)
def test_a_crash_at_any_call_of_the_store_loses_nothing(reach: Reach) -> None:
    """The queue brings the message back; what was written stands."""
    for gate in range(14):
        made = world(reach)
        made.service.page_size = 2
        made.settle()
        jobs = [made.service.add(f"job-{n}", NEW, (5, State.RUNNING), (90, State.FAILED)) for n in range(4)]
        calls = 0

        def stop(_: str, at: int = gate) -> None:
            nonlocal calls
            calls += 1
            if calls - 1 == at:
                raise JobheraldError("stopped here")

        made.store.before = stop
        with contextlib.suppress(JobheraldError):
            made.poll(tell=False)
        made.store.before = lambda _: None
        made.notify()
        for _ in range(5):
            made.poll()
        for job in jobs:
            assert made.told_of(job) in ([State.RUNNING, State.FAILED], [State.FAILED]), gate


def test_whoever_saves_the_place_first_keeps_it() -> None:
    """The slower one's pages are listed again, to no effect."""
    made = world()
    made.settle()

    def other_writer(call: str) -> None:
        if call == "save_place":
            made.store.before = lambda _: None
            made.watch(replace(ALL, every=300))

    made.store.before = other_writer
    made.poll()
    assert made.record().scope.every == 300
    with pytest.raises(ConflictError):
        made.store.save_place(made.record())


def test_a_job_written_again_and_again_fails_the_poll_instead_of_going_round() -> None:
    """A livelock has an end; the queue tries later."""
    made = world()
    made.settle()
    job = made.service.add("one", NEW, (5, State.RUNNING))

    def always(call: str) -> None:
        if call == "write":
            raise ConflictError("somebody was faster")

    made.store.before = always
    with pytest.raises(ConflictError):
        made.poll(tell=False)
    made.store.before = lambda _: None
    made.poll()
    assert made.told_of(job) == [State.RUNNING]
    assert job_pk(job.key) in made.store.items


def test_the_last_poll_is_known_by_when_it_was_asked_for() -> None:
    """Its own duration must not put off the next one."""
    made = world()
    made.settle()
    made.service.call_seconds = 9
    made.clock.advance(60)
    asked = made.clock.now()
    poll(Poll(PLACE, asked), made.service, made.store, made.clock, FakeDeadline(), made.limits)
    record = made.record()
    assert record.queued_at == asked
    assert record.polled_at is not None
    assert record.polled_at > asked


def test_a_sweep_that_was_broken_off_is_forgotten_with_the_last_open_job() -> None:
    """Else a place that has become quiet would be polled every minute for ever."""
    made = world(Reach.MODIFIED_AFTER)
    made.settle()
    made.service.page_size = 1
    lives = [
        made.service.add(f"job-{number}", NEW, (5, State.RUNNING), (2000, State.SUCCEEDED))
        for number in range(3)
    ]
    made.limits = Limits(pages=2, sweep_every=60)
    for _ in range(20):
        made.poll()
        if made.record().sweep_resume is not None:
            break
    assert made.record().sweep_resume is not None
    made.clock.advance(3000)
    for life in lives:
        made.look(life)
    made.limits = Limits()
    made.poll()
    made.poll()
    assert made.record().jobs_open == 0
    assert made.record().sweep_resume is None
