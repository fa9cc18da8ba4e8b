"""The name that labels get in the output manifest."""

from __future__ import annotations

from collections.abc import Iterator

from jobherald.submit.decoding import shown
from jobherald.submit.findings import Severity
from jobherald.submit.rulebook import Fault
from jobherald.submit.rules.book import BOOK
from jobherald.submit.sources import guide, model
from jobherald.submit.submission import Submission
from jobherald.submit.task_types import Suffix

_NAME = "LabelAttributeName"
_MODEL = model("CreateLabelingJob")
_CHAINING = guide("sms-reusing-data")
_OUTPUT = guide("sms-data-output")


@BOOK.rule(
    13,
    "attribute-metadata",
    Severity.ERROR,
    "The label attribute name does not end with -metadata.",
    _MODEL,
    _OUTPUT,
)
def is_no_metadata(job: Submission) -> Iterator[Fault]:
    name = job.request.LabelAttributeName
    if name.endswith("-metadata"):
        yield Fault(
            _NAME,
            f"{shown(name)} ends with -metadata, as the names of Ground Truth's own attributes do",
            "choose a name without that end",
        )


@BOOK.rule(
    13,
    "attribute-reserved",
    Severity.ERROR,
    "The label attribute is called neither source nor source-ref.",
    _CHAINING,
)
def is_not_reserved(job: Submission) -> Iterator[Fault]:
    name = job.request.LabelAttributeName
    if name in {"source", "source-ref"}:
        yield Fault(_NAME, f"{shown(name)} is what a manifest calls the object itself", "choose another name")


@BOOK.rule(
    14,
    "attribute-ref",
    Severity.ERROR,
    "For semantic segmentation and its adjustment, video frames, and 3D semantic segmentation and object tracking the"
    " label attribute name ends with -ref; for verification of semantic segmentation it does not.",
    _MODEL,
    guide("sms-video-object-tracking"),
    guide("sms-point-cloud-object-tracking"),
)
def ends_as_the_task_type_asks(job: Submission) -> Iterator[Fault]:
    name, kind = job.request.LabelAttributeName, job.task_type
    if kind.suffix is Suffix.REQUIRED and not name.endswith("-ref"):
        yield Fault(_NAME, f"{shown(name)} does not end with -ref, as {kind.title} asks", "add -ref")
    if kind.suffix is Suffix.FORBIDDEN and name.endswith("-ref"):
        yield Fault(_NAME, f"{shown(name)} ends with -ref, which {kind.title} forbids", "remove -ref")


@BOOK.rule(
    15,
    "attribute-ref-unusual",
    Severity.WARNING,
    "For other task types the label attribute name does not end with -ref. The documentation contradicts itself: the"
    " guide says so, while a sentence of the service model asks for it of all built-in task types.",
    _OUTPUT,
    _CHAINING,
    _MODEL,
)
def does_not_end_with_ref(job: Submission) -> Iterator[Fault]:
    name, kind = job.request.LabelAttributeName, job.task_type
    if kind.suffix is Suffix.UNUSUAL and name.endswith("-ref") and name != "source-ref":
        yield Fault(
            _NAME,
            f"{shown(name)} ends with -ref, which the guide forbids for {kind.title}",
            "remove -ref to be safe",
        )
