"""Rekognition as far as its media analysis jobs are listed and looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar, Final

from jobherald.local.services.api import ApiError, Call, Reply, Shown, World
from jobherald.local.services.faults import Faults
from jobherald.local.services.jobs import ScriptedJob, Step
from jobherald.local.services.paging import Pager
from jobherald.model import State

SOURCE: Final = "rekognition.media_analysis"
PAGE_SIZE: Final = 100

# Every code of the model, with a message of the kind that the service writes.
FAILURES: Final = {
    "INTERNAL_ERROR": "An internal error occurred. Try your request again.",
    "INVALID_S3_OBJECT": "The S3 object of the input manifest could not be read: acme-media/manifests/batch.jsonl",
    "INVALID_MANIFEST": "The manifest is not valid: line 42 has no source-ref.",
    "INVALID_OUTPUT_CONFIG": "The output bucket does not exist or is in another region: acme-moderation-results",
    "INVALID_KMS_KEY": "The KMS key is disabled or its policy does not allow its use.",
    "ACCESS_DENIED": "Access to s3://acme-media/manifests/batch.jsonl is denied.",
    "RESOURCE_NOT_FOUND": "The project version of the custom moderation adapter was not found.",
    "RESOURCE_NOT_READY": "The project version of the custom moderation adapter is not ready for use.",
    "THROTTLED": "The job was throttled while it read its input. Try again later.",
}

_STATES: Final = {
    "CREATED": State.QUEUED,
    "QUEUED": State.QUEUED,
    "IN_PROGRESS": State.RUNNING,
    "SUCCEEDED": State.SUCCEEDED,
    "FAILED": State.FAILED,
}


def media_analysis_job(
    name: str,
    *,
    created_at: datetime,
    account: str = "111122223333",
    region: str = "us-east-1",
    starts_after: float = 1.0,
    lasts: float = 10.0,
    ends: str = "SUCCEEDED",
    code: str = "INVALID_MANIFEST",
    message: str = "",
    job_id: str = "",
) -> ScriptedJob:
    """A media analysis job that is created and queued for ``starts_after`` seconds, in progress for ``lasts``, then ends.

    ``ends`` is ``SUCCEEDED``, ``FAILED`` (with ``code`` and ``message``), or empty for a job that never ends. ``name`` may
    be empty: such jobs have none. The id is made from name and creation time unless given.
    """
    identity = job_id or sha256(f"{account}/{region}/{name}/{created_at.isoformat()}".encode()).hexdigest()
    begins = created_at + timedelta(seconds=starts_after)
    steps = [
        Step(created_at, {"Status": "CREATED"}),
        Step(created_at + timedelta(seconds=starts_after / 2), {"Status": "QUEUED"}),
        Step(begins, {"Status": "IN_PROGRESS"}),
    ]
    if ends:
        ended_at = begins + timedelta(seconds=lasts)
        steps.append(Step(ended_at, _end(ends, ended_at, identity, code, message or FAILURES[code])))
    row: dict[str, Any] = {
        "JobId": identity,
        "OperationsConfig": {"DetectModerationLabels": {"MinConfidence": 60.0}},
        "CreationTimestamp": created_at,
        "Input": {"S3Object": {"Bucket": "acme-media", "Name": f"manifests/{name or identity[:12]}.jsonl"}},
        "OutputConfig": {"S3Bucket": "acme-moderation-results", "S3KeyPrefix": "nightly/"},
        "KmsKeyId": f"arn:aws:kms:{region}:{account}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    }
    if name:
        row["JobName"] = name
    return ScriptedJob(SOURCE, account, region, identity, created_at, row, tuple(steps))


def _end(status: str, at: datetime, identity: str, code: str, message: str) -> dict[str, Any]:
    end: dict[str, Any] = {"Status": status, "CompletionTimestamp": at}
    if status == "FAILED":
        return {**end, "FailureDetails": {"Code": code, "Message": message}}
    folder = f"nightly/{identity}"
    return {
        **end,
        "Results": {
            "S3Object": {"Bucket": "acme-moderation-results", "Name": f"{folder}/results.jsonl"},
            "ModelVersions": {"Moderation": "7.0"},
        },
        "ManifestSummary": {
            "S3Object": {"Bucket": "acme-moderation-results", "Name": f"{folder}/manifest-summary.json"}
        },
    }


@dataclass(slots=True)
class MediaAnalysisApi:
    """ListMediaAnalysisJobs, newest first and without filters, and GetMediaAnalysisJob."""

    faults: Faults
    world: World = field(default_factory=World)
    pager: Pager = field(default_factory=lambda: Pager("InvalidPaginationTokenException"))

    source: ClassVar[str] = SOURCE
    service: ClassVar[str] = "rekognition"
    target: ClassVar[str] = "RekognitionService"
    invalid: ClassVar[str] = "InvalidParameterException"
    row_shape: ClassVar[str] = "MediaAnalysisJobDescription"
    name_member: ClassVar[str] = "JobName"

    @property
    def operations(self) -> Mapping[str, Callable[[Call], Reply]]:
        return {"ListMediaAnalysisJobs": self._list, "GetMediaAnalysisJob": self._get}

    def state_of(self, row: Mapping[str, Any]) -> tuple[str, State]:
        status = str(row.get("Status", ""))
        return status, _STATES.get(status, State.UNKNOWN)

    def times_of(self, row: Mapping[str, Any]) -> datetime | None:
        ended: datetime | None = row.get("CompletionTimestamp")
        return ended

    def _list(self, call: Call) -> Reply:
        shown = [self._shown(job, call.now) for job in self.world.of(call) if job.is_listed(call.now)]
        shown.sort(key=lambda item: (item.job.created_at, item.job.id), reverse=True)
        page, token = self.pager.cut(shown, call, call.parameters.get("MaxResults", PAGE_SIZE))
        return Reply(page, lambda rows: {"MediaAnalysisJobs": rows, "NextToken": token}, is_list=True)

    def _get(self, call: Call) -> Reply:
        identity = call.parameters["JobId"]
        known = next((job for job in self.world.of(call) if job.id == identity), None)
        if known is None or not known.exists(call.now):
            past = known if known is not None and known.created_at <= call.now else None
            raise ApiError(
                "ResourceNotFoundException", f"The media analysis job {identity} is not found.", gone=past
            )
        return Reply([self._shown(known, call.now)], lambda rows: dict(rows[0]))

    def _shown(self, job: ScriptedJob, now: datetime) -> Shown:
        row = job.at(now)
        return Shown(job, row, self.faults.shown(job.id, row))
