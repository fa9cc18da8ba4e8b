"""A table's stream and its event source mapping to a function, by the rules that AWS documents.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html

What AWS leaves open is decided here against the function: records are as late, and come as often, as may be.

* AWS says that a failed batch is retried, and not after how long. Here each attempt waits twice as long as the one before,
  from a second to a minute.
* Splitting a batch does not use up an attempt, neither in the middle after an error nor at the sequence number that a
  function reported. Whatever fails without having been split does.
* A batch whose attempts are used up is given up as a whole.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple, TypeAlias

from bench.units import item_size
from faults.patterns import compile_pattern
from faults.values import Item

ARN: Final = "arn:aws:dynamodb:us-east-1:111122223333:table/jobs/stream/2026-01-01T00:00:00.000"
FUNCTION_ARN: Final = "arn:aws:lambda:us-east-1:111122223333:function:notify"
KEPT: Final = timedelta(hours=24)
"""How long a stream keeps a record."""
POLL: Final = timedelta(milliseconds=250)
"""How often Lambda looks at a shard: four times a second."""
FIRST_WAIT: Final = timedelta(seconds=1)
LONGEST_WAIT: Final = timedelta(minutes=1)

Event: TypeAlias = dict[str, Any]
"""What a function is called with, or one of its records."""


class Record(NamedTuple):
    """One write to an item. ``number`` grows with every record of the table; ``image`` is the item after it."""

    name: str
    keys: Item
    image: Item | None
    at: datetime
    number: int
    expired: bool = False


class Batch(NamedTuple):
    """Records of one shard that go to the function together, and how often these have been tried."""

    shard: int
    entries: tuple[_Entry, ...]
    attempts: int = 0
    due: datetime = datetime.min.replace(tzinfo=UTC)

    def event(self) -> Event:
        """What the function is called with."""
        return {"Records": [_as_sent(entry.event) for entry in self.entries]}


class _Entry(NamedTuple):
    at: datetime
    number: str
    event: Event


class _Shard(NamedTuple):
    """What the function has not had yet: batches that come back go before what waits."""

    waiting: tuple[_Entry, ...] = ()
    again: tuple[Batch, ...] = ()
    busy: Batch | None = None


class Snapshot(NamedTuple):
    """A stream at one moment."""

    shards: tuple[_Shard, ...]
    enabled: bool


class Stream:
    """The stream with its mapping, for an event loop on a clock of its own.

    The loop asks for ``next_at()``, goes there, calls ``take(now)``, invokes the function with the batch's ``event()``
    and says what became of it by ``done`` or ``failed``. Until then the shard stands still. What is given up goes to
    ``on_failure`` as the message that AWS sends, which names the records and holds none.

    ``properties`` are those of the mapping in the template. Raises NotImplementedError for one that nobody simulates.
    """

    def __init__(
        self,
        properties: Mapping[str, Any],
        *,
        shards: int = 4,
        on_failure: Callable[[Event], None] = lambda _message: None,
    ) -> None:
        if unknown := set(properties) - _PROPERTIES:
            raise NotImplementedError(f"nobody simulates these properties of a mapping: {sorted(unknown)}")
        self._size: int = properties.get("BatchSize", 100)
        self._window = timedelta(seconds=properties.get("MaximumBatchingWindowInSeconds", 0))
        self._bisects: bool = properties.get("BisectBatchOnFunctionError", False)
        self._retries: int = properties.get("MaximumRetryAttempts", -1)
        age: int = properties.get("MaximumRecordAgeInSeconds", -1)
        self._age = KEPT if age < 0 else timedelta(seconds=age)
        self._reports = "ReportBatchItemFailures" in properties.get("FunctionResponseTypes", ())
        filters = properties.get("FilterCriteria", {}).get("Filters", ())
        self._filters = [compile_pattern(each["Pattern"]) for each in filters]
        self._tells_failures = "OnFailure" in properties.get("DestinationConfig", {})
        self._on_failure = on_failure
        self._shards = [_Shard()] * shards
        self._enabled = True

    def add(self, record: Record) -> None:
        """One record, in the order of its writing. One that no filter lets pass is forgotten."""
        event = _event(record)
        if self._filters and not any(matches(event) for matches in self._filters):
            return
        number = shard_of(record.keys, len(self._shards))
        shard = self._shards[number]
        entry = _Entry(record.at, event["dynamodb"]["SequenceNumber"], event)
        self._shards[number] = shard._replace(waiting=(*shard.waiting, entry))

    def next_at(self) -> datetime | None:
        """When a batch is next due, which may be in the past. None: none will be, as things are."""
        return min((due for shard in self._shards if (due := self._due(shard)) is not None), default=None)

    def take(self, now: datetime) -> Batch | None:
        """The batch that has been due for longest, to be invoked now. None: none is due, or what was is too old."""
        while (at := self.next_at()) is not None and at <= now:
            number = next(n for n, shard in enumerate(self._shards) if self._due(shard) == at)
            shard = self._shards[number]
            if shard.again:
                batch, shard = shard.again[0], shard._replace(again=shard.again[1:])
            else:
                batch = Batch(number, shard.waiting[: self._size])
                shard = shard._replace(waiting=shard.waiting[self._size :])
            batch = self._without_old(batch, now)
            self._shards[number] = shard._replace(busy=batch if batch.entries else None)
            if batch.entries:
                return batch
        return None

    def done(self, batch: Batch, response: Any, now: datetime) -> None:
        """The function answered. What it reports as failed is sent again, from the lowest sequence number on."""
        first = self._first_failed(batch, response)
        if first is None:
            self._return(batch, [])
        elif first == 0:
            self._retry(batch, now)
        else:
            self._return(batch, [self._later(batch._replace(entries=batch.entries[first:]), now)])

    def failed(self, batch: Batch, now: datetime) -> None:
        """The invocation failed: an exception, a crash, a time-out, or no free concurrency."""
        middle = len(batch.entries) // 2
        if not self._bisects or middle == 0:
            self._retry(batch, now)
            return
        halves = batch.entries[:middle], batch.entries[middle:]
        self._return(batch, [self._later(batch._replace(entries=half), now) for half in halves])

    # Outages

    def disable(self) -> None:
        """Send nothing more. Records gather, for as long as a stream keeps them."""
        self._enabled = False

    def enable(self) -> None:
        """Go on where it stopped."""
        self._enabled = True

    def drop_all(self) -> None:
        """Forget all that waits, as when it got too old meanwhile."""
        self._shards = [_Shard(busy=shard.busy) for shard in self._shards]

    # Snapshots

    def snapshot(self) -> Snapshot:
        return Snapshot(tuple(self._shards), self._enabled)

    def restore(self, snapshot: Snapshot) -> None:
        self._shards, self._enabled = list(snapshot.shards), snapshot.enabled

    # What becomes of batches

    def _due(self, shard: _Shard) -> datetime | None:
        if not self._enabled or shard.busy is not None:
            return None
        if shard.again:
            return shard.again[0].due
        if not shard.waiting:
            return None
        gathered = shard.waiting[0].at + self._window
        if len(shard.waiting) >= self._size:
            gathered = min(gathered, shard.waiting[self._size - 1].at)
        return gathered + POLL

    def _without_old(self, batch: Batch, now: datetime) -> Batch:
        kept = tuple(entry for entry in batch.entries if now - entry.at < KEPT)
        young = tuple(entry for entry in kept if now - entry.at <= self._age)
        old = kept[: len(kept) - len(young)]
        if old:
            self._give_up(batch._replace(entries=old), "RecordAgeExceeded", now)
        return batch._replace(entries=young)

    def _first_failed(self, batch: Batch, response: Any) -> int | None:
        """Where in the batch the first record stands that is to come back; the first one if the answer is no answer."""
        if not self._reports or not response:
            return None
        if not isinstance(response, Mapping):
            return 0
        failures = response.get("batchItemFailures")
        if not failures:
            return None
        positions = {entry.number: position for position, entry in enumerate(batch.entries)}
        try:
            return min(positions[failure["itemIdentifier"]] for failure in failures)
        except (KeyError, TypeError):
            return 0

    def _retry(self, batch: Batch, now: datetime) -> None:
        batch = batch._replace(attempts=batch.attempts + 1)
        if 0 <= self._retries < batch.attempts:
            self._give_up(batch, "RetryAttemptsExhausted", now)
            self._return(batch, [])
        else:
            self._return(batch, [self._later(batch, now)])

    def _later(self, batch: Batch, now: datetime) -> Batch:
        wait = min(FIRST_WAIT * 2 ** min(max(batch.attempts - 1, 0), 10), LONGEST_WAIT)
        return batch._replace(due=now + wait)

    def _return(self, batch: Batch, rest: Sequence[Batch]) -> None:
        shard = self._shards[batch.shard]
        assert shard.busy is not None, f"shard {batch.shard} has no batch under way"
        self._shards[batch.shard] = shard._replace(busy=None, again=(*rest, *shard.again))

    def _give_up(self, batch: Batch, condition: str, now: datetime) -> None:
        if not self._tells_failures:
            return
        first, last = batch.entries[0], batch.entries[-1]
        self._on_failure(
            {
                "requestContext": {
                    "requestId": _id(f"{first.number}/{batch.attempts}"),
                    "functionArn": FUNCTION_ARN,
                    "condition": condition,
                    "approximateInvokeCount": batch.attempts,
                },
                "responseContext": {
                    "statusCode": 200,
                    "executedVersion": "$LATEST",
                    "functionError": "Unhandled",
                },
                "version": "1.0",
                "timestamp": _text(now),
                "DDBStreamBatchInfo": {
                    "shardId": f"shardId-{batch.shard:020}-00000000",
                    "startSequenceNumber": first.number,
                    "endSequenceNumber": last.number,
                    "approximateArrivalOfFirstRecord": _text(first.at),
                    "approximateArrivalOfLastRecord": _text(last.at),
                    "batchSize": len(batch.entries),
                    "streamArn": ARN,
                },
            }
        )


_PROPERTIES: Final = frozenset(
    {
        "Stream",
        "StartingPosition",
        "BatchSize",
        "MaximumBatchingWindowInSeconds",
        "BisectBatchOnFunctionError",
        "MaximumRetryAttempts",
        "MaximumRecordAgeInSeconds",
        "FunctionResponseTypes",
        "FilterCriteria",
        "DestinationConfig",
    }
)


def shard_of(keys: Item, shards: int) -> int:
    """The shard that has an item's records: one partition's records are in one shard, in order."""
    ((_, plain),) = next(iter(keys.values())).items()
    return zlib.crc32(plain if isinstance(plain, bytes) else plain.encode()) % shards


def _event(record: Record) -> Event:
    image = {} if record.image is None else {"NewImage": record.image}
    number = f"{record.number:025}"
    event: Event = {
        "eventID": _id(number),
        "eventName": record.name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": int(record.at.timestamp()),
            "Keys": record.keys,
            **image,
            "SequenceNumber": number,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": ARN,
    }
    if record.expired:
        event["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    return event


def _as_sent(event: Event) -> Event:
    """With what is worked out only for records that are sent: a function's event is JSON, and its binaries are base64."""
    inner = event["dynamodb"]
    images = {name: inner[name] for name in ("Keys", "NewImage") if name in inner}
    size = sum(map(item_size, images.values()))
    return {**event, "dynamodb": {**inner, **_as_json(images), "SizeBytes": size}}


def _as_json(node: Any) -> Any:
    if isinstance(node, bytes):
        return b64encode(node).decode("ascii")
    if isinstance(node, Mapping):
        return {name: _as_json(inner) for name, inner in node.items()}
    if isinstance(node, list):
        return [_as_json(inner) for inner in node]
    return node


def _id(text: str) -> str:
    return f"{zlib.crc32(text.encode()):032x}"


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
