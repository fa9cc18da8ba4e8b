"""A task in its two forms: what the detail answer says of it, and what the list does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from jobherald.local.services.modelarts.task_script import RAW

COUNTS: Final = ("total_sample_count", "annotated_sample_count", "unconfirmed_sample_count")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LISTED_ONLY: Final = frozenset({"dataset_id", "type", "model_id", "model_name", "model_version"})
_DETAIL_ONLY: Final = frozenset({"resource_id", "export_type"})


def detail(row: Mapping[str, Any], details: Mapping[str, Any], zone: timedelta) -> dict[str, Any]:
    """The detail answer: the counts are inside ``result``, and the list's own members are missing."""
    if RAW in details:
        return dict(details[RAW])
    return wire({**_without(row, _LISTED_ONLY), **details}, zone)


def listed(row: Mapping[str, Any], zone: timedelta) -> dict[str, Any]:
    """A row of the list: the counts are beside ``result``, and there are neither resource_id nor export_type."""
    form = wire(_without(row, _DETAIL_ONLY), zone)
    result = form.get("result")
    if isinstance(result, Mapping):
        counts = {name: result[name] for name in COUNTS if name in result}
        form = {**form, **counts, "result": _without(result, frozenset(COUNTS))}
    return form


def wire(row: Mapping[str, Any], zone: timedelta) -> dict[str, Any]:
    """As JSON has it: the task's own time as text without a zone, every other one in milliseconds since 1970."""
    form: dict[str, Any] = milliseconds(row)
    created = row.get("create_time")
    if isinstance(created, datetime):
        form["create_time"] = f"{created.astimezone(timezone(zone)):%Y-%m-%d %H:%M:%S}"
    return form


def milliseconds(value: Any) -> Any:
    """``value`` with its times as milliseconds since 1970."""
    match value:
        case datetime():
            return (value - _EPOCH) // timedelta(milliseconds=1)
        case Mapping():
            return {name: milliseconds(member) for name, member in value.items()}
        case list() | tuple():
            return [milliseconds(item) for item in value]
        case _:
            return value


def _without(row: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: member for name, member in row.items() if name not in names}
