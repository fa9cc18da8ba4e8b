"""Whether the buckets of images let the browsers of workers read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from jobherald.submit.arns import s3_object_of
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.looks.book import LABELING, Demand, LabelingScene, Question
from jobherald.submit.looks.buckets import MANIFEST, OUTPUT
from jobherald.submit.looks.data import objects_of
from jobherald.submit.looks.eyes import AbsentError
from jobherald.submit.looks.s3 import ask_bucket
from jobherald.submit.sources import guide
from jobherald.submit.task_types import Kind

_ANY: Final = "*"
_NONE: Final = "NoSuchCORSConfiguration"
_EXPOSED: Final = "Access-Control-Allow-Origin"
_IMAGES: Final[tuple[str, ...]] = ("GET",)
_FRAMES: Final[tuple[str, ...]] = ("GET", "HEAD", "PUT")
_PAGE: Final = guide("sms-cors-update")
_FRAME_PAGES: Final = (guide("sms-point-cloud-general-information"), guide("sms-video-overview"))

MISSING: Final = Demand(
    25,
    "look.cors.missing",
    Severity.ERROR,
    "Buckets of images let pages of any origin read them (CORS: GET), else their tasks fail; the buckets of manifest,"
    " objects and output of 3D point clouds and video frames allow GET, HEAD and PUT.",
    (_PAGE, *_FRAME_PAGES),
)
DIFFERS: Final = Demand(
    25,
    "look.cors.differs",
    Severity.WARNING,
    "The CORS configuration is that of the guide: any origin, and Access-Control-Allow-Origin exposed; any header too for"
    " 3D point clouds and video frames. Whether less would do no page says.",
    (_PAGE, *_FRAME_PAGES),
)


@LABELING.look("cors", MISSING, DIFFERS)
def browsers_may_read(scene: LabelingScene) -> Iterator[Question]:
    job = scene.job
    if job.task_type.kind is Kind.IMAGE:
        methods = _IMAGES
    elif job.task_type.in_frames:
        methods = _FRAMES
    else:
        return
    paths = dict(_buckets(scene, with_all=job.task_type.in_frames))
    for bucket, path in paths.items():
        yield Question(
            path,
            f"whether browsers may read the bucket {shown(bucket)} (CORS)",
            partial(_may_read, scene, path, bucket, methods),
        )


def _buckets(scene: LabelingScene, *, with_all: bool) -> Iterator[tuple[str, str]]:
    """The buckets with the members that lead to them. Where images are is what the manifest says, if it can be seen."""
    job = scene.job
    manifest = s3_object_of(job.manifest) if job.manifest is not None else None
    output = s3_object_of(job.request.OutputConfig.S3OutputPath)
    if with_all and output is not None:
        yield output.bucket, OUTPUT
    if manifest is None:
        return
    found = objects_of(scene.eyes, manifest)
    for each in found:
        yield each.bucket, MANIFEST
    if with_all or not found:
        yield manifest.bucket, MANIFEST


def _may_read(scene: LabelingScene, path: str, bucket: str, methods: Sequence[str]) -> Iterator[Finding]:
    try:
        rules = ask_bucket(scene.eyes, "GetBucketCors", bucket)["CORSRules"]
    except AbsentError as error:
        if error.code != _NONE:  # there is no bucket, as the look at the buckets says
            return
        rules = []
    fitting = [rule for rule in rules if set(methods) <= set(rule.get("AllowedMethods", ()))]
    if not fitting:
        yield MISSING.found(
            path,
            f"the bucket {shown(bucket)} does not let browsers {' and '.join(methods)} (CORS)",
            f"give it a CORS rule: {_rule(methods)}",
        )
    elif not any(_is_the_guides(rule, methods) for rule in fitting):
        yield DIFFERS.found(
            path,
            f"the CORS rules of the bucket {shown(bucket)} allow less than the guide's",
            f"see that they suffice, or write {_rule(methods)}",
        )


def _is_the_guides(rule: Mapping[str, Any], methods: Sequence[str]) -> bool:
    headers = methods == _IMAGES or _ANY in rule.get("AllowedHeaders", ())
    return headers and _ANY in rule.get("AllowedOrigins", ()) and _EXPOSED in rule.get("ExposeHeaders", ())


def _rule(methods: Sequence[str]) -> str:
    """The guide's rule, as the console and the CLI take it."""
    named = ", ".join(f'"{each}"' for each in methods)
    headers = "" if methods == _IMAGES else f'"{_ANY}"'
    return (
        f'{{"AllowedHeaders": [{headers}], "AllowedMethods": [{named}], "AllowedOrigins": ["{_ANY}"],'
        f' "ExposeHeaders": ["{_EXPOSED}"]}}'
    )
