"""The lister and the simulated ModelArts understand each other: signatures, pages, all kinds of jobs and their states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from jobherald.errors import ListingError
from jobherald.local.clock import ManualClock
from jobherald.local.services.jobs import ScriptedJob
from jobherald.local.services.modelarts import (
    DATASET,
    PROJECT,
    REGION,
    Dataset,
    ModelArts,
    Settings,
    auto_labeling_task,
    export_task,
    import_task,
    processing_task,
    training_job,
)
from jobherald.model import Observation, Place, State
from jobherald.ports import Parent, Query
from jobherald.providers.huaweicloud.client import HuaweiClient
from jobherald.providers.huaweicloud.lister import HuaweiCloudLister
from jobherald.watch import Look
from tests.fakes.channels import FakeSecret
from tests.fakes.time import NOON, FakeClock

TASKS = Place("modelarts.auto_labeling", PROJECT, REGION, DATASET)
HEAD = replace(TASKS, parent="")
BEFORE = NOON - timedelta(seconds=30)


@pytest.fixture(params=["pages", "rows"])
def server(request: pytest.FixtureRequest) -> Iterator[ModelArts]:
    settings = Settings(offset_counts=request.param)
    with ModelArts(clock=ManualClock(NOON), settings=settings) as running:
        yield running


@pytest.fixture
def lister(server: ModelArts) -> HuaweiCloudLister:
    endpoints = {REGION: server.url}
    client = HuaweiClient(FakeSecret(server.key.secret), FakeClock(), endpoints)
    return HuaweiCloudLister(client, timezone(timedelta(hours=8)))


def listed(lister: HuaweiCloudLister, place: Place) -> list[Observation]:
    """Each job once, as the last page showed it."""
    seen: dict[str, Observation] = {}
    token = ""
    for _ in range(20):
        page = lister.page(place, Query(), token)
        seen |= {row.key.id: row for row in page.rows}
        token = page.token
        if not token:
            return list(seen.values())
    raise AssertionError("the list does not end")


def test_tasks_of_every_kind_are_listed(server: ModelArts, lister: HuaweiCloudLister) -> None:
    """Also those that the list leaves out unless it is asked, and over as many pages as it takes."""
    tasks = [
        auto_labeling_task(f"{kind} {number}", created_at=BEFORE, kind=kind)
        for kind, count in (("auto-label", 110), ("pre-label", 110), ("auto-grouping", 120))
        for number in range(count)
    ]
    server.add(*tasks)

    assert {seen.key.id for seen in listed(lister, TASKS)} == {task.id for task in tasks}


@pytest.mark.parametrize(
    ("job", "parent"),
    [
        (auto_labeling_task("signs", created_at=BEFORE, lasts=3600), DATASET),
        (import_task(created_at=BEFORE, lasts=3600), DATASET),
        (export_task(created_at=BEFORE, lasts=3600), DATASET),
        (processing_task("validation", created_at=BEFORE, lasts=3600), ""),
        (training_job("resnet", created_at=BEFORE, lasts=3600), ""),
    ],
    ids=lambda value: getattr(value, "source", None),
)
def test_a_look_and_a_list_show_a_job_in_one_form(
    server: ModelArts, lister: HuaweiCloudLister, job: ScriptedJob, parent: str
) -> None:
    """Whichever source it is of: what differs is in what a look has besides."""
    server.add(job)
    place = Place(job.source, PROJECT, REGION, parent)

    (seen,) = listed(lister, place)
    sight = lister.look(Look(place, job.id))

    assert sight.seen is not None
    assert (seen.key.id, seen.state) == (job.id, State.RUNNING)
    assert replace(sight.seen, details={}) == replace(seen, details={})
    assert seen.created_at == BEFORE
    assert lister.look(Look(place, "no-such-job")).seen is None


@pytest.mark.parametrize(
    ("ends", "states"),
    [
        (2, ["-1 queued", "0 queued", "1 running", "2 failed"]),
        (3, ["-1 queued", "0 queued", "1 running", "3 succeeded"]),
        (5, ["-1 queued", "0 queued", "1 running", "4 stopping", "5 stopped"]),
    ],
)
def test_a_task_passes_through_its_states(ends: int, states: list[str]) -> None:
    """All seven, by list and by look alike."""
    clock = ManualClock(NOON)
    task = auto_labeling_task("signs", created_at=NOON, queued=2, starts=4, lasts=10, ends=ends)
    seen: list[str] = []
    with ModelArts(clock=clock) as server:
        server.add(task)
        client = HuaweiClient(FakeSecret(server.key.secret), FakeClock(), {REGION: server.url})
        lister = HuaweiCloudLister(client, timezone(timedelta(hours=8)))
        for _ in range(30):
            (row,) = lister.page(TASKS, Query(), "").rows
            looked = lister.look(Look(TASKS, task.id)).seen
            assert looked is not None
            assert (looked.state, looked.progress) == (row.state, row.progress)
            seen.append(f"{row.status} {row.state}")
            clock.advance(1)

    assert list(dict.fromkeys(seen)) == states


def test_a_failure_names_its_step_and_why(server: ModelArts, lister: HuaweiCloudLister) -> None:
    """Both in the service's words."""
    server.add(
        auto_labeling_task(
            "signs",
            created_at=NOON - timedelta(hours=1),
            ends=2,
            reason="No labels.",
            detail="too few samples",
        )
    )

    (seen,) = listed(lister, TASKS)

    reason, step = seen.reason.split("\n", 1)
    assert "No labels." in reason
    assert "Failed step: " in step
    assert "too few samples" in step


def test_a_dataset_that_is_dropped_takes_its_tasks_with_it(
    server: ModelArts, lister: HuaweiCloudLister
) -> None:
    """Its list is absent, its tasks are not there, and its parent is no longer listed."""
    task = auto_labeling_task("signs", created_at=BEFORE, lasts=3600)
    server.add(task, Dataset("another"))
    server.drop_dataset(DATASET)

    with pytest.raises(ListingError, match=DATASET) as caught:
        lister.page(TASKS, Query(), "")

    assert caught.value.kind == "absent"
    assert lister.look(Look(TASKS, task.id)).seen is None
    assert [parent.id for parent in lister.parents(HEAD, "").parents] == ["another"]


def test_a_task_that_vanished_is_not_there(server: ModelArts, lister: HuaweiCloudLister) -> None:
    """Its dataset is."""
    task = auto_labeling_task("signs", created_at=BEFORE, lasts=3600)
    server.add(task)
    server.vanish(task.id)

    assert listed(lister, TASKS) == []
    assert lister.look(Look(TASKS, task.id)).seen is None


def test_parents_tell_what_runs_below_them(server: ModelArts, lister: HuaweiCloudLister) -> None:
    """Over as many pages as it takes, whichever version a dataset has."""
    running = auto_labeling_task("signs", created_at=BEFORE, dataset="dataset-7", lasts=3600)
    server.add(*(Dataset(f"dataset-{number}", version="v1" if number % 2 else "v2") for number in range(130)))
    server.add(running)

    parents: dict[str, Parent] = {}
    token = ""
    for _ in range(10):
        page = lister.parents(HEAD, token)
        parents |= {parent.id: parent for parent in page.parents}
        token = page.token
        if not token:
            break

    assert set(parents) == {f"dataset-{number}" for number in range(130)}
    assert parents["dataset-7"].running == frozenset({running.id})
    assert parents["dataset-8"].running == frozenset()
    assert page.date == datetime(2026, 11, 22, 12, tzinfo=UTC)
