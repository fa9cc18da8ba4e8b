from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobherald.local.clock import ManualClock
from jobherald.local.services import JobServices, batch_inference_job
from jobherald.local.services.batch_inference import REASON
from jobherald.model import State

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=30)

ClientOf = Callable[..., Any]


def names(answer: dict[str, Any]) -> list[str]:
    return [row["jobName"] for row in answer["invocationJobSummaries"]]


def test_a_job_moves_through_its_states(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """It is validated and scheduled before it runs; a look by ARN or by its end shows the same."""
    job = batch_inference_job("night", created_at=NOON, starts_after=3, lasts=2, ends="Failed")
    services.add(job)
    client = client_of("bedrock")
    statuses = []
    for _ in range(6):
        (row,) = client.list_model_invocation_jobs()["invocationJobSummaries"]
        statuses.append(row["status"])
        clock.advance(1)
    assert statuses == ["Submitted", "Validating", "Scheduled", "InProgress", "InProgress", "Failed"]
    assert row["message"] == REASON
    assert row["endTime"] == row["lastModifiedTime"] == NOON + timedelta(seconds=5)
    for identifier in (job.id, job.id.rpartition("/")[2]):
        look = client.get_model_invocation_job(jobIdentifier=identifier)
        assert {name: look[name] for name in row} == row


def test_records_without_an_answer_make_a_part(services: JobServices, client_of: ClientOf) -> None:
    """Completed with errors is no success, whichever of its two words the service has for it."""
    jobs = [
        batch_inference_job("all", created_at=LONG_AGO),
        batch_inference_job("some", created_at=LONG_AGO, errors=3),
        batch_inference_job("part", created_at=LONG_AGO, ends="PartiallyCompleted", errors=3),
    ]
    services.add(*jobs)
    client_of("bedrock").list_model_invocation_jobs()
    states = [services.ledger.states_of(job.key.text) for job in jobs]
    assert states == [[State.SUCCEEDED], [State.PARTIAL], [State.PARTIAL]]


def test_times_are_asked_for_in_the_query(services: JobServices, client_of: ClientOf) -> None:
    """Filters, order, size and token of a GET; times to the millisecond."""
    for number in range(5):
        created = NOON - timedelta(milliseconds=100 * (5 - number))
        services.add(batch_inference_job(f"j{number}", created_at=created, lasts=1))
    client = client_of("bedrock")
    since = NOON - timedelta(milliseconds=301)
    asked = {"submitTimeAfter": since, "sortBy": "CreationTime", "sortOrder": "Descending"}
    first = client.list_model_invocation_jobs(**asked, maxResults=2)
    second = client.list_model_invocation_jobs(**asked, maxResults=2, nextToken=first["nextToken"])
    assert [names(first), names(second)] == [["j4", "j3"], ["j2"]]
    assert "nextToken" not in second
    assert names(client.list_model_invocation_jobs(submitTimeBefore=since)) == ["j0", "j1"]
    assert names(client.list_model_invocation_jobs(statusEquals="Stopped")) == []
    assert names(client.list_model_invocation_jobs(nameContains="3")) == ["j3"]
    with pytest.raises(client.exceptions.ValidationException, match="1001 is above"):
        client.list_model_invocation_jobs(maxResults=1001)


def test_a_job_that_is_not_there(services: JobServices, clock: ManualClock, client_of: ClientOf) -> None:
    """The error of its model; in the ledger one that was there is gone."""
    job = batch_inference_job("night", created_at=LONG_AGO)
    services.add(job)
    services.vanish(job.id)
    clock.advance(1)
    client = client_of("bedrock")
    with pytest.raises(client.exceptions.ResourceNotFoundException) as refused:
        client.get_model_invocation_job(jobIdentifier=job.id)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert services.ledger.states_of(job.key.text) == [State.GONE]
