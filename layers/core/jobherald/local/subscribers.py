"""Who listens to the changes topic: queues as a user would subscribe them, read by a thread of their own."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self

from jobherald.local.cloud import LocalCloud

_WAIT_SECONDS: Final = 1


class Subscriber:
    """A queue subscribed to a topic, emptied while the ``with`` block lasts; ``messages`` are the bodies, in order.

    ``sent_at`` is when the topic brought each of them (UTC), however late it was read.
    ``filter_policy`` is SNS's own. ``lose`` decides, message by message, whether it is lost on its way to the list, as
    it would be by a consumer that deletes before it has done its work; ``lost`` holds those. ``on_message`` hears of each that is kept.
    """

    def __init__(
        self,
        cloud: LocalCloud,
        topic: str,
        name: str,
        *,
        filter_policy: Mapping[str, Any] | None = None,
        lose: Callable[[dict[str, Any]], bool] = lambda _: False,
        on_message: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> None:
        self.name = name
        self.messages: list[dict[str, Any]] = []
        self.sent_at: list[datetime] = []
        self.lost: list[dict[str, Any]] = []
        self._lose = lose
        self._on_message = on_message
        self._sqs = cloud.client("sqs")
        self._url = self._sqs.create_queue(QueueName=f"{cloud.stack}-{name}")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        self._sqs.set_queue_attributes(
            QueueUrl=self._url, Attributes={"Policy": json.dumps(_policy(arn, topic))}
        )
        attributes = {"RawMessageDelivery": "true"}
        if filter_policy is not None:
            attributes["FilterPolicy"] = json.dumps(filter_policy)
        cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read, name=f"subscriber {name}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._ended.is_set():
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=_WAIT_SECONDS,
                AttributeNames=["SentTimestamp"],
            )
            received = answer.get("Messages", ())
            for message in received:
                self._take(json.loads(message["Body"]), int(message["Attributes"]["SentTimestamp"]))
            if received:
                done = [
                    {"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(received)
                ]
                self._sqs.delete_message_batch(QueueUrl=self._url, Entries=done)

    def _take(self, body: dict[str, Any], sent: int) -> None:
        if self._lose(body):
            self.lost.append(body)
            return
        # Before the message, so that whoever sees it finds when it was sent.
        self.sent_at.append(datetime.fromtimestamp(sent / 1000, UTC))
        self.messages.append(body)
        self._on_message(body)


def _policy(queue: str, topic: str) -> dict[str, Any]:
    """Without it the queue refuses what the topic sends, here as in AWS."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
