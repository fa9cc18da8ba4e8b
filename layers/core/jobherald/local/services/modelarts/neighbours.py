"""Imports and exports of datasets, data processing and training, as they are listed and looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from jobherald.local.services.api import Call, Reply, Shown
from jobherald.local.services.jobs import ScriptedJob
from jobherald.local.services.modelarts.kinds import JobKind
from jobherald.local.services.modelarts.neighbour_members import NEIGHBOURS
from jobherald.local.services.modelarts.neighbour_script import EXPORT, IMPORT, PROCESSING, TRAINING
from jobherald.local.services.modelarts.questions import integer, page, word, wrong
from jobherald.local.services.modelarts.shape import Shape
from jobherald.model import State

IMPORT_STATES: Final = {
    "QUEUING": State.QUEUED,
    "STARTING": State.QUEUED,
    "RUNNING": State.RUNNING,
    "COMPLETED": State.SUCCEEDED,
    "FAILED": State.FAILED,
    "NOT_EXIST": State.GONE,
}
# The pages say no options: the first two words are those of their examples.
EXPORT_STATES: Final = {"RUNNING": State.RUNNING, "SUCCESSED": State.SUCCEEDED, "FAILED": State.FAILED}
PROCESSING_STATES: Final = {
    0: State.QUEUED,
    1: State.RUNNING,
    2: State.SUCCEEDED,
    3: State.FAILED,
    4: State.STOPPED,
}
TRAINING_STATES: Final = {
    "Creating": State.QUEUED,
    "Pending": State.QUEUED,
    "Running": State.RUNNING,
    "Terminating": State.STOPPING,
    "Completed": State.SUCCEEDED,
    "Failed": State.FAILED,
    "Abnormal": State.FAILED,
    "Terminated": State.STOPPED,
}
NEIGHBOUR_SHAPE: Final = Shape(
    NEIGHBOURS,
    {
        ("ImportTaskStatusResp", "status"): tuple(IMPORT_STATES),
        ("ExportTaskStatusResp", "status"): tuple(EXPORT_STATES),
        ("DescribeProcessorTaskResp", "status"): tuple(PROCESSING_STATES),
        ("Status", "phase"): tuple(TRAINING_STATES),
    },
)
# Of import_type. The other, an import of a folder, is no running task of any type: the dataset's status says it.
BY_MANIFEST: Final = 1


@dataclass
class Imports(JobKind):
    """ListImportTasks and DescImportTask (here: ShowImportTask)."""

    source: ClassVar[str] = IMPORT
    shape: ClassVar[Shape] = NEIGHBOUR_SHAPE
    list_table: ClassVar[str] = "Import task list"
    look_table: ClassVar[str] = "ImportTaskStatusResp"
    list_operation: ClassVar[str] = "ListImportTasks"
    look_operation: ClassVar[str] = "ShowImportTask"
    rows: ClassVar[str] = "import_tasks"
    states: ClassVar[Mapping[Any, State]] = IMPORT_STATES
    name_member: ClassVar[str] = "import_path"
    changed_member: ClassVar[str] = "update_ms"
    running: ClassVar[frozenset[Any]] = frozenset({"STARTING", "RUNNING"})
    type_member: ClassVar[str] = "import_type"
    types: ClassVar[Mapping[Any, int]] = {BY_MANIFEST: 5}

    def not_there(self, call: Call, gone: ScriptedJob | None) -> Reply:
        """No refusal: its statuses have a word for it."""
        named = {name: call.parameters[name] for name in ("task_id", "dataset_id")}
        row = {**named, "status": "NOT_EXIST"}
        return Reply([Shown(gone, row, row)] if gone else [], lambda _rows: row)


@dataclass
class Exports(JobKind):
    """GetExportTasksStatusOfDataset and GetExportTaskStatusOfDataset (here: ListExportTasks and ShowExportTask)."""

    source: ClassVar[str] = EXPORT
    shape: ClassVar[Shape] = NEIGHBOUR_SHAPE
    list_table: ClassVar[str] = "Export task list"
    look_table: ClassVar[str] = "ExportTaskStatusResp"
    list_operation: ClassVar[str] = "ListExportTasks"
    look_operation: ClassVar[str] = "ShowExportTask"
    rows: ClassVar[str] = "export_tasks"
    states: ClassVar[Mapping[Any, State]] = EXPORT_STATES
    name_member: ClassVar[str] = "path"
    changed_member: ClassVar[str] = "update_time"
    running: ClassVar[frozenset[Any]] = frozenset({"RUNNING"})
    type_member: ClassVar[str] = "status"
    types: ClassVar[Mapping[Any, int]] = {"RUNNING": 2}

    def select(self, jobs: list[ScriptedJob], call: Call) -> list[ScriptedJob]:
        if "export_type" not in call.parameters:
            return jobs
        wanted = integer(call.parameters, "export_type", 0, 0, 3)
        return [job for job in jobs if job.row["export_type"] == wanted]

    @property
    def missing(self) -> tuple[str, str]:
        return "ModelArts.4359", "Export task does not exist"


@dataclass
class Processing(JobKind):
    """ListProcessorTasks and DescribeProcessorTask (here: ShowProcessorTask)."""

    source: ClassVar[str] = PROCESSING
    shape: ClassVar[Shape] = NEIGHBOUR_SHAPE
    list_table: ClassVar[str] = "Processing task list"
    look_table: ClassVar[str] = "DescribeProcessorTaskResp"
    list_operation: ClassVar[str] = "ListProcessorTasks"
    look_operation: ClassVar[str] = "ShowProcessorTask"
    rows: ClassVar[str] = "tasks"
    total: ClassVar[str] = "count"
    states: ClassVar[Mapping[Any, State]] = PROCESSING_STATES

    def select(self, jobs: list[ScriptedJob], call: Call) -> list[ScriptedJob]:
        asked = call.parameters
        key = word(asked, "sort_by", "create_time", ("create_time", "name", "duration_seconds"))
        latest_first = word(asked, "order", "desc", ("asc", "desc")) == "desc"
        rows = [(job, job.at(call.now)) for job in jobs]
        if "status" in asked:
            status = integer(asked, "status", 0, 0, 4)
            rows = [(job, row) for job, row in rows if row["status"] == status]
        if "task_type" in asked:
            rows = [(job, row) for job, row in rows if row["template"]["id"] == asked["task_type"]]
        rows = [(job, row) for job, row in rows if asked.get("task_name", "") in row["name"]]
        rows.sort(key=lambda item: (item[1][key], item[0].id), reverse=latest_first)
        return [job for job, _ in rows]


@dataclass
class Training(JobKind):
    """ListTrainingJobs (a search, by POST) and ShowTrainingJobDetails (here: SearchTrainingJobs and ShowTrainingJob)."""

    source: ClassVar[str] = TRAINING
    shape: ClassVar[Shape] = NEIGHBOUR_SHAPE
    list_table: ClassVar[str] = "Training job list"
    look_table: ClassVar[str] = "JobResponse"
    list_operation: ClassVar[str] = "SearchTrainingJobs"
    look_operation: ClassVar[str] = "ShowTrainingJob"
    rows: ClassVar[str] = "items"
    total: ClassVar[str] = "total"
    states: ClassVar[Mapping[Any, State]] = TRAINING_STATES

    def select(self, jobs: list[ScriptedJob], call: Call) -> list[ScriptedJob]:
        asked = call.parameters
        word(asked, "sort_by", "create_time", ("create_time",))
        latest_first = word(asked, "order", "desc", ("asc", "desc")) == "desc"
        for condition in asked.get("filters") or ():
            jobs = [job for job in jobs if _matches(self.listed(job, call.now), condition)]
        return sorted(jobs, key=lambda job: (job.created_at, job.id), reverse=latest_first)

    def cut(self, jobs: list[ScriptedJob], call: Call) -> list[ScriptedJob]:
        """Here offset is a page for certain."""
        return page(jobs, call, counts="pages", highest=50)

    def listing(self, call: Call) -> Reply:
        reply = super().listing(call)
        asked = call.parameters
        besides = {
            "count": len(reply.jobs),
            "limit": integer(asked, "limit", 10, 1, 50),
            "offset": integer(asked, "offset", 0, 0, 2**31 - 1),
            "sort_by": "create_time",
            "order": str(asked.get("order", "desc")),
            "group_by": "",
            "workspace_id": "0",
            "ai_project": "default-ai-project",
        }
        return replace(reply, wrap=lambda rows: {**reply.wrap(rows), **besides})

    @property
    def missing(self) -> tuple[str, str]:
        return "ModelArts.2775", "Training job (ID: {id}) not found."

    def status_of(self, row: Mapping[str, Any]) -> Any:
        return (row.get("status") or {}).get("phase", "")

    def name_of(self, row: Mapping[str, Any]) -> str:
        return str((row.get("metadata") or {}).get("name", ""))


_KEYS: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    "phase": lambda row: row["status"]["phase"],
    "name": lambda row: row["metadata"]["name"],
    "id": lambda row: row["metadata"]["id"],
    "create_time": lambda row: row["metadata"]["create_time"],
}


def _matches(row: Mapping[str, Any], condition: Mapping[str, Any]) -> bool:
    """Whether a job meets one of the search's conditions. Raises ApiError for one that is none."""
    key, values = str(condition.get("key")), condition.get("value")
    if key not in _KEYS or not isinstance(values, list) or not values:
        raise wrong("filters", f"must have a key of {', '.join(_KEYS)} and values")
    value = _KEYS[key](row)
    match condition.get("operator"):
        case "in":
            return str(value) in values
        case "not":
            return str(value) not in values
        case "like":
            return str(values[0]) in str(value)
        case "between":
            return int(values[0]) <= int(value) <= int(values[-1])
        case other:
            raise wrong("filters", f"has the operator {other}; there are between, like, in, not")
