"""The one test that waits for the real Scheduler; everything else ticks by itself."""

from __future__ import annotations

import pytest

from tests.e2e.stage import Stage

pytestmark = pytest.mark.e2e


@pytest.mark.timeout(240)
def test_the_scheduler_wakes_the_schedule_function(stage: Stage) -> None:
    """Once a minute, without anybody invoking it, with nothing but what the template says."""
    ticking = stage.cloud.beside("ticking")
    ticking.deploy({**stage.parameters(), "ScheduleState": "ENABLED"})
    # The local Scheduler first fires after 60 to 70 seconds.
    stage.until(lambda: ticking.logged("schedule"), seconds=120)
    stage.until(lambda: len(ticking.logged("poll")) >= 2, seconds=20)
    ticking.delete()
