"""Proves what an entry says of its list operation against botocore's model of the service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from botocore.exceptions import DataNotFoundError
from botocore.model import ListShape, OperationModel, Shape, StringShape, StructureShape

from jobherald.catalog import paths
from jobherald.catalog.source import Batch, Parents, Source
from jobherald.checks.itself import Problem
from jobherald.checks.models import LONG, SOME, enum_at, operation, refusal, row_shape, session, words_at
from jobherald.checks.shapes import made_words, missing_members, sample
from jobherald.model import State
from jobherald.ports import Query
from jobherald.providers.requests import filled, list_request, member_at

_TIMES: Final = ("created_after", "created_before", "modified_after", "modified_before")
_TIMES_OF_ROWS: Final[Mapping[str, tuple[tuple[type, ...], str]]] = {
    "": ((datetime,), "a time; where it is a number or a text say so with times"),
    "epoch": ((int, float), "a number, since times is epoch"),
    "epoch_ms": ((int, float), "a number, since times is epoch_ms"),
    "text": ((str,), "a text, since times is text"),
}
_SOME_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)


def listing_problems(source: Source) -> Iterator[Problem]:
    """Everything that is wrong with an entry's list operation, each as a member and a sentence."""
    model = operation(source, source.operation, "operation")
    if isinstance(model, tuple):
        yield model
        return
    read, where = model, "items"
    if source.batch is not None:
        yield from _ids(source, model)
        batch = operation(source, source.batch.operation, "batch.operation")
        if isinstance(batch, tuple):
            yield batch
            return
        yield from _batch_request(source.batch, batch)
        read, where = batch, "batch.items"
    row = row_shape(source)
    if not isinstance(row, StructureShape):
        lists = [name for name, shape in _members(read.output_shape).items() if isinstance(shape, ListShape)]
        path = source.batch.items if source.batch else source.items
        yield (where, f"{path!r} is no list of structures in the answer; lists are: {', '.join(lists)}")
        return
    yield from _paths(source, row)
    yield from _states(source, row)
    yield from _request(source, model)
    yield from paging_problems("", source.client, source, model)
    yield from _order(source, model)
    yield from _codes(source, row)
    yield from _for_other_providers(source)


def _ids(source: Source, model: OperationModel) -> Iterator[Problem]:
    """Whether a list whose rows are read by a batch gives a list of texts."""
    missing = missing_members(source.items, model.output_shape)
    yield from (("items", text) for text in missing)
    found = paths.find(source.items, sample(model.output_shape))
    if not missing and not (isinstance(found, list) and all(isinstance(one, str) for one in found)):
        yield "items", f"{source.items} finds no list of texts; the batch takes ids"


def _batch_request(batch: Batch, model: OperationModel) -> Iterator[Problem]:
    shape = model.input_shape
    takes = member_at(shape, batch.parameter)
    if not isinstance(takes, ListShape):
        yield "batch.parameter", f"{batch.parameter} is no list in the request of {batch.operation}"
        return
    most = takes.metadata.get("max", batch.size)
    if batch.size > most:
        yield "batch.size", f"is {batch.size}; {batch.parameter} takes up to {most}"
    request = {**filled(batch.parameters, SOME), batch.parameter: [LONG]}
    if said := refusal(request, shape, "set it in batch.parameters"):
        yield "batch", f"makes a request that {batch.operation} refuses: {said}"


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
    yield from _id(source, row)
    text: dict[str, str] = {
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
        (times, *_TIMES_OF_ROWS[source.times]),
        (numbers, (int,), "a whole number"),
    )
    for wanted, kinds, what in readings:
        for member, path in wanted.items():
            if path:
                yield from path_problems(member, path, row, kinds=kinds, what=what)


def _id(source: Source, row: Shape) -> Iterator[Problem]:
    """An id is a text or a number, or a list of such parts; a time can be a part."""
    missing = missing_members(source.id_path, row)
    yield from (("job.id", text) for text in missing)
    found = paths.find(source.id_path, sample(row))
    parts = found if isinstance(found, list) else [found]
    kinds = (str, int, datetime) if isinstance(found, list) else (str, int)
    if not missing and not all(isinstance(part, kinds) for part in parts):
        yield (
            "job.id",
            f"{source.id_path} finds {type(found).__name__}; it must find a text, or a list of parts",
        )


def _states(source: Source, row: Shape) -> Iterator[Problem]:
    listed = words_at(row, source.status_path)
    words = list(dict.fromkeys([*listed, *sorted(made_words(source.status_path))]))
    mapped = {*source.states, *source.ignored}
    if left := [word for word in words if word not in mapped]:
        is_mapped, each = ("is", "it") if len(left) == 1 else ("are", "each")
        remedy = f"add {each} to one of {_states_of(State)}, or to ignored"
        yield "states", f"{', '.join(left)} {is_mapped} mapped to no state; {remedy}"
    if listed:
        for word in sorted(mapped - set(words)):
            yield "states", f"{word} is no status of the service; it has: {', '.join(words)}"
    elif isinstance(row, StructureShape):
        meant = [
            name
            for name, shape in row.members.items()
            if isinstance(shape, StringShape) and mapped.issubset(shape.enum)
        ]
        if len(meant) == 1 and source.status_path in row.members:
            said = f"{source.status_path} is a text of any kind, and {meant[0]} has all of these statuses"
            yield "job.status", f"{said}; did you mean {meant[0]}?"


def request_problems(where: str, listed: Source | Parents, shape: Shape | None) -> Iterator[Problem]:
    """Whether the members that an entry sets in the request of a list are there."""
    asked = {f"parameters.{member}": member for member in listed.parameters}
    if isinstance(listed, Source):
        asked |= {
            f"variants[{number}].{member}": member
            for number, one in enumerate(listed.variants)
            for member in one
        }
    asked |= {"token.input": listed.token_input, "page_size.parameter": listed.page_size_parameter}
    if isinstance(listed, Source):
        asked |= {f"filters.{word}": member for word, member in listed.filters.items()}
    for name, member in asked.items():
        if member and member_at(shape, member) is None:
            yield where + name, f"{member} is no member of the request; it has: {', '.join(_members(shape))}"


def value_problems(where: str, listed: Source | Parents, shape: Shape | None) -> Iterator[Problem]:
    """Whether the values that an entry sets in the request of a list are among those that the model lists."""
    sets = [("parameters", listed.parameters)]
    if isinstance(listed, Source):
        sets += [(f"variants[{number}]", one) for number, one in enumerate(listed.variants)]
    for name, parameters in sets:
        for member, value in parameters.items():
            target = member_at(shape, member)
            inner = target.member if isinstance(target, ListShape) else target
            enum = getattr(inner, "enum", [])
            for one in value if isinstance(value, list) else [value]:
                if enum and one not in enum and one not in SOME:
                    yield f"{where}{name}.{member}", f"is {one!r}; valid are: {', '.join(enum)}"


def _request(source: Source, model: OperationModel) -> Iterator[Problem]:
    shape = model.input_shape
    wrong = list(request_problems("", source, shape))
    yield from wrong
    if wrong:
        return
    yield from value_problems("", source, shape)
    yield from _filters(source, shape)
    query = Query(_SOME_TIME, _SOME_TIME, _SOME_TIME, _SOME_TIME, "name", next(iter(source.states), ""))
    remedy = (
        "set it in parameters"
        if source.parent
        else "set it in parameters, or list below a parent: [source.parent]"
    )
    # Some services take no token that is shorter than theirs are.
    token = LONG * 4 if source.token_input else ""
    for variant in ({}, *source.variants):
        request = list_request(source, query, token, shape, given=SOME, variant=variant)
        if said := refusal(request, shape, remedy):
            yield "the entry", f"makes a request that {source.operation} refuses: {said}"
            return


def _filters(source: Source, shape: Shape | None) -> Iterator[Problem]:
    for word, member in source.filters.items():
        if word in source.filter_forms:
            continue
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
        if ours not in (theirs, f"{theirs}[]"):
            said = f"is {ours!r}" if ours else "is missing"
            yield where + member, f"{said}; botocore's own paginator of {listed.operation} has {theirs!r}"


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
    if source.row:
        yield "row", "is for an API that no model describes; leave it out"


def _members(shape: Shape | None) -> dict[str, Shape]:
    return dict(shape.members) if isinstance(shape, StructureShape) else {}


def _states_of(states: Iterable[State]) -> str:
    return ", ".join(state for state in states if state not in {State.GONE, State.UNKNOWN})
