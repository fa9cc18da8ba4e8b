"""SQS as its documentation has it: at least once, hidden while in flight, in order within a FIFO group, dead letters.

Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/ , the pages on visibility time-outs,
FIFO delivery logic, deduplication and dead-letter queues.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from faults.clock import VirtualClock

DEDUPLICATION: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``visible_at`` is when it may be received next; ``receipt`` is its latest receipt, empty before."""

    id: str
    body: str
    sent_at: datetime
    visible_at: datetime
    group: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    receives: int = 0
    receipt: str = ""
    in_flight: bool = False

    def record(self, arn: str) -> dict[str, Any]:
        """As Lambda hands it to a function."""
        return {
            "messageId": self.id,
            "receiptHandle": self.receipt,
            "body": self.body,
            "attributes": {
                "ApproximateReceiveCount": str(self.receives),
                "SentTimestamp": str(int(self.sent_at.timestamp() * 1000)),
                **({"MessageGroupId": self.group} if self.group else {}),
            },
            "messageAttributes": dict(self.attributes),
            "eventSource": "aws:sqs",
            "eventSourceARN": arn,
        }


@dataclass
class Queue:
    """One queue. ``dead_letters`` takes what was received ``most_receives`` times; ``retention`` forgets."""

    name: str
    clock: VirtualClock
    visibility: float = 30.0
    retention: float = 345_600.0
    fifo: bool = False
    dead_letters: Queue | None = None
    most_receives: int = 0
    messages: list[Message] = field(default_factory=list)
    forgotten: list[Message] = field(default_factory=list)
    _sent: int = 0
    _receipts: int = 0
    _seen: dict[tuple[str, str], tuple[datetime, str]] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:sqs:us-east-1:111122223333:{self.name}{'.fifo' if self.fifo else ''}"

    @property
    def url(self) -> str:
        return f"https://sqs.us-east-1.amazonaws.com/111122223333/{self.name}{'.fifo' if self.fifo else ''}"

    def send(
        self,
        body: str,
        *,
        group: str = "",
        deduplication: str = "",
        attributes: Mapping[str, Any] | None = None,
    ) -> str:
        """Take a message. Returns its id; a FIFO queue takes one of an id that it saw in the last five minutes as told."""
        now = self.clock.now()
        if self.fifo:
            if not (group and deduplication):
                raise ValueError(f"{self.name}: a FIFO queue wants a group and a deduplication id")
            seen = self._seen.get((group, deduplication))
            if seen is not None and now - seen[0] < DEDUPLICATION:
                return seen[1]
        self._sent += 1
        message = Message(f"{self.name}-{self._sent}", body, now, now, group, attributes or {})
        self.messages.append(message)
        if self.fifo:
            self._seen[group, deduplication] = now, message.id
        return message.id

    def double(self) -> None:
        """Deliver what is there a second time, as a standard queue may."""
        if self.fifo:
            raise ValueError(f"{self.name}: a FIFO queue delivers once")
        self.messages += [
            replace(message, receipt="", in_flight=False)
            for message in self.messages
            if not message.in_flight
        ]

    def receive(self, most: int) -> list[Message]:
        """The next messages, hidden from now on; of a FIFO group none while one of it is in flight."""
        self._tidy()
        now = self.clock.now()
        taken: list[Message] = []
        blocked = {each.group for each in self.messages if each.in_flight} if self.fifo else set[str]()
        for index, message in enumerate(self.messages):
            if len(taken) == most:
                break
            if message.visible_at > now or message.in_flight:
                if self.fifo:
                    blocked.add(message.group)
                continue
            if self.fifo and message.group in blocked:
                continue
            receives = message.receives + 1
            self.messages[index] = received = replace(
                message,
                receives=receives,
                receipt=self._receipt(message.id),
                visible_at=now + timedelta(seconds=self.visibility),
                in_flight=True,
            )
            taken.append(received)
        return taken

    def _receipt(self, message_id: str) -> str:
        self._receipts += 1
        return f"{message_id}-{self._receipts}"

    def delete(self, receipt: str) -> None:
        """Forget a message by the receipt of its latest delivery; an older receipt does nothing."""
        self.messages = [message for message in self.messages if message.receipt != receipt]

    def change_visibility(self, receipt: str, seconds: float) -> None:
        """Let a message that is in flight become visible again after so many seconds from now."""
        for index, message in enumerate(self.messages):
            if message.receipt == receipt and message.in_flight:
                visible = self.clock.now() + timedelta(seconds=seconds)
                self.messages[index] = replace(message, visible_at=visible)

    def next_at(self) -> datetime | None:
        """When there is something to receive next, by what is known now."""
        self._tidy()
        if not self.fifo:
            return min((message.visible_at for message in self.messages), default=None)
        first: dict[str, datetime] = {}
        for message in self.messages:
            first.setdefault(message.group, message.visible_at)
        return min(first.values(), default=None)

    def _tidy(self) -> None:
        """What is due: hidden messages that become visible, dead letters, and what is too old."""
        now = self.clock.now()
        kept: list[Message] = []
        for message in self.messages:
            if (now - message.sent_at).total_seconds() >= self.retention:
                self.forgotten.append(message)
                continue
            due = message.in_flight and message.visible_at <= now
            current = replace(message, in_flight=False) if due else message
            spent = self.most_receives and current.receives >= self.most_receives and not current.in_flight
            if spent and self.dead_letters is not None and current.visible_at <= now:
                self.dead_letters.messages.append(replace(current, receives=0, receipt="", visible_at=now))
                continue
            kept.append(current)
        self.messages = kept
