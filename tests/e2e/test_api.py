"""The deployed HTTP API, asked over HTTP by somebody in the account, and by nobody.

The emulator refuses what is not signed, and keys that it does not know, and checks no signature. That every route asks for
one is a matter of the template (tests/project/test_template.py, TestHttpApi).
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from jobherald.local.cloud import LocalCloud
from jobherald.local.services import JobServices
from jobherald.local.services.recording import Asked
from jobherald.submit.task_types import FUNCTION_ACCOUNTS
from tests.e2e.stage import Stage
from tests.project.template import as_list
from tests.submit.requests import BOUNDING_BOX, edited, of_type

pytestmark = pytest.mark.e2e

BUCKET, OTHER_BUCKET = "my-bucket", "other-bucket"
NAME = "by-http"
# Where the other stack watches nothing, so that it tells nothing of what happens here.
REGION = "eu-west-1"
PLACE = f"sagemaker.labeling/111122223333/{REGION}"
ROLE = "arn:aws:iam::111122223333:role/labeling"
REQUEST = edited(
    BOUNDING_BOX,
    {
        **of_type("BoundingBox", REGION, FUNCTION_ACCOUNTS[REGION]),
        "LabelingJobName": NAME,
        "RoleArn": ROLE,
        "HumanTaskConfig.WorkteamArn": f"arn:aws:sagemaker:{REGION}:111122223333:workteam/private-crowd/annotators",
    },
)
START = f"/labeling-jobs?region={REGION}"
UNSEEN = f"{START}&looks=false&owner=me"


@dataclass(frozen=True)
class Api:
    """The API of a stack of its own, which may start jobs. ``since`` is how many calls the job services had before it."""

    cloud: LocalCloud
    services: JobServices
    since: int

    @property
    def asked(self) -> list[Asked]:
        """What this stack asked the job services."""
        return self.services.calls[self.since :]

    def ask(
        self, method: str, url: str, body: Any = None, *, key: str | None = "111122223333", **headers: str
    ) -> tuple[int, Any]:
        """Status and JSON of an answer. ``key`` signs; None leaves the request unsigned."""
        path, question, query = url.partition("?")
        address = f"{self.cloud.endpoint}/_aws/execute-api/{self.cloud.resources['HttpApi']}/$default{path}"
        sent = None if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = AWSRequest(
            method, address + question + query, named | {"Content-Type": "application/json"}, sent
        )
        if key is not None:
            SigV4Auth(Credentials(key, "local"), "execute-api", self.cloud.region).add_auth(request)
        asked = urllib.request.Request(str(request.url), sent, dict(request.headers), method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(asked, timeout=40) as answer:  # noqa: S310
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


@pytest.fixture(scope="module")
def api(stage: Stage) -> Iterator[Api]:
    """With a role, a bucket and a watch, as somebody has them who starts jobs."""
    cloud = stage.cloud.beside("with-api")
    trusted = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    cloud.client("iam").create_role(
        RoleName="labeling",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trusted}),
    )
    for bucket in (BUCKET, OTHER_BUCKET):
        cloud.client("s3").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
    cloud.deploy(
        {
            "ScheduleState": "DISABLED",
            "PagePace": "0",
            "Sources": "sagemaker.labeling,rekognition.media_analysis",
            "Regions": REGION,
            "SubmitRoles": ROLE,
            "SubmitBuckets": BUCKET,
        }
    )
    made = Api(cloud, stage.services, len(stage.services.calls))
    place = f"place#{PLACE}"

    def settled() -> bool:
        assert not cloud.invoke("schedule", {}).error
        found = cloud.client("dynamodb").get_item(
            TableName=cloud.outputs["TableName"], Key={"pk": {"S": place}, "sk": {"S": "place"}}
        )
        return "settled" in found.get("Item", {})

    stage.until(settled)
    yield made
    cloud.delete()
    # The other stack is held to what it asked itself.
    del stage.services.calls[made.since :]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/jobs", "/jobs/x", "/labeling-jobs", "/openapi.json", "/"])
def test_nobody_gets_in_without_a_signature(method: str, path: str, api: Api) -> None:
    """Where there is a route; elsewhere there is nothing."""
    status, said = api.ask(method, path, {} if method == "POST" else None, key=None)
    routed = (method, path) in {
        ("GET", "/jobs"),
        ("GET", "/jobs/x"),
        ("POST", "/labeling-jobs"),
        ("GET", "/openapi.json"),
    }
    assert status == (403 if routed else 404)
    assert set(said) == {"message"}


def test_nobody_gets_in_with_a_key_that_is_not_known(api: Api) -> None:
    """Signed as it is."""
    status, _ = api.ask("GET", "/jobs", key="AKIAIOSFODNN7EXAMPLE")
    assert status == 403


def test_a_job_is_started_watched_and_told(api: Api, stage: Stage) -> None:
    """One request; the deployment looks at it at once, without a tick, and its story is there."""
    status, answer = api.ask("POST", UNSEEN, REQUEST, Idempotency_Key="k")
    assert status == 201, answer
    made = answer["data"]
    assert (made["registered"], made["notes"]) == (True, [])
    path = f"/jobs/{quote(made['id'], safe='')}"
    story = stage.until(lambda: (found := api.ask("GET", path))[0] == 200 and found[1]["data"])
    assert story["job"]["name"] == NAME
    listed = api.ask("GET", f"/jobs?name_contains={NAME.upper()}&source=sagemaker.labeling")[1]["data"]
    assert [each["id"] for each in listed["jobs"]] == [made["id"]]


def test_a_request_that_comes_again_starts_no_second_job(api: Api) -> None:
    """With its key the same answer, without it a refusal."""
    first = api.ask("POST", UNSEEN, REQUEST, Idempotency_Key="k")
    assert api.ask("POST", UNSEEN, REQUEST, Idempotency_Key="k") == first
    status, answer = api.ask("POST", UNSEEN, REQUEST, Idempotency_Key="other")
    assert (status, answer["error"]["code"]) == (409, "NAME_EXISTS")


def test_looks_see_what_the_deployment_may_see(api: Api) -> None:
    """The template is missing in a bucket that may be read; of another bucket it is said that nobody looked."""
    status, answer = api.ask("POST", f"{START}&check=true", {**REQUEST, "LabelingJobName": "looked-at"})
    found = {(each["path"], each["rule"]) for each in answer["error"]["details"]}
    assert status == 422
    assert ("HumanTaskConfig.UiConfig.UiTemplateS3Uri", "look.template.missing") in found
    elsewhere = edited(REQUEST, {"HumanTaskConfig.UiConfig.UiTemplateS3Uri": f"s3://{OTHER_BUCKET}/t.liquid"})
    _, answer = api.ask("POST", f"{START}&check=true", {**elsewhere, "LabelingJobName": "looked-at"})
    unseen = {(each["path"], each["rule"]) for each in answer["error"]["details"]}
    assert ("HumanTaskConfig.UiConfig.UiTemplateS3Uri", "look.template.not-checked") in unseen


def test_its_role_is_what_it_needs(api: Api) -> None:
    """By record: nothing but the other bucket was refused, and what is granted was used, but for looks that had no cause."""
    calls = [call for call in api.cloud.role_calls() if call.function == "api"]
    refused = {call.resource.partition("/")[0] for call in calls if not call.allowed}
    assert refused <= {f"arn:aws:s3:::{OTHER_BUCKET}"}
    iam, role = api.cloud.client("iam"), api.cloud.resources["ApiRole"]
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    idle = {
        (statement["Sid"], action)
        for statement in document["Statement"]
        for action in as_list(statement["Action"])
        if not any(
            call.action == action
            and any(fnmatchcase(call.resource, one) for one in as_list(statement["Resource"]))
            for call in calls
        )
    }
    granted = {action for statement in document["Statement"] for action in as_list(statement["Action"])}
    # The poll function of this stack lists jobs and looks at them.
    polled = {"ListLabelingJobs", "DescribeLabelingJob", "ListMediaAnalysisJobs"}
    asked = {f"sagemaker:{call.operation}" for call in api.asked if call.operation not in polled}
    assert "sagemaker:CreateLabelingJob" in asked
    assert asked <= granted
    # Logs are the platform's, the job service is simulated and sees no role, and what looks may see is held to what they
    # look at by tests/project/test_template.py.
    kept = {
        sid for sid, _ in idle if sid not in {"Logs", "StartJobs", "GiveRoles"} and not sid.startswith("See")
    }
    assert kept == set()
