"""Sees what a list is really asked for, by word of a query, and whether the request's own words mean the same.

A filter of the wrong member loses jobs without a trace: botocore's model knows that both are times, and no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final

from jobherald.model import Place
from jobherald.ports import Lister, Query
from tests.catalogue.reading import read
from tests.catalogue.tables import Table

_SOME_TIME: Final = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
_NAME: Final = "made-up"
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

_LATER: Final = {"modified", "updated", "update", "changed", "modification"}
_LAST: Final = {
    "complete",
    "completed",
    "completion",
    "ended",
    "finish",
    "finished",
    "stop",
    "stopped",
    "terminated",
}
_BEFORE: Final = {"before", "until", "lt", "lte", "le", "less", "max", "latest", "upper", "end"}
_AFTER: Final = {"after", "since", "from", "gt", "gte", "ge", "greater", "min", "earliest", "lower"}

FORBIDDEN: Final[Mapping[str, set[str]]] = {
    "created_after": _LATER | _LAST | _BEFORE,
    "created_before": _LATER | _LAST | _AFTER,
    "modified_after": _LAST | _BEFORE | {"created", "creation", "submit"},
    "modified_before": _LAST | _AFTER | {"created", "creation", "submit"},
    "name_contains": {"status", "state", "states"},
    "status": {"contains", "prefix"},
}
"""Words of a request's members that mean something else than the word of the query."""


def filter_faults(
    table: Table, lister: Lister, place: Place, calls: list[Mapping[str, Any]]
) -> Iterator[str]:
    """Each word of a query by itself, and where it went; against the table's ``filters`` if it has any.

    ``calls`` are the requests that the lister made, to which each new one is added.
    """
    plain = _asked(lister, place, Query(), calls)
    for one in fields(Query):
        word = one.name
        words = {"name_contains": _NAME, "status": table.words(next(iter(table.states)))[0]}
        given: dict[str, Any] = {word: words.get(word, _SOME_TIME)}
        asked = _asked(lister, place, Query(**given), calls)
        changed = [name for name in asked if asked[name] != plain.get(name)]
        expected = table.filters.get(word)
        if expected is not None:
            found = read(expected, asked)
            if found is None or found == read(expected, plain):
                yield f"{word}: is asked for in {', '.join(changed) or 'nothing'}, expected {expected}"
        elif changed:
            said = {name for member in changed for name in _words(member, asked[member])}
            if wrong := said & FORBIDDEN[word]:
                yield f"{word}: is asked for in {', '.join(changed)}, which is about {', '.join(sorted(wrong))}"


def _asked(lister: Lister, place: Place, query: Query, calls: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The request for the first page."""
    calls.clear()
    lister.page(place, query, "")
    return calls[0]


def _words(name: str, value: Any) -> Iterator[str]:
    yield from (word.lower() for word in _WORD.findall(name))
    if isinstance(value, Mapping):
        for member, inner in value.items():
            yield from _words(member, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words("", inner)
    elif isinstance(value, str) and value != _NAME:
        yield from (word.lower() for word in _WORD.findall(value))
