"""What a source cannot do, so that a watch that could never see anything is refused when it is written."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import botocore.session
from botocore.model import Shape, StructureShape

from jobherald.catalog.source import Source
from jobherald.config.faults import shown
from jobherald.model import State

# Ids of Huawei Cloud become a part of a path, which a slash or a dot would lead elsewhere.
_HUAWEI_ID: Final = r"[0-9A-Za-z_-]{1,64}"


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


def parents_fault(source: Source) -> str:
    """Why nothing can be named for this source to look below; empty where something can."""
    if source.parent is None:
        return f"{source.id} is listed whole, with nothing to look below; remove this key"
    return ""


def parent_fault(source: Source, parent: str) -> str:
    """Why this is no id of what the source is listed below; empty where it may be one."""
    return _id_fault(source, parent, source.parent.title if source.parent else "parent")


def jobs_fault(source: Source) -> str:
    """Why no job of this source can be named; empty where one can."""
    return (
        ""
        if source.look
        else f"{source.id} has no call for a single job, so none can be named; remove this key"
    )


def job_fault(source: Source, job: str) -> str:
    """Why this names no job; empty where it may. A job below a parent is named ``parent/id``."""
    if source.parent is None:
        pattern = source.look.name_from_id if source.look else ""
        if pattern and not re.search(pattern, job):
            return (
                f"{shown(job)} is no {source.title} id; write the service's own, which is text like {pattern}"
            )
        return _id_fault(source, job, source.title)
    parent, slash, job_id = job.partition("/")
    if not slash:
        title = source.parent.title
        return f'{shown(job)} does not say below which {title} it is; write "<{title} id>/<its own id>"'
    return parent_fault(source, parent) or _id_fault(source, job_id, source.title)


def _id_fault(source: Source, value: str, what: str) -> str:
    if source.provider == "huaweicloud":
        if not re.fullmatch(_HUAWEI_ID, value):
            return (
                f"{shown(value)} is no {what} id; write the id, of letters, digits, - and _, and not a name"
            )
    elif not value or not value.isprintable() or value != value.strip():
        return f"{shown(value)} is no {what} id; write it on one line, without blanks around it"
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
