"""A real store on a table in moto, and the one in memory that other tests use instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from moto import mock_aws

from jobherald.ports import JobStore
from jobherald.store.dynamodb import DynamoStore
from jobherald.store.wire import item_from_wire, item_to_wire
from tests.fakes.store import MemoryStore
from tests.fakes.table import NAME, client, create_table, simulated


@dataclass
class Table:
    """The store and what lies in its table."""

    store: DynamoStore
    dynamodb: Any

    def item(self, pk: str, sk: str) -> dict[str, Any]:
        found = self.dynamodb.get_item(TableName=NAME, Key=item_to_wire({"pk": pk, "sk": sk}))
        return item_from_wire(found.get("Item", {}))


@pytest.fixture
def table() -> Iterator[Table]:
    with mock_aws():
        dynamodb = client()
        yield Table(DynamoStore(dynamodb, create_table(dynamodb)), dynamodb)


@pytest.fixture(params=["dynamodb", "memory", "simulated"])
def either(request: pytest.FixtureRequest) -> Iterator[JobStore]:
    """Both stores, and the real one on the simulated table: what takes a part's place must not drift into fiction."""
    if request.param == "memory":
        yield MemoryStore()
        return
    if request.param == "simulated":
        yield DynamoStore(*simulated())
        return
    with mock_aws():
        dynamodb = client()
        yield DynamoStore(dynamodb, create_table(dynamodb))
