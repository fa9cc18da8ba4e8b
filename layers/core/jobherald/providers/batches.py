"""Reads the rows of a list that gives nothing but ids, as many at a time as the service takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from jobherald.catalog import paths
from jobherald.catalog.source import Batch, Source
from jobherald.model import Place
from jobherald.providers.requests import filled, given_by

_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)


def read(
    source: Source, place: Place, ids: Iterable[Any], send: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> list[Any]:
    """The rows that these ids stand for; ``send`` makes one call of the source's batch operation.

    A batch answers in any order: where the list has one, so have the rows. What ``send`` raises goes through.
    """
    batch = source.batch
    if batch is None:
        return list(ids)
    fixed = filled(batch.parameters, given_by(source, place))
    rows: list[Any] = []
    for some in _chunks(batch, ids):
        rows += paths.find(batch.items, send({**fixed, batch.parameter: some})) or ()
    if source.newest_first:
        rows.sort(key=lambda row: _created(source, row), reverse=True)
    return rows


def _chunks(batch: Batch, ids: Iterable[Any]) -> Iterator[list[str]]:
    known = list(dict.fromkeys(one for one in ids if isinstance(one, str) and one))
    for begin in range(0, len(known), batch.size):
        yield known[begin : begin + batch.size]


def _created(source: Source, row: Any) -> datetime:
    found = paths.find(source.created_path, row)
    return found if isinstance(found, datetime) else _LONG_AGO
