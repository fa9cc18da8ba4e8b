"""A hypothesis state machine over the whole system: anything may happen at any time, and the promises hold all the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from urllib.error import URLError

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from faults import memory, outputs, patches
from faults.gate import Kind
from faults.judge import judge
from faults.outputs import OUTSIDE
from faults.schedules import SETTLED, START, WATCHES, labeling, media, task, watch
from faults.slack import WEBHOOK
from faults.world import ACCOUNT, CANARY, REGION, WATCHMAN, Schedule, World
from faults.writes import Writes
from jobherald.local.scenario import labeling_event
from jobherald.local.services import ScriptedJob
from jobherald.local.services.faults import Fault
from jobherald.local.services.media_analysis import FAILURES
from jobherald.local.services.modelarts import AccessKey, Dataset
from jobherald.local.services.server import RefusedCallError

RECOVERY: Final = 1000.0
"""Seconds until a place that was paused for as long as any is has been looked at again."""

_NASTY: Final = (
    "<!channel>",
    "<@U123>",
    "<https://evil.example|AWS>",
    "https://evil.example/?a=1&b=2",
    "&lt;!here&gt;",
    "`",
    "```",
    "*_~",
    "\u202e\u2066\u200b",
    "\ud83d",
    "\udc00x",
    "\ufffe\uffff\x00\x1b[31m",
    "🐈\u200d⬛",
    "\r\n\x85\u2028",
    "{region}%s%(x)s$(id)",
    '"],}\\',
    "x" * 5000,
    "#1!blind#2:@/%",
)
# Every text is known by this wherever it comes out.
outside_text = st.builds(
    lambda parts: OUTSIDE + OUTSIDE.join(parts),
    st.lists(st.sampled_from(_NASTY) | st.text(max_size=20), min_size=1, max_size=4),
)
soon = st.sampled_from([0.0, 0.4, 7.0, 31.0, 64.0, 118.0])
long = st.sampled_from([1.0, 5.0, 55.0, 61.0, 130.0, 400.0])
lag = st.sampled_from([0.0, 0.0, 3.0, 70.0, 200.0, 280.0])
calls = st.integers(0, 40)
lateness = st.sampled_from([0.0, 0.0, 0.3, 20.0, 130.0])

_BLOCKS_REFUSED: Final[Any] = (400, b"invalid_blocks", {})
slack_answer = st.sampled_from(
    [
        (429, b"rate_limited", {"Retry-After": "3"}),
        (429, b'{"ok": false, "error": "ratelimited"}', {"Retry-After": "90"}),
        (500, b"fatal_error", {}),
        (503, b"<html>" + OUTSIDE.encode() + b"</html>", {}),
        _BLOCKS_REFUSED,
        (404, b"no_service", {}),
        # Errors of the standard library can hold the URL.
        URLError(f"refused by {WEBHOOK}-{CANARY}"),
    ]
)

_MALFORMED: Final[tuple[Any, ...]] = (
    {},
    [],
    None,
    "text",
    {"source": "aws.sagemaker", "detail-type": 7, "resources": None},
    {"source": "aws.sagemaker", "detail-type": "SageMaker Ground Truth Labeling Job State Change"},
)
_DATASETS: Final = ("datasetAAAAAAAAAAA1", "datasetBBBBBBBBBBB2")
_BROKEN: Final = (
    "this is no TOML [",
    f'[[watch]]\nid = "<!channel> {OUTSIDE}"\nsource = "no.such"\n',
    f'[[watch]]\nid = "`{OUTSIDE}`"\nsource = "sagemaker.labeling"\nregions = ["<@U123>"]\n',
    "watch = 7\n\u202e",
)

_SOURCES: Final = {
    "labeling": "sagemaker.labeling",
    "media": "rekognition.media_analysis",
    "tasks": "modelarts.auto_labeling",
}

steps = 0
"""How many steps of machines were taken in this process."""


class Machine(RuleBasedStateMachine):
    """Everything that may happen while all jobs of some kinds are watched. What is watched stays the same."""

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.rotated = 0
        self.altered: set[str] = set()
        self.trouble: list[tuple[Any, Fault]] = []
        self.forgot = False
        self.reworded = False
        self.left_undone = False
        self.touched: frozenset[str] = frozenset()

    # Beginnings

    @initialize(
        kinds=st.sets(st.sampled_from(sorted(WATCHES)), min_size=1),
        bot=st.booleans(),
        canary=st.booleans(),
        ping=st.booleans(),
        settled=st.booleans(),
        answers=st.lists(slack_answer, max_size=3, unique_by=id),
    )
    def begin(
        self, kinds: set[str], answers: list[Any], *, bot: bool, canary: bool, ping: bool, settled: bool
    ) -> None:
        self.watches = watch(*sorted(kinds))
        self.world = World(Schedule("machine", START, (), self.watches), logs=True, validate=True)
        self.writes = Writes()
        self.world.watchers.append(self.writes)
        self.world.jobs.modelarts.add(*map(Dataset, _DATASETS))
        key = {"B": (CANARY * 6)[:32].encode()}
        pages = {"pk": {"S": "pages"}, "sk": {"S": "pages"}, "key": key}
        self.world.table.put_item({"TableName": "jobs", "Item": pages})
        if bot:
            self.world.parameters["/jobherald/slack"] = f"xoxb-{CANARY}"
        if canary:
            self.world.variables["CANARY"] = "ENABLED"
        if ping:
            self.world.variables["PING_SECRET"] = "ssm:/jobherald/ping"  # noqa: S105  # where it is
            self.world.parameters["/jobherald/ping"] = f"{WATCHMAN}{CANARY}"
        if settled:
            self.world.advance(SETTLED)
        self.world.slack.script += answers

    # What jobs do

    @rule(
        target=jobs,
        created=soon,
        starts=long,
        lasts=long,
        ends=st.sampled_from(["Completed", "Failed", "Stopped", ""]),
        left=st.sampled_from([(0, 0), (0, 0), (3, 0), (0, 5)]),
        reason=outside_text,
        listed=lag,
        counters=st.booleans(),
    )
    def labeling_job(
        self,
        created: float,
        starts: float,
        lasts: float,
        ends: str,
        left: tuple[int, int],
        reason: str,
        listed: float,
        *,
        counters: bool,
    ) -> ScriptedJob:
        return self._live(
            labeling(
                f"labeling-{self.number}",
                self._after(created),
                lasts,
                ends,
                starts_after=starts,
                failed=left[0],
                unlabeled=left[1],
                reason=reason[:1000],
                counters_modify=counters,
            ),
            listed,
        )

    @rule(
        target=jobs,
        created=soon,
        starts=long,
        lasts=long,
        ends=st.sampled_from(["SUCCEEDED", "FAILED", ""]),
        code=st.sampled_from(sorted(FAILURES)),
        message=outside_text,
        listed=lag,
        named=st.booleans(),
    )
    def media_job(
        self,
        created: float,
        starts: float,
        lasts: float,
        ends: str,
        code: str,
        message: str,
        listed: float,
        *,
        named: bool,
    ) -> ScriptedJob:
        name = f"media-{self.number}" if named else ""
        life = {"starts_after": starts, "code": code, "message": message}
        return self._live(media(name, self._after(created), lasts, ends, **life), listed)

    @rule(
        target=jobs,
        created=soon,
        starts=long,
        lasts=long,
        ends=st.sampled_from([2, 3, 5, None]),
        name=outside_text,
        reason=outside_text,
        dataset=st.sampled_from(_DATASETS),
    )
    def auto_labeling_task(
        self,
        created: float,
        starts: float,
        lasts: float,
        ends: int | None,
        name: str,
        reason: str,
        dataset: str,
    ) -> ScriptedJob:
        identity = f"task{self.number:015}"
        life = {
            "starts": starts,
            "reason": reason,
            "detail": reason[::-1],
            "dataset": dataset,
            "task_id": identity,
        }
        return self._live(task(f"{self.number} {name}", self._after(created), lasts, ends, **life), 0.0)  # type: ignore[arg-type]

    @rule(job=jobs)
    def vanish(self, job: ScriptedJob) -> None:
        service = self._service(job)
        if job.exists(self.world.clock.now()):
            service.vanish(job.id)

    @rule(job=jobs)
    def stop(self, job: ScriptedJob) -> None:
        if job.source != "sagemaker.labeling":
            return
        name = {"LabelingJobName": job.row["LabelingJobName"]}
        try:
            self.world.jobs.aws.ask("sagemaker", "StopLabelingJob", ACCOUNT, REGION, name)
        except RefusedCallError:
            return
        self.world.add()
        self.world.ends_at = max(self.world.ends_at, self.world.clock.now() + timedelta(seconds=5))

    @rule(job=jobs, text=outside_text, how=st.integers(0, 3))
    def alter(self, job: ScriptedJob, text: str, how: int) -> None:
        """Show it as its model does not know it; by ``how`` 0 under a status that nobody knows."""
        if how == 0 and self.forgot:
            return
        self.reworded |= how == 0
        omit: Iterable[str] = ()
        match job.source:
            case "sagemaker.labeling":
                shown: list[dict[str, Any]] = [
                    {"LabelingJobStatus": text},
                    {"FailureReason": text, "New<!here>": {text: [text, None, 1.5]}},
                    {"LabelingJobOutput": {"OutputDatasetS3Uri": f"s3://{text}"}, "LabelCounters": text},
                    {},
                ]
                omit = ["LastModifiedTime", "InputConfig"] if how == 3 else ()  # noqa: PLR2004
            case "rekognition.media_analysis":
                shown = [
                    {"Status": text},
                    {"JobName": text, "FailureDetails": {"Code": text, "Message": text}},
                    {"Results": {"S3Object": {"Bucket": text, "Name": text}}, "New": text},
                    {},
                ]
                omit = ["OutputConfig", "JobName"] if how == 3 else ()  # noqa: PLR2004
            case _:
                return
        self.altered.add(job.id)
        self._service(job).faults.alter(job.id, shown[how], omit=omit)

    @rule(job=jobs)
    def heal(self, job: ScriptedJob) -> None:
        self._service(job).faults.heal(job.id)

    # Events

    @rule(
        job=jobs,
        late=lateness,
        twice=st.booleans(),
        status=st.sampled_from(["Completed", "Failed", "Stopped"]),
    )
    def event(self, job: ScriptedJob, late: float, status: str, *, twice: bool) -> None:
        """A hint, which need not be true."""
        at = self.world.clock.now() + timedelta(seconds=late)
        event = labeling_event(job.id, status, at, self.number)
        self.world.add(events=[(at, event)] * (1 + twice))

    @rule(event=st.sampled_from(_MALFORMED))
    def malformed_event(self, event: Any) -> None:
        self.world.add(events=[(self.world.clock.now(), event)])

    @rule()
    def deliver_twice(self) -> None:
        for queue in self.world.queues.values():
            if not queue.fifo:
                queue.double()

    # Time

    @rule(seconds=st.sampled_from([0.5, 20.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.world.advance(seconds)

    @rule()
    def wait_for_a_poll(self) -> None:
        self.world.advance(60.0)

    @rule(seconds=st.sampled_from([130.0, 300.0, 700.0]))
    def wait_for_longer(self, seconds: float) -> None:
        self.world.advance(seconds)

    @rule()
    def wait_for_what_is_on_its_way(self) -> None:
        """Whatever happens next happens when all that went before was told."""
        self.world.run()

    @rule()
    def start_cold(self) -> None:
        patches.cold_start()

    @rule(after=calls)
    def race(self, after: int) -> None:
        self.world.race(after)

    # Faults of the platform

    @rule(faults=st.lists(st.tuples(st.sampled_from(Kind), calls), min_size=1, max_size=3))
    def fault(self, faults: list[tuple[Kind, int]]) -> None:
        for kind, after in faults:
            self.world.plant(kind, after)

    @rule(index=st.sampled_from([0.0, 0.5, 5.0, 45.0]), read=st.sampled_from([0.0, 1.0, 45.0]))
    def lag_behind(self, index: float, read: float) -> None:
        self.world.table.index_lag, self.world.table.read_lag = index, read

    @rule(entries=st.integers(1, 3))
    def leave_unprocessed(self, entries: int) -> None:
        """Where no entry is left at all, the call is refused."""
        self.left_undone = True
        self.world.table.unprocessed = entries

    @rule()
    def disable_stream(self) -> None:
        self.world.stream.disable()

    @rule(loses=st.booleans())
    def enable_stream(self, *, loses: bool) -> None:
        if loses:
            self.world.stream.drop_all()
        self.world.stream.enable()

    @precondition(lambda self: not (self.trouble or self.world.faults or self.reworded))
    @rule()
    def forget(self) -> None:
        """Whatever is finished and told is forgotten after its time, while the services list it as before.

        As before, and not under a word that nobody knows: such a job could be running, so it is watched, and told.
        """
        self.world._forget()  # noqa: SLF001
        self.forgot = True

    # Faults of the services

    @rule(
        what=st.sampled_from(["throttle", "deny", "switch_off", "fail", "loop_tokens", "empty_pages"]),
        huawei=st.booleans(),
        times=st.sampled_from([1, 2, 5, None]),
    )
    def service_fault(self, what: str, times: int | None, *, huawei: bool) -> None:
        if huawei and what == "empty_pages":
            return  # with offsets that is a list that lies: nobody can know of what is not in it
        faults = self.world.jobs.modelarts.faults if huawei else self.world.jobs.aws.faults
        if what in {"deny", "switch_off"}:
            region = self.world.jobs.modelarts.region if huawei else REGION
            fault = getattr(faults, what)(region, times)
        else:
            fault = getattr(faults, what)(times)
        self.trouble.append((faults, fault))

    @rule()
    def services_recover(self) -> None:
        for faults, fault in self.trouble:
            faults.end(fault)
        self.trouble.clear()

    @rule()
    def expire_page_tokens(self) -> None:
        self.world.jobs.aws.expire_tokens()

    # Slack, secrets, configuration

    @rule(answer=slack_answer)
    def slack_answers(self, answer: Any) -> None:
        script = self.world.slack.script
        if answer == _BLOCKS_REFUSED and script[-1:] == [answer]:
            return  # what is refused without its blocks as well is put aside, and told to nobody
        script.append(answer)

    @rule(bot=st.booleans(), revoke=st.booleans())
    def rotate_slack(self, *, bot: bool, revoke: bool) -> None:
        self.rotated += 1
        if revoke:
            self.world.slack.revoked.add(self.world.parameters.get("/jobherald/slack", ""))
        kind = "xoxb" if bot else WEBHOOK
        self.world.parameters["/jobherald/slack"] = f"{kind}-{self.rotated}-{CANARY}"

    @rule()
    def rotate_huawei(self) -> None:
        self.rotated += 1
        key = AccessKey(
            access_key=f"LOCALAK{CANARY}{self.rotated:07}", secret_key=f"sk/{CANARY}/{self.rotated}"
        )
        self.world.jobs.modelarts.gateway.keys = {key.access_key: key}
        self.world.parameters["/jobherald/huawei"] = key.secret

    @rule(name=st.sampled_from(["/jobherald/slack", "/jobherald/huawei"]))
    def lose_secret(self, name: str) -> None:
        self.world.parameters.pop(name, None)

    @rule(document=st.sampled_from(_BROKEN))
    def break_configuration(self, document: str) -> None:
        self.world.parameters["/jobherald/config"] = document

    @rule()
    def mend_configuration(self) -> None:
        self.world.parameters["/jobherald/config"] = self.watches

    # What must be so

    @invariant()
    def every_write_is_sound(self) -> None:
        global steps  # noqa: PLW0603
        steps += 1
        assert not self.writes.broken, "\n".join(self.writes.broken)
        assert not self.world.refused, "\n".join(self.world.refused)

    def teardown(self) -> None:
        """When everything works again and all is quiet, nothing is lost, and all that came out was as it may be."""
        if not hasattr(self, "world"):
            return
        self._recover()
        world = self.world
        world.run(max(world.ends_at, world.clock.now()) + timedelta(seconds=RECOVERY))
        world.run()
        verdict = judge(world)
        findings = [
            *(each for each in verdict.lost if not any(source in each for source in self.touched)),
            *(each for each in verdict.findings if each not in verdict.lost and not self._explained(each)),
            *memory.inconsistencies(world, self._sources() - self.touched, self.altered, forgot=self.forgot),
            *outputs.leaks(world),
            *outputs.unsafe(world),
            *self.writes.broken,
            *world.refused,
        ]
        assert not findings, "\n".join(findings)

    def _explained(self, finding: str) -> bool:
        return self.left_undone and "ProvisionedThroughputExceeded" in finding

    def _recover(self) -> None:
        world = self.world
        self.services_recover()
        for job in [*world.jobs.aws.jobs(), *world.jobs.modelarts.jobs()]:
            self._service(job).faults.heal(job.id)
        world.faults.clear()
        world.races = frozenset()
        world.table.index_lag = world.table.read_lag = world.table.unprocessed = 0
        world.stream.enable()
        world.slack.script.clear()
        self.mend_configuration()
        if "/jobherald/slack" not in world.parameters:
            self.world.parameters["/jobherald/slack"] = f"{WEBHOOK}-again-{CANARY}"
        world.parameters["/jobherald/huawei"] = world.jobs.modelarts.key.secret

    def _sources(self) -> frozenset[str]:
        return frozenset(source for kind, source in _SOURCES.items() if WATCHES[kind] in self.watches)

    def _after(self, seconds: float) -> float:
        """So many seconds from now, counted from the start."""
        return (self.world.clock.now() - START).total_seconds() + seconds

    def _live(self, job: ScriptedJob, listed: float) -> ScriptedJob:
        self.number += 1
        if listed:
            job = replace(job, listed_from=job.created_at + timedelta(seconds=listed))
        self.world.add([job])
        return job

    def _service(self, job: ScriptedJob) -> Any:
        return self.world.jobs.modelarts if job.source.startswith("modelarts.") else self.world.jobs.aws


class Reconfigured(Machine):
    """The same while people change what is watched.

    What was due of a kind of jobs whose watch was changed nobody can say who does not know the product's rules; what was
    told of it has to be as true as ever.
    """

    @rule(
        kinds=st.sets(st.sampled_from(sorted(WATCHES)), min_size=1),
        narrower=st.sampled_from(
            [
                "",
                'name_contains = "1"',
                f'name_contains = "{OUTSIDE}"',
                'tell = ["failed", "succeeded"]',
                'created_after = "2026-11-22T11:02:00Z"',
                'every = "3m"',
            ]
        ),
    )
    def reconfigure(self, kinds: set[str], narrower: str) -> None:
        """Watch other kinds of jobs, and only some of the first."""
        self.touched = frozenset(_SOURCES.values())
        document = watch(*sorted(kinds))
        head, mark, rest = document.partition("\n\n")
        self.world.parameters["/jobherald/config"] = f"{head.rstrip()}\n{narrower}\n{mark}{rest}"

    @rule()
    def remove_configuration(self) -> None:
        """Then all that is deployed is watched."""
        self.touched = frozenset(_SOURCES.values())
        self.world.parameters.pop("/jobherald/config", None)


def search(examples: int, length: int = 30, *, machine: type[Machine] = Machine, again: bool = True) -> int:
    """Run so many examples of so many steps at most, the same ones each time, and return the steps that were taken.

    With ``again`` what fails is made smaller before it is raised. Raises what failed, with the steps that replay it.
    """
    before = steps
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=length,
            derandomize=True,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            phases=(Phase.generate, Phase.shrink) if again else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.normal,
        ),
    )
    return steps - before
