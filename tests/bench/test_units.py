"""The rules by which the bench counts, against figures worked out by hand from DynamoDB's documentation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.units import ANSWER, Index, Table, answer_to_query, get_units, item_size, query_units, value_size

KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}  # 2 + 1 + 2 + 1 bytes
TABLE = Table(
    ("pk", "sk"),
    (
        Index("open", ("open", "created"), frozenset({"state"})),
        Index("recent", ("source", "created"), frozenset()),
    ),
)
OPEN = {**KEY, "open": {"S": "place"}, "created": {"N": "7"}, "state": {"S": "running"}}


def of_size(size: int, **attributes: Any) -> dict[str, Any]:
    """An item of exactly so many bytes."""
    item = {**KEY, **attributes, "fill": {"S": ""}}
    item["fill"] = {"S": "x" * (size - item_size(item))}
    return item


@pytest.mark.parametrize(
    ("tagged", "size"),
    [
        ({"S": ""}, 0),
        ({"S": "abc"}, 3),
        ({"S": "é✓"}, 5),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"B": "AAEC"}, 3),
        ({"B": b"\x00\x01\x02"}, 3),
        ({"SS": ["ab", "c"]}, 3),
        ({"BS": ["AAEC", "AA=="]}, 4),
        ({"NS": ["1", "1000"]}, 4),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"N": "1"}]}, 3 + 1 + 2 + 1 + 2),
        ({"M": {}}, 3),
        ({"M": {"done": {"N": "12"}}}, 3 + 1 + 4 + 2),
        ({"L": [{"M": {"a": {"S": "b"}}}]}, 3 + 1 + (3 + 1 + 1 + 1)),
    ],
)
def test_a_value_has_the_size_that_the_documentation_gives_it(tagged: dict[str, Any], size: int) -> None:
    """UTF-8 for text, raw bytes for binary, three bytes a collection and one more for each of its elements."""
    assert value_size(tagged) == size


@pytest.mark.parametrize(
    ("number", "size"),
    [("0", 2), ("7", 2), ("42", 2), ("427", 3), ("1000", 2), ("0.001", 2), ("1795345200.211", 8), ("-42", 3)],
)
def test_a_number_costs_a_byte_for_two_significant_digits_and_one_more(number: str, size: int) -> None:
    """Zeros at either end are free; a minus sign costs a byte."""
    assert value_size({"N": number}) == size


def test_an_item_is_its_names_and_its_values() -> None:
    """Names count in UTF-8 as values do."""
    assert item_size({"pk": {"S": "job"}, "ü": {"N": "1"}}) == 2 + 3 + 2 + 2


def test_a_tag_that_does_not_exist_is_refused() -> None:
    """A size that nobody knows must not count as nothing."""
    with pytest.raises(ValueError, match="no type"):
        value_size({"X": "1"})


@pytest.mark.parametrize(("size", "units"), [(100, 1), (1024, 1), (1025, 2), (2048, 2), (2049, 3)])
def test_a_write_is_rounded_up_to_kilobytes(size: int, units: int) -> None:
    """The first unit reaches to 1,024 bytes, whether the item is new or goes away."""
    assert TABLE.write_units(None, of_size(size)) == units
    assert TABLE.write_units(of_size(size), None) == units


def test_an_update_costs_the_larger_of_before_and_after() -> None:
    """Making an item small is as dear as making it large."""
    small, large = of_size(200), of_size(3000)
    assert TABLE.write_units(small, large) == TABLE.write_units(large, small) == 3


def test_a_write_that_was_refused_costs_its_item_and_no_index() -> None:
    """A condition that did not hold is billed, by the item that is there."""
    assert TABLE.refused_units(of_size(1500, **OPEN)) == 2
    assert TABLE.refused_units(None) == 1


def test_an_item_without_an_indexs_keys_is_not_in_it() -> None:
    """A sparse index costs nothing for the items that it leaves out."""
    assert TABLE.entry(TABLE.index("open"), KEY) is None
    assert TABLE.write_units(None, KEY) == 1


def test_an_entry_holds_the_keys_and_what_is_projected() -> None:
    """Both the table's keys and the index's own, and no other attribute."""
    item = {**OPEN, "status": {"S": "InProgress"}}
    assert TABLE.entry(TABLE.index("open"), item) == OPEN
    assert TABLE.entry(Index("all", ("open",)), item) == item


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, OPEN, 1),
        (OPEN, None, 1),
        (OPEN, {**OPEN, "state": {"S": "stopping"}}, 1),
        (OPEN, {**OPEN, "created": {"N": "8"}}, 2),
        (OPEN, {**OPEN, "status": {"S": "InProgress"}}, 0),
        (OPEN, KEY, 1),
    ],
    ids=["enters", "leaves", "changes", "moves", "stays", "leaves by losing a key"],
)
def test_an_index_costs_what_happens_in_it(
    before: dict[str, Any] | None, after: dict[str, Any] | None, units: int
) -> None:
    """One write to enter, leave or change an entry, two to move it, none where nothing that it holds changed."""
    assert TABLE.write_units(before, after) == 1 + units


def test_an_entry_is_rounded_by_its_own_size() -> None:
    """An index that carries everything is as dear as the table."""
    table = Table(("pk", "sk"), (Index("all", ("open",)),))
    assert table.write_units(None, of_size(2500, open={"S": "x"})) == 3 + 3


def test_a_query_adds_up_before_it_rounds() -> None:
    """Forty items of 100 bytes fit into one block."""
    items = [of_size(100)] * 40
    assert query_units(items, consistent=True) == 1
    assert query_units(items, consistent=False) == 0.5
    assert query_units([*items, of_size(100)], consistent=False) == 1


def test_a_query_that_finds_nothing_costs_as_much_as_a_small_one() -> None:
    """The smallest amount that is billed is one block."""
    assert query_units([], consistent=True) == 1


def test_a_batch_of_gets_rounds_each_item_by_itself() -> None:
    """A missing item costs one unit too."""
    assert get_units([of_size(100), of_size(5000), None], consistent=True) == 1 + 2 + 1
    assert get_units([of_size(100)], consistent=False) == 0.5


@given(sizes=st.lists(st.integers(100, 9000), min_size=1, max_size=20))
def test_one_query_is_never_dearer_than_a_get_for_each_item(sizes: list[int]) -> None:
    """Which is why open jobs are read through an index."""
    items = [of_size(size) for size in sizes]
    assert query_units(items, consistent=False) <= get_units(items, consistent=False)


@pytest.mark.parametrize(("limit", "calls"), [(None, 3), (10, 3), (9, 3), (4, 7), (25, 3), (5, 6)])
def test_a_query_is_answered_in_parts(limit: int | None, calls: int) -> None:
    """A megabyte or the limit ends one; after a full limit only a further call shows that nothing is left."""
    entries = [of_size(100_000, created={"N": str(number)}) for number in range(25)]
    request: dict[str, Any] = {} if limit is None else {"Limit": limit}
    answers = [answer_to_query(entries, request, ("pk", "created"))]
    while "LastEvaluatedKey" in answers[-1]:
        after = {"ExclusiveStartKey": answers[-1]["LastEvaluatedKey"]}
        answers.append(answer_to_query(entries, request | after, ("pk", "created")))
    assert [entry for answer in answers for entry in answer["Items"]] == entries
    assert len(answers) == calls
    assert all(sum(map(item_size, answer["Items"])) <= ANSWER for answer in answers)
