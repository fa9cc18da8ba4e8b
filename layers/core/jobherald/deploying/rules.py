"""The event rules of some sources: one for each service, which matches whatever hints at one of their jobs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any, Final

from jobherald.catalog.events import CALL
from jobherald.catalog.source import Event, Source

PATTERN_CHARACTERS: Final = 2048
"""What EventBridge takes as a rule's pattern at most."""

_KIND: Final = "detail-type"

# What one event has to have: the kind and members of the detail, each with the values that will do.
_Way = Mapping[str, frozenset[str]]


def patterns(sources: Iterable[Source]) -> dict[str, dict[str, Any]]:
    """The pattern of the rule for each source of events (``aws.glue``), sorted by it.

    A pattern that would be too long gets wider in two steps, since ingest asks again: first whatever happens to
    a job of such a kind, at last every event of these kinds.
    """
    found: dict[str, list[Event]] = {}
    for source in sources:
        for event in source.events:
            found.setdefault(event.event_source, []).append(event)
    return {name: _short_enough(name, events) for name, events in sorted(found.items())}


def _short_enough(name: str, events: Iterable[Event]) -> dict[str, Any]:
    ways = [_way(event) for event in events]
    by_kind = [{_KIND: way[_KIND]} for way in ways]
    changes = [way if CALL in way[_KIND] else {_KIND: way[_KIND]} for way in ways]
    for tried in (ways, changes, by_kind):
        pattern = _pattern(name, _joined(tried))
        if len(json.dumps(pattern, separators=(",", ":"))) <= PATTERN_CHARACTERS:
            return pattern
    return {"source": [name]}


def _way(event: Event) -> _Way:
    return {_KIND: frozenset({event.detail_type})} | {
        member: frozenset(values) for member, values in event.match.items()
    }


def _joined(ways: Iterable[_Way]) -> list[_Way]:
    """The same events matched by fewer ways: two that differ in one member alone are one with the values of both."""
    left = list(ways)
    while (pair := next(_pairs(left), None)) is not None:
        one, other = pair
        both = {member: values | other[member] for member, values in one.items()}
        left = [both if way is one else way for way in left if way is not other]
    return left


def _pairs(ways: list[_Way]) -> Iterator[tuple[_Way, _Way]]:
    for one, other in combinations(ways, 2):
        if set(one) == set(other) and sum(one[member] != other[member] for member in one) <= 1:
            yield one, other


def _pattern(name: str, ways: list[_Way]) -> dict[str, Any]:
    written = sorted((_written(way) for way in ways), key=json.dumps)
    # With a single alternative $or would be taken for the name of a member.
    return {"source": [name]} | (written[0] if len(written) == 1 else {"$or": written})


def _written(way: _Way) -> dict[str, Any]:
    detail = {member: sorted(values) for member, values in way.items() if member != _KIND}
    return {_KIND: sorted(way[_KIND])} | ({"detail": detail} if detail else {})
