"""What the schema has against an entry, in sentences that name the place and what would be valid there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from jobherald.checks.entry import AS_MEMBER, AS_TABLE, UNKNOWN, WRONG, Entry
from jobherald.checks.itself import Problem, near
from jobherald.config.faults import path_of, shown

_MARKS: Final = {"[key]", AS_MEMBER, AS_TABLE}
_LIST: Final = "a list in square brackets"
_TABLE: Final = "a table"
_INSTEAD: Final = {
    "string_type": "a text in quotes",
    "bool_type": "true or false, without quotes",
    "int_type": "a whole number, without quotes",
    "list_type": _LIST,
    "dict_type": _TABLE,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
}


def schema_problems(entry: Any) -> list[Problem]:
    """Everything that the schema has against one ``[[source]]``, as it was read from TOML."""
    try:
        Entry.model_validate(entry)
    except ValidationError as error:
        return [problem for found in error.errors(include_url=False) for problem in _problems(found)]
    return []


def _problems(found: ErrorDetails) -> Iterator[Problem]:
    loc = [part for part in found["loc"] if part not in _MARKS]
    if found["type"] == UNKNOWN:
        for key in found["ctx"]["keys"]:
            meant = near(key, found["ctx"]["valid"]) or f"; valid are: {', '.join(found['ctx']['valid'])}"
            yield path_of([*loc, key]), f"is not known here{meant}"
    else:
        yield path_of(loc) or "the entry", _said(found, loc)


def _said(found: ErrorDetails, loc: list[int | str]) -> str:
    kind = found["type"]
    if kind == WRONG:
        return found["msg"]
    if kind == "missing":
        return "is missing; docs/adding-a-source.md says what it is"
    if kind in {"string_too_short", "too_short"}:
        return "is empty; write something there, or leave it out where it is not required"
    if kind == "greater_than":
        return f"is {shown(found['input'])}; it must be greater than {found['ctx']['gt']}"
    if kind == "literal_error":
        return f"{shown(found['input'])} is not known here; valid are: {_words(found['ctx']['expected'])}"
    if kind == "list_type" and loc == ["events"]:
        return "must be written [[source.events]], in two pairs of brackets, once for each event"
    if kind in _INSTEAD:
        return f"is {shown(found['input'])}; it must be {_INSTEAD[kind]}"
    return f"is {shown(found['input'])}: {found['msg'][:1].lower()}{found['msg'][1:]}"


def _words(expected: str) -> str:
    """pydantic's list of what would have been valid, without its quotes."""
    return expected.replace("'", "").replace(" or ", ", ")
