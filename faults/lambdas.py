"""Lambda: invocations that end in time or die, event source mappings of queues, and asynchronous invocations.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html (a batch that failed stays hidden
until its visibility time-out; of one that reports failures the rest is deleted),
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html (retried after one and two minutes).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from faults.clock import VirtualClock
from faults.gate import Invocation
from faults.queues import Queue

RETRY_AFTER: Final = (timedelta(minutes=1), timedelta(minutes=2))

Invoke = Callable[[str, Any], "Result"]


@dataclass(frozen=True, slots=True)
class Result:
    """How an invocation ended: with an answer, or in an error (None where the process died)."""

    answer: Any = None
    failed: bool = False
    error: Exception | None = None

    @property
    def failures(self) -> frozenset[str]:
        """The items that are reported to have failed, where the answer is such a report."""
        if not isinstance(self.answer, Mapping):
            return frozenset()
        return frozenset(each["itemIdentifier"] for each in self.answer.get("batchItemFailures", ()))


@dataclass(frozen=True, slots=True)
class Context:
    """Lambda's context, whose time is the world's."""

    clock: VirtualClock
    invocation: Invocation

    memory_limit_in_mb = 256

    @property
    def aws_request_id(self) -> str:
        return f"request-{self.invocation.number}"

    @property
    def function_name(self) -> str:
        return f"jobherald-{self.invocation.function}"

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:us-east-1:111122223333:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.invocation.remaining(self.clock.now()) * 1000)


@dataclass
class QueueMapping:
    """What brings a queue's messages to a function. ``window`` (seconds) is how long a batch gathers."""

    queue: Queue
    function: str
    batch: int
    window: float = 0.0
    concurrency: int = 1000
    running: int = 0

    def next_at(self) -> datetime | None:
        """When the next batch is to be delivered, by what is known now."""
        if self.running >= self.concurrency:
            return None
        ready = self.queue.next_at()
        return None if ready is None else ready + timedelta(seconds=self.window)

    def deliver(self, invoke: Invoke) -> bool:
        """Deliver one batch, if there is one. Returns whether there was."""
        messages = self.queue.receive(self.batch)
        if not messages:
            return False
        self.running += 1
        try:
            result = invoke(self.function, {"Records": [each.record(self.queue.arn) for each in messages]})
        finally:
            self.running -= 1
        if not result.failed:
            for message in messages:
                if message.id not in result.failures:
                    self.queue.delete(message.receipt)
        return True


@dataclass(frozen=True, slots=True)
class Waiting:
    """An asynchronous invocation that is still to be made: at which moment, and how often it failed."""

    at: datetime
    function: str
    event: Any
    began: datetime
    failed: int = 0


@dataclass
class AsyncInvocations:
    """Lambda's own queue of asynchronous invocations, with ``retries`` and ``longest`` (an event's age) by function."""

    clock: VirtualClock
    retries: Mapping[str, int]
    longest: Mapping[str, timedelta]
    dead_letters: Mapping[str, Queue]
    waiting: list[Waiting] = field(default_factory=list)

    def send(self, function: str, event: Any) -> None:
        now = self.clock.now()
        self.waiting.append(Waiting(now, function, event, now))

    def next_at(self) -> datetime | None:
        return min((each.at for each in self.waiting), default=None)

    def deliver(self, invoke: Invoke) -> bool:
        """Make the next invocation that is due. Returns whether there was one."""
        now = self.clock.now()
        due = next((each for each in self.waiting if each.at <= now), None)
        if due is None:
            return False
        self.waiting.remove(due)
        if invoke(due.function, due.event).failed:
            self._again(due)
        return True

    def _again(self, failed: Waiting) -> None:
        now = self.clock.now()
        if failed.failed < self.retries[failed.function]:
            at = now + RETRY_AFTER[min(failed.failed, len(RETRY_AFTER) - 1)]
            if at - failed.began <= self.longest[failed.function]:
                self.waiting.append(
                    Waiting(at, failed.function, failed.event, failed.began, failed.failed + 1)
                )
                return
        letter = {"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": failed.event}
        self.dead_letters[failed.function].send(json.dumps(letter))
