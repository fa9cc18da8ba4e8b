"""A job as a script: what it looks like at which moment, so that statuses and counters really move with time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from jobherald.model import JobKey, Place


@dataclass(frozen=True, slots=True)
class Step:
    """From ``at`` on (UTC), the job's row has these members; nested ones are merged.

    ``modifies`` says whether the service's modified time moves to ``at``: it does with a status; whether it does with
    counters alone is not documented.
    """

    at: datetime
    members: Mapping[str, Any]
    modifies: bool = True


@dataclass(frozen=True)
class ScriptedJob:
    """One job of one account and region, below a ``parent`` or none, by the service's ``id``, with its whole life.

    ``row`` holds what never changes, ``details`` what only a look at the single job shows. ``modified_member`` is
    empty for services without a modified time. It is listed from ``listed_from`` (its creation, if None) and unknown to
    the service from ``gone_from`` on. ``reusable``: from then on its id can be used again.
    """

    source: str
    account: str
    region: str
    id: str
    created_at: datetime
    row: Mapping[str, Any]
    steps: tuple[Step, ...]
    modified_member: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    listed_from: datetime | None = None
    gone_from: datetime | None = None
    parent: str = ""
    reusable: bool = False
    _rows: dict[int, Mapping[str, Any]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        moments = [step.at for step in self.steps]
        if not moments or moments != sorted(moments) or moments[0] < self.created_at:
            raise ValueError(f"{self.id}: the steps of a job begin at its creation and come in order of time")

    @property
    def place(self) -> Place:
        """Where it is listed."""
        return Place(self.source, self.account, self.region, self.parent)

    @property
    def key(self) -> JobKey:
        """What it is known by."""
        return JobKey(self.place, self.id, int(self.created_at.timestamp()) if self.reusable else 0)

    def exists(self, now: datetime) -> bool:
        """Whether the service knows it."""
        return self.created_at <= now and (self.gone_from is None or now < self.gone_from)

    def is_listed(self, now: datetime) -> bool:
        """Whether lists show it: a service may know a job for a while before its lists do."""
        return self.exists(now) and (self.listed_from is None or self.listed_from <= now)

    def at(self, now: datetime) -> Mapping[str, Any]:
        """The row at a moment; the same object as long as nothing changes."""
        taken = max(1, bisect_right(self.steps, now, key=lambda step: step.at))
        if taken not in self._rows:
            row: Mapping[str, Any] = self.row
            for step in self.steps[:taken]:
                stamp = {self.modified_member: step.at} if self.modified_member and step.modifies else {}
                row = merged(row, {**step.members, **stamp})
            self._rows[taken] = row
        return self._rows[taken]

    def changed_at(self, now: datetime) -> datetime:
        """When the last step was taken until then that counts as a modification."""
        last = now if self.gone_from is None else min(now, self.gone_from)
        taken = (step.at for step in self.steps if step.modifies and step.at <= last)
        return max(taken, default=self.created_at)

    def cut(self, now: datetime, then: Sequence[Step]) -> ScriptedJob:
        """The same job, but from ``now`` on it goes as ``then`` says."""
        kept = tuple(step for step in self.steps if step.at <= now) or self.steps[:1]
        return replace(self, steps=(*kept, *then), _rows={})

    def vanishing(self, at: datetime) -> ScriptedJob:
        """The same job, but unknown to the service from ``at`` on."""
        return replace(self, gone_from=at)

    @property
    def ends_at(self) -> datetime:
        """When its last step is taken."""
        return self.steps[-1].at


def merged(row: Mapping[str, Any], members: Mapping[str, Any]) -> dict[str, Any]:
    """``row`` with ``members`` laid over it, nested structures member by member."""
    result = dict(row)
    for name, value in members.items():
        before = result.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            result[name] = merged(before, value)
        else:
            result[name] = value
    return result
