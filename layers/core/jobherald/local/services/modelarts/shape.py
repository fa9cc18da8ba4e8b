"""Proves answers against the members that the reference pages have, as those of AWS are proved against botocore's."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from jobherald.local.services.modelarts.members import Member
from jobherald.local.services.shapes import FictionError

Tables = Mapping[str, Mapping[str, str]]

_SCALARS: Final[Mapping[str, tuple[type, ...]]] = {
    "String": (str,),
    "Integer": (int,),
    "Long": (int,),
    "Float": (float,),
    "Double": (float,),
    "Boolean": (bool,),
    "Object": (object,),
}
_ITEMS: Final = {"strings": "String", "integers": "Integer", "objects": "Object"}
_STRUCTURE: Final = re.compile(r"(\w+) object")
_STRUCTURES: Final = re.compile(r"Array of (\w+) objects")
_ARRAY: Final = re.compile(r"Array of (\w+)")
_NESTED_ARRAY: Final = re.compile(r"Array<(.+)>")
_MAP: Final = re.compile(r"Map<String, ?(.+)>")


def tables(members: Iterable[Member]) -> dict[str, dict[str, str]]:
    """The types of the members, by table and name."""
    found: dict[str, dict[str, str]] = {}
    for member in members:
        found.setdefault(member.table, {})[member.name] = member.type
    return found


class Shape:
    """The tables of one API page. ``options`` are the values that a member can have, by table and name."""

    def __init__(
        self,
        members: Iterable[Member],
        options: Mapping[tuple[str, str], Collection[Any]] | None = None,
    ) -> None:
        self.tables: Tables = tables(members)
        self._options = dict(options or {})

    def prove(self, value: Mapping[str, Any], table: str) -> None:
        """Raises FictionError if the API could not have answered this."""
        faults = list(self.violations(value, table))
        if faults:
            raise FictionError(f"ModelArts would never show this {table}: {'; '.join(faults[:5])}")

    def violations(self, value: object, table: str, path: str = "") -> Iterator[str]:
        """Every way in which ``value`` breaks its table: unknown members, other types, values that are no option.

        A member may be missing: no page says which cannot. A table that is not transcribed is not looked into.
        """
        if not isinstance(value, Mapping):
            yield f"{path or table}: {type(value).__name__} where the page has a {table}"
            return
        if table not in self.tables:
            return
        for name, member in value.items():
            where = f"{path}.{name}" if path else name
            kind = self.tables[table].get(name)
            if kind is None:
                yield f"{where}: the page has no such member in {table}"
                continue
            faults = list(self._of_type(member, kind, where))
            options = self._options.get((table, name))
            if not faults and options is not None and member not in options:
                faults.append(f"{where}: {member!r} is none of {', '.join(map(str, options))}")
            yield from faults

    def _of_type(self, value: object, kind: str, path: str) -> Iterator[str]:
        if kind in _SCALARS:
            if value is None or not _is(value, _SCALARS[kind]):
                yield f"{path}: {type(value).__name__} where the page has a {kind}"
        elif found := _STRUCTURE.fullmatch(kind):
            yield from self.violations(value, found[1], path)
        elif found := _MAP.fullmatch(kind):
            yield from self._map(value, found[1], path)
        elif found := _STRUCTURES.fullmatch(kind):
            yield from self._array(value, f"{found[1]} object", path)
        elif found := _ARRAY.fullmatch(kind):
            yield from self._array(value, _ITEMS[found[1]], path)
        elif found := _NESTED_ARRAY.fullmatch(kind):
            yield from self._array(value, found[1], path)
        else:
            yield f"{path}: type {kind} is not checked here"

    def _array(self, value: object, kind: str, path: str) -> Iterator[str]:
        if not isinstance(value, (list, tuple)):
            yield f"{path}: {type(value).__name__} where the page has an array"
            return
        for position, item in enumerate(value):
            yield from self._of_type(item, kind, f"{path}[{position}]")

    def _map(self, value: object, kind: str, path: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield f"{path}: {type(value).__name__} where the page has a map"
            return
        for key, item in value.items():
            yield from self._of_type(item, kind, f"{path}.{key}")


def _is(value: object, types: tuple[type, ...]) -> bool:
    """True is an int to Python, and no number to JSON."""
    return isinstance(value, types) and (not isinstance(value, bool) or bool in types or object in types)
