"""Every write to the table, judged as it is made: what must never be so, however a run goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from faults.stream import Record
from faults.values import Item

Key: TypeAlias = tuple[str, str]


class Writes:
    """A watcher of a table. ``broken`` is what was wrong, in words."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        self._items: dict[Key, Item] = {}

    def __call__(self, record: Record) -> None:
        key = record.keys["pk"]["S"], record.keys["sk"]["S"]
        before, after = self._items.pop(key, {}), record.image
        if after is None:
            if "unsent" in before:
                self.broken.append(f"{key}: it owed, and is gone")
            return
        self._items[key] = after
        self.broken += [f"{key}: {fault}" for fault in _faults(key[1], before, after)]


def _faults(kind: str, before: Item, after: Item) -> Iterator[str]:
    owed_before, owed = _list(before, "owed"), _list(after, "owed")
    if ("unsent" in after) is not bool(owed):
        yield f"it owes {len(owed)} and unsent is {after.get('unsent')}"
    if "unsent" in after and "expires_at" in after:
        yield "it owes, and expires"
    if owed and after.get("unsent") != {"S": max(owed, key=_version)["M"]["version"]["N"]}:
        yield f"unsent is {after.get('unsent')}, which is not the highest version owed"
    told = {_version(news): news for news in owed_before}
    if any(told.get(_version(news), news) != news for news in owed):
        yield "what it owes was altered"
    if kind == "job":
        yield from _in_job(before, after)
    if kind == "place":
        yield from _in_place(before, after)


def _in_job(before: Item, after: Item) -> Iterator[str]:
    if before and int(after["version"]["N"]) - int(before["version"]["N"]) not in {0, 1}:
        yield f"its version went from {before['version']} to {after['version']}"


def _in_place(before: Item, after: Item) -> Iterator[str]:
    if "settled" not in before or before["scope"] != after["scope"]:
        return
    if "settled" not in after or float(after["settled"]["N"]) < float(before["settled"]["N"]):
        yield f"it was settled until {before['settled']}, and is until {after.get('settled')}"


def _list(item: Item, name: str) -> list[Any]:
    found: list[Any] = item.get(name, {}).get("L", [])
    return found


def _version(news: Any) -> int:
    return int(news["M"]["version"]["N"])
