from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import pytest
from botocore.loaders import Loader

from jobherald.submit.arns import Arn, S3Object, arn_of, s3_object_of
from jobherald.submit.task_types import (
    ALGORITHM_ACCOUNT,
    BOUNDING_BOX_PRICES,
    CLASSIFICATION_PRICES,
    CONSOLIDATE,
    CUSTOM,
    FUNCTION_ACCOUNTS,
    PRE,
    SEGMENTATION_PRICES,
    TASK_TYPES,
    UI_ACCOUNT,
    Audit,
    Kind,
    Suffix,
    function_arn,
)

FUNCTIONS = {
    PRE: ("HumanTaskConfig", "PreHumanTaskLambdaArn"),
    CONSOLIDATE: ("AnnotationConsolidationConfig", "AnnotationConsolidationLambdaArn"),
}


@pytest.fixture(scope="module")
def shapes() -> dict[str, Any]:
    """SageMaker's service model as it is installed, with its documentation."""
    model: dict[str, Any] = Loader().load_service_model("sagemaker", "service-2")
    return model["shapes"]  # type: ignore[no-any-return]


def said(shapes: dict[str, Any], shape: str, member: str = "") -> str:
    """What the model's documentation says of a member, or of the shape itself, without its marks."""
    text = (shapes[shape]["members"][member] if member else shapes[shape])["documentation"]
    return re.sub(r"<[^>]+>", "", text)


class TestAgainstTheServiceModel:
    @pytest.mark.parametrize("prefix", FUNCTIONS)
    def test_functions_accounts_and_regions(self, shapes: dict[str, Any], prefix: str) -> None:
        """Every function that the documentation names is ours to make, in every region, and no other."""
        text = said(shapes, *FUNCTIONS[prefix])
        listed = set(re.findall(r"arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9-]+", text))
        made = {
            function_arn(prefix, each, region) for each in TASK_TYPES.values() for region in FUNCTION_ACCOUNTS
        }
        assert listed == made

    def test_user_interfaces(self, shapes: dict[str, Any]) -> None:
        """Those that the documentation names, with their account; each belongs to a task type."""
        text = said(shapes, "UiConfig", "HumanTaskUiArn")
        listed = set(re.findall(r"arn:aws:sagemaker:[a-z-]+:(\d{12}):human-task-ui/(\w+)", text))
        assert listed == {(UI_ACCOUNT, each.ui) for each in TASK_TYPES.values() if each.ui}

    def test_a_user_interface_is_named_after_its_task_type(self) -> None:
        """The one that a worker needs, whether labels are made or adjusted."""
        for name, each in TASK_TYPES.items():
            plain = name.removeprefix("Adjustment").removeprefix("3D")
            assert each.ui in {"", plain}
            assert bool(each.ui) == (each.in_frames or name == "NamedEntityRecognition")

    def test_algorithms(self, shapes: dict[str, Any]) -> None:
        """The four of automated labeling, with their account."""
        text = said(shapes, "LabelingJobAlgorithmsConfig", "LabelingJobAlgorithmSpecificationArn")
        listed = set(re.findall(r":(\d{12}):labeling-job-algorithm-specification/([a-z-]+)", text))
        assert listed == {
            (ALGORITHM_ACCOUNT, each.algorithm) for each in TASK_TYPES.values() if each.algorithm
        }

    def test_prices(self, shapes: dict[str, Any]) -> None:
        """The three lists for labeling; the others are those of another service's reviews."""
        lists: dict[str, tuple[int, ...]] = {}
        for part in said(shapes, "PublicWorkforceTaskPrice").split("Use one of the following prices for ")[
            1:
        ]:
            prices = re.findall(r"\b(\d)\.(\d{3})\b", part)
            lists[part.partition(" tasks")[0]] = tuple(sorted(int(whole + rest) for whole, rest in prices))
        assert lists["bounding box"] == BOUNDING_BOX_PRICES
        assert lists["image classification, text classification, and custom"] == CLASSIFICATION_PRICES
        assert lists["semantic segmentation"] == SEGMENTATION_PRICES

    def test_suffixes(self, shapes: dict[str, Any]) -> None:
        """The task types in the documentation of LabelAttributeName end with -ref; one exception must not."""
        text = said(shapes, "CreateLabelingJobRequest", "LabelAttributeName")
        listed = defaultdict(set)
        for name in re.findall(r"\(\s*(\w+)\s*\)", text):
            listed[Suffix.FORBIDDEN if name.startswith("Verification") else Suffix.REQUIRED].add(name)
        for suffix, names in listed.items():
            assert names == {name for name, each in TASK_TYPES.items() if each.suffix is suffix}
        assert set(listed) == {Suffix.REQUIRED, Suffix.FORBIDDEN}

    def test_time_limits_are_those_that_rules_know(self, shapes: dict[str, Any]) -> None:
        """If these sentences change, the rules on times have to be read again."""
        limit = said(shapes, "HumanTaskConfig", "TaskTimeLimitInSeconds")
        assert "If you create a custom labeling job, the maximum value for this parameter is 8 hours" in limit
        assert "image and text labeling jobs, the maximum is 8 hours (28,800 seconds)" in limit
        assert "the maximum is 30 days (2952,000 seconds)" in limit
        available = said(shapes, "HumanTaskConfig", "TaskAvailabilityLifetimeInSeconds")
        assert "the maximum is 12 hours (43,200 seconds)" in available
        assert "For most users, the maximum is also 30 days" in available

    def test_at_least_two_labels(self, shapes: dict[str, Any]) -> None:
        """For image and text classification, single and multi-label."""
        text = said(shapes, "CreateLabelingJobRequest", "LabelCategoryConfigS3Uri")
        assert (
            "For image classification and text classification (single and multi-label) you must specify at least two"
            in text
        )
        two = {name for name, each in TASK_TYPES.items() if each.labels[0] == 2}
        assert two == {
            "ImageMultiClass",
            "ImageMultiClassMultiLabel",
            "TextMultiClass",
            "TextMultiClassMultiLabel",
        }


class TestTable:
    def test_adjustment_is_of_a_task_type(self) -> None:
        """Each audit is that of a task type of the same kind."""
        for name, each in TASK_TYPES.items():
            original = TASK_TYPES[re.sub("^(Adjustment|Verification)", "", name)]
            assert each.kind is original.kind
            assert (each is original) == (each.audit is Audit.NONE)

    def test_single_frames(self) -> None:
        """Tracking has sequences, the other 3D tasks have one cloud an object."""
        single = {name for name, each in TASK_TYPES.items() if each.single_frames}
        assert single == {
            "3DPointCloudObjectDetection",
            "3DPointCloudSemanticSegmentation",
            "Adjustment3DPointCloudObjectDetection",
            "Adjustment3DPointCloudSemanticSegmentation",
        }

    def test_custom_is_none_of_them(self) -> None:
        """It has no functions of Ground Truth's."""
        assert CUSTOM not in TASK_TYPES.values()
        assert CUSTOM.kind is Kind.CUSTOM


class TestAddresses:
    def test_an_arn_is_taken_apart(self) -> None:
        """The resource keeps its colons and slashes; its name is what follows its kind."""
        found = arn_of("arn:aws:lambda:us-east-1:111122223333:function:name:alias")
        assert found == Arn("aws", "lambda", "us-east-1", "111122223333", "function:name:alias")
        assert found.name == "name:alias"
        team = arn_of("arn:aws:sagemaker:us-east-1:111122223333:workteam/private-crowd/a:b")
        assert team is not None
        assert team.name == "private-crowd/a:b"

    @pytest.mark.parametrize("text", ["", "arn", "arn:aws:s3", "urn:a:b:c:d:e", "s3://a/b"])
    def test_what_is_no_arn_has_no_parts(self, text: str) -> None:
        """None, not a guess."""
        assert arn_of(text) is None

    @pytest.mark.parametrize(
        ("uri", "found"),
        [
            ("s3://my-bucket/a/b", S3Object("my-bucket", "a/b")),
            ("s3://my-bucket", S3Object("my-bucket", "")),
            ("s3://my-bucket/", S3Object("my-bucket", "")),
            ("https://my-bucket.s3.amazonaws.com/a", None),
            ("my-bucket/a", None),
        ],
    )
    def test_an_s3_address_is_taken_apart(self, uri: str, found: S3Object | None) -> None:
        """Bucket and key; other schemes are not read."""
        assert s3_object_of(uri) == found
