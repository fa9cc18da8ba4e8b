"""Proves what an entry says of its describe operation and its events against botocore's model of the service."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from botocore.model import OperationModel, Shape, StructureShape

from jobherald.catalog import events, paths
from jobherald.catalog.source import LOOKED_BY, Event, Look, Source
from jobherald.checks.itself import Problem, levels_of, row_paths
from jobherald.checks.listing import path_problems
from jobherald.checks.models import LONG, denying, operation, refusal, row_shape, service_model
from jobherald.checks.shapes import first_members, missing_members, sample
from jobherald.model import Place
from jobherald.providers.requests import look_request, member_at
from jobherald.watch import Look as Asked

# Without these an answer to a look says another thing than the row does.
_NEEDED: Final = frozenset({"job.status", "job.created", "job.modified"})
# How the errors are called that say that something does not exist.
_ABSENT: Final = re.compile(r"NotFound|NotExist|NoSuch|Unknown")
_ENVELOPE: Final = {
    "version": "0",
    "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "account": "111122223333",
    "time": "2026-01-01T00:00:00Z",
    "region": "us-east-1",
    "resources": ["arn:aws:service:us-east-1:111122223333:job/one"],
}


def look_problems(source: Source) -> Iterator[Problem]:
    """Everything that is wrong with how an entry reads one job; nothing where it does not."""
    look = source.look
    if look is None:
        return
    model = operation(source, look.operation, "look.operation", look.client)
    if isinstance(model, tuple):
        yield model
        return
    yield from _look_request(source, look, model)
    yield from _name(look)
    yield from _look_errors(look, model)
    yield from _look_members(source, look, model)


def event_problems(source: Source) -> Iterator[Problem]:
    """Everything that is wrong with an entry's events."""
    for number, event in enumerate(source.events):
        where = f"events[{number}]"
        if not (event.id or event.name):
            yield where, "names the job by nothing; it must have id or name"
        elif bool(source.parent) is not bool(event.parent):
            said = (
                "is missing; the job is listed below one"
                if source.parent
                else "is for a source with a parent"
            )
            yield f"{where}.parent", said
        elif event.detail_type != events.CALL and event.detail_type.casefold() == events.CALL.casefold():
            yield f"{where}.detail_type", f"is {event.detail_type!r}; it must be {events.CALL!r}"
        elif event.detail_type == events.CALL:
            yield from _api_call(source, event, where)
        else:
            yield from _state_change(source, event, where)


def overlapping(one: Event, other: Event) -> bool:
    """Whether some event would match both."""
    return (
        one.detail_type == other.detail_type
        and one.event_source == other.event_source
        and all(set(one.match[key]) & set(other.match[key]) for key in set(one.match) & set(other.match))
    )


def _look_request(source: Source, look: Look, model: OperationModel) -> Iterator[Problem]:
    shape = model.input_shape
    words = ", ".join(LOOKED_BY)
    if not look.parameters:
        yield "look.parameters", f"is missing; it must map members of the request to {words}"
        return
    for member, value in look.parameters.items():
        if member_at(shape, member) is None:
            valid = ", ".join(shape.members) if shape is not None else "none"
            yield f"look.parameters.{member}", f"is no member of the request; it has: {valid}"
        if isinstance(value, str) and value not in LOOKED_BY:
            yield f"look.parameters.{member}", f"is {value!r}; it must be one of {words}"
    for member in look.constants:
        if member_at(shape, member) is None:
            yield f"look.constants.{member}", f"is no member of the request of {look.operation}"
    said = repr(dict(look.parameters))
    levels = len(list(levels_of(source)))
    for word, level, member in (("above", 2, "parent.above"), ("top", 3, "parent.above.above")):
        if f"'{word}'" in said.replace("{", "").replace("}", "") and levels < level:
            yield "look.parameters", f"have {word}, and the entry has no {member}"
    told = member_at(row_shape(source), source.id_path)
    job = "7" if told is not None and told.type_name in {"integer", "long"} else LONG
    some = Asked(Place(source.id, "111122223333", "us-east-1", f"{LONG}%2F{LONG}/{LONG}"), id=job, name=LONG)
    # The name is given here: an expression that is none is found below, and must not break this.
    request = look_request(source, look._replace(name_from_id=""), some, shape)
    if said := refusal(request, shape, "set it here, or in look.constants if it is always the same"):
        yield "look.parameters", f"make a request that {look.operation} refuses: {said}"


def _name(look: Look) -> Iterator[Problem]:
    if look.name_from_id:
        try:
            groups = re.compile(look.name_from_id).groups
        except re.error as error:
            yield "look.name_from_id", f"is no regular expression: {error}"
        else:
            if groups != 1:
                yield "look.name_from_id", f"has {groups} groups; it must have one, which is the name"
    elif "name" in look.parameters.values():
        yield "look.name_from_id", "is missing; the operation takes a name, and a job is known by its id"


def _look_errors(look: Look, model: OperationModel) -> Iterator[Problem]:
    codes = [shape.error_code for shape in model.error_shapes if isinstance(shape, StructureShape)]
    if not look.not_found and not look.items.endswith("]"):
        yield "look.not_found", f"is missing; {look.operation} has: {', '.join(map(str, codes))}"
    yield from (("look.not_found", said) for said in denying(look.not_found))
    known = {*codes}
    if not any(map(_ABSENT.search, codes)):
        # An operation can answer with an error that its service's model has, and names for other operations alone.
        known |= {
            one.error_code for one in model.service_model.error_shapes if isinstance(one, StructureShape)
        }
    for code in look.not_found:
        # Some models list no errors at all.
        if codes and code not in known:
            yield (
                "look.not_found",
                f"{code} is no error of {look.operation}; it has: {', '.join(map(str, codes))}",
            )


def _look_members(source: Source, look: Look, model: OperationModel) -> Iterator[Problem]:
    row = row_shape(source)
    if not isinstance(row, StructureShape):
        return
    answer: Shape | None = member_at(model.output_shape, look.items) if look.items else model.output_shape
    if not isinstance(answer, StructureShape):
        yield "look.items", f"{look.items} is no structure in the answer of {look.operation}"
        return
    for member, path in look.members.items():
        if member not in row.members:
            yield f"look.members.{member}", f"is no member of a row; it has: {', '.join(row.members)}"
            continue
        missing = missing_members(path, answer)
        yield from ((f"look.members.{member}", text) for text in missing)
        found = None if missing else member_at(answer, path)
        if found is not None and found.type_name != row.members[member].type_name:
            yield (
                f"look.members.{member}",
                f"{path} is a {found.type_name}, not a {row.members[member].type_name}",
            )
    yield from _lacking(source, look, row, answer)
    for name, path in (("reason", look.reason_path), ("reason_code", look.reason_code_path)):
        if path:
            yield from path_problems(f"look.{name}", path, answer, kinds=(str,), what="a text")


def _lacking(source: Source, look: Look, row: StructureShape, answer: StructureShape) -> Iterator[Problem]:
    """Whether every member of a row is in the look's answer, or said to be nowhere in it."""
    read = {
        name: member for member, path in row_paths(source).items() for name in first_members(path) if path
    }
    for member in look.lacks:
        if member not in row.members:
            yield "look.lacks", f"{member} is no member of a row; it has: {', '.join(row.members)}"
        elif member in answer.members or member in look.members:
            yield "look.lacks", f"{member} is in the answer of {look.operation}; leave it out"
        elif member in read and read[member] in _NEEDED:
            yield "look.lacks", f"{member} is what {read[member]} reads; name its place in look.members"
        elif read.get(member) == "job.id" and not _asks_by_id(source, look):
            yield (
                "look.lacks",
                f"{member} is the job's id, which only a look that is asked by it can do without, and no event by a name",
            )
    for member in row.members:
        if member not in look.members and member not in answer.members and member not in look.lacks:
            said = f"is missing; a row has it, and the answer of {look.operation} does not"
            yield "look.members", f"{member} {said}. Where it has it nowhere, name it in look.lacks"


def _asks_by_id(source: Source, look: Look) -> bool:
    """Whether what is looked at is always known by its id, whatever the answer says."""
    by_id = any(value in ("id", "{id}") for value in look.parameters.values()) or "'{id}'" in repr(
        look.parameters
    )
    return by_id and all(event.id and not event.name for event in source.events)


def _api_call(source: Source, event: Event, where: str) -> Iterator[Problem]:
    name = service_model(source.client).signing_name
    expected = {"eventSource": (f"{name}.amazonaws.com",), "eventName": event.match.get("eventName", ())}
    if event.event_source != f"aws.{name}":
        yield (
            f"{where}.event_source",
            f"is {event.event_source!r}; the calls of {source.client} come from 'aws.{name}'",
        )
    if dict(event.match) != expected or not expected["eventName"]:
        yield f"{where}.match", f"must be eventSource = [{name}.amazonaws.com] and eventName = [operations]"
        return
    found: set[str] = set()
    for called in event.match["eventName"]:
        model = operation(source, called, f"{where}.match.eventName")
        if isinstance(model, tuple):
            yield model
            continue
        sent = _cloudtrail(event, called, model)
        named = {path for path in (event.id, event.name) if paths.text(path, sent)}
        found |= named
        if event.parent and not paths.text(event.parent, sent):
            yield f"{where}.parent", f"{event.parent} finds nothing in a call of {called}"
        elif not named:
            yield where, f"finds no job in a call of {called}; it has requestParameters: {_parameters(model)}"
        elif events.match(sent, [source]) is None:
            yield where, f"does not match a call of {called}"
    for path in sorted({event.id, event.name} - {""} - found):
        yield where, f"{path} finds nothing in a call of {', '.join(event.match['eventName'])}"


def _cloudtrail(event: Event, called: str, model: OperationModel) -> dict[str, Any]:
    """The event that CloudTrail would send for a call: members begin with a small letter there."""
    detail = {
        "eventSource": event.match["eventSource"][0],
        "eventName": called,
        "requestParameters": _small(sample(model.input_shape)),
        "responseElements": _small(sample(model.output_shape)),
    }
    return {**_ENVELOPE, "source": event.event_source, "detail-type": event.detail_type, "detail": detail}


def _state_change(source: Source, event: Event, where: str) -> Iterator[Problem]:
    detail: Mapping[str, Any] = {member: values[0] for member, values in event.match.items()}
    sent = {**_ENVELOPE, "source": event.event_source, "detail-type": event.detail_type, "detail": detail}
    for path in (event.id, event.name, event.parent):
        # No model lists what the detail of such an event holds; the rest of an event is the same everywhere.
        if path and "detail." not in path and not paths.text(path, sent):
            yield where, f"{path} finds nothing; an event has: {', '.join(sent)}"
    status = source.status_path.rpartition(".")[2]
    for word in event.match.get(status, ()):
        if word not in source.states:
            yield f"{where}.match.{status}", f"{word} is no status; valid are: {', '.join(source.states)}"


def _small(value: Any) -> Any:
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: _small(member) for name, member in value.items()}
    return [_small(member) for member in value] if isinstance(value, list) else value


def _parameters(model: OperationModel) -> str:
    return ", ".join(_small(sample(model.input_shape)) or ())
