"""Cases of the catalogue in how lists are listed: pages, tokens, lags, throttles, time, and every kind of list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import TypeVar

import pytest

from faults.clock import VirtualClock
from faults.gate import Kind
from faults.judge import judge
from faults.kinds import KINDS, AnyJobs, KindWorld, SmallPages, catalogued, job_of, world_of
from faults.schedules import at, labeling, media, task, watch
from faults.world import Schedule, World
from jobherald.flows.listing import CALL_SECONDS
from jobherald.local.services import ScriptedJob
from jobherald.local.services.api import ApiError, Call
from tests.faults.scenes import (
    alerts,
    before_each,
    first_told,
    keeps_its_promises,
    key_of,
    outcomes,
    pages_a_poll,
    run_on,
    run_out,
    run_to,
    shown_late,
    told,
)

T = TypeVar("T")

TICK = 60.0
PAGES = 40
PAGED = [kind for kind in KINDS if kind != "everything below parents"]
"""Kinds whose pages can be made small here."""


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    with catalogued():
        yield


# 3: page tokens


class Cycle(SmallPages):
    """Until a moment every page is empty and has a token; after so many the first token comes again."""

    def __init__(self, refusal: str, clock: VirtualClock, length: int, until: datetime) -> None:
        super().__init__(refusal, most=100)
        self.clock, self.length, self.until, self.calls = clock, length, until, 0

    def cut(self, rows: Sequence[T], call: Call, size: int, *more: object) -> tuple[list[T], str | None]:
        if self.clock.now() < self.until:
            self.calls += 1
            return [], f"token {self.calls % self.length}"
        if str(call.parameters.get("NextToken", "")).startswith("token"):
            raise ApiError(self.refusal, "The pagination token is not valid.")
        return super().cut(rows, call, size)


@pytest.mark.parametrize("kind", ["modified_after and status", "newest_first"])
@pytest.mark.parametrize("length", range(1, 6))
def test_case_03_tokens_that_go_round_end_the_poll_and_are_said_once(length: int, kind: str) -> None:
    """And when the list ends again, what happened meanwhile is told."""
    meanwhile = job_of(kind, "meanwhile", 200, 30)
    world = world_of(kind, [meanwhile])
    for api in (world.jobs.aws.labeling, world.jobs.aws.media_analysis):
        run_to(world, 90)
        api.pager = Cycle(api.pager.refusal, world.clock, length, at(90 + 20 * TICK))
    run_out(world, 40 * TICK)
    polls = [call.invocation for call in world.gate.passed if ":List" in call.what]
    assert max(map(polls.count, polls)) <= length + 1 < PAGES
    assert (len(alerts(world, "blind")), len(alerts(world, "sees_again"))) == (1, 1)
    assert outcomes(world, meanwhile) == ["succeeded"]
    assert keeps_its_promises(world)


@pytest.mark.parametrize("kind", ["modified_after and status", "newest_first"])
def test_case_03_a_hundred_empty_pages_are_walked_through(kind: str) -> None:
    """In as many polls as the budget of pages asks for, and in none is it overdrawn."""
    jobs = [job_of(kind, "runs", 100, 200), job_of(kind, "short", 110, 5)]
    world = world_of(kind, jobs)
    run_to(world, 90)
    world.jobs.aws.faults.empty_pages(100)
    world.run()
    polls = [call.invocation for call in world.gate.passed if ":List" in call.what]
    assert max(map(polls.count, polls)) <= PAGES
    assert len(polls) > 100
    assert [outcomes(world, job) for job in jobs] == [["succeeded"]] * 2
    assert keeps_its_promises(world)


@pytest.mark.parametrize("kind", PAGED)
@pytest.mark.parametrize("tick", range(1, 5))
def test_case_03_a_token_that_expired_begins_the_list_again(kind: str, tick: int) -> None:
    """Whichever poll had left it, also one of the first look."""
    jobs = [job_of(kind, f"old-{n}", -900 + n, 10) for n in range(6)]
    jobs += [job_of(kind, f"open-{n}", -60 + n, 380) for n in range(4)]
    jobs += [job_of(kind, f"new-{n}", 430 + n, 20) for n in range(6)]
    world = world_of(kind, jobs, page_size=2)
    with pages_a_poll(3):
        run_to(world, tick * TICK - 5)
        world.jobs.aws.expire_tokens()
        world.other.pager.expire()
        run_out(world)
    assert [outcomes(world, job) for job in jobs] == [[]] * 6 + [["succeeded"]] * 10
    assert keeps_its_promises(world)


# 4: the list moves while it is listed


def put(world: World, other: AnyJobs, job: ScriptedJob) -> None:
    (other if job.source.startswith(("comprehend", "sagemaker.modified")) else world.jobs.aws).add(job)


def moving(kind: str) -> tuple[KindWorld, list[ScriptedJob]]:
    jobs = [job_of(kind, f"old-{n}", -700 + n, 10) for n in range(2)]
    jobs += [job_of(kind, f"open-{n}", -60 + n, 200) for n in range(3)]
    jobs += [job_of(kind, f"new-{n}", 70 + n, 60) for n in range(2)]
    return world_of(kind, jobs, page_size=2), jobs


@pytest.mark.parametrize("change", ["appears", "vanishes"])
@pytest.mark.parametrize("kind", PAGED)
def test_case_04_a_list_that_moves_between_two_pages_loses_nothing(kind: str, change: str) -> None:
    """At each boundary of pages of the first look and of the next one, and nothing else is called gone for it."""
    world, _ = moving(kind)
    boundaries = before_each(world, ":List", lambda _: None)
    run_to(world, 130)
    assert len(boundaries) >= 6
    for boundary in range(len(boundaries)):
        world, jobs = moving(kind)
        moved: list[ScriptedJob] = []

        def move(number: int, world: KindWorld = world, jobs: list[ScriptedJob] = jobs) -> None:
            if number != boundary:  # noqa: B023  # called within this turn of the loop
                return
            now = (world.clock.now() - at(0)).total_seconds()
            job = job_of(kind, "appears", now, 20) if change == "appears" else jobs[3]
            moved.append(job if change == "appears" else job.vanishing(world.clock.now()))  # noqa: B023
            put(world, world.other, moved[-1])  # noqa: B023

        before_each(world, ":List", move)
        world.run()
        (job,) = moved
        if kind == "everything without times":
            # A job that the moving list hid from the first look is no other than a new one: it is told, not lost.
            assert not judge(world).lost
        else:
            assert keeps_its_promises(world)
        others = [each for each in jobs[2:] if each.id != job.id]
        assert [outcomes(world, each) for each in others] == [["succeeded"]] * len(others)
        assert [each for each in others if "gone" in told(world, each)] == []
        if change == "appears" and boundary:
            assert outcomes(world, job) == ["succeeded"]


# 5: answers that are behind

LAGS = (0.0, 60.0, 120.0, 240.0, 295.0)


@pytest.mark.parametrize(
    ("kind", "count"), [("modified_after and status", 3), ("newest_first", 2), ("created_after", 2)]
)
def test_case_05_what_lists_show_late_is_told_whatever_the_lags(kind: str, count: int) -> None:
    """Every vector of lags up to the overlap, by ticks: a job that shows at once moves the watermark past the others."""
    for lags in product(LAGS, repeat=count):
        jobs = [
            shown_late(job_of(kind, f"job-{n}", 70 + 50 * n, 5 + 40 * n), lag) for n, lag in enumerate(lags)
        ]
        world = world_of(kind, jobs)
        world.run()
        assert [outcomes(world, job) for job in jobs] == [["succeeded"]] * count, lags
        assert keeps_its_promises(world), lags


def test_case_05_beyond_the_overlap_a_job_may_be_missed() -> None:
    """Else the test above would show nothing."""
    kind = "modified_after and status"
    late = shown_late(job_of(kind, "late", 70, 5), 600)
    world = world_of(kind, [late, job_of(kind, "prompt", 70, 5)])
    world.run()
    assert outcomes(world, late) == []


# 8: throttling


def throttled() -> Schedule:
    jobs = (labeling("one", 70, 100), media("two", 80, 20))
    return Schedule("throttled", at(0), jobs, watch("labeling", "media"))


def test_case_08_throttled_at_any_call_everything_is_told_within_three_ticks() -> None:
    """Whichever service it is that throttles: of jobs, the table, the queues, the topic, or Slack."""
    usual = World(throttled())
    run_to(usual, TICK)
    first_look = len(usual.gate.passed)
    usual.run()
    told_at = first_told(usual)
    for number in range(len(usual.gate.passed)):
        world = World(throttled(), {number: Kind.REFUSED})
        run_out(world)
        assert keeps_its_promises(world), number
        late = [
            at - told_at[key]
            for key, at in first_told(world).items()
            if key in told_at and key[1] == "succeeded"
        ]
        assert max(late) <= timedelta(seconds=3 * TICK), number
        # A first look that is throttled begins later, and what has ended by then is not news.
        assert len(late) == 2 or number < first_look


@pytest.mark.parametrize("ticks", [1, 2])
def test_case_08_after_a_throttle_of_some_ticks_the_place_goes_on_within_three(ticks: int) -> None:
    """From each list call on; the other place meanwhile goes on as ever."""
    for begins in range(1, 5):
        world = World(throttled())
        began: list[datetime] = []

        def throttle(
            number: int, world: World = world, begins: int = begins, began: list[datetime] = began
        ) -> None:
            if number == begins:
                began.append(world.clock.now())
                world.jobs.aws.faults.throttle(calls=None, service="sagemaker")

        before_each(world, "sagemaker:List", throttle)
        while not began:
            run_on(world, TICK / 2)
        # Before the call that would else be met a moment before the end.
        ended = began[0] + timedelta(seconds=ticks * TICK - 1)
        world.run(until=ended)
        world.jobs.aws.faults.clear()
        world.run()
        one, two = throttled().jobs
        done = first_told(world)[key_of(one), "succeeded"]
        assert done <= max(ended, one.ends_at) + timedelta(seconds=3 * TICK)
        assert outcomes(world, two) == ["succeeded"]
        assert keeps_its_promises(world)


# 16: no time left


def long_poll() -> World:
    jobs = [labeling(f"open-{n}", -60 + n, 150) for n in range(4)]
    jobs += [labeling(f"new-{n}", 70 + n, 5) for n in range(4)]
    return world_of("modified_after and status", jobs, page_size=1)


def polls_of(world: World) -> list[int]:
    return [number for number, call in enumerate(world.gate.passed) if call.function == "poll"]


def test_case_16_a_poll_that_is_stopped_at_any_call_loses_nothing() -> None:
    """Stopped by the platform at its time-out, in the middle of its pages, when a call has had its effect."""
    usual = long_poll()
    usual.run()
    for number in polls_of(usual)[:60]:
        world = long_poll()
        world.plant(Kind.TIMED_OUT, number)
        world.run()
        assert keeps_its_promises(world), number


def test_case_16_a_poll_whose_time_runs_out_stops_before_the_next_page() -> None:
    """At any page the rest of its time may go by: it keeps its token, begins no further call, and does not die."""
    usual = long_poll()
    pages = before_each(usual, ":List", lambda _: None)
    usual.run()
    for page in range(len(pages)):
        world = long_poll()
        left: list[float] = []

        def wait(number: int, world: World = world, page: int = page, left: list[float] = left) -> None:
            left.append(remaining(world))
            if number == page:
                world.clock.sleep(left[-1] - 2)

        before_each(world, ":List", wait)
        world.run()
        assert min(left) > CALL_SECONDS - 1, page
        assert not world.failed, page
        assert keeps_its_promises(world), page


@pytest.mark.parametrize("seconds", [4.0, 9.0, 14.0])
def test_case_16_slow_answers_only_make_it_take_more_polls(seconds: float) -> None:
    world = long_poll()
    left: list[float] = []

    def wait(_: int) -> None:
        left.append(remaining(world))
        world.clock.sleep(seconds)

    before_each(world, ":List", wait)
    world.run()
    assert min(left) > CALL_SECONDS - 1
    assert not world.failed
    assert keeps_its_promises(world)


def remaining(world: World) -> float:
    """Seconds that are left to the invocation that makes a call."""
    return world.gate.running[-1].remaining(world.clock.now())


# 21: listed longer than it is remembered


@pytest.mark.parametrize("kind", KINDS)
def test_case_21_a_finished_job_that_is_forgotten_but_still_listed_is_not_told_again(
    kind: str,
) -> None:
    """The record is removed by TTL; of a list without times it is kept as long as the list shows the job."""
    jobs = [job_of(kind, "old", -300, 100), job_of(kind, "ended", 80, 30)]
    world = world_of(kind, jobs)
    world.variables["RETENTION_DAYS"] = "2"
    world.run()
    forgotten = 0
    for _ in range(8):
        world.clock.sleep(86_400 / 2)
        world.ticks_at = world.clock.now()
        run_on(world, 5 * TICK)
        forgotten += world.table.expire(world.clock.now())
        run_on(world, 5 * TICK)
    kept = [item for item in world.table.items() if item["sk"] == {"S": "job"}]
    assert forgotten
    assert bool(kept) is (kind == "everything without times")
    assert [told(world, job)[-1:] for job in jobs] == [[], ["succeeded"]]
    assert keeps_its_promises(world)


# 22: shorter than the interval


@pytest.mark.parametrize("kind", KINDS)
def test_case_22_a_job_shorter_than_the_interval_is_told_once(kind: str) -> None:
    """At any moment between two polls, of a quiet place and of a busy one."""
    jobs = [job_of(kind, f"quiet-{n}", 65 + 3.3 * n, 1 + n % 5) for n in range(36)]
    jobs += [job_of(kind, "long", 320, 200)]
    jobs += [job_of(kind, f"busy-{n}", 325 + 3.3 * n, 1 + n % 5) for n in range(36)]
    world = world_of(kind, jobs)
    world.run()
    assert [outcomes(world, job) for job in jobs] == [["succeeded"]] * len(jobs)
    assert keeps_its_promises(world)


@pytest.mark.parametrize("kind", KINDS)
def test_case_22_a_single_short_job_is_told_whenever_it_lives(kind: str) -> None:
    """Nothing else is there that would have the list walked further."""
    for seconds in range(62, 190, 21):
        job = job_of(kind, "alone", seconds, 5)
        world = world_of(kind, [job])
        world.run()
        assert told(world, job)[-1] == "succeeded"
        assert outcomes(world, job) == ["succeeded"]
        assert keeps_its_promises(world)


# 23: a first look that takes several polls


@pytest.mark.parametrize("kind", KINDS)
def test_case_23_a_first_look_of_several_polls_tells_what_happens_meanwhile_and_nothing_else(
    kind: str,
) -> None:
    """Jobs that were there and end during it, that begin and end, and that only begin."""
    below = kind == "everything below parents"
    if below:
        old = [task(f"old-{n:02}", -900 + n, 10, dataset=f"set{n:04}") for n in range(12)]
    else:
        old = [job_of(kind, f"old-{n:02}", -900 + n, 10) for n in range(24)]
    ending = [job_of(kind, f"ending-{n}", -90 + n, 100 + 45 * n) for n in range(6)]
    short = [job_of(kind, f"short-{n}", 5 + 37 * n, 4) for n in range(8)]
    going = [job_of(kind, f"going-{n}", 8 + 37 * n, 900) for n in range(8)]
    world = world_of(kind, [*old, *ending, *short, *going], page_size=2)
    with pages_a_poll(4):
        run_out(world)
    (began,) = [each.at for each in world.changes.received if each.message.get("alert") == "watching"]
    assert began >= at(2 * TICK)
    assert [told(world, job) for job in old] == [[]] * len(old)
    # Where the service says no time, or one without its zone, only what was seen open is told from what was there.
    certain = {"everything without times": going, "everything below parents": going}
    new = certain.get(kind, [*ending, *short, *going])
    assert {job.id: outcomes(world, job) for job in new} == {job.id: ["succeeded"] for job in new}
    assert max(len(outcomes(world, job)) for job in (*ending, *short)) <= 1
