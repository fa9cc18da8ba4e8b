"""The queue behind a channel: what cannot be told now becomes visible again later, what never can be is put aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jobherald.channels.text import clamp, one_line, utf8_bytes
from jobherald.ports import QueueMessage

if TYPE_CHECKING:
    from types_boto3_sqs.client import SQSClient

# SQS lets a message be hidden for twelve hours from its receipt, not from this call.
# Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
LONGEST_DELAY: Final = 11 * 3600
_ATTRIBUTE_BYTES: Final = 1_000


class SqsInbox:
    """The two queues of a channel's function, in SQS."""

    def __init__(self, client: SQSClient, *, queue_url: str, dead_letter_queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url
        self._dead_letter_queue_url = dead_letter_queue_url

    def later(self, message: QueueMessage, seconds: int) -> None:
        """Let the message become visible again after so many seconds (at most eleven hours)."""
        self._client.change_message_visibility(
            QueueUrl=self._queue_url,
            ReceiptHandle=message.receipt,
            VisibilityTimeout=min(max(seconds, 0), LONGEST_DELAY),
        )

    def bury(self, message: QueueMessage, reason: str, error: str) -> None:
        """Put a copy into the dead-letter queue, with why it lies there as attributes ``reason`` and ``error``."""
        texts = {"reason": reason, "error": error, "message_id": message.id}
        self._client.send_message(
            QueueUrl=self._dead_letter_queue_url,
            MessageBody=message.body,
            MessageAttributes={
                name: {
                    "DataType": "String",
                    "StringValue": clamp(one_line(text), _ATTRIBUTE_BYTES, utf8_bytes) or "-",
                }
                for name, text in texts.items()
            },
        )
