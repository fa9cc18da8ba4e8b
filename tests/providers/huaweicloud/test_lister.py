"""The lister asks as its entries say, over real HTTP and through the real client."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from jobherald.catalog import load
from jobherald.catalog.load import parse
from jobherald.catalog.source import Source
from jobherald.errors import ConfigError, ListingError
from jobherald.local.services.modelarts import filled
from jobherald.model import Place, Progress, State
from jobherald.ports import Abilities, Parent, Query, Reach
from jobherald.providers.huaweicloud import lister as module
from jobherald.providers.huaweicloud.lister import HuaweiCloudLister
from jobherald.watch import Look
from tests.fakes.modelarts import EXAMPLE
from tests.providers.huaweicloud.calling import DATASET, PLACE, PROJECT, REGION, TASKS, client_of
from tests.providers.huaweicloud.gateway import Answer, Asked, Gateway

BEIJING = timezone(timedelta(hours=8))
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HEAD = replace(PLACE, parent="")
DATASETS = f"/v2/{PROJECT}/datasets"
TRAINING = Place("modelarts.training", PROJECT, REGION)
IMPORTS = replace(PLACE, source="modelarts.import")


@pytest.fixture
def lister(gateway: Gateway) -> HuaweiCloudLister:
    return HuaweiCloudLister(client_of(gateway), BEIJING)


def task(number: int, **members: Any) -> dict[str, Any]:
    return {
        "task_id": f"task-{number}",
        "task_name": f"label {number}",
        "type": 0,
        "status": 1,
        "create_time": "2026-11-22 19:00:00",
        **members,
    }


def asked_of(request: Asked) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.target).query, keep_blank_values=True)


def paths_of(gateway: Gateway) -> list[str]:
    return [urlsplit(request.target).path for request in gateway.asked]


def in_pages(rows: Mapping[str, list[dict[str, Any]]], counts: str, items: str) -> Callable[[Asked], Answer]:
    """A script with one list for each ``type``, whose offset counts ``pages`` or ``rows``."""

    def script(request: Asked) -> Answer:
        told = asked_of(request)
        (limit,), (offset,) = told["limit"], told["offset"]
        begin = int(offset) * (int(limit) if counts == "pages" else 1)
        listed = rows[told.get("type", [""])[0]]
        return Answer({items: listed[begin : begin + int(limit)], "total_count": 100})

    return script


def all_pages(lister: HuaweiCloudLister, place: Place) -> list[str]:
    seen: list[str] = []
    token = ""
    for _ in range(50):
        page = lister.page(place, Query(), token)
        seen += [row.key.id for row in page.rows]
        token = page.token
        if not token:
            return seen
    raise AssertionError("the list does not end")


def refusal(code: str, status: int = 400) -> Answer:
    return Answer({"error_code": code, "error_msg": "its own words"}, status)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "modelarts.auto_labeling",
            Abilities(
                reach=Reach.EVERYTHING,
                newest_first=False,
                open_statuses=(),
                overlap=300.0,
                pace=1.0,
                title="ModelArts auto labeling task",
                parents="dataset",
                credential="huaweicloud",
            ),
        ),
        (
            "modelarts.training",
            Abilities(
                reach=Reach.NEWEST_FIRST,
                newest_first=True,
                open_statuses=(),
                overlap=300.0,
                pace=1.0,
                title="ModelArts training job",
                credential="huaweicloud",
            ),
        ),
    ],
)
def test_abilities_follow_the_entry(source: str, expected: Abilities, lister: HuaweiCloudLister) -> None:
    """One credential signs for all of them; only some are asked below a dataset."""
    assert lister.abilities(source) == expected


def test_a_page_is_asked_for_as_the_entry_says(lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """Below its dataset, a hundred at once, and of nothing that the API cannot filter by."""
    gateway.answers.append(Answer({"tasks": [task(1)], "total_count": 1}))

    page = lister.page(PLACE, Query(name_contains="prod", status="1", created_after=NOON), "")

    (request,) = gateway.asked
    assert (request.method, urlsplit(request.target).path) == ("GET", TASKS)
    assert asked_of(request) == {"limit": ["100"], "offset": ["0"]}
    (seen,) = page.rows
    assert (seen.key.id, seen.name, seen.state) == ("task-1", "label 1", State.RUNNING)
    assert seen.created_at == datetime(2026, 11, 22, 11, tzinfo=UTC)
    assert seen.created_doubt == timedelta(days=1)


def test_the_page_is_dated_by_its_answer(lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """Whatever our clock says."""
    gateway.answers.append(Answer({"tasks": [task(1)]}, date="Tue, 01 Feb 2000 03:04:05 GMT"))

    page = lister.page(PLACE, Query(), "")

    assert page.date == page.rows[0].seen_at == datetime(2000, 2, 1, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("counts", ["pages", "rows"])
def test_every_list_is_walked_to_its_end(counts: str, lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """That of labeling, and that of grouping which it leaves out, whatever their offset counts."""
    labeling = [task(number) for number in range(230)]
    grouping = [task(number, type=7) for number in range(1000, 1150)]
    gateway.script = in_pages({"": labeling, "auto-grouping": grouping}, counts, "tasks")

    seen = all_pages(lister, PLACE)

    assert set(seen) == {row["task_id"] for row in labeling + grouping}
    assert len(gateway.asked) <= 8


def test_two_short_lists_are_two_calls(lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """The first page of a list has a token, though it may have no row: the other list follows."""
    gateway.script = in_pages({"": [], "auto-grouping": [task(1)]}, "pages", "tasks")

    assert all_pages(lister, PLACE) == ["task-1"]
    assert [asked_of(request).get("type") for request in gateway.asked] == [None, ["auto-grouping"]]


def test_a_search_has_its_question_in_the_body(lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """Training jobs are searched for, by page."""
    rows: list[dict[str, Any]] = [
        {
            "kind": "job",
            "metadata": {"id": f"job-{number}", "name": "resnet", "create_time": 1604388201993},
            "status": {"phase": "Running"},
        }
        for number in range(70)
    ]

    def script(request: Asked) -> Answer:
        told = json.loads(request.body)
        begin = told["offset"] * told["limit"]
        return Answer({"items": rows[begin : begin + told["limit"]], "total": 70, "count": 50})

    gateway.script = script

    assert set(all_pages(lister, TRAINING)) == {row["metadata"]["id"] for row in rows}
    first, second = gateway.asked
    assert (first.method, first.target) == ("POST", f"/v2/{PROJECT}/training-job-searches")
    assert json.loads(first.body) == {"sort_by": "create_time", "order": "desc", "offset": 0, "limit": 50}
    assert json.loads(second.body)["offset"] == 1


def test_a_name_is_pushed_down_where_the_api_filters_by_it(
    lister: HuaweiCloudLister, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a time is a number, as in its answers."""
    filters = {"name_contains": "task_name", "created_after": "since"}
    entry: Source = replace(load(PLACE.source), filters=filters)
    monkeypatch.setattr(module, "load", lambda source_id: entry)

    lister.page(PLACE, Query(name_contains="2026-", created_after=NOON), "")
    lister.page(PLACE, Query(), "")

    first, second = map(asked_of, gateway.asked)
    assert (first["task_name"], first["since"]) == (["2026-"], [str(int(NOON.timestamp()) * 1000)])
    assert not {"task_name", "since"} & set(second)
    assert lister.abilities(PLACE.source).reach is Reach.CREATED_AFTER


def test_an_operation_without_pages_is_asked_for_none(
    lister: HuaweiCloudLister, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an offset nor a limit that nobody named."""
    (entry,) = parse(SYNC, "catalog/huaweicloud/modelarts.toml", "huaweicloud")
    monkeypatch.setattr(module, "load", lambda source_id: entry)
    gateway.script = lambda asked: Answer({"jobs": [{"id": str(number)} for number in range(200)]})

    page = lister.page(replace(PLACE, source="modelarts.sync"), Query(), "")

    assert (len(page.rows), page.token) == (200, "")
    assert gateway.asked[0].target == f"{DATASETS}/{DATASET}/sync-data"


SYNC = """
[[source]]
id = "modelarts.sync"
title = "synchronization"
client = "modelarts"
operation = "GET /v2/{project_id}/datasets/{parent}/sync-data"
items = "jobs"
row = ["id", "status"]
[source.job]
id = "id"
status = "status"
[source.states]
running = ["RUNNING"]
"""


@pytest.mark.parametrize("body", [{}, {"tasks": None}, {"tasks": {"task_id": "1"}}, {"tasks": "none"}])
def test_an_answer_without_its_list_is_an_empty_page(
    body: Any, lister: HuaweiCloudLister, gateway: Gateway
) -> None:
    """What was known is looked up before anything is said of it."""
    gateway.answers.append(Answer(body))

    assert lister.page(PLACE, Query(), "").rows == ()


def test_a_row_without_an_id_is_left_out_and_logged(
    lister: HuaweiCloudLister, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """The others of its page can be remembered; what it held is nobody's business in a log."""
    nameless = {"status": 1, "config": {"inf_config_list": [{"envs": {"TOKEN": "c4n4ry"}}]}}
    gateway.answers.append(Answer({"tasks": [task(1), nameless, None, task(2)]}))

    with caplog.at_level(logging.DEBUG):
        page = lister.page(PLACE, Query(), "")

    assert [row.key.id for row in page.rows] == ["task-1", "task-2"]
    assert f"{PLACE.key}: 2 rows without task_id left out" in caplog.text
    assert "c4n4ry" not in caplog.text


@pytest.mark.parametrize("token", ["later", "9.either.100.", "0.elsewhere.100."])
def test_a_token_that_is_none_makes_the_listing_begin_anew(
    token: str, lister: HuaweiCloudLister, gateway: Gateway
) -> None:
    """It is of another version of the product, or of the entry as it was."""
    for call in (lambda: lister.page(PLACE, Query(), token), lambda: lister.parents(HEAD, token)):
        with pytest.raises(ListingError, match="begins anew") as caught:
            call()
        assert caught.value.kind == "token"
    assert not gateway.asked


@pytest.mark.parametrize("source", ["modelarts.auto_labeling", "modelarts.import", "modelarts.export"])
def test_a_dataset_that_is_gone_is_absent(source: str, lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """By every code that the entry takes for it."""
    above = load(source).parent
    assert above is not None
    for code in above.not_found:
        gateway.answers.append(refusal(code))
        with pytest.raises(ListingError) as caught:
            lister.page(replace(PLACE, source=source), Query(), "")
        assert (caught.value.kind, caught.value.code) == ("absent", code)


def test_a_refusal_names_what_the_source_takes(lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """So that somebody can allow it."""
    gateway.answers.append(refusal("ModelArts.0108", 403))

    with pytest.raises(ListingError, match=r"modelarts:dataset:getDataset") as caught:
        lister.page(PLACE, Query(), "")

    assert caught.value.kind == "denied"


@pytest.mark.parametrize("parent", ["", ".", ".."])
def test_a_path_that_lacks_an_id_is_not_called(
    parent: str, lister: HuaweiCloudLister, gateway: Gateway
) -> None:
    """It would be sent as another path than the one that was signed, and be held against the key."""
    with pytest.raises(ListingError, match="lacks an id") as caught:
        lister.page(replace(PLACE, parent=parent), Query(), "")

    assert caught.value.kind == "failed"
    assert not gateway.asked


def test_ids_are_one_part_of_the_path_each(lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """Whatever characters they have."""
    gateway.answers.append(Answer(EXAMPLE))

    lister.look(Look(replace(PLACE, parent="a/b"), "c d?e"))

    assert gateway.asked[0].target == f"{DATASETS}/a%2Fb/tasks/c%20d%3Fe"


def test_the_example_of_the_page_is_a_running_task(lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """It has neither id nor name; its code tells of progress, and its counts lie in the result."""
    gateway.answers.append(Answer(EXAMPLE))

    sight = lister.look(Look(PLACE, "xUCRVTxBgIj2Rpp3qpG"))

    seen = sight.seen
    assert seen is not None
    assert gateway.asked[0].target == f"{TASKS}/xUCRVTxBgIj2Rpp3qpG"
    assert seen.key.id == "xUCRVTxBgIj2Rpp3qpG"
    assert (seen.state, seen.status) == (State.RUNNING, "1")
    assert seen.progress == Progress(10.0, {"done": 30, "total": 49})
    assert seen.created_at == datetime(2020, 11, 23, 3, 8, 20, tzinfo=UTC)
    assert (seen.reason, seen.reason_code, seen.ended_at, seen.modified_at) == ("", "", None, None)
    assert sight.extras == {"resource_id", "export_type"}
    assert seen.details == {**EXAMPLE, "total_sample_count": 49, "annotated_sample_count": 30}


@pytest.mark.parametrize("seed", range(7))
def test_every_member_of_the_page_comes_back(seed: int, lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """With its value and type, but for long lists and for what the entry masks; the counts of a list's row join it."""
    answer = filled(seed)
    gateway.answers.append(Answer(answer))

    sight = lister.look(Look(PLACE, answer["task_id"]))

    result, config = answer["result"], answer["config"]
    counts = {name: value for name, value in result.items() if name.endswith("_sample_count")}
    models = [{**model, "envs": dict.fromkeys(model["envs"], "***")} for model in config["inf_config_list"]]
    expected = {
        **answer,
        **counts,
        "result": {**result, "samples": result["samples"][:50], "samples_count": 60},
        "config": {**config, "inf_config_list": models},
    }
    assert len(counts) == 3
    assert sight.seen is not None
    assert json.dumps(sight.seen.details, sort_keys=True) == json.dumps(expected, sort_keys=True)


def test_a_look_and_a_list_show_a_task_in_one_form(lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """The counts that the one has in the result and the other beside it are the same members."""
    counts = {"total_sample_count": 49, "annotated_sample_count": 30, "unconfirmed_sample_count": 12}
    gateway.answers += [
        Answer({"tasks": [task(1, **counts, result={})]}),
        Answer({**task(1), "result": counts, "resource_id": "r"}),
    ]

    (listed,) = lister.page(PLACE, Query(), "").rows
    sight = lister.look(Look(PLACE, "task-1"))

    assert sight.seen is not None
    assert replace(sight.seen, details={}) == replace(listed, details={})
    assert set(sight.seen.details) - sight.extras == set(listed.details)
    assert listed.progress == Progress(61.22, {"done": 30, "total": 49, "to_confirm": 12})


@pytest.mark.parametrize("code", ["ModelArts.4301", "ModelArts.4338", "ModelArts.4352"])
@pytest.mark.parametrize("status", [400, 404])
def test_a_task_that_is_not_there_is_no_error(
    code: str, status: int, lister: HuaweiCloudLister, gateway: Gateway
) -> None:
    """Neither is one whose dataset is gone: whoever looked decides what that means."""
    gateway.answers.append(refusal(code, status))

    sight = lister.look(Look(PLACE, "task-1"))

    assert (sight.seen, sight.date) == (None, NOON)


def test_a_service_can_say_so_in_the_row_itself(lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """An import that is not there has a status for it."""
    gateway.answers += [Answer({"task_id": "one", "status": "NOT_EXIST"}), Answer({"status": "RUNNING"})]

    assert lister.look(Look(IMPORTS, "one")).seen is None
    seen = lister.look(Look(IMPORTS, "one")).seen
    assert seen is not None
    assert seen.state is State.RUNNING


@pytest.mark.parametrize(
    ("status", "code"), [(404, "APIGW.0101"), (500, "ModelArts.4301"), (403, "ModelArts.0210")]
)
def test_every_other_refusal_of_a_look_is_one(
    status: int, code: str, lister: HuaweiCloudLister, gateway: Gateway
) -> None:
    """An API that is not there says nothing about the task."""
    gateway.answers.append(refusal(code, status))

    with pytest.raises(ListingError):
        lister.look(Look(PLACE, "task-1"))


def test_a_look_without_an_id_is_not_made(lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """Its path would be that of the list."""
    with pytest.raises(ListingError, match="lacks an id"):
        lister.look(Look(PLACE, name="label 1"))

    assert not gateway.asked


def test_a_source_without_an_operation_for_one_cannot_be_looked_at(
    lister: HuaweiCloudLister, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next poll shows the job."""
    entry: Source = replace(load(PLACE.source), look=None)
    monkeypatch.setattr(module, "load", lambda source_id: entry)

    with pytest.raises(ListingError, match="next poll"):
        lister.look(Look(PLACE, "task-1"))


def dataset(number: int, **members: Any) -> dict[str, Any]:
    return {"dataset_id": f"dataset-{number}", "dataset_name": f"signs {number}", "status": 1, **members}


def test_parents_say_what_runs_below_them(lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """None where the service does not say, which is not the same as nothing."""
    rows = [
        dataset(1, running_tasks_id=["a", "b"]),
        dataset(2, running_tasks_id=[]),
        dataset(3),
        dataset(4, running_tasks_id="a"),
    ]
    gateway.answers.append(Answer({"datasets": rows, "total_number": 4}))

    page = lister.parents(HEAD, "")

    (request,) = gateway.asked
    assert urlsplit(request.target).path == DATASETS
    assert asked_of(request) == {
        "check_running_task": ["true"],
        "dataset_version": ["all"],
        "limit": ["100"],
        "offset": ["0"],
    }
    assert (page.date, page.token) == (NOON, "")
    assert [(parent.id, parent.name) for parent in page.parents] == [
        (f"dataset-{number}", f"signs {number}") for number in (1, 2, 3, 4)
    ]
    assert [parent.running for parent in page.parents] == [{"a", "b"}, frozenset(), None, None]


def test_a_mark_differs_with_what_the_entry_watches(lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """And with nothing else."""
    before = dataset(1, update_time=1604388201993, total_sample_count=49)
    gateway.answers += [
        Answer({"datasets": [one]})
        for one in (
            before,
            {**before, "dataset_name": "renamed", "label_task_count": 7},
            {**before, "update_time": 1604388201994},
            {**before, "annotated_sample_count": 1},
        )
    ]

    same, renamed, updated, annotated = (lister.parents(HEAD, "").parents[0].mark for _ in range(4))

    assert same
    assert same == renamed
    assert len({same, updated, annotated}) == 3
    assert len(same) == 16


@pytest.mark.parametrize("counts", ["pages", "rows"])
def test_parents_are_walked_to_their_end(counts: str, lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """As jobs are."""
    rows = [dataset(number) for number in range(230)]
    gateway.script = in_pages({"": rows}, counts, "datasets")

    seen: set[str] = set()
    token = ""
    for _ in range(10):
        page = lister.parents(HEAD, token)
        seen |= {parent.id for parent in page.parents}
        token = page.token
        if not token:
            break

    assert seen == {row["dataset_id"] for row in rows}


def test_a_parent_without_an_id_is_left_out_and_logged(
    lister: HuaweiCloudLister, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """Dataset rows hold passwords, and none of them is logged."""
    source = {"data_sources": [{"source_info": {"user_password": "c4n4ry"}}]}
    gateway.answers.append(
        Answer({"datasets": [dataset(1), {"dataset_name": "none", **source}, None, "odd"]})
    )

    with caplog.at_level(logging.DEBUG):
        page = lister.parents(HEAD, "")

    assert [parent.id for parent in page.parents] == ["dataset-1"]
    assert f"{HEAD.key}: 3 rows without dataset_id left out" in caplog.text
    assert "c4n4ry" not in caplog.text


def test_what_is_asked_below_nothing_has_no_parents(lister: HuaweiCloudLister, gateway: Gateway) -> None:
    """Asking is a fault of ours, and is said as one."""
    with pytest.raises(ConfigError, match=r"modelarts\.training: parent: "):
        lister.parents(TRAINING, "")

    assert not gateway.asked


def test_a_parent_is_no_more_than_its_id_where_the_entry_says_no_more(
    lister: HuaweiCloudLister, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nothing tells whether something happened below it."""
    entry = load(PLACE.source)
    assert entry.parent is not None
    bare = replace(entry, parent=entry.parent._replace(name_path="", running_path="", differs=""))
    monkeypatch.setattr(module, "load", lambda source_id: bare)
    gateway.answers.append(Answer({"datasets": [dataset(1, running_tasks_id=["a"])]}))

    assert lister.parents(HEAD, "").parents == (Parent("dataset-1"),)
