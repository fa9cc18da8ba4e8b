"""Counts what clients ask of AWS and what DynamoDB would bill for it, read off the calls themselves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from bench.units import Item, Table, get_units, query_units

Key: TypeAlias = tuple[tuple[str, str], ...]

_OK: Final = 300


@dataclass
class Tally:
    """What was asked for while it was open: calls by service and operation, DynamoDB's units."""

    calls: Counter[str] = field(default_factory=Counter)
    read_units: float = 0.0
    write_units: int = 0
    written: Counter[str] = field(default_factory=Counter)

    @property
    def requests(self) -> int:
        return self.calls.total()


@dataclass
class Answered:
    """One answer as it came: whose, its status, its headers and its body."""

    operation: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Meter:
    """Listens to the botocore sessions that it is attached to.

    ``table`` and ``schema`` are the one table that is metered; ``read`` gives the item under a key as it is now, empty
    where there is none.
    """

    def __init__(self, table: str, schema: Table, read: Callable[[Mapping[str, str]], Item]) -> None:
        self._table = table
        self._schema = schema
        self._read = read
        self._tally: Tally | None = None
        self._tape: list[Answered] | None = None

    def attach(self, session: Any) -> None:
        """Listen to every client that this session makes from now on."""
        session.register("before-call", self._before)
        session.register("after-call", self._after)

    @contextmanager
    def count(self) -> Iterator[Tally]:
        """Count what happens within the block."""
        self._tally = Tally()
        try:
            yield self._tally
        finally:
            self._tally = None

    @contextmanager
    def record(self) -> Iterator[list[Answered]]:
        """Keep every answer that comes within the block."""
        self._tape = []
        try:
            yield self._tape
        finally:
            self._tape = None

    # botocore takes anything but None for an answer, so neither may return one.

    def _before(self, *, model: Any, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        if self._tally is None:
            return
        self._tally.calls[f"{model.service_model.service_name}:{model.name}"] += 1
        if model.service_model.service_name == "dynamodb":
            request = json.loads(params["body"])
            context["bench"] = request, self._stored(_keys_written(model.name, request, self._schema.keys))

    def _after(
        self, *, model: Any, http_response: Any, parsed: Mapping[str, Any], context: dict[str, Any], **_: Any
    ) -> None:
        if self._tape is not None:
            answered = Answered(
                model.name, http_response.status_code, dict(http_response.headers), http_response.content
            )
            self._tape.append(answered)
        if self._tally is None or "bench" not in context:
            return
        request, before = context.pop("bench")
        refused = http_response.status_code >= _OK
        match model.name:
            case "UpdateItem" | "PutItem" | "BatchWriteItem":
                self._wrote(before, refused=refused)
            case "Query":
                self._queried(request, parsed)
            case "BatchGetItem":
                self._got(request)
            case other:
                raise NotImplementedError(f"nobody has said what {other} costs")

    def _wrote(self, before: Mapping[Key, Item], *, refused: bool) -> None:
        assert self._tally is not None
        after = self._stored(before)
        for key, old in before.items():
            stored = old or None
            units = (
                self._schema.refused_units(stored)
                if refused
                else self._schema.write_units(stored, after[key] or None)
            )
            self._tally.write_units += units
            self._tally.written[dict(key)["sk"].partition("#")[0]] += units

    def _queried(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        assert self._tally is not None
        # From the table's own items, so that it does not matter how faithfully the answer was projected.
        items: list[Item] = list(self._stored(self._key(item) for item in answer["Items"]).values())
        if name := request.get("IndexName"):
            index = self._schema.index(name)
            items = [entry for item in items if (entry := self._schema.entry(index, item)) is not None]
        self._tally.read_units += query_units(items, consistent=request.get("ConsistentRead", False))

    def _got(self, request: Mapping[str, Any]) -> None:
        assert self._tally is not None
        asked = request["RequestItems"][self._table]
        stored = self._stored(self._key(key) for key in asked["Keys"])
        items = [item or None for item in stored.values()]
        self._tally.read_units += get_units(items, consistent=asked.get("ConsistentRead", False))

    def _key(self, item: Mapping[str, Any]) -> Key:
        return tuple((name, item[name]["S"]) for name in self._schema.keys)

    def _stored(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """The items as they are now; empty where there is none."""
        return {key: self._read(dict(key)) for key in keys}


def _keys_written(operation: str, request: Mapping[str, Any], names: tuple[str, ...]) -> list[Key]:
    match operation:
        case "UpdateItem":
            rows = [request["Key"]]
        case "PutItem":
            rows = [request["Item"]]
        case "BatchWriteItem":
            rows = [put["PutRequest"]["Item"] for puts in request["RequestItems"].values() for put in puts]
        case _:
            rows = []
    return [tuple((name, row[name]["S"]) for name in names) for row in rows]
