"""The built-in task types of Ground Truth and what each asks for, as data.

Read from the service model's documentation of HumanTaskConfig.PreHumanTaskLambdaArn,
AnnotationConsolidationConfig.AnnotationConsolidationLambdaArn, UiConfig.HumanTaskUiArn,
LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn, PublicWorkforceTaskPrice and LabelAttributeName, which
tests compare it with, and from the page input-data-limits of the developer guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Kind(StrEnum):
    """What a worker has before their eyes."""

    IMAGE = "image"
    TEXT = "text"
    VIDEO = "video clip"
    FRAMES = "video frames"
    POINT_CLOUD = "3D point cloud"
    CUSTOM = "custom"


class Suffix(StrEnum):
    """Whether the label attribute name ends with -ref."""

    REQUIRED = "required"
    FORBIDDEN = "forbidden"
    UNUSUAL = "unusual"


class Audit(StrEnum):
    """What becomes of labels that are there already."""

    NONE = ""
    ADJUSTMENT = "adjustment"
    VERIFICATION = "verification"
    EITHER = "adjustment or verification"


BOUNDING_BOX_PRICES: Final = (36, 48, 60, 72, 120, 240, 360, 480, 600, 720, 840, 960, 1080, 1200)
CLASSIFICATION_PRICES: Final = (12, 24, *BOUNDING_BOX_PRICES)
SEGMENTATION_PRICES: Final = (840, 960, 1080, 1200)


@dataclass(frozen=True, slots=True)
class TaskType:
    """One task type.

    ``name`` is what the names of its functions end with. ``prices`` are in thousandths of a US dollar, empty where no
    page has a list. ``labels`` are the fewest and the most that a job may have, ``automated_labels`` the most with
    automated labeling; 0 is no limit. ``ui`` is the user interface of Ground Truth's that takes the place of a template.
    """

    name: str
    title: str
    kind: Kind
    audit: Audit = Audit.NONE
    suffix: Suffix = Suffix.UNUSUAL
    ui: str = ""
    algorithm: str = ""
    prices: tuple[int, ...] = ()
    labels: tuple[int, int] = (1, 0)
    automated_labels: int = 0
    objects: int = 100_000

    @property
    def in_frames(self) -> bool:
        """Whether it has sequences or clouds, with a form of label file, limits and a user interface of their own."""
        return self.kind in {Kind.FRAMES, Kind.POINT_CLOUD}

    @property
    def single_frames(self) -> bool:
        """Whether each object is one point cloud, and not a sequence of frames."""
        return self.kind is Kind.POINT_CLOUD and not self.name.endswith("Tracking")


CUSTOM: Final = TaskType("", "custom task", Kind.CUSTOM, prices=CLASSIFICATION_PRICES)
"""Any other functions, or none."""

_BUILT_IN: Final = (
    TaskType(
        "BoundingBox",
        "bounding box",
        Kind.IMAGE,
        algorithm="object-detection",
        prices=BOUNDING_BOX_PRICES,
        labels=(1, 50),
    ),
    TaskType(
        "ImageMultiClass",
        "image classification (single label)",
        Kind.IMAGE,
        algorithm="image-classification",
        prices=CLASSIFICATION_PRICES,
        labels=(2, 0),
    ),
    TaskType(
        "ImageMultiClassMultiLabel",
        "image classification (multi-label)",
        Kind.IMAGE,
        prices=CLASSIFICATION_PRICES,
        labels=(2, 50),
    ),
    TaskType(
        "SemanticSegmentation",
        "semantic segmentation",
        Kind.IMAGE,
        suffix=Suffix.REQUIRED,
        algorithm="semantic-segmentation",
        prices=SEGMENTATION_PRICES,
        automated_labels=20,
        objects=20_000,
    ),
    TaskType(
        "TextMultiClass",
        "text classification (single label)",
        Kind.TEXT,
        algorithm="text-classification",
        prices=CLASSIFICATION_PRICES,
        labels=(2, 0),
    ),
    TaskType(
        "TextMultiClassMultiLabel",
        "text classification (multi-label)",
        Kind.TEXT,
        prices=CLASSIFICATION_PRICES,
        labels=(2, 50),
    ),
    TaskType("NamedEntityRecognition", "named entity recognition", Kind.TEXT, ui="NamedEntityRecognition"),
    TaskType("VideoMultiClass", "video classification", Kind.VIDEO, labels=(1, 30)),
    TaskType(
        "VideoObjectDetection",
        "video frame object detection",
        Kind.FRAMES,
        suffix=Suffix.REQUIRED,
        ui="VideoObjectDetection",
        labels=(1, 30),
    ),
    TaskType(
        "VideoObjectTracking",
        "video frame object tracking",
        Kind.FRAMES,
        suffix=Suffix.REQUIRED,
        ui="VideoObjectTracking",
        labels=(1, 30),
    ),
    TaskType(
        "3DPointCloudObjectDetection",
        "3D point cloud object detection",
        Kind.POINT_CLOUD,
        ui="PointCloudObjectDetection",
        labels=(1, 30),
    ),
    TaskType(
        "3DPointCloudObjectTracking",
        "3D point cloud object tracking",
        Kind.POINT_CLOUD,
        suffix=Suffix.REQUIRED,
        ui="PointCloudObjectTracking",
        labels=(1, 30),
    ),
    TaskType(
        "3DPointCloudSemanticSegmentation",
        "3D point cloud semantic segmentation",
        Kind.POINT_CLOUD,
        suffix=Suffix.REQUIRED,
        ui="PointCloudSemanticSegmentation",
        labels=(1, 30),
    ),
    TaskType("VerificationBoundingBox", "bounding box verification", Kind.IMAGE, Audit.VERIFICATION),
    TaskType(
        "AdjustmentBoundingBox", "bounding box adjustment", Kind.IMAGE, Audit.ADJUSTMENT, labels=(1, 50)
    ),
    TaskType(
        "VerificationSemanticSegmentation",
        "semantic segmentation verification",
        Kind.IMAGE,
        Audit.VERIFICATION,
        Suffix.FORBIDDEN,
        objects=20_000,
    ),
    TaskType(
        "AdjustmentSemanticSegmentation",
        "semantic segmentation adjustment",
        Kind.IMAGE,
        Audit.ADJUSTMENT,
        Suffix.REQUIRED,
        objects=20_000,
    ),
    TaskType(
        "AdjustmentVideoObjectDetection",
        "video frame object detection adjustment",
        Kind.FRAMES,
        Audit.EITHER,
        Suffix.REQUIRED,
        ui="VideoObjectDetection",
        labels=(1, 30),
    ),
    TaskType(
        "AdjustmentVideoObjectTracking",
        "video frame object tracking adjustment",
        Kind.FRAMES,
        Audit.EITHER,
        Suffix.REQUIRED,
        ui="VideoObjectTracking",
        labels=(1, 30),
    ),
    TaskType(
        "Adjustment3DPointCloudObjectDetection",
        "3D point cloud object detection adjustment",
        Kind.POINT_CLOUD,
        Audit.EITHER,
        ui="PointCloudObjectDetection",
        labels=(1, 30),
    ),
    TaskType(
        "Adjustment3DPointCloudObjectTracking",
        "3D point cloud object tracking adjustment",
        Kind.POINT_CLOUD,
        Audit.EITHER,
        Suffix.REQUIRED,
        ui="PointCloudObjectTracking",
        labels=(1, 30),
    ),
    TaskType(
        "Adjustment3DPointCloudSemanticSegmentation",
        "3D point cloud semantic segmentation adjustment",
        Kind.POINT_CLOUD,
        Audit.EITHER,
        Suffix.REQUIRED,
        ui="PointCloudSemanticSegmentation",
        labels=(1, 30),
    ),
    TaskType("PassThrough", "generative AI or custom task", Kind.CUSTOM, prices=CLASSIFICATION_PRICES),
)

TASK_TYPES: Final[Mapping[str, TaskType]] = MappingProxyType({one.name: one for one in _BUILT_IN})
"""The built-in task types by name."""

OTHER_NAMES: Final[Mapping[str, str]] = MappingProxyType({"VideoClassification": "VideoMultiClass"})
"""Names that a page of the guide has for task types which the service model calls otherwise."""

FUNCTION_ACCOUNTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ap-northeast-1": "477331159723",
        "ap-northeast-2": "845288260483",
        "ap-south-1": "565803892007",
        "ap-southeast-1": "377565633583",
        "ap-southeast-2": "454466003867",
        "ca-central-1": "918755190332",
        "eu-central-1": "203001061592",
        "eu-west-1": "568282634449",
        "eu-west-2": "487402164563",
        "us-east-1": "432418664414",
        "us-east-2": "266458841044",
        "us-west-2": "081040173940",
    }
)
"""The account that owns the functions of the built-in task types, by region."""

UI_ACCOUNT: Final = "394669845002"
"""The account that owns Ground Truth's user interfaces and Mechanical Turk's work team, in every region."""

ALGORITHM_ACCOUNT: Final = "027400017018"
"""The account that owns the algorithms of automated labeling, in every region."""

PRE: Final = "PRE-"
CONSOLIDATE: Final = "ACS-"


def function_arn(prefix: str, task_type: TaskType, region: str) -> str:
    """The built-in function of a task type in a region. Raises KeyError where no page names one."""
    account = FUNCTION_ACCOUNTS[region]
    return f"arn:aws:lambda:{region}:{account}:function:{prefix}{task_type.name}"
