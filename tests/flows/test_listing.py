from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import pytest

from jobherald.errors import ListingError
from jobherald.flows.listing import CALL_SECONDS, Budget, Walk
from jobherald.model import JobKey, Observation, Place, State
from jobherald.ports import Abilities, Page, ParentPage, Query, Reach, Sight
from jobherald.watch import Look, Resume
from tests.fakes.service import PLACE
from tests.fakes.things import at, job
from tests.fakes.time import FakeClock, FakeDeadline


class Pages:
    """A lister whose every answer is written down: by token, a page or an error."""

    def __init__(self, answers: Mapping[str, Sequence[Page | ListingError]]) -> None:
        self.answers = {token: list(pages) for token, pages in answers.items()}
        self.asked: list[str] = []

    def abilities(self, source: str) -> Abilities:
        return Abilities(Reach.EVERYTHING, False, (), 0, 0)

    def page(self, place: Place, query: Query, token: str) -> Page:
        self.asked.append(token)
        answers = self.answers[token]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, ListingError):
            raise answer
        return answer

    def look(self, look: Look) -> Sight:
        raise AssertionError("a listing looks at no single job")

    def parents(self, place: Place, token: str) -> ParentPage:
        raise AssertionError("a listing looks below its place")


def page(token: str, *created: float, date: float = 0) -> Page:
    rows = tuple(
        Observation(JobKey(PLACE, f"job-{minute}"), State.RUNNING, "x", at(date), created_at=at(minute))
        for minute in created
    )
    return Page(rows, at(date), token)


def walk(
    pages: Pages,
    *,
    budget: int = 40,
    deadline: FakeDeadline | None = None,
    pace: float = 0.0,
    resume: Resume | None = None,
    newest_first: bool = True,
    clock: FakeClock | None = None,
) -> Walk:
    spend = Budget(clock or FakeClock(), deadline or FakeDeadline(), budget, pace)
    return Walk(pages, PLACE, spend, "news", Query(), newest_first, resume, since=at(-5))


def run(made: Walk, enough: Callable[[Page], bool] = lambda _: False) -> list[datetime | None]:
    seen: list[datetime | None] = []
    made.run(lambda page: seen.extend(row.created_at for row in page.rows), enough)
    return seen


THREE = {"": [page("b", 9, 8)], "b": [page("c", 7)], "c": [page("", 6)]}


def test_a_walk_goes_to_the_end_and_leaves_nothing_to_resume() -> None:
    """Every row once, in the service's order."""
    made = walk(Pages(THREE))
    assert run(made) == [at(9), at(8), at(7), at(6)]
    assert made.resume is None


@pytest.mark.parametrize("budget", [1, 2])
def test_a_walk_ends_with_its_budget_and_a_later_one_goes_on(budget: int) -> None:
    """What did not fit into one poll is not listed again in the next."""
    first = walk(Pages(THREE), budget=budget)
    seen = run(first)
    assert first.resume is not None
    assert (first.resume.step, first.resume.started_at, first.resume.since) == ("news", at(0), at(-5))
    second = walk(Pages(THREE), resume=first.resume)
    assert [*seen, *run(second)] == [at(9), at(8), at(7), at(6)]
    assert second.since == at(-5)


def test_a_walk_takes_no_more_than_its_share() -> None:
    """What it leaves is for the next listing of the poll."""
    made = walk(Pages(THREE), budget=3)
    made.most = 2
    assert run(made) == [at(9), at(8), at(7)]
    assert made.budget.pages == 1


def test_no_call_begins_when_there_is_no_time_to_finish_it() -> None:
    """The platform would stop us between the answer and the writes."""
    made = walk(Pages(THREE), deadline=FakeDeadline(CALL_SECONDS))
    assert run(made) == []
    made = walk(Pages(THREE), deadline=FakeDeadline(CALL_SECONDS + 1.5, each=1))
    assert run(made) == [at(9), at(8), at(7)]
    assert made.resume is not None
    assert made.resume.token == "c"


def test_the_pace_is_kept_between_calls_and_counts_as_time() -> None:
    """The service's rate is not ours to use up, and a pause that does not fit into the time left is not begun."""
    clock = FakeClock()
    run(walk(Pages(THREE), pace=2.0, clock=clock))
    assert clock.slept == [2.0, 2.0]
    made = walk(Pages(THREE), pace=2.0, deadline=FakeDeadline(CALL_SECONDS + 1.9))
    assert run(made) == []


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
def test_tokens_that_go_round_end_in_an_error_that_names_the_place(length: int) -> None:
    """A hand-written loop would hang until the platform kills it."""
    answers: dict[str, list[Page]] = {"": [page("t0", 9)]}
    for number in range(length):
        answers[f"t{number}"] = [page(f"t{(number + 1) % length}", 8)]
    made = walk(Pages(dict(answers)))
    with pytest.raises(
        ListingError, match=r"sagemaker.labeling/111122223333/us-east-1 does not end"
    ) as error:
        run(made)
    assert error.value.kind == "failed"
    assert made.resume is None


def test_a_list_that_goes_back_to_its_first_page_ends_too() -> None:
    """A token may lead to the start as well."""
    made = walk(Pages({"": [page("a", 9)], "a": [page("b", 8)], "b": [page("a", 7)]}))
    with pytest.raises(ListingError, match="same page token twice"):
        run(made)


def test_empty_pages_with_a_token_are_walked_through() -> None:
    """Services filter after paging."""
    answers = {"": [page("t0")], **{f"t{n}": [page(f"t{n + 1}")] for n in range(100)}, "t100": [page("", 5)]}
    made = walk(Pages(answers), budget=200)
    assert run(made) == [at(5)]
    bounded = walk(Pages(answers), budget=40)
    assert run(bounded) == []
    assert bounded.resume is not None


def expired() -> ListingError:
    return ListingError("no longer good", kind="token")


def test_an_expired_token_begins_the_list_again_once() -> None:
    """Tokens live for minutes; a poll that was held up lists again from the top."""
    pages = Pages({"": [page("b", 9)], "b": [expired(), page("", 8)]})
    restarts: list[int] = []
    made = walk(pages)
    made.restarted = lambda: restarts.append(1)
    assert run(made) == [at(9), at(9), at(8)]
    assert pages.asked == ["", "b", "", "b"]
    assert len(restarts) == 1


def test_an_expired_token_of_the_last_poll_begins_the_list_again() -> None:
    """Its time is then that of the new listing: what came in between is on the new pages."""
    pages = Pages({"old": [expired()], "": [page("", 9, date=7)]})
    made = walk(pages, resume=Resume("news", "old", at(0), at(-9)))
    covered = made.run(lambda _: None)
    assert (made.started_at, made.since, covered.newest, covered.oldest) == (at(7), at(-9), None, None)


def test_a_token_that_always_expires_is_the_places_trouble() -> None:
    """Once is bad luck, twice is a service that does not page."""
    made = walk(Pages({"": [page("b", 9)], "b": [expired()]}))
    with pytest.raises(ListingError, match="no longer good"):
        run(made)


def test_a_first_call_refused_for_its_token_is_not_repeated() -> None:
    """There was no token that could have expired."""
    pages = Pages({"": [expired()]})
    with pytest.raises(ListingError, match="no longer good"):
        run(walk(pages))
    assert pages.asked == [""]


@pytest.mark.parametrize("failing", ["", "b", "c"])
def test_a_failed_call_leaves_what_was_listed_and_where_to_go_on(failing: str) -> None:
    """Throttled at any call: progress is kept."""
    answers: dict[str, list[Page | ListingError]] = {token: list(pages) for token, pages in THREE.items()}
    answers[failing].insert(0, ListingError("slow down", kind="throttled"))
    pages = Pages(answers)
    first = walk(pages)
    seen: list[datetime | None] = []
    with pytest.raises(ListingError, match="slow down"):
        first.run(lambda page: seen.extend(row.created_at for row in page.rows))
    second = walk(pages, resume=first.resume)
    assert [*seen, *run(second)] == [at(9), at(8), at(7), at(6)]


def test_what_was_walked_without_a_gap_misses_what_is_not_in_it() -> None:
    """A job between the newest and the oldest row that did not come has vanished; one beyond them says nothing."""
    made = walk(Pages(THREE))
    covered = made.run(lambda _: None, enough=lambda page: page.token == "c")
    assert [covered.misses(job(created_at=at(minute))) for minute in (99, 8.5, 7.5, 7, 6.5)] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_a_resumed_walk_says_nothing_about_what_is_above_it() -> None:
    """Its first rows were seen by another poll, or moved down since."""
    covered = walk(Pages(THREE), resume=Resume("news", "b", at(0))).run(lambda _: None)
    assert [covered.misses(job(created_at=at(minute))) for minute in (8, 7, 6.5, 5)] == [
        False,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(("budget", "resume", "misses"), [(9, None, True), (2, None, False), (9, "b", False)])
def test_a_list_without_order_misses_only_as_a_whole(budget: int, resume: str | None, misses: bool) -> None:
    """Half of an unordered list says nothing about any job."""
    going_on = Resume("news", resume, at(0)) if resume else None
    covered = walk(Pages(THREE), budget=budget, resume=going_on, newest_first=False).run(lambda _: None)
    assert covered.misses(job(created_at=at(7.5))) is misses
    assert covered.misses(job(created_at=None)) is misses


def test_a_walk_that_could_not_begin_misses_nothing() -> None:
    """No time, no pages: nobody has vanished."""
    covered = walk(Pages(THREE), budget=0).run(lambda _: None)
    assert not covered.misses(job(created_at=at(7)))


def test_a_listing_by_status_misses_only_jobs_of_that_status() -> None:
    """A job in another state was never to be on it."""
    made = walk(Pages({"": [page("", 9)]}))
    made.query = Query(status="InProgress")
    covered = made.run(lambda _: None)
    assert covered.misses(job(State.RUNNING))
    assert not covered.misses(job(State.QUEUED))
