"""The configuration document as it is written: its keys, their meaning and their checks."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
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

from jobherald.catalog.load import parse_entries
from jobherald.catalog.source import Source
from jobherald.config import limits, projects, regions, words
from jobherald.config.deployment import Deployment
from jobherald.config.faults import DocumentError, Fault, faults_of, refuse, shown
from jobherald.config.reading import (
    Reading,
    check_job,
    check_parent,
    check_project,
    check_region,
    check_source,
    is_in_projects,
    reading_of,
    source_of,
)
from jobherald.errors import ConfigError
from jobherald.model import TOLD_BY_DEFAULT, State


def _time_schema(description: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "format": "date-time", "description": description})


class Watch(BaseModel):
    """A set of rules over places: which jobs of one source, where, and which of their states are told."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Annotated[
        str,
        Field(
            min_length=1, max_length=100, description="Its name, of your choice; no two watches share one."
        ),
    ]
    source: Annotated[
        str,
        AfterValidator(check_source),
        Field(
            description="Which kind of job, by its name in the catalogue.", examples=["sagemaker.labeling"]
        ),
    ]
    regions: Annotated[
        list[Annotated[str, AfterValidator(check_region)]],
        Field(
            min_length=1,
            description="Where to look for a source of AWS. Left out: every region that was deployed. A service with"
            " one endpoint for all regions is one place, whatever is named.",
        ),
    ] = []
    projects: Annotated[
        list[Annotated[str, AfterValidator(check_project)]],
        Field(
            min_length=1,
            description="Where to look for a source of Huawei Cloud, each `region/project_id`; the id alone where"
            " it was deployed. Left out: every project that was deployed.",
            examples=[["cn-north-4/0a1b2c3d4e5f60718293a4b5c6d7e8f9"]],
        ),
    ] = []
    parents: Annotated[
        list[Annotated[str, AfterValidator(check_parent)]],
        Field(
            min_length=1,
            description="The only ones to look below, by their ids, for a source that is listed below something,"
            " such as a dataset; each `above/id` where that lies below something itself. Left out: all there are.",
        ),
    ] = []
    jobs: Annotated[
        list[Annotated[str, AfterValidator(check_job)]],
        Field(
            min_length=1,
            description="The only jobs to look at, one by one and without any list, by the service's ids; each"
            " `parent/id`, or `above/parent/id`, for a source that is listed below something. Left out: all that are"
            " listed.",
        ),
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

    @field_validator("regions", "projects", mode="before")
    @classmethod
    def _is_watched_there(cls, value: object, info: ValidationInfo) -> object:
        source = source_of(info)
        if source and info.field_name == "regions" and is_in_projects(source):
            raise refuse(
                f'{source.id} is watched in projects; write projects = ["{projects.FORM}"] instead,'
                " or leave both out for every deployed one"
            )
        if source and info.field_name == "projects" and not is_in_projects(source):
            raise refuse(
                f'{source.id} is watched in regions; write regions = ["us-east-1"] instead,'
                " or leave both out for every deployed one"
            )
        return value

    @field_validator("parents", "jobs", mode="before")
    @classmethod
    def _can_be_named(cls, value: object, info: ValidationInfo) -> object:
        source = source_of(info)
        if source:
            named = limits.parents_fault if info.field_name == "parents" else limits.jobs_fault
            fault = named(source)
            if fault:
                raise refuse(fault)
        return value

    @field_validator("parents", "jobs")
    @classmethod
    def _are_in_one_place(cls, value: list[str], info: ValidationInfo) -> list[str]:
        source = source_of(info)
        key = "projects" if source and is_in_projects(source) else "regions"
        if source is None or key not in info.data:
            return value
        named = info.data[key] or getattr(reading_of(info).deployed, key, ())
        places = set(named if key == "projects" else regions.homes(source.client, named))
        if len(places) > 1:
            raise refuse(
                f"an id is known in one place only, and this watch covers {len(places)}"
                f" ({', '.join(sorted(places))}); name that one in `{key}`"
            )
        return value

    @field_validator("jobs")
    @classmethod
    def _say_below_what(cls, value: list[str], info: ValidationInfo) -> list[str]:
        source = source_of(info)
        if source and source.parent and info.data.get("parents"):
            raise refuse(f"each of these names its {source.parent.title} already; remove `parents`")
        return value

    @field_validator("name_contains")
    @classmethod
    def _can_match(cls, value: str, info: ValidationInfo) -> str:
        source = source_of(info)
        if source:
            fault = limits.name_fault(source, value)
            if fault:
                raise refuse(fault)
        return value

    @field_validator("created_after", "created_before", "modified_after", "modified_before")
    @classmethod
    def _has_such_a_time(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        word, _, side = str(info.field_name).partition("_")
        source = source_of(info)
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
        source = source_of(info)
        if source and not limits.states(source).intersection(value):
            happens = ", ".join(state.value for state in State if state in limits.states(source))
            raise refuse(f"no job of {source.id} is ever in such a state; its states are {happens}")
        return value


class Document(BaseModel):
    """The whole document."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    watch: Annotated[list[Watch], Field(min_length=1, description="The watches, each begun with [[watch]].")]
    source: Annotated[
        list[dict[str, Any]],
        Field(
            description="Sources of your own, each begun with [[source]] and written as an entry of the catalogue:"
            " docs/adding-a-source.md. `jobherald template --config FILE` makes them part of a deployment."
        ),
    ] = []


def read(text: str, deployed: Deployment | None = None, name: str = "FILE") -> Document | None:
    """The document in this text; None where it has no key at all, which is as good as no document.

    With a deployment, what goes beyond it is refused; ``name`` is what commands are to call the document. Raises
    DocumentError with every fault at once.
    """
    raw = _toml(text)
    if not raw:
        return None
    reading = Reading(deployed, name, {source.id: source for source in own_sources(raw.get("source", []))})
    faults = _shared_ids(raw.get("watch"))
    document = None
    try:
        document = Document.model_validate(raw, context=reading)
    except ValidationError as error:
        faults = faults_of(error, _names(Watch), _names(Document)) + faults
    if faults or document is None:
        raise DocumentError(faults, reading.widen())
    return document


def own_sources(entries: object) -> tuple[Source, ...]:
    """The sources that a document brings itself, read as the catalogue's are. Raises DocumentError with the first fault.

    What they say is held to the services' own models by ``checks.catalogue``, where these are.
    """
    if not isinstance(entries, list):
        raise DocumentError(
            [Fault("source", "must be written [[source]], in two pairs of brackets, once for each source")]
        )
    try:
        found = parse_entries(entries, "")
    except ConfigError as error:
        raise DocumentError([Fault("", str(error).removeprefix(": "))]) from None
    often = Counter(source.id for source in found)
    if twice := [source_id for source_id, count in often.items() if count > 1]:
        raise DocumentError([Fault(twice[0], "is the id of two sources; give each an id of its own")])
    return found


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
