"""A dead letter, and what is to be said of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from jobherald.model import Alert, Change
from jobherald.watch import Look, Poll


class Queue(StrEnum):
    """The six dead-letter queues, by what people call them, in the order in which they concern people."""

    SLACK = "slack"
    NOTIFY = "notify"
    LOOKS = "looks"
    POLLS = "polls"
    INGEST = "ingest"
    SCHEDULE = "schedule"

    @property
    def resource(self) -> str:
        """The queue's logical id in the template."""
        return f"{self.value.capitalize()}DeadLetterQueue"


class Kind(StrEnum):
    """What a dead letter is."""

    NEWS = "news for Slack"
    RECORDS = "stream records"
    LOOK = "look at a job"
    POLL = "poll of a place"
    EVENT = "event"
    WAKE_UP = "wake-up"
    FOREIGN = "no message of ours"


class Advice(StrEnum):
    """What a person does about a dead letter; ``MEND`` is to mend the cause before anything else."""

    RESEND = "resend"
    MEND = "mend first"
    PURGE = "purge"
    READ = "read it"


@dataclass(frozen=True, slots=True)
class Letter:
    """One message of a dead-letter queue.

    ``sent_at`` (UTC) is when it was first sent, to this queue or to the one that SQS moved it from; ``source_queue`` is
    the ARN of the latter, empty where nobody moved it. ``receipt`` is that of the last receive.
    """

    id: str
    body: str
    receipt: str
    sent_at: datetime
    source_queue: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> Mapping[str, Any]:
        """The body as a JSON object; empty where it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


Cargo: TypeAlias = Change | Alert | Look | Poll


@dataclass(frozen=True, slots=True)
class Explained:
    """A dead letter with what it is, why it lies there, and what to do about it and why that.

    ``subject`` names the job, the place or the part of the stream; empty where nobody knows. ``cargo`` is what it
    carries, where this version can read it.
    """

    letter: Letter
    queue: Queue
    kind: Kind
    subject: str
    why: str
    advice: Advice
    because: str
    cargo: Cargo | None = None

    @property
    def resendable(self) -> bool:
        """Whether there is anything to send again: a poll or a wake-up is never sent twice, the next one says more."""
        return self.kind is Kind.RECORDS or isinstance(self.cargo, Change | Alert | Look)
