"""Holds what the shipped lister reads of a source against the source's table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from jobherald.model import Observation, Place
from jobherald.ports import Lister, Query
from jobherald.watch import Look
from tests.catalogue.reading import Spec, moment, number, read, text
from tests.catalogue.scene import ACCOUNT, PAGES, Row, Scene, parent_id, token_of
from tests.catalogue.service import DATE
from tests.catalogue.tables import ABSENT, COUNTS, TEXTS, TIMES, Table

_REGION = "us-east-1"
_MOST_CALLS = 200


@dataclass
class Count:
    """How much was read."""

    rows: int = 0
    looks: int = 0
    pages: int = 0


def faults(scene: Scene, lister: Lister, count: Count | None = None) -> Iterator[str]:
    """Every difference between what the lister says of the scene and what the table does, one sentence each.

    All pages below the first parent (or of the whole region), one look at each of those jobs, the first page below
    every other parent. Raises whatever the lister raises.
    """
    count = count or Count()
    table = scene.table
    scene.asked.clear()
    head = Place(table.source, ACCOUNT, _REGION)
    lines = scene.lines()
    if table.parents:
        yield from _parents(scene, lister, head)
    for nth, line in enumerate(lines):
        place = Place(table.source, ACCOUNT, _REGION, parent_id(line))
        yield from _list(scene, lister, place, line, count, whole=nth == 0)
        if nth == 0:
            yield from _lists_asked(scene)
        if nth == 2:
            break
    if table.look:
        place = Place(table.source, ACCOUNT, _REGION, parent_id(lines[0]))
        for row in scene.rows(lines[0]):
            count.looks += 1
            yield from _look(scene, lister, Look(place, text(table.id, row.value)), row)
        if {"reason", "reason_code"} & set(table.look.paths):
            # A job whose row has no reason is looked at by all that its row says of it.
            row = scene.rows(lines[0])[0]
            look = Look(place, text(table.id, row.value), text(table.name, row.value))
            yield from _look(scene, lister, look, row)


def _parents(scene: Scene, lister: Lister, head: Place) -> Iterator[str]:
    found, token = [], ""
    for _ in range(_MOST_CALLS):
        page = lister.parents(head, token)
        found += [parent.id for parent in page.parents]
        token = page.token
        if not token:
            break
    expected = [parent_id(line) for line in scene.lines()]
    if sorted(found) != sorted(expected):
        yield f"parents: read {found}, expected {expected}"


def _list(
    scene: Scene, lister: Lister, place: Place, line: tuple[str, ...], count: Count, *, whole: bool
) -> Iterator[str]:
    table = scene.table
    rows = {text(table.id, row.value): row for row in scene.rows(line)}
    seen: list[str] = []
    token, pages = "", 0
    for _ in range(_MOST_CALLS):
        page = lister.page(place, Query(), token)
        pages += 1
        for observation in page.rows:
            seen.append(observation.key.id)
            row = rows.get(observation.key.id)
            if row is None:
                yield f"id: read {observation.key.id!r}, expected one of {', '.join(rows)}"
            else:
                yield from _differences(table, place, row.status, row.value, {}, observation)
        token = page.token
        if not (token and whole):
            break
    count.pages += pages
    count.rows += len(seen)
    if whole:
        lists = table.lists
        if sorted(seen) != sorted([*rows] * lists):
            yield f"rows: read {seen}, expected each of {', '.join(rows)} {lists} times"
        expected = (PAGES + 1 if token_of(table) else 1) * lists
        if pages != expected:
            yield f"pages: read {pages}, expected {expected}"


def _lists_asked(scene: Scene) -> Iterator[str]:
    """Whether each further list of the table was asked for, and nothing but the token differed from page to page."""
    table = scene.table
    asked = [one for nth, one in enumerate(scene.asked) if one not in scene.asked[:nth]]
    lists = table.lists
    if asked and len(asked) != lists:
        yield f"requests: there were {len(asked)} different ones, expected {lists}: {asked}"
    for path, values in table.variants.items() if asked else ():
        given = {str(read(path, one) or ABSENT) for one in asked}
        if missing := set(values) - given:
            yield f"variants: {path} was asked to be {', '.join(sorted(given))}, never {', '.join(missing)}"


def _look(scene: Scene, lister: Lister, look: Look, row: Row) -> Iterator[str]:
    table = scene.table
    assert table.look is not None
    sight = lister.look(look)
    if sight.seen is None:
        yield f"look: found no job {look.id}"
        return
    item: Any = scene.looked_at(row)
    if table.look.item:
        item = read(table.look.item, item)
    for fault in _differences(table, look.place, row.status, item, table.look.paths, sight.seen, look.id):
        yield f"look: {fault}"


def _differences(
    table: Table,
    place: Place,
    status: str,
    value: Mapping[str, Any],
    elsewhere: Mapping[str, Spec],
    seen: Observation,
    known_id: str = "",
) -> Iterator[str]:
    """Where an observation differs from what the table says of a row, or of the answer to a look."""
    specs = {**table.specs, **elsewhere}
    expected: dict[str, Any] = {word: text(specs.get(word), value) for word in TEXTS}
    expected["id"] = known_id or expected["id"]
    found: dict[str, Any] = {word: getattr(seen, word) for word in TEXTS if word != "id"}
    found["id"] = seen.key.id
    for word in TIMES:
        path = specs.get(word)
        expected[word] = moment(str(path), value) if path else None
        found[word] = getattr(seen, f"{word}_at")
    expected["run"] = _run(table, status, specs, value)
    found["run"] = seen.run
    expected["counters"], expected["percent"] = _counted(table, value, elsewhere)
    found["counters"] = dict(seen.progress.counters) if seen.progress else {}
    found["percent"] = seen.progress.percent if seen.progress else None
    expected["state"] = _state(table, status, expected["counters"])
    found["state"] = str(seen.state)
    if expected["state"] == "succeeded":
        # Some services say of a success too why it ended: that it ended.
        expected["reason"] = expected["reason_code"] = ""
    expected["fading"], found["fading"] = status in table.fading, seen.fading
    expected["place"], found["place"] = place, seen.key.place
    expected["born"] = int(expected["created"].timestamp()) if table.reusable and expected["created"] else 0
    found["born"] = seen.key.born
    expected["seen_at"], found["seen_at"] = parsedate_to_datetime(DATE), seen.seen_at
    if (
        table.steps
        and expected["state"] in ("failed", "partial")
        and seen.reason.startswith(expected["reason"])
    ):
        found["reason"] = expected["reason"]
    for word, one in expected.items():
        if found[word] != one:
            yield f"{word}: read {_shown(found[word])}, expected {_shown(one)}"
    if seen.status not in table.shown(status):
        yield f"status: read {seen.status!r}, expected {status!r}"


def _state(table: Table, status: str, counters: Mapping[str, int]) -> str:
    state = table.states.get(status, "unknown")
    left = any(counters.get(word) for word in ("failed", "remaining"))
    return "partial" if state == "succeeded" and left else state


def _run(table: Table, status: str, specs: Mapping[str, Spec], value: Mapping[str, Any]) -> Any:
    if isinstance(table.run, Mapping):
        return table.run.get(status, 0)
    return read(str(specs["run"]), value) if "run" in specs else 0


def _counted(
    table: Table, value: Mapping[str, Any], elsewhere: Mapping[str, Spec]
) -> tuple[dict[str, int], float | None]:
    """The counters that a row should show, and the percentage: the service's own, else what is done of the total."""
    counters = {
        word: int(total)
        for word, spec in table.progress.named.items()
        if (total := number(elsewhere.get(word, spec), value)) is not None
    }
    if not table.progress.total and {"done", "remaining"} <= set(counters):
        counters["total"] = sum(
            counters.get(word, 0) for word in COUNTS if word in {"done", "failed", "remaining"}
        )
    percent = number(elsewhere.get("percent", table.progress.percent), value)
    if percent is None and counters.get("total") and "done" in counters:
        percent = 100 * counters["done"] / counters["total"]
    return counters, None if percent is None else round(min(max(percent, 0.0), 100.0), 2)


def _shown(value: Any) -> str:
    return repr(value) if value not in ("", None) else "nothing"
