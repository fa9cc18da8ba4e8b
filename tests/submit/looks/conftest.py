from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.providers.jobservice import Service, serving
from tests.submit.looks.world import World, a_world


@pytest.fixture(scope="session")
def sagemaker() -> Iterator[tuple[Service, str]]:
    service = Service()
    with serving(service) as url:
        yield service, url


@pytest.fixture
def world(sagemaker: tuple[Service, str]) -> Iterator[World]:
    with a_world(*sagemaker) as made:
        yield made
