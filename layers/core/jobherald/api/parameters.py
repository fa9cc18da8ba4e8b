"""Query strings read into values, with every fault at once and in the form that all findings have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar
from urllib.parse import parse_qsl

from jobherald.submit import reading
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.member import Member

M = TypeVar("M", bound=Member)

DOCUMENT: Final = "/openapi.json"
"""Where the parameters are described."""

_MOST: Final = 100
_DIGITS: Final = re.compile(r"[0-9]{1,9}")
_WORDS: Final[Mapping[str, bool]] = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Parameters(Generic[M]):
    """What was read: the values as they were given, whatever they are worth, and the whole if it is sound."""

    given: Mapping[str, Any]
    sound: M | None
    findings: tuple[Finding, ...]

    def readable(self, name: str) -> bool:
        """Whether this parameter was given, and nothing was found against it or a part of it."""
        wrong = {finding.path.partition("[")[0] for finding in self.findings}
        return name in self.given and path_of(name) not in wrong


def read(form: reading.Form[M], raw: str) -> Parameters[M]:
    """The parameters in a query string, as it stands behind the question mark.

    Lists are given as ``state=failed,stopped`` or as one parameter for each of their items.
    """
    given, found = _given(form.kind, raw)
    made = reading.read(form, given)
    named = [replace(each, path=path_of(each.path)) for each in made.findings]
    return Parameters(given, None if found else made.sound, (*found, *named))


def fault(rule: str, path: str, message: str, remedy: str) -> Finding:
    """A finding about a parameter, by its name."""
    return Finding(rule, Severity.ERROR, path_of(path), message, remedy, DOCUMENT)


def path_of(name: str) -> str:
    """Where a parameter stands: ``query.limit``."""
    return f"query.{name}" if name else "query"


def properties(kind: type[Member]) -> dict[str, Any]:
    """The JSON Schema of each parameter, by name."""
    found: dict[str, Any] = kind.model_json_schema()["properties"]
    return found


def _given(kind: type[Member], raw: str) -> tuple[dict[str, Any], list[Finding]]:
    """Values of the types that parameters have; what cannot be one stays text. And what is given twice."""
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, errors="replace", max_num_fields=_MOST)
    except ValueError:
        return {}, [fault("query.many", "", f"there are more than {_MOST} parameters", "send fewer")]
    types = {name: schema.get("type") for name, schema in properties(kind).items()}
    given: dict[str, Any] = {}
    found = []
    for name, text in pairs:
        if types.get(name) == "array":
            given.setdefault(name, []).extend(text.split(","))
        elif name in given:
            found.append(fault("query.twice", name, "this parameter is given twice", "keep one of the two"))
        elif types.get(name) == "integer":
            given[name] = int(text) if _DIGITS.fullmatch(text) else text
        elif types.get(name) == "boolean":
            given[name] = _WORDS.get(text, text)
        else:
            given[name] = text
    return given, found
