"""A dead-letter queue as SQS has it: read without using anything up, and emptied letter by letter."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

from jobherald.deadletters.letter import Letter

MOST: Final = 1_000
"""So many letters are read at once: longer than that, the first would be visible again before the last is read."""

HIDDEN_SECONDS: Final = 30
"""How long a letter stays hidden at most where a reader dies before it gives it back."""

WORKED_ON_SECONDS: Final = 120

# A short poll asks only some of SQS's servers and may find nothing where there is something.
# Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
WAIT_SECONDS: Final = 1
_BATCH: Final = 10


@dataclass(frozen=True, slots=True)
class Reading:
    """What was seen of a queue: its letters, oldest first, and how many more SQS counts (approximately).

    ``retention`` is how long SQS keeps a letter.
    """

    letters: tuple[Letter, ...]
    unseen: int
    retention: timedelta


class Box:
    """One dead-letter queue; ``client`` is a client of SQS."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url
        self._deleted: set[str] = set()

    def read(self) -> Reading:
        """Every letter that SQS shows, each given back at once.

        A FIFO queue shows ten of a group and hides the rest behind them; what somebody else has just received is hidden
        as well.
        """
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        facts = self._client.get_queue_attributes(
            QueueUrl=self._url, AttributeNames=[*names, "MessageRetentionPeriod"]
        )["Attributes"]
        held: dict[str, Letter] = {}
        try:
            for batch in self._receive(HIDDEN_SECONDS):
                held |= {letter.id: letter for letter in batch}
                if len(held) >= MOST:
                    break
        finally:
            self._give_back(held.values())
        return Reading(
            tuple(sorted(held.values(), key=lambda letter: (letter.sent_at, letter.id))),
            max(0, sum(int(facts[name]) for name in names) - len(held)),
            timedelta(seconds=int(facts["MessageRetentionPeriod"])),
        )

    def take(self, ids: Iterable[str]) -> Generator[Letter]:
        """Those of these letters that are still there, one by one, hidden from others meanwhile.

        What is not deleted until the next one is asked for is given back at the end, as is everything else that had to
        be received to find them.
        """
        wanted, held = set(ids), dict[str, Letter]()
        try:
            for batch in self._receive(WORKED_ON_SECONDS):
                held |= {letter.id: letter for letter in batch}
                for letter in batch:
                    if letter.id in wanted:
                        wanted.remove(letter.id)
                        yield letter
                if not wanted:
                    return
        finally:
            self._give_back(held.values())

    def delete(self, letter: Letter) -> None:
        """Delete a letter that was taken."""
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt)
        self._deleted.add(letter.id)

    def _receive(self, hidden: int) -> Iterator[list[Letter]]:
        seen: set[str] = set()
        while True:
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=hidden,
                WaitTimeSeconds=WAIT_SECONDS,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            letters = [_letter(message) for message in answer.get("Messages", ())]
            if letters:
                yield letters
            # What comes a second time has been visible again: all of the queue was seen.
            if seen.issuperset(letter.id for letter in letters):
                return
            seen.update(letter.id for letter in letters)

    def _give_back(self, letters: Iterable[Letter]) -> None:
        """Visible again at once; one that SQS does not take back becomes so by itself."""
        left = iter([letter for letter in letters if letter.id not in self._deleted])
        while batch := list(islice(left, _BATCH)):
            self._client.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(at), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
                    for at, letter in enumerate(batch)
                ],
            )


def _letter(message: dict[str, Any]) -> Letter:
    system = message.get("Attributes", {})
    return Letter(
        id=message["MessageId"],
        body=message["Body"],
        receipt=message["ReceiptHandle"],
        sent_at=datetime.fromtimestamp(int(system["SentTimestamp"]) / 1000, UTC),
        source_queue=system.get("DeadLetterQueueSourceArn", ""),
        attributes={
            name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()
        },
    )
