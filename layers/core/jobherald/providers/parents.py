"""Brings what a list is asked below to the one form that the product knows, whichever cloud it is of."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from jobherald.catalog import paths
from jobherald.catalog.source import Parents, Source
from jobherald.errors import ConfigError
from jobherald.model import Place
from jobherald.ports import Parent, ParentPage
from jobherald.providers.rows import normal

_LOG: Final = logging.getLogger(__name__)
_MARK: Final = 16
"""Characters that stand for what differs when something happened below a parent."""


def parents_of(source: Source) -> Parents:
    """How what the source's list is asked below is listed. Raises ConfigError where it is asked below nothing."""
    if source.parent is None:
        raise ConfigError(f"{source.id}: parent: is missing; its list is asked below nothing.")
    return source.parent


def parent_page(
    above: Parents, place: Place, answer: Mapping[str, Any], date: datetime, token: str
) -> ParentPage:
    """One answer of the list of parents, with those of its rows that can be looked below.

    Rows without an id are left out, with a line in the log.
    """
    rows = rows_at(above.items, answer)
    if above.where:
        rows = [row for row in rows if paths.find(above.where, row)]
    known = tuple(parent for row in rows if (parent := _parent(above, row)).id)
    if len(known) < len(rows):
        _LOG.warning("%s: %d rows without %s left out", place.key, len(rows) - len(known), above.id_path)
    return ParentPage(known, date, token)


def rows_at(path: str, answer: Mapping[str, Any]) -> list[Any]:
    """The rows of an answer; none where it has no list."""
    found = paths.find(path, answer)
    return found if isinstance(found, list) else []


def _parent(above: Parents, row: Any) -> Parent:
    running = paths.find(above.running_path, row)
    differs = paths.find(above.differs, row)
    return Parent(
        id=paths.key(above.id_path, row),
        name=paths.text(above.name_path, row),
        running=frozenset(map(str, running)) if isinstance(running, list) else None,
        mark="" if differs is None else _digest(differs),
    )


def _digest(value: Any) -> str:
    return sha256(json.dumps(normal(value), sort_keys=True).encode()).hexdigest()[:_MARK]
