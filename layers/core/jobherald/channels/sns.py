"""SNS: every piece of news as JSON for programs and as a letter for people, with attributes to filter by."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004

from jobherald.channels.letter import body_of, subject_of
from jobherald.channels.message import to_message
from jobherald.channels.text import clamp, clean, one_line, utf8_bytes
from jobherald.errors import DeliveryError
from jobherald.model import Alert, Change, Delivery
from jobherald.ports import Clock

if TYPE_CHECKING:
    from types_boto3_sns.client import SNSClient
    from types_boto3_sns.type_defs import (
        MessageAttributeValueTypeDef,
        PublishBatchRequestEntryTypeDef,
    )

NAME: Final = "sns"
BATCH_ENTRIES: Final = 10
# SNS takes 262,144 bytes a call, over all entries with their attributes; the rest is for what it adds itself.
BATCH_BYTES: Final = 250_000
# A character can become seven bytes (a control character, escaped in JSON within JSON), and the reason is there twice:
# with this much of it every entry fits, whatever it says.
TEXT_BYTES: Final = 14_000
_NAME_BYTES: Final = 256
_CHANGE_BYTES: Final = {
    "reason": TEXT_BYTES,
    "reason_code": 1_000,
    "name": 1_000,
    "status": 1_000,
    "output": 2_000,
}
_NO_ANSWER: Final = (ConnectionError, HTTPClientError)
_ALERT_BYTES: Final = {"text": TEXT_BYTES, "next_step": 1_000}


class SnsPublisher:
    """Publishes to the changes topic, and what is for the operators alone to theirs."""

    def __init__(self, client: SNSClient, *, changes_topic: str, operations_topic: str, clock: Clock) -> None:
        self._client = client
        self._changes_topic = changes_topic
        self._operations_topic = operations_topic
        self._clock = clock

    def publish(self, news: Sequence[Change | Alert]) -> list[Delivery | Exception]:
        """One entry for each, in order: the delivery with SNS's MessageId, or the DeliveryError that says why not.

        Tries once. What a call that SNS refused carried is refused, and nothing else. After a call without an answer
        no further one is made: time-outs in a row would outlast the invocation, and what was told before them could
        not be marked.
        """
        outcomes: dict[int, Delivery | Exception] = {}
        silence: DeliveryError | None = None
        for topic in (self._changes_topic, self._operations_topic):
            entries = [
                (number, entry(str(number), one))
                for number, one in enumerate(news)
                if (
                    self._operations_topic
                    if isinstance(one, Alert) and one.for_operators
                    else self._changes_topic
                )
                == topic
                and number not in outcomes
            ]
            for batch in batches(entries):
                if silence is None:
                    try:
                        outcomes.update(self._publish(topic, batch, news))
                        continue
                    except _NO_ANSWER as error:
                        silence = DeliveryError(f"SNS gave no answer: {error}")
                outcomes.update(dict.fromkeys((number for number, _ in batch), silence))
        return [outcomes[number] for number in range(len(news))]

    def _publish(
        self,
        topic: str,
        batch: Sequence[tuple[int, PublishBatchRequestEntryTypeDef]],
        news: Sequence[Change | Alert],
    ) -> dict[int, Delivery | Exception]:
        try:
            answer = self._client.publish_batch(
                TopicArn=topic, PublishBatchRequestEntries=[one for _, one in batch]
            )
        except _NO_ANSWER:
            raise
        except (BotoCoreError, ClientError) as error:
            return {number: DeliveryError(f"SNS did not take a batch: {error}") for number, _ in batch}
        taken = {one["Id"]: one["MessageId"] for one in answer.get("Successful", ())}
        refused = {one["Id"]: f"{one['Code']} {one.get('Message', '')}" for one in answer.get("Failed", ())}
        now = self._clock.now()
        return {
            number: Delivery(NAME, news[number], now, taken[str(number)])
            if str(number) in taken
            else DeliveryError(f"SNS refused {news[number].id}: {refused.get(str(number), 'no answer')}")
            for number, _ in batch
        }


def entry(entry_id: str, news: Change | Alert) -> PublishBatchRequestEntryTypeDef:
    """One entry of PublishBatch: what SQS, Lambda and HTTP get is the JSON, what e-mail gets is the letter."""
    news = _cut(news)
    message = to_message(news)
    forms = {"default": _json(message), "email": body_of(message, news)}
    return {
        "Id": entry_id,
        "Message": _json(forms),
        "MessageStructure": "json",
        "Subject": subject_of(news),
        "MessageAttributes": attributes(message),
    }


def _cut(news: Change | Alert) -> Change | Alert:
    limits = _CHANGE_BYTES if isinstance(news, Change) else _ALERT_BYTES
    shorter: dict[str, Any] = {
        member: clamp(getattr(news, member), most, utf8_bytes) for member, most in limits.items()
    }
    return replace(news, **shorter)


def attributes(message: Mapping[str, Any]) -> dict[str, MessageAttributeValueTypeDef]:
    """What filter policies match. At most ten: SQS takes no more from a raw delivery."""
    found = {
        "kind": "alert" if "alert" in message else "change",
        "source": message["source"],
        "state": message.get("state") or message.get("alert"),
        "severity": message["severity"],
        "account": message["account"],
        "region": message["region"],
        "name": one_line(message.get("name") or ""),
    }
    return {
        key: {"DataType": "String", "StringValue": clean(value)}
        for key, value in found.items()
        if value and (key != "name" or utf8_bytes(value) <= _NAME_BYTES)
    }


def batches(
    entries: Sequence[tuple[int, PublishBatchRequestEntryTypeDef]],
) -> Iterator[list[tuple[int, PublishBatchRequestEntryTypeDef]]]:
    """The entries in order, in as few calls as their number and size allow."""
    batch: list[tuple[int, PublishBatchRequestEntryTypeDef]] = []
    size = 0
    for number, one in entries:
        more = entry_bytes(one)
        if batch and (len(batch) == BATCH_ENTRIES or size + more > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((number, one))
        size += more
    if batch:
        yield batch


def entry_bytes(one: PublishBatchRequestEntryTypeDef) -> int:
    """What an entry counts towards SNS's limit: message, subject, and each attribute's name, type and value."""
    return (
        utf8_bytes(one["Message"])
        + utf8_bytes(one.get("Subject", ""))
        + sum(
            utf8_bytes(name) + utf8_bytes(value["DataType"]) + utf8_bytes(value.get("StringValue", ""))
            for name, value in one.get("MessageAttributes", {}).items()
        )
    )


def _json(value: Any) -> str:
    """Compact JSON. UTF-8 has no lone surrogates, and botocore would fail on one.

    SQS refuses two characters more, with which the news would reach neither a queue nor its dead letters.
    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("\ufffe", r"\ufffe").replace("\uffff", r"\uffff")
    return text.encode("utf-8", "replace").decode("utf-8")
