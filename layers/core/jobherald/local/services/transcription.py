"""Transcribe as far as its transcription jobs are listed and looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from jobherald.local.services.jobs import ScriptedJob
from jobherald.local.services.listed import (
    ACCOUNT,
    REGION,
    Filter,
    Life,
    ListedJobs,
    Words,
    contains,
    equals,
    in_milliseconds,
)
from jobherald.model import State

SOURCE: Final = "transcribe.job"
REASON: Final = (
    "The media format that you specified doesn't match the detected media format. Check the media format and try "
    "your request again."
)

_WORDS: Final = Words(
    "TranscriptionJobStatus",
    "IN_PROGRESS",
    waiting=("QUEUED",),
    started="StartTime",
    ended="CompletionTime",
    reason="FailureReason",
)


def transcription_job(
    name: str,
    *,
    created_at: datetime,
    account: str = ACCOUNT,
    region: str = REGION,
    starts_after: float = 1.0,
    lasts: float = 10.0,
    ends: str = "COMPLETED",
    reason: str = REASON,
    gone_from: datetime | None = None,
) -> ScriptedJob:
    """A transcription job, known by its name alone, which is free again when it was deleted (``gone_from``)."""
    created = in_milliseconds(created_at)
    row = {
        "TranscriptionJobName": name,
        "CreationTime": created,
        "LanguageCode": "en-GB",
        "OutputLocationType": "CUSTOMER_BUCKET",
    }
    details = {
        "MediaSampleRateHertz": 44100,
        "MediaFormat": "mp3",
        "Media": {"MediaFileUri": f"s3://acme-calls/{name}.mp3"},
        "Transcript": {
            "TranscriptFileUri": f"https://s3.{region}.amazonaws.com/acme-transcripts/{name}.json"
        },
        "Settings": {"ShowSpeakerLabels": True, "MaxSpeakerLabels": 2},
    }
    steps = tuple(
        _WORDS.steps(created, Life(starts_after, lasts, ends, reason if ends == "FAILED" else ""), {})
    )
    return ScriptedJob(
        SOURCE,
        account,
        region,
        name,
        created,
        row,
        steps,
        details=details,
        gone_from=gone_from,
        reusable=True,
    )


@dataclass
class TranscriptionApi(ListedJobs):
    """ListTranscriptionJobs (newest first, five a page) and GetTranscriptionJob."""

    source: ClassVar[str] = SOURCE
    service: ClassVar[str] = "transcribe"
    target: ClassVar[str] = "Transcribe"
    invalid: ClassVar[str] = "BadRequestException"
    row_shape: ClassVar[str] = "TranscriptionJobSummary"
    name_member: ClassVar[str] = "TranscriptionJobName"
    list_operation: ClassVar[str] = "ListTranscriptionJobs"
    look_operation: ClassVar[str] = "GetTranscriptionJob"
    rows: ClassVar[str] = "TranscriptionJobSummaries"
    status_member: ClassVar[str] = "TranscriptionJobStatus"
    changed: ClassVar[tuple[str, ...]] = ("CompletionTime",)
    page_size: ClassVar[int] = 5
    states: ClassVar[Mapping[str, State]] = {
        "QUEUED": State.QUEUED,
        "IN_PROGRESS": State.RUNNING,
        "COMPLETED": State.SUCCEEDED,
        "FAILED": State.FAILED,
    }
    filters: ClassVar[Mapping[str, Filter]] = {
        "JobNameContains": contains("TranscriptionJobName"),
        "Status": equals("TranscriptionJobStatus"),
    }
    look_member: ClassVar[str] = "TranscriptionJob"
    # Its model has NotFoundException; what it answers is this.
    no_such_job: ClassVar[tuple[str, str, int]] = (
        "BadRequestException",
        "The requested job couldn't be found. Check the job name and try your request again.",
        400,
    )

    def is_asked(self, job: ScriptedJob, asked: Mapping[str, Any]) -> bool:
        return bool(job.id == asked["TranscriptionJobName"])

    def described(self, row: Mapping[str, Any], job: ScriptedJob) -> dict[str, Any]:
        members = {name: value for name, value in row.items() if name != "OutputLocationType"}
        details = dict(job.details)
        if row["TranscriptionJobStatus"] != "COMPLETED":
            details.pop("Transcript")
        return {**details, **members}
