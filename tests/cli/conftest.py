from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import boto3
import pytest
from click.testing import CliRunner, Result
from moto import mock_aws

from jobherald.cli.main import main
from jobherald.store.dynamodb import DynamoStore
from jobherald.watch import Look
from tests.project.template import template

STACK = "jobherald"
ACCOUNT = "123456789012"

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, run as a shell would: its answer has stdout and stderr apart."""
    monkeypatch.delenv("JOBHERALD_STACK", raising=False)

    def command(*words: str, stdin: str = "") -> Result:
        found = CliRunner().invoke(main, list(words), input=stdin, prog_name="jobherald")
        assert "Traceback" not in found.output
        assert found.exception is None or isinstance(found.exception, SystemExit)
        return found

    return command


class Stack:
    """A deployed stack as the command can see it: its outputs, its parameters and its table, in a mocked account."""

    def deploy(self, **parameters: str) -> None:
        given = {
            "Sources": "sagemaker.labeling",
            "SlackSecret": "ssm:/jobherald/slack",
            "SlackChannel": "",
            "SlackApiUrl": "https://slack.com/api/",
            "ConfigBucket": "",
        } | parameters
        outputs = {
            "TableName": "jobs",
            "ConfigParameter": "/jobherald/jobherald/config",
            "WatchedSources": given["Sources"],
            "WatchedRegions": "us-east-1,eu-west-1",
            "WatchedProjects": given.get("HuaweiProjects", ""),
            "ConfigBucketName": given["ConfigBucket"],
        }
        declared = template()["Resources"]["JobsTable"]["Properties"]
        kept = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")
        table = {"TableName": "jobs", **{name: declared[name] for name in kept}}
        document = {
            "Parameters": {name: {"Type": "String"} for name in given},
            "Resources": {
                "JobsTable": {"Type": "AWS::DynamoDB::Table", "Properties": table},
                "LooksQueue": {"Type": "AWS::SQS::Queue"},
            },
            "Outputs": {name: {"Value": value} for name, value in outputs.items() if value}
            | {"LooksQueueUrl": {"Value": {"Ref": "LooksQueue"}}},
        }
        boto3.client("cloudformation").create_stack(
            StackName=STACK,
            TemplateBody=json.dumps(document),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
        )

    def store(self) -> DynamoStore:
        return DynamoStore(boto3.client("dynamodb"), "jobs")

    def looks(self) -> list[Look]:
        """What is in the queue of looks."""
        sqs = boto3.client("sqs")
        url = sqs.list_queues()["QueueUrls"][0]
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [Look.parse(json.loads(message["Body"])) for message in found]


@pytest.fixture
def stack() -> Iterator[Stack]:
    """A mocked account without any stack yet."""
    with mock_aws():
        yield Stack()
