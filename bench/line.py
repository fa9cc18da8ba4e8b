"""One figure with its bound, as `make bench` prints it."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """``value`` may be at most ``must``; it is None where this machine cannot measure it, and ``note`` says why."""

    metric: str
    value: float | None
    unit: str
    must: float
    note: str = ""

    @property
    def missed(self) -> bool:
        return self.value is not None and self.value > self.must

    def __str__(self) -> str:
        """The JSON object of one line."""
        whole = {
            "metric": self.metric,
            "value": self.value,
            "unit": self.unit,
            "must": self.must,
            "note": self.note,
        }
        return json.dumps({name: value for name, value in whole.items() if name != "note" or value})
