from __future__ import annotations

from dataclasses import replace

import pytest

from jobherald.catalog import load
from jobherald.catalog.load import parse
from jobherald.catalog.source import Batch, Look, Parents
from jobherald.checks.granting import actions, grant_problems
from tests.checks.entries import GLUE

LABELING = load("sagemaker.labeling")
DESCRIBE = "sagemaker:DescribeLabelingJob"
GOOD = "arn:{partition}:sagemaker:*:{account}:labeling-job/*"
GLUE_PARENT = Parents("job", "ListJobs", "JobNames", "@")
LOOK = Look("GetJobRun", {"RunId": "id"}, ("EntityNotFoundException",))


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
    assert actions(load("modelarts.training")) == ("modelarts:trainJob:list", "modelarts:trainJob:get")


def test_a_list_below_parents_takes_the_action_that_finds_them() -> None:
    """In the order in which they are called."""
    (source,) = parse(GLUE, "catalog/aws/glue.toml", "aws")

    assert actions(source) == ("glue:ListJobs", "glue:GetJobRuns", "glue:GetJobRun")


def test_every_parent_is_asked_with_its_own_clients_permission() -> None:
    """Two levels, a batch and a look can each be of another service than the list."""
    source = replace(
        load("sagemaker.labeling"),
        parent=GLUE_PARENT._replace(
            client="s3control", operation="ListJobs", above=GLUE_PARENT._replace(client="batch")
        ),
        batch=Batch("BatchDescribe", "Ids", 10, "Jobs", {}),
        look=LOOK._replace(client="glue", operation="GetJobRun"),
    )

    assert actions(source) == (
        "batch:ListJobs",
        "s3:ListJobs",
        "sagemaker:ListLabelingJobs",
        "sagemaker:BatchDescribe",
        "glue:GetJobRun",
    )


@pytest.mark.parametrize(
    "arn", [GOOD, "arn:{partition}:s3:::*", "arn:{partition}:x:us-east-1:{account}:a/b:c/*"]
)
def test_an_arn_of_what_is_called_is_good(arn: str) -> None:
    """Account and partition are put in, all else stays."""
    assert list(grant_problems(replace(LABELING, resources={DESCRIBE: arn}))) == []


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        (GOOD.replace("{account}", "${AccountId}"), "has ${AccountId}; valid are {partition} and {account}"),
        (GOOD.replace("{account}", "${account}"), "has $; valid are"),
        (GOOD + "{id}", "has {id}; valid are"),
        (GOOD + "{", "has {; valid are"),
        ("arn:{partition}:sagemaker", "it must be arn:{partition}:SERVICE:REGION:{account}:RESOURCE"),
    ],
)
def test_an_arn_with_other_words_is_refused(arn: str, said: str) -> None:
    """IAM would take it as it stands, and allow nothing."""
    ((where, text),) = grant_problems(replace(LABELING, resources={DESCRIBE: arn}))
    assert where == f"resources.{DESCRIBE}"
    assert said in text


def test_a_permission_that_nothing_takes_is_refused() -> None:
    """It would narrow nothing, while the one that was meant stays without bounds."""
    ((where, text),) = grant_problems(replace(LABELING, resources={"sagemaker:DescribeLabellingJob": GOOD}))
    assert where == "resources.sagemaker:DescribeLabellingJob"
    assert text == (
        "is nothing that watching takes; it takes: sagemaker:ListLabelingJobs, sagemaker:DescribeLabelingJob"
    )
