"""DynamoDB's tagged values: what it takes, and the one form in which it keeps each of them.

Kept in one form (numbers without superfluous digits, sets in order), equal values are equal dicts.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, TypeAlias

Value: TypeAlias = Mapping[str, Any]
"""One value under the tag of its type, as the low-level API has it: ``{"N": "1"}``, ``bytes`` for B."""
Item: TypeAlias = Mapping[str, Value]

TYPES: Final = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "SS": "STRING_SET",
    "NS": "NUMBER_SET",
    "BS": "BINARY_SET",
    "M": "MAP",
    "L": "LIST",
    "BOOL": "BOOLEAN",
    "NULL": "NULL",
}
"""What error texts call the types."""
ORDERED: Final = frozenset({"S", "N", "B"})
"""The types that have an order, and so those of keys."""
_SETS: Final = {"SS": "string", "NS": "number", "BS": "binary"}
DIGITS: Final = 38
_LARGEST: Final = 125
_SMALLEST: Final = -130
# Whatever is written in one request can be read without being rounded, and be refused for its length.
_EXACT: Final = Context(prec=1000)
_DEPTH: Final = 32


class InvalidError(Exception):
    """What DynamoDB answers with a ValidationException of this text."""


@lru_cache(maxsize=100_000)
def number(text: str) -> Decimal:
    """The number of a text. Raises InvalidError where DynamoDB has none of that size."""
    try:
        found = _EXACT.create_decimal(text).normalize(_EXACT)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise InvalidError(f"The parameter cannot be converted to a numeric value: {text}")
    if len(found.as_tuple().digits) > DIGITS:
        raise InvalidError("Attempting to store more than 38 significant digits in a Number")
    if found and found.adjusted() > _LARGEST:
        raise InvalidError(
            "Number overflow. Attempting to store a number with magnitude larger than supported range"
        )
    if found and found.adjusted() < _SMALLEST:
        raise InvalidError(
            "Number underflow. Attempting to store a number with magnitude smaller than supported range"
        )
    return found or Decimal(0)


@lru_cache(maxsize=100_000)
def number_text(text: str) -> str:
    """The text in which DynamoDB gives a number back."""
    return f"{number(text):f}"


def add(left: str, right: str, *, minus: bool = False) -> str:
    """The sum or the difference of two numbers. Raises InvalidError where DynamoDB has none of that size."""
    apply = _EXACT.subtract if minus else _EXACT.add
    return number_text(str(apply(number(left), number(right))))


def order(value: Value) -> Any:
    """What values of one ordered type are compared by: code points are in the order of their UTF-8."""
    ((tag, plain),) = value.items()
    return number(plain) if tag == "N" else plain


def kind(value: Value) -> str:
    """The tag of a value's type."""
    return next(iter(value))


def canonical(value: Value, depth: int = 0) -> Value:
    """A value as DynamoDB keeps it. Raises InvalidError for what it does not take."""
    if len(value) != 1:
        problem = "has more than one datatypes set" if value else "is empty"
        raise InvalidError(
            f"Supplied AttributeValue {problem}, must contain exactly one of the supported datatypes"
        )
    ((tag, plain),) = value.items()
    if tag == "S" and isinstance(plain, str):
        return value
    if tag == "N" and isinstance(plain, str):
        text = number_text(plain)
        return value if text == plain else {"N": text}
    if (tag == "BOOL" and isinstance(plain, bool)) or (tag == "NULL" and plain is True):
        return value
    if tag == "B" and isinstance(plain, bytes | bytearray):
        return {"B": bytes(plain)}
    if depth > _DEPTH:
        raise InvalidError("Nesting Levels have exceeded supported limits: Attributes nested too deep")
    if tag == "L":
        return {"L": [canonical(member, depth + 1) for member in plain]}
    if tag == "M":
        return {"M": {name: canonical(member, depth + 1) for name, member in plain.items()}}
    if tag in _SETS:
        return {tag: _set(tag, plain)}
    raise InvalidError(
        f"Supplied AttributeValue holds no value that DynamoDB has: {tag} of {type(plain).__name__}"
    )


def _set(tag: str, members: Sequence[Any]) -> list[Any]:
    if not members:
        raise InvalidError(
            f"One or more parameter values were invalid: An {_SETS[tag]} set  may not be empty"
        )
    ordered = sorted(map(number_text, members), key=number) if tag == "NS" else sorted(members)
    if any(one == other for one, other in pairwise(ordered)):
        shown = ", ".join(map(str, members))
        raise InvalidError(
            f"One or more parameter values were invalid: Input collection [{shown}] contains duplicates."
        )
    return ordered
