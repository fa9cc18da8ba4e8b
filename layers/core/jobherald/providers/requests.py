"""Builds the requests of list and describe operations from an entry of the catalogue and botocore's input shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from jobherald.catalog.source import Look as Described
from jobherald.catalog.source import Source
from jobherald.ports import Query
from jobherald.watch import Look


def list_request(source: Source, query: Query, token: str, shape: Shape | None) -> dict[str, Any]:
    """The request for one page: what the entry fixes, the page's size and token, and what the query can be asked for.

    A name that the service would refuse (too long, or of other characters than its names have) is left out: the
    answer is then wider, never narrower. ``shape`` is the operation's input.
    """
    request: dict[str, Any] = {}
    for member, value in source.parameters.items():
        put(request, member, value)
    if source.page_size_parameter:
        put(request, source.page_size_parameter, source.page_size)
    for word, member in source.filters.items():
        value = getattr(query, word)
        target = member_at(shape, member)
        if not value or (word == "name_contains" and not _fits(value, target)):
            continue
        if isinstance(value, datetime):
            value = _whole_seconds(value, upwards=word.endswith("_before"))
        put(request, member, [value] if isinstance(target, ListShape) else value)
    if token:
        put(request, source.token_input, token)
    return request


def look_request(described: Described, look: Look) -> dict[str, Any] | None:
    """The request for one job; None where the look lacks the id, name or parent that the operation takes."""
    name = look.name
    if not name and described.name_from_id and (match := re.search(described.name_from_id, look.id)):
        name = match[1]
    given = {"id": look.id, "name": name, "parent": look.place.parent}
    request: dict[str, Any] = {}
    for member, word in described.parameters.items():
        if not given[word]:
            return None
        put(request, member, given[word])
    return request


def put(request: dict[str, Any], member: str, value: Any) -> None:
    """Set a member of a request; dots lead into nested structures."""
    *above, last = member.split(".")
    for name in above:
        request = request.setdefault(name, {})
    request[last] = value


def member_at(shape: Shape | None, path: str) -> Shape | None:
    """The shape of a member; dots lead into structures and through lists. None where there is none."""
    for name in path.split("."):
        while isinstance(shape, ListShape):
            shape = shape.member
        members: Mapping[str, Shape] = shape.members if isinstance(shape, StructureShape) else {}
        shape = members.get(name.removesuffix("[]"))
    return shape


def _fits(value: str, shape: Shape | None) -> bool:
    limits = shape.metadata if shape is not None else {}
    if not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
        return False
    try:
        return re.fullmatch(limits.get("pattern", "(?s:.*)"), value) is not None
    except re.error:  # AWS writes some patterns in a dialect that Python does not read
        return False


def _whole_seconds(value: datetime, *, upwards: bool) -> datetime:
    """botocore cuts times to whole seconds; an upper limit that was cut would hide the jobs of its last second."""
    whole = value.replace(microsecond=0)
    return whole + timedelta(seconds=1) if upwards and value.microsecond else whole
