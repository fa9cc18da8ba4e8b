"""Proves what an entry says of the rest of a row, which is kept and told, against botocore's model of the service."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.model import ListShape, MapShape, Shape, StructureShape

from jobherald.catalog.source import Source, Steps
from jobherald.checks.itself import Problem
from jobherald.checks.listing import enum_at, path_problems, row_shape
from jobherald.providers.requests import member_at


def keeping_problems(source: Source) -> Iterator[Problem]:
    """Whether what is shortened, masked and told as steps is in a row, and is what it is taken for."""
    row = row_shape(source)
    for trail in source.shorten:
        yield from _trail("shorten", trail, row, kinds=(ListShape,), what="a list")
    for trail in source.mask:
        yield from _trail("mask", trail, row, kinds=(StructureShape, MapShape), what="a table")
    if source.steps is not None:
        yield from _steps(source.steps, row)


def _trail(
    member: str, trail: str, row: Shape | None, *, kinds: tuple[type, ...], what: str
) -> Iterator[Problem]:
    found = member_at(row, trail)
    if trail.endswith("[]") and isinstance(found, ListShape):
        found = found.member
    if not isinstance(found, kinds):
        has = "no member of a row" if found is None else f"a {found.type_name}"
        yield member, f"{trail} is {has}; it must be {what}"


def _steps(steps: Steps, row: Shape | None) -> Iterator[Problem]:
    listed = member_at(row, steps.items)
    step = listed.member if isinstance(listed, ListShape) else None
    if not isinstance(step, StructureShape):
        yield "steps.items", f"{steps.items!r} is no list of structures in a row"
        return
    texts = {"name": steps.name, "status": steps.status, "code": steps.code, "message": steps.message}
    for word, path in texts.items():
        if path:
            yield from path_problems(f"steps.{word}", path, step, kinds=(str, int), what="a text")
    words = enum_at(step, steps.status)
    for word in steps.failed:
        if words and word not in words:
            yield "steps.failed", f"{word} is no status of a step; it has: {', '.join(words)}"
    if steps.below and not isinstance(member_at(step, steps.below), ListShape):
        yield "steps.below", f"{steps.below!r} is no list in a step"
