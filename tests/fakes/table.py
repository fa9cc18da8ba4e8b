"""The jobs table on moto, as the template declares it: a schema of its own here would prove nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import botocore.session
from botocore.config import Config

from faults.table import Table
from tests.project.template import template

NAME: Final = "jobs"
_DECLARED: Final = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
)


def client() -> Any:
    """A client as the functions have it. moto knows no endpoints that carry the account."""
    config = Config(account_id_endpoint_mode="disabled", retries={"total_max_attempts": 1})
    return botocore.session.get_session().create_client("dynamodb", region_name="us-east-1", config=config)


def create_table(dynamodb: Any) -> str:
    """The table of the template. Returns its name."""
    properties = template()["Resources"]["JobsTable"]["Properties"]
    stream = {"StreamEnabled": True, **properties["StreamSpecification"]}
    dynamodb.create_table(
        TableName=NAME, StreamSpecification=stream, **{name: properties[name] for name in _DECLARED}
    )
    dynamodb.update_time_to_live(
        TableName=NAME, TimeToLiveSpecification=properties["TimeToLiveSpecification"]
    )
    return NAME


def simulated() -> tuple[Any, str]:
    """A client of the simulated table of the template, and the table's name."""
    table = Table(template()["Resources"]["JobsTable"]["Properties"], NAME, lambda: datetime.now(UTC))
    dynamodb = client()
    dynamodb._make_api_call = table.call
    return dynamodb, NAME
