"""What is remembered, and read back: rows of any size, a table that leaves things undone, and the API's lists by time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from faults import patches
from faults.gate import Kind
from faults.judge import judge
from faults.schedules import at, event_of, labeling, watch
from faults.world import ACCOUNT, REMEMBERED, Schedule, World
from jobherald import bootstrap
from jobherald.channels.message import rfc3339
from jobherald.local.services import ScriptedJob
from tests.api.gateway import Gateway
from tests.faults.scenes import before_each, keeps_its_promises, key_of, outcomes, run_on, run_to, told

TICK = 60.0
SOURCE = "sagemaker.labeling"


def world_of(*jobs: ScriptedJob) -> World:
    return World(Schedule("memory", at(0), jobs, watch("labeling")))


def remembered(world: World, ask: Callable[[Any], Any]) -> Any:
    """What the store of one of the world's functions answers."""
    with patches.of(world):
        result = world.invoke("api", None, lambda _event, _context: ask(bootstrap.store()))
    assert not result.failed, result.error
    return result.answer


def asked(world: World, path: str) -> Any:
    """The API's answer."""
    gateway = Gateway(lambda event, _: world.invoke("api", event).answer)
    with patches.of(world):
        return gateway.get(path)


def listed(world: World, query: str = "") -> list[str]:
    """The names of the jobs that the API lists, page by page."""
    names: list[str] = []
    token = ""
    while True:
        page = asked(world, f"/jobs?source={SOURCE}&limit=2{query}{token}").data
        names += [job["name"] for job in page["jobs"]]
        if page["next_token"] is None:
            return names
        token = f"&token={quote(page['next_token'], safe='')}"


def five() -> World:
    """A world that knows five jobs, created ten seconds apart."""
    world = world_of(*(labeling(f"job-{number}", 70 + 10 * number, 5) for number in range(5)))
    world.run()
    assert keeps_its_promises(world)
    return world


def moment(seconds: float) -> str:
    return quote(rfc3339(at(seconds)) or "", safe="")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", [4, 3, 2, 1, 0]),
        (f"&created_after={moment(85)}", [4, 3, 2]),
        (f"&created_before={moment(95)}", [2, 1, 0]),
        (f"&created_after={moment(75)}&created_before={moment(105)}", [3, 2, 1]),
        (f"&created_after={moment(105)}&created_before={moment(75)}", []),
    ],
    ids=["all", "after", "before", "between", "no time between"],
)
def test_the_api_lists_jobs_by_the_time_they_were_created(query: str, names: list[int]) -> None:
    """Newest first, over all pages, each once."""
    assert listed(five(), query) == [f"job-{number}" for number in names]


def test_the_newest_jobs_are_found_first_and_no_more_than_asked_for() -> None:
    world = five()
    everything = remembered(world, lambda store: store.recent(SOURCE, None, 100))
    assert [job.name for job in everything] == ["job-4", "job-3", "job-2", "job-1", "job-0"]
    assert remembered(world, lambda store: store.recent(SOURCE, None, 2)) == everything[:2]
    assert remembered(world, lambda store: store.recent(SOURCE, at(95), 100)) == everything[:2]
    assert remembered(world, lambda store: store.recent("rekognition.media_analysis", None, 100)) == []


def test_no_jobs_are_created_between_a_moment_and_one_before_it() -> None:
    """Which is an answer, where DynamoDB would refuse the question."""
    world = five()
    assert remembered(world, lambda store: store.listed(SOURCE, 9, since=at(95), until=at(75))) == []
    oldest = remembered(world, lambda store: store.listed(SOURCE, 9, newest_first=False))
    assert [each.at for each in oldest] == sorted(each.at for each in oldest)
    assert len(oldest) == 5


def test_pages_are_signed_with_one_key_whoever_makes_it_first() -> None:
    """A token of one function is good for all of them."""
    world = five()
    keys: list[bytes] = []
    asking = [True]

    def ask_too(_: int) -> None:
        while asking:
            asking.clear()
            keys.append(
                world.invoke("api", None, lambda _event, _context: bootstrap.store().page_key()).answer
            )

    before_each(world, "dynamodb:UpdateItem", ask_too)
    first = remembered(world, lambda store: store.page_key())
    assert [first] == keys
    assert len(first) == 32
    assert first == remembered(world, lambda store: store.page_key())


def test_nothing_is_known_of_a_job_that_nobody_saw() -> None:
    world = five()
    assert remembered(world, lambda store: store.story(f"{SOURCE}/{ACCOUNT}/us-east-1:nobody")) is None
    answer = asked(world, f"/jobs/{quote(f'{SOURCE}/{ACCOUNT}/us-east-1:nobody', safe='')}")
    assert answer.status == 404


# Sizes


def test_a_row_larger_than_an_item_stops_nothing_and_says_what_was_left_out() -> None:
    """Its longest members are; the job is told, and what else its row says is kept."""
    import random

    noise = random.Random(5)
    job = labeling("one", 70, 80)
    world = world_of(job)
    # Text that no compression makes shorter, in two members of which one alone would fit.
    huge = {name: "".join(chr(noise.randrange(0x4E00, 0x9FFF)) for _ in range(120_000)) for name in "AB"}
    world.jobs.aws.faults.alter(job.id, {**huge, "AnnotationConsolidationLambdaArn": "kept"})
    world.run()
    assert keeps_its_promises(world)
    assert told(world, job) == ["running", "succeeded"]
    story = remembered(world, lambda store: store.story(key_of(job)))
    assert story.details["members_left_out"]
    assert story.details["AnnotationConsolidationLambdaArn"] == "kept"
    assert not {"A", "B"} <= story.details.keys()


# What is left undone


def all_but_one_undone(world: World, which: str) -> Callable[[], None]:
    """Have the table do one entry of each such batch, again and again. Returns what ends that."""
    call, active = world.table.call, [True]

    def undone(operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if active and operation == which:
            (entries,) = parameters["RequestItems"].values()
            world.table.unprocessed = len(entries["Keys"] if isinstance(entries, Mapping) else entries) - 1
        return call(operation, parameters)

    world.table.call = undone  # type: ignore[method-assign]
    return active.clear


@pytest.mark.parametrize("operation", ["BatchGetItem", "BatchWriteItem"])
def test_a_table_that_does_next_to_nothing_for_minutes_loses_nothing(operation: str) -> None:
    """Functions give up after some rounds, and say so; what they were about comes back."""
    jobs = [labeling(f"job-{number}", 70, 60) for number in range(8)]
    world = world_of(*jobs)
    world.logs = True
    run_to(world, 70)
    heal = all_but_one_undone(world, operation)
    run_on(world, 3 * TICK)
    said = [str(each.error) for each in world.failed] + [world.log.getvalue()]  # type: ignore[attr-defined]
    assert any("undone 5 times" in each for each in said)
    heal()
    world.run()
    verdict = judge(world)
    assert [*verdict.lost, *verdict.unexpected, *verdict.left] == []
    assert [outcomes(world, job)[:1] for job in jobs] == [["succeeded"]] * len(jobs)


def test_a_batch_that_the_topic_refuses_as_a_whole_is_sent_again() -> None:
    """Once, and with all that was in it."""
    jobs = [labeling("one", 70, 20), labeling("two", 70, 20)]
    world = world_of(*jobs)
    run_to(world, 70)
    left = [3]

    def refuse(_: int) -> None:
        if left[0]:
            left[0] -= 1
            world.plant(Kind.REFUSED, -1)

    before_each(world, "sns:PublishBatch", refuse)
    world.run()
    assert keeps_its_promises(world)
    assert not left[0]
    assert [told(world, job) for job in jobs] == [["succeeded"]] * 2


def test_an_owing_item_that_is_told_while_the_schedule_touches_it_is_left_alone() -> None:
    """What it owed was told once, and the item is not made anew."""
    job = labeling("one", 70, 20)
    world = world_of(job)
    run_to(world, 70)
    world.stream.disable()
    run_to(world, 4 * TICK - 10)
    (ref,) = world.owing()
    world.stream.enable()
    world.run()
    assert keeps_its_promises(world)
    before = sorted(world.table.items(), key=str)
    remembered(world, lambda store: store.touch(ref, datetime(2026, 11, 22, 12, tzinfo=UTC)))
    assert sorted(world.table.items(), key=str) == before
    assert told(world, job) == ["succeeded"]


def test_what_only_a_look_at_a_running_job_shows_is_kept_and_forgotten_with_the_job() -> None:
    """Nobody looks again when it ends, and yet nothing outlives what is remembered for more than as long again."""
    job = labeling("one", 70, 100)
    world = world_of(job)
    world.add(events=[(at(130), event_of(job, 0))])
    world.run()
    assert keeps_its_promises(world)
    assert told(world, job) == ["running", "succeeded"]
    story = remembered(world, lambda store: store.story(key_of(job)))
    assert "look" in {item["sk"]["S"] for item in world.table.items()}
    assert "HumanTaskConfig" in story.details
    world.ticking = False
    world.table.expire(world.clock.now() + 2 * REMEMBERED)
    assert not [item for item in world.table.items() if item["pk"]["S"].startswith("job#")]
