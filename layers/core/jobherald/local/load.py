"""A campaign at full load: thousands of jobs over twenty places on the local cloud, of which many change at once."""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from jobherald.channels.text import anchor
from jobherald.errors import JobheraldError
from jobherald.local.cloud import LocalCloud
from jobherald.local.reckoning import Reckoning, Told, reckon, resolve
from jobherald.local.services import JobServices, ScriptedJob, labeling_job, media_analysis_job
from jobherald.local.slack import SlackDouble
from jobherald.local.subscribers import Subscriber
from jobherald.model import Place

SECRET: Final = "/jobherald/slack"  # noqa: S105  # where it lies, not what it is
ACCOUNT: Final = "111122223333"
LABELING: Final = "sagemaker.labeling"
MEDIA: Final = "rekognition.media_analysis"
SOURCES: Final = (LABELING, MEDIA)
REGIONS: Final = (
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "ca-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-central-1",
    "ap-south-1",
    "ap-southeast-2",
    "ap-northeast-1",
)
EVERY: Final = 10
CONFIGURATION: Final = "\n".join(
    f'[[watch]]\nid = "{source}"\nsource = "{source}"\nregions = {json.dumps(REGIONS)}\nevery = "{EVERY}s"\n'
    for source in SOURCES
)
PLACES: Final = tuple(Place(source, ACCOUNT, region) for source in SOURCES for region in REGIONS)

JOBS: Final = 10_000
# Of the jobs, those that were over before the first look, that end in the burst and that begin in it; the rest runs on.
FINISHED: Final = 0.1
ENDING: Final = 0.2
BEGINNING: Final = 0.05
BURST_SECONDS: Final = 20.0

TICK_SECONDS: Final = 1.0
# One that fails is made up for by the next, as in the cloud.
FAILED_TICKS: Final = 3
FIRST_LOOK_SECONDS: Final = 600.0
# After the burst: what everything may take that has nothing to wait for, and what a change may take of Slack's pace.
PATIENCE_SECONDS: Final = 120.0
PATIENCE_A_CHANGE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Result:
    """What one run came to; times are from the service's change until SNS had it, in seconds.

    ``requests_per_change`` are all requests of all functions, list calls and idle polls included, from the burst until SNS
    had everything; ``oldest_look_seconds`` is the worst that schedule said meanwhile of a look that was due. ``seconds`` is
    the whole run, without starting and deploying the cloud.
    """

    places: int
    jobs: int
    changes: int
    lost: int
    duplicated: int
    median_seconds: float
    p95_seconds: float
    worst_seconds: float
    slack_posts: int
    seconds: float
    requests_per_change: float
    oldest_look_seconds: float


@dataclass(frozen=True, slots=True)
class _Plan:
    """One job of the campaign, without its moments. ``outcome`` walks through the ways in which a job can end."""

    place: Place
    name: str
    created_at: datetime
    outcome: int

    def job(self, *, starts_after: float = 30.0, ends_at: datetime | None = None) -> ScriptedJob:
        """The job, in progress until ``ends_at`` (None: for good)."""
        begins = self.created_at + timedelta(seconds=starts_after)
        lasts = (ends_at - begins).total_seconds() if ends_at else 0.0
        made = labeling_job if self.place.source == LABELING else media_analysis_job
        common: dict[str, Any] = {"region": self.place.region, "starts_after": starts_after, "lasts": lasts}
        if made is labeling_job:
            # Its counters stand still, so that an open job is the same whenever it was made.
            common["counts"] = 1
            ways: tuple[str, ...] = ("Completed", "Completed", "Failed", "Stopped")
        else:
            ways = ("SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED")
        ends = ways[self.outcome % len(ways)] if ends_at else ""
        return made(self.name, created_at=self.created_at, account=ACCOUNT, ends=ends, **common)


@dataclass
class Load:
    """One run over ``jobs`` jobs; ``say`` hears how far it is."""

    jobs: int
    services: JobServices
    slack: SlackDouble
    cloud: LocalCloud
    say: Callable[[str], None]
    began: float = field(init=False, default_factory=time.monotonic)
    changed_at: dict[str, datetime] = field(init=False, default_factory=dict)
    oldest_look: float = field(init=False, default=0.0)
    failed_ticks: int = field(init=False, default=0)
    requests: int = field(init=False, default=0)

    def run(self) -> tuple[Result, Reckoning]:
        """First look, burst, and waiting until everything was told or is overdue. Raises JobheraldError."""
        chance = random.Random(self.jobs)
        self.say(f"{self.jobs} jobs over {len(PLACES)} places")
        finished, ending, beginning, rest = self._shares()
        now = datetime.now(UTC)
        self._add_finished(self._plans("archive", finished, now, chance))
        to_end = list(self._plans("open", ending, now, chance))
        self.services.add(*(plan.job() for plan in to_end))
        self.services.add(*(plan.job() for plan in self._plans("steady", rest, now, chance)))
        with Subscriber(self.cloud, self.cloud.outputs["TopicArn"], "load") as heard:
            self._first_looks(heard)
            posts, requests, self.oldest_look = len(self.slack.messages), self._requests(), 0.0
            burst = datetime.now(UTC) + timedelta(seconds=1)
            self._burst(to_end, beginning, burst, chance)
            self._wait(heard, burst)
            return self._result(heard, len(self.slack.messages) - posts, self.requests - requests)

    # The jobs

    def _shares(self) -> tuple[int, int, int, int]:
        finished, ending, beginning = (round(self.jobs * share) for share in (FINISHED, ENDING, BEGINNING))
        return finished, ending, beginning, self.jobs - finished - ending - beginning

    def _plans(self, word: str, count: int, now: datetime, chance: random.Random) -> Iterator[_Plan]:
        """Jobs of the last ten hours, dealt out over the places."""
        for number in range(count):
            created = now - timedelta(seconds=chance.uniform(600, 36_000))
            yield _Plan(PLACES[number % len(PLACES)], f"{word}-{number:05}", created, number // len(PLACES))

    def _add_finished(self, plans: Iterator[_Plan]) -> None:
        for plan in plans:
            self.services.add(plan.job(ends_at=plan.created_at + timedelta(seconds=400)))

    def _burst(self, to_end: Sequence[_Plan], beginning: int, at: datetime, chance: random.Random) -> None:
        """From ``at`` on within the seconds of the burst, these jobs end and ``beginning`` others begin."""
        self.say(f"{len(to_end)} jobs end and {beginning} begin within {BURST_SECONDS:g} s")
        for plan in to_end:
            ends_at = at + timedelta(seconds=chance.uniform(0, BURST_SECONDS))
            self._changes(plan.job(ends_at=ends_at), ends_at)
        for number in range(beginning):
            begins = at + timedelta(seconds=chance.uniform(0, BURST_SECONDS))
            plan = _Plan(PLACES[number % len(PLACES)], f"new-{number:05}", begins, 0)
            self._changes(plan.job(starts_after=0.1), begins + timedelta(seconds=0.1))

    def _changes(self, job: ScriptedJob, at: datetime) -> None:
        self.services.add(job)
        self.changed_at[f"{job.place.key}:{job.id}"] = at

    # The run

    def _first_looks(self, heard: Subscriber) -> None:
        deadline = time.monotonic() + FIRST_LOOK_SECONDS
        while len(self._watched(heard)) < len(PLACES):
            if time.monotonic() > deadline:
                raise JobheraldError(
                    f"After {FIRST_LOOK_SECONDS:g} s the first look is over at {len(self._watched(heard))} places only."
                )
            self._tick()
        self.say(f"the first looks are over after {time.monotonic() - self.began:.0f} s")

    @staticmethod
    def _watched(heard: Subscriber) -> set[str]:
        return {
            f"{each['source']}/{each['region']}" for each in heard.messages if each.get("alert") == "watching"
        }

    def _wait(self, heard: Subscriber, burst: datetime) -> None:
        patience = BURST_SECONDS + PATIENCE_SECONDS + PATIENCE_A_CHANGE * len(self.changed_at)
        overdue = burst + timedelta(seconds=patience)
        said = ""
        while datetime.now(UTC) < overdue:
            self._tick()
            by_sns = self._told_by_sns(heard)
            in_slack = set(self.slack.anchors())
            jobs = {told.job for told in by_sns} & self.changed_at.keys()
            told = sum(anchor(told.id) in in_slack for told in by_sns)
            if (
                line := f"{len(jobs)} of {len(self.changed_at)} jobs told by SNS, {told} changes in Slack"
            ) != said:
                self.say(said := line)
            if len(jobs) < len(self.changed_at):
                self.requests = self._requests()
            elif told == len(by_sns):
                return

    def _tick(self) -> None:
        began = time.monotonic()
        answer = self.cloud.invoke("schedule")
        self.failed_ticks = self.failed_ticks + 1 if answer.error else 0
        if self.failed_ticks > FAILED_TICKS:
            raise JobheraldError(f"The schedule function fails again and again: {answer.error}")
        if not answer.error:
            self.oldest_look = max(self.oldest_look, answer.payload["oldest_look"])
        time.sleep(max(0.0, TICK_SECONDS - (time.monotonic() - began)))

    def _requests(self) -> int:
        """Requests of the functions so far: those that the emulator saw, and those that the job services did."""
        return len(self.cloud.role_calls()) + len(self.services.calls)

    # What came of it

    @staticmethod
    def _told_by_sns(heard: Subscriber) -> list[Told]:
        return [told for message in heard.messages if (told := Told.of_message(message))]

    def _result(self, heard: Subscriber, posts: int, requests: int) -> tuple[Result, Reckoning]:
        by_sns = self._told_by_sns(heard)
        anchors = [each for message in self.slack.messages for each in message.anchors]
        by_slack = resolve(anchors, by_sns, anchor)
        reckoning = reckon(self.services.ledger, {"sns": by_sns, "slack": by_slack})
        late = self._lateness(heard)
        result = Result(
            places=len(PLACES),
            jobs=len({showing.job for showing in self.services.ledger}),
            changes=len({told.id for told in by_sns}),
            lost=len(reckoning.lost),
            duplicated=len(reckoning.duplicated),
            median_seconds=_share(late, 0.5),
            p95_seconds=_share(late, 0.95),
            worst_seconds=_share(late, 1.0),
            slack_posts=posts,
            seconds=round(time.monotonic() - self.began, 1),
            requests_per_change=round(requests / max(1, len(by_sns)), 2),
            oldest_look_seconds=round(self.oldest_look, 1),
        )
        return result, reckoning

    def _lateness(self, heard: Subscriber) -> list[float]:
        """Seconds from each job's change until SNS had it, in order of size; a repetition does not count."""
        first: dict[str, float] = {}
        for message, sent_at in zip(heard.messages, heard.sent_at, strict=False):
            changed_at = self.changed_at.get(message.get("job", ""))
            if changed_at is not None:
                first.setdefault(message["id"], (sent_at - changed_at).total_seconds())
        return sorted(first.values())


def _share(ordered: Sequence[float], share: float) -> float:
    """The smallest value that this share of all does not exceed; not a number where there are none."""
    return round(ordered[math.ceil(share * len(ordered)) - 1], 1) if ordered else math.nan


def load(
    jobs: int = JOBS, say: Callable[[str], None] = lambda _: None, parameters: Mapping[str, str] | None = None
) -> tuple[Result, Reckoning]:
    """Deploy the stack to a local cloud of its own and run; ``parameters`` are further ones of the template.

    Raises JobheraldError.
    """
    with ExitStack() as stack:
        services = stack.enter_context(JobServices())
        # It takes a message a second, as the real one does.
        slack = stack.enter_context(SlackDouble())
        cloud = stack.enter_context(LocalCloud(environment=services.environment()))
        secret = {"Name": SECRET, "Type": "SecureString", "Value": slack.webhook_url}
        cloud.client("ssm").put_parameter(**secret)
        cloud.deploy(
            {
                "ScheduleState": "DISABLED",
                "PagePace": "0",
                "Sources": ",".join(SOURCES),
                "Regions": ",".join(REGIONS),
                "SlackSecret": f"ssm:{SECRET}",
                "SlackApiUrl": slack.api_url,
                **(parameters or {}),
            }
        )
        parameter = cloud.outputs["ConfigParameter"]
        cloud.client("ssm").put_parameter(Name=parameter, Type="String", Value=CONFIGURATION)
        return Load(jobs, services, slack, cloud, say).run()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and print the figures as one JSON line. Returns 1 where anything was lost or told twice."""
    parser = argparse.ArgumentParser(prog="make load", description=__doc__)
    parser.add_argument("--jobs", type=int, default=JOBS, help=f"how many in all (default {JOBS})")
    chosen = parser.parse_args(arguments)
    result, reckoning = load(chosen.jobs, _say)
    for finding in (*reckoning.lost, *reckoning.duplicated, *reckoning.unexpected):
        _say(str(finding))
    sys.stdout.write(f"{json.dumps(asdict(result))}\n")
    return 0 if reckoning.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
