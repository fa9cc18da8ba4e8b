from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from jobherald.local.clock import ManualClock
from jobherald.local.services import ScriptedJob, Step
from jobherald.local.services.modelarts import (
    DATASET,
    PROJECT,
    REGION,
    Dataset,
    ModelArts,
    Settings,
    auto_labeling_task,
    raw_task,
)
from jobherald.local.services.modelarts.task_script import KINDS
from jobherald.local.services.modelarts.task_steps import STAGES
from jobherald.local.services.shapes import FictionError
from tests.fakes.modelarts import EXAMPLE
from tests.local.services.modelarts.conftest import LONG_AGO, NOON, TASKS, Client

SECONDS = st.floats(0, 10_000)


@given(
    kind=st.sampled_from(sorted(KINDS)),
    queued=SECONDS,
    starts=SECONDS,
    lasts=SECONDS,
    ends=st.sampled_from([2, 3, 5, None]),
    total=st.integers(0, 5000),
    counts=st.integers(1, 20),
)
def test_every_task_that_can_be_scripted_can_be_shown(
    kind: str, queued: float, starts: float, lasts: float, ends: int | None, total: int, counts: int
) -> None:
    """At every step of its life, and its progress never falls."""
    task = auto_labeling_task(
        "cats",
        created_at=NOON,
        kind=kind,
        queued=queued,
        starts=starts,
        lasts=lasts,
        ends=ends,
        total=total,
        annotated=total // 4,
        counts=counts,
    )
    server = ModelArts()
    server.add(task)
    rows = [server.tasks.detail(task, step.at) for step in task.steps]
    for row in rows:
        assert not list(server.tasks.shape.violations(row, server.tasks.look_table))
    moves = [row["progress"] for row in rows]
    assert moves == sorted(moves)
    assert all(0 <= progress <= 100 for progress in moves)


def _status(client: Client, task: ScriptedJob) -> int:
    status: int = client.get(f"{TASKS}/{task.id}").body["status"]
    return status


def _course(server: ModelArts, client: Client, clock: ManualClock, ends: int) -> list[int]:
    """The statuses that a task goes through, looked at twice a second."""
    task = auto_labeling_task("cats", created_at=NOON, queued=1, starts=2, lasts=10, ends=ends)
    server.add(task)
    seen: list[int] = []
    for _ in range(28):
        status = _status(client, task)
        seen += [status] if seen[-1:] != [status] else []
        clock.advance(0.5)
    return seen


@pytest.mark.parametrize(("ends", "course"), [(3, [-1, 0, 1, 3]), (2, [-1, 0, 1, 2]), (5, [-1, 0, 1, 4, 5])])
def test_a_task_moves_through_its_states(
    server: ModelArts, client: Client, clock: ManualClock, ends: int, course: list[int]
) -> None:
    """Queuing, initializing, running, (stopping,) and its end: all seven of them, by the clock alone."""
    assert _course(server, client, clock, ends) == course


def test_a_task_can_go_on_for_ever(server: ModelArts, client: Client, clock: ManualClock) -> None:
    """Without an end it stays running, and does not get to its last percent."""
    task = auto_labeling_task("cats", created_at=NOON, ends=None)
    server.add(task)
    clock.advance(86_400)
    body = client.get(f"{TASKS}/{task.id}").body
    assert (body["status"], body["progress"], body["elapsed_time"]) == (1, 87.5, 0)


@pytest.mark.parametrize(
    "wrong", [{"ends": 4}, {"kind": "auto-deploy"}, {"ends": 2, "failing_step": "sleep"}]
)
def test_a_script_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    """An end that is none, a kind and a step that there are not."""
    with pytest.raises(ValueError, match=r"ends as|no kind|no step"):
        auto_labeling_task("cats", created_at=NOON, **wrong)


def test_a_healthy_task_has_a_code_and_no_error(
    server: ModelArts, client: Client, clock: ManualClock
) -> None:
    """As in the page's example: code and message say what it does; error members appear only with a failure."""
    task = auto_labeling_task("cats", created_at=NOON)
    server.add(task)
    codes = set()
    for _ in range(24):
        body = client.get(f"{TASKS}/{task.id}").body
        assert not {"error_code", "error_msg", "error_detail"} & set(body)
        codes.add(body["code"])
        clock.advance(0.5)
    assert "ModelArts.4902" in codes
    assert body["code"] == "ModelArts.4996"
    assert (body["message"], body["progress"]) == ("task executed successfully.", 100.0)


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        (kind, name)
        for kind, stages in STAGES.items()
        for stage in stages
        for name in (stage.name, *stage.below)
    ],
)
def test_a_failure_names_the_step(
    server: ModelArts, client: Client, clock: ManualClock, kind: str, step: str
) -> None:
    """In the sub-event that failed, and in the one above it; what came before is done, what comes after waits."""
    task = auto_labeling_task(
        "cats", created_at=NOON, kind=kind, ends=2, failing_step=step, reason="No", detail="Too few"
    )
    server.add(task)
    clock.advance(60)
    body = client.get(f"{TASKS}/{task.id}").body
    assert (body["status"], body["error_msg"], body["error_detail"]) == (2, "No", "Too few")
    events = body["result"]["events"]
    failed = [event for event in events if event["status"] == "failed"]
    below = [event for event in failed[0].get("events", []) if event["status"] == "failed"]
    names = [event["name"] for event in (*failed, *below)]
    assert step in names
    assert all(event["error_code"] == body["error_code"] for event in (*failed, *below))
    assert (failed + below)[-1]["error_message"] == "Too few"
    position = events.index(failed[0])
    assert {event["status"] for event in events[:position]} <= {"success"}
    assert {event["status"] for event in events[position + 1 :]} <= {"waiting"}


def test_sub_events_go_on_with_the_task(server: ModelArts, client: Client, clock: ManualClock) -> None:
    """One after the other, those below first, each with the moment of its beginning in milliseconds."""
    task = auto_labeling_task("cats", created_at=NOON, starts=0, lasts=70)
    server.add(task)
    clock.advance(25)
    export, train, infer, select = client.get(f"{TASKS}/{task.id}").body["result"]["events"]
    assert [event["status"] for event in (export, train, infer, select)] == [
        "success",
        "running",
        "waiting",
        "waiting",
    ]
    assert [(event["name"], event["status"]) for event in train["events"]] == [
        ("prepare", "success"),
        ("fit", "running"),
        ("evaluate", "waiting"),
    ]
    assert {event["parent_name"] for event in train["events"]} == {"train"}
    begun = datetime.fromtimestamp(train["create_time"] / 1000, NOON.tzinfo)
    assert begun == NOON + timedelta(seconds=10)
    assert (export["elapsed_time"], "create_time" in infer) == (10, False)


def test_counts_are_in_the_result_of_the_detail_and_beside_it_in_the_list(
    server: ModelArts, client: Client, clock: ManualClock
) -> None:
    """And what waits for confirmation is not mentioned before there can be any."""
    task = auto_labeling_task("cats", created_at=NOON, total=246, annotated=38, unconfirmed=198)
    server.add(task)
    clock.advance(2)
    (row,) = client.get(TASKS).body["tasks"]
    assert (row["total_sample_count"], row["annotated_sample_count"]) == (246, 38)
    assert "unconfirmed_sample_count" not in row
    clock.advance(60)
    (row,) = client.get(TASKS).body["tasks"]
    result = client.get(f"{TASKS}/{task.id}").body["result"]
    counts = {"total_sample_count": 246, "annotated_sample_count": 38, "unconfirmed_sample_count": 198}
    assert counts.items() <= row.items()
    assert counts.items() <= result.items()
    assert not set(counts) & set(row["result"])
    assert {name: value for name, value in result.items() if name not in counts} == row["result"]


def test_each_form_has_members_of_its_own(server: ModelArts, client: Client) -> None:
    """Type, dataset and model are in the list alone; the resource and the export's type in the detail alone."""
    task = auto_labeling_task("cats", created_at=LONG_AGO, kind="pre-label")
    server.add(task)
    answer = client.get(TASKS).body
    (row,) = answer["tasks"]
    body = client.get(f"{TASKS}/{task.id}").body
    assert (answer["total_count"], answer["exist_running_deploy_task"]) == (1, False)
    assert set(row) - set(body) == {
        "type",
        "dataset_id",
        "model_id",
        "model_name",
        "model_version",
        "total_sample_count",
        "annotated_sample_count",
        "unconfirmed_sample_count",
    }
    assert set(body) - set(row) == {"resource_id", "export_type"}
    assert (row["type"], row["dataset_id"], row["task_id"], row["task_name"]) == (1, DATASET, task.id, "cats")


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (Settings(), "2026-11-22 20:00:00"),
        (Settings(zone=timedelta(0)), "2026-11-22 12:00:00"),
        (Settings(zone=timedelta(hours=-3)), "2026-11-22 09:00:00"),
    ],
)
def test_the_creation_time_is_text_without_a_zone(server: ModelArts, client: Client, text: str) -> None:
    """In the zone of the service, which it does not tell."""
    server.add(auto_labeling_task("cats", created_at=NOON))
    assert client.get(TASKS).body["tasks"][0]["create_time"] == text


def test_the_pages_own_example_can_be_served(server: ModelArts, client: Client) -> None:
    """To the letter: without a task id, which the page's table has and its example has not."""
    server.add(raw_task(EXAMPLE, task_id="XGrRZuCV1qmMxnsmD5u", created_at=LONG_AGO))
    assert client.get(f"{TASKS}/XGrRZuCV1qmMxnsmD5u").body == EXAMPLE
    (row,) = client.get(TASKS).body["tasks"]
    assert (row["task_id"], row["status"], row["total_sample_count"]) == ("XGrRZuCV1qmMxnsmD5u", 1, 49)


def test_groupings_are_listed_only_when_asked_for(server: ModelArts, client: Client) -> None:
    """Without a type the list has active learning and pre-labeling."""
    for kind in KINDS:
        server.add(auto_labeling_task(f"cats {kind}", created_at=LONG_AGO, kind=kind))

    def names(**query: str) -> set[str]:
        answer = client.get(TASKS, **query).body
        assert answer["total_count"] == len(answer["tasks"])
        return {task["task_name"] for task in answer["tasks"]}

    assert names() == {"cats auto-label", "cats pre-label"}
    assert [names(type=kind) for kind in KINDS] == [{f"cats {kind}"} for kind in KINDS]
    assert names(task_name="pre") == {"cats pre-label"}
    assert names(task_name="pre", type="auto-grouping") == set()


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": "x"},
        {"offset": -1},
        {"type": "auto-deploy"},
        {"type": ""},
    ],
)
def test_a_parameter_out_of_bounds_is_refused(
    server: ModelArts, client: Client, query: dict[str, Any]
) -> None:
    """Limits of the page: 1 to 100, and the types that it names."""
    server.add(Dataset())
    answered = client.get(TASKS, **query)
    assert (answered.status, answered.code) == (400, "ModelArts.0104")


def _fill(server: ModelArts, count: int) -> list[str]:
    tasks = [auto_labeling_task(f"cats {number}", created_at=LONG_AGO) for number in range(count)]
    server.add(*tasks)
    return sorted(task.id for task in tasks)


def _page(client: Client, **query: int) -> list[str]:
    return [task["task_id"] for task in client.get(TASKS, **query).body["tasks"]]


def test_a_page_has_ten_rows_unless_asked_otherwise(server: ModelArts, client: Client) -> None:
    """And total_count says how many there are in all."""
    ids = _fill(server, 25)
    assert _page(client) == ids[:10]
    assert _page(client, limit=100) == ids
    assert client.get(TASKS).body["total_count"] == 25


@pytest.mark.parametrize(
    ("settings", "second", "last"),
    [
        (Settings(offset_counts="pages"), slice(10, 20), {"offset": 2}),
        (Settings(offset_counts="rows"), slice(1, 11), {"offset": 20}),
    ],
)
def test_offset_counts_pages_or_rows(
    server: ModelArts, client: Client, second: slice, last: dict[str, int]
) -> None:
    """The documentation and Huawei's own client contradict each other, so the server can be either."""
    ids = _fill(server, 25)
    assert _page(client, offset=1, limit=10) == ids[second]
    assert _page(client, limit=10, **last) == ids[20:]
    assert _page(client, offset=100, limit=10) == []


@hypothesis_settings(max_examples=20)
@given(count=st.integers(0, 30), limit=st.integers(1, 12), counts=st.sampled_from(["pages", "rows"]))
def test_all_pages_together_are_the_list(count: int, limit: int, counts: str) -> None:
    """Whichever way the offset counts, who counts alike sees every task once."""
    with ModelArts(clock=ManualClock(NOON), settings=Settings(offset_counts=counts)) as server:
        server.add(Dataset())
        ids, client = _fill(server, count), Client(server)
        step = 1 if counts == "pages" else limit
        seen = [
            task
            for number in range(count // limit + 1)
            for task in _page(client, offset=number * step, limit=limit)
        ]
    assert seen == ids


@pytest.mark.parametrize("settings", [Settings(newest_first=True)])
def test_the_list_can_have_the_newest_first(server: ModelArts, client: Client) -> None:
    """As the examples of the pages have it; no page promises it."""
    for number in (2, 0, 1):
        server.add(auto_labeling_task(f"cats {number}", created_at=NOON - timedelta(hours=number)))
    assert [task["task_name"] for task in client.get(TASKS).body["tasks"]] == ["cats 0", "cats 1", "cats 2"]


@pytest.mark.parametrize("settings", [Settings(), Settings(missing_task="ModelArts.4338")])
def test_a_task_that_is_not_there(server: ModelArts, client: Client, settings: Settings) -> None:
    """400 with one of two codes, whether it never was or is of another dataset."""
    task = auto_labeling_task("cats", created_at=LONG_AGO, dataset="another")
    server.add(Dataset(), task)
    for path in (f"{TASKS}/nothing", f"{TASKS}/{task.id}"):
        answered = client.get(path)
        assert (answered.status, answered.code) == (400, settings.missing_task)


def test_a_dataset_that_is_not_there(server: ModelArts, client: Client) -> None:
    """400 and its own code, for everything below it."""
    task = auto_labeling_task("cats", created_at=LONG_AGO)
    for path in (TASKS, f"{TASKS}/{task.id}", TASKS.replace("tasks", "import-tasks")):
        answered = client.get(path)
        assert (answered.status, answered.code) == (400, "ModelArts.4352")
    server.add(task)
    assert client.get(TASKS).status == 200
    server.drop_dataset(DATASET)
    assert client.get(f"{TASKS}/{task.id}").code == "ModelArts.4352"
    with pytest.raises(KeyError):
        server.drop_dataset("nothing")


def test_a_task_can_be_known_before_it_is_listed_and_vanish(
    server: ModelArts, client: Client, clock: ManualClock
) -> None:
    """A look finds it at once; once vanished nothing does."""
    task = auto_labeling_task("cats", created_at=NOON)
    server.add(task)
    server.hide(task.id, NOON + timedelta(seconds=30))
    assert (_page(client), _status(client, task)) == ([], -1)
    clock.advance(30)
    assert _page(client) == [task.id]
    server.vanish(task.id)
    assert (_page(client), client.get(f"{TASKS}/{task.id}").code) == ([], "ModelArts.4301")
    with pytest.raises(KeyError):
        server.vanish("nothing")


def test_a_task_that_the_page_does_not_allow_is_refused(server: ModelArts) -> None:
    """A simulation cannot drift into fiction."""
    with pytest.raises(FictionError, match="status: 9 is none of"):
        server.add(raw_task({"status": 9}, created_at=NOON))
    with pytest.raises(KeyError, match="none of this server's projects"):
        server.add(auto_labeling_task("cats", created_at=NOON, project="another"))
    assert server.jobs() == []


def test_an_answer_outside_the_page_is_never_sent_and_never_forgotten() -> None:
    """What slips in is refused when it is to be shown, and the server says so again when it stops."""
    server = ModelArts(clock=ManualClock(NOON))
    server.add(Dataset())
    steps = (Step(NOON, {"status": 1, "colour": "red"}),)
    row = {"task_id": "t", "type": 0}
    server.tasks.world.put(
        ScriptedJob("modelarts.auto_labeling", PROJECT, REGION, "t", NOON, row, steps, parent=DATASET)
    )
    answers = []
    with pytest.raises(FictionError, match="colour: the page has no such member"), server:
        answers.append(Client(server).get(TASKS))
    assert (answers[0].status, answers[0].code) == (500, "FictionError")
    assert len(server.ledger) == 0
