"""Reads the rows of a list that gives nothing but ids, as many at a time as the service takes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from jobherald.catalog import paths
from jobherald.catalog.source import Batch, Source
from jobherald.model import Place
from jobherald.providers.requests import filled, given_by
from jobherald.providers.rows import moment

_LOG: Final = logging.getLogger(__name__)
_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)


def read(
    source: Source,
    place: Place,
    ids: Iterable[Any],
    send: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    read_moment: Callable[[Any], datetime | None] = moment,
) -> list[Any]:
    """The rows that these ids stand for; ``send`` makes one call of the source's batch operation.

    A batch answers in any order: where the list has one, so have the rows, by their times as ``read_moment`` reads them.
    Ids for which there is no row are left out, with a line in the log: what was deleted in between has none. An open job
    among them is looked at like any other that the list did not show. What ``send`` raises goes through.
    """
    batch = source.batch
    if batch is None:
        return list(ids)
    fixed = filled(batch.parameters, given_by(source, place))
    rows: list[Any] = []
    for some in _chunks(batch, ids):
        found = paths.find(batch.items, send({**fixed, batch.parameter: some})) or ()
        if len(found) < len(some):
            left_out = len(some) - len(found)
            _LOG.warning("%s: %s left out %d of %d ids", place.key, batch.operation, left_out, len(some))
        rows += found
    if source.newest_first:
        rows.sort(
            key=lambda row: read_moment(paths.find(source.created_path, row)) or _LONG_AGO, reverse=True
        )
    return rows


def _chunks(batch: Batch, ids: Iterable[Any]) -> Iterator[list[str]]:
    known = list(dict.fromkeys(one for one in ids if isinstance(one, str) and one))
    for begin in range(0, len(known), batch.size):
        yield known[begin : begin + batch.size]
