"""Items in the order of a key: the table's own, or that of an index. Cheap to copy, since nothing in it is ever altered."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from faults.values import Item, Value, order

Key: TypeAlias = tuple[Any, ...]
"""An item's primary key, as what its values are compared by."""
Position: TypeAlias = tuple[Any, ...]
"""Where an item stands in its partition: by range key, then by primary key."""


class Schema(NamedTuple):
    """The keys of a view, and the attributes that it carries (None: all)."""

    hash: str
    range: str | None
    carried: frozenset[str] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.hash,) if self.range is None else (self.hash, self.range)


class Snapshot(NamedTuple):
    """A view at one moment."""

    rows: dict[Key, Item]
    partitions: dict[Any, tuple[Position, ...]]


class View:
    """Items by primary key, and the partitions of ``schema``. An item that lacks a key of it is not in the view."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._names = schema.names
        self._rows: dict[Key, Item] = {}
        self._partitions: dict[Any, tuple[Position, ...]] = {}

    def get(self, key: Key) -> Item | None:
        return self._rows.get(key)

    def put(self, key: Key, item: Item | None) -> None:
        """Take this item in place of the one with this key; None removes it."""
        before = self._rows.get(key)
        if before is not None and item is not None and self._stays(before, item):
            self._rows[key] = item
            return
        was = None if before is None else self._place(key, before)
        now = None if item is None else self._place(key, item)
        if now is not None:
            assert item is not None
            self._rows[key] = item
        elif before is not None:
            del self._rows[key]
        if was == now:
            return
        if was is not None:
            partition = list(self._partitions[was[0]])
            del partition[bisect_left(partition, was[1])]
            self._set(was[0], partition)
        if now is not None:
            partition = list(self._partitions.get(now[0], ()))
            insort(partition, now[1])
            self._set(now[0], partition)

    def items(self) -> Iterator[tuple[Key, Item]]:
        """All there is, in no order."""
        return iter(self._rows.items())

    def partition(self, hash_key: Value) -> tuple[Position, ...]:
        """Where the items with this hash key stand, in order."""
        return self._partitions.get(order(hash_key), ())

    def at(self, position: Position) -> Item:
        """What stands there, with all its attributes."""
        return self._rows[position[1:]]

    def carried(self, item: Item) -> dict[str, Value]:
        """What the view shows of an item."""
        if self.schema.carried is None:
            return dict(item)
        return {name: value for name, value in item.items() if name in self.schema.carried}

    def snapshot(self) -> Snapshot:
        return Snapshot(dict(self._rows), dict(self._partitions))

    def restore(self, snapshot: Snapshot) -> None:
        self._rows, self._partitions = dict(snapshot.rows), dict(snapshot.partitions)

    def position(self, key: Key, item: Mapping[str, Value]) -> Position:
        """Where an item with these keys stands, or would."""
        name = self.schema.range
        return (None if name is None else order(item[name]), *key)

    def _stays(self, before: Item, item: Item) -> bool:
        """Whether these two stand in the same place, which nearly all do that are written again."""
        return all(before[name] == item.get(name) for name in self._names)

    def _place(self, key: Key, item: Item) -> tuple[Any, Position] | None:
        schema = self.schema
        if schema.hash not in item or (schema.range is not None and schema.range not in item):
            return None
        return order(item[schema.hash]), self.position(key, item)

    def _set(self, hash_key: Any, partition: list[Position]) -> None:
        if partition:
            self._partitions[hash_key] = tuple(partition)
        else:
            del self._partitions[hash_key]


def span(partition: tuple[Position, ...], operator: str, bounds: list[Any]) -> tuple[int, int]:
    """From where to where a condition on the range key holds; ``operator`` as in a KeyConditionExpression."""
    first = bounds[0]
    by_range: Callable[[Position], Any] = _range_of
    if operator == "begins_with":
        size = len(first)
        return (
            bisect_left(partition, first, key=by_range),
            bisect_right(partition, first, key=lambda position: position[0][:size]),
        )
    low, high = 0, len(partition)
    if operator in {"=", ">=", "BETWEEN"}:
        low = bisect_left(partition, first, key=by_range)
    if operator == ">":
        low = bisect_right(partition, first, key=by_range)
    if operator in {"=", "<=", "BETWEEN"}:
        high = bisect_right(partition, bounds[-1], key=by_range)
    if operator == "<":
        high = bisect_left(partition, first, key=by_range)
    return low, high


def _range_of(position: Position) -> Any:
    return position[0]
