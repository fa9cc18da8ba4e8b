from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from botocore.config import Config

from jobherald.flows.visit import Limits
from jobherald.local.services import JobServices, ScriptedJob, labeling_job, media_analysis_job
from jobherald.model import Place
from jobherald.providers.aws import AwsLister
from tests.fakes.time import NOON, FakeClock
from tests.local.monitor import Monitor, findings

ACCOUNT = "111122223333"
PLACES = tuple(
    Place(source, ACCOUNT, "us-east-1") for source in ("sagemaker.labeling", "rekognition.media_analysis")
)
LABELED = ("Completed", "Failed", "Stopped", "")
ANALYSED = ("SUCCEEDED", "FAILED", "")


@pytest.fixture(scope="module")
def session() -> Any:
    return botocore.session.get_session()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def services(clock: FakeClock) -> Iterator[JobServices]:
    with JobServices(clock=clock) as running:
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

    limits = Limits(pages=4, looks=5, sweep_every=30.0, pace=0.2)
    yield Monitor(PLACES, AwsLister(client), services.ledger, clock, limits)
    for made in clients:
        made.close()


def _jobs(chance: random.Random) -> Iterator[ScriptedJob]:
    """Old and new ones of both sources, from a second to minutes long, ending in every way."""
    for number in range(40):
        new = number % 2
        created = NOON + timedelta(seconds=chance.uniform(1, 200) if new else -chance.uniform(1, 4000))
        lasts = chance.choice([0.5, 3, 20, 90, 400] if new else [0.5, 20, 3000, 4100])
        starts = chance.choice([0, 1, 15])
        yield labeling_job(
            f"prod-{number}",
            created_at=created,
            starts_after=starts,
            lasts=lasts,
            ends=chance.choice(LABELED),
            failed=chance.choice([0, 0, 3]),
            counters_modify=chance.random() < 0.5,
        )
        yield media_analysis_job(
            f"night-{number}",
            created_at=created,
            starts_after=starts,
            lasts=lasts,
            ends=chance.choice(ANALYSED),
        )


def _trouble(services: JobServices, chance: random.Random, jobs: list[ScriptedJob]) -> None:
    """Now and then something goes wrong, or an open job goes missing."""
    match chance.randrange(14):
        case 0:
            services.faults.throttle(chance.randrange(1, 3), skip=chance.randrange(3))
        case 1:
            services.faults.empty_pages(2)
        case 2:
            services.expire_tokens()
        case 3:
            services.faults.drop(1)
        case 4:
            services.faults.fail(1)
        case 5:
            services.faults.loop_tokens(3)
        case 6:
            services.vanish(chance.choice(jobs).id)


@pytest.mark.parametrize("seed", range(12))
def test_the_monitor_tells_what_the_answers_showed(
    monitor: Monitor, services: JobServices, seed: int
) -> None:
    """Whatever the jobs and the trouble: nothing due is lost, nothing told twice, nothing told that was not due."""
    chance = random.Random(seed)
    jobs = list(_jobs(chance))
    services.labeling.filter_after_paging = bool(seed % 2)
    services.add(*jobs)
    monitor.watch()
    for _ in range(60):
        monitor.poll(after=chance.uniform(1, 12))
        _trouble(services, chance, jobs)
        if chance.random() < 0.3:
            job = chance.choice(jobs)
            services.faults.clear()
            monitor.look(job)
    services.faults.clear()
    for _ in range(10):
        monitor.poll(after=40.0)
    reckoning = monitor.reckon()
    assert len(reckoning.due) > 30
    assert findings(reckoning) == []


def test_a_monitor_that_forgets_is_found_out(monitor: Monitor, services: JobServices) -> None:
    """The same reckoning sees one change that was taken and is missing: it does not only ever say yes."""
    services.add(*_jobs(random.Random(1)))
    monitor.watch()
    for _ in range(30):
        monitor.poll(after=10.0)
    changes = monitor.changes
    monitor.publisher.taken.remove(changes[7])
    monitor.publisher.taken.append(replace(changes[3]))
    reckoning = monitor.reckon()
    assert [(finding.job, finding.state) for finding in reckoning.lost] == [
        (changes[7].key.text, changes[7].state)
    ]
    assert [finding.job for finding in reckoning.duplicated] == [changes[3].key.text]
