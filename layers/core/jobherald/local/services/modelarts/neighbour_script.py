"""The lives of what runs beside auto labeling, as scripts: imports, exports, data processing, training."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from jobherald.local.services.jobs import ScriptedJob, Step
from jobherald.local.services.modelarts.dataset import DATASET
from jobherald.local.services.modelarts.identity import PROJECT, REGION
from jobherald.local.services.modelarts.ids import long_id, short_id

IMPORT: Final = "modelarts.import"
EXPORT: Final = "modelarts.export"
PROCESSING: Final = "modelarts.processing"
TRAINING: Final = "modelarts.training"

IMPORT_FAILURE: Final = "No valid file exists in the import path."
EXPORT_FAILURE: Final = "Invalid OBS export path."
PROCESSING_FAILURE: Final = "The operator failed: 3 of 120 images cannot be decoded."
TRAINING_FAILURE: Final = "CUDA out of memory. Tried to allocate 2.00 GiB."

# How often counters move on the way.
_COUNTS: Final = 4


def import_task(
    *,
    created_at: datetime,
    dataset: str = DATASET,
    project: str = PROJECT,
    region: str = REGION,
    task_id: str = "",
    starts: float = 1.0,
    lasts: float = 10.0,
    ends: str = "COMPLETED",
    total: int = 120,
    reason: str = "",
    by_manifest: bool = False,
) -> ScriptedJob:
    """An import into a dataset: QUEUING, STARTING, RUNNING, then ``ends`` (``COMPLETED``, ``FAILED``, or empty for never).

    It is of a folder, or ``by_manifest``: the dataset list counts only these among the running tasks.
    """
    identity = task_id or f"{dataset}_{short_id(project, dataset, 'import', created_at)}"
    began = created_at + timedelta(seconds=starts)
    steps = [
        Step(created_at, {"status": "QUEUING", "elapsed_time": 0, **_imported(0, total)}),
        Step(created_at + timedelta(seconds=starts / 2), {"status": "STARTING"}),
        Step(began, {"status": "RUNNING"}),
        *(Step(at, _imported(int(total * share), total)) for at, share in _on_the_way(began, lasts)),
    ]
    if ends:
        end: dict[str, Any] = {"status": ends, "elapsed_time": int(lasts)}
        if ends == "COMPLETED":
            end |= _imported(total, total)
        if ends == "FAILED":
            end |= {"error_code": "ModelArts.4921", "error_msg": reason or IMPORT_FAILURE}
        steps.append(Step(began + timedelta(seconds=lasts), end))
    row = {
        "task_id": identity,
        "dataset_id": dataset,
        "import_path": "obs://acme-images/animals/",
        "import_type": int(by_manifest),
        "create_time": created_at,
    }
    return ScriptedJob(
        IMPORT, project, region, identity, created_at, row, tuple(steps), "update_ms", parent=dataset
    )


def export_task(
    *,
    created_at: datetime,
    dataset: str = DATASET,
    project: str = PROJECT,
    region: str = REGION,
    task_id: str = "",
    starts: float = 1.0,
    lasts: float = 10.0,
    ends: str = "SUCCESSED",
    total: int = 120,
    reason: str = "",
) -> ScriptedJob:
    """An export of a dataset: RUNNING, at first without progress for ``starts`` seconds, then ``ends``, or for ever.

    The documentation shows two words of its status: RUNNING, and SUCCESSED for a success. ``FAILED`` is a guess.
    """
    identity = task_id or short_id(project, dataset, "export", created_at)
    began = created_at + timedelta(seconds=starts)
    steps = [
        Step(created_at, {"status": "RUNNING", **_exported(0.0, total)}),
        *(Step(at, _exported(share, total)) for at, share in _on_the_way(began, lasts)),
    ]
    if ends:
        end: dict[str, Any] = {"status": ends}
        if ends == "SUCCESSED":
            end |= _exported(1.0, total)
        if ends == "FAILED":
            end |= {"error_code": "ModelArts.4358", "error_msg": reason or EXPORT_FAILURE}
        steps.append(Step(began + timedelta(seconds=lasts), end))
    row = {
        "task_id": identity,
        "path": "/acme-labels/exports/",
        "export_type": 0,
        "version_format": "Default",
        "export_format": 2,
        "export_params": {"export_dest": "DIR", "clear_hard_property": True, "ratio_sample_usage": False},
        "create_time": created_at,
    }
    return ScriptedJob(
        EXPORT, project, region, identity, created_at, row, tuple(steps), "update_time", parent=dataset
    )


def processing_task(
    name: str,
    *,
    created_at: datetime,
    project: str = PROJECT,
    region: str = REGION,
    task_id: str = "",
    starts: float = 1.0,
    lasts: float = 10.0,
    ends: int | None = 2,
    reason: str = "",
) -> ScriptedJob:
    """A data-processing task: 0 (initializing), 1 (running), then ``ends``: 2 (completed), 3 (failed), 4 (stopped), or None."""
    identity = task_id or short_id(project, "processing", name, created_at)
    began = created_at + timedelta(seconds=starts)
    steps = [
        Step(created_at, {"status": 0, "duration_seconds": 0}),
        Step(began, {"status": 1}),
        *(
            Step(at, {"duration_seconds": int(lasts * share)}, modifies=False)
            for at, share in _on_the_way(began, lasts)
        ),
    ]
    if ends is not None:
        end: dict[str, Any] = {"status": ends, "duration_seconds": int(lasts)}
        if ends == 3:  # noqa: PLR2004  # failed
            end["error_msg"] = reason or PROCESSING_FAILURE
        steps.append(Step(began + timedelta(seconds=lasts), end))
    source = {"type": "DATASET", "source": DATASET}
    row = {
        "task_id": identity,
        "name": name,
        "data_source": source,
        "inputs": [source],
        "template": {"id": "sys_data_cleaning", "name": "data cleaning"},
        "create_time": created_at,
        "version_id": short_id(identity, "version"),
        "version_name": "V001",
        "is_current": True,
        "workspace_id": "0",
    }
    return ScriptedJob(PROCESSING, project, region, identity, created_at, row, tuple(steps))


def training_job(
    name: str,
    *,
    created_at: datetime,
    project: str = PROJECT,
    region: str = REGION,
    job_id: str = "",
    starts: float = 1.0,
    lasts: float = 10.0,
    ends: str = "Completed",
    reason: str = "",
) -> ScriptedJob:
    """A training job: Creating, Pending, Running, then ``ends``.

    That is ``Completed``, ``Failed``, ``Abnormal``, ``Terminated`` (after some time of Terminating), or empty for never.
    """
    identity = job_id or long_id(project, "training", name, created_at)
    row = {
        "kind": "job",
        "metadata": {
            "id": identity,
            "name": name,
            "description": "",
            "create_time": created_at,
            "workspace_id": "0",
            "user_name": "jobherald",
        },
        "algorithm": {
            "code_dir": "obs://acme-code/detector/",
            "boot_file": "obs://acme-code/detector/train.py",
            "engine": {"engine_name": "PyTorch", "engine_version": "PyTorch-1.4.0-python3.6-v2"},
        },
        "spec": {"resource": {"flavor_id": "modelarts.vm.gpu.v100", "node_count": 1}},
    }
    steps = tuple(_training(created_at, starts, lasts, ends, reason or TRAINING_FAILURE))
    return ScriptedJob(TRAINING, project, region, identity, created_at, row, steps)


def _training(created_at: datetime, starts: float, lasts: float, ends: str, reason: str) -> Iterator[Step]:
    began = created_at + timedelta(seconds=starts)
    idle = {"secondary_phase": "Creating", "duration": 0, "start_time": 0, "tasks": ["worker-0"]}
    yield Step(created_at, {"status": {"phase": "Creating", **idle}})
    pending = {"phase": "Pending", "secondary_phase": "Queuing"}
    yield Step(created_at + timedelta(seconds=starts / 2), {"status": pending})
    running = {"phase": "Running", "secondary_phase": "Running", "start_time": began}
    yield Step(began, {"status": running})
    for at, share in _on_the_way(began, lasts):
        yield Step(at, {"status": {"duration": int(1000 * lasts * share)}}, modifies=False)
    if ends == "Terminated":
        terminating = {"phase": "Terminating", "secondary_phase": "Terminating"}
        yield Step(began + timedelta(seconds=0.9 * lasts), {"status": terminating})
    if ends:
        end: dict[str, Any] = {"phase": ends, "secondary_phase": ends, "duration": int(1000 * lasts)}
        if ends == "Failed":
            end["task_statuses"] = [{"task": "worker-0", "exit_code": 1, "message": reason}]
        if ends == "Abnormal":
            end["secondary_phase"] = "Lost"
        yield Step(began + timedelta(seconds=lasts), {"status": end})


def _on_the_way(began: datetime, lasts: float) -> Iterator[tuple[datetime, float]]:
    """Moments on the way, and which share of it they are."""
    for number in range(1, _COUNTS):
        share = number / _COUNTS
        yield began + timedelta(seconds=lasts * share), share


def _imported(samples: int, total: int) -> dict[str, Any]:
    return {
        "total_sample_count": total,
        "imported_sample_count": samples,
        "annotated_sample_count": 0,
        "total_sub_sample_count": 0,
        "imported_sub_sample_count": 0,
    }


def _exported(share: float, total: int) -> dict[str, Any]:
    return {
        "progress": 100.0 * share,
        "total_sample_count": total,
        "finished_sample_count": int(total * share),
    }
