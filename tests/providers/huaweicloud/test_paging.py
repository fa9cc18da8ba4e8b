"""Lists asked for by offset: walked to their end, whatever the offset counts and whatever happens meanwhile."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.providers.huaweicloud.paging import Ask, Paging

# More than any walk of these tests may take.
ENDLESS = 500


@dataclass
class Listing:
    """A service's list. ``offset`` is a number of ``pages`` or ``rows``, or means ``nothing`` to it."""

    rows: list[str]
    counts: str
    asked: list[Ask] = field(default_factory=list)

    def answer(self, ask: Ask) -> list[str]:
        self.asked.append(ask)
        begin = {"pages": ask.offset * ask.limit, "rows": ask.offset, "nothing": 0}[self.counts]
        return self.rows[begin : begin + ask.limit]


def walk(
    paging: Paging, lists: Sequence[Listing], between: Callable[[Listing], None] = lambda listing: None
) -> list[str]:
    """All that the walk shows, in its order; ``between`` happens to a list after each of its answers."""
    seen: list[str] = []
    token, tokens = "", set[str]()
    for _ in range(ENDLESS):
        ask = paging.ask(token)
        shown = lists[ask.list].answer(ask)
        seen += shown
        between(lists[ask.list])
        token = paging.next(token, shown)
        if not token:
            return seen
        assert token not in tokens, "a walk that comes back to where it was does not end"
        tokens.add(token)
    raise AssertionError("the walk does not end")


def rows(count: int, prefix: str = "task") -> list[str]:
    return [f"{prefix}-{number}" for number in range(count)]


def test_the_first_page_is_asked_for_whole() -> None:
    """Offset 0 is the first page and the first row."""
    assert Paging("either", 100).ask("") == Ask(0, 0, 100)


@pytest.mark.parametrize("count", [0, 1, 99])
def test_a_page_that_is_not_full_ends_the_list(count: int) -> None:
    """One call is enough for a short list: most are."""
    assert Paging("either", 100).next("", rows(count)) == ""


def test_an_operation_without_pages_is_one_page() -> None:
    """However many rows it has."""
    paging = Paging("", 0)

    assert paging.ask("") == Ask(0, 0, 0)
    assert paging.next("", rows(250)) == ""


@pytest.mark.parametrize(
    ("counts", "calls"),
    [
        ("rows", [(0, 100), (1, 90), (81, 100), (171, 100)]),
        ("pages", [(0, 100), (1, 90), (2, 85)]),
    ],
)
def test_the_second_page_shows_what_an_offset_counts(counts: str, calls: list[tuple[int, int]]) -> None:
    """One call more than would be needed, and from then on each page begins a little before the end of the last."""
    listing = Listing(rows(250), counts)

    seen = walk(Paging("either", 100), [listing])

    assert [(ask.offset, ask.limit) for ask in listing.asked] == calls
    assert list(dict.fromkeys(seen)) == listing.rows


@pytest.mark.parametrize("counts", ["rows", "pages"])
def test_what_is_known_to_be_counted_is_not_found_out(counts: str) -> None:
    """An entry that says it saves the call."""
    listing = Listing(rows(120), counts)

    seen = walk(Paging(counts, 50), [listing])

    assert list(dict.fromkeys(seen)) == listing.rows
    assert len(listing.asked) == 3


@pytest.mark.parametrize("count", [10, 20, 21])
def test_a_list_that_ends_with_a_full_page_ends(count: int) -> None:
    """The empty page behind it, or one that repeats its last rows, says so."""
    for counts in ("rows", "pages"):
        assert set(walk(Paging("either", 10), [Listing(rows(count), counts)])) == set(rows(count))


def test_a_service_that_disregards_the_offset_does_not_go_on_forever() -> None:
    """It always answers with its first rows: what is there to be seen was seen."""
    listing = Listing(rows(500), "nothing")

    assert set(walk(Paging("either", 100), [listing])) == set(rows(100))
    assert len(listing.asked) == 4


def test_a_service_that_disregards_the_limit_does_not_go_on_forever() -> None:
    """All of it comes with every answer."""

    class Whole(Listing):
        def answer(self, ask: Ask) -> list[str]:
            self.asked.append(ask)
            return self.rows

    listing = Whole(rows(500), "nothing")

    assert set(walk(Paging("either", 100), [listing])) == set(rows(500))
    assert len(listing.asked) <= 3


def test_rows_without_an_id_count_as_rows() -> None:
    """They fill a page as any other row does; a page of nothing else leads nowhere."""
    paging = Paging("rows", 10)
    first = paging.next("", [*rows(9), ""])

    assert first
    assert paging.next(first, [""] * 10) == ""


def test_an_id_of_any_characters_is_an_id() -> None:
    """JSON can hold half of one."""
    half = chr(0xD800)
    paging = Paging("rows", 10)

    assert paging.next(paging.next("", [*rows(9), half]), [half] * 10) == ""


def test_further_lists_follow_one_after_the_other() -> None:
    """What the first list showed of the offset is known for the next."""
    lists = [
        Listing(rows(150, "label"), "pages"),
        Listing(rows(20, "group"), "pages"),
        Listing([], "pages"),
    ]

    seen = walk(Paging("either", 100, lists=3), lists)

    assert set(seen) == set(rows(150, "label") + rows(20, "group"))
    assert [[ask.list for ask in listing.asked] for listing in lists] == [[0, 0], [1], [2]]


@given(
    counts=st.sampled_from(["rows", "pages"]),
    known=st.booleans(),
    size=st.integers(3, 60),
    counted=st.lists(st.integers(0, 200), min_size=1, max_size=3),
)
def test_a_list_that_stands_still_is_seen_whole(
    counts: str, known: bool, size: int, counted: list[int]
) -> None:
    """With pages of any size from three rows on."""
    lists = [Listing(rows(count, f"list-{number}"), counts) for number, count in enumerate(counted)]

    seen = walk(Paging(counts if known else "either", size, lists=len(lists)), lists)

    assert set(seen) == {row for listing in lists for row in listing.rows}


@given(
    seed=st.integers(0, 2**32),
    counts=st.sampled_from(["rows", "pages"]),
    known=st.booleans(),
    size=st.sampled_from([50, 100]),
    count=st.integers(0, 700),
)
def test_every_row_that_is_there_throughout_is_seen(
    seed: int, counts: str, known: bool, size: int, count: int
) -> None:
    """Rows come and go anywhere between two calls; nobody's stay is overlooked for it."""
    chance = Random(seed)
    listing = Listing(rows(count), counts)
    new = (f"new-{number}" for number in itertools.count())

    def between(listing: Listing) -> None:
        deletions = chance.randint(0, size // 10)
        at_the_top = chance.random() < 0.5
        for _ in range(min(deletions, len(listing.rows))):
            del listing.rows[0 if at_the_top else chance.randrange(len(listing.rows))]
        for _ in range(chance.randint(0, size // 4 - deletions)):
            listing.rows.insert(0 if at_the_top else chance.randint(0, len(listing.rows)), next(new))

    seen = walk(Paging(counts if known else "either", size), [listing], between)

    assert {row for row in listing.rows if row.startswith("task")} <= set(seen)


@given(
    data=st.data(),
    counts=st.sampled_from(["rows", "pages", "nothing"]),
    size=st.integers(1, 20),
    count=st.integers(0, 100),
)
def test_it_always_ends(data: st.DataObject, counts: str, size: int, count: int) -> None:
    """However wildly the list changes under the first hundred calls."""
    listing = Listing(rows(count), counts)

    def between(listing: Listing) -> None:
        if len(listing.asked) < 100:
            listing.rows = data.draw(st.lists(st.sampled_from(rows(100)), unique=True))

    walk(Paging("either", size), [listing], between)


@given(
    token=st.text(max_size=20)
    | st.from_regex(r"\d\.(either|pages|rows|)\.\d{1,4}\.[a-z]{0,12}", fullmatch=True)
)
def test_what_is_no_token_is_refused_as_one(token: str) -> None:
    """A token of another version of the product, or of the entry as it was, makes a walk begin anew."""
    for counts in ("", "pages", "rows", "either"):
        paging = Paging(counts, 100, lists=2)
        try:
            ask = paging.ask(token)
        except ValueError:
            continue
        assert 0 <= ask.list < 2
        assert ask.offset >= 0


@pytest.mark.parametrize("token", ["0.rows.100.", "2.pages.100.", "0.pages.1", "later"])
def test_a_token_of_another_listing_is_refused(token: str) -> None:
    """Of what an offset counts, of how many lists there are."""
    with pytest.raises(ValueError):
        Paging("pages", 100, lists=2).ask(token)


def test_a_token_stays_short() -> None:
    """It is kept with its place: a hundred ids of thirty characters are not."""
    token = Paging("either", 100).next("", [f"{number:030}" for number in range(100)])

    assert len(token) < 450
