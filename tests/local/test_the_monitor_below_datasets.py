"""The same reckoning over ModelArts: tasks below datasets, times without a zone, and a gateway with spells of trouble."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta, timezone

import pytest

from jobherald.flows.visit import Limits
from jobherald.local.reckoning import beginnings
from jobherald.local.services import ModelArts, ScriptedJob, auto_labeling_task
from jobherald.local.services.modelarts import PROJECT, REGION, Dataset, Settings
from jobherald.model import AlertKind, Place
from jobherald.providers.huaweicloud.client import HuaweiClient
from jobherald.providers.huaweicloud.lister import HuaweiCloudLister
from tests.fakes.channels import FakeSecret
from tests.fakes.time import NOON, FakeClock
from tests.local.monitor import Monitor, findings

HEAD = Place("modelarts.auto_labeling", PROJECT, REGION)
KINDS = ("auto-label", "pre-label", "auto-grouping")
ENDS = (3, 3, 2, 5, None)
OLD = tuple(Dataset(f"old{number}", total=100, annotated=30) for number in range(4))
LATE = tuple(
    Dataset(f"late{number}", created_at=NOON + timedelta(seconds=90 + 70 * number), total=40)
    for number in range(2)
)
FIRST_LOOK = timedelta(seconds=30)
"""By then the first look is over, which nothing disturbs: what begins and ends within one may be taken for old."""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=range(6))
def seed(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture
def modelarts(clock: FakeClock, seed: int) -> Iterator[ModelArts]:
    with ModelArts(clock=clock, settings=Settings(offset_counts=("pages", "rows")[seed % 2])) as running:
        yield running


@pytest.fixture
def monitor(modelarts: ModelArts, clock: FakeClock, seed: int) -> Monitor:
    """The service writes its times at +08:00, which the monitor does not always know."""
    endpoints = {REGION: modelarts.url, f"iam.{REGION}": modelarts.url}
    client = HuaweiClient(FakeSecret(modelarts.key.secret), clock, endpoints)
    lister = HuaweiCloudLister(client, timezone(timedelta(hours=(8, 0, -7)[seed % 3])))
    limits = Limits(pages=30, looks=5, round_every=120.0, pace=0.2)
    return Monitor((HEAD,), lister, modelarts.ledger, clock, limits)


def _tasks(chance: random.Random) -> Iterator[ScriptedJob]:
    """Old and new ones of every kind, from less than a second to minutes long, ending in every way."""
    for number in range(60):
        new = number % 2
        dataset = chance.choice(OLD)
        begun = chance.uniform(FIRST_LOOK.total_seconds(), 300) if new else -chance.uniform(1, 200_000)
        yield _task(
            f"task-{number}", dataset, begun, chance, [0.5, 3, 20, 90, 400] if new else [20, 3000, 200_300]
        )
    for number, dataset in enumerate(2 * LATE):
        begun = (dataset.created_at - NOON).total_seconds() + chance.uniform(0, 60)
        yield _task(f"late-task-{number}", dataset, begun, chance, [0.5, 3, 20, 90])


def _task(
    name: str, dataset: Dataset, begun: float, chance: random.Random, lasts: list[float]
) -> ScriptedJob:
    return auto_labeling_task(
        name,
        created_at=NOON + timedelta(seconds=begun),
        dataset=dataset.id,
        kind=chance.choice(KINDS),
        starts=chance.choice([0.1, 1, 15]),
        lasts=chance.choice(lasts),
        ends=chance.choice(ENDS),
        total=dataset.total,
        annotated=dataset.annotated,
    )


def _trouble(modelarts: ModelArts, chance: random.Random, tasks: list[ScriptedJob]) -> None:
    """Now and then something goes wrong, or a task goes missing."""
    dataset = chance.choice(OLD).id
    match chance.randrange(18):
        case 0:
            modelarts.faults.throttle(chance.randrange(1, 3), skip=chance.randrange(4))
        case 1:
            modelarts.faults.fail(1, parent=chance.choice(["", dataset]))
        case 2:
            modelarts.faults.drop(1)
        case 3:
            modelarts.faults.garble(1)
        case 4:
            modelarts.faults.answer("ModelArts.0108", 1, parent=dataset)
        case 5:
            modelarts.faults.answer("APIGW.0301", 1, skip=chance.randrange(3))
        case 6:
            modelarts.vanish(chance.choice(tasks).id)


def test_the_monitor_tells_what_the_answers_showed(monitor: Monitor, modelarts: ModelArts, seed: int) -> None:
    """Whatever the tasks and the trouble: nothing due is lost, nothing told twice, nothing told that was not due."""
    chance = random.Random(seed)
    tasks = list(_tasks(chance))
    modelarts.add(*OLD, *LATE, *tasks)
    monitor.watch()
    monitor.poll(after=2.0)
    monitor.poll(after=FIRST_LOOK.total_seconds() - 5)
    for _ in range(60):
        monitor.poll(after=chance.uniform(1, 12))
        _trouble(modelarts, chance, tasks)
    modelarts.faults.clear()
    # A refused credential pauses everything for five minutes, a dataset that is denied pauses as long.
    for _ in range(20):
        monitor.poll(after=60.0)
    since = min(call.at for call in modelarts.calls if call.operation == "ListDatasets")
    appeared = {below(dataset): dataset.created_at for dataset in LATE}
    reckoning = monitor.reckon(beginnings(modelarts.ledger, appeared, since))
    assert len(reckoning.due) > 30
    assert findings(reckoning) == []
    (watching,) = [alert for alert in monitor.alerts if alert.kind is AlertKind.WATCHING]
    assert watching.place == HEAD


def below(dataset: Dataset) -> str:
    return Place(HEAD.source, HEAD.account, HEAD.region, dataset.id).key
