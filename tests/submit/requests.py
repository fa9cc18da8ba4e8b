"""Requests that the tests of this folder share: a sound one for each kind of job, and edits by path."""

from __future__ import annotations

import copy
import re
from typing import Any

REGION = "us-east-1"
ACCOUNT = "432418664414"
PRIVATE = "arn:aws:sagemaker:us-east-1:111122223333:workteam/private-crowd/signs"
PUBLIC = "arn:aws:sagemaker:us-east-1:394669845002:workteam/public-crowd/default"
VENDOR = "arn:aws:sagemaker:us-east-1:111122223333:workteam/vendor-crowd/signs"
UI = "arn:aws:sagemaker:us-east-1:394669845002:human-task-ui/"
ALGORITHM = "arn:aws:sagemaker:us-east-1:027400017018:labeling-job-algorithm-specification/"
TOPIC = "arn:aws:sns:us-east-1:111122223333:objects"

HUMAN = "HumanTaskConfig"
PRE = f"{HUMAN}.PreHumanTaskLambdaArn"
CONSOLIDATION = f"{HUMAN}.AnnotationConsolidationConfig.AnnotationConsolidationLambdaArn"
TEMPLATE = f"{HUMAN}.UiConfig.UiTemplateS3Uri"
TASK_UI = f"{HUMAN}.UiConfig.HumanTaskUiArn"
TEAM = f"{HUMAN}.WorkteamArn"
LIMIT = f"{HUMAN}.TaskTimeLimitInSeconds"
AVAILABLE = f"{HUMAN}.TaskAvailabilityLifetimeInSeconds"
PRICE = f"{HUMAN}.PublicWorkforceTaskPrice"
MANIFEST = "InputConfig.DataSource.S3DataSource"
INPUT_TOPIC = "InputConfig.DataSource.SnsDataSource"
CLASSIFIERS = "InputConfig.DataAttributes.ContentClassifiers"
AUTOMATED = "LabelingJobAlgorithmsConfig"
GONE: Any = object()
"""As the value of an edit: take the member away."""

BOUNDING_BOX: dict[str, Any] = {
    "LabelingJobName": "Street-signs",
    "LabelAttributeName": "signs",
    "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": "s3://my-bucket/in/input.manifest"}}},
    "OutputConfig": {"S3OutputPath": "s3://my-bucket/out/"},
    "RoleArn": "arn:aws:iam::111122223333:role/labeling",
    "LabelCategoryConfigS3Uri": "s3://my-bucket/in/labels.json",
    "HumanTaskConfig": {
        "WorkteamArn": PRIVATE,
        "UiConfig": {"UiTemplateS3Uri": "s3://my-bucket/in/template.liquid"},
        "PreHumanTaskLambdaArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:PRE-BoundingBox",
        "AnnotationConsolidationConfig": {
            "AnnotationConsolidationLambdaArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:ACS-BoundingBox"
        },
        "TaskTitle": "Street signs",
        "TaskDescription": "Draw a box around each street sign",
        "NumberOfHumanWorkersPerDataObject": 3,
        "TaskTimeLimitInSeconds": 600,
    },
}
"""A static job for a private team, against which no rule says anything."""


def edited(request: dict[str, Any], edits: dict[str, Any]) -> dict[str, Any]:
    """A copy with the value at each path replaced, added or (GONE) taken away; objects on the way are made.

    A function in the place of a value makes it from the one that is there, if there is one.
    """
    made = copy.deepcopy(request)
    for path, value in edits.items():
        *way, last = path.split(".")
        here = made
        needs_one = value is GONE or callable(value)
        for name in way:
            here = here.get(name, {}) if needs_one else here.setdefault(name, {})
        if not needs_one:
            here[last] = copy.deepcopy(value)
        elif last in here:
            if value is GONE:
                del here[last]
            else:
                here[last] = value(here[last])
    return made


def of_type(name: str, region: str = REGION, account: str = ACCOUNT) -> dict[str, Any]:
    """The edits that give a job both functions of a built-in task type."""
    return {
        PRE: f"arn:aws:lambda:{region}:{account}:function:PRE-{name}",
        CONSOLIDATION: f"arn:aws:lambda:{region}:{account}:function:ACS-{name}",
    }


FRAMES = {
    **of_type("VideoObjectTracking"),
    "LabelAttributeName": "signs-ref",
    TEMPLATE: GONE,
    TASK_UI: f"{UI}VideoObjectTracking",
    f"{HUMAN}.NumberOfHumanWorkersPerDataObject": 1,
}
CLOUDS = {
    **of_type("3DPointCloudObjectDetection"),
    TEMPLATE: GONE,
    TASK_UI: f"{UI}PointCloudObjectDetection",
    f"{HUMAN}.NumberOfHumanWorkersPerDataObject": 1,
}
MTURK = {
    TEAM: PUBLIC,
    CLASSIFIERS: ["FreeOfPersonallyIdentifiableInformation", "FreeOfAdultContent"],
    PRICE: {"AmountInUsd": {"Dollars": 0, "Cents": 3, "TenthFractionsOfACent": 6}},
}
STREAMING = {INPUT_TOPIC: {"SnsTopicArn": TOPIC}}
CUSTOM = {
    PRE: "arn:aws:lambda:us-east-1:111122223333:function:prepare-SageMaker",
    CONSOLIDATION: "arn:aws:lambda:us-east-1:111122223333:function:consolidate-SageMaker",
    "LabelCategoryConfigS3Uri": GONE,
}
AUTOMATIC = {f"{AUTOMATED}.LabelingJobAlgorithmSpecificationArn": f"{ALGORITHM}object-detection"}
CHAINED = "s3://my-bucket/out/First-round/manifests/output/output.manifest"

SOUND: dict[str, dict[str, Any]] = {
    "bounding boxes by a private team": BOUNDING_BOX,
    "by a vendor's team": edited(BOUNDING_BOX, {TEAM: VENDOR}),
    "custom": edited(BOUNDING_BOX, CUSTOM),
    "custom without functions": edited(
        BOUNDING_BOX, {PRE: GONE, f"{HUMAN}.AnnotationConsolidationConfig": GONE}
    ),
    "streaming": edited(BOUNDING_BOX, {**STREAMING, MANIFEST: GONE}),
    "streaming with a first manifest": edited(BOUNDING_BOX, STREAMING),
    "Mechanical Turk": edited(BOUNDING_BOX, MTURK),
    "3D point clouds": edited(BOUNDING_BOX, CLOUDS),
    "video frames": edited(BOUNDING_BOX, FRAMES),
    "video clips": edited(BOUNDING_BOX, of_type("VideoMultiClass")),
    "named entities": edited(
        BOUNDING_BOX,
        {**of_type("NamedEntityRecognition"), TEMPLATE: GONE, TASK_UI: f"{UI}NamedEntityRecognition"},
    ),
    "semantic segmentation": edited(
        BOUNDING_BOX, {**of_type("SemanticSegmentation"), "LabelAttributeName": "signs-ref"}
    ),
    "automated labeling": edited(BOUNDING_BOX, AUTOMATIC),
    "adjustment": edited(
        BOUNDING_BOX, {**of_type("AdjustmentBoundingBox"), f"{MANIFEST}.ManifestS3Uri": CHAINED}
    ),
    "verification": edited(BOUNDING_BOX, of_type("VerificationSemanticSegmentation")),
    "adjustment of frames": edited(BOUNDING_BOX, {**FRAMES, **of_type("AdjustmentVideoObjectTracking")}),
}
"""A request for each kind of job, without an error."""


def plain_path(path: str) -> str:
    """A path without its indexes: ``Tags[3].Key`` as ``Tags.Key``."""
    return re.sub(r"\[\d+\]", "", path)
