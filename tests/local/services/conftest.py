from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config

from jobherald.local.clock import ManualClock
from jobherald.local.services import JobServices

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)

ClientOf = Callable[..., Any]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def services(clock: ManualClock) -> Iterator[JobServices]:
    with JobServices(clock=clock) as running:
        yield running


@pytest.fixture(scope="session")
def session() -> Any:
    """One for all: it reads SageMaker's model, two megabytes of JSON, once."""
    return boto3.session.Session()


@pytest.fixture
def client_of(services: JobServices, session: Any) -> Iterator[ClientOf]:
    """A boto3 client for one of the simulated services, tried once as the product's are; ``patience`` is in seconds."""
    clients: list[Any] = []

    def make(
        service: str, region: str = "us-east-1", account: str = "111122223333", patience: float = 10
    ) -> Any:
        clients.append(
            session.client(
                service,
                region_name=region,
                endpoint_url=services.url,
                aws_access_key_id=account,
                aws_secret_access_key="x",
                config=Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=patience),
            )
        )
        return clients[-1]

    yield make
    for client in clients:
        client.close()
