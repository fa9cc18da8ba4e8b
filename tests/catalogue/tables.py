"""The tables of what is expected of each source, written by hand from the documentation of its API.

They say the same as the entries of the catalogue in other words, by other people and for another reader, so that a
member that was mixed up in one of them shows. ``expected/README.md`` says how one is written.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from tests.catalogue.reading import Spec, paths_of

_T = TypeVar("_T")

FOLDER: Final = Path(__file__).parent / "expected"
ABSENT: Final = "-"
TIMES: Final = ("created", "modified", "ended")
TEXTS: Final = ("id", "name", "reason", "reason_code", "output")
ONLY_LOOKED_AT: Final = ("reason", "reason_code")
COUNTS: Final = ("done", "failed", "remaining", "total", "percent")


@dataclass(frozen=True)
class Parents:
    """A list of what the source's list has to be asked below."""

    list: str
    rows: str
    id: str
    client: str = ""
    asks: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """The operation that reads the rows of a list of ids: ``ids`` is the member of its request."""

    operation: str
    rows: str
    ids: str
    asks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """The operation that reads one job, and in ``paths`` what its answer has elsewhere than a row of the list."""

    operation: str
    item: str = ""
    client: str = ""
    asks: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, Spec] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """Where the work is counted: a path, or a list of paths that are added up."""

    done: Spec = ""
    failed: Spec = ""
    remaining: Spec = ""
    total: Spec = ""
    percent: Spec = ""
    also: Mapping[str, Spec] = field(default_factory=dict)

    @property
    def words(self) -> Sequence[str]:
        """The words of what is counted, and of the percentage."""
        return [*self.named, *(["percent"] if self.percent else [])]

    @property
    def named(self) -> dict[str, Spec]:
        """Every counter by its word, without the percentage."""
        own = {word: getattr(self, word) for word in COUNTS if word != "percent"}
        return {**{word: spec for word, spec in own.items() if spec}, **self.also}


@dataclass(frozen=True)
class Table:
    """What is expected of one source. The members are those of the README."""

    source: str
    client: str
    list: str
    rows: str
    id: Spec
    status: Spec
    states: Mapping[str, str]
    made: Mapping[str, str] = field(default_factory=dict)
    name: Spec = ""
    created: str = ""
    modified: str = ""
    ended: str = ""
    reason: Spec = ""
    reason_code: Spec = ""
    output: Spec = ""
    run: str | Mapping[str, int] = ""
    times: str = ""
    reusable: bool = False
    steps: bool = False
    fading: Sequence[str] = ()
    not_a_status: Sequence[str] = ()
    token: Sequence[str] = ()
    like: Mapping[str, str] = field(default_factory=dict)
    asks: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[str, Sequence[str]] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)
    parents: Sequence[Parents] = ()
    batch: Batch | None = None
    look: Look | None = None

    @property
    def status_paths(self) -> Sequence[str]:
        """The members that a status is made of, mostly one."""
        return (self.status,) if isinstance(self.status, str) else self.status

    @property
    def lists(self) -> int:
        """How many lists there are: one for each value of the member by which they differ."""
        return max(map(len, self.variants.values()), default=1)

    @property
    def specs(self) -> dict[str, Spec]:
        """Where a row of the list says what, by our words; without status and counters."""
        found = {word: getattr(self, word) for word in (*TEXTS, *TIMES, "run")}
        return {word: spec for word, spec in found.items() if spec and not isinstance(spec, Mapping)}

    @property
    def counters(self) -> Sequence[str]:
        """The paths of all counters, the percentage's first."""
        looked = [spec for word, spec in self.look.paths.items() if word in COUNTS] if self.look else []
        specs = [self.progress.percent, *self.progress.named.values(), *looked]
        return [path for spec in specs if spec for path in paths_of(spec)]

    @property
    def wanted(self) -> frozenset[str]:
        """Every path that is read in a row or in the answer to a look."""
        looked = self.look.paths.values() if self.look else ()
        specs = [*self.specs.values(), self.status, *looked]
        return frozenset([*self.counters, *(path for spec in specs for path in paths_of(spec))])

    def words(self, status: str) -> Sequence[str]:
        """The values of the members that a status is made of; ABSENT stands for none."""
        return [status] if isinstance(self.status, str) else status.split(" + ")

    def shown(self, status: str) -> Sequence[str]:
        """The words of which one is to be shown for a status."""
        return [self.made[status]] if status in self.made else self.words(status)


@cache
def tables() -> dict[str, Table]:
    """Every table, by its source. Raises ValueError where one cannot be read."""
    return {table.source: table for file in sorted(FOLDER.glob("*.toml")) for table in _tables_in(file)}


def _tables_in(file: Path) -> Iterator[Table]:
    for source, members in tomllib.loads(file.read_text(encoding="utf-8")).items():
        where = f"expected/{file.name}: {source}"
        if source.partition(".")[0] != file.stem:
            raise ValueError(f"{where}: belongs into {source.partition('.')[0]}.toml")
        yield table(where, source, dict(members))


def table(where: str, source: str, members: dict[str, Any]) -> Table:
    members.setdefault("client", source.partition(".")[0].replace("_", "-"))
    if "progress" in members:
        members["progress"] = _made(Progress, f"{where}: progress", members["progress"])
    if "batch" in members:
        members["batch"] = _made(Batch, f"{where}: batch", members["batch"])
    if "look" in members:
        members["look"] = _look(f"{where}: look", members["look"])
    members["parents"] = tuple(
        _made(Parents, f"{where}: parents[{number}]", one)
        for number, one in enumerate(members.get("parents", ()))
    )
    return _made(Table, where, {**members, "source": source})


def _look(where: str, given: str | dict[str, Any]) -> Look:
    members = {"operation": given} if isinstance(given, str) else dict(given)
    words = (*TEXTS, *TIMES, *COUNTS, "run", "status")
    paths = {word: members.pop(word) for word in words if word in members}
    return _made(Look, where, {**members, "paths": paths})


def _made(kind: type[_T], where: str, members: Mapping[str, Any]) -> _T:
    known = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(set(members) - set(known)):
        raise ValueError(f"{where}: {', '.join(unknown)} is not known; valid are: {', '.join(known)}")
    missing = [
        name
        for name, one in known.items()
        if name not in members and one.default is MISSING and one.default_factory is MISSING
    ]
    if missing:
        raise ValueError(f"{where}: {', '.join(missing)} is missing")
    return kind(**members)
