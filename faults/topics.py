"""SNS as far as news goes: a batch with failures of its own, raw delivery into queues, filter policies, subscribers.

Source: https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from faults.clock import VirtualClock
from faults.queues import Queue


class Received(NamedTuple):
    """One message as a subscriber got it: the JSON for programs, the letter for people, its subject."""

    at: datetime
    message: Mapping[str, Any]
    letter: str
    subject: str
    attributes: Mapping[str, str]


@dataclass
class Topic:
    """One topic with its subscribers: ``queues`` take the raw message, ``received`` is what everybody else gets.

    ``refuses`` are, for each of the next calls, the positions of the entries that are not taken.
    """

    arn: str
    clock: VirtualClock
    queues: list[Queue] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    refuses: list[frozenset[int]] = field(default_factory=list)
    _published: int = 0

    def publish_batch(
        self, entries: Sequence[Mapping[str, Any]], *, refuse: int | None = None
    ) -> dict[str, Any]:
        """What PublishBatch answers. The entry at the position ``refuse`` is not taken."""
        taken: list[dict[str, str]] = []
        failed: list[dict[str, Any]] = []
        refused = self.refuses.pop(0) if self.refuses else frozenset[int]()
        for position, entry in enumerate(entries):
            if position == refuse or position in refused:
                failed.append(
                    {"Id": entry["Id"], "Code": "InternalError", "Message": "Try again", "SenderFault": False}
                )
                continue
            self._published += 1
            taken.append({"Id": entry["Id"], "MessageId": f"sns-{self._published}"})
            self._deliver(entry)
        return {"Successful": taken, "Failed": failed}

    def _deliver(self, entry: Mapping[str, Any]) -> None:
        forms = json.loads(entry["Message"])
        attributes = {
            name: value["StringValue"] for name, value in entry.get("MessageAttributes", {}).items()
        }
        self.received.append(
            Received(
                self.clock.now(),
                json.loads(forms["default"]),
                forms.get("email", forms["default"]),
                entry.get("Subject", ""),
                attributes,
            )
        )
        for queue in self.queues:
            queue.send(forms["default"])
