from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, NoCredentialsError, SSLError

from jobherald.errors import JobheraldError
from jobherald.flows.look import look
from jobherald.flows.poll import poll
from jobherald.flows.visit import Limits
from jobherald.local.clock import ManualClock
from jobherald.local.services import Fault, JobServices, labeling_job
from jobherald.local.services.faults import Kind
from jobherald.local.web import Answer, LocalServer, Request
from jobherald.model import Place, State
from jobherald.providers.aws import AwsLister
from jobherald.submit.labeling import LabelingRequest
from jobherald.submit.media_analysis import MediaAnalysisRequest
from jobherald.submit.refusals import Attempt, StartError, UnansweredError, refused
from jobherald.submit.start import Started, start
from jobherald.watch import Look, PlaceRecord, Poll, Rule, Scope
from tests.fakes.ports import FakeQueues
from tests.fakes.store import MemoryStore
from tests.fakes.time import FakeClock, FakeDeadline
from tests.submit.requests import BOUNDING_BOX

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
ACCOUNT = "111122223333"
LABELING = Place("sagemaker.labeling", ACCOUNT, "us-east-1")
MEDIA = Place("rekognition.media_analysis", ACCOUNT, "us-east-1")
SIGNS = LabelingRequest.model_validate(BOUNDING_BOX)
ARN = "arn:aws:sagemaker:us-east-1:111122223333:labeling-job/street-signs"
IMAGES: dict[str, Any] = {
    "JobName": "moderation",
    "OperationsConfig": {"DetectModerationLabels": {}},
    "Input": {"S3Object": {"Bucket": "my-media", "Name": "in/batch.jsonl"}},
    "OutputConfig": {"S3Bucket": "my-results"},
}
MODERATION = MediaAnalysisRequest.model_validate(IMAGES)

ClientOf = Callable[..., Any]


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    return boto3.Session()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def services(clock: ManualClock) -> Iterator[JobServices]:
    with JobServices(clock=clock) as running:
        yield running


@pytest.fixture
def client_of(session: boto3.Session) -> Iterator[ClientOf]:
    """A client that tries once, and waits for ``patience`` seconds."""
    clients: list[Any] = []

    def make(url: str, service: str = "sagemaker", patience: float = 10) -> Any:
        made: Any = session.client
        clients.append(
            made(
                service,
                region_name="us-east-1",
                endpoint_url=url,
                aws_access_key_id=ACCOUNT,
                aws_secret_access_key="x",
                config=Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=patience),
            )
        )
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def refusal_of(run: Callable[[], Started]) -> StartError:
    with pytest.raises(StartError) as caught:
        run()
    return caught.value


def asked(services: JobServices) -> list[str]:
    return [call.operation for call in services.calls]


class TestLabeling:
    def test_a_job_is_started_by_one_call_and_looked_at_at_once(
        self, services: JobServices, client_of: ClientOf
    ) -> None:
        """The look names the job by both its names; the time is that of the service's answer."""
        queues = FakeQueues()
        started = start(SIGNS, client_of(services.url), queues, LABELING)
        assert started == Started("sagemaker.labeling", ARN, "Street-signs", NOON, registered=True)
        assert queues.looked == [Look(LABELING, ARN, "Street-signs")]
        (call,) = services.calls
        assert (call.operation, call.parameters) == ("CreateLabelingJob", BOUNDING_BOX)

    def test_without_a_deployment_it_is_started_all_the_same(
        self, services: JobServices, client_of: ClientOf
    ) -> None:
        """And not said to be registered."""
        assert not start(SIGNS, client_of(services.url)).registered
        assert len(services.jobs()) == 1

    @pytest.mark.parametrize(
        ("error", "says"),
        [
            (JobheraldError("SQS took 0 of 1 messages"), "JobheraldError"),
            (ClientError({"Error": {"Code": "AccessDenied"}}, "SendMessageBatch"), "AccessDenied"),
            (OSError("no route"), "OSError"),
        ],
    )
    def test_a_queue_that_fails_is_a_warning(
        self, services: JobServices, client_of: ClientOf, error: Exception, says: str
    ) -> None:
        """The job runs: what its start answered is told, with where else the job will be seen."""

        class Failing(FakeQueues):
            def looks(self, looks: Sequence[Look]) -> None:
                raise error

        started = start(SIGNS, client_of(services.url), Failing(), LABELING)
        assert (started.id, started.registered) == (ARN, False)
        (warning,) = started.warnings
        assert f"({says})" in warning
        assert "its next poll finds the job" in warning


class TestWatching:
    @pytest.fixture
    def store(self) -> MemoryStore:
        """A deployment that has watched the place for a while."""
        before = NOON - timedelta(days=1)
        record = PlaceRecord(LABELING, Scope((Rule("all"),)), before, revision=1)
        store = MemoryStore()
        store.save_place(replace(record, baseline_at=before, news_at=before, settled_at=before))
        return store

    @pytest.fixture
    def lister(self, services: JobServices, client_of: ClientOf) -> AwsLister:
        return AwsLister(lambda service, region: client_of(services.url, service))

    def test_the_look_that_was_queued_remembers_the_job(
        self, services: JobServices, client_of: ClientOf, store: MemoryStore, lister: AwsLister
    ) -> None:
        """From its first second, before any poll."""
        queues = FakeQueues()
        start(SIGNS, client_of(services.url), queues, LABELING)
        assert look(queues.looked[0], lister, store).outcome == "seen"
        assert [job.state for job in store.open_jobs(LABELING).values()] == [State.QUEUED]

    def test_a_crash_before_it_was_queued_is_made_up_for_by_the_next_poll(
        self,
        services: JobServices,
        clock: ManualClock,
        client_of: ClientOf,
        store: MemoryStore,
        lister: AwsLister,
    ) -> None:
        """The job is found as any other, and told."""

        class Dying(FakeQueues):
            def looks(self, looks: Sequence[Look]) -> None:
                raise SystemExit

        with pytest.raises(SystemExit):
            start(SIGNS, client_of(services.url), Dying(), LABELING)
        clock.advance(5)
        poll(Poll(LABELING, NOON), lister, store, FakeClock(NOON), FakeDeadline(), Limits())
        ((key, job),) = store.open_jobs(LABELING).items()
        assert (key.id, job.state, job.announced) == (ARN, State.RUNNING, True)


class TestRefusals:
    def test_a_name_that_is_taken(self, services: JobServices, client_of: ClientOf) -> None:
        """In any case of its letters; nothing is queued."""
        services.add(labeling_job("street-SIGNS", created_at=NOON))
        queues = FakeQueues()
        error = refusal_of(lambda: start(SIGNS, client_of(services.url), queues, LABELING))
        assert (error.kind, error.code) == ("taken", "ResourceInUse")
        assert str(error) == (
            "Street-signs was not started: a labeling job called Street-signs is already in us-east-1. Choose another"
            " name: it may not differ in upper and lower case alone, and that of a job that has ended is not free either."
        )
        assert queues.looked == []

    def test_a_quota_that_is_used_up(self, services: JobServices, client_of: ClientOf) -> None:
        """In the service's own words, with what to do."""
        services.labeling.quota = 0
        error = refusal_of(lambda: start(SIGNS, client_of(services.url)))
        assert (error.kind, error.code) == ("limit", "ResourceLimitExceeded")
        assert "'Number of labeling jobs' is 0" in str(error)
        assert "Service Quotas" in str(error)

    @pytest.mark.parametrize(
        ("code", "message", "status", "kind", "says"),
        [
            (
                "AccessDeniedException",
                "User: me is not authorized to perform: iam:PassRole on resource: r",
                400,
                "denied",
                f"needs it on {BOUNDING_BOX['RoleArn']}, with sagemaker.amazonaws.com as iam:PassedToService",
            ),
            (
                "AccessDeniedException",
                "User: me is not authorized to perform: sagemaker:AddTags on resource: r",
                400,
                "denied",
                "Use credentials that may do sagemaker:AddTags.",
            ),
            (
                "AccessDeniedException",
                "no",
                400,
                "denied",
                "Use credentials that may do sagemaker:CreateLabelingJob.",
            ),
            (
                "ThrottlingException",
                "Rate exceeded",
                400,
                "throttled",
                "(ThrottlingException). Wait a minute",
            ),
            (
                "ThrottlingException",
                "Rate exceeded",
                503,
                "throttled",
                "(ThrottlingException). Wait a minute",
            ),
            (
                "ValidationException",
                "Could not assume role\n  arn:aws:iam::1:role/x.",
                400,
                "refused",
                "found the request wrong: Could not assume role arn:aws:iam::1:role/x (ValidationException). Correct it",
            ),
            (
                "ValidationException",
                " ",
                400,
                "refused",
                "found the request wrong: ValidationException. Correct it",
            ),
            (
                "InvalidSignatureException",
                "The Canonical String should have been: verysecret",
                403,
                "credentials",
                "the AWS credentials were not taken (InvalidSignatureException). Renew them",
            ),
            (
                "ExpiredTokenException",
                "verysecret",
                400,
                "credentials",
                "(ExpiredTokenException). Renew them",
            ),
        ],
    )
    def test_each_says_that_nothing_was_started_and_what_to_do(
        self,
        services: JobServices,
        client_of: ClientOf,
        code: str,
        message: str,
        status: int,
        kind: str,
        says: str,
    ) -> None:
        """By kind for programs, in a sentence for people, and never with a word that may hold a signature."""
        services.faults.add(Fault(Kind.REFUSE, status=status, code=code, message=message))
        error = refusal_of(lambda: start(SIGNS, client_of(services.url)))
        assert (error.kind, error.code) == (kind, code)
        assert str(error).startswith("Street-signs was not started: ")
        assert says in str(error)
        assert "verysecret" not in str(error)
        assert asked(services) == ["CreateLabelingJob"]

    def test_a_long_message_is_cut(self, services: JobServices, client_of: ClientOf) -> None:
        """A service may repeat the whole request."""
        services.faults.add(Fault(Kind.REFUSE, code="ValidationException", message="x" * 5000))
        assert len(str(refusal_of(lambda: start(SIGNS, client_of(services.url))))) < 700

    def test_a_service_that_is_not_there(self, client_of: ClientOf) -> None:
        """Nothing was sent, so nothing was started."""
        error = refusal_of(lambda: start(SIGNS, client_of("http://127.0.0.1:9")))
        assert (error.kind, error.code) == ("unsent", "EndpointConnectionError")
        assert "cannot be reached" in str(error)

    def test_a_certificate_that_is_refused(self) -> None:
        """No request is sent before the certificate was checked."""
        attempt = Attempt("CreateLabelingJob", "SageMaker", "us-east-1", "signs")
        fault = SSLError(endpoint_url="https://x", error=OSError("[SSL: CERTIFICATE_VERIFY_FAILED]"))
        error = refused(attempt, fault)
        assert isinstance(error, StartError)
        assert error.kind == "unsent"

    def test_an_encryption_that_breaks_under_way(self) -> None:
        """The request may have arrived: nobody may say that nothing was started."""
        attempt = Attempt("CreateLabelingJob", "SageMaker", "us-east-1", "signs")
        fault = SSLError(
            endpoint_url="https://x", error=OSError("[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC]")
        )
        assert isinstance(refused(attempt, fault), UnansweredError)

    def test_a_request_that_botocore_does_not_send(self, services: JobServices, client_of: ClientOf) -> None:
        """What is no request at all is the caller's, and is said."""
        error = refusal_of(
            lambda: start(SIGNS.model_copy(update={"RoleArn": "short"}), client_of(services.url))
        )
        assert error.kind == "refused"
        assert "RoleArn" in str(error)
        assert services.calls == []

    def test_missing_credentials_are_botocores_own_error(
        self, monkeypatch: pytest.MonkeyPatch, services: JobServices
    ) -> None:
        """Whoever called knows best where the credentials should have come from."""
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        client = boto3.Session().client("sagemaker", region_name="us-east-1", endpoint_url=services.url)
        with pytest.raises(NoCredentialsError):
            start(SIGNS, client)
        client.close()


class Page(LocalServer):
    """A proxy that answers everything with a page."""

    def respond(self, request: Request) -> Answer:
        return Answer(200, b"<html>Log in</html>", {"Content-Type": "text/html"})


class TestNoAnswer:
    def test_a_job_that_was_started_is_found_by_its_name(
        self, services: JobServices, client_of: ClientOf
    ) -> None:
        """The call had done its work: the job is the one that it made, and is looked at as any other."""
        services.faults.delay(seconds=5, operation="CreateLabelingJob")
        queues = FakeQueues()
        started = start(SIGNS, client_of(services.url, patience=0.3), queues, LABELING)
        assert (started.id, started.created_at, started.registered) == (ARN, NOON, True)
        assert queues.looked == [Look(LABELING, ARN, "Street-signs")]
        assert started.warnings == (
            "SageMaker did not answer the call (ReadTimeoutError), but the job is there: it was started.",
        )
        assert asked(services) == ["CreateLabelingJob", "DescribeLabelingJob"]

    def test_an_older_job_of_that_name_is_somebody_elses(
        self, services: JobServices, clock: ManualClock, client_of: ClientOf
    ) -> None:
        """By the service's own clock, whatever ours says; nothing is queued."""
        services.add(labeling_job("Street-signs", created_at=NOON))
        clock.advance(60)
        services.faults.drop(operation="CreateLabelingJob")
        queues = FakeQueues()
        error = refusal_of(lambda: start(SIGNS, client_of(services.url), queues, LABELING))
        assert error.kind == "taken"
        assert "created in us-east-1 before, at 2026-11-22 12:00 UTC" in str(error)
        assert queues.looked == []

    def test_a_job_that_is_not_to_be_seen_may_still_come(
        self, services: JobServices, client_of: ClientOf
    ) -> None:
        """How to look, and that a second try can do no harm."""
        services.faults.drop(operation="CreateLabelingJob")
        error = refusal_of(lambda: start(SIGNS, client_of(services.url)))
        assert (error.kind, error.code) == ("unknown", "ConnectionClosedError")
        assert "no job of that name is to be seen yet" in str(error)
        assert "--labeling-job-name Street-signs --region us-east-1." in str(error)
        assert "To start it again is safe" in str(error)

    def test_a_look_that_fails_too_is_said(self, services: JobServices, client_of: ClientOf) -> None:
        """Two calls without an answer leave it open."""
        services.faults.drop(2)
        error = refusal_of(lambda: start(SIGNS, client_of(services.url)))
        assert error.kind == "unknown"
        assert "looking for it failed as well (ConnectionClosedError)" in str(error)

    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_an_error_of_the_server_tells_nothing(
        self, services: JobServices, client_of: ClientOf, status: int
    ) -> None:
        """It may have come after the job was made."""
        services.faults.fail(status=status, operation="CreateLabelingJob")
        assert refusal_of(lambda: start(SIGNS, client_of(services.url))).kind == "unknown"

    def test_a_page_of_a_proxy_is_no_answer(self, client_of: ClientOf) -> None:
        """botocore takes it for one, without members."""
        with Page() as proxy:
            error = refusal_of(lambda: start(SIGNS, client_of(proxy.url)))
            moderation = refusal_of(lambda: start(MODERATION, client_of(proxy.url, "rekognition")))
        assert error.kind == moderation.kind == "unknown"
        assert "looking for it failed as well (an answer without LabelingJobArn)" in str(error)


class TestMediaAnalysis:
    def test_a_job_is_started_and_looked_at_at_once(self, services: JobServices, client_of: ClientOf) -> None:
        """By its id, with a token of ours."""
        queues = FakeQueues()
        started = start(MODERATION, client_of(services.url, "rekognition"), queues, MEDIA)
        (job,) = services.jobs()
        assert started == Started("rekognition.media_analysis", job.id, "moderation", NOON, registered=True)
        assert queues.looked == [Look(MEDIA, job.id, "moderation")]
        (call,) = services.calls
        assert call.parameters == IMAGES | {"ClientRequestToken": call.parameters["ClientRequestToken"]}

    def test_a_token_that_is_given_is_kept(self, services: JobServices, client_of: ClientOf) -> None:
        """The same request twice is one job; another one under that token is refused."""
        client = client_of(services.url, "rekognition")
        request = MediaAnalysisRequest.model_validate(IMAGES | {"ClientRequestToken": "once"})
        assert start(request, client).id == start(request, client).id
        error = refusal_of(lambda: start(request.model_copy(update={"JobName": "other"}), client))
        assert (error.kind, error.code) == ("refused", "IdempotentParameterMismatchException")
        assert "Give this one a token of its own" in str(error)

    def test_without_an_answer_the_token_is_told(self, services: JobServices, client_of: ClientOf) -> None:
        """With it the request can be repeated, and there is one job in the end."""
        services.faults.delay(seconds=5)
        client = client_of(services.url, "rekognition", patience=0.3)
        error = refusal_of(lambda: start(MODERATION, client))
        token = services.calls[0].parameters["ClientRequestToken"]
        assert error.kind == "unknown"
        assert f"with the ClientRequestToken {token}:" in str(error)
        again = MediaAnalysisRequest.model_validate(IMAGES | {"ClientRequestToken": token})
        assert start(again, client).id == services.jobs()[0].id
        assert len(services.jobs()) == 1

    def test_too_many_at_once(self, services: JobServices, client_of: ClientOf) -> None:
        """A job without a name is called the job."""
        services.media_analysis.quota = 0
        request = MODERATION.model_copy(update={"JobName": None})
        error = refusal_of(lambda: start(request, client_of(services.url, "rekognition")))
        assert (error.kind, error.code) == ("limit", "LimitExceededException")
        assert str(error).startswith("The job was not started: Rekognition takes no further job in us-east-1")


def test_a_start_takes_no_longer_than_its_calls(services: JobServices, client_of: ClientOf) -> None:
    """One read timeout for the call and one for the look: nothing here waits for better times."""
    services.faults.hang(2, seconds=5)
    began = datetime.now(UTC)
    refusal_of(lambda: start(SIGNS, client_of(services.url, patience=0.3)))
    assert datetime.now(UTC) - began < timedelta(seconds=3)
