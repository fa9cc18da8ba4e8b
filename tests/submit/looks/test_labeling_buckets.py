"""The buckets of a labeling job: where they are, and whether browsers may read them."""

from __future__ import annotations

from typing import Any

import pytest

from jobherald.submit.findings import Severity
from jobherald.submit.looks.data import BUCKETS
from tests.submit.looks.world import BUCKET, CORS, World, sound
from tests.submit.requests import MANIFEST, SOUND, TEMPLATE

URI = f"{MANIFEST}.ManifestS3Uri"
OUTPUT = "OutputConfig.S3OutputPath"
CATEGORIES = "LabelCategoryConfigS3Uri"
FRAMES_CORS = {**CORS, "AllowedHeaders": ["*"], "AllowedMethods": ["GET", "HEAD", "PUT"]}


def line(bucket: str) -> bytes:
    return b'{"source-ref": "s3://%s/1.jpg"}\n' % bucket.encode()


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (URI, "s3://euro/input.manifest"),
        (OUTPUT, "s3://euro/out"),
        (CATEGORIES, "s3://euro/labels.json"),
        (TEMPLATE, "s3://euro/template.liquid"),
    ],
)
def test_a_bucket_in_another_region_is_an_error(world: World, path: str, uri: str) -> None:
    """Whatever it holds: the job would not find it."""
    world.bucket("euro", "eu-west-1")

    found = [each for each in world.look(sound({path: uri})) if each.rule.startswith("look.buckets")]

    assert [(each.rule, each.path, each.severity) for each in found] == [
        ("look.buckets.region", path, Severity.ERROR)
    ]
    assert found[0].message == 'the bucket "euro" is in eu-west-1, and the job goes to us-east-1'


def test_the_bucket_of_an_object_in_another_region_is_an_error(world: World) -> None:
    """The manifest says where objects are."""
    world.bucket("euro", "eu-west-1")
    world.put("in/input.manifest", line("euro"))

    assert ("look.buckets.region", URI) in world.found()


def test_a_bucket_that_is_not_there_is_an_error(world: World) -> None:
    """Once, at the member that names it; whoever would need it is silent."""
    assert world.found(sound({OUTPUT: "s3://nobody/out"})) == [("look.buckets.missing", OUTPUT)]


def test_a_bucket_is_asked_for_once(world: World) -> None:
    """However many members name it."""
    world.look()

    assert world.calls.count("s3:HeadBucket") == 1


def test_objects_of_a_few_buckets_are_looked_at(world: World) -> None:
    """A manifest may name thousands."""
    names = [f"images-{number}" for number in range(BUCKETS + 2)]
    for name in names:
        world.bucket(name)
        world.cors(CORS, bucket=name)
    world.put("in/input.manifest", b"".join(line(name) for name in names))

    world.look()

    assert world.calls.count("s3:HeadBucket") == 1 + BUCKETS


def test_a_bucket_that_may_not_be_asked_for_is_said(world: World) -> None:
    """S3 says the region all the same; an emulator that does not leaves the question open."""
    with world.denying("s3:ListBucket"):
        found = [each for each in world.look() if each.rule.startswith("look.buckets")]

    assert [(each.rule, each.severity) for each in found] == [("look.buckets.not-checked", Severity.WARNING)]
    assert 'where the bucket "my-bucket" is was not checked: s3:ListBucket is denied' in found[0].message


IMAGE_TYPES = ["bounding boxes by a private team", "semantic segmentation"]


@pytest.mark.parametrize("base", IMAGE_TYPES)
def test_images_without_cors_are_an_error(world: World, base: str) -> None:
    """Their tasks fail: the remedy is the guide's rule."""
    world.client("s3").delete_bucket_cors(Bucket=BUCKET)

    found = [each for each in world.look(sound(base=SOUND[base])) if each.rule.startswith("look.cors")]

    assert [(each.rule, each.path, each.severity) for each in found] == [
        ("look.cors.missing", URI, Severity.ERROR)
    ]
    assert found[0].remedy.endswith(
        '{"AllowedHeaders": [], "AllowedMethods": ["GET"], "AllowedOrigins": ["*"],'
        ' "ExposeHeaders": ["Access-Control-Allow-Origin"]}'
    )


@pytest.mark.parametrize(
    ("rules", "rule"),
    [
        ([{**CORS, "AllowedMethods": ["PUT"]}], "look.cors.missing"),
        ([{**CORS, "AllowedOrigins": ["https://a.example"]}], "look.cors.differs"),
        ([{**CORS, "ExposeHeaders": ["ETag"]}], "look.cors.differs"),
        ([{**CORS, "AllowedMethods": ["PUT"]}, CORS], ""),
        ([FRAMES_CORS], ""),
    ],
)
def test_cors_rules_are_compared_with_the_guides(
    world: World, rules: list[dict[str, Any]], rule: str
) -> None:
    """One of them has to allow what is needed; what is less than the guide's is a warning."""
    world.cors(*rules)

    assert [each for each, _ in world.found()] == ([rule] if rule else [])


def test_cors_is_that_of_the_buckets_of_images(world: World) -> None:
    """A manifest may lie elsewhere, where no browser looks."""
    world.client("s3").delete_bucket_cors(Bucket=BUCKET)
    world.bucket("images")
    world.cors(CORS, bucket="images")
    world.put("in/input.manifest", line("images"))
    good = world.found()
    world.client("s3").delete_bucket_cors(Bucket="images")

    assert "look.cors.missing" not in {rule for rule, _ in good}
    assert [each.message for each in world.look() if each.rule == "look.cors.missing"] == [
        'the bucket "images" does not let browsers GET (CORS)'
    ]


def test_lines_that_name_no_object_lead_nowhere(world: World) -> None:
    """The look at the manifest says what is wrong with them; the others are followed."""
    world.client("s3").delete_bucket_cors(Bucket=BUCKET)
    world.bucket("images")
    world.cors(CORS, bucket="images")
    world.put("in/input.manifest", b'no\n[]\n{"source-ref": 1}\n{"source-ref": "s3://x"}\n' + line("images"))

    assert not [each for each in world.found() if each[0].startswith(("look.cors", "look.buckets"))]


def test_where_the_manifest_cannot_be_seen_its_own_bucket_is_asked_for(world: World) -> None:
    """The images may well be there."""
    world.client("s3").delete_bucket_cors(Bucket=BUCKET)
    with world.denying("s3:GetObject"):
        assert ("look.cors.missing", URI) in world.found()


@pytest.mark.parametrize("base", ["video frames", "3D point clouds"])
def test_frames_ask_for_more_of_input_and_output(world: World, base: str) -> None:
    """GET, HEAD and PUT, of both buckets."""
    request = sound({OUTPUT: "s3://results/out"}, base=SOUND[base])
    world.bucket("results")
    world.cors(FRAMES_CORS)

    def found() -> set[tuple[str, str]]:
        return {each for each in world.found(request) if each[0].startswith("look.cors")}

    assert found() == {("look.cors.missing", OUTPUT)}
    world.cors({**FRAMES_CORS, "AllowedHeaders": []}, bucket="results")
    assert found() == {("look.cors.differs", OUTPUT)}
    world.cors(FRAMES_CORS, bucket="results")
    assert found() == set()
    world.cors(CORS)
    assert found() == {("look.cors.missing", URI)}


@pytest.mark.parametrize("base", ["named entities", "custom", "video clips"])
def test_other_jobs_are_not_asked_for_cors(world: World, base: str) -> None:
    """No page demands it of them."""
    world.look(sound(base=SOUND[base]))

    assert "s3:GetBucketCors" not in world.calls


def test_cors_of_a_bucket_that_is_not_there_is_no_question(world: World) -> None:
    """That it is missing says enough."""
    world.put("in/input.manifest", line("nobody"))

    assert [each for each in world.found() if each[0].startswith(("look.cors", "look.buckets"))] == [
        ("look.buckets.missing", URI)
    ]


def test_cors_that_may_not_be_read_is_said(world: World) -> None:
    """With the permission that it takes."""
    with world.denying("s3:GetBucketCORS"):
        found = [each for each in world.look() if each.rule.startswith("look.cors")]

    assert [(each.rule, each.severity) for each in found] == [("look.cors.not-checked", Severity.WARNING)]
    assert "s3:GetBucketCORS is denied" in found[0].message
