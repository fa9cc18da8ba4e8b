"""What a task does one after the other, as its sub-events tell it, and how each of them can fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Stage:
    """One of a task's sub-events, with those below it.

    ``code`` and ``message`` are the task's while it runs, ``error_code`` and ``error`` when it fails there: those of the
    error code page, whose even numbers are no errors. ``detail`` is what the failed sub-event says.
    """

    name: str
    code: str
    message: str
    error_code: str
    error: str
    detail: str
    below: tuple[str, ...] = ()

    @property
    def leaves(self) -> tuple[str, ...]:
        """What is done in it, one after the other."""
        return self.below or (self.name,)


_EXPORT: Final = Stage(
    "export",
    "ModelArts.4902",
    "Start to export annotations. Export task id is {child}",
    "ModelArts.4392",
    "Task failed",
    "The output path acme-labels/work does not exist or cannot be written.",
)
_INFER: Final = Stage(
    "infer",
    "ModelArts.4950",
    "Auto inference task submitted.",
    "ModelArts.4953",
    "Failed to execute the auto inference task.",
    "The inference service did not become ready within 30 minutes.",
    ("deploy", "predict"),
)

STAGES: Final = {
    "auto-label": (
        _EXPORT,
        Stage(
            "train",
            "ModelArts.4900",
            "Training job prepared.",
            "ModelArts.4909",
            "Failed to execute the training job.",
            "The accuracy of the trained model is 0.31, which is below 0.5.",
            ("prepare", "fit", "evaluate"),
        ),
        _INFER,
        Stage(
            "select",
            "ModelArts.4926",
            "Collecting hard examples submitted.",
            "ModelArts.4929",
            "Failed to collect hard examples.",
            "No sample lies within the confidence range 0.10-0.90.",
        ),
    ),
    "pre-label": (
        _EXPORT,
        Stage(
            "import model",
            "ModelArts.4910",
            "Model import task submitted.",
            "ModelArts.4913",
            "Failed to execute the model import task.",
            "The model pedestrians 0.0.3 is not in the state published.",
        ),
        _INFER,
    ),
    "auto-grouping": (
        _EXPORT,
        Stage(
            "group",
            "ModelArts.4960",
            "Auto grouping task submitted.",
            "ModelArts.4963",
            "Failed to execute the auto grouping task.",
            "Fewer samples than groups: 8 samples, 16 groups.",
            ("extract features", "cluster"),
        ),
    ),
}
DONE: Final = {
    "auto-label": "task executed successfully.",
    "pre-label": "prelabel task execute successfully.",
    "auto-grouping": "Auto grouping task executed.",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """The stages of one kind of task. What is done in them, the leaves, is numbered from 0 on, over all stages."""

    stages: Sequence[Stage]

    @property
    def leaves(self) -> list[tuple[Stage, str]]:
        """All that is done, each with its stage."""
        return [(stage, name) for stage in self.stages for name in stage.leaves]

    def find(self, name: str) -> int:
        """The number of the leaf called ``name``; of a stage, of its last one. Raises ValueError where there is none."""
        found = [number for number, (stage, leaf) in enumerate(self.leaves) if name in (leaf, stage.name)]
        if not found:
            known = ", ".join(
                dict.fromkeys(part for stage, leaf in self.leaves for part in (stage.name, leaf))
            )
            raise ValueError(f"no step is called {name!r}; there are {known}")
        return found[-1]

    def events(self, moments: Sequence[datetime], leaf: int, *, failed: str = "") -> list[dict[str, Any]]:
        """The sub-events while ``leaf`` is done, or as it ends, failed for that reason; a number past the last: all done.

        ``moments`` are when each leaf begins, as far as they begin, and when the last of them ends.
        """
        events: list[dict[str, Any]] = []
        first = 0
        for ordinal, stage in enumerate(self.stages):
            span = range(first, first + len(stage.leaves))
            event = {"name": stage.name, "ordinal": ordinal, "level": 1}
            events.append({**event, **_told(stage, span, moments, leaf, failed)})
            if stage.below:
                events[-1]["events"] = [
                    {
                        "name": name,
                        "parent_name": stage.name,
                        "ordinal": below,
                        "level": 2,
                        **_told(stage, range(span[below], span[below] + 1), moments, leaf, failed),
                    }
                    for below, name in enumerate(stage.below)
                ]
            first = span.stop
        return events


def _told(stage: Stage, span: range, moments: Sequence[datetime], leaf: int, failed: str) -> dict[str, Any]:
    """What an event says that covers the leaves in ``span``."""
    if leaf < span.start:
        return {"status": "waiting"}
    begun: dict[str, Any] = {"create_time": moments[span.start], "elapsed_time": 0}
    if leaf >= span.stop:
        took = moments[span.stop] - moments[span.start]
        return {**begun, "status": "success", "elapsed_time": int(took.total_seconds())}
    if failed:
        return {**begun, "status": "failed", "error_code": stage.error_code, "error_message": failed}
    return {**begun, "status": "running"}
