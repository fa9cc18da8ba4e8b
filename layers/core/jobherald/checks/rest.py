"""Proves what an entry says of an API that no model describes: as much of it as the entry itself can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from string import Formatter
from typing import Any, Final

from jobherald.catalog.source import Source
from jobherald.checks.itself import Problem, near, row_paths
from jobherald.checks.shapes import first_members

_CALL: Final = re.compile(r"(GET|POST) (/[^\s?#]+)")


def rest_problems(source: Source) -> Iterator[Problem]:
    """Everything that is wrong with an entry whose operations are methods and paths, each as a member and a sentence."""
    above = ("parent",) if source.parent else ()
    yield from _operation("operation", source.operation, ("project_id", *above), needed=above)
    yield from _request(source)
    yield from _row(source)
    yield from _parent(source)
    yield from _look(source, above)
    if not source.actions:
        yield "actions", "is missing; name the permissions that its calls take"
    if source.events:
        yield "events", f"come from EventBridge, where {source.provider} sends none; leave them out"


def _operation(
    member: str, operation: str, valid: tuple[str, ...], *, needed: tuple[str, ...] = ()
) -> Iterator[Problem]:
    found = _CALL.fullmatch(operation)
    if found is None:
        yield (
            member,
            f"is {operation!r}; it must be GET or POST, a space, and a path from / on; a query is for parameters",
        )
        return
    names = ", ".join(f"{{{name}}}" for name in valid)
    try:
        placeholders = {name for _, name, _, _ in Formatter().parse(found[2]) if name is not None}
    except ValueError:
        yield member, f"{operation} has a brace without its counterpart; valid placeholders are: {names}"
        return
    for name in sorted(placeholders - set(valid)):
        yield member, f"{operation} has {{{name}}}; valid placeholders are: {names}"
    for name in needed:
        if name not in placeholders:
            yield member, f"{operation} does not say which one: {{{name}}} is missing"


def _request(source: Source) -> Iterator[Problem]:
    asked: dict[str, Sequence[Mapping[str, Any]]] = {
        "parameters": [source.parameters],
        "variants": source.variants,
    }
    if source.parent is not None:
        asked["parent.parameters"] = [source.parent.parameters]
    for where, several in asked.items():
        for name in (name for one in several for name in one if "." in name):
            yield (
                where,
                f"{name} leads into a structure; only the query or body itself has members that are set",
            )
    order = source.parameters.get("order")
    if source.newest_first and order is not None and order != "desc":
        yield "parameters.order", f"is {order!r}; newest_first needs the descending order, 'desc'"


def _row(source: Source) -> Iterator[Problem]:
    if not source.row:
        yield "row", "is missing; it must name the members that a row of the list can have"
        return
    for name in sorted({name for name in source.row if source.row.count(name) > 1}):
        yield "row", f"has {name} twice"
    for member, path in row_paths(source).items():
        for name in sorted(first_members(path) - set(source.row)):
            yield member, f"{path} reads {name}, {_no_member(source, name)}"
    for member, trails in (("shorten", source.shorten), ("mask", source.mask)):
        for trail in trails:
            name = trail.partition(".")[0].removesuffix("[]")
            if name not in source.row:
                yield member, f"{trail} leads through {name}, {_no_member(source, name)}"
    for trail in source.shorten:
        if trail.endswith("[]"):
            yield "shorten", f"{trail} leads into the list; without the [] at its end it is the list"


def _parent(source: Source) -> Iterator[Problem]:
    if source.parent is None:
        return
    yield from _operation("parent.operation", source.parent.operation, ("project_id",))
    if not source.parent.not_found:
        yield (
            "parent.not_found",
            f"is missing; name the error codes with which the list says that there is no such {source.parent.title}",
        )


def _look(source: Source, above: tuple[str, ...]) -> Iterator[Problem]:
    look = source.look
    if look is None:
        return
    yield from _operation("look.operation", look.operation, ("project_id", *above, "id"), needed=("id",))
    if not look.not_found:
        yield "look.not_found", "is missing; name the error codes that mean that there is no such job"
    for member in ("parameters", "name_from_id", "not_found_message"):
        if getattr(look, member):
            yield f"look.{member}", "is for an operation that botocore knows; a path has {id} for the job"
    for member in look.members:
        if member not in source.row:
            yield f"look.members.{member}", f"is set, {_no_member(source, member)}"


def _no_member(source: Source, name: str) -> str:
    return "which is no member of row" + (near(name, source.row) or f"; it has: {', '.join(source.row)}")
