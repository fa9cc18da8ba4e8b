from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.catalog import all_sources, load
from jobherald.catalog.source import Parents, Source
from jobherald.checks.granting import actions
from jobherald.deploying.policies import (
    GLOBAL,
    POLICIES,
    POLICY_CHARACTERS,
    Policy,
    document,
    grants,
    policies,
    size,
)

LABELING = load("sagemaker.labeling")
MEDIA = load("rekognition.media_analysis")
ARN = "arn:{partition}:sagemaker:*:{account}:labeling-job/*"
OTHER = "arn:{partition}:sagemaker:*:{account}:other/*"
LIST, DESCRIBE = "sagemaker:ListLabelingJobs", "sagemaker:DescribeLabelingJob"
NARROWED = replace(LABELING, resources={DESCRIBE: ARN})
NAMES = {"partition": "aws-cn", "account": "111122223333"}


@cache
def everything() -> tuple[Source, ...]:
    return all_sources()


def test_an_action_has_the_resources_that_its_entry_names() -> None:
    """Where it names none, nothing narrows the action."""
    assert grants([NARROWED]) == {DESCRIBE: (ARN,), LIST: ("*",)}


def test_what_two_sources_call_is_allowed_for_both() -> None:
    """For the resources of either; for any, where one of them needs any."""
    other = replace(LABELING, id="sagemaker.other", resources={DESCRIBE: OTHER})
    assert grants([NARROWED, other])[DESCRIBE] == (ARN, OTHER)
    assert grants([NARROWED, replace(other, resources={})])[DESCRIBE] == ("*",)


def test_a_global_service_is_not_bound_to_the_watched_regions() -> None:
    """Its one endpoint is in a region of its own, which nobody watches on purpose."""
    source = replace(MEDIA, client="cloudfront", actions=("cloudfront:ListInvalidations",))
    (policy,) = policies([source, LABELING])
    made = {each["Sid"]: each for each in document(policy, NAMES, ["eu-west-1"])["Statement"]}
    assert made["OfGlobalServices"]["Action"] == ["cloudfront:ListInvalidations"]
    assert made["OfGlobalServices"]["Resource"] == "*"
    assert "Condition" not in made["OfGlobalServices"]
    assert made["InWatchedRegions"]["Condition"]


@pytest.mark.parametrize(
    "source_id", ["artifact.inquiry", "bcm_data_exports.execution", "bcm_pricing_calculator.bill_estimate"]
)
def test_what_is_called_in_a_region_of_its_own_is_allowed_there(source_id: str) -> None:
    """Whichever the watched regions are: a poll of it in any of them is signed for another one."""
    for policy in policies([load(source_id)]):
        for statement in document(policy, NAMES, ["eu-west-1"])["Statement"]:
            assert "Condition" not in statement


def test_parents_of_a_global_service_are_not_bound_to_the_watched_regions() -> None:
    """What is listed below them is asked for where they are not."""
    accounts = Parents("account", "ListAccounts", "Accounts", "Id", client="organizations")
    assert grants([replace(MEDIA, parent=accounts)])["organizations:ListAccounts"] == (GLOBAL,)


def test_other_clouds_take_nothing_of_aws() -> None:
    """Their permissions are granted there."""
    assert grants([load("modelarts.training")]) == {}
    assert policies([load("modelarts.training")]) == []


def test_a_policy_is_as_iam_reads_it() -> None:
    """What has no resource is bound to the regions, what has one to that."""
    (policy,) = policies([NARROWED, MEDIA])
    assert document(policy, NAMES, ["cn-north-1"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "InWatchedRegions",
                "Effect": "Allow",
                "Action": ["rekognition:GetMediaAnalysisJob", "rekognition:ListMediaAnalysisJobs", LIST],
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:RequestedRegion": ["cn-north-1"]}},
            },
            {
                "Sid": "Resources1",
                "Effect": "Allow",
                "Action": [DESCRIBE],
                "Resource": ["arn:aws-cn:sagemaker:*:111122223333:labeling-job/*"],
            },
        ],
    }


def test_without_regions_there_is_no_condition() -> None:
    """Else nothing would be allowed."""
    (policy,) = policies([MEDIA])
    (statement,) = document(policy, NAMES)["Statement"]
    assert "Condition" not in statement


def test_every_source_together_fits_on_one_role() -> None:
    """In policies each of which IAM takes, wherever they are deployed."""
    made = policies(everything())
    assert 1 < len(made) <= POLICIES
    assert max(map(size, made)) <= POLICY_CHARACTERS
    assert allowed(made) == {
        action for source in everything() if source.provider == "aws" for action in actions(source)
    }


@given(st.sets(st.integers(0, 1000), min_size=1, max_size=400), st.integers(1, 40))
def test_nothing_is_lost_between_two_policies(numbers: set[int], kinds: int) -> None:
    """However many actions and resources there are, each action is allowed once, for its own resources."""
    named = {number: f"service{number % 7}:DescribeSomethingLong{number}" for number in numbers}
    arns = {
        action: f"arn:{{partition}}:x:*:{{account}}:{number % kinds}/*"
        for number, action in named.items()
        if number % 3
    }
    source = replace(LABELING, actions=tuple(named.values()), resources=arns)
    made = policies([source])
    assert max(map(size, made)) <= POLICY_CHARACTERS
    pairs = [(action, grant.resources) for policy in made for grant in policy for action in grant.actions]
    assert sorted(pairs) == sorted((action, (arns.get(action, "*"),)) for action in named.values())


def test_size_is_counted_at_the_worst() -> None:
    """A policy for few regions is smaller than what is counted."""
    (policy,) = policies([NARROWED])
    assert len(json.dumps(document(policy, NAMES, ["us-east-1"]), separators=(",", ":"))) < size(policy)


def allowed(made: list[Policy]) -> set[str]:
    return {action for policy in made for grant in policy for action in grant.actions}
