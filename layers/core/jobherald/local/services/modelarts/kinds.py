"""What is common to everything that ModelArts lists as jobs: it is found, shown, and means a state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from jobherald.local.services.api import ApiError, Call, Reply, Shown, World
from jobherald.local.services.faults import Faults
from jobherald.local.services.jobs import ScriptedJob
from jobherald.local.services.modelarts.questions import page
from jobherald.local.services.modelarts.settings import Settings
from jobherald.local.services.modelarts.shape import Shape
from jobherald.local.services.modelarts.task_forms import milliseconds
from jobherald.model import State


@dataclass
class JobKind:
    """One kind of job: its list, the look at one, and its row in both.

    ``states`` are what its statuses mean. ``rows`` and ``total`` are members of the list's answer, ``name_member`` and
    ``changed_member`` of a row (its name, and the time of its last change, where it has one). The tables are those of
    ``shape``. While its status is one of ``running``, the dataset list counts it as a running task: of the type that
    ``types`` have for the value of ``type_member``, and if they have none of no type.
    """

    faults: Faults
    settings: Settings
    world: World = field(default_factory=World)

    source: ClassVar[str]
    shape: ClassVar[Shape]
    list_table: ClassVar[str]
    look_table: ClassVar[str]
    list_operation: ClassVar[str]
    look_operation: ClassVar[str]
    rows: ClassVar[str]
    total: ClassVar[str] = "total_count"
    states: ClassVar[Mapping[Any, State]]
    name_member: ClassVar[str] = "name"
    changed_member: ClassVar[str] = ""
    running: ClassVar[frozenset[Any]] = frozenset()
    type_member: ClassVar[str] = ""
    types: ClassVar[Mapping[Any, int]] = {}

    @property
    def operations(self) -> Mapping[str, Callable[[Call], Reply]]:
        """What it can do, by operation name."""
        return {self.list_operation: self.listing, self.look_operation: self.look}

    def listing(self, call: Call) -> Reply:
        """A page of those that the call asks for."""
        below = call.parameters.get("dataset_id", "")
        found = [job for job in self.world.of(call) if job.parent == below and job.is_listed(call.now)]
        found = self.select(self.ordered(found), call)
        shown = [self._shown(job, self.listed(job, call.now)) for job in self.cut(found, call)]
        return Reply(shown, lambda rows: {self.rows: rows, self.total: len(found)}, is_list=True)

    def look(self, call: Call) -> Reply:
        """One of them. Raises ApiError where there is none."""
        job = self.find(call)
        if job is None or not job.exists(call.now):
            return self.not_there(call, job if job is not None and job.created_at <= call.now else None)
        return Reply([self.shown(job, call.now)], lambda rows: dict(rows[0]))

    def prove(self, reply: Reply) -> None:
        """Raises FictionError for an answer that the service's pages do not allow."""
        answer = reply.wrap([item.row for item in reply.jobs])
        self.shape.prove(answer, self.list_table if reply.is_list else self.look_table)

    def ordered(self, jobs: Iterable[ScriptedJob]) -> list[ScriptedJob]:
        """The order of the list. It is not documented, so it is one that says nothing, unless the settings say newest."""
        if self.settings.newest_first:
            return sorted(jobs, key=lambda job: (job.created_at, job.id), reverse=True)
        return sorted(jobs, key=lambda job: job.id)

    def select(self, jobs: list[ScriptedJob], call: Call) -> list[ScriptedJob]:  # noqa: ARG002  # most have no filter
        """Those that the call's filters let through, in the order that it asks for."""
        return jobs

    def cut(self, jobs: list[ScriptedJob], call: Call) -> list[ScriptedJob]:
        """The page that the call asks for."""
        return page(jobs, call, counts=self.settings.offset_counts)

    def find(self, call: Call) -> ScriptedJob | None:
        """The one that the call names, whether or not it exists now."""
        wanted = (call.parameters.get("dataset_id", ""), call.parameters["task_id"])
        return next((job for job in self.world.of(call) if (job.parent, job.id) == wanted), None)

    @property
    def missing(self) -> tuple[str, str]:
        """Code and text of the refusal of a look at what is not there."""
        return "ModelArts.4338", "The resource not exists"

    def not_there(self, call: Call, gone: ScriptedJob | None) -> Reply:
        """What such a look gets. Raises ApiError."""
        code, text = self.missing
        raise ApiError(code, text.format(id=call.parameters["task_id"]), gone=gone)

    def listed(self, job: ScriptedJob, now: datetime) -> dict[str, Any]:
        """Its row in the list."""
        row: dict[str, Any] = milliseconds(job.at(now))
        return row

    def detail(self, job: ScriptedJob, now: datetime) -> dict[str, Any]:
        """The answer of a look at it."""
        return self.listed(job, now)

    def status_of(self, row: Mapping[str, Any]) -> Any:
        """The status that a row shows."""
        return row.get("status", "")

    def state_of(self, row: Mapping[str, Any]) -> State:
        """The state that its status means."""
        return self.states.get(self.status_of(row), State.UNKNOWN)

    def name_of(self, row: Mapping[str, Any]) -> str:
        """What people call it."""
        return str(row.get(self.name_member, ""))

    def changed_at(self, row: Mapping[str, Any]) -> datetime | None:
        """The latest time at which the service says that something happened to it."""
        stamp = row.get(self.changed_member)
        return None if stamp is None else datetime.fromtimestamp(stamp / 1000, UTC)

    def running_type(self, row: Mapping[str, Any]) -> int | None:
        """Its number among the types of a dataset's running tasks; None for what does not count as one, or not now."""
        if self.status_of(row) not in self.running:
            return None
        return self.types.get(row[self.type_member])

    def shown(self, job: ScriptedJob, now: datetime) -> Shown:
        """What a look at it shows, were it there."""
        return self._shown(job, self.detail(job, now))

    def _shown(self, job: ScriptedJob, row: Mapping[str, Any]) -> Shown:
        return Shown(job, row, self.faults.shown(job.id, row))
