from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.local.clock import ManualClock
from jobherald.local.services import ScriptedJob
from jobherald.local.services.modelarts import (
    DATASET,
    PROJECT,
    Dataset,
    ModelArts,
    Settings,
    export_task,
    import_task,
    processing_task,
    training_job,
)
from tests.local.services.modelarts.conftest import LONG_AGO, NOON, Client

BELOW = f"/v2/{PROJECT}/datasets/{DATASET}"
IMPORTS, EXPORTS = f"{BELOW}/import-tasks", f"{BELOW}/export-tasks"
PROCESSING = f"/v2/{PROJECT}/processor-tasks"
SEARCH, TRAINING = f"/v2/{PROJECT}/training-job-searches", f"/v2/{PROJECT}/training-jobs"

SECONDS = st.floats(0, 10_000)
MAKERS: tuple[tuple[Callable[..., ScriptedJob], list[Any]], ...] = (
    (import_task, ["COMPLETED", "FAILED", ""]),
    (export_task, ["SUCCESSED", "FAILED", ""]),
    (lambda **options: processing_task("p", **options), [2, 3, 4, None]),
    (
        lambda **options: training_job("t", **options),
        ["Completed", "Failed", "Abnormal", "Terminated", ""],
    ),
)


@given(
    made=st.sampled_from([(make, end) for make, ends in MAKERS for end in ends]),
    starts=SECONDS,
    lasts=SECONDS,
)
def test_every_neighbour_that_can_be_scripted_can_be_shown(
    made: tuple[Callable[..., ScriptedJob], Any], starts: float, lasts: float
) -> None:
    """At its beginning and at its end, as its page has it."""
    make, ends = made
    job = make(created_at=NOON, starts=starts, lasts=lasts, ends=ends)
    server = ModelArts()
    server.add(job)
    assert server.jobs() == [job]


def _course(
    clock: ManualClock, look: Callable[[], dict[str, Any]], status: Callable[[dict[str, Any]], Any]
) -> list[Any]:
    seen: list[Any] = []
    for _ in range(28):
        word = status(look())
        seen += [word] if seen[-1:] != [word] else []
        clock.advance(0.5)
    return seen


@pytest.mark.parametrize(
    ("job", "path", "course"),
    [
        (
            import_task(created_at=NOON, starts=2),
            IMPORTS,
            ["QUEUING", "STARTING", "RUNNING", "COMPLETED"],
        ),
        (
            import_task(created_at=NOON, starts=2, ends="FAILED"),
            IMPORTS,
            ["QUEUING", "STARTING", "RUNNING", "FAILED"],
        ),
        (export_task(created_at=NOON), EXPORTS, ["RUNNING", "SUCCESSED"]),
        (export_task(created_at=NOON, ends="FAILED"), EXPORTS, ["RUNNING", "FAILED"]),
        (processing_task("p", created_at=NOON), PROCESSING, [0, 1, 2]),
        (processing_task("p", created_at=NOON, ends=3), PROCESSING, [0, 1, 3]),
        (processing_task("p", created_at=NOON, ends=4), PROCESSING, [0, 1, 4]),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, list) else "",
)
def test_it_moves_through_its_states(
    server: ModelArts, client: Client, clock: ManualClock, job: ScriptedJob, path: str, course: list[Any]
) -> None:
    """In the words of its page; the list's row and the look are the same."""
    server.add(job)
    rows = {IMPORTS: "import_tasks", EXPORTS: "export_tasks", PROCESSING: "tasks"}[path]

    def look() -> dict[str, Any]:
        body: dict[str, Any] = client.get(f"{path}/{job.id}").body
        assert client.get(path).body[rows] == [body]
        return body

    assert _course(clock, look, lambda row: row["status"]) == course


@pytest.mark.parametrize(
    ("ends", "course"),
    [
        ("Completed", ["Creating", "Pending", "Running", "Completed"]),
        ("Failed", ["Creating", "Pending", "Running", "Failed"]),
        ("Abnormal", ["Creating", "Pending", "Running", "Abnormal"]),
        ("Terminated", ["Creating", "Pending", "Running", "Terminating", "Terminated"]),
    ],
)
def test_a_training_job_moves_through_its_phases(
    server: ModelArts, client: Client, clock: ManualClock, ends: str, course: list[str]
) -> None:
    """The search's row and the look are the same."""
    job = training_job("detector", created_at=NOON, starts=2, ends=ends)
    server.add(job)

    def look() -> dict[str, Any]:
        body: dict[str, Any] = client.get(f"{TRAINING}/{job.id}").body
        assert client.post(SEARCH, {}).body["items"] == [body]
        return body

    assert _course(clock, look, lambda row: row["status"]["phase"]) == course


def test_times_and_counts_are_those_of_the_pages(
    server: ModelArts, client: Client, clock: ManualClock
) -> None:
    """Milliseconds, but seconds where a page says seconds; counts of what is imported and exported."""
    began = int(NOON.timestamp() * 1000)
    server.add(
        import_task(created_at=NOON, lasts=100, total=40),
        export_task(created_at=NOON, lasts=100, total=40),
        processing_task("p", created_at=NOON, lasts=100),
        training_job("t", created_at=NOON, lasts=100),
    )
    clock.advance(51)
    (imported,) = client.get(IMPORTS).body["import_tasks"]
    (exported,) = client.get(EXPORTS).body["export_tasks"]
    (processed,) = client.get(PROCESSING).body["tasks"]
    (trained,) = client.post(SEARCH, {}).body["items"]
    assert (imported["create_time"], imported["update_ms"]) == (began, began + 51_000)
    assert (imported["imported_sample_count"], imported["total_sample_count"]) == (20, 40)
    assert (exported["create_time"], exported["update_time"]) == (began, began + 51_000)
    assert (exported["finished_sample_count"], exported["progress"]) == (20, 50.0)
    assert (processed["create_time"], processed["duration_seconds"]) == (began, 50)
    assert trained["metadata"]["create_time"] == began
    assert (trained["status"]["start_time"], trained["status"]["duration"]) == (began + 1000, 50_000)
    clock.advance(60)
    (imported,) = client.get(IMPORTS).body["import_tasks"]
    assert (imported["elapsed_time"], imported["imported_sample_count"]) == (100, 40)


def test_failures_say_why_in_the_members_of_their_pages(
    server: ModelArts, client: Client, clock: ManualClock
) -> None:
    """error_code and error_msg, error_msg alone, and a task's message."""
    jobs = [
        import_task(created_at=NOON, ends="FAILED", reason="A"),
        export_task(created_at=NOON, ends="FAILED", reason="B"),
        processing_task("p", created_at=NOON, ends=3, reason="C"),
        training_job("t", created_at=NOON, ends="Failed", reason="D"),
        training_job("lost", created_at=NOON, ends="Abnormal"),
    ]
    server.add(*jobs)
    clock.advance(60)
    paths = (IMPORTS, EXPORTS, PROCESSING, TRAINING, TRAINING)
    imported, exported, processed, trained, lost = (
        client.get(f"{path}/{job.id}").body for path, job in zip(paths, jobs, strict=True)
    )
    assert (imported["error_code"], imported["error_msg"]) == ("ModelArts.4921", "A")
    assert (exported["error_code"], exported["error_msg"]) == ("ModelArts.4358", "B")
    assert processed["error_msg"] == "C"
    assert trained["status"]["task_statuses"] == [{"task": "worker-0", "exit_code": 1, "message": "D"}]
    assert (lost["status"]["phase"], lost["status"]["secondary_phase"]) == ("Abnormal", "Lost")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{EXPORTS}/x", "ModelArts.4359"),
        (f"{PROCESSING}/x", "ModelArts.4338"),
        (f"{TRAINING}/x", "ModelArts.2775"),
    ],
)
def test_what_is_not_there_is_refused(server: ModelArts, client: Client, path: str, code: str) -> None:
    """400, each with its own code."""
    server.add(Dataset())
    answered = client.get(path)
    assert (answered.status, answered.code) == (400, code)


def test_an_import_that_is_not_there_has_a_status_of_its_own(
    server: ModelArts, client: Client, clock: ManualClock
) -> None:
    """200 and NOT_EXIST: never having been, and having gone, look alike; the ledger tells them apart."""
    job = import_task(created_at=NOON)
    server.add(job)
    clock.advance(60)
    server.vanish(job.id)
    for name in ("x", job.id):
        answered = client.get(f"{IMPORTS}/{name}")
        assert (answered.status, answered.body) == (
            200,
            {"task_id": name, "dataset_id": DATASET, "status": "NOT_EXIST"},
        )
    (gone,) = server.ledger
    assert (gone.state, gone.job) == ("gone", f"modelarts.import/{PROJECT}/cn-north-4/{DATASET}:{job.id}")


def test_data_processing_is_sorted_and_filtered_as_asked(
    server: ModelArts, client: Client, clock: ManualClock
) -> None:
    """The latest first unless asked otherwise; count is of all that match."""
    for number, (name, lasts) in enumerate((("c", 30), ("a", 20), ("b", 40))):
        server.add(processing_task(name, created_at=LONG_AGO + timedelta(hours=number), lasts=lasts))
    server.add(processing_task("d", created_at=NOON, ends=None))
    clock.advance(5)

    def names(**query: Any) -> str:
        answer = client.get(PROCESSING, **query).body
        assert answer["count"] == len(answer["tasks"])
        return "".join(task["name"] for task in answer["tasks"])

    assert names() == "dbac"
    assert names(order="asc") == "cabd"
    assert names(sort_by="name", order="asc") == "abcd"
    assert names(sort_by="duration_seconds", status=2) == "bca"
    assert (names(status=1), names(status=3), names(task_name="b")) == ("d", "", "b")
    assert (names(task_type="sys_data_cleaning"), names(task_type="other")) == ("dbac", "")
    assert client.get(PROCESSING, sort_by="size").code == "ModelArts.0104"


def test_exports_are_of_a_type(server: ModelArts, client: Client) -> None:
    """All of them unless one is asked for."""
    server.add(export_task(created_at=LONG_AGO))
    totals = [client.get(EXPORTS, **query).body["total_count"] for query in ({}, {"export_type": 0})]
    assert totals == [1, 1]
    assert client.get(EXPORTS, export_type=3).body == {"total_count": 0, "export_tasks": []}
    assert client.get(EXPORTS, export_type=4).code == "ModelArts.0104"


@pytest.mark.parametrize("settings", [Settings(offset_counts="rows")])
def test_the_search_counts_pages_whatever_the_others_do(server: ModelArts, client: Client) -> None:
    """Here the page says so beyond doubt. total is of all that match, count of the page."""
    for number in range(5):
        server.add(training_job(f"t{number}", created_at=LONG_AGO + timedelta(hours=number)))

    def names(**asked: Any) -> list[str]:
        answer = client.post(SEARCH, asked).body
        assert (answer["total"], answer["count"]) == (5, len(answer["items"]))
        return [item["metadata"]["name"] for item in answer["items"]]

    assert names() == ["t4", "t3", "t2", "t1", "t0"]
    assert names(limit=2, offset=1) == ["t2", "t1"]
    assert names(order="asc", limit=1) == ["t0"]
    assert client.post(SEARCH, {"limit": 50}).status == 200


def test_the_search_has_conditions(server: ModelArts, client: Client, clock: ManualClock) -> None:
    """All of which a job must meet."""
    server.add(
        training_job("old cats", created_at=LONG_AGO, ends="Failed"),
        training_job("new cats", created_at=NOON),
        training_job("new dogs", created_at=NOON),
    )
    clock.advance(5)

    def names(*conditions: tuple[str, str, list[str]]) -> set[str]:
        filters = [{"key": key, "operator": word, "value": value} for key, word, value in conditions]
        return {item["metadata"]["name"] for item in client.post(SEARCH, {"filters": filters}).body["items"]}

    day = [str(int((NOON + timedelta(days=days)).timestamp() * 1000)) for days in (-1, 1)]
    assert names(("phase", "in", ["Running", "Pending"])) == {"new cats", "new dogs"}
    assert names(("phase", "not", ["Running"])) == {"old cats"}
    assert names(("name", "like", ["cats"]), ("create_time", "between", day)) == {"new cats"}


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": 51},
        {"offset": -1},
        {"sort_by": "name"},
        {"filters": [{"key": "colour", "operator": "in", "value": ["red"]}]},
        {"filters": [{"key": "phase", "operator": "is", "value": ["Running"]}]},
        {"filters": [{"key": "phase", "operator": "in", "value": []}]},
        ["limit"],
    ],
)
def test_a_search_out_of_bounds_is_refused(server: ModelArts, client: Client, asked: Any) -> None:
    """At most 50 rows, known keys and operators, and a body that is an object."""
    server.add(training_job("t", created_at=LONG_AGO))
    answered = client.post(SEARCH, asked)
    assert (answered.status, answered.code) == (400, "ModelArts.0104")
