"""The function that tells Slack, with its payloads, on moto and a Slack over HTTP."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.slack import app
from jobherald import bootstrap
from jobherald.channels.message import parse, to_message
from tests.fakes.slack_server import Answer, SlackServer, serving
from tests.fakes.table import create_table
from tests.functions.stage import CONTEXT, cases, forget, payload

NOW = datetime(2026, 11, 22, 11, 46, 20, tzinfo=UTC)
SECRET = "/services/T0CANARY/B0CANARY/c4n4ry"


@dataclass
class Cloud:
    slack: SlackServer
    queue: str
    dead: str
    log: io.StringIO

    def send(self, name: str) -> dict[str, Any]:
        """The payload's messages as they come out of a real queue, with receipts that SQS knows."""
        sqs = boto3.client("sqs")
        for record in payload("slack", name)["Records"]:
            sqs.send_message(QueueUrl=self.queue, MessageBody=record["body"])
        return self.receive()

    def receive(self) -> dict[str, Any]:
        messages = boto3.client("sqs").receive_message(
            QueueUrl=self.queue,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
        )
        return {
            "Records": [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                }
                for message in messages.get("Messages", [])
            ]
        }

    def buried(self) -> list[tuple[str, str]]:
        found = boto3.client("sqs").receive_message(
            QueueUrl=self.dead, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [
            (message["Body"], message["MessageAttributes"]["reason"]["StringValue"])
            for message in found.get("Messages", [])
        ]

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines() if line.startswith("{")]


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The function's environment: table, queues, secret, and a Slack."""
    with mock_aws(), serving() as slack:
        table = create_table(boto3.client("dynamodb"))
        sqs, ssm = boto3.client("sqs"), boto3.client("ssm")
        queue = sqs.create_queue(QueueName="slack")["QueueUrl"]
        dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
        ssm.put_parameter(Name="/jobherald/slack", Value=slack.url + SECRET, Type="SecureString")
        for name, value in {
            "TABLE_NAME": table,
            "SLACK_SECRET": "ssm:/jobherald/slack",
            "SLACK_API_URL": f"{slack.url}/api/",
            "SLACK_QUEUE_URL": queue,
            "SLACK_DEAD_LETTER_QUEUE_URL": dead,
        }.items():
            monkeypatch.setenv(name, value)
        log = io.StringIO()
        monkeypatch.setattr(app.logger.registered_handler, "stream", log)
        forget()
        yield Cloud(slack, queue, dead, log)
        forget()


@pytest.mark.parametrize("case", cases("slack"))
def test_a_payload_gets_its_answer_and_its_post(case: str, cloud: Cloud) -> None:
    """Each payload in events/ is answered as its expectation says, and told, a failure by itself, or put aside."""
    assert app.handler(payload("slack", case), CONTEXT) == payload("slack", f"{case}.expected")

    told = {
        block["block_id"]
        for _, _, body in cloud.slack.posts
        for block in body["blocks"]
        if "block_id" in block
    }
    if case == "not-a-message":
        assert told == set()
        assert [reason for _, reason in cloud.buried()] == ["unreadable"]
    else:
        assert told == {json.loads(record["body"])["id"] for record in payload("slack", case)["Records"]}
        assert len(cloud.slack.posts) == (2 if case == "three-changes" else 1)
        assert cloud.buried() == []


@pytest.mark.parametrize("case", [case for case in cases("slack") if case != "not-a-message"])
def test_the_payloads_are_messages_as_they_are_sent_today(case: str) -> None:
    """What lies in events/ is what the publisher would send."""
    for record in payload("slack", case)["Records"]:
        assert to_message(parse(record["body"])) == json.loads(record["body"])


def test_the_same_payload_again_posts_nothing(cloud: Cloud) -> None:
    """The delivery is recorded in the table, so a second delivery of the message is harmless."""
    app.handler(payload("slack", "three-changes"), CONTEXT)

    assert app.handler(payload("slack", "three-changes"), CONTEXT) == {"batchItemFailures": []}
    assert len(cloud.slack.posts) == 2


def test_a_busy_slack_leaves_the_messages_in_the_queue(cloud: Cloud) -> None:
    """After a 429 every message is named in the answer, so that none is deleted, and hidden until it may be tried."""
    event = cloud.send("three-changes")
    cloud.slack.answers = [Answer(429, "rate_limited", {"Retry-After": "30"})]

    answer = app.handler(event, CONTEXT)

    assert {one["itemIdentifier"] for one in answer["batchItemFailures"]} == {
        record["messageId"] for record in event["Records"]
    }
    assert cloud.receive()["Records"] == []
    app.handler(event, CONTEXT)
    assert len(cloud.slack.posts) == 3


def test_a_webhook_that_is_gone_is_counted_for_the_alarm(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    """The metric SlackGone is 1, the log says why, neither gives the webhook away; then a new secret repairs it."""
    event = cloud.send("failed-job")
    cloud.slack.answers = [Answer(404, "no_service")]

    answer = app.handler(event, CONTEXT)

    printed = capsys.readouterr().out
    assert len(answer["batchItemFailures"]) == 1
    assert json.loads(printed)["SlackGone"] == [1.0]
    assert [line["message"] for line in cloud.lines() if line["level"] == "ERROR"] == ["slack is gone"]
    assert "c4n4ry" not in printed + cloud.log.getvalue()

    new = cloud.slack.url + "/services/new"
    boto3.client("ssm").put_parameter(Name="/jobherald/slack", Value=new, Overwrite=True)
    cloud.slack.answers = [Answer(404, "no_service")]
    assert app.handler(event, CONTEXT) == {"batchItemFailures": []}
    assert [path for path, _, _ in cloud.slack.posts] == [SECRET, SECRET, "/services/new"]
    assert json.loads(capsys.readouterr().out)["SlackGone"] == [0.0]


def test_a_missing_secret_keeps_the_news(cloud: Cloud) -> None:
    """Nothing is lost before somebody has stored the secret."""
    boto3.client("ssm").delete_parameter(Name="/jobherald/slack")

    answer = app.handler(cloud.send("failed-job"), CONTEXT)

    assert len(answer["batchItemFailures"]) == 1
    assert cloud.slack.posts == []
    (error,) = [line for line in cloud.lines() if line["level"] == "ERROR"]
    assert "ssm:/jobherald/slack" in error["error"]


def test_what_slack_will_never_take_is_in_the_dead_letter_queue(cloud: Cloud) -> None:
    """With its body and its reason, and no longer in the queue."""
    event = cloud.send("failed-job")
    cloud.slack.answers = [Answer(400, "invalid_blocks"), Answer(400, "no_text")]

    assert app.handler(event, CONTEXT) == {"batchItemFailures": []}
    assert cloud.buried() == [(event["Records"][0]["body"], "refused")]


def test_a_canary_that_slack_took_is_counted(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    """Once, however often its message comes; what Slack refuses is not there yet."""
    cloud.slack.answers.append(Answer(503, "no"))
    app.handler(cloud.send("canary"), CONTEXT)
    assert "CanaryInSlack" not in capsys.readouterr().out
    for _ in range(2):
        app.handler(payload("slack", "canary"), CONTEXT)
    assert capsys.readouterr().out.replace(" ", "").count('"CanaryInSlack":[1.0]') == 1


def test_what_is_above_the_threshold_waits_in_the_queue(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The parameter is the threshold; what waits is hidden, in the answer, in the log and in the metric of its age."""
    monkeypatch.setenv("SLACK_POSTS_PER_MINUTE", "1")
    monkeypatch.setattr(bootstrap.SystemClock, "now", lambda _: NOW)
    first = cloud.send("first-look")
    assert app.handler(first, CONTEXT) == {"batchItemFailures": []}
    capsys.readouterr()

    event = cloud.send("three-changes")
    for record in event["Records"]:
        record["attributes"]["SentTimestamp"] = str(int(NOW.timestamp() - 20) * 1000)
    answer = app.handler(event, CONTEXT)

    failure, *others = sorted(event["Records"], key=lambda record: '"severity":"error"' not in record["body"])
    assert answer == {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in others]}
    assert [block["block_id"] for block in cloud.slack.posts[-1][2]["blocks"] if "block_id" in block] == [
        json.loads(failure["body"])["id"]
    ]
    assert cloud.receive()["Records"] == []
    assert cloud.lines()[-1]["gathered"] == 2
    assert json.loads(capsys.readouterr().out)["SlackWait"] == [20.0]
