"""What a run came to: what was due by the answers' ledger and is missing, what was told too often, what is left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from faults.world import World
from jobherald.channels.text import anchor
from jobherald.local.reckoning import Told, reckon, resolve


@dataclass(frozen=True, slots=True)
class Verdict:
    """The findings of a run, in words; all empty where it kept the promises.

    ``most_repeats`` is how often one change was told on one channel beyond the first time, ``excuses`` how many of the
    run's faults let a caller not know whether a call had its effect.
    """

    lost: tuple[str, ...]
    repeated: tuple[str, ...]
    unexpected: tuple[str, ...]
    left: tuple[str, ...]
    broken: tuple[str, ...]
    due: int
    most_repeats: int
    excuses: int

    @property
    def findings(self) -> tuple[str, ...]:
        """Everything that breaks a promise."""
        return (*self.lost, *self.repeated, *self.unexpected, *self.left, *self.broken)


def judge(world: World) -> Verdict:
    """The verdict on a world that has run to its end."""
    told = told_by_sns(world)
    in_slack = resolve((each for post in world.slack.posts for each in post.anchors), told, anchor)
    received = {"sns": told, "slack": in_slack}
    reckoning = reckon(world.ledger, received, tolerance=0.0)
    allowed = reckon(world.shown, received, tolerance=0.0)
    excuses = sum(kind.may_repeat for _, kind in world.gate.met)
    repeats = {channel: _repeats(some) for channel, some in (("sns", told), ("slack", in_slack))}
    return Verdict(
        lost=tuple(map(str, reckoning.lost)),
        repeated=tuple(
            f"{channel}: {change} was told {times + 1} times, with {excuses} faults that could explain one more each"
            for channel, some in repeats.items()
            for change, times in some.items()
            if times > excuses
        ),
        unexpected=tuple(map(str, allowed.unexpected)),
        left=tuple(_left(world)),
        broken=tuple(_broken(world)),
        due=len(reckoning.due),
        most_repeats=max((times for some in repeats.values() for times in some.values()), default=0),
        excuses=excuses,
    )


def told_by_sns(world: World) -> list[Told]:
    """The changes on the topic, as often as they came."""
    return [told for message in world.published() if (told := Told.of_message(message)) is not None]


def _repeats(told: Iterable[Told]) -> dict[str, int]:
    counted = Counter(one.id for one in told)
    return {change: times - 1 for change, times in counted.items() if times > 1}


def _left(world: World) -> Iterator[str]:
    """What is owed or on its way after all the time there was."""
    yield from (f"{ref} still owes" for ref in world.owing())
    for name in ("LooksQueue", "SlackQueue"):
        yield from (f"{name} still holds {message.body[:200]}" for message in world.queues[name].messages)


def _broken(world: World) -> Iterator[str]:
    """Errors that no fault explains."""
    for failed in world.failed:
        if failed.error is not None and not failed.faults:
            yield f"{failed.function} failed without a fault: {type(failed.error).__name__}: {failed.error}"


def states(world: World) -> Mapping[str, str]:
    """The state that is remembered of each job, by its key."""
    return {
        item["pk"]["S"].removeprefix("job#"): item["state"]["S"]
        for item in world.table.items()
        if item["sk"]["S"] == "job"
    }
