"""A labeling job's life as a script: realistic rows, from the first task to the last label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from jobherald.local.services.jobs import ScriptedJob, Step

SOURCE: Final = "sagemaker.labeling"

FAILURE_REASONS: Final = (
    "ClientError: The IAM role does not have permission to read the input manifest. Add s3:GetObject and try again.",
    "ClientError: The input manifest is not valid at line 17: each line must be one JSON object with the key source-ref.",
    "ClientError: The pre-annotation Lambda function returned an error for more than 20% of the data objects.",
    "InternalServerError: We encountered an internal error. Please try again.",
    "Labeling job expired: it reached the maximum of 30 days before all data objects were labeled.",
)

# The accounts in which AWS keeps the built-in tasks' functions.
_TASK_ACCOUNTS: Final = {
    "us-east-1": "432418664414",
    "us-east-2": "266458841044",
    "us-west-2": "081040173940",
    "eu-west-1": "568282634449",
    "eu-central-1": "203001061592",
    "ap-northeast-1": "477331159723",
}

# Of the members of a request, those that a row of the list has too.
_IN_ROWS: Final = ("LabelingJobName", "InputConfig", "HumanTaskConfig")


def partition_of(region: str) -> str:
    """``aws``, ``aws-cn`` or ``aws-us-gov``."""
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")


@dataclass(frozen=True, slots=True)
class Life:
    """How a job lives: it initializes for ``starts_after`` seconds, is in progress for ``lasts`` and then ends.

    ``ends`` is its last status (``Completed`` ``Failed`` ``Stopped``), or empty for a job that never ends. ``counts`` is
    how often its counters move on the way; ``counters_modify`` whether LastModifiedTime moves with them. ``failed`` and
    ``unlabeled`` are what remains of its ``objects`` when it has completed; ``machine`` is the share labeled by machine.
    """

    starts_after: float = 1.0
    lasts: float = 10.0
    ends: str = "Completed"
    objects: int = 120
    failed: int = 0
    unlabeled: int = 0
    machine: float = 0.0
    reason: str = ""
    counts: int = 8
    counters_modify: bool = True

    def steps(self, created_at: datetime, output: str) -> Iterator[Step]:
        """The steps of a job that was created at that moment and writes its labels to ``output``."""
        begins = created_at + timedelta(seconds=self.starts_after)
        yield Step(created_at, {"LabelingJobStatus": "Initializing", "LabelCounters": self._counters(0.0)})
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
    """A labeling job of an invented campaign; how it lives is as in `Life`."""
    life = Life(
        starts_after, lasts, ends, objects, failed, unlabeled, machine, reason, counts, counters_modify
    )
    partition = partition_of(region)
    row = {
        "WorkteamArn": f"arn:{partition}:sagemaker:{region}:{account}:workteam/private-crowd/annotators",
        "PreHumanTaskLambdaArn": _task_function(region, f"PRE-{task}"),
        "AnnotationConsolidationLambdaArn": _task_function(region, f"ACS-{task}"),
        "InputConfig": _input(name, account, region, streaming=streaming),
    }
    return _scripted(name, account, region, created_at, row, _details(name, account, region), life)


def requested_job(
    request: Mapping[str, Any], *, created_at: datetime, account: str, region: str, life: Life
) -> ScriptedJob:
    """The labeling job that CreateLabelingJob makes of a request, which its shape allows."""
    name, task = request["LabelingJobName"], dict(request["HumanTaskConfig"])
    row = {"WorkteamArn": task.pop("WorkteamArn"), "InputConfig": request["InputConfig"]}
    if "PreHumanTaskLambdaArn" in task:
        row["PreHumanTaskLambdaArn"] = task.pop("PreHumanTaskLambdaArn")
    if "AnnotationConsolidationConfig" in task:
        row |= task.pop("AnnotationConsolidationConfig")
    details = {member: value for member, value in request.items() if member not in _IN_ROWS}
    details |= {"HumanTaskConfig": task, "JobReferenceCode": _reference_code(name, account, region)}
    return _scripted(name, account, region, created_at, row, details, life)


def _scripted(
    name: str,
    account: str,
    region: str,
    created_at: datetime,
    row: Mapping[str, Any],
    details: Mapping[str, Any],
    life: Life,
) -> ScriptedJob:
    arn = f"arn:{partition_of(region)}:sagemaker:{region}:{account}:labeling-job/{name.lower()}"
    folder = details["OutputConfig"]["S3OutputPath"].rstrip("/")
    return ScriptedJob(
        source=SOURCE,
        account=account,
        region=region,
        id=arn,
        created_at=created_at,
        row={"LabelingJobName": name, "LabelingJobArn": arn, "CreationTime": created_at, **row},
        details=details,
        steps=tuple(life.steps(created_at, f"{folder}/{name}/manifests/output/output.manifest")),
        modified_member="LastModifiedTime",
    )


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
        "JobReferenceCode": _reference_code(name, account, region),
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


def _reference_code(name: str, account: str, region: str) -> str:
    return sha256(f"{account}/{region}/{name}".encode()).hexdigest()[:32]
