from __future__ import annotations

from dataclasses import replace

import pytest

from jobherald.catalog import load
from jobherald.checks.granting import grant_problems

LABELING = load("sagemaker.labeling")
DESCRIBE = "sagemaker:DescribeLabelingJob"
GOOD = "arn:{partition}:sagemaker:*:{account}:labeling-job/*"


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
