from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from jobherald.local.clock import ManualClock
from jobherald.local.services import JobServices, sagemaker_training_job
from jobherald.local.services.training import REASON
from jobherald.model import State

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=30)

ClientOf = Callable[..., Any]


def names(answer: dict[str, Any]) -> list[str]:
    return [row["TrainingJobName"] for row in answer["TrainingJobSummaries"]]


def test_a_job_that_fails_says_why_only_when_it_is_described(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """The list has the status and no reason, as its model has it."""
    services.add(sagemaker_training_job("cats", created_at=NOON, lasts=4, ends="Failed"))
    client = client_of("sagemaker")
    before = client.describe_training_job(TrainingJobName="cats")
    assert (before["TrainingJobStatus"], "FailureReason" in before) == ("InProgress", False)
    clock.advance(5)
    (row,) = client.list_training_jobs()["TrainingJobSummaries"]
    assert row["TrainingJobStatus"] == "Failed"
    assert row["TrainingEndTime"] == row["LastModifiedTime"] == NOON + timedelta(seconds=5)
    assert "FailureReason" not in row
    look = client.describe_training_job(TrainingJobName="cats")
    assert look["FailureReason"] == REASON
    assert {name: look[name] for name in row} == row


def test_a_page_is_cut_before_the_status_is_looked_at(services: JobServices, client_of: ClientOf) -> None:
    """With a status, pages are short or empty and have a token all the same."""
    for number in range(25):
        ends = "" if number == 24 else "Completed"
        created = LONG_AGO + timedelta(minutes=number)
        services.add(sagemaker_training_job(f"j{number:02}", created_at=created, ends=ends))
    client = client_of("sagemaker")
    asked: dict[str, Any] = {"StatusEquals": "InProgress"}
    pages: list[dict[str, Any]] = []
    while not pages or "NextToken" in pages[-1]:
        token = {"NextToken": pages[-1]["NextToken"]} if pages else {}
        pages.append(client.list_training_jobs(**asked, **token))
    assert [names(page) for page in pages] == [[], [], ["j24"]]


def test_a_list_has_the_oldest_ten_first_unless_it_is_asked_otherwise(
    services: JobServices, client_of: ClientOf
) -> None:
    """As the operation documents its defaults."""
    jobs = [sagemaker_training_job(f"j{n:02}", created_at=LONG_AGO + timedelta(minutes=n)) for n in range(12)]
    services.add(*reversed(jobs))
    client = client_of("sagemaker")
    assert names(client.list_training_jobs()) == [f"j{n:02}" for n in range(10)]
    newest = client.list_training_jobs(SortOrder="Descending", MaxResults=3)
    assert names(newest) == ["j11", "j10", "j09"]
    by_name = client.list_training_jobs(SortBy="Name", SortOrder="Descending", MaxResults=1)
    assert names(by_name) == ["j11"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"CreationTimeAfter": NOON - timedelta(hours=1)}, ["new"]),
        ({"CreationTimeBefore": NOON - timedelta(hours=1)}, ["old", "long"]),
        ({"LastModifiedTimeAfter": NOON - timedelta(hours=1)}, ["long", "new"]),
        ({"LastModifiedTimeBefore": NOON - timedelta(hours=1)}, ["old"]),
        ({"NameContains": "LON"}, ["long"]),
    ],
)
def test_filters_select_rows(
    services: JobServices, client_of: ClientOf, asked: dict[str, Any], expected: list[str]
) -> None:
    """By creation, by change and by name."""
    services.add(
        sagemaker_training_job("old", created_at=LONG_AGO),
        sagemaker_training_job("long", created_at=NOON - timedelta(days=1), lasts=86400 - 60),
        sagemaker_training_job("new", created_at=NOON - timedelta(minutes=1), ends=""),
    )
    assert names(client_of("sagemaker").list_training_jobs(**asked)) == expected


def test_a_stopped_job_was_stopping_before(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """The ledger keeps each state that was shown."""
    job = sagemaker_training_job("cats", created_at=NOON, lasts=10, ends="Stopped")
    services.add(job)
    client = client_of("sagemaker")
    for _ in range(3):
        client.list_training_jobs()
        clock.advance(5.1)
    assert services.ledger.states_of(job.key.text) == [State.RUNNING, State.STOPPING]
    client.list_training_jobs()
    assert services.ledger.states_of(job.key.text)[-1] is State.STOPPED


def test_a_job_that_is_not_there_is_a_validation_error(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """As SageMaker answers, whatever its model has. In the ledger one that was there is gone."""
    job = sagemaker_training_job("cats", created_at=LONG_AGO)
    services.add(job)
    services.vanish(job.id)
    clock.advance(1)
    client = client_of("sagemaker")
    for name in ("cats", "dogs"):
        with pytest.raises(ClientError, match=r"\(ValidationException\).*Requested resource not found"):
            client.describe_training_job(TrainingJobName=name)
    assert [(one.job, one.state) for one in services.ledger] == [(job.key.text, State.GONE)]


def test_labeling_and_training_are_two_places(services: JobServices, client_of: ClientOf) -> None:
    """One service, two sources: each list is the first look of its own."""
    client_of("sagemaker").list_training_jobs()
    assert list(services.ledger.first_listed) == ["sagemaker.training/111122223333/us-east-1"]
