"""Reads an entry of the catalogue from its one TOML file: a poll needs one service, and pays for no other."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, TypeVar

from jobherald.catalog.source import Batch, Counters, Event, Look, Parents, Source, Steps
from jobherald.errors import ConfigError
from jobherald.model import State

_T = TypeVar("_T")

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_KINDS: Final = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    list: "a list",
    dict: "a table",
}
OWN: Final = "own"
"""The folder of entries that people added for themselves, which can be of any provider."""
OWN_REMEDY: Final = "Write this file anew with `jobherald template --config FILE`, or delete it."
"""What to do about one of them that is wrong: somebody's document is where it comes from."""

# An entry begins where a line is nothing but its header, so that one can be read without the others.
_HEADER: Final = "\n[[source]]\n"
_TIMES: Final = ("", "epoch", "epoch_ms", "text")
_COUNTED: Final = ("", "pages", "rows", "either")
_STATES: Final = tuple(state for state in State if state not in {State.GONE, State.UNKNOWN})


@cache
def load(source_id: str, *, own: bool = True) -> Source:
    """The source with this id; without ``own`` only if it is one that the catalogue is published with.

    Nothing else of the catalogue is read: neither other services, nor the other entries of its file. Raises ConfigError
    where the catalogue has none, or its entry cannot be read.
    """
    found = _shipped(source_id, own=own)
    if found is None:
        raise _no_such(source_id)
    return found


def _shipped(source_id: str, *, own: bool) -> Source | None:
    service = source_id.partition(".")[0]
    for folder in _folders() if service.isidentifier() else ():
        file = folder / f"{service}.toml"
        if not file.is_file() or (folder.name == OWN and not own):
            continue
        for entry in f"\n{file.read_text(encoding='utf-8')}".split(_HEADER)[1:]:
            if f'\nid = "{source_id}"\n' in f"\n{entry}":
                where = f"catalog/{folder.name}/{file.name}"
                (source,) = _parse_shipped(f"[[source]]\n{entry}", where, folder.name)
                return source
    return None


def _no_such(source_id: str) -> ConfigError:
    # What names sources builds on what reads them.
    from jobherald.catalog.selection import nearest

    near = nearest(source_id, (source.id for source in all_sources(own=False)))
    return ConfigError(f"There is no source {source_id!r} in the catalogue{near}")


def all_sources(*, own: bool = True) -> tuple[Source, ...]:
    """Every source of the catalogue, by id; without ``own`` only those that it is published with.

    Raises ConfigError where an entry cannot be read.
    """
    found = (
        source
        for provider, file in entry_files()
        if own or provider != OWN
        for source in _read(provider, file.name)
    )
    return tuple(sorted(found, key=lambda source: source.id))


def entry_files() -> Iterator[tuple[str, Traversable]]:
    """Each TOML file of the catalogue with its provider, which is the name of its folder; sorted."""
    for folder in _folders():
        for file in sorted(folder.iterdir(), key=lambda file: file.name):
            if file.name.endswith(".toml"):
                yield folder.name, file


def _folders() -> list[Traversable]:
    folders = (folder for folder in files("jobherald.catalog").iterdir() if folder.is_dir())
    return sorted(folders, key=lambda folder: folder.name)


def parse(text: str, file: str, provider: str) -> tuple[Source, ...]:
    """The entries of one TOML document; ``file`` is how errors name it.

    Raises ConfigError naming file, entry and member, and what would have been valid there.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: this is not TOML: {error}.") from error
    top = _Table(file, "", document)
    entries = top.tables("source")
    top.done()
    return tuple(_source(entry, provider) for entry in entries)


def _parse_shipped(text: str, file: str, provider: str) -> tuple[Source, ...]:
    try:
        return parse(text, file, provider)
    except ConfigError as error:
        if provider != OWN:
            raise
        raise ConfigError(f"{error} {OWN_REMEDY}") from error


def parse_entries(entries: Any, where: str) -> tuple[Source, ...]:
    """Entries of one's own, as they are in a document that was read; ``where`` is how errors name it.

    Raises ConfigError as ``parse`` does.
    """
    return tuple(_source(entry, OWN) for entry in _Table(where, "", {"source": entries}).tables("source"))


def _provider(operation: str) -> str:
    """The provider of an entry whose folder does not say it: AWS's operations have names, others a method and a path."""
    return "huaweicloud" if "/" in operation else "aws"


@cache
def _read(provider: str, name: str) -> tuple[Source, ...]:
    file = files("jobherald.catalog") / provider / name
    return _parse_shipped(file.read_text(encoding="utf-8"), f"catalog/{provider}/{name}", provider)


class _Table:
    """One TOML table that knows where it stands, and notices what nobody asked it for."""

    def __init__(self, where: str, path: str, data: Mapping[str, Any]) -> None:
        self._where = where
        self._path = path
        self._data = data
        self._known: list[str] = []

    def named(self, entry: str) -> None:
        """From here on errors name the entry, and members as seen from it."""
        self._where, self._path = f"{self._where}: {entry}", ""

    def wrong(self, name: str, text: str) -> ConfigError:
        return ConfigError(f"{self._where}: {self._path}{name}: {text}.")

    def take(self, name: str, kind: type[_T], default: _T | None = None) -> _T:
        """The member, or the default; without a default it has to be there. Raises ConfigError."""
        self._known.append(name)
        if name not in self._data:
            if default is None:
                raise self.wrong(name, f"is missing; it must be {_KINDS[kind]}")
            return default
        value = self._data[name]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong(name, f"is {value!r}; it must be {_KINDS[kind]}")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        return self.take(name, str, default)

    def one_of(self, name: str, valid: Sequence[str]) -> str:
        """The text, which is one of these; the first of them is the default."""
        value = self.text(name, valid[0])
        if value not in valid:
            raise self.wrong(name, f"is {value!r}; it must be one of {', '.join(filter(None, valid))}")
        return value

    def texts(self, name: str, default: list[str] | None = None) -> tuple[str, ...]:
        value = self.take(name, list, default)
        if not all(isinstance(one, str) for one in value):
            raise self.wrong(name, f"is {value!r}; it must be a list of texts")
        return tuple(value)

    def mapping(self, name: str) -> dict[str, str]:
        value = self.take(name, dict, {})
        for key, one in value.items():
            if not isinstance(one, str):
                raise self.wrong(f"{name}.{key}", f"is {one!r}; it must be a text")
        return value

    def words(self, name: str) -> dict[str, tuple[str, ...]]:
        table = self.table(name)
        found = {key: table.texts(key) for key in self._data[name]} if self.has(name) else {}
        table.done()
        return found

    def duration(self, name: str, default: str) -> float:
        value = self.text(name, default)
        match = _DURATION.fullmatch(value)
        if match is None:
            raise self.wrong(name, f"is {value!r}; it must be a duration such as 5m, 1.5s or 500ms")
        return float(match[1]) * _SECONDS[match[2]]

    def table(self, name: str) -> _Table:
        return _Table(self._where, f"{self._path}{name}.", self.take(name, dict, {}))

    def mappings(self, name: str) -> tuple[dict[str, Any], ...]:
        found = self.take(name, list, [])
        for number, one in enumerate(found):
            if not isinstance(one, dict):
                raise self.wrong(f"{name}[{number}]", f"is {one!r}; it must be a table")
        return tuple(found)

    def tables(self, name: str) -> list[_Table]:
        return [
            _Table(self._where, f"{self._path}{name}[{number}].", one)
            for number, one in enumerate(self.mappings(name))
        ]

    def has(self, name: str) -> bool:
        return name in self._data

    def done(self) -> None:
        """Everything that is valid here was asked for. Raises ConfigError where there is more."""
        for name in self._data:
            if name not in self._known:
                raise self.wrong(name, f"is not known here; valid are: {', '.join(self._known)}")


def _source(entry: _Table, provider: str) -> Source:
    source_id = entry.text("id")
    entry.named(source_id)
    job = entry.table("job")
    token = entry.table("token")
    page_size = entry.table("page_size")
    console = entry.table("console")
    source = Source(
        id=source_id,
        provider=_provider(entry.text("operation")) if provider == OWN else provider,
        title=entry.text("title"),
        client=entry.text("client"),
        operation=entry.text("operation"),
        items=entry.text("items"),
        id_path=job.text("id"),
        status_path=job.text("status"),
        name_path=job.text("name", ""),
        created_path=job.text("created", ""),
        modified_path=job.text("modified", ""),
        ended_path=job.text("ended", ""),
        reason_path=job.text("reason", ""),
        reason_code_path=job.text("reason_code", ""),
        run_path=job.text("run", ""),
        output_path=job.text("output", ""),
        states=_states(entry),
        look=_look(entry),
        reusable_ids=entry.take("reusable_ids", bool, default=False),
        token_input=token.text("input", ""),
        token_output=token.text("output", ""),
        token_counts=token.one_of("counts", _COUNTED),
        page_size_parameter=page_size.text("parameter", ""),
        page_size=page_size.take("value", int, 0),
        parameters=entry.take("parameters", dict, {}),
        variants=entry.mappings("variants"),
        parent=_parent(entry),
        row=entry.texts("row", []),
        created_doubt=entry.duration("created_doubt", "0s"),
        shorten=entry.texts("shorten", []),
        mask=entry.texts("mask", []),
        steps=_steps(entry),
        status_words=entry.mapping("status_words"),
        actions=entry.texts("actions", []),
        notes=entry.texts("notes", []),
        newest_first=entry.take("newest_first", bool, default=False),
        **_filters(entry),
        fading=frozenset(entry.texts("fading", [])),
        ignored=frozenset(entry.texts("ignored", [])),
        counters=_counters(entry),
        events=tuple(_event(event) for event in entry.tables("events")),
        console_path=console.text("path", ""),
        advice=_advice(entry),
        advice_by_code=entry.mapping("advice_by_code"),
        overlap=entry.duration("overlap", "5m"),
        pace=entry.duration("pace", "1s"),
        lister=entry.text("lister", ""),
        batch=_batch(entry),
        times=entry.one_of("times", _TIMES),
        resources=entry.mapping("resources"),
    )
    for table in (job, token, page_size, console, entry):
        table.done()
    return source


def _states(entry: _Table) -> dict[str, State]:
    found: dict[str, State] = {}
    for word, statuses in entry.words("states").items():
        if word not in _STATES:
            raise entry.wrong(f"states.{word}", f"is not a state; valid are: {', '.join(_STATES)}")
        for status in statuses:
            if status in found:
                raise entry.wrong(f"states.{word}", f"has {status}, which {found[status]} has already")
            found[status] = State(word)
    if not found:
        raise entry.wrong("states", "is missing; it must map every status of the service to a state")
    return found


def _advice(entry: _Table) -> dict[State, str]:
    found = entry.mapping("advice")
    for word in found:
        if word not in tuple(State):
            raise entry.wrong(f"advice.{word}", f"is not a state; valid are: {', '.join(State)}")
    return {State(word): text for word, text in found.items()}


def _look(entry: _Table) -> Look | None:
    table = entry.table("look")
    if not entry.has("look"):
        return None
    look = Look(
        operation=table.text("operation"),
        parameters=table.take("parameters", dict, {}),
        not_found=table.texts("not_found", []),
        not_found_message=table.text("not_found_message", ""),
        name_from_id=table.text("name_from_id", ""),
        members=table.mapping("members"),
        items=table.text("items", ""),
        constants=table.take("constants", dict, {}),
        client=table.text("client", ""),
        lacks=table.texts("lacks", []),
        reason_path=table.text("reason", ""),
        reason_code_path=table.text("reason_code", ""),
    )
    table.done()
    return look


def _filters(entry: _Table) -> dict[str, Any]:
    """A filter is a member of the request, or a table that says too what is put there, and whether always."""
    filters, forms, always = {}, {}, set()
    for word, given in entry.take("filters", dict, {}).items():
        if isinstance(given, str):
            filters[word] = given
            continue
        table = entry.table("filters").table(word)
        filters[word] = table.text("member")
        if table.has("value"):
            forms[word] = table.take("value", object)
        if table.take("always", bool, default=False):
            always.add(word)
        table.done()
    return {"filters": filters, "filter_forms": forms, "always": frozenset(always)}


def _batch(entry: _Table) -> Batch | None:
    table = entry.table("batch")
    if not entry.has("batch"):
        return None
    batch = Batch(
        operation=table.text("operation"),
        parameter=table.text("parameter"),
        size=table.take("size", int),
        items=table.text("items"),
        parameters=table.take("parameters", dict, {}),
    )
    table.done()
    return batch


def _parent(entry: _Table, member: str = "parent") -> Parents | None:
    table = entry.table(member)
    if not entry.has(member):
        return None
    token, page_size = table.table("token"), table.table("page_size")
    parent = Parents(
        title=table.text("title"),
        operation=table.text("operation"),
        items=table.text("items"),
        id_path=table.text("id"),
        name_path=table.text("name", ""),
        running_path=table.text("running", ""),
        differs=table.text("differs", ""),
        not_found=table.texts("not_found", []),
        parameters=table.take("parameters", dict, {}),
        token_input=token.text("input", ""),
        token_output=token.text("output", ""),
        token_counts=token.one_of("counts", _COUNTED),
        page_size_parameter=page_size.text("parameter", ""),
        page_size=page_size.take("value", int, 0),
        client=table.text("client", ""),
        where=table.text("where", ""),
        above=_parent(table, "above"),
    )
    for one in (token, page_size, table):
        one.done()
    return parent


def _steps(entry: _Table) -> Steps | None:
    table = entry.table("steps")
    if not entry.has("steps"):
        return None
    steps = Steps(
        items=table.text("items"),
        name=table.text("name"),
        status=table.text("status"),
        failed=table.texts("failed"),
        below=table.text("below", ""),
        code=table.text("code", ""),
        message=table.text("message", ""),
    )
    table.done()
    return steps


def _counters(entry: _Table) -> Counters | None:
    table = entry.table("progress")
    if not entry.has("progress"):
        return None
    counters = Counters(
        done=table.text("done", ""),
        failed=table.text("failed", ""),
        remaining=table.text("remaining", ""),
        total=table.text("total", ""),
        percent=table.text("percent", ""),
        also=table.mapping("also"),
        noun=table.text("noun", "done"),
    )
    table.done()
    return counters


def _event(table: _Table) -> Event:
    event = Event(
        detail_type=table.text("detail_type"),
        event_source=table.text("event_source"),
        match=table.words("match"),
        id=table.text("id", ""),
        name=table.text("name", ""),
        parent=table.text("parent", ""),
    )
    table.done()
    return event
