"""What a line of a manifest has to be, and how many there may be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from jobherald.submit.arns import s3_object_of
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Severity
from jobherald.submit.rulebook import Fault, Rulebook, UnreadableError
from jobherald.submit.sources import guide
from jobherald.submit.task_types import Audit, Kind, TaskType

LONGEST_LINE: Final = 100_000
LONGEST_ATTRIBUTE: Final = 20_000
SEQUENCES: Final = 10
FEWEST_AUTOMATED: Final = 1_250
ENOUGH_AUTOMATED: Final = 5_000
USUAL_QUOTA: Final = 100_000

REFERENCE: Final = "source-ref"
TEXT: Final = "source"
METADATA: Final = "-metadata"

ENDINGS: Final[Mapping[Kind, tuple[str, ...]]] = MappingProxyType(
    {
        Kind.IMAGE: (".jpg", ".jpeg", ".png"),
        Kind.VIDEO: (".mp4", ".ogg", ".webm"),
        Kind.FRAMES: (".json",),
        Kind.POINT_CLOUD: (".json",),
    }
)
"""How names of objects end; of single point clouds any way."""

_MANIFEST = guide("sms-input-data-input-manifest")
_QUOTAS = guide("input-data-limits")
_FORMATS = guide("sms-supported-data-formats")
_CLOUDS = guide("sms-point-cloud-single-frame-input-data")
_AUTOMATED = guide("sms-automated-labeling")
_AUDIT = guide("sms-verification-data")


@dataclass(frozen=True, slots=True)
class Use:
    """What a manifest is for.

    ``audited`` is the attribute that holds the labels which are to be adjusted or verified, empty where it is not known.
    """

    task_type: TaskType
    automated: bool = False
    audited: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: its number, its length in characters, and its object, or what keeps it from being one.

    A line that is too long to be read has neither.
    """

    number: int
    length: int
    value: Mapping[str, Any] | None
    fault: str
    use: Use

    @property
    def members(self) -> Mapping[str, Any]:
        """What is in the object. Raises UnreadableError where the line is none."""
        if self.value is None:
            raise UnreadableError(self.fault)
        return self.value

    @property
    def reference(self) -> str | None:
        found = self.members.get(REFERENCE)
        return found if isinstance(found, str) else None

    @property
    def holds_labels(self) -> bool:
        """Whether labels of an earlier job are in it: those that are known to be meant, else any."""
        if self.use.audited:
            return self.use.audited in self.members
        names = (name for name in self.members if name != REFERENCE)
        return any(f"{name}{METADATA}" in self.members for name in names)

    def at(self, name: str = "") -> str:
        return f"line {self.number}: {name}" if name else f"line {self.number}"


@dataclass(frozen=True, slots=True)
class Total:
    """All lines. ``labeled`` counts those that hold labels among the ``read`` ones; not ``complete`` is only a part."""

    objects: int
    read: int
    labeled: int
    complete: bool
    use: Use


LINES: Final[Rulebook[Entry]] = Rulebook()
TOTALS: Final[Rulebook[Total]] = Rulebook()


@LINES.rule(
    24,
    "manifest-json",
    Severity.ERROR,
    "Each line is a whole JSON object in UTF-8, without breaks.",
    _MANIFEST,
)
def line_is_an_object(entry: Entry) -> Iterator[Fault]:
    if entry.fault:
        yield Fault(entry.at(), entry.fault, "write one JSON object a line")


@LINES.rule(24, "manifest-length", Severity.ERROR, "A line has at most 100,000 characters.", _MANIFEST)
def line_is_not_too_long(entry: Entry) -> Iterator[Fault]:
    if entry.length > LONGEST_LINE:
        yield Fault(entry.at(), "the line is too long", f"keep it within {LONGEST_LINE:,} characters")


@LINES.rule(
    24, "manifest-attribute-length", Severity.ERROR, "An attribute has at most 20,000 characters.", _MANIFEST
)
def attributes_are_not_too_long(entry: Entry) -> Iterator[Fault]:
    if entry.length <= LONGEST_ATTRIBUTE:
        return
    for name, value in entry.members.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if len(text) > LONGEST_ATTRIBUTE:
            yield Fault(
                entry.at(shown(name)),
                f"this has {len(text):,} characters",
                f"keep it within {LONGEST_ATTRIBUTE:,}; longer text can lie in S3",
            )


@LINES.rule(24, "manifest-attribute-name", Severity.ERROR, "No attribute begins with $.", _MANIFEST)
def names_are_free(entry: Entry) -> Iterator[Fault]:
    for name in entry.members:
        if name.startswith("$"):
            yield Fault(entry.at(shown(name)), "such names are Ground Truth's own", "choose another name")


@LINES.rule(
    24,
    "manifest-source",
    Severity.ERROR,
    "A line has its object as source-ref (an address in S3) or source (the text itself): texts the one, all else the"
    " other.",
    _MANIFEST,
    guide("sms-named-entity-recg"),
)
def object_is_named(entry: Entry) -> Iterator[Fault]:
    kind = entry.use.task_type
    wanted = {Kind.TEXT: (TEXT,), Kind.CUSTOM: (REFERENCE, TEXT)}.get(kind.kind, (REFERENCE,))
    given = [name for name in wanted if name in entry.members]
    if not given:
        yield Fault(
            entry.at(),
            f"there is no {' or '.join(wanted)} for a job for {kind.title}",
            f'add "{wanted[0]}": {"the text" if wanted[0] == TEXT else "the address of the object in S3"}',
        )
    for name in given:
        value = entry.members[name]
        if not isinstance(value, str) or not value.strip():
            yield Fault(entry.at(name), f"{shown(value)} names no object", "write text in quotes")


@LINES.rule(
    24, "manifest-sources", Severity.WARNING, "A line has one of source-ref and source, not both.", _MANIFEST
)
def object_is_named_once(entry: Entry) -> Iterator[Fault]:
    if REFERENCE in entry.members and TEXT in entry.members:
        yield Fault(entry.at(), "there are both source-ref and source", "keep the one that is to be labeled")


@LINES.rule(
    24, "manifest-reference", Severity.ERROR, "source-ref is the address of an object in S3.", _MANIFEST
)
def reference_is_an_object(entry: Entry) -> Iterator[Fault]:
    reference = entry.reference
    if not reference or entry.use.task_type.kind is Kind.TEXT:
        return
    found = s3_object_of(reference)
    if found is None or not found.bucket or not found.key or found.key.endswith("/"):
        yield Fault(
            entry.at(REFERENCE),
            f"{shown(reference)} is not the address of an object in S3",
            "write it as in s3://my-bucket/path/image.jpg",
        )


@LINES.rule(
    24,
    "manifest-format",
    Severity.WARNING,
    "Objects have a supported format, which their names show: .jpg, .jpeg and .png for images, .mp4, .ogg and .webm for"
    " clips, .json for sequences.",
    _FORMATS,
)
def format_is_supported(entry: Entry) -> Iterator[Fault]:
    kind, reference = entry.use.task_type, entry.reference
    endings = () if kind.single_frames else ENDINGS.get(kind.kind, ())
    if reference and endings and not reference.lower().endswith(endings):
        yield Fault(
            entry.at(REFERENCE),
            f"{shown(reference)} does not look like an object for {kind.title}",
            f"supported are {', '.join(endings)}",
        )


@LINES.rule(
    24,
    "manifest-cloud",
    Severity.ERROR,
    "A single point cloud has source-ref-metadata with its unix-timestamp.",
    _CLOUDS,
)
def cloud_is_described(entry: Entry) -> Iterator[Fault]:
    if not entry.use.task_type.single_frames or entry.reference is None:
        return
    described = entry.members.get(f"{REFERENCE}{METADATA}")
    if not isinstance(described, Mapping):
        yield Fault(
            entry.at(f"{REFERENCE}{METADATA}"),
            "this object is missing",
            'add it, as in {"unix-timestamp": 1566861644.76}',
        )
        return
    moment = described.get("unix-timestamp")
    if isinstance(moment, bool) or not isinstance(moment, (int, float)):
        yield Fault(
            entry.at(f"{REFERENCE}{METADATA}"),
            "it has no unix-timestamp that is a number",
            "add the seconds since 1970 at which the cloud was seen",
        )


@LINES.rule(
    21,
    "manifest-audited",
    Severity.WARNING,
    "For adjustment and verification each line holds the labels of the earlier job; an object without them fails, and"
    " may cost all the same.",
    _AUDIT,
)
def labels_are_there(entry: Entry) -> Iterator[Fault]:
    if entry.use.task_type.audit is not Audit.NONE and not entry.holds_labels:
        yield Fault(
            entry.at(),
            f"there are no labels{_of(entry.use)} to be audited",
            "leave out objects that have none, or take the output manifest of the job that made the labels",
        )


@TOTALS.rule(
    21,
    "manifest-unaudited",
    Severity.ERROR,
    "For adjustment and verification the manifest holds the labels of an earlier job.",
    _AUDIT,
)
def some_labels_are_there(total: Total) -> Iterator[Fault]:
    if total.use.task_type.audit is not Audit.NONE and total.read and not total.labeled:
        yield Fault(
            "",
            f"no line that was read holds labels{_of(total.use)} to be audited",
            "take the output manifest of the job that made the labels",
        )


@TOTALS.rule(24, "manifest-empty", Severity.ERROR, "There is at least one line.", _MANIFEST)
def something_is_there(total: Total) -> Iterator[Fault]:
    if total.complete and not total.objects:
        yield Fault("", "the manifest is empty", "write a line for each object")


@TOTALS.rule(
    24,
    "manifest-quota",
    Severity.ERROR,
    "Semantic segmentation has at most 20,000 objects. That quota cannot be raised.",
    _QUOTAS,
)
def fixed_quota_is_kept(total: Total) -> Iterator[Fault]:
    kind = total.use.task_type
    if kind.objects < USUAL_QUOTA and total.objects > kind.objects:
        yield _over(total)


@TOTALS.rule(
    24,
    "manifest-quota-usual",
    Severity.WARNING,
    "Other jobs have at most 100,000 objects, unless AWS raised the account's quota.",
    _QUOTAS,
)
def usual_quota_is_kept(total: Total) -> Iterator[Fault]:
    kind = total.use.task_type
    if kind.objects >= USUAL_QUOTA and total.objects > kind.objects:
        yield _over(total)


@TOTALS.rule(
    24, "manifest-sequences", Severity.ERROR, "A manifest has at most 10 sequences of video frames.", _QUOTAS
)
def sequences_are_few(total: Total) -> Iterator[Fault]:
    if total.use.task_type.kind is Kind.FRAMES and total.objects > SEQUENCES:
        yield Fault(
            "",
            f"there are {total.objects:,} sequences",
            f"keep {SEQUENCES}, and start further jobs for the rest",
        )


@TOTALS.rule(
    18,
    "manifest-automated",
    Severity.ERROR,
    "Automated labeling takes at least 1,250 objects.",
    _AUTOMATED,
)
def automation_is_possible(total: Total) -> Iterator[Fault]:
    if total.use.automated and total.complete and 0 < total.objects < FEWEST_AUTOMATED:
        yield Fault(
            "",
            f"{total.objects:,} objects are too few for automated labeling",
            f"add some up to {FEWEST_AUTOMATED:,}, or leave out LabelingJobAlgorithmsConfig",
        )


@TOTALS.rule(
    18,
    "manifest-automated-few",
    Severity.WARNING,
    "For automated labeling at least 5,000 objects are suggested.",
    _AUTOMATED,
)
def automation_is_worth_it(total: Total) -> Iterator[Fault]:
    if total.use.automated and total.complete and FEWEST_AUTOMATED <= total.objects < ENOUGH_AUTOMATED:
        yield Fault(
            "",
            f"with {total.objects:,} objects little may be labeled automatically",
            f"{ENOUGH_AUTOMATED:,} are suggested",
        )


def _over(total: Total) -> Fault:
    kind = total.use.task_type
    message = f"{total.objects:,} objects are more than the {kind.objects:,} that {kind.title} may have"
    return Fault("", message, "split the job")


def _of(use: Use) -> str:
    return f" {shown(use.audited)}" if use.audited else ""
