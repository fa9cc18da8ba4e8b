"""The function of the HTTP API behind a gateway, on moto and a SageMaker over HTTP."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from botocore.exceptions import ClientError

from functions.api import app
from jobherald import bootstrap
from jobherald.model import JobKey, Place, State
from jobherald.submit import looks
from jobherald.submit.looks.name import TAKEN
from jobherald.watch import PlaceRecord, Rule, Scope
from tests.api.deployment import deployed_api
from tests.api.gateway import Answer, Gateway
from tests.fakes.things import at, change, job
from tests.functions.stage import ACCOUNT, CONTEXT, Stage, cases, forget, payload
from tests.providers.jobservice import DATE, LABELING
from tests.providers.jobservice import Answer as ServiceAnswer
from tests.providers.jobservice import error as service_error
from tests.submit.requests import BOUNDING_BOX, LIMIT, edited

ROLE = BOUNDING_BOX["RoleArn"]
NAME = BOUNDING_BOX["LabelingJobName"]
ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:labeling-job/street-signs"
KEY = JobKey(LABELING, ARN)
POST = "/labeling-jobs?looks=false"

gateway = Gateway(app.handler)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A deployment that may start jobs."""
    with deployed_api(monkeypatch) as made:
        yield made


class Log(io.StringIO):
    """What the function logs."""

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    """Of every level."""
    made = Log()
    monkeypatch.setattr(app.logger.registered_handler, "stream", made)
    monkeypatch.setattr(app.logger, "level", logging.DEBUG)
    return made


def started(api: Stage) -> list[dict[str, Any]]:
    """The requests that reached CreateLabelingJob."""
    return [body for operation, body in api.service.asked if operation == "CreateLabelingJob"]


def remember(*names: str) -> None:
    for number, name in enumerate(names):
        key = JobKey(LABELING, f"{ARN}-{name}")
        one = job(State.FAILED, key=key, created_at=at(number), name=name)
        bootstrap.store().write(one, change(one))


class TestReading:
    def test_jobs_are_listed_page_by_page(self, deployed: Stage) -> None:
        """Of every source, through the real table."""
        remember("a", "b", "c")
        media = JobKey(Place("rekognition.media_analysis", ACCOUNT, "us-east-1"), "m")
        bootstrap.store().write(job(key=media, created_at=at(1), name="m"), None)
        seen, token = [], ""
        for _ in range(2):
            page = gateway.get(f"/jobs?limit=2{token}").data
            seen += [each["name"] for each in page["jobs"]]
            token = f"&token={page['next_token']}"
        assert (seen[0], sorted(seen[1:3]), seen[3]) == ("c", ["b", "m"], "a")
        assert page["next_token"] is None

    def test_a_service_that_is_deployed_as_a_whole_is_listed(
        self, deployed: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its name stands for all that the catalogue has of it."""
        monkeypatch.setenv("SOURCES", "rekognition.*,sagemaker.*")
        bootstrap.sources.cache_clear()
        remember("cats")
        assert [each["name"] for each in gateway.get("/jobs").data["jobs"]] == ["cats"]
        assert gateway.get("/jobs?source=sagemaker.training").data["jobs"] == []

    def test_a_job_tells_its_story(self, deployed: Stage) -> None:
        """By the id of a list, encoded as a URL has it, or by the service's id."""
        remember("a")
        (listed,) = gateway.get("/jobs?name_contains=A&state=failed").data["jobs"]
        story = gateway.get(f"/jobs/{quote(listed['id'], safe='')}").data
        assert (story["id"], story["created_at"]) == (listed["id"], listed["created_at"])
        assert [each["state"] for each in story["changes"]] == ["failed"]
        assert gateway.get(f"/jobs/{quote(listed['service_id'], safe='')}").data == story
        assert gateway.get(f"/jobs/{listed['id']}").data == story

    def test_what_the_command_prints_is_what_the_api_tells(self, deployed: Stage) -> None:
        """One form of a job, wherever it is asked for."""
        from jobherald.api import forms

        remember("a")
        key = f"{KEY.text}-a"
        found = bootstrap.store().story(key)
        assert found is not None
        printed = json.loads(forms.to_json(forms.story(found)))
        told = gateway.get(f"/jobs/{quote(key, safe='')}").data
        assert {name: told[name] for name in printed} == printed

    def test_it_describes_itself(self, deployed: Stage) -> None:
        """As it is published."""
        from jobherald.api import openapi

        assert gateway.get("/openapi.json").body == openapi.document()

    @pytest.mark.parametrize("url", ["/", "/job", "/jobs/", "/openapi.yaml"])
    def test_there_is_nothing_else(self, url: str, deployed: Stage) -> None:
        """API Gateway knows no such route."""
        assert gateway.get(url).status == 404

    def test_a_route_that_only_the_gateway_knows_is_not_found(self, deployed: Stage) -> None:
        """Should the two ever differ."""
        event = payload("api", "no-jobs")
        event["rawPath"] = event["requestContext"]["http"]["path"] = "/nothing"
        answer = app.handler(event, CONTEXT)
        assert (answer["statusCode"], json.loads(answer["body"])["error"]["code"]) == (404, "NOT_FOUND")

    def test_answers_are_json_that_nobody_keeps(self, deployed: Stage) -> None:
        """A proxy's copy would outlive the state that it tells of."""
        for answer in (gateway.get("/jobs"), gateway.get("/jobs?limit=x")):
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["cache-control"] == "no-store"


class TestStarting:
    def test_a_job_is_started_and_looked_at(self, api: Stage) -> None:
        """One call, with exactly what was sent; one message for the poll function."""
        answer = gateway.post(POST, BOUNDING_BOX)
        assert answer.status == 201
        assert answer.data == {
            "id": KEY.text,
            "created_at": "2026-11-22T11:00:00Z",
            "service_id": ARN,
            "registered": True,
            "name": NAME,
            "source": "sagemaker.labeling",
            "region": "us-east-1",
            "findings": [],
            "notes": [],
        }
        assert DATE == "Sun, 22 Nov 2026 11:00:00 GMT"
        assert started(api) == [BOUNDING_BOX]
        (look,) = api.taken(api.looks_url)
        assert (look["id"], look["name"], look["place"]["source"]) == (ARN, NAME, LABELING.source)

    def test_its_id_leads_to_its_story(self, api: Stage) -> None:
        """Once it was looked at, as the poll function does."""
        made = gateway.post(POST, BOUNDING_BOX).data
        assert gateway.get(f"/jobs/{quote(made['id'], safe='')}").code == (404, "NOT_FOUND")
        bootstrap.store().write(job(key=KEY, name=NAME), None)
        assert gateway.get(f"/jobs/{quote(made['id'], safe='')}").data["job"]["name"] == NAME

    def test_a_check_starts_nothing(self, api: Stage) -> None:
        """And says what would be."""
        answer = gateway.post(f"{POST}&check=true", BOUNDING_BOX, Idempotency_Key="k")
        assert (answer.status, answer.data["name"], answer.data["findings"]) == (200, NAME, [])
        assert "id" not in answer.data
        assert (started(api), api.taken(api.looks_url)) == ([], [])
        assert gateway.post(POST, BOUNDING_BOX, Idempotency_Key="k").status == 201

    def test_every_fault_is_told_at_once_and_nothing_is_started(self, api: Stage) -> None:
        """Unknown members, wrong types, broken rules, a role that is not ours to give."""
        bad = edited(BOUNDING_BOX, {"Colour": "red", LIMIT: "soon", "LabelAttributeName": "signs-ref"})
        answer = gateway.post(POST, {**bad, "RoleArn": f"{ROLE}-of-others"}, Idempotency_Key="k")
        assert answer.code == (422, "VALIDATION_ERROR")
        assert answer.faults >= {
            ("Colour", "shape.unknown-member"),
            (LIMIT, "shape.type"),
            ("RoleArn", "submit-roles"),
        }
        assert all(each["message"] and each["remedy"] for each in answer.error["details"])
        assert (started(api), api.taken(api.looks_url)) == ([], [])
        assert gateway.post(POST, BOUNDING_BOX, Idempotency_Key="k").status == 201

    @pytest.mark.parametrize("name", [NAME, NAME.upper(), NAME.lower()])
    def test_a_name_that_exists_is_refused(self, name: str, api: Stage) -> None:
        """In upper or lower case; nobody looks at a job that is not there."""
        gateway.post(POST, BOUNDING_BOX)
        api.taken(api.looks_url)
        answer = gateway.post(POST, {**BOUNDING_BOX, "LabelingJobName": name})
        assert answer.code == (409, "NAME_EXISTS")
        assert api.taken(api.looks_url) == []

    def test_a_request_that_comes_twice_starts_one_job(self, api: Stage) -> None:
        """And is answered alike."""
        first = gateway.post(POST, BOUNDING_BOX, Idempotency_Key="k")
        again = gateway.post(POST, json.dumps(BOUNDING_BOX, indent=1), Idempotency_Key="k")
        assert (again.status, again.data) == (201, first.data)
        assert len(started(api)) == 1
        assert len(api.taken(api.looks_url)) == 1
        other = gateway.post(POST, edited(BOUNDING_BOX, {LIMIT: 900}), Idempotency_Key="k")
        assert other.code == (422, "KEY_REUSED")

    def test_a_deployment_without_roles_starts_none(
        self, api: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """And says how that is changed."""
        monkeypatch.setenv("SUBMIT_ROLES", "")
        forget()
        answer = gateway.post(POST, BOUNDING_BOX)
        assert answer.code == (403, "NOT_ENABLED")
        assert "SubmitRoles" in answer.error["message"]
        assert gateway.post(f"{POST}&check=true", BOUNDING_BOX).status == 200
        assert started(api) == []

    @pytest.mark.parametrize(
        ("refusal", "code"),
        [
            (service_error("ResourceLimitExceeded"), (429, "LIMIT_REACHED")),
            (service_error("ThrottlingException"), (429, "THROTTLED")),
            (service_error("AccessDeniedException"), (403, "DENIED")),
            (service_error("UnrecognizedClientException"), (403, "DENIED")),
            (service_error("ValidationException", "RoleArn cannot be assumed"), (422, "SERVICE_REFUSED")),
            (ServiceAnswer(b"<html>", 502), (504, "UNKNOWN_OUTCOME")),
        ],
        ids=lambda value: value[1] if isinstance(value, tuple) else "",
    )
    def test_what_the_service_refuses_is_told(
        self, refusal: ServiceAnswer, code: tuple[int, str], api: Stage
    ) -> None:
        """In its own words where they help; and the request can be sent again with the same key."""
        api.service.on("CreateLabelingJob", refusal)
        api.service.on("DescribeLabelingJob", service_error("ResourceNotFound", "no such job"))
        answer = gateway.post(POST, BOUNDING_BOX, Idempotency_Key="k")
        assert answer.code == code
        assert NAME in answer.error["message"]
        assert api.taken(api.looks_url) == []
        api.service.on("CreateLabelingJob", {"LabelingJobArn": ARN})
        assert gateway.post(POST, BOUNDING_BOX, Idempotency_Key="k").status == 201

    def test_a_job_that_nobody_could_be_told_of_is_started_all_the_same(
        self, api: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The next poll finds it."""
        monkeypatch.setenv("LOOKS_QUEUE_URL", f"{api.looks_url}-gone")
        forget()
        answer = gateway.post(POST, BOUNDING_BOX)
        assert (answer.status, answer.data["registered"]) == (201, False)
        (note,) = answer.data["notes"]
        assert "its next poll finds the job" in note

    def test_a_job_that_no_watch_takes_in_is_said_so(self, api: Stage) -> None:
        """Before somebody waits for news in vain."""
        narrow = Scope((Rule("prod", name_contains="prod-"),))
        bootstrap.store().save_place(PlaceRecord(LABELING, narrow, at(0), revision=2))
        (note,) = gateway.post(f"{POST}&check=true", BOUNDING_BOX).data["notes"]
        assert note.startswith("This deployment has no watch over sagemaker.labeling in us-east-1")


class TestLooking:
    def test_what_looking_finds_wrong_starts_nothing(self, api: Stage) -> None:
        """A template that is not there, though its bucket is."""
        boto3.client("s3").create_bucket(Bucket="my-bucket")
        answer = gateway.post("/labeling-jobs", BOUNDING_BOX)
        assert answer.code == (422, "VALIDATION_ERROR")
        assert ("HumanTaskConfig.UiConfig.UiTemplateS3Uri", "look.template.missing") in answer.faults
        assert started(api) == []

    def test_a_taken_name_is_found_before_it_is_tried(
        self, api: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where nothing else is wrong it is the same refusal as the service's."""
        taken = TAKEN.found("LabelingJobName", "there is one of that name", "choose another")
        monkeypatch.setattr(looks, "run", lambda *_: [taken])
        answer = gateway.post("/labeling-jobs", BOUNDING_BOX)
        assert answer.code == (409, "NAME_EXISTS")
        assert answer.faults == {("LabelingJobName", "look.name.taken")}
        assert started(api) == []


class TestTrouble:
    def test_a_table_that_does_not_answer_is_said_so(
        self, deployed: Stage, monkeypatch: pytest.MonkeyPatch, log: Log
    ) -> None:
        """With where it happened in the log."""
        monkeypatch.setenv("TABLE_NAME", "gone")
        forget()
        answer = gateway.get("/jobs?name_contains=canary")
        assert answer.code == (503, "UNAVAILABLE")
        (line,) = [line for line in log.lines if line["level"] == "ERROR"]
        assert (line["error"], line["code"]) == ("ResourceNotFoundException", "ResourceNotFoundException")
        assert any("dynamodb.py" in frame for frame in line["at"])

    def test_a_fault_of_ours_is_answered_as_one(
        self, deployed: Stage, monkeypatch: pytest.MonkeyPatch, log: Log
    ) -> None:
        """In the form of every answer, and without what it was about."""

        def broken() -> None:
            raise ValueError("canary in a message of somebody else's")

        monkeypatch.setattr(bootstrap, "store", broken)
        answer = gateway.get("/jobs")
        assert answer.code == (500, "INTERNAL_ERROR")
        assert "canary" not in answer.text
        assert [line["error"] for line in log.lines if line["level"] == "ERROR"] == ["ValueError"]
        assert "canary" not in log.getvalue()

    def test_nothing_that_was_sent_is_logged(
        self, api: Stage, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither a body nor a query nor a header, whatever becomes of the request."""
        canary = edited(BOUNDING_BOX, {"HumanTaskConfig.TaskTitle": "canary", "LabelingJobName": "canary"})
        asked = [
            gateway.post(POST, canary, Idempotency_Key="canary"),
            gateway.post(POST, canary, Idempotency_Key="canary"),
            gateway.post(POST, canary),
            gateway.post(POST, {**canary, "Canary": "canary"}, Idempotency_Key="canary 2"),
            gateway.post(POST, '{"canary": '),
            gateway.post(f"{POST}&owner=canary&canary=1", canary),
            gateway.get("/jobs?name_contains=canary&state=canary"),
            gateway.get("/jobs?token=canary"),
            gateway.get("/jobs/canary"),
        ]

        def fails(**_: Any) -> None:
            raise ClientError({"Error": {"Code": "Canary", "Message": "canary"}}, "canary")

        monkeypatch.setattr(bootstrap.desk().queues, "looks", fails)
        asked.append(gateway.post(POST, {**canary, "LabelingJobName": "canary-2"}))
        assert {answer.status for answer in asked} == {201, 400, 404, 409, 422}
        lines = log.lines
        assert len(lines) >= len(asked)
        assert "canary" not in json.dumps(lines).replace("Canary", "").lower()


@pytest.mark.parametrize("case", cases("api"))
def test_payloads_are_answered_as_expected(case: str, api: Stage) -> None:
    """Those that `sam local invoke` takes."""
    answer = app.handler(payload("api", case), CONTEXT)
    assert answer == payload("api", f"{case}.expected")


def test_a_page_that_was_tampered_with_is_refused(deployed: Stage) -> None:
    """Nobody reads on from where we did not leave them."""
    remember("a", "b")
    token = gateway.get("/jobs?limit=1").data["next_token"]
    flipped = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
    assert gateway.get(f"/jobs?limit=1&token={flipped}").code == (400, "INVALID_TOKEN")
    assert gateway.get(f"/jobs?limit=1&state=failed&token={token}").code == (400, "INVALID_TOKEN")
    assert isinstance(gateway.get(f"/jobs?limit=1&token={token}"), Answer)
