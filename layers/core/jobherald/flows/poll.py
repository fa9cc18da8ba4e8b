"""Polling one place: list, decide, look up what vanished, keep how far we came. It never tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from jobherald.errors import ConflictError, ListingError
from jobherald.flows.absorb import Absorber
from jobherald.flows.listing import CALL_SECONDS, Budget
from jobherald.flows.survey import Survey
from jobherald.flows.trouble import raise_alert, recovered, troubled
from jobherald.model import Alert, AlertKind, Severity
from jobherald.ports import Clock, Deadline, JobStore, Lister
from jobherald.watch import Look, PlaceRecord, Poll

# More words than a service has are garbage, and the place's item must not grow by it.
UNKNOWN_WORDS_KEPT: Final = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one poll may spend: list calls, looks at single jobs, seconds between whole looks at the open jobs.

    ``pace`` (seconds between two calls) stands in for the catalogue's where it is given.
    """

    pages: int = 40
    looks: int = 20
    sweep_every: float = 600.0
    pace: float | None = None


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll did, for its one line in the log and its metrics."""

    place: str
    outcome: str
    calls: int = 0
    seen: int = 0
    open: int = 0
    changes: int = 0
    writes: int = 0
    trouble: str = ""


def poll(
    request: Poll, lister: Lister, store: JobStore, clock: Clock, deadline: Deadline, limits: Limits
) -> Polled:
    """Poll one place. What the service refuses is recorded on the place; only the store's errors are raised."""
    record = store.place(request.place)
    if record is None:
        return Polled(request.place.key, "not watched")
    if record.polled_at is not None and record.polled_at >= request.queued_at:
        return Polled(request.place.key, "overtaken")
    record = replace(record, queued_at=request.queued_at)
    if not record.scope.rules:
        return _let_go(record, store, clock, deadline)
    survey = _survey(record, lister, store, clock, deadline, limits)
    alerts: list[Alert] = []
    trouble = ""
    try:
        complete = survey.run()
        _look_up(survey, limits.looks)
    except ListingError as error:
        complete, trouble = False, str(error)
        record, alerts = troubled(survey.record, error, clock.now())
    else:
        record, alerts = recovered(survey.record, clock.now())
    record, more = _remarks(record, survey, clock.now())
    _save(record, survey, store, clock.now(), [*alerts, *more], complete=complete)
    outcome = "in trouble" if trouble else "complete" if complete else "to be continued"
    absorber = survey.absorber
    return Polled(
        request.place.key,
        outcome,
        survey.budget.calls,
        len(absorber.seen),
        len(absorber.open_jobs),
        absorber.changes,
        absorber.writes,
        trouble,
    )


def _let_go(record: PlaceRecord, store: JobStore, clock: Clock, deadline: Deadline) -> Polled:
    """No watch wants this place any more: its open jobs are released, without a call and without a word."""
    absorber = Absorber(store, record, store.open_jobs(record.place))
    for job in list(absorber.open_jobs.values()):
        if deadline.remaining() <= CALL_SECONDS:
            break
        absorber.release(job)
    left = len(absorber.open_jobs)
    now = clock.now()
    _store(replace(record, revision=record.revision + 1, polled_at=now, jobs_open=left), store, [])
    return Polled(record.place.key, "let go" if not left else "to be continued", open=left)


def _survey(
    record: PlaceRecord, lister: Lister, store: JobStore, clock: Clock, deadline: Deadline, limits: Limits
) -> Survey:
    abilities = lister.abilities(record.place.source)
    pace = abilities.pace if limits.pace is None else limits.pace
    known = store.open_jobs(record.place)
    absorber = Absorber(store, record, dict(known))
    budget = Budget(clock, deadline, limits.pages, pace)
    return Survey(record, abilities, lister, store, absorber, budget, limits.sweep_every, known)


def _look_up(survey: Survey, looks: int) -> None:
    """A job that vanished from its list is looked up before anything is said of it. Raises ListingError.

    Where there are more than one poll may look up, each poll begins further on: those that are found again change
    nothing, and would be the first ones every time.
    """
    vanished = survey.vanished()
    begin = survey.record.revision * looks % len(vanished) if len(vanished) > looks else 0
    for job in [*vanished[begin:], *vanished[:begin]][:looks]:
        if not survey.budget.may_call():
            return
        survey.budget.call()
        sight = survey.lister.look(Look(job.key.place, job.key.id))
        survey.absorber.absorb_sight(sight)
        if sight.seen is None or sight.seen.key != job.key:
            # Under an id that was used again there is another job now.
            survey.absorber.lost(job, sight.date)


def _remarks(record: PlaceRecord, survey: Survey, now: datetime) -> tuple[PlaceRecord, list[Alert]]:
    """What a place says besides its jobs: that it is watched from now on, and words that we do not know."""
    alerts: list[Alert] = []
    if survey.baseline_done:
        text = _watching(record, survey.abilities.title, len(survey.absorber.open_jobs))
        record, alerts = raise_alert(record, AlertKind.WATCHING, Severity.INFO, now, text)
    for word in sorted(survey.absorber.unknown_statuses - record.unknown_statuses):
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


def _watching(record: PlaceRecord, title: str, still_open: int) -> str:
    jobs = f"1 {title}" if record.jobs_seen == 1 else f"{record.jobs_seen} {title}s"
    return (
        f"Watching {jobs}, {still_open} running, in {record.place.region}. From now on every change is told."
    )


def _save(
    record: PlaceRecord,
    survey: Survey,
    store: JobStore,
    now: datetime,
    alerts: list[Alert],
    *,
    complete: bool,
) -> None:
    """Keep how far we came. Whoever was faster keeps his; our pages are then listed again, to no effect."""
    record = replace(
        record,
        revision=record.revision + 1,
        polled_at=now,
        looked_at=now if complete else record.looked_at,
        jobs_open=len(survey.absorber.open_jobs),
    )
    _store(record, store, alerts)


def _store(record: PlaceRecord, store: JobStore, alerts: list[Alert]) -> None:
    try:
        store.save_place(record, alerts)
    except ConflictError:
        return
