"""What is remembered as plain JSON values, for scripts and other programs; a member that is not known is null."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from jobherald.channels.message import console_url, rfc3339, source_of, to_message
from jobherald.channels.words import changes_of
from jobherald.model import Delivery, Job, Progress, Story


def to_json(value: Any, **options: Any) -> str:
    """One JSON document; ``options`` are those of ``json.dumps``. Raises TypeError for what no form has."""
    return json.dumps(value, default=_plain, **options)


def job(found: Job) -> dict[str, Any]:
    """One job, as we remember it."""
    place = found.key.place
    return {
        "job": found.key.text,
        "source": place.source,
        "account": place.account,
        "region": place.region,
        "parent": place.parent or None,
        "service_id": found.key.id,
        "name": found.name or None,
        "state": found.state.value,
        "service_status": found.status,
        "run": found.run,
        "created_at": rfc3339(found.created_at),
        "modified_at": rfc3339(found.modified_at),
        "ended_at": rfc3339(found.ended_at),
        "seen_at": rfc3339(found.seen_at),
        "progress": _progress(found.progress),
        "version": found.version,
        "console_url": console_url(source_of(place.source), found.key, found.name) or None,
    }


def story(found: Story) -> dict[str, Any]:
    """One job with every member of the service's answers, every change, what was told of it and what is owed."""
    return {
        "job": job(found.job),
        "details": dict(found.details),
        "changes": [to_message(change) for change in changes_of(found)],
        "deliveries": [_delivery(each) for each in found.deliveries],
        "owed": [change.id for change in found.owed],
    }


def _delivery(found: Delivery) -> dict[str, Any]:
    return {
        "channel": found.channel,
        "change": found.news.id,
        "told_at": rfc3339(found.told_at),
        "reference": found.reference or None,
    }


def _progress(found: Progress | None) -> dict[str, Any] | None:
    return {"percent": found.percent, "counters": dict(found.counters)} if found else None


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime():
            return rfc3339(value)
        case Mapping():
            return dict(value)
        case set() | frozenset():
            return sorted(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
