"""The dead-letter queues and the table on moto, as the template declares them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from jobherald.deadletters.box import Box, Reading
from jobherald.deadletters.letter import Queue
from jobherald.store.dynamodb import DynamoStore
from tests.fakes.letters import send
from tests.fakes.table import client, create_table
from tests.project.template import properties

_KEPT = ("FifoQueue", "MessageRetentionPeriod")


@dataclass
class Post:
    """SQS with all queues of the template, and the store."""

    sqs: Any
    store: DynamoStore
    urls: dict[str, str]

    def put(self, queue: Queue, body: str, **attributes: str) -> str:
        """One message in a dead-letter queue; the answer is its id."""
        return send(self.sqs, self.urls[queue.resource], body, attributes)

    def box(self, queue: Queue) -> Box:
        return Box(self.sqs, self.urls[queue.resource])

    def read(self, queue: Queue) -> Reading:
        return self.box(queue).read()

    def bodies(self, resource: str) -> list[str]:
        """What is visible in a queue, which is given back."""
        messages = self.sqs.receive_message(
            QueueUrl=self.urls[resource], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [message["Body"] for message in messages.get("Messages", ())]


def _sqs() -> Any:
    return boto3.client("sqs", region_name="us-east-1")


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    # moto shows all that it has at once.
    monkeypatch.setattr("jobherald.deadletters.box.WAIT_SECONDS", 0)
    with mock_aws():
        dynamodb, sqs = client(), _sqs()
        urls = {}
        for name, declared in properties("AWS::SQS::Queue").items():
            attributes = {each: str(declared[each]).lower() for each in _KEPT if each in declared}
            called = f"{name}.fifo" if declared.get("FifoQueue") else name
            urls[name] = sqs.create_queue(QueueName=called, Attributes=attributes)["QueueUrl"]
        yield Post(sqs, DynamoStore(dynamodb, create_table(dynamodb)), urls)
