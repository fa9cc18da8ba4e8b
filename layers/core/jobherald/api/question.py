"""What ``GET /jobs`` can be asked for: the parameters of its query, read and checked as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from jobherald.api import parameters
from jobherald.api.parameters import Parameters, fault
from jobherald.api.refusals import invalid
from jobherald.model import Job, State
from jobherald.submit import reading
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Finding, Report
from jobherald.submit.member import Member, whole

LARGEST_PAGE: Final = 100
_DEFAULT_PAGE: Final = 50
_MOMENTS: Final = ("created_after", "created_before", "modified_after", "modified_before")
_MOMENT: Final = whole(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2}))?"
)
_SOURCE: Final = whole(r"[a-z0-9_]{1,32}\.[a-z0-9_]{1,32}")
_REGION: Final = whole(r"[a-z0-9-]{1,32}")
_EXAMPLES: Final = {
    _MOMENT: "2026-11-22T11:00:00Z",
    _SOURCE: "sagemaker.labeling",
    _REGION: "us-east-1",
}

Moment = Annotated[str, Field(pattern=_MOMENT)]
Sources = Annotated[list[Annotated[str, Field(pattern=_SOURCE)]], Field(min_length=1, max_length=20)]
Regions = Annotated[list[Annotated[str, Field(pattern=_REGION)]], Field(min_length=1, max_length=20)]
StateName = Literal[
    "queued", "running", "stopping", "succeeded", "partial", "failed", "stopped", "gone", "unknown"
]


class JobsQuery(Member):
    """The parameters of the query."""

    source: Annotated[
        Sources | None, Field(description="Kinds of jobs; left out, all that are deployed.")
    ] = None
    state: Annotated[
        Annotated[list[StateName], Field(min_length=1, max_length=9)] | None,
        Field(description="The states that jobs are in."),
    ] = None
    region: Annotated[Regions | None, Field(description="The regions that jobs run in.")] = None
    name_contains: Annotated[
        Annotated[str, Field(min_length=1, max_length=256)] | None,
        Field(description="What the name contains, in upper or lower case."),
    ] = None
    created_after: Annotated[
        Moment | None, Field(description="Created after this moment, or date in UTC.")
    ] = None
    created_before: Annotated[
        Moment | None, Field(description="Created before this moment, or date in UTC.")
    ] = None
    modified_after: Annotated[
        Moment | None, Field(description="Changed by the service after this moment, or date in UTC.")
    ] = None
    modified_before: Annotated[
        Moment | None, Field(description="Changed last by the service before this moment, or date in UTC.")
    ] = None
    sort: Annotated[
        Literal["created", "name", "status"],
        Field(
            description="What jobs are ordered by. By name or status, the newest thousand that could be meant are"
            " sorted, and `truncated` says whether there are more."
        ),
    ] = "created"
    order: Annotated[
        Literal["asc", "desc"] | None,
        Field(
            description="Left out, the newest come first, or else the first in the alphabet, or queued ones."
        ),
    ] = None
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="At most so many jobs in one answer.")] = (
        _DEFAULT_PAGE
    )
    token: Annotated[
        Annotated[str, Field(min_length=1, max_length=4096)] | None,
        Field(description="The `next_token` of the answer before, with the same query."),
    ] = None


class Question:
    """A query that is sound. ``sources`` are those to list, in the order in which they are deployed."""

    def __init__(self, query: JobsQuery, sources: Sequence[str]) -> None:
        self.query = query
        self.sources = tuple(sources)
        self.by = query.sort
        self.descending = (query.order or ("desc" if query.sort == "created" else "asc")) == "desc"
        self.created_after = _moment(query.created_after)
        self.created_before = _moment(query.created_before)
        self._modified_after = _moment(query.modified_after)
        self._modified_before = _moment(query.modified_before)
        self._name = (query.name_contains or "").casefold()
        self._regions = frozenset(query.region or ())
        self._states = frozenset(State(state) for state in query.state or ())

    @property
    def narrowed(self) -> bool:
        """Whether jobs have to be read to know which of them are meant."""
        return bool(self._states or self._name or self._modified_after or self._modified_before)

    def reaches(self, region: str) -> bool:
        """Whether jobs of this region are meant."""
        return not self._regions or region in self._regions

    def means(self, job: Job) -> bool:
        """Whether this job is meant. Both ends of a span of time are outside it, as in ListLabelingJobs."""
        return (
            self.reaches(job.key.place.region)
            and (not self._states or job.state in self._states)
            and self._name in job.name.casefold()
            and _within(job.created_at, self.created_after, self.created_before)
            and _within(job.modified_at, self._modified_after, self._modified_before)
        )

    def identity(self) -> dict[str, Any]:
        """What a page token is bound to: all but the size of a page."""
        asked = self.query.model_dump(exclude={"limit", "token"}, exclude_none=True)
        return {**asked, "source": list(self.sources)}


def ask(raw: str, deployed: Sequence[str]) -> Question:
    """The question in a query string, as it stands behind the question mark. Raises RefusedError with every fault."""
    asked = parameters.read(_FORM, raw)
    found = [*asked.findings, *_on_no_calendar(asked), *_not_deployed(asked, deployed)]
    if found or asked.sound is None:
        raise invalid(Report.of(found).findings)
    wanted = asked.sound.source
    return Question(asked.sound, [one for one in deployed if wanted is None or one in wanted])


def _on_no_calendar(asked: Parameters[JobsQuery]) -> Iterator[Finding]:
    """Moments that have the right form all the same."""
    for name in filter(asked.readable, _MOMENTS):
        try:
            _moment(asked.given[name])
        except (ValueError, OverflowError):
            message = f"{shown(asked.given[name])} is on no calendar"
            yield fault("query.time", name, message, f'write it as in "{_EXAMPLES[_MOMENT]}"')


def _not_deployed(asked: Parameters[JobsQuery], deployed: Sequence[str]) -> Iterator[Finding]:
    for number, source in enumerate(asked.given["source"] if asked.readable("source") else ()):
        if source not in deployed:
            message = f"{shown(source)} is not among the deployed sources"
            remedy = f"it may be one of {', '.join(deployed)}"
            yield fault("query.source", f"source[{number}]", message, remedy)


def _moment(text: str | None) -> datetime | None:
    """A time with its offset, or the first moment of a date, in UTC. Raises ValueError or OverflowError."""
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _within(at: datetime | None, after: datetime | None, before: datetime | None) -> bool:
    if at is None:
        return after is None and before is None
    return (after is None or at > after) and (before is None or at < before)


_FORM: Final = reading.Form(JobsQuery, parameters.DOCUMENT, _EXAMPLES)
