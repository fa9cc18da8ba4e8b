"""Follows JMESPath through botocore's shapes: a misspelt member is found without any answer of the service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

import jmespath
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

_CHAINS: Final = {"subexpression", "pipe", "index_expression"}
_PROJECTIONS: Final = {"projection", "value_projection", "filter_projection"}
_ITSELF: Final = {"current", "identity"}
_BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)


def missing_members(path: str, shape: Shape | None) -> list[str]:
    """A sentence for each member that the expression names and the shape does not have, with what it has."""
    problems: list[str] = []
    _follow(jmespath.compile(path).parsed, shape, problems)
    return problems


def leaves(shape: Shape | None, above: str = "", seen: tuple[str, ...] = ()) -> Iterator[tuple[str, Shape]]:
    """Every member that holds a value of its own, with its dotted path; ``[]`` leads into a list."""
    if isinstance(shape, StructureShape):
        if shape.name in seen:
            return
        seen = (*seen, shape.name)
        for name, member in shape.members.items():
            if member.name not in seen:
                yield from leaves(member, f"{above}.{name}" if above else name, seen)
    elif isinstance(shape, ListShape):
        yield from leaves(shape.member, f"{above}[]", seen)
    elif shape is not None:
        yield above, shape


def used_members(path: str) -> set[str]:
    """The dotted names that an expression reads, seen from the value that it is applied to."""
    found: set[str] = set()
    _collect(jmespath.compile(path).parsed, found)
    return found


def made_words(path: str) -> set[str]:
    """The texts that an expression gives of its own, where others give what stands in the value."""
    return _made(jmespath.compile(path).parsed)


def first_members(path: str) -> set[str]:
    """The members of the value itself that an expression begins with, whatever it goes on to below them."""
    return _begin(jmespath.compile(path).parsed)


def sample(shape: Shape | None) -> Any:
    """A value that fills every member of the shape, lists with one element, each leaf with a value of its own."""
    return _fill(shape, "", count(1), ())


def _fill(shape: Shape | None, name: str, numbers: Iterator[int], seen: tuple[str, ...]) -> Any:
    if isinstance(shape, StructureShape):
        if shape.name in seen:
            return {}
        seen = (*seen, shape.name)
        return {
            member: _fill(inner, member, numbers, seen)
            for member, inner in shape.members.items()
            if inner.name not in seen
        }
    if isinstance(shape, ListShape):
        return [_fill(shape.member, name, numbers, seen)]
    if isinstance(shape, MapShape):
        return {f"key-{next(numbers)}": _fill(shape.value, name, numbers, seen)}
    number = next(numbers)
    if isinstance(shape, StringShape):
        return shape.enum[number % len(shape.enum)] if shape.enum else f"{name}-{number}"
    kinds = {
        "integer": number,
        "long": number,
        "float": number + 0.5,
        "double": number + 0.5,
        "boolean": True,
        "blob": f"{name}-{number}".encode(),
        "timestamp": _BEGIN + timedelta(days=number, microseconds=number),
    }
    return kinds[shape.type_name] if shape is not None else None


def _follow(node: Any, shape: Shape | None, problems: list[str]) -> Shape | None:
    """The shape that the node yields; None where that is not known any more."""
    kind, children = node["type"], node["children"]
    if kind == "field":
        return _member(node["value"], shape, problems)
    if kind in _ITSELF:
        return shape
    if kind == "index":
        return shape.member if isinstance(shape, ListShape) else None
    if kind == "flatten":
        return _follow(children[0], shape, problems)
    if kind in _CHAINS:
        for child in children:
            shape = _follow(child, shape, problems)
        return shape
    if kind in _PROJECTIONS:
        inner = _follow(children[0], shape, problems)
        for child in children[1:]:
            _follow(child, inner.member if isinstance(inner, ListShape) else None, problems)
        return None
    found = [_follow(child, shape, problems) for child in children if isinstance(child, dict)]
    return found[-1] if kind == "or_expression" else None


def _member(name: str, shape: Shape | None, problems: list[str]) -> Shape | None:
    if shape is None:
        return None
    if isinstance(shape, MapShape):
        return shape.value
    members = shape.members if isinstance(shape, StructureShape) else {}
    if name not in members:
        valid = f"it has: {', '.join(members)}" if members else f"it is a {shape.type_name}"
        problems.append(f"{shape.name} has no member {name}; {valid}")
        return None
    return members[name]


def _begin(node: Any) -> set[str]:
    kind, children = node["type"], node["children"]
    if kind == "field":
        return {str(node["value"])}
    if kind in _CHAINS and children[0]["type"] in _ITSELF:
        children = children[1:2]
    elif kind in _CHAINS | _PROJECTIONS:
        children = children[:1]
    elif kind == "expref":  # applied to elements
        children = []
    return {name for child in children if isinstance(child, dict) for name in _begin(child)}


def _made(node: Any) -> set[str]:
    kind, children = node["type"], node["children"]
    if kind == "literal":
        return {node["value"]} if isinstance(node["value"], str) else set()
    if kind == "and_expression":  # its left side is what it asks for, and never a text
        return _made(children[1])
    return {word for child in children for word in _made(child)} if kind == "or_expression" else set()


def _collect(node: Any, found: set[str]) -> None:
    names = _dotted(node)
    if names is not None:
        found.add(names)
        return
    for child in node["children"]:
        if isinstance(child, dict):
            _collect(child, found)


def _dotted(node: Any) -> str | None:
    if node["type"] == "field":
        return str(node["value"])
    if node["type"] == "subexpression":
        parts = [_dotted(child) for child in node["children"]]
        return None if None in parts else ".".join(part for part in parts if part is not None)
    return None
