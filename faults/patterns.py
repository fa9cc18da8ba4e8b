"""The patterns that event source mappings filter by, as far as a mapping of the project may use them.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

Matches: TypeAlias = Callable[[Any], bool]


def compile_pattern(text: str) -> Matches:
    """Whether an event matches a pattern. Raises ValueError for none, NotImplementedError for an unknown operator."""
    pattern = json.loads(text)
    if not isinstance(pattern, dict) or not pattern:
        raise ValueError(f"a filter's pattern is an object that names something: {text}")
    return _fields(pattern)


def _fields(pattern: Mapping[str, Any]) -> Matches:
    """Every field has to match."""
    fields = [(name, _field(inner)) for name, inner in pattern.items()]

    def matches(event: Any) -> bool:
        inside = event if isinstance(event, dict) else {}
        return all(field(inside.get(name, _ABSENT)) for name, field in fields)

    return matches


def _field(pattern: Any) -> Matches:
    if isinstance(pattern, dict):
        return _fields(pattern)
    if not isinstance(pattern, list) or not pattern:
        raise ValueError(f"what a leaf may be is a list: {pattern!r}")
    return _leaf([_choice(each) for each in pattern])


def _leaf(choices: Sequence[Matches]) -> Matches:
    """A leaf is a plain value, or one of an array: what holds further fields never matches, not even ``exists``."""

    def matches(found: Any) -> bool:
        leaves = found if isinstance(found, list) else [found]
        return any(choice(leaf) for choice in choices for leaf in leaves if not isinstance(leaf, dict))

    return matches


def _choice(pattern: Any) -> Matches:
    if not isinstance(pattern, dict):
        return lambda leaf: leaf == pattern and type(leaf) is type(pattern)
    ((name, argument),) = pattern.items()
    if name == "exists":
        return lambda leaf: (leaf is not _ABSENT) == argument
    if name == "prefix" and isinstance(argument, str):
        return lambda leaf: isinstance(leaf, str) and leaf.startswith(argument)
    if name == "anything-but" and not isinstance(argument, dict):
        refused = argument if isinstance(argument, list) else [argument]
        return lambda leaf: leaf is not _ABSENT and leaf not in refused
    raise NotImplementedError(f"nobody simulates this operator of a pattern: {pattern}")


class _Absent:
    """What a field is that an event has not."""


_ABSENT = _Absent()
