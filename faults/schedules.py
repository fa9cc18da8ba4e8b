"""Schedules drawn from a seed: jobs that appear, move on and end between, during and without polls; events of all kinds."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from faults.world import ACCOUNT, REGION, Outage, Schedule
from jobherald.local.scenario import labeling_event
from jobherald.local.services import ScriptedJob, auto_labeling_task, labeling_job, media_analysis_job

START: Final = datetime(2026, 11, 22, 11, 0, 0, tzinfo=UTC)
SETTLED: Final = 63.0
"""Seconds after the start by which the first look at a small place is over."""

WATCHES: Final = {
    "labeling": f'[[watch]]\nid = "labeling"\nsource = "sagemaker.labeling"\nregions = ["{REGION}"]\n',
    "media": f'[[watch]]\nid = "media"\nsource = "rekognition.media_analysis"\nregions = ["{REGION}"]\n',
    "tasks": '[[watch]]\nid = "tasks"\nsource = "modelarts.auto_labeling"\n',
}


def watch(*kinds: str) -> str:
    """The configuration document that watches these kinds of jobs."""
    return "\n".join(WATCHES[kind] for kind in kinds)


def at(seconds: float) -> datetime:
    """So many seconds after the start."""
    return START + timedelta(seconds=seconds)


def labeling(name: str, created: float, lasts: float, ends: str = "Completed", **life: Any) -> ScriptedJob:
    """A labeling job that was created so many seconds after the start."""
    return labeling_job(
        name, created_at=at(created), account=ACCOUNT, region=REGION, lasts=lasts, ends=ends, counts=2, **life
    )


def media(name: str, created: float, lasts: float, ends: str = "SUCCEEDED", **life: Any) -> ScriptedJob:
    """A media analysis job."""
    return media_analysis_job(
        name, created_at=at(created), account=ACCOUNT, region=REGION, lasts=lasts, ends=ends, **life
    )


def task(name: str, created: float, lasts: float, ends: int = 3, **life: Any) -> ScriptedJob:
    """An auto-labeling task of ModelArts."""
    return auto_labeling_task(name, created_at=at(created), lasts=lasts, ends=ends, counts=2, **life)


def event_of(job: ScriptedJob, number: int) -> Mapping[str, Any]:
    """The event that Ground Truth sends when a labeling job has ended."""
    return labeling_event(job.id, str(job.at(job.ends_at)["LabelingJobStatus"]), job.ends_at, number)


@lru_cache(maxsize=8)
def drawn(seed: int) -> Schedule:
    """One small schedule: one to three jobs of one or two kinds, some short, some there before the first look."""
    chance = random.Random(seed)
    kinds = chance.choice(
        [("labeling",), ("media",), ("labeling", "media"), ("labeling", "tasks"), ("tasks",)]
    )
    jobs = tuple(_listed(seed, _jobs(chance, kinds)))
    events = tuple(_events(chance, jobs))
    doubled = tuple(at(chance.uniform(SETTLED, 240)) for _ in range(chance.randrange(3)))
    schedule = Schedule(f"drawn {seed}", START, jobs, watch(*kinds), events, doubled)
    seldom = _SELDOM.get(seed % _TURN)
    return seldom(schedule) if seldom else schedule


def listed_late(schedule: Schedule) -> Schedule:
    """The same, but of short jobs no event tells, and no list for longer than it is from one poll to the next."""
    made = [(labeling(f"late-{lag}", SETTLED + 20, 5.0), lag) for lag in (60, 130, 200)]
    jobs = tuple(replace(job, listed_from=job.created_at + timedelta(seconds=lag)) for job, lag in made)
    return replace(schedule, jobs=jobs, watches=watch("labeling"), events=())


def ending_at_once(schedule: Schedule) -> Schedule:
    """The same, but jobs end, and events say so, in the seconds in which it is told that they run."""
    jobs = tuple(labeling(f"brief-{lasts:g}", 113.0, lasts) for lasts in (8.0, 9.0))
    events = tuple((job.ends_at + timedelta(seconds=0.1), event_of(job, n)) for n, job in enumerate(jobs))
    return replace(schedule, jobs=jobs, watches=watch("labeling"), events=events)


def without_stream(schedule: Schedule) -> Schedule:
    """The same, but what a long job owes waits for the stream for longer than it takes its progress to be worth a write."""
    long = labeling_job(
        "long", created_at=at(SETTLED), account=ACCOUNT, region=REGION, lasts=440.0, ends="Completed"
    )
    outage = Outage(at(SETTLED), long.ends_at - timedelta(seconds=10), loses=len(schedule.jobs) > 2)  # noqa: PLR2004
    watches = schedule.watches if "sagemaker.labeling" in schedule.watches else watch("labeling")
    jobs = (*(job for job in schedule.jobs if job.source in watches), long)
    return replace(schedule, jobs=jobs, watches=watches, outage=outage)


def forgetful(schedule: Schedule) -> Schedule:
    """The same, with a job that its service lists long after it is forgotten: what was known may not pass for new."""
    jobs = (media("listed-on", SETTLED, 20.0), labeling("no-longer-listed", SETTLED, 20.0))
    return replace(schedule, jobs=jobs, watches=watch("media", "labeling"), events=(), forgets=at(540))


_TURN: Final = 26
_SELDOM: Final[Mapping[int, Callable[[Schedule], Schedule]]] = {
    3: listed_late,
    5: ending_at_once,
    7: without_stream,
    9: forgetful,
}
"""What seldom comes by chance. Few schedules take many minutes: each of their calls has its faults, too."""


def _listed(seed: int, jobs: Iterator[ScriptedJob]) -> Iterator[ScriptedJob]:
    """Some jobs are in no list for a while, though the service knows them: less long than what listings overlap by."""
    chance = random.Random(f"listed {seed}")
    for job in jobs:
        lag = chance.choice([0, 0, 0, 20, 70, 130])
        # Below a parent what stirs without a sign is found within an hour: too long for a drawn run.
        late = lag and job.created_at > START and not job.parent
        yield replace(job, listed_from=job.created_at + timedelta(seconds=lag)) if late else job


def _jobs(chance: random.Random, kinds: Sequence[str]) -> Iterator[ScriptedJob]:
    for number in range(chance.randrange(1, 4)):
        kind = kinds[number % len(kinds)]
        before = chance.random() < 0.2  # noqa: PLR2004  # one in five is there before the first look
        created = chance.uniform(-600, -60) if before else chance.uniform(SETTLED, 130)
        # Shorter than the interval, about as long, and over two or three polls.
        lasts = chance.choice([5.0, 55.0, chance.uniform(60, 140)])
        if before:
            # It ends when the first look is over, or while it is still to come.
            lasts += chance.choice([0.0, SETTLED]) - created
        yield _MAKERS[kind](chance, f"{kind}-{number}", created, lasts)


def _labeling(chance: random.Random, name: str, created: float, lasts: float) -> ScriptedJob:
    ends = chance.choice(["Completed", "Completed", "Failed", "Stopped"])
    return labeling(name, created, lasts, ends, starts_after=chance.choice([1.0, 30.0]))


def _media(chance: random.Random, name: str, created: float, lasts: float) -> ScriptedJob:
    return media(name, created, lasts, chance.choice(["SUCCEEDED", "FAILED"]))


def _task(chance: random.Random, name: str, created: float, lasts: float) -> ScriptedJob:
    return task(name, created, lasts, chance.choice([2, 3, 5]))


_MAKERS: Final[Mapping[str, Callable[[random.Random, str, float, float], ScriptedJob]]] = {
    "labeling": _labeling,
    "media": _media,
    "tasks": _task,
}


def _events(
    chance: random.Random, jobs: Sequence[ScriptedJob]
) -> Iterator[tuple[datetime, Mapping[str, Any]]]:
    """Events of labeling jobs: once, twice, late, and never."""
    for number, job in enumerate(job for job in jobs if job.source == "sagemaker.labeling"):
        for _ in range(chance.choice([0, 1, 1, 2])):
            yield job.ends_at + timedelta(seconds=chance.choice([0.1, 0.5, 20, 70])), event_of(job, number)
