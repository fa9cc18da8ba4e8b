"""The whole way of a labeling task: from ModelArts over HTTP through the table to `jobherald job ID`."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta, timezone
from typing import Any, Final

import pytest

from jobherald.flows.poll import poll
from jobherald.flows.visit import Limits
from jobherald.local.clock import ManualClock
from jobherald.local.services.jobs import ScriptedJob
from jobherald.local.services.modelarts import (
    DATASET,
    PROJECT,
    REGION,
    ModelArts,
    auto_labeling_task,
    filled,
    raw_task,
)
from jobherald.local.services.modelarts.members import PAGE, TASK
from jobherald.local.services.modelarts.shape import tables
from jobherald.model import Change, Place, State
from jobherald.providers.huaweicloud.client import HuaweiClient
from jobherald.providers.huaweicloud.lister import HuaweiCloudLister
from jobherald.store.dynamodb import DynamoStore
from jobherald.watch import PlaceRecord, Poll, Rule, Scope
from tests.cli.conftest import Run, Stack
from tests.fakes.channels import FakeSecret
from tests.fakes.modelarts import EXAMPLE
from tests.fakes.time import NOON, FakeClock, FakeDeadline

HEAD: Final = Place("modelarts.auto_labeling", PROJECT, REGION)


_TABLES: Final = tables(PAGE)
_TYPES: Final[Mapping[str, type]] = {
    "String": str,
    "Integer": int,
    "Long": int,
    "Float": float,
    "Double": float,
    "Boolean": bool,
}


class Watched:
    """A simulated ModelArts, polled into the stack's table as the function does it."""

    def __init__(self, server: ModelArts, store: DynamoStore) -> None:
        self.server, self.store = server, store
        self.clock = FakeClock()
        client = HuaweiClient(FakeSecret(server.key.secret), self.clock, {REGION: server.url})
        self.lister = HuaweiCloudLister(client, timezone(timedelta(hours=8)))

    def watch(self, *rules: Rule) -> None:
        """Watch the project; what is there already is known."""
        self.store.save_place(PlaceRecord(HEAD, Scope(rules), self.clock.now(), 1))

    def poll(self, *, after: float = 60.0) -> None:
        self.clock.advance(after)
        assert isinstance(self.server.clock, ManualClock)
        self.server.clock.advance(after)
        request = Poll(HEAD, self.clock.now())
        done = poll(request, self.lister, self.store, self.clock, FakeDeadline(), Limits(pace=0.0))
        assert not done.trouble, done.trouble


@pytest.fixture
def watched(stack: Stack) -> Iterator[Watched]:
    stack.deploy(Sources="modelarts.auto_labeling", HuaweiProjects=f"{REGION}/{PROJECT}")
    with ModelArts(clock=ManualClock(NOON)) as server:
        yield Watched(server, stack.store())


def named(task: ScriptedJob) -> Rule:
    """A watch that names this task alone: it is read by the detail call that the page is about."""
    return Rule("named", parents=frozenset({DATASET}), jobs=frozenset({task.id}))


def shown(run: Run, task: ScriptedJob) -> dict[str, Any]:
    found = run("job", task.id, "--json")
    assert found.exit_code == 0, found.stderr
    story: dict[str, Any] = json.loads(found.stdout)
    return story


def of_the_page(details: dict[str, Any]) -> dict[str, Any]:
    """The details without the counts that a row of the list has beside its result."""
    return {name: value for name, value in details.items() if not name.endswith("_sample_count")}


def test_the_page_s_own_example_is_a_running_task_that_has_done_a_tenth(watched: Watched, run: Run) -> None:
    """There is no task id in its body, and `code` and `message` are set while all is well."""
    task = raw_task(EXAMPLE, created_at=NOON - timedelta(minutes=1), task_id="jMZGm2SBp4Ymr2wrhAK")
    watched.server.add(task)
    watched.watch(named(task))
    watched.poll()

    story = shown(run, task)
    assert json.dumps(of_the_page(story["details"]), sort_keys=True) == json.dumps(EXAMPLE, sort_keys=True)
    assert story["job"]["state"] == "running"
    assert story["job"]["progress"] == {"percent": 10.0, "counters": {"done": 30, "total": 49}}
    assert story["job"]["created_at"] == "2020-11-23T03:08:20Z"
    text = run("job", task.id).stdout
    assert "10 % done, 30 of 49 annotated" in text
    assert "2020-11-23 11:08:20" in text


def violations(value: object, table: str, path: str = "") -> Iterator[str]:
    """What of a table of the page is not in ``value``, or of another type, or is not in the table."""
    members = _TABLES[table]
    if not isinstance(value, dict):
        yield f"{path} is no table"
        return
    for name in value.keys() - members.keys():
        if not (name.endswith("_count") and name.removesuffix("_count") in members):
            yield f"{path}{name} is not on the page"
    for name, kind in members.items():
        if name not in value:
            yield f"{path}{name} is missing"
            continue
        yield from _of_type(value[name], kind, f"{path}{name}")


def _of_type(value: object, kind: str, path: str) -> Iterator[str]:
    array, _, inner = kind.rpartition("Array of ")
    if array or kind.startswith("Array of "):
        if not isinstance(value, list):
            yield f"{path} is no list"
            return
        for number, one in enumerate(value):
            yield from _of_type(one, inner.removesuffix("s"), f"{path}[{number}]")
    elif (table := kind.removesuffix(" object")) in _TABLES:
        yield from violations(value, table, f"{path}.")
    elif kind in _TYPES and type(value) is not _TYPES[kind]:
        yield f"{path} is {value!r}, no {kind}"


def test_every_member_of_the_page_comes_back_typed(watched: Watched, run: Run) -> None:
    """Tables 2 to 18: a generated answer has every member; none is lost or altered, but long lists and secrets."""
    body = filled(1)
    task = raw_task(body, created_at=NOON - timedelta(minutes=1))
    watched.server.add(task)
    watched.watch(named(task))
    watched.poll()

    details = of_the_page(shown(run, task)["details"])
    assert list(violations(details, TASK)) == []
    expected: dict[str, Any] = copy.deepcopy(body)
    assert len(expected["result"]["samples"]) == 60
    expected["result"]["samples_count"] = 60
    del expected["result"]["samples"][50:]
    for one in expected["config"]["inf_config_list"]:
        one["envs"] = dict.fromkeys(one["envs"], "***")
    assert json.dumps(details, sort_keys=True) == json.dumps(expected, sort_keys=True)


ROWS: Final = [(member.table, member.name) for member in PAGE]


@pytest.mark.parametrize(("table", "name"), ROWS, ids=lambda word: word.replace("@", ""))
def test_a_member_that_were_called_otherwise_would_be_missed(table: str, name: str) -> None:
    """The comparison above sees each of them."""
    body = filled(1)
    _rename(body, TASK, table, name)
    assert any(f"{name} is missing" in fault for fault in violations(body, TASK))


def _rename(value: Any, at: str, table: str, name: str) -> None:
    """Rename a member of a table wherever the answer has that table."""
    if isinstance(value, list):
        for one in value:
            _rename(one, at, table, name)
        return
    for member, kind in _TABLES[at].items():
        below = kind.removeprefix("Array of ").removesuffix("s").removesuffix(" object")
        if below in _TABLES and member in value:
            _rename(value[member], below, table, name)
    if at == table and name in value:
        value["renamed"] = value.pop(name)


def told(store: DynamoStore, key: str) -> list[Change]:
    story = store.story(key)
    assert story is not None
    return list(story.owed)


def test_a_task_that_fails_in_a_step_says_in_which(watched: Watched, run: Run) -> None:
    """Found through its dataset, from its first second to its end."""
    watched.watch(Rule("all"))
    watched.poll()
    task = auto_labeling_task(
        "street signs",
        created_at=NOON + timedelta(seconds=90),
        lasts=100,
        ends=2,
        failing_step="train",
        total=49,
    )
    watched.server.add(task)
    for _ in range(6):
        watched.poll()

    story = shown(run, task)
    assert [change.state for change in told(watched.store, story["job"]["job"])] == [
        State.RUNNING,
        State.FAILED,
    ]
    assert "Failed step:" in story["changes"][-1]["reason"]
    assert "train" in story["changes"][-1]["reason"].partition("Failed step:")[2]
    text = run("job", task.id).stdout
    assert "✗" in text
    assert "street signs" in text
