"""The closed vocabulary of a catalogue entry as a schema, so that a word that nobody reads cannot hide in one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite
from typing import Annotated, Any, Final, Literal

import jmespath
from jmespath.exceptions import LexerError, ParseError
from jmespath.functions import Functions
from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from jobherald.checks.itself import near

State = Literal["queued", "running", "stopping", "succeeded", "partial", "failed", "stopped"]
Told = Literal[State, "gone", "unknown"]
Word = Literal[
    "created_after", "created_before", "modified_after", "modified_before", "name_contains", "status"
]

WRONG: Final = "wrong"
"""The type of an error whose message is the sentence."""
UNKNOWN: Final = "unknown"
"""The type of the error of a table with keys that nobody reads: they, and all that are read, are in its context."""
# What a filter is, where a sentence would else say in pydantic's words which of the two it was taken for.
AS_MEMBER: Final = "as a member"
AS_TABLE: Final = "as a table"

_FUNCTIONS: Final = sorted(Functions.FUNCTION_TABLE)


def wrong(text: str) -> PydanticCustomError:
    """The error for a validator to raise; ``text`` is the whole sentence."""
    return PydanticCustomError(WRONG, "{text}", {"text": text})


def _compiles(value: str) -> str:
    try:
        parsed = jmespath.compile(value).parsed
    except ParseError as error:
        # What stands in a name beside letters, digits and underscores cuts it in two.
        quoted = "; a name with other signs than letters, digits and _ is put in double quotes" * (
            "-" in value
        )
        raise wrong(f"{value!r} is not JMESPath: {_why(error)}{quoted}") from None
    for name in _called(parsed):
        if name not in _FUNCTIONS:
            meant = near(name, _FUNCTIONS) or f"; valid are: {', '.join(_FUNCTIONS)}"
            raise wrong(f"{value!r} is not JMESPath: it has no function {name}{meant}")
    return value


def _why(error: ParseError) -> str:
    if isinstance(error, LexerError):
        return f"{error.message[:1].lower()}{error.message[1:]} at character {error.lex_position + 1}"
    if not error.token_value:
        return "it ends too early"
    return f"{error.token_value!r} cannot stand at character {error.lex_position + 1}"


def _called(node: Any) -> Iterator[str]:
    if node["type"] == "function_expression":
        yield node["value"]
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _called(child)


def _finite(value: Any) -> Any:
    """What a request can carry. TOML has numbers that JSON has not."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        _finite(one)
    if isinstance(value, float) and not isfinite(value):
        raise wrong(f"has {value}, which no request can carry")
    return value


def _text(pattern: str, form: str) -> Any:
    """A text of this form, which a sentence about another one shows: no reader should need the pattern."""

    def is_so(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise wrong(f"is {value!r}; it must be {form}")
        return value

    return AfterValidator(is_so)


Text = Annotated[str, Field(min_length=1)]
Line = Annotated[Text, _text(r"\S(.*\S)?", "on one line, without blanks around it")]
Path = Annotated[Text, AfterValidator(_compiles)]
Member = Annotated[str, _text(r"\w+(\.\w+)*", "the name of a member, with dots that lead into structures")]
Trail = Annotated[
    str, _text(r"\w+(\[\])?(\.\w+(\[\])?)*", "names with dots between them, and [] after that of a list")
]
Value = Annotated[Any, AfterValidator(_finite)]
Parameters = dict[Member, Value]
Action = Annotated[str, _text(r"[\w-]+(:[\w-]+)+", "an action such as glue:GetJobRuns")]
Duration = Annotated[str, _text(r"\d+(\.\d+)?(ms|s|m|h|d)", "a duration such as 5m, 1.5s or 500ms")]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _only_known(cls, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(cls.model_fields))):
            raise PydanticCustomError(UNKNOWN, "", {"keys": unknown, "valid": list(cls.model_fields)})
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
    value: Value = None
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
    also: dict[Annotated[str, _text(r"[a-z_]+", "words with _ between them")], Path] = {}
    noun: Text | None = None


class Event(_Closed):
    """An event that hints at one job."""

    detail_type: Text
    event_source: Annotated[str, _text(r"aws\.[a-z0-9-]+", "as in aws.glue")]
    match: dict[Text, Annotated[list[Text], Field(min_length=1)]]
    id: Path | None = None
    name: Path | None = None
    parent: Path | None = None


class Console(_Closed):
    """The job's page in the console, below the console's address of the partition."""

    path: Text


class Entry(_Closed):
    """One ``[[source]]``."""

    id: Annotated[str, _text(r"[a-z0-9_]+\.[a-z0-9_]+", "service.kind of a-z, 0-9 and _, as in glue.job_run")]
    title: Line
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
    row: list[Annotated[str, _text(r"\w+", "the name of a member")]] = []
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
    filters: dict[
        Word,
        Annotated[
            Annotated[Member, Tag(AS_MEMBER)] | Annotated[Filter, Tag(AS_TABLE)],
            Discriminator(lambda given: AS_TABLE if isinstance(given, dict | Filter) else AS_MEMBER),
        ],
    ] = {}
    fading: list[Text] = []
    ignored: list[Text] = []
    progress: Progress | None = None
    look: Look | None = None
    events: list[Event] = []
    console: Console | None = None
    advice: dict[Told, Text] = {}
    advice_by_code: dict[Text, Text] = {}
    lister: Annotated[str, _text(r"[\w.]+:\w+", "module:Class")] | None = None
    batch: Batch | None = None
    times: Literal["epoch", "epoch_ms", "text"] | None = None
    resources: dict[
        Action,
        Annotated[
            str,
            _text(r"arn:\{partition\}:[^ ]+", "an ARN as in arn:{partition}:glue:*:{account}:job/*"),
        ],
    ] = {}
