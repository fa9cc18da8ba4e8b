from __future__ import annotations

from typing import Any

import pytest

from jobherald.submit.examination import examine_media_analysis, examine_media_analysis_text
from jobherald.submit.media_analysis import RULES, check, load, read
from tests.submit.requests import GONE, edited

MODERATION: dict[str, Any] = {
    "JobName": "moderation",
    "OperationsConfig": {
        "DetectModerationLabels": {
            "MinConfidence": 50,
            "ProjectVersion": "arn:aws:rekognition:us-east-1:111122223333:project/mine/version/first/1700000000000",
        }
    },
    "Input": {"S3Object": {"Bucket": "my-bucket", "Name": "in/images.manifest"}},
    "OutputConfig": {"S3Bucket": "my-bucket", "S3KeyPrefix": "out"},
    "KmsKeyId": "alias/mine",
}
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"

BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "media-operation": ({"OperationsConfig": {}}, "OperationsConfig"),
    "media-manifest": ({"Input.S3Object.Name": GONE}, "Input.S3Object.Name"),
    "media-region": ({"KmsKeyId": KEY}, "KmsKeyId"),
}


def found(document: dict[str, Any], region: str = "") -> set[tuple[str, str]]:
    _, report = examine_media_analysis(document, region)
    return {(each.rule, each.path) for each in report.findings}


class TestRules:
    def test_every_rule_is_broken_here(self) -> None:
        """A rule without a case would be a rule without a test."""
        assert set(BROKEN) == {rule.name for rule in RULES}

    @pytest.mark.parametrize("rule", BROKEN)
    def test_broken(self, rule: str) -> None:
        """It is found at its place, and nothing else is found."""
        edits, path = BROKEN[rule]
        assert found(edited(MODERATION, edits)) == {(rule, path)}

    def test_all_at_once(self) -> None:
        """Rules and form together."""
        edits = {
            "Input.S3Object": {},
            "KmsKeyId": KEY,
            "OutputConfig.S3Bucket": "x",
            "OperationsConfig.DetectModerationLabels.MinConfidence": 101,
        }
        assert found(edited(MODERATION, edits)) == {
            ("media-manifest", "Input.S3Object.Bucket"),
            ("media-manifest", "Input.S3Object.Name"),
            ("media-region", "KmsKeyId"),
            ("shape.length", "OutputConfig.S3Bucket"),
            ("shape.range", "OperationsConfig.DetectModerationLabels.MinConfidence"),
        }

    def test_a_sound_request_has_no_finding(self) -> None:
        """With all that may be said, and with the least."""
        assert found(MODERATION) == set()
        least = edited(
            MODERATION,
            {"JobName": GONE, "KmsKeyId": GONE, "OperationsConfig": {"DetectModerationLabels": {}}},
        )
        assert found(least) == set()

    def test_the_region_that_it_is_sent_to_decides(self) -> None:
        """An adapter works in its own region only."""
        path = "OperationsConfig.DetectModerationLabels.ProjectVersion"
        assert found(MODERATION, "eu-west-1") == {("media-region", path)}
        assert found(MODERATION, "us-east-1") == set()

    def test_the_halves_are_of_use_alone(self) -> None:
        """Reading, checking, and reading text."""
        document = edited(MODERATION, {"OperationsConfig": {}})
        request, findings = read(document)
        assert findings == []
        assert request is not None
        assert [each.rule for each in check(request)] == ["media-operation"]
        assert load("{")[1] == list(examine_media_analysis_text("{")[1].findings)
