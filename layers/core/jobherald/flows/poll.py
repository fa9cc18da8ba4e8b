"""Polling one place: list, decide, look up what vanished, keep how far we came. It never tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

from jobherald.errors import ConflictError, ListingError
from jobherald.flows.credential import Gate
from jobherald.flows.trouble import (
    CREDENTIAL,
    SAID_ELSEWHERE,
    TELL_AT_ONCE,
    is_of_some,
    late_since,
    raise_alert,
    recovered,
    troubled,
)
from jobherald.flows.visit import Limits, Means, visit
from jobherald.model import Alert, AlertKind, Severity
from jobherald.ports import Clock, Deadline, JobStore, Lister
from jobherald.watch import PlaceRecord, Poll

# More words than a service has are garbage, and the place's item must not grow by it.
UNKNOWN_WORDS_KEPT: Final = 20
# Seconds, those of schedule's slots: each minute asks anew.
GOES_ON_WITHIN: Final = 60.0


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll did, for its one line in the log and its metrics.

    ``lag`` is for how many seconds the look has been taking that this poll ended or went on with.
    """

    place: str
    outcome: str
    calls: int = 0
    seen: int = 0
    open: int = 0
    changes: int = 0
    writes: int = 0
    trouble: str = ""
    lag: int = 0


class _Looked(NamedTuple):
    """What looking at a place, or below it, came to. ``below`` is how many parents there are, 0 for a place without.

    ``up_to_date``, ``whole`` and ``shown`` are as in Visit. ``stopped`` says that the last of the ``errors`` ended it; else
    each was about one parent, which waits by itself, or about looks at jobs that vanished.
    """

    record: PlaceRecord
    complete: bool
    baseline_done: bool
    up_to_date: bool
    whole: bool
    shown: int
    errors: tuple[ListingError, ...]
    unknown_statuses: frozenset[str]
    seen: int
    open: int
    changes: int
    writes: int
    below: int = 0
    stopped: bool = True


def poll(
    request: Poll, lister: Lister, store: JobStore, clock: Clock, deadline: Deadline, limits: Limits
) -> Polled:
    """Poll one place. What the service refuses is recorded on the place; only the store's errors are raised."""
    record = store.place(request.place)
    if record is None:
        return Polled(request.place.key, "not watched")
    began = clock.now()
    if _is_overtaken(record, request, began):
        return Polled(request.place.key, "overtaken")
    record = replace(
        record,
        queued_at=request.queued_at,
        began_at=record.began_at or began,
        late_since=late_since(record, began, limits.blind_after),
    )
    means = Means.of(record.place.source, lister, store, clock, deadline, limits)
    if not record.scope.rules:
        return _let_go(record, means)
    gate = Gate(means.abilities.credential, lister, store, clock)
    if not gate.may_pass():
        _wait(record, store, began)
        return Polled(request.place.key, "paused", open=record.jobs_open)
    looked = _look_below(record, means) if means.abilities.parents else _look_at(record, means)
    error = _said(looked)
    gate.passed(error, calls=means.budget.calls)
    now = clock.now()
    record, alerts = _health(looked, error, now, limits.blind_after)
    record, more = _remarks(record, looked, means, now)
    record, lag, late = _pace(record, looked, means, now)
    record = replace(
        record,
        revision=record.revision + 1,
        polled_at=now,
        looked_at=now if looked.up_to_date else record.looked_at,
        late_since=None if _went_round(looked) else record.late_since,
        jobs_open=looked.open,
    )
    # Whoever was faster keeps his; our pages are then listed again, to no effect.
    _store(record, store, [*alerts, *more, *late])
    return Polled(
        request.place.key,
        "in trouble" if error else "complete" if looked.complete else "to be continued",
        means.budget.calls,
        looked.seen,
        looked.open,
        looked.changes,
        looked.writes,
        str(error) if error else "",
        int(lag),
    )


def _is_overtaken(record: PlaceRecord, request: Poll, now: datetime) -> bool:
    """Whether another poll has done since what this one was asked for.

    One that was asked for while the last was under way goes on with what that one left: else a poll of more than a minute
    would cost the place the next one as well. Not if it is long ago: others would wait behind all that piled up.
    """
    if record.polled_at is None or record.polled_at < request.queued_at:
        return False
    asked_again = record.queued_at is not None and record.queued_at < request.queued_at
    in_time = (now - request.queued_at).total_seconds() < GOES_ON_WITHIN
    return not (asked_again and record.goes_on and in_time) or bool(record.trouble)


def _look_at(record: PlaceRecord, means: Means) -> _Looked:
    done = visit(record, means)
    absorber = done.absorber
    return _Looked(
        done.record,
        done.complete,
        done.baseline_done,
        done.up_to_date,
        done.whole,
        done.shown,
        (done.error,) if done.error else done.of_jobs,
        frozenset(absorber.unknown_statuses),
        len(absorber.seen),
        done.open,
        absorber.changes,
        absorber.writes,
        stopped=done.error is not None,
    )


def _look_below(record: PlaceRecord, means: Means) -> _Looked:
    # Imported here, so that a cold start that polls places without parents need not carry it.
    from jobherald.flows.family import Family

    family = Family(record, means)
    complete = family.run()
    return _Looked(
        family.head,
        complete,
        family.baseline_done,
        complete,
        complete,
        family.shown,
        tuple(family.errors),
        frozenset(family.unknown_statuses),
        len(family.seen),
        family.open,
        family.changes,
        family.writes,
        len(family.children),
        family.stopped,
    )


def _said(looked: _Looked) -> ListingError | None:
    """What was refused, in one sentence. One that waits out its pause has been said."""
    errors = [error for error in looked.errors if error.kind != "paused"]
    if not errors:
        return None
    of_one = (error for error in errors if error.kind in TELL_AT_ONCE)
    first = errors[-1] if looked.stopped else next(of_one, errors[0])
    if len(errors) == 1:
        return first
    return ListingError(
        f"{first} So it was {len(errors)} times.",
        kind=first.kind,
        code=first.code,
        retry_after=first.retry_after,
    )


def _went_round(looked: _Looked) -> bool:
    """Whether all that could be looked at was: one parent, or named job, that is refused makes no others late for ever."""
    of_some = not looked.stopped or any(is_of_some(looked.record, error.kind) for error in looked.errors)
    return looked.complete or (of_some and looked.record.sweep_resume is None)


def _health(
    looked: _Looked, error: ListingError | None, now: datetime, blind_after: float
) -> tuple[PlaceRecord, list[Alert]]:
    """The place's health after this poll, and what has to be said of it."""
    if error is None:
        return (looked.record, []) if looked.errors else recovered(looked.record, now)
    of_some = not looked.stopped or is_of_some(looked.record, error.kind)
    record, alerts = troubled(looked.record, error, now, blind_after, of_some=of_some)
    if not looked.stopped:
        # The one that was refused is paused; the others must not be.
        record = replace(record, paused_until=None)
    return record, alerts


def _pace(
    record: PlaceRecord, looked: _Looked, means: Means, now: datetime
) -> tuple[PlaceRecord, float, list[Alert]]:
    """Whether looks at the place take too long, for how long (seconds) this one has, and what has to be said of it.

    The first look may take as long as it does, and a place that people know to be blind is not slow. Trouble that nobody
    heard of is part of how long a look takes.
    """
    lag = (now - (record.began_at or now)).total_seconds()
    slow = lag >= means.limits.blind_after
    blind = record.told_blind or record.trouble in SAID_ELSEWHERE
    over = looked.complete or looked.baseline_done or blind
    record = replace(record, jobs_shown=record.jobs_shown + looked.shown)
    alerts: list[Alert] = []
    if record.told_behind is not slow and not record.trouble and record.settled_at is not None:
        if slow and not over:
            from jobherald.flows.pace import behind

            record, alerts = behind(record, looked.open, means, now, lag)
        elif looked.whole and not slow:
            from jobherald.flows.pace import caught_up

            record, alerts = caught_up(record, now, lag)
    return record.look_over() if over else record, lag, alerts


def _wait(record: PlaceRecord, store: JobStore, now: datetime) -> None:
    """The place is blind while its credential is refused, which was said for all of them."""
    if record.trouble != CREDENTIAL and not record.told_blind:
        since = record.trouble_since or now
        waiting = replace(record.look_over(), trouble=CREDENTIAL, trouble_since=since)
        _store(replace(waiting, revision=record.revision + 1), store, [])


def _let_go(record: PlaceRecord, means: Means) -> Polled:
    """No watch wants this place any more: its open jobs are released, without a call and without a word."""
    # Imported here, as no cold start has to wait for it.
    from jobherald.flows.release import release, release_below

    left = release(record.place, means)
    if means.abilities.parents:
        left += release_below(record.place, record.scope.every, means)
    now = means.clock.now()
    record = replace(record, revision=record.revision + 1, polled_at=now, jobs_open=left)
    _store(record, means.store, [])
    return Polled(record.place.key, "let go" if not left else "to be continued", open=left)


def _remarks(
    record: PlaceRecord, looked: _Looked, means: Means, now: datetime
) -> tuple[PlaceRecord, list[Alert]]:
    """What a place says besides its jobs: that it is watched from now on, and words that we do not know."""
    alerts: list[Alert] = []
    if looked.baseline_done:
        text = _watching(record, looked, means)
        record, alerts = raise_alert(record, AlertKind.WATCHING, Severity.INFO, now, text)
    for word in sorted(looked.unknown_statuses - record.unknown_statuses):
        if len(record.unknown_statuses) >= UNKNOWN_WORDS_KEPT:
            break
        record = replace(record, unknown_statuses=record.unknown_statuses | {word})
        record, told = raise_alert(
            record,
            AlertKind.UNKNOWN_STATUS,
            Severity.WARNING,
            now,
            f"{record.place.key} answered with the status {word!r}, which the catalogue does not know. "
            "Its jobs are still watched.",
            f"Upgrade jobherald, or map the status in the catalogue entry {record.place.source}.",
        )
        alerts += told
    return record, alerts


def _watching(record: PlaceRecord, looked: _Looked, means: Means) -> str:
    jobs = _count(record.jobs_seen, means.abilities.title)
    below = f" in {_count(looked.below, means.abilities.parents)}" if looked.below else ""
    return (
        f"Watching {jobs}{below}, {looked.open} running, in {record.place.region}."
        " From now on every change is told."
    )


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def _store(record: PlaceRecord, store: JobStore, alerts: list[Alert]) -> None:
    try:
        store.save_place(record, alerts)
    except ConflictError:
        return
