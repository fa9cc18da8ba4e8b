"""What a source cannot do, so that a watch that could never see anything is refused when it is written."""

from __future__ import annotations

import re
from functools import cache

import botocore.session
from botocore.model import Shape, StructureShape

from jobherald.catalog.source import Source
from jobherald.config.faults import shown
from jobherald.model import State


def states(source: Source) -> frozenset[State]:
    """The states that a job of this source can come into: those of its words, and those that we find ourselves."""
    ours = {State.GONE} if source.look else set()
    if source.can_be_partial:
        ours.add(State.PARTIAL)
    return frozenset(source.states.values()) | ours


def name_fault(source: Source, part: str) -> str:
    """Why no name can be chosen by this part of it; empty where it can.

    Where the service itself filters by name, the text must be what its API takes, as botocore's model has it.
    """
    if not source.name_path:
        return f"{source.id} has no names in its list, so nothing can be chosen by them; remove this key"
    member = source.filters.get("name_contains", "")
    if source.provider != "aws" or not member:
        return ""
    longest, pattern = _taken(source.client, source.operation, member)
    if longest and len(part) > longest:
        return f"{shown(part)} is longer than the {longest} characters that {source.operation} takes"
    if pattern and not re.fullmatch(pattern, part):
        return f"{shown(part)} can be in no name: {source.operation} takes only text like {pattern}"
    return ""


@cache
def _taken(client: str, operation: str, member: str) -> tuple[int, str]:
    """The longest text that a request's member takes, and its pattern; 0 and empty where the model sets none.

    Kept, since the schedule reads the document every minute and a service's model takes a tenth of a second.
    """
    model = botocore.session.Session().get_service_model(client)
    shape: Shape | None = model.operation_model(operation).input_shape
    for step in member.split("."):
        if not isinstance(shape, StructureShape) or step not in shape.members:
            return 0, ""
        shape = shape.members[step]
    return (shape.metadata.get("max", 0), shape.metadata.get("pattern", "")) if shape else (0, "")
