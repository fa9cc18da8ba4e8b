"""What people in Slack are told when the table, the queue, the secret or Slack itself is not as it should be."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from faults import wires
from faults.judge import judge
from faults.schedules import at, event_of, labeling, media, watch
from faults.slack import WEBHOOK, Answer
from faults.world import Schedule, World
from jobherald.channels.text import ANCHOR_LIMIT, anchor
from jobherald.local.services import ScriptedJob, labeling_job
from tests.faults.scenes import before_each, keeps_its_promises, key_of, run_on, run_to, told

TICK = 60.0
BLOCKS_REFUSED: Any = (400, b"invalid_blocks", {})
TOO_MANY: Any = (429, b"rate_limited", {"Retry-After": "45"})


def world_of(*jobs: ScriptedJob, logs: bool = False) -> World:
    kinds = {"sagemaker.labeling": "labeling", "rekognition.media_analysis": "media"}
    return World(
        Schedule("slack", at(0), jobs, watch(*sorted({kinds[job.source] for job in jobs}))), logs=logs
    )


def failing(world: World, service: str, when: Callable[[str, Mapping[str, Any]], bool]) -> Callable[[], None]:
    """Have a service throttle those calls. Returns what ends that."""
    answer, active = world.services[service], [True]

    def throttled(world: World, operation: str, region: str, parameters: Mapping[str, Any]) -> Any:
        if active and when(operation, parameters):
            raise wires.error("ThrottlingException", operation, "Rate exceeded")
        return answer(world, operation, region, parameters)

    world.services[service] = throttled
    return active.clear


def slow(world: World, what: str, seconds: float) -> None:
    """Have each of Slack's function's calls of this name take so much longer."""

    def wait(_: int) -> None:
        if world.gate.passed[-1].function == "slack":
            world.clock.sleep(seconds)

    before_each(world, what, wait)


def about(world: World, job: ScriptedJob) -> list[Mapping[str, Any]]:
    """The posts that name a job, as often as they came."""
    ids = {each["id"] for each in world.published() if each.get("job") == key_of(job)}
    return [post.body for post in world.slack.posts if {anchor(each) for each in ids} & set(post.anchors)]


def waits(world: World) -> list[timedelta]:
    """How long each piece of news took from the topic to Slack."""
    return [
        post.at - received.at
        for received in world.changes.received
        for post in world.slack.posts
        if anchor(received.message["id"]) in post.anchors
    ]


def nothing_is_lost(world: World) -> bool:
    """As it must be where functions fail for what was refused, too."""
    verdict = judge(world)
    assert [*verdict.lost, *verdict.repeated, *verdict.unexpected, *verdict.left] == []
    return True


def spoken(post: Mapping[str, Any]) -> str:
    return json.dumps(post, ensure_ascii=False)


# The table


def test_while_posts_cannot_be_counted_everything_is_told_at_once() -> None:
    """Too loud is better than too late; the log says why."""
    jobs = [labeling(f"job-{number}", 70, 20) for number in range(2)]
    world = world_of(*jobs, logs=True)
    failing(world, "dynamodb", lambda _, asked: asked.get("UpdateExpression", "").startswith("ADD posts"))
    world.run()
    assert keeps_its_promises(world)
    assert all(about(world, job) for job in jobs)
    assert max(waits(world)) < timedelta(seconds=5)
    assert "posts are not counted" in world.log.getvalue()  # type: ignore[attr-defined]


def test_above_the_threshold_news_waits_a_minute_and_is_told_in_few_posts() -> None:
    jobs = [labeling(f"job-{number:02}", 70, 60 + number) for number in range(40)]
    world = world_of(*jobs)
    world.add(events=[(job.ends_at, event_of(job, number)) for number, job in enumerate(jobs)])
    world.run()
    assert keeps_its_promises(world)
    assert len(world.slack.posts) < 20
    assert timedelta(seconds=10) < max(waits(world)) < timedelta(minutes=2)


@pytest.mark.parametrize("ends", ["Completed", "Failed"])
def test_what_a_digest_has_no_room_for_waits_for_the_next_turn(
    ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is told once, and no claim keeps it from being told then."""
    monkeypatch.setenv("SLACK_POSTS_PER_MINUTE", "1")
    jobs = [
        *(labeling(f"job-{number:02}", 75, 5, ends) for number in range(45)),
        *(
            media(f"other-{number:02}", 75, 5, "FAILED" if ends == "Failed" else "SUCCEEDED")
            for number in range(45)
        ),
    ]
    world = world_of(*jobs)
    for job in jobs:
        if job.source == "sagemaker.labeling":
            world.jobs.aws.faults.alter(job.id, {"FailureReason": f"no room for {job.id}" * 9})
    world.run()
    assert keeps_its_promises(world)
    named = [each for post in world.slack.posts for each in post.anchors]
    assert len(named) == len(set(named)) == len(jobs) + 2


def test_news_that_another_invocation_holds_is_left_to_it() -> None:
    """What the queue delivers twice at once is posted once."""
    job = labeling("one", 70, 20)
    world = world_of(job)
    run_to(world, 70)
    send = world.queues["SlackQueue"].send

    def twice(body: str, **more: Any) -> str:
        send(body, **more)
        return send(body, **more)

    world.queues["SlackQueue"].send = twice  # type: ignore[method-assign]
    world.run()
    assert nothing_is_lost(world)
    assert len(about(world, job)) == len(told(world, job)) == 1


@pytest.mark.parametrize("refused", [(), (BLOCKS_REFUSED, BLOCKS_REFUSED)])
def test_a_full_batch_on_a_slow_table_is_told_in_parts(refused: tuple[Any, ...]) -> None:
    """A function that nears its end claims no more than it can post, and gives back what it cannot."""
    jobs = [labeling(f"job-{number:02}", 70, 20) for number in range(20)]
    world = world_of(*jobs)
    run_to(world, 100)
    slow(world, "slack:post" if refused else "dynamodb:UpdateItem", 4.0 if refused else 2.0)
    world.slack.script = list(refused)
    world.run()
    assert keeps_its_promises(world)
    assert [len(about(world, job)) for job in jobs] == [1] * len(jobs)
    assert len(world.slack.posts) > 2
    assert not [each for each in world.failed if each.error is not None]


def test_a_post_that_cannot_be_recorded_is_told_again_by_whoever_finds_its_claim_run_out() -> None:
    """Told twice at most for each time; it is not known any more that it was told."""
    jobs = [labeling("one", 70, 20), labeling("two", 70, 20)]
    world = world_of(*jobs)
    run_to(world, 100)
    heal = failing(
        world, "dynamodb", lambda _, asked: "told" in asked.get("ExpressionAttributeNames", {}).values()
    )
    run_on(world, 40)
    heal()
    world.run()
    assert not judge(world).lost
    assert not judge(world).left
    assert all(1 <= len(about(world, job)) <= 2 for job in jobs)


@pytest.mark.parametrize(
    "script", [[TOO_MANY], [BLOCKS_REFUSED, BLOCKS_REFUSED] * 4], ids=["for now", "for good"]
)
def test_a_claim_that_cannot_be_given_back_runs_out_by_itself(script: list[Any]) -> None:
    """So that what Slack takes again is told, and what it never will is put aside."""
    jobs = [labeling(f"job-{number}", 70, 20) for number in range(3)]
    world = world_of(*jobs)
    run_to(world, 100)
    heal = failing(world, "dynamodb", lambda _, asked: asked.get("UpdateExpression") == "REMOVE claimed")
    world.slack.script = list(script)
    run_on(world, TICK)
    heal()
    world.run()
    buried = world.queues["SlackDeadLetterQueue"].messages
    assert sum(bool(about(world, job)) for job in jobs) + len(buried) == len(jobs)
    assert bool(buried) is (len(script) > 1)
    assert not judge(world).left


# The queue


def test_a_queue_that_cannot_be_told_when_brings_news_back_by_itself() -> None:
    job = labeling("one", 70, 20)
    world = world_of(job)
    run_to(world, 100)
    failing(world, "sqs", lambda operation, _: operation == "ChangeMessageVisibility")
    world.slack.script = [TOO_MANY]
    world.run()
    assert nothing_is_lost(world)
    assert len(about(world, job)) == 1


def test_what_cannot_be_put_aside_stays_until_it_can() -> None:
    job = labeling("one", 70, 200)
    world = world_of(job)
    run_to(world, 100)
    heal = failing(world, "sqs", lambda operation, _: operation == "SendMessage")
    world.queues["SlackQueue"].send("this is no message of ours")
    run_on(world, TICK)
    assert not world.queues["SlackDeadLetterQueue"].messages
    heal()
    world.run()
    assert nothing_is_lost(world)
    assert len(world.queues["SlackDeadLetterQueue"].messages) == 1
    assert told(world, job)[-1] == "succeeded"


def real_message(world: World, job: ScriptedJob) -> dict[str, Any]:
    """What the topic last said of a job."""
    return dict([each for each in world.published() if each.get("job") == key_of(job)][-1])


def test_what_is_no_message_is_put_aside_with_the_member_at_fault() -> None:
    job = labeling("one", 70, 20)
    world = world_of(job, logs=True)
    world.run()
    message = real_message(world, job)
    place = next(each for each in world.published() if "alert" in each)
    wrong = {
        "not JSON": "{",
        "nested too deep": "[" * 100_000,
        "a JSON list": "[]",
        "'schema' is missing": "{}",
        "'jobherald.change/v9' is missing or not known": {**message, "schema": "jobherald.change/v9"},
        "name is int": {**message, "name": 5},
        "progress is not in numbers": {**message, "progress": {"percent": "5", "counters": {}}},
        "has no time zone": {**message, "changed_at": "2026-11-22T11:00:00"},
        "does not belong": {**message, "id": f"{place['id']}0"},
        "NoneType": {**place, "at": None},
        "is not a valid AlertKind": {**place, "alert": "of another version"},
    }
    posts, now = len(world.slack.posts), world.clock.now()
    for body in wrong.values():
        world.queues["SlackQueue"].send(body if isinstance(body, str) else json.dumps(body))
    world.run(until=now + timedelta(seconds=TICK))
    buried = [
        (letter.body, json.dumps(letter.attributes))
        for letter in world.queues["SlackDeadLetterQueue"].messages
    ]
    assert len(buried) == len(wrong)
    said = "\n".join(attributes for _, attributes in buried)
    assert [fault for fault in wrong if fault not in said and fault != "NoneType"] == []
    assert all("unreadable" in attributes for _, attributes in buried)
    assert len(world.slack.posts) == posts
    assert world.log.getvalue().count("put into the dead-letter queue") == len(wrong)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("altered", "says"),
    [
        ({"progress": {"percent": 12.4, "counters": {}}}, "12 %"),
        ({"progress": {"percent": None, "counters": {"total": 5000}}}, "5,000 in all"),
        ({"progress": {"percent": None, "counters": {"total": 9, "done": 7, "failed": 2}}}, "2 failed"),
        ({"created_at": None}, "`one` succeeded"),
        ({"unseen_since": ...}, "`one` succeeded after 21 s"),
        ({"output": "obs://elsewhere/out"}, "Output `obs://elsewhere/out`"),
        ({"job": f"sagemaker.labeling/1/us-east-1:{'x' * 400}"}, "`one` succeeded"),
        ({"job": "of.another.version/1/us-east-1:x", "progress": None, "reason": None}, "of.another.version"),
    ],
    ids=[
        "share alone",
        "total alone",
        "failed",
        "not dated",
        "not yet a member",
        "output elsewhere",
        "a long id",
        "no such source",
    ],
)
def test_a_message_of_another_version_about_a_forgotten_job_is_told(
    altered: dict[str, Any], says: str
) -> None:
    """In words that claim no more than it says, for it is all that is known."""
    job = labeling("one", 70, 20)
    world = world_of(job)
    world.run()
    message = {**real_message(world, job), **altered}
    message["id"] = f"{message['job']}#{message['id'].rpartition('#')[2]}"
    kept = {name: value for name, value in message.items() if value is not ...}
    for item in world.table.items():
        world.table.delete_item({"TableName": "jobs", "Key": {"pk": item["pk"], "sk": item["sk"]}})
    world.slack.posts.clear()
    world.ticking = False
    world.queues["SlackQueue"].send(json.dumps(kept))
    run_on(world, TICK)
    (post,) = world.slack.posts
    assert says in spoken(post.body)
    assert post.anchors == (anchor(message["id"]),)
    assert len(post.anchors[0]) <= ANCHOR_LIMIT
    assert not world.queues["SlackQueue"].messages


def test_where_results_are_is_read_from_the_row_where_a_message_does_not_say() -> None:
    """As one that was sent before there was such a member."""
    job = labeling("one", 70, 20)
    world = world_of(job)
    world.run()
    message = real_message(world, job)
    assert message["output"].startswith("s3://")
    (usual,) = about(world, job)
    for item in world.table.items():
        if item["sk"]["S"].startswith("told#"):
            world.table.delete_item({"TableName": "jobs", "Key": {"pk": item["pk"], "sk": item["sk"]}})
    world.slack.posts.clear()
    world.ticking = False
    world.queues["SlackQueue"].send(json.dumps({**message, "output": None}))
    run_on(world, TICK)
    (post,) = world.slack.posts
    assert links(post.body) == links(usual)


def links(post: Mapping[str, Any]) -> list[str]:
    return re.findall(r"<(https://[^|]+)\|", spoken(post))


# Slack and its secret


def test_while_slack_takes_no_failure_it_is_asked_for_nothing_else() -> None:
    """What else there is comes after the failures, when Slack wants it."""
    jobs = [*(labeling(f"bad-{n}", 70, 20, "Failed") for n in range(2)), labeling("good", 70, 20)]
    world = world_of(*jobs)
    run_to(world, 100)
    world.slack.script = [TOO_MANY]
    asked = len(world.slack.asked)
    world.run()
    assert keeps_its_promises(world)
    first, second = world.slack.asked[asked : asked + 2]
    assert second - first >= timedelta(seconds=45)
    assert world.slack.posts[-1].at - first < timedelta(seconds=60)
    assert [len(about(world, job)) for job in jobs] == [1, 1, 1]


def secret(world: World, value: str) -> None:
    world.parameters["/jobherald/slack"] = value


@pytest.mark.parametrize(
    ("value", "channel"),
    [
        ("xoxb-simulated-token", ""),
        ("https://intranet.example/hook", "C0SIMULATED"),
        ("https://[half", "C0SIMULATED"),
        ("", "C0SIMULATED"),
    ],
    ids=["a token without a channel", "a host that is not Slack", "no URL", "empty"],
)
def test_a_secret_that_cannot_serve_loses_nothing_and_is_said_to_be_wrong(value: str, channel: str) -> None:
    """No word of it is in the log; what waited is told a quarter of an hour after another one is stored."""
    job = labeling("one", 70, 20)
    world = world_of(job, logs=True)
    world.variables["SLACK_CHANNEL"] = channel
    secret(world, value)
    run_to(world, 10 * TICK)
    assert not world.slack.asked
    assert "slack is gone" in world.log.getvalue()  # type: ignore[attr-defined]
    assert not value or value not in world.log.getvalue()  # type: ignore[attr-defined]
    secret(world, WEBHOOK)
    world.run()
    assert nothing_is_lost(world)
    assert len(about(world, job)) == 1


def test_a_secret_that_is_rotated_is_used_with_the_first_refusal() -> None:
    """News need not wait for the old one's age."""
    job = labeling("one", 70, 20)
    world = world_of(job)
    run_to(world, 100)
    (first, *_) = (post for post in world.slack.posts)
    world.slack.revoked.add(world.parameters["/jobherald/slack"])
    secret(world, f"{WEBHOOK}-rotated")
    world.run()
    assert keeps_its_promises(world)
    assert first.at < world.slack.posts[-1].at < at(3 * TICK)


@pytest.mark.parametrize(
    "answer",
    [
        (200, b'{"ok": false, "error": "channel_not_found"}', {}),
        (200, b'{"ok": false, "error": "ratelimited"}', {"Retry-After": "7"}),
        (429, b'{"ok": false, "error": "ratelimited"}', {}),
        (200, b'{"ok": false, "error": "invalid_blocks"}', {}),
        (503, b"<html>no JSON</html>", {}),
        (200, b'{"ok": false, "error": "<html>"}', {}),
        ConnectionResetError("Connection reset by peer"),
    ],
    ids=str,
)
def test_whatever_slack_answers_a_bot_the_news_is_posted_once_it_takes_it(answer: Any) -> None:
    job = labeling("one", 70, 20)
    world = world_of(job)
    secret(world, "xoxb-simulated-token")
    run_to(world, 100)
    world.slack.script = [answer]
    world.run()
    assert keeps_its_promises(world)
    (post,) = about(world, job)
    assert post["channel"] == "C0SIMULATED"


def test_a_wrong_word_of_a_proxy_is_not_passed_on() -> None:
    """An answer of another form may hold anything."""
    job = labeling("one", 70, 20)
    world = world_of(job, logs=True)
    run_to(world, 100)
    world.slack.script = [
        (404, b"<html>your proxy says no</html>", {}),
        (429, b"slow down", {"X-Other": "1"}),
    ]
    world.run()
    assert keeps_its_promises(world)
    assert "your proxy" not in world.log.getvalue()  # type: ignore[attr-defined]
    assert "Slack answered 404." in world.log.getvalue()  # type: ignore[attr-defined]


# What a post says


def test_a_job_in_another_partition_is_linked_to_that_partitions_console() -> None:
    region = "cn-north-1"
    job = labeling_job(
        "one", created_at=at(70), account="111122223333", region=region, lasts=20, ends="Completed", counts=2
    )
    document = watch("labeling").replace("us-east-1", region)
    world = World(Schedule("partition", at(0), (job,), document))
    world.regions = (region,)
    world.run()
    assert keeps_its_promises(world)
    (post,) = about(world, job)
    assert f"https://{region}.console.amazonaws.cn/" in spoken(post) or "console.amazonaws.cn/" in spoken(
        post
    )
    assert "console.aws.amazon.com" not in spoken(post)


@pytest.mark.parametrize("folder", ["out", "漢" * 330], ids=["short", "too long for a link"])
def test_where_results_are_is_said_and_linked_where_a_link_may_be_so_long(folder: str) -> None:
    job = media("one", 70, 5)
    world = world_of(job)
    where = {"S3Bucket": "results", "S3KeyPrefix": folder}
    world.jobs.aws.faults.alter(job.id, {"OutputConfig": where, "Results": None})
    world.run()
    assert keeps_its_promises(world)
    assert real_message(world, job)["output"] == f"s3://results/{folder}"
    (post,) = about(world, job)
    assert ("/s3/buckets/results" in spoken(post)) is (folder == "out")


# The watchman


def watched(world: World, answer: Any) -> list[str]:
    """Have the watchman answer so. Returns the requests that he gets."""
    asked: list[str] = []
    post = world.post

    def answering(request: Any) -> Answer:
        if not request.full_url.startswith("https://watchman.example/"):
            return post(request)
        asked.append(request.full_url)
        if isinstance(answer, Exception):
            raise answer
        return Answer(*answer)

    world.post = answering  # type: ignore[method-assign]
    world.variables["PING_SECRET"] = "ssm:/jobherald/ping"
    world.parameters["/jobherald/ping"] = "https://watchman.example/secret-sign"
    return asked


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((302, b"", {"Location": "https://elsewhere.example/"}), "The ping was answered with HTTP 302."),
        (
            TimeoutError("https://watchman.example/secret-sign timed out"),
            "The ping got no answer (TimeoutError).",
        ),
    ],
    ids=["redirects", "no answer"],
)
def test_a_watchman_who_does_not_take_the_sign_is_said_so_in_the_log_and_followed_nowhere(
    answer: Any, said: str
) -> None:
    """People are told of their jobs all the same, and nobody of the sign's URL."""
    job = labeling("one", 70, 20)
    world = world_of(job, logs=True)
    asked = watched(world, answer)
    world.run()
    assert keeps_its_promises(world)
    assert set(asked) == {"https://watchman.example/secret-sign"}
    assert said in world.log.getvalue()  # type: ignore[attr-defined]
    assert "secret-sign" not in world.log.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("stored", "said"),
    [("http://watchman.example/secret-sign", "no https URL"), (None, "/jobherald/ping")],
    ids=["not https", "no secret"],
)
def test_a_sign_that_may_not_be_sent_is_not_sent(stored: str | None, said: str) -> None:
    world = world_of(labeling("one", 70, 20), logs=True)
    asked = watched(world, (200, b"", {}))
    del world.parameters["/jobherald/ping"]
    if stored is not None:
        world.parameters["/jobherald/ping"] = stored
    world.run()
    assert keeps_its_promises(world)
    assert not asked
    assert said in world.log.getvalue()  # type: ignore[attr-defined]
