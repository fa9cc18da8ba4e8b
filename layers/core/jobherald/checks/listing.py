"""Proves what an entry says of its list operation against botocore's model of the service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Final

import botocore.session
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

from jobherald.catalog import paths
from jobherald.catalog.source import Parents, Source
from jobherald.checks.itself import Problem, near
from jobherald.checks.shapes import missing_members, sample
from jobherald.model import State
from jobherald.ports import Query
from jobherald.providers.requests import list_request, member_at

_TIMES: Final = ("created_after", "created_before", "modified_after", "modified_before")
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
        return "client", f"{source.client!r} is no client of botocore{near(source.client, _services())}"
    if "/" in name:
        return (
            member,
            f"{name!r} is a method and a path; it must be an operation of botocore's {source.client}",
        )
    if name not in model.operation_names:
        return member, f"{name!r} is no operation of {source.client}{near(name, model.operation_names)}"
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
    yield from paging_problems("", source.client, source, model)
    yield from _order(source, model)
    yield from _codes(source, row)
    yield from _for_other_providers(source)


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


def request_problems(where: str, listed: Source | Parents, shape: Shape | None) -> Iterator[Problem]:
    """Whether the members that an entry sets in the request of a list are there."""
    asked = {f"parameters.{member}": member for member in listed.parameters}
    asked |= {"token.input": listed.token_input, "page_size.parameter": listed.page_size_parameter}
    if isinstance(listed, Source):
        asked |= {f"filters.{word}": member for word, member in listed.filters.items()}
    for name, member in asked.items():
        if member and member_at(shape, member) is None:
            yield where + name, f"{member} is no member of the request; it has: {', '.join(_members(shape))}"


def value_problems(where: str, listed: Source | Parents, shape: Shape | None) -> Iterator[Problem]:
    """Whether the values that an entry sets in the request of a list are among those that the model lists."""
    for member, value in listed.parameters.items():
        enum = getattr(member_at(shape, member), "enum", [])
        if enum and value not in enum:
            yield f"{where}parameters.{member}", f"is {value!r}; valid are: {', '.join(enum)}"


def _request(source: Source, model: OperationModel) -> Iterator[Problem]:
    shape = model.input_shape
    wrong = list(request_problems("", source, shape))
    yield from wrong
    if wrong:
        return
    yield from value_problems("", source, shape)
    yield from _filters(source, shape)
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


def paging_problems(
    where: str, client: str, listed: Source | Parents, model: OperationModel
) -> Iterator[Problem]:
    """Whether the pages of a list are walked as the service's model and botocore's own paginator have it."""
    if listed.token_output:
        yield from path_problems(
            f"{where}token.output", listed.token_output, model.output_shape, kinds=(str,), what="a text"
        )
    size = member_at(model.input_shape, listed.page_size_parameter) if listed.page_size_parameter else None
    if size is not None:
        low, high = size.metadata.get("min", 1), size.metadata.get("max", listed.page_size)
        if not low <= listed.page_size <= high:
            yield (
                f"{where}page_size.value",
                f"is {listed.page_size}; {listed.page_size_parameter} takes {low} to {high}",
            )
    for member, ours, theirs in _against_paginator(client, listed):
        if ours != theirs:
            yield (
                where + member,
                f"is {ours!r}; botocore's own paginator of {listed.operation} has {theirs!r}",
            )


def _against_paginator(client: str, listed: Source | Parents) -> Iterable[tuple[str, str, str]]:
    try:
        document = session().get_component("data_loader").load_service_model(client, "paginators-1")
    except DataNotFoundError:
        return []
    found = document["pagination"].get(listed.operation)
    if not isinstance(found, dict):
        return []
    ours = {
        "token.input": (listed.token_input, "input_token"),
        "token.output": (listed.token_output, "output_token"),
        "page_size.parameter": (listed.page_size_parameter, "limit_key"),
        "items": (listed.items, "result_key"),
    }
    return [
        (member, value, found[key])
        for member, (value, key) in ours.items()
        if isinstance(found.get(key), str)
    ]


def _order(source: Source, model: OperationModel) -> Iterator[Problem]:
    order = source.parameters.get("SortOrder", "")
    if (
        source.newest_first
        and member_at(model.input_shape, "SortOrder")
        and not str(order).lower().startswith("desc")
    ):
        yield "parameters.SortOrder", f"is {order!r}; newest_first needs the descending order"


def _codes(source: Source, row: Shape) -> Iterator[Problem]:
    codes = enum_at(row, source.reason_code_path)
    if codes:
        for code in codes:
            if code not in source.advice_by_code:
                yield f"advice_by_code.{code}", "is missing; say in a sentence what to do about it"
        for code in sorted(set(source.advice_by_code) - set(codes)):
            yield f"advice_by_code.{code}", f"is no code of the service; it has: {', '.join(codes)}"
    elif source.advice_by_code:
        yield "advice_by_code", "is for a job.reason_code whose values the service's model lists"


def _for_other_providers(source: Source) -> Iterator[Problem]:
    """What says of an API without a model what botocore's models say of this one."""
    given = {"row": source.row, "actions": source.actions, "variants": source.variants}
    for member, value in given.items():
        if value:
            yield member, "is for an API that no model describes; leave it out"


def enum_at(shape: Shape | None, path: str) -> list[str]:
    """The values that the model lists for a member; none where it lists none."""
    found = member_at(shape, path) if path else None
    return list(found.enum) if isinstance(found, StringShape) else []


def _members(shape: Shape | None) -> dict[str, Shape]:
    return dict(shape.members) if isinstance(shape, StructureShape) else {}


def _services() -> list[str]:
    return list(session().get_available_services())


def _states_of(states: Iterable[State]) -> str:
    return ", ".join(state for state in states if state not in {State.GONE, State.UNKNOWN})
