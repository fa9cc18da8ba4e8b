"""Dead letters as they come to lie in a queue."""

from __future__ import annotations

from typing import Any
from uuid import uuid4


def send(sqs: Any, url: str, body: str, attributes: dict[str, str]) -> str:
    """One message with text attributes; the answer is its id. A FIFO queue takes the same body again."""
    fifo = (
        {"MessageGroupId": "an-api", "MessageDeduplicationId": uuid4().hex} if url.endswith(".fifo") else {}
    )
    sent = sqs.send_message(
        QueueUrl=url,
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
        **fifo,
    )
    found: str = sent["MessageId"]
    return found
