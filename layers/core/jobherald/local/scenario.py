"""A week of jobs in two clouds, told in half a minute: those of the demo and its test."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from jobherald.local import scenario_services
from jobherald.local.scenario_datasets import last_task, tasks
from jobherald.local.scenario_services import aws_event
from jobherald.local.services import Parent, ScriptedJob, labeling_job, media_analysis_job
from jobherald.local.services.modelarts import Dataset

REGION: Final = "us-east-1"
ACCOUNT: Final = "111122223333"

FINISHED_BEFORE: Final = 300
RUNNING_BEFORE: Final = 20
NEW_OF_EACH: Final = 30
SHORT_OF_EACH: Final = 5
# In the names of those that come after the first look.
NEW: Final = "-batch-"

_SUBJECTS: Final = ("cats", "street-signs", "pallets", "invoices", "leaves", "crops", "x-rays", "shelves")
_CODES: Final = (
    "INTERNAL_ERROR",
    "INVALID_S3_OBJECT",
    "INVALID_MANIFEST",
    "INVALID_OUTPUT_CONFIG",
    "INVALID_KMS_KEY",
    "ACCESS_DENIED",
    "RESOURCE_NOT_FOUND",
    "RESOURCE_NOT_READY",
    "THROTTLED",
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Jobs that were there before the first look, jobs that come after it, and the events that hint at some of them.

    ``datasets`` are those below which ModelArts has its tasks, ``parents`` what some lists of AWS are asked below.
    ``events`` are (moment, EventBridge event), in order of time: doubled ones and late ones among them.
    """

    before: tuple[ScriptedJob, ...]
    after: tuple[ScriptedJob, ...]
    datasets: tuple[Dataset, ...]
    parents: tuple[Parent, ...]
    events: tuple[tuple[datetime, dict[str, Any]], ...]
    ends_at: datetime

    @property
    def appeared(self) -> dict[str, datetime]:
        """When each dataset and each of the parents came to be, by the key of the place below it."""
        made = {dataset.id: dataset.created_at for dataset in self.datasets}
        below = {job.place.key: made[job.parent] for job in self.after if job.parent in made}
        return below | {parent.place.key: parent.created_at for parent in self.parents}


def scenario(start: datetime, seed: int, *, spread: float = 8.0) -> Scenario:
    """Everything in whole seconds from ``start`` (UTC) on; new jobs begin within the first ``spread`` seconds."""
    chance = random.Random(seed)
    in_modelarts = tasks(start, random.Random(seed), infix=NEW)
    elsewhere = scenario_services.jobs(start, random.Random(seed), infix=NEW)
    before = (*_finished(start, chance), *_running(start, chance), *in_modelarts.before, *elsewhere.before)
    campaign = (*_new(start, chance, spread), *in_modelarts.after, *elsewhere.after)
    after = (*campaign, *_last(start, max(job.ends_at for job in campaign)))
    hints = (*_events(after, chance), *scenario_services.events(after, chance))
    events = sorted(hints, key=lambda event: event[0])
    ends_at = max(job.ends_at for job in (*before, *after))
    return Scenario(before, after, in_modelarts.datasets, elsewhere.parents, tuple(events), ends_at)


def _finished(start: datetime, chance: random.Random) -> Iterator[ScriptedJob]:
    """Jobs of the last weeks: nobody must hear of them."""
    for number in range(FINISHED_BEFORE):
        created = start - timedelta(hours=chance.uniform(2, 700))
        yield _job(
            number % 2, f"{_subject(chance)}-archive-{number:03}", created, chance, starts=30, lasts=1800
        )


def _running(start: datetime, chance: random.Random) -> Iterator[ScriptedJob]:
    """Jobs under way at the first look: their end is news, their start is not."""
    for number in range(RUNNING_BEFORE):
        created = start - timedelta(minutes=chance.uniform(5, 600))
        lasts = (start - created).total_seconds() + chance.uniform(6, 12)
        yield _job(
            number % 2,
            f"{_subject(chance)}-running-{number:02}",
            created,
            chance,
            starts=20,
            lasts=lasts - 20,
        )


def _new(start: datetime, chance: random.Random, spread: float) -> Iterator[ScriptedJob]:
    for number in range(2 * NEW_OF_EACH):
        short = number < 2 * SHORT_OF_EACH
        created = start + timedelta(seconds=chance.uniform(1, spread))
        lasts = 0.3 if short else chance.uniform(4.5, 8)
        name = f"{_subject(chance)}{NEW}{number:02}"
        yield _job(
            number % 2, name, created, chance, starts=0.1 if short else 1.0, lasts=lasts, outcome=number // 2
        )


def _last(start: datetime, quiet_from: datetime) -> Iterator[ScriptedJob]:
    """Two failures and one success when all else is over: their messages stand alone, and are shown at the end."""
    yield labeling_job(
        "prod-street-signs",
        created_at=start + timedelta(seconds=2),
        account=ACCOUNT,
        region=REGION,
        lasts=(quiet_from - start).total_seconds() + 2,
        ends="Failed",
        objects=400,
    )
    yield labeling_job(
        "prod-cats",
        created_at=start + timedelta(seconds=3),
        account=ACCOUNT,
        region=REGION,
        lasts=(quiet_from - start).total_seconds() + 4.5,
        objects=1200,
        machine=0.4,
    )
    yield last_task(start, quiet_from + timedelta(seconds=11.5))


def _job(
    kind: int,
    name: str,
    created: datetime,
    chance: random.Random,
    *,
    starts: float,
    lasts: float,
    outcome: int | None = None,
) -> ScriptedJob:
    """Of either source; ``outcome`` walks through every way in which a job can end."""
    turn = chance.randrange(1000) if outcome is None else outcome
    if kind == 0:
        return _labeling(name, created, turn, chance, starts, lasts)
    turn, fails = divmod(turn, 4)
    code = _CODES[turn % len(_CODES)] if fails == 0 else ""
    return media_analysis_job(
        name,
        created_at=created,
        account=ACCOUNT,
        region=REGION,
        starts_after=starts,
        lasts=lasts,
        ends="FAILED" if code else "SUCCEEDED",
        **({"code": code} if code else {}),
    )


def _labeling(
    name: str, created: datetime, turn: int, chance: random.Random, starts: float, lasts: float
) -> ScriptedJob:
    ends, leaves_some = (
        ("Completed", False),
        ("Failed", False),
        ("Completed", True),
        ("Stopped", False),
        ("Completed", False),
    )[turn % 5]
    return labeling_job(
        name,
        created_at=created,
        account=ACCOUNT,
        region=REGION,
        starts_after=starts,
        lasts=lasts,
        ends=ends,
        objects=chance.randrange(40, 900),
        failed=chance.randrange(1, 9) if leaves_some else 0,
    )


def _events(
    jobs: tuple[ScriptedJob, ...], chance: random.Random
) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Ground Truth's own event for every third labeling job: some twice, some late, one for a job that nobody knows."""
    labeling = [job for job in jobs if job.source == "sagemaker.labeling"]
    for number, job in enumerate(labeling[::3]):
        late = timedelta(seconds=chance.choice([0.2, 0.5, 6.0]))
        event = labeling_event(job.id, str(job.at(job.ends_at)["LabelingJobStatus"]), job.ends_at, number)
        yield job.ends_at + late, event
        if number % 2 == 0:
            yield job.ends_at + 2 * late, event
    stranger = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:labeling-job/nobody-knows-this-one"
    yield jobs[0].ends_at, labeling_event(stranger, "Completed", jobs[0].ends_at, 999)


def labeling_event(arn: str, status: str, at: datetime, number: int) -> dict[str, Any]:
    """The event as the developer guide of SageMaker documents it (Monitor labeling jobs)."""
    kind = "SageMaker Ground Truth Labeling Job State Change"
    return aws_event("aws.sagemaker", kind, {"LabelingJobStatus": status}, at, number, resources=[arn])


def _subject(chance: random.Random) -> str:
    return chance.choice(_SUBJECTS)
