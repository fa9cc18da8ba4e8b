"""The resources that the functions meet, on moto, and the environment that the template gives them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws

from jobherald import bootstrap
from tests.fakes.table import NAME, create_table
from tests.providers.jobservice import Service

ACCOUNT = "111122223333"
CONTEXT = cast(
    LambdaContext,
    SimpleNamespace(
        function_name="jobherald",
        memory_limit_in_mb=256,
        invoked_function_arn="arn:aws:lambda:x",
        aws_request_id="1",
        get_remaining_time_in_millis=lambda: 120_000,
    ),
)
EVENTS = Path(__file__).parents[2] / "events"


@dataclass
class Stage:
    """What a function's test looks at: the stored items, the queues, what the topics' subscriber got."""

    service: Service
    polls_url: str
    looks_url: str
    changes_url: str
    operations_url: str

    def taken(self, url: str) -> list[Any]:
        """What lies in a queue, which is emptied."""
        sqs, bodies = boto3.client("sqs"), []
        while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                bodies.append(json.loads(message.get("Body", "")))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message.get("ReceiptHandle", ""))
        return bodies


@contextmanager
def stage(service: Service, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Set everything up; ``url`` is where the job services answer."""
    with mock_aws():
        sqs, sns = boto3.client("sqs"), boto3.client("sns")
        create_table(boto3.client("dynamodb"))
        polls = sqs.create_queue(QueueName="polls.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        looks = sqs.create_queue(QueueName="looks")["QueueUrl"]
        topics, urls = [], []
        for name in ("changes", "operations"):
            topics.append(sns.create_topic(Name=name)["TopicArn"])
            urls.append(sqs.create_queue(QueueName=f"{name}-subscriber")["QueueUrl"])
            arn = f"arn:aws:sqs:us-east-1:123456789012:{name}-subscriber"
            raw = {"RawMessageDelivery": "true"}
            sns.subscribe(TopicArn=topics[-1], Protocol="sqs", Endpoint=arn, Attributes=raw)
        for name, value in {
            "ACCOUNT_ID": ACCOUNT,
            "TABLE_NAME": NAME,
            "SOURCES": "sagemaker.labeling,rekognition.media_analysis",
            "REGIONS": "us-east-1",
            "POLL_EVERY": "60",
            "CONFIG_PARAMETER": "/jobherald/config",
            "CHANGES_TOPIC_ARN": topics[0],
            "OPERATIONS_TOPIC_ARN": topics[1],
            "POLLS_QUEUE_URL": polls,
            "LOOKS_QUEUE_URL": looks,
            "PAGE_PACE": "0",
            "AWS_ENDPOINT_URL_SAGEMAKER": url,
            "AWS_ENDPOINT_URL_REKOGNITION": url,
        }.items():
            monkeypatch.setenv(name, value)
        forget()
        yield Stage(service, polls, looks, *urls)
        forget()


def cases(function: str) -> list[str]:
    """The payloads of a function that have an expected answer."""
    return sorted(
        path.name.removesuffix(".expected.json") for path in (EVENTS / function).glob("*.expected.json")
    )


def payload(function: str, name: str) -> Any:
    """A payload, or the answer that it has to get."""
    return json.loads((EVENTS / function / f"{name}.json").read_text(encoding="utf-8"))


def forget() -> None:
    """Let go of every adapter that an earlier test had made."""
    for made in vars(bootstrap).values():
        # Not the session: the models that it has read are the same for every test.
        if (
            hasattr(made, "cache_clear")
            and made.__module__ == bootstrap.__name__
            and made.__name__ != "_session"
        ):
            made.cache_clear()
