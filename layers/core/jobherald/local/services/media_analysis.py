"""Rekognition as far as its media analysis jobs are started, listed and looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar, Final
from uuid import uuid4

from jobherald.local.services.api import ApiError, Call, Reply, Shown, World
from jobherald.local.services.faults import Faults
from jobherald.local.services.jobs import ScriptedJob, Step
from jobherald.local.services.paging import Pager
from jobherald.model import State

SOURCE: Final = "rekognition.media_analysis"
PAGE_SIZE: Final = 100
TOKEN: Final = "ClientRequestToken"  # noqa: S105  # a member's name

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


@dataclass(frozen=True, slots=True)
class Life:
    """How a job lives: created and queued for ``starts_after`` seconds, it is in progress for ``lasts``, then it ends.

    ``ends`` is ``SUCCEEDED``, ``FAILED`` (with ``code`` and ``message``), or empty for a job that never ends.
    """

    starts_after: float = 1.0
    lasts: float = 10.0
    ends: str = "SUCCEEDED"
    code: str = "INVALID_MANIFEST"
    message: str = ""

    def steps(self, created_at: datetime, identity: str, output: Mapping[str, Any]) -> Iterator[Step]:
        """The steps of a job that was created at that moment and writes where ``output`` says."""
        begins = created_at + timedelta(seconds=self.starts_after)
        yield Step(created_at, {"Status": "CREATED"})
        yield Step(created_at + timedelta(seconds=self.starts_after / 2), {"Status": "QUEUED"})
        yield Step(begins, {"Status": "IN_PROGRESS"})
        if self.ends:
            ended_at = begins + timedelta(seconds=self.lasts)
            end = {"Status": self.ends, "CompletionTimestamp": ended_at}
            yield Step(
                ended_at, end | (self._failure() if self.ends == "FAILED" else _results(identity, output))
            )

    def _failure(self) -> dict[str, Any]:
        return {"FailureDetails": {"Code": self.code, "Message": self.message or FAILURES[self.code]}}


def _results(identity: str, output: Mapping[str, Any]) -> dict[str, Any]:
    bucket, prefix = output["S3Bucket"], output.get("S3KeyPrefix", "")
    folder = f"{prefix.rstrip('/')}/{identity}".lstrip("/")
    return {
        "Results": {
            "S3Object": {"Bucket": bucket, "Name": f"{folder}/results.jsonl"},
            "ModelVersions": {"Moderation": "7.0"},
        },
        "ManifestSummary": {"S3Object": {"Bucket": bucket, "Name": f"{folder}/manifest-summary.json"}},
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
    """A media analysis job of an invented campaign; how it lives is as in `Life`.

    ``name`` may be empty: such jobs have none. The id is made from name and creation time unless given.
    """
    life = Life(starts_after, lasts, ends, code, message)
    identity = job_id or sha256(f"{account}/{region}/{name}/{created_at.isoformat()}".encode()).hexdigest()
    request: dict[str, Any] = {
        "OperationsConfig": {"DetectModerationLabels": {"MinConfidence": 60.0}},
        "Input": {"S3Object": {"Bucket": "acme-media", "Name": f"manifests/{name or identity[:12]}.jsonl"}},
        "OutputConfig": {"S3Bucket": "acme-moderation-results", "S3KeyPrefix": "nightly/"},
        "KmsKeyId": f"arn:aws:kms:{region}:{account}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    }
    if name:
        request["JobName"] = name
    return requested_job(
        request, identity=identity, created_at=created_at, account=account, region=region, life=life
    )


def requested_job(
    request: Mapping[str, Any], *, identity: str, created_at: datetime, account: str, region: str, life: Life
) -> ScriptedJob:
    """The job that StartMediaAnalysisJob makes of a request, which its shape allows."""
    row = {member: value for member, value in request.items() if member != TOKEN}
    row |= {"JobId": identity, "CreationTimestamp": created_at}
    steps = tuple(life.steps(created_at, identity, request["OutputConfig"]))
    return ScriptedJob(SOURCE, account, region, identity, created_at, row, steps)


@dataclass(slots=True)
class MediaAnalysisApi:
    """StartMediaAnalysisJob, ListMediaAnalysisJobs (newest first and without filters) and GetMediaAnalysisJob.

    ``life`` is how a job lives that is started by a call, ``quota`` how many may be open at once in an account and
    region, None for no limit. What a request names in S3 and KMS is not looked at.
    """

    faults: Faults
    life: Life = field(default_factory=Life)
    quota: int | None = None
    world: World = field(default_factory=World)
    pager: Pager = field(default_factory=lambda: Pager("InvalidPaginationTokenException"))
    _started: dict[tuple[str, str, str], tuple[Mapping[str, Any], str]] = field(default_factory=dict)

    source: ClassVar[str] = SOURCE
    service: ClassVar[str] = "rekognition"
    target: ClassVar[str] = "RekognitionService"
    invalid: ClassVar[str] = "InvalidParameterException"
    row_shape: ClassVar[str] = "MediaAnalysisJobDescription"
    name_member: ClassVar[str] = "JobName"
    parent_member: ClassVar[str] = ""

    @property
    def operations(self) -> Mapping[str, Callable[[Call], Reply]]:
        return {
            "StartMediaAnalysisJob": self._start,
            "ListMediaAnalysisJobs": self._list,
            "GetMediaAnalysisJob": self._get,
        }

    def state_of(self, row: Mapping[str, Any]) -> tuple[str, State]:
        status = str(row.get("Status", ""))
        return status, _STATES.get(status, State.UNKNOWN)

    def times_of(self, row: Mapping[str, Any]) -> datetime | None:
        ended: datetime | None = row.get("CompletionTimestamp")
        return ended

    def _start(self, call: Call) -> Reply:
        if "DetectModerationLabels" not in call.parameters["OperationsConfig"]:
            raise ApiError(self.invalid, "Request has invalid parameters: no operation is configured.")
        with self.world.lock:
            identity = self._started_before(call) or self._start_new(call)
        return Reply(wrap=lambda _: {"JobId": identity})

    def _started_before(self, call: Call) -> str:
        """The job that a request with the same token started; empty where there is none."""
        request, identity = self._started.get(_token(call), (call.parameters, ""))
        if request != call.parameters:
            raise ApiError(
                "IdempotentParameterMismatchException",
                "The ClientRequestToken was used before, with other parameters.",
            )
        return identity

    def _start_new(self, call: Call) -> str:
        there = [job for job in self.world.of(call) if job.exists(call.now)]
        is_open = sum(self.state_of(job.at(call.now))[1].is_open for job in there)
        if self.quota is not None and is_open >= self.quota:
            raise ApiError("LimitExceededException", f"Open jobs: {is_open}. Maximum allowed: {self.quota}.")
        made = requested_job(
            call.parameters,
            identity=uuid4().hex * 2,
            created_at=call.now,
            account=call.account,
            region=call.region,
            life=self.life,
        )
        self.world.put(made)
        if TOKEN in call.parameters:
            self._started[_token(call)] = call.parameters, made.id
        return made.id

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


def _token(call: Call) -> tuple[str, str, str]:
    return call.account, call.region, call.parameters.get(TOKEN, "")
