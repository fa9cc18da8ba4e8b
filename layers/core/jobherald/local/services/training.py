"""SageMaker as far as its training jobs are listed and looked at."""

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
    after,
    before,
    contains,
    equals,
    in_milliseconds,
)
from jobherald.model import State

SOURCE: Final = "sagemaker.training"
REASON: Final = (
    "AlgorithmError: ExecuteUserScriptError: ExitCode 1, ErrorMessage ValueError: the label 7 of the validation data "
    "is none of the 6 classes"
)

_WORDS: Final = Words(
    "TrainingJobStatus", "InProgress", before={"Stopped": "Stopping"}, ended="TrainingEndTime"
)
_SECONDARY: Final = {"InProgress": "Training", "Deleting": "Stopped"}


def sagemaker_training_job(
    name: str,
    *,
    created_at: datetime,
    account: str = ACCOUNT,
    region: str = REGION,
    starts_after: float = 1.0,
    lasts: float = 10.0,
    ends: str = "Completed",
    reason: str = REASON,
) -> ScriptedJob:
    """A training job of an invented model; it is in progress from its creation on, and fails for ``reason``.

    Its name is free again when it was deleted.
    """
    created = in_milliseconds(created_at)
    arn = f"arn:aws:sagemaker:{region}:{account}:training-job/{name}"
    life = Life(starts_after, lasts, ends)
    row = {"TrainingJobName": name, "TrainingJobArn": arn, "CreationTime": created}
    details = {"FailureReason": reason} if ends == "Failed" else {}
    steps = tuple(_WORDS.steps(created, life, {}))
    return ScriptedJob(
        SOURCE,
        account,
        region,
        arn,
        created,
        row,
        steps,
        modified_member="LastModifiedTime",
        details=details,
        reusable=True,
    )


@dataclass
class TrainingApi(ListedJobs):
    """ListTrainingJobs and DescribeTrainingJob, which alone says why a job failed.

    A page is cut before StatusEquals is applied, as the operation's documentation says: short and empty pages with a token
    are normal.
    """

    source: ClassVar[str] = SOURCE
    service: ClassVar[str] = "sagemaker"
    target: ClassVar[str] = "SageMaker"
    row_shape: ClassVar[str] = "TrainingJobSummary"
    name_member: ClassVar[str] = "TrainingJobName"
    list_operation: ClassVar[str] = "ListTrainingJobs"
    look_operation: ClassVar[str] = "DescribeTrainingJob"
    rows: ClassVar[str] = "TrainingJobSummaries"
    status_member: ClassVar[str] = "TrainingJobStatus"
    changed: ClassVar[tuple[str, ...]] = ("LastModifiedTime",)
    page_size: ClassVar[int] = 10
    states: ClassVar[Mapping[str, State]] = {
        "InProgress": State.RUNNING,
        "Stopping": State.STOPPING,
        "Completed": State.SUCCEEDED,
        "Failed": State.FAILED,
        "Stopped": State.STOPPED,
    }
    filters: ClassVar[Mapping[str, Filter]] = {
        "NameContains": contains("TrainingJobName"),
        "CreationTimeAfter": after("CreationTime"),
        "CreationTimeBefore": before("CreationTime"),
        "LastModifiedTimeAfter": after("LastModifiedTime"),
        "LastModifiedTimeBefore": before("LastModifiedTime"),
        "StatusEquals": equals("TrainingJobStatus"),
    }
    late_filters: ClassVar[frozenset[str]] = frozenset({"StatusEquals"})
    order: ClassVar[str] = "Ascending"
    order_member: ClassVar[str] = "SortOrder"
    sort_member: ClassVar[str] = "SortBy"
    sort_keys: ClassVar[Mapping[str, str]] = {"Name": "TrainingJobName", "Status": "TrainingJobStatus"}
    # Its model has ResourceNotFound; what it answers is this (https://github.com/aws/aws-sdk/issues/165).
    no_such_job: ClassVar[tuple[str, str, int]] = (
        "ValidationException",
        "Requested resource not found.",
        400,
    )

    def is_asked(self, job: ScriptedJob, asked: Mapping[str, Any]) -> bool:
        return bool(job.row["TrainingJobName"] == asked["TrainingJobName"])

    def described(self, row: Mapping[str, Any], job: ScriptedJob) -> dict[str, Any]:
        status, region = row["TrainingJobStatus"], job.region
        name, account = row["TrainingJobName"], job.account
        described: dict[str, Any] = {
            **row,
            "SecondaryStatus": _SECONDARY.get(status, status),
            "ModelArtifacts": {"S3ModelArtifacts": f"s3://acme-models-{region}/{name}/output/model.tar.gz"},
            "AlgorithmSpecification": {
                "TrainingImage": f"763104351884.dkr.ecr.{region}.amazonaws.com/pytorch-training:2.5-gpu-py311",
                "TrainingInputMode": "FastFile",
            },
            "RoleArn": f"arn:aws:iam::{account}:role/service-role/TrainingExecution",
            "HyperParameters": {"epochs": "30", "learning-rate": "0.0005"},
            "OutputDataConfig": {"S3OutputPath": f"s3://acme-models-{region}/"},
            "ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 100},
            "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
            "TrainingStartTime": row["CreationTime"],
        }
        return described | (dict(job.details) if status == "Failed" else {})
