"""What holds for every test: no account of the developer's is within reach, and chance does not decide."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import jobherald
from tests.catalogue import numbers

# No deadline: how long an example takes says more about the machine than about the code. In CI the examples are
# the same each time, so that a failure there can be had again.
settings.register_profile("work", deadline=None)
settings.register_profile(
    "ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("ci" if os.environ.get("CI") else "work")


# Rooms of the package that no layer ships.
NOT_SHIPPED = tuple(
    name
    for name in (
        "jobherald.checks",
        "jobherald.cli",
        "jobherald.deadletters",
        "jobherald.deploying",
        "jobherald.local",
    )
    if importlib.util.find_spec(name) is None
)


def pytest_report_header() -> str:
    """Which package is tested: the checkout's, or that of a built layer."""
    return f"jobherald: {Path(jobherald.__file__).parent}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the proofs of the catalogue covered; figures of other processes come with their reports."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, ())]
    if line := numbers.line(reports):
        terminalreporter.write_line(line)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Against a built layer, leave out the tests that lean on what no layer ships."""
    # A folder stands and falls with its conftest, which is imported before any of its tests.
    decides = collection_path / "conftest.py" if collection_path.is_dir() else collection_path
    if not NOT_SHIPPED or decides == Path(__file__) or decides.suffix != ".py" or not decides.exists():
        return None
    text = decides.read_text(encoding="utf-8")
    return any(name in text for name in NOT_SHIPPED) or None


@pytest.fixture(autouse=True)
def no_account(request: pytest.FixtureRequest) -> Iterator[None]:
    """Made-up credentials and nothing else that botocore would read.

    Else a call that a test forgot to fake would reach whatever account the developer is logged in to.
    End-to-end tests set endpoints of their own before the first test, so theirs are left alone.
    """
    if request.node.get_closest_marker("e2e"):
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        for name in [each for each in os.environ if each.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        yield
