"""What a source cannot do, so that a watch that could never see anything is refused when it is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

import botocore.session
from botocore.model import ListShape, Shape, StringShape, StructureShape

from jobherald.catalog.nested import apart, job_below
from jobherald.catalog.source import Source, levels
from jobherald.config.faults import shown
from jobherald.model import State

# Ids of Huawei Cloud become a part of a path, which a slash or a dot would lead elsewhere.
_HUAWEI_ID: Final = r"[0-9A-Za-z_-]{1,64}"


def states(source: Source) -> frozenset[State]:
    """The states that a job of this source can come into: those of its words, and those that we find ourselves."""
    ours = {State.GONE}
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
    if pattern and not _is_like(pattern, part):
        return f"{shown(part)} can be in no name: {source.operation} takes only text like {pattern}"
    return ""


def _is_like(pattern: str, part: str) -> bool:
    try:
        return re.fullmatch(pattern, part) is not None
    except re.error:  # AWS writes some patterns in a dialect that Python does not read
        return True


def parents_fault(source: Source) -> str:
    """Why nothing can be named for this source to look below; empty where something can."""
    if source.parent is None:
        return f"{source.id} is listed whole, with nothing to look below; remove this key"
    return ""


def parent_fault(source: Source, parent: str) -> str:
    """Why this is no id of what the source, which has such, is listed below; empty where it may be one."""
    titles = [level.title for level in levels(source)]
    if not _says_what_is_above(parent, len(titles)):
        said = f"{shown(parent)} does not say below which {' and '.join(titles[1:])} it is"
        return f'{said}; write "{_form(titles[1:])}/<its own id>"'
    return _id_fault(source, parent, titles[0])


def jobs_fault(source: Source) -> str:
    """Why no job of this source can be named; empty where one can."""
    return (
        ""
        if source.look
        else f"{source.id} has no call for a single job, so none can be named; remove this key"
    )


def job_fault(source: Source, job: str) -> str:
    """Why this names no job; empty where it may. A job below a parent is named as ``job_below`` reads it."""
    if source.parent is None:
        pattern = source.look.name_from_id if source.look else ""
        if pattern and not re.search(pattern, job):
            return (
                f"{shown(job)} is no {source.title} id; write the service's own, which is text like {pattern}"
            )
        return _id_fault(source, job, source.title)
    titles = [level.title for level in levels(source)]
    named = job_below(job, len(titles))
    if named is None:
        form = "/".join(filter(None, [_form(titles[1:]), f"<{titles[0]} id>"]))
        return f'{shown(job)} does not say below which {titles[0]} it is; write "{form}/<its own id>"'
    parent, job_id = named
    return parent_fault(source, parent) or _id_fault(source, job_id, source.title)


def _says_what_is_above(parent: str, count: int) -> bool:
    """Whether the id of a parent has that of each level; of a single one nothing is above."""
    if count == 1:
        return True
    above, own = apart(parent)
    return bool(above and own) and _says_what_is_above(above, count - 1)


def _form(above: Sequence[str]) -> str:
    """How the ids of what is above are written, by what people call it, the nearest first."""
    return "%2F".join(f"<{title} id>" for title in reversed(above))


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
    # What a list of filters is limited to is their number.
    shape = shape.member if isinstance(shape, ListShape) else shape
    if not isinstance(shape, StringShape):
        return 0, ""
    return shape.metadata.get("max", 0), shape.metadata.get("pattern", "")
