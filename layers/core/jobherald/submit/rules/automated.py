"""Automated data labeling: a model learns from the first labels and does what it can of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from jobherald.submit.arns import arn_of
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Severity
from jobherald.submit.rulebook import Fault
from jobherald.submit.rules.book import BOOK
from jobherald.submit.sources import guide, model
from jobherald.submit.submission import Submission
from jobherald.submit.task_types import ALGORITHM_ACCOUNT, TASK_TYPES

ALGORITHMS: Final = tuple(one.algorithm for one in TASK_TYPES.values() if one.algorithm)

_CONFIG = "LabelingJobAlgorithmsConfig"
_ARN = f"{_CONFIG}.LabelingJobAlgorithmSpecificationArn"
_RESOURCE = "labeling-job-algorithm-specification"
_GUIDE = guide("sms-automated-labeling")
_DISPUTED = {"AdjustmentBoundingBox", "AdjustmentSemanticSegmentation"}


@BOOK.rule(
    18,
    "automated-task-type",
    Severity.ERROR,
    "Only image and text classification with a single label, bounding boxes and semantic segmentation can be labeled"
    " automatically. Whether there are enough objects (1,250; better 5,000) is seen in the manifest.",
    _GUIDE,
    guide("sms-create-labeling-job-api"),
)
def task_type_can_be_automated(job: Submission) -> Iterator[Fault]:
    kind = job.task_type
    if job.automated is not None and not kind.algorithm and kind.name not in _DISPUTED:
        yield Fault(
            _CONFIG,
            f"a job for {kind.title} cannot be labeled automatically",
            "leave this out",
        )


@BOOK.rule(
    18,
    "automated-adjustment",
    Severity.WARNING,
    "Adjustment jobs are not labeled automatically. The documentation contradicts itself: the page of automated"
    " labeling leaves them out, that of the quotas has a quota for them.",
    _GUIDE,
    guide("input-data-limits"),
)
def adjustment_is_not_automated(job: Submission) -> Iterator[Fault]:
    if job.automated is not None and job.task_type.name in _DISPUTED:
        yield Fault(
            _CONFIG,
            f"automated labeling of {job.task_type.title} is on one page of the documentation only",
            "leave this out to be safe",
        )


@BOOK.rule(
    18,
    "automated-algorithm",
    Severity.ERROR,
    "The algorithm is one of Ground Truth's four, and that of the task type.",
    model("LabelingJobAlgorithmsConfig"),
    guide("sms-create-labeling-job-api"),
)
def algorithm_suits_the_task_type(job: Submission) -> Iterator[Fault]:
    if job.automated is None:
        return
    text = job.automated.LabelingJobAlgorithmSpecificationArn
    arn, wanted = arn_of(text), job.task_type.algorithm
    choice = (wanted,) if wanted else ALGORITHMS
    known = arn is not None and arn.account == ALGORITHM_ACCOUNT
    if arn is None or not known or arn.resource not in {f"{_RESOURCE}/{each}" for each in choice}:
        region = arn.region if arn else "us-east-1"
        yield Fault(
            _ARN,
            f"{shown(text)} is not an algorithm for {job.task_type.title}"
            if wanted
            else f"{shown(text)} is no algorithm of Ground Truth's",
            f"write arn:aws:sagemaker:{region}:{ALGORITHM_ACCOUNT}:{_RESOURCE}/{' or '.join(choice)}",
        )
