"""What is watched changes while jobs are open, and watches that name jobs: who is told, and who is left alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import pytest

from faults import patches
from faults.judge import judge
from faults.schedules import at, event_of, labeling, media, watch
from faults.world import REGION, Event, Schedule, World
from jobherald.catalog.events import CALL
from jobherald.local.services import ScriptedJob, auto_labeling_task
from tests.faults.scenes import (
    alerts,
    before_each,
    keeps_its_promises,
    outcomes,
    run_on,
    run_out,
    run_to,
    told,
)


def labels(**keys: Any) -> str:
    """A watch of labeling jobs with these keys."""
    return watch("labeling") + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())


def tasks(**keys: Any) -> str:
    """A watch of auto-labeling tasks with these keys."""
    return watch("tasks") + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())


def watching(document: str, *jobs: ScriptedJob, events: Sequence[Event] = ()) -> World:
    return World(Schedule("watches", at(0), jobs, document, tuple(events)))


def push(world: World, document: str) -> None:
    world.parameters["/jobherald/config"] = document


def of_dataset(dataset: str, name: str, created: float, lasts: float) -> ScriptedJob:
    return auto_labeling_task(name, created_at=at(created), lasts=lasts, dataset=dataset, counts=2)


def promises_kept_but_of(world: World, *unwanted: ScriptedJob) -> bool:
    """Nothing is lost, repeated or left; of these jobs, which no watch wants, the judge knows what was shown alone."""
    ids = [job.id for job in unwanted]
    findings = [each for each in judge(world).findings if not any(one in each for one in ids)]
    assert not findings
    return True


def still_open(world: World) -> list[str]:
    return [item["pk"]["S"] for item in world.table.items() if "open" in item]


# Narrowed, removed, and wanted again

OTHERS: Final = watch("media")


def test_a_watch_that_is_narrowed_lets_go_of_open_jobs_without_a_word() -> None:
    kept, left = labeling("prod-a", 70, 400), labeling("test-b", 70, 400)
    world = watching(labels(), kept, left)
    run_to(world, 150)
    push(world, labels(name_contains="prod-"))
    run_out(world)
    assert told(world, kept) == ["running", "succeeded"]
    assert told(world, left) == ["running"]
    assert still_open(world) == []
    assert promises_kept_but_of(world, left)


def test_a_job_that_was_let_go_and_is_watched_again_has_its_outcome_told() -> None:
    """Once, and not that it runs: that is no news, what was there before a first look never is."""
    kept, left = labeling("prod-a", 70, 900), labeling("test-b", 70, 900)
    world = watching(labels(), kept, left)
    run_to(world, 150)
    push(world, labels(name_contains="prod-"))
    run_to(world, 400)
    push(world, labels())
    run_out(world)
    assert told(world, kept) == ["running", "succeeded"]
    assert outcomes(world, left) == ["succeeded"]
    assert keeps_its_promises(world)


def test_a_place_that_no_watch_wants_is_released_and_begins_in_silence_when_it_is_wanted_again() -> None:
    """What ended meanwhile is never told, what is still open then is."""
    ends, goes_on = labeling("ends", 70, 200), labeling("goes-on", 70, 1200)
    world = watching(labels() + OTHERS, ends, goes_on)
    run_to(world, 150)
    push(world, OTHERS)
    run_to(world, 600)
    assert still_open(world) == []
    push(world, labels() + OTHERS)
    run_out(world)
    assert outcomes(world, ends) == []
    assert outcomes(world, goes_on) == ["succeeded"]
    assert len(alerts(world, "watching")) == 3
    assert "gone" not in told(world, ends) + told(world, goes_on)
    assert promises_kept_but_of(world, ends)


def test_a_project_that_no_watch_wants_is_released_dataset_by_dataset() -> None:
    jobs = [of_dataset(f"dataset{n:04}", f"task-{n}", 70, 1200) for n in range(3)]
    world = watching(tasks() + OTHERS, *jobs)
    run_to(world, 250)
    assert len(still_open(world)) == 3
    push(world, OTHERS)
    run_to(world, 600)
    assert still_open(world) == []
    push(world, tasks() + OTHERS)
    run_out(world)
    assert [outcomes(world, job) for job in jobs] == [["succeeded"]] * 3
    assert keeps_its_promises(world)


def test_datasets_that_a_watch_no_longer_names_are_let_go_and_the_one_that_it_does_is_told() -> None:
    kept, left = of_dataset("kept0000000", "kept", 70, 600), of_dataset("left0000000", "left", 70, 600)
    world = watching(tasks(), kept, left)
    run_to(world, 250)
    push(world, tasks(parents=["kept0000000"]))
    run_out(world)
    assert outcomes(world, kept) == ["succeeded"]
    assert told(world, left) == ["running"]
    assert still_open(world) == []
    assert promises_kept_but_of(world, left)


def test_new_jobs_that_the_former_watch_wanted_are_told_while_the_wider_one_looks_for_the_first_time() -> (
    None
):
    """Its first look is silent of what is there, but for what the narrower one would have told."""
    wanted, not_yet = labeling("prod-a", 181, 2), labeling("test-b", 100, 2)
    world = watching(labels(name_contains="prod-"), wanted, not_yet)
    run_to(world, 185)
    push(world, labels())
    run_out(world)
    assert outcomes(world, wanted) == ["succeeded"]
    assert told(world, not_yet) == []
    assert promises_kept_but_of(world, not_yet)


@pytest.mark.parametrize("regions", [[REGION], []])
def test_two_watches_of_one_place_tell_what_either_asks_for(regions: list[str]) -> None:
    mine, yours, nobodys = labeling("mine", 70, 100), labeling("yours", 70, 100), labeling("other", 70, 100)
    where = f"regions = {json.dumps(regions)}\n" if regions else ""
    document = "\n".join(
        f'[[watch]]\nid = "{name}"\nsource = "sagemaker.labeling"\n{where}name_contains = "{name}"\n'
        for name in ("mine", "yours")
    )
    world = watching(document, mine, yours, nobodys)
    world.run()
    assert [outcomes(world, job) for job in (mine, yours, nobodys)] == [["succeeded"], ["succeeded"], []]
    assert promises_kept_but_of(world, nobodys)


# Jobs that are named


def test_jobs_that_are_named_are_looked_at_alone_until_each_has_ended() -> None:
    """Nothing is listed; those that had ended before are adopted in silence, and nobody asks for one that ended again."""
    ended, runs = labeling("ended", -900, 10), labeling("runs", -60, 250)
    other = labeling("other", 70, 50)
    world = watching(labels(jobs=[ended.id, runs.id]), ended, runs, other)
    world.run()
    assert told(world, ended) == []
    assert outcomes(world, runs) == ["succeeded"]
    assert told(world, other) == []
    assert not [call for call in world.gate.passed if ":List" in call.what]
    asked = len([call for call in world.gate.passed if ":DescribeLabelingJob" in call.what])
    assert keeps_its_promises(world)
    run_on(world, 900)
    assert len([call for call in world.gate.passed if ":DescribeLabelingJob" in call.what]) == asked


def test_a_named_job_that_is_absent_is_said_once_and_the_others_are_told() -> None:
    runs = labeling("runs", 70, 150)
    comes = labeling("comes", 500, 60)
    world = watching(labels(jobs=[comes.id, runs.id]), runs, comes)
    run_to(world, 480)
    (text,) = alerts(world, "blind")
    assert comes.id in text
    assert outcomes(world, runs) == ["succeeded"]
    run_out(world, 900)
    assert outcomes(world, comes) == ["succeeded"]
    assert (len(alerts(world, "blind")), len(alerts(world, "sees_again"))) == (1, 1)


def test_a_named_job_that_its_service_forgets_is_gone() -> None:
    job = labeling("job", 70, 900).vanishing(at(400))
    world = watching(labels(jobs=[job.id]), job)
    run_out(world, 300)
    assert told(world, job)[-1:] == ["gone"]
    assert told(world, job).count("gone") == 1
    assert keeps_its_promises(world)


def test_named_tasks_and_datasets_are_asked_for_by_their_names_alone() -> None:
    named, beside = of_dataset("dataset0001", "named", 70, 200), of_dataset("dataset0001", "beside", 70, 200)
    world = watching(tasks(jobs=[f"dataset0001/{named.id}"]), named, beside)
    world.run()
    assert outcomes(world, named) == ["succeeded"]
    assert told(world, beside) == []
    asked = {call.operation for call in world.jobs.modelarts.calls}
    assert not [each for each in asked if each.startswith("List")]
    verdict = judge(world)
    # Of what is named nothing is listed, and the judge takes what a list showed alone for due.
    assert not (*verdict.lost, *verdict.repeated, *verdict.left, *verdict.broken)


# Events


def test_events_that_ask_for_nothing_are_ignored_and_their_jobs_are_told_all_the_same() -> None:
    """Malformed, of another account, of a refused call, of nothing watched: each is logged with why, none fails."""
    job = labeling("job", 70, 30)
    event = event_of(job, 0)
    odd: list[Any] = [
        [event],
        {"detail": "Completed"},
        {**event, "account": "999988887777"},
        {**event, "account": ""},
        {**event, "resources": []},
        {**event, "detail-type": CALL, "detail": {"errorCode": "AccessDenied"}},
        {**event, "source": "aws.ec2"},
    ]
    world = World(
        Schedule("odd", at(0), (job,), labels(), tuple((at(101 + n), each) for n, each in enumerate(odd))),
        logs=True,
    )
    world.run()
    assert outcomes(world, job) == ["succeeded"]
    assert not world.failed
    reasons = [
        line["reason"]
        for line in map(json.loads, world.log.getvalue().splitlines())  # type: ignore[attr-defined]
        if line.get("message") == "event ignored"
    ]
    assert len(reasons) == len(odd)
    assert "999988887777" in reasons[2]
    assert "refused (AccessDenied)" in reasons[5]
    assert "aws.ec2" in reasons[6]
    assert keeps_its_promises(world)


def test_an_event_of_a_job_that_no_watch_covers_tells_nothing() -> None:
    job = labeling("test-a", 70, 30)
    world = watching(labels(name_contains="prod-"), job, events=[(at(101), event_of(job, 0))])
    world.run()
    assert told(world, job) == []
    assert promises_kept_but_of(world, job)


# Changed while others are at work

REMOVED: Final = {
    "narrowed": (labels(), labels(name_contains="prod-")),
    "removed": (labels() + OTHERS, OTHERS),
    "removed with its datasets": (tasks() + OTHERS, OTHERS),
    "narrowed to a dataset": (tasks(), tasks(parents=["dataset0000"])),
}


def left_at(before: str, after: str, races: Sequence[int] = ()) -> tuple[World, list[ScriptedJob], int]:
    """A world whose watches change at 170 s, those of its jobs that nobody wants, and how many calls it had made."""
    if "modelarts" in before:
        jobs = [of_dataset(f"dataset{n:04}", f"test-{n}", 70, 500) for n in range(2)]
    else:
        jobs = [labeling(f"test-{n}", 70, 500) for n in range(2)]
    world = World(Schedule("left", at(0), tuple(jobs), before), races=races)
    run_to(world, 170)
    push(world, after)
    calls = len(world.gate.passed)
    run_to(world, 450)
    return world, [job for job in jobs if job.parent != "dataset0000" or "parents" not in after], calls


@pytest.mark.parametrize("way", REMOVED)
def test_watches_that_change_while_others_write_leave_nothing_open(way: str) -> None:
    """Whichever call of the polls and ticks that follow takes so long that all else comes first."""
    usual, unwanted, begin = left_at(*REMOVED[way])
    last = len(usual.gate.passed)
    assert last - begin > 10
    for number in range(begin, min(last, begin + 24)):
        world, unwanted, _ = left_at(*REMOVED[way], races=[number])
        still = [each for each in still_open(world) if any(job.id in each for job in unwanted)]
        assert still == [], number
        assert [outcomes(world, job) for job in unwanted] == [[]] * len(unwanted), number
        assert not world.failed, number


WRITES: Final = {f"dynamodb:{name}" for name in ("PutItem", "UpdateItem", "TransactWriteItems")}


@pytest.mark.parametrize("below", [False, True])
def test_what_one_poll_has_no_time_to_let_go_is_let_go_by_the_next_ones(*, below: bool) -> None:
    """Where the table answers slowly, no poll is cut short, and in the end nothing is open and nobody was told."""
    if below:
        jobs = [of_dataset(f"dataset{n:04}", f"task-{n}", 70, 3000) for n in range(16)]
    else:
        jobs = [labeling(f"job-{n}", 70, 3000) for n in range(30)]
    world = watching((tasks() if below else labels()) + OTHERS, *jobs)
    run_to(world, 250)
    assert len(still_open(world)) == len(jobs)
    push(world, OTHERS)
    slowed: list[int] = []

    def slow(_: int) -> None:
        if (call := world.gate.passed[-1]).function == "poll" and call.what in WRITES:
            slowed.append(call.invocation)
            world.clock.sleep(4)

    before_each(world, "dynamodb:", slow)
    run_to(world, 1800)
    assert still_open(world) == []
    assert len(set(slowed)) > 1
    assert [outcomes(world, job) for job in jobs] == [[]] * len(jobs)
    assert not world.failed


# A document that cannot be used


def test_a_bad_document_after_the_deployment_was_narrowed_leaves_its_defaults_in_force() -> None:
    """The last good one asks for what is no longer deployed: all jobs of what is are watched."""
    job = labeling("test-a", 400, 60)
    world = watching(labels(name_contains="prod-") + OTHERS, job)
    run_to(world, 150)
    world.sources = ("sagemaker.labeling",)
    patches.cold_start()
    push(world, "[[watch]]\nid = 1\n")
    run_out(world)
    assert outcomes(world, job) == ["succeeded"]
    refused = [each for each in world.operations.received if each.message["alert"] == "config_refused"]
    assert len(refused) == 1
    assert keeps_its_promises(world)


@pytest.mark.parametrize("after", [OTHERS, labels(name_contains="prod-") + OTHERS])
def test_two_ticks_at_once_bring_the_same_watches_in_force(after: str) -> None:
    """EventBridge may send a tick twice: at whichever call of the one the other comes."""
    kept, left = media("kept", 70, 400), labeling("left", 70, 400)
    calls = 1
    number = 0
    while number < calls:
        world = watching(labels() + OTHERS, kept, left)
        run_to(world, 170)
        push(world, after)
        begin = len(world.gate.passed)
        tick_at_call(world, begin + number)
        run_out(world)
        first = world.gate.passed[begin].invocation
        calls = len([call for call in world.gate.passed if call.invocation == first])
        assert outcomes(world, kept) == ["succeeded"], number
        assert outcomes(world, left) == [], number
        assert still_open(world) == [], number
        assert not world.failed, number
        number += 1
    assert number > 5


def tick_at_call(world: World, wanted: int) -> None:
    """A second tick comes, and runs to its end, while the function waits that makes this call."""
    between = world.gate.between
    world.races |= {wanted}

    def hook(number: int) -> None:
        if number == wanted:
            world.asynchronous.send("schedule", {})
        between(number)

    world.gate.between = hook
