"""Bedrock as far as its batch inference jobs are listed and looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar, Final

from jobherald.local.services.jobs import ScriptedJob
from jobherald.local.services.listed import (
    ACCOUNT,
    REGION,
    Filter,
    Life,
    ListedJobs,
    Words,
    after,
    before,
    contains,
    equals,
    in_milliseconds,
)
from jobherald.model import State

SOURCE: Final = "bedrock.batch_inference"
REASON: Final = "Input file validation failed: record 812 has no modelInput."

_WORDS: Final = Words(
    "status",
    "InProgress",
    waiting=("Submitted", "Validating", "Scheduled"),
    before={"Stopped": "Stopping"},
    ended="endTime",
    reason="message",
)
_PREFIX: Final = "model-invocation-job/"


def batch_inference_job(
    name: str,
    *,
    created_at: datetime,
    account: str = ACCOUNT,
    region: str = REGION,
    starts_after: float = 1.0,
    lasts: float = 10.0,
    ends: str = "Completed",
    reason: str = REASON,
    records: int = 1000,
    errors: int = 0,
) -> ScriptedJob:
    """A batch inference job over ``records``, of which ``errors`` have no answer when it has ended."""
    created = in_milliseconds(created_at)
    identity = sha256(f"{account}/{region}/{name}/{created.isoformat()}".encode()).hexdigest()[:12]
    arn = f"arn:aws:bedrock:{region}:{account}:{_PREFIX}{identity}"
    row = {
        "jobArn": arn,
        "jobName": name,
        "modelId": "anthropic.claude-3-5-haiku-20241022-v1:0",
        "roleArn": f"arn:aws:iam::{account}:role/BatchInference",
        "submitTime": created,
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": f"s3://acme-prompts/{name}.jsonl"}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://acme-answers/"}},
        "timeoutDurationInHours": 24,
    }
    life = Life(starts_after, lasts, ends, reason if ends in ("Failed", "Expired") else "")
    counts = {
        "totalRecordCount": records,
        "processedRecordCount": records,
        "successRecordCount": records - errors,
        "errorRecordCount": errors,
    }
    steps = tuple(_WORDS.steps(created, life, counts if ends in ("Completed", "PartiallyCompleted") else {}))
    return ScriptedJob(SOURCE, account, region, arn, created, row, steps, modified_member="lastModifiedTime")


@dataclass
class BatchInferenceApi(ListedJobs):
    """ListModelInvocationJobs and GetModelInvocationJob.

    In which order the list comes that names none is not documented: here the oldest come first.
    """

    source: ClassVar[str] = SOURCE
    service: ClassVar[str] = "bedrock"
    row_shape: ClassVar[str] = "ModelInvocationJobSummary"
    name_member: ClassVar[str] = "jobName"
    list_operation: ClassVar[str] = "ListModelInvocationJobs"
    look_operation: ClassVar[str] = "GetModelInvocationJob"
    rows: ClassVar[str] = "invocationJobSummaries"
    status_member: ClassVar[str] = "status"
    changed: ClassVar[tuple[str, ...]] = ("lastModifiedTime", "endTime")
    page_size: ClassVar[int] = 1000
    token_member: ClassVar[str] = "nextToken"  # noqa: S105  # a member's name
    size_member: ClassVar[str] = "maxResults"
    states: ClassVar[Mapping[str, State]] = {
        "Submitted": State.QUEUED,
        "Validating": State.QUEUED,
        "Scheduled": State.QUEUED,
        "InProgress": State.RUNNING,
        "Stopping": State.STOPPING,
        "Completed": State.SUCCEEDED,
        "PartiallyCompleted": State.PARTIAL,
        "Failed": State.FAILED,
        "Expired": State.FAILED,
        "Stopped": State.STOPPED,
    }
    filters: ClassVar[Mapping[str, Filter]] = {
        "nameContains": contains("jobName"),
        "statusEquals": equals("status"),
        "submitTimeAfter": after("submitTime"),
        "submitTimeBefore": before("submitTime"),
    }
    order: ClassVar[str] = "Ascending"
    order_member: ClassVar[str] = "sortOrder"
    no_such_job: ClassVar[tuple[str, str, int]] = (
        "ResourceNotFoundException",
        "Could not find the job.",
        404,
    )

    def state_of(self, row: Mapping[str, Any]) -> tuple[str, State]:
        status, state = super().state_of(row)
        failed = state is State.SUCCEEDED and row.get("errorRecordCount", 0) > 0
        return status, State.PARTIAL if failed else state

    def is_asked(self, job: ScriptedJob, asked: Mapping[str, Any]) -> bool:
        return asked["jobIdentifier"] in (job.id, job.id.partition(_PREFIX)[2])
