"""Proves what an entry says of its list operation against botocore's model of the service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache
from typing import Final

import botocore.session
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

from jobherald.catalog import paths
from jobherald.catalog.source import Source
from jobherald.checks.shapes import missing_members, sample
from jobherald.model import State
from jobherald.ports import Query
from jobherald.providers.requests import list_request, member_at

# What is wrong with an entry: the member of the entry, and a sentence about it.
Problem = tuple[str, str]

_TIMES: Final = ("created_after", "created_before", "modified_after", "modified_before")
_PLACEHOLDERS: Final = {"account", "region", "id", "name"}
_SOME_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def session() -> botocore.session.Session:
    """The one botocore session of the checks: only its models are used."""
    return botocore.session.get_session()


@cache
def service_model(client: str) -> ServiceModel:
    """A service's model. Raises botocore's UnknownServiceError."""
    return session().get_service_model(client)


def row_shape(source: Source) -> Shape | None:
    """The shape of one row of the source's list."""
    output = service_model(source.client).operation_model(source.operation).output_shape
    shape = member_at(output, source.items)
    return shape.member if isinstance(shape, ListShape) else None


def operation(source: Source, name: str, member: str) -> OperationModel | Problem:
    """The operation's model, or why there is none."""
    try:
        model = service_model(source.client)
    except UnknownServiceError:
        return "client", f"{source.client!r} is no client of botocore{_close(source.client, _services())}"
    if name not in model.operation_names:
        return member, f"{name!r} is no operation of {source.client}{_close(name, model.operation_names)}"
    return model.operation_model(name)


def listing_problems(source: Source) -> Iterator[Problem]:
    """Everything that is wrong with an entry's list operation, each as a member and a sentence."""
    model = operation(source, source.operation, "operation")
    if isinstance(model, tuple):
        yield model
        return
    row = row_shape(source)
    if not isinstance(row, StructureShape):
        lists = [name for name, shape in _members(model.output_shape).items() if isinstance(shape, ListShape)]
        yield (
            "items",
            f"{source.items!r} is no list of structures in the answer; lists are: {', '.join(lists)}",
        )
        return
    yield from _paths(source, row)
    yield from _states(source, row)
    yield from _request(source, model)
    yield from _paging(source, model)
    yield from _advice(source, row)


def path_problems(
    member: str, path: str, shape: Shape | None, *, kinds: tuple[type, ...], what: str
) -> Iterator[Problem]:
    """Whether a path names only members that there are, and finds a value of the kind that is read there."""
    missing = missing_members(path, shape)
    yield from ((member, text) for text in missing)
    found = paths.find(path, sample(shape))
    if not missing and (not isinstance(found, kinds) or isinstance(found, bool)):
        yield member, f"{path} finds {type(found).__name__}; it must find {what}"


def _paths(source: Source, row: Shape) -> Iterator[Problem]:
    text: dict[str, str] = {
        "job.id": source.id_path,
        "job.status": source.status_path,
        "job.name": source.name_path,
        "job.reason": source.reason_path,
        "job.reason_code": source.reason_code_path,
        "job.output": source.output_path,
    }
    times = {
        "job.created": source.created_path,
        "job.modified": source.modified_path,
        "job.ended": source.ended_path,
    }
    numbers = {"job.run": source.run_path}
    if counters := source.counters:
        numbers |= {
            "progress.done": counters.done,
            "progress.failed": counters.failed,
            "progress.remaining": counters.remaining,
            "progress.total": counters.total,
        } | {f"progress.also.{name}": path for name, path in counters.also.items()}
        if counters.percent:
            percent: tuple[type, ...] = (int, float)
            yield from path_problems(
                "progress.percent", counters.percent, row, kinds=percent, what="a number"
            )
    readings: tuple[tuple[dict[str, str], tuple[type, ...], str], ...] = (
        (text, (str, int), "a text"),
        (times, (datetime,), "a time"),
        (numbers, (int,), "a whole number"),
    )
    for wanted, kinds, what in readings:
        for member, path in wanted.items():
            if path:
                yield from path_problems(member, path, row, kinds=kinds, what=what)


def _states(source: Source, row: Shape) -> Iterator[Problem]:
    words = enum_at(row, source.status_path)
    mapped = {*source.states, *source.ignored}
    if words:
        for word in words:
            if word not in mapped:
                yield (
                    "states",
                    f"{word} is mapped to no state; add it to one of {_states_of(State)}, or to ignored",
                )
        for word in sorted(mapped - set(words)):
            yield "states", f"{word} is no status of the service; it has: {', '.join(words)}"
    for word in sorted(set(source.states) & source.ignored):
        yield "ignored", f"{word} is mapped to {source.states[word]} too; a status is in one place"
    for word in sorted(source.fading - set(source.states)):
        yield "fading", f"{word} is mapped to no state; valid are: {', '.join(source.states)}"


def _request(source: Source, model: OperationModel) -> Iterator[Problem]:
    shape = model.input_shape
    asked = {f"filters.{word}": member for word, member in source.filters.items()}
    asked |= {f"parameters.{member}": member for member in source.parameters}
    asked |= {"token.input": source.token_input, "page_size.parameter": source.page_size_parameter}
    wrong = False
    for where, member in asked.items():
        if member and member_at(shape, member) is None:
            wrong = True
            yield where, f"{member} is no member of the request; it has: {', '.join(_members(shape))}"
    if wrong:
        return
    yield from _filters(source, shape)
    for member, value in source.parameters.items():
        enum = getattr(member_at(shape, member), "enum", [])
        if enum and value not in enum:
            yield f"parameters.{member}", f"is {value!r}; valid are: {', '.join(enum)}"
    query = Query(_SOME_TIME, _SOME_TIME, _SOME_TIME, _SOME_TIME, "name", next(iter(source.states), ""))
    if shape is not None:
        report = ParamValidator().validate(list_request(source, query, "token", shape), shape)
        if report.has_errors():
            yield "the entry", f"makes a request that {source.operation} refuses: {report.generate_report()}"


def _filters(source: Source, shape: Shape | None) -> Iterator[Problem]:
    for word, member in source.filters.items():
        target = member_at(shape, member)
        inner = target.member if isinstance(target, ListShape) else target
        kind = "timestamp" if word in _TIMES else "string"
        if inner is not None and inner.type_name != kind:
            yield f"filters.{word}", f"{member} is a {inner.type_name}; it must be a {kind}"
        enum = inner.enum if isinstance(inner, StringShape) else []
        if word == "status" and enum:
            for status, state in source.states.items():
                if state.is_open and status not in enum:
                    yield "filters.status", f"{member} does not take {status}; it takes: {', '.join(enum)}"
    for word, path in (("modified_after", source.modified_path), ("created_after", source.created_path)):
        if word in source.filters and not path:
            yield f"filters.{word}", f"needs job.{word.partition('_')[0]}, which this entry does not have"


def _paging(source: Source, model: OperationModel) -> Iterator[Problem]:
    if source.token_output:
        kinds = (str,)
        yield from path_problems(
            "token.output", source.token_output, model.output_shape, kinds=kinds, what="a text"
        )
    size = member_at(model.input_shape, source.page_size_parameter) if source.page_size_parameter else None
    if size is not None:
        low, high = size.metadata.get("min", 1), size.metadata.get("max", source.page_size)
        if not low <= source.page_size <= high:
            yield (
                "page_size.value",
                f"is {source.page_size}; {source.page_size_parameter} takes {low} to {high}",
            )
    for member, ours, theirs in _against_paginator(source):
        if ours != theirs:
            yield member, f"is {ours!r}; botocore's own paginator of {source.operation} has {theirs!r}"
    if not source.created_path and (source.newest_first or source.reusable_ids):
        yield "job.created", "is missing; newest_first and reusable_ids need it"
    order = source.parameters.get("SortOrder", "")
    if (
        source.newest_first
        and member_at(model.input_shape, "SortOrder")
        and not str(order).lower().startswith("desc")
    ):
        yield "parameters.SortOrder", f"is {order!r}; newest_first needs the descending order"


def _against_paginator(source: Source) -> Iterable[tuple[str, str, str]]:
    try:
        document = session().get_component("data_loader").load_service_model(source.client, "paginators-1")
    except DataNotFoundError:
        return []
    found = document["pagination"].get(source.operation)
    if not isinstance(found, dict):
        return []
    ours = {
        "token.input": (source.token_input, "input_token"),
        "token.output": (source.token_output, "output_token"),
        "page_size.parameter": (source.page_size_parameter, "limit_key"),
        "items": (source.items, "result_key"),
    }
    return [
        (member, value, found[key])
        for member, (value, key) in ours.items()
        if isinstance(found.get(key), str)
    ]


def _advice(source: Source, row: Shape) -> Iterator[Problem]:
    reached = {
        state for state in source.states.values() if state in {State.FAILED, State.STOPPED, State.PARTIAL}
    }
    if source.can_be_partial:
        reached.add(State.PARTIAL)
    for state in sorted({*reached, State.GONE} - set(source.advice)):
        yield f"advice.{state}", "is missing; say in a sentence or two what to do about it"
    codes = enum_at(row, source.reason_code_path)
    if codes:
        for code in codes:
            if code not in source.advice_by_code:
                yield f"advice_by_code.{code}", "is missing; say in a sentence what to do about it"
        for code in sorted(set(source.advice_by_code) - set(codes)):
            yield f"advice_by_code.{code}", f"is no code of the service; it has: {', '.join(codes)}"
    elif source.advice_by_code:
        yield "advice_by_code", "is for a job.reason_code whose values the service's model lists"
    try:
        source.console_path.format(**dict.fromkeys(_PLACEHOLDERS, "x"))
    except (KeyError, IndexError, ValueError):
        names = ", ".join(f"{{{name}}}" for name in sorted(_PLACEHOLDERS))
        yield "console.path", f"is {source.console_path!r}; valid placeholders are: {names}"


def enum_at(shape: Shape | None, path: str) -> list[str]:
    """The values that the model lists for a member; none where it lists none."""
    found = member_at(shape, path) if path else None
    return list(found.enum) if isinstance(found, StringShape) else []


def _members(shape: Shape | None) -> dict[str, Shape]:
    return dict(shape.members) if isinstance(shape, StructureShape) else {}


def _services() -> list[str]:
    return list(session().get_available_services())


def _close(name: str, valid: Iterable[str]) -> str:
    near = get_close_matches(name, list(valid), n=3, cutoff=0.5)
    return f"; near to it are: {', '.join(near)}" if near else ""


def _states_of(states: Iterable[State]) -> str:
    return ", ".join(state for state in states if state not in {State.GONE, State.UNKNOWN})
