"""The queues of the poll function, as SQS has them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from jobherald.errors import JobheraldError
from jobherald.model import Place
from jobherald.watch import Look

BATCH: Final = 10


class SqsQueues:
    """``ports.Queues`` on two SQS queues; polls go through a FIFO one, one at a time for each API."""

    def __init__(self, client: Any, polls_url: str, looks_url: str) -> None:
        self._client = client
        self._polls_url = polls_url
        self._looks_url = looks_url

    def polls(self, places: Sequence[tuple[Place, str]], queued_at: datetime) -> None:
        """Queue polls. Raises JobheraldError where SQS did not take one."""
        self._send(
            self._polls_url,
            [
                {
                    "MessageBody": _body(place=asdict(place), queued_at=queued_at.isoformat()),
                    "MessageGroupId": f"{place.account}-{place.region}-{place.service}",
                    "MessageDeduplicationId": slot,
                }
                for place, slot in places
            ],
        )

    def looks(self, looks: Sequence[Look]) -> None:
        """Queue looks. Raises JobheraldError where SQS did not take one."""
        self._send(
            self._looks_url,
            [{"MessageBody": _body(place=asdict(look.place), id=look.id, name=look.name)} for look in looks],
        )

    def _send(self, url: str, messages: Sequence[dict[str, Any]]) -> None:
        for batch in _batches(messages):
            entries = [{"Id": str(index), **message} for index, message in enumerate(batch)]
            answer = self._client.send_message_batch(QueueUrl=url, Entries=entries)
            if refused := answer.get("Failed"):
                raise JobheraldError(
                    f"SQS took {len(batch) - len(refused)} of {len(batch)} messages: {refused[0]}"
                )


def _body(**members: Any) -> str:
    return json.dumps(members, separators=(",", ":"))


def _batches(messages: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    return (messages[start : start + BATCH] for start in range(0, len(messages), BATCH))
