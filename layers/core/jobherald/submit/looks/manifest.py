"""The input manifest, fetched whole or in parts, and its lines checked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from jobherald.submit.arns import S3Object
from jobherald.submit.decoding import LARGEST, shown
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.looks import original
from jobherald.submit.looks.book import LABELING, MEDIA, Demand, LabelingScene, MediaScene, Question
from jobherald.submit.looks.buckets import MANIFEST, MEDIA_MANIFEST
from jobherald.submit.looks.data import whole_lines
from jobherald.submit.looks.eyes import AbsentError, Eyes, UnseenError
from jobherald.submit.looks.s3 import Sample, object_of, sample_of, whole_of
from jobherald.submit.manifest import Sample as Taken
from jobherald.submit.manifest import check
from jobherald.submit.manifest_rules import Use
from jobherald.submit.sources import guide, model, rekognition_guide
from jobherald.submit.task_types import Audit, Kind, TaskType

IMAGES: Final = TaskType("", "media analysis", Kind.IMAGE)
"""What the lines of a manifest for Rekognition have to be: those of one for labeling images, but for its quotas."""

LINES: Final = Taken(first=75_000, every=100)
"""Which lines are checked: all of 1 MB where each has at least 13 characters, and no million of empty ones."""

_EMPTY: Final = "manifest-empty"
_MEDIA_LINES: Final = {"manifest-format", "manifest-json", "manifest-reference", "manifest-source"}
_LINE: Final = re.compile(r"line (\d+)")
_SURE: Final = 1.2

MISSING: Final = Demand(
    24,
    "look.manifest.missing",
    Severity.ERROR,
    "The manifest is in S3. Its lines are checked by the rules over manifests: all of them up to 1 MB and 75,000 lines; of a"
    " larger one the first 256 KB, eight ranges of 32 KB and the last 32 KB.",
    (model("LabelingJobS3DataSource"), guide("sms-input-data-input-manifest")),
)
MANY: Final = Demand(
    24,
    "look.manifest.many",
    Severity.WARNING,
    "A manifest that is read in parts has no more objects than the quota allows, as the length of those lines lets"
    " expect.",
    (guide("input-data-limits"),),
)
MEDIA_MISSING: Final = Demand(
    2,
    "look.media-manifest.missing",
    Severity.ERROR,
    "The manifest is in S3, and not empty.",
    (rekognition_guide("bulk-analysis"),),
)
MEDIA_LINES: Final = Demand(
    2,
    "look.media-manifest.lines",
    Severity.WARNING,
    "Each line is a JSON object that names an image in S3 by source-ref, a JPEG or PNG. Rekognition passes over the others,"
    " and says so in the job's summary alone.",
    (rekognition_guide("bulk-analysis"), rekognition_guide("bulk-analysis-output-manifests")),
)


@LABELING.look("manifest", MISSING, MANY)
def manifest_is_sound(scene: LabelingScene) -> Iterator[Question]:
    uri = scene.job.manifest
    if uri is not None:
        yield Question(MANIFEST, "the manifest", lambda: _is_sound(scene, uri))


@MEDIA.look("media-manifest", MEDIA_MISSING, MEDIA_LINES)
def media_manifest_is_sound(scene: MediaScene) -> Iterator[Question]:
    named = scene.job.request.Input.S3Object
    if named.Bucket is not None and named.Name is not None:
        found = S3Object(named.Bucket, named.Name)
        yield Question(
            MEDIA_MANIFEST, "the manifest", lambda: _names_images(scene, found, named.Version or "")
        )


def _is_sound(scene: LabelingScene, uri: str) -> Iterator[Finding]:
    job = scene.job
    try:
        sample = sample_of(scene.eyes, object_of(uri))
    except AbsentError:
        remedy = "upload the manifest, or correct the address"
        yield MISSING.found(MANIFEST, f"there is no object {shown(uri)}", remedy)
        return
    use = Use(job.task_type, job.automated is not None, _audited(scene))
    for finding in _of_lines(sample, use):
        yield finding.within(MANIFEST)
    if not sample.whole:
        yield from _too_many(sample, job.task_type)


def _names_images(scene: MediaScene, found: S3Object, version: str) -> Iterator[Finding]:
    try:
        sample = sample_of(scene.eyes, found, version)
    except AbsentError:
        where = shown(f"s3://{found.bucket}/{found.key}")
        yield MEDIA_MISSING.found(
            MEDIA_MANIFEST, f"there is no object {where}", "upload the manifest, or correct its name"
        )
        return
    for finding in _of_lines(sample, Use(IMAGES)):
        path = finding.within(MEDIA_MANIFEST).path
        if finding.rule == _EMPTY:
            yield MEDIA_MISSING.found(path, finding.message, finding.remedy)
        elif finding.rule in _MEDIA_LINES:
            yield MEDIA_LINES.found(path, finding.message, finding.remedy)


def _of_lines(sample: Sample, use: Use) -> Iterator[Finding]:
    """What is wrong with the lines that were read. Those that cannot be counted are named by their first byte."""
    if sample.whole:
        yield from check([piece for _, piece in sample.pieces], use, sample=LINES).findings
        return
    lines = list(whole_lines(sample))
    counted = sum(at < len(sample.pieces[0][1]) for at, _ in lines)

    def place(number: re.Match[str]) -> str:
        index = int(number[1])
        return number[0] if index <= counted else f"the line at byte {lines[index - 1][0]:,}"

    text = [line + b"\n" for _, line in lines]
    for finding in check(text, use, complete=False, sample=LINES).findings:
        yield replace(finding, path=_LINE.sub(place, finding.path, count=1))


def _too_many(sample: Sample, kind: TaskType) -> Iterator[Finding]:
    lengths = [len(line) + 1 for _, line in whole_lines(sample)]
    if not lengths:
        return
    expected = sample.size * len(lengths) // sum(lengths)
    if expected > kind.objects * _SURE:
        yield MANY.found(
            MANIFEST,
            f"the manifest has {sample.size:,} bytes, by the length of its lines about {expected:,} objects, and"
            f" {kind.title} may have {kind.objects:,}",
            "count its lines, and split the job if there are more",
        )


def _audited(scene: LabelingScene) -> str:
    """The attribute that holds the labels to be audited, where a look can tell; the looks there say why not."""
    job = scene.job
    if job.task_type.audit is Audit.NONE:
        return ""
    try:
        return _named(scene.eyes, job.request.LabelCategoryConfigS3Uri) or original.attribute_of(scene)
    except (AbsentError, UnseenError, AttributeError, LookupError, RecursionError, ValueError):
        return ""


def _named(eyes: Eyes, uri: str | None) -> str:
    """The attribute that the label category file of 3D point clouds and video frames names."""
    if uri is None:
        return ""
    document = json.loads(whole_of(eyes, object_of(uri), LARGEST))
    return str(document.get("auditLabelAttributeName") or "")
