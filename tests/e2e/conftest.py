"""One local cloud for all end-to-end tests: starting and deploying it takes longer than most of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from jobherald.local.cloud import LocalCloud
from jobherald.local.services import JobServices
from jobherald.local.slack import SlackDouble
from jobherald.local.subscribers import Subscriber
from tests.e2e.stage import BUCKET, CONFIGURATION, LABELING, MEDIA, SECRET, Stage, parameters


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """The stack, deployed and past its first look at both places."""
    with ExitStack() as stack:
        services, slack = stack.enter_context(JobServices()), stack.enter_context(SlackDouble(rate=None))
        cloud = stack.enter_context(LocalCloud(environment=services.environment()))
        cloud.client("ssm").put_parameter(Name=SECRET, Type="SecureString", Value=slack.webhook_url)
        cloud.client("s3").create_bucket(Bucket=BUCKET)
        outputs = cloud.deploy(parameters(slack))
        heard = stack.enter_context(Subscriber(cloud, outputs["TopicArn"], "heard"))
        operators = stack.enter_context(Subscriber(cloud, outputs["OperationsTopicArn"], "operators"))
        ready = Stage(cloud, services, slack, heard, operators)
        ready.configure(CONFIGURATION)
        ready.until(lambda: ready.settled(LABELING) and ready.settled(MEDIA), tick=True)
        yield ready


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The record of permissions is read when everything else has run."""
    items.sort(key=lambda item: "test_permissions" in item.nodeid)
