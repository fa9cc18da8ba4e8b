"""Statuses that mean something else than their word, by what the services' documentation says of them.

Each service's rows are played as they come: what is told of a job, and what is remembered of it, is what its service means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobherald.accept import accept
from jobherald.catalog import load
from jobherald.catalog.events import match
from jobherald.model import TOLD_BY_DEFAULT, Job, Observation, Place
from jobherald.providers.moments import reader
from jobherald.providers.rows import moment, observe

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNT = "111122223333"
BATCH_NOON = int(NOON.timestamp()) * 1000
QUEUE = f"arn:aws:batch:us-east-1:{ACCOUNT}:job-queue/high"


def seen(source_id: str, row: Mapping[str, Any], minute: int = 0) -> Observation:
    source = load(source_id)
    place = Place(source_id, ACCOUNT, "us-east-1")
    read_moment = reader(source.times) if source.times else moment
    at = NOON + timedelta(minutes=minute)
    found = observe(source, place, row, at, known_id="one", read_moment=read_moment)
    assert found is not None
    return found


def state(source_id: str, **row: Any) -> str:
    return str(seen(source_id, row).state)


def played(source_id: str, rows: Sequence[Mapping[str, Any]]) -> tuple[Job, list[str]]:
    """The job after one look a minute, and the states that were told on the way."""
    job: Job | None = None
    told = []
    for minute, row in enumerate(rows):
        decision = accept(job, seen(source_id, row, minute), TOLD_BY_DEFAULT)
        if decision is not None:
            job = decision.job
            told += [str(decision.change.state)] if decision.change else []
    assert job is not None
    return job, told


def statuses(source_id: str, member: str, *words: str) -> tuple[Job, list[str]]:
    return played(source_id, [{member: word} for word in words])


@pytest.mark.parametrize("source", ["ecs.service_deployment", "ecs.daemon_deployment"])
@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("Service deployment stopped because the circuit breaker threshold was exceeded.", "failed"),
        ("Service deployment stopped because alarm(s) [cpu-high] went off.", "failed"),
        ("A new service deployment was started.", "stopped"),
        (None, "stopped"),
    ],
)
def test_a_deployment_that_failed_without_a_rollback_is_a_failed_one(
    source: str, reason: str | None, expected: str
) -> None:
    """ECS says STOPPED of it, and of one that a newer deployment replaced."""
    assert state(source, status="STOPPED", statusReason=reason) == expected
    assert state(source, status="IN_PROGRESS", statusReason=reason) == "running"


def test_a_command_that_ran_nowhere_did_not_succeed() -> None:
    """Its targets matched no node, which Systems Manager calls a success."""
    nowhere = {
        "Status": "Success",
        "StatusDetails": "NoInstancesInTag",
        "TargetCount": 0,
        "CompletedCount": 0,
    }
    assert (seen("ssm.command", nowhere).state, seen("ssm.command", nowhere).reason) == (
        "failed",
        "NoInstancesInTag",
    )
    assert state("ssm.command", Status="Success", StatusDetails="Success") == "succeeded"


def test_a_command_that_went_wrong_on_some_nodes_is_a_partial_one() -> None:
    """Nodes that were not reached are in no counter; that it is incomplete says that there are some."""
    assert state("ssm.command", Status="Success", StatusDetails="Incomplete", ErrorCount=0) == "partial"
    assert state("ssm.command", Status="Failed", StatusDetails="Incomplete", ErrorCount=0) == "failed"


def test_a_backup_with_issues_is_told_with_them() -> None:
    """The console calls it *completed with issues*; the API has no such state, and a category of messages instead."""
    said = {"State": "COMPLETED", "StatusMessage": "VSS writer timed out"}
    assert state("backup.backup", **said) == "succeeded"
    assert state("backup.backup", **said, MessageCategory="SUCCESS") == "succeeded"
    with_issues = seen("backup.backup", {**said, "MessageCategory": "VSSError"})
    assert (with_issues.state, with_issues.reason) == ("partial", "VSS writer timed out")
    assert state("backup.backup", State="RUNNING", MessageCategory="VSSError") == "running"


@pytest.mark.parametrize("scan", ["COMPLETED", "COMPLETED_WITH_ISSUES"])
def test_a_scan_that_found_threats_does_not_read_like_a_success(scan: str) -> None:
    """It is told by that word; a scan that found none is told by its own."""
    found = seen("backup.scan", {"State": scan, "ScanResult": {"ScanResultStatus": "THREATS_FOUND"}})
    clean = seen("backup.scan", {"State": scan, "ScanResult": {"ScanResultStatus": "NO_THREATS_FOUND"}})
    assert (found.state, found.status) == ("partial", "THREATS_FOUND")
    assert clean.status == scan


@pytest.mark.parametrize(
    ("answer", "expected"), [("SUCCEEDED", "succeeded"), ("FAILED", "failed"), ("REJECTED", "failed")]
)
def test_what_a_device_answers_after_the_time_out_is_told(answer: str, expected: str) -> None:
    """A time-out is the cloud's own: the device may answer still. What an older page says then changes nothing."""
    job, told = statuses("iot.command_execution", "status", "IN_PROGRESS", "TIMED_OUT", answer, "TIMED_OUT")
    assert told == ["running", "failed", expected]
    assert job.status == answer


def test_an_execution_that_times_out_is_told_once() -> None:
    """However often the list shows it."""
    _, told = statuses("iot.command_execution", "status", "CREATED", "TIMED_OUT", "TIMED_OUT", "IN_PROGRESS")
    assert told == ["failed"]


def test_an_invalid_green_side_is_no_end_of_a_deployment() -> None:
    """It can be mended, and switched over then."""
    _, told = statuses(
        "rds.blue_green",
        "Status",
        "PROVISIONING",
        "INVALID_CONFIGURATION",
        "AVAILABLE",
        "SWITCHOVER_COMPLETED",
    )
    assert told == ["running", "succeeded"]


def test_a_switchover_that_completes_at_last_is_told_after_the_one_that_failed() -> None:
    """What lies between the two, and the deletion that follows, is not."""
    job, told = statuses(
        "rds.blue_green",
        "Status",
        "AVAILABLE",
        "SWITCHOVER_IN_PROGRESS",
        "SWITCHOVER_FAILED",
        "SWITCHOVER_IN_PROGRESS",
        "SWITCHOVER_COMPLETED",
        "DELETING",
    )
    assert told == ["running", "failed", "succeeded"]
    assert job.status == "SWITCHOVER_COMPLETED"


def test_an_export_with_a_warning_is_told_with_it() -> None:
    """RDS has COMPLETE for both."""
    warned = seen("rds.export", {"Status": "COMPLETE", "WarningMessage": "two tables were skipped"})
    assert (warned.state, warned.reason) == ("partial", "two tables were skipped")
    assert state("rds.export", Status="COMPLETE") == "succeeded"
    assert state("rds.export", Status="IN_PROGRESS", WarningMessage="slow") == "running"


@pytest.mark.parametrize("word", ["testing", "modifying", "moving"])
def test_a_task_that_is_worked_on_does_not_run(word: str) -> None:
    """It was assessed, modified or moved before anybody started it."""
    _, told = statuses("dms.replication_task", "Status", "creating", "ready", word, "ready")
    assert told == []


@pytest.mark.parametrize("source", ["dms.replication_task", "dms.replication"])
@pytest.mark.parametrize("why", ["RECYCLE_TASK", "RECONFIGURATION_RESTART"])
def test_a_task_that_the_service_restarts_was_stopped_by_nobody(source: str, why: str) -> None:
    """It goes on, and there is nothing to tell."""
    stats = "ReplicationTaskStats" if source == "dms.replication_task" else "ReplicationStats"

    def row(minute: int, **said: str) -> dict[str, Any]:
        return {stats: {"StartDate": NOON + timedelta(minutes=minute)}, **said}

    _, told = played(
        source,
        [
            row(0, Status="running"),
            row(0, Status="stopped", StopReason=f"Stop Reason {why}"),
            row(2, Status="running"),
            row(2, Status="stopped", StopReason="Stop Reason NORMAL"),
        ],
    )
    assert told == ["running", "stopped"]


def test_an_experiment_that_is_updated_before_its_time_does_not_run() -> None:
    """SageMaker has one word for this and for one that is updated while it runs, which is not told twice."""
    _, told = statuses("sagemaker.inference_experiment", "Status", "Created", "Updating", "Created")
    assert told == []
    _, told = statuses("sagemaker.inference_experiment", "Status", "Running", "Updating", "Running")
    assert told == ["running"]


def test_an_array_job_runs_while_its_children_do() -> None:
    """Its own status is PENDING from the first child to the last."""

    def parent(status: str, **children: int) -> dict[str, Any]:
        return {"status": status, "arrayProperties": {"size": 3, "statusSummary": children}}

    job, told = played(
        "batch.job",
        [
            parent("PENDING", RUNNABLE=3, RUNNING=0),
            parent("PENDING", RUNNABLE=2, RUNNING=1),
            parent("PENDING", RUNNABLE=2, RUNNING=0, SUCCEEDED=1),
            parent("PENDING", RUNNING=2, SUCCEEDED=1),
            parent("SUCCEEDED", SUCCEEDED=3),
        ],
    )
    assert told == ["running", "succeeded"]
    assert job.status == "SUCCEEDED"


@pytest.mark.parametrize("source", ["batch.job", "batch.service_job"])
def test_a_job_that_somebody_terminates_stops(source: str) -> None:
    """Batch says FAILED of it, and beside that what is meant."""
    ended = {"statusReason": "not needed any more", "startedAt": BATCH_NOON, "isTerminated": True}
    job, told = played(
        source,
        [
            {"status": "RUNNING", "startedAt": BATCH_NOON},
            {"status": "RUNNING", **ended},
            {"status": "FAILED", **ended},
        ],
    )
    assert told == ["running", "stopped"]
    assert job.status == "TERMINATED"
    assert state(source, status="RUNNING", isTerminated=True) == "stopping"
    assert state(source, status="FAILED", isTerminated=False, isCancelled=False) == "failed"
    assert state(source, status="SUCCEEDED", isTerminated=True) == "succeeded"


def test_a_job_that_is_cancelled_before_it_starts_stops() -> None:
    """Once it has started a cancellation changes nothing, and how it ends is its own."""
    assert state("batch.job", status="RUNNABLE", isCancelled=True) == "stopping"
    assert state("batch.job", status="FAILED", isCancelled=True) == "stopped"
    assert state("batch.job", status="RUNNING", isCancelled=True, startedAt=BATCH_NOON) == "running"
    assert state("batch.job", status="FAILED", isCancelled=True, startedAt=BATCH_NOON) == "failed"


def test_a_workflow_whose_actions_were_stopped_did_not_do_all_of_its_work() -> None:
    """COMPLETED says that nothing runs any more."""
    counts = {"TotalActions": 3, "SucceededActions": 2, "FailedActions": 0, "StoppedActions": 1}
    assert state("glue.workflow_run", Status="COMPLETED", Statistics=counts) == "partial"
    assert (
        state("glue.workflow_run", Status="COMPLETED", Statistics={**counts, "StoppedActions": 0})
        == "succeeded"
    )


@pytest.mark.parametrize(
    ("source", "detail_type", "detail", "job", "parent"),
    [
        (
            "batch.service_job",
            "Batch Service Job State Change",
            {"jobId": "one", "jobQueue": QUEUE, "status": "SUCCEEDED"},
            "one",
            QUEUE,
        ),
        ("backup.scan", "Scan Job State Change", {"scanJobId": "two", "state": "COMPLETED"}, "two", ""),
        (
            "rds.blue_green",
            "RDS Blue Green Deployment Event",
            {"SourceIdentifier": "bgd-three", "EventID": "RDS-EVENT-0244"},
            "bgd-three",
            "",
        ),
    ],
)
def test_an_event_of_a_service_names_its_job(
    source: str, detail_type: str, detail: Mapping[str, Any], job: str, parent: str
) -> None:
    """As the services' guides show their events."""
    event = {
        "detail-type": detail_type,
        "source": f"aws.{load(source).client}",
        "account": ACCOUNT,
        "region": "us-east-1",
        "detail": detail,
    }
    look = match(event, [load(source)])
    assert look is not None
    assert (look.id, look.place) == (job, Place(source, ACCOUNT, "us-east-1", parent))
