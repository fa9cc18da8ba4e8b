"""The manifest and the buckets of a media analysis job."""

from __future__ import annotations

from typing import Any

import pytest

from jobherald.submit.examination import examine_media_analysis
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.media_analysis import ManifestObject, MediaAnalysisRequest
from tests.submit.looks.world import BUCKET, World
from tests.submit.requests import REGION, edited

REQUEST = {
    "OperationsConfig": {"DetectModerationLabels": {}},
    "Input": {"S3Object": {"Bucket": BUCKET, "Name": "in/input.manifest"}},
    "OutputConfig": {"S3Bucket": BUCKET, "S3KeyPrefix": "out"},
}
PATH = "Input.S3Object"


def job(edits: dict[str, Any] | None = None) -> MediaAnalysisRequest:
    request, report = examine_media_analysis(edited(REQUEST, edits or {}), REGION)
    assert request is not None, report.errors
    return request


def of(findings: list[Finding]) -> list[tuple[str, str, Severity]]:
    return [(each.rule, each.path, each.severity) for each in findings]


def test_a_sound_job_has_nothing_to_say(world: World) -> None:
    """Nothing of SageMaker's or IAM's is asked for."""
    assert world.look(job()) == []
    assert set(world.calls) == {"s3:HeadBucket", "s3:HeadObject", "s3:GetObject"}


def test_a_manifest_that_is_not_there_is_an_error(world: World) -> None:
    """Nothing would be analysed."""
    assert of(world.look(job({f"{PATH}.Name": "nowhere"}))) == [
        ("look.media-manifest.missing", PATH, Severity.ERROR)
    ]


def test_an_empty_manifest_is_an_error(world: World) -> None:
    """Nor would it of nothing."""
    world.put("in/input.manifest", b"")

    assert of(world.look(job())) == [("look.media-manifest.missing", PATH, Severity.ERROR)]


@pytest.mark.parametrize(
    ("line", "where"),
    [
        (b'{"source": "text"}', ""),
        (b'{"source-ref": "images/1.jpg"}', ": source-ref"),
        (b'{"source-ref": "s3://my-bucket/1.gif"}', ": source-ref"),
        (b"[]", ""),
    ],
)
def test_lines_that_name_no_image_are_warnings(world: World, line: bytes, where: str) -> None:
    """Rekognition passes over them; its own page is the source."""
    world.put("in/input.manifest", b'{"source-ref": "s3://my-bucket/1.png"}\n' + line)

    found = world.look(job())

    assert of(found) == [("look.media-manifest.lines", f"{PATH}: line 2{where}", Severity.WARNING)]
    assert "rekognition" in found[0].source


def test_limits_of_ground_truth_are_not_rekognitions(world: World) -> None:
    """No page has a limit on attributes or lines for it."""
    world.put("in/input.manifest", b'{"source-ref": "s3://my-bucket/1.jpg", "$x": "%s"}' % (b"y" * 120_000))

    assert world.look(job()) == []


def test_a_version_is_looked_at_if_one_is_named(world: World) -> None:
    """And not the newest."""
    s3 = world.client("s3")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket=BUCKET, Key="in/input.manifest", Body=b"[]")["VersionId"]
    world.put("in/input.manifest", b'{"source-ref": "s3://my-bucket/1.jpg"}')

    assert world.look(job()) == []
    assert of(world.look(job({f"{PATH}.Version": old}))) == [
        ("look.media-manifest.lines", f"{PATH}: line 1", Severity.WARNING)
    ]


@pytest.mark.parametrize(
    ("edits", "path"),
    [
        ({"OutputConfig.S3Bucket": "euro"}, "OutputConfig.S3Bucket"),
        ({f"{PATH}.Bucket": "euro"}, f"{PATH}.Bucket"),
    ],
)
def test_a_bucket_in_another_region_is_an_error(world: World, edits: dict[str, Any], path: str) -> None:
    """The service model says that the bucket's region is that of the operation."""
    world.bucket("euro", "eu-west-1")
    world.put("in/input.manifest", b'{"source-ref": "s3://my-bucket/1.jpg"}', bucket="euro")

    assert of(world.look(job(edits))) == [("look.media-buckets.region", path, Severity.ERROR)]


def test_the_bucket_of_an_image_in_another_region_is_an_error(world: World) -> None:
    """The manifest says where images are."""
    world.bucket("euro", "eu-west-1")
    world.put("in/input.manifest", b'{"source-ref": "s3://euro/1.jpg"}')

    assert of(world.look(job())) == [("look.media-buckets.region", PATH, Severity.ERROR)]


def test_a_bucket_that_is_not_there_is_an_error(world: World) -> None:
    """Results would have nowhere to go."""
    assert of(world.look(job({"OutputConfig.S3Bucket": "nobody"}))) == [
        ("look.media-buckets.missing", "OutputConfig.S3Bucket", Severity.ERROR)
    ]


def test_what_may_not_be_read_is_said(world: World) -> None:
    """Manifest and buckets each by themselves."""
    with world.denying("s3:GetObject"):
        assert of(world.look(job())) == [("look.media-manifest.not-checked", PATH, Severity.WARNING)]


def test_a_manifest_that_is_not_named_is_not_looked_at(world: World) -> None:
    """That is an error of the request, which a person may look into all the same."""
    request = job()
    nowhere = ManifestObject(Bucket=BUCKET)
    partly = request.model_copy(update={"Input": request.Input.model_copy(update={"S3Object": nowhere})})

    assert world.look(partly) == []
    assert world.calls == ["s3:HeadBucket"]
