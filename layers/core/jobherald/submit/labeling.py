"""The request to start a labeling job, member by member as CreateLabelingJob takes it.

Names, requiredness, lengths, ranges, patterns and choices are those of botocore's model of the operation; a test holds
them to it in both directions.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from jobherald.submit import reading
from jobherald.submit.findings import Finding
from jobherald.submit.member import Member, whole
from jobherald.submit.sources import model

LARGEST_NUMBER: Final = 2**31 - 1
"""Whole numbers of the service have 32 bits."""

_JOB_NAME: Final = whole(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_ATTRIBUTE_NAME: Final = whole(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,126}")
_S3_URI: Final = whole(r"(https|s3)://([^/]+)/?(.*)")
_TOPIC: Final = whole(r"arn:aws[a-z\-]*:sns:[a-z0-9\-]*:[0-9]{12}:[a-zA-Z0-9_.-]+")
_KMS_KEY: Final = whole(r"[a-zA-Z0-9:/_-]*")
_ROLE: Final = whole(r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+")
_ALGORITHM: Final = whole(r"arn:.*")
_TRAINED_MODEL: Final = whole(r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:model/.*")
_VPC_ID: Final = whole(r"[-0-9a-zA-Z]+")
_WORK_TEAM: Final = whole(r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:workteam/.*")
_TASK_UI: Final = whole(r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]+:[0-9]{12}:human-task-ui/.*")
_FUNCTION: Final = whole(r"arn:aws[a-z\-]*:lambda:[a-z0-9\-]*:[0-9]{12}:function:.*")
_KEYWORD: Final = whole(r"[A-Za-z0-9]+( [A-Za-z0-9]+)*")
_TITLE: Final = whole(r"[\t\n\r -\uD7FF\uE000-\uFFFD]*")
_DESCRIPTION: Final = whole(r".+")
_TAG: Final = whole(r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)")

EXAMPLES: Final = {
    _JOB_NAME: "street-signs-2026-11",
    _ATTRIBUTE_NAME: "street-signs",
    _S3_URI: "s3://my-bucket/path/file.json",
    _TOPIC: "arn:aws:sns:us-east-1:111122223333:my-topic",
    _KMS_KEY: "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    _ROLE: "arn:aws:iam::111122223333:role/labeling",
    _ALGORITHM: "arn:aws:sagemaker:us-east-1:027400017018:labeling-job-algorithm-specification/object-detection",
    _TRAINED_MODEL: "arn:aws:sagemaker:us-east-1:111122223333:model/my-model",
    _VPC_ID: "sg-0a1b2c3d",
    _WORK_TEAM: "arn:aws:sagemaker:us-east-1:111122223333:workteam/private-crowd/my-team",
    _TASK_UI: "arn:aws:sagemaker:us-east-1:394669845002:human-task-ui/VideoObjectTracking",
    _FUNCTION: "arn:aws:lambda:us-east-1:432418664414:function:PRE-BoundingBox",
    _KEYWORD: "Street signs",
    _TITLE: "Draw a box around each street sign",
    _DESCRIPTION: "Draw a box around each street sign that can be seen whole",
    _TAG: "team/vision",
}
"""For each pattern a text that fits it, to be shown as the remedy."""

JobName = Annotated[str, Field(min_length=1, max_length=63, pattern=_JOB_NAME)]
AttributeName = Annotated[str, Field(min_length=1, max_length=127, pattern=_ATTRIBUTE_NAME)]
Uri = Annotated[str, Field(max_length=1024, pattern=_S3_URI)]
Topic = Annotated[str, Field(max_length=2048, pattern=_TOPIC)]
KmsKey = Annotated[str, Field(max_length=2048, pattern=_KMS_KEY)]
Role = Annotated[str, Field(min_length=20, max_length=2048, pattern=_ROLE)]
Algorithm = Annotated[str, Field(max_length=2048, pattern=_ALGORITHM)]
TrainedModel = Annotated[str, Field(min_length=20, max_length=2048, pattern=_TRAINED_MODEL)]
VpcId = Annotated[str, Field(max_length=32, pattern=_VPC_ID)]
WorkTeam = Annotated[str, Field(max_length=256, pattern=_WORK_TEAM)]
TaskUi = Annotated[str, Field(max_length=1024, pattern=_TASK_UI)]
Function = Annotated[str, Field(max_length=2048, pattern=_FUNCTION)]
Keyword = Annotated[str, Field(min_length=1, max_length=30, pattern=_KEYWORD)]
Title = Annotated[str, Field(min_length=1, max_length=128, pattern=_TITLE)]
Description = Annotated[str, Field(min_length=1, max_length=255, pattern=_DESCRIPTION)]
TagKey = Annotated[str, Field(min_length=1, max_length=128, pattern=_TAG)]
TagValue = Annotated[str, Field(max_length=256, pattern=_TAG)]
Classifier = Literal["FreeOfPersonallyIdentifiableInformation", "FreeOfAdultContent"]


class ManifestSource(Member):
    """The manifest that names the objects to be labeled."""

    ManifestS3Uri: Uri


class TopicSource(Member):
    """The topic that objects are sent to while the job runs. It makes the job a streaming one."""

    SnsTopicArn: Topic


class DataSources(Member):
    """Where objects come from: a manifest, a topic, or both."""

    S3DataSource: ManifestSource | None = None
    SnsDataSource: TopicSource | None = None


class Declarations(Member):
    """What the customer declares of the objects."""

    ContentClassifiers: Annotated[list[Classifier], Field(max_length=256)] | None = None


class Input(Member):
    """What is to be labeled."""

    DataSource: DataSources
    DataAttributes: Declarations | None = None


class Output(Member):
    """Where labels go."""

    S3OutputPath: Uri
    KmsKeyId: KmsKey | None = None
    SnsTopicArn: Topic | None = None


class Stopping(Member):
    """When the job stops by itself: as soon as one of these is met."""

    MaxHumanLabeledObjectCount: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)] | None = None
    MaxPercentageOfInputDatasetLabeled: Annotated[int, Field(ge=1, le=100)] | None = None


class Network(Member):
    """The network of the instances that label automatically."""

    SecurityGroupIds: Annotated[list[VpcId], Field(min_length=1, max_length=5)]
    Subnets: Annotated[list[VpcId], Field(min_length=1, max_length=16)]


class Resources(Member):
    """The instances that label automatically."""

    VolumeKmsKeyId: KmsKey | None = None
    VpcConfig: Network | None = None


class AutomatedLabeling(Member):
    """Automated data labeling."""

    LabelingJobAlgorithmSpecificationArn: Algorithm
    InitialActiveLearningModelArn: TrainedModel | None = None
    LabelingJobResourceConfig: Resources | None = None


class WorkerUi(Member):
    """What workers see: a template of one's own, or a user interface of Ground Truth's."""

    UiTemplateS3Uri: Uri | None = None
    HumanTaskUiArn: TaskUi | None = None


class Consolidation(Member):
    """How the labels of several workers become one."""

    AnnotationConsolidationLambdaArn: Function


class Usd(Member):
    """An amount in US dollars; what is left out is nought."""

    Dollars: Annotated[int, Field(ge=0, le=2)] | None = None
    Cents: Annotated[int, Field(ge=0, le=99)] | None = None
    TenthFractionsOfACent: Annotated[int, Field(ge=0, le=9)] | None = None


class Price(Member):
    """What a worker of Mechanical Turk is paid for one task."""

    AmountInUsd: Usd | None = None


class HumanTask(Member):
    """The task, who does it, and within which limits. Times are in seconds."""

    WorkteamArn: WorkTeam
    UiConfig: WorkerUi
    PreHumanTaskLambdaArn: Function | None = None
    TaskKeywords: Annotated[list[Keyword], Field(min_length=1, max_length=5)] | None = None
    TaskTitle: Title
    TaskDescription: Description
    NumberOfHumanWorkersPerDataObject: Annotated[int, Field(ge=1, le=9)]
    TaskTimeLimitInSeconds: Annotated[int, Field(ge=30, le=LARGEST_NUMBER)]
    TaskAvailabilityLifetimeInSeconds: Annotated[int, Field(ge=60, le=LARGEST_NUMBER)] | None = None
    MaxConcurrentTaskCount: Annotated[int, Field(ge=1, le=5000)] | None = None
    AnnotationConsolidationConfig: Consolidation | None = None
    PublicWorkforceTaskPrice: Price | None = None


class Tag(Member):
    """A tag of the job."""

    Key: TagKey
    Value: TagValue


class LabelingRequest(Member):
    """The input of CreateLabelingJob."""

    LabelingJobName: JobName
    LabelAttributeName: AttributeName
    InputConfig: Input
    OutputConfig: Output
    RoleArn: Role
    LabelCategoryConfigS3Uri: Uri | None = None
    StoppingConditions: Stopping | None = None
    LabelingJobAlgorithmsConfig: AutomatedLabeling | None = None
    HumanTaskConfig: HumanTask
    Tags: Annotated[list[Tag], Field(max_length=50)] | None = None

    def parameters(self) -> dict[str, Any]:
        """The request as boto3 takes it: what was left out is left out."""
        return self.model_dump(exclude_none=True)


FORM: Final = reading.Form(LabelingRequest, model("CreateLabelingJob"), EXAMPLES)


def read(document: object) -> tuple[LabelingRequest | None, list[Finding]]:
    """The request in a document, or None, and what is wrong with the document's form."""
    made = reading.read(FORM, document)
    return made.sound, list(made.findings)


def load(text: str | bytes) -> tuple[LabelingRequest | None, list[Finding]]:
    """The request in JSON text, or None, and what is wrong with the text or its form."""
    made = reading.read_text(FORM, text)
    return made.sound, list(made.findings)
