"""Places that no watch wants any more: what is open there is forgotten, without a call and without a word."""

from __future__ import annotations

from dataclasses import replace

from jobherald.errors import ConflictError
from jobherald.flows.listing import CALL_SECONDS
from jobherald.flows.visit import Means
from jobherald.model import Place
from jobherald.watch import Scope


def release(place: Place, means: Means) -> int:
    """Release the open jobs of a place while there is time. Returns how many are left, those that others write included."""
    jobs = means.store.open_jobs(place)
    left = len(jobs)
    for job in jobs.values():
        if means.budget.deadline.remaining() <= CALL_SECONDS:
            break
        try:
            means.store.release(job)
        except ConflictError:
            continue
        left -= 1
    return left


def release_below(head: Place, every: int, means: Means) -> int:
    """Release what is open below a place. Returns how many parents are left to do."""
    children = means.store.children(head)
    for child_id in list(children):
        if not release_child(replace(head, parent=child_id), every, means):
            break
        del children[child_id]
    means.store.save_children(head, children)
    return len(children)


def release_child(child: Place, every: int, means: Means) -> bool:
    """Release what is open below one parent; who watches it again begins anew. Returns whether nothing is left."""
    if means.budget.deadline.remaining() <= CALL_SECONDS or release(child, means):
        return False
    record = means.store.place(child)
    if record is not None:
        fresh = record.rescoped(Scope((), every))
        try:
            means.store.save_place(replace(fresh, revision=fresh.revision + 1))
        except ConflictError:
            return False
    return True
