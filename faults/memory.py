"""What is remembered when all is quiet, read as people read it: by the API, against the services and against what was told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from faults import patches
from faults.world import World
from jobherald import bootstrap
from jobherald.channels.message import to_message
from jobherald.channels.text import anchor
from jobherald.local.services import ScriptedJob
from jobherald.model import JobKey, State, Story
from tests.api.gateway import Gateway

UNTOLD = frozenset({State.QUEUED, State.STOPPING, State.UNKNOWN})
PAGE = 3
_CUT = frozenset({"console_url", "name", "output", "reason", "reason_code", "service_status"})


def inconsistencies(
    world: World, sources: Collection[str], altered: Collection[str] = (), *, forgot: bool = False
) -> Iterator[str]:
    """Where memory, the services and what was told part. The world must be quiet.

    ``altered`` are jobs whose rows were shown other than they are, ``forgot`` says that TTL took what was finished.
    """
    yield from ids_that_changed(world)
    yield from broken_chains(world)
    with patches.of(world):
        stories = _stories(world)
        for key in stories.keys() ^ set(_listed(world)):
            yield f"{key} is {'remembered, but not listed' if key in stories else 'listed, but not remembered'}"
        for job in _jobs(world):
            if job.source in sources:
                story = stories.get(JobKey(job.place, job.id).text)
                yield from _against_service(world, job, story, altered=job.id in altered, forgot=forgot)
        for key, story in stories.items():
            yield from _against_told(world, key, story, forgot=forgot)


def ids_that_changed(world: World) -> Iterator[str]:
    """One id, two contents."""
    first: dict[str, Mapping[str, Any]] = {}
    for topic in world.topics.values():
        for received in topic.received:
            before = first.setdefault(received.message["id"], received.message)
            different = [name for name, value in received.message.items() if before.get(name, value) != value]
            if different or before.keys() != received.message.keys():
                yield f"{received.message['id']} was told again with another {', '.join(different)}"


def broken_chains(world: World) -> Iterator[str]:
    """Changes of one job of which the next does not begin where the one before it ended."""
    changes: dict[str, dict[int, Mapping[str, Any]]] = {}
    for message in world.published():
        if message["schema"].startswith("jobherald.change/"):
            number = int(message["id"].rpartition("#")[2])
            changes.setdefault(message["job"], {})[number] = message
    for job, known in changes.items():
        ordered = [known[number] for number in sorted(known)]
        for before, after in pairwise(ordered):
            previous = after["previous_state"]
            if previous != before["state"] and previous not in UNTOLD:
                yield f"{job} went on from {previous} to {after['state']}, after {before['state']} was told"
        for message in ordered:
            if message["previous_state"] == message["state"]:
                yield f"{message['id']} went from {message['state']} to itself"


def _same(told: Mapping[str, Any], remembered: Mapping[str, Any]) -> bool:
    """Whether one is the other but for texts that a message has no room for."""
    return all(told.get(name) == value for name, value in remembered.items() if name not in _CUT)


def _jobs(world: World) -> list[ScriptedJob]:
    return [*world.jobs.aws.jobs(), *world.jobs.modelarts.jobs()]


def _shown(world: World, job: ScriptedJob) -> State:
    """The state that the service shows of it at this moment."""
    row = job.at(world.clock.now())
    if job.source == world.jobs.modelarts.tasks.source:
        return world.jobs.modelarts.tasks.state_of(world.jobs.modelarts.faults.shown(job.id, row))
    aws = world.jobs.aws
    api = next(api for api in (aws.labeling, aws.media_analysis) if api.source == job.source)
    return api.state_of(aws.faults.shown(job.id, row))[1]


def _stories(world: World) -> dict[str, Story]:
    """What the store tells of each of its jobs. It asks as a function does."""
    keys = [item["pk"]["S"].removeprefix("job#") for item in world.table.items() if item["sk"]["S"] == "job"]
    found: dict[str, Story] = {}

    def read(_event: Any, _context: Any) -> None:
        for key in keys:
            story = bootstrap.store().story(key)
            assert story is not None, key
            found[key] = story

    result = world.invoke("api", None, read)
    assert not result.failed, result.error
    return found


def _listed(world: World) -> list[str]:
    """The jobs as the API lists them, page by page, each looked up as well."""
    gateway = Gateway(lambda event, _: world.invoke("api", event).answer)
    keys: list[str] = []
    token = ""
    while True:
        answer = gateway.get(f"/jobs?limit={PAGE}{token}")
        keys += [job["id"] for job in answer.data["jobs"]]
        if answer.data["next_token"] is None:
            break
        token = f"&token={quote(answer.data['next_token'], safe='')}"
    for key in keys:
        assert gateway.get(f"/jobs/{quote(key, safe='')}").data["id"] == key
    assert len(set(keys)) == len(keys), keys
    return keys


def _against_service(
    world: World, job: ScriptedJob, story: Story | None, *, altered: bool, forgot: bool
) -> Iterator[str]:
    now = world.clock.now()
    if not job.exists(now):
        if story is not None and story.job.state.is_open:
            yield f"{job.id} is gone, and remembered as {story.job.state}"
        return
    if not job.is_listed(now):
        return
    shown = _shown(world, job)
    if story is None:
        began = world.hearing.ledger.first_listed.get(job.place.key.removesuffix(f"/{job.parent}"))
        known_before = began is None or job.created_at < began
        if not (shown.is_outcome and (known_before or forgot)):
            yield f"{job.id} is {shown}, and not remembered"
        return
    kept = story.job.state
    if kept is shown or (kept.is_outcome and (shown is State.UNKNOWN or (altered and shown.is_outcome))):
        return
    yield f"{job.id} is {shown}, and remembered as {kept}"


def _against_told(world: World, key: str, story: Story, *, forgot: bool) -> Iterator[str]:
    """The story tells of each delivery as it was, and where nothing went wrong of all of them."""
    messages = {message["id"]: message for message in world.published() if message.get("job") == key}
    anchors = {each for post in world.slack.posts for each in post.anchors}
    if story.owed:
        yield f"{key} still owes {[change.id for change in story.owed]}"
    told: dict[str, set[str]] = {"sns": set(), "slack": set()}
    for delivery in story.deliveries:
        told[delivery.channel].add(delivery.news.id)
        if not _same(messages.get(delivery.news.id, {}), to_message(delivery.news)):
            yield f"{delivery.news.id} is remembered as told on {delivery.channel}, otherwise than it was told"
        if delivery.channel == "slack" and anchor(delivery.news.id) not in anchors:
            yield f"{delivery.news.id} is remembered as told in Slack, where it was not"
    if world.gate.met or forgot:
        return
    for channel, ids in told.items():
        if missing := messages.keys() - ids:
            yield f"{channel}: {sorted(missing)} were told, and are in no story"
