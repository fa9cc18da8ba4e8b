from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from jobherald.local.clock import ManualClock
from jobherald.local.services import JobServices, Parent, batch_job
from jobherald.local.services.batch import CONTAINER_REASON, REASON, queue_arn
from jobherald.model import State

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=5)
SPOT = queue_arn("spot")
EVER = [{"name": "AFTER_CREATED_AT", "values": ["0"]}]

ClientOf = Callable[..., Any]


@pytest.fixture(autouse=True)
def queues(services: JobServices) -> None:
    services.open(*(Parent("batch.job", "111122223333", "us-east-1", name) for name in ("spot", "urgent")))


def names(answer: dict[str, Any]) -> list[str]:
    return [row["jobName"] for row in answer["jobSummaryList"]]


def test_queues_are_described(client_of: ClientOf) -> None:
    """All, page by page, or those that are asked for by name or ARN."""
    client = client_of("batch")
    first = client.describe_job_queues(maxResults=1)
    second = client.describe_job_queues(maxResults=1, nextToken=first["nextToken"])
    rows = [*first["jobQueues"], *second["jobQueues"]]
    assert [row["jobQueueName"] for row in rows] == ["spot", "urgent"]
    assert rows[0]["jobQueueArn"] == SPOT
    for asked in ("spot", SPOT):
        assert client.describe_job_queues(jobQueues=[asked])["jobQueues"] == rows[:1]


def test_only_what_runs_is_listed_unless_it_is_filtered(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """Without status and filter what runs, with a status that status, with a filter all, whatever the status asked for."""
    services.add(
        batch_job("over", "spot", created_at=LONG_AGO),
        batch_job("runs", "spot", created_at=NOON - timedelta(minutes=1), ends=""),
        batch_job("waits", "spot", created_at=NOON, starts_after=10),
        batch_job("elsewhere", "urgent", created_at=NOON),
    )
    clock.advance(1)
    client = client_of("batch")
    assert names(client.list_jobs(jobQueue=SPOT)) == ["runs"]
    assert names(client.list_jobs(jobQueue=SPOT, jobStatus="SUCCEEDED")) == ["over"]
    assert names(client.list_jobs(jobQueue=SPOT, filters=EVER)) == ["waits", "runs", "over"]
    assert names(client.list_jobs(jobQueue=SPOT, jobStatus="FAILED", filters=EVER)) == [
        "waits",
        "runs",
        "over",
    ]
    assert services.ledger.first_listed == {
        "batch.job/111122223333/us-east-1/arn%3Aaws%3Abatch%3Aus-east-1%3A111122223333%3Ajob-queue/spot": NOON
        + timedelta(seconds=1)
    }


def test_a_filter_is_in_milliseconds(services: JobServices, client_of: ClientOf) -> None:
    """What was created after that moment, and not at it."""
    for number in range(3):
        services.add(batch_job(f"j{number}", "spot", created_at=LONG_AGO + timedelta(milliseconds=number)))
    second = str(round(LONG_AGO.timestamp() * 1000) + 1)
    client = client_of("batch")
    for name, expected in (("AFTER_CREATED_AT", ["j2"]), ("BEFORE_CREATED_AT", ["j0"])):
        filters = [{"name": name, "values": [second]}]
        assert names(client.list_jobs(jobQueue=SPOT, filters=filters)) == expected


def test_a_filtered_page_has_a_hundred(services: JobServices, client_of: ClientOf) -> None:
    """More cannot be asked for with a filter."""
    for number in range(130):
        services.add(batch_job(f"j{number}", "spot", created_at=LONG_AGO + timedelta(minutes=number)))
    client = client_of("batch")
    first = client.list_jobs(jobQueue=SPOT, filters=EVER)
    second = client.list_jobs(jobQueue=SPOT, filters=EVER, nextToken=first["nextToken"])
    assert names(first) + names(second) == [f"j{number}" for number in reversed(range(130))]
    assert len(first["jobSummaryList"]) == 100
    with pytest.raises(client.exceptions.ClientException, match="between 1 and 100"):
        client.list_jobs(jobQueue=SPOT, filters=EVER, maxResults=101)
    assert len(names(client.list_jobs(jobQueue=SPOT, jobStatus="SUCCEEDED", maxResults=1000))) == 130


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"jobQueue": queue_arn("closed")},
        {"jobQueue": SPOT, "filters": EVER * 2},
        {"jobQueue": SPOT, "filters": [{"name": "COLOUR", "values": ["red"]}]},
    ],
)
def test_what_cannot_be_listed_is_refused(
    services: JobServices, client_of: ClientOf, asked: dict[str, Any]
) -> None:
    """No queue, one that is not there, two filters, one that there is not."""
    services.add(batch_job("over", "spot", created_at=LONG_AGO))
    with pytest.raises(ClientError, match="ClientException"):
        client_of("batch").list_jobs(**asked)


def test_a_job_moves_through_its_states(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """A look has its queue, and shows what the list shows; what both say of a failure is in two members."""
    job = batch_job("align", "spot", created_at=NOON, starts_after=3, lasts=2, ends="FAILED")
    services.add(job)
    client = client_of("batch")
    statuses = []
    for _ in range(6):
        (row,) = client.list_jobs(jobQueue=SPOT, filters=EVER)["jobSummaryList"]
        statuses.append(row["status"])
        (look,) = client.describe_jobs(jobs=[job.id])["jobs"]
        assert {name: look[name] for name in row} == row
        assert look["jobQueue"] == SPOT
        clock.advance(1)
    assert statuses == ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "RUNNING", "FAILED"]
    assert (row["statusReason"], row["container"]["reason"]) == (REASON, CONTAINER_REASON)
    assert row["stoppedAt"] == round((NOON + timedelta(seconds=5)).timestamp() * 1000)
    assert services.ledger.states_of(job.key.text) == [State.QUEUED, State.RUNNING, State.FAILED]


def test_who_is_not_there_is_left_out(services: JobServices, clock: ManualClock, client_of: ClientOf) -> None:
    """DescribeJobs has no error for it; in the ledger one that was there is gone."""
    there, gone = (batch_job(name, "spot", created_at=LONG_AGO) for name in ("there", "gone"))
    services.add(there, gone)
    services.vanish(gone.id)
    clock.advance(1)
    answer = client_of("batch").describe_jobs(jobs=[gone.id, there.id, "nobody"])
    assert [job["jobName"] for job in answer["jobs"]] == ["there"]
    assert services.ledger.states_of(gone.key.text) == [State.GONE]
