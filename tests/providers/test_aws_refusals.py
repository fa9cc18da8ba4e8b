from __future__ import annotations

import socket
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from urllib3.exceptions import NewConnectionError

from jobherald.errors import ListingError
from jobherald.ports import Query
from jobherald.providers.aws import AwsLister
from jobherald.providers.refusals import Call, refused
from tests.providers.conftest import SECRETS
from tests.providers.jobservice import LABELING, MEDIA, Answer, Service, error

TOKEN = "a-page-token-that-nobody-should-read"


def refusal(lister: AwsLister, service: Service, answer: Answer, token: str = "") -> ListingError:
    service.on("ListLabelingJobs", answer)
    with pytest.raises(ListingError) as caught:
        lister.page(LABELING, Query(), token)
    return caught.value


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AccessDeniedException", 400, "denied"),
        ("AccessDenied", 403, "denied"),
        ("SomethingNobodyHasHeardOf", 403, "denied"),
        ("UnrecognizedClientException", 400, "denied"),
        ("InvalidSignatureException", 400, "denied"),
        ("ExpiredTokenException", 400, "denied"),
        ("ThrottlingException", 400, "throttled"),
        ("ProvisionedThroughputExceededException", 400, "throttled"),
        ("TooManyRequestsException", 429, "throttled"),
        ("LimitExceededException", 400, "throttled"),
        ("SomethingNobodyHasHeardOf", 429, "throttled"),
        ("InvalidPaginationTokenException", 400, "token"),
        ("InvalidNextToken", 400, "token"),
        ("ExpiredNextTokenException", 400, "token"),
        ("OptInRequired", 403, "off"),
        ("SubscriptionRequiredException", 400, "off"),
        ("UnknownOperationException", 400, "off"),
        ("InternalServerError", 500, "failed"),
        ("ServiceUnavailable", 503, "failed"),
        ("ValidationException", 400, "failed"),
    ],
)
def test_codes_become_kinds(code: str, status: int, kind: str, lister: AwsLister, service: Service) -> None:
    """What the poll does about it depends on the kind alone."""
    raised = refusal(lister, service, error(code, "the reason", status))

    assert (raised.kind, raised.code) == (kind, code)


@pytest.mark.parametrize(
    ("message", "token", "kind"),
    [
        ("Invalid NextToken", TOKEN, "token"),
        ("The pagination token is not valid", TOKEN, "token"),
        ("The security token is odd", TOKEN, "failed"),
        ("Invalid NextToken", "", "failed"),
    ],
)
def test_a_validation_of_the_token_is_about_the_token(
    message: str, token: str, kind: str, lister: AwsLister, service: Service
) -> None:
    """SageMaker has no code of its own for it; and only a token that was sent can be wrong."""
    assert refusal(lister, service, error("ValidationException", message), token).kind == kind


def test_a_refusal_names_operation_account_region_code_and_remedy(
    lister: AwsLister, service: Service
) -> None:
    """Whoever reads it knows where to go and what to allow."""
    said = "User: arn:aws:sts::111122223333:assumed-role/poll is not authorized: an explicit deny"

    text = str(refusal(lister, service, error("AccessDeniedException", said)))

    assert (
        "sagemaker:ListLabelingJobs is denied in account 111122223333, us-east-1 (AccessDeniedException)"
        in text
    )
    assert "Allow the action sagemaker:ListLabelingJobs in us-east-1 to the function's role" in text
    assert said in text


@pytest.mark.parametrize(
    "code", ["InvalidSignatureException", "ValidationException", "AccessDeniedException", "Odd"]
)
def test_no_refusal_repeats_a_secret(code: str, lister: AwsLister, service: Service) -> None:
    """Services repeat tokens in their messages, and signature errors the whole signed request."""
    said = f"Value '{TOKEN}' at 'nextToken' is not good\n"
    if code == "InvalidSignatureException":
        said += "x-amz-security-token:" + SECRETS[2]

    raised = refusal(lister, service, error(code, said), TOKEN)

    text = f"{raised} {raised.__cause__} {raised.code}"
    assert TOKEN not in text
    assert not any(secret in text for secret in SECRETS)
    assert "\n" not in text


def test_a_long_message_is_cut(lister: AwsLister, service: Service) -> None:
    """A page of HTML from a proxy does not become an alert."""
    assert len(str(refusal(lister, service, error("Odd", "x" * 10_000)))) < 600


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<html>I am a proxy</html>", content_type="text/html; charset=utf-8"),
        Answer(b'{"LabelingJobSummaryList": "a text"}'),
        Answer(b'{"LabelingJobSummaryList": [{"LabelCounters": "a text"}]}'),
        Answer(b'{"LabelingJobSummaryList": [{"CreationTime": "no time"}]}'),
    ],
    ids=["HTML", "text for a list", "text for a structure", "text for a time"],
)
def test_an_answer_that_botocore_cannot_read_is_a_failure(
    answer: Answer, lister: AwsLister, service: Service
) -> None:
    """Whatever its parser raises stays the trouble of this one place."""
    raised = refusal(lister, service, answer)

    assert raised.kind == "failed"
    assert "sagemaker:ListLabelingJobs failed in account 111122223333, us-east-1" in str(raised)


def test_a_closed_port_is_a_failure() -> None:
    """Nobody listens: that says nothing about the region, and the next poll tries again."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        session = botocore.session.get_session()

        def client(service: str, region: str) -> Any:
            config = Config(retries={"total_max_attempts": 1})
            url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
            return session.create_client(service, region, endpoint_url=url, config=config)

        with pytest.raises(ListingError) as caught:
            AwsLister(client).page(MEDIA, Query(), "")

    assert (caught.value.kind, caught.value.code) == ("failed", "EndpointConnectionError")


@pytest.mark.parametrize(
    ("errno", "kind"),
    [(socket.EAI_NONAME, "off"), (socket.EAI_AGAIN, "failed")],
    ids=["no such name", "no resolver"],
)
def test_a_name_that_dns_does_not_know_is_a_region_without_the_service(errno: int, kind: str) -> None:
    """A resolver that is down for the moment looks alike and is not."""
    cause = NewConnectionError(None, "Failed to resolve")  # type: ignore[arg-type]
    cause.__cause__ = socket.gaierror(errno, "no")
    raised = refused(EndpointConnectionError(endpoint_url="https://x", error=cause), Call("x:List", MEDIA))

    assert raised.kind == kind


def test_without_credentials_the_place_is_denied() -> None:
    """There is nothing to sign with."""
    assert refused(NoCredentialsError(), Call("x:List", MEDIA)).kind == "denied"


def test_a_time_out_is_a_failure() -> None:
    """The place is polled again; nothing says that it is off."""
    assert refused(ReadTimeoutError(endpoint_url="https://x"), Call("x:List", MEDIA)).kind == "failed"


def test_a_client_that_cannot_be_made_is_the_trouble_of_its_place() -> None:
    """A service that this botocore does not have must not stop the other places."""
    session = botocore.session.get_session()

    with pytest.raises(ListingError) as caught:
        AwsLister(lambda service, region: session.create_client("no-such-service", region)).page(
            MEDIA, Query(), ""
        )

    assert caught.value.kind == "failed"
