"""One local cloud for all end-to-end tests: starting and deploying it takes longer than most of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from jobherald.local.cloud import LocalCloud
from jobherald.local.services import JobServices, ModelArts
from jobherald.local.slack import SlackDouble
from jobherald.local.subscribers import Subscriber
from tests.channels.test_ping import watching
from tests.e2e.stage import (
    BUCKET,
    CONFIGURATION,
    HUAWEI_SECRET,
    LABELING,
    MEDIA,
    PING_SECRET,
    SECRET,
    Stage,
    head,
    parameters,
)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """The stack, deployed and past its first look at every place."""
    with ExitStack() as stack:
        services, slack = stack.enter_context(JobServices()), stack.enter_context(SlackDouble(rate=None))
        watchman = stack.enter_context(watching())
        modelarts = stack.enter_context(ModelArts(ledger=services.ledger))
        cloud = stack.enter_context(LocalCloud(environment=services.environment()))
        secrets = {
            SECRET: slack.webhook_url,
            HUAWEI_SECRET: modelarts.key.secret,
            PING_SECRET: watchman.url,
        }
        for name, value in secrets.items():
            cloud.client("ssm").put_parameter(Name=name, Type="SecureString", Value=value)
        cloud.client("s3").create_bucket(Bucket=BUCKET)
        outputs = cloud.deploy(parameters(slack, modelarts))
        heard = stack.enter_context(Subscriber(cloud, outputs["TopicArn"], "heard"))
        operators = stack.enter_context(Subscriber(cloud, outputs["OperationsTopicArn"], "operators"))
        ready = Stage(cloud, services, modelarts, slack, heard, operators, watchman)
        ready.configure(CONFIGURATION)
        places = (LABELING, MEDIA, head(modelarts))
        ready.until(lambda: all(ready.settled(place) for place in places), tick=True)
        yield ready


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The record of permissions is read when everything else has run."""
    items.sort(key=lambda item: "test_permissions" in item.nodeid)
