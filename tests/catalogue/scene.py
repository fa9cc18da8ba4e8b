"""What one source's service answers: made from botocore's model and the source's table, and from no entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from botocore.exceptions import DataNotFoundError
from botocore.model import ListShape, OperationModel, Shape, StringShape

from jobherald.checks.models import service_model, session
from tests.catalogue.filling import Filler, shape_at
from tests.catalogue.reading import Spec, counted_path, paths_of, put, read, text, texts
from tests.catalogue.tables import ABSENT, ONLY_LOOKED_AT, TIMES, Batch, Look, Parents, Table

ACCOUNT: Final = "111122223333"
UNHEARD_OF: Final = "never-heard-of"
PAGES: Final = 3
_EMPTY: Final = 1
"""The page that has no rows though another follows, as where a service filters after it cut its pages."""
_PARENTS_A_LIST: Final = 3
_ROWS_BELOW: Final = 100
_TOKENS: Final = (
    "NextToken", "nextToken", "Marker", "marker", "NextMarker", "PageToken", "pageToken", "NextPageToken",
    "nextPageToken", "PaginationToken", "StartingToken", "ExclusiveStartKey", "continuationToken",
)  # fmt: skip


class FictionError(Exception):
    """A request that no service would get, or a table that does not fit its service's model."""


@dataclass(frozen=True)
class Row:
    """One job as a row of the list has it. ``spared`` has nothing failed and nothing left over."""

    number: int
    status: str
    spared: bool
    value: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What an operation answers, and how its model has it."""

    client: str
    operation: str
    value: dict[str, Any]


@dataclass(frozen=True)
class _Line:
    """The ids of one thing that is listed below, outermost first."""

    ids: tuple[str, ...]
    row: Any


class Scene:
    """The service of one source: every operation that its table names, and nothing else.

    Below each parent lie other jobs. ``asked`` are the requests for the source's list without their tokens.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.asked: list[dict[str, Any]] = []
        self._filler = Filler(table.wanted, table.counters, self._moments(), paths_of(table.id))
        self._families = Filler(())
        self._rows: dict[tuple[str, ...], list[Row]] = {}
        self._lines: list[tuple[str, ...]] = []
        self._check()

    # ------------------------------------------------------------------ what there is

    def lines(self) -> list[tuple[str, ...]]:
        """The ids of every parent that can be looked below, each with those above it; one empty line without any."""
        if self._lines:
            return self._lines
        lines = [_Line((), None)]
        for depth, level in enumerate(self.table.parents):
            lines = [
                _Line((*line.ids, one), row)
                for number, line in enumerate(lines)
                for one, row in self._listed(level, depth, number)
                if all(read(path, row) in values for path, values in level.where.items())
            ]
        self._lines = [line.ids for line in lines]
        return self._lines

    def rows(self, line: tuple[str, ...]) -> list[Row]:
        """The jobs below a parent: one of each status, one whose status nobody knows, and the ones that were spared."""
        if line in self._rows:
            return self._rows[line]
        below = self.lines().index(line) * _ROWS_BELOW
        statuses = [(status, False) for status in (*self.table.states, self._unheard_of()) if status]
        left = any(paths for paths in (self.table.progress.failed, self.table.progress.remaining))
        statuses += [(one, True) for one, state in self.table.states.items() if left and state == "succeeded"]
        while len(statuses) < PAGES:
            statuses.append(statuses[0])
        self._rows[line] = [self._row(below + number, *one) for number, one in enumerate(statuses, 1)]
        return self._rows[line]

    # ------------------------------------------------------------------ what is answered

    def operations(self, client: str) -> Iterator[str]:
        """The operations of a client that may be called."""
        yield from (name[1] for name, _ in self._doors() if name[0] == client)

    def answer(self, client: str, operation: str, asked: Mapping[str, Any]) -> Answer:
        """The answer to a request. Raises FictionError where it asks for nothing that there is."""
        doors = [door for name, door in self._doors() if name == (client, operation)]
        refused: list[str] = []
        for door in doors:
            try:
                return Answer(client, operation, door(asked))
            except FictionError as error:
                refused.append(str(error))
        raise FictionError(f"{client} {operation} was asked {dict(asked)!r}: {'; '.join(refused)}")

    def _doors(self) -> list[tuple[tuple[str, str], Callable[[Mapping[str, Any]], dict[str, Any]]]]:
        table = self.table
        doors: list[tuple[tuple[str, str], Callable[[Mapping[str, Any]], dict[str, Any]]]] = []
        if table.batch:
            batch = table.batch
            doors.append(((table.client, batch.operation), lambda asked: self._batch(batch, asked)))
        if table.look:
            look = table.look
            doors.append(
                ((look.client or table.client, look.operation), lambda asked: self._look(look, asked))
            )
        for depth, level in enumerate(table.parents):
            doors.append(
                (
                    (level.client or table.client, level.list),
                    lambda asked, depth=depth, level=level: self._parents(level, depth, asked),  # type: ignore[misc]
                )
            )
        # The last, since a list that is asked for one job is a look.
        return [*doors, ((table.client, table.list), self._list)]

    def _list(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        table = self.table
        line = self._line(table.asks, asked, len(table.parents))
        token = token_of(table)
        self.asked.append({name: value for name, value in asked.items() if not token or name != token[0]})
        rows = self.rows(line)
        if table.look and {text(table.id, row.value) for row in rows} & set(texts(asked)):
            raise FictionError("it asks for one job, which is a look")
        values = [text(table.id, row.value) for row in rows] if table.batch else [row.value for row in rows]
        return self._page(table.client, table.list, table.rows, token, values, asked, self._filler)

    def _batch(self, batch: Batch, asked: Mapping[str, Any]) -> dict[str, Any]:
        self._line(batch.asks, asked, len(self.table.parents), named=bool(batch.asks))
        by_id = {text(self.table.id, row.value): row.value for rows in self._rows.values() for row in rows}
        ids = read(batch.ids, asked) or []
        if not ids or not set(ids) <= set(by_id):
            raise FictionError(f"there are {', '.join(by_id)}")
        # In no particular order, as most of these operations answer.
        values = [by_id[one] for one in reversed(ids)]
        model = _operation(self.table.client, batch.operation)
        return _answer(model, batch.rows, values, self._filler, 0)

    def _look(self, look: Look, asked: Mapping[str, Any]) -> dict[str, Any]:
        for line, rows in self._rows.items():
            for row in rows:
                if self._asks_for(look, line, row, asked):
                    return self.looked_at(row)
        raise FictionError(
            f"no job has what it names; it has to ask {dict(look.asks) or 'for the id or name'}"
        )

    def looked_at(self, row: Row) -> dict[str, Any]:
        """What the look's operation answers of a job."""
        look = self.table.look
        assert look is not None
        shape = _operation(look.client or self.table.client, look.operation).output_shape
        assert shape is not None
        if not look.item:
            return self._looked(shape, row)
        item = shape_at(shape, look.item)
        if item is None:
            raise FictionError(f"look.item: {look.operation} answers without {look.item}")
        job = self._looked(item, row)
        path = f"answer.{paths_of(look.item)[0]}"
        filled: dict[str, Any] = self._filler.fill(shape, row.number, "answer", {path: lambda _: job})
        if "[" in look.item:
            # One job was asked for, and one is there.
            above = look.item[: look.item.rindex("[")]
            put(above, filled, read(above, filled)[:1])
        return filled

    def _looked(self, shape: Shape, row: Row) -> dict[str, Any]:
        look = self.table.look
        assert look is not None
        job = self._job(shape, row.number, row.status, row.spared, look.paths)
        if "id" in look.paths:
            put(str(look.paths["id"]), job, text(self.table.id, row.value))
        return job

    def _parents(self, level: Parents, depth: int, asked: Mapping[str, Any]) -> dict[str, Any]:
        above = self._line(level.asks, asked, depth)
        number = self._lines_at(depth).index(above)
        rows = [row for _, row in self._listed(level, depth, number)]
        client = level.client or self.table.client
        token = _token(client, level.list, ())
        return self._page(client, level.list, level.rows, token, rows, asked, self._families)

    # ------------------------------------------------------------------ how it is made

    def _row(self, number: int, status: str, spared: bool) -> Row:
        shape = self.row_shape()
        return Row(number, status, spared, self._job(shape, number, status, spared, {}))

    def row_shape(self) -> Shape:
        """The shape of a row, whichever operation has it."""
        table = self.table
        operation, rows = (
            (table.batch.operation, table.batch.rows) if table.batch else (table.list, table.rows)
        )
        shape = shape_at(_operation(table.client, operation).output_shape, rows)
        if not isinstance(shape, ListShape):
            raise FictionError(f"{table.source}: {operation} has no list {rows!r} in its answer")
        return shape.member

    def _job(
        self, shape: Shape, number: int, status: str, spared: bool, elsewhere: Mapping[str, Spec]
    ) -> dict[str, Any]:
        value: dict[str, Any] = self._filler.fill(shape, number)
        where = elsewhere.get("status", self.table.status)
        paths = [where] if isinstance(where, str) else where
        for path, word in zip(paths, self.table.words(status), strict=True):
            self._set(shape, value, path, None if word == ABSENT else word)
        for path, form in self.table.like.items():
            if read(path, value) is not None:
                put(path, value, text(form, value))
        if spared:
            for which in ("failed", "remaining"):
                spec = elsewhere.get(which, getattr(self.table.progress, which))
                for path in [spec] if isinstance(spec, str) else spec:
                    plain = counted_path(path)
                    found = read(plain, value) if path else None
                    if found is not None:
                        put(plain, value, [] if plain != path else "0" if isinstance(found, str) else 0)
        return value

    def _set(self, shape: Shape, value: dict[str, Any], path: str, word: str | None) -> None:
        found = shape_at(shape, path)
        if found is None:
            raise FictionError(f"{self.table.source}: status: {shape.name} has no {path}")
        given: Any = word
        if word is not None and found.type_name in {"integer", "long"}:
            given = int(word)
        elif word is not None and found.type_name == "boolean":
            given = word == "true"
        elif word is not None and found.type_name == "timestamp":
            given = datetime.fromisoformat(word)
        put(path, value, given)
        if given is None:
            above, _, name = path.rpartition(".")
            del (read(above, value) if above else value)[name]

    def _page(
        self,
        client: str,
        operation: str,
        path: str,
        token: Sequence[str],
        rows: list[Any],
        asked: Mapping[str, Any],
        filler: Filler,
    ) -> dict[str, Any]:
        model = _operation(client, operation)
        if not token:
            return _answer(model, path, rows, filler, 0)
        into, out = token
        shape = shape_at(model.output_shape, out)
        taken = shape_at(model.input_shape, into)
        least = taken.metadata.get("min", 0) if taken is not None else 0
        tokens = [
            number
            if shape is not None and shape.type_name in {"integer", "long"}
            else f"page-{number}-token".ljust(least, "x")
            for number in range(1, PAGES + 1)
        ]
        given = read(into, asked)
        if given is not None and given not in tokens:
            raise FictionError(f"{given!r} is no token of any page")
        page = tokens.index(given) + 1 if given is not None else 0
        # The second page is an empty one; the rows are dealt out to the others.
        dealt = [rows[number::PAGES] for number in range(PAGES)]
        dealt.insert(_EMPTY, [])
        return _answer(
            model, path, dealt[page], filler, page, token=(out, tokens[page] if page < PAGES else None)
        )

    def _listed(self, level: Parents, depth: int, above: int) -> list[tuple[str, Any]]:
        shape = shape_at(_operation(level.client or self.table.client, level.list).output_shape, level.rows)
        if not isinstance(shape, ListShape):
            raise FictionError(f"{self.table.source}: {level.list} has no list {level.rows!r} in its answer")
        numbers = range(1 + 10 * above, 1 + 10 * above + _PARENTS_A_LIST)
        rows = [self._families.fill(shape.member, number, f"level{depth}") for number in numbers]
        for path, values in level.where.items():
            # All but the last can be looked below; what the last one says is as it comes.
            for nth, row in enumerate(rows[:-1]):
                put(path, row, values[nth % len(values)])
        return [(text(level.id, row), row) for row in rows]

    def _lines_at(self, depth: int) -> list[tuple[str, ...]]:
        """The lines down to a level, filtered as the levels above it are."""
        return list(dict.fromkeys(line[:depth] for line in self.lines()))

    def _line(
        self, asks: Mapping[str, str], asked: Mapping[str, Any], depth: int, *, named: bool = True
    ) -> tuple[str, ...]:
        """Below what a request asks; which it has to name where that is not left to the ids in it."""
        lines = self._lines_at(depth)
        given = set(texts(asked))
        for line in lines:
            # A table that says what is asked for says too whether what is above has to be named.
            needed = line[-1:] if asks else line
            if (set(needed) <= given or not named) and _holds(asks, asked, _words(line)):
                return line
        raise FictionError(f"it has to name one of {lines}, as {dict(asks)}")

    def _asks_for(self, look: Look, line: tuple[str, ...], row: Row, asked: Mapping[str, Any]) -> bool:
        names = {"id": text(self.table.id, row.value), "name": text(self.table.name, row.value)}
        if look.asks:
            members = {word: text(word, row.value) for word in look.asks.values() if word.startswith("{")}
            return _holds(look.asks, asked, {**_words(line), **names, **members})
        given = set(texts(asked))
        return set(line) <= given and any(one and one in given for one in names.values())

    def _unheard_of(self) -> str:
        """A status that is in no table; none where the statuses are no texts."""
        shape = shape_at(self.row_shape(), self.table.status_paths[0])
        if isinstance(shape, StringShape) and len(self.table.status_paths) == 1:
            return UNHEARD_OF
        return ""

    def _moments(self) -> dict[str, str]:
        found = {}
        shapes = [self.row_shape()]
        if look := self.table.look:
            whole = _operation(look.client or self.table.client, look.operation).output_shape
            item = shape_at(whole, look.item)
            shapes += [item] if item is not None else []
        for shape in shapes:
            specs = {**self.table.specs, **(look.paths if look and shape is shapes[-1] else {})}
            for word in TIMES:
                path = specs.get(word)
                member = shape_at(shape, str(path)) if path else None
                if member is not None and member.type_name != "timestamp":
                    by_kind = "text" if member.type_name == "string" else "epoch_ms"
                    found[paths_of(str(path))[0]] = self.table.times or by_kind
        return found

    def _check(self) -> None:
        """Whether what the table reads is there, and every status that the model lists is in it."""
        table, shape = self.table, self.row_shape()
        for word, spec in [*table.specs.items(), *table.progress.named.items(), ("status", table.status)]:
            for path in paths_of(spec):
                if shape_at(shape, path) is None:
                    raise FictionError(f"{table.source}: {word}: a row ({shape.name}) has no {path}")
        known_words = {*table.specs, *table.progress.words, "status", *ONLY_LOOKED_AT}
        for word in table.look.paths if table.look else ():
            if word not in known_words:
                raise FictionError(
                    f"{table.source}: look.{word}: a row has none, and of what a look alone shows only"
                    f" {' and '.join(ONLY_LOOKED_AT)} are read"
                )
        for position, path in enumerate(table.status_paths):
            member = shape_at(shape, path)
            enum = member.enum if isinstance(member, StringShape) else []
            known = {table.words(status)[position] for status in table.states} | set(table.not_a_status)
            if missing := [word for word in enum if word not in known]:
                raise FictionError(f"{table.source}: states: {', '.join(missing)} of {path} are missing")
            if enum and (more := known - set(enum) - {ABSENT}):
                raise FictionError(f"{table.source}: states: {', '.join(sorted(more))} are none of {path}")


def parent_id(line: Sequence[str]) -> str:
    """The id of a parent as the product has it: behind that of the one above, in which a slash is written %2F."""
    first, *below = line or ("",)
    for own in below:
        first = f"{first.replace('%', '%25').replace('/', '%2F')}/{own}"
    return first


def token_of(table: Table) -> Sequence[str]:
    """The members that hold the token in the request and in the answer; none where the list has one page."""
    return _token(table.client, table.list, tuple(table.token))


@cache
def _token(client: str, operation: str, given: Sequence[str]) -> Sequence[str]:
    if given:
        return given
    try:
        paginators = session().get_component("data_loader").load_service_model(client, "paginators-1")
    except DataNotFoundError:
        paginators = {"pagination": {}}
    described = paginators["pagination"].get(operation, {})
    into, out = described.get("input_token"), described.get("output_token")
    if isinstance(into, str) and isinstance(out, str):
        return into, out
    model = _operation(client, operation)
    asked = model.input_shape.members if model.input_shape else {}
    answered = model.output_shape.members if model.output_shape else {}
    into, out = (next((name for name in _TOKENS if name in one), "") for one in (asked, answered))
    return (into, out) if into and out else ()


def _answer(
    model: OperationModel,
    path: str,
    rows: list[Any],
    filler: Filler,
    number: int,
    token: tuple[str, Any] | None = None,
) -> dict[str, Any]:
    """A whole answer with these rows; where the path leads through a list they are shared out among its elements."""
    shape = model.output_shape
    assert shape is not None

    def shared(elements: tuple[int, ...]) -> list[Any]:
        return rows[elements[0] :: 2] if elements else rows

    instead: dict[str, Callable[[tuple[int, ...]], Any]] = {f"answer.{path}": shared}
    if token:
        instead[f"answer.{token[0]}"] = lambda _: token[1]
    filled: dict[str, Any] = filler.fill(shape, number, "answer", instead)
    return filled


def _holds(asks: Mapping[str, str], asked: Mapping[str, Any], words: Mapping[str, str]) -> bool:
    """Whether each member of the request holds the word that it should, or the text behind ``=``."""
    for path, word in asks.items():
        found = read(path, asked)
        expected = word[1:] if word.startswith("=") else words.get(word)
        given = found if isinstance(found, list) else [found]
        if expected is None or [str(one) for one in given] != [expected]:
            return False
    return True


def _words(line: tuple[str, ...]) -> dict[str, str]:
    words = {"account": ACCOUNT}
    if line:
        # What is itself listed below something knows that as what is above it.
        words |= {"parent": line[-1], "above": line[-2] if len(line) > 1 else line[-1], "top": line[0]}
    return words


@cache
def _operation(client: str, operation: str) -> OperationModel:
    return service_model(client).operation_model(operation)
