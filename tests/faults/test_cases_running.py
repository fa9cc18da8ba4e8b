"""Cases of the catalogue in running it: places that are denied, pollers that meet, bad documents, a restored table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from faults.judge import judge, states
from faults.schedules import at, labeling, media, watch
from faults.turns import Part, Turns, records
from faults.world import ACCOUNT, REGION, SOURCES, Schedule, World
from jobherald.config import scopes
from jobherald.config.deployment import Deployment
from jobherald.errors import ConfigError
from jobherald.local.services import ScriptedJob, labeling_job, media_analysis_job
from tests.faults.scenes import alerts, keeps_its_promises, key_of, outcomes, run_on, run_out, run_to, told

TICK = 60.0


# 9: one place among several

REGIONS: Final = ("us-east-1", "eu-west-1", "ap-southeast-2")
WATCHES: Final = "\n".join(
    f'[[watch]]\nid = "{source}"\nsource = "{source}"\nregions = {json.dumps(REGIONS)}\n'
    for source in SOURCES[:2]
)
WAYS: Final[Mapping[str, str]] = {
    "denied": "AccessDeniedException",
    "switched off": "OptInRequired",
    "credentials expired": "ExpiredTokenException",
    "throttled": "ThrottlingException",
    "failing": "InternalFailure",
}


def many_places() -> World:
    jobs = []
    for number, region in enumerate(REGIONS):
        for make in (labeling_job, media_analysis_job):
            jobs += [
                make(f"one-{region}", created_at=at(70 + number), region=region, lasts=100),
                make(f"two-{region}", created_at=at(75 + number), region=region, lasts=5),
            ]
    world = World(Schedule("places", at(0), tuple(jobs), WATCHES))
    world.regions = REGIONS
    return world


@pytest.fixture(scope="module")
def undisturbed() -> World:
    world = many_places()
    world.run()
    assert keeps_its_promises(world)
    return world


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", ["sagemaker", "rekognition"])
def test_case_09_a_place_that_is_refused_harms_no_other(
    service: str, region: str, way: str, undisturbed: World
) -> None:
    """Of the others every message is what it is without, to the letter; this one says that it is blind, and later sees."""
    world = many_places()
    run_to(world, 65)
    faults = world.jobs.aws.faults
    faults.fail(None, status=400, code=WAYS[way], service=service, region=region)
    # What may pass by itself is told after a while, and the pauses grow meanwhile.
    ends = 1200 if way in {"throttled", "failing"} else 300
    run_to(world, ends)
    faults.clear()
    run_out(world, 2 * ends)
    source = {"sagemaker": SOURCES[0], "rekognition": SOURCES[1]}[service]
    refused = f"{source}/{ACCOUNT}/{region}"
    assert of_others(world, refused) == of_others(undisturbed, refused)
    assert [len(alerts(world, kind)) for kind in ("blind", "sees_again")] == [1, 1]
    assert refused.split("/")[2] in alerts(world, "blind")[0]
    mine = [job for job in world.schedule.jobs if job.place.key == refused]
    assert [outcomes(world, job)[-1:] for job in mine] == [outcomes(undisturbed, job)[-1:] for job in mine]
    assert keeps_its_promises(world)


def of_others(world: World, refused: str) -> list[tuple[str, str, str]]:
    """Every message that is about another place, with its letter and attributes."""
    about = [
        (json.dumps(each.message, sort_keys=True), each.letter, json.dumps(each.attributes, sort_keys=True))
        for each in world.changes.received
        if refused not in json.dumps(each.message)
    ]
    return sorted(about)


# 14: two at once


def two_jobs() -> tuple[World, list[ScriptedJob]]:
    # One ends while they are at it.
    jobs = [labeling("one", 70, 48.05), labeling("two", 75, 135)]
    world = World(Schedule("two at once", at(0), tuple(jobs), watch("labeling")))
    run_to(world, 119)
    return world, jobs


def a_poll(world: World, jobs: list[ScriptedJob]) -> tuple[str, dict[str, Any]]:
    body = {"place": asdict(jobs[0].place), "queued_at": world.clock.now().isoformat()}
    return "poll", records(world, "PollsQueue", [json.dumps(body)])


def a_look(world: World, jobs: list[ScriptedJob]) -> tuple[str, dict[str, Any]]:
    body = {"place": asdict(jobs[0].place), "id": jobs[0].id}
    return "poll", records(world, "LooksQueue", [json.dumps(body)])


Maker = Callable[[World, list[ScriptedJob]], tuple[str, dict[str, Any]]]


def met(first: Maker, second: Maker, here: int, there: int) -> tuple[World, Turns, list[ScriptedJob]]:
    world, jobs = two_jobs()
    turns = Turns(world, Part(*first(world, jobs), here), Part(*second(world, jobs), there))
    results = turns.run()
    assert not any(each.failed for each in results)
    return world, turns, jobs


@pytest.mark.parametrize("second", [a_poll, a_look])
@pytest.mark.parametrize("first", [a_poll, a_look])
def test_case_14_two_that_poll_at_once_make_one_change(first: Maker, second: Maker) -> None:
    """Interleaved at every pair of their calls: one goes on to its i-th, the other to its j-th, then each to its end."""
    most_first, most_second = (met(one, one, 999, 999)[1].calls[0] for one in (first, second))
    assert min(most_first, most_second) > 3
    in_conflict = 0
    for here in range(most_first + 1):
        for there in range(most_second + 1):
            world, turns, jobs = met(first, second, here, there)
            last_shown: dict[str, str] = {}
            in_conflict += sum(turns.calls) > most_first + most_second
            for job in world.hearing.ledger:
                last_shown[job.job] = job.state
            assert {key: states(world)[key] for key in last_shown} == last_shown, (here, there)
            run_to(world, 185)
            assert outcomes(world, jobs[0]) == ["succeeded"], (here, there)
            assert told(world, jobs[1]) == ["running"], (here, there)
            world.run()
            verdict = judge(world)
            assert (verdict.unexpected, verdict.left, verdict.most_repeats) == ((), (), 0), (here, there)
            # A start that one of them saw, and the other one already overtook, is not told late.
            assert [each for each in verdict.lost if " running: " not in each] == [], (here, there)
    # Who was slower reads again and decides again.
    assert in_conflict


def test_case_14_a_job_that_ends_while_its_start_is_told_is_told_too() -> None:
    """A poll writes while what was owed before is read, published and marked, at every pair of their calls."""
    for here in range(9):
        for there in range(9):
            job = labeling("one", 70, 85)
            world = World(Schedule("told meanwhile", at(0), (job,), watch("labeling")))
            run_to(world, 100)
            world.stream.disable()
            run_to(world, 158)
            (owing,) = world.owing()
            world.stream.drop_all()
            world.stream.enable()
            record = {"dynamodb": {"Keys": {"pk": {"S": owing}}, "SequenceNumber": "1"}}
            turns = Turns(
                world, Part("notify", {"Records": [record]}, here), Part(*a_poll(world, [job]), there)
            )
            assert not any(each.failed for each in turns.run())
            run_to(world, 165)
            assert told(world, job)[-1:] == ["succeeded"], (here, there)
            world.run()
            assert keeps_its_promises(world), (here, there)
            assert judge(world).most_repeats == 0


def test_case_14_two_that_tell_slack_at_once_post_once() -> None:
    """A standard queue may deliver a message twice, to two at a time."""
    job = labeling("one", 70, 20)
    message = ""
    posts: set[int] = set()
    for here in range(8):
        for there in range(8):
            world = World(Schedule("doubled", at(0), (job,), watch("labeling")))
            queue = world.queues["SlackQueue"]
            run_to(world, 100)
            before = len(world.slack.posts)
            send = queue.send
            kept: list[str] = []
            queue.send = lambda body, kept=kept, **_: kept.append(body) or "kept"  # type: ignore[method-assign]
            run_to(world, 125)
            queue.send = send  # type: ignore[method-assign]
            (message,) = kept
            event = records(world, "SlackQueue", [message])
            Turns(world, Part("slack", event, here), Part("slack", event, there)).run()
            posts.add(len(world.slack.posts) - before)
    assert posts == {1}


# 19: documents that cannot be used

GOOD: Final = watch("labeling", "media")
DEPLOYED: Final = Deployment(ACCOUNT, SOURCES, (REGION,), ("cn-north-4/0a1b2c3d4e5f60718293a4b5c6d7e8f9",))


@st.composite
def broken(draw: st.DrawFn) -> str:
    """The good document with something taken out and something put in."""
    begin = draw(st.integers(0, len(GOOD)))
    end = draw(st.integers(begin, min(len(GOOD), begin + 40)))
    put = draw(
        st.text(max_size=12) | st.sampled_from(["[[watch]]", "every = 0", 'regions = ["mars"]', "=", '"'])
    )
    return GOOD[:begin] + put + GOOD[end:]


@settings(max_examples=40, derandomize=True)
@given(text=broken() | st.text(min_size=1, max_size=60))
def test_case_19_with_any_document_that_cannot_be_used_the_last_good_one_stays_in_force(text: str) -> None:
    """Every place goes on being polled, and the operators are told once, not every minute."""
    try:
        scopes.load(text, DEPLOYED)
    except ConfigError:
        pass
    else:
        assume(False)
    jobs = (labeling("one", 70, 40), media("two", 75, 5))
    world = World(Schedule("documents", at(0), jobs, GOOD))
    run_to(world, 65)
    world.parameters["/jobherald/config"] = text
    world.run()
    assert [outcomes(world, job) for job in jobs] == [["succeeded"]] * 2
    assert [each.message["alert"] for each in world.operations.received] == ["config_refused"]
    assert keeps_its_promises(world)
    world.parameters["/jobherald/config"] = GOOD
    run_on(world, 3 * TICK)
    assert len(world.operations.received) == 1
    assert len(alerts(world, "watching")) == 2


def test_case_19_without_any_good_document_the_deployments_own_places_are_watched() -> None:
    job = labeling("one", 70, 40)
    world = World(Schedule("documents", at(0), (job,), "this is no document"))
    world.run()
    assert outcomes(world, job) == ["succeeded"]
    assert [each.message["alert"] for each in world.operations.received] == ["config_refused"]


# 20: a table from before


def restorable() -> tuple[World, list[ScriptedJob]]:
    jobs = [labeling(f"label-{n}", 70 + 60 * n, 100) for n in range(5)]
    jobs += [media(f"media-{n}", 75 + 60 * n, 20) for n in range(5)]
    return World(Schedule("restored", at(0), tuple(jobs), watch("labeling", "media"))), jobs


@pytest.mark.parametrize("gap", [30, 120, 200])
@pytest.mark.parametrize("taken_at", [75, 135, 195, 255, 315, 375])
def test_case_20_a_restored_table_repeats_what_it_cannot_know_and_nothing_else(
    taken_at: float, gap: float
) -> None:
    """What was told after the snapshot is told once more, if it is still so; what was told before it is not."""
    world, jobs = restorable()
    run_to(world, taken_at)
    snapshot = world.table.snapshot()
    before = counted(world)
    run_to(world, taken_at + gap)
    since = counted(world) - before
    world.table.restore(snapshot)
    world.run()
    verdict = judge(world)
    # A version that was given again is another change under the same id, which Slack shows alone.
    assert [each for each in verdict.lost if each.startswith("sns")] == []
    assert (verdict.left, verdict.broken) == ((), ())
    assert sum(len(post.anchors) for post in world.slack.posts) == len(world.published())
    after = counted(world)
    for told_once, times in after.items():
        assert times <= (2 if told_once in since else 1), told_once
    for job in jobs:
        known = (key_of(job), "succeeded")
        assert after[known] == (2 if since[known] else 1)


@pytest.mark.parametrize("lost_at", [75, 135, 195, 255])
def test_case_20_an_empty_table_begins_with_a_silent_first_look(lost_at: float) -> None:
    """Nothing that ended is told again; what was open is adopted, and its end is told."""
    world, jobs = restorable()
    empty = world.table.snapshot()
    run_to(world, lost_at)
    before = counted(world)
    world.table.restore(empty)
    world.run()
    again = [each for each in counted(world) & before if (counted(world))[each] > 1]
    assert again == []
    assert len(alerts(world, "watching")) == 4
    still_open = [job for job in jobs if job.ends_at > at(lost_at + TICK)]
    assert [outcomes(world, job) for job in still_open] == [["succeeded"]] * len(still_open)


def counted(world: World) -> Counter[tuple[str, str]]:
    """How often each state of each job was told."""
    return Counter((each["job"], each["state"]) for each in world.published() if "job" in each)
