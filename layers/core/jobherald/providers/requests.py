"""Builds the requests of list and describe operations from an entry of the catalogue and botocore's input shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.model import ListShape, Shape, StringShape, StructureShape

from jobherald.catalog.source import Look as Described
from jobherald.catalog.source import Source
from jobherald.model import Place
from jobherald.ports import Query
from jobherald.watch import Look

_NO_WORDS: Final[Mapping[str, str]] = {}
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


def list_request(
    source: Source,
    query: Query,
    token: str,
    shape: Shape | None,
    *,
    given: Mapping[str, str] = _NO_WORDS,
    variant: Mapping[str, Any] = _NO_WORDS,
) -> dict[str, Any]:
    """The request for one page: what the entry fixes, the page's size and token, and what the query can be asked for.

    A name that the service would refuse (too long, or of other characters than its names have) is left out: the
    answer is then wider, never narrower. ``shape`` is the operation's input, ``given`` what the place puts where the
    entry has a word in braces, ``variant`` the parameters of a further list.
    """
    request: dict[str, Any] = {}
    for member, fixed in {**source.parameters, **variant}.items():
        put(request, member, filled(fixed, given))
    if source.page_size_parameter:
        put_page_size(request, source.page_size_parameter, source.page_size, shape)
    for word, member in source.filters.items():
        value: str | datetime | None = getattr(query, word) or (_BEGINNING if word in source.always else None)
        target = member_at(shape, member)
        if not value or (word == "name_contains" and not _fits(str(value), target)):
            continue
        if isinstance(value, datetime):
            value = _whole_seconds(value, upwards=word.endswith("_before"))
        if word in source.filter_forms:
            from jobherald.providers.forms import formed

            add(request, member, formed(source.filter_forms[word], value, target))
        else:
            put(request, member, [value] if isinstance(target, ListShape) else value)
    if token:
        put(request, source.token_input, token)
    return request


def look_request(
    source: Source, described: Described, look: Look, shape: Shape | None
) -> dict[str, Any] | None:
    """The request for one job; None where the look lacks the id, name or parent that the operation takes.

    ``shape`` is the operation's input: what takes a list is given one of one element.
    """
    name = look.name
    if described.name_from_id and (match := re.search(described.name_from_id, look.id)):
        # What people call the job may be something else.
        name = match[1]
    words = {"id": look.id, "name": name, **_words(source, look.place)}
    given = {f"{{{word}}}": value for word, value in words.items()}
    request: dict[str, Any] = {}
    for member, value in described.constants.items():
        put(request, member, value)
    for member, value in described.parameters.items():
        if isinstance(value, str) and value in words:
            if not words[value]:
                return None
            put(request, member, _as_taken(words[value], member_at(shape, member)))
        else:
            put(request, member, filled(value, given))
            if _names_nothing(value, given):
                return None
    return request


def put_page_size(request: dict[str, Any], member: str, size: int, shape: Shape | None) -> None:
    """Ask for so many rows. Some services, such as CloudFront, take the number as a text: ``shape`` says which."""
    sized = member_at(shape, member)
    put(request, member, str(size) if sized is not None and sized.type_name == "string" else size)


def _as_taken(word: str, target: Shape | None) -> Any:
    """A word as a member takes it: in a list, or as the number that it is."""
    if isinstance(target, ListShape):
        return [word]
    is_number = target is not None and target.type_name in {"integer", "long"} and word.isdecimal()
    return int(word) if is_number else word


def given_by(source: Source, place: Place) -> Mapping[str, str]:
    """What a place puts where an entry has a word in braces."""
    return {f"{{{word}}}": value for word, value in _words(source, place).items()}


def _words(source: Source, place: Place) -> dict[str, str]:
    top, above, parent = "", "", place.parent
    if source.parent is not None and source.parent.above is not None:
        from jobherald.catalog.nested import apart

        above, parent = apart(place.parent)
        if source.parent.above.above is not None:
            top, above = apart(above)
    return {"account": place.account, "parent": parent, "above": above, "top": top}


def filled(value: Any, given: Mapping[str, str]) -> Any:
    """The value with every text that is a word in braces, however deep, replaced by what it stands for."""
    if isinstance(value, str):
        return given.get(value, value)
    if isinstance(value, list):
        return [filled(one, given) for one in value]
    if isinstance(value, Mapping):
        return {name: filled(one, given) for name, one in value.items()}
    return value


def _names_nothing(value: Any, given: Mapping[str, str]) -> bool:
    """Whether a word in braces, however deep, stands for nothing."""
    if isinstance(value, str):
        return given.get(value) == ""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(_names_nothing(one, given) for one in inner)


def put(request: dict[str, Any], member: str, value: Any) -> None:
    """Set a member of a request; dots lead into nested structures."""
    *above, last = member.split(".")
    for name in above:
        request = request.setdefault(name, {})
    request[last] = value


def add(request: dict[str, Any], member: str, value: Any) -> None:
    """Set a member of a request; to a list that is there already a list is added."""
    *above, last = member.split(".")
    for name in above:
        request = request.setdefault(name, {})
    before = request.get(last)
    request[last] = [*before, *value] if isinstance(before, list) and isinstance(value, list) else value


def member_at(shape: Shape | None, path: str) -> Shape | None:
    """The shape of a member; dots lead into structures and through lists, ``[0]`` to an element. None where there is none."""
    for name in path.split("."):
        while isinstance(shape, ListShape):
            shape = shape.member
        members: Mapping[str, Shape] = shape.members if isinstance(shape, StructureShape) else {}
        shape = members.get(name.removesuffix("[0]").removesuffix("[]"))
        if name.endswith("[0]"):
            shape = shape.member if isinstance(shape, ListShape) else None
    return shape


def _fits(value: str, shape: Shape | None) -> bool:
    # What a list of filters is limited to is their number.
    shape = shape.member if isinstance(shape, ListShape) else shape
    limits = shape.metadata if isinstance(shape, StringShape) else {}
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
