"""The request to start a media analysis job, as Rekognition's StartMediaAnalysisJob takes it, and its rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field

from jobherald.submit import reading
from jobherald.submit.arns import arn_of
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.member import Member, whole
from jobherald.submit.rulebook import Fault, Rule, Rulebook
from jobherald.submit.sources import rekognition_guide, rekognition_model

_TOKEN: Final = whole(r"^[a-zA-Z0-9-_]+$")
_JOB_NAME: Final = whole(r"[a-zA-Z0-9_.\-]+")
_MODEL_VERSION: Final = whole(
    r"(^arn:[a-z\d-]+:rekognition:[a-z\d-]+:\d{12}:project\/[a-zA-Z0-9_.\-]{1,255}\/version\/[a-zA-Z0-9_.\-]{1,255}\/[0-9]+$)"
)
_BUCKET: Final = whole(r"[0-9A-Za-z\.\-_]*")
_PREFIX: Final = whole(r"\S*")
_KMS_KEY: Final = whole(r"^[A-Za-z0-9][A-Za-z0-9:_/+=,@.-]{0,2048}$")

EXAMPLES: Final = {
    _TOKEN: "moderation-2026-11-22",
    _JOB_NAME: "moderation-2026-11-22",
    _MODEL_VERSION: "arn:aws:rekognition:us-east-1:111122223333:project/my-adapter/version/first/1700000000000",
    _BUCKET: "my-bucket",
    _PREFIX: "moderation/results",
    _KMS_KEY: "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
}
"""For each pattern a text that fits it, to be shown as the remedy."""

BucketName = Annotated[str, Field(min_length=3, max_length=255, pattern=_BUCKET)]
ObjectName = Annotated[str, Field(min_length=1, max_length=1024)]


class ModerationLabels(Member):
    """How images are looked at for what has to be moderated."""

    MinConfidence: Annotated[float, Field(ge=0, le=100)] | None = None
    ProjectVersion: Annotated[str, Field(min_length=20, max_length=2048, pattern=_MODEL_VERSION)] | None = (
        None
    )


class Operations(Member):
    """What is done with each image."""

    DetectModerationLabels: ModerationLabels | None = None


class ManifestObject(Member):
    """An object in S3."""

    Bucket: BucketName | None = None
    Name: ObjectName | None = None
    Version: ObjectName | None = None


class Source(Member):
    """The manifest that names the images."""

    S3Object: ManifestObject


class Output(Member):
    """Where results go."""

    S3Bucket: BucketName
    S3KeyPrefix: Annotated[str, Field(max_length=800, pattern=_PREFIX)] | None = None


class MediaAnalysisRequest(Member):
    """The input of StartMediaAnalysisJob."""

    ClientRequestToken: Annotated[str, Field(min_length=1, max_length=64, pattern=_TOKEN)] | None = None
    JobName: Annotated[str, Field(min_length=1, max_length=64, pattern=_JOB_NAME)] | None = None
    OperationsConfig: Operations
    Input: Source
    OutputConfig: Output
    KmsKeyId: Annotated[str, Field(min_length=1, max_length=2048, pattern=_KMS_KEY)] | None = None

    def parameters(self) -> dict[str, Any]:
        """The request as boto3 takes it: what was left out is left out."""
        return self.model_dump(exclude_none=True)


FORM: Final = reading.Form(MediaAnalysisRequest, rekognition_model("StartMediaAnalysisJob"), EXAMPLES)


@dataclass(frozen=True, slots=True)
class MediaSubmission:
    """A request and the region it is sent to, which may be empty."""

    request: MediaAnalysisRequest
    region: str = ""


BOOK: Final[Rulebook[MediaSubmission]] = Rulebook()


@BOOK.rule(
    1,
    "media-operation",
    Severity.WARNING,
    "The operation is named: moderation labels are the only one there is. No page says what becomes of a job without"
    " one.",
    rekognition_guide("bulk-analysis"),
    rekognition_model("MediaAnalysisOperationsConfig"),
)
def operation_is_named(job: MediaSubmission) -> Iterator[Fault]:
    if job.request.OperationsConfig.DetectModerationLabels is None:
        yield Fault(
            "OperationsConfig",
            "no operation is named, and no page says what would be done with the images",
            'add "DetectModerationLabels": {}',
        )


@BOOK.rule(
    2,
    "media-manifest",
    Severity.ERROR,
    "The manifest is named by its bucket and its key. Its lines are checked by looking into it.",
    rekognition_model("StartMediaAnalysisJob"),
    rekognition_guide("bulk-analysis"),
)
def manifest_is_named(job: MediaSubmission) -> Iterator[Fault]:
    found = job.request.Input.S3Object
    for name, value in (("Bucket", found.Bucket), ("Name", found.Name)):
        if value is None:
            yield Fault(
                f"Input.S3Object.{name}",
                "the manifest cannot be found without this, though the service model makes it optional",
                "add it",
            )


@BOOK.rule(
    3,
    "media-region",
    Severity.ERROR,
    "The adapter and the key are in the job's region. Where the buckets are is left to a look.",
    rekognition_model("S3Object"),
)
def one_region(job: MediaSubmission) -> Iterator[Fault]:
    operation = job.request.OperationsConfig.DetectModerationLabels
    home = job.region
    named = (
        ("OperationsConfig.DetectModerationLabels.ProjectVersion", operation and operation.ProjectVersion),
        ("KmsKeyId", job.request.KmsKeyId),
    )
    for path, text in named:
        arn = arn_of(text) if text else None
        if arn is None:
            continue
        home = home or arn.region
        if arn.region != home:
            yield Fault(
                path,
                f"this is in {shown(arn.region)}, and {'the job goes to' if job.region else 'the adapter is in'}"
                f" {home}",
                f"name one of {home}, or send the job to {arn.region}",
            )


RULES: Final[tuple[Rule[MediaSubmission], ...]] = BOOK.rules
"""All rules over such a request, by number."""


def read(document: object) -> tuple[MediaAnalysisRequest | None, list[Finding]]:
    """The request in a document, or None, and what is wrong with the document's form."""
    made = reading.read(FORM, document)
    return made.sound, list(made.findings)


def load(text: str | bytes) -> tuple[MediaAnalysisRequest | None, list[Finding]]:
    """The request in JSON text, or None, and what is wrong with the text or its form."""
    made = reading.read_text(FORM, text)
    return made.sound, list(made.findings)


def check(request: MediaAnalysisRequest, region: str = "") -> list[Finding]:
    """What is wrong with a request, whole or partly read. ``region`` is where it is to be sent, if that is known."""
    return BOOK.findings(MediaSubmission(request, region))
