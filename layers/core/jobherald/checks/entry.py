"""The closed vocabulary of a catalogue entry as a schema, so that a word that nobody reads cannot hide in one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import jmespath
from jmespath.exceptions import ParseError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

State = Literal["queued", "running", "stopping", "succeeded", "partial", "failed", "stopped"]
Word = Literal[
    "created_after", "created_before", "modified_after", "modified_before", "name_contains", "status"
]


def _compiles(value: str) -> str:
    try:
        jmespath.compile(value)
    except ParseError as error:
        raise ValueError(f"is not JMESPath: {str(error).splitlines()[0]}") from None
    return value


Text = Annotated[str, Field(min_length=1)]
Path = Annotated[Text, AfterValidator(_compiles)]
Member = Annotated[str, Field(pattern=r"^\w+(\.\w+)*$")]
Trail = Annotated[str, Field(pattern=r"^\w+(\[\])?(\.\w+(\[\])?)*$")]
Parameters = dict[Member, Any]
Action = Annotated[str, Field(pattern=r"^[\w-]+(:[\w-]+)+$")]
Duration = Annotated[str, Field(pattern=r"^\d+(\.\d+)?(ms|s|m|h|d)$")]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _only_known(cls, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(cls.model_fields))):
            raise ValueError(
                f"{', '.join(unknown)} is not known here; valid are: {', '.join(cls.model_fields)}"
            )
        return data


class Job(_Closed):
    """Where a row says what, as JMESPath."""

    id: Path
    status: Path
    name: Path | None = None
    created: Path | None = None
    modified: Path | None = None
    ended: Path | None = None
    reason: Path | None = None
    reason_code: Path | None = None
    run: Path | None = None
    output: Path | None = None


class Token(_Closed):
    """Where the page token goes in the request, and where the answer has the next one, or what it counts instead."""

    input: Member
    output: Path | None = None
    counts: Literal["pages", "rows", "either"] | None = None


class PageSize(_Closed):
    """The request member that sets the size of a page, and the size."""

    parameter: Member
    value: Annotated[int, Field(gt=0)]


class Filter(_Closed):
    """A filter that is no plain member of the request: what is put there, and whether it is always sent."""

    member: Member
    value: Any = None
    always: bool = False


class Batch(_Closed):
    """The operation that reads the rows of a list that gives nothing but ids."""

    operation: Text
    parameter: Member
    size: Annotated[int, Field(gt=0)]
    items: Path
    parameters: Parameters = {}


class Above(_Closed):
    """What a list, or the list of its parents, has to be asked below, and how those are listed."""

    title: Text
    operation: Text
    items: Path
    id: Path
    name: Path | None = None
    running: Path | None = None
    differs: Path | None = None
    not_found: list[Text] = []
    parameters: Parameters = {}
    token: Token | None = None
    page_size: PageSize | None = None
    client: Text | None = None
    where: Path | None = None


class Middle(Above):
    """What can have to be asked below something itself."""

    above: Above | None = None


class Parent(Above):
    """What a list has to be asked below, with up to two levels above it."""

    above: Middle | None = None


class Steps(_Closed):
    """Where a row tells what its job did, step below step."""

    items: Path
    name: Path
    status: Path
    failed: Annotated[list[Text], Field(min_length=1)]
    below: Path | None = None
    code: Path | None = None
    message: Path | None = None


class Look(_Closed):
    """How one job is read by itself."""

    operation: Text
    parameters: Parameters = {}
    not_found: list[Text] = []
    not_found_message: Text | None = None
    name_from_id: Text | None = None
    members: dict[Member, Path] = {}
    items: Path | None = None
    constants: Parameters = {}
    client: Text | None = None
    lacks: list[Member] = []
    reason: Path | None = None
    reason_code: Path | None = None


class Progress(_Closed):
    """Where a row counts its work, and what it counts."""

    done: Path | None = None
    failed: Path | None = None
    remaining: Path | None = None
    total: Path | None = None
    percent: Path | None = None
    also: dict[Annotated[str, Field(pattern=r"^[a-z_]+$")], Path] = {}
    noun: Text | None = None


class Event(_Closed):
    """An event that hints at one job."""

    detail_type: Text
    event_source: Annotated[str, Field(pattern=r"^aws\.[a-z0-9-]+$")]
    match: dict[Text, Annotated[list[Text], Field(min_length=1)]]
    id: Path | None = None
    name: Path | None = None
    parent: Path | None = None


class Console(_Closed):
    """The job's page in the console, below the console's address of the partition."""

    path: Text


class Entry(_Closed):
    """One ``[[source]]``."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$")]
    title: Text
    client: Text
    operation: Text
    items: Path
    job: Job
    states: Annotated[dict[State, Annotated[list[Text], Field(min_length=1)]], Field(min_length=1)]
    token: Token | None = None
    page_size: PageSize | None = None
    parameters: Parameters = {}
    variants: list[Annotated[Parameters, Field(min_length=1)]] = []
    parent: Parent | None = None
    row: list[Annotated[str, Field(pattern=r"^\w+$")]] = []
    created_doubt: Duration = "0s"
    shorten: list[Trail] = []
    mask: list[Trail] = []
    steps: Steps | None = None
    status_words: dict[Text, Text] = {}
    actions: list[Action] = []
    notes: list[Text] = []
    newest_first: bool = False
    reusable_ids: bool = False
    overlap: Duration = "5m"
    pace: Duration = "1s"
    filters: dict[Word, Member | Filter] = {}
    fading: list[Text] = []
    ignored: list[Text] = []
    progress: Progress | None = None
    look: Look | None = None
    events: list[Event] = []
    console: Console | None = None
    advice: dict[State | Literal["gone", "unknown"], Text] = {}
    advice_by_code: dict[Text, Text] = {}
    lister: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")] | None = None
    batch: Batch | None = None
    times: Literal["epoch", "epoch_ms", "text"] | None = None
    resources: dict[Action, Annotated[str, Field(pattern=r"^arn:\{partition\}:[^ ]+$")]] = {}


def schema_problems(entry: Any) -> list[tuple[str, str]]:
    """What the schema has against an entry: the dotted member, and a sentence with what would have been valid."""
    try:
        Entry.model_validate(entry)
    except ValidationError as error:
        return [
            (
                ".".join(str(part) for part in one["loc"] if part != "[key]") or "the entry",
                one["msg"].removeprefix("Value error, "),
            )
            for one in error.errors()
        ]
    return []
