"""A task that holds every member of the reference page, to see that none is lost on the way."""

from __future__ import annotations

import re
from itertools import count
from typing import Any, Final

from jobherald.local.services.modelarts.members import PAGE, TASK
from jobherald.local.services.modelarts.shape import tables

SAMPLES: Final = 60
EVENT_LEVELS: Final = 2
STATUSES: Final = (-1, 0, 1, 2, 3, 4, 5)
EVENT_STATUSES: Final = ("waiting", "running", "failed", "success")

_TABLES: Final = tables(PAGE)
_NESTED: Final = re.compile(r"(?P<array>Array of )?(?P<table>\w+) objects?")


def filled(seed: int) -> dict[str, Any]:
    """A detail answer with every member of Tables 2 to 18, each with a value of its type that no other member has.

    Only status words and truth values repeat. Events are two levels deep, ``result.samples`` has 60 samples. The same seed
    makes the same answer.
    """
    return _Filling(seed).table(TASK)


class _Filling:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._numbers = count(1_000_000 * (seed + 1))

    def table(self, name: str, level: int = 0) -> dict[str, Any]:
        return {member: self._member(name, member, kind, level) for member, kind in _TABLES[name].items()}

    def _member(self, table: str, member: str, kind: str, level: int) -> Any:
        number = next(self._numbers)
        match table, member:
            case _, "status" if table == TASK:
                return STATUSES[number % len(STATUSES)]
            case _, "progress" if table == TASK:
                return number % 10_000 / 100
            case _, "create_time" if table == TASK:
                return f"2026-{number % 12 + 1:02}-{number % 28 + 1:02} {number % 24:02}:{number % 60:02}:00"
            case "Event", "status":
                return EVENT_STATUSES[number % len(EVENT_STATUSES)]
            case "Event", "events" if level == EVENT_LEVELS:
                return []
            case "Result", "samples":
                return [self.table("SampleLabels") for _ in range(SAMPLES)]
        return self._of_type(member, kind, level)

    def _of_type(self, member: str, kind: str, level: int) -> Any:
        number = next(self._numbers)
        match kind:
            case "String":
                return f"{member}-{number}"
            case "Integer" | "Long":
                return number
            case "Float" | "Double":
                return number + 0.5
            case "Boolean":
                return number % 2 == 0
            case "Object" | "Array of integers" | "Array of objects":
                return [number, next(self._numbers)]
            case "Array of strings":
                return [f"{member}-{number}", f"{member}-{next(self._numbers)}"]
            case "Map<String,String>":
                return {f"key-{number}": f"{member}-{number}"}
            case "Map<String,Array<String>>":
                return {f"key-{number}": [f"{member}-{number}"]}
        nested = _NESTED.fullmatch(kind)
        assert nested is not None, kind
        below = level + (nested["table"] == "Event")
        if nested["array"]:
            return [self.table(nested["table"], below) for _ in range(2)]
        return self.table(nested["table"], below)
