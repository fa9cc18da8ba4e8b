from __future__ import annotations

import contextlib
import http.client
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobherald.local.clock import ManualClock
from jobherald.local.services import JobServices, labeling_job, media_analysis_job
from jobherald.local.services.shapes import FictionError

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=30)

ClientOf = Callable[..., Any]


def _ask(
    services: JobServices, headers: dict[str, str], body: bytes = b"{}"
) -> tuple[int, str, dict[str, Any]]:
    connection = http.client.HTTPConnection(services.url.removeprefix("http://"), timeout=5)
    with contextlib.closing(connection):
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers["Date"], json.load(answer)


SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20261122/us-east-1/sagemaker/aws4_request, Signature=0"
}


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({"X-Amz-Target": "SageMaker.ListLabelingJobs"}, b"{}", 403, "MissingAuthenticationTokenException"),
        ({**SIGNED, "X-Amz-Target": "SageMaker.ListModels"}, b"{}", 400, "UnknownOperationException"),
        (
            {**SIGNED, "X-Amz-Target": "RekognitionService.ListMediaAnalysisJobs"},
            b"{}",
            400,
            "InvalidSignature",
        ),
        ({**SIGNED, "X-Amz-Target": "SageMaker.ListLabelingJobs"}, b"{", 400, "SerializationException"),
        ({**SIGNED, "X-Amz-Target": "SageMaker.ListLabelingJobs"}, b"[]", 400, "ValidationException"),
        ({**SIGNED, "X-Amz-Target": "SageMaker.DescribeLabelingJob"}, b"{}", 400, "ValidationException"),
        (
            {**SIGNED, "X-Amz-Target": "SageMaker.ListLabelingJobs"},
            b'{"Color": 1}',
            400,
            "ValidationException",
        ),
    ],
)
def test_a_request_that_is_none_is_refused(
    services: JobServices, headers: dict[str, str], body: bytes, status: int, code: str
) -> None:
    """Unsigned, unknown, misdirected and malformed requests get the refusals of AWS."""
    answered, _, error = _ask(services, headers, body)
    assert answered == status
    assert error["__type"].startswith(code)


def test_every_answer_has_a_date_in_whole_seconds(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """The Date header is the clock's time without fractions, in refusals too; the ledger keeps the exact moment."""
    clock.advance(61.9)
    answer = client_of("sagemaker").list_labeling_jobs()
    assert answer["ResponseMetadata"]["HTTPHeaders"]["date"] == "Sun, 22 Nov 2026 12:01:01 GMT"
    place = "sagemaker.labeling/111122223333/us-east-1"
    assert services.ledger.first_listed == {place: NOON + timedelta(seconds=61)}
    status, date, _ = _ask(services, {})
    assert (status, date) == (403, "Sun, 22 Nov 2026 12:01:01 GMT")


def test_the_first_list_answer_of_a_place_is_its_beginning(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """T0 is the date of a place's first list answer: neither a look nor a refusal nor another region sets it."""
    services.add(labeling_job("cats", created_at=LONG_AGO))
    client = client_of("sagemaker")
    client.describe_labeling_job(LabelingJobName="cats")
    services.faults.throttle(1)
    with pytest.raises(client.exceptions.ClientError):
        client.list_labeling_jobs()
    clock.advance(5)
    client.list_labeling_jobs()
    clock.advance(5)
    client.list_labeling_jobs()
    client_of("rekognition", "eu-west-1").list_media_analysis_jobs()
    assert services.ledger.first_listed == {
        "sagemaker.labeling/111122223333/us-east-1": NOON + timedelta(seconds=5),
        "rekognition.media_analysis/111122223333/eu-west-1": NOON + timedelta(seconds=10),
    }


def test_a_job_that_its_service_could_not_show_is_refused(services: JobServices) -> None:
    """A simulation cannot drift into fiction: a script outside the model does not get in."""
    with pytest.raises(FictionError, match="Canceled"):
        services.add(labeling_job("cats", created_at=LONG_AGO, ends="Canceled"))
    with pytest.raises(FictionError, match="JobName"):
        services.add(media_analysis_job("a b", created_at=LONG_AGO))
    assert services.jobs() == []


def test_an_answer_outside_the_model_is_never_sent_and_never_forgotten() -> None:
    """What slips in is refused when it is to be shown, and the server says so again when it stops."""
    services = JobServices()
    services.labeling.world.put(labeling_job("cats", created_at=LONG_AGO, ends="Napping"))
    answers = []
    with pytest.raises(FictionError, match=r"LabelingJobStatus: 'Napping' is none of"), services:
        answers.append(_ask(services, {**SIGNED, "X-Amz-Target": "SageMaker.ListLabelingJobs"}))
    ((status, _, error),) = answers
    assert (status, error["__type"]) == (500, "FictionError")
    assert len(services.ledger) == 0


def test_calls_are_counted(services: JobServices, client_of: ClientOf) -> None:
    """A test can see what was asked and how it was answered."""
    client = client_of("sagemaker")
    services.faults.throttle(1)
    with pytest.raises(client.exceptions.ClientError):
        client.list_labeling_jobs()
    client.list_labeling_jobs(MaxResults=5)
    assert [(asked.operation, asked.code, asked.parameters) for asked in services.calls] == [
        ("ListLabelingJobs", "ThrottlingException", {}),
        ("ListLabelingJobs", "", {"MaxResults": 5}),
    ]


def test_the_environment_names_every_endpoint(services: JobServices) -> None:
    """botocore finds each service through its own variable."""
    named = ("SAGEMAKER", "REKOGNITION", "BEDROCK", "GLUE", "BATCH", "TRANSCRIBE")
    assert services.environment() == {f"AWS_ENDPOINT_URL_{name}": services.url for name in named}
    assert services.url.startswith("http://127.0.0.1:")


def test_connections_stay_open_and_no_thread_stays_behind() -> None:
    """Calls of one client share a connection; stopping cuts it, and hanging answers with it, and leaves no thread."""
    before = set(threading.enumerate())
    with JobServices() as services:
        services.faults.hang(1, seconds=60)
        connection = http.client.HTTPConnection(services.url.removeprefix("http://"), timeout=5)
        sockets = set()
        for _ in range(3):
            connection.request("POST", "/", b"{}")
            connection.getresponse().read()
            sockets.add(connection.sock)
        assert len(sockets) == 1
        connection.request("POST", "/", b"{}", {**SIGNED, "X-Amz-Target": "SageMaker.ListLabelingJobs"})
    connection.close()
    assert set(threading.enumerate()) == before


def test_a_stopped_server_says_that_it_is_not_running() -> None:
    """Its address is only good inside the with block."""
    with pytest.raises(RuntimeError, match="not running"):
        _ = JobServices().url
