"""The lives of what runs beside auto labeling, as scripts: imports, exports, data processing, training."""

from __future__ import annotations

from datetime import datetime

from jobherald.local.services.jobs import ScriptedJob
from jobherald.local.services.modelarts.datasets import DATASET
from jobherald.local.services.modelarts.identity import PROJECT, REGION


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
) -> ScriptedJob:
    """An import into a dataset: QUEUING, STARTING, RUNNING, then ``ends`` (``COMPLETED``, ``FAILED``, or empty for never)."""
    raise NotImplementedError


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
    """An export of a dataset. Its success is spelled ``SUCCESSED``, as the service spells it."""
    raise NotImplementedError


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
    """A data-processing task: 0 (initializing), 1 (running), then ``ends``: 2 (completed), 3 (failed) or 4 (stopped)."""
    raise NotImplementedError


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
    """A training job: Creating, Pending, Running, then ``ends``: ``Completed`` ``Failed`` ``Terminated`` ``Abnormal``, or empty."""
    raise NotImplementedError
