"""Says of every member of a source's list operation what becomes of it: the table that the reference shows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Final

from botocore.model import Shape, StringShape

from jobherald.catalog.source import Source, levels
from jobherald.checks.itself import row_paths
from jobherald.checks.models import row_shape, service_model
from jobherald.checks.shapes import first_members, leaves, used_members

_FILTERS = {
    "created_after": "a watch's `created_after`, and the engine's",
    "created_before": "a watch's `created_before`",
    "modified_after": "a watch's `modified_after`, and the engine's: what changed since the last look",
    "modified_before": "a watch's `modified_before`",
    "name_contains": "a watch's `name_contains`",
    "status": "the engine: the looks at open jobs",
}
_PLACES: Final = ("{parent}", "{above}", "{top}", "{account}")
# More rows than this nobody reads.
_MOST_ROWS: Final = 60
_READ_AS = {"status": "status, state", "reason_code": "reason code", "items": "steps"}


def request_members(source: Source) -> dict[str, str]:
    """Every parameter of the list operation, and who sets it; empty text for one that nobody does.

    Where no model describes the operation these are the parameters that the entry itself sets.
    """
    if source.row:
        set_here = [
            *source.filters.values(),
            *source.parameters,
            *(name for one in source.variants for name in one),
        ]
        names = dict.fromkeys(
            name.partition(".")[0]
            for name in (source.token_input, source.page_size_parameter, *set_here)
            if name
        )
    else:
        shape = service_model(source.client).operation_model(source.operation).input_shape
        names = dict.fromkeys(shape.members if shape is not None else ())
    return {name: _sets(source, name) for name in names}


def row_members(source: Source) -> dict[str, tuple[str, str]]:
    """Every member of a row that holds a value, by its dotted path: its type, and what is read from it.

    All of them are in the job's details under that path, whatever else is read from them. Where no model describes the
    row these are the members that the entry names, whose type is not known.
    """
    if source.row:
        return {name: ("", _read(source, name, first_members)) for name in source.row}
    return {
        path: (_type(shape), _read(source, path, used_members)) for path, shape in leaves(row_shape(source))
    }


def member_table(source: Source) -> str:
    """The member by member account of a source as Markdown."""
    lines = [f"Request parameters of `{source.operation}`:", "", "| parameter | set by |", "| --- | --- |"]
    lines += [f"| `{name}` | {who or 'nobody'} |" for name, who in request_members(source).items()]
    read = source.batch or source
    lines += ["", f"Members of a job in `{read.items}` of `{read.operation}`:", ""]
    members = _shown(row_members(source))
    if source.row:
        lines += ["| member | kept in | read as |", "| --- | --- | --- |"]
        lines += [f"| `{path}` | `details.{path}` | {read} |" for path, (_, read) in members.items()]
    else:
        lines += ["| member | type | kept in | read as |", "| --- | --- | --- | --- |"]
        lines += [
            f"| `{path}` | {kind} | `details.{path}` | {read} |" for path, (kind, read) in members.items()
        ]
    return "\n".join(lines)


def _sets(source: Source, name: str) -> str:
    for word, member in source.filters.items():
        if member.partition(".")[0] == name:
            return _FILTERS[word]
    titles = [level.title for level in levels(source)]
    for member, value in source.parameters.items():
        if isinstance(value, str) and value in _PLACES:
            title = {"{parent}": titles[:1], "{above}": titles[1:2], "{top}": titles[2:]}.get(
                value, ["account"]
            )
            if member.partition(".")[0] == name:
                return f"the engine: the {' '.join(title)} that is looked below"
        if member.partition(".")[0] == name:
            return f"the engine: always {_written(value)}"
    if further := [_written(one[name]) for one in source.variants if name in one]:
        return f"the engine: nothing, then {', then '.join(further)}"
    if name == source.page_size_parameter:
        return f"the engine: {source.page_size} a page"
    return "the engine: the next page" if name == source.token_input else ""


def _written(value: object) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _shown(members: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """The members as a reader wants them: of a row with hundreds those that are read, and the rest by what they are in."""
    if len(members) <= _MOST_ROWS:
        return members
    tops = Counter(path.partition(".")[0] for path in members)
    found: dict[str, tuple[str, str]] = {}
    for path, (kind, read) in members.items():
        top = path.partition(".")[0]
        if read or tops[top] == 1:
            found[path] = kind, read
        else:
            found.setdefault(top, (f"{tops[top]} members", ""))
    return found


def _read(source: Source, path: str, members: Callable[[str], set[str]]) -> str:
    plain = path.replace("[]", "")
    found = [_read_as(member) for member, where in row_paths(source).items() if plain in members(where)]
    return ", ".join(found)


def _read_as(member: str) -> str:
    group, _, word = member.partition(".")
    return f"progress `{word.rpartition('.')[2]}`" if group == "progress" else _READ_AS.get(word, word)


def _type(shape: Shape) -> str:
    if isinstance(shape, StringShape) and shape.enum:
        return f"one of {len(shape.enum)} words"
    return {"string": "text", "integer": "whole number", "long": "whole number", "timestamp": "time"}.get(
        shape.type_name, shape.type_name
    )
