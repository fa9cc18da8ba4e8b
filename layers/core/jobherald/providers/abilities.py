"""Says what the list operation of an entry can do, whichever cloud it is of."""

from __future__ import annotations

from typing import Final

from jobherald.catalog.source import Source
from jobherald.model import State
from jobherald.ports import Abilities, Reach

# The order in which a job passes through its open states.
_OPEN: Final = (State.QUEUED, State.RUNNING, State.STOPPING)


def abilities_of(source: Source, credential: str = "") -> Abilities:
    """What the source's list operation can do; ``credential`` names what its calls are signed with, as in Abilities."""
    open_statuses = [
        status
        for wanted in _OPEN
        for status, state in source.states.items()
        if state is wanted and status not in source.fading
    ]
    return Abilities(
        reach=_reach(source),
        newest_first=source.newest_first,
        open_statuses=tuple(open_statuses) if "status" in source.filters else (),
        overlap=source.overlap,
        pace=source.pace,
        title=source.title,
        parents=source.parent.title if source.parent else "",
        credential=credential,
        looks=source.look is not None,
        reasons_by_look=source.look is not None and bool(source.look.reason_path),
    )


def _reach(source: Source) -> Reach:
    for reach in (Reach.MODIFIED_AFTER, Reach.CREATED_AFTER):
        if reach in source.filters:
            return reach
    return Reach.NEWEST_FIRST if source.newest_first else Reach.EVERYTHING
