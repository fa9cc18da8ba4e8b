"""The part of the scenario that plays in services that everybody has: training, batch inference, Glue, Batch, Transcribe."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from jobherald.local.services import (
    Parent,
    ScriptedJob,
    batch_inference_job,
    batch_job,
    glue_job_run,
    sagemaker_training_job,
    transcription_job,
)
from jobherald.local.services.listed import ACCOUNT, REGION

FINISHED_OF_EACH: Final = 12
NEW_OF_EACH: Final = 6
GLUE_JOBS: Final = ("orders-nightly", "clicks-hourly", "stock-sync")
QUEUES: Final = ("genomics-spot", "genomics-urgent")
LATE_JOB: Final = "returns-daily"
USED_AGAIN: Final = "weekly-call"
"""The name of a transcription that was over and is deleted, and of the next one."""

_SUBJECTS: Final = ("churn", "prices", "ranking", "fraud", "summaries", "forecast")


@dataclass(frozen=True, slots=True)
class Jobs:
    """What some lists are asked below, the jobs that were there before the first look, and those that come after it."""

    parents: tuple[Parent, ...]
    before: tuple[ScriptedJob, ...]
    after: tuple[ScriptedJob, ...]


def _training(name: str, _turn: int, ends: str, life: Mapping[str, Any]) -> ScriptedJob:
    return sagemaker_training_job(name, ends=ends, **life)


def _inference(name: str, _turn: int, ends: str, life: Mapping[str, Any]) -> ScriptedJob:
    # A job that ends as Completed can have records without an answer.
    ends, _, errors = ends.partition(" ")
    return batch_inference_job(name, ends=ends, errors=int(errors or 0), **life)


def _run(_name: str, turn: int, ends: str, life: Mapping[str, Any]) -> ScriptedJob:
    return glue_job_run(GLUE_JOBS[turn % len(GLUE_JOBS)], ends=ends, **life)


def _batch(name: str, turn: int, ends: str, life: Mapping[str, Any]) -> ScriptedJob:
    return batch_job(name, QUEUES[turn % len(QUEUES)], ends=ends, **life)


def _transcription(name: str, _turn: int, ends: str, life: Mapping[str, Any]) -> ScriptedJob:
    return transcription_job(name, ends=ends, **life)


_Maker = Callable[[str, int, str, Mapping[str, Any]], ScriptedJob]

# Of every source its makers, and the ways in which its jobs end, in turn.
_KINDS: Final[Sequence[tuple[_Maker, tuple[str, ...]]]] = (
    (_training, ("Completed", "Failed", "Stopped")),
    (_inference, ("Completed", "Failed", "Completed 7", "PartiallyCompleted 40", "Stopped", "Expired")),
    (_run, ("SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED")),
    (_batch, ("SUCCEEDED", "FAILED", "SUCCEEDED")),
    (_transcription, ("COMPLETED", "FAILED")),
)


def jobs(start: datetime, chance: random.Random, *, infix: str) -> Jobs:
    """Jobs of every source and end, in whole seconds from ``start`` (UTC) on; ``infix`` is in the names of the new ones."""
    late = Parent("glue.job_run", ACCOUNT, REGION, LATE_JOB, start + timedelta(seconds=5))
    parents = (
        *(Parent("glue.job_run", ACCOUNT, REGION, name) for name in GLUE_JOBS),
        *(Parent("batch.job", ACCOUNT, REGION, name) for name in QUEUES),
        late,
    )
    before = (*_finished(start, chance), *_running(start, chance), *_deleted(start))
    after = (*_new(start, chance, infix), *_again(start), *_in_late(late))
    return Jobs(parents, before, after)


def _finished(start: datetime, chance: random.Random) -> Iterator[ScriptedJob]:
    """Those of the last weeks: nobody must hear of them."""
    for make, ends in _KINDS:
        for number in range(FINISHED_OF_EACH):
            life = {"created_at": start - timedelta(hours=chance.uniform(2, 160)), "lasts": 1800.0}
            yield make(f"{_subject(chance)}-archive-{number:02}", number, ends[number % len(ends)], life)


def _running(start: datetime, chance: random.Random) -> Iterator[ScriptedJob]:
    """One of each that is under way at the first look: its end is news, its start is not."""
    for make, ends in _KINDS:
        began = chance.uniform(300, 3000)
        life = {"created_at": start - timedelta(seconds=began), "lasts": began + chance.uniform(6, 10)}
        yield make(f"{_subject(chance)}-running-00", 0, ends[0], life)


def _new(start: datetime, chance: random.Random, infix: str) -> Iterator[ScriptedJob]:
    """Of each some that end in every way, and one that is over before anybody can have seen it run."""
    for make, ends in _KINDS:
        for number in range(NEW_OF_EACH):
            short = number == NEW_OF_EACH - 1
            life = {
                "created_at": start + timedelta(seconds=chance.uniform(1, 8)),
                "starts_after": 0.1 if short else 1.0,
                "lasts": 0.3 if short else chance.uniform(4.5, 7),
            }
            yield make(f"{_subject(chance)}{infix}{number:02}", number, ends[number % len(ends)], life)


def _deleted(start: datetime) -> Iterator[ScriptedJob]:
    """A job that has ended and is deleted after the first look: its name is free from then on."""
    yield transcription_job(
        USED_AGAIN, created_at=start - timedelta(days=7), gone_from=start + timedelta(seconds=2.5)
    )


def _again(start: datetime) -> Iterator[ScriptedJob]:
    yield transcription_job(USED_AGAIN, created_at=start + timedelta(seconds=4), lasts=6.0)


def _in_late(late: Parent) -> Iterator[ScriptedJob]:
    """Runs of a job that nobody knew: they have no silent first look."""
    for number, ends in enumerate(("SUCCEEDED", "FAILED")):
        created = late.created_at + timedelta(seconds=1 + number)
        yield glue_job_run(late.name, created_at=created, lasts=6.0, ends=ends)


def events(ended: Sequence[ScriptedJob], chance: random.Random) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """The services' own events for some of the jobs' ends: some twice, some late."""
    known = [job for job in ended if job.source in _DETAILS]
    for number, job in enumerate(known[::3]):
        late = timedelta(seconds=chance.choice([0.2, 0.5, 4.0]))
        event = event_of(job, number)
        yield job.ends_at + late, event
        if number % 2 == 0:
            yield job.ends_at + 2 * late, event


def event_of(job: ScriptedJob, number: int) -> dict[str, Any]:
    """What EventBridge brings of a job's end, as the services document it. Raises KeyError for a job of another source."""
    origin, detail_type, details = _DETAILS[job.source]
    detail = details(job, job.at(job.ends_at))
    return aws_event(origin, detail_type, detail, job.ends_at, number, resources=[])


def aws_event(
    origin: str,
    detail_type: str,
    detail: Mapping[str, Any],
    at: datetime,
    number: int,
    *,
    resources: Sequence[str],
) -> dict[str, Any]:
    """An event as EventBridge hands it over."""
    return {
        "version": "0",
        "id": f"{number:08x}-11d1-111f-b111-1111b11dcb11",
        "detail-type": detail_type,
        "source": origin,
        "account": ACCOUNT,
        "time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "region": REGION,
        "resources": list(resources),
        "detail": dict(detail),
    }


def _of_training(_job: ScriptedJob, row: Mapping[str, Any]) -> dict[str, Any]:
    members = ("TrainingJobName", "TrainingJobArn", "TrainingJobStatus")
    return {**{member: row[member] for member in members}, "SecondaryStatus": row["TrainingJobStatus"]}


def _of_inference(job: ScriptedJob, row: Mapping[str, Any]) -> dict[str, Any]:
    said = {"batchJobArn": job.id, "batchJobName": row["jobName"], "status": row["status"]}
    return {"version": "0.0", "accountId": job.account, **said, "failureMessage": row.get("message", "")}


def _of_run(job: ScriptedJob, row: Mapping[str, Any]) -> dict[str, Any]:
    said = {"jobName": job.parent, "jobRunId": job.id, "state": row["JobRunState"]}
    return {**said, "severity": "INFO", "message": row.get("ErrorMessage", "Job run ended")}


def _of_batch(job: ScriptedJob, row: Mapping[str, Any]) -> dict[str, Any]:
    members = ("jobArn", "jobId", "jobName", "status", "statusReason", "createdAt", "stoppedAt")
    return {**{member: row[member] for member in members if member in row}, "jobQueue": job.parent}


def _of_transcription(job: ScriptedJob, row: Mapping[str, Any]) -> dict[str, Any]:
    return {"TranscriptionJobName": job.id, "TranscriptionJobStatus": row["TranscriptionJobStatus"]}


_Details = Callable[[ScriptedJob, Mapping[str, Any]], dict[str, Any]]
_DETAILS: Final[Mapping[str, tuple[str, str, _Details]]] = {
    "sagemaker.training": ("aws.sagemaker", "SageMaker Training Job State Change", _of_training),
    "bedrock.batch_inference": ("aws.bedrock", "Batch Inference Job State Change", _of_inference),
    "glue.job_run": ("aws.glue", "Glue Job State Change", _of_run),
    "batch.job": ("aws.batch", "Batch Job State Change", _of_batch),
    "transcribe.job": ("aws.transcribe", "Transcribe Job State Change", _of_transcription),
}


def _subject(chance: random.Random) -> str:
    return chance.choice(_SUBJECTS)
