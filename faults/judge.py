"""What a run came to: what was due by the answers' ledger and is missing, what was told too often, what is left behind."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Final

from faults.world import SLOW, World
from jobherald.channels.text import anchor
from jobherald.local.reckoning import Told, reckon, resolve

OVERTAKEN: Final = (SLOW + timedelta(seconds=1)).total_seconds()
"""What was shown need not be told where calls are slow and something later was written meanwhile."""

LONG_ENOUGH_BELOW: Final = timedelta(minutes=32)
"""What is below a parent is looked for every half hour without a sign of it (`flows/family.py`)."""

UNEXPLAINED: Final = "failed without a fault"

_SECOND: Final = timedelta(seconds=1)


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
    reckoning = reckon(world.hearing.ledger, received, tolerance=OVERTAKEN if world.races else 0.0)
    allowed = reckon(world.hearing.shown, received, tolerance=0.0)
    excuses = sum(kind.may_repeat for _, kind in world.gate.met)
    repeats = {channel: _repeats(some) for channel, some in (("sns", told), ("slack", in_slack))}
    return Verdict(
        lost=(*map(str, reckoning.lost), *_missed(world, told)),
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


def _missed(world: World, told: Iterable[Told]) -> Iterator[str]:
    """New jobs that had ended and were listed when somebody last looked, but not where they would have shown.

    Of jobs that a watch may leave out the ledger alone says what was due.
    """
    now, covered, began = (
        world.clock.now(),
        _covered(world.schedule.watches),
        world.hearing.ledger.first_listed,
    )
    ended = {showing.job for showing in world.hearing.ledger if showing.state.is_outcome}
    ended |= {one.job for one in told if one.state is not None and one.state.is_outcome}
    for job in world.jobs.all():
        begun = began.get(job.place.key)
        if job.source not in covered or begun is None or job.created_at < begun + _SECOND:
            continue
        since = max(job.ends_at, job.listed_from or job.created_at)
        since += LONG_ENOUGH_BELOW if job.parent else timedelta(0)
        looked = world.hearing.looked.get(job.place.key, begun)
        if looked <= since or not job.is_listed(now) or not world.jobs.shown(job).is_outcome:
            continue
        if (name := f"{job.place.key}:{job.id}") not in ended:
            yield f"{name} ended at {job.ends_at:%H:%M:%S} and is listed, but no poll ever saw it"


@cache
def _covered(watches: str) -> frozenset[str]:
    """The sources of which a document watches every job."""
    found = tomllib.loads(watches).get("watch", ())
    return frozenset(each["source"] for each in found if set(each) <= {"id", "source", "regions"})


def _left(world: World) -> Iterator[str]:
    """What is owed or on its way after all the time there was."""
    yield from (f"{ref} still owes" for ref in world.owing())
    for name in ("LooksQueue", "SlackQueue"):
        yield from (f"{name} still holds {message.body[:200]}" for message in world.queues[name].messages)


def _broken(world: World) -> Iterator[str]:
    """Errors that no fault explains, and writes that a job which owes is spared."""
    yield from (f"{ref} was written for its progress while it owes" for ref in world.idle.found)
    for failed in world.failed:
        if failed.error is not None and not failed.faults:
            yield f"{failed.function} {UNEXPLAINED}: {type(failed.error).__name__}: {failed.error}"


def states(world: World) -> Mapping[str, str]:
    """The state that is remembered of each job, by its key."""
    return {
        item["pk"]["S"].removeprefix("job#"): item["state"]["S"]
        for item in world.table.items()
        if item["sk"]["S"] == "job"
    }
