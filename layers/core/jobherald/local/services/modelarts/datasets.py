"""Datasets: what tasks are listed below, and how the dataset list shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from jobherald.local.services.modelarts.identity import PROJECT

DATASET: Final = "gfghHSokody6AJigS5A"


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset of a project. ``version`` is ``v1`` or ``v2``: the list shows v1 alone unless asked for others."""

    id: str = DATASET
    name: str = ""
    project: str = PROJECT
    created_at: datetime = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    version: str = "v1"
    total: int = 0
    annotated: int = 0
    unconfirmed: int = 0
    gone_from: datetime | None = None
