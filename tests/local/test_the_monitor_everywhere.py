"""The same reckoning over services that everybody has: below queues and Glue jobs, by names that come again, late reasons."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from botocore.config import Config

from jobherald.flows.visit import Limits
from jobherald.local.reckoning import beginnings
from jobherald.local.services import (
    JobServices,
    Parent,
    ScriptedJob,
    batch_inference_job,
    batch_job,
    glue_job_run,
    sagemaker_training_job,
    transcription_job,
)
from jobherald.local.services.batch import queue_arn
from jobherald.local.services.training import REASON
from jobherald.model import AlertKind, Place, State
from jobherald.providers.aws import AwsLister
from tests.fakes.time import NOON, FakeClock
from tests.local.monitor import Monitor, findings

ACCOUNT, REGION = "111122223333", "us-east-1"
SOURCES = ("sagemaker.training", "bedrock.batch_inference", "glue.job_run", "batch.job", "transcribe.job")
PLACES = tuple(Place(source, ACCOUNT, REGION) for source in SOURCES)
LATE = Parent("glue.job_run", ACCOUNT, REGION, "late", NOON + timedelta(seconds=90))
PARENTS = (
    *(Parent("glue.job_run", ACCOUNT, REGION, name) for name in ("orders", "clicks", "stock")),
    LATE,
    *(Parent("batch.job", ACCOUNT, REGION, name) for name in ("spot", "urgent")),
)
FIRST_LOOK = timedelta(seconds=30)
"""By then the first look is over, which nothing disturbs."""


@pytest.fixture(scope="module")
def session() -> Any:
    return botocore.session.get_session()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def services(clock: FakeClock) -> Iterator[JobServices]:
    with JobServices(clock=clock) as running:
        running.open(*PARENTS)
        yield running


@pytest.fixture
def monitor(session: Any, services: JobServices, clock: FakeClock) -> Iterator[Monitor]:
    clients: list[Any] = []

    def client(service: str, region: str) -> Any:
        clients.append(
            session.create_client(
                service,
                region_name=region,
                endpoint_url=services.url,
                aws_access_key_id=ACCOUNT,
                aws_secret_access_key="x",
                config=Config(retries={"total_max_attempts": 1}),
            )
        )
        return clients[-1]

    limits = Limits(pages=20, looks=5, sweep_every=30.0, round_every=120.0, pace=0.2)
    yield Monitor(PLACES, AwsLister(client), services.ledger, clock, limits)
    for made in clients:
        made.close()


def _jobs(chance: random.Random) -> Iterator[ScriptedJob]:
    """Old and new ones of every source, from a second to minutes long, ending in every way."""
    for number in range(24):
        new = number % 2
        begun = chance.uniform(FIRST_LOOK.total_seconds(), 250) if new else -chance.uniform(1, 4000)
        life: dict[str, Any] = {
            "created_at": NOON + timedelta(seconds=begun),
            "starts_after": chance.choice([0.1, 1, 15]),
            "lasts": chance.choice([0.5, 3, 20, 90, 400] if new else [0.5, 20, 3000, 4100]),
        }
        yield sagemaker_training_job(
            f"model-{number}", ends=chance.choice(["Completed", "Failed", "Stopped", ""]), **life
        )
        ends, errors = chance.choice(
            [("Completed", 0), ("Completed", 3), ("PartiallyCompleted", 3), ("Failed", 0), ("Stopped", 0)]
        )
        yield batch_inference_job(f"prompts-{number}", ends=ends, errors=errors, **life)
        job = chance.choice(["orders", "clicks", "stock"])
        yield glue_job_run(job, ends=chance.choice(["SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED", ""]), **life)
        queue = chance.choice(["spot", "urgent"])
        yield batch_job(f"align-{number}", queue, ends=chance.choice(["SUCCEEDED", "FAILED", ""]), **life)
        yield transcription_job(f"call-{number}", ends=chance.choice(["COMPLETED", "FAILED", ""]), **life)
    yield glue_job_run("late", created_at=LATE.created_at + timedelta(seconds=20), lasts=40)


def _trouble(services: JobServices, chance: random.Random, jobs: list[ScriptedJob]) -> None:
    """Now and then something goes wrong, or a job goes missing."""
    match chance.randrange(16):
        case 0:
            services.faults.throttle(chance.randrange(1, 3), skip=chance.randrange(6))
        case 1:
            services.faults.empty_pages(2)
        case 2:
            services.expire_tokens()
        case 3:
            services.faults.drop(1, skip=chance.randrange(6))
        case 4:
            services.faults.fail(1, parent=chance.choice(["", "orders", queue_arn("spot")]))
        case 5:
            services.vanish(chance.choice(jobs).id)


@pytest.mark.parametrize("seed", range(8))
def test_the_monitor_tells_what_the_answers_showed(
    monitor: Monitor, services: JobServices, seed: int
) -> None:
    """Whatever the jobs and the trouble: nothing due is lost, nothing told twice, nothing told that was not due."""
    chance = random.Random(seed)
    jobs = list(_jobs(chance))
    services.add(*jobs)
    monitor.watch()
    monitor.poll(after=2.0)
    monitor.poll(after=FIRST_LOOK.total_seconds() - 5)
    for _ in range(50):
        monitor.poll(after=chance.uniform(1, 12))
        _trouble(services, chance, jobs)
        if chance.random() < 0.3:
            job = chance.choice(jobs)
            services.faults.clear()
            monitor.look(job)
    services.faults.clear()
    for _ in range(12):
        monitor.poll(after=60.0)
    since = min(call.at for call in services.calls if (call.service, call.operation) == ("glue", "ListJobs"))
    appeared = {LATE.place.key: LATE.created_at}
    reckoning = monitor.reckon(beginnings(services.ledger, appeared, since))
    assert findings(reckoning) == []
    due = {(item.job.partition("/")[0], item.state) for item in reckoning.due}
    assert {source for source, _ in due} == set(SOURCES)
    watching = {alert.place for alert in monitor.alerts if alert.kind is AlertKind.WATCHING}
    assert watching == set(PLACES)


def test_a_reason_that_no_list_has_is_looked_up(monitor: Monitor, services: JobServices) -> None:
    """Why a training failed stands in its description alone, and is told with the failure."""
    services.add(sagemaker_training_job("cats", created_at=NOON + FIRST_LOOK, lasts=20, ends="Failed"))
    monitor.watch()
    for _ in range(8):
        monitor.poll(after=10.0)
    (failed,) = [change for change in monitor.changes if change.state is State.FAILED]
    assert failed.reason == REASON


def test_a_name_that_was_used_again_is_another_job(monitor: Monitor, services: JobServices) -> None:
    """The first of them is old and silent, the second one's start and end are told."""
    services.add(
        transcription_job(
            "call", created_at=NOON - timedelta(days=1), gone_from=NOON + timedelta(seconds=40)
        ),
        transcription_job("call", created_at=NOON + timedelta(seconds=45), lasts=30),
    )
    monitor.watch()
    for _ in range(12):
        monitor.poll(after=10.0)
    assert [change.state for change in monitor.changes] == [State.RUNNING, State.SUCCEEDED]
    assert findings(monitor.reckon()) == []
