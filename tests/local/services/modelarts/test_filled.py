from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jobherald.local.services.modelarts import ModelArts, filled, raw_task
from jobherald.local.services.modelarts.members import PAGE, TASK
from jobherald.local.services.modelarts.tasks import TASK_SHAPE
from tests.local.services.modelarts.conftest import LONG_AGO, TASKS, Client


def _scalars(value: Any) -> Iterator[Any]:
    match value:
        case dict():
            for member in value.values():
                yield from _scalars(member)
        case list():
            for item in value:
                yield from _scalars(item)
        case _:
            yield value


def _names(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for name, member in value.items():
                yield name
                yield from _names(member)
        case list():
            for item in value:
                yield from _names(item)


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_every_member_has_a_value_of_its_own(seed: int) -> None:
    """Of its type; only truth values and status words repeat."""
    task = filled(seed)
    TASK_SHAPE.prove(task, TASK)
    assert {member.name for member in PAGE} <= set(_names(task))
    values = Counter(
        value
        for value in _scalars(task)
        if not isinstance(value, bool) and value not in ("waiting", "running", "failed", "success")
    )
    assert values.most_common(1)[0][1] == 1


def test_events_are_two_levels_deep_and_samples_are_many() -> None:
    """More samples than anybody keeps, and sub-events with every member of an event."""
    task = filled(1)
    (event, _) = task["result"]["events"]
    (below, _) = event["events"]
    assert set(below) == set(event)
    assert below["events"] == []
    assert len(task["result"]["samples"]) == 60
    assert len(task["config"]["samples"]) == 2


def test_a_seed_makes_one_answer() -> None:
    """The same one each time, and another for another; between them they are in every state."""
    assert filled(3) == filled(3)
    assert not set(map(str, _scalars(filled(3)["config"]))) & set(map(str, _scalars(filled(4)["config"]))) - {
        "True",
        "False",
    }
    assert {filled(seed)["status"] for seed in range(7)} == {-1, 0, 1, 2, 3, 4, 5}


def test_it_is_served_to_the_letter(server: ModelArts, client: Client) -> None:
    """As a raw task: the detail answer is the very same, and the list shows the same in its own form."""
    task = filled(5)
    server.add(raw_task(task, created_at=LONG_AGO))
    assert client.get(f"{TASKS}/{task['task_id']}").body == task
    (row,) = client.get(TASKS).body["tasks"]
    counts = {name: row.pop(name) for name in list(row) if name.endswith("_sample_count")}
    assert row["result"] | counts == task["result"]
    assert {name: row[name] for name in row if name in task and name != "result"} == {
        name: value for name, value in task.items() if name not in {"result", "resource_id", "export_type"}
    }
