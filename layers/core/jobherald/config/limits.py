"""What a source cannot do, so that a watch that could never see anything is refused when it is written."""

from __future__ import annotations

import re

import botocore.session
from botocore.model import Shape, StructureShape

from jobherald.catalog.source import Source
from jobherald.config.faults import shown
from jobherald.model import State


def states(source: Source) -> frozenset[State]:
    """The states that a job of this source can come into: those of its words, and those that we find ourselves."""
    ours = {State.GONE} if source.look else set()
    if source.counters and source.counters.failed:
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
    model = botocore.session.Session().get_service_model(source.client)
    shape: Shape | None = model.operation_model(source.operation).input_shape
    for step in member.split("."):
        if not isinstance(shape, StructureShape) or step not in shape.members:
            return ""
        shape = shape.members[step]
    longest = shape.metadata.get("max") if shape else None
    if longest and len(part) > longest:
        return f"{shown(part)} is longer than the {longest} characters that {source.operation} takes"
    pattern = shape.metadata.get("pattern") if shape else None
    if pattern and not re.fullmatch(pattern, part):
        return f"{shown(part)} can be in no name: {source.operation} takes only text like {pattern}"
    return ""
