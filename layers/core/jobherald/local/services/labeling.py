"""SageMaker Ground Truth as far as its labeling jobs are listed, looked at and stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar, Final

from jobherald.local.services.api import ApiError, Call, Reply, Shown, World
from jobherald.local.services.faults import Faults
from jobherald.local.services.jobs import ScriptedJob, Step
from jobherald.local.services.paging import Pager
from jobherald.model import State

SOURCE: Final = "sagemaker.labeling"
PAGE_SIZE: Final = 10

FAILURE_REASONS: Final = (
    "ClientError: The IAM role does not have permission to read the input manifest. Add s3:GetObject and try again.",
    "ClientError: The input manifest is not valid at line 17: each line must be one JSON object with the key source-ref.",
    "ClientError: The pre-annotation Lambda function returned an error for more than 20% of the data objects.",
    "InternalServerError: We encountered an internal error. Please try again.",
    "Labeling job expired: it reached the maximum of 30 days before all data objects were labeled.",
)

_STATES: Final = {
    "Initializing": State.QUEUED,
    "InProgress": State.RUNNING,
    "Stopping": State.STOPPING,
    "Completed": State.SUCCEEDED,
    "Failed": State.FAILED,
    "Stopped": State.STOPPED,
}
# The accounts in which AWS keeps the built-in tasks' functions.
_TASK_ACCOUNTS: Final = {
    "us-east-1": "432418664414",
    "us-east-2": "266458841044",
    "us-west-2": "081040173940",
    "eu-west-1": "568282634449",
    "eu-central-1": "203001061592",
    "ap-northeast-1": "477331159723",
}
_SORT_KEYS: Final = {"Name": "LabelingJobName", "CreationTime": "CreationTime", "Status": "LabelingJobStatus"}


def partition_of(region: str) -> str:
    """``aws``, ``aws-cn`` or ``aws-us-gov``."""
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")


def labeling_job(
    name: str,
    *,
    created_at: datetime,
    account: str = "111122223333",
    region: str = "us-east-1",
    starts_after: float = 1.0,
    lasts: float = 10.0,
    ends: str = "Completed",
    objects: int = 120,
    failed: int = 0,
    unlabeled: int = 0,
    machine: float = 0.0,
    reason: str = "",
    counts: int = 8,
    counters_modify: bool = True,
    streaming: bool = False,
    task: str = "BoundingBox",
) -> ScriptedJob:
    """A labeling job that initializes for ``starts_after`` seconds, is in progress for ``lasts`` and then ends.

    ``ends`` is its last status (``Completed`` ``Failed`` ``Stopped``), or empty for a job that never ends. ``counts`` is
    how often its counters move on the way; ``counters_modify`` whether LastModifiedTime moves with them. ``failed`` and
    ``unlabeled`` are what remains of its ``objects`` when it has completed; ``machine`` is the share labeled by machine.
    """
    course = _Course(
        created_at,
        starts_after,
        lasts,
        ends,
        objects,
        failed,
        unlabeled,
        machine,
        reason,
        counts,
        counters_modify,
    )
    partition = partition_of(region)
    output = f"s3://acme-labels-{region}/output/{name}/manifests/output/output.manifest"
    return ScriptedJob(
        source=SOURCE,
        account=account,
        region=region,
        id=f"arn:{partition}:sagemaker:{region}:{account}:labeling-job/{name.lower()}",
        created_at=created_at,
        row={
            "LabelingJobName": name,
            "LabelingJobArn": f"arn:{partition}:sagemaker:{region}:{account}:labeling-job/{name.lower()}",
            "CreationTime": created_at,
            "WorkteamArn": f"arn:{partition}:sagemaker:{region}:{account}:workteam/private-crowd/annotators",
            "PreHumanTaskLambdaArn": _task_function(region, f"PRE-{task}"),
            "AnnotationConsolidationLambdaArn": _task_function(region, f"ACS-{task}"),
            "InputConfig": _input(name, account, region, streaming=streaming),
        },
        details=_details(name, account, region),
        steps=tuple(course.steps(output)),
        modified_member="LastModifiedTime",
    )


@dataclass(frozen=True, slots=True)
class _Course:
    created_at: datetime
    starts_after: float
    lasts: float
    ends: str
    objects: int
    failed: int
    unlabeled: int
    machine: float
    reason: str
    counts: int
    counters_modify: bool

    def steps(self, output: str) -> Iterator[Step]:
        begins = self.created_at + timedelta(seconds=self.starts_after)
        yield Step(
            self.created_at, {"LabelingJobStatus": "Initializing", "LabelCounters": self._counters(0.0)}
        )
        yield Step(begins, {"LabelingJobStatus": "InProgress"})
        for count in range(1, self.counts):
            at = begins + timedelta(seconds=self.lasts * count / self.counts)
            yield Step(
                at, {"LabelCounters": self._counters(count / self.counts)}, modifies=self.counters_modify
            )
        if self.ends:
            yield from self._end(begins, output)

    def _end(self, begins: datetime, output: str) -> Iterator[Step]:
        done = 1.0 if self.ends == "Completed" else (self.counts - 1) / self.counts
        last: dict[str, Any] = {"LabelingJobStatus": self.ends, "LabelCounters": self._counters(done)}
        if self.ends == "Failed":
            last["FailureReason"] = self.reason or FAILURE_REASONS[0]
        else:
            last["LabelingJobOutput"] = {"OutputDatasetS3Uri": output}
        if self.ends == "Stopped":
            # The last of the counters' steps at the earliest, so that the steps stay in order of time.
            share = max(0.9, (self.counts - 1) / self.counts)
            yield Step(begins + timedelta(seconds=share * self.lasts), {"LabelingJobStatus": "Stopping"})
        yield Step(begins + timedelta(seconds=self.lasts), last)

    def _counters(self, done: float) -> dict[str, int]:
        failed = int(self.failed * done)
        labeled = int((self.objects - self.failed - self.unlabeled) * done)
        by_machine = int(labeled * self.machine)
        return {
            "TotalLabeled": labeled,
            "HumanLabeled": labeled - by_machine,
            "MachineLabeled": by_machine,
            "FailedNonRetryableError": failed,
            "Unlabeled": self.objects - labeled - failed,
        }


def _task_function(region: str, name: str) -> str:
    account = _TASK_ACCOUNTS.get(region, _TASK_ACCOUNTS["us-east-1"])
    return f"arn:{partition_of(region)}:lambda:{region}:{account}:function:{name}"


def _input(name: str, account: str, region: str, *, streaming: bool) -> dict[str, Any]:
    topic = f"arn:{partition_of(region)}:sns:{region}:{account}:{name}-input"
    manifest = f"s3://acme-labels-{region}/input/{name}.manifest"
    source = (
        {"SnsDataSource": {"SnsTopicArn": topic}}
        if streaming
        else {"S3DataSource": {"ManifestS3Uri": manifest}}
    )
    return {
        "DataSource": source,
        "DataAttributes": {"ContentClassifiers": ["FreeOfPersonallyIdentifiableInformation"]},
    }


def _details(name: str, account: str, region: str) -> dict[str, Any]:
    """What DescribeLabelingJob has and the list has not."""
    return {
        "JobReferenceCode": sha256(f"{account}/{region}/{name}".encode()).hexdigest()[:32],
        "LabelAttributeName": "boxes",
        "OutputConfig": {"S3OutputPath": f"s3://acme-labels-{region}/output/"},
        "RoleArn": f"arn:{partition_of(region)}:iam::{account}:role/service-role/GroundTruthExecution",
        "LabelCategoryConfigS3Uri": f"s3://acme-labels-{region}/categories/{name}.json",
        "StoppingConditions": {"MaxPercentageOfInputDatasetLabeled": 100},
        "HumanTaskConfig": {
            "UiConfig": {"UiTemplateS3Uri": f"s3://acme-labels-{region}/templates/boxes.liquid.html"},
            "TaskKeywords": ["images", "boxes"],
            "TaskTitle": "Draw a box around each animal",
            "TaskDescription": "Draw one tight box around each animal that you can see.",
            "NumberOfHumanWorkersPerDataObject": 3,
            "TaskTimeLimitInSeconds": 600,
            "TaskAvailabilityLifetimeInSeconds": 864000,
            "MaxConcurrentTaskCount": 1000,
        },
        "Tags": [{"Key": "team", "Value": "perception"}, {"Key": "campaign", "Value": name}],
    }


@dataclass(slots=True)
class LabelingApi:
    """ListLabelingJobs, DescribeLabelingJob and StopLabelingJob.

    ``filter_after_paging``: the modified-time and status filters only thin out pages that were cut before, so that short
    and empty pages with a token are normal, as has been reported of this family of operations
    (https://github.com/aws/aws-sdk/issues/486). ``stop_takes`` is in seconds.
    """

    faults: Faults
    filter_after_paging: bool = False
    stop_takes: float = 2.0
    world: World = field(default_factory=World)
    pager: Pager = field(default_factory=lambda: Pager("ValidationException"))

    source: ClassVar[str] = SOURCE
    service: ClassVar[str] = "sagemaker"
    target: ClassVar[str] = "SageMaker"
    invalid: ClassVar[str] = "ValidationException"
    row_shape: ClassVar[str] = "LabelingJobSummary"
    name_member: ClassVar[str] = "LabelingJobName"

    @property
    def operations(self) -> Mapping[str, Callable[[Call], Reply]]:
        return {
            "ListLabelingJobs": self._list,
            "DescribeLabelingJob": self._describe,
            "StopLabelingJob": self._stop,
        }

    def state_of(self, row: Mapping[str, Any]) -> tuple[str, State]:
        status = str(row.get("LabelingJobStatus", ""))
        state = _STATES.get(status, State.UNKNOWN)
        counters = row.get("LabelCounters") or {}
        remains = counters.get("FailedNonRetryableError", 0) or counters.get("Unlabeled", 0)
        return status, State.PARTIAL if state is State.SUCCEEDED and remains else state

    def times_of(self, row: Mapping[str, Any]) -> datetime | None:
        modified: datetime | None = row.get("LastModifiedTime")
        return modified

    def _list(self, call: Call) -> Reply:
        asked = call.parameters
        shown = [self._shown(job, call.now) for job in self.world.of(call) if job.is_listed(call.now)]
        # The ARN keeps an order among equals, else a page could begin anywhere between them.
        shown.sort(
            key=lambda item: (item.row[_SORT_KEYS[asked.get("SortBy", "CreationTime")]], item.job.id),
            reverse=asked.get("SortOrder", "Ascending") == "Descending",
        )
        shown = [item for item in shown if _created_as_asked(item, asked)]
        if not self.filter_after_paging:
            shown = [item for item in shown if _changed_as_asked(item, asked)]
        page, token = self.pager.cut(
            shown, call, asked.get("MaxResults", PAGE_SIZE), lambda item: _changed_as_asked(item, asked)
        )
        return Reply(page, lambda rows: {"LabelingJobSummaryList": rows, "NextToken": token}, is_list=True)

    def _describe(self, call: Call) -> Reply:
        job = self._named(call)
        return Reply([self._shown(job, call.now)], lambda rows: _described(rows[0], job.details))

    def _stop(self, call: Call) -> Reply:
        with self.world.lock:
            job = self._named(call)
            status, state = self.state_of(job.at(call.now))
            if not state.is_open:
                raise ApiError(self.invalid, f"The labeling job cannot be stopped: its status is {status}.")
            stopped = call.now + timedelta(seconds=self.stop_takes)
            course = [
                Step(call.now, {"LabelingJobStatus": "Stopping"}),
                Step(stopped, {"LabelingJobStatus": "Stopped"}),
            ]
            self.world.put(job.cut(call.now, course))
        return Reply()

    def _named(self, call: Call) -> ScriptedJob:
        name = call.parameters["LabelingJobName"]
        known = [
            job for job in self.world.of(call) if job.row["LabelingJobName"].casefold() == name.casefold()
        ]
        found = next((job for job in known if job.exists(call.now)), None)
        if found is None:
            raise ApiError(
                "ResourceNotFound",
                f"Requested resource not found: labeling job {name}.",
                gone=_past(known, call.now),
            )
        return found

    def _shown(self, job: ScriptedJob, now: datetime) -> Shown:
        row = job.at(now)
        return Shown(job, row, self.faults.shown(job.id, row))


def _past(known: list[ScriptedJob], now: datetime) -> ScriptedJob | None:
    """The one that has been there: a look at a job that is still to be created finds nothing that is gone."""
    return next((job for job in known if job.created_at <= now), None)


def _created_as_asked(item: Shown, asked: Mapping[str, Any]) -> bool:
    return asked.get("NameContains", "").casefold() in item.row["LabelingJobName"].casefold() and _between(
        item.row["CreationTime"], asked.get("CreationTimeAfter"), asked.get("CreationTimeBefore")
    )


def _changed_as_asked(item: Shown, asked: Mapping[str, Any]) -> bool:
    return asked.get("StatusEquals") in (None, item.shown.get("LabelingJobStatus")) and _between(
        item.row["LastModifiedTime"], asked.get("LastModifiedTimeAfter"), asked.get("LastModifiedTimeBefore")
    )


def _between(at: datetime, after: datetime | None, before: datetime | None) -> bool:
    return (after is None or at > after) and (before is None or at < before)


def _described(row: Mapping[str, Any], details: Mapping[str, Any]) -> dict[str, Any]:
    """A list's row as DescribeLabelingJob has it: three members lie deeper, and there are more of them."""
    described = {**details, **row}
    task = dict(details["HumanTaskConfig"])
    if "WorkteamArn" in row:
        task["WorkteamArn"] = described.pop("WorkteamArn")
    if "PreHumanTaskLambdaArn" in row:
        task["PreHumanTaskLambdaArn"] = described.pop("PreHumanTaskLambdaArn")
    if "AnnotationConsolidationLambdaArn" in row:
        consolidation = described.pop("AnnotationConsolidationLambdaArn")
        task["AnnotationConsolidationConfig"] = {"AnnotationConsolidationLambdaArn": consolidation}
    return {**described, "HumanTaskConfig": task}
