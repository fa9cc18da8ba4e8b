"""Proves what an entry says of the rest of a row, which is kept and told, against botocore's model of the service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from jobherald.catalog.source import Source, Steps
from jobherald.checks.itself import Problem
from jobherald.checks.listing import path_problems
from jobherald.checks.models import enum_at, operation, row_shape
from jobherald.providers.requests import member_at

_MASKED: Final = (StructureShape, MapShape, ListShape, StringShape)


def keeping_problems(source: Source) -> Iterator[Problem]:
    """Whether what is shortened, masked and told as steps is in a row, and is what it is taken for."""
    row = row_shape(source)
    kept = [row, _looked_at(source)]
    for trail in source.shorten:
        yield from _trail("shorten", trail, kept, kinds=(ListShape,), what="a list")
    for trail in source.mask:
        yield from _trail("mask", trail, kept, kinds=_MASKED, what="a table, a list or a text")
    if source.steps is not None:
        yield from _steps(source.steps, row)


def _looked_at(source: Source) -> Shape | None:
    """What an answer to a look has, all of which is kept too."""
    look = source.look
    if look is None:
        return None
    model = operation(source, look.operation, "look.operation", look.client)
    if isinstance(model, tuple):
        return None
    return member_at(model.output_shape, look.items) if look.items else model.output_shape


def _trail(
    member: str, trail: str, kept: Iterable[Shape | None], *, kinds: tuple[type, ...], what: str
) -> Iterator[Problem]:
    found = next((shape for one in kept if (shape := member_at(one, trail)) is not None), None)
    if trail.endswith("[]") and isinstance(found, ListShape):
        found = found.member
    if not isinstance(found, kinds):
        has = "no member of a row, nor of the answer to a look" if found is None else f"a {found.type_name}"
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
