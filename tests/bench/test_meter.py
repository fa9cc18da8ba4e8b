"""What the bench reads off the calls of a client, on a table that moto keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from bench.meter import Meter
from bench.units import Index, Table

SCHEMA = Table(("pk", "sk"), (Index("open", ("open",), frozenset()),))


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        session = botocore.session.get_session()
        made: Any = session.create_client("dynamodb", "us-east-1")
        made.create_table(
            TableName="jobs",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "open")
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "open",
                    "KeySchema": [{"AttributeName": "open", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
        )
        yield made


@pytest.fixture
def meter(client: Any) -> Meter:
    def read(key: Mapping[str, str]) -> Mapping[str, Any]:
        found = client.get_item(TableName="jobs", Key={name: {"S": value} for name, value in key.items()})
        item: Mapping[str, Any] = found.get("Item", {})
        return item

    return Meter("jobs", SCHEMA, read)


@pytest.fixture
def metered(meter: Meter) -> Any:
    session = botocore.session.get_session()
    meter.attach(session)
    return session.create_client("dynamodb", "us-east-1")


def item(number: int, size: int = 10, **attributes: Any) -> dict[str, Any]:
    return {"pk": {"S": f"job#{number}"}, "sk": {"S": "job"}, "fill": {"S": "x" * size}, **attributes}


def update(client: Any, number: int, **changes: Any) -> None:
    client.update_item(
        TableName="jobs",
        Key={"pk": {"S": f"job#{number}"}, "sk": {"S": "job"}},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
        ExpressionAttributeNames={f"#{name}": name for name in changes},
        ExpressionAttributeValues={f":{name}": value for name, value in changes.items()},
        ConditionExpression="attribute_not_exists(closed)",
    )


def test_nothing_is_counted_outside_of_the_block(meter: Meter, metered: Any) -> None:
    """Setting a stage is free."""
    metered.batch_write_item(RequestItems={"jobs": [{"PutRequest": {"Item": item(1)}}]})
    with meter.count() as tally:
        pass
    assert (tally.requests, tally.read_units, tally.write_units) == (0, 0, 0)


def test_a_batch_of_puts_costs_each_of_its_items(meter: Meter, metered: Any) -> None:
    """One request; the table and the index are billed by item, and known by the kind of item."""
    puts = [item(1), item(2, 2000, open={"S": "place"})]
    with meter.count() as tally:
        metered.batch_write_item(RequestItems={"jobs": [{"PutRequest": {"Item": put}} for put in puts]})
    assert tally.calls == {"dynamodb:BatchWriteItem": 1}
    assert tally.write_units == 1 + (2 + 1)
    assert tally.written == {"job": 4}


def test_an_update_costs_by_what_was_there_before(meter: Meter, metered: Any) -> None:
    """The entry of the index goes away and is billed, though the request does not name it."""
    metered.put_item(TableName="jobs", Item=item(1, 3000, open={"S": "place"}))
    with meter.count() as tally:
        update(metered, 1, fill={"S": ""}, open={"S": "elsewhere"})
    assert tally.write_units == 3 + 2


def test_a_refused_update_is_billed_and_changes_no_index(meter: Meter, metered: Any) -> None:
    """The condition did not hold: units of the item, none of the index."""
    metered.put_item(TableName="jobs", Item=item(1, 1500, closed={"BOOL": True}, open={"S": "place"}))
    with meter.count() as tally, pytest.raises(ClientError):
        update(metered, 1, open={"S": "elsewhere"})
    assert tally.write_units == 2


def test_a_query_of_an_index_costs_what_the_index_holds(meter: Meter, metered: Any) -> None:
    """Forty items of a kilobyte are ten blocks of the table and one of an index that carries keys alone."""
    for number in range(40):
        metered.put_item(TableName="jobs", Item=item(number, 1000, open={"S": "place"}))
    with meter.count() as tally:
        metered.query(
            TableName="jobs",
            IndexName="open",
            KeyConditionExpression="#open = :open",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues={":open": {"S": "place"}},
        )
    assert tally.read_units == 0.5


def test_reading_a_batch_costs_items_that_are_not_there(meter: Meter, metered: Any) -> None:
    """Each key asked for is billed, consistently read ones twice."""
    metered.put_item(TableName="jobs", Item=item(1, 5000))
    keys = [{"pk": {"S": f"job#{number}"}, "sk": {"S": "job"}} for number in (1, 2)]
    with meter.count() as tally:
        metered.batch_get_item(RequestItems={"jobs": {"Keys": keys, "ConsistentRead": True}})
    with meter.count() as lax:
        metered.batch_get_item(RequestItems={"jobs": {"Keys": keys}})
    assert (tally.read_units, lax.read_units) == (2 + 1, 1.5)


def test_an_operation_that_nobody_priced_is_refused(meter: Meter, metered: Any) -> None:
    """A new call of the product must not be free because the bench does not know it."""
    with meter.count(), pytest.raises(NotImplementedError, match="Scan"):
        metered.scan(TableName="jobs")


def test_a_tape_keeps_answers_as_they_came(meter: Meter, metered: Any) -> None:
    """In order, with status and body."""
    with meter.record() as tape:
        metered.put_item(TableName="jobs", Item=item(1))
        metered.batch_get_item(RequestItems={"jobs": {"Keys": [{"pk": {"S": "job#1"}, "sk": {"S": "job"}}]}})
    assert [(each.operation, each.status) for each in tape] == [("PutItem", 200), ("BatchGetItem", 200)]
    assert b"job#1" in tape[1].body
