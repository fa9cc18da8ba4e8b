"""Auto labeling tasks as they are listed below a dataset and looked at one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Final

from jobherald.local.services.api import Call, Reply
from jobherald.local.services.jobs import ScriptedJob
from jobherald.local.services.modelarts import task_forms
from jobherald.local.services.modelarts.kinds import JobKind
from jobherald.local.services.modelarts.members import LIST, LISTED_TASK, PAGE, TASK, TASK_LIST
from jobherald.local.services.modelarts.questions import word
from jobherald.local.services.modelarts.shape import Shape
from jobherald.local.services.modelarts.task_script import (
    FAILED,
    INITIALIZING,
    KINDS,
    QUEUING,
    RUNNING,
    SOURCE,
    STOPPED,
    STOPPING,
    SUCCEEDED,
)
from jobherald.model import State

STATES: Final = {
    QUEUING: State.QUEUED,
    INITIALIZING: State.QUEUED,
    RUNNING: State.RUNNING,
    STOPPING: State.STOPPING,
    FAILED: State.FAILED,
    SUCCEEDED: State.SUCCEEDED,
    STOPPED: State.STOPPED,
}
TASK_SHAPE: Final = Shape(
    (*PAGE, *LIST),
    {
        (TASK, "status"): tuple(STATES),
        (LISTED_TASK, "status"): tuple(STATES),
        ("Event", "status"): ("waiting", "running", "failed", "success"),
    },
)
_MISSING: Final = {
    "ModelArts.4301": "The labeling job does not exist.",
    "ModelArts.4338": "The resource not exists",
}
# Without a type the list leaves groupings out.
_BY_DEFAULT: Final = frozenset({KINDS["auto-label"], KINDS["pre-label"]})


@dataclass
class Tasks(JobKind):
    """ListTasks and AutoAnnotationProgress (here: ShowTask)."""

    source: ClassVar[str] = SOURCE
    shape: ClassVar[Shape] = TASK_SHAPE
    list_table: ClassVar[str] = TASK_LIST
    look_table: ClassVar[str] = TASK
    list_operation: ClassVar[str] = "ListTasks"
    look_operation: ClassVar[str] = "ShowTask"
    rows: ClassVar[str] = "tasks"
    states: ClassVar[Mapping[Any, State]] = STATES
    name_member: ClassVar[str] = "task_name"
    # "Running (including initialization)", says the dataset list.
    running: ClassVar[frozenset[Any]] = frozenset({INITIALIZING, RUNNING, STOPPING})
    type_member: ClassVar[str] = "type"
    types: ClassVar[Mapping[Any, int]] = {number: number for number in KINDS.values()}

    def select(self, jobs: list[ScriptedJob], call: Call) -> list[ScriptedJob]:
        asked = call.parameters
        wanted = frozenset({KINDS[word(asked, "type", "", KINDS)]}) if "type" in asked else _BY_DEFAULT
        name = asked.get("task_name", "")
        return [
            job for job in jobs if job.row["type"] in wanted and name in job.at(call.now).get("task_name", "")
        ]

    def listing(self, call: Call) -> Reply:
        reply = super().listing(call)
        return replace(reply, wrap=lambda rows: {**reply.wrap(rows), "exist_running_deploy_task": False})

    @property
    def missing(self) -> tuple[str, str]:
        code = self.settings.missing_task
        return code, _MISSING[code]

    def listed(self, job: ScriptedJob, now: datetime) -> dict[str, Any]:
        return task_forms.listed(job.at(now), self.settings.zone)

    def detail(self, job: ScriptedJob, now: datetime) -> dict[str, Any]:
        return task_forms.detail(job.at(now), job.details, self.settings.zone)
