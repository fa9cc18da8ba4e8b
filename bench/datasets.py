"""What ModelArts is asked in an hour in which nothing happens, below twenty datasets of which three have a running task."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bench.golden import START
from bench.line import Line
from bench.world import World
from jobherald.local.services import ModelArts, ScriptedJob, auto_labeling_task
from jobherald.local.services.modelarts import Dataset
from jobherald.model import Place

DATASETS: Final = 20
FINISHED: Final = 30
"""Tasks that are over, below each dataset."""
HOUR: Final = 60
SEVENTH: Final = 70
"""Minutes: a bit more than the hour that is measured."""

LABELING: Final = ("auto-label", "auto-label", "auto-label")
MIXED: Final = ("auto-label", "pre-label", "auto-grouping")


@dataclass(frozen=True, slots=True)
class Hour:
    """Requests in a poll, as the mean over an hour of polls, and those of the dearest one."""

    mean: float
    most: int


def measure(kinds: tuple[str, ...], *, moving: bool = False) -> Hour:
    """With one task of each of these kinds running; if ``moving``, the counts of its dataset are others each minute."""
    with World(START, own_time=True) as world, ModelArts(clock=world.clock) as modelarts:
        world.deploy(modelarts.environment(), modelarts.key.secret)
        modelarts.add(*_datasets(), *_tasks(kinds, moving=moving))
        place = Place("modelarts.auto_labeling", modelarts.project, modelarts.region)
        world.watch(place)
        for _ in range(2):
            world.poll(place)
            world.clock.advance(60)
        asked: list[int] = []
        for _ in range(HOUR):
            before = len(modelarts.calls)
            world.poll(place)
            asked.append(len(modelarts.calls) - before)
            world.clock.advance(60)
        assert not any(call.code for call in modelarts.calls)
    return Hour(round(sum(asked) / HOUR, 2), max(asked))


def line(idle: Hour, mixed: Hour, moving: Hour) -> Line:
    """The figure, and what it is where a task is a grouping, which is in a list of its own, or labels all the while."""
    note = (
        f"the dearest poll makes {idle.most}; {mixed.mean:g} where one of the three tasks is a grouping;"
        f" {moving.mean:g} where the counts of all three datasets move between any two polls"
    )
    return Line("modelarts_idle_requests", idle.mean, "requests", 5, note)


def _datasets() -> Iterator[Dataset]:
    for number in range(DATASETS):
        yield Dataset(f"dataset{number:012}", f"street-scenes-{number:02}", total=5000, annotated=1200)


def _tasks(kinds: tuple[str, ...], *, moving: bool) -> Iterator[ScriptedJob]:
    # From five sevenths of its life on a task leaves labels to be confirmed, for one seventh.
    begun = START - timedelta(minutes=5 * SEVENTH + 1 if moving else 10)
    for number, dataset in enumerate(_datasets()):
        for task in range(FINISHED):
            yield auto_labeling_task(
                f"{dataset.name}-{task:02}",
                created_at=START - timedelta(days=2 + task),
                dataset=dataset.id,
                kind=MIXED[task % len(MIXED)],
                lasts=1800.0,
                total=5000,
                annotated=1200,
            )
        if number < len(kinds):
            yield auto_labeling_task(
                f"{dataset.name}-running",
                created_at=begun,
                dataset=dataset.id,
                kind=kinds[number],
                lasts=7 * SEVENTH * 60.0,
                ends=None,
                counts=7 * SEVENTH,
                total=5000,
                annotated=1200,
            )
