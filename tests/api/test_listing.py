from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.api import listing, question
from jobherald.api.refusals import RefusedError
from jobherald.model import Job, JobKey, Place, State
from tests.fakes.store import MemoryStore
from tests.fakes.things import at, job

SOURCES = ("sagemaker.labeling", "rekognition.media_analysis", "modelarts.training")
ACCOUNT = "111122223333"


def a_job(number: int, minute: int, source: str = SOURCES[0], region: str = "us-east-1", **more: Any) -> Job:
    key = JobKey(Place(source, ACCOUNT, region), f"j{number}")
    return job(key=key, **{"created_at": at(minute), "name": f"name-{number}", **more})


def stored(*jobs: Job) -> MemoryStore:
    store = MemoryStore()
    for one in jobs:
        store.write(one, None)
    return store


def answer(store: MemoryStore, raw: str = "") -> dict[str, Any]:
    return listing.answer(question.ask(raw, SOURCES), store)


def pages(
    store: MemoryStore, raw: str = "", between: Callable[[], None] = lambda: None
) -> Iterator[list[str]]:
    """The ids on each page, to the last; ``between`` happens before each further page."""
    token = None
    while True:
        page = answer(store, raw if token is None else f"{raw}&token={token}")
        yield [each["service_id"] for each in page["jobs"]]
        token = page["next_token"]
        if token is None:
            return
        between()


def ids(store: MemoryStore, raw: str = "") -> list[str]:
    return [each for page in pages(store, raw) for each in page]


jobs = st.lists(
    st.builds(
        lambda minute, source, region, state, name: (minute, source, region, state, name),
        st.integers(0, 6),
        st.sampled_from(SOURCES),
        st.sampled_from(["us-east-1", "eu-west-1"]),
        st.sampled_from(list(State)),
        st.sampled_from(["alpha", "Beta", "beta", ""]),
    ),
    max_size=14,
).map(
    lambda rows: [
        a_job(number, minute, source, region, state=state, name=name)
        for number, (minute, source, region, state, name) in enumerate(rows)
    ]
)


@given(
    jobs,
    st.integers(1, 4),
    st.sampled_from(["asc", "desc"]),
    st.sampled_from(["", "state=failed,running", "region=eu-west-1"]),
)
def test_turning_pages_shows_each_job_once_and_in_order(
    made: list[Job], limit: int, order: str, narrowed: str
) -> None:
    """Whatever sources they are of, also where many were created at one moment, and however small the pages are."""
    seen = list(pages(stored(*made), f"limit={limit}&order={order}&{narrowed}"))
    flat = [each for page in seen for each in page]
    asked = question.ask(narrowed, SOURCES)
    wanted = {one.key.id: one for one in made if asked.means(one)}
    assert sorted(flat) == sorted(wanted)
    moments = [wanted[each].created_at or at(0) for each in flat]
    assert moments == sorted(moments, reverse=order == "desc")
    assert all(len(page) == limit for page in seen[:-1])


@given(jobs, st.integers(1, 4), st.sampled_from(["name", "status"]), st.sampled_from(["asc", "desc"]))
def test_other_orders_are_kept_over_pages(made: list[Job], limit: int, sort: str, order: str) -> None:
    """By name, in upper or lower case; by state, from queued to unknown."""
    seen = ids(stored(*made), f"limit={limit}&sort={sort}&order={order}")
    known = {one.key.id: one for one in made}
    assert sorted(seen) == sorted(known)
    states = list(State)
    ranks = [
        known[each].name.casefold() if sort == "name" else states.index(known[each].state) for each in seen
    ]
    assert ranks == sorted(ranks, reverse=order == "desc")


@given(
    jobs,
    jobs,
    st.integers(1, 3),
    st.sampled_from(["created", "name", "status"]),
    st.sampled_from(["asc", "desc"]),
)
def test_what_appears_meanwhile_disturbs_no_page(
    made: list[Job], later: list[Job], limit: int, sort: str, order: str
) -> None:
    """What was there is seen once, whatever is created while pages are turned."""
    store = stored(*made)
    coming = iter(replace(one, key=replace(one.key, id=f"later-{one.key.id}")) for one in later)

    def appear() -> None:
        one = next(coming, None)
        if one is not None:
            store.write(one, None)

    seen = [
        each for page in pages(store, f"limit={limit}&sort={sort}&order={order}", appear) for each in page
    ]
    assert len(seen) == len(set(seen))
    assert {one.key.id for one in made} <= set(seen)


def test_an_entry_says_what_is_remembered() -> None:
    """As the command prints it, with the id that the path of its story takes."""
    (entry,) = answer(stored(a_job(1, 5)))["jobs"]
    assert entry["id"] == entry["job"] == "sagemaker.labeling/111122223333/us-east-1:j1"
    assert (entry["name"], entry["state"], entry["created_at"]) == (
        "name-1",
        "running",
        "2026-11-22T12:05:00Z",
    )


def test_a_span_of_time_is_read_and_nothing_around_it() -> None:
    """Both of its ends are outside."""
    store = stored(*(a_job(number, number) for number in range(9)))
    raw = "created_after=2026-11-22T12:03:00Z&created_before=2026-11-22T12:06:00Z"
    assert ids(store, raw) == ["j5", "j4"]
    assert store.read <= 4


def test_a_job_whose_creation_nobody_knows_is_listed() -> None:
    """By when it was seen last; a span of creation times leaves it out."""
    store = stored(a_job(1, 5, created_at=None, seen_at=at(30)), a_job(2, 20))
    assert ids(store) == ["j1", "j2"]
    assert ids(store, "created_after=2026-11-22") == ["j2"]


class TestBudget:
    """A small number of reads stands for the thousand."""

    @pytest.fixture(autouse=True)
    def few_reads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(listing, "READS", 10)

    def test_one_answer_reads_no_more_than_it_may(self) -> None:
        """A page may be short or empty, and its token goes on where it ended."""
        store = stored(*(a_job(number, number, state=State.RUNNING) for number in range(24)), a_job(99, 0))
        store.write(a_job(98, 1, state=State.FAILED), None)
        seen = []
        token = ""
        for _ in range(9):
            store.read = 0
            page = answer(store, f"state=failed{token}")
            assert store.read <= 10
            seen.append([each["service_id"] for each in page["jobs"]])
            if page["next_token"] is None:
                break
            token = f"&token={page['next_token']}"
        assert seen == [[], [], ["j98"]]

    def test_where_every_job_is_meant_only_those_asked_for_are_read(self) -> None:
        """A page of three costs three."""
        store = stored(*(a_job(number, number) for number in range(9)))
        answer(store, "limit=3")
        assert store.read == 3

    def test_jobs_of_other_regions_are_not_read_at_all(self) -> None:
        """The index says where a job is."""
        store = stored(*(a_job(number, number, region="eu-west-1") for number in range(5)), a_job(9, 9))
        assert ids(store, "region=us-east-1") == ["j9"]
        assert store.read == 1

    def test_what_was_not_sorted_is_said(self) -> None:
        """By name only the newest are sorted, on every page the same ones."""
        store = stored(*(a_job(number, number, name=f"{99 - number}") for number in range(12)))
        first = answer(store, "sort=name&limit=6")
        assert first["truncated"] is True
        assert ids(store, "sort=name&limit=6") == [f"j{number}" for number in range(11, 1, -1)]
        narrow = answer(store, "sort=name&created_after=2026-11-22T12:05:00Z")
        assert (narrow["truncated"], narrow["next_token"]) == (False, None)


def test_a_token_of_another_query_is_refused() -> None:
    """The size of a page alone may change between two pages."""
    store = stored(*(a_job(number, number) for number in range(5)))
    token = answer(store, "limit=2")["next_token"]
    assert [each["service_id"] for each in answer(store, f"limit=5&token={token}")["jobs"]] == [
        "j2",
        "j1",
        "j0",
    ]
    with pytest.raises(RefusedError) as refused:
        answer(store, f"state=failed&token={token}")
    assert refused.value.code == "INVALID_TOKEN"


def test_a_token_fits_into_a_url() -> None:
    """With every source at the same moment and long keys: API Gateway takes 10 KB of a request line and headers."""
    parent = "dataset-" + "x" * 60
    made = [
        job(
            key=JobKey(Place(source, "0" * 32, "cn-north-4", parent), "i" * 100 + str(number)),
            created_at=at(1),
        )
        for number in range(4)
        for source in SOURCES
    ]
    token = answer(stored(*made), "limit=9")["next_token"]
    assert len(token) < 1000


def test_a_forgotten_job_is_passed_over() -> None:
    """The index may still have it."""
    store = stored(a_job(1, 1), a_job(2, 2))
    real = store.jobs
    store.jobs = lambda keys: {key: one for key, one in real(keys).items() if key.id != "j2"}  # type: ignore[method-assign]
    assert ids(store) == ["j1"]


def test_time_between_two_moments_is_exact() -> None:
    """A microsecond parts two jobs on two pages."""
    apart = timedelta(microseconds=1)
    store = stored(*(a_job(number, 1, created_at=at(1) + number * apart) for number in range(4)))
    assert list(pages(store, "limit=1")) == [["j3"], ["j2"], ["j1"], ["j0"]]
