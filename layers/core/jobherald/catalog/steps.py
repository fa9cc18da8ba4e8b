"""What a row tells of its job's steps, one below the other, as a flat list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jobherald.catalog.paths import find, text
from jobherald.catalog.source import Steps


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the service's words. ``path`` are the names from the outermost step to this one."""

    path: tuple[str, ...]
    status: str
    failed: bool
    code: str = ""
    message: str = ""


def steps_of(steps: Steps | None, row: Mapping[str, Any]) -> Iterator[Step]:
    """Every step of a row, each followed by those below it. Nothing where the row or the entry has none."""
    if steps is None:
        return
    waiting: list[tuple[tuple[str, ...], Any]] = [((), one) for one in _backwards(find(steps.items, row))]
    while waiting:
        above, one = waiting.pop()
        if not isinstance(one, Mapping):
            continue
        path, status = (*above, text(steps.name, one)), text(steps.status, one)
        yield Step(path, status, status in steps.failed, text(steps.code, one), text(steps.message, one))
        waiting += [(path, inner) for inner in _backwards(find(steps.below, one))]


def _backwards(value: Any) -> list[Any]:
    return value[::-1] if isinstance(value, list) else []
