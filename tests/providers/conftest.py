from __future__ import annotations

from collections.abc import Iterator

import botocore.session
import pytest
from botocore.client import BaseClient
from botocore.config import Config

from jobherald.providers.aws import AwsLister, ClientFactory
from tests.providers.jobservice import Service, serving

# What no text may ever repeat.
SECRETS = ("AKIAMADEUPKEYID00000", "made-up-secret-key", "made-up-session-token")


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[Service, str]]:
    service = Service()
    with serving(service) as url:
        yield service, url


@pytest.fixture
def service(served: tuple[Service, str]) -> Service:
    """The job service, with nothing scripted yet."""
    served[0].reset()
    return served[0]


@pytest.fixture(scope="session")
def clients(served: tuple[Service, str]) -> Iterator[ClientFactory]:
    """A client factory as the product has it: one try, short time-outs; here always towards the job service."""
    made: dict[tuple[str, str], BaseClient] = {}
    session = botocore.session.get_session()
    session.set_credentials(*SECRETS)

    def make(name: str, region: str) -> BaseClient:
        if (name, region) not in made:
            config = Config(retries={"total_max_attempts": 1}, connect_timeout=3, read_timeout=10)
            made[name, region] = session.create_client(name, region, endpoint_url=served[1], config=config)
        return made[name, region]

    yield make
    for client in made.values():
        client.close()


@pytest.fixture
def lister(clients: ClientFactory) -> AwsLister:
    return AwsLister(clients)
