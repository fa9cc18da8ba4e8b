"""What commands print as JSON, for scripts; a member that is not known is null."""

from __future__ import annotations

from typing import Any

import click

from jobherald.api.forms import to_json
from jobherald.catalog import events
from jobherald.catalog.cost import listed
from jobherald.catalog.source import Source, levels
from jobherald.checks.granting import actions


def echo_json(value: Any) -> None:
    """Print one JSON document."""
    click.echo(to_json(value, indent=2, ensure_ascii=False))


def source(entry: Source) -> dict[str, Any]:
    """One entry of the catalogue, with how it is listed, below what, and the IAM actions that watching it takes."""
    return {
        "id": entry.id,
        "title": entry.title,
        "service": entry.client,
        "operation": entry.operation,
        "items": entry.items,
        "listed": listed(entry),
        "parents": [level.title for level in levels(entry)],
        "id_path": entry.id_path,
        "status_path": entry.status_path,
        "states": {status: state.value for status, state in entry.states.items()},
        "filters": dict(entry.filters),
        "events": events.event_patterns(entry),
        "actions": list(actions(entry)),
    }
