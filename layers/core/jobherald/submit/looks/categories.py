"""The label category file, fetched and checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from jobherald.submit.categories import check_text
from jobherald.submit.category_rules import Purpose
from jobherald.submit.decoding import LARGEST, shown
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.looks.book import LABELING, Demand, LabelingScene, Question
from jobherald.submit.looks.eyes import AbsentError
from jobherald.submit.looks.s3 import object_of, whole_of
from jobherald.submit.sources import guide, model

PATH: Final = "LabelCategoryConfigS3Uri"

MISSING: Final = Demand(
    20,
    "look.categories.missing",
    Severity.ERROR,
    "The label category file is in S3. What it says is checked by the rules over such files, up to 256 KB.",
    (model("CreateLabelingJob"), guide("sms-create-labeling-job-api")),
)


@LABELING.look("categories", MISSING)
def categories_are_sound(scene: LabelingScene) -> Iterator[Question]:
    uri = scene.job.request.LabelCategoryConfigS3Uri
    if uri is not None:
        yield Question(PATH, "the label category file", lambda: _are_sound(scene, uri))


def _are_sound(scene: LabelingScene, uri: str) -> Iterator[Finding]:
    try:
        text = whole_of(scene.eyes, object_of(uri), LARGEST)
    except AbsentError:
        yield MISSING.found(
            PATH, f"there is no object {shown(uri)}", "upload the file, or correct the address"
        )
        return
    purpose = Purpose(
        scene.job.task_type, scene.job.automated is not None, scene.job.request.LabelAttributeName
    )
    for finding in check_text(text, purpose):
        yield finding.within(PATH)
