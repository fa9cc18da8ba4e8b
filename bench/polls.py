"""What a poll of a big place costs while nothing happens, and what each change costs on its whole way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from bench.golden import PLACES, START, Maker, finished, running
from bench.line import Line
from bench.meter import Tally
from bench.world import World
from jobherald.local.services import ScriptedJob
from jobherald.model import Place

OPEN: Final = 1000
FINISHED: Final = 1000
CHANGED: Final = 100
MINUTE: Final = 60.0
ROUND: Final = 10
"""Polls from one whole look at the open jobs to the next where news come by modified time: one in ten makes it."""

# A round lies between them, so that what changed in one way is not seen again, among the overlap, with the next.
STARTED: Final = START + timedelta(minutes=2 * ROUND, seconds=30.417)
FAILED: Final = STARTED + timedelta(minutes=ROUND + 1)
CREATED: Final = FAILED + timedelta(minutes=ROUND + 1)


@dataclass(frozen=True, slots=True)
class Idle:
    """Polls without news: an ordinary one, and the one in ten that looks at every open job where not every one does."""

    ordinary: Tally
    thorough: Tally
    logged: int

    def line(self, metric: str, unit: str, must: float, of: Callable[[Tally], float]) -> Line:
        """The mean over a round of ten; where its polls differ, the dearest one is named."""
        usual, dearest = of(self.ordinary), of(self.thorough)
        mean = (usual * (ROUND - 1) + dearest) / ROUND
        note = f"{ROUND - 1} polls of {usual:g} and one of {dearest:g}" if usual != dearest else ""
        return Line(metric, round(mean, 2), unit, must, note)


@dataclass(frozen=True, slots=True)
class Way:
    """What changes of one kind cost: ``seen`` over their poll and notify, ``slack`` over those told there."""

    name: str
    seen: Tally
    slack: Tally
    told: int

    @property
    def requests(self) -> float:
        return round(self.seen.requests / CHANGED, 3)

    @property
    def write_units(self) -> float:
        return round(sum(self._written().values()), 3)

    @property
    def parts(self) -> str:
        """Units a change by the kind of item that was written, its indexes included."""
        return " ".join(f"{kind} {units:g}" for kind, units in sorted(self._written().items()))

    def _written(self) -> dict[str, float]:
        kinds = self.seen.written.keys() | self.slack.written.keys()
        return {
            kind: self.seen.written[kind] / CHANGED + self.slack.written[kind] / self.told for kind in kinds
        }


@dataclass(frozen=True, slots=True)
class Polls:
    """What was seen at one place."""

    word: str
    idle: Idle
    ways: tuple[Way, ...]


def measure(word: str) -> Polls:
    """A place with 1,000 open and 1,000 finished jobs: polled without news, then 100 jobs change in each way."""
    place, maker = PLACES[word]
    with World(START) as world:
        world.services.add(*_jobs(maker))
        world.watch(place)
        world.poll(place)
        world.notify()
        assert world.tell_slack() == 1
        idle = _idle(world, place)
        ways = tuple(_way(world, place, f"{word} {kind}") for kind in ("started", "failed", "new"))
    return Polls(word, idle, ways)


def measure_mixed(word: str) -> Tally:
    """One poll without news of the same place, but with a finished job between every two open ones."""
    place, maker = PLACES[word]
    with World(START) as world:
        world.services.add(*running(maker, OPEN, apart=2))
        newest = START - timedelta(minutes=1)
        world.services.add(*finished(maker, FINISHED, first=2000, newest=newest, apart=2))
        world.watch(place)
        world.poll(place)
        _poll(world, place, MINUTE * ROUND)
        return _poll(world, place, MINUTE)


def lines(places: Sequence[Polls], mixed: Tally) -> Iterator[Line]:
    """The figures of each place, and the dearest way of all. ``mixed`` is of the place whose list takes no filter."""
    for each in places:
        word = each.word
        line = each.idle.line(f"poll_idle_requests_{word}", "requests", 13, lambda poll: poll.requests)
        if not line.note:
            line = replace(line, note=_with_finished_between(mixed))
        yield line
        yield each.idle.line(f"poll_idle_read_units_{word}", "RRU", 55, lambda poll: poll.read_units)
        yield each.idle.line(f"poll_idle_write_units_{word}", "WRU", 1, lambda poll: poll.write_units)
    ways = [way for each in places for way in each.ways]
    requests = "; ".join(f"{way.name} {way.requests:g}" for way in ways)
    yield Line("change_aws_requests", max(way.requests for way in ways), "requests", 2.4, requests)
    units = "; ".join(f"{way.name} {way.write_units:g} ({way.parts})" for way in ways)
    yield Line("change_write_units", max(way.write_units for way in ways), "WRU", 12, units)
    yield Line("poll_idle_logged_bytes", max(each.idle.logged for each in places), "bytes", 2048)


def _with_finished_between(mixed: Tally) -> str:
    return (
        "the open jobs are the newest; with a finished one between every two of them: "
        f"{mixed.requests} requests, {mixed.read_units:g} RRU, {mixed.write_units} WRU"
    )


def _jobs(maker: Maker) -> list[ScriptedJob]:
    """The open jobs are the newest. Every tenth of them starts, every tenth fails, and a hundred come later."""
    older = START - timedelta(minutes=OPEN + 1)
    jobs = running(maker, OPEN)
    for number in range(0, OPEN, OPEN // CHANGED):
        created, runs = jobs[number].created_at, jobs[number].steps[1].at
        jobs[number] = maker(number, created, runs, FAILED)
        jobs[number + 1] = maker(number + 1, jobs[number + 1].created_at, STARTED, None)
    newcomers = [maker(number, CREATED, CREATED, None) for number in range(5000, 5000 + CHANGED)]
    return [*jobs, *finished(maker, FINISHED, first=2000, newest=older), *newcomers]


def _idle(world: World, place: Place) -> Idle:
    before = world.logged
    ordinary = _poll(world, place, MINUTE)
    logged = world.logged - before
    thorough = _poll(world, place, MINUTE * (ROUND - 1))
    return Idle(ordinary, thorough, max(logged, world.logged - before - logged))


def _poll(world: World, place: Place, after: float) -> Tally:
    world.clock.advance(after)
    with world.meter.count() as tally:
        world.poll(place)
    return tally


def _way(world: World, place: Place, name: str) -> Way:
    """Slack's queue is emptied by one batch: what is left in it costs the same again."""
    quiet = _poll(world, place, MINUTE * ROUND)
    assert quiet.written.keys() == {"place"}
    world.clock.advance(MINUTE)
    with world.meter.count() as seen:
        world.poll(place)
        world.notify()
    with world.meter.count() as slack:
        told = world.tell_slack(batches=1)
    waiting = world.empty_slack_queue()
    assert told + waiting == CHANGED, f"{name}: {told + waiting} changes instead of {CHANGED}"
    return Way(name, seen, slack, told)
