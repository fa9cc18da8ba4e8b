"""A small world to look at: S3, IAM, Lambda, SNS and SQS of moto, and a SageMaker that answers by scripts.

moto holds callers to their policies, so who may not look is refused by rule. It has no simulation of policies: that one
answers by script too, over the same client.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from moto import mock_aws, settings
from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse

from jobherald.submit import looks
from jobherald.submit.examination import examine_labeling
from jobherald.submit.findings import Finding
from jobherald.submit.labeling import LabelingRequest
from jobherald.submit.looks.eyes import Limits
from tests.providers.jobservice import Answer, Service, error
from tests.submit.requests import BOUNDING_BOX, PRIVATE, REGION, edited

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/labeling"
BUCKET = "my-bucket"
SECRETS = ("AKIAMADEUPKEYID00000", "made-up-secret-key", "made-up-session-token")

MANIFEST = b'{"source-ref": "s3://my-bucket/in/1.jpg"}\n{"source-ref": "s3://my-bucket/in/2.jpg"}\n'
LABELS = b'{"document-version": "2018-11-28", "labels": [{"label": "stop"}, {"label": "yield"}]}'
CORS = {
    "AllowedHeaders": [],
    "AllowedMethods": ["GET"],
    "AllowedOrigins": ["*"],
    "ExposeHeaders": ["Access-Control-Allow-Origin"],
}
TRUST = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
GRANT = {
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:PutObject"],
    "Resource": f"arn:aws:s3:::{BUCKET}/*",
}

# Read once: the models of services are most of what a client takes to make.
_LOADER = botocore.session.get_session().get_component("data_loader")

# How moto calls what IAM calls otherwise.
_MOTO = {"s3:ListBucket": "s3:HeadBucket"}


DECLARED = {demand.name: demand for demand in looks.DEMANDS}


def policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def sound(edits: dict[str, Any] | None = None, base: dict[str, Any] = BOUNDING_BOX) -> LabelingRequest:
    """A request without a fault of its own."""
    request, report = examine_labeling(edited(base, edits or {}), REGION)
    assert request is not None, report.errors
    return request


class World:
    """Begins with everything in it that the request for bounding boxes names, all of it sound."""

    def __init__(self, sagemaker: Service, url: str) -> None:
        self.sagemaker = sagemaker
        self.endpoints = {"sagemaker": url}
        self.calls: list[str] = []
        self.teams = [PRIVATE]
        self.jobs: dict[str, dict[str, Any]] = {}
        self.simulated: dict[tuple[str, str], dict[str, Any]] = {}
        self._act_as(*SECRETS)
        taken = self.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/tests", RoleSessionName="tests"
        )["Credentials"]
        self._act_as(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])
        self._furnish()

    def client(self, service: str, region: str = REGION) -> Any:
        """As the product has them: one try, short time-outs."""
        if (service, region) not in self._made:
            config = Config(
                connect_timeout=3,
                read_timeout=10,
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
            )
            client = self._session.create_client(
                service, region, config=config, endpoint_url=self.endpoints.get(service)
            )
            client.meta.events.register("before-call", self._note)
            self._made[service, region] = client
        return self._made[service, region]

    def put(self, key: str, body: bytes, bucket: str = BUCKET) -> None:
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=body)

    def bucket(self, name: str, region: str = REGION) -> None:
        where = {} if region == "us-east-1" else {"LocationConstraint": region}
        extra = {"CreateBucketConfiguration": where} if where else {}
        self.client("s3", region).create_bucket(Bucket=name, **extra)

    def cors(self, *rules: Mapping[str, Any], bucket: str = BUCKET) -> None:
        self.client("s3").put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": list(rules)})

    def open(self, bucket: str, *statements: Mapping[str, Any]) -> None:
        self.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy(*statements))

    def role(self, name: str = "labeling", trust: Mapping[str, Any] = TRUST, **more: Any) -> None:
        iam = self.client("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust), **more)

    def unmake_role(self) -> None:
        iam = self.client("iam")
        for each in iam.list_role_policies(RoleName="labeling")["PolicyNames"]:
            iam.delete_role_policy(RoleName="labeling", PolicyName=each)
        iam.delete_role(RoleName="labeling")

    def grant(self, *statements: Mapping[str, Any], name: str = "own") -> None:
        self.client("iam").put_role_policy(
            RoleName="labeling", PolicyName=name, PolicyDocument=policy(*statements)
        )

    def simulate(self, action: str, resource: str, decision: str, *missing: str) -> None:
        """What the simulation says of one action on one resource, where it is not *allowed*."""
        self.simulated[action, resource] = {
            "EvalResourceName": resource,
            "EvalResourceDecision": decision,
            "MissingContextValues": list(missing),
        }

    def look(self, request: Any = None, **more: Any) -> list[Finding]:
        """What looking finds; `calls` then holds what was asked. Every finding is one that a look declares."""
        self.calls.clear()
        found = looks.run(sound() if request is None else request, self.client, REGION, **more)
        for finding in found:
            declared = DECLARED.get(finding.rule)
            assert declared is None or finding.severity is declared.severity, finding
            assert declared is not None or not finding.rule.startswith("look."), finding
            assert all((finding.path, finding.message, finding.remedy, finding.source)), finding
        assert len(self.calls) <= Limits().calls
        return found

    def found(self, request: Any = None) -> list[tuple[str, str]]:
        """Rule and path of what looking finds."""
        return [(finding.rule, finding.path) for finding in self.look(request)]

    @contextmanager
    def denying(self, *permissions: str) -> Iterator[None]:
        """Look as somebody who may do everything but this."""
        names = [_MOTO.get(each, each) for each in permissions]
        with self._as_user(
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": names, "Resource": "*"},
        ):
            yield

    @contextmanager
    def allowing(self, *permissions: str) -> Iterator[None]:
        """Look as somebody who may do this and nothing else."""
        names = [_MOTO.get(each, each) for each in permissions]
        with self._as_user({"Effect": "Allow", "Action": names, "Resource": "*"}):
            yield

    @contextmanager
    def _as_user(self, *statements: Mapping[str, Any]) -> Iterator[None]:
        iam = self.client("iam")
        iam.create_user(UserName="checker")
        iam.put_user_policy(UserName="checker", PolicyName="own", PolicyDocument=policy(*statements))
        key = iam.create_access_key(UserName="checker")["AccessKey"]
        before, counted = settings.INITIAL_NO_AUTH_ACTION_COUNT, ActionAuthenticatorMixin.request_count
        keys = self._keys
        self._act_as(key["AccessKeyId"], key["SecretAccessKey"])
        settings.INITIAL_NO_AUTH_ACTION_COUNT, ActionAuthenticatorMixin.request_count = 0, 0
        try:
            yield
        finally:
            settings.INITIAL_NO_AUTH_ACTION_COUNT = before
            ActionAuthenticatorMixin.request_count = counted
            self._act_as(*keys)

    def _act_as(self, *keys: str) -> None:
        self._keys = keys
        self._session = botocore.session.get_session()
        self._session.register_component("data_loader", _LOADER)
        self._session.set_credentials(*keys)
        self._made: dict[tuple[str, str], Any] = {}

    def _note(self, model: Any, **_: Any) -> None:
        self.calls.append(f"{model.service_model.service_name}:{model.name}")

    def _furnish(self) -> None:
        self.bucket(BUCKET)
        self.cors(CORS)
        self.put("in/template.liquid", b"<crowd-form></crowd-form>")
        self.put("in/input.manifest", MANIFEST)
        self.put("in/labels.json", LABELS)
        self.role()
        self.grant(GRANT)
        self.sagemaker.on("DescribeWorkteam", self._describe_team)
        self.sagemaker.on("DescribeSubscribedWorkteam", self._describe_subscribed)
        self.sagemaker.on("DescribeLabelingJob", self._describe_job)
        self.sagemaker.on("ListLabelingJobs", self._list_jobs)

    def _describe_team(self, body: Mapping[str, Any]) -> Answer:
        for arn in self.teams:
            if "/private-crowd/" in arn and arn.rpartition("/")[2] == body["WorkteamName"]:
                return Answer({"Workteam": {"WorkteamName": body["WorkteamName"], "WorkteamArn": arn}})
        return error("ValidationException", "Requested resource not found.")

    def _describe_subscribed(self, body: Mapping[str, Any]) -> Answer:
        arn = body["WorkteamArn"]
        if arn in self.teams:
            return Answer({"SubscribedWorkteam": {"WorkteamArn": arn}})
        return error("ValidationException", "Requested resource not found.")

    def _describe_job(self, body: Mapping[str, Any]) -> Answer:
        found = self.jobs.get(body["LabelingJobName"])
        return error("ResourceNotFound") if found is None else Answer(found)

    def _list_jobs(self, body: Mapping[str, Any]) -> Answer:
        names = [name for name in self.jobs if body["NameContains"] in name]
        start = int(body.get("NextToken", 0))
        page = {"LabelingJobSummaryList": [{"LabelingJobName": each} for each in names[start : start + 100]]}
        return Answer({**page, "NextToken": str(start + 100)} if names[start + 100 :] else page)

    def simulation(self, actions: list[str], resources: list[str]) -> dict[str, Any]:
        """What IAM's simulation answers: decisions in the results for each resource, as its reference says."""
        results = []
        for action in actions:
            each = [
                self.simulated.get(
                    (action, resource), {"EvalResourceName": resource, "EvalResourceDecision": "allowed"}
                )
                for resource in resources
            ]
            results.append(
                {
                    "EvalActionName": action,
                    "EvalResourceName": "arn:${Partition}:s3:::${BucketName}/${KeyName}",
                    "EvalDecision": each[0]["EvalResourceDecision"],
                    "ResourceSpecificResults": each,
                }
            )
        return {"EvaluationResults": results, "IsTruncated": False}


def labeling_job(name: str, **more: Any) -> dict[str, Any]:
    """What SageMaker says of a job that drew bounding boxes."""
    return {
        "LabelingJobName": name,
        "LabelAttributeName": "boxes",
        "LabelingJobStatus": "Completed",
        "HumanTaskConfig": {
            "PreHumanTaskLambdaArn": "arn:aws:lambda:us-east-1:432418664414:function:PRE-BoundingBox"
        },
        **more,
    }


@contextmanager
def a_world(sagemaker: Service, url: str, *, managed: bool = False) -> Iterator[World]:
    """A new world, gone at the end. AWS's own policies are in it where they are ``managed``."""
    sagemaker.reset()
    with mock_aws(config={"iam": {"load_aws_managed_policies": managed}, "lambda": {"use_docker": False}}):
        world = World(sagemaker, url)

        def simulate(asked: IamResponse) -> ActionResult:
            asked.backend.get_role_by_arn(asked._get_param("PolicySourceArn"))
            answer = world.simulation(asked._get_param("ActionNames"), asked._get_param("ResourceArns"))
            return ActionResult(answer)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(IamResponse, "simulate_principal_policy", simulate, raising=False)
            yield world
