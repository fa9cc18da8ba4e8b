"""Glue as far as the runs of its jobs are listed below a job and looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar, Final

from jobherald.local.services.api import ApiError, Call, Reply
from jobherald.local.services.jobs import ScriptedJob
from jobherald.local.services.listed import ACCOUNT, REGION, Life, ListedJobs, Words, in_milliseconds
from jobherald.local.services.paging import Pager
from jobherald.local.services.parents import Parents
from jobherald.model import State

SOURCE: Final = "glue.job_run"
REASON: Final = (
    "AnalysisException: [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column or function parameter with name `order_dat` "
    "cannot be resolved. Did you mean one of the following? [`order_date`]"
)
PARENTS_PAGE: Final = 100

_WORDS: Final = Words(
    "JobRunState",
    "RUNNING",
    waiting=("WAITING", "STARTING"),
    before={"STOPPED": "STOPPING"},
    ended="CompletedOn",
    reason="ErrorMessage",
)
_FAILED: Final = ("FAILED", "ERROR", "TIMEOUT", "EXPIRED")


def glue_job_run(
    job: str,
    *,
    created_at: datetime,
    account: str = ACCOUNT,
    region: str = REGION,
    starts_after: float = 1.0,
    lasts: float = 10.0,
    ends: str = "SUCCEEDED",
    reason: str = REASON,
) -> ScriptedJob:
    """A run of a job, which has to be there (``JobServices.open``). Its id is made from job and start."""
    created = in_milliseconds(created_at)
    identity = "jr_" + sha256(f"{account}/{region}/{job}/{created.isoformat()}".encode()).hexdigest()
    row = {
        "Id": identity,
        "Attempt": 0,
        "JobName": job,
        "JobMode": "SCRIPT",
        "StartedOn": created,
        "Arguments": {"--input": "s3://acme-lake/raw/", "--password": "not-for-anybody"},
        "PredecessorRuns": [],
        "ExecutionTime": 0,
        "Timeout": 480,
        "MaxCapacity": 10.0,
        "WorkerType": "G.1X",
        "NumberOfWorkers": 10,
        "LogGroupName": "/aws-glue/jobs",
        "GlueVersion": "5.0",
        "ExecutionClass": "STANDARD",
    }
    life = Life(starts_after, lasts, ends, reason if ends in _FAILED else "")
    steps = tuple(_WORDS.steps(created, life, {"ExecutionTime": int(lasts)}))
    return ScriptedJob(
        SOURCE,
        account,
        region,
        identity,
        created,
        row,
        steps,
        modified_member="LastModifiedOn",
        parent=job,
    )


@dataclass
class GlueApi(ListedJobs):
    """ListJobs, which has the names of the jobs and nothing else, GetJobRuns below one (newest first), and GetJobRun."""

    parents: Parents = field(default_factory=Parents)
    parents_pager: Pager = field(default_factory=lambda: Pager("InvalidInputException"))

    source: ClassVar[str] = SOURCE
    service: ClassVar[str] = "glue"
    target: ClassVar[str] = "AWSGlue"
    invalid: ClassVar[str] = "InvalidInputException"
    row_shape: ClassVar[str] = "JobRun"
    name_member: ClassVar[str] = "JobName"
    parent_member: ClassVar[str] = "JobName"
    list_operation: ClassVar[str] = "GetJobRuns"
    look_operation: ClassVar[str] = "GetJobRun"
    rows: ClassVar[str] = "JobRuns"
    status_member: ClassVar[str] = "JobRunState"
    changed: ClassVar[tuple[str, ...]] = ("LastModifiedOn", "CompletedOn")
    page_size: ClassVar[int] = 200
    states: ClassVar[Mapping[str, State]] = {
        "WAITING": State.QUEUED,
        "STARTING": State.QUEUED,
        "RUNNING": State.RUNNING,
        "STOPPING": State.STOPPING,
        "STOPPED": State.STOPPED,
        "SUCCEEDED": State.SUCCEEDED,
        **dict.fromkeys(_FAILED, State.FAILED),
    }
    look_member: ClassVar[str] = "JobRun"
    no_such_job: ClassVar[tuple[str, str, int]] = (
        "EntityNotFoundException",
        "The job run is not found.",
        400,
    )

    @property
    def operations(self) -> Mapping[str, Callable[[Call], Reply]]:
        return {**super().operations, "ListJobs": self._names}

    def require_parent(self, call: Call) -> None:
        if call.parameters["JobName"] not in self.parents.of(call):
            raise ApiError("EntityNotFoundException", f"Failed to find the job {call.parameters['JobName']}.")

    def is_asked(self, job: ScriptedJob, asked: Mapping[str, Any]) -> bool:
        return (job.parent, job.id) == (asked["JobName"], asked["RunId"])

    def _names(self, call: Call) -> Reply:
        size = call.parameters.get("MaxResults", PARENTS_PAGE)
        page, token = self.parents_pager.cut(self.parents.of(call), call, size)
        return Reply(wrap=lambda _: {"JobNames": page, "NextToken": token})
