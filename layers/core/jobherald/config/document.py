"""The configuration document as it is written: its keys, their meaning and their checks."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from jobherald.catalog import all_sources
from jobherald.catalog.source import Source
from jobherald.config import limits, regions, words
from jobherald.config.deployment import Deployment
from jobherald.config.faults import DocumentError, Fault, faults_of, instead, refuse, shown
from jobherald.model import TOLD_BY_DEFAULT, State


@dataclass(slots=True)
class Reading:
    """What one reading of a document knows and finds: the deployment it must fit, and where it goes beyond it."""

    deployed: Deployment | None = None
    sources: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)

    def widen(self) -> str:
        return self.deployed.widened(self.sources, self.regions) if self.deployed else ""


@cache
def _known() -> dict[str, Source]:
    return {source.id: source for source in all_sources()}


def _source_of(info: ValidationInfo) -> Source | None:
    """The watch's source, where that key was good: keys are read in order, and it comes before those that need it."""
    return _known().get((info.data or {}).get("source", ""))


def _reading(info: ValidationInfo) -> Reading:
    return info.context if isinstance(info.context, Reading) else Reading()


def _source(value: str, info: ValidationInfo) -> str:
    if value not in _known():
        raise refuse(f"{shown(value)} is no source; {instead(value, _known())}")
    reading = _reading(info)
    if reading.deployed and value not in reading.deployed.sources:
        reading.sources.append(value)
        raise refuse(
            f"{shown(value)} is not among the deployed sources ({', '.join(reading.deployed.sources)})"
        )
    return value


def _region(value: str, info: ValidationInfo) -> str:
    source = _source_of(info)
    fault = regions.fault(value, source.client if source and source.provider == "aws" else "")
    if fault:
        raise refuse(fault)
    reading = _reading(info)
    if reading.deployed and value not in reading.deployed.regions:
        reading.regions.append(value)
        raise refuse(
            f"{shown(value)} is not among the deployed regions ({', '.join(reading.deployed.regions)})"
        )
    return value


def _time_schema(description: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "format": "date-time", "description": description})


class Watch(BaseModel):
    """A set of rules over places: which jobs of one source, in which regions, and which of their states are told."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Annotated[
        str,
        Field(
            min_length=1, max_length=100, description="Its name, of your choice; no two watches share one."
        ),
    ]
    source: Annotated[
        str,
        AfterValidator(_source),
        Field(
            description="Which kind of job, by its name in the catalogue.", examples=["sagemaker.labeling"]
        ),
    ]
    regions: Annotated[
        list[Annotated[str, AfterValidator(_region)]],
        Field(min_length=1, description="Where to look. Left out: every region that was deployed."),
    ] = []
    name_contains: Annotated[
        str,
        Field(
            min_length=1,
            max_length=256,
            description="Only jobs whose name contains this, in upper or lower case. Left out: all.",
        ),
    ] = ""
    created_after: Annotated[
        datetime | None,
        BeforeValidator(words.moment),
        _time_schema("Only jobs created after this moment."),
    ] = None
    created_before: Annotated[
        datetime | None,
        BeforeValidator(words.moment),
        _time_schema("Only jobs created before this moment."),
    ] = None
    modified_after: Annotated[
        datetime | None,
        BeforeValidator(words.moment),
        _time_schema("Only jobs that the service changed after this moment."),
    ] = None
    modified_before: Annotated[
        datetime | None,
        BeforeValidator(words.moment),
        _time_schema("Only jobs that the service changed last before this moment."),
    ] = None
    tell: Annotated[
        list[Annotated[State, BeforeValidator(words.state)]],
        Field(min_length=1, description="Which states are told."),
        WithJsonSchema(
            {
                "type": "array",
                "items": {"enum": [state.value for state in words.TELLABLE]},
                "minItems": 1,
                "description": "Which states are told.",
            }
        ),
    ] = [state for state in State if state in TOLD_BY_DEFAULT]
    every: Annotated[
        int | None,
        BeforeValidator(words.seconds),
        WithJsonSchema(
            {
                "type": "string",
                "pattern": words.DURATION_PATTERN,
                "description": "How often to look: a whole number and s, m, h or d, from 1s to 1d."
                " In the cloud the schedule wakes once a minute, so less than 60s looks as often as 60s."
                " Left out: the stack's PollEvery.",
            }
        ),
    ] = None

    @field_validator("id")
    @classmethod
    def _on_one_line(cls, value: str) -> str:
        if not value.isprintable() or value != value.strip():
            raise refuse(f"{shown(value)} must be on one line, without blanks around it")
        return value

    @field_validator("name_contains")
    @classmethod
    def _can_match(cls, value: str, info: ValidationInfo) -> str:
        source = _source_of(info)
        if source:
            fault = limits.name_fault(source, value)
            if fault:
                raise refuse(fault)
        return value

    @field_validator("created_after", "created_before", "modified_after", "modified_before")
    @classmethod
    def _has_such_a_time(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        word, _, side = str(info.field_name).partition("_")
        source = _source_of(info)
        if source and not (source.created_path if word == "created" else source.modified_path):
            raise refuse(
                f"{source.id} has no {word} time in its list, so nothing can be chosen by it; remove this key"
            )
        after = info.data.get(f"{word}_after") if side == "before" else None
        if value and after and value <= after:
            raise refuse(f"this is not later than {word}_after, so no job would be watched")
        return value

    @field_validator("tell")
    @classmethod
    def _can_happen(cls, value: list[State], info: ValidationInfo) -> list[State]:
        source = _source_of(info)
        if source and not limits.states(source).intersection(value):
            happens = ", ".join(state.value for state in State if state in limits.states(source))
            raise refuse(f"no job of {source.id} is ever in such a state; its states are {happens}")
        return value


class Document(BaseModel):
    """The whole document."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    watch: Annotated[list[Watch], Field(min_length=1, description="The watches, each begun with [[watch]].")]


def read(text: str, deployed: Deployment | None = None) -> Document | None:
    """The document in this text; None where it has no key at all, which is as good as no document.

    With a deployment, what goes beyond it is refused. Raises DocumentError with every fault at once.
    """
    raw = _toml(text)
    if not raw:
        return None
    reading = Reading(deployed)
    faults = _shared_ids(raw.get("watch"))
    document = None
    try:
        document = Document.model_validate(raw, context=reading)
    except ValidationError as error:
        faults = faults_of(error, _names(Watch), _names(Document)) + faults
    if faults or document is None:
        raise DocumentError(faults, reading.widen())
    return document


def _names(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(model.model_fields)


def _toml(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"\(at (line \d+, column \d+|end of document)\)$", str(error))
        what = str(error)[: where.start()].strip() if where else str(error)
        raise DocumentError([Fault(where[1] if where else "", f"this is no TOML: {what}")]) from None


def _shared_ids(watches: object) -> list[Fault]:
    if not isinstance(watches, list):
        return []
    ids = [watch.get("id") if isinstance(watch, dict) else None for watch in watches]
    often = Counter(name for name in ids if isinstance(name, str))
    return [
        Fault(
            f"watch[{at}].id",
            f"{shown(name)} is taken by watch[{ids.index(name)}]; give each watch an id of its own",
        )
        for at, name in enumerate(ids)
        if isinstance(name, str) and often[name] > 1 and ids.index(name) != at
    ]
