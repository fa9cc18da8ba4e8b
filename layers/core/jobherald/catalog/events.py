"""Turns an EventBridge event into a look at one job; an event is a hint, so nothing but *which job* is read from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from jobherald.catalog import paths
from jobherald.catalog.source import Event, Source
from jobherald.errors import EventError
from jobherald.model import Place
from jobherald.watch import Look

CALL: Final = "AWS API Call via CloudTrail"
"""The detail type of a call that CloudTrail reports, whatever came of it."""


def match(event: Any, sources: Iterable[Source]) -> Look | None:
    """The look that this event asks for; None for an event that no entry of these sources matches.

    Also None for a call that was refused. Raises EventError where an entry matches and the event lacks its account, its
    region, its parent where the entry says where to find one, or any name of the job. No two entries match one event;
    the checks of the catalogue see to that.
    """
    if not isinstance(event, Mapping):
        return None
    detail = event.get("detail")
    if not isinstance(detail, Mapping) or refusal(event):
        return None
    for source in sources:
        for entry in source.events:
            if _matches(entry, event, detail):
                return _look(source, entry, event)
    return None


def refusal(event: Mapping[str, Any]) -> str:
    """The error code of a call that was refused, so that nothing happened to any job; empty for every other event.

    Services have members of that name in their own events too, where it says why a job failed.
    """
    detail = event.get("detail")
    if event.get("detail-type") != CALL or not isinstance(detail, Mapping):
        return ""
    return str(detail.get("errorCode") or "")


def event_patterns(source: Source) -> list[dict[str, Any]]:
    """The EventBridge event patterns of a source, one for each of its entries."""
    return [
        {"source": [entry.event_source], "detail-type": [entry.detail_type]}
        # EventBridge takes no empty table.
        | (
            {"detail": {member: list(values) for member, values in entry.match.items()}}
            if entry.match
            else {}
        )
        for entry in source.events
    ]


def _matches(entry: Event, event: Mapping[str, Any], detail: Mapping[str, Any]) -> bool:
    return (
        event.get("detail-type") == entry.detail_type
        and event.get("source") == entry.event_source
        and all(detail.get(member) in values for member, values in entry.match.items())
    )


def _look(source: Source, entry: Event, event: Mapping[str, Any]) -> Look:
    account, region = (paths.text(member, event) for member in ("account", "region"))
    job_id, name = paths.text(entry.id, event), paths.text(entry.name, event)
    if not (account and region):
        raise EventError(f"An event {entry.detail_type!r} for {source.id} names no account and region.")
    if not (job_id or name):
        where = " or ".join(path for path in (entry.id, entry.name) if path)
        raise EventError(
            f"An event {entry.detail_type!r} for {source.id} in {account}, {region} names no job at {where}."
            " The job is seen at the next poll."
        )
    parent = paths.text(entry.parent, event)
    if entry.parent and not parent:
        raise EventError(
            f"An event {entry.detail_type!r} for {source.id} in {account}, {region} does not say at {entry.parent} what"
            " its job is listed below. The job is seen at the next poll."
        )
    return Look(Place(source.id, account, region, parent), id=job_id, name=name)
