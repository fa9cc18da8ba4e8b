"""Form and rules together: one report of all that is wrong with a request, also where its form is wrong in parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from jobherald.submit import labeling, media_analysis, rules
from jobherald.submit.findings import Finding, Report
from jobherald.submit.labeling import LabelingRequest
from jobherald.submit.media_analysis import MediaAnalysisRequest
from jobherald.submit.member import Member
from jobherald.submit.reading import Reading, read, read_text

M = TypeVar("M", bound=Member)


def examine_labeling(document: object, region: str = "") -> tuple[LabelingRequest | None, Report]:
    """The request in a document, None unless its form is sound, and all that is wrong with it.

    ``region`` is where it is to be sent, if that is known. Only a report that is ``ok`` may be acted on.
    """
    return _examined(read(labeling.FORM, document), region, rules.check)


def examine_labeling_text(text: str | bytes, region: str = "") -> tuple[LabelingRequest | None, Report]:
    """As `examine_labeling`, of JSON text."""
    return _examined(read_text(labeling.FORM, text), region, rules.check)


def examine_media_analysis(document: object, region: str = "") -> tuple[MediaAnalysisRequest | None, Report]:
    """As `examine_labeling`, of a request to start a media analysis job."""
    return _examined(read(media_analysis.FORM, document), region, media_analysis.check)


def examine_media_analysis_text(
    text: str | bytes, region: str = ""
) -> tuple[MediaAnalysisRequest | None, Report]:
    """As `examine_media_analysis`, of JSON text."""
    return _examined(read_text(media_analysis.FORM, text), region, media_analysis.check)


def _examined(
    made: Reading[M], region: str, check: Callable[[M, str], list[Finding]]
) -> tuple[M | None, Report]:
    ruled = [] if made.value is None else check(made.value, region)
    return made.sound, Report.of(made.findings, ruled)
