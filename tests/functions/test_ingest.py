from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.ingest import app
from jobherald.watch import Look
from tests.functions.stage import ACCOUNT, CONTEXT, cases, forget, payload


@pytest.fixture(autouse=True)
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The function's environment, with the queue that it fills."""
    with mock_aws():
        url = boto3.client("sqs").create_queue(QueueName="looks")["QueueUrl"]
        for name, value in {
            "ACCOUNT_ID": ACCOUNT,
            "SOURCES": "sagemaker.labeling,rekognition.media_analysis,sagemaker.training,glue.job_run,batch.job,"
            "mediaconvert.job",
            "LOOKS_QUEUE_URL": url,
        }.items():
            monkeypatch.setenv(name, value)
        forget()
        yield url
        forget()


def queued(url: str) -> list[Any]:
    found = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message.get("Body", "")) for message in found]


@pytest.mark.parametrize("case", cases("ingest"))
def test_a_payload_gets_its_answer_and_its_look(case: str, looks: str) -> None:
    """Each payload in events/ is answered as its expectation says, and exactly the look it names is queued."""
    answer = app.handler(payload("ingest", case), CONTEXT)
    assert answer == payload("ingest", f"{case}.expected")
    found = queued(looks)
    if "ignored" in answer:
        assert found == []
        return
    (look,) = found
    asked = Look.parse(look)
    assert (asked.place.key, asked.id, asked.name) == (answer["place"], answer["id"], answer["name"])


@pytest.mark.parametrize("event", [{}, [], "x", None, {"detail": {"eventName": "CreateLabelingJob"}}])
def test_what_is_no_event_of_ours_is_answered_and_logged_once(
    event: Any, looks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not fail, so that it never comes back; one line says what was wrong with it."""
    log = io.StringIO()
    monkeypatch.setattr(app.logger.registered_handler, "stream", log)
    answer = app.handler(event, CONTEXT)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    warnings = [line for line in lines if line.get("level") == "WARNING"]
    assert [line["reason"] for line in warnings] == [answer["ignored"]]
    assert queued(looks) == []


@pytest.mark.filterwarnings("ignore:No application metrics")
def test_a_queue_that_does_not_take_it_fails_the_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that EventBridge delivers it again, and puts it into the dead-letter queue in the end."""
    monkeypatch.setenv("LOOKS_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/111122223333/gone")
    with pytest.raises(ClientError, match="NonExistentQueue"):
        app.handler(payload("ingest", "ground-truth-state-change"), CONTEXT)
