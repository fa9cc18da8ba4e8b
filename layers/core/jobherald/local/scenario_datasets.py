"""The part of the scenario that plays in ModelArts: datasets in two regions, one of which comes late, and their tasks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jobherald.local.services import ScriptedJob, auto_labeling_task
from jobherald.local.services.modelarts import PROJECT, REGION, Dataset

TASKS_BEFORE: Final = 40
KINDS: Final = ("auto-label", "pre-label", "auto-grouping")
BUSY_REGION: Final = "cn-east-3"
"""Where the gateway has its bad spell."""

_BUSY_PROJECT: Final = "1b2c3d4e5f60718293a4b5c6d7e8f90a"
PROJECTS: Final = {PROJECT: REGION, _BUSY_PROJECT: BUSY_REGION}
"""The regions of the projects that are watched."""

_STREETS: Final = Dataset("sTr33tsc3n3sQ8vLw2k", "street-scenes", total=240, annotated=90)
_SHELVES: Final = Dataset("Sh31v3sX4mBd0pRt7ya", "shelves", project=_BUSY_PROJECT, total=120, annotated=40)
_LATE_ID: Final = "n1ghtDr1v3sK6zHc9ue"
_SUCCEEDED, _FAILED, _STOPPED = 3, 2, 5
# The step in which a task of each kind fails.
_FAILS_IN: Final = {"auto-label": "evaluate", "pre-label": "deploy", "auto-grouping": "export"}


@dataclass(frozen=True, slots=True)
class Tasks:
    """Datasets, the tasks that were there before the first look, and those that come after it."""

    datasets: tuple[Dataset, ...]
    before: tuple[ScriptedJob, ...]
    after: tuple[ScriptedJob, ...]


def tasks(start: datetime, chance: random.Random, *, infix: str) -> Tasks:
    """Tasks of every kind and end, in whole seconds from ``start`` (UTC) on; ``infix`` is in the names of the new ones."""
    late = Dataset(_LATE_ID, "night-drives", created_at=start + timedelta(seconds=5), total=60)
    datasets = (_STREETS, _SHELVES, late)
    after = (*_new(start, infix), _short(start, infix), *_in_late(late, start, infix))
    return Tasks(datasets, (*_finished(start, chance), _running(start)), after)


def last_task(start: datetime, at: datetime) -> ScriptedJob:
    """One that fails in a named step at that moment, for a message that stands alone."""
    begins = start + timedelta(seconds=3)
    return _task("prod-pedestrians", _STREETS, begins, (at - begins).total_seconds() - 1.0, ends=_FAILED)


def _finished(start: datetime, chance: random.Random) -> Iterator[ScriptedJob]:
    """Those of the last weeks. Some are of the last day, within which a time without a zone says too little."""
    for number in range(TASKS_BEFORE):
        hours = chance.uniform(2, 20) if number % 4 == 0 else chance.uniform(30, 700)
        dataset, kind = (_STREETS, _SHELVES)[number % 2], KINDS[number % 3]
        ends = (_SUCCEEDED, _FAILED, _STOPPED, _SUCCEEDED)[number % 4]
        created = start - timedelta(hours=hours)
        yield _task(f"{dataset.name}-archive-{number:02}", dataset, created, 1800.0, kind=kind, ends=ends)


def _running(start: datetime) -> ScriptedJob:
    """One that is under way at the first look: its end is news, its start is not."""
    minutes = 40 * 60.0
    return _task("shelves-running-00", _SHELVES, start - timedelta(seconds=minutes), minutes + 9.0)


def _new(start: datetime, infix: str) -> Iterator[ScriptedJob]:
    """Of every kind two: one that succeeds and one that fails or is stopped."""
    for number, kind in enumerate(KINDS):
        created = start + timedelta(seconds=1.5 + number)
        yield _task(f"street-scenes{infix}{number:02}", _STREETS, created, 7.0 + number, kind=kind)
        ends = _STOPPED if kind == "pre-label" else _FAILED
        yield _task(f"shelves{infix}{number + 3:02}", _SHELVES, created, 6.0 + number, kind=kind, ends=ends)


def _short(start: datetime, infix: str) -> ScriptedJob:
    """One that is over before anybody can have seen it run."""
    created = start + timedelta(seconds=2.5)
    return _task(f"street-scenes{infix}06", _STREETS, created, 0.3, kind="auto-grouping", starts=0.1)


def _in_late(late: Dataset, start: datetime, infix: str) -> Iterator[ScriptedJob]:
    """Tasks of a dataset that nobody knew: they have no silent first look."""
    yield _task(f"night-drives{infix}07", late, start + timedelta(seconds=6.2), 7.0)
    yield _task(
        f"night-drives{infix}08", late, start + timedelta(seconds=6.7), 6.0, kind="pre-label", ends=_FAILED
    )


def _task(
    name: str,
    dataset: Dataset,
    created: datetime,
    lasts: float,
    *,
    kind: str = "auto-label",
    ends: int = _SUCCEEDED,
    starts: float = 1.0,
) -> ScriptedJob:
    return auto_labeling_task(
        name,
        created_at=created,
        dataset=dataset.id,
        project=dataset.project,
        region=PROJECTS[dataset.project],
        kind=kind,
        queued=starts / 2,
        starts=starts,
        lasts=lasts,
        ends=ends,
        failing_step=_FAILS_IN[kind] if ends == _FAILED else "",
        total=dataset.total,
        annotated=dataset.annotated,
    )
