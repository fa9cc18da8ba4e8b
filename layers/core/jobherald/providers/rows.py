"""Brings a row of any service to the one form that the product compares, stores and tells."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from jobherald.catalog import paths
from jobherald.catalog.source import Counters, Look, Source
from jobherald.model import JobKey, Observation, Place, Progress, State

_NO_DOUBT: Final = timedelta(0)
# An item holds 400 KB, and a message less: the details keep the whole of a text, and its beginning is told.
_LONGEST_REASON: Final = 10_000
_LONGEST_WORD: Final = 2_000
# The table takes numbers of 38 digits.
_LARGEST_COUNT: Final = 10**15
_FAILURES: Final = frozenset({State.FAILED, State.PARTIAL})


def moment(value: Any) -> datetime | None:
    """A time of a row, aware and in UTC; None where it is not a time."""
    return _utc(value) if isinstance(value, datetime) else None


def observe(
    source: Source,
    place: Place,
    row: Any,
    seen_at: datetime,
    *,
    known_id: str = "",
    read_moment: Callable[[Any], datetime | None] = moment,
) -> Observation | None:
    """What a row says about its job; None where it says not even which job it is about.

    Whatever else is missing or of another type than the catalogue expects is as if it were not there, and is kept in
    the details. A status that the catalogue does not know is the state *unknown* under the service's own word.
    ``known_id`` stands in for an id that the answer to a look leaves out. ``read_moment`` reads a time as this service
    writes it: aware and in UTC, None where it is not one.
    """
    if not isinstance(row, Mapping):
        return None
    job_id = paths.key(source.id_path, row) or known_id
    if not job_id:
        return None
    created = read_moment(paths.find(source.created_path, row))
    status = _status(source, row)
    state = source.states.get(status, State.UNKNOWN)
    progress = progress_of(source.counters, row) if source.counters else None
    if source.counters and progress and state is State.SUCCEEDED and _left_behind(progress):
        state = State.PARTIAL
    return Observation(
        key=JobKey(place, job_id, int(created.timestamp()) if created and source.reusable_ids else 0),
        state=state,
        status=status[:_LONGEST_WORD],
        seen_at=seen_at,
        name=paths.text(source.name_path, row)[:_LONGEST_WORD],
        run=_count(paths.find(source.run_path, row)) or 0,
        created_at=created,
        created_doubt=timedelta(seconds=source.created_doubt) if source.created_doubt else _NO_DOUBT,
        modified_at=read_moment(paths.find(source.modified_path, row)),
        ended_at=read_moment(paths.find(source.ended_path, row)),
        reason=_reason(source, state, row)[:_LONGEST_REASON],
        reason_code=""
        if state is State.SUCCEEDED
        else paths.text(source.reason_code_path, row)[:_LONGEST_WORD],
        output=paths.text(source.output_path, row)[:_LONGEST_WORD],
        progress=progress,
        fading=status in source.fading,
        details=_details(source, row),
    )


def shows_none(look: Look, answer: Mapping[str, Any]) -> bool:
    """Whether the answer to a look has no element where it would have the job: that there is no such job."""
    return look.items.endswith("]") and paths.find(look.items, answer) is None


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


def progress_of(counters: Counters, row: Mapping[str, Any]) -> Progress | None:
    """The row's counters and what they make of 100 percent; None where the row has none of them.

    The percentage is the service's own, else what is done of the total. The total too is the service's own, or the sum
    of done, failed and remaining; a row without done or remaining gives no percentage rather than a wrong one.
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
    if isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given):
        share = given
    elif "done" in counters and counters.get("total"):
        share = 100 * counters["done"] / counters["total"]
    else:
        return None
    return round(min(max(share, 0.0), 100.0), 2)


def _count(value: Any) -> int | None:
    """A counter, which some services write as 49.0; None where it is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value <= _LARGEST_COUNT else None


def _status(source: Source, row: Mapping[str, Any]) -> str:
    """The service's word, or its number as an integer's text: -1, 0 and 1.0 are statuses too."""
    found = paths.find(source.status_path, row)
    if isinstance(found, str):
        return paths.whole(found)
    if isinstance(found, float) and found.is_integer():
        return str(int(found))
    return str(found) if isinstance(found, int | float) else ""


def _reason(source: Source, state: State, row: Mapping[str, Any]) -> str:
    # Some services say of a success too why it ended: that its container has, which reads like a fault.
    if state is State.SUCCEEDED:
        return ""
    reason = paths.text(source.reason_path, row)
    if source.steps is None or state not in _FAILURES:
        return reason
    # Imported where it is needed: most sources have no steps, and a cold start pays for every module.
    from jobherald.providers.steps import with_failed_step

    return with_failed_step(source.steps, row, reason)


def _details(source: Source, row: Mapping[str, Any]) -> Mapping[str, Any]:
    details: dict[str, Any] = normal(row)
    if not (source.mask or source.shorten):
        return details
    from jobherald.providers.details import fit

    return fit(source, details)


def _left_behind(progress: Progress) -> bool:
    return any(progress.counters.get(name) for name in ("failed", "remaining"))


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
