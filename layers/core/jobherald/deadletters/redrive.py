"""Sending dead letters again, and deleting them. What is sent again is sent first and deleted then: a crash repeats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobherald.deadletters.box import Box
from jobherald.deadletters.explain import Memory
from jobherald.deadletters.letter import Explained, Kind
from jobherald.errors import JobheraldError
from jobherald.ports import Queues
from jobherald.watch import Look


@dataclass(frozen=True, slots=True)
class Senders:
    """The ways back: SQS with the queue of Slack's function, the queue of looks, and the table behind the stream."""

    sqs: Any
    slack_queue_url: str
    queues: Queues
    memory: Memory

    def send(self, explained: Explained, owing: Iterable[str], now: datetime) -> None:
        """Send one letter again. Every way takes a repetition: it is claimed, compared or marked, never told twice.

        ``owing`` are the items that owe news: writing them once more is how lost stream records are made up for. Raises
        JobheraldError for a letter that is not resendable.
        """
        if not explained.resendable:
            raise JobheraldError(f"The dead letter {explained.letter.id} cannot be sent again; it is kept.")
        if explained.kind is Kind.NEWS:
            self.sqs.send_message(QueueUrl=self.slack_queue_url, MessageBody=explained.letter.body)
        elif isinstance(explained.cargo, Look):
            self.queues.looks([explained.cargo])
        else:
            for ref in owing:
                self.memory.touch(ref, now)


def resend(
    box: Box, letters: Iterable[Explained], senders: Senders, owing: Iterable[str], now: datetime
) -> Iterator[Explained]:
    """Send these again, each deleted once it is sent; each as it is done with."""
    meant = {each.letter.id: each for each in letters}
    left = list(owing)
    with closing(box.take(meant)) as taken:
        for letter in taken:
            explained = meant[letter.id]
            senders.send(explained, left, now)
            if explained.kind is Kind.RECORDS:
                # All of them are made up for at once.
                left = []
            box.delete(letter)
            yield explained


def purge(box: Box, letters: Iterable[Explained]) -> Iterator[Explained]:
    """Delete these, and no others that have come meanwhile; each as it is done with."""
    meant = {each.letter.id: each for each in letters}
    with closing(box.take(meant)) as taken:
        for letter in taken:
            box.delete(letter)
            yield meant[letter.id]
