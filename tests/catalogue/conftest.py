"""The simulation stands in for jobherald.local too, which no layer ships: against built layers this folder is left out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.catalogue.service import Simulation


@pytest.fixture(scope="session")
def simulation() -> Iterator[Simulation]:
    """One server for all sources; which of them it plays is set by each run."""
    with Simulation.serving() as started:
        yield started
