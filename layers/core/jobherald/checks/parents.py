"""Proves what an entry says of what its list is asked below against botocore's model of the service."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.model import ListShape, OperationModel, Shape, StructureShape

from jobherald.catalog.source import Parents, Source
from jobherald.checks.itself import Problem
from jobherald.checks.listing import (
    operation,
    paging_problems,
    path_problems,
    request_problems,
    value_problems,
)
from jobherald.checks.shapes import missing_members
from jobherald.providers.requests import member_at

_PARENT = "{parent}"


def parent_problems(source: Source) -> Iterator[Problem]:
    """Everything that is wrong with how an entry finds the parents of its list, and names one in its request."""
    named = [member for member, value in source.parameters.items() if value == _PARENT]
    parent = source.parent
    if parent is None:
        for member in named:
            yield f"parameters.{member}", f"is {_PARENT!r}, and the entry has no parent to put there"
        return
    if not named:
        yield "parameters", f"name no parent; one of them must be {_PARENT!r}"
    for member in named:
        if "." in member:
            yield (
                f"parameters.{member}",
                f"is {_PARENT!r} in a structure; only a member of the request itself can be it",
            )
    model = operation(source, parent.operation, "parent.operation")
    if isinstance(model, tuple):
        yield model
        return
    yield from request_problems("parent.", parent, model.input_shape)
    yield from value_problems("parent.", parent, model.input_shape)
    yield from paging_problems("parent.", source.client, parent, model)
    listed = member_at(model.output_shape, parent.items)
    if isinstance(listed, ListShape):
        yield from _paths(parent, listed.member)
    else:
        yield "parent.items", f"{parent.items!r} is no list in the answer of {parent.operation}"
    yield from _errors(source, parent)


def _paths(parent: Parents, row: Shape) -> Iterator[Problem]:
    for word, path in (("id", parent.id_path), ("name", parent.name_path)):
        if path:
            yield from path_problems(f"parent.{word}", path, row, kinds=(str,), what="a text")
    if parent.running_path:
        yield from path_problems("parent.running", parent.running_path, row, kinds=(list,), what="a list")
    if parent.differs:
        yield from (("parent.differs", text) for text in missing_members(parent.differs, row))


def _errors(source: Source, parent: Parents) -> Iterator[Problem]:
    model = operation(source, source.operation, "operation")
    errors = model.error_shapes if isinstance(model, OperationModel) else []
    codes = [shape.error_code for shape in errors if isinstance(shape, StructureShape)]
    for code in parent.not_found:
        if code not in codes:
            yield (
                "parent.not_found",
                f"{code} is no error of {source.operation}; it has: {', '.join(map(str, codes))}",
            )
