"""What workers see: whether the template is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from jobherald.submit.decoding import shown
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.looks.book import LABELING, Demand, LabelingScene, Question
from jobherald.submit.looks.eyes import AbsentError
from jobherald.submit.looks.s3 import head_of, object_of
from jobherald.submit.sources import guide, model

PATH: Final = "HumanTaskConfig.UiConfig.UiTemplateS3Uri"

MISSING: Final = Demand(
    16,
    "look.template.missing",
    Severity.ERROR,
    "The worker template is in S3, and not empty. The ending of its name is checked without a look.",
    (model("UiConfig"), guide("sms-create-labeling-job-api")),
)


@LABELING.look("template", MISSING)
def template_is_there(scene: LabelingScene) -> Iterator[Question]:
    uri = scene.job.human.UiConfig.UiTemplateS3Uri
    if uri is not None:
        yield Question(PATH, "whether the worker template is there", lambda: _is_there(scene, uri))


def _is_there(scene: LabelingScene, uri: str) -> Iterator[Finding]:
    try:
        size = head_of(scene.eyes, object_of(uri))["ContentLength"]
    except AbsentError:
        yield MISSING.found(
            PATH, f"there is no object {shown(uri)}", "upload the template, or correct the address"
        )
        return
    if not size:
        yield MISSING.found(PATH, f"{shown(uri)} is empty", "upload the template")
