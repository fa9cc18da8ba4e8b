"""Where the buckets are that a request names, itself and through its manifest."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from jobherald.submit.arns import S3Object, s3_object_of
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.looks import categories, template
from jobherald.submit.looks.book import LABELING, MEDIA, Demand, LabelingScene, MediaScene, Question
from jobherald.submit.looks.data import objects_of
from jobherald.submit.looks.eyes import AbsentError, Eyes
from jobherald.submit.looks.s3 import region_of
from jobherald.submit.sources import guide, rekognition_model

MANIFEST: Final = "InputConfig.DataSource.S3DataSource.ManifestS3Uri"
OUTPUT: Final = "OutputConfig.S3OutputPath"
MEDIA_MANIFEST: Final = "Input.S3Object"
MEDIA_OUTPUT: Final = "OutputConfig.S3Bucket"

_PAGES: Final = (guide("sms-create-labeling-job-console"), guide("sms-input-data-input-manifest"))
_MEDIA: Final = (rekognition_model("S3Object"), rekognition_model("StartMediaAnalysisJob"))

MISSING: Final = Demand(25, "look.buckets.missing", Severity.ERROR, "Each bucket is there.", _PAGES)
REGION: Final = Demand(
    25,
    "look.buckets.region",
    Severity.ERROR,
    "Each bucket is in the job's region: that of the manifest, the template, the label category file, the output, and"
    " of the objects that the manifest names.",
    _PAGES,
)
MEDIA_MISSING: Final = Demand(
    3, "look.media-buckets.missing", Severity.ERROR, "Both buckets are there.", _MEDIA
)
MEDIA_REGION: Final = Demand(
    3,
    "look.media-buckets.region",
    Severity.ERROR,
    "The buckets of the manifest, of its images and of the output are in the job's region.",
    _MEDIA,
)


@LABELING.look("buckets", MISSING, REGION)
def buckets_are_near(scene: LabelingScene) -> Iterator[Question]:
    job = scene.job
    ui = job.human.UiConfig
    named = (
        (MANIFEST, job.manifest),
        (OUTPUT, job.request.OutputConfig.S3OutputPath),
        (categories.PATH, job.request.LabelCategoryConfigS3Uri),
        (template.PATH, ui.UiTemplateS3Uri),
    )
    places = [(path, found) for path, uri in named if uri and (found := s3_object_of(uri))]
    manifest = s3_object_of(job.manifest) if job.manifest else None
    if manifest is not None:
        places += [(MANIFEST, found) for found in objects_of(scene.eyes, manifest)]
    yield from _questions(scene.eyes, places, MISSING, REGION)


@MEDIA.look("media-buckets", MEDIA_MISSING, MEDIA_REGION)
def media_buckets_are_near(scene: MediaScene) -> Iterator[Question]:
    request = scene.job.request
    manifest = request.Input.S3Object
    places = [(MEDIA_OUTPUT, S3Object(request.OutputConfig.S3Bucket, ""))]
    if manifest.Bucket is not None:
        places.append((f"{MEDIA_MANIFEST}.Bucket", S3Object(manifest.Bucket, "")))
        if manifest.Name is not None:
            found = objects_of(scene.eyes, S3Object(manifest.Bucket, manifest.Name), manifest.Version or "")
            places += [(MEDIA_MANIFEST, each) for each in found]
    yield from _questions(scene.eyes, places, MEDIA_MISSING, MEDIA_REGION)


def _questions(
    eyes: Eyes, places: list[tuple[str, S3Object]], missing: Demand, elsewhere: Demand
) -> Iterator[Question]:
    """One for each bucket, at the first member that names it."""
    first: dict[str, str] = {}
    for path, found in places:
        first.setdefault(found.bucket, path)
    for bucket, path in first.items():
        yield Question(
            path,
            f"where the bucket {shown(bucket)} is",
            partial(_is_near, eyes, path, bucket, missing, elsewhere),
        )


def _is_near(eyes: Eyes, path: str, bucket: str, missing: Demand, elsewhere: Demand) -> Iterator[Finding]:
    try:
        region = region_of(eyes, bucket)
    except AbsentError:
        yield missing.found(path, f"there is no bucket {shown(bucket)}", "make it, or correct the name")
        return
    if region != eyes.region:
        yield elsewhere.found(
            path,
            f"the bucket {shown(bucket)} is in {region}, and the job goes to {eyes.region}",
            f"name a bucket in {eyes.region}, or send the job to {region}",
        )
