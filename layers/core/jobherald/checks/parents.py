"""Proves what an entry says of what its list is asked below against botocore's model of the service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore.model import ListShape, OperationModel, Shape, StructureShape
from botocore.validate import ParamValidator

from jobherald.catalog.source import Parents, Source
from jobherald.checks.itself import Problem, levels_of
from jobherald.checks.listing import (
    SOME,
    operation,
    paging_problems,
    path_problems,
    request_problems,
    value_problems,
)
from jobherald.checks.shapes import missing_members
from jobherald.providers.requests import filled, member_at, put

_PARENT = "{parent}"
_ABOVE = "{above}"
_TOP = "{top}"


def parent_problems(source: Source) -> Iterator[Problem]:
    """Everything that is wrong with how an entry finds the parents of its list, and names one in its request."""
    parent = source.parent
    asked = [source.parameters, *source.variants, source.batch.parameters if source.batch else {}]
    if parent is None:
        for word in (_PARENT, _ABOVE, _TOP):
            if _has(asked, word):
                yield "parameters", f"have {word!r}, and the entry has no parent to put there"
        return
    if not _has(asked, _PARENT):
        yield "parameters", f"name no parent; one of them must be {_PARENT!r}"
    levels = list(levels_of(source))
    everywhere = [*asked, *(level.parameters for _, level in levels)]
    for word, least in ((_ABOVE, 2), (_TOP, 3)):
        if _has(everywhere, word) and len(levels) < least:
            missing = "parent." + ".".join(["above"] * (least - 1))
            yield "parameters", f"have {word!r}, and the entry has no {missing} to put there"
    below = operation(source, source.operation, "operation")
    for number, (where, level) in enumerate(levels):
        yield from _listed(source, level, where, below=below)
        if number + 1 < len(levels) and not _has([level.parameters], _ABOVE):
            yield f"{where}parameters", f"name nothing above; one of them must be {_ABOVE!r}"
        below = operation(source, level.operation, f"{where}operation", level.client)


def _listed(
    source: Source, parent: Parents, where: str, *, below: OperationModel | Problem
) -> Iterator[Problem]:
    """Whether one level of parents can be listed as the entry says; ``below`` is the list that is asked below them."""
    model = operation(source, parent.operation, f"{where}operation", parent.client)
    if isinstance(model, tuple):
        yield model
        return
    yield from request_problems(where, parent, model.input_shape)
    yield from value_problems(where, parent, model.input_shape)
    yield from paging_problems(where, parent.client or source.client, parent, model)
    if model.input_shape is not None:
        request: dict[str, Any] = {}
        for member, value in parent.parameters.items():
            put(request, member, filled(value, SOME))
        report = ParamValidator().validate(request, model.input_shape)
        if report.has_errors():
            yield (
                f"{where}parameters",
                f"make a request that {parent.operation} refuses: {report.generate_report()}",
            )
    listed = member_at(model.output_shape, parent.items)
    if isinstance(listed, ListShape):
        yield from _paths(parent, listed.member, where)
    else:
        yield f"{where}items", f"{parent.items!r} is no list in the answer of {parent.operation}"
    yield from _errors(parent, where, below)


def _has(asked: Iterable[Any], word: str) -> bool:
    """Whether the word in braces stands anywhere in these parameters."""
    return any(
        one == word
        if isinstance(one, str)
        else _has(one.values(), word)
        if isinstance(one, Mapping)
        else isinstance(one, list) and _has(one, word)
        for one in asked
    )


def _paths(parent: Parents, row: Shape, where: str) -> Iterator[Problem]:
    for word, path in (("id", parent.id_path), ("name", parent.name_path)):
        if path:
            yield from path_problems(f"{where}{word}", path, row, kinds=(str,), what="a text")
    if parent.where:
        yield from ((f"{where}where", text) for text in missing_members(parent.where, row))
    if parent.running_path:
        yield from path_problems(f"{where}running", parent.running_path, row, kinds=(list,), what="a list")
    if parent.differs:
        yield from ((f"{where}differs", text) for text in missing_members(parent.differs, row))


def _errors(parent: Parents, where: str, below: OperationModel | Problem) -> Iterator[Problem]:
    if isinstance(below, tuple):
        return
    codes = [shape.error_code for shape in below.error_shapes if isinstance(shape, StructureShape)]
    for code in parent.not_found:
        # Some models list no errors at all.
        if codes and code not in codes:
            yield (
                f"{where}not_found",
                f"{code} is no error of {below.name}; it has: {', '.join(map(str, codes))}",
            )
