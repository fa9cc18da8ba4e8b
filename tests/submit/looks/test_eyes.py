"""Bounded looks: each call once, within its limits, and every refusal in words that hold no secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
import pytest

from jobherald.submit.looks.eyes import (
    OPERATIONS,
    AbsentError,
    DeniedError,
    Eyes,
    Limits,
    UnseenError,
)
from tests.providers.jobservice import Answer, Service, error
from tests.submit.looks.raw import Raw, answering, towards
from tests.submit.looks.world import SECRETS
from tests.submit.requests import REGION

NAME = {"LabelingJobName": "signs"}


@pytest.fixture
def raw() -> Raw:
    return Raw()


@pytest.fixture
def s3(raw: Raw) -> Iterator[Eyes]:
    """Eyes whose S3 is the raw server."""
    with answering(raw) as url:
        yield Eyes(towards(url), REGION)


@pytest.fixture
def service(sagemaker: tuple[Service, str]) -> Service:
    sagemaker[0].reset()
    return sagemaker[0]


@pytest.fixture
def eyes(service: Service, sagemaker: tuple[Service, str]) -> Eyes:
    return Eyes(towards(sagemaker[1]), REGION)


def refusal(ask: Callable[[], object]) -> UnseenError:
    with pytest.raises(UnseenError) as raised:
        ask()
    return raised.value


def describe(eyes: Eyes) -> object:
    return eyes.ask("sagemaker", "DescribeLabelingJob", **NAME)


def test_what_was_asked_once_is_remembered(service: Service, eyes: Eyes) -> None:
    """Two looks that need the same answer share it."""
    service.on("DescribeLabelingJob", {"LabelingJobName": "signs"})

    assert describe(eyes) is describe(eyes)
    assert len(service.asked) == eyes.calls == 1


def test_a_refusal_is_remembered_too(service: Service, eyes: Eyes) -> None:
    """Who is denied once is not asked for again in the same breath."""
    service.on("DescribeLabelingJob", error("AccessDeniedException"))

    assert refusal(lambda: describe(eyes)) is refusal(lambda: describe(eyes))
    assert len(service.asked) == 1


def test_only_known_operations_can_be_asked_for(eyes: Eyes) -> None:
    """What is not in the table of reading operations cannot be called."""
    with pytest.raises(KeyError):
        eyes.ask("sagemaker", "StopLabelingJob", **NAME)


def test_every_operation_reads_and_is_there() -> None:
    """The table names operations that botocore knows, and none that changes anything."""
    session = botocore.session.get_session()

    for service, operation in OPERATIONS:
        session.get_service_model(service).operation_model(operation)
        assert operation.startswith(("Describe", "Get", "Head", "List", "Simulate"))


@pytest.mark.parametrize(
    "answer",
    [
        error("ResourceNotFound"),
        error("ResourceNotFoundException"),
        error("ValidationException", "Requested resource not found."),
        error("ValidationException", "The work team does not exist"),
    ],
)
def test_what_is_not_there_is_absent(service: Service, eyes: Eyes, answer: Answer) -> None:
    """Services say so in several ways; SageMaker with an error that it has for everything."""
    service.on("DescribeLabelingJob", answer)

    with pytest.raises(AbsentError):
        describe(eyes)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (error("AccessDeniedException"), "sagemaker:DescribeLabelingJob is denied (AccessDeniedException)"),
        (error("Strange", status=403), "sagemaker:DescribeLabelingJob is denied (Strange)"),
        (error("ValidationException"), "sagemaker:DescribeLabelingJob was refused (ValidationException)"),
        (error("ThrottlingException"), "sagemaker:DescribeLabelingJob was refused (ThrottlingException)"),
        (error("ServiceUnavailable", status=503), "sagemaker:DescribeLabelingJob was refused"),
        (error("ExpiredTokenException"), "the credentials were not taken (ExpiredTokenException)"),
        (error("a b <script>"), "sagemaker:DescribeLabelingJob was refused (an unknown error)"),
        (Answer({"CreationTime": "never"}), "sagemaker:DescribeLabelingJob had no answer that could be read"),
    ],
)
def test_a_refusal_says_why_and_what_it_takes(
    service: Service, eyes: Eyes, answer: Answer, reason: str
) -> None:
    """Each has a reason, and a remedy that names the permission."""
    service.on("DescribeLabelingJob", answer)

    told = refusal(lambda: describe(eyes))

    assert told.reason.startswith(reason)
    assert "sagemaker:DescribeLabelingJob" in told.remedy


def test_no_text_repeats_what_a_service_said(service: Service, eyes: Eyes) -> None:
    """A message of AWS's may hold the request as it was signed."""
    message = f"The Canonical String was {SECRETS[2]} {SECRETS[0]}"
    service.on("DescribeLabelingJob", error("SignatureDoesNotMatch", message, 403))

    told = refusal(lambda: describe(eyes))

    assert not any(secret in f"{told}" for secret in SECRETS)


def test_a_head_request_has_only_its_status(raw: Raw, s3: Eyes) -> None:
    """S3 answers HEAD without a body: 404 is absent, 403 denied, and its headers are kept."""
    raw.status, raw.headers = 403, {"x-amz-bucket-region": "eu-west-1"}

    with pytest.raises(DeniedError) as denied:
        s3.ask("s3", "HeadBucket", Bucket="my-bucket")
    raw.status = 404
    with pytest.raises(AbsentError):
        s3.ask("s3", "HeadObject", Bucket="my-bucket", Key="a")

    assert denied.value.reason == "s3:ListBucket is denied (403)"
    assert denied.value.headers["x-amz-bucket-region"] == "eu-west-1"


def test_a_name_that_cannot_be_asked_for_is_said(s3: Eyes, raw: Raw) -> None:
    """botocore refuses some names before it sends anything."""
    told = refusal(lambda: s3.ask("s3", "HeadBucket", Bucket="my bucket"))

    assert told.reason == "s3:ListBucket cannot be asked about such a name"
    assert raw.asked == 0


def test_who_has_no_credentials_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be looked at then, and that is no reason to fail."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    session = botocore.session.get_session()
    eyes = Eyes(session.create_client, REGION)

    assert refusal(lambda: describe(eyes)).reason == "there are no credentials (NoCredentialsError)"


def test_a_service_that_does_not_answer_is_asked_once(raw: Raw) -> None:
    """Its next questions end at once, in place of waiting as long again."""
    raw.delay = 1.0
    with answering(raw) as url:
        eyes = Eyes(towards(url, read_timeout=0.2), REGION)

        first = refusal(lambda: eyes.ask("s3", "HeadBucket", Bucket="my-bucket"))
        second = refusal(lambda: eyes.ask("s3", "HeadBucket", Bucket="your-bucket"))

    assert first.reason == second.reason == f"s3 in {REGION} does not answer (ReadTimeoutError)"
    assert raw.asked == eyes.calls == 1


def test_a_port_where_nobody_listens_is_no_answer(raw: Raw) -> None:
    """A service that is down is a reason, not an exception."""
    with answering(raw) as url:
        pass

    told = refusal(lambda: Eyes(towards(url), REGION).ask("s3", "HeadBucket", Bucket="my-bucket"))

    assert told.reason == f"s3 in {REGION} does not answer (EndpointConnectionError)"


def test_a_factory_that_fails_is_no_answer() -> None:
    """Even a client that cannot be made stops nothing."""

    def broken(name: str, region: str) -> Any:
        raise RuntimeError(SECRETS[1])

    told = refusal(lambda: describe(Eyes(broken, REGION)))

    assert "(RuntimeError)" in told.reason
    assert SECRETS[1] not in str(told)


def test_calls_are_bounded(service: Service, sagemaker: tuple[Service, str]) -> None:
    """What goes beyond is not asked, and said."""
    service.on("DescribeLabelingJob", {})
    eyes = Eyes(towards(sagemaker[1]), REGION, Limits(calls=2))

    for name in "ab":
        eyes.ask("sagemaker", "DescribeLabelingJob", LabelingJobName=name)
    told = refusal(lambda: eyes.ask("sagemaker", "DescribeLabelingJob", LabelingJobName="c"))

    assert told.reason == "the 2 calls that looks may make are used up"
    assert len(service.asked) == 2


def test_time_is_bounded(service: Service, sagemaker: tuple[Service, str]) -> None:
    """Whoever waits for the answer does not wait for ever."""
    service.on("DescribeLabelingJob", {})
    now = 100.0
    eyes = Eyes(towards(sagemaker[1]), REGION, Limits(seconds=5), lambda: now)

    describe(eyes)
    now = 105.0
    told = refusal(lambda: eyes.ask("sagemaker", "DescribeLabelingJob", LabelingJobName="late"))

    assert told.reason == "the 5 s that looks may take are over"


def test_bytes_are_bounded(raw: Raw) -> None:
    """A body that goes beyond is not taken for a whole one."""
    raw.body = b"x" * 100
    with answering(raw) as url:
        eyes = Eyes(towards(url), REGION, Limits(octets=150))

        first = eyes.ask("s3", "GetObject", Bucket="my-bucket", Key="a")
        told = refusal(lambda: eyes.ask("s3", "GetObject", Bucket="my-bucket", Key="b"))

    assert first["Body"] == raw.body
    assert told.reason == "the 150 bytes that looks may read are used up"
    assert eyes.octets == 150
