from __future__ import annotations

from pathlib import Path

import pytest

from jobherald.catalog import all_sources, load
from jobherald.catalog.source import Source
from jobherald.checks.members import actions, member_table, request_members, row_members
from jobherald.checks.reference import GENERATED

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("source", all_sources(), ids=lambda source: source.id)
def test_every_request_parameter_is_accounted_for(source: Source) -> None:
    """A watch can set it, or the engine does; none is out of reach."""
    nobody = [name for name, who in request_members(source).items() if not who]

    assert nobody == []


@pytest.mark.parametrize(
    ("source_id", "parameters"),
    [
        (
            "sagemaker.labeling",
            {
                "CreationTimeAfter", "CreationTimeBefore", "LastModifiedTimeAfter", "LastModifiedTimeBefore",
                "MaxResults", "NextToken", "NameContains", "SortBy", "SortOrder", "StatusEquals",
            },
        ),
        ("rekognition.media_analysis", {"NextToken", "MaxResults"}),
    ],
)  # fmt: skip
def test_the_parameters_are_those_of_the_reference(source_id: str, parameters: set[str]) -> None:
    """As the API pages of boto3 list them."""
    assert set(request_members(load(source_id))) == parameters


@pytest.mark.parametrize("source", all_sources(), ids=lambda source: source.id)
def test_the_table_names_every_member(source: Source) -> None:
    """One row for each parameter and each member of a job, with where it is kept."""
    table = member_table(source)

    for name in request_members(source):
        assert f"| `{name}` |" in table
    for path in row_members(source):
        assert f"| `{path}` |" in table
        assert f"`details.{path}`" in table


def test_the_table_says_what_a_member_is_read_as() -> None:
    """A counter is progress, a code is a reason."""
    labeling, media = row_members(load("sagemaker.labeling")), row_members(load("rekognition.media_analysis"))

    assert labeling["LabelCounters.TotalLabeled"] == ("whole number", "progress `done`")
    assert labeling["LastModifiedTime"] == ("time", "modified")
    assert media["FailureDetails.Code"] == ("one of 9 words", "reason code")
    assert media["OutputConfig.S3Bucket"] == ("text", "output")


def test_actions_are_those_of_the_calls() -> None:
    """What a role has to be allowed, and no more."""
    assert actions(load("sagemaker.labeling")) == (
        "sagemaker:ListLabelingJobs",
        "sagemaker:DescribeLabelingJob",
    )
    assert actions(load("rekognition.media_analysis")) == (
        "rekognition:ListMediaAnalysisJobs",
        "rekognition:GetMediaAnalysisJob",
    )


@pytest.mark.parametrize("path", GENERATED)
def test_the_generated_pages_are_current(path: str) -> None:
    """The page in the repository is what the catalogue says today (else: `jobherald docs`)."""
    assert (ROOT / path).read_text(encoding="utf-8") == GENERATED[path]()
