"""Label category files: what is wrong with one, and a correct one made from a list of labels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from jobherald.errors import ConfigError
from jobherald.submit import category_attributes  # noqa: F401 (writes its rules into the book)
from jobherald.submit.category_file import FRAMES, FRAMES_VERSION, LABELS, VERSION, FramesFile, LabelFile
from jobherald.submit.category_rules import BOOK, Categories, Purpose
from jobherald.submit.decoding import decode
from jobherald.submit.findings import Finding, Report
from jobherald.submit.reading import Reading, read
from jobherald.submit.rulebook import Rule

RULES: Final[tuple[Rule[Categories], ...]] = BOOK.rules
"""All rules over label category files, by number and name."""


class CategoriesError(ConfigError):
    """No correct label category file can be made of what was given: every reason at once."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in findings))


def check(document: object, purpose: Purpose) -> list[Finding]:
    """What is wrong with the content of a file, as a document."""
    made: Reading[FramesFile] | Reading[LabelFile]
    made = read(FRAMES, document) if purpose.task_type.in_frames else read(LABELS, document)
    ruled = [] if made.value is None else BOOK.findings(Categories(made.value, purpose))
    return [*made.findings, *ruled]


def check_text(text: str | bytes, purpose: Purpose) -> list[Finding]:
    """What is wrong with a file."""
    document, found = decode(text)
    return found or check(document, purpose)


def write(
    labels: Sequence[str],
    purpose: Purpose,
    *,
    instructions: tuple[str, str] | None = None,
    audited: str = "",
    annotation_type: str = "",
) -> str:
    """The text of a correct file with these labels.

    ``instructions`` are the short and the full ones. ``audited`` is the label attribute of the job whose labels are to
    be adjusted or verified, ``annotation_type`` what is drawn in video frames. Raises CategoriesError.
    """
    document: dict[str, Any]
    if purpose.task_type.in_frames:
        edits = {"editsAllowed": "none"} if purpose.verification else {}
        document = {
            "documentVersion": FRAMES_VERSION,
            "labels": [{"label": each, **edits} for each in labels],
        }
    else:
        document = {"document-version": VERSION, "labels": [{"label": each} for each in labels]}
    if annotation_type:
        document["annotationType"] = annotation_type
    if instructions:
        short, full = instructions
        document["instructions"] = {"shortInstruction": short, "fullInstruction": full}
    if audited:
        document["auditLabelAttributeName"] = audited
    findings = Report.of(check(document, purpose)).findings
    if findings:
        raise CategoriesError(findings)
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
