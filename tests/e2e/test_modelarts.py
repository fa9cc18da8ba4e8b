"""ModelArts from the deployed stack: news of a task, and a credential that is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from jobherald.local.cloud import LocalCloud
from jobherald.local.services import auto_labeling_task
from jobherald.local.subscribers import Subscriber
from tests.e2e.stage import Stage, now

pytestmark = pytest.mark.e2e

SECRET = "/jobherald/refused"
WRONG = "local/sk/that/belongs/to/another/key"
SOURCES = ("modelarts.auto_labeling", "modelarts.processing", "modelarts.training")
CONFIGURATION = "".join(
    f'[[watch]]\nid = "{source}"\nsource = "{source}"\nevery = "1s"\n' for source in SOURCES
)


def test_a_task_that_fails_is_told_with_its_step(stage: Stage) -> None:
    """By the deployed functions alone, in a dataset that nobody knew before, and once in Slack."""
    stage.modelarts.add(
        auto_labeling_task(
            "all-the-way",
            created_at=now(),
            dataset="newDatasetQ8vLw2k",
            starts=0.1,
            lasts=0.5,
            ends=2,
            failing_step="evaluate",
        )
    )
    (change,) = stage.until(lambda: stage.told("failed", "all-the-way"), tick=True)
    stage.until(lambda: stage.posted(change) == 1)
    message = next(each for each in stage.heard.messages if each["id"] == change)
    assert message["account"] == stage.modelarts.project
    assert message["parent"] == "newDatasetQ8vLw2k"
    assert "Failed step: train" in message["reason"]
    assert stage.told("failed", "all-the-way") == [change]


@dataclass
class Refused:
    """A second stack whose key is not the one that Huawei Cloud knows; ``heard`` listens to its changes."""

    stage: Stage
    cloud: LocalCloud
    heard: Subscriber

    def alerts(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.heard.messages if message.get("alert") == kind]

    def calls(self) -> int:
        """How many calls the gateway refused for their signature."""
        return sum(call.code == "APIGW.0301" for call in self.stage.modelarts.calls)

    def tick(self) -> None:
        assert not self.cloud.invoke("schedule", {}).error

    def until(self, condition: Callable[[], Any]) -> Any:
        """Wait, while the stack ticks."""

        def ticked() -> Any:
            self.tick()
            return condition()

        return self.stage.until(ticked)

    def let_five_minutes_pass(self) -> None:
        """Every pause that the table holds ends so much earlier; a warm function's copy of the secret ends with it.

        Nobody waits for them here. That they are kept is proved with a clock of its own in tests/flows/test_credential.py.
        """
        table, dynamodb = self.cloud.outputs["TableName"], self.cloud.client("dynamodb")
        paused = dynamodb.scan(TableName=table, FilterExpression="attribute_exists(paused)")["Items"]
        for item in paused:
            dynamodb.update_item(
                TableName=table,
                Key={"pk": item["pk"], "sk": item["sk"]},
                UpdateExpression="ADD paused :less",
                ExpressionAttributeValues={":less": {"N": "-300"}},
            )
        self.cloud.deploy(parameters(self.stage, LogLevel="DEBUG"))


def parameters(stage: Stage, **others: str) -> dict[str, str]:
    """Three places are signed for by one credential."""
    return stage.parameters(Sources=",".join(SOURCES), HuaweiSecret=f"ssm:{SECRET}", **others)


def write(stage: Stage, secret: str) -> None:
    """Put this into the second stack's secret."""
    ssm = stage.cloud.client("ssm")
    ssm.put_parameter(Name=SECRET, Type="SecureString", Value=secret, Overwrite=True)


@pytest.fixture
def refused(stage: Stage) -> Iterator[Refused]:
    cloud = stage.cloud.beside("refused")
    write(stage, replace(stage.modelarts.key, secret_key=WRONG).secret)
    cloud.deploy(parameters(stage))
    document = cloud.outputs["ConfigParameter"]
    cloud.client("ssm").put_parameter(Name=document, Type="String", Value=CONFIGURATION)
    with Subscriber(cloud, cloud.outputs["TopicArn"], "heard") as heard:
        yield Refused(stage, cloud, heard)
    cloud.delete()


def test_a_refused_credential_is_said_once_and_used_again_when_it_is_mended(
    stage: Stage, refused: Refused
) -> None:
    """Six refused calls would lock the key for everybody; what is there is told as soon as the key is good."""
    (alert,) = refused.until(lambda: refused.alerts("credential_refused"))
    stage.until(lambda: stage.posted(alert["id"]) == 1)
    for _ in range(5):
        refused.tick()
    assert 1 <= refused.calls() <= 3
    assert len(refused.alerts("credential_refused")) == 1
    assert WRONG not in json.dumps(refused.heard.messages)
    write(stage, stage.modelarts.key.secret)
    refused.let_five_minutes_pass()
    (taken,) = refused.until(lambda: refused.alerts("credential_taken"))
    stage.until(lambda: stage.posted(taken["id"]) == 1)
    refused.until(lambda: len(refused.alerts("watching")) == 3)
    assert refused.calls() <= 3
    assert [message["alert"] for message in refused.heard.messages if "credential" in message["alert"]] == [
        "credential_refused",
        "credential_taken",
    ]
