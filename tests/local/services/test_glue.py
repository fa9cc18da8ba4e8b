from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobherald.local.clock import ManualClock
from jobherald.local.services import JobServices, Parent, glue_job_run
from jobherald.local.services.glue import REASON
from jobherald.model import State

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=30)
HEAD = "glue.job_run/111122223333/us-east-1"

ClientOf = Callable[..., Any]


def job(name: str, created_at: datetime = LONG_AGO) -> Parent:
    return Parent("glue.job_run", "111122223333", "us-east-1", name, created_at)


def test_jobs_are_listed_by_name_from_when_on_they_are_there(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """ListJobs has nothing but names, page by page, of its own account and region."""
    services.open(job("orders"), job("clicks"), job("late", NOON + timedelta(seconds=5)))
    client = client_of("glue")
    first = client.list_jobs(MaxResults=1)
    assert first["JobNames"] == ["clicks"]
    assert client.list_jobs(MaxResults=1, NextToken=first["NextToken"])["JobNames"] == ["orders"]
    clock.advance(5)
    assert client.list_jobs()["JobNames"] == ["clicks", "late", "orders"]
    assert client_of("glue", "eu-west-1").list_jobs()["JobNames"] == []
    assert services.ledger.first_listed == {}, "a list of jobs is no list of runs"


def test_runs_are_listed_below_their_job_newest_first(services: JobServices, client_of: ClientOf) -> None:
    """Each job is a place of its own, and what is not there cannot be listed below."""
    services.open(job("orders"), job("clicks"))
    runs = [glue_job_run("orders", created_at=LONG_AGO + timedelta(minutes=n)) for n in range(3)]
    services.add(*runs, glue_job_run("clicks", created_at=LONG_AGO))
    client = client_of("glue")
    first = client.get_job_runs(JobName="orders", MaxResults=2)
    second = client.get_job_runs(JobName="orders", MaxResults=2, NextToken=first["NextToken"])
    shown = [row["Id"] for page in (first, second) for row in page["JobRuns"]]
    assert shown == [run.id for run in reversed(runs)]
    assert services.ledger.first_listed == {f"{HEAD}/orders": NOON}
    assert {one.job for one in services.ledger} == {f"{HEAD}/orders:{run.id}" for run in runs}
    with pytest.raises(client.exceptions.EntityNotFoundException):
        client.get_job_runs(JobName="payments")


def test_a_run_moves_through_its_states(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """It waits, starts, runs and fails for a reason; a look shows what the list shows."""
    services.open(job("orders"))
    run = glue_job_run("orders", created_at=NOON, starts_after=2, lasts=2, ends="TIMEOUT")
    services.add(run)
    client = client_of("glue")
    statuses = []
    for _ in range(5):
        (row,) = client.get_job_runs(JobName="orders")["JobRuns"]
        statuses.append(row["JobRunState"])
        clock.advance(1)
    assert statuses == ["WAITING", "STARTING", "RUNNING", "RUNNING", "TIMEOUT"]
    assert row["ErrorMessage"] == REASON
    assert row["CompletedOn"] == row["LastModifiedOn"] == NOON + timedelta(seconds=4)
    assert client.get_job_run(JobName="orders", RunId=run.id)["JobRun"] == row
    assert services.ledger.states_of(run.key.text) == [State.QUEUED, State.RUNNING, State.FAILED]


def test_a_run_is_known_below_its_own_job_alone(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """Below another, or when it is gone, it is not found."""
    services.open(job("orders"), job("clicks"))
    run = glue_job_run("orders", created_at=LONG_AGO)
    services.add(run)
    client = client_of("glue")
    with pytest.raises(client.exceptions.EntityNotFoundException):
        client.get_job_run(JobName="clicks", RunId=run.id)
    assert len(services.ledger) == 0
    services.vanish(run.id)
    clock.advance(1)
    with pytest.raises(client.exceptions.EntityNotFoundException):
        client.get_job_run(JobName="orders", RunId=run.id)
    assert services.ledger.states_of(run.key.text) == [State.GONE]


def test_trouble_can_be_below_one_job(services: JobServices, client_of: ClientOf) -> None:
    """A fault matches by what the list is asked below."""
    services.open(job("orders"), job("clicks"))
    services.faults.throttle(None, parent="orders")
    client = client_of("glue")
    with pytest.raises(client.exceptions.ClientError, match="ThrottlingException"):
        client.get_job_runs(JobName="orders")
    assert client.get_job_runs(JobName="clicks")["JobRuns"] == []
