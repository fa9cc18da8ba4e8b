"""Job services of every listing kind, also of those that no shipped source has: answered as their entries read them.

The entries are ours, over operations that botocore knows, so that the shipped lister lists them; what they declare of an
operation (which filters, which order, which times) is all that this service does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache
from importlib import import_module
from typing import Any, Final, TypeVar, cast
from unittest.mock import patch

from botocore.exceptions import ClientError

from faults.schedules import at, labeling, media, task
from faults.world import ACCOUNT, REGION, Schedule, World
from jobherald.catalog import paths
from jobherald.catalog.source import Source
from jobherald.local.ledger import Showing
from jobherald.local.services import ScriptedJob, Step
from jobherald.local.services.api import ApiError, Call, Shown
from jobherald.local.services.paging import Pager
from jobherald.local.services.recording import Note
from jobherald.model import Place, State

# The package has the function under its module's name.
catalogue = import_module("jobherald.catalog.load")

T = TypeVar("T")

_PROCESSING: Final = """
[[source]]
id = "sagemaker.modified"
title = "Processing job"
client = "sagemaker"
operation = "ListProcessingJobs"
items = "ProcessingJobSummaries"
token = { input = "NextToken", output = "NextToken" }
page_size = { parameter = "MaxResults", value = 100 }
filters = { modified_after = "LastModifiedTimeAfter" }
job = { id = "ProcessingJobName", status = "ProcessingJobStatus", created = "CreationTime", modified = "LastModifiedTime" }
states = { queued = ["Waiting"], running = ["InProgress"], succeeded = ["Completed"], failed = ["Failed"] }
look = { operation = "DescribeProcessingJob", parameters = { ProcessingJobName = "id" }, not_found = ["ResourceNotFound"] }
"""

_COMPREHEND: Final = """
[[source]]
id = "comprehend.{id}"
title = "{id} job"
client = "comprehend"
operation = "List{name}DetectionJobs"
items = "{name}DetectionJobPropertiesList"
token = {{ input = "NextToken", output = "NextToken" }}
page_size = {{ parameter = "MaxResults", value = 100 }}
states = {{ queued = ["SUBMITTED"], running = ["IN_PROGRESS"], succeeded = ["COMPLETED"], failed = ["FAILED"] }}
look = {{ operation = "Describe{name}DetectionJob", parameters = {{ JobId = "id" }}, not_found = ["JobNotFoundException"], items = "{name}DetectionJobProperties" }}
{more}
[source.job]
id = "JobId"
status = "JobStatus"
{times}
"""

_TIMES: Final = 'created = "SubmitTime"\nended = "EndTime"'
_CREATED: Final = 'filters = { created_after = "Filter.SubmitTimeAfter" }'
_BOTH: Final = 'filters = { created_after = "Filter.SubmitTimeAfter", status = "Filter.JobStatus" }'
_STATUS: Final = 'filters = { status = "Filter.JobStatus" }\nnewest_first = true'

ENTRIES: Final = _PROCESSING + "".join(
    _COMPREHEND.format(id=name, name=operation, more=more, times=times)
    for name, operation, more, times in (
        ("created", "Sentiment", _CREATED, _TIMES),
        ("created_status", "Entities", _BOTH, _TIMES),
        ("newest_status", "DominantLanguage", _STATUS, _TIMES),
        ("everything", "KeyPhrases", "", _TIMES),
        ("timeless", "Events", "", ""),
    )
)

KINDS: Final[Mapping[str, str]] = {
    "modified_after and status": "sagemaker.labeling",
    "modified_after": "sagemaker.modified",
    "created_after and status": "comprehend.created_status",
    "created_after": "comprehend.created",
    "newest_first and status": "comprehend.newest_status",
    "newest_first": "rekognition.media_analysis",
    "everything": "comprehend.everything",
    "everything without times": "comprehend.timeless",
    "everything below parents": "modelarts.auto_labeling",
}
"""A source of every kind of list operation."""


@contextmanager
def catalogued() -> Iterator[None]:
    """The catalogue has these entries too, for as long as the block lasts."""
    # There is no other way in: it is packaged.
    read, files, shipped = catalogue._read, catalogue.entry_files, catalogue._shipped  # noqa: SLF001

    def one(source_id: str, *, own: bool) -> Source | None:
        return next((each for each in _entries() if each.id == source_id), None) or shipped(
            source_id, own=own
        )

    def all_files() -> Iterator[tuple[str, Any]]:
        yield from files()
        yield "aws", _File()

    with (
        patch.object(catalogue, "_shipped", one),
        patch.object(catalogue, "_read", lambda *file: _entries() if file[1] == _File.name else read(*file)),
        patch.object(catalogue, "entry_files", all_files),
    ):
        _forget()
        yield
    _forget()


class _File:
    name = "kinds.toml"


def _forget() -> None:
    catalogue.load.cache_clear()


def lived(source: str, name: str, created: float, lasts: float, ends: State = State.SUCCEEDED) -> ScriptedJob:
    """A job of one of these entries: created so many seconds after the start, it runs a second later for so long."""
    entry = catalogue.load(source)
    words = {state: word for word, state in reversed(entry.states.items())}
    born = at(created)
    row = {entry.id_path: name} | ({entry.created_path: born} if entry.created_path else {})
    begins = born + timedelta(seconds=1)
    over = begins + timedelta(seconds=lasts)
    ended = {entry.ended_path: over} if entry.ended_path else {}
    steps = (
        Step(born, {entry.status_path: words[State.QUEUED]}),
        Step(begins, {entry.status_path: words[State.RUNNING]}),
        Step(over, {entry.status_path: words[ends], **ended}),
    )
    return ScriptedJob(source, ACCOUNT, REGION, name, born, row, steps, entry.modified_path)


class AnyJobs:
    """These services in one world. ``page_size`` rows at most are on a page, whatever is asked for."""

    def __init__(self, world: World, jobs: Iterable[ScriptedJob] = (), page_size: int = 100) -> None:
        self._world = world
        self._jobs: dict[str, dict[str, ScriptedJob]] = {}
        self.pager = SmallPages("ValidationException", most=page_size)
        self.listed = 0
        for job in jobs:
            self.add(job)
        others = world.services["sagemaker"]
        world.services["comprehend"] = self._call
        world.services["sagemaker"] = lambda *call: (
            self._call(*call) if "ProcessingJob" in call[1] else others(*call)
        )

    def add(self, job: ScriptedJob) -> None:
        self._jobs.setdefault(job.source, {})[job.id] = job

    def vanish(self, job: ScriptedJob) -> None:
        """The service no longer knows this job, from now on."""
        self.add(job.vanishing(self._world.clock.now()))

    def _call(self, world: World, operation: str, region: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        now = world.clock.now()
        call = Call(operation, ACCOUNT, region, asked, now)
        source = next(each for each in _entries() if operation in _operations(each))
        sent = {"HTTPStatusCode": 200, "HTTPHeaders": {"date": format_datetime(now, usegmt=True)}}
        jobs = self._jobs.get(source.id, {}).values()
        try:
            answer = (
                self._list(source, call, jobs) if operation == source.operation else self._look(source, call)
            )
        except ApiError as refused:
            said = {"Error": {"Code": refused.code, "Message": refused.message}, "ResponseMetadata": sent}
            raise ClientError(cast("Any", said), operation) from None
        return {**answer, "ResponseMetadata": sent}

    def _list(self, source: Source, call: Call, jobs: Iterable[ScriptedJob]) -> dict[str, Any]:
        self.listed += 1
        rows = [Shown(job, job.at(call.now), job.at(call.now)) for job in jobs if job.is_listed(call.now)]
        rows = [row for row in rows if _fits(source, row, call.parameters)]
        rows.sort(key=lambda row: row.job.id)
        if source.newest_first:
            rows.sort(key=lambda row: row.job.created_at, reverse=True)
        page, token = self.pager.cut(rows, call, call.parameters["MaxResults"])
        place = Place(source.id, call.account, call.region).key
        self._world._hear(Note(tuple(_showing(source, row, call) for row in page), place), call.now)  # noqa: SLF001
        return {source.items: [row.shown for row in page]} | ({"NextToken": token} if token else {})

    def _look(self, source: Source, call: Call) -> dict[str, Any]:
        assert source.look is not None
        (name,) = call.parameters.values()
        job = self._jobs.get(source.id, {}).get(name)
        if job is None or not job.exists(call.now):
            if job is not None and job.created_at <= call.now:
                self._world._hear(Note((_gone(source, job, call),)), call.now)  # noqa: SLF001
            raise ApiError(source.look.not_found[0], f"There is no job {name}.")
        row = Shown(job, job.at(call.now), job.at(call.now))
        self._world._hear(Note((_showing(source, row, call),)), call.now)  # noqa: SLF001
        return {source.look.items: row.shown} if source.look.items else dict(row.shown)


class SmallPages(Pager):
    """Pages of ``most`` rows at most."""

    def __init__(self, refusal: str, *, most: int) -> None:
        super().__init__(refusal)
        self.most = most

    def cut(
        self, rows: Sequence[T], call: Call, size: int, keep: Callable[[T], bool] = lambda _row: True
    ) -> tuple[list[T], str | None]:
        return super().cut(rows, call, min(size, self.most), keep)


class KindWorld(World):
    """A world that watches one source. ``other`` are the services that the world does not have by itself."""

    other: AnyJobs


def world_of(kind: str, jobs: Sequence[ScriptedJob], *, page_size: int = 100) -> KindWorld:
    """A world that watches a source of this kind, with these jobs of it."""
    source = KINDS[kind]
    where = "" if source.startswith("modelarts.") else f'regions = ["{REGION}"]\n'
    document = f'[[watch]]\nid = "all"\nsource = "{source}"\n{where}'
    ours = [job for job in jobs if _is_ours(job)]
    shipped = tuple(job for job in jobs if not _is_ours(job))
    world = KindWorld(Schedule(kind, at(0), shipped, document))
    world.sources = (*world.sources, *(each.id for each in _entries()))
    world.other = AnyJobs(world, ours, page_size)
    for api in (world.jobs.aws.labeling, world.jobs.aws.media_analysis):
        api.pager = SmallPages(api.pager.refusal, most=page_size)
    # They live in a service that the world does not know, and it goes on until they have ended too.
    world.schedule = replace(world.schedule, jobs=tuple(jobs))
    world.ends_at = world.schedule.ends_at
    return world


def job_of(kind: str, name: str, created: float, lasts: float) -> ScriptedJob:
    """A job that a list operation of this kind shows, and that succeeds."""
    makers: Mapping[str, Callable[[str, float, float], ScriptedJob]] = {
        "sagemaker.labeling": labeling,
        "rekognition.media_analysis": media,
        "modelarts.auto_labeling": task,
    }
    source = KINDS[kind]
    return makers[source](name, created, lasts) if source in makers else lived(source, name, created, lasts)


@cache
def _entries() -> tuple[Source, ...]:
    found: tuple[Source, ...] = catalogue.parse(ENTRIES, _File.name, "aws")
    return found


def _is_ours(job: ScriptedJob) -> bool:
    return any(each.id == job.source for each in _entries())


def _operations(source: Source) -> set[str]:
    return {source.operation, source.look.operation if source.look else ""}


def _fits(source: Source, row: Shown, asked: Mapping[str, Any]) -> bool:
    """Whether a row passes the filters that were asked for, as far as the entry has them."""
    found = {word: paths.find(member, asked) for word, member in source.filters.items()}
    created, modified = found.get("created_after"), found.get("modified_after")
    return (
        (created is None or row.row[source.created_path] > created)
        and (modified is None or row.row[source.modified_path] > modified)
        and found.get("status") in {None, row.row[source.status_path]}
    )


def _showing(source: Source, row: Shown, call: Call) -> Showing:
    status = row.row[source.status_path]
    times = [row.row.get(source.modified_path), row.row.get(source.ended_path)]
    changed = max((each for each in times if each is not None), default=None)
    return _of(source, row.job, call, status, source.states[status], changed)


def _gone(source: Source, job: ScriptedJob, call: Call) -> Showing:
    return _of(source, job, call, "", State.GONE, None)


def _of(
    source: Source, job: ScriptedJob, call: Call, status: str, state: State, changed: datetime | None
) -> Showing:
    place = Place(source.id, call.account, call.region).key
    return Showing(
        call.now, place, f"{place}:{job.id}", "", status, state, call.operation, job.created_at, changed
    )
