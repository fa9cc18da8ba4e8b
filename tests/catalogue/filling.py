"""Fills every member of a shape of botocore's with a value that no other member has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
# Far enough apart that no row of one member comes near the next member's.
_BETWEEN_MEMBERS: Final = 10_007
_BETWEEN_ROWS: Final = 7
_DEEPEST: Final = 9
_SHORTEST: Final = 6
_SHORTEST_ID: Final = 40
_OK: Final = 200

Instead = Mapping[str, Callable[[tuple[int, ...]], Any]]
"""Values for some paths, made from the positions in the lists above them."""


class Filler:
    """Fills rows and answers of one source.

    A value follows from the member's path and the row's number alone, so that a job's row and the answer to a look at
    it agree wherever they have a member in common, as those of a real service do. ``counters`` are numbered first:
    they stay below 100, so that a percentage among them is one. ``moments`` are members that are times and not
    written as such, with how they are (``epoch``, ``epoch_ms`` or ``text``). ``wanted`` decides between the members of
    a union. ``ids`` differ from row to row whatever their kind, and are long enough for any request.
    """

    def __init__(
        self,
        wanted: Collection[str],
        counters: Collection[str] = (),
        moments: Mapping[str, str] | None = None,
        ids: Collection[str] = (),
    ) -> None:
        self._wanted = wanted
        self._counters = counters
        self._moments = moments or {}
        self._ids = ids
        self._members: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        for path in counters:
            self._numbers.setdefault(path, len(self._numbers) + 1)

    def fill(self, shape: Shape, row: int, path: str = "", instead: Instead | None = None) -> Any:
        """A value of the shape with all its members, but those below themselves. ``row`` is the row's number."""
        return self._fill(shape, row, path, instead or {}, (), ())

    def _fill(
        self,
        shape: Shape,
        row: int,
        path: str,
        instead: Instead,
        elements: tuple[int, ...],
        above: tuple[str, ...],
    ) -> Any:
        if path in instead:
            return instead[path](elements)
        if isinstance(shape, StructureShape):
            return self._structure(shape, row, path, instead, elements, above)
        if isinstance(shape, ListShape):
            # Two elements tell the first from the last; deeper down one has to do, or answers grow beyond measure.
            count = 2 if not elements else 1
            found = [
                self._fill(shape.member, row, f"{path}[]", instead, (*elements, number), above)
                for number in range(count)
            ]
            return [one for one in found if one is not None]
        if isinstance(shape, MapShape):
            keys = getattr(shape.key, "enum", []) or [f"key-{self._member(path)}-{row}"]
            inside = {key: f"{path}.{key}" if len(keys) > 1 else f"{path}{{}}" for key in keys}
            values = {
                key: self._fill(shape.value, row, inside[key], instead, elements, above) for key in keys
            }
            return {key: value for key, value in values.items() if value is not None}
        return self._leaf(shape, row, path, elements)

    def _structure(
        self,
        shape: StructureShape,
        row: int,
        path: str,
        instead: Instead,
        elements: tuple[int, ...],
        above: tuple[str, ...],
    ) -> Any:
        if shape.is_document_type:
            return {"document": f"{path}-{row}"}
        above = (*above, shape.name)
        filled: dict[str, Any] = {}
        for name, member in shape.members.items():
            inside = f"{path}.{name}" if path else name
            if not _belongs(member) or (
                inside not in instead and (member.name in above or len(above) > _DEEPEST)
            ):
                continue
            if shape.is_tagged_union and not self._chosen(shape, name, path, instead):
                continue
            if member.serialization.get("location") == "statusCode":
                filled[name] = _OK
                continue
            value = self._fill(member, row, inside, instead, elements, above)
            if value is not None:
                filled[name] = value
        return filled

    def _chosen(self, union: StructureShape, name: str, path: str, instead: Instead) -> bool:
        needed = [*self._wanted, *instead]
        for one in union.members:
            inside = f"{path}.{one}" if path else one
            if any(each == inside or each.startswith((f"{inside}.", f"{inside}[")) for each in needed):
                return one == name
        return name == next(iter(union.members))

    def _leaf(self, shape: Shape, row: int, path: str, elements: tuple[int, ...]) -> Any:
        number = self._member(path) * (1 + sum(elements))
        at = BEGIN + timedelta(seconds=number * _BETWEEN_MEMBERS + row * _BETWEEN_ROWS + sum(elements))
        kind = shape.type_name
        if kind == "timestamp":
            return at
        if path in self._moments:
            return _written(at, self._moments[path], kind)
        if isinstance(shape, StringShape) and shape.enum:
            return shape.enum[(number + row) % len(shape.enum)]
        label = path
        for element in elements:
            label = label.replace("[]", f".{element}", 1)
        text = f"{label or 'id'}-{row}".replace("{}", "")
        if path.lower().endswith("arn"):
            text = f"arn:aws:{text.replace('.', ':')}/{row}"
        if kind in {"string", "character"}:
            if path in self._counters:
                return str(3 * self._number_of(path) + row % 3)
            least = _SHORTEST_ID if path in self._ids else _SHORTEST
            return text.ljust(max(least, shape.metadata.get("min", 0)), "x")
        if kind == "blob":
            return text.encode()
        if kind == "boolean":
            return True
        return self._number(shape, row, path, elements)

    def _number(self, shape: Shape, row: int, path: str, elements: tuple[int, ...]) -> int | float:
        # Counters stay small, for a share of a hundred; any other number may be an id, and is never another row's.
        value = 3 * self._number_of(path) + (row % 3 if path in self._counters else row) + sum(elements)
        if path in self._ids:
            return 1000 * value + row
        if shape.type_name in {"integer", "long"}:
            return value
        return float(value) if path in self._counters else value + 0.25

    def _number_of(self, path: str) -> int:
        return self._numbers.setdefault(path, len(self._numbers) + 1)

    def _member(self, path: str) -> int:
        return self._members.setdefault(path, len(self._members) + 1)


def shape_at(shape: Shape | None, path: str) -> Shape | None:
    """The shape at a path with ``[]`` or indices, in which a key of a map is a name too; None where there is none."""
    if path in {"", "@"}:
        return shape
    for step in path.split("."):
        name, _, index = step.partition("[")
        if isinstance(shape, MapShape):
            shape = shape.value
        else:
            members: Mapping[str, Shape] = shape.members if isinstance(shape, StructureShape) else {}
            shape = members.get(name)
        for _ in range(index.count("]")):
            shape = shape.member if isinstance(shape, ListShape) else None
    return shape


def _written(at: datetime, how: str, kind: str) -> Any:
    if how == "text":
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")
    seconds = int(at.timestamp()) * (1000 if how == "epoch_ms" else 1)
    return str(seconds) if kind == "string" else seconds


def _belongs(member: Shape) -> bool:
    """Whether a member is in the body of an answer or its headers: a stream is neither."""
    return (
        not member.serialization.get("streaming")
        and not member.serialization.get("eventstream")
        and not getattr(member, "eventstream", False)
    )
