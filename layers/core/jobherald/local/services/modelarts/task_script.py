"""An auto labeling task's life as a script: from the queue to its last sub-event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from jobherald.local.services.jobs import ScriptedJob, Step, merged
from jobherald.local.services.modelarts.dataset import DATASET
from jobherald.local.services.modelarts.identity import PROJECT, REGION
from jobherald.local.services.modelarts.ids import long_id, short_id
from jobherald.local.services.modelarts.task_steps import DONE, STAGES, Plan

SOURCE: Final = "modelarts.auto_labeling"

QUEUING, INITIALIZING, RUNNING, FAILED, SUCCEEDED, STOPPING, STOPPED = -1, 0, 1, 2, 3, 4, 5
# By the number of the list's rows, which is that of running_task_type of the dataset list.
KINDS: Final = {"auto-label": 0, "pre-label": 1, "auto-grouping": 7}
# The leaf that leaves labels to be confirmed; a grouping has none.
LABELS: Final = "predict"
# Under this name ``details`` have the answer of a raw task.
RAW: Final = "raw answer"

_STOPS_AT: Final = 0.9


def auto_labeling_task(
    name: str,
    *,
    created_at: datetime,
    dataset: str = DATASET,
    project: str = PROJECT,
    region: str = REGION,
    kind: str = "auto-label",
    task_id: str = "",
    queued: float = 0.5,
    starts: float = 1.0,
    lasts: float = 10.0,
    ends: int | None = SUCCEEDED,
    failing_step: str = "",
    reason: str = "",
    detail: str = "",
    total: int = 120,
    annotated: int = 30,
    unconfirmed: int | None = None,
    counts: int = 8,
) -> ScriptedJob:
    """A task that is queued for ``queued`` seconds, initializing until ``starts``, running for ``lasts``, then ended.

    ``kind`` is ``auto-label`` (active learning), ``pre-label`` or ``auto-grouping``. ``ends`` is its last status: 2
    (failed), 3 (succeeded), 5 (stopped, after some time in 4), or None for one that never ends. One that fails does so in
    the sub-event ``failing_step`` (the last, if empty; of one with sub-events of its own, in the last of those), which
    says ``detail``, while the task says ``reason``; both have realistic texts where they are empty. Of its ``total``
    samples ``annotated`` have labels from the start; what it labels waits for confirmation, ``unconfirmed`` of them at its
    end (all the rest, if None). ``counts`` is how often progress moves. The id is made from the rest unless given.
    Raises ValueError for a kind, an end or a step that there is not.
    """
    if ends not in (FAILED, SUCCEEDED, STOPPED, None):
        raise ValueError(
            f"a task ends as 2 (failed), 3 (succeeded), 5 (stopped) or None (never), not as {ends}"
        )
    if kind not in KINDS:
        raise ValueError(f"there is no kind {kind!r} of task; there are {', '.join(KINDS)}")
    identity = task_id or short_id(project, dataset, name, created_at)
    plan = Plan(STAGES[kind])
    course = _Course(
        created_at=created_at,
        queued=min(queued, starts),
        starts=starts,
        lasts=lasts,
        ends=ends,
        plan=plan,
        fails_at=plan.find(failing_step) if failing_step else len(plan.leaves) - 1,
        reason=reason,
        detail=detail,
        success=_success(kind, identity),
        child=short_id(identity, "export"),
        total=total,
        annotated=annotated,
        unconfirmed=total - annotated if unconfirmed is None else unconfirmed,
        counts=counts,
    )
    return ScriptedJob(
        source=SOURCE,
        account=project,
        region=region,
        parent=dataset,
        id=identity,
        created_at=created_at,
        row={
            "task_id": identity,
            "task_name": name,
            "dataset_id": dataset,
            "type": KINDS[kind],
            "create_time": created_at,
            "config": _config(kind, name),
            **_model(kind, name),
        },
        details={"resource_id": short_id(identity, "resource"), "export_type": 0},
        steps=tuple(course.steps()),
    )


def raw_task(
    body: Mapping[str, Any],
    *,
    created_at: datetime,
    task_id: str = "",
    dataset: str = DATASET,
    project: str = PROJECT,
    region: str = REGION,
    kind: str = "auto-label",
) -> ScriptedJob:
    """A task whose detail answer is ``body``, to the letter, for ever; its row in the list is made from it.

    ``task_id`` is where it is found: the body's own, unless given. It need not be in the body.
    """
    identity = task_id or str(body.get("task_id") or short_id(project, dataset, created_at, *sorted(body)))
    return ScriptedJob(
        source=SOURCE,
        account=project,
        region=region,
        parent=dataset,
        id=identity,
        created_at=created_at,
        row={"task_id": identity, "dataset_id": dataset, "type": KINDS[kind]},
        details={RAW: body},
        steps=(Step(created_at, body),),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    created_at: datetime
    queued: float
    starts: float
    lasts: float
    ends: int | None
    plan: Plan
    fails_at: int
    reason: str
    detail: str
    success: Mapping[str, Any]
    child: str
    total: int
    annotated: int
    unconfirmed: int
    counts: int

    def steps(self) -> Iterator[Step]:
        counts = {"total_sample_count": self.total, "annotated_sample_count": self.annotated}
        waiting = {"progress": 0.0, "elapsed_time": 0, "code": self.plan.stages[0].code, "message": ""}
        yield Step(self.created_at, {**waiting, "status": QUEUING, "result": counts})
        yield Step(self._after(self.queued), {"status": INITIALIZING})
        yield Step(self._after(self.starts), {"status": RUNNING, **self._at_leaf(0)})
        moving = sorted([*self._leaves(), *self._progress()], key=lambda step: step.at)
        if self.ends == STOPPED:
            stops = self._after(self.starts + _STOPS_AT * self.lasts)
            yield from (step for step in moving if step.at <= stops)
            yield Step(stops, {"status": STOPPING})
        else:
            yield from moving
        if self.ends is not None:
            end = {"status": self.ends, "elapsed_time": int(self.lasts), **self._outcome()}
            yield Step(self._moments[-1], end)

    @property
    def _done_at_end(self) -> int:
        """How many leaves are begun in its life."""
        return self.fails_at + 1 if self.ends == FAILED else len(self.plan.leaves)

    @property
    def _moments(self) -> list[datetime]:
        """When each leaf begins, and when the last one ends."""
        count = self._done_at_end
        return [self._after(self.starts + self.lasts * number / count) for number in range(count + 1)]

    def _leaves(self) -> Iterator[Step]:
        for leaf in range(1, self._done_at_end):
            yield Step(self._moments[leaf], self._at_leaf(leaf), modifies=False)

    def _at_leaf(self, leaf: int) -> dict[str, Any]:
        stage, _ = self.plan.leaves[leaf]
        message = stage.message.format(child=self.child)
        return {
            "code": stage.code,
            "message": message,
            "result": {"events": self.plan.events(self._moments, leaf)},
        }

    def _progress(self) -> Iterator[Step]:
        for number in range(1, self.counts):
            at = self._after(self.starts + self.lasts * number / self.counts)
            done = number / self.counts * self._done_at_end / len(self.plan.leaves)
            yield Step(at, {"progress": round(100 * done, 1), **self._labeled(done)}, modifies=False)

    def _labeled(self, done: float) -> dict[str, Any]:
        """How many samples wait for confirmation; nothing is said of them before the first can."""
        names = [name for _, name in self.plan.leaves]
        if LABELS not in names:
            return {}
        begun, each = names.index(LABELS) / len(names), 1 / len(names)
        share = min(1.0, (done - begun) / each)
        return {"result": {"unconfirmed_sample_count": int(self.unconfirmed * share)}} if share > 0 else {}

    def _outcome(self) -> dict[str, Any]:
        match self.ends:
            case 2:
                stage, _ = self.plan.leaves[self.fails_at]
                detail = self.detail or stage.detail
                return {
                    "code": stage.error_code,
                    "message": stage.error,
                    "error_code": stage.error_code,
                    "error_msg": self.reason or stage.error,
                    "error_detail": detail,
                    "result": {"events": self.plan.events(self._moments, self.fails_at, failed=detail)},
                }
            case 3:
                events = self.plan.events(self._moments, len(self.plan.leaves))
                result = merged(self._labeled(1.0), {"result": {**self.success["result"], "events": events}})
                return {**self.success, **result, "progress": 100.0}
            case _:
                return {"code": "ModelArts.4393", "message": "Task stopped"}

    def _after(self, seconds: float) -> datetime:
        return self.created_at + timedelta(seconds=seconds)


def _config(kind: str, name: str) -> dict[str, Any]:
    common = {
        "ambiguity": False,
        "worker_server_num": 0,
        "collect_sample": False,
        "image_brightness": False,
        "image_colorfulness": False,
    }
    match kind:
        case "auto-label":
            return {**common, "algorithm_type": "fast"}
        case "pre-label":
            service = {
                "specification": "modelarts.vm.cpu.2u",
                "weight": 0,
                "instance_count": 1,
                "envs": {"REGISTRY_TOKEN": "of no concern to anybody"},
            }
            return {
                **common,
                "name": name,
                "algorithm_type": "supervisory",
                "confidence_scope": "0.0-0.5",
                "inf_config_list": [service],
            }
        case _:
            return {**common, "ambiguity": True, "image_brightness": True, "n_clusters": 16, "result_type": 1}


def _model(kind: str, name: str) -> dict[str, Any]:
    """What only the list says, and not of groupings."""
    match kind:
        case "auto-label":
            return {"model_name": "Supervisory", "model_version": "0.0.1"}
        case "pre-label":
            return {"model_id": long_id(name, "model"), "model_name": "pedestrians", "model_version": "0.0.3"}
        case _:
            return {}


def _success(kind: str, identity: str) -> dict[str, Any]:
    """What a task says of itself when it is done, and what it leaves behind."""
    left: dict[str, Any] = {}
    if kind == "auto-label":
        left = {
            "train_job_name": short_id(identity, "training"),
            "train_job_id": "74679",
            "version_id": "89745",
        }
    if kind == "pre-label":
        service = long_id(identity, "service")
        left = {"service_id": service, "service_name": f"prelabel_infer_{service[:8]}"}
    return {"code": "ModelArts.4996", "message": DONE[kind], "result": left}
