"""How loud a new place is: what Slack shows of a first look at jobs that are long finished."""

from __future__ import annotations

from typing import Final

from bench.golden import PLACES, START, finished
from bench.world import World

FINISHED: Final = 1000


def measure(word: str) -> int:
    """Posts in Slack after the whole way from poll to post, until the second poll had nothing more to say."""
    place, maker = PLACES[word]
    with World(START) as world:
        world.services.add(*finished(maker, FINISHED))
        world.watch(place)
        for _ in range(2):
            world.poll(place)
            world.notify()
            world.tell_slack()
            world.clock.advance(60)
        return world.slack.posts
