"""A twentieth of `make load`: five hundred jobs over twenty places, a quarter of which change within some seconds."""

from __future__ import annotations

import pytest

from jobherald.local.load import EVERY, load

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_twenty_places_are_looked_at_in_time_and_every_change_of_a_burst_is_told_once() -> None:
    """Slack takes a message a second, as the real one does: what cannot be told by itself is told together.

    On a machine that keeps up nothing is gathered besides, for which one would have to wait for two minutes.
    """
    result, reckoning = load(jobs=500, parameters={"SlackPostsPerMinute": "60"})
    assert reckoning.is_clean, [*reckoning.lost, *reckoning.duplicated, *reckoning.unexpected]
    assert (result.places, result.jobs) == (20, 500)
    assert result.changes >= 125
    # An interval and a second or two on a machine that keeps up; a busy one must not fail for that.
    assert result.median_seconds <= result.p95_seconds <= result.worst_seconds <= 6 * EVERY
    assert result.oldest_look_seconds <= 6 * EVERY
    assert result.slack_posts <= result.changes / 2
