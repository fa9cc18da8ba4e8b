"""That jobherald itself is alive: the daily canary on its whole way, and the watchman outside."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels.test_ping import PATH
from tests.e2e.stage import Stage

pytestmark = pytest.mark.e2e


def test_the_canary_takes_the_way_that_news_takes(stage: Stage) -> None:
    """Table, stream, SNS, queue and Slack; once, however many ticks follow."""

    def canaries() -> list[dict[str, Any]]:
        return [each for each in stage.heard.messages if each.get("alert") == "canary"]

    (canary, *_) = stage.until(canaries, tick=True)
    assert canary["text"].startswith("jobherald is well: watching 3 places")
    stage.until(lambda: stage.posted(canary["id"]) == 1)
    for _ in range(3):
        stage.tick()
    assert len(canaries()) == 1


def test_the_watchman_outside_hears_while_all_is_well(stage: Stage) -> None:
    """By the function's role, which may read this one secret, and with nothing but the URL."""
    stage.until(lambda: stage.watchman.asked, tick=True)
    assert set(stage.watchman.asked) == {PATH}
