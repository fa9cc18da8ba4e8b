"""Kills functions of the local cloud while they work: when and where is drawn from a seed, and then left to them.

`jobherald.local.dying`, inside the functions' processes, carries the orders out. Why so: docs/adr/0021-functions-that-die.md.
"""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

from jobherald.flows.slack import CLAIM_MARGIN
from jobherald.local.cloud import LocalCloud
from jobherald.local.dying import ORDERS
from jobherald.store.wire import to_wire

ORDERS_FOLDER: Final = "JOBHERALD_ORDERS"
"""The variable by which the local cloud knows the folder."""

ANY: Final = ""
"""Any request of the function's."""

POST: Final = "POST "
"""A request to Slack, in the slack function: nothing else that it asks is outside of AWS."""

PUBLISH: Final = "sns "
"""A request to SNS, in the notify function: it publishes, and asks SNS for nothing else."""

_LATER: Final = 2.5
"""Seconds after the first kills."""

# In seconds, by outputs of the stack.
_HIDDEN: Final = {"PollsQueueUrl": 5, "LooksQueueUrl": 5, "SlackQueueUrl": 6}
_ABOUT: Final = timedelta(seconds=2)
"""How closely the claims of one invocation end together."""


def shorten_waits(cloud: LocalCloud) -> None:
    """Let what a dead process held come back in seconds: in the demo a minute of the cloud passes in a second."""
    for output, seconds in _HIDDEN.items():
        cloud.client("sqs").set_queue_attributes(
            QueueUrl=cloud.outputs[output], Attributes={"VisibilityTimeout": str(seconds)}
        )


def end_claims(cloud: LocalCloud, began: datetime, now: datetime) -> None:
    """Let the claims run out now of an invocation of the slack function that ``began`` then and is dead.

    In the cloud they run out by themselves, a minute after it began. Those of another one that began with it may be among
    them: it is told twice then, because of this death.
    """
    dynamodb, table = cloud.client("dynamodb"), cloud.outputs["TableName"]
    answer = cloud.client("lambda").get_function_configuration(FunctionName=cloud.function("slack"))
    until = began + timedelta(seconds=answer["Timeout"] + CLAIM_MARGIN)
    found = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="attribute_exists(claimed) AND claimed BETWEEN :early AND :late",
        ExpressionAttributeValues={":early": to_wire(until - _ABOUT), ":late": to_wire(until + _ABOUT)},
    )
    for item in (item for page in found for item in page["Items"]):
        with contextlib.suppress(dynamodb.exceptions.ConditionalCheckFailedException):
            dynamodb.update_item(
                TableName=table,
                Key={"pk": item["pk"], "sk": item["sk"]},
                UpdateExpression="SET claimed = :now",
                ConditionExpression="claimed = :claimed",
                ExpressionAttributeValues={":now": to_wire(now), ":claimed": item["claimed"]},
            )


@dataclass(frozen=True, slots=True)
class Order:
    """That one process of a function has to die.

    It does so from ``after`` (seconds after the orders are given) on, in the first invocation that comes to its
    ``requests``-th request whose name contains ``call``, when that is granted.
    """

    verb: str
    after: float
    requests: int
    call: str = ANY


@dataclass(frozen=True, slots=True)
class Kill:
    """That one died, ``at`` that moment (UTC), in an invocation that ``began`` then.

    ``call``, its ``requests``-th request, had been granted.
    """

    verb: str
    began: datetime
    at: datetime
    call: str
    requests: int

    @classmethod
    def of(cls, died: Mapping[str, Any], verbs: Mapping[str, str]) -> Self:
        """From what the process wrote down last; ``verbs`` by the deployed names of functions."""
        return cls(
            verb=verbs[died["function"]],
            began=datetime.fromtimestamp(died["began"], UTC),
            at=datetime.fromtimestamp(died["at"], UTC),
            call=died["call"],
            requests=died["requests"],
        )


def draw(seed: int) -> tuple[Order, ...]:
    """The orders of one run: each function at least once; those that tell also where it hurts, told and not marked."""
    chance = random.Random(seed)

    def order(verb: str, until: float, requests: int, call: str = ANY, *, since: float = _LATER) -> Order:
        return Order(verb, round(chance.uniform(since, until), 2), chance.randint(1, requests), call)

    return (
        order("schedule", 8, 5),
        order("ingest", 8, 1),
        order("poll", 6, 6),
        order("poll", 10, 6),
        order("notify", 6, 1, PUBLISH),
        order("notify", 8, 4),
        # First, both of them: they hold the most.
        order("slack", 1, 1, POST, since=0),
        order("slack", 1, 6, since=0),
    )


class Killer:
    """Gives orders to the functions that look into ``folder``, and hears from there who died."""

    def __init__(self, folder: Path, orders: Sequence[Order], name_of: Callable[[str], str]) -> None:
        """``name_of`` says how a function is deployed, by its verb."""
        self._folder = folder
        self._orders = tuple(orders)
        self._functions = {order.verb: name_of(order.verb) for order in orders}
        self._verbs = {name: verb for verb, name in self._functions.items()}

    def give(self, now: datetime) -> None:
        """Give all orders, whose seconds count from now."""
        written = [
            {
                "number": number,
                "function": self._functions[order.verb],
                "at": (now + timedelta(seconds=order.after)).timestamp(),
                "requests": order.requests,
                "call": order.call,
            }
            for number, order in enumerate(self._orders)
        ]
        draft = self._folder / "draft"
        draft.write_text(json.dumps(written), encoding="utf-8")
        draft.replace(self._folder / ORDERS)

    @property
    def kills(self) -> list[Kill]:
        """Who died so far, in order."""
        found = [json.loads(file.read_bytes()) for file in self._folder.glob("died-*.json")]
        return sorted((Kill.of(died, self._verbs) for died in found), key=lambda kill: kill.at)
