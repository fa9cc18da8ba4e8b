"""Places whose lists have to be asked below something: what is learned, where is looked, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobherald.errors import JobheraldError, ListingError
from jobherald.flows.listing import CALL_SECONDS
from jobherald.flows.visit import Limits
from jobherald.model import AlertKind, Place, State
from jobherald.ports import Page, ParentPage, Query, Reach
from jobherald.watch import Rule, Scope
from tests.fakes.service import PLACE, Life
from tests.fakes.time import FakeDeadline
from tests.fakes.world import ALL, World, world

RUNS = (1.0, State.RUNNING)
ENDS = (State.SUCCEEDED, State.FAILED, State.STOPPED)


def below(parent: str) -> Place:
    return replace(PLACE, parent=parent)


def family(*parents: str, reach: Reach = Reach.EVERYTHING) -> World:
    """A world whose list has to be asked below these."""
    made = world(reach)
    made.service.family = dict.fromkeys(parents, made.clock.now())
    return made


def job(made: World, parent: str, name: str, *steps: tuple[float, State], **more: Any) -> Life:
    return made.service.add(name, *steps, place=below(parent), **more)


def settled(*parents: str, **more: Any) -> World:
    made = family(*parents, **more)
    made.settle()
    return made


def idle(made: World, polls: int = 60) -> int:
    """Calls of so many polls."""
    before = made.service.calls
    for _ in range(polls):
        made.poll()
    return made.service.calls - before


def test_the_first_look_is_one_line_for_all_of_them() -> None:
    """People hear what they watch, not what the API is asked below."""
    made = family("a", "b", "c")
    for number in range(4):
        job(made, "a", f"old-{number}", (-900, State.QUEUED), (-800, State.SUCCEEDED))
    job(made, "b", "runs", (-900, State.QUEUED), (-800, State.RUNNING))
    made.watch()
    made.poll()
    assert made.told == []
    (alert,) = made.alerts
    assert alert.text.startswith("Watching 5 jobs in 3 folders, 1 running, in us-east-1.")
    assert alert.place == PLACE


def test_what_happens_below_is_told_with_the_parent_in_its_key() -> None:
    """Ids are unique only below their parent."""
    made = settled("a", "b")
    lives = [job(made, parent, "same", RUNS, (200, State.FAILED)) for parent in ("a", "b")]
    for _ in range(6):
        made.poll()
    assert [(change.key.place.parent, change.state) for change in made.told] == [
        ("a", State.RUNNING),
        ("b", State.RUNNING),
        ("a", State.FAILED),
        ("b", State.FAILED),
    ]
    assert {change.key for change in made.told} == {life.key for life in lives}


def test_a_quiet_parent_costs_one_look_in_a_round() -> None:
    """An idle poll of twenty of which three run: one list of parents and three lists, and now and then one more."""
    made = settled(*(f"p{number:02}" for number in range(20)))
    for number in range(3):
        job(made, f"p{number:02}", f"runs-{number}", RUNS)
    for _ in range(3):
        made.poll()
    assert idle(made) <= 60 * 4 + 20


def test_every_quiet_parent_is_looked_below_within_a_round_and_not_all_at_once() -> None:
    """A task that left no trace on its parent's row is told late, but told."""
    made = settled(*(f"p{number:02}" for number in range(20)))
    looked: list[set[str]] = []
    for _ in range(62):
        before = len(made.service.pages)
        made.poll()
        looked.append({place.parent for place in made.service.listed[before:]})
    assert set().union(*looked) == set(made.service.family)
    assert max(map(len, looked)) <= 5


def test_a_row_that_differs_is_enough_to_look_below() -> None:
    """A job that came and went between two polls has changed its parent's counts."""
    made = settled("a", "b")
    short = job(made, "a", "short", (5, State.QUEUED), (10, State.RUNNING), (20, State.FAILED))
    made.poll()
    assert made.told_of(short) == [State.FAILED]


def test_parents_that_say_nothing_are_looked_below_every_time() -> None:
    """Nothing else would show a short job below them."""
    made = family("a", "b")
    made.service.tells_of_family = False
    made.settle()
    short = job(made, "b", "short", (5, State.QUEUED), (10, State.RUNNING), (20, State.FAILED))
    for _ in range(3):
        made.poll()
    assert made.told_of(short) == [State.FAILED]


def test_a_parent_that_is_new_has_no_silent_first_look() -> None:
    """What was created below it was created after we began to watch."""
    made = settled("a")
    made.service.family["late"] = made.clock.now() + timedelta(seconds=100)
    life = job(made, "late", "one", (110, State.QUEUED), (112, State.RUNNING), (115, State.FAILED))
    for _ in range(4):
        made.poll()
    assert made.told_of(life) == [State.FAILED]
    assert made.alerts == []


def test_jobs_of_a_parent_that_is_gone_are_looked_up_before_they_are_called_gone() -> None:
    """The list of parents says only that it is gone; the look says what became of its jobs."""
    made = settled("a", "b")
    life = job(made, "b", "runs", RUNS)
    made.poll()
    assert made.told_of(life) == [State.RUNNING]
    del made.service.family["b"]
    life.deleted = made.clock.now()
    for _ in range(2):
        made.poll()
    assert [look.id for look in made.service.looks] == ["runs"]
    assert made.told_of(life) == [State.RUNNING, State.GONE]
    assert made.store.children(PLACE).keys() == {"a"}
    assert made.alerts == []


def test_a_parent_that_is_denied_harms_no_other_and_is_said_once() -> None:
    """And again when it works: by then what happened meanwhile is told."""
    made = settled("a", "b")
    made.service.denied.add(below("a"))
    hidden = job(made, "a", "hidden", RUNS, (130, State.FAILED))
    life = job(made, "b", "seen", RUNS, (130, State.SUCCEEDED))
    for _ in range(5):
        made.poll()
    assert made.told_of(life) == [State.RUNNING, State.SUCCEEDED]
    (alert,) = made.alerts
    assert alert.kind is AlertKind.BLIND
    assert made.record().trouble == "denied"
    made.service.denied.clear()
    for _ in range(7):
        made.poll()
    assert [alert.kind for alert in made.alerts] == [AlertKind.BLIND, AlertKind.SEES_AGAIN]
    assert made.told_of(hidden) == [State.FAILED]
    assert made.record().trouble == ""


def test_a_throttle_stops_the_poll_and_the_next_goes_on_where_it_was() -> None:
    """Asking below the others would meet it too."""
    made = settled("a", "b", "c")
    lives = [job(made, parent, f"in-{parent}", RUNS, (400, State.FAILED)) for parent in "abc"]
    made.service.script[made.service.calls + 2] = lambda: ListingError(
        "slow down", kind="throttled", retry_after=100
    )
    before = made.service.calls
    made.poll()
    assert made.service.calls - before == 3
    record = made.record()
    assert record.paused_until is not None
    assert record.paused_until >= made.clock.now() + timedelta(seconds=95)
    for _ in range(9):
        made.poll()
    for life in lives:
        assert made.told_of(life) == [State.RUNNING, State.FAILED]


def test_more_parents_than_one_poll_may_look_below_take_several() -> None:
    """Silently, and with one line at the end."""
    made = family(*(f"p{number:02}" for number in range(30)))
    made.limits = Limits(pages=8)
    for number in range(30):
        job(made, f"p{number:02}", f"old-{number}", (-900, State.QUEUED), (-800, State.SUCCEEDED))
    made.watch()
    assert made.poll_until_complete() == 4
    assert made.told == []
    (text,) = made.alerted(AlertKind.WATCHING)
    assert text.startswith("Watching 30 jobs in 30 folders")


def test_too_many_parents_are_refused_with_the_remedy() -> None:
    """A poll is bounded."""
    made = family(*(f"p{number}" for number in range(1001)))
    made.watch()
    made.poll()
    (alert,) = made.alerts
    assert alert.kind is AlertKind.BLIND
    assert "more than 1,000 folders" in alert.text
    assert "`parents`" in alert.text
    assert "watch names" in alert.next_step
    assert made.service.calls < 15


def test_named_parents_are_looked_below_without_a_list_of_them() -> None:
    """Where only that is allowed."""
    made = family("a", "b", "c")
    made.watch(Scope((Rule("one", parents=frozenset({"a"})), Rule("two", parents=frozenset({"b"})))))
    made.poll()
    made.publisher.taken.clear()
    lives = {
        parent: job(made, parent, f"in-{parent}", RUNS, (100, State.FAILED)) for parent in ("a", "b", "c")
    }
    for _ in range(4):
        made.poll()
    assert made.told_of(lives["a"]) == made.told_of(lives["b"]) == [State.RUNNING, State.FAILED]
    assert made.told_of(lives["c"]) == []
    assert made.service.family_calls == 0


def test_a_named_parent_that_is_not_there_is_trouble_of_the_place() -> None:
    """Whoever named it has to know; the other is watched all the same."""
    made = family("a")
    made.watch(Scope((Rule("one", parents=frozenset({"a", "nope"})),)))
    life = job(made, "a", "runs", (90.0, State.RUNNING))
    for _ in range(3):
        made.poll()
    assert made.told_of(life) == [State.RUNNING]
    (text,) = made.alerted(AlertKind.BLIND)
    assert "nope" in text


def test_a_parent_that_was_refused_is_asked_again_as_soon_as_other_rules_want_it() -> None:
    """Who corrects a watch looks at what comes of it."""
    made = settled("a", "b")
    made.service.denied.add(below("a"))
    made.watch(Scope((Rule("all", parents=frozenset({"a"})),)))
    made.poll()
    made.service.denied.clear()
    made.watch(Scope((Rule("all", name_contains="x", parents=frozenset({"a"})),)))
    before = len(made.service.listed)
    made.poll()
    assert made.service.listed[before:] == [below("a")]


def test_a_parent_that_is_no_longer_wanted_is_let_go_without_a_word() -> None:
    """Narrowing a filter calls nothing gone."""
    made = settled("a", "b")
    life = job(made, "b", "runs", RUNS)
    made.poll()
    made.watch(Scope((Rule("all", parents=frozenset({"a"})),)))
    life.deleted = made.clock.now()
    for _ in range(3):
        made.poll()
    assert made.told_of(life) == [State.RUNNING]
    assert made.store.children(PLACE).keys() == {"a"}
    assert made.store.open_jobs(below("b")) == {}


def test_a_place_that_nobody_watches_any_more_releases_what_is_below() -> None:
    """Without a call."""
    made = settled("a", "b")
    job(made, "a", "runs", RUNS)
    job(made, "b", "runs too", RUNS)
    made.poll()
    calls = made.service.calls
    made.watch(Scope((), 60))
    assert made.poll().outcome == "let go"
    assert made.service.calls == calls
    assert made.store.open_jobs(below("a")) == made.store.open_jobs(below("b")) == {}
    made.watch(ALL)
    made.publisher.taken.clear()
    made.poll()
    assert made.told == []


@pytest.mark.parametrize("scope", [Scope(()), Scope((Rule("all", parents=frozenset({"a"})),))])
def test_what_no_time_is_left_to_release_below_is_released_by_the_next_poll(scope: Scope) -> None:
    """A parent is not forgotten while something below it is open with us."""
    made = settled("a", "b")
    for number in range(4):
        job(made, "b", f"runs-{number}", RUNS)
    made.poll()
    made.watch(scope)
    made.poll(deadline=FakeDeadline(CALL_SECONDS + 3, each=1))
    assert 0 < len(made.store.open_jobs(below("b"))) < 4
    assert "b" in made.store.children(PLACE)
    made.poll()
    assert made.store.open_jobs(below("b")) == {}
    assert "b" not in made.store.children(PLACE)


def test_a_crash_anywhere_below_loses_nothing_and_tells_nothing_twice() -> None:
    """The cache of parents is written last: what is lost of it is looked at again."""
    calls = 200
    for crash_at in range(calls):
        made = settled("a", "b")
        lives = [job(made, parent, f"in-{parent}", RUNS, (70, State.FAILED)) for parent in "ab"]
        left = crash_at

        def tick(_: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise JobheraldError("stopped here")

        made.store.before = tick
        for _ in range(4):
            try:
                made.poll(tell=False)
            except JobheraldError:
                pass
            else:
                continue
        made.store.before = lambda _: None
        for _ in range(4):
            made.poll()
        for life in lives:
            assert made.told_of(life)[-1:] == [State.FAILED], crash_at
            assert len(made.told_of(life)) == len(set(made.told_of(life))), crash_at
        if left > 0:
            return
    raise AssertionError("more calls than were tried")


def test_whoever_is_busy_in_front_does_not_keep_the_others_waiting() -> None:
    """More parents have running jobs than one poll may look below, and all the time."""
    made = family(*(f"p{number:02}" for number in range(30)))
    made.limits = Limits(pages=10)
    made.settle()
    lives = [job(made, f"p{number:02}", f"job-{number}", RUNS) for number in range(30)]
    for _ in range(30):
        made.poll()
    assert [made.told_of(life) for life in lives] == [[State.RUNNING]] * 30


def test_where_a_poll_is_always_stopped_is_not_where_all_polls_end() -> None:
    """A parent that is busy has its turn, and then the next one has, also while one is denied."""
    made = family("denied", *(f"p{number:02}" for number in range(12)))
    made.limits = Limits(pages=6)
    made.settle()
    made.service.denied.add(below("denied"))
    lives = [job(made, f"p{number:02}", f"job-{number}", RUNS) for number in range(12)]
    job(made, "denied", "hidden", RUNS)
    for _ in range(20):
        made.poll()
    assert [made.told_of(life) for life in lives] == [[State.RUNNING]] * 12


def test_one_parent_that_always_fails_harms_no_other_and_is_said() -> None:
    """Its list may be of a kind that the service cannot give."""
    made = settled("bad", "good")
    made.service.failing.add(below("bad"))
    job(made, "bad", "hidden", RUNS)
    lives = [
        job(made, "good", f"job-{at}", (at, State.RUNNING), (at + 100, State.FAILED)) for at in (1, 700, 1500)
    ]
    for _ in range(30):
        made.poll()
    assert [made.told_of(life) for life in lives] == [[State.RUNNING, State.FAILED]] * 3
    (alert,) = made.alerts
    assert alert.kind is AlertKind.BLIND
    assert made.record().settled_at is not None
    made.service.failing.clear()
    for _ in range(20):
        made.poll()
    assert [alert.kind for alert in made.alerts] == [AlertKind.BLIND, AlertKind.SEES_AGAIN]


def test_a_second_fault_ends_the_poll() -> None:
    """A service that is down is not asked below every parent."""
    made = settled(*"abcdef")
    lives = [job(made, parent, f"in-{parent}", RUNS) for parent in "abcdef"]
    made.service.failing = {below(parent) for parent in "abcdef"}
    calls = made.service.calls
    made.poll()
    assert made.service.calls - calls == 3
    assert made.record().paused_until is not None
    made.service.failing.clear()
    for _ in range(4):
        made.poll()
    assert [made.told_of(life) for life in lives] == [[State.RUNNING]] * 6


def test_a_denied_list_of_parents_is_not_asked_for_every_minute() -> None:
    """There the whole place is refused, and not one of its parents."""
    made = settled("a", "b")
    made.service.denied.add(PLACE)
    made.poll()
    assert made.record().paused_until is not None


def refuses(made: World, *parents: str) -> None:
    """Below these the service has one code for all that is wrong with a request."""
    page = made.service.page

    def refused(place: Place, query: Query, token: str) -> Page:
        if place.parent in parents:
            raise ListingError(f"there is no {place.parent}, or the request is wrong", kind="absent")
        return page(place, query, token)

    made.service.page = refused  # type: ignore[method-assign]


def test_a_parent_that_was_just_listed_and_is_said_not_to_be_there_is_trouble() -> None:
    """Its own list shows it: nothing below it is called gone, and after a while people are told that it is not seen."""
    made = settled("a", "b")
    one, other = job(made, "a", "one", RUNS), job(made, "b", "other", RUNS)
    made.poll()
    refuses(made, "a")
    one.deleted = made.clock.now()
    other.steps.append((made.clock.now(), State.FAILED))
    for _ in range(15):
        made.poll()
    assert made.told_of(one) == [State.RUNNING]
    assert made.told_of(other) == [State.RUNNING, State.FAILED]
    assert [alert.kind for alert in made.alerts] == [AlertKind.BLIND]
    assert "there is no a, or the request is wrong" in made.alerts[0].text


def test_a_parent_that_was_deleted_since_it_was_listed_is_no_trouble_for_long() -> None:
    """The next list does not show it."""
    made = settled("a", "b")
    one = job(made, "a", "one", RUNS)
    made.poll()
    parents = made.service.parents

    def listed_too_late(place: Place, token: str) -> ParentPage:
        page = parents(place, token)
        made.service.family.pop("a", None)
        return page

    made.service.parents = listed_too_late  # type: ignore[method-assign]
    one.deleted = made.clock.now()
    for _ in range(4):
        made.poll()
    assert made.told_of(one) == [State.RUNNING, State.GONE]
    assert made.alerts == []


def test_a_parent_that_is_gone_and_refuses_is_forgotten_where_it_holds_nothing_open() -> None:
    """Else the place were blind for good to what nobody has any more."""
    made = settled("a", "b")
    del made.service.family["b"]
    made.service.denied.add(below("b"))
    for _ in range(12):
        made.poll()
    assert made.store.children(PLACE).keys() == {"a"}
    assert made.record().trouble == ""


# Other rules


def test_a_wider_watch_has_its_first_look_below_quiet_parents_too() -> None:
    """Once people were told that it watches, a parent that was quiet so far has no silent first look to come."""
    made = family("a", "b")
    made.watch(Scope((Rule("x", name_contains="x"),)))
    made.poll_until_complete()
    job(made, "a", "old", (-900, State.QUEUED), (-800, State.SUCCEEDED))
    made.watch(ALL)
    made.publisher.taken.clear()
    made.poll_until_complete()
    assert [text.partition(",")[0] for text in made.alerted(AlertKind.WATCHING)] == [
        "Watching 1 job in 2 folders"
    ]
    short = job(made, "a", "short", (5, State.QUEUED), (10, State.RUNNING), (20, State.FAILED))
    long = job(made, "b", "long", (5, State.QUEUED), (10, State.RUNNING))
    for _ in range(3):
        made.poll()
    assert made.told_of(short) == [State.FAILED]
    assert made.told_of(long) == [State.RUNNING]


@pytest.mark.parametrize("hours", [0.0, -6.0])
def test_what_the_former_rules_would_have_told_is_told_under_other_rules(hours: float) -> None:
    """Also below a parent that nobody saw under the former rules, and where creation times may be off."""
    made = family("a")
    made.service.doubt = hours
    old = job(made, "a", "old", (-50, State.QUEUED), (-20, State.FAILED))
    made.settle()
    made.service.family["late"] = made.clock.now() + timedelta(seconds=10)
    lives = [
        job(made, parent, f"in-{parent}", (15, State.QUEUED), (16, State.RUNNING), (20, State.FAILED))
        for parent in ("a", "late")
    ]
    made.clock.advance(40)
    made.watch(Scope((Rule("all"), Rule("x", name_contains="x"))))
    for _ in range(3):
        made.poll()
    assert [made.told_of(life) for life in lives] == [[State.FAILED]] * 2
    assert made.told_of(old) == []


def test_what_is_created_during_a_first_look_of_many_polls_is_told() -> None:
    """Also below a parent whose turn had not come when it was created."""
    made = family(*(f"p{number:02}" for number in range(30)))
    made.limits = Limits(pages=8)
    made.watch()
    made.poll()
    short = job(made, "p29", "short", (5, State.QUEUED), (10, State.RUNNING), (20, State.FAILED))
    made.poll_until_complete()
    assert made.told_of(short) == [State.FAILED]


# Jobs that are named


def test_named_jobs_are_looked_at_one_by_one() -> None:
    """Where lists are not allowed at all; one that has ended is not asked for again."""
    made = family("a")
    life = job(made, "a", "wanted", (-50, State.RUNNING), (100, State.FAILED))
    job(made, "a", "other", (-50, State.RUNNING), (100, State.FAILED))
    made.watch(Scope((Rule("one", parents=frozenset({"a"}), jobs=frozenset({"wanted"})),)))
    for _ in range(6):
        made.poll()
    assert [change.key for change in made.told] == [life.key]
    assert made.told_of(life) == [State.FAILED]
    assert made.service.pages == []
    calls = made.service.calls
    made.poll()
    assert made.service.calls == calls


def test_a_named_job_that_had_ended_before_is_never_told_nor_asked_for_again() -> None:
    """The first look is silent."""
    made = world()
    made.service.add("over", (-500, State.RUNNING), (-100, State.FAILED))
    made.watch(Scope((Rule("one", jobs=frozenset({"over"})),)))
    for _ in range(3):
        made.poll()
    assert made.told == []
    assert made.service.calls == 1


def test_a_named_job_that_is_not_there_is_said_and_the_others_are_watched() -> None:
    """Its id may be misspelt."""
    made = world()
    life = made.service.add("here", (-50, State.RUNNING), (100, State.FAILED))
    made.watch(Scope((Rule("one", jobs=frozenset({"gone", "here"})),)))
    for _ in range(12):
        made.poll()
    assert made.told_of(life) == [State.FAILED]
    (text,) = made.alerted(AlertKind.BLIND)
    assert "has no job gone" in text


@pytest.mark.parametrize("ids_return", [False, True])
def test_a_named_job_that_vanishes_is_gone(*, ids_return: bool) -> None:
    """The look itself says so, also where its id can be used again and its key has more than that."""
    made = world()
    made.service.ids_return = ids_return
    life = made.service.add("here", (-50, State.RUNNING))
    made.watch(Scope((Rule("one", jobs=frozenset({"here"})),)))
    made.poll()
    life.deleted = made.clock.now()
    made.poll()
    assert made.told_of(life) == [State.GONE]


def used_again() -> World:
    """A world whose ids can be used again after a job was deleted."""
    made = world()
    made.service.ids_return = True
    return made


def test_a_named_job_whose_id_can_be_used_again_is_watched_like_any_other() -> None:
    """Its key has the creation time, which only a look can tell; one that has ended is not asked for again."""
    made = used_again()
    life = made.service.add("here", (-50, State.RUNNING), (100, State.FAILED))
    made.watch(Scope((Rule("one", jobs=frozenset({"here"})),)))
    for _ in range(3):
        made.poll()
    assert made.told_of(life) == [State.FAILED]
    calls = made.service.calls
    life.deleted = made.clock.now()
    for _ in range(5):
        made.poll()
    assert made.service.calls == calls
    assert made.alerted(AlertKind.BLIND) == []


def test_a_named_job_that_was_replaced_under_its_id_is_gone_and_the_new_one_is_told() -> None:
    """They are two jobs."""
    made = used_again()
    old = made.service.add("here", (-50, State.RUNNING))
    made.watch(Scope((Rule("one", jobs=frozenset({"here"})),)))
    made.poll()
    old.deleted = made.clock.now()
    made.service.add("here", (1, State.RUNNING), (100, State.FAILED))
    for _ in range(4):
        made.poll()
    assert sorted(made.told_of(old)) == [State.FAILED, State.GONE, State.RUNNING]
    assert len({change.key for change in made.told}) == 2


def test_more_named_jobs_than_one_poll_may_look_at_all_have_their_turn() -> None:
    """Those in front may run for days."""
    made = world()
    made.limits = Limits(pages=10)
    for number in range(12):
        made.service.add(f"a{number:02}", (-50, State.RUNNING))
    last = made.service.add("b", (-50, State.RUNNING), (400, State.FAILED))
    made.watch(Scope((Rule("one", jobs=frozenset(life.id for life in made.service.lives)),)))
    for _ in range(12):
        made.poll()
    (text,) = made.alerted(AlertKind.WATCHING)
    assert text.startswith("Watching 13 jobs, 13 running")
    assert made.told_of(last) == [State.FAILED]


# Creation times that may be off


def test_a_job_that_is_as_old_as_the_doubt_is_not_told_at_the_second_look() -> None:
    """What the first look did not store is not new to those that follow, whose limit lies an overlap further back."""
    made = family("a")
    made.service.doubt = 8.0
    made.service.has_times = False
    old = [
        job(made, "a", f"old-{number}", (-60.0 * number - 30, State.QUEUED), (-20, State.FAILED))
        for number in range(12)
    ]
    made.settle()
    job(made, "a", "new", RUNS)
    for _ in range(3):
        made.poll()
    assert [made.told_of(life) for life in old] == [[]] * 12


@pytest.mark.parametrize("hours", [8.0, -6.0])
def test_a_creation_time_in_an_unknown_zone_neither_hides_a_new_job_nor_tells_an_old_one(
    hours: float,
) -> None:
    """What is stored tells new from old where the clock on the row cannot."""
    made = family("a")
    made.service.doubt = hours
    old = [
        job(made, "a", f"old-{number}", (-3600.0 * number - 100, State.QUEUED), (-90, State.FAILED))
        for number in range(12)
    ]
    made.settle()
    new = job(made, "a", "new", (5, State.QUEUED), (10, State.RUNNING), (20, State.FAILED))
    for _ in range(6):
        made.poll()
    assert made.told_of(new) == [State.FAILED]
    for life in old:
        assert made.told_of(life) == []


# All of it at random


@dataclass(frozen=True)
class Plan:
    """A job below one of three parents, in whole seconds from the first poll on."""

    parent: str
    born: int
    runs: int
    ends: int | None
    outcome: State


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    ends = draw(st.none() | st.integers(1, 1500))
    runs = draw(st.integers(1, 200))
    return Plan(
        draw(st.sampled_from(["a", "b", "late"])),
        draw(st.integers(-2000, 900)),
        runs,
        None if ends is None else runs + ends,
        draw(st.sampled_from(ENDS)),
    )


@st.composite
def worlds_with_a_family(draw: st.DrawFn) -> World:
    made = family("a", "b", reach=draw(st.sampled_from(list(Reach))))
    service = made.service
    service.family["late"] = made.clock.now() + timedelta(seconds=400)
    service.tells_of_family = draw(st.booleans())
    service.page_size = draw(st.integers(1, 6))
    if service.reach is Reach.EVERYTHING:
        service.doubt = draw(st.sampled_from([0.0, 8.0, -6.0]))
    made.limits = Limits(pages=draw(st.integers(12, 40)), round_every=draw(st.sampled_from([120.0, 900.0])))
    for call in draw(st.lists(st.integers(0, 60), max_size=6)):
        service.script[call] = lambda: ListingError("too many calls", kind="throttled")
    return made


@settings(max_examples=120)
@given(made=worlds_with_a_family(), drawn=st.lists(plans(), max_size=10))
def test_every_outcome_below_is_told_once_and_nothing_from_before_the_first_look(
    made: World, drawn: list[Plan]
) -> None:
    """Whatever the parents say of themselves, whenever they appear, and whichever calls are refused."""
    lives = []
    for number, plan in enumerate(drawn):
        born = max(plan.born, 401) if plan.parent == "late" else plan.born
        steps = [(born + 0.5, State.QUEUED), (born + plan.runs + 0.5, State.RUNNING)]
        if plan.ends is not None:
            steps.append((born + plan.ends + 0.5, plan.outcome))
        lives.append(job(made, plan.parent, f"job-{number:02}", *steps))
    made.watch()
    for _ in range(80):
        made.poll(after=60.0)

    assert len(made.alerted(AlertKind.WATCHING)) == 1
    assert len({change.id for change in made.told}) == len(made.told)
    for life in lives:
        started = made.record(life.place).baseline_at
        assert started is not None
        ended_at, last = life.steps[-1]
        outcomes = [state for state in made.told_of(life) if state.is_outcome]
        assert State.GONE not in made.told_of(life)
        assert made.told_of(life).count(State.RUNNING) <= 1
        if not last.is_outcome or ended_at < started:
            assert outcomes == [], life
        elif life.created >= started + timedelta(seconds=900):
            assert outcomes == [last], life
        else:
            # One that came while the first look was still going on may be taken for one that was there before.
            assert outcomes in ([last], []), life
            assert len(outcomes) == 1 or made.service.doubt or life.created < started, life
