from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from faults.expressions import RESERVED, parse_condition, parse_key_condition, parse_update
from faults.values import InvalidError, canonical, number_text

ITEM: Mapping[str, Any] = {
    "n": {"N": "10"},
    "s": {"S": "word"},
    "b": {"B": b"\x01\x02"},
    "l": {"L": [{"S": "first"}]},
    "yes": {"BOOL": True},
    "ss": {"SS": ["a", "b"]},
}
VALUES: Mapping[str, Any] = {
    ":nine": {"N": "9"},
    ":ten": {"N": "10"},
    ":text": {"S": "9"},
    ":wo": {"S": "wo"},
    ":l": {"L": [{"S": "second"}]},
    ":set": {"SS": ["b", "c"]},
    ":yes": {"BOOL": True},
}


def holds(text: str, item: Mapping[str, Any] = ITEM, names: Mapping[str, str] | None = None) -> bool:
    return parse_condition(text).holds(item, names or {}, VALUES)


def updated(text: str, item: Mapping[str, Any] = ITEM) -> Mapping[str, Any]:
    return parse_update(text).apply(item, {"#s": "s"}, VALUES)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n = :ten", True),
        ("n <> :ten", False),
        ("n > :nine", True),
        ("n >= :ten AND n <= :ten", True),
        (":nine < n", True),
        ("n BETWEEN :nine AND :ten", True),
        ("n BETWEEN :nine AND :nine", False),
        ("n IN (:nine, :ten)", True),
        ("s IN (:wo)", False),
        ("ss = :set", False),
        ("yes = :yes", True),
        ("begins_with(s, :wo)", True),
        ("begins_with(n, :wo)", False),
        ("attribute_exists(n)", True),
        ("attribute_not_exists(n)", False),
        ("attribute_exists(gone)", False),
        ("NOT attribute_exists(gone)", True),
        ("not attribute_exists(gone) and n = :ten", True),
        ("(n = :nine OR n = :ten) AND s > :wo", True),
    ],
)
def test_a_condition_holds_or_does_not(text: str, expected: bool) -> None:
    """Keywords may be written small; numbers compare as numbers."""
    assert holds(text) is expected


@pytest.mark.parametrize("sign", ["=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("left", ["gone", "s"])
def test_what_is_missing_or_of_another_type_compares_as_false(sign: str, left: str) -> None:
    """So a condition on a version never holds of an item that has none."""
    assert not holds(f"{left} {sign} :ten")


def test_two_missing_attributes_are_not_equal() -> None:
    """Nothing is not a value."""
    assert not holds("gone = lost")


def test_unequal_holds_of_a_missing_attribute() -> None:
    """The one comparison that a missing attribute passes, and a common trap."""
    assert holds("gone <> :ten")


def test_not_binds_closest_then_and_then_or() -> None:
    """As the developer guide orders them; parentheses alter it."""
    assert holds("n = :ten OR n = :nine AND n = :nine")
    assert not holds("(n = :ten OR n = :nine) AND n = :nine")
    assert holds("NOT n = :nine AND n = :ten")


@given(st.decimals(-1000, 1000, places=3), st.decimals(-1000, 1000, places=3))
def test_numbers_compare_by_their_value(left: Decimal, right: Decimal) -> None:
    """As text 9 would be greater than 10."""
    item = {"n": canonical({"N": str(left)})}
    values = {":v": canonical({"N": str(right)})}
    for sign, expected in (("<", left < right), ("=", left == right), (">=", left >= right)):
        assert parse_condition(f"n {sign} :v").holds(item, {}, values) is expected


def test_an_alias_stands_for_a_name() -> None:
    """A name that is reserved can be written in no other way."""
    assert holds("#s = :wo", {"status": {"S": "wo"}}, {"#s": "status"})
    assert parse_condition("#s = :wo").names == {"#s"}


@pytest.mark.parametrize("word", ["status", "State", "name", "key"])
def test_a_reserved_word_is_refused(word: str) -> None:
    """DynamoDB refuses the whole request."""
    with pytest.raises(InvalidError, match=f"reserved keyword: {word}$"):
        parse_update(f"SET {word} = :ten")


def test_the_reserved_words_are_those_of_the_guide() -> None:
    """As moto keeps them too."""
    assert set(ReservedKeywords.get_reserved_keywords()) == RESERVED


@pytest.mark.parametrize(
    "text",
    [
        "n",
        "n =",
        "n = :ten AND",
        "n = :ten s = :wo",
        "n ~ :ten",
        "n == :ten",
        "(n = :ten",
        "n = :ten)",
        "((n = :ten))",
        "attribute_exists(:ten)",
        "attribute_exists(n, s)",
        "exists(n)",
        "n BETWEEN :nine, :ten",
        "",
        "n = :ten AND " * 400 + "n = :ten",
    ],
)
def test_a_condition_that_is_none_is_refused(text: str) -> None:
    """With the words of a ValidationException."""
    with pytest.raises(InvalidError, match=r"^Invalid ConditionExpression: "):
        parse_condition(text)


@pytest.mark.parametrize(
    "text", ["size(s) > :ten", "contains(ss, :wo)", "attribute_type(s, :wo)", "m.inner = :ten", "l[0] = :wo"]
)
def test_what_is_not_simulated_says_so(text: str) -> None:
    """Rather than to pass over it."""
    with pytest.raises(NotImplementedError, match="simulated table"):
        parse_condition(text)


def test_parentheses_within_parentheses_are_no_redundant_ones() -> None:
    """Only a pair around nothing but another pair is."""
    assert holds("((n = :ten) AND (s > :wo))")
    assert holds("(NOT (n = :nine))")


def test_a_value_without_an_order_cannot_be_compared_by_one() -> None:
    """Refused even before the item is looked at."""
    with pytest.raises(InvalidError, match="operator: <, operand type: BOOL"):
        holds("yes < :yes")


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("SET s = :ten", {"s": {"N": "10"}}),
        ("set x = :ten, y = s", {"x": {"N": "10"}, "y": {"S": "word"}}),
        ("SET n = n + :nine", {"n": {"N": "19"}}),
        ("SET n = :nine - n", {"n": {"N": "-1"}}),
        ("SET x = if_not_exists(x, :nine) + :ten", {"x": {"N": "19"}}),
        ("SET n = if_not_exists(n, :nine)", {}),
        ("SET l = list_append(l, :l)", {"l": {"L": [{"S": "first"}, {"S": "second"}]}}),
        ("SET l = list_append(if_not_exists(x, :l), l)", {"l": {"L": [{"S": "second"}, {"S": "first"}]}}),
        ("SET x = n REMOVE n", {"x": {"N": "10"}, "n": None}),
        ("REMOVE gone, s", {"s": None}),
        ("ADD n :nine, x :nine", {"n": {"N": "19"}, "x": {"N": "9"}}),
        ("ADD ss :set, t :set", {"ss": {"SS": ["a", "b", "c"]}, "t": {"SS": ["b", "c"]}}),
    ],
)
def test_an_update_alters_what_it_names_and_nothing_else(text: str, changed: Mapping[str, Any]) -> None:
    """Every operand is of the item as it was before, and that item stays as it is."""
    before = dict(ITEM)
    expected = {name: value for name, value in {**ITEM, **changed}.items() if value is not None}
    assert updated(text) == expected
    assert before == ITEM


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("SET x = gone", "refers to an attribute that does not exist"),
        ("SET x = gone + :ten", "refers to an attribute that does not exist"),
        ("SET x = s + :ten", "incorrect data type"),
        ("SET x = :text + :ten", "operator or function: \\+, operand type: S"),
        ("SET x = list_append(s, :l)", "incorrect data type"),
        ("SET x = list_append(:ten, :l)", "operator or function: list_append, operand type: N"),
        ("ADD s :ten", "incorrect data type"),
        ("ADD x :text", "operator: ADD, operand type: STRING"),
        ("SET x = :ten, x = :nine", r"overlap.*path one: \[x\], path two: \[x\]"),
        ("SET s = :ten REMOVE #s", r"overlap.*path one: \[s\], path two: \[s\]"),
        ("SET x = :ten SET y = :ten", '"SET" section can only be used once'),
        ("SET x = upper(s)", "Invalid function name; function: upper"),
        ("SET x = :ten + :ten + :ten", "Syntax error"),
        ("SET :ten = x", "Syntax error"),
        ("x = :ten", "Syntax error"),
        ("SET", "Syntax error"),
        (" ", "can not be empty"),
    ],
)
def test_an_update_that_cannot_be_made_is_refused(text: str, problem: str) -> None:
    """With the words of a ValidationException."""
    with pytest.raises(InvalidError, match=problem):
        updated(text)


@pytest.mark.parametrize("text", ["SET m.inner = :ten", "REMOVE l[0]", "DELETE ss :set"])
def test_an_update_that_is_not_simulated_says_so(text: str) -> None:
    """Rather than to pass over it."""
    with pytest.raises(NotImplementedError, match="simulated table"):
        updated(text)


@pytest.mark.parametrize("text", ["pk > :a OR sk = :b", "pk <> :a", "pk IN (:a)", "pk = sk", "pk"])
def test_a_key_condition_is_a_plain_one(text: str) -> None:
    """Neither OR nor NOT, and values only."""
    with pytest.raises(InvalidError):
        parse_key_condition(text)


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [("1.50", "1.5"), ("1E3", "1000"), ("-0", "0"), ("007", "7"), ("0.00", "0"), ("1e-3", "0.001")],
)
def test_numbers_are_kept_in_one_form(given_text: str, kept: str) -> None:
    """Leading and trailing zeros are trimmed."""
    assert number_text(given_text) == kept


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"SS": []}, "An string set  may not be empty"),
        ({"SS": ["a", "a"]}, "contains duplicates"),
        ({"NS": ["1", "1.0"]}, "contains duplicates"),
        ({"N": "ten"}, "cannot be converted to a numeric value: ten"),
        ({"N": "NaN"}, "cannot be converted to a numeric value"),
        ({"N": "1" * 39}, "more than 38 significant digits"),
        ({"N": "1E126"}, "Number overflow"),
        ({"N": "1E-131"}, "Number underflow"),
        ({}, "is empty"),
        ({"S": "a", "N": "1"}, "more than one datatypes"),
        ({"L": [{"M": {"inner": {"BS": []}}}]}, "An binary set  may not be empty"),
        ({"S": 1}, "S of int"),
    ],
)
def test_a_value_that_dynamodb_does_not_take_is_refused(value: Mapping[str, Any], problem: str) -> None:
    """However deep it lies."""
    with pytest.raises(InvalidError, match=problem):
        canonical(value)
