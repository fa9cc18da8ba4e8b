"""DynamoDB's expression language, as far as the project speaks it and a little beyond.

Every text is parsed once into closures. What DynamoDB refuses raises ``InvalidError`` with its words; what DynamoDB has
and this module has not (paths below an attribute, DELETE, ``size``, ``contains``, ``attribute_type``, filters) raises
NotImplementedError: nothing is ever passed over.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn, TypeAlias

from faults.values import ORDERED, TYPES, InvalidError, Item, Value, add, kind, order

Names: TypeAlias = Mapping[str, str]
Values: TypeAlias = Mapping[str, Value]
Operand: TypeAlias = Callable[[Item, Names, Values], Value | None]
Test: TypeAlias = Callable[[Item, Names, Values], bool]

RESERVED: Final = frozenset(
    (Path(__file__).parent / "reserved_words.txt").read_text(encoding="ascii").split()
)
"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html"""
_LONGEST: Final = 4096
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<alias>#\w+)|(?P<value>:\w+)|(?P<word>[A-Za-z_]\w*)|(?P<sign><>|<=|>=|[=<>(),+.\[\]-])|(?P<digits>\d+))"
)
_SECTIONS: Final = ("SET", "REMOVE", "ADD", "DELETE")
_KEYWORDS: Final = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN", *_SECTIONS})
_UNKNOWN_FUNCTIONS: Final = frozenset({"attribute_type", "contains", "size"})
_COMPARATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed ConditionExpression; ``holds`` wants every name and value that it uses, and canonical values."""

    holds: Test
    names: frozenset[str]
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Action:
    """One action of an update: what the attribute becomes, None where it is removed."""

    attribute: str
    result: Operand


@dataclass(frozen=True, slots=True)
class Update:
    """A parsed UpdateExpression."""

    actions: tuple[Action, ...]
    names: frozenset[str]
    values: frozenset[str]

    def apply(self, item: Item, names: Names, values: Values) -> tuple[dict[str, Value], list[str]]:
        """The item as it becomes, and the attributes that were named. Every operand is of the item as it was."""
        after = dict(item)
        touched = []
        for action in self.actions:
            name = names.get(action.attribute, action.attribute)
            result = action.result(item, names, values)
            if result is None:
                after.pop(name, None)
            else:
                after[name] = result
            touched.append(name)
        if len(set(touched)) < len(touched):
            twice = next(name for name in touched if touched.count(name) > 1)
            raise InvalidError(
                "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of"
                f" these paths; path one: [{twice}], path two: [{twice}]"
            )
        return after, touched

    @property
    def only_removes(self) -> bool:
        return all(action.result is _removed for action in self.actions)


@dataclass(frozen=True, slots=True)
class RangeCondition:
    """What a KeyConditionExpression asks of a range key; ``operator`` as written, ``begins_with`` or BETWEEN."""

    attribute: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyCondition:
    """A parsed KeyConditionExpression: one or two conditions, in the order in which they were written."""

    conditions: tuple[RangeCondition, ...]
    names: frozenset[str]
    values: frozenset[str]


@cache
def parse_condition(text: str) -> Condition:
    """Parse a ConditionExpression. Raises InvalidError, NotImplementedError."""
    reader = _Reader("ConditionExpression", text)
    holds = _either(reader)
    reader.end()
    return Condition(holds, frozenset(reader.names), frozenset(reader.values))


@cache
def parse_update(text: str) -> Update:
    """Parse an UpdateExpression. Raises InvalidError, NotImplementedError."""
    reader = _Reader("UpdateExpression", text)
    actions: list[Action] = []
    seen: set[str] = set()
    while not reader.at_end:
        section = reader.next().upper()
        if section not in _SECTIONS:
            reader.fail_syntax(section)
        if section in seen:
            reader.fail(f'The "{section}" section can only be used once in an update expression;')
        seen.add(section)
        if section == "DELETE":
            raise NotImplementedError(f"the simulated table knows no DELETE in an update: {text}")
        actions.append(_ACTIONS[section](reader))
        while reader.take(","):
            actions.append(_ACTIONS[section](reader))
    if not actions:
        reader.fail("The expression can not be empty;")
    return Update(tuple(actions), frozenset(reader.names), frozenset(reader.values))


@cache
def parse_key_condition(text: str) -> KeyCondition:
    """Parse a KeyConditionExpression. Raises InvalidError, NotImplementedError."""
    reader = _Reader("KeyConditionExpression", text)
    conditions = [_key_condition(reader)]
    while reader.take("AND"):
        conditions.append(_key_condition(reader))
    reader.end()
    if len(conditions) > 2:  # noqa: PLR2004 a hash key and a range key
        raise InvalidError("Conditions can be of length 1 or 2 only")
    return KeyCondition(tuple(conditions), frozenset(reader.names), frozenset(reader.values))


class _Reader:
    """The tokens of one expression, and which names and values it has used so far."""

    def __init__(self, where: str, text: str) -> None:
        self._where = where
        self._text = text
        self.names: set[str] = set()
        self.values: set[str] = set()
        if not text.strip():
            self.fail("The expression can not be empty;")
        if len(text.encode()) > _LONGEST:
            self.fail(
                "Expression size has exceeded the maximum allowed size;"
                f" expression size: {len(text.encode())}"
            )
        self._tokens: list[str] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            found = _TOKEN.match(text, position)
            if found is None:
                self.fail_syntax(text[position:].split(maxsplit=1)[0])
            self._tokens.append(found[0].strip())
            position = found.end()
        self.position = 0
        self.parenthesised = (-1, -1)

    @property
    def at_end(self) -> bool:
        return self.position == len(self._tokens)

    def peek(self, ahead: int = 0) -> str:
        position = self.position + ahead
        return self._tokens[position] if position < len(self._tokens) else ""

    def next(self) -> str:
        token = self.peek()
        if not token:
            self.fail_syntax("<EOF>")
        self.position += 1
        return token

    def take(self, token: str) -> bool:
        """Whether the next token is this one, which then is used up. Keywords disregard case."""
        if self.peek().upper() != token:
            return False
        self.position += 1
        return True

    def expect(self, token: str) -> None:
        if not self.take(token):
            self.fail_syntax(self.peek() or "<EOF>")

    def end(self) -> None:
        if not self.at_end:
            self.fail_syntax(self.peek())

    def path(self) -> str:
        """An attribute: its name, or the alias that stands for it."""
        token = self.next()
        if token.startswith("#"):
            self.names.add(token)
        elif not (token[0].isalpha() or token[0] == "_") or token.upper() in _KEYWORDS:
            self.fail_syntax(token)
        elif token.upper() in RESERVED:
            self.fail(f"Attribute name is a reserved keyword; reserved keyword: {token}")
        if self.peek() in {".", "["}:
            raise NotImplementedError(f"the simulated table knows no paths below an attribute: {self._text}")
        return token

    def value(self) -> str:
        token = self.next()
        if not token.startswith(":"):
            self.fail_syntax(token)
        self.values.add(token)
        return token

    def function(self) -> str:
        """The function that is called next, empty where none is."""
        if self.peek(1) != "(" or not self.peek()[0].isalpha() or self.peek().upper() in _KEYWORDS:
            return ""
        name = self.next()
        self.expect("(")
        if name in _UNKNOWN_FUNCTIONS:
            raise NotImplementedError(f"the simulated table knows no function {name}: {self._text}")
        return name

    def unknown_function(self, name: str) -> NoReturn:
        self.fail(f"Invalid function name; function: {name}")

    def fail(self, problem: str) -> NoReturn:
        raise InvalidError(f"Invalid {self._where}: {problem}")

    def fail_syntax(self, token: str) -> NoReturn:
        self.fail(f'Syntax error; token: "{token}", near: "{self._text}"')


# Conditions: NOT binds closest, then AND, then OR.


def _either(reader: _Reader) -> Test:
    tests = [_both(reader)]
    while reader.take("OR"):
        tests.append(_both(reader))
    if len(tests) == 1:
        return tests[0]
    return lambda item, names, values: any(test(item, names, values) for test in tests)


def _both(reader: _Reader) -> Test:
    tests = [_not(reader)]
    while reader.take("AND"):
        tests.append(_not(reader))
    if len(tests) == 1:
        return tests[0]
    return lambda item, names, values: all(test(item, names, values) for test in tests)


def _not(reader: _Reader) -> Test:
    if not reader.take("NOT"):
        return _single(reader)
    test = _not(reader)
    return lambda item, names, values: not test(item, names, values)


def _single(reader: _Reader) -> Test:
    if reader.take("("):
        start = reader.position
        test = _either(reader)
        if reader.parenthesised == (start, reader.position):
            reader.fail("The expression has redundant parentheses;")
        reader.expect(")")
        reader.parenthesised = start - 1, reader.position
        return test
    if function := reader.function():
        test = _call(reader, function)
        reader.expect(")")
        return test
    left = _operand(reader)
    sign = reader.next().upper()
    if sign == "BETWEEN":
        low = _operand(reader)
        reader.expect("AND")
        at_least, at_most = (
            _compared(reader, ">=", left, low),
            _compared(reader, "<=", left, _operand(reader)),
        )
        return lambda item, names, values: at_least(item, names, values) and at_most(item, names, values)
    if sign == "IN":
        return _member(reader, left)
    if sign not in {"=", "<>", *_COMPARATORS}:
        reader.fail_syntax(sign)
    return _compared(reader, sign, left, _operand(reader))


def _call(reader: _Reader, function: str) -> Test:
    if function in {"attribute_exists", "attribute_not_exists"}:
        if reader.peek().startswith(":"):
            reader.fail(f"Operator or function requires a document path; operator or function: {function}")
        path = reader.path()
        if function == "attribute_exists":
            return lambda item, names, _values: names.get(path, path) in item
        return lambda item, names, _values: names.get(path, path) not in item
    if function != "begins_with":
        reader.unknown_function(function)
    whole = _operand(reader)
    reader.expect(",")
    beginning = _operand(reader)

    def begins(item: Item, names: Names, values: Values) -> bool:
        text, start = whole(item, names, values), beginning(item, names, values)
        if text is None or start is None:
            return False
        if kind(start) not in {"S", "B"}:
            reader.fail(_incorrect("operator or function: begins_with", start))
        return kind(text) == kind(start) and order(text).startswith(order(start))

    return begins


def _compared(reader: _Reader, sign: str, left: Operand, right: Operand) -> Test:
    """Values of different types, and attributes that are not there, are in no order: only ``<>`` holds of them."""
    if sign == "=":
        # Canonical values are equal as they stand; two missing ones are not.
        return lambda item, names, values: (
            (one := left(item, names, values)) is not None and one == right(item, names, values)
        )
    if sign == "<>":
        return lambda item, names, values: (
            (one := left(item, names, values)) is None or one != right(item, names, values)
        )
    compare = _COMPARATORS[sign]

    def ordered(item: Item, names: Names, values: Values) -> bool:
        one, other = left(item, names, values), right(item, names, values)
        for each in (one, other):
            if (
                each is not None
                and kind(each) not in ORDERED
                and any(each is value for value in values.values())
            ):
                reader.fail(_incorrect(f"operator: {sign}", each))
        if one is None or other is None or kind(one) != kind(other) or kind(one) not in ORDERED:
            return False
        return compare(order(one), order(other))

    return ordered


def _member(reader: _Reader, left: Operand) -> Test:
    reader.expect("(")
    tests = [_compared(reader, "=", left, _operand(reader))]
    while reader.take(","):
        tests.append(_compared(reader, "=", left, _operand(reader)))
    reader.expect(")")
    return lambda item, names, values: any(test(item, names, values) for test in tests)


def _operand(reader: _Reader) -> Operand:
    """A value, or an attribute of the item, None where it is not there."""
    if reader.function():
        reader.fail_syntax("(")
    if reader.peek().startswith(":"):
        value = reader.value()
        return lambda _item, _names, values: values[value]
    path = reader.path()
    return lambda item, names, _values: item.get(names.get(path, path))


def _incorrect(operator_: str, value: Value) -> str:
    return f"Incorrect operand type for operator or function; {operator_}, operand type: {kind(value)}"


# Updates


def _set(reader: _Reader) -> Action:
    path = reader.path()
    reader.expect("=")
    left = _result(reader)
    for sign in ("+", "-"):
        if reader.take(sign):
            return Action(path, _sum(reader, sign, left, _result(reader)))
    return Action(path, left)


def _result(reader: _Reader) -> Operand:
    """What stands right of ``=``. Raises, when it is worked out, where it is an attribute that is not there."""
    if reader.take("("):
        result = _result(reader)
        reader.expect(")")
        return result
    function = reader.function()
    if not function:
        operand, is_value = _operand(reader), reader.peek(-1).startswith(":")
        return operand if is_value else _present(operand)
    if function == "if_not_exists":
        path = reader.path()
        reader.expect(",")
        default = _result(reader)
        reader.expect(")")

        def stored_or_default(item: Item, names: Names, values: Values) -> Value | None:
            stored = item.get(names.get(path, path))
            return default(item, names, values) if stored is None else stored

        return stored_or_default
    if function != "list_append":
        reader.unknown_function(function)
    first = _result(reader)
    reader.expect(",")
    second = _result(reader)
    reader.expect(")")

    def joined(item: Item, names: Names, values: Values) -> Value:
        lists = first(item, names, values), second(item, names, values)
        _want(reader, "list_append", "L", *lists, values=values)
        return {"L": [*lists[0]["L"], *lists[1]["L"]]}  # type: ignore[index] # neither is None: it is present

    return joined


def _present(operand: Operand) -> Operand:
    def present(item: Item, names: Names, values: Values) -> Value:
        found = operand(item, names, values)
        if found is None:
            raise InvalidError(
                "The provided expression refers to an attribute that does not exist in the item"
            )
        return found

    return present


def _sum(reader: _Reader, sign: str, left: Operand, right: Operand) -> Operand:
    def total(item: Item, names: Names, values: Values) -> Value:
        one, other = left(item, names, values), right(item, names, values)
        _want(reader, sign, "N", one, other, values=values)
        assert one is not None
        assert other is not None
        return {"N": add(one["N"], other["N"], minus=sign == "-")}

    return total


def _want(reader: _Reader, function: str, tag: str, *operands: Value | None, values: Values) -> None:
    """Refuse operands of another type: of the request with other words than those of the item."""
    for operand in operands:
        assert operand is not None
        if kind(operand) == tag:
            continue
        if any(operand is value for value in values.values()):
            reader.fail(_incorrect(f"operator or function: {function}", operand))
        raise InvalidError("An operand in the update expression has an incorrect data type")


def _remove(reader: _Reader) -> Action:
    return Action(reader.path(), _removed)


def _removed(_item: Item, _names: Names, _values: Values) -> None:
    return None


def _add(reader: _Reader) -> Action:
    path, given = reader.path(), reader.value()

    def added(item: Item, names: Names, values: Values) -> Value:
        value, stored = values[given], item.get(names.get(path, path))
        tag = kind(value)
        if tag not in {"N", "SS", "NS", "BS"}:
            reader.fail(
                "Incorrect operand type for operator or function; operator: ADD,"
                f" operand type: {TYPES[tag]}, typeset: ALLOWED_FOR_ADD_OPERAND"
            )
        if stored is None:
            return value
        if kind(stored) != tag:
            raise InvalidError("An operand in the update expression has an incorrect data type")
        if tag == "N":
            return {"N": add(stored["N"], value["N"])}
        members = {*stored[tag], *value[tag]}
        return {tag: sorted(members, key=lambda member: order({tag[0]: member}))}

    return Action(path, added)


_ACTIONS: Final[Mapping[str, Callable[[_Reader], Action]]] = {"SET": _set, "REMOVE": _remove, "ADD": _add}


# Key conditions


def _key_condition(reader: _Reader) -> RangeCondition:
    if reader.take("("):
        condition = _key_condition(reader)
        reader.expect(")")
        return condition
    if function := reader.function():
        if function != "begins_with":
            reader.unknown_function(function)
        path = reader.path()
        reader.expect(",")
        condition = RangeCondition(path, function, (reader.value(),))
        reader.expect(")")
        return condition
    path = reader.path()
    sign = reader.next().upper()
    if sign == "BETWEEN":
        low = reader.value()
        reader.expect("AND")
        return RangeCondition(path, sign, (low, reader.value()))
    if sign in {"<>", "IN", "OR", "NOT"}:
        raise InvalidError(f"Invalid operator used in KeyConditionExpression: {sign}")
    if sign != "=" and sign not in _COMPARATORS:
        reader.fail_syntax(sign)
    return RangeCondition(path, sign, (reader.value(),))
