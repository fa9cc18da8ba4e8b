"""The whole system in one process and one thread: the shipped functions on a simulated AWS, decided by what it is given.

Every call that a function makes passes the gate, whether to AWS (botocore's ``_make_api_call``), to Slack (urllib) or to
Huawei Cloud (urllib3); time moves only by what is waited for. So a run is the same each time, and a fault can be put at
each of its calls.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import StringIO
from typing import Any, Final, NamedTuple, TextIO, TypeAlias

from botocore.exceptions import ParamValidationError

from bench.handlers import Handler, handler
from faults import patches, requests, wires
from faults.answers import SERVICES
from faults.clock import VirtualClock
from faults.gate import Crash, Gate, Invocation, Kind
from faults.hearing import Heard, Hearing
from faults.idle import IdleWrites
from faults.jobs import MODELARTS, Jobs
from faults.lambdas import AsyncInvocations, Context, QueueMapping, Result
from faults.settings import Settings, settings
from faults.slack import WEBHOOK, Answer, Slack
from faults.stream import Record, Stream
from faults.table import Table
from faults.topics import Topic
from faults.values import Item
from jobherald.local.services import ScriptedJob
from jobherald.local.services.modelarts import AccessKey
from jobherald.local.services.recording import Note
from jobherald.local.web import Answer as HttpAnswer

Event: TypeAlias = tuple[datetime, Mapping[str, Any]]
"""One of EventBridge's, and the moment at which it is sent."""

ACCOUNT: Final = "111122223333"
REGION: Final = "us-east-1"
SOURCES: Final = ("sagemaker.labeling", "rekognition.media_analysis", "modelarts.auto_labeling")
TICK: Final = timedelta(minutes=1)
# What people would never put into a message, a log line or an error; found anywhere, it is a leak.
CANARY: Final = "c4n4ry"
WATCHMAN: Final = "https://watchman.example/"
SLACK_SECRET: Final = f"{WEBHOOK}-{CANARY}"
QUIET_TICKS: Final = 2
"""So many ticks without anything on its way, and what is to come out has come out."""

SLOW: Final = timedelta(seconds=4)
"""How long a slow call takes that is answered in the end; whoever posts to Slack gives up after five."""

REMEMBERED: Final = timedelta(days=90)
"""For how long the functions remember what is finished and told, where RETENTION_DAYS says nothing."""

LONGEST: Final = timedelta(minutes=60)
"""For how long a world goes on after its last event, to recover; what takes longer is lost to people."""


class Outage(NamedTuple):
    """The table's stream brings nothing from ``begins`` until ``ends``; with ``loses`` what it held by then is too old."""

    begins: datetime
    ends: datetime
    loses: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """What happens in a world, whatever the system does: jobs that live, events of them, and what is watched.

    ``watches`` is the configuration document. ``events`` are EventBridge's, each with the moment at which it is sent.
    ``doubled`` are moments at which the standard queues deliver what they hold a second time. At ``forgets`` all that
    is finished and told goes as TTL has it go after its time, while the services list it as before.
    """

    name: str
    start: datetime
    jobs: tuple[ScriptedJob, ...]
    watches: str
    events: tuple[Event, ...] = ()
    doubled: tuple[datetime, ...] = ()
    outage: Outage | None = None
    forgets: datetime | None = None

    @property
    def ends_at(self) -> datetime:
        """The last moment at which anything happens by itself."""
        moments = [job.ends_at for job in self.jobs]
        turns = [at for job in self.jobs for at in (job.listed_from, job.gone_from) if at is not None]
        others = [at for at in (self.forgets, self.outage and self.outage.ends) if at is not None]
        return max([*moments, *turns, *others, *(at for at, _ in self.events), self.start])


@dataclass(frozen=True, slots=True)
class Failed:
    """An invocation that ended in an error: at which calls it had met faults, and the error (None: its process died)."""

    function: str
    faults: int
    error: Exception | None


class World:
    """One run.

    ``faults`` are those that calls meet, by the calls' numbers; ``races`` are the numbers of calls before which
    everything else that is due runs first. With ``logs`` the functions' log is kept in ``log``; their metrics always are.
    With ``validate`` each call to AWS is held to the operation's model, and to what a service asks beyond it; what was
    wrong is in ``refused``. ``watchers`` are told of each write to the table that altered something.
    ``sources`` and ``regions`` are the deployment's, ``services`` what answers each client, ``variables``
    what the environment has besides; all may be changed before a run. ``pings`` counts those that the watchman got.
    """

    def __init__(
        self,
        schedule: Schedule,
        faults: Mapping[int, Kind] | None = None,
        races: Iterable[int] = (),
        *,
        logs: bool = False,
        validate: bool = False,
    ) -> None:
        self.logs = logs
        self.validate = validate
        self.refused: list[str] = []
        self.watchers: list[Callable[[Record], None]] = []
        self.schedule = schedule
        self.clock = VirtualClock(schedule.start)
        self.races = frozenset(races)
        self.faults = dict(faults or {})
        self.gate = Gate(self.clock, self.faults, self._between, unheard=self._unheard)
        self.settings: Settings = settings()
        self.hearing = Hearing(self._has_begun)
        self.failed: list[Failed] = []
        self.doubled = sorted(schedule.doubled)
        self.events = sorted(schedule.events, key=lambda event: event[0])
        self.idle = IdleWrites()
        self.ends_at = schedule.ends_at
        self.ticks_at = schedule.start
        self.ticking = True
        self.invocations = 0
        self.sources: tuple[str, ...] = SOURCES
        self.regions: tuple[str, ...] = (REGION,)
        self.services = dict(SERVICES)
        self.variables: dict[str, str] = {}
        self.pings = 0
        self.parameters: dict[str, str] = {
            "/jobherald/slack": SLACK_SECRET,
            "/jobherald/config": schedule.watches,
        }
        self.log: TextIO = StringIO()
        self._build()
        self.turns = self._turns()

    def _build(self) -> None:
        made = self.settings
        self.jobs = Jobs(self.clock, ACCOUNT, self._hear, AccessKey(secret_key=f"local/sk/{CANARY}"))
        self.jobs.add(self.schedule.jobs)
        self.parameters["/jobherald/huawei"] = self.jobs.modelarts.key.secret
        self.slack = Slack(self.clock)
        self.queues = {name: each.queue(self.clock) for name, each in made.queues.items()}
        for name, each in made.queues.items():
            if each.dead_letters:
                self.queues[name].dead_letters = self.queues[each.dead_letters]
        self.by_url = {queue.url: queue for queue in self.queues.values()}
        self.changes = Topic("arn:aws:sns:us-east-1:111122223333:changes", self.clock)
        self.changes.queues.append(self.queues["SlackQueue"])
        self.operations = Topic("arn:aws:sns:us-east-1:111122223333:operations", self.clock)
        self.topics = {topic.arn: topic for topic in (self.changes, self.operations)}
        self.stream = Stream(made.stream, on_failure=self._give_up)
        self.table = Table(made.table, "jobs", self.clock.now, stream=self._recorded)
        self.mappings = [
            QueueMapping(self.queues[each.queue], each.function, each.batch, each.window, each.concurrency)
            for each in made.mappings
        ]
        self.asynchronous = AsyncInvocations(
            self.clock,
            made.retries,
            made.event_ages,
            {name: self.queues[queue] for name, queue in made.dead_letters.items()},
        )

    # What people and programs got

    def published(self) -> list[Mapping[str, Any]]:
        """Every message on the topic of changes, as often as it came."""
        return [received.message for received in self.changes.received]

    # What happens besides the schedule

    def add(self, jobs: Iterable[ScriptedJob] = (), events: Iterable[Event] = ()) -> None:
        """Let further jobs live, and further events be sent."""
        jobs, events = tuple(jobs), tuple(events)
        self.jobs.add(jobs)
        self.events = sorted([*self.events, *events], key=lambda event: event[0])
        self.ends_at = max(self.ends_at, replace(self.schedule, jobs=jobs, events=events).ends_at)

    def plant(self, kind: Kind, after: int = 0) -> None:
        """Let a call meet a fault: the next one, or that which comes after so many others."""
        self.faults[len(self.gate.passed) + after] = kind

    def race(self, after: int = 0) -> None:
        """Let everything else that is due run before a call: the next one, or that which comes after so many others."""
        self.races |= {len(self.gate.passed) + after}

    def advance(self, seconds: float) -> None:
        """Run for so long."""
        self.run(self.clock.now() + timedelta(seconds=seconds))

    # The run

    def run(self, until: datetime | None = None) -> None:
        """Go on until nothing more is to come, or until a moment."""
        with patches.of(self):
            quiet = 0
            while until is None or self.clock.now() < until:
                moment = self._next_at()
                if moment is None or (until is not None and moment > until):
                    break
                self.clock.move_to(moment)
                if until is None and self.ticking and self.ticks_at <= self.clock.now():
                    over = self.clock.now() > self.ends_at
                    quiet = quiet + 1 if over and self._is_quiet() else 0
                    if quiet > QUIET_TICKS or self.clock.now() > self.ends_at + LONGEST:
                        break
                self._step()
            if until is not None:
                self.clock.move_to(until)

    def _next_at(self) -> datetime | None:
        moments = [
            self.asynchronous.next_at(),
            self.stream.next_at(),
            *(each.next_at() for each in self.mappings),
        ]
        if self.ticking:
            moments.append(self.ticks_at)
        if self.events:
            moments.append(self.events[0][0])
        if self.doubled:
            moments.append(self.doubled[0])
        if self.turns:
            moments.append(self.turns[0][0])
        return min((moment for moment in moments if moment is not None), default=None)

    def _step(self) -> bool:
        """Do one thing that is due. Returns whether there was one."""
        now = self.clock.now()
        if self.doubled and self.doubled[0] <= now:
            self.doubled.pop(0)
            for queue in self.queues.values():
                if not queue.fifo:
                    queue.double()
            return True
        if self.turns and self.turns[0][0] <= now:
            _, turn = self.turns.pop(0)
            turn()
            return True
        if self.events and self.events[0][0] <= now:
            _, event = self.events.pop(0)
            self.asynchronous.send("ingest", event)
            return True
        if self.ticking and self.ticks_at <= now:
            self.ticks_at += TICK
            self.asynchronous.send("schedule", {})
            return True
        if self.asynchronous.deliver(self.invoke):
            return True
        for mapping in self.mappings:
            due = mapping.next_at()
            if due is not None and due <= now and mapping.deliver(self.invoke):
                return True
        batch = self.stream.take(now)
        if batch is None:
            return False
        result = self.invoke("notify", batch.event())
        if result.failed:
            self.stream.failed(batch, self.clock.now())
        else:
            self.stream.done(batch, result.answer, self.clock.now())
        return True

    # What happens to the table and its stream by itself

    def _turns(self) -> list[tuple[datetime, Callable[[], None]]]:
        turns: list[tuple[datetime, Callable[[], None]]] = []
        if (outage := self.schedule.outage) is not None:
            turns.append((outage.begins, self.stream.disable))
            turns.append((outage.ends, self._end_outage))
        if self.schedule.forgets is not None:
            turns.append((self.schedule.forgets, self._forget))
        return sorted(turns, key=lambda turn: turn[0])

    def _end_outage(self) -> None:
        if self.schedule.outage is not None and self.schedule.outage.loses:
            self.stream.drop_all()
        self.stream.enable()

    def _forget(self) -> None:
        """Not where anything is on its way, or known only since a moment ago: in truth three months have passed."""
        items = self.table.items()
        settled = [_number(item, "settled") for item in items if item["sk"]["S"] == "place"]
        ended = [
            max(_number(item, name) for name in ("created", "modified", "ended"))
            for item in items
            if item["sk"]["S"] == "job" and "expires_at" in item
        ]
        if self._is_quiet() and max(ended, default=0) < min(settled, default=0):
            self.table.expire(self.clock.now() + REMEMBERED)

    def _recorded(self, record: Record) -> None:
        self.idle.watch(record)
        for watcher in self.watchers:
            watcher(record)
        self.stream.add(record)

    def _give_up(self, letter: Mapping[str, Any]) -> None:
        self.queues["NotifyDeadLetterQueue"].send(json.dumps(letter))

    def _is_quiet(self) -> bool:
        """Whether nothing is on its way, and nothing owed."""
        on_the_way = any(queue.messages for name, queue in self.queues.items() if "DeadLetter" not in name)
        return not (on_the_way or self.stream.next_at() or self.asynchronous.waiting or self.owing())

    def owing(self) -> list[str]:
        """The items that owe something."""
        return sorted(item["pk"]["S"] for item in self.table.items() if "unsent" in item)

    def invoke(self, function: str, event: Any, handle: Handler | None = None) -> Result:
        """One invocation, until it has answered, failed or died. ``handle`` runs in the place of the function's own."""
        self.invocations += 1
        ends = self.gate.ends(self.settings.timeouts[function])
        invocation = Invocation(function, self.invocations, ends)
        self.gate.running.append(invocation)
        self.hearing.begin()
        try:
            result = Result((handle or handler(function))(event, Context(self.clock, invocation)))
        except Crash:
            patches.cold_start()
            result = Result(failed=True)
        except Exception as error:  # noqa: BLE001  # as the runtime takes it
            result = Result(failed=True, error=error)
        finally:
            self.gate.running.pop()
            heard = self.hearing.end()
        failed = result.failed or bool(result.failures)
        self.hearing.keep(heard, failed=failed)
        if failed:
            self.failed.append(Failed(function, invocation.faults, result.error))
        return result

    def _between(self, number: int) -> None:
        """In a race the call takes nearly as long as a caller waits, and all that is due meanwhile comes first."""
        if number not in self.races or len(self.gate.running) > 1:
            return
        until = self.clock.now() + SLOW
        while (due := self._next_at()) is not None and due <= until:
            self.clock.move_to(due)
            if not self._step():
                break

    def _hear(self, note: Note, at: datetime) -> None:
        self.hearing.hear(Heard(note, at, len(self.gate.passed)))

    def _unheard(self) -> None:
        self.hearing.unhear(len(self.gate.passed))

    def _has_begun(self, place: str) -> bool:
        """Whether a place remembers its first look."""
        key = {"pk": {"S": f"place#{place}"}, "sk": {"S": "place"}}
        answer = self.table.get_item({"TableName": "jobs", "Key": key, "ConsistentRead": True})
        return "baseline" in answer.get("Item", {})

    # The services behind the gate

    def aws(self, service: str, operation: str, region: str, parameters: Mapping[str, Any]) -> Any:
        """One call of a botocore client. Raises ParamValidationError for one that the service would not take."""
        if self.validate and (wrong := requests.faults_of(service, operation, parameters)):
            self.refused.append(f"{service}:{operation}: {wrong}")
            raise ParamValidationError(report=wrong)
        partly = None
        if operation == "PublishBatch":
            partly = lambda: self.topics[parameters["TopicArn"]].publish_batch(  # noqa: E731
                parameters["PublishBatchRequestEntries"], refuse=0
            )
        return self.gate.call(
            f"{service}:{operation}",
            wires.aws(service, operation),
            lambda: self.services[service](self, operation, region, parameters),
            partly,
        )

    def post(self, request: Any) -> Answer:
        """One request by urllib."""
        if request.full_url.startswith(WATCHMAN):
            self.pings += 1
            return self.gate.call("watchman:get", wires.URLLIB, lambda: Answer(200, b"", {}))
        return self.gate.call("slack:post", wires.URLLIB, lambda: self.slack.respond(request))

    def exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """One request by urllib3."""
        return self.gate.call(
            f"modelarts:{method}", wires.URLLIB3, lambda: self.jobs.exchange(method, url, headers, body)
        )

    @property
    def environment(self) -> dict[str, str]:
        """The functions' environment."""
        return {
            "ACCOUNT_ID": ACCOUNT,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": f"testing-{CANARY}",
            "AWS_EC2_METADATA_DISABLED": "true",
            "CHANGES_TOPIC_ARN": self.changes.arn,
            "CONFIG_PARAMETER": "/jobherald/config",
            "HUAWEI_ENDPOINTS": f"cn-north-4={MODELARTS},iam.cn-north-4={MODELARTS}",
            "HUAWEI_PROJECTS": self.jobs.projects,
            "HUAWEI_SECRET": "ssm:/jobherald/huawei",
            "LOOKS_QUEUE_URL": self.queues["LooksQueue"].url,
            "OPERATIONS_TOPIC_ARN": self.operations.arn,
            "LOG_LEVEL": "DEBUG",
            "PAGE_PACE": "0",
            "POWERTOOLS_METRICS_NAMESPACE": "jobherald",
            "POWERTOOLS_SERVICE_NAME": patches.SERVICE,
            "POLLS_QUEUE_URL": self.queues["PollsQueue"].url,
            "REGIONS": ",".join(self.regions),
            "SLACK_CHANNEL": "C0SIMULATED",
            "SLACK_DEAD_LETTER_QUEUE_URL": self.queues["SlackDeadLetterQueue"].url,
            "SLACK_QUEUE_URL": self.queues["SlackQueue"].url,
            "SLACK_SECRET": "ssm:/jobherald/slack",
            "SOURCES": ",".join(self.sources),
            "TABLE_NAME": "jobs",
            # A variable of another world would else stay.
            "CANARY": "",
            "PING_SECRET": "",
            "RETENTION_DAYS": "",
            **self.variables,
        }


def _number(item: Item, name: str) -> float:
    return float(item.get(name, {}).get("N", 0))
