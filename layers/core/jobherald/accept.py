"""The decision: what an observation makes of what we remember, and whether that is worth telling.

Pure. Order and repetition of observations do not matter: of one run of a job the newest by the service's own time
wins, an outcome stays until something newer by that time says otherwise, and every state is told at most once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final, NamedTuple

from jobherald.model import Change, Job, Observation, State

PROGRESS_POINTS: Final = 1.0
REFRESH_INTERVAL: Final = timedelta(minutes=5)
REMEMBER_INTERVAL: Final = timedelta(days=1)
"""Shorter than anything is remembered for, which is two days at least."""

# Decides between two answers of one moment. Among outcomes only succeeded and partial can share a moment: counters of
# failed objects may follow the status.
_RANK: Final = {
    State.GONE: -2,
    State.UNKNOWN: -1,
    State.QUEUED: 0,
    State.RUNNING: 1,
    State.STOPPING: 2,
    State.STOPPED: 3,
    State.FAILED: 3,
    State.SUCCEEDED: 3,
    State.PARTIAL: 4,
}


class Decision(NamedTuple):
    """What to write: the job as it is now, and the change to tell with it, if any."""

    job: Job
    change: Change | None


def accept(
    job: Job | None, seen: Observation, tell: frozenset[State], *, silent: bool = False
) -> Decision | None:
    """What ``seen`` makes of ``job`` (None if it is not known). None where there is nothing to write.

    ``tell`` are the states that somebody wants told. ``silent`` adopts a job that is not known without a word.
    """
    if job is None:
        return None if seen.state is State.GONE else _adopt(seen, tell, silent=silent)
    if not _supersedes(job, seen):
        return None
    if (seen.state, seen.status, seen.run) == (job.state, job.status, job.run):
        return _refresh(job, seen)
    return _move(job, seen, tell)


def _adopt(seen: Observation, tell: frozenset[State], *, silent: bool) -> Decision:
    job = Job(
        key=seen.key,
        state=seen.state,
        status=seen.status,
        seen_at=seen.seen_at,
        version=1,
        name=seen.name,
        run=seen.run,
        created_at=seen.created_at,
        modified_at=seen.modified_at,
        ended_at=seen.ended_at,
        progress=seen.progress,
        progress_at=seen.seen_at,
        announced=seen.state is State.RUNNING,
    )
    worth_telling = seen.state in tell and not silent
    return Decision(replace(job, owing=worth_telling), _change(job, None, seen) if worth_telling else None)


def _move(job: Job, seen: Observation, tell: frozenset[State]) -> Decision:
    """The job is in another state, in a newer run, or in the same state under another of the service's words."""
    moved = _carry(job, seen)
    ended_again = seen.state.is_outcome and seen.run > job.run
    told_before = (seen.state is job.state and not ended_again) or (
        seen.state is State.RUNNING and job.announced
    )
    worth_telling = seen.state in tell and not told_before
    announced = not seen.state.is_outcome and (job.announced or seen.state is State.RUNNING)
    moved = replace(moved, announced=announced, owing=job.owing or worth_telling)
    return Decision(moved, _change(moved, job.state, seen) if worth_telling else None)


def _refresh(job: Job, seen: Observation) -> Decision | None:
    """The job is where it was: worth a write only if an outcome's own time moved, or progress or age did."""
    if job.state.is_outcome:
        moved = seen.modified_at not in {None, job.modified_at}
        return Decision(_carry(job, seen), None) if moved or _would_be_forgotten(job, seen) else None
    if job.owing or not (_progressed(job, seen) or _is_out_of_date(job, seen)):
        return None
    return Decision(_carry(job, seen), None)


def _would_be_forgotten(job: Job, seen: Observation) -> bool:
    """Whether only our memory tells this job, which its service still lists without any time, from a new one."""
    return seen.latest_at is None and seen.seen_at - job.seen_at >= REMEMBER_INTERVAL


def _carry(job: Job, seen: Observation) -> Job:
    gone = seen.state is State.GONE
    return replace(
        job,
        state=seen.state,
        status=job.status if gone else seen.status,
        seen_at=seen.seen_at,
        version=job.version + 1,
        name=seen.name or job.name,
        run=max(job.run, seen.run),
        created_at=seen.created_at or job.created_at,
        modified_at=seen.modified_at or job.modified_at,
        ended_at=seen.ended_at,
        progress=seen.progress or job.progress,
        progress_at=seen.seen_at,
    )


def _supersedes(job: Job, seen: Observation) -> bool:
    """Whether ``seen`` is newer than what we hold, and allowed to replace it."""
    if seen.state is State.GONE:
        return job.state.is_open and seen.seen_at >= job.seen_at
    if job.state is State.GONE:
        return seen.state.is_outcome or seen.seen_at > job.seen_at
    if seen.run != job.run:
        return seen.run > job.run and not (job.state.is_outcome and _never_replaces(seen))
    newer = _is_newer(job, seen)
    if not job.state.is_outcome:
        return newer or (seen.state.is_outcome and job.modified_at is None)
    if _never_replaces(seen):
        return False
    if seen.state is job.state:
        return newer
    if job.modified_at is not None and seen.modified_at is not None and seen.modified_at != job.modified_at:
        return seen.modified_at > job.modified_at
    return job.state is State.SUCCEEDED and seen.state is State.PARTIAL


def _never_replaces(seen: Observation) -> bool:
    return seen.fading or seen.state is State.UNKNOWN


def _is_newer(job: Job, seen: Observation) -> bool:
    """By the service's modified time where both have one, else by the answers' dates; rank decides a tie."""
    if job.modified_at is not None and seen.modified_at is not None:
        before, after = job.modified_at, seen.modified_at
    else:
        before, after = job.seen_at, seen.seen_at
    if before != after:
        return after > before
    return _RANK[seen.state] > _RANK[job.state] or (
        seen.state is job.state and seen.status == job.status and seen.seen_at > job.seen_at
    )


def _progressed(job: Job, seen: Observation) -> bool:
    if seen.progress is None:
        return False
    if job.progress is None or job.progress_at is None:
        return True
    moved = abs((seen.progress.percent or 0.0) - (job.progress.percent or 0.0)) >= PROGRESS_POINTS
    return moved and seen.seen_at - job.progress_at >= REFRESH_INTERVAL


def _is_out_of_date(job: Job, seen: Observation) -> bool:
    """Whether an outcome between what we hold and what was seen, should it arrive late, could pass for the newer one."""
    if job.modified_at is None or seen.modified_at is None:
        return False
    return seen.modified_at - job.modified_at >= REFRESH_INTERVAL


def _change(job: Job, previous: State | None, seen: Observation) -> Change:
    outcome_time = seen.ended_at if seen.state.is_outcome else None
    if seen.state is State.GONE:
        # All that anybody knows of the time is when it was found missing.
        outcome_time = seen.seen_at
    return Change(
        key=job.key,
        version=job.version,
        state=job.state,
        previous=previous,
        status=job.status,
        at=outcome_time or seen.modified_at or seen.seen_at,
        seen_at=seen.seen_at,
        name=job.name,
        created_at=job.created_at,
        ended_at=job.ended_at,
        reason=seen.reason,
        reason_code=seen.reason_code,
        output=seen.output,
        progress=job.progress,
    )
