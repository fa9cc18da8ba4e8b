"""An auto labeling task's life as a script: from the queue to its last sub-event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from jobherald.local.services.jobs import ScriptedJob
from jobherald.local.services.modelarts.datasets import DATASET
from jobherald.local.services.modelarts.identity import PROJECT, REGION

SOURCE: Final = "modelarts.auto_labeling"


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
    ends: int | None = 3,
    failing_step: str = "train",
    reason: str = "",
    total: int = 120,
    annotated: int = 30,
    unconfirmed: int | None = None,
    counts: int = 8,
) -> ScriptedJob:
    """A task that is queued for ``queued`` seconds, initializing until ``starts``, running for ``lasts``, then ended.

    ``kind`` is ``auto-label`` (active learning), ``pre-label`` or ``auto-grouping``. ``ends`` is its last status: 2
    (failed, in the sub-event ``failing_step``, for ``reason``), 3 (succeeded), 5 (stopped, after some time in 4), or None
    for one that never ends. Of its ``total`` samples ``annotated`` have labels from the start; those that it labels wait
    for confirmation, ``unconfirmed`` of them at its end (the rest, if None). ``counts`` is how often its progress moves.
    """
    raise NotImplementedError


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
    """A task whose detail answer is ``body``, to the letter, for ever; its row in the list is made from it."""
    raise NotImplementedError
