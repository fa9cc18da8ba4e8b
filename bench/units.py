"""DynamoDB's own rules for what a call costs, since emulators make their figures up.

Sizes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
Units: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
Indexes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeAlias

Item: TypeAlias = Mapping[str, Any]
"""An item as the API has it: every value under the tag of its type."""

READ_BLOCK: Final = 4096
WRITE_BLOCK: Final = 1024
# Where an answer to Query ends: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
ANSWER: Final = 1_048_576


def item_size(item: Item) -> int:
    """Bytes of an item: the names of its attributes and their values."""
    return sum(_utf8(name) + value_size(value) for name, value in item.items())


def value_size(tagged: Mapping[str, Any]) -> int:
    """Bytes of one tagged value. Raises ValueError for a tag that DynamoDB does not have."""
    ((tag, value),) = tagged.items()
    match tag:
        case "S":
            return _utf8(value)
        case "N":
            return _number(value)
        case "B":
            return _binary(value)
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return sum(_utf8(member) for member in value)
        case "NS":
            return sum(_number(member) for member in value)
        case "BS":
            return sum(_binary(member) for member in value)
        case "L":
            return 3 + sum(1 + value_size(member) for member in value)
        case "M":
            return 3 + sum(1 + _utf8(name) + value_size(member) for name, member in value.items())
    raise ValueError(f"DynamoDB has no type {tag!r}")


@dataclass(frozen=True, slots=True)
class Index:
    """One global secondary index: its keys, and what it carries besides the keys (None: everything)."""

    name: str
    keys: tuple[str, ...]
    carries: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table's keys and indexes, as far as they decide what a call costs."""

    keys: tuple[str, ...]
    indexes: tuple[Index, ...] = ()

    def index(self, name: str) -> Index:
        """The index of that name. Raises KeyError."""
        for index in self.indexes:
            if index.name == name:
                return index
        raise KeyError(name)

    def entry(self, index: Index, item: Item | None) -> Item | None:
        """What an index holds of an item; None where the item lacks one of the index's keys."""
        if item is None or any(key not in item for key in index.keys):
            return None
        if index.carries is None:
            return item
        held = {*self.keys, *index.keys, *index.carries}
        return {name: value for name, value in item.items() if name in held}

    def write_units(self, before: Item | None, after: Item | None) -> int:
        """What one write costs, in the table and in every index that it changes."""
        return _blocks([before, after], WRITE_BLOCK) + sum(
            self._index_units(index, before, after) for index in self.indexes
        )

    def refused_units(self, stored: Item | None) -> int:
        """What a write costs whose condition did not hold: as much as its item, and no index."""
        return _blocks([stored], WRITE_BLOCK)

    def _index_units(self, index: Index, before: Item | None, after: Item | None) -> int:
        old, new = self.entry(index, before), self.entry(index, after)
        if old == new:
            return 0
        if old is None or new is None:
            return _blocks([old, new], WRITE_BLOCK)
        if any(old[key] != new[key] for key in index.keys):
            # The entry is deleted at its old place and put at its new one.
            return _blocks([old], WRITE_BLOCK) + _blocks([new], WRITE_BLOCK)
        return _blocks([old, new], WRITE_BLOCK)


def query_units(items: Iterable[Item], *, consistent: bool) -> float:
    """One answer to a Query: sizes are added up before they are rounded."""
    total = sum(item_size(item) for item in items)
    return max(1, _ceil(total, READ_BLOCK)) * (1.0 if consistent else 0.5)


def get_units(items: Sequence[Item | None], *, consistent: bool) -> float:
    """One answer to GetItem or BatchGetItem: each item is rounded by itself, and one that is not there costs too."""
    return sum(_blocks([item], READ_BLOCK) for item in items) * (1.0 if consistent else 0.5)


def answer_to_query(
    entries: Sequence[Item], request: Mapping[str, Any], keys: Sequence[str]
) -> dict[str, Any]:
    """What DynamoDB answers: as many entries as were asked for, or as make up a megabyte, and where to go on.

    ``keys`` are those of the table and of the index. One entry is always smaller than an answer.
    """
    start = 0
    if after := request.get("ExclusiveStartKey"):
        start = 1 + next(
            number for number, entry in enumerate(entries) if all(entry[key] == after[key] for key in keys)
        )
    size, end = 0, start
    for entry in entries[start : start + request.get("Limit", len(entries))]:
        size += item_size(entry)
        if size > ANSWER:
            break
        end += 1
    answer: dict[str, Any] = {"Items": entries[start:end], "Count": end - start}
    if end < len(entries) or end - start == request.get("Limit"):
        answer["LastEvaluatedKey"] = {name: entries[end - 1][name] for name in keys}
    return answer


def _blocks(items: Sequence[Item | None], block: int) -> int:
    return max(1, *(_ceil(item_size(item), block) if item is not None else 0 for item in items))


def _ceil(size: int, block: int) -> int:
    return -(-size // block)


def _number(text: str) -> int:
    """One byte for two significant digits, one more, and one for a minus sign; zeros at either end do not count."""
    digits = Decimal(text).normalize().as_tuple().digits
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


def _binary(value: bytes | str) -> int:
    """Of the bytes themselves, also where they are still in the base64 of the wire."""
    return len(b64decode(value) if isinstance(value, str) else value)


def _utf8(text: str) -> int:
    return len(text.encode("utf-8"))
