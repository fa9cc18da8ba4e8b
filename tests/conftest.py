"""What holds for every test: no account of the developer's is within reach, and chance does not decide."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# No deadline: how long an example takes says more about the machine than about the code. In CI the examples are
# the same each time, so that a failure there can be had again.
settings.register_profile("work", deadline=None)
settings.register_profile(
    "ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("ci" if os.environ.get("CI") else "work")


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
