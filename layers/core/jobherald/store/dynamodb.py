"""The one table. The item that holds a state holds what is owed of it: a crash can part neither from the other."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, TypeVar

from botocore.exceptions import ClientError

from jobherald.errors import ConflictError, JobheraldError
from jobherald.model import Alert, Change, Delivery, Job, JobKey, Place, State, Story
from jobherald.ports import Claim, Listed, Owing
from jobherald.store import items
from jobherald.store.items import Item
from jobherald.store.update import Update
from jobherald.store.wire import item_from_wire, item_to_wire, to_wire
from jobherald.watch import Child, ConfigRecord, CredentialRecord, PlaceRecord

READ_BATCH: Final = 100
WRITE_BATCH: Final = 25
# An answer of a whole megabyte, which Query would give, takes twenty times as much to read.
OPEN_BATCH: Final = 1100
# An item holds 400 KB. A service's row is seldom more than one, and must not stop its place when it is.
LONGEST_ROW: Final = 350_000
LEFT_OUT: Final = "members_left_out"
# As long as the hash that signs, and so as long as is of any use (RFC 2104).
PAGE_KEY: Final = 32
COUNTED_FOR: Final = timedelta(hours=1)
# What the service gave back unprocessed is asked for again at once, so often; then the message fails and comes back.
ROUNDS: Final = 5

T = TypeVar("T")


class DynamoStore:
    """``ports.JobStore`` on one DynamoDB table; ``client`` is a botocore client, tried once a call.

    ``retention`` is how long a job is remembered after it ended and everything of it was told.
    """

    def __init__(self, client: Any, table: str, retention: timedelta = timedelta(days=90)) -> None:
        self._client = client
        self._table = table
        self._retention = retention

    # Jobs

    def open_jobs(self, place: Place) -> dict[JobKey, Job]:
        """Every open job of a place, through an index that may lag by some moments."""
        found = self._query(
            batch=OPEN_BATCH,
            IndexName="open",
            KeyConditionExpression="#open = :place",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues={":place": to_wire(place.key)},
        )
        jobs = (items.job_from_item(item) for item in found)
        return {job.key: job for job in jobs}

    def jobs(self, keys: Iterable[JobKey]) -> dict[JobKey, Job]:
        """The stored ones among these jobs, read consistently."""
        read = self._get(((items.job_pk(key), items.JOB) for key in keys), consistent=True)
        jobs = (items.job_from_item(item) for item in read)
        return {job.key: job for job in jobs}

    def write(self, job: Job, change: Change | None) -> None:
        """One conditional write: the job and what it now owes. Raises ConflictError."""
        update = Update(items.job_to_item(job))
        if not job.name:
            # Neither the index nor every answer has the name: that it is missing here does not mean that there is none.
            update.leave("name")
        if change is not None:
            update.owe([change], since=change.seen_at)
        closed = not (job.state.is_open or job.owing or change)
        update.put("expires_at", self._expiry(job.seen_at) if closed else None)
        self._update(items.job_pk(job.key), items.JOB, update, condition=("version", job.version - 1))
        if job.state is State.GONE:
            self._forget_details(job)

    def write_details(self, rows: Sequence[tuple[Job, Mapping[str, Any]]]) -> None:
        """Keep the jobs' rows beside them."""
        self._put(self._details(job, row, items.DETAILS) for job, row in rows)

    def add_details(self, job: Job, extra: Mapping[str, Any]) -> None:
        """Keep what only a look shows."""
        self._put([self._details(job, extra, items.LOOK)])

    def release(self, job: Job) -> None:
        """Stop watching a job that no watch wants any more."""
        expires = None if job.owing else self._expiry(job.seen_at)
        update = Update({"open": None, "version": job.version + 1, "expires_at": expires})
        self._update(items.job_pk(job.key), items.JOB, update, condition=("version", job.version))
        self._forget_details(job)

    def recent(self, source: str, since: datetime | None, limit: int) -> list[Job]:
        """Jobs of a source by creation time, newest first."""
        names = {"#source": "source", "#created": "created"}
        found = self._query(
            IndexName="recent",
            KeyConditionExpression="#source = :source AND #created >= :since",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={":source": to_wire(source), ":since": to_wire(since or 0)},
            ScanIndexForward=False,
            limit=limit,
        )
        refs = [(item["pk"], item["sk"]) for item in found]
        by_pk = {item["pk"]: items.job_from_item(item) for item in self._get(refs, consistent=False)}
        return [by_pk[pk] for pk, _ in refs if pk in by_pk]

    def listed(
        self,
        source: str,
        limit: int,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        newest_first: bool = True,
        behind: Listed | None = None,
    ) -> list[Listed]:
        """Jobs of a source by creation time, from the index alone."""
        if since is not None and until is not None and since > until:
            return []  # which DynamoDB would refuse to be asked
        between = "BETWEEN :since AND :until" if until is not None else ">= :since"
        values = {":source": source, ":since": 0 if since is None else since, ":until": until}
        found = self._query(
            IndexName="recent",
            KeyConditionExpression=f"#source = :source AND #created {between}",
            ExpressionAttributeNames={"#source": "source", "#created": "created"},
            ExpressionAttributeValues=item_to_wire(values),
            ScanIndexForward=not newest_first,
            limit=limit,
            behind=items.listed_to_key(source, behind) if behind else None,
        )
        return [items.listed_from_item(item) for item in found]

    def page_key(self) -> bytes:
        """What page tokens are signed with. Whoever asks first makes it; DynamoDB lets only one be first."""
        read = self._get([(items.PAGES, items.PAGES)], consistent=True)
        for item in read:
            key: bytes = item["key"]
            return key
        answer = self._client.update_item(
            TableName=self._table,
            Key=item_to_wire({"pk": items.PAGES, "sk": items.PAGES}),
            UpdateExpression="SET #key = if_not_exists(#key, :key)",
            ExpressionAttributeNames={"#key": "key"},
            ExpressionAttributeValues={":key": to_wire(os.urandom(PAGE_KEY))},
            ReturnValues="ALL_NEW",
        )
        made: bytes = item_from_wire(answer["Attributes"])["key"]
        return made

    def story(self, key: str) -> Story | None:
        """Everything about the job with this key's text."""
        pk = f"job#{key}"
        found = {
            item["sk"]: item
            for item in self._query(
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": to_wire(pk)},
                ConsistentRead=True,
            )
        }
        if items.JOB not in found:
            return None
        looked, listed = (
            _unpacked(found[sk]["row"]) if sk in found else {} for sk in (items.LOOK, items.DETAILS)
        )
        news = [items.news_from_item(pk, owed) for owed in found[items.JOB].get("owed", ())]
        deliveries = [
            items.delivery_from_item(item)
            for sk, item in sorted(found.items())
            if sk.startswith(items.TOLD) and "told" in item
        ]
        return Story(
            job=items.job_from_item(found[items.JOB]),
            details={**looked, **listed},
            owed=[change for change in news if isinstance(change, Change)],
            deliveries=sorted(deliveries, key=lambda delivery: delivery.told_at),
        )

    # Places and configuration

    def place(self, place: Place) -> PlaceRecord | None:
        """A place, read consistently."""
        return next(iter(self._places([place], consistent=True).values()), None)

    def places(self, places: Iterable[Place]) -> dict[Place, PlaceRecord]:
        """The stored ones among these places; may lag by some moments."""
        return self._places(places, consistent=False)

    def _places(self, places: Iterable[Place], *, consistent: bool) -> dict[Place, PlaceRecord]:
        read = self._get(((items.place_pk(place), items.PLACE) for place in places), consistent=consistent)
        records = (items.place_from_item(item) for item in read)
        return {record.place: record for record in records}

    def save_place(self, record: PlaceRecord, alerts: Sequence[Alert] = ()) -> None:
        """One conditional write: the place and the alerts it now owes. Raises ConflictError."""
        update = Update(items.place_to_item(record))
        update.owe(alerts, since=max((alert.at for alert in alerts), default=record.watched_since))
        if record.place.parent:
            # Nobody says that a parent is gone for good; one that is still there is looked at long before this.
            update.put("expires_at", self._expiry(record.polled_at or record.watched_since))
        pk = items.place_pk(record.place)
        self._update(pk, items.PLACE, update, condition=("revision", record.revision - 1))

    def children(self, place: Place) -> dict[str, Child]:
        """What is remembered of the parents at a place, by id."""
        read = self._get([(items.place_pk(place), items.CHILDREN)], consistent=False)
        return items.children_from_rows(_unpacked(row["rows"]) if (row := next(read, None)) else ())

    def save_children(self, place: Place, children: Mapping[str, Child]) -> None:
        """Keep what is known of the parents at a place."""
        rows = _packed(items.children_to_rows(children))
        self._put([{"pk": items.place_pk(place), "sk": items.CHILDREN, "rows": rows}])

    def credential(self, name: str) -> CredentialRecord | None:
        """What is remembered of a credential, read consistently."""
        read = self._get([(items.credential_pk(name), items.CREDENTIAL)], consistent=True)
        return next((items.credential_from_item(item) for item in read), None)

    def save_credential(self, record: CredentialRecord, alerts: Sequence[Alert] = ()) -> None:
        """One conditional write: the credential and its alerts. Raises ConflictError."""
        update = Update(items.credential_to_item(record))
        if alerts:
            update.owe(alerts, since=alerts[-1].at)
        pk = items.credential_pk(record.name)
        self._update(pk, items.CREDENTIAL, update, condition=("revision", record.revision - 1))

    def config(self) -> ConfigRecord | None:
        """The configuration in force."""
        read = self._get([(items.CONFIG, items.CONFIG)], consistent=True)
        return next((items.config_from_item(item) for item in read), None)

    def save_config(self, record: ConfigRecord, alerts: Sequence[Alert] = ()) -> None:
        """One conditional write: the configuration and its alerts. Raises ConflictError."""
        update = Update(items.config_to_item(record))
        if alerts:
            update.owe(alerts, since=alerts[-1].at)
        self._update(items.CONFIG, items.CONFIG, update, condition=("revision", record.revision - 1))

    # What is owed

    def owing(self, refs: Iterable[str]) -> list[Owing]:
        """Those of these items that owe something, read consistently, in the order asked for."""
        asked = list(dict.fromkeys(refs))
        read = self._get(((ref, items.sort_key_of(ref)) for ref in asked), consistent=True)
        owing = {item["pk"]: _owing_from_item(item) for item in read if "unsent" in item}
        return [owing[ref] for ref in asked if ref in owing]

    def mark(self, item: Owing, told: Sequence[Delivery]) -> None:
        """The item no longer owes what was told, provided that ``unsent`` is still what was read.

        Raises ConflictError where something was added meanwhile: read again and go on with what is new. So it does
        where the item was closed or opened without a word, since one of them has a TTL and the other must not.
        """
        done = {delivery.news.id for delivery in told}
        rest = [news for news in item.news if news.id not in done]
        settled: Item = {"owed": None, "unsent": None, "outbox": None, "owed_since": None}
        update = Update({"owed": [items.news_to_item(news) for news in rest]} if rest else settled)
        if item.closed and not rest and told:
            update.put("expires_at", self._expiry(told[-1].told_at))
        still = ""
        if items.sort_key_of(item.ref) == items.JOB:
            still = f" AND attribute_{'not_exists' if item.closed else 'exists'}(#open)"
        self._update(
            item.ref, items.sort_key_of(item.ref), update, condition=("unsent", item.unsent), still=still
        )

    def record(self, deliveries: Sequence[Delivery]) -> None:
        """Keep that these were told."""
        self._put(self._delivery(delivery) for delivery in deliveries)

    def owed_since(self, before: datetime, limit: int) -> list[str]:
        """Items that have owed something since before that moment, oldest first."""
        found = self._query(
            IndexName="unsent",
            KeyConditionExpression="outbox = :outbox AND owed_since < :before",
            ExpressionAttributeValues={":outbox": to_wire(items.OUTBOX), ":before": to_wire(before)},
            limit=limit,
        )
        return [item["pk"] for item in found]

    def touch(self, ref: str, now: datetime) -> None:
        """Write an owing item without altering it, so that the stream carries it again; one that owes no more is left."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=item_to_wire({"pk": ref, "sk": items.sort_key_of(ref)}),
                UpdateExpression="SET touched = :now",
                ConditionExpression="attribute_exists(unsent)",
                ExpressionAttributeValues={":now": to_wire(now)},
            )
        except ClientError as error:
            _raise_unless_conflict(error)

    def claim(self, news: Change | Alert, channel: str, now: datetime, until: datetime) -> Claim:
        """Claim one piece of news for one channel until that moment; a claim that ran out may be taken over."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=self._delivery_key(news, channel),
                UpdateExpression="SET claimed = :until, news = :news, expires_at = :expires",
                ConditionExpression="attribute_not_exists(told) AND (attribute_not_exists(claimed) OR claimed <= :now)",
                ExpressionAttributeValues=item_to_wire(
                    {
                        ":now": now,
                        ":until": until,
                        ":news": items.news_to_item(news),
                        ":expires": self._expiry(now),
                    }
                ),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            _raise_unless_conflict(error)
            stored: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
            return Claim.TOLD if "told" in stored else Claim.BUSY
        return Claim.OURS

    def delivered(self, delivery: Delivery) -> None:
        """Turn the claim into the delivery, whoever holds it by now: what was told is told."""
        update = Update({"told": delivery.told_at, "ref": delivery.reference or None, "claimed": None})
        self._client.update_item(
            TableName=self._table,
            Key=self._delivery_key(delivery.news, delivery.channel),
            **update.expression(),
        )

    def unclaim(self, news: Change | Alert, channel: str, until: datetime) -> None:
        """Give the claim that holds until that moment back.

        One that ran out and was taken over holds longer, and so is another.
        """
        try:
            self._client.update_item(
                TableName=self._table,
                Key=self._delivery_key(news, channel),
                UpdateExpression="REMOVE claimed",
                ConditionExpression="claimed = :until",
                ExpressionAttributeValues={":until": to_wire(until)},
            )
        except ClientError as error:
            _raise_unless_conflict(error)

    def count_posts(self, counter: str, at: datetime, posts: int) -> int:
        """Add posts to what is counted in the minute of that moment."""
        minute = at.replace(second=0, microsecond=0)
        answer = self._client.update_item(
            TableName=self._table,
            Key=item_to_wire(items.posts_key(counter, minute)),
            UpdateExpression="ADD posts :posts SET expires_at = :expires",
            ExpressionAttributeValues=item_to_wire(
                {":posts": posts, ":expires": int((minute + COUNTED_FOR).timestamp())}
            ),
            ReturnValues="UPDATED_NEW",
        )
        counted: int = item_from_wire(answer["Attributes"])["posts"]
        return counted

    # Items and calls

    def _delivery_key(self, news: Change | Alert, channel: str) -> dict[str, Any]:
        return item_to_wire({"pk": items.pk_of(news), "sk": items.told_sk(channel, news)})

    def _delivery(self, delivery: Delivery) -> Item:
        return {
            "pk": items.pk_of(delivery.news),
            "sk": items.told_sk(delivery.channel, delivery.news),
            "news": items.news_to_item(delivery.news),
            "told": delivery.told_at,
            "ref": delivery.reference or None,
            "expires_at": self._expiry(delivery.told_at),
        }

    def _details(self, job: Job, row: Mapping[str, Any], sort_key: str) -> Item:
        expires = None if job.state.is_open else self._expiry(job.seen_at)
        if expires is None and sort_key == items.LOOK:
            # Nobody looks again when the job ends: without this it would outlive the job for ever.
            expires = self._expiry(job.seen_at + self._retention)
        return {"pk": items.job_pk(job.key), "sk": sort_key, "row": _fitting(row), "expires_at": expires}

    def _forget_details(self, job: Job) -> None:
        """No further row comes for this job, which would bring its details' time to expire."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=item_to_wire({"pk": items.job_pk(job.key), "sk": items.DETAILS}),
                UpdateExpression="SET expires_at = :expires",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":expires": to_wire(self._expiry(job.seen_at))},
            )
        except ClientError as error:
            _raise_unless_conflict(error)

    def _expiry(self, start: datetime) -> int:
        return int((start + self._retention).timestamp())

    def _update(
        self, pk: str, sk: str, update: Update, *, condition: tuple[str, int | str], still: str = ""
    ) -> None:
        name, expected = condition
        expression = update.expression()
        expression["ExpressionAttributeNames"] |= {"#condition": name}
        if expected == 0:
            expression["ConditionExpression"] = "attribute_not_exists(#condition)"
        else:
            expression["ConditionExpression"] = "#condition = :condition"
            expression.setdefault("ExpressionAttributeValues", {})[":condition"] = to_wire(expected)
        if still:
            expression["ConditionExpression"] += still
            expression["ExpressionAttributeNames"] |= {"#open": "open"}
        try:
            self._client.update_item(
                TableName=self._table, Key=item_to_wire({"pk": pk, "sk": sk}), **expression
            )
        except ClientError as error:
            _raise_unless_conflict(error)
            raise ConflictError(f"{pk} was written by somebody else meanwhile") from error

    def _query(
        self,
        *,
        limit: int | None = None,
        batch: int | None = None,
        behind: Item | None = None,
        **request: Any,
    ) -> Iterator[Item]:
        start: dict[str, Any] = {"ExclusiveStartKey": item_to_wire(behind)} if behind else {}
        left = limit
        while left is None or left > 0:
            sizes = [size for size in (left, batch) if size is not None]
            bounds = {"Limit": min(sizes)} if sizes else {}
            answer = self._client.query(TableName=self._table, **request, **bounds, **start)
            found, last = answer["Items"], answer.get("LastEvaluatedKey")
            left = None if left is None else left - len(found)
            yield from map(item_from_wire, found)
            # Else it would stay in memory until the next answer is there as well.
            del answer, found
            if last is None:
                return
            start = {"ExclusiveStartKey": last}

    def _get(self, keys: Iterable[tuple[str, str]], *, consistent: bool) -> Iterator[Item]:
        for batch in _batched(dict.fromkeys(keys), READ_BATCH):
            wanted = [item_to_wire({"pk": pk, "sk": sk}) for pk, sk in batch]
            for _ in range(ROUNDS):
                request = {self._table: {"Keys": wanted, "ConsistentRead": consistent}}
                answer = self._client.batch_get_item(RequestItems=request)
                for item in answer["Responses"].get(self._table, ()):
                    yield item_from_wire(item)
                wanted = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
                if not wanted:
                    break
            else:
                raise JobheraldError(
                    f"DynamoDB left {len(wanted)} reads of table {self._table} undone {ROUNDS} times"
                )

    def _put(self, rows: Iterable[Item]) -> None:
        unique = {(row["pk"], row["sk"]): row for row in rows}
        for batch in _batched(unique.values(), WRITE_BATCH):
            wanted: list[Any] = [{"PutRequest": {"Item": item_to_wire(row)}} for row in batch]
            for _ in range(ROUNDS):
                answer = self._client.batch_write_item(RequestItems={self._table: wanted})
                wanted = answer.get("UnprocessedItems", {}).get(self._table, [])
                if not wanted:
                    break
            else:
                raise JobheraldError(
                    f"DynamoDB left {len(wanted)} writes to table {self._table} undone {ROUNDS} times"
                )


def _owing_from_item(item: Item) -> Owing:
    news = tuple(items.news_from_item(item["pk"], owed) for owed in item["owed"])
    closed = item["sk"] == items.JOB and "open" not in item
    return Owing(item["pk"], item["unsent"], news, closed)


def _fitting(row: Mapping[str, Any]) -> bytes:
    """A row that fits into an item: its longest members are left out, and named, until it does."""
    packed, left_out = _packed(row), []
    while len(packed) > LONGEST_ROW:
        longest = max(row, key=lambda name: len(json.dumps(row[name])) if name != LEFT_OUT else 0)
        left_out.append(longest)
        rest = {name: value for name, value in row.items() if name not in {longest, LEFT_OUT}}
        row = {**rest, LEFT_OUT: sorted(left_out)}
        packed = _packed(row)
    return packed


def _packed(row: Mapping[str, Any] | list[Any]) -> bytes:
    """A row as it is stored: compressed it is half as long, and a write unit cheaper with each change.

    Half a surrogate pair, where a service cut a text, becomes ``?``.
    """
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(errors="replace"), 9)


def _unpacked(row: bytes) -> Any:
    return json.loads(zlib.decompress(row))


def _raise_unless_conflict(error: ClientError) -> None:
    if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise error


def _batched(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """``itertools.batched``, which Python 3.11 does not have."""
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch
