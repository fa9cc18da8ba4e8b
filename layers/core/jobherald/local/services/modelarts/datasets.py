"""The datasets of every project, and how the dataset list shows them: by what their tasks do."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from jobherald.local.services.api import ApiError, Call
from jobherald.local.services.jobs import ScriptedJob
from jobherald.local.services.modelarts.dataset import Dataset
from jobherald.local.services.modelarts.kinds import JobKind
from jobherald.local.services.modelarts.neighbours import BY_MANIFEST, NEIGHBOUR_SHAPE
from jobherald.local.services.modelarts.questions import integer, page, truth, word
from jobherald.local.services.modelarts.settings import Settings
from jobherald.local.services.modelarts.task_forms import COUNTS, milliseconds

LIST_OPERATION: Final = "ListDatasets"

_TYPES: Final = 7
_NORMAL, _IMPORTING = 1, 8


@dataclass(slots=True)
class Datasets:
    """ListDatasets. ``kinds`` are what can run below a dataset."""

    kinds: Sequence[JobKind]
    settings: Settings
    _datasets: dict[tuple[str, str], Dataset] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, dataset: Dataset) -> None:
        """Add a dataset, or replace the one with its id."""
        with self._lock:
            self._datasets[dataset.project, dataset.id] = dataset

    def has(self, project: str, dataset_id: str) -> bool:
        """Whether it was ever put there."""
        return (project, dataset_id) in self._datasets

    def named(self, dataset_id: str) -> list[Dataset]:
        """Those with this id, in whatever project."""
        with self._lock:
            return [dataset for dataset in self._datasets.values() if dataset.id == dataset_id]

    def require(self, call: Call) -> None:
        """Raises ApiError where the call's dataset does not exist."""
        dataset = self._datasets.get((call.account, call.parameters["dataset_id"]))
        if dataset is None or not dataset.exists(call.now):
            raise ApiError("ModelArts.4352", "Dataset does not exist")

    def listing(self, call: Call) -> dict[str, Any]:
        """The answer. Raises ApiError; FictionError where the page does not allow it."""
        asked = call.parameters
        found = [dataset for dataset in self._of(call) if _is_asked_for(dataset, asked)]
        key = word(asked, "sort_by", "create_time", ("create_time", "dataset_name"))
        latest_first = word(asked, "order", "desc", ("asc", "desc")) == "desc"
        found.sort(
            key=lambda one: (one.created_at if key == "create_time" else _name(one), one.id),
            reverse=latest_first,
        )
        rows = page(found, call, counts=self.settings.offset_counts)
        answer = {"total_number": len(found), "datasets": [self._row(dataset, call) for dataset in rows]}
        NEIGHBOUR_SHAPE.prove(answer, "Dataset list")
        return answer

    def _of(self, call: Call) -> list[Dataset]:
        with self._lock:
            known = list(self._datasets.values())
        return [one for one in known if one.project == call.account and one.exists(call.now)]

    def _row(self, dataset: Dataset, call: Call) -> dict[str, Any]:
        work_path = f"/acme-labels/work/{_name(dataset)}-{dataset.id}/"
        below = _Below(self.kinds, dataset, call)
        running = below.running if truth(call.parameters, "check_running_task") else []
        row = {
            "dataset_id": dataset.id,
            "dataset_name": _name(dataset),
            "dataset_type": dataset.type,
            "data_format": "Default",
            "status": _IMPORTING if below.is_importing else _NORMAL,
            "data_sources": [{"data_type": 0, "data_path": f"/acme-images/{_name(dataset)}/"}],
            "create_time": dataset.created_at,
            "update_time": below.changed_at,
            "description": "",
            "work_path": "/acme-labels/work/",
            "inner_work_path": work_path,
            "work_path_type": 0,
            "workspace_id": "0",
            "enterprise_project_id": "0",
            "exist_running_task": bool(running),
            "running_tasks_id": running,
            "exist_workforce_task": False,
            "workforce_task_count": 0,
            "feature_supports": ["0"],
            "managed": False,
            "import_data": False,
            "label_task_count": 1,
            "dataset_format": 0,
            "content_labeling": True,
            **below.counts,
        }
        if below.last_import:
            row["import_task_id"] = below.last_import
        shown: dict[str, Any] = milliseconds(row)
        return shown


@dataclass(slots=True)
class _Below:
    """What is below one dataset at the moment of a call."""

    kinds: Sequence[JobKind]
    dataset: Dataset
    call: Call

    def _jobs(self, kind: JobKind) -> list[ScriptedJob]:
        """All that were ever created, those that are gone included."""
        jobs = kind.world.of(self.call)
        return [job for job in jobs if job.parent == self.dataset.id and job.created_at <= self.call.now]

    @property
    def _rows(self) -> list[tuple[JobKind, ScriptedJob, Mapping[str, Any]]]:
        now = self.call.now
        return [
            (kind, job, job.at(now)) for kind in self.kinds for job in self._jobs(kind) if job.exists(now)
        ]

    @property
    def running(self) -> list[str]:
        """The ids of what runs, of the type that is asked for."""
        asked = self.call.parameters
        wanted = integer(asked, "running_task_type", 0, 0, _TYPES) if "running_task_type" in asked else None
        types = [(kind.running_type(row), job.id) for kind, job, row in self._rows]
        return [job_id for number, job_id in types if number is not None and wanted in (None, number)]

    @property
    def is_importing(self) -> bool:
        """Whether a folder is imported into it, which is no running task of any type."""
        return any(
            row.get("import_type") not in (None, BY_MANIFEST) and kind.status_of(row) in kind.running
            for kind, _, row in self._rows
        )

    @property
    def last_import(self) -> str:
        """The id of the latest import, empty where there was none."""
        imports = [(job.created_at, job.id) for _, job, row in self._rows if "import_path" in row]
        return max(imports)[1] if imports else ""

    @property
    def changed_at(self) -> datetime:
        """When one of its tasks changed its status, or the dataset was made."""
        now = self.call.now
        jobs = [job for kind in self.kinds for job in self._jobs(kind)]
        return max([self.dataset.created_at, *(job.changed_at(now) for job in jobs)])

    @property
    def counts(self) -> dict[str, int]:
        """As the latest task tells them."""
        own = (self.dataset.total, self.dataset.annotated, self.dataset.unconfirmed)
        counts = dict(zip(COUNTS, own, strict=True))
        rows = sorted(self._rows, key=lambda item: (item[1].created_at, item[1].id))
        for _, _, row in rows:
            result = row.get("result") or {}
            counts |= {name: result[name] for name in COUNTS if name in result}
        return counts


def _name(dataset: Dataset) -> str:
    return dataset.name or f"dataset-{dataset.id[:4].lower()}"


def _is_asked_for(dataset: Dataset, asked: Mapping[str, Any]) -> bool:
    version = word(asked, "dataset_version", "v1", ("v1", "v2", "all"))
    kind = integer(asked, "dataset_type", dataset.type, 0, 900)
    return (
        version in ("all", dataset.version)
        and kind == dataset.type
        and asked.get("search_content", "") in _name(dataset)
    )
