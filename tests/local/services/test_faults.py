from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, PaginationError, ReadTimeoutError

from jobherald.local.clock import ManualClock
from jobherald.local.services import JobServices, labeling_job, media_analysis_job

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=30)

ClientOf = Callable[..., Any]


def _code(call: Callable[[], Any]) -> str:
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"


def test_the_next_calls_are_throttled(services: JobServices, client_of: ClientOf) -> None:
    """Exactly as many calls as were said are refused, and only those that match."""
    services.faults.throttle(2, operation="ListLabelingJobs")
    labeling, media = client_of("sagemaker"), client_of("rekognition")
    codes = [_code(labeling.list_labeling_jobs) for _ in range(3)]
    assert codes == ["ThrottlingException", "ThrottlingException", "ok"]
    assert _code(media.list_media_analysis_jobs) == "ok"


def test_a_fault_can_wait_for_its_moment(services: JobServices, client_of: ClientOf) -> None:
    """A fault with a number of calls to skip meets the one after them."""
    services.faults.throttle(1, skip=2)
    assert [_code(client_of("sagemaker").list_labeling_jobs) for _ in range(4)] == [
        "ok",
        "ok",
        "ThrottlingException",
        "ok",
    ]


def test_one_region_is_denied_until_it_is_not(services: JobServices, client_of: ClientOf) -> None:
    """A denied region answers AccessDeniedException to every call, and the others go on."""
    fault = services.faults.deny("eu-west-1")
    denied, fine = client_of("sagemaker", "eu-west-1"), client_of("sagemaker")
    assert [_code(denied.list_labeling_jobs) for _ in range(3)] == ["AccessDeniedException"] * 3
    assert _code(fine.list_labeling_jobs) == "ok"
    services.faults.end(fault)
    assert _code(denied.list_labeling_jobs) == "ok"


def test_a_region_can_be_off(services: JobServices, client_of: ClientOf) -> None:
    """A region that was not opted in to calls the credentials invalid."""
    services.faults.switch_off("ap-east-1")
    assert _code(client_of("sagemaker", "ap-east-1").list_labeling_jobs) == "UnrecognizedClientException"


def test_the_service_fails_hangs_and_hangs_up(services: JobServices, client_of: ClientOf) -> None:
    """A server error, no answer in time and a cut connection reach the client as what they are, and are not ledgered."""
    services.add(labeling_job("cats", created_at=LONG_AGO))
    services.faults.fail(1)
    services.faults.hang(1)
    services.faults.drop(1)
    client = client_of("sagemaker")
    assert _code(client.list_labeling_jobs) == "InternalFailure"
    with pytest.raises(ReadTimeoutError):
        client_of("sagemaker", patience=0.3).list_labeling_jobs()
    with pytest.raises(ConnectionClosedError):
        client.list_labeling_jobs()
    assert len(services.ledger) == 0
    assert services.ledger.first_listed == {}
    client.list_labeling_jobs()
    assert len(services.ledger) == 1


def test_tokens_loop(services: JobServices, client_of: ClientOf) -> None:
    """The same token again and again: botocore's paginator notices."""
    services.add(*(labeling_job(f"j{n}", created_at=LONG_AGO) for n in range(3)))
    services.faults.loop_tokens()
    with pytest.raises(PaginationError, match="same next token"):
        list(client_of("sagemaker").get_paginator("list_labeling_jobs").paginate())


def test_empty_pages_have_tokens_and_lose_nothing(services: JobServices, client_of: ClientOf) -> None:
    """An empty page is followed by the page that it should have been."""
    services.add(*(labeling_job(f"j{n:02}", created_at=LONG_AGO) for n in range(25)))
    services.faults.empty_pages(3)
    pages = client_of("sagemaker").get_paginator("list_labeling_jobs").paginate()
    assert [len(page["LabelingJobSummaryList"]) for page in pages] == [0, 0, 0, 10, 10, 5]


def test_tokens_can_be_made_to_expire(services: JobServices, client_of: ClientOf) -> None:
    """After that, every token given before is refused as each service refuses it, and new ones are good."""
    services.add(*(labeling_job(f"j{n:02}", created_at=LONG_AGO) for n in range(25)))
    services.add(*(media_analysis_job(f"j{n:02}", created_at=LONG_AGO) for n in range(5)))
    labeling, media = client_of("sagemaker"), client_of("rekognition")
    tokens = (
        labeling.list_labeling_jobs()["NextToken"],
        media.list_media_analysis_jobs(MaxResults=2)["NextToken"],
    )
    services.expire_tokens()
    assert _code(lambda: labeling.list_labeling_jobs(NextToken=tokens[0])) == "ValidationException"
    assert (
        _code(lambda: media.list_media_analysis_jobs(NextToken=tokens[1]))
        == "InvalidPaginationTokenException"
    )
    fresh = labeling.list_labeling_jobs()["NextToken"]
    assert _code(lambda: labeling.list_labeling_jobs(NextToken=fresh)) == "ok"


def test_a_row_can_be_what_the_model_does_not_know(services: JobServices, client_of: ClientOf) -> None:
    """An unknown status word, a new member and a missing one reach the client; the ledger calls the state unknown."""
    job = labeling_job("cats", created_at=LONG_AGO)
    services.add(job)
    services.faults.alter(
        job.id, {"LabelingJobStatus": "Paused", "Campaign": "spring"}, omit=["LabelCounters"]
    )
    client = client_of("sagemaker")
    (row,) = client.list_labeling_jobs()["LabelingJobSummaryList"]
    assert row["LabelingJobStatus"] == "Paused"
    assert "LabelCounters" not in row
    (showing,) = services.ledger
    assert (showing.status, showing.state) == ("Paused", "unknown")
    assert client.list_labeling_jobs(StatusEquals="Completed")["LabelingJobSummaryList"] == []
    services.faults.heal(job.id)
    assert client.describe_labeling_job(LabelingJobName="cats")["LabelingJobStatus"] == "Completed"


def test_a_job_vanishes_and_the_look_that_misses_it_is_ledgered(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """A vanished job is in no list, a look does not find it, and that answer shows it as gone."""
    job = media_analysis_job("night", created_at=LONG_AGO, ends="")
    services.add(job)
    client = client_of("rekognition")
    client.list_media_analysis_jobs()
    clock.advance(1)
    services.vanish(job.id)
    assert client.list_media_analysis_jobs()["MediaAnalysisJobs"] == []
    assert _code(lambda: client.get_media_analysis_job(JobId=job.id)) == "ResourceNotFoundException"
    assert [showing.state for showing in services.ledger] == ["running", "gone"]


def test_a_job_that_never_was_is_not_gone(services: JobServices, client_of: ClientOf) -> None:
    """A look at a job that is not there yet, or never will be, shows nothing."""
    services.add(labeling_job("later", created_at=NOON + timedelta(hours=1)))
    client = client_of("sagemaker")
    for name in ("later", "never"):
        assert _code(partial(client.describe_labeling_job, LabelingJobName=name)) == "ResourceNotFound"
    assert len(services.ledger) == 0


def test_lists_can_lag_behind_looks(services: JobServices, clock: ManualClock, client_of: ClientOf) -> None:
    """A job may be known to its service before its lists show it."""
    job = labeling_job("cats", created_at=LONG_AGO)
    services.add(job)
    services.hide(job.id, NOON + timedelta(seconds=3))
    client = client_of("sagemaker")
    assert client.list_labeling_jobs()["LabelingJobSummaryList"] == []
    assert client.describe_labeling_job(LabelingJobName="cats")["LabelingJobArn"] == job.id
    clock.advance(3)
    assert len(client.list_labeling_jobs()["LabelingJobSummaryList"]) == 1


def test_all_trouble_can_be_taken_off(services: JobServices, client_of: ClientOf) -> None:
    """Faults and alterations alike."""
    job = labeling_job("cats", created_at=LONG_AGO)
    services.add(job)
    services.faults.throttle(None)
    services.faults.alter(job.id, {"LabelingJobStatus": "Paused"})
    services.faults.clear()
    (row,) = client_of("sagemaker").list_labeling_jobs()["LabelingJobSummaryList"]
    assert row["LabelingJobStatus"] == "Completed"


def test_a_fault_can_be_meant_for_one_account(services: JobServices, client_of: ClientOf) -> None:
    """Another account's calls do not meet it."""
    services.faults.throttle(None, account="222233334444")
    meant, other = client_of("sagemaker", account="222233334444"), client_of("sagemaker")
    assert (_code(meant.list_labeling_jobs), _code(other.list_labeling_jobs)) == ("ThrottlingException", "ok")


def test_an_answer_can_come_late(services: JobServices, client_of: ClientOf) -> None:
    """A delayed answer is the same answer; who has no patience does not get it."""
    services.add(labeling_job("cats", created_at=LONG_AGO))
    services.faults.delay(1, seconds=0.2)
    began = monotonic()
    (row,) = client_of("sagemaker").list_labeling_jobs()["LabelingJobSummaryList"]
    assert (row["LabelingJobName"], monotonic() - began >= 0.2) == ("cats", True)
    services.faults.delay(1, seconds=30)
    with pytest.raises(ReadTimeoutError):
        client_of("sagemaker", patience=0.1).list_labeling_jobs()
