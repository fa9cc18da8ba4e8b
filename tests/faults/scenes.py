"""What the cases of the catalogue share: who was told what of a job, and lives that are shown late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from unittest.mock import patch

from faults.judge import judge
from faults.schedules import at
from faults.world import World
from jobherald import bootstrap
from jobherald.flows.visit import Limits
from jobherald.local.services import ScriptedJob
from jobherald.model import State


def key_of(job: ScriptedJob) -> str:
    return job.key.text


def told(world: World, job: ScriptedJob) -> list[str]:
    """The states that the topic was told of a job, in order, as often as they came."""
    return [each["state"] for each in world.published() if each.get("job") == key_of(job)]


def outcomes(world: World, job: ScriptedJob) -> list[str]:
    return [state for state in told(world, job) if State(state).is_outcome]


def alerts(world: World, kind: str) -> list[str]:
    return [each["text"] for each in world.published() if each.get("alert") == kind]


def first_told(world: World) -> dict[tuple[str, str], datetime]:
    """When the topic was first told of each state of each job."""
    found: dict[tuple[str, str], datetime] = {}
    for received in world.changes.received:
        if "job" in received.message:
            found.setdefault((received.message["job"], received.message["state"]), received.at)
    return found


def keeps_its_promises(world: World) -> bool:
    """Nothing due is lost, nothing told twice without need, nothing left behind; else what broke is the failure."""
    assert not judge(world).findings
    return True


def run_to(world: World, seconds: float) -> None:
    world.run(until=at(seconds))


def run_on(world: World, seconds: float) -> None:
    world.run(until=world.clock.now() + timedelta(seconds=seconds))


def before_each(world: World, what: str, act: Callable[[int], None]) -> list[int]:
    """Have ``act`` called before each call of this name (a part of it), with how many there were before. Counts them."""
    seen: list[int] = []
    between = world.gate.between

    def hook(number: int) -> None:
        between(number)
        if what in world.gate.passed[number].what:
            seen.append(number)
            act(len(seen) - 1)

    world.gate.between = hook
    return seen


def shown_late(job: ScriptedJob, seconds: float) -> ScriptedJob:
    """The same life, but all that happens in it is shown by no answer until so many seconds later."""
    lag = timedelta(seconds=seconds)
    steps = tuple(
        replace(
            step,
            at=step.at + lag,
            modifies=False,
            members={**step.members, **({job.modified_member: step.at} if job.modified_member else {})},
        )
        for step in job.steps
    )
    return replace(job, steps=steps, listed_from=job.created_at + lag, _rows={})


@contextmanager
def pages_a_poll(pages: int) -> Iterator[None]:
    """A poll may spend so few pages, so that a small list takes several polls."""
    with patch.object(bootstrap, "limits", lambda: Limits(pages=pages, pace=0.0)):
        yield


def run_out(world: World, seconds: float = 300.0) -> None:
    """Run to the end, which is so long after the last event: what nobody has listed yet is still to be listed."""
    world.ends_at += timedelta(seconds=seconds)
    world.run()
