"""Watches the table for writes that a job which owes is to be spared: each one would wake whoever tells, for nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from faults.stream import Record
from faults.values import Item

# One of them differs wherever something new is to be told, or the job is in a state that need not be.
_NEWS: Final = ("unsent", "owed", "open", "state", "status", "run")


@dataclass
class IdleWrites:
    """``found`` names the jobs that were written while they owed and were open, though only their progress had moved."""

    found: list[str] = field(default_factory=list)
    _owing: dict[str, Item] = field(default_factory=dict)

    def watch(self, record: Record) -> None:
        """One write, in order. What alters no version, such as a mark or a touch, is no write of a job."""
        if record.keys["sk"]["S"] != "job":
            return
        ref, item = record.keys["pk"]["S"], record.image
        before = self._owing.pop(ref, None)
        if item is None or "unsent" not in item or "open" not in item:
            return
        self._owing[ref] = item
        if before is None or before["version"] == item["version"]:
            return
        if all(before.get(name) == item.get(name) for name in _NEWS):
            self.found.append(ref)
