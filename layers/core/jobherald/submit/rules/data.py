"""Where the objects and the labels to choose from are."""

from __future__ import annotations

from collections.abc import Iterator

from jobherald.submit.arns import s3_object_of
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Severity
from jobherald.submit.rulebook import Fault
from jobherald.submit.rules.book import BOOK
from jobherald.submit.sources import guide, model
from jobherald.submit.submission import Submission

_SOURCE = "InputConfig.DataSource"
_CATEGORIES = "LabelCategoryConfigS3Uri"


@BOOK.rule(
    1,
    "data-source",
    Severity.ERROR,
    "A job has a manifest, a topic to send objects to, or both.",
    model("LabelingJobInputConfig"),
    model("LabelingJobDataSource"),
)
def has_a_source(job: Submission) -> Iterator[Fault]:
    source = job.request.InputConfig.DataSource
    if source.S3DataSource is None and source.SnsDataSource is None:
        yield Fault(
            _SOURCE,
            "there is neither a manifest nor a topic, so the job would have nothing to label",
            "add S3DataSource.ManifestS3Uri, or SnsDataSource.SnsTopicArn for a streaming job",
        )


@BOOK.rule(
    20,
    "label-categories",
    Severity.ERROR,
    "Named entity recognition, 3D point clouds and video frames have a label category file, which holds the"
    " instructions too. What it says is checked by looking into it.",
    model("CreateLabelingJob"),
    guide("sms-create-labeling-job-api"),
)
def has_categories(job: Submission) -> Iterator[Fault]:
    kind = job.task_type
    if (kind.in_frames or kind.ui) and job.request.LabelCategoryConfigS3Uri is None:
        yield Fault(
            _CATEGORIES,
            f"a job for {kind.title} needs a label category file",
            "name the file with the labels and instructions for workers, in S3",
        )


@BOOK.rule(
    20,
    "label-categories-usual",
    Severity.WARNING,
    "Other built-in task types have a label category file. The documentation contradicts itself: the guide asks for"
    " the file, its own example of the AWS CLI has none, and the service model makes the member optional.",
    guide("sms-create-labeling-job-api"),
    model("CreateLabelingJob"),
)
def usually_has_categories(job: Submission) -> Iterator[Fault]:
    kind = job.task_type
    if job.built_in and not kind.ui and job.request.LabelCategoryConfigS3Uri is None:
        yield Fault(
            _CATEGORIES,
            f"a job for {kind.title} has its labels from a label category file, and none is named",
            "name the file with the labels, in S3; the guide asks for it, though the service model does not",
        )


@BOOK.rule(
    24,
    "manifest-object",
    Severity.ERROR,
    "The manifest is one object in S3. Its lines, their keys and the quotas are checked by looking into it.",
    model("LabelingJobS3DataSource"),
    guide("sms-input-data-input-manifest"),
)
def manifest_is_an_object(job: Submission) -> Iterator[Fault]:
    found = s3_object_of(job.manifest) if job.manifest is not None else None
    if found is not None and (not found.key or found.key.endswith("/")):
        yield Fault(
            f"{_SOURCE}.S3DataSource.ManifestS3Uri",
            f"{shown(job.manifest)} is a bucket or folder, not a manifest",
            "name the object, as in s3://my-bucket/path/input.manifest",
        )
