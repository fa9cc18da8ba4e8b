from __future__ import annotations

from typing import Any

import pytest

from jobherald.cli.brief import labeling_brief, media_brief
from jobherald.submit.labeling import LabelingRequest
from jobherald.submit.media_analysis import MediaAnalysisRequest
from tests.submit.requests import (
    AUTOMATIC,
    AVAILABLE,
    BOUNDING_BOX,
    CUSTOM,
    GONE,
    MTURK,
    PRE,
    PRICE,
    SOUND,
    STREAMING,
    TEAM,
    VENDOR,
    edited,
)

IMAGES: dict[str, Any] = {
    "OperationsConfig": {"DetectModerationLabels": {}},
    "Input": {"S3Object": {"Bucket": "my-media", "Name": "in/batch.jsonl"}},
    "OutputConfig": {"S3Bucket": "my-results", "S3KeyPrefix": "out/"},
}


def rows(edits: dict[str, Any]) -> dict[str, str]:
    request = LabelingRequest.model_validate(edited(BOUNDING_BOX, edits))
    return {name: value for name, value in labeling_brief(request, "us-east-1") if value}


@pytest.mark.parametrize("kind", SOUND)
def test_every_kind_of_job_can_be_told(kind: str) -> None:
    """What it is, who does it, and what goes in and out; each row once."""
    told = list(labeling_brief(LabelingRequest.model_validate(SOUND[kind]), "us-east-1"))
    names = [name for name, _ in told]
    assert len(names) == len(set(names))
    assert all(
        value for name, value in told if name in {"job", "task", "workers", "time", "input", "output", "role"}
    )


@pytest.mark.parametrize(
    ("edits", "row", "says"),
    [
        ({}, "job", "Street-signs in us-east-1"),
        ({}, "task", "bounding box: Street signs"),
        (CUSTOM, "task", "custom task: Street signs"),
        (
            {PRE: lambda arn: arn + "es"},
            "task",
            "PRE-BoundingBoxes, a task type that no page names: Street signs",
        ),
        ({}, "workers", "3 for each object, of the private team signs"),
        ({TEAM: VENDOR}, "workers", "3 for each object, of the vendor's team signs"),
        (MTURK, "workers", "3 for each object, of Mechanical Turk"),
        ({}, "time", "10 min for each task"),
        ({AVAILABLE: 21_600}, "time", "10 min for each task, which is offered for 6 h"),
        (
            MTURK,
            "price",
            "$0.036 to each worker, $0.108 for each object, beside what AWS itself charges",
        ),
        (
            {**MTURK, PRICE: {"AmountInUsd": {"Dollars": 1, "Cents": 20}}},
            "price",
            "$1.200 to each worker, $3.600 for each object, beside what AWS itself charges",
        ),
        ({**MTURK, PRICE: GONE}, "price", "none"),
        ({}, "input", "s3://my-bucket/in/input.manifest"),
        (STREAMING, "input", "s3://my-bucket/in/input.manifest and whatever is sent to objects (streaming)"),
        ({}, "output", "s3://my-bucket/out/, as signs"),
        (AUTOMATIC, "automated", "object-detection"),
        (
            {
                "StoppingConditions": {
                    "MaxHumanLabeledObjectCount": 1000,
                    "MaxPercentageOfInputDatasetLabeled": 50,
                }
            },
            "stops",
            "after 1,000 objects labeled by people or at 50 % of the objects",
        ),
        ({"Tags": [{"Key": "jobherald:owner", "Value": "ann"}]}, "owner", "ann"),
    ],
)
def test_a_row_says_what_matters(edits: dict[str, Any], row: str, says: str) -> None:
    """In words, and not in the names of members."""
    assert rows(edits)[row] == says


def test_only_a_public_job_has_a_price() -> None:
    """Others are paid otherwise."""
    assert "price" not in rows({PRICE: {"AmountInUsd": {"Cents": 12}}})


@pytest.mark.parametrize(
    ("edits", "row", "says"),
    [
        ({}, "job", "without a name in us-east-1"),
        ({"JobName": "night"}, "job", "night in us-east-1"),
        ({}, "task", "moderation labels"),
        (
            {"OperationsConfig.DetectModerationLabels.MinConfidence": 62.5},
            "task",
            "moderation labels from 62.5 % confidence on",
        ),
        ({}, "input", "s3://my-media/in/batch.jsonl"),
        ({}, "output", "s3://my-results/out/"),
    ],
)
def test_a_media_analysis_job_is_told(edits: dict[str, Any], row: str, says: str) -> None:
    """With what little it has."""
    request = MediaAnalysisRequest.model_validate(edited(IMAGES, edits))
    assert dict(media_brief(request, "us-east-1"))[row] == says
