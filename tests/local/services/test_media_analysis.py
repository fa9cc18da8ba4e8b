from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from jobherald.local.clock import ManualClock
from jobherald.local.services import JobServices, media_analysis_job
from jobherald.local.services.media_analysis import FAILURES, Life
from jobherald.local.services.shapes import service_model

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=30)

ClientOf = Callable[..., Any]


def test_a_job_moves_through_its_states(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """A media analysis job is created, queued, in progress and ends; only then it has results and an end time."""
    job = media_analysis_job("night", created_at=NOON, starts_after=4, lasts=4)
    services.add(job)
    client = client_of("rekognition")
    statuses = []
    for _ in range(10):
        (row,) = client.list_media_analysis_jobs()["MediaAnalysisJobs"]
        assert ("Results" in row) == ("CompletionTimestamp" in row) == (row["Status"] == "SUCCEEDED")
        statuses.append(row["Status"])
        clock.advance(1)
    assert statuses == ["CREATED"] * 2 + ["QUEUED"] * 2 + ["IN_PROGRESS"] * 4 + ["SUCCEEDED"] * 2
    look = client.get_media_analysis_job(JobId=job.id)
    assert {name: look[name] for name in row} == row


def test_every_failure_code_of_the_model_can_be_shown(services: JobServices, client_of: ClientOf) -> None:
    """A job can fail with each of the nine codes, and the message says something about it."""
    codes = service_model("rekognition").shape_for("MediaAnalysisJobFailureCode").metadata["enum"]
    assert sorted(FAILURES) == sorted(codes)
    services.add(
        *(media_analysis_job("", created_at=LONG_AGO, ends="FAILED", code=c, job_id=c) for c in FAILURES)
    )
    rows = client_of("rekognition").list_media_analysis_jobs()["MediaAnalysisJobs"]
    assert {row["JobId"]: row["FailureDetails"] for row in rows} == {
        code: {"Code": code, "Message": message} for code, message in FAILURES.items()
    }
    assert not any("JobName" in row for row in rows)


def test_jobs_come_newest_first_a_hundred_a_page(services: JobServices, client_of: ClientOf) -> None:
    """The default page has a hundred rows in descending order of creation."""
    services.add(
        *(media_analysis_job(f"j{n}", created_at=LONG_AGO + timedelta(minutes=n)) for n in range(130))
    )
    client = client_of("rekognition")
    first = client.list_media_analysis_jobs()
    second = client.list_media_analysis_jobs(NextToken=first["NextToken"])
    names = [row["JobName"] for page in (first, second) for row in page["MediaAnalysisJobs"]]
    assert len(first["MediaAnalysisJobs"]) == 100
    assert names == [f"j{n}" for n in reversed(range(130))]
    assert "NextToken" not in second


def test_a_new_job_between_two_pages_shifts_them(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """A job that begins while somebody pages makes the last row of a page come again on the next."""
    services.add(
        *(media_analysis_job(f"j{n}", created_at=LONG_AGO + timedelta(minutes=n)) for n in range(20))
    )
    services.add(media_analysis_job("new", created_at=NOON + timedelta(seconds=1)))
    client = client_of("rekognition")
    first = client.list_media_analysis_jobs(MaxResults=10)
    clock.advance(2)
    second = client.list_media_analysis_jobs(MaxResults=10, NextToken=first["NextToken"])
    assert first["MediaAnalysisJobs"][-1]["JobName"] == second["MediaAnalysisJobs"][0]["JobName"] == "j10"


def test_refusals_have_the_codes_of_the_model(services: JobServices, client_of: ClientOf) -> None:
    """Too large a page, a bad token and an unknown job are told apart as Rekognition tells them apart."""
    client = client_of("rekognition")
    with pytest.raises(client.exceptions.InvalidParameterException):
        client.list_media_analysis_jobs(MaxResults=101)
    with pytest.raises(client.exceptions.InvalidPaginationTokenException):
        client.list_media_analysis_jobs(NextToken="bm8=")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_media_analysis_job(JobId="none")
    with pytest.raises(ClientError, match="UnknownOperation"):
        client.list_collections()


REQUEST: dict[str, Any] = {
    "JobName": "moderation",
    "OperationsConfig": {"DetectModerationLabels": {"MinConfidence": 50.0}},
    "Input": {"S3Object": {"Bucket": "my-media", "Name": "in/batch.jsonl"}},
    "OutputConfig": {"S3Bucket": "my-results"},
}


class TestStarting:
    def test_a_started_job_lives_its_life(
        self, services: JobServices, clock: ManualClock, client_of: ClientOf
    ) -> None:
        """It shows what was asked for, moves through its states, and writes where the request says."""
        services.media_analysis.life = Life(starts_after=4, lasts=4)
        client = client_of("rekognition")
        identity = client.start_media_analysis_job(**REQUEST)["JobId"]
        statuses = []
        for _ in range(5):
            look = client.get_media_analysis_job(JobId=identity)
            statuses.append(look["Status"])
            clock.advance(2)
        assert statuses == ["CREATED", "QUEUED", "IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED"]
        assert {member: look[member] for member in REQUEST} == REQUEST
        assert look["CreationTimestamp"] == NOON
        assert look["Results"]["S3Object"] == {"Bucket": "my-results", "Name": f"{identity}/results.jsonl"}
        (row,) = client.list_media_analysis_jobs()["MediaAnalysisJobs"]
        assert row["JobId"] == identity

    def test_a_started_job_can_fail(
        self, services: JobServices, clock: ManualClock, client_of: ClientOf
    ) -> None:
        """With a code of the model."""
        services.media_analysis.life = Life(0, 1, "FAILED", "ACCESS_DENIED")
        client = client_of("rekognition")
        identity = client.start_media_analysis_job(**REQUEST)["JobId"]
        clock.advance(1)
        assert client.get_media_analysis_job(JobId=identity)["FailureDetails"]["Code"] == "ACCESS_DENIED"

    def test_names_are_free(self, services: JobServices, client_of: ClientOf) -> None:
        """Two requests without a token of their own are two jobs, of one name or none."""
        client = client_of("rekognition")
        ids = {client.start_media_analysis_job(**REQUEST)["JobId"] for _ in range(2)}
        assert len(ids) == 2

    def test_a_token_starts_one_job(self, services: JobServices, client_of: ClientOf) -> None:
        """The same request gets the same answer; another one with that token is refused. Another region is another."""
        client, token = client_of("rekognition"), {"ClientRequestToken": "once"}
        first = client.start_media_analysis_job(**REQUEST, **token)["JobId"]
        assert client.start_media_analysis_job(**REQUEST, **token)["JobId"] == first
        with pytest.raises(client.exceptions.IdempotentParameterMismatchException):
            client.start_media_analysis_job(**{**REQUEST, "JobName": "other"}, **token)
        elsewhere = client_of("rekognition", "eu-west-1")
        assert elsewhere.start_media_analysis_job(**REQUEST, **token)["JobId"] != first
        assert len(services.jobs()) == 2

    def test_too_many_open_jobs_are_refused(
        self, services: JobServices, clock: ManualClock, client_of: ClientOf
    ) -> None:
        """Until one of them has ended; a repetition of a request that was taken is none."""
        services.media_analysis.quota = 1
        client = client_of("rekognition")
        client.start_media_analysis_job(**REQUEST, ClientRequestToken="once")
        with pytest.raises(client.exceptions.LimitExceededException):
            client.start_media_analysis_job(**REQUEST)
        client.start_media_analysis_job(**REQUEST, ClientRequestToken="once")
        clock.advance(60)
        client.start_media_analysis_job(**REQUEST)

    def test_an_operation_is_needed(self, services: JobServices, client_of: ClientOf) -> None:
        """The model makes the only one optional; a job that does nothing is refused all the same."""
        client = client_of("rekognition")
        with pytest.raises(client.exceptions.InvalidParameterException):
            client.start_media_analysis_job(**{**REQUEST, "OperationsConfig": {}})
        assert services.jobs() == []
