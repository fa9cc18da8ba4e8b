"""For each rule over a labeling request, ways to break it, as edits to a sound request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.submit.requests import (
    ACCOUNT,
    ALGORITHM,
    AUTOMATED,
    AUTOMATIC,
    AVAILABLE,
    BOUNDING_BOX,
    CHAINED,
    CLASSIFIERS,
    CLOUDS,
    CONSOLIDATION,
    CUSTOM,
    FRAMES,
    GONE,
    HUMAN,
    INPUT_TOPIC,
    LIMIT,
    MANIFEST,
    MTURK,
    PRE,
    PRICE,
    STREAMING,
    TASK_UI,
    TEAM,
    TEMPLATE,
    TOPIC,
    UI,
    edited,
    of_type,
)

ALGORITHM_ARN = f"{AUTOMATED}.LabelingJobAlgorithmSpecificationArn"
ATTRIBUTE = "LabelAttributeName"
CATEGORIES = "LabelCategoryConfigS3Uri"
CONCURRENT = f"{HUMAN}.MaxConcurrentTaskCount"
MANIFEST_URI = f"{MANIFEST}.ManifestS3Uri"
OUTPUT = "OutputConfig.S3OutputPath"
WORKERS = f"{HUMAN}.NumberOfHumanWorkersPerDataObject"

Edits = dict[str, Any]

NOTHING: Edits = {}

ADJUSTED: Edits = of_type("AdjustmentBoundingBox")
ADJUSTED_FRAMES: Edits = {**FRAMES, **of_type("AdjustmentVideoObjectTracking")}
ADJUSTED_CLOUDS: Edits = {
    **CLOUDS,
    **of_type("Adjustment3DPointCloudSemanticSegmentation"),
    TASK_UI: f"{UI}PointCloudSemanticSegmentation",
    ATTRIBUTE: "signs-ref",
}
SEGMENTED: Edits = {**of_type("SemanticSegmentation"), ATTRIBUTE: "signs-ref"}
CLIPS: Edits = of_type("VideoMultiClass")
ENTITIES: Edits = {
    **of_type("NamedEntityRecognition"),
    TEMPLATE: GONE,
    TASK_UI: f"{UI}NamedEntityRecognition",
}


class Way(NamedTuple):
    """``setting`` makes another sound request, ``breach`` breaks the rule in it."""

    breach: Edits
    setting: Edits = NOTHING


class Case(NamedTuple):
    """``at`` is where the rule finds it, broken the first way; ``beside`` names what is found with it unavoidably."""

    at: str
    ways: tuple[Way, ...]
    beside: frozenset[str] = frozenset()


def broken(*ways: Way) -> dict[str, Any]:
    """A request with the breaches of all these ways, in the settings of all."""
    made = BOUNDING_BOX
    for edits in (*(way.setting for way in ways), *(way.breach for way in ways)):
        made = edited(made, edits)
    return made


def case(at: str, *ways: Way, beside: str = "") -> Case:
    return Case(at, ways, frozenset(beside.split()))


def dollars(cents: int, tenths: int) -> Edits:
    return {"AmountInUsd": {"Cents": cents, "TenthFractionsOfACent": tenths}}


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


def ended(end: str) -> Callable[[str], str]:
    return lambda text: text.removesuffix("-ref") + end


AGREE_NOT = {CONSOLIDATION: f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:ACS-ImageMultiClass"}
TOO_LONG = {LIMIT: 28_801}

BROKEN: dict[str, Case] = {
    "data-source": case("InputConfig.DataSource", Way({MANIFEST: GONE})),
    "streaming-stopping": case(
        "StoppingConditions",
        Way({"StoppingConditions.MaxHumanLabeledObjectCount": 10}, STREAMING),
        Way({"StoppingConditions": {}}, STREAMING),
        beside="streaming-queue",
    ),
    "streaming-automated": case(AUTOMATED, Way(AUTOMATIC, STREAMING), beside="streaming-queue"),
    "streaming-places": case(
        OUTPUT,
        Way({OUTPUT: "s3://my-bucket/in"}, STREAMING),
        Way({OUTPUT: "s3://my-bucket"}, STREAMING),
        beside="streaming-queue",
    ),
    "streaming-topics": case(
        "OutputConfig.SnsTopicArn",
        Way({"OutputConfig.SnsTopicArn": TOPIC}, STREAMING),
        beside="streaming-queue",
    ),
    "streaming-queue": case(INPUT_TOPIC, Way({}, STREAMING)),
    "mturk-price": case(PRICE, Way({PRICE: GONE}, MTURK)),
    "mturk-team": case(TEAM, Way({TEAM: replaced("394669845002", "111122223333")}, MTURK)),
    "mturk-pii": case(CLASSIFIERS, Way({CLASSIFIERS: ["FreeOfAdultContent"]}, MTURK)),
    "mturk-task-type": case(TEAM, Way(MTURK, FRAMES), Way(MTURK, CLOUDS), Way(MTURK, ADJUSTED_FRAMES)),
    "price-list": case(
        PRICE,
        Way({PRICE: dollars(1, 2)}),
        Way({PRICE: dollars(1, 3)}),
        Way({PRICE: dollars(3, 6)}, SEGMENTED),
    ),
    "price-unlisted": case(
        PRICE,
        Way({PRICE: dollars(1, 3)}, CLIPS),
        *(Way({PRICE: {}}, each) for each in (FRAMES, CLOUDS, ADJUSTED, ADJUSTED_FRAMES, ENTITIES)),
    ),
    "mturk-availability": case(AVAILABLE, Way({AVAILABLE: 43_201}, MTURK)),
    "availability": case(AVAILABLE, Way({AVAILABLE: 2_592_001})),
    "time-limit": case(
        LIMIT, Way(TOO_LONG), Way({LIMIT: 2_592_001}, FRAMES), Way({LIMIT: 2_592_001}), beside="role-session"
    ),
    "time-limit-week": case(
        LIMIT,
        *(Way({LIMIT: 604_801}, each) for each in (FRAMES, CLOUDS, ADJUSTED_FRAMES)),
        beside="role-session",
    ),
    "time-limit-video": case(LIMIT, Way(TOO_LONG, CLIPS), beside="role-session"),
    "role-session": case(LIMIT, Way({LIMIT: 3_601})),
    "attribute-metadata": case(
        ATTRIBUTE, Way({ATTRIBUTE: "signs-metadata"}), Way({ATTRIBUTE: "First-round-metadata"})
    ),
    "attribute-reserved": case(
        ATTRIBUTE, Way({ATTRIBUTE: "source-ref"}), Way({ATTRIBUTE: "source"}, SEGMENTED)
    ),
    "attribute-ref": case(
        ATTRIBUTE,
        *(Way({ATTRIBUTE: ended("")}, each) for each in (SEGMENTED, FRAMES, ADJUSTED_FRAMES)),
        Way({ATTRIBUTE: ended("-ref")}, of_type("VerificationSemanticSegmentation")),
    ),
    "attribute-ref-unusual": case(
        ATTRIBUTE, Way({ATTRIBUTE: ended("-ref")}), Way({ATTRIBUTE: ended("-ref")}, CLOUDS)
    ),
    "ui-one": case(
        f"{HUMAN}.UiConfig",
        Way({TEMPLATE: "s3://my-bucket/in/template.liquid", TASK_UI: f"{UI}NamedEntityRecognition"}),
        Way({TEMPLATE: GONE, TASK_UI: GONE}),
        Way({TEMPLATE: "s3://my-bucket/in/instructions.template", TASK_UI: f"{UI}VideoObjectDetection"}),
    ),
    "ui-task-type": case(
        TASK_UI,
        Way({TEMPLATE: GONE, TASK_UI: f"{UI}NamedEntityRecognition"}),
        *(
            Way({TEMPLATE: "s3://my-bucket/in/template.liquid", TASK_UI: GONE}, each)
            for each in (FRAMES, CLOUDS)
        ),
    ),
    "ui-arn": case(
        TASK_UI,
        *(
            Way({TASK_UI: f"{UI}{name}"}, each)
            for name, each in (
                ("PointCloudObjectTracking", CLOUDS),
                ("VideoObjectDetection", FRAMES),
                ("VideoObjectDetection", ADJUSTED_FRAMES),
            )
        ),
    ),
    "ui-template-name": case(
        TEMPLATE,
        Way({TEMPLATE: "s3://my-bucket/in/instructions.template"}),
        Way({TEMPLATE: "s3://my-bucket/in/instructions.template", TASK_UI: GONE}),
    ),
    "one-worker": case(WORKERS, *(Way({WORKERS: 2}, each) for each in (CLOUDS, FRAMES, ADJUSTED_FRAMES))),
    "automated-task-type": case(
        AUTOMATED,
        Way({ALGORITHM_ARN: f"{ALGORITHM}image-classification"}, of_type("ImageMultiClassMultiLabel")),
        *(
            Way(AUTOMATIC, each)
            for each in (
                FRAMES,
                CLOUDS,
                CLIPS,
                ADJUSTED_FRAMES,
                ENTITIES,
                of_type("VerificationSemanticSegmentation"),
            )
        ),
    ),
    "automated-adjustment": case(
        AUTOMATED,
        Way(AUTOMATIC, ADJUSTED),
        Way(AUTOMATIC, {**of_type("AdjustmentSemanticSegmentation"), ATTRIBUTE: "signs-ref"}),
    ),
    "automated-algorithm": case(
        ALGORITHM_ARN,
        Way({ALGORITHM_ARN: f"{ALGORITHM}image-classification"}),
        Way({ALGORITHM_ARN: "arn:of-no-service"}),
    ),
    "functions-agree": case(CONSOLIDATION, Way(AGREE_NOT)),
    "functions-disputed": case(
        CONSOLIDATION,
        Way({CONSOLIDATION: replaced("Adjustment", "")}, ADJUSTED_CLOUDS),
    ),
    "functions-mixed": case(CONSOLIDATION, Way({CONSOLIDATION: CUSTOM[CONSOLIDATION]})),
    "function-known": case(CONSOLIDATION, Way({CONSOLIDATION: ended("es")}), Way({PRE: ended("es")})),
    "function-name": case(
        CONSOLIDATION,
        Way({CONSOLIDATION: replaced("MultiClass", "Classification")}, CLIPS),
        Way({PRE: replaced("MultiClass", "Classification")}, CLIPS),
        Way({CONSOLIDATION: f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:ACS-VideoClassification"}),
    ),
    "function-account": case(
        PRE,
        Way({PRE: replaced(ACCOUNT, "568282634449")}),
        Way({CONSOLIDATION: replaced(ACCOUNT, "568282634449")}),
    ),
    "function-owner": case(
        PRE,
        Way({PRE: replaced(ACCOUNT, "326177286064")}),
        Way({CONSOLIDATION: replaced(ACCOUNT, "326177286064")}),
    ),
    "function-region": case(
        PRE,
        Way({PRE: replaced("us-east-1", "us-west-1")}),
        Way({CONSOLIDATION: replaced("us-east-1", "us-west-1")}),
        beside="one-region",
    ),
    "functions-both": case(
        CONSOLIDATION, Way({f"{HUMAN}.AnnotationConsolidationConfig": GONE}), Way({PRE: GONE})
    ),
    "label-categories": case(
        CATEGORIES, *(Way({CATEGORIES: GONE}, each) for each in (CLOUDS, FRAMES, ENTITIES, ADJUSTED_FRAMES))
    ),
    "label-categories-usual": case(CATEGORIES, Way({CATEGORIES: GONE})),
    "audit-attribute": case(
        ATTRIBUTE,
        *(
            Way({MANIFEST_URI: CHAINED, ATTRIBUTE: name}, each)
            for name, each in (
                ("first-round", ADJUSTED),
                ("First-round-ref", ADJUSTED_FRAMES),
                ("First-round", ADJUSTED_FRAMES),
                ("First-round-ref", ADJUSTED),
            )
        ),
        *(
            Way(
                {MANIFEST_URI: f"s3://my-bucket/{job}/manifests/output/output.manifest", ATTRIBUTE: name},
                ADJUSTED,
            )
            for job, name in (
                ("signs", "signs"),
                ("out/a", "a"),
                ("a-metadata", "a-metadata"),
                ("source", "source"),
            )
        ),
    ),
    "stopping-conditions": case("StoppingConditions", Way({"StoppingConditions": {}})),
    "concurrency": case(CONCURRENT, Way({CONCURRENT: 1_001})),
    "manifest-object": case(MANIFEST_URI, Way({MANIFEST_URI: "s3://my-bucket/in/"})),
    "one-region": case(
        "OutputConfig.KmsKeyId",
        Way({"OutputConfig.KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"}),
    ),
}


ALL_STREAMING = "streaming-stopping streaming-automated streaming-places streaming-topics streaming-queue"
OF_FUNCTIONS = "functions-agree functions-mixed function-known function-name functions-both"
OF_FRAMES = "mturk-task-type one-worker ui-arn label-categories"

EXCLUSIVE: dict[str, tuple[str, str]] = {
    "where there is no source, nothing can be wrong with it": (
        "data-source",
        f"{ALL_STREAMING} audit-attribute manifest-object",
    ),
    "a missing price is on no list": ("mturk-price", "price-list price-unlisted"),
    "the team is Mechanical Turk's or it is not": (
        "availability",
        "mturk-price mturk-team mturk-pii mturk-task-type mturk-availability",
    ),
    "these task types have no list of prices": (
        "price-list",
        f"{OF_FRAMES} price-unlisted time-limit-week time-limit-video automated-adjustment audit-attribute",
    ),
    "a video clip is none of these": (
        "time-limit-video",
        f"{OF_FRAMES} attribute-ref automated-adjustment audit-attribute",
    ),
    "the adjustment of images has neither frames nor a user interface of Ground Truth's": (
        "automated-adjustment",
        f"{OF_FRAMES} time-limit-week automated-task-type",
    ),
    "a label category file is needed or usual": (
        "label-categories-usual",
        f"{OF_FRAMES} time-limit-week",
    ),
    "a limit is broken or it is not": ("time-limit", "time-limit-week time-limit-video"),
    "frames are no clips": ("time-limit-week", "time-limit-video"),
    "a name ends one way": ("attribute-ref-unusual", "attribute-metadata attribute-reserved attribute-ref"),
    "a reserved name has no such end": ("attribute-reserved", "attribute-metadata"),
    "the wrong one alone, or not one": ("ui-task-type", "ui-one ui-arn"),
    "functions that agree not are two, both known and both built in": (
        "functions-agree",
        "functions-mixed function-known functions-both",
    ),
    "the one disputed pair of functions is of 3D semantic segmentation": (
        "functions-disputed",
        f"{OF_FUNCTIONS} price-list time-limit-video attribute-ref-unusual automated-adjustment label-categories-usual",
    ),
    "functions that are mixed are two, and one is known": (
        "functions-mixed",
        "function-known functions-both",
    ),
    "the output of a job is an object": ("audit-attribute", "manifest-object"),
}
"""Rules that cannot be broken together: why, one rule, and the others."""

NEVER = {frozenset({one, other}) for one, others in EXCLUSIVE.values() for other in others.split()}
