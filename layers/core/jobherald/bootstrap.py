"""Which adapter serves which port: made on first call, kept while the function is warm, cleared by a test."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from time import sleep
from typing import TYPE_CHECKING, Any, Protocol

import botocore.session
from botocore.config import Config

from jobherald.catalog.load import load
from jobherald.errors import ConfigError
from jobherald.flows.visit import Limits
from jobherald.providers.aws import AwsLister
from jobherald.providers.listers import Listers
from jobherald.store.dynamodb import DynamoStore

if TYPE_CHECKING:
    from jobherald.api.once import Once
    from jobherald.api.starting import Desk
    from jobherald.catalog.source import Source
    from jobherald.channels.ping import Ping
    from jobherald.channels.slack import SlackChannel
    from jobherald.channels.sns import SnsPublisher
    from jobherald.flows.schedule import Document, Notices
    from jobherald.flows.slack import SlackFlow
    from jobherald.providers.huaweicloud.lister import HuaweiCloudLister
    from jobherald.queues import SqsQueues

# A failed call fails its message, and the queue or the stream brings it back: nothing here waits for better times.
ONCE = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 1})


def env(name: str, default: str | None = None, *, parameter: str = "") -> str:
    """A variable of the function's environment. Raises ConfigError naming it where it is needed and missing.

    ``parameter`` is the template's where it is that which has to be given.
    """
    value = os.environ.get(name, "") or default
    if value is None:
        remedy = (
            f"give the stack its parameter {parameter}"
            if parameter
            else "template.yaml sets it for this function"
        )
        raise ConfigError(f"The environment variable {name} is not set; {remedy}.")
    return value


def env_list(name: str, default: str | None = None) -> tuple[str, ...]:
    """A comma separated variable."""
    return tuple(part.strip() for part in env(name, default).split(",") if part.strip())


def env_pairs(name: str, *, parameter: str) -> dict[str, str]:
    """A comma separated variable of ``key=value``; empty where it is not set. Raises ConfigError for anything else."""
    pairs = [part.partition("=") for part in env_list(name, "")]
    for key, sign, value in pairs:
        if not (key and sign and value):
            raise ConfigError(
                f"The environment variable {name} holds {key + sign + value!r}; write REGION=https://HOST in the"
                f" template's parameter {parameter}."
            )
    return {key.strip(): value.strip() for key, _, value in pairs}


@cache
def client(service: str, region: str | None = None) -> Any:
    """A botocore client that tries once, with short time-outs."""
    return _session().create_client(service, region_name=region, config=ONCE)


@cache
def hurried_client(service: str, region: str) -> Any:
    """As `client`, for calls of which several have to fit into the 30 s that API Gateway waits."""
    hurried = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1})
    return _session().create_client(service, region_name=region, config=hurried)


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


class SystemClock:
    """``ports.Clock`` on the machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        sleep(seconds)


class HasRemainingTime(Protocol):
    """The part of Lambda's context that tells the time left."""

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True, slots=True)
class LambdaDeadline:
    """``ports.Deadline`` on Lambda's context."""

    context: HasRemainingTime

    def remaining(self) -> float:
        return self.context.get_remaining_time_in_millis() / 1000


@cache
def clock() -> SystemClock:
    return SystemClock()


def _seconds() -> float:
    return clock().now().timestamp()


@cache
def account() -> str:
    return env("ACCOUNT_ID")


@cache
def store() -> DynamoStore:
    return DynamoStore(
        client("dynamodb"), env("TABLE_NAME"), timedelta(days=int(env("RETENTION_DAYS", "90")))
    )


@cache
def lister() -> Listers:
    return Listers({"aws": lambda: AwsLister(client), "huaweicloud": huaweicloud_lister}, client)


@cache
def huaweicloud_lister() -> HuaweiCloudLister:
    """The lister of Huawei Cloud; its client and signatures are imported here, where such a source is polled."""
    from jobherald.providers.huaweicloud.client import HuaweiClient
    from jobherald.providers.huaweicloud.lister import HuaweiCloudLister
    from jobherald.providers.huaweicloud.times import parse_zone
    from jobherald.secret import Secret

    secret = Secret(env("HUAWEI_SECRET", parameter="HuaweiSecret"), client, _seconds)
    endpoints = env_pairs("HUAWEI_ENDPOINTS", parameter="HuaweiEndpoints")
    zone = parse_zone(env("HUAWEI_TIME_ZONE", "+08:00"))
    return HuaweiCloudLister(HuaweiClient(secret, clock(), endpoints), zone)


@cache
def limits() -> Limits:
    pace = env("PAGE_PACE", "")
    return Limits(
        sweep_every=float(env("SWEEP_EVERY", "600")),
        blind_after=float(env("BLIND_AFTER", "600")),
        pace=float(pace) if pace else None,
    )


@cache
def publisher() -> SnsPublisher:
    # Imported here, so that a poll's cold start need not carry how news is worded.
    from jobherald.channels.sns import SnsPublisher

    return SnsPublisher(
        client("sns"),
        changes_topic=env("CHANGES_TOPIC_ARN"),
        operations_topic=env("OPERATIONS_TOPIC_ARN"),
        clock=clock(),
    )


@cache
def queues() -> SqsQueues:
    from jobherald.queues import SqsQueues

    return SqsQueues(client("sqs"), env("POLLS_QUEUE_URL", ""), env("LOOKS_QUEUE_URL", ""))


@cache
def sources() -> tuple[str, ...]:
    """The ids of the deployed sources, whole services taken apart."""
    from jobherald.catalog.selection import expanded

    return expanded(env_list("SOURCES"))


@cache
def deployed_sources() -> tuple[Source, ...]:
    return tuple(load(source) for source in sources())


@cache
def document() -> Document:
    """How schedule gets its configuration; pydantic is imported here and nowhere on the hot path."""
    from jobherald.config import scopes
    from jobherald.config.deployment import Deployment
    from jobherald.config.source import ParameterConfig
    from jobherald.flows.schedule import Document

    deployed = Deployment(account(), sources(), env_list("REGIONS"), env_list("HUAWEI_PROJECTS", ""))
    every = int(env("POLL_EVERY", "60"))
    parameter = ParameterConfig(client("ssm"), lambda: client("s3"), env("CONFIG_PARAMETER"))
    return Document(
        fetch=parameter.fetch,
        # The same text again each minute, while the function is warm.
        read=lru_cache(maxsize=2)(lambda text: scopes.load(text, deployed, every)),
        default=lambda: scopes.default(deployed, every),
    )


@cache
def notices() -> Notices:
    from jobherald.flows.schedule import Notices

    return Notices(
        blind_after=float(env("BLIND_AFTER", "600")), canary=env("CANARY", "DISABLED") == "ENABLED"
    )


@cache
def ping() -> Ping | None:
    """The watchman outside, or None where nobody named one. Raises ConfigError for a reference that is none."""
    reference = env("PING_SECRET", "")
    if not reference:
        return None
    from jobherald.channels.ping import Ping
    from jobherald.secret import Secret

    return Ping(Secret(reference, client, _seconds), clock())


@cache
def slack_channel() -> SlackChannel:
    """The Slack side of the house; slack_sdk is imported here and nowhere else."""
    from jobherald.channels.slack import API_URL, SlackChannel
    from jobherald.secret import Secret

    return SlackChannel(
        Secret(env("SLACK_SECRET"), client, _seconds),
        channel=env("SLACK_CHANNEL", ""),
        api_url=env("SLACK_API_URL", API_URL),
    )


@cache
def slack_flow() -> SlackFlow:
    from jobherald.channels.inbox import SqsInbox
    from jobherald.channels.message import parse
    from jobherald.flows.slack import SlackFlow

    inbox = SqsInbox(
        client("sqs"),
        queue_url=env("SLACK_QUEUE_URL"),
        dead_letter_queue_url=env("SLACK_DEAD_LETTER_QUEUE_URL"),
    )
    return SlackFlow(
        parse=parse,
        channel=slack_channel(),
        store=store(),
        inbox=inbox,
        clock=clock(),
        posts_per_minute=int(env("SLACK_POSTS_PER_MINUTE", "10")),
    )


@cache
def desk() -> Desk:
    """Where the API starts jobs; their rules, and what looks at what they name, are imported here."""
    from jobherald.api.starting import Desk

    return Desk(
        account=account(),
        home=client("sqs").meta.region_name,
        regions=env_list("REGIONS"),
        roles=env_list("SUBMIT_ROLES", ""),
        store=store(),
        queues=queues(),
        clients=hurried_client,
        clock=clock(),
    )


@cache
def once() -> Once:
    from jobherald.api.once import Once

    return Once(client("dynamodb"), env("TABLE_NAME"))
