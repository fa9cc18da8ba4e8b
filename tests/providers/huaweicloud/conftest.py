from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.providers.huaweicloud.gateway import Gateway, serving


@pytest.fixture(scope="session")
def running_gateway() -> Iterator[Gateway]:
    with serving() as running:
        yield running


@pytest.fixture
def gateway(running_gateway: Gateway) -> Gateway:
    """A gateway with nothing scripted and nothing asked yet."""
    running_gateway.reset()
    return running_gateway
