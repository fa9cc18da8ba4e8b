"""Looking at one job because an event hinted at it."""

from __future__ import annotations

from dataclasses import dataclass

from jobherald.flows.absorb import Absorber, OpenJobs
from jobherald.ports import JobStore, Lister
from jobherald.watch import Look


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look did, for its one line in the log."""

    place: str
    job: str
    outcome: str
    changes: int = 0


def look(request: Look, lister: Lister, store: JobStore) -> Looked:
    """Look at one job, if its place is watched and had its first look; before that, the first look will see it.

    Raises ListingError: the queue brings the look back, and the next poll sees the job anyway.
    """
    subject = request.id or request.name
    record = store.place(request.place)
    if record is None or record.baseline_at is None:
        return Looked(request.place.key, subject, "not watched")
    sight = lister.look(request)
    if sight.seen is None:
        return Looked(request.place.key, subject, "no such job")
    absorber = Absorber(store, record, OpenJobs(dict))
    covered = absorber.absorb_sight(sight)
    return Looked(request.place.key, subject, "seen" if covered else "not wanted", absorber.changes)
