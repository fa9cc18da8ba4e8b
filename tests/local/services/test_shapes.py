from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from jobherald.local.services.shapes import (
    FictionError,
    from_wire,
    operation_model,
    prove,
    service_model,
    to_wire,
    violations,
)

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)

GOOD: dict[str, Any] = {
    "LabelingJobName": "cats",
    "LabelingJobArn": "arn:aws:sagemaker:us-east-1:111122223333:labeling-job/cats",
    "CreationTime": NOON,
    "LastModifiedTime": NOON,
    "LabelingJobStatus": "Completed",
    "LabelCounters": {"TotalLabeled": 1},
    "WorkteamArn": "arn:aws:sagemaker:us-east-1:111122223333:workteam/private-crowd/a",
}


def test_a_good_row_passes() -> None:
    """A row with its required members and good values has no violations."""
    prove({"LabelingJobSummaryList": [GOOD]}, "sagemaker", "ListLabelingJobs")


@pytest.mark.parametrize(
    ("wrong", "violation"),
    [
        ({"LabelingJobName": ""}, "LabelingJobName: 0 is below"),
        ({"LabelingJobName": "a" * 64}, "LabelingJobName: 64 is above"),
        ({"LabelingJobName": "cats\n"}, "does not match"),
        ({"LabelingJobName": 7}, "int where the model wants a string"),
        ({"LabelingJobArn": "arn:aws:s3:::x"}, "does not match"),
        ({"CreationTime": 1.0}, "float where the model wants a timestamp"),
        ({"LabelingJobStatus": "Paused"}, "'Paused' is none of"),
        ({"LabelCounters": {"TotalLabeled": -1}}, "-1 is below"),
        ({"LabelCounters": {"TotalLabeled": True}}, "bool where the model wants a integer"),
        ({"LabelCounters": {"Total": 1}}, "no such member"),
        ({"LabelCounters": None}, "LabelCounters: required, but missing"),
        ({"LabelingJobOutput": {}}, "OutputDatasetS3Uri: required, but missing"),
        ({"InputConfig": {"DataSource": [], "DataAttributes": {}}}, "list where the model wants a structure"),
    ],
)
def test_every_kind_of_violation_is_named_with_its_path(wrong: dict[str, Any], violation: str) -> None:
    """Types, missing and unknown members, enumerations, patterns, lengths and ranges."""
    with pytest.raises(FictionError, match=r"LabelingJobSummaryList\[0\]") as fiction:
        prove({"LabelingJobSummaryList": [GOOD | wrong]}, "sagemaker", "ListLabelingJobs")
    assert violation in str(fiction.value)


def test_an_operation_without_output_answers_nothing() -> None:
    """StopLabelingJob has no output shape: an empty answer is good, any member is fiction."""
    prove({}, "sagemaker", "StopLabelingJob")
    with pytest.raises(FictionError, match="no output"):
        prove({"Stopped": True}, "sagemaker", "StopLabelingJob")


def test_tags_may_have_letters_of_any_language() -> None:
    """The model's Unicode classes are understood: they are not Python's."""
    shape = service_model("sagemaker").shape_for("TagKey")
    assert list(violations("équipe été", shape)) == []
    assert list(violations("équipe;", shape)) != []


def test_times_travel_as_seconds() -> None:
    """JSON 1.1 has times as seconds with milliseconds; the request's shape says which numbers are times."""
    wire = to_wire({"At": NOON, "None": None, "List": [{"At": NOON}]})
    assert wire == {"At": 1795348800.123, "List": [{"At": 1795348800.123}]}
    shape = operation_model("sagemaker", "ListLabelingJobs").input_shape
    assert shape is not None
    assert from_wire({"CreationTimeAfter": 1795348800, "MaxResults": 3}, shape) == {
        "CreationTimeAfter": NOON.replace(microsecond=0),
        "MaxResults": 3,
    }
