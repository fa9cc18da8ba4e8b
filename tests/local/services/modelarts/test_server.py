from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Callable
from datetime import timedelta
from time import monotonic, sleep

import pytest

from jobherald.local.clock import ManualClock
from jobherald.local.ledger import Ledger
from jobherald.local.services import JobServices
from jobherald.local.services.modelarts import (
    DATASET,
    ERRORS,
    PROJECT,
    REGION,
    Dataset,
    ErrorAnswer,
    ModelArts,
    Settings,
    auto_labeling_task,
    export_task,
    import_task,
    processing_task,
    training_job,
)
from jobherald.model import JobKey, Place, State
from tests.local.services.modelarts.conftest import LONG_AGO, NOON, TASKS, Answered, Client

PLACE = f"modelarts.auto_labeling/{PROJECT}/{REGION}/{DATASET}"


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_every_error_of_the_table_can_be_had(server: ModelArts, client: Client, error: ErrorAnswer) -> None:
    """By its code or as one's own, with its status and text, once, and then all is well again."""
    server.add(Dataset())
    for fault in (error, error.code):
        server.faults.answer(fault, operation="ListTasks")
        answered = client.get(TASKS)
        assert (answered.status, answered.code) == (error.status, error.code)
        assert answered.body["error_msg"] == error.message
        assert answered.body["request_id"] == answered.headers["X-Request-Id"]
    assert client.get(TASKS).status == 200
    assert len(server.ledger) == 0


def _codes(*asks: Callable[[], Answered]) -> list[str]:
    return [ask().code for ask in asks]


def test_trouble_is_for_an_operation_a_dataset_or_a_project(clock: ManualClock) -> None:
    """Whatever is named must match; the others go on."""
    with ModelArts(clock=clock, projects={PROJECT: REGION, "1" * 32: "ap-southeast-1"}) as server:
        client = Client(server)
        server.add(Dataset(), Dataset("d2"), Dataset(project="1" * 32))
        asks = (
            lambda: client.get(f"/v2/{PROJECT}/datasets"),
            lambda: client.get(TASKS),
            lambda: client.get(TASKS.replace(DATASET, "d2")),
            lambda: client.get(TASKS.replace(PROJECT, "1" * 32)),
        )
        error = ErrorAnswer(400, "ModelArts.4352", "Dataset does not exist")
        for match, codes in (
            ({"operation": "ListTasks"}, ["", error.code, error.code, error.code]),
            ({"parent": "d2"}, ["", "", error.code, ""]),
            ({"account": PROJECT}, [error.code, error.code, error.code, ""]),
            ({"region": "ap-southeast-1"}, ["", "", "", error.code]),
            ({"service": "iam"}, ["", "", "", ""]),
        ):
            fault = server.faults.answer(error, None, **match)
            assert _codes(*asks) == codes
            server.faults.end(fault)


def test_the_usual_troubles_have_huaweis_words(server: ModelArts, client: Client) -> None:
    """Throttled with Retry-After, denied, no such API, and a fault of the server."""
    server.add(Dataset())
    server.faults.throttle()
    throttled = client.get(TASKS)
    assert (throttled.status, throttled.code) == (429, "APIGW.0308")
    assert throttled.headers["Retry-After"] == "1"
    server.faults.answer(ErrorAnswer(429, "ModelArts.4206", "Excessive", retry_after=2.5))
    assert client.get(TASKS).headers["Retry-After"] == "2.5"
    server.faults.deny(REGION, 1)
    server.faults.switch_off(REGION, 1)
    server.faults.fail()
    server.faults.fail(status=504, code="APIGW.0201")
    answers = [client.get(TASKS) for _ in range(5)]
    assert [(answered.status, answered.code) for answered in answers] == [
        (403, "ModelArts.0108"),
        (404, "ModelArts.4204"),
        (500, "ModelArts.4302"),
        (504, "APIGW.0201"),
        (200, ""),
    ]


@pytest.mark.parametrize("settings", [Settings(prefix="APIG")])
def test_a_fault_of_an_older_gateway_has_its_prefix(server: ModelArts, client: Client) -> None:
    """The table has the newer one."""
    server.faults.answer("APIGW.0308")
    assert client.get(TASKS).code == "APIG.0308"


def test_an_answer_can_be_no_json(server: ModelArts, client: Client) -> None:
    """As from a proxy on the way, with whatever status."""
    server.add(Dataset())
    server.faults.garble()
    answered = client.get(TASKS)
    assert (answered.status, answered.headers["Content-Type"]) == (502, "text/html")
    assert answered.content.startswith(b"<html>")
    server.faults.garble(status=200, body=b'{"tasks": [')
    answered = client.get(TASKS)
    assert (answered.status, answered.content) == (200, b'{"tasks": [')


def test_an_answer_can_come_late_or_never(server: ModelArts, client: Client) -> None:
    """Late it is the same; never is a cut connection."""
    server.add(Dataset())
    server.faults.delay(1, seconds=0.2)
    began = monotonic()
    assert client.get(TASKS).status == 200
    assert monotonic() - began >= 0.2
    server.faults.drop()
    with pytest.raises(http.client.RemoteDisconnected):
        client.get(TASKS)
    assert [asked.code for asked in server.calls] == ["", "hang"]


def test_a_list_can_repeat_itself_or_be_empty(server: ModelArts, client: Client) -> None:
    """A page whatever the offset, and none where the total says that there are some."""
    server.add(*(auto_labeling_task(f"t{number}", created_at=LONG_AGO) for number in range(4)))
    first = client.get(TASKS, limit=2).body
    server.faults.loop_tokens(1)
    assert client.get(TASKS, limit=2, offset=1).body == first
    server.faults.empty_pages()
    assert client.get(TASKS, limit=2).body == {**first, "tasks": []}
    assert client.get(TASKS, limit=2, offset=1).body["tasks"] != first["tasks"]


def test_a_task_can_be_shown_as_no_page_knows_it(server: ModelArts, client: Client) -> None:
    """An unknown status, a new member, one that is missing: in both forms, and the ledger has what was shown."""
    task = auto_labeling_task("cats", created_at=LONG_AGO)
    server.add(task)
    server.faults.alter(task.id, {"status": 9, "colour": "red"}, omit=["progress"])
    (row,) = client.get(TASKS).body["tasks"]
    body = client.get(f"{TASKS}/{task.id}").body
    for form in (row, body):
        assert (form["status"], form["colour"], "progress" in form) == (9, "red", False)
    assert server.ledger.states_of(f"{PLACE}:{task.id}") == [State.UNKNOWN]
    server.faults.heal(task.id)
    assert client.get(f"{TASKS}/{task.id}").body["status"] == 3


def test_the_ledger_has_what_each_answer_showed(
    server: ModelArts, client: Client, clock: ManualClock
) -> None:
    """The place with its dataset, the job by its key, the service's own status, and no time of change."""
    task = auto_labeling_task("cats", created_at=NOON - timedelta(seconds=5))
    server.add(task)
    client.get(f"{TASKS}/{task.id}")
    clock.advance(10)
    client.get(TASKS)
    first, last = server.ledger
    assert (first.place, first.job) == (PLACE, f"{PLACE}:{task.id}")
    assert JobKey.parse(first.job) == JobKey(
        Place("modelarts.auto_labeling", PROJECT, REGION, DATASET), task.id
    )
    assert (first.at, first.name, first.status, first.state) == (NOON, "cats", "1", State.RUNNING)
    assert (first.operation, first.created_at, first.changed_at) == ("ShowTask", task.created_at, None)
    assert (last.status, last.state, last.operation) == ("3", State.SUCCEEDED, "ListTasks")
    assert server.ledger.first_listed == {PLACE: NOON + timedelta(seconds=10)}


def test_all_seven_statuses_mean_a_state(server: ModelArts, client: Client, clock: ManualClock) -> None:
    """Queuing and initializing are one state, and no status is unknown."""
    for ends, states in (
        (2, [State.QUEUED, State.RUNNING, State.FAILED]),
        (3, [State.QUEUED, State.RUNNING, State.SUCCEEDED]),
        (5, [State.QUEUED, State.RUNNING, State.STOPPING, State.STOPPED]),
    ):
        task = auto_labeling_task(f"cats {ends}", created_at=clock.now(), ends=ends)
        server.add(task)
        for _ in range(30):
            client.get(TASKS)
            clock.advance(0.5)
        assert server.ledger.states_of(f"{PLACE}:{task.id}") == states


def test_each_kind_is_at_its_own_place(server: ModelArts, client: Client, clock: ManualClock) -> None:
    """Imports and exports below their dataset, data processing and training in their project."""
    jobs = [
        import_task(created_at=NOON),
        export_task(created_at=NOON),
        processing_task("p", created_at=NOON),
        training_job("t", created_at=NOON),
    ]
    server.add(*jobs)
    clock.advance(5)
    below = TASKS.removesuffix("/tasks")
    client.get(f"{below}/import-tasks")
    client.get(f"{below}/export-tasks")
    client.get(f"/v2/{PROJECT}/processor-tasks")
    client.post(f"/v2/{PROJECT}/training-job-searches", {})
    where = f"{PROJECT}/{REGION}"
    places = [
        f"modelarts.import/{where}/{DATASET}",
        f"modelarts.export/{where}/{DATASET}",
        f"modelarts.processing/{where}",
        f"modelarts.training/{where}",
    ]
    assert [showing.place for showing in server.ledger] == places
    assert [job.place.key for job in jobs] == places
    assert list(server.ledger.first_listed) == places
    assert {showing.state for showing in server.ledger} == {State.RUNNING}
    changed = [showing.changed_at is not None for showing in server.ledger]
    assert changed == [True, True, False, False]


def test_a_look_at_what_is_gone_is_shown_as_gone(
    server: ModelArts, client: Client, clock: ManualClock
) -> None:
    """But not one at what never was, nor one below a dataset that is gone: nobody can say what became of its tasks."""
    task, other = (auto_labeling_task(name, created_at=NOON) for name in ("cats", "dogs"))
    server.add(task, other)
    client.get(f"{TASKS}/nothing")
    server.vanish(task.id)
    clock.advance(1)
    client.get(f"{TASKS}/{task.id}")
    server.drop_dataset(DATASET)
    client.get(f"{TASKS}/{other.id}")
    (gone,) = server.ledger
    assert (gone.job, gone.name, gone.state, gone.status) == (f"{PLACE}:{task.id}", "cats", State.GONE, "")


def test_an_answer_that_nobody_received_was_not_shown(clock: ManualClock) -> None:
    """Who hung up before it came has seen nothing, and has not listed the place."""
    with ModelArts(clock=clock) as server:
        server.add(auto_labeling_task("cats", created_at=LONG_AGO))
        server.faults.delay(1, seconds=60)
        host, port = server.url.removeprefix("http://").split(":")
        lines = [f"{name}: {value}" for name, value in Client(server).signed("GET", TASKS).items()]
        request = "\r\n".join([f"GET {TASKS} HTTP/1.1", *lines, "", ""])
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(request.encode())
            # Closing without lingering resets the connection, which the server then finds when it writes.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            while not server.calls:
                sleep(0.01)
    assert [asked.code for asked in server.calls] == [""]
    assert (len(server.ledger), server.ledger.first_listed) == (0, {})


def test_a_ledger_is_shared_with_other_services(clock: ManualClock) -> None:
    """One reckoning over all clouds."""
    ledger = Ledger()
    with JobServices(clock=clock, ledger=ledger), ModelArts(clock=clock, ledger=ledger) as server:
        server.add(auto_labeling_task("cats", created_at=LONG_AGO))
        Client(server).get(TASKS)
    assert [showing.place for showing in ledger] == [PLACE]


def test_connections_stay_open_and_no_thread_stays_behind(clock: ManualClock) -> None:
    """Calls of one client share a connection, refused ones too; stopping cuts it, and what hangs with it."""
    before = set(threading.enumerate())
    with ModelArts(clock=clock) as server:
        server.add(Dataset())
        client = Client(server)
        server.faults.hang(1, seconds=60, skip=1)
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=5)
        sockets = set()
        for headers in ({}, client.signed("GET", TASKS)):
            connection.request("GET", TASKS, headers=headers)
            connection.getresponse().read()
            sockets.add(connection.sock)
        assert len(sockets) == 1
        connection.request("GET", TASKS, headers=client.signed("GET", TASKS))
    connection.close()
    assert set(threading.enumerate()) == before
