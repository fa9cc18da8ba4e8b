"""Input manifests: what is wrong with one, all its lines or a sample of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, NoReturn

from jobherald.submit.arns import s3_object_of
from jobherald.submit.findings import Finding
from jobherald.submit.manifest_lines import Line, lines_of
from jobherald.submit.manifest_rules import LINES, TOTALS, Entry, Total, Use
from jobherald.submit.rulebook import Rule

LINE_RULES: Final[tuple[Rule[Entry], ...]] = LINES.rules
TOTAL_RULES: Final[tuple[Rule[Total], ...]] = TOTALS.rules

TOLD: Final = 3
"""At how many lines a rule is found broken before the rest is only counted."""

MOST_BUCKETS: Final = 20


@dataclass(frozen=True, slots=True)
class Sample:
    """Which lines are read: the ``first`` ones, and of the rest each whose number is a multiple of ``every``."""

    first: int = 1_000
    every: int = 100

    def takes(self, number: int) -> bool:
        return number <= self.first or number % self.every == 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a manifest.

    ``objects`` is how many lines there were, ``read`` how many of them were read. ``buckets`` are those that the objects
    lie in, in the order of the alphabet, at most 20.
    """

    objects: int
    read: int
    buckets: tuple[str, ...]
    findings: tuple[Finding, ...]


USUAL: Final = Sample()
EVERY_LINE: Final = Sample(first=0, every=1)


def check(pieces: Iterable[bytes], use: Use, *, complete: bool = True, sample: Sample = USUAL) -> Seen:
    """What is wrong with a manifest, given as bytes in pieces of any size, which are held one at a time.

    Not ``complete`` means that these are only its first bytes: a last line without its end is left alone, and nothing is
    said of there being too few lines.
    """
    objects = read = labeled = 0
    broken: Counter[str] = Counter()
    findings: dict[str, list[Finding]] = {}
    buckets: set[str] = set()
    for line in lines_of(pieces, complete=complete):
        objects += 1
        if not sample.takes(line.number):
            continue
        read += 1
        entry = _entry(line, use)
        labeled += entry.value is not None and entry.holds_labels
        if len(buckets) < MOST_BUCKETS:
            buckets |= _buckets(entry)
        for rule in LINE_RULES:
            found = rule.findings(entry)
            broken[rule.name] += bool(found)
            if found and broken[rule.name] <= TOLD:
                findings.setdefault(rule.name, []).extend(found)
    for name, told in findings.items():
        if broken[name] > TOLD:
            rest = f"{broken[name] - TOLD:,} further lines break this rule"
            told.append(replace(told[-1], path="", message=rest, remedy="mend them likewise"))
    total = Total(objects, read, labeled, complete, use)
    together = [finding for told in findings.values() for finding in told]
    return Seen(objects, read, tuple(sorted(buckets)), (*together, *TOTALS.findings(total)))


def _entry(line: Line, use: Use) -> Entry:
    if line.cut:
        return Entry(line.number, len(line.text), None, "", use)
    try:
        text = line.text.decode()
        value = json.loads(text, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        return Entry(line.number, 0, None, f"byte {error.start + 1} is no UTF-8", use)
    except json.JSONDecodeError as error:
        fault = (
            f"this is no JSON: {error.msg}, at column {error.colno}" if text.strip() else "the line is empty"
        )
        return Entry(line.number, len(text), None, fault, use)
    except (RecursionError, ValueError):  # a number of thousands of digits, NaN, Infinity
        return Entry(line.number, len(text), None, "this is no JSON that can be read", use)
    if not isinstance(value, dict):
        return Entry(line.number, len(text), None, "this is no JSON object", use)
    return Entry(line.number, len(text), value, "", use)


def _buckets(entry: Entry) -> set[str]:
    if entry.value is None or entry.reference is None:
        return set()
    found = s3_object_of(entry.reference)
    return {found.bucket} if found is not None and found.bucket else set()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
