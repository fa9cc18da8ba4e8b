"""What a request would start, in the few lines that a person reads before saying yes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from jobherald.channels.text import duration
from jobherald.submit.arns import arn_of
from jobherald.submit.labeling import LabelingRequest, Price
from jobherald.submit.media_analysis import MediaAnalysisRequest
from jobherald.submit.rulebook import UnreadableError
from jobherald.submit.submission import Submission
from jobherald.submit.tags import LIMIT, OWNER

_THOUSANDTHS: Final = 1000

Row = tuple[str, str]


def labeling_brief(request: LabelingRequest, region: str) -> Iterator[Row]:
    """A labeling job: names and values, in the order in which they matter."""
    job, human = Submission(request, region), request.HumanTaskConfig
    workers = human.NumberOfHumanWorkersPerDataObject
    yield "job", f"{request.LabelingJobName} in {region}"
    yield "task", f"{_task(job)}: {human.TaskTitle}"
    yield "workers", f"{workers} for each object, {_team(job)}"
    yield "time", _time(request)
    if job.public:
        yield "price", _price(human.PublicWorkforceTaskPrice, workers)
    yield "input", " and ".join(_inputs(job))
    yield "output", f"{request.OutputConfig.S3OutputPath}, as {request.LabelAttributeName}"
    yield "labels", request.LabelCategoryConfigS3Uri or ""
    yield "automated", _last(job.automated.LabelingJobAlgorithmSpecificationArn) if job.automated else ""
    yield "stops", " or ".join(_stops(request))
    yield "role", request.RoleArn
    for key, name in ((OWNER, "owner"), (LIMIT, "limit")):
        yield name, next((tag.Value for tag in request.Tags or [] if tag.Key == key), "")


def media_brief(request: MediaAnalysisRequest, region: str) -> Iterator[Row]:
    """A media analysis job, as `labeling_brief`."""
    labels, manifest = request.OperationsConfig.DetectModerationLabels, request.Input.S3Object
    confidence = labels.MinConfidence if labels else None
    yield "job", f"{request.JobName or 'without a name'} in {region}"
    yield (
        "task",
        "moderation labels" + (f" from {confidence:g} % confidence on" if confidence is not None else ""),
    )
    yield "adapter", (labels.ProjectVersion if labels else None) or ""
    yield "input", f"s3://{manifest.Bucket}/{manifest.Name}"
    yield "output", f"s3://{request.OutputConfig.S3Bucket}/{request.OutputConfig.S3KeyPrefix or ''}"
    yield "key", request.KmsKeyId or ""


def _task(job: Submission) -> str:
    try:
        return job.task_type.title
    except UnreadableError as error:
        return f"{error}, a task type that no page names"


def _team(job: Submission) -> str:
    if job.public:
        return "of Mechanical Turk"
    kind = "vendor's team" if "workteam/vendor-crowd/" in job.human.WorkteamArn else "private team"
    return f"of the {kind} {_last(job.human.WorkteamArn)}"


def _time(request: LabelingRequest) -> str:
    human = request.HumanTaskConfig
    offered = human.TaskAvailabilityLifetimeInSeconds
    each = f"{duration(human.TaskTimeLimitInSeconds)} for each task"
    return each + (f", which is offered for {duration(offered)}" if offered else "")


def _price(price: Price | None, workers: int) -> str:
    """What the workers get; what AWS asks for itself depends on how many objects an account labels."""
    paid = price.AmountInUsd if price else None
    if paid is None:
        return "none"
    each = (paid.Dollars or 0) * 1000 + (paid.Cents or 0) * 10 + (paid.TenthFractionsOfACent or 0)
    return (
        f"{_usd(each)} to each worker, {_usd(each * workers)} for each object, beside what AWS itself charges"
    )


def _usd(thousandths: int) -> str:
    return f"${thousandths / _THOUSANDTHS:.3f}"


def _inputs(job: Submission) -> Iterator[str]:
    if job.manifest:
        yield job.manifest
    topic = job.request.InputConfig.DataSource.SnsDataSource
    if topic:
        yield f"whatever is sent to {_last(topic.SnsTopicArn)} (streaming)"


def _stops(request: LabelingRequest) -> Iterator[str]:
    given = request.StoppingConditions
    if given and given.MaxHumanLabeledObjectCount:
        yield f"after {given.MaxHumanLabeledObjectCount:,} objects labeled by people"
    if given and given.MaxPercentageOfInputDatasetLabeled:
        yield f"at {given.MaxPercentageOfInputDatasetLabeled} % of the objects"


def _last(arn: str) -> str:
    """The last part of an ARN's resource."""
    found = arn_of(arn)
    return found.resource.rpartition("/")[2] if found else arn
