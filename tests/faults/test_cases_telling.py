"""Cases of the catalogue on the way from the table to people: crashes, refusals, floods, sizes, the stream's outages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faults.gate import Kind
from faults.judge import judge
from faults.schedules import at, labeling, media, watch
from faults.stream import shard_of
from faults.world import Schedule, World
from jobherald.channels.sns import entry_bytes
from jobherald.local import slack_rules
from jobherald.local.services import ScriptedJob
from tests.faults.scenes import (
    before_each,
    first_told,
    keeps_its_promises,
    key_of,
    outcomes,
    run_on,
    run_out,
    run_to,
    told,
)

TICK = 60.0
WRITES = ("UpdateItem", "BatchWriteItem", "PublishBatch", "slack:post", "SendMessage")
SHARDS = 4


def short_world(*jobs: ScriptedJob) -> World:
    kinds = {"sagemaker.labeling": "labeling", "rekognition.media_analysis": "media"}
    return World(Schedule("case", at(0), jobs, watch(*sorted({kinds[job.source] for job in jobs}))))


def in_one_shard(count: int, lasts: float = 20) -> list[ScriptedJob]:
    """So many jobs whose records the stream brings together, in one batch."""
    made = (labeling(f"job-{number:03}", 75, lasts) for number in range(1000))
    fitting = (job for job in made if shard_of({"pk": {"S": f"job#{key_of(job)}"}}, SHARDS) == 0)
    return [next(fitting) for _ in range(count)]


def owed_at_once(jobs: Sequence[ScriptedJob]) -> World:
    """A world in which these jobs have ended, and the stream is about to bring all of them."""
    world = short_world(*jobs)
    run_to(world, 70)
    world.stream.disable()
    run_to(world, 130)
    assert len(world.owing()) == len(jobs)
    return world


# 1: a crash between what is told and what is written


@pytest.mark.parametrize("kind", [Kind.CRASH_BEFORE, Kind.CRASH_AFTER, Kind.ANSWER_LOST, Kind.REQUEST_LOST])
def test_case_01_a_crash_before_or_after_any_write_or_post_loses_nothing(kind: Kind) -> None:
    """And tells nothing more than once more."""
    usual = short_world(labeling("one", 70, 40), media("two", 75, 5))
    usual.run()
    writes = [
        number for number, call in enumerate(usual.gate.passed) if any(each in call.what for each in WRITES)
    ]
    assert len(writes) > 30
    repeated = 0
    for number in writes:
        world = short_world(labeling("one", 70, 40), media("two", 75, 5))
        world.gate.faults = {number: kind}
        world.run()
        assert keeps_its_promises(world), number
        assert judge(world).most_repeats <= 1
        repeated += judge(world).most_repeats
    # Between what has its effect and its record there is no other way, unless the function lives and tries again.
    assert bool(repeated) is (kind is not Kind.REQUEST_LOST)


# 10: one that is bad among ten


def spoil(world: World, job: ScriptedJob) -> Callable[[], None]:
    """Make an item such that nobody can read what it owes. Returns what mends it."""
    key = {"pk": {"S": f"job#{key_of(job)}"}, "sk": {"S": "job"}}
    (item,) = [each for each in world.table.items() if each["pk"] == key["pk"] and each["sk"] == key["sk"]]

    def write(owed: Any) -> None:
        world.table.update_item(
            {
                "TableName": "jobs",
                "Key": key,
                "UpdateExpression": "SET owed = :owed",
                "ExpressionAttributeValues": {":owed": owed},
            }
        )

    write({"L": [{"M": {"nonsense": {"S": "of another version"}}}]})
    return lambda: write(item["owed"])


def refuse(world: World, job: ScriptedJob) -> Callable[[], None]:
    """Have the topic refuse what is about this job, whatever else is in the batch. Returns what ends that."""
    publish, refusing = world.changes.publish_batch, [True]

    def publish_batch(entries: Sequence[Any], **more: Any) -> dict[str, Any]:
        if refusing:
            bad = (position for position, entry in enumerate(entries) if job.id in entry["Message"])
            world.changes.refuses.append(frozenset(bad))
        return publish(entries, **more)

    world.changes.publish_batch = publish_batch  # type: ignore[method-assign]
    return refusing.clear


@pytest.mark.parametrize("harm", [spoil, refuse])
@pytest.mark.parametrize("position", range(10))
def test_case_10_of_ten_records_with_a_bad_one_nine_are_told(
    position: int, harm: Callable[[World, ScriptedJob], Callable[[], None]]
) -> None:
    """Soon and once; the bad one is told too as soon as it is mended, and its shard does not wait for it."""
    jobs = in_one_shard(10)
    world = owed_at_once(jobs)
    mend = harm(world, jobs[position])
    world.stream.enable()
    run_on(world, TICK)
    assert [outcomes(world, job) for job in jobs] == [
        ["succeeded"] if n != position else [] for n in range(10)
    ]
    run_on(world, 9 * TICK)
    assert world.queues["NotifyDeadLetterQueue"].messages
    mend()
    world.run()
    assert [outcomes(world, job) for job in jobs] == [["succeeded"]] * 10
    assert not world.owing()


def test_case_10_a_message_that_is_none_becomes_a_dead_letter_and_harms_no_other() -> None:
    job = labeling("one", 70, 100)
    world = short_world(job)
    run_to(world, 65)
    for name in ("LooksQueue", "SlackQueue"):
        world.queues[name].send("this is no message of ours")
    run_out(world, 60 * TICK)
    assert told(world, job) == ["running", "succeeded"]
    assert not judge(world).lost
    dead = [
        message.body
        for name, queue in world.queues.items()
        if "DeadLetter" in name
        for message in queue.messages
    ]
    assert dead == ["this is no message of ours"] * 2


# 11: what Slack answers

RETRY_AFTER = 45
ANSWERS: dict[str, Any] = {
    "too many": (429, b"rate_limited", {"Retry-After": str(RETRY_AFTER)}),
    "a fault": (500, b"fatal_error", {}),
    "no answer": TimeoutError("The read operation timed out"),
    "no such webhook": (404, b"no_service", {}),
    "archived": (410, b"channel_is_archived", {}),
    "bad token": (403, b"invalid_token", {}),
    "refused blocks": (400, b"invalid_blocks", {}),
}
WAITS = {"too many": RETRY_AFTER, "no such webhook": 900, "archived": 900, "bad token": 900}


@pytest.mark.parametrize("first", ANSWERS)
@pytest.mark.parametrize("second", ["", *ANSWERS])
def test_case_11_whatever_slack_answers_the_news_is_posted_and_not_before_it_may_be(
    first: str, second: str
) -> None:
    """What it refuses altogether, as blocks and as plain text, is put aside with the reason."""
    job = labeling("polar-bears", 70, 5)
    world = short_world(job)
    run_to(world, 90)
    script = [name for name in (first, second) if name]
    world.slack.script = [ANSWERS[name] for name in script]
    before = len(world.slack.asked)
    world.run()
    asked = world.slack.asked[before:]
    for name, tried, again in zip(script, asked, asked[1:], strict=False):
        assert again - tried >= timedelta(seconds=WAITS.get(name, 0))
    posts = [post for post in world.slack.posts if "polar-bears" in json.dumps(post.body)]
    buried = world.queues["SlackDeadLetterQueue"].messages
    if first == second == "refused blocks":
        assert (len(posts), len(buried)) == (0, 1)
        assert "invalid_blocks" in json.dumps(buried[0].attributes)
    else:
        assert (len(posts), len(buried)) == (1, 0)
    assert told(world, job) == ["succeeded"]
    assert not world.queues["SlackQueue"].messages


# 12: sizes

PIECES = st.text(
    st.sampled_from("a<&>*_`|\u202e\u0000\n\t é漢😀👩‍🚀\ufffe\ud800"), min_size=1, max_size=6
) | st.sampled_from(["<!channel> ", "👩‍👩‍👧‍👦", "\\", '"', "&amp;", "x" * 9])
LONG = st.builds(lambda piece, times: piece * times, PIECES, st.sampled_from([1, 20, 400, 3000, 40_000]))


@settings(max_examples=20, derandomize=True)
@given(reason=LONG, name=LONG, count=st.integers(1, 6))
def test_case_12_whatever_the_length_every_message_is_within_the_limits(
    reason: str, name: str, count: int
) -> None:
    """Of SNS by its bytes, of Slack by each block and over all of them, of an item of the table; emoji and all."""
    jobs = [labeling(f"job-{number}", 75, 5, "Failed") for number in range(count)]
    world = short_world(*jobs)
    sent: list[int] = []
    publish = world.changes.publish_batch

    def publish_batch(entries: Sequence[Any], **more: Any) -> dict[str, Any]:
        sent.append(sum(map(entry_bytes, entries)))
        return publish(entries, **more)

    world.changes.publish_batch = publish_batch  # type: ignore[method-assign]
    for job in jobs:
        world.jobs.aws.faults.alter(job.id, {"FailureReason": reason, "LabelingJobName": name})
    world.run()
    assert keeps_its_promises(world)
    assert [outcomes(world, job) for job in jobs] == [["failed"]] * count
    assert max(sent) <= 262_144
    for received in world.changes.received:
        assert len(received.subject) <= 100
        assert received.subject.isascii()
        assert "\n" not in received.subject
    for post in world.slack.posts:
        assert slack_rules.refusal_of(post.body) == ("", [])
        assert slack_rules.total(post.body["blocks"]) <= slack_rules.MAX_TOTAL


# 13: floods


@pytest.mark.parametrize("make", [labeling, media])
def test_case_13_a_thousand_finished_jobs_before_the_first_look_are_one_line(
    make: Callable[..., ScriptedJob],
) -> None:
    world = short_world(*(make(f"job-{number:04}", -9000 + number, 10) for number in range(1000)))
    world.run()
    (line,) = world.published()
    assert line["text"].startswith("Watching 1000 ")
    assert len(world.slack.posts) == 1
    assert [item for item in world.table.items() if item["sk"] == {"S": "job"}] == []


@pytest.mark.parametrize("count", [3, 11, 60])
def test_case_13_more_changes_than_are_read_one_by_one_are_told_in_digests(count: int) -> None:
    """Each is named once, in far fewer posts."""
    jobs = [media(f"job-{number:02}", 70 + number / 100, 5) for number in range(count)]
    world = short_world(*jobs)
    world.run()
    assert keeps_its_promises(world)
    told_in = [
        post for post in world.slack.posts if any(name_of(job) in json.dumps(post.body) for job in jobs)
    ]
    named = [anchor for post in told_in for anchor in post.anchors]
    assert len(named) == len(set(named)) == count
    assert len(told_in) <= 1 + count // 10


def name_of(job: ScriptedJob) -> str:
    return str(job.row["JobName"])


# 15: half of a batch

SUBSETS = [frozenset(subset) for size in range(1, 5) for subset in combinations(range(4), size)]


@pytest.mark.parametrize("subset", SUBSETS, ids=str)
def test_case_15_of_a_batch_only_what_failed_is_sent_again(subset: frozenset[int]) -> None:
    """PublishBatch answers 200 and names what it did not take; what it took is not told again."""
    jobs = in_one_shard(4)
    world = owed_at_once(jobs)
    world.changes.refuses = [subset]
    world.stream.enable()
    world.run()
    assert [told(world, job) for job in jobs] == [["succeeded"]] * 4
    assert keeps_its_promises(world)


def asked_of(world: World) -> list[int]:
    """How many entries each batch has that the table is asked for, from now on."""
    asked: list[int] = []
    call = world.table.call

    def counting(operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if operation.startswith("Batch"):
            (entries,) = parameters["RequestItems"].values()
            asked.append(len(entries["Keys"]) if isinstance(entries, Mapping) else len(entries))
        return call(operation, parameters)

    world.table.call = counting  # type: ignore[method-assign]
    return asked


@pytest.mark.parametrize("left", range(1, 5))
def test_case_15_what_the_table_left_undone_is_asked_for_again(left: int) -> None:
    """The last of them at any batch of reads or writes: at once, so that all is as ever. One that did nothing is refused."""
    jobs = in_one_shard(4)
    usual = short_world(*jobs)
    run_to(usual, TICK)
    asked = asked_of(usual)
    usual.run()
    assert max(asked) >= 4
    for batch, entries in enumerate(asked):
        world = short_world(*jobs)
        run_to(world, TICK)

        def leave(number: int, world: World = world, batch: int = batch) -> None:
            if number == batch:
                world.table.unprocessed = left

        before_each(world, "dynamodb:Batch", leave)
        if left < entries:
            world.run()
            late = [at - first_told(usual)[key] for key, at in first_told(world).items()]
            assert max(late) < timedelta(seconds=1), batch
            assert keys(world) == keys(usual), batch
        else:
            run_out(world)
        verdict = judge(world)
        # A function may fail for it, but nothing else.
        assert [*verdict.lost, *verdict.repeated, *verdict.unexpected, *verdict.left] == [], batch
        assert [outcomes(world, job) for job in jobs] == [["succeeded"]] * 4


def keys(world: World) -> set[tuple[str, str]]:
    return {
        (item["pk"]["S"], item["sk"]["S"]) for item in world.table.items() if item["sk"] != {"S": "place"}
    }


# 17: what TTL and people delete


@pytest.mark.parametrize("filtered", [True, False])
@pytest.mark.parametrize("expires", [True, False])
def test_case_17_what_is_deleted_from_the_table_is_not_told(*, filtered: bool, expires: bool) -> None:
    """By TTL with its principal, or by hand without; also if such records came to the function."""
    jobs = [labeling("one", 70, 40), media("two", 75, 5)]
    world = short_world(*jobs)
    world.run()
    before = len(world.published()), len(world.slack.posts), world.invocations
    if not filtered:
        world.stream._filters = []
    world.ticking = False
    world.clock.sleep(200 * 86_400)
    if expires:
        assert world.table.expire(world.clock.now()) >= len(jobs)
    else:
        for item in world.table.items():
            world.table.delete_item({"TableName": "jobs", "Key": {"pk": item["pk"], "sk": item["sk"]}})
    run_on(world, 10 * TICK)
    assert (len(world.published()), len(world.slack.posts)) == before[:2]
    assert (world.invocations == before[2]) is filtered
    assert not world.failed


# 18: a stream that is away for more than a day


def test_case_18_after_a_day_without_the_stream_everything_is_told() -> None:
    """The stream keeps its records for 24 hours: the schedule touches what is owed, and so it comes again."""
    jobs = [labeling(f"job-{number}", 70 + number, 40) for number in range(20)]
    world = short_world(*jobs)
    run_to(world, 65)
    world.stream.disable()
    run_to(world, 10 * TICK)
    # For the rest of the day every tick does the same again.
    world.clock.sleep(25 * 3600)
    world.ticks_at = world.clock.now()
    world.stream.drop_all()
    world.stream.enable()
    enabled = world.clock.now()
    run_on(world, 10 * TICK)
    assert [told(world, job)[-1] for job in jobs] == ["succeeded"] * 20
    assert max(first_told(world).values()) <= enabled + timedelta(seconds=3 * TICK)
    world.ends_at = world.clock.now()
    world.run()
    assert keeps_its_promises(world)
