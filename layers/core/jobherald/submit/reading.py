"""Documents read into values: whatever is wrong with their form becomes findings, never an exception."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from jobherald.config.faults import instead
from jobherald.submit.decoding import decode, path_of, shown, unfit
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.member import Faults, Member, Place, member_in, partly

M = TypeVar("M", bound=Member)

MOST: Final = 100
"""How many faults of form are told. Whoever sent more sent something else altogether."""

DEMANDS: Final[Mapping[str, str]] = {
    "shape.json": "The text is JSON in UTF-8.",
    "shape.size": "The document has at most 256 KB.",
    "shape.depth": "Objects and lists lie at most 32 deep in one another.",
    "shape.given-twice": "No member is given twice in one object.",
    "shape.type": "Each value has the type of its member.",
    "shape.unknown-member": "Each member is one that the service knows.",
    "shape.missing-member": "No required member is missing.",
    "shape.length": "Texts and lists are neither too short nor too long.",
    "shape.range": "Numbers are within their range.",
    "shape.pattern": "Texts have the form that the service asks for.",
    "shape.choice": "Where there is a choice, the value is one of it.",
    "shape.many": f"At most {MOST} faults of form are told.",
}
"""The rules of form by name. All are errors, but for unknown members of files, which are warnings."""

_NULL: Final = "null"
_LONGEST_NAME: Final = 100

_TYPES: Final = {
    "string_type": "text",
    "string_unicode": "text that can be written in UTF-8",
    "int_type": "a whole number, without quotes",
    "float_type": "a number, without quotes",
    "bool_type": "true or false",
    "list_type": "a list in square brackets",
    "model_type": "an object in curly brackets",
    "model_attributes_type": "an object in curly brackets",
}
_BOUNDS: Final = {
    "greater_than_equal": ("ge", "the smallest is"),
    "less_than_equal": ("le", "the largest is"),
}
_LENGTHS: Final = {
    "string_too_short": ("min_length", "characters", "at least"),
    "string_too_long": ("max_length", "characters", "at most"),
    "too_short": ("min_length", "items", "at least"),
    "too_long": ("max_length", "items", "at most"),
}


@dataclass(frozen=True, slots=True)
class Form(Generic[M]):
    """How documents of one kind are read.

    ``source`` is the address of the page that shows the form, ``examples`` an example for each pattern of it.
    ``unknown`` is how much a member weighs that the form does not know.
    """

    kind: type[M]
    source: str
    examples: Mapping[str, str]
    unknown: Severity = Severity.ERROR

    def remedy(self, pattern: str) -> str:
        """What to write where a text does not have the form that this pattern describes."""
        return f'write it as in "{self.examples[pattern]}"'


@dataclass(frozen=True, slots=True)
class Reading(Generic[M]):
    """What was read. ``value`` lacks what is faulty (see `Member`); it is None where there is nothing to read."""

    value: M | None
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> M | None:
        """The value, if it is whole."""
        whole = not any(found.severity is Severity.ERROR for found in self.findings)
        return self.value if whole else None


def read_text(form: Form[M], text: str | bytes) -> Reading[M]:
    """Read JSON text."""
    document, found = decode(text)
    return Reading(None, tuple(found)) if found else read(form, document)


def read(form: Form[M], document: object) -> Reading[M]:
    """Read a document. All faults of its form at once; those of its size alone, since nothing else is read then."""
    found = unfit(document)
    if found:
        return Reading(None, tuple(found))
    faults = _faults(form.kind, document)
    findings = [_finding(form, fault) for fault in faults[:MOST]]
    if len(faults) > MOST:
        findings.append(_many(form, len(faults) - MOST))
    if not isinstance(document, dict):
        return Reading(None, tuple(findings))
    faulty = Faults.at(fault["loc"] for fault in faults if fault["type"] != "extra_forbidden")
    return Reading(partly(form.kind, document, faulty), tuple(findings))


def _faults(kind: type[Member], document: object) -> list[ErrorDetails]:
    """What pydantic has against a document, and every null, which pydantic takes for a member that was left out."""
    nulls = {place: ErrorDetails(type=_NULL, loc=place, msg="", input=None) for place in _nulls(document)}
    try:
        kind.model_validate(document)
    except ValidationError as error:
        others = [fault for fault in error.errors(include_url=False) if fault["loc"] not in nulls]
        return [*nulls.values(), *others]
    return list(nulls.values())


def _nulls(document: object, at: Place = ()) -> Iterator[Place]:
    if document is None:
        yield at
    elif isinstance(document, dict):
        for name, value in document.items():
            yield from _nulls(value, (*at, name))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from _nulls(value, (*at, index))


def _finding(form: Form[M], fault: ErrorDetails) -> Finding:
    rule, message, remedy = _said(form, fault)
    severity = form.unknown if rule == "shape.unknown-member" else Severity.ERROR
    return Finding(rule, severity, path_of(fault["loc"]), message, remedy, form.source)


def _said(form: Form[M], fault: ErrorDetails) -> tuple[str, str, str]:
    """The rule that a fault breaks, what is wrong, and what would do."""
    kind, value, limits = fault["type"], shown(fault["input"]), fault.get("ctx", {})
    if kind == "missing":
        return "shape.missing-member", "this required member is missing", "add it"
    if kind == "extra_forbidden":
        name, known = str(fault["loc"][-1]), _known(form.kind, fault["loc"][:-1])
        return "shape.unknown-member", "no such member is known here", _nearest(name, known)
    if kind == _NULL:
        return "shape.type", "null is no value of any member", "leave the member out"
    if kind in _LENGTHS:
        limit, unit, side = _LENGTHS[kind]
        has = len(fault["input"])
        unit = unit.removesuffix("s") if has == 1 else unit
        return "shape.length", f"{value} has {has:,} {unit}", f"give {side} {limits[limit]:,}"
    if kind in _BOUNDS:
        limit, side = _BOUNDS[kind]
        return "shape.range", f"{value} is out of range", f"{side} {limits[limit]:,}"
    if kind == "string_pattern_mismatch":
        pattern = limits["pattern"]
        return "shape.pattern", f"{value} does not have the form {pattern[4:-2]}", form.remedy(pattern)
    if kind == "literal_error":
        return "shape.choice", f"{value} is none of the choices", f"choose {limits['expected']}"
    return "shape.type", f"{value} cannot be used here", f"write {_TYPES.get(kind, 'what the service takes')}"


def _known(kind: type[Member], place: Place) -> list[str]:
    """The names of the members at this place."""
    for part in place:
        if isinstance(part, int):
            continue
        field = next(field for name, field in kind.model_fields.items() if part in {name, field.alias})
        kind = member_in(field.annotation) or kind
    return [field.alias or name for name, field in kind.model_fields.items()]


def _nearest(name: str, known: list[str]) -> str:
    """What to write in the place of an unknown name; names that no service would give are not compared."""
    if len(name) > _LONGEST_NAME:
        return f"remove it; {instead('', known)}"
    return instead(name, known)


def _many(form: Form[M], rest: int) -> Finding:
    message = f"{rest:,} further faults of form are not told"
    return Finding("shape.many", Severity.ERROR, "", message, "mend these first", form.source)
