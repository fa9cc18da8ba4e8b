"""A cloud within the process, for the functions as they were built: moto's DynamoDB, SNS and SQS, our own job services."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from unittest.mock import patch

import botocore.session
from botocore.config import Config

from bench.handlers import handler
from bench.meter import Meter
from bench.units import Index, Table
from tests.project import template

ROOT: Final = Path(__file__).resolve().parent.parent
REGION: Final = "us-east-1"
TABLE: Final = "jobherald-JobsTable-1A2B3C4D5E6F7"
STREAM_BATCH: Final = 100
"""As the template maps the stream to notify."""
RECEIVED: Final = 10
"""Messages that SQS gives at once; a mapping gathers several such answers to one batch."""

Jobs = Sequence[Any]


def borrow_local_room() -> None:
    """Make ``jobherald.local`` of the checkout importable: no layer ships it, and everything else is the layer's."""
    folder = ROOT / "layers" / "core" / "jobherald" / "local"
    spec = importlib.util.spec_from_file_location(
        "jobherald.local", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["jobherald.local"] = module
    spec.loader.exec_module(module)


def jobs_table() -> dict[str, Any]:
    """The template's properties of JobsTable."""
    return template.properties("AWS::DynamoDB::Table")["JobsTable"]


def slack_batch() -> int:
    """How many messages of Slack's queue the template hands over at once."""
    size: int = template.functions()["slack"]["Events"]["News"]["Properties"]["BatchSize"]
    return size


def schema_of(properties: Mapping[str, Any]) -> Table:
    """What of a table's properties decides what a call costs."""
    indexes = [
        Index(each["IndexName"], _names(each["KeySchema"]), _carried(each["Projection"]))
        for each in properties.get("GlobalSecondaryIndexes", ())
    ]
    return Table(_names(properties["KeySchema"]), tuple(indexes))


def _names(keys: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(key["AttributeName"] for key in keys)


def _carried(projection: Mapping[str, Any]) -> frozenset[str] | None:
    if projection["ProjectionType"] == "ALL":
        return None
    return frozenset(projection.get("NonKeyAttributes", ()))


class Context:
    """Lambda's context, with the time that an invocation begins with."""

    aws_request_id = "8c4f0c6e-2f3b-4d6a-9d52-3f0c8a1b7e64"
    memory_limit_in_mb = 512

    def __init__(self, function: str) -> None:
        self.function_name = f"jobherald-{function.title()}Function-1A2B3C4D5E6F"
        self.invoked_function_arn = f"arn:aws:lambda:{REGION}:111122223333:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return 110_000


class World:
    """One stack in one process, for as long as its ``with`` block lasts.

    The services live by ``clock``, which stands still until it is moved. With ``own_time`` the functions do, too.
    """

    def __init__(self, start: datetime, *, own_time: bool = False) -> None:
        from jobherald.local.clock import ManualClock
        from jobherald.local.services import JobServices
        from jobherald.local.web import Answer, LocalServer, Request

        class SlackDouble(LocalServer):
            """Takes every post."""

            posts = 0

            def respond(self, request: Request) -> Answer:
                assert request.method == "POST"
                self.posts += 1
                return Answer(200, b"ok")

        self.clock = ManualClock(start)
        self._own_time = own_time
        self.services = JobServices(clock=self.clock)
        self.slack = SlackDouble()
        self.logged = 0
        self._stack = ExitStack()
        self._sqs: Any = None
        self._streams: Any = None

    def __enter__(self) -> Self:
        from moto import mock_aws

        with ExitStack() as stack:
            stack.enter_context(self.services)
            stack.enter_context(self.slack)
            stack.enter_context(patch.dict(os.environ, _environment(), clear=True))
            os.environ |= self.services.environment()
            stack.enter_context(mock_aws())
            self._session = botocore.session.get_session()
            self._build()
            stack.callback(forget)
            if self._own_time:
                stack.enter_context(patch("jobherald.bootstrap.clock", lambda: _FunctionsClock(self)))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def now(self) -> datetime:
        """The functions' time."""
        return self.clock.now() if self._own_time else datetime.now(UTC)

    def deploy(self, environment: Mapping[str, str], secret: str) -> None:
        """Let the functions find Huawei Cloud by this environment, and its credential in a parameter."""
        name = "/jobherald/huawei"
        client: Any = self._session.create_client
        client("ssm", REGION).put_parameter(Name=name, Type="SecureString", Value=secret)
        os.environ |= {**environment, "HUAWEI_SECRET": f"ssm:{name}"}

    # What the functions do

    def watch(self, place: Any) -> None:
        """Begin to watch a place, as schedule does."""
        from jobherald import bootstrap
        from jobherald.watch import PlaceRecord, Rule, Scope

        scope = Scope((Rule("every job of the production account"),), 60)
        bootstrap.store().save_place(PlaceRecord(place, scope, self.now(), revision=1))

    def poll(self, place: Any) -> None:
        """One message of the polls queue."""
        body = {
            "place": asdict(place),
            "queued_at": self.now().isoformat(),
        }
        arn = f"arn:aws:sqs:{REGION}:111122223333:jobherald-PollsQueue.fifo"
        record = {"messageId": "1", "body": json.dumps(body), "eventSourceARN": arn}
        assert self.invoke("poll", {"Records": [record]}) == {"batchItemFailures": []}

    def notify(self) -> None:
        """What the stream brought since the last time, in batches as the template maps it, through its filter."""
        records = [
            record for record in self._stream_records() if "S" in _image(record).get("unsent", {"": None})
        ]
        for start in range(0, len(records), STREAM_BATCH):
            batch = {"Records": records[start : start + STREAM_BATCH]}
            assert self.invoke("notify", batch) == {"batchItemFailures": []}

    def tell_slack(self, batches: int | None = None) -> int:
        """What Slack's queue holds, or so many batches of it. Returns how many messages were told."""
        told = 0
        while batches != 0 and (messages := self._receive()):
            records = [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": {
                        "ApproximateReceiveCount": "1",
                        "SentTimestamp": str(int(self.now().timestamp()) * 1000),
                    },
                }
                for message in messages
            ]
            assert self.invoke("slack", {"Records": records}) == {"batchItemFailures": []}
            told += len(messages)
            batches = None if batches is None else batches - 1
        return told

    def empty_slack_queue(self) -> int:
        """Throw away what Slack's queue holds. Returns how many messages that were."""
        thrown = 0
        while messages := self._receive():
            thrown += len(messages)
        return thrown

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """One invocation; ``logged`` grows by the bytes that it wrote to its log."""
        with _log() as log:
            answer = handler(function)(event, Context(function))
        self.logged += log()
        return answer

    # What there is

    def _build(self) -> None:
        from jobherald import bootstrap

        properties = jobs_table()
        client: Any = self._session.create_client
        names = (
            "AttributeDefinitions",
            "KeySchema",
            "GlobalSecondaryIndexes",
            "BillingMode",
            "StreamSpecification",
        )
        made = client("dynamodb", REGION).create_table(
            TableName=TABLE,
            **{name: properties[name] for name in names if name != "StreamSpecification"},
            StreamSpecification={"StreamEnabled": True, **properties["StreamSpecification"]},
        )
        # moto knows the streams' address of old alone.
        self._streams = client("dynamodbstreams", REGION, config=Config(account_id_endpoint_mode="disabled"))
        stream = made["TableDescription"]["LatestStreamArn"]
        (shard,) = self._streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
        self._position = self._streams.get_shard_iterator(
            StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        self._sqs, sns = client("sqs", REGION), client("sns", REGION)
        queues = {
            name: self._sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("slack", "dead", "looks")
        }
        topics = {name: sns.create_topic(Name=name)["TopicArn"] for name in ("changes", "operations")}
        slack = self._sqs.get_queue_attributes(QueueUrl=queues["slack"], AttributeNames=["QueueArn"])
        sns.subscribe(
            TopicArn=topics["changes"],
            Protocol="sqs",
            Endpoint=slack["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )
        client("ssm", REGION).put_parameter(
            Name="/jobherald/slack", Type="SecureString", Value=f"{self.slack.url}/services/T0/B0/x"
        )
        os.environ |= {
            "TABLE_NAME": TABLE,
            "CHANGES_TOPIC_ARN": topics["changes"],
            "OPERATIONS_TOPIC_ARN": topics["operations"],
            "LOOKS_QUEUE_URL": queues["looks"],
            "SLACK_QUEUE_URL": queues["slack"],
            "SLACK_DEAD_LETTER_QUEUE_URL": queues["dead"],
            "SLACK_SECRET": "ssm:/jobherald/slack",
            "SLACK_API_URL": f"{self.slack.url}/api/",
            # All changes are made within one minute: gathering them would measure nothing of their way.
            "SLACK_POSTS_PER_MINUTE": "1000",
        }
        self.meter = Meter(TABLE, schema_of(properties), _read)
        forget()
        self.meter.attach(bootstrap._session())  # noqa: SLF001 its clients are what is measured

    def _receive(self) -> list[Any]:
        """One batch, as the template maps the queue to slack."""
        queue = os.environ["SLACK_QUEUE_URL"]
        messages: list[Any] = []
        while len(messages) < slack_batch():
            answer = self._sqs.receive_message(
                QueueUrl=queue, MaxNumberOfMessages=min(RECEIVED, slack_batch() - len(messages))
            )
            if not (received := answer.get("Messages", [])):
                break
            messages += received
        for message in messages:
            self._sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return messages

    def _stream_records(self) -> Iterator[dict[str, Any]]:
        while True:
            answer = self._streams.get_records(ShardIterator=self._position)
            self._position = answer["NextShardIterator"]
            if not answer["Records"]:
                return
            yield from answer["Records"]


class _FunctionsClock:
    """The world's clock as the functions want it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> datetime:
        return self._world.now()

    def sleep(self, seconds: float) -> None:
        self._world.clock.advance(seconds)


def _read(key: Mapping[str, str]) -> Mapping[str, Any]:
    """From moto's own memory: by its API each of some ten thousand looks would cost milliseconds."""
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.dynamodb.models import dynamodb_backends

    wire = {name: {"S": value} for name, value in key.items()}
    item = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].get_item(TABLE, wire)
    attributes: Mapping[str, Any] = item.to_json()["Attributes"] if item else {}
    return attributes


def _image(record: Mapping[str, Any]) -> Mapping[str, Any]:
    image: Mapping[str, Any] = record["dynamodb"].get("NewImage", {})
    return image


def _environment() -> dict[str, str]:
    """What a function finds in its environment before the stack's own names; nothing of this machine's AWS settings."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    return kept | {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "ACCOUNT_ID": "111122223333",
        "PARTITION": "aws",
        "PAGE_PACE": "0",
        "LOG_LEVEL": "INFO",
        "POWERTOOLS_SERVICE_NAME": "jobherald",
        "POWERTOOLS_METRICS_NAMESPACE": "jobherald",
    }


def forget() -> None:
    """No client of one world may be met in the next."""
    from jobherald import bootstrap

    for each in vars(bootstrap).values():
        if hasattr(each, "cache_clear"):
            each.cache_clear()
    handler.cache_clear()


@contextmanager
def _log() -> Iterator[Callable[[], int]]:
    """Takes what is written to both outputs, by whatever way; the answer counts its bytes once the block has ended."""
    size = 0
    with tempfile.TemporaryFile() as file, ExitStack() as stack:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for number in (1, 2):
            stack.callback(_restore, os.dup(number), number)
            os.dup2(file.fileno(), number)
        try:
            yield lambda: size
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            size = os.fstat(file.fileno()).st_size


def _restore(saved: int, number: int) -> None:
    os.dup2(saved, number)
    os.close(saved)
