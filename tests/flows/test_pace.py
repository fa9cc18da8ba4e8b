"""A place whose looks take too long says so once, with how long they take, and once when they no longer do."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.errors import ListingError
from jobherald.flows.pace import expected
from jobherald.flows.poll import Polled
from jobherald.flows.survey import joined
from jobherald.flows.unreached import unreached
from jobherald.flows.visit import Limits
from jobherald.model import AlertKind, Severity, State
from jobherald.ports import Reach
from jobherald.watch import Rule, Scope
from tests.fakes.service import PLACE
from tests.fakes.world import World, world

FOR_EVER = (0, State.RUNNING)


def large(reach: Reach = Reach.CREATED_AFTER, jobs: int = 30) -> World:
    """A place with a page of open jobs a poll, so that a look takes as many polls as it has jobs."""
    made = world(reach)
    for number in range(jobs):
        made.service.add(f"job-{number:02}", FOR_EVER)
    made.settle()
    # Long enough ago that none of them is news any more.
    made.poll(after=600)
    made.service.page_size = 1
    made.limits = Limits(pages=2)
    return made


def polls(made: World, number: int) -> list[Polled]:
    return [made.poll() for _ in range(number)]


def end_all(made: World) -> None:
    for life in made.service.lives:
        life.steps.append((made.clock.now(), State.SUCCEEDED))


def test_a_place_that_cannot_keep_up_says_so_once_with_the_lag() -> None:
    """The one fact that matters: by how much news may be late."""
    made = large()
    done = polls(made, 28)
    assert {one.outcome for one in done} == {"to be continued"}
    (alert,) = made.alerts
    assert (alert.kind, alert.severity, alert.place) == (AlertKind.BEHIND, Severity.WARNING, PLACE)
    assert alert.text == (
        "Cannot keep up with 30 jobs in us-east-1: a look at all of them takes about 27 min (this one began 10 min ago),"
        " and one is wanted every 60 s. New outcomes may be told that late."
    )
    assert alert.next_step
    lags = [one.lag for one in done]
    assert lags == sorted(lags)
    assert lags[11] >= 600 > lags[9]


@pytest.mark.parametrize("reach", Reach)
@pytest.mark.parametrize("jobs", [25, 40, 80])
def test_it_says_how_long_a_look_will_take(reach: Reach, jobs: int) -> None:
    """Within a fifth: when it is told the look has just passed the time after which it is."""
    made = large(reach, jobs=jobs)
    made.clock.advance(600)
    done = [made.poll()]
    while done[-1].outcome != "complete":
        done.append(made.poll())
    took = done[-1].lag / 60
    assert took > 10
    (text,) = made.alerted(AlertKind.BEHIND)
    said = re.search(r"takes about (\d+) min \(this one began 10 min ago\)", text)
    assert said
    assert float(said[1]) == pytest.approx(took, rel=0.2)


def test_where_nothing_tells_how_long_it_will_take_it_says_how_long_it_has() -> None:
    """The news alone can be too many; how many more there are nobody knows."""
    made = large(Reach.MODIFIED_AFTER, jobs=0)
    for number in range(30):
        made.service.add(f"new-{number:02}", (0, State.RUNNING), (30, State.SUCCEEDED))
    made.limits = Limits(pages=1)
    polls(made, 14)
    (text,) = made.alerted(AlertKind.BEHIND)
    assert "the look that began 10 min ago is not complete yet, and one is wanted every 10 min" in text


@given(st.floats(1, 1e5), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_look_is_never_expected_to_take_less_than_it_has(lag: float, shown: int, open_jobs: int) -> None:
    """Nor is anything expected that nothing tells."""
    whole = expected(lag, shown, open_jobs)
    assert (whole is None) is not (0 < shown < open_jobs)
    assert whole is None or whole > lag


def test_where_outcomes_come_by_modified_time_they_are_not_said_to_be_late() -> None:
    """They are listed first in every poll; what waits is the rest."""
    made = large(Reach.MODIFIED_AFTER)
    made.clock.advance(600)
    polls(made, 28)
    (text,) = made.alerted(AlertKind.BEHIND)
    assert "Outcomes are told in time all the same" in text
    assert "one is wanted every 10 min" in text


def test_a_look_at_the_news_alone_is_not_keeping_up() -> None:
    """Where news come by modified time they come in seconds; the open jobs are seen again as slowly as ever."""
    made = large(Reach.MODIFIED_AFTER)
    made.clock.advance(600)
    done = polls(made, 120)
    assert sum(one.outcome == "complete" and one.lag < 60 for one in done) > 5
    assert sum(one.outcome == "complete" and one.lag > 600 for one in done) > 2
    assert [alert.kind for alert in made.alerts] == [AlertKind.BEHIND]
    made.limits = Limits()
    polls(made, 20)
    assert [alert.kind for alert in made.alerts] == [AlertKind.BEHIND, AlertKind.CAUGHT_UP]
    assert "the last look at all open jobs took" in made.alerts[-1].text


def test_a_place_without_open_jobs_keeps_up() -> None:
    """There is nothing left to be seen again."""
    made = large(Reach.MODIFIED_AFTER)
    made.clock.advance(600)
    polls(made, 28)
    end_all(made)
    made.service.page_size = 100
    polls(made, 3)
    assert made.record().jobs_open == 0
    assert [alert.kind for alert in made.alerts] == [AlertKind.BEHIND, AlertKind.CAUGHT_UP]


def test_the_news_are_as_old_as_the_last_look_at_them_where_they_come_by_modified_time() -> None:
    """What a person waits for is seen in every poll, however long it takes to see the rest."""
    made = large(Reach.MODIFIED_AFTER)
    made.clock.advance(600)
    for _ in range(9):
        assert made.poll().outcome == "to be continued"
        assert made.record().looked_at == made.record().polled_at


@pytest.mark.parametrize("reach", [Reach.CREATED_AFTER, Reach.NEWEST_FIRST, Reach.EVERYTHING])
def test_elsewhere_the_last_look_is_the_last_whole_one(reach: Reach) -> None:
    """An outcome is where the listing comes to it."""
    made = large(reach)
    looked_at = made.record().looked_at
    polls(made, 9)
    assert made.record().looked_at == looked_at


class TestParts:
    """A look is complete when the news and the open jobs were, each in whichever poll since it began."""

    def test_the_news_may_be_first(self) -> None:
        """The open jobs take many polls, and what is new meanwhile never ends with them."""
        made = large(Reach.MODIFIED_AFTER, jobs=9)
        made.clock.advance(600)
        made.poll()
        for number in range(20):
            made.service.add(f"late-{number:02}", (0, State.SUCCEEDED))
        assert self.until_complete(made) == {"news"}
        assert made.record().news_resume is not None

    def test_the_open_jobs_may_be_first(self) -> None:
        """Many that had run before them end at once."""
        made = large(Reach.MODIFIED_AFTER, jobs=3)
        made.service.statuses = False
        for number in range(9):
            made.service.add(f"old-{number}", (-9000, State.RUNNING), (0, State.SUCCEEDED))
        news_at = made.record().news_at
        assert news_at is not None
        made.save(replace(made.record(), swept_at=news_at - timedelta(hours=1)))
        assert self.until_complete(made) == {"", "open"}

    @given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=20))
    def test_a_look_is_complete_once_both_were_since_it_began(self, polled: list[tuple[bool, bool]]) -> None:
        """Never before, and never later."""
        part, since = "", set[str]()
        for have_news, seen_open in polled:
            since |= {name for name, done in (("news", have_news), ("open", seen_open)) if done}
            complete, part = joined(part, have_news=have_news, seen_open=seen_open)
            assert complete is (len(since) == 2)
            if complete:
                since = set()
            assert {part} - {""} == since

    def until_complete(self, made: World) -> set[str]:
        """Poll until a look is. Returns what of it was complete after each poll before."""
        parts, looked_at = [], made.record().looked_at
        while made.poll().outcome != "complete":
            parts.append(made.record().part_seen)
            assert len(parts) < 40
        assert (made.record().part_seen, made.record().began_at) == ("", None)
        assert made.record().looked_at != looked_at
        assert len(parts) >= 5
        return set(parts)

    def test_what_was_complete_before_a_look_began_is_no_part_of_it(self) -> None:
        """Nobody polled for a while: what was seen before is long ago."""
        made = large(Reach.MODIFIED_AFTER, jobs=9)
        made.clock.advance(600)
        polls(made, 3)
        assert made.record().part_seen == "news"
        made.clock.advance(3600)
        record, _ = unreached(made.record(), 60, made.clock.now(), 600)
        assert (record.began_at, record.part_seen, record.jobs_shown) == (None, "", 0)


def test_one_that_keeps_up_again_says_so_once() -> None:
    """Only when a look was complete in time, not when a slow one was."""
    made = large()
    made.poll_until_complete(most=200)
    assert [alert.kind for alert in made.alerts] == [AlertKind.BEHIND]
    made.poll_until_complete(most=200)
    assert [alert.kind for alert in made.alerts] == [AlertKind.BEHIND]
    end_all(made)
    made.poll_until_complete(most=200)
    polls(made, 20)
    assert [alert.kind for alert in made.alerts] == [AlertKind.BEHIND, AlertKind.CAUGHT_UP]
    assert made.record().began_at is None


def test_the_first_look_is_not_behind_however_long_it_takes() -> None:
    """It is the baseline, and says itself when it is complete."""
    made = world(Reach.CREATED_AFTER)
    for number in range(30):
        made.service.add(f"job-{number:02}", FOR_EVER)
    made.service.page_size = 1
    made.limits = Limits(pages=2)
    made.watch()
    while made.record().settled_at is None:
        made.poll()
    assert [alert.kind for alert in made.alerts] == [AlertKind.WATCHING]


def test_a_blind_place_is_not_behind() -> None:
    """It says what is wrong by another name, and the look that sees again begins its own time."""
    made = large()
    polls(made, 5)
    for call in range(30):
        made.service.script[made.service.calls + call] = lambda: ListingError("no", kind="throttled")
    polls(made, 30)
    assert [alert.kind for alert in made.alerts] == [AlertKind.BLIND]
    made.service.script = {}
    done = made.poll()
    assert (done.outcome, done.lag < 60) == ("to be continued", True)
    assert [alert.kind for alert in made.alerts] == [AlertKind.BLIND, AlertKind.SEES_AGAIN]


def test_a_look_that_is_throttled_now_and_then_is_as_long_as_it_takes() -> None:
    """Else a place that is refused once in five minutes would never be behind, and never be blind."""
    made = large()
    for number in range(28):
        if number % 5 == 4:
            made.service.script = {made.service.calls: lambda: ListingError("no", kind="throttled")}
        made.poll()
    assert [alert.kind for alert in made.alerts] == [AlertKind.BEHIND]


def test_a_look_during_which_the_credential_was_refused_is_not_slow() -> None:
    """That was said, and nothing in the place would make it quicker."""
    made = large()
    made.service.credential = "cloud"
    polls(made, 5)
    made.service.script = {made.service.calls: lambda: ListingError("no", kind="credential")}
    polls(made, 1)
    made.poll(after=3600)
    polls(made, 3)
    kinds = [alert.kind for alert in made.alerts]
    assert kinds == [AlertKind.CREDENTIAL_REFUSED, AlertKind.CREDENTIAL_TAKEN]


def test_other_filters_begin_another_first_look() -> None:
    """Which may take its time too."""
    made = large()
    polls(made, 9)
    made.watch(Scope((Rule("all", name_contains="job"),)))
    polls(made, 3)
    assert made.alerts == []


def test_a_small_place_keeps_no_record_of_its_pace() -> None:
    """An idle poll writes what it wrote before."""
    made = world()
    made.settle()
    done = made.poll()
    assert (done.outcome, made.record().began_at, made.record().told_behind) == ("complete", None, False)


@pytest.mark.parametrize("blind_after", [60.0, 1200.0])
def test_how_long_is_configuration(blind_after: float) -> None:
    """The same time as for a place that is blind."""
    made = large()
    made.limits = replace(made.limits, blind_after=blind_after)
    polls(made, 12)
    assert bool(made.alerts) is (blind_after < 600)


@given(
    st.sampled_from(Reach),
    st.lists(st.tuples(st.integers(1, 25), st.integers(0, 30), st.booleans()), max_size=8),
)
def test_notices_come_in_pairs_whatever_comes_between(
    reach: Reach, spells: list[tuple[int, int, bool]]
) -> None:
    """Behind, caught up, behind, …, with any number of jobs and any trouble in between."""
    made = large(reach, jobs=12)
    for number, (count, jobs, fails) in enumerate(spells):
        end_all(made)
        for job in range(jobs):
            made.service.add(f"{number}-{job}", FOR_EVER)
        if fails:
            made.service.script = {made.service.calls: lambda: ListingError("no", kind="failed")}
        polls(made, count)
    kinds = [alert.kind for alert in made.alerts if alert.kind in {AlertKind.BEHIND, AlertKind.CAUGHT_UP}]
    pair = [AlertKind.BEHIND, AlertKind.CAUGHT_UP]
    assert kinds == [pair[number % 2] for number in range(len(kinds))]
    assert made.record().told_behind is bool(len(kinds) % 2)
