from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from jobherald.local.clock import ManualClock
from jobherald.local.services.modelarts import (
    DATASET,
    PROJECT,
    Dataset,
    ModelArts,
    Settings,
    auto_labeling_task,
    export_task,
    import_task,
)
from tests.local.services.modelarts.conftest import LONG_AGO, NOON, Client

DATASETS = f"/v2/{PROJECT}/datasets"


def _rows(client: Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(DATASETS, **query).body
    rows: list[dict[str, Any]] = answer["datasets"]
    return rows


def _row(client: Client, **query: Any) -> dict[str, Any]:
    (row,) = _rows(client, check_running_task="true", **query)
    return row


def _milliseconds(seconds: float) -> int:
    return int((NOON + timedelta(seconds=seconds)).timestamp() * 1000)


def test_a_dataset_is_shown_as_the_page_has_it(server: ModelArts, client: Client) -> None:
    """Its id, name, type, counts and times; nothing of data sources that would have to be kept secret."""
    server.add(Dataset("d1", "cats", created_at=NOON, type=1, total=10, annotated=4))
    row = _row(client)
    expected = {
        "dataset_id": "d1",
        "dataset_name": "cats",
        "dataset_type": 1,
        "status": 1,
        "create_time": _milliseconds(0),
        "update_time": _milliseconds(0),
        "total_sample_count": 10,
        "annotated_sample_count": 4,
        "unconfirmed_sample_count": 0,
        "exist_running_task": False,
        "running_tasks_id": [],
    }
    assert expected.items() <= row.items()
    assert "import_task_id" not in row


def test_a_jobs_dataset_is_made_where_there_is_none(server: ModelArts, client: Client) -> None:
    """And one that is there stays as it is."""
    server.add(auto_labeling_task("cats", created_at=LONG_AGO))
    assert [row["dataset_id"] for row in _rows(client)] == [DATASET]
    server.add(Dataset(name="street signs"), auto_labeling_task("dogs", created_at=LONG_AGO))
    assert [row["dataset_name"] for row in _rows(client)] == ["street signs"]


def test_it_says_what_runs_below(server: ModelArts, client: Client, clock: ManualClock) -> None:
    """From initializing to its end, and only who asks is told; a task that waits in the queue is not running."""
    task = auto_labeling_task("cats", created_at=NOON, queued=1, starts=2, lasts=10, ends=5)
    server.add(task)
    seen = []
    for _ in range(14):
        row = _row(client)
        assert row["exist_running_task"] is bool(row["running_tasks_id"])
        assert row["running_tasks_id"] in ([], [task.id])
        assert _rows(client)[0]["running_tasks_id"] == []
        seen.append(row["exist_running_task"])
        clock.advance(1)
    assert seen == [False, *[True] * 11, False, False]


def test_running_tasks_are_of_a_type(server: ModelArts, client: Client, clock: ManualClock) -> None:
    """Active learning 0, pre-labeling 1, export 2, import of a manifest 5, grouping 7."""
    jobs = {
        0: auto_labeling_task("a", created_at=NOON),
        1: auto_labeling_task("b", created_at=NOON, kind="pre-label"),
        2: export_task(created_at=NOON),
        5: import_task(created_at=NOON, by_manifest=True),
        7: auto_labeling_task("c", created_at=NOON, kind="auto-grouping"),
    }
    server.add(*jobs.values())
    clock.advance(2)
    assert set(_row(client)["running_tasks_id"]) == {job.id for job in jobs.values()}
    for number in range(8):
        wanted = [jobs[number].id] if number in jobs else []
        assert _row(client, running_task_type=number)["running_tasks_id"] == wanted


def test_an_import_of_a_folder_shows_in_the_status(
    server: ModelArts, client: Client, clock: ManualClock
) -> None:
    """It is no running task of any type, but the dataset is importing, and names its last import."""
    first = import_task(created_at=NOON - timedelta(hours=1))
    last = import_task(created_at=NOON, lasts=10)
    server.add(last, first)
    clock.advance(2)
    row = _row(client)
    assert (row["status"], row["running_tasks_id"], row["import_task_id"]) == (8, [], last.id)
    clock.advance(10)
    assert _row(client)["status"] == 1


def test_its_update_time_moves_with_the_status_of_its_tasks(
    server: ModelArts, client: Client, clock: ManualClock
) -> None:
    """Also for a task that came and went between two lists; progress alone does not move it, nor does vanishing."""
    task = auto_labeling_task("cats", created_at=NOON, queued=1, starts=2, lasts=10)
    server.add(task)
    moments = []
    for _ in range(14):
        moments.append(_row(client)["update_time"])
        clock.advance(1)
    assert moments == [_milliseconds(at) for at in (0, 1, *[2] * 10, 12, 12)]
    server.vanish(task.id)
    assert _row(client)["update_time"] == _milliseconds(12)


def test_its_counts_are_those_of_its_latest_task(
    server: ModelArts, client: Client, clock: ManualClock
) -> None:
    """As far as that task tells them."""
    server.add(
        Dataset(total=10, annotated=1, unconfirmed=9),
        auto_labeling_task("old", created_at=LONG_AGO, total=100, annotated=20, unconfirmed=70),
        auto_labeling_task("new", created_at=NOON + timedelta(seconds=60), total=110, annotated=90),
    )

    def counts() -> tuple[int, ...]:
        row = _row(client)
        return (
            row["total_sample_count"],
            row["annotated_sample_count"],
            row["unconfirmed_sample_count"],
        )

    assert counts() == (100, 20, 70)
    clock.advance(60)
    assert counts() == (110, 90, 70)
    clock.advance(60)
    assert counts() == (110, 90, 20)


def test_versions_are_left_out_unless_asked_for(server: ModelArts, client: Client) -> None:
    """v1 is the default; all are all."""
    server.add(Dataset("one", "one"), Dataset("two", "two", version="v2"))
    assert [row["dataset_name"] for row in _rows(client)] == ["one"]
    assert [row["dataset_name"] for row in _rows(client, dataset_version="v2")] == ["two"]
    assert len(_rows(client, dataset_version="all")) == 2


def test_datasets_are_sorted_and_searched_as_asked(server: ModelArts, client: Client) -> None:
    """By creation, the latest first, unless asked otherwise."""
    for number, name in enumerate(("cats", "ants", "bats")):
        born = LONG_AGO + timedelta(hours=number)
        server.add(Dataset(name, name, created_at=born, type=number))

    def names(**query: Any) -> list[str]:
        return [row["dataset_name"] for row in _rows(client, **query)]

    assert names() == ["bats", "ants", "cats"]
    assert names(order="asc") == ["cats", "ants", "bats"]
    assert names(sort_by="dataset_name", order="asc") == ["ants", "bats", "cats"]
    assert names(search_content="at") == ["bats", "cats"]
    assert names(dataset_type=1) == ["ants"]


@pytest.mark.parametrize(
    ("settings", "second"),
    [(Settings(), [9, 8, 7, 6, 5]), (Settings(offset_counts="rows"), [13, 12, 11, 10, 9])],
)
def test_datasets_come_in_pages(server: ModelArts, client: Client, second: list[int]) -> None:
    """Of ten unless asked otherwise; offset counts as it does below them. total_number is of all."""
    for number in range(15):
        server.add(Dataset(f"d{number}", created_at=LONG_AGO + timedelta(hours=number)))

    def ids(**query: int) -> list[int]:
        return [int(row["dataset_id"][1:]) for row in _rows(client, **query)]

    assert ids() == list(range(14, 4, -1))
    assert ids(limit=5, offset=1) == second
    assert client.get(DATASETS).body["total_number"] == 15


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 101},
        {"order": "up"},
        {"sort_by": "size"},
        {"dataset_version": "v3"},
        {"check_running_task": "True"},
        {"check_running_task": "true", "running_task_type": 8},
        {"dataset_type": "x"},
    ],
)
def test_a_parameter_out_of_bounds_is_refused(
    server: ModelArts, client: Client, query: dict[str, Any]
) -> None:
    """Each has its words; truth is written small."""
    server.add(Dataset())
    answered = client.get(DATASETS, **query)
    assert (answered.status, answered.code) == (400, "ModelArts.0104")


def test_datasets_belong_to_a_project_and_to_a_time(
    server: ModelArts, client: Client, clock: ManualClock
) -> None:
    """None is listed before it is made, nor after it is deleted, and none can be put into another's project."""
    server.add(Dataset(created_at=NOON + timedelta(seconds=5)))
    assert _rows(client) == []
    clock.advance(5)
    assert len(_rows(client)) == 1
    server.drop_dataset(DATASET)
    assert _rows(client) == []
    with pytest.raises(KeyError):
        server.add(Dataset(project="another"))
