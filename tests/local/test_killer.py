"""What is ordered, who carries it out, and what is heard of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.local.dying import Life
from jobherald.local.killer import POST, PUBLISH, Kill, Killer, Order, draw

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
FUNCTIONS = {verb: f"stack-{verb}-1A2B" for verb in ("schedule", "ingest", "poll", "notify", "slack")}


class Fleet:
    """Processes of the stack's functions on a clock of their own; ``dead`` are those that were ended, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.at = NOW
        self.dead: list[str] = []

    def now(self) -> float:
        return self.at.timestamp()

    def process(self, verb: str) -> Life:
        return Life(
            self.folder,
            FUNCTIONS[verb],
            clock=self.now,
            die=lambda: self.dead.append(verb),
        )

    def work(self, verb: str, *calls: str) -> bool:
        """One invocation in a process of its own, a second a call. Whether it lived to its end."""
        before = len(self.dead)
        life = self.process(verb)
        life.begins()
        for call in calls:
            self.at += timedelta(seconds=1)
            life.answered(call)
            if len(self.dead) > before:
                return False
        return True

    def ordered(self, *orders: Order) -> Killer:
        killer = Killer(self.folder, orders, FUNCTIONS.__getitem__)
        killer.give(NOW)
        return killer


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


@given(st.integers())
def test_every_function_dies_in_every_run(seed: int) -> None:
    """The seed draws moments and requests; that each function dies, and Slack's behind a post, is no matter of chance."""
    orders = draw(seed)
    assert draw(seed) == orders
    assert {order.verb for order in orders} == set(FUNCTIONS)
    assert all(order.requests >= 1 and 0 <= order.after <= 10 for order in orders)
    assert any((order.verb, order.call) == ("slack", POST) for order in orders)
    assert any((order.verb, order.call) == ("notify", PUBLISH) for order in orders)


def test_other_seeds_draw_other_moments() -> None:
    assert len({draw(seed) for seed in range(20)}) == 20


def test_nobody_dies_unordered(fleet: Fleet) -> None:
    """Before orders are given, after none were, and where they are for another function."""
    assert fleet.work("poll", "dynamodb Query")
    fleet.ordered()
    assert fleet.work("poll", "dynamodb Query")
    killer = fleet.ordered(Order("slack", 0, 1))
    assert fleet.work("poll", "dynamodb Query")
    assert killer.kills == []


def test_the_request_that_was_ordered_is_the_last_one(fleet: Fleet) -> None:
    """One process dies of one order, and what is left of it says in which invocation, when and where."""
    killer = fleet.ordered(Order("notify", 0, 2))
    assert not fleet.work("notify", "dynamodb BatchGetItem", "sns PublishBatch", "dynamodb UpdateItem")
    assert killer.kills == [
        Kill(
            verb="notify",
            began=NOW,
            at=NOW + timedelta(seconds=2),
            call="sns PublishBatch",
            requests=2,
        )
    ]
    assert fleet.work("notify", "dynamodb BatchGetItem", "sns PublishBatch", "dynamodb UpdateItem")


def test_nobody_dies_before_the_moment(fleet: Fleet) -> None:
    """An invocation that is under way when the moment comes, and far enough, dies at its next request."""
    fleet.ordered(Order("poll", 3.5, 2))
    assert fleet.work("poll", "a", "b", "c")
    assert not fleet.work("poll", "d", "e")
    assert fleet.dead == ["poll"]


def test_an_invocation_that_asks_for_little_lives(fleet: Fleet) -> None:
    """Requests are counted by invocation: the order waits for one that is busy enough."""
    fleet.ordered(Order("poll", 0, 3))
    life = fleet.process("poll")
    for _ in range(3):
        life.begins()
        life.answered("dynamodb GetItem")
        life.answered("dynamodb Query")
    assert fleet.dead == []
    life.answered("dynamodb PutItem")
    assert fleet.dead == ["poll"]


def test_a_kind_of_request_can_be_ordered(fleet: Fleet) -> None:
    """Then only those of that kind are counted, and it is behind one of them."""
    killer = fleet.ordered(Order("slack", 0, 1, POST))
    assert fleet.work("slack", "dynamodb UpdateItem", "ssm GetParameter")
    assert not fleet.work("slack", "dynamodb UpdateItem", "POST 127.0.0.1:1", "dynamodb UpdateItem")
    assert [(kill.call, kill.requests) for kill in killer.kills] == [("POST 127.0.0.1:1", 2)]


def test_two_orders_are_two_deaths(fleet: Fleet) -> None:
    """Also where both are for the same function and moment; they are told in the order of time."""
    killer = fleet.ordered(Order("poll", 0, 1), Order("poll", 0, 1), Order("slack", 0, 1))
    assert not fleet.work("slack", "a")
    assert not fleet.work("poll", "b")
    assert not fleet.work("poll", "c")
    assert fleet.work("poll", "d")
    assert [(kill.verb, kill.call) for kill in killer.kills] == [("slack", "a"), ("poll", "b"), ("poll", "c")]


def test_of_two_processes_only_one_dies_of_an_order(fleet: Fleet) -> None:
    """They run at once, and neither knows of the other."""
    killer = fleet.ordered(Order("slack", 0, 1))
    lives = [fleet.process("slack"), fleet.process("slack")]
    for life in lives:
        life.begins()
    for life in lives:
        life.answered("ssm GetParameter")
    assert fleet.dead == ["slack"]
    assert len(killer.kills) == 1
    assert not list(fleet.folder.glob("draft*"))


def test_orders_name_functions_as_they_are_deployed(fleet: Fleet) -> None:
    """A process knows only its own name in the stack."""
    fleet.ordered(Order("poll", 1.5, 4))
    (written,) = json.loads((fleet.folder / "orders.json").read_text(encoding="utf-8"))
    assert written == {
        "number": 0,
        "function": "stack-poll-1A2B",
        "at": NOW.timestamp() + 1.5,
        "requests": 4,
        "call": "",
    }
