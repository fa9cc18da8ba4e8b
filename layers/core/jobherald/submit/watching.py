"""Whether a deployment will tell of a job that is to be started, from what it remembers of the job's place."""

from __future__ import annotations

from datetime import datetime

from jobherald.model import JobKey, Observation, Place, State
from jobherald.watch import PlaceRecord


def why_untold(record: PlaceRecord | None, place: Place, name: str, now: datetime) -> str:
    """Why a deployment would tell nobody of a job of this name that is created now; empty where it will.

    ``record`` is what it remembers of the place, None where nothing. The answer has the deployment as its subject.
    """
    over = f"has no watch over {place.source} in {place.region}"
    if record is None or not record.scope.rules:
        return over
    born = Observation(JobKey(place, name), State.QUEUED, "", now, name, created_at=now, modified_at=now)
    if record.scope.tell(born) is not None:
        return ""
    return f"{over} that takes in a job {f'called {name}' if name else 'without a name'}"
