"""Whether a deployment will tell of a job that is to be started, from what it remembers of the job's place."""

from __future__ import annotations

from datetime import datetime

from jobherald.model import JobKey, Observation, Place, State
from jobherald.watch import PlaceRecord


def why_untold(record: PlaceRecord | None, place: Place, name: str, now: datetime) -> str:
    """Why nobody would be told of a job of this name that is created now; empty where somebody will be.

    ``record`` is what is remembered of the place, None where nothing is.
    """
    if record is None or not record.scope.rules:
        return f"no watch is over {place.source} in {place.region}"
    born = Observation(JobKey(place, name), State.QUEUED, "", now, name, created_at=now, modified_at=now)
    told = record.scope.tell(born)
    if told is None:
        return f"no watch over {place.source} in {place.region} takes in a job {f'called {name}' if name else 'without a name'}"
    return ""
