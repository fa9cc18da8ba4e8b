"""What checks find: values that name the place, the fault, the remedy and where it is documented."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs: with an error nothing is started, with a warning a person decides."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or that somebody should know before a job is started.

    ``path`` is as in ``HumanTaskConfig.UiConfig`` or ``Tags[3].Key``, for text that cannot be read as in
    ``line 3, column 5``, and empty for the whole. ``message`` and ``remedy`` are clauses without a full stop; neither
    repeats more of the input than a few words. ``source`` holds addresses of pages, with blanks between.
    """

    rule: str
    severity: Severity
    path: str
    message: str
    remedy: str
    source: str

    def within(self, place: str) -> Finding:
        """The same, found in a file that the request names: ``place`` is the member that names it."""
        return replace(self, path=f"{place}: {self.path}" if self.path else place)

    def as_detail(self) -> dict[str, str]:
        """For JSON, with the names of the attributes as keys."""
        return {**asdict(self), "severity": self.severity.value}

    def __str__(self) -> str:
        said = f"{self.message}; {self.remedy}"
        return f"{self.path}: {said}" if self.path else said


@dataclass(frozen=True, slots=True)
class Report:
    """All findings at once: each once, errors first, then by path and rule."""

    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, *parts: Iterable[Finding]) -> Report:
        """One report of what several checks found."""
        found = dict.fromkeys(finding for part in parts for finding in part)
        return cls(tuple(sorted(found, key=_order)))

    @property
    def ok(self) -> bool:
        """Whether the job may be started: warnings do not forbid it."""
        return not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.severity is Severity.WARNING)

    def as_details(self) -> list[dict[str, str]]:
        """The findings for JSON, in order."""
        return [finding.as_detail() for finding in self.findings]


def _order(finding: Finding) -> tuple[bool, str, str, str]:
    return finding.severity is not Severity.ERROR, finding.path, finding.rule, finding.message
