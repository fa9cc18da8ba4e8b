"""A dataset: what tasks, imports and exports are listed below."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from jobherald.local.services.modelarts.identity import PROJECT

DATASET: Final = "gfghHSokody6AJigS5A"


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset of a project.

    ``version`` is ``v1`` or ``v2``: the list shows v1 alone unless asked for others. Its counts are those that its latest
    task tells; before any task does, ``total``, ``annotated`` and ``unconfirmed``. It is unknown from ``gone_from`` on.
    """

    id: str = DATASET
    name: str = ""
    project: str = PROJECT
    created_at: datetime = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    version: str = "v1"
    type: int = 0
    total: int = 0
    annotated: int = 0
    unconfirmed: int = 0
    gone_from: datetime | None = None

    def exists(self, now: datetime) -> bool:
        """Whether the service knows it."""
        return self.created_at <= now and (self.gone_from is None or now < self.gone_from)
