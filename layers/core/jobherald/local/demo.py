"""The demo: the real template on a local cloud, jobs that move, functions that die, and a reckoning at the end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import urlsplit

from rich.console import Console

from jobherald.channels.text import anchor
from jobherald.errors import JobheraldError
from jobherald.local import state
from jobherald.local.cloud import LocalCloud
from jobherald.local.demo_screen import DemoScreen
from jobherald.local.killer import ORDERS_FOLDER, Kill, Killer, draw, end_claims, shorten_waits
from jobherald.local.ledger import Showing
from jobherald.local.reckoning import Reckoning, Told, beginnings, reckon, resolve
from jobherald.local.scenario import NEW, REGION, Scenario, scenario
from jobherald.local.scenario_datasets import BUSY_REGION, PROJECTS
from jobherald.local.services import JobServices, ModelArts
from jobherald.local.slack import Message, SlackDouble, Spell
from jobherald.local.submitting import LIFE, SubmitCommand, Submitted, polls_between, prepare
from jobherald.local.subscribers import Subscriber
from jobherald.model import AlertKind, State

SECRET: Final = "/jobherald/slack"  # noqa: S105  # where it lies, not what it is
HUAWEI_SECRET: Final = "/jobherald/huawei"  # noqa: S105  # as above
SOURCES: Final = (
    "sagemaker.labeling",
    "rekognition.media_analysis",
    "modelarts.auto_labeling",
    "sagemaker.training",
    "bedrock.batch_inference",
    "glue.job_run",
    "batch.job",
    "transcribe.job",
)
CONFIGURATION: Final = f"""\
[[watch]]
id = "labeling campaigns"
source = "sagemaker.labeling"
regions = ["{REGION}"]
every = "2s"

[[watch]]
id = "media analysis"
source = "rekognition.media_analysis"
regions = ["{REGION}"]
every = "2s"

[[watch]]
id = "auto labeling"
source = "modelarts.auto_labeling"
every = "2s"

[[watch]]
id = "training"
source = "sagemaker.training"
regions = ["{REGION}"]
every = "3s"

[[watch]]
id = "batch inference"
source = "bedrock.batch_inference"
regions = ["{REGION}"]
every = "3s"

[[watch]]
id = "runs of Glue jobs"
source = "glue.job_run"
regions = ["{REGION}"]
every = "3s"

[[watch]]
id = "jobs in queues"
source = "batch.job"
regions = ["{REGION}"]
every = "3s"

[[watch]]
id = "transcriptions"
source = "transcribe.job"
regions = ["{REGION}"]
every = "3s"
"""
TICK_SECONDS: Final = 1.0
THROTTLED_SECONDS: Final = 2.5
# One that fails is made up for by the next, as in the cloud.
FAILED_TICKS: Final = 3
# How long after the last job's end, the last arrival, and each kill, everything due must have arrived everywhere.
PATIENCE: Final = timedelta(seconds=40)
RECOVERY: Final = timedelta(seconds=80)
# How long after the first new job is created the kills wait for nothing but the first looks.
UNTIL_KILLS: Final = timedelta(seconds=3)


def main(*, fault: str = "", seed: int = 1, keep: bool = False, kills: bool = True) -> int:
    """Run the demo and print its reckoning. Where something is lost on purpose nothing is killed: it would come again.

    Returns the exit code: 0 where nothing was lost, nothing told twice but by a crash, and the job that was submitted
    was told.
    """
    began = time.monotonic()
    screen = DemoScreen(Console())
    with running(screen) as local:
        demo = Demo(local, screen, fault=fault, seed=seed, deadly=kills and not fault)
        reckoning = demo.run()
        screen.reckoned(reckoning, demo.kills, local.services.ledger)
        if demo.polls_until_told is None:
            screen.never_told()
        screen.messages(local.slack)
        screen.last_line(json.dumps(demo.summary(reckoning, time.monotonic() - began)))
        if keep:
            screen.keep(local.cloud.endpoint, local.slack.url)
    return 1 if reckoning.lost or reckoning.duplicated or demo.polls_until_told is None else 0


@dataclass(frozen=True, slots=True)
class Local:
    """Everything that the demo needs, running."""

    services: JobServices
    modelarts: ModelArts
    slack: SlackDouble
    cloud: LocalCloud
    orders: Path

    def add(self, jobs: Scenario) -> None:
        """Let every job of the scenario live in its service."""
        self.modelarts.add(*jobs.datasets)
        self.services.open(*jobs.parents)
        for job in (*jobs.before, *jobs.after):
            (self.modelarts if job.place.service == "modelarts" else self.services).add(job)

    @property
    def parameters(self) -> dict[str, str]:
        """What the stack is deployed with, to find all that runs here."""
        huawei = self.modelarts.environment()
        return {
            "ScheduleState": "DISABLED",
            "Sources": ",".join(SOURCES),
            "SlackSecret": f"ssm:{SECRET}",
            "SlackApiUrl": self.slack.api_url,
            # Hours pass in a minute here: what is gathered for a minute would be told when all is over.
            "SlackPostsPerMinute": "1000",
            "HuaweiSecret": f"ssm:{HUAWEI_SECRET}",
            "HuaweiProjects": huawei["HUAWEI_PROJECTS"],
            "HuaweiEndpoints": huawei["HUAWEI_ENDPOINTS"],
        }


@contextmanager
def running(screen: DemoScreen, *, pace: str = "0") -> Iterator[Local]:
    """The job services, Slack and the cloud with the stack deployed; another terminal finds it by ``--local``."""
    with ExitStack() as stack:
        services = stack.enter_context(JobServices())
        modelarts = stack.enter_context(ModelArts(ledger=services.ledger, projects=PROJECTS))
        slack = stack.enter_context(SlackDouble())
        orders = Path(stack.enter_context(TemporaryDirectory(prefix="jobherald-orders-")))
        environment = {**services.environment(), ORDERS_FOLDER: str(orders)}
        cloud = stack.enter_context(LocalCloud(environment=environment))
        local = Local(services, modelarts, slack, cloud, orders)
        with screen.doing("building the layers for this machine"):
            cloud.build()
        with screen.doing("deploying template.yaml to the local cloud"):
            secrets = {SECRET: slack.webhook_url, HUAWEI_SECRET: modelarts.key.secret}
            for name, value in secrets.items():
                cloud.client("ssm").put_parameter(Name=name, Type="SecureString", Value=value)
            cloud.deploy({**local.parameters, "PagePace": pace})
            parameter = cloud.outputs["ConfigParameter"]
            cloud.client("ssm").put_parameter(Name=parameter, Type="String", Value=CONFIGURATION)
        found = state.LocalCloud(
            cloud.endpoint, cloud.stack, cloud.region, cloud.pid, job_services=services.url
        )
        state.save(found)
        # Another demo of this user's is no reason for our own command to go there.
        state.save(found, cloud.folder)
        stack.callback(state.clear)
        yield local


@dataclass
class Demo:
    """One run of the scenario. ``fault`` ``swallow`` makes both sides lose one message that they acknowledged.

    ``deadly``: functions are killed at moments that the seed draws.
    """

    local: Local
    screen: DemoScreen
    fault: str = ""
    seed: int = 1
    deadly: bool = False
    kills: list[Kill] = field(init=False, default_factory=list)
    ordered: bool = field(init=False, default=False)
    kills_from: datetime = field(init=False)
    to_lose: int = field(init=False, default=0)
    swallowing: bool = field(init=False, default=False)
    failed_ticks: int = field(init=False, default=0)
    throttled_at: datetime | None = field(init=False, default=None)
    submitted: Submitted | None = field(init=False, default=None)
    polls_until_told: int | None = field(init=False, default=None)

    def run(self) -> Reckoning:
        """Baseline, campaign, and waiting until everything due has arrived everywhere, or is overdue."""
        self.to_lose = 1 if self.fault == "swallow" else 0
        topic = self.local.cloud.outputs["TopicArn"]
        file = prepare(self.local.cloud)
        if self.deadly:
            shorten_waits(self.local.cloud)
        self.local.services.labeling.life = LIFE
        # Some seconds ahead, so that the first look is over when the first new job begins.
        jobs = scenario(datetime.now(UTC) + timedelta(seconds=6), self.seed)
        self.local.add(jobs)
        self.kills_from = min(job.created_at for job in jobs.after) + UNTIL_KILLS
        self.killer = Killer(
            self.local.orders, draw(self.seed) if self.deadly else (), self.local.cloud.function
        )
        self.everything = Subscriber(
            self.local.cloud, topic, "everything", lose=self._lose, on_message=self.screen.told
        )
        self.pager = Subscriber(self.local.cloud, topic, "pager", filter_policy={"severity": ["error"]})
        with self.everything, self.pager, SubmitCommand(file) as self.submit:
            self._campaign(jobs)
            return self._wait(jobs)

    def summary(self, reckoning: Reckoning, seconds: float) -> dict[str, Any]:
        """The last line: what the reckoning comes to."""
        told = {(item.job, item.state) for item in self._told_by_sns()}
        changes = {(item.job, item.state) for item in reckoning.due}
        changes |= {(item.job, item.state) for item in reckoning.may} & told
        return {
            "watches": CONFIGURATION.count("[[watch]]"),
            "jobs": len({showing.job for showing in self.local.services.ledger}),
            "changes": len(changes),
            "sns": reckoning.received["sns"],
            "slack": reckoning.received["slack"],
            "lost": len(reckoning.lost),
            "duplicated": len(reckoning.duplicated),
            "seconds": round(seconds, 1),
            "kills": len(self.kills),
            "duplicated_by_crash": len(reckoning.duplicated_by_crash),
        }

    def _campaign(self, jobs: Scenario) -> None:
        """Tick as the Scheduler would, only faster; send the events; let each side have its bad spell in the middle."""
        events = list(jobs.events)
        start = min(job.created_at for job in jobs.after)
        spells = [
            (start + timedelta(seconds=4), Spell.RATE_LIMITED, 2.0),
            (start + timedelta(seconds=6), Spell.SERVER_ERROR, 1.5),
        ]
        self.screen.begins(jobs)
        while (now := datetime.now(UTC)) < jobs.ends_at + timedelta(seconds=1):
            for event in [event for at, event in events if at <= now]:
                self.local.cloud.put_event(event)
            events = [(at, event) for at, event in events if at > now]
            for _, spell, seconds in [each for each in spells if each[0] <= now]:
                self.screen.spell(spell, seconds)
                self.local.slack.cast(spell, seconds=seconds, retry_after=2)
            spells = [each for each in spells if each[0] > now]
            self._throttle(now)
            self._tick()
            self._submit()

    def _throttle(self, now: datetime) -> None:
        """The gateway's bad spell, as soon as its first look is over: the place is then left alone for half a minute."""
        faults = self.local.modelarts.faults
        if self.throttled_at is None and self._watches("modelarts.auto_labeling", BUSY_REGION):
            self.throttled_at = now
            self.screen.throttled(BUSY_REGION, THROTTLED_SECONDS)
            faults.throttle(None, region=BUSY_REGION)
        elif self.throttled_at is not None and now > self.throttled_at + timedelta(seconds=THROTTLED_SECONDS):
            faults.clear()

    def _watches_all(self) -> bool:
        """Whether people have been told of every place."""
        return all(
            self._watches(source, region)
            for source in SOURCES
            for region in (PROJECTS.values() if source.startswith("modelarts.") else (REGION,))
        )

    def _watches(self, source: str, region: str) -> bool:
        """Whether people have been told that a source is watched in a region."""
        wanted = (AlertKind.WATCHING, source, region)
        return any(
            (each.get("alert"), each["source"], each["region"]) == wanted for each in self.everything.messages
        )

    def _swallow(self) -> None:
        """The fault at Slack, once it has shown a change: what it is sent next is another one."""
        shows_changes = any(Told.of_id(each) for one in self.local.slack.messages for each in one.anchors)
        if self.fault == "swallow" and not self.swallowing and shows_changes:
            self.swallowing = True
            self.screen.spell(Spell.SWALLOW, 0.0)
            self.local.slack.cast(Spell.SWALLOW, posts=1, only=_tells_an_end)

    def _wait(self, jobs: Scenario) -> Reckoning:
        while True:
            self._tick()
            self._submit()
            reckoning = self._reckon(jobs)
            overdue = datetime.now(UTC) > self._patient_until(jobs)
            done = not reckoning.lost or self._only_faults_left(reckoning)
            if overdue or (
                done and self._all_ends_shown(jobs) and self._in_step(reckoning) and self._recovered()
            ):
                return reckoning

    def _patient_until(self, jobs: Scenario) -> datetime:
        """When what has not arrived will not arrive any more: on a slow machine much may still be on its way."""
        arrived = [*self.everything.sent_at, *(message.at for message in self.local.slack.messages)]
        return max([max([jobs.ends_at, *arrived]) + PATIENCE, *(kill.at + RECOVERY for kill in self.kills)])

    def _in_step(self, reckoning: Reckoning) -> bool:
        """Whether both sides have been told as much: what need not be told, but was, may still be on its way to one."""
        return bool(self.fault) or reckoning.received["sns"] == reckoning.received["slack"]

    def _recovered(self) -> bool:
        """Whether nothing is left in Slack's queue of what its dead held: some of that is told again."""
        if not self.kills:
            return True
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.local.cloud.client("sqs").get_queue_attributes(
            QueueUrl=self.local.cloud.outputs["SlackQueueUrl"], AttributeNames=names
        )
        return not any(int(answer["Attributes"][name]) for name in names)

    def _all_ends_shown(self, jobs: Scenario) -> bool:
        """Whether the services have answered with every job's end: before that, more is still to come."""
        if self.submitted is None:
            return False
        shown = {showing.job for showing in self.local.services.ledger if showing.state.is_outcome}
        # Of those that are deleted nothing more is to come.
        awaited = {job.key.text for job in (*jobs.before, *jobs.after) if job.gone_from is None}
        return awaited <= shown and self.submitted.id in {job.partition(":")[2] for job in shown}

    def _only_faults_left(self, reckoning: Reckoning) -> bool:
        """Whether all that is missing is what the fault took: nothing will bring that back."""
        if not self.local.slack.swallowed:
            return False
        swallowed = {told.job for told in self._told_by(self.local.slack.swallowed)}
        taken = swallowed | set(self._lost_jobs)
        return all(finding.job in taken for finding in reckoning.lost)

    def _tick(self) -> None:
        began = time.monotonic()
        answer = self.local.cloud.invoke("schedule")
        self.failed_ticks = self.failed_ticks + 1 if answer.error else 0
        if self.failed_ticks > FAILED_TICKS:
            raise JobheraldError(f"The schedule function fails again and again: {answer.error}")
        self.screen.tick(self.local.slack)
        self._kill()
        self._swallow()
        time.sleep(max(0.0, TICK_SECONDS - (time.monotonic() - began)))

    def _kill(self) -> None:
        """Order the kills when the places are watched, and say who died since.

        Not before the submitted job was told, which ought to be soon, unless that takes the better part of the campaign.
        """
        now = datetime.now(UTC)
        ready = self.polls_until_told is not None or now > self.kills_from
        if self.deadly and not self.ordered and ready and self._watches_all():
            self.ordered = True
            self.killer.give(now)
        fresh = self.killer.kills[len(self.kills) :]
        self.kills += fresh
        for kill in fresh:
            self.screen.killed(kill, self._hosts)
            if kill.verb == "slack":
                end_claims(self.local.cloud, kill.began, datetime.now(UTC))

    @property
    def _hosts(self) -> Mapping[str, str]:
        """Who is behind the addresses that are not AWS's."""
        slack, gateways = self.local.slack.url, self.local.modelarts.environment()["HUAWEI_ENDPOINTS"]
        names = {pair.partition("=")[2]: "ModelArts" for pair in gateways.split(",")} | {slack: "Slack"}
        return {urlsplit(url).netloc: name for url, name in names.items()}

    def _submit(self) -> None:
        """Run the command after the first looks, and before most of the campaign; say what came of it.

        Not before: the command lists jobs too, to see that the name is free, and in the ledger one listing is as good as
        another. Nor behind messages that Slack refuses for a while.
        """
        if not self.submit.begun and self._watches("sagemaker.labeling", REGION) and not self._backlog():
            self.screen.submits(self.submit.words)
            self.submit.begin()
        if self.submitted is None:
            self.submitted = self.submit.result()
            if self.submitted is not None:
                self.screen.submitted(self.submitted)
        if self.submitted is not None and self.polls_until_told is None:
            self._first_message_of(self.submitted)

    def _backlog(self) -> set[str]:
        """The changes that SNS has told and Slack has not, but for those that it never will."""
        slack = self.local.slack
        in_slack = {told.id for told in self._told_by([*slack.messages, *slack.swallowed])}
        return {told.id for told in self._told_by_sns()} - in_slack

    def _first_message_of(self, submitted: Submitted) -> None:
        for message in self.local.slack.messages:
            for told in self._told_by([message]):
                if told.job.partition(":")[2] == submitted.id:
                    services = self.local.services
                    job = next(job for job in services.jobs() if job.id == submitted.id)
                    self.polls_until_told = polls_between(
                        services.calls, job.region, job.created_at, message.at
                    )
                    self.screen.told_of_submitted(told.state, self.polls_until_told)
                    return

    def _reckon(self, jobs: Scenario) -> Reckoning:
        ledger, began = self.local.services.ledger, self._beginnings(jobs)
        by_sns, by_slack = self._told_by_sns(), self._told_by(self.local.slack.messages)
        pager = _told_to(self.pager)
        notified = [kill.at for kill in self.kills if kill.verb == "notify"]
        posted = [kill.at for kill in self.kills if kill.verb == "slack"]
        whole = reckon(
            ledger,
            {"sns": by_sns, "slack": by_slack},
            began=began,
            heard=self._heard,
            crashes={"sns": notified, "slack": posted},
        )
        failures = reckon(
            ledger,
            {"pager": pager},
            began=began,
            states=frozenset({State.FAILED}),
            heard=self._heard,
            crashes={"pager": notified},
        )
        return whole.joined(failures)

    def _heard(self, showing: Showing) -> bool:
        """Whether an answer can have reached a poll that lived on: none that was made while one of its kind had yet to die."""
        polls = (kill for kill in self.kills if kill.verb == "poll")
        return not any(kill.began <= showing.at <= kill.at for kill in polls)

    def _beginnings(self, jobs: Scenario) -> Mapping[str, datetime] | None:
        """T0 of every place, as soon as the datasets and Glue's jobs have been listed."""
        calls = {
            "modelarts.auto_labeling": (self.local.modelarts.calls, "", "ListDatasets"),
            "glue.job_run": (self.local.services.calls, "glue", "ListJobs"),
        }
        began = dict(self.local.services.ledger.first_listed)
        for source, (made, service, operation) in calls.items():
            lists = [
                call.at
                for call in made
                if (call.service, call.operation, call.code) == (service, operation, "")
            ]
            if not lists:
                return None
            appeared = {key: at for key, at in jobs.appeared.items() if key.startswith(f"{source}/")}
            known = beginnings(self.local.services.ledger, appeared, min(lists))
            began |= {place: known[place] for place in appeared if place in known}
        return began

    def _told_by_sns(self) -> list[Told]:
        return _told_to(self.everything)

    def _told_by(self, posts: Sequence[Message]) -> list[Told]:
        known = self._told_by_sns()
        return [replace(told, at=post.at) for post in posts for told in resolve(post.anchors, known, anchor)]

    @property
    def _lost_jobs(self) -> list[str]:
        return [message["job"] for message in self.everything.lost if "job" in message]

    def _lose(self, message: dict[str, Any]) -> bool:
        """The fault at the subscriber: one outcome of a new job that it acknowledged and forgot."""
        if self.to_lose and message.get("state") == State.SUCCEEDED and NEW in message["name"]:
            self.to_lose -= 1
            return True
        return False


def _told_to(subscriber: Subscriber) -> list[Told]:
    """What a subscriber received, with when the topic sent it."""
    received = zip(subscriber.messages, subscriber.sent_at, strict=False)
    found = ((Told.of_message(message), at) for message, at in received)
    return [replace(told, at=at) for told, at in found if told]


def _tells_an_end(payload: Mapping[str, Any]) -> bool:
    """Whether a post names an outcome: a start may be overtaken, and then nobody misses it."""
    return any(word in str(payload.get("text")) for word in ("succeeded", "failed", "stopped"))
