"""What reading one entry of the catalogue takes, against reading all of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from time import perf_counter
from typing import Final

from bench.line import Line

REPEATS: Final = 5
READ: Final = ("sagemaker.training", "ec2.import_image", "transcribe.job", "modelarts.training")
"""Of files with many entries and with few; the dearest one counts."""


def measure() -> Line:
    """The least of some repetitions of each, in one process, so that the machine is the same for both."""
    # The package has the function under its module's name.
    catalogue = import_module("jobherald.catalog.load")

    def forget() -> None:
        catalogue.load.cache_clear()
        catalogue._read.cache_clear()  # noqa: SLF001  # what is read once is kept

    def read(source_id: str) -> None:
        catalogue.load(source_id)

    def read_all() -> None:
        catalogue.all_sources()

    # The paths of both are compiled by now.
    read_all()
    every = _least(read_all, forget)
    ones = {source_id: _least(partial(read, source_id), forget) for source_id in READ}
    dearest = max(ones, key=lambda source_id: ones[source_id])
    note = (
        f"{dearest}: {ones[dearest] * 1e6:,.0f} us; all {len(catalogue.all_sources())}: {every * 1e6:,.0f} us"
    )
    return Line("catalog_read_one_us_ratio", round(ones[dearest] / every, 4), "of reading all", 0.02, note)


def _least(read: Callable[[], None], forget: Callable[[], None]) -> float:
    def once() -> float:
        forget()
        began = perf_counter()
        read()
        return perf_counter() - began

    return min(once() for _ in range(REPEATS))
