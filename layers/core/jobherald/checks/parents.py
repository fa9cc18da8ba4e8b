"""Proves what an entry says of what its list is asked below against botocore's model of the service."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from botocore.model import ListShape, OperationModel, Shape, StructureShape

from jobherald.catalog.source import Parents, Source
from jobherald.checks.itself import Problem, levels_of
from jobherald.checks.listing import (
    paging_problems,
    path_problems,
    request_problems,
    value_problems,
)
from jobherald.checks.models import SOME, denying, operation, refusal, service_model
from jobherald.checks.shapes import missing_members
from jobherald.providers.requests import filled, member_at, put, put_page_size

_PARENT = "{parent}"
_ABOVE = "{above}"
_TOP = "{top}"
_MOST_LEVELS = 3
# What an id can be, as the names of shapes say it at their end.
_KIND = re.compile(r"(?<=.)(Arn|Name|Id|Identifier)$", re.IGNORECASE)

# A word in braces, and the level whose id it stands for.
_Named = tuple[str, tuple[str, Parents]]


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
    models = [operation(source, source.operation, "operation")]
    for where, level in levels:
        models.append(operation(source, level.operation, f"{where}operation", level.client))
    for number, (where, level) in enumerate(levels):
        yield from _listed(source, level, where, model=models[number + 1], below=models[number])
        if number + 1 < len(levels) and not _has([level.parameters], _ABOVE):
            yield f"{where}parameters", f"name nothing above; one of them must be {_ABOVE!r}"
    if not any(isinstance(model, tuple) for model in models):
        yield from _kinds(source, levels)


def _kinds(source: Source, levels: Sequence[tuple[str, Parents]]) -> Iterator[Problem]:
    """Whether what each level is known by is of the kind that the requests below it take: a name is no ARN."""
    parameters = {name: value for one in (*source.variants, source.parameters) for name, value in one.items()}
    words = list(zip((_PARENT, _ABOVE, _TOP), levels, strict=False))
    calls: list[tuple[str, str, Mapping[str, Any], Iterable[_Named]]] = [
        (source.client, source.operation, parameters, words)
    ]
    if source.batch is not None:
        calls.append((source.client, source.batch.operation, source.batch.parameters, words))
    for number, (_, level) in enumerate(levels):
        over = zip((_ABOVE, _TOP), levels[number + 1 :], strict=False)
        calls.append((level.client or source.client, level.operation, level.parameters, over))
    found: dict[str, str] = {}
    for client, name, asked, named in calls:
        shape = service_model(client).operation_model(name).input_shape
        for word, (where, level) in named:
            for member in (member for member, value in asked.items() if value in (word, [word])):
                said = _other_kind(source, level, name, _element(member_at(shape, member)))
                if said:
                    found.setdefault(f"{where}id", said)
    yield from found.items()


def _element(shape: Shape | None) -> Shape | None:
    return shape.member if isinstance(shape, ListShape) else shape


def _other_kind(source: Source, level: Parents, asked: str, takes: Shape | None) -> str:
    """What an id's row has that is of the kind that a request takes, where the id itself is of another; else nothing.

    Only a name that says whose id it is, such as ``AnalyzerArn``, tells kinds apart: ``Name`` and ``__string`` are of all.
    """
    output = service_model(level.client or source.client).operation_model(level.operation).output_shape
    row = _element(member_at(output, level.items))
    given = member_at(row, level.id_path)
    if takes is None or given is None or not isinstance(row, StructureShape):
        return ""
    kind, ours = _KIND.search(takes.name), _KIND.search(given.name)
    if kind is None or (ours is not None and ours[1].casefold() == kind[1].casefold()):
        return ""
    others = [name for name, shape in row.members.items() if shape.name == takes.name]
    if len(others) != 1:
        return ""
    return f"{level.id_path} is {given.name}, and {asked} takes {takes.name}, which {others[0]} is"


def _listed(
    source: Source,
    parent: Parents,
    where: str,
    *,
    model: OperationModel | Problem,
    below: OperationModel | Problem,
) -> Iterator[Problem]:
    """Whether one level of parents can be listed as the entry says; ``below`` is the list that is asked below them."""
    if isinstance(model, tuple):
        yield model
        return
    yield from request_problems(where, parent, model.input_shape)
    yield from value_problems(where, parent, model.input_shape)
    yield from paging_problems(where, parent.client or source.client, parent, model)
    request: dict[str, Any] = {}
    for member, value in parent.parameters.items():
        put(request, member, filled(value, SOME))
    if parent.page_size_parameter:
        put_page_size(request, parent.page_size_parameter, parent.page_size, model.input_shape)
    is_last = parent.above or where.count("above") + 1 == _MOST_LEVELS
    remedy = "set it here" if is_last else f"set it here, or list below something: [source.{where}above]"
    if said := refusal(request, model.input_shape, remedy):
        yield f"{where}parameters", f"make a request that {parent.operation} refuses: {said}"
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
    yield from ((f"{where}not_found", said) for said in denying(parent.not_found))
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
