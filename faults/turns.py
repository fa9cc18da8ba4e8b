"""Two invocations at once: each in a thread of its own, of which one runs at a time, and hands over where it is told to."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from faults import patches
from faults.gate import Invocation
from faults.hearing import Heard
from faults.lambdas import Result
from faults.world import World


class Part(NamedTuple):
    """One of the two: which function, with which event, and before which of its calls (from 0) the other one goes on."""

    function: str
    event: Any
    hands_over: int


@dataclass
class _Runner:
    part: Part
    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    calls: int = 0
    ended: bool = False
    running: list[Invocation] = field(default_factory=list)
    heard: list[list[Heard]] = field(default_factory=list)
    result: Result | None = None
    broken: BaseException | None = None


class Turns:
    """The first one begins. Each hands over once, or when it has ended. ``calls`` is how many each of them made."""

    def __init__(self, world: World, first: Part, second: Part) -> None:
        self._world = world
        self._runners = [_Runner(first), _Runner(second)]
        self._threads: dict[int, int] = {}

    @property
    def calls(self) -> tuple[int, ...]:
        return tuple(each.calls for each in self._runners)

    def run(self) -> list[Result]:
        """Both to their ends; what either of them raised besides what the runtime takes is raised."""
        world, between = self._world, self._world.gate.between
        running, heard = world.gate.running, world.hearing.open
        threads = [threading.Thread(target=self._live, args=(index,)) for index in (0, 1)]
        with patches.of(world):
            world.gate.between = self._between
            for thread in threads:
                thread.start()
            self._give(0)
            for thread in threads:
                thread.join()
        world.gate.between, world.gate.running, world.hearing.open = between, running, heard
        for each in self._runners:
            if each.broken is not None:
                raise each.broken
        return [each.result for each in self._runners if each.result is not None]

    def _live(self, index: int) -> None:
        me = self._runners[index]
        self._threads[threading.get_ident()] = index
        me.turn.acquire()
        try:
            me.result = self._world.invoke(me.part.function, me.part.event)
        except BaseException as error:  # noqa: BLE001  # raised again by whoever waits for both
            me.broken = error
        me.ended = True
        if not self._runners[1 - index].ended:
            self._give(1 - index)

    def _between(self, _number: int) -> None:
        index = self._threads[threading.get_ident()]
        me, other = self._runners[index], self._runners[1 - index]
        call, me.calls = me.calls, me.calls + 1
        if call == me.part.hands_over and not other.ended:
            self._give(1 - index)
            me.turn.acquire()

    def _give(self, index: int) -> None:
        """Let this one go on, in an invocation of its own."""
        runner = self._runners[index]
        self._world.gate.running, self._world.hearing.open = runner.running, runner.heard
        runner.turn.release()


def records(world: World, queue: str, bodies: Sequence[str]) -> dict[str, Any]:
    """The event with which a queue's mapping calls its function for these messages, as if they had been in it."""
    source = world.queues[queue]
    return {
        "Records": [
            {
                "messageId": f"{queue}-by-hand-{number}",
                "receiptHandle": f"by-hand-{number}",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": str(int(world.clock.now().timestamp() * 1000)),
                },
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": source.arn,
            }
            for number, body in enumerate(bodies)
        ]
    }
