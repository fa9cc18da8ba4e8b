"""The rules across the members of a labeling request, a module for each subject."""

from __future__ import annotations

from typing import Final

from jobherald.submit.findings import Finding
from jobherald.submit.labeling import LabelingRequest
from jobherald.submit.rulebook import Rule
from jobherald.submit.rules import (  # noqa: F401 (each writes its rules into the book)
    attribute,
    audit,
    automated,
    concurrency,
    data,
    functions,
    price,
    regions,
    streaming,
    times,
    ui,
    workforce,
)
from jobherald.submit.rules.book import BOOK
from jobherald.submit.submission import Submission

RULES: Final[tuple[Rule[Submission], ...]] = BOOK.rules
"""All of them, by number and name."""


def check(request: LabelingRequest, region: str = "") -> list[Finding]:
    """What is wrong with a request, whole or partly read. ``region`` is where it is to be sent, if that is known."""
    return BOOK.findings(Submission(request, region))
