"""What the labels of a label category file have to be for its task type, and what adjusting and verifying asks of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from jobherald.submit.category_file import FRAMES_VERSION, Choice, FramesFile, LabelFile
from jobherald.submit.decoding import path_of, shown
from jobherald.submit.findings import Severity
from jobherald.submit.rulebook import Fault, Rulebook
from jobherald.submit.sources import guide, model
from jobherald.submit.task_types import Audit, Kind, TaskType

ANNOTATION_TYPES: Final = ("BoundingBox", "Polyline", "Polygon", "Keypoint")
LINKED: Final = ({"type": "BoundingBox"}, {"type": "Cuboid"})
"""The annotation type of 3D-2D object tracking, which links cuboids to boxes in camera images."""

_MODEL = model("CreateLabelingJob")
_QUOTAS = guide("input-data-limits")
_FRAMES = guide("sms-label-cat-config-attributes")
_AUDIT = guide("sms-verification-data")
_LINKED = guide("sms-point-cloud-3d-2d-object-tracking")


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a file is for.

    ``automated`` says that labeling is automated, ``attribute`` is the job's label attribute name, empty where it is
    not known. ``verification`` says that labels are verified and not adjusted, which the functions of 3D point clouds
    and video frames do not show; None where it is not known.
    """

    task_type: TaskType
    automated: bool = False
    attribute: str = ""
    verification: bool | None = None


@dataclass(frozen=True, slots=True)
class Categories:
    """A file, whole or partly read, and what it is for."""

    file: LabelFile | FramesFile
    purpose: Purpose

    @property
    def task_type(self) -> TaskType:
        return self.purpose.task_type

    @property
    def labels(self) -> Sequence[Choice]:
        return self.file.labels

    @property
    def frames(self) -> FramesFile | None:
        return self.file if isinstance(self.file, FramesFile) else None


BOOK: Final[Rulebook[Categories]] = Rulebook()


@BOOK.rule(
    20,
    "categories-fewest",
    Severity.ERROR,
    "There are at least two labels for image and text classification, else at least one.",
    _MODEL,
)
def labels_are_enough(given: Categories) -> Iterator[Fault]:
    fewest = given.task_type.labels[0]
    if len(given.labels) < fewest:
        yield Fault(
            "labels", f"{given.task_type.title} needs {fewest} labels at least", "add what is missing"
        )


@BOOK.rule(
    20,
    "categories-most",
    Severity.ERROR,
    "There are no more labels than the task type's quota allows: 50, 30 or any number; 20 for semantic segmentation"
    " that is automated.",
    _QUOTAS,
)
def labels_are_not_too_many(given: Categories) -> Iterator[Fault]:
    kind, has = given.task_type, len(given.labels)
    most = kind.automated_labels if given.purpose.automated and kind.automated_labels else kind.labels[1]
    if most and has > most:
        yield Fault(
            "labels",
            f"{has:,} labels are more than a job for {kind.title} may have",
            f"keep {most}, or split the job",
        )


@BOOK.rule(20, "categories-unique", Severity.ERROR, "No label is there twice.", _MODEL, _QUOTAS)
def labels_are_unique(given: Categories) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for at, label in enumerate(given.labels):
        name = getattr(label, "label", None)  # one that cannot be read is like no other
        if name is not None and first.setdefault(name, at) != at:
            yield Fault(
                path_of(("labels", at, "label")),
                f"{shown(name)} is there already, as labels[{first[name]}]",
                "remove one of the two",
            )


@BOOK.rule(
    20,
    "categories-instructions",
    Severity.ERROR,
    "For named entity recognition the file holds the instructions for workers.",
    _MODEL,
    guide("sms-named-entity-recg"),
)
def workers_are_instructed(given: Categories) -> Iterator[Fault]:
    if given.task_type.name == "NamedEntityRecognition" and given.file.instructions is None:
        yield Fault(
            "instructions",
            "there are none, and named entity recognition has no template that could hold them",
            'add {"shortInstruction": "…", "fullInstruction": "…"}',
        )


@BOOK.rule(
    20,
    "categories-version",
    Severity.WARNING,
    "A file for 3D point clouds or video frames says that its version is 2020-03-01. The documentation contradicts"
    " itself: examples have it, as documentVersion on one page and document-version on another, and the table of keys"
    " does not ask for it.",
    _FRAMES,
    _LINKED,
)
def version_is_said(given: Categories) -> Iterator[Fault]:
    frames = given.frames
    if frames is not None and frames.document_version is None and frames.hyphenated_version is None:
        yield Fault(
            "documentVersion",
            "the file does not say its version",
            f'add "documentVersion": "{FRAMES_VERSION}"',
        )


@BOOK.rule(
    20,
    "categories-annotation-type",
    Severity.ERROR,
    "What is drawn is BoundingBox, Polyline, Polygon or Keypoint for video frames, boxes and cuboids together for 3D-2D"
    " object tracking, and not said for other 3D tasks.",
    _FRAMES,
    _LINKED,
)
def drawing_is_possible(given: Categories) -> Iterator[Fault]:
    kind, value = given.task_type, given.frames.annotation_type if given.frames is not None else None
    if value is None:
        return
    remedy = "leave it out"
    if kind.kind is Kind.FRAMES:
        fits, remedy = value in ANNOTATION_TYPES, f"choose one of {', '.join(ANNOTATION_TYPES)}"
    elif kind.single_frames:
        fits = False
    else:
        fits, remedy = _is_linked(value), f"leave it out, or write {json.dumps(LINKED)}"
    if not fits:
        yield Fault("annotationType", f"{shown(value)} cannot be chosen for {kind.title}", remedy)


@BOOK.rule(
    21,
    "categories-audit-attribute",
    Severity.ERROR,
    "To adjust or verify labels of 3D point clouds or video frames the file names the attribute that holds them, and"
    " that is not the new job's own.",
    _MODEL,
    _AUDIT,
)
def audited_attribute_is_named(given: Categories) -> Iterator[Fault]:
    frames, purpose = given.frames, given.purpose
    if frames is None or given.task_type.audit is Audit.NONE:
        return
    if not frames.audit_label_attribute_name:
        yield Fault(
            "auditLabelAttributeName",
            f"{given.task_type.title} needs the label attribute of the job that made the labels",
            "add it, as that job's LabelAttributeName",
        )
    elif frames.audit_label_attribute_name == purpose.attribute:
        yield Fault(
            "auditLabelAttributeName",
            f"{shown(purpose.attribute)} is the name that the new labels are to have",
            "name the attribute of the job that made the labels, and give the new job another",
        )


@BOOK.rule(
    21,
    "categories-audit-elsewhere",
    Severity.WARNING,
    "Only files for adjustment and verification name an attribute to be audited.",
    _FRAMES,
)
def nothing_else_is_audited(given: Categories) -> Iterator[Fault]:
    frames, kind = given.frames, given.task_type
    if frames is not None and frames.audit_label_attribute_name and kind.audit is Audit.NONE:
        yield Fault(
            "auditLabelAttributeName",
            f"a job for {kind.title} audits nothing",
            "leave it out, or take the functions for adjustment",
        )


@BOOK.rule(
    21,
    "categories-verification",
    Severity.ERROR,
    'To verify labels of 3D point clouds or video frames, every label has "editsAllowed": "none".',
    _AUDIT,
    _FRAMES,
)
def verified_labels_stay(given: Categories) -> Iterator[Fault]:
    if given.frames is None or not given.purpose.verification:
        return
    for at, label in enumerate(given.frames.labels):
        if label.edits_allowed != "none":
            yield Fault(
                path_of(("labels", at, "editsAllowed")), "workers could change this label", 'write "none"'
            )


def _is_linked(value: object) -> bool:
    """Whether an annotation type says boxes and cuboids together, in any order."""
    if not isinstance(value, list):
        return False
    said = Counter(json.dumps(each, sort_keys=True) for each in value)
    return said == Counter(json.dumps(each, sort_keys=True) for each in LINKED)
