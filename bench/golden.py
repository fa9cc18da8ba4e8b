"""The largest jobs that are still real: names at the services' limits, every member filled, a long reason.

All are simulated by scripts, so the services prove each of their rows against botocore's model.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Protocol

from jobherald.local.services import ScriptedJob, Step
from jobherald.model import Place

ACCOUNT: Final = "111122223333"
# No region of the commercial partition has a longer name.
REGION: Final = "ap-southeast-1"
START: Final = datetime(2026, 11, 22, 11, 0, 0, tzinfo=UTC)

REASON: Final = (
    "ClientError: The pre-annotation Lambda function arn:aws:lambda:ap-southeast-1:111122223333:function:"
    "SageMaker-prepare-street-scenes returned an error for more than 20 percent of the data objects. The last "
    "error was: KeyError 'source-ref' in line 48213 of the input manifest. Correct the manifest and try again."
)
_LABELING: Final = Place("sagemaker.labeling", ACCOUNT, REGION)
_MEDIA: Final = Place("rekognition.media_analysis", ACCOUNT, REGION)


class Maker(Protocol):
    """Makes the n-th job of a place: created, running and failed at these moments (None: never)."""

    def __call__(
        self, number: int, created: datetime, runs: datetime | None, ends: datetime | None
    ) -> ScriptedJob: ...


def labeling(
    number: int, created: datetime, runs: datetime | None, ends: datetime | None = None
) -> ScriptedJob:
    """A labeling job, all counters in five digits: the quota of a dataset is 100,000 objects."""
    name = f"autonomous-driving-street-scenes-bounding-boxes-2026-w47-{number:06d}"
    assert len(name) == 63
    bucket = f"s3://acme-perception-ground-truth-{ACCOUNT}-{REGION}"
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
    counters = {
        "TotalLabeled": 87654,
        "HumanLabeled": 54321,
        "MachineLabeled": 33333,
        "FailedNonRetryableError": 1234,
        "Unlabeled": 11112,
    }
    row = {
        "LabelingJobName": name,
        "LabelingJobArn": f"{arn}:labeling-job/{name}",
        "CreationTime": created,
        "WorkteamArn": f"{arn}:workteam/private-crowd/street-scenes-annotators-singapore",
        "PreHumanTaskLambdaArn": f"arn:aws:lambda:{REGION}:377565633583:function:PRE-BoundingBox",
        "AnnotationConsolidationLambdaArn": f"arn:aws:lambda:{REGION}:377565633583:function:ACS-BoundingBox",
        "InputConfig": {
            "DataSource": {
                "S3DataSource": {"ManifestS3Uri": f"{bucket}/manifests/2026/47/{name}/input.manifest"}
            },
            "DataAttributes": {
                "ContentClassifiers": ["FreeOfPersonallyIdentifiableInformation", "FreeOfAdultContent"]
            },
        },
    }
    output = {
        "OutputDatasetS3Uri": f"{bucket}/output/{name}/manifests/output/output.manifest",
        "FinalActiveLearningModelArn": f"{arn}:model/{name}",
    }
    course = [Step(created, {"LabelingJobStatus": "Initializing", "LabelCounters": counters})]
    if runs:
        course.append(Step(runs, {"LabelingJobStatus": "InProgress"}))
    if ends:
        failed = {"LabelingJobStatus": "Failed", "FailureReason": REASON, "LabelingJobOutput": output}
        course.append(Step(ends, failed))
    return _job(_LABELING, row["LabelingJobArn"], row, course, "LastModifiedTime")


def media_analysis(
    number: int, created: datetime, runs: datetime | None, ends: datetime | None = None
) -> ScriptedJob:
    """A media analysis job with an adapter, a key and versioned objects."""
    identity = sha256(str(number).encode()).hexdigest()
    name = f"user-generated-content.moderation.2026-11-22.singapore-{number:06d}"
    name = f"{name:-<64}"
    bucket = f"acme-moderation-{ACCOUNT}-{REGION}"
    version = "3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"
    row = {
        "JobId": identity,
        "JobName": name,
        "OperationsConfig": {
            "DetectModerationLabels": {
                "MinConfidence": 62.5,
                "ProjectVersion": f"arn:aws:rekognition:{REGION}:{ACCOUNT}:project/user-generated-content-adapter"
                "/version/user-generated-content-adapter.2026-10-31T09.15.27/1793437527000",
            }
        },
        "CreationTimestamp": created,
        "Input": {
            "S3Object": {
                "Bucket": bucket,
                "Name": f"manifests/2026/11/22/{name}/input.jsonl",
                "Version": version,
            }
        },
        "OutputConfig": {"S3Bucket": bucket, "S3KeyPrefix": "results/2026/11/22/user-generated-content/"},
        "KmsKeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    }
    summary = {"Bucket": bucket, "Name": f"results/2026/11/22/{identity}/manifest-summary.json"}
    course = [Step(created, {"Status": "QUEUED"})]
    if runs:
        course.append(Step(runs, {"Status": "IN_PROGRESS"}))
    if ends:
        failed = {
            "Status": "FAILED",
            "CompletionTimestamp": ends,
            "FailureDetails": {"Code": "INVALID_OUTPUT_CONFIG", "Message": REASON},
            "ManifestSummary": {"S3Object": summary},
        }
        course.append(Step(ends, failed))
    return _job(_MEDIA, identity, row, course, "")


PLACES: Final[dict[str, tuple[Place, Maker]]] = {
    "labeling": (_LABELING, labeling),
    "media": (_MEDIA, media_analysis),
}
"""By the word of its metrics: the place, and who makes its jobs."""


def running(
    maker: Maker, count: int, *, first: int = 0, newest: datetime = START, apart: int = 1
) -> list[ScriptedJob]:
    """Jobs that run already and never end, ``apart`` minutes from each other, the last one as long before ``newest``."""
    return [maker(first + n, *_lived(newest, apart * (count - n))[:2], None) for n in range(count)]


def finished(
    maker: Maker, count: int, *, first: int = 0, newest: datetime = START, apart: int = 1
) -> list[ScriptedJob]:
    """The same, but each of them failed within its minute."""
    return [maker(first + n, *_lived(newest, apart * (count - n))) for n in range(count)]


def _lived(newest: datetime, minutes: int) -> tuple[datetime, datetime, datetime]:
    """Times with milliseconds, as services have them: whole seconds are shorter when stored."""
    created = newest - timedelta(minutes=minutes, milliseconds=211)
    return created, created + timedelta(seconds=7.127), created + timedelta(seconds=43.613)


def _job(
    place: Place, identity: Any, row: dict[str, Any], course: Sequence[Step], modified_member: str
) -> ScriptedJob:
    return ScriptedJob(
        source=place.source,
        account=place.account,
        region=place.region,
        id=identity,
        created_at=course[0].at,
        row=row,
        steps=tuple(course),
        modified_member=modified_member,
    )
