"""Batch as far as its queues and the jobs in one of them are listed, and a job is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Final
from uuid import NAMESPACE_URL, uuid5

from jobherald.local.services.api import ApiError, Call, Reply, Shown
from jobherald.local.services.jobs import ScriptedJob
from jobherald.local.services.listed import ACCOUNT, REGION, Life, ListedJobs, Words, in_milliseconds
from jobherald.local.services.paging import Pager
from jobherald.local.services.parents import Parents
from jobherald.model import State

SOURCE: Final = "batch.job"
REASON: Final = "Essential container in task exited"
"""What Batch itself says of most failures."""

CONTAINER_REASON: Final = "OutOfMemoryError: Container killed due to memory usage"
PAGE_SIZE: Final = 100
STATUS_PAGE_SIZE: Final = 1000
"""What a page has at most that was asked for by status."""


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


_WORDS: Final = Words(
    "status",
    "RUNNING",
    waiting=("SUBMITTED", "RUNNABLE", "STARTING"),
    started="startedAt",
    ended="stoppedAt",
    reason="statusReason",
    moment=_milliseconds,
)


def queue_arn(name: str, account: str = ACCOUNT, region: str = REGION) -> str:
    """What a job queue is called by its jobs and events."""
    return f"arn:aws:batch:{region}:{account}:job-queue/{name}"


def batch_job(
    name: str,
    queue: str,
    *,
    created_at: datetime,
    account: str = ACCOUNT,
    region: str = REGION,
    starts_after: float = 1.0,
    lasts: float = 10.0,
    ends: str = "SUCCEEDED",
    reason: str = REASON,
    container_reason: str = CONTAINER_REASON,
) -> ScriptedJob:
    """A job in a queue (its name), which has to be there (``JobServices.open``). Its id is made from name and creation."""
    created = in_milliseconds(created_at)
    identity = str(uuid5(NAMESPACE_URL, f"{account}/{region}/{queue}/{name}/{created.isoformat()}"))
    row = {
        "jobArn": f"arn:aws:batch:{region}:{account}:job/{identity}",
        "jobId": identity,
        "jobName": name,
        "createdAt": _milliseconds(created),
        "jobDefinition": f"arn:aws:batch:{region}:{account}:job-definition/{queue}:7",
    }
    container = {"exitCode": 137, "reason": container_reason} if ends == "FAILED" else {"exitCode": 0}
    steps = tuple(_WORDS.steps(created, Life(starts_after, lasts, ends, reason), {"container": container}))
    parent = queue_arn(queue, account, region)
    return ScriptedJob(SOURCE, account, region, identity, created, row, steps, parent=parent)


@dataclass
class BatchApi(ListedJobs):
    """DescribeJobQueues, ListJobs and DescribeJobs.

    ListJobs shows what runs, or what has the status that it is asked for; with a filter it shows every status, newest
    first, whatever status it is asked for. A queue is found by its name and by its ARN.
    """

    parents: Parents = field(default_factory=Parents)
    parents_pager: Pager = field(
        default_factory=lambda: Pager("ClientException", token="nextToken", size="maxResults")  # noqa: S106  # names
    )

    source: ClassVar[str] = SOURCE
    service: ClassVar[str] = "batch"
    invalid: ClassVar[str] = "ClientException"
    row_shape: ClassVar[str] = "JobSummary"
    name_member: ClassVar[str] = "jobName"
    parent_member: ClassVar[str] = "jobQueue"
    list_operation: ClassVar[str] = "ListJobs"
    look_operation: ClassVar[str] = "DescribeJobs"
    rows: ClassVar[str] = "jobSummaryList"
    status_member: ClassVar[str] = "status"
    changed: ClassVar[tuple[str, ...]] = ("stoppedAt",)
    page_size: ClassVar[int] = PAGE_SIZE
    token_member: ClassVar[str] = "nextToken"  # noqa: S105  # a member's name
    size_member: ClassVar[str] = "maxResults"
    states: ClassVar[Mapping[str, State]] = {
        "SUBMITTED": State.QUEUED,
        "PENDING": State.QUEUED,
        "RUNNABLE": State.QUEUED,
        "STARTING": State.QUEUED,
        "RUNNING": State.RUNNING,
        "SUCCEEDED": State.SUCCEEDED,
        "FAILED": State.FAILED,
    }

    @property
    def operations(self) -> Mapping[str, Callable[[Call], Reply]]:
        return {**super().operations, "DescribeJobQueues": self._queues}

    def times_of(self, row: Mapping[str, Any]) -> datetime | None:
        stopped = row.get("stoppedAt")
        return datetime.fromtimestamp(stopped / 1000, UTC) if stopped else None

    def listing(self, call: Call) -> Reply:
        asked = call.parameters
        if len(asked.get("filters", ())) > 1:
            raise ApiError(self.invalid, "Only one filter can be used at a time.")
        most = STATUS_PAGE_SIZE if "jobStatus" in asked and not asked.get("filters") else PAGE_SIZE
        if not 1 <= asked.get("maxResults", 1) <= most:
            raise ApiError(self.invalid, f"maxResults is to be between 1 and {most}.")
        return super().listing(call)

    def require_parent(self, call: Call) -> None:
        queue = call.parameters.get("jobQueue", "")
        if queue not in {queue_arn(name, call.account, call.region) for name in self.parents.of(call)}:
            raise ApiError(self.invalid, f"Job queue {queue or '(none)'} does not exist.")

    def selects(self, item: Shown, asked: Mapping[str, Any]) -> bool:
        filters = asked.get("filters")
        if not filters:
            return bool(item.shown.get("status") == asked.get("jobStatus", "RUNNING"))
        name, values = filters[0]["name"], filters[0]["values"]
        match name:
            case "AFTER_CREATED_AT":
                return bool(item.row["createdAt"] > int(values[0]))
            case "BEFORE_CREATED_AT":
                return bool(item.row["createdAt"] < int(values[0]))
            case "JOB_NAME":
                return bool(item.row["jobName"] in values)
        raise ApiError(self.invalid, f"{name} is no filter.")

    def look(self, call: Call) -> Reply:
        """As many jobs as are asked for; who is not there is left out, without an error."""
        asked = [job for job in self.world.of(call) if job.id in call.parameters["jobs"]]
        found = [job for job in asked if job.exists(call.now)]
        gone = [job for job in asked if job not in found and job.created_at <= call.now]
        return Reply(
            [self.shown(job, call.now) for job in found],
            lambda rows: {"jobs": [self.described(row, job) for row, job in zip(rows, found, strict=True)]},
            gone=gone,
        )

    def described(self, row: Mapping[str, Any], job: ScriptedJob) -> dict[str, Any]:
        # Required by the model, and so 0 while it is nothing yet.
        return {"startedAt": 0, **row, "jobQueue": job.parent, "tags": {"team": "genomics"}}

    def _queues(self, call: Call) -> Reply:
        wanted = call.parameters.get("jobQueues")
        names = [
            name
            for name in self.parents.of(call)
            if not wanted or name in wanted or queue_arn(name, call.account, call.region) in wanted
        ]
        page, token = self.parents_pager.cut(names, call, call.parameters.get("maxResults", PAGE_SIZE))
        rows = [_queue(queue_arn(name, call.account, call.region), name) for name in page]
        return Reply(wrap=lambda _: {"jobQueues": rows, "nextToken": token})


def _queue(arn: str, name: str) -> dict[str, Any]:
    environment = arn.replace(":job-queue/", ":compute-environment/")
    return {
        "jobQueueName": name,
        "jobQueueArn": arn,
        "state": "ENABLED",
        "status": "VALID",
        "statusReason": "JobQueue Healthy",
        "priority": 10,
        "computeEnvironmentOrder": [{"order": 1, "computeEnvironment": environment}],
        "jobQueueType": "ECS_FARGATE",
    }
