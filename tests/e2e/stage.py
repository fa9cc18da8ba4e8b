"""What the end-to-end tests play on: one local cloud with the real stack, job services, Slack, and two listeners."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from jobherald.channels.text import anchor
from jobherald.local.cloud import LocalCloud
from jobherald.local.services import JobServices, ModelArts
from jobherald.local.slack import SlackDouble
from jobherald.local.subscribers import Subscriber
from jobherald.model import Place
from tests.channels.test_ping import Watchman

SECRET = "/jobherald/slack"
HUAWEI_SECRET = "/jobherald/huawei"
PING_SECRET = "/jobherald/ping"
SOURCES = "sagemaker.labeling,rekognition.media_analysis,modelarts.auto_labeling"
BUCKET = "jobherald-configuration"
LABELING = "sagemaker.labeling/111122223333/us-east-1"
MEDIA = "rekognition.media_analysis/111122223333/us-east-1"
CONFIGURATION = """
[[watch]]
id = "labeling"
source = "sagemaker.labeling"
regions = ["us-east-1"]
every = "1s"

[[watch]]
id = "media"
source = "rekognition.media_analysis"
regions = ["us-east-1"]
every = "1s"

[[watch]]
id = "datasets"
source = "modelarts.auto_labeling"
every = "1s"
"""


def parameters(slack: SlackDouble, modelarts: ModelArts, **others: str) -> dict[str, str]:
    """What the stack is deployed with. Its Scheduler sleeps: the tests tick, faster than once a minute."""
    huawei = modelarts.environment()
    return {
        "ScheduleState": "DISABLED",
        "PagePace": "0",
        "Sources": SOURCES,
        "SlackSecret": f"ssm:{SECRET}",
        "SlackApiUrl": slack.api_url,
        # All tests' jobs live in the same few minutes.
        "SlackPostsPerMinute": "1000",
        "HuaweiSecret": f"ssm:{HUAWEI_SECRET}",
        "HuaweiProjects": huawei["HUAWEI_PROJECTS"],
        "HuaweiEndpoints": huawei["HUAWEI_ENDPOINTS"],
        "PingSecret": f"ssm:{PING_SECRET}",
        "ConfigBucket": BUCKET,
        **others,
    }


def head(modelarts: ModelArts) -> str:
    """The key of the place whose poll looks below its datasets."""
    return Place("modelarts.auto_labeling", modelarts.project, modelarts.region).key


@dataclass
class Stage:
    """``heard`` listens to the topic of changes, ``operators`` to that of operations, ``watchman`` is who is pinged."""

    cloud: LocalCloud
    services: JobServices
    modelarts: ModelArts
    slack: SlackDouble
    heard: Subscriber
    operators: Subscriber
    watchman: Watchman

    def parameters(self, **others: str) -> dict[str, str]:
        """What the stack is deployed with, but for these."""
        return parameters(self.slack, self.modelarts, **others)

    def configure(self, text: str) -> None:
        """Put a configuration where the stack reads it."""
        self.cloud.client("ssm").put_parameter(
            Name=self.cloud.outputs["ConfigParameter"], Type="String", Value=text, Overwrite=True
        )

    def tick(self) -> dict[str, Any]:
        """One wake-up of the schedule function, as the Scheduler would give it. Returns what it says it did."""
        answer = self.cloud.invoke("schedule", {})
        assert not answer.error, answer.error
        done: dict[str, Any] = answer.payload
        return done

    def settled(self, place: str) -> bool:
        """Whether the first look at a place is over."""
        return "settled" in self.item(f"place#{place}", "place")

    def item(self, pk: str, sk: str) -> dict[str, Any]:
        """An item of the table in DynamoDB's own form; empty where there is none."""
        found = self.cloud.client("dynamodb").get_item(
            TableName=self.cloud.outputs["TableName"],
            Key={"pk": {"S": pk}, "sk": {"S": sk}},
            ConsistentRead=True,
        )
        item: dict[str, Any] = found.get("Item", {})
        return item

    def told(self, state: str, name: str) -> list[str]:
        """The ids of the changes that SNS brought of a job with this name and state."""
        messages = self.heard.messages
        return [each["id"] for each in messages if each.get("state") == state and each.get("name") == name]

    def posted(self, news_id: str) -> int:
        """In how many messages in Slack some news stands."""
        return self.slack.count(news_id, anchor)

    def until(self, condition: Callable[[], Any], *, seconds: float = 20.0, tick: bool = False) -> Any:
        """Wait for something to become so, ticking meanwhile if asked to, and return it. Fails after some seconds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := condition():
                return found
            if tick:
                self.tick()
            time.sleep(0.2)
        log = "\n".join(self.cloud.log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])
        raise AssertionError(f"not within {seconds} s; the local cloud's last words:\n{log}")


def now() -> datetime:
    """The moment from which a job of a test runs."""
    return datetime.now(UTC)


def policies(cloud: LocalCloud, role: str) -> list[dict[str, Any]]:
    """The documents of all policies that the role with this logical id has, its own and those attached to it."""
    iam, name = cloud.client("iam"), cloud.resources[role]
    names = iam.list_role_policies(RoleName=name)["PolicyNames"]
    own = [iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"] for each in names]
    arns = [each["PolicyArn"] for each in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]]
    versions = [(arn, iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]) for arn in arns]
    attached = [iam.get_policy_version(PolicyArn=arn, VersionId=version) for arn, version in versions]
    found = [*own, *(each["PolicyVersion"]["Document"] for each in attached)]
    return [json.loads(unquote(each)) if isinstance(each, str) else each for each in found]
