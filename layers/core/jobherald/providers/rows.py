"""Brings a row of any service to the one form that the product compares, stores and tells."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from jobherald.catalog import paths
from jobherald.catalog.source import Counters, Look, Source
from jobherald.model import JobKey, Observation, Place, Progress, State


def observe(
    source: Source, place: Place, row: Any, seen_at: datetime, *, known_id: str = ""
) -> Observation | None:
    """What a row says about its job; None where it says not even which job it is about.

    Whatever else is missing or of another type than the catalogue expects is as if it were not there, and is kept in
    the details. A status that the catalogue does not know is the state *unknown* under the service's own word.
    ``known_id`` stands in for an id that the answer to a look leaves out.
    """
    if not isinstance(row, Mapping):
        return None
    job_id = paths.text(source.id_path, row) or known_id
    if not job_id:
        return None
    created = moment(paths.find(source.created_path, row))
    status = paths.text(source.status_path, row)
    state = source.states.get(status, State.UNKNOWN)
    progress = progress_of(source.counters, row) if source.counters else None
    if source.counters and progress and state is State.SUCCEEDED and _left_behind(progress):
        state = State.PARTIAL
    return Observation(
        key=JobKey(place, job_id, int(created.timestamp()) if created and source.reusable_ids else 0),
        state=state,
        status=status,
        seen_at=seen_at,
        name=paths.text(source.name_path, row),
        run=_count(paths.find(source.run_path, row)) or 0,
        created_at=created,
        modified_at=moment(paths.find(source.modified_path, row)),
        ended_at=moment(paths.find(source.ended_path, row)),
        reason=paths.text(source.reason_path, row),
        reason_code=paths.text(source.reason_code_path, row),
        output=paths.text(source.output_path, row),
        progress=progress,
        fading=status in source.fading,
        details=normal(row),
    )


def as_row(
    look: Look, answer: Mapping[str, Any], members: frozenset[str]
) -> tuple[dict[str, Any], frozenset[str]]:
    """The answer to a look as a row of the list that has these members, and the names of what it shows besides.

    Without this a look and a list would forever overwrite each other's view of an unchanged job.
    """
    told = paths.find(look.items, answer) if look.items else answer
    if not isinstance(told, Mapping):
        return {}, frozenset()
    extras = {
        name: value for name, value in told.items() if name not in members and name != "ResponseMetadata"
    }
    row = {name: paths.find(look.members.get(name, name), told) for name in sorted(members)}
    return {**{name: value for name, value in row.items() if value is not None}, **extras}, frozenset(extras)


def normal(value: Any) -> Any:
    """A value of a parsed answer as JSON has it, with nothing left out.

    Times become RFC 3339 text in UTC with their microseconds, bytes become base64; a float that JSON has no number
    for becomes its name, and so does anything else that JSON does not know.
    """
    if isinstance(value, str | bool | int) or value is None:
        return value
    if isinstance(value, Mapping):
        return {str(name): normal(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [normal(member) for member in value]
    if isinstance(value, datetime):
        return _utc(value).isoformat().replace("+00:00", "Z")
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    return str(value)


def moment(value: Any) -> datetime | None:
    """A time of a row, aware and in UTC; None where it is not a time."""
    return _utc(value) if isinstance(value, datetime) else None


def progress_of(counters: Counters, row: Mapping[str, Any]) -> Progress | None:
    """The row's counters and what they make of 100 percent; None where the row has none of them.

    The total is the service's own, or the sum of done, failed and remaining; a row without done or remaining gives
    no percentage rather than a wrong one.
    """
    named = {
        "done": counters.done,
        "failed": counters.failed,
        "remaining": counters.remaining,
        "total": counters.total,
        **counters.also,
    }
    found = {
        name: count for name, path in named.items() if (count := _count(paths.find(path, row))) is not None
    }
    if not counters.total and "done" in found and "remaining" in found:
        found["total"] = found["done"] + found.get("failed", 0) + found["remaining"]
    percent = _percent(found, paths.find(counters.percent, row))
    return Progress(percent, found) if found or percent is not None else None


def _percent(counters: Mapping[str, int], given: Any) -> float | None:
    if "done" in counters and counters.get("total"):
        share = 100 * counters["done"] / counters["total"]
    elif isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given):
        share = given
    else:
        return None
    return round(min(max(share, 0.0), 100.0), 2)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _left_behind(progress: Progress) -> bool:
    return any(progress.counters.get(name) for name in ("failed", "remaining"))


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
