"""SageMaker Ground Truth as far as its labeling jobs are started, listed, looked at and stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from jobherald.local.services.api import ApiError, Call, Reply, Shown, World
from jobherald.local.services.faults import Faults
from jobherald.local.services.jobs import ScriptedJob, Step
from jobherald.local.services.labeling_script import SOURCE, Life, partition_of, requested_job
from jobherald.local.services.paging import Pager
from jobherald.model import State

PAGE_SIZE: Final = 10

_STATES: Final = {
    "Initializing": State.QUEUED,
    "InProgress": State.RUNNING,
    "Stopping": State.STOPPING,
    "Completed": State.SUCCEEDED,
    "Failed": State.FAILED,
    "Stopped": State.STOPPED,
}
_SORT_KEYS: Final = {"Name": "LabelingJobName", "CreationTime": "CreationTime", "Status": "LabelingJobStatus"}


@dataclass(slots=True)
class LabelingApi:
    """CreateLabelingJob, ListLabelingJobs, DescribeLabelingJob and StopLabelingJob, and DescribeWorkteam beside them.

    ``filter_after_paging``: the modified-time and status filters only thin out pages that were cut before, so that short
    and empty pages with a token are normal, as has been reported of this family of operations
    (https://github.com/aws/aws-sdk/issues/486). ``stop_takes`` is in seconds. ``life`` is how a job lives that is created by
    a call, ``quota`` how many may be open at once in an account and region, None for no limit. What a request names in
    S3, IAM and Lambda is not looked at. ``teams`` are the names of the private work teams, in every account and region.
    """

    faults: Faults
    filter_after_paging: bool = False
    stop_takes: float = 2.0
    life: Life = field(default_factory=Life)
    quota: int | None = None
    teams: frozenset[str] = frozenset({"annotators"})
    world: World = field(default_factory=World)
    pager: Pager = field(default_factory=lambda: Pager("ValidationException"))

    source: ClassVar[str] = SOURCE
    service: ClassVar[str] = "sagemaker"
    target: ClassVar[str] = "SageMaker"
    invalid: ClassVar[str] = "ValidationException"
    row_shape: ClassVar[str] = "LabelingJobSummary"
    name_member: ClassVar[str] = "LabelingJobName"
    parent_member: ClassVar[str] = ""

    @property
    def operations(self) -> Mapping[str, Callable[[Call], Reply]]:
        return {
            "CreateLabelingJob": self._create,
            "ListLabelingJobs": self._list,
            "DescribeLabelingJob": self._describe,
            "StopLabelingJob": self._stop,
            "DescribeWorkteam": self._team,
        }

    def state_of(self, row: Mapping[str, Any]) -> tuple[str, State]:
        status = str(row.get("LabelingJobStatus", ""))
        state = _STATES.get(status, State.UNKNOWN)
        counters = row.get("LabelCounters") or {}
        remains = counters.get("FailedNonRetryableError", 0) or counters.get("Unlabeled", 0)
        return status, State.PARTIAL if state is State.SUCCEEDED and remains else state

    def times_of(self, row: Mapping[str, Any]) -> datetime | None:
        modified: datetime | None = row.get("LastModifiedTime")
        return modified

    def _create(self, call: Call) -> Reply:
        request = call.parameters
        with self.world.lock:
            if any(job.gone_from is None or call.now < job.gone_from for job in self._called(call)):
                raise ApiError(
                    "ResourceInUse", f"A labeling job called {request['LabelingJobName']} already exists."
                )
            self._within_quota(call)
            made = requested_job(
                request, created_at=call.now, account=call.account, region=call.region, life=self.life
            )
            self.world.put(made)
        return Reply(wrap=lambda _: {"LabelingJobArn": made.id})

    def _within_quota(self, call: Call) -> None:
        there = [job.at(call.now) for job in self.world.of(call) if job.exists(call.now)]
        is_open = sum(self.state_of(row)[1].is_open for row in there)
        if self.quota is not None and is_open >= self.quota:
            raise ApiError(
                "ResourceLimitExceeded",
                f"The account-level service limit 'Number of labeling jobs' is {self.quota}, with current utilization"
                f" of {is_open}. Please contact AWS support to request an increase for this limit.",
            )

    def _list(self, call: Call) -> Reply:
        asked = call.parameters
        shown = [self._shown(job, call.now) for job in self.world.of(call) if job.is_listed(call.now)]
        # The ARN keeps an order among equals, else a page could begin anywhere between them.
        shown.sort(
            key=lambda item: (item.row[_SORT_KEYS[asked.get("SortBy", "CreationTime")]], item.job.id),
            reverse=asked.get("SortOrder", "Ascending") == "Descending",
        )
        shown = [item for item in shown if _created_as_asked(item, asked)]
        if not self.filter_after_paging:
            shown = [item for item in shown if _changed_as_asked(item, asked)]
        page, token = self.pager.cut(
            shown, call, asked.get("MaxResults", PAGE_SIZE), lambda item: _changed_as_asked(item, asked)
        )
        return Reply(page, lambda rows: {"LabelingJobSummaryList": rows, "NextToken": token}, is_list=True)

    def _describe(self, call: Call) -> Reply:
        job = self._named(call)
        return Reply([self._shown(job, call.now)], lambda rows: _described(rows[0], job.details))

    def _stop(self, call: Call) -> Reply:
        with self.world.lock:
            job = self._named(call)
            status, state = self.state_of(job.at(call.now))
            if not state.is_open:
                raise ApiError(self.invalid, f"The labeling job cannot be stopped: its status is {status}.")
            stopped = call.now + timedelta(seconds=self.stop_takes)
            course = [
                Step(call.now, {"LabelingJobStatus": "Stopping"}),
                Step(stopped, {"LabelingJobStatus": "Stopped"}),
            ]
            self.world.put(job.cut(call.now, course))
        return Reply()

    def _team(self, call: Call) -> Reply:
        name, region = call.parameters["WorkteamName"], call.region
        if name not in self.teams:
            raise ApiError(self.invalid, f"Could not find the work team {name}.")
        arn = f"arn:{partition_of(region)}:sagemaker:{region}:{call.account}:workteam/private-crowd/{name}"
        team = {
            "WorkteamName": name,
            "WorkteamArn": arn,
            "Description": "People who label",
            "MemberDefinitions": [{"OidcMemberDefinition": {}}],
        }
        return Reply(wrap=lambda _: {"Workteam": team})

    def _named(self, call: Call) -> ScriptedJob:
        known = self._called(call)
        found = next((job for job in known if job.exists(call.now)), None)
        if found is None:
            raise ApiError(
                "ResourceNotFound",
                f"Requested resource not found: labeling job {call.parameters['LabelingJobName']}.",
                gone=_past(known, call.now),
            )
        return found

    def _called(self, call: Call) -> list[ScriptedJob]:
        """Every job that ever had, or is to have, the name that the call says, in any case."""
        name = call.parameters["LabelingJobName"].casefold()
        return [job for job in self.world.of(call) if job.row["LabelingJobName"].casefold() == name]

    def _shown(self, job: ScriptedJob, now: datetime) -> Shown:
        row = job.at(now)
        return Shown(job, row, self.faults.shown(job.id, row))


def _past(known: list[ScriptedJob], now: datetime) -> ScriptedJob | None:
    """The one that has been there: a look at a job that is still to be created finds nothing that is gone."""
    return next((job for job in known if job.created_at <= now), None)


def _created_as_asked(item: Shown, asked: Mapping[str, Any]) -> bool:
    return asked.get("NameContains", "").casefold() in item.row["LabelingJobName"].casefold() and _between(
        item.row["CreationTime"], asked.get("CreationTimeAfter"), asked.get("CreationTimeBefore")
    )


def _changed_as_asked(item: Shown, asked: Mapping[str, Any]) -> bool:
    return asked.get("StatusEquals") in (None, item.shown.get("LabelingJobStatus")) and _between(
        item.row["LastModifiedTime"], asked.get("LastModifiedTimeAfter"), asked.get("LastModifiedTimeBefore")
    )


def _between(at: datetime, after: datetime | None, before: datetime | None) -> bool:
    return (after is None or at > after) and (before is None or at < before)


def _described(row: Mapping[str, Any], details: Mapping[str, Any]) -> dict[str, Any]:
    """A list's row as DescribeLabelingJob has it: three members lie deeper, and there are more of them."""
    described = {**details, **row}
    task = dict(details["HumanTaskConfig"])
    if "WorkteamArn" in row:
        task["WorkteamArn"] = described.pop("WorkteamArn")
    if "PreHumanTaskLambdaArn" in row:
        task["PreHumanTaskLambdaArn"] = described.pop("PreHumanTaskLambdaArn")
    if "AnnotationConsolidationLambdaArn" in row:
        consolidation = described.pop("AnnotationConsolidationLambdaArn")
        task["AnnotationConsolidationConfig"] = {"AnnotationConsolidationLambdaArn": consolidation}
    return {**described, "HumanTaskConfig": task}
