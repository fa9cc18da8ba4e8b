"""Looking at one place within a poll: list, decide, look up what vanished. Nothing is kept or told of the place here."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from jobherald.errors import ListingError
from jobherald.flows.absorb import Absorber, OpenJobs
from jobherald.flows.listing import Budget, Covered
from jobherald.flows.survey import Survey
from jobherald.model import Job, Observation
from jobherald.ports import Abilities, Clock, Deadline, JobStore, Lister, Sight
from jobherald.watch import Look, PlaceRecord

MOST_MISSING: Final = 100
"""Ids of missing jobs that are remembered: where more vanish at once the others' turn comes later."""

# What one look was refused for, the next one would be too.
_REFUSED_TO_ALL: Final = frozenset({"denied", "off", "throttled"})
# What is about looks, or one job, and not about the place: its lists were shown.
_OF_LOOKS: Final = frozenset({"failed", "denied", "off"})
# So many looks may fail: by then it is no longer the fault of one job.
_FAULTS: Final = 2

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one poll may spend: list calls, looks at jobs that vanished and at why jobs failed, and seconds.

    ``parents`` are the calls that learn what there is to look below, beside the ``pages`` of jobs.
    ``sweep_every`` is between two whole looks at the open jobs of a place, ``round_every`` between two whole looks below a
    parent where nothing seems to happen, ``blind_after`` how long a place may be blind, or behind, before people are told.
    ``pace`` (between two calls) stands in for the catalogue's where it is given.
    """

    pages: int = 40
    parents: int = 40
    looks: int = 20
    reasons: int = 20
    sweep_every: float = 600.0
    round_every: float = 3600.0
    blind_after: float = 600.0
    pace: float | None = None


@dataclass
class Means:
    """What a poll works with, and what it may still spend."""

    lister: Lister
    store: JobStore
    clock: Clock
    abilities: Abilities
    limits: Limits
    budget: Budget
    looks: int
    reasons: int = 0
    unexplained: int = 0

    @classmethod
    def of(
        cls, source: str, lister: Lister, store: JobStore, clock: Clock, deadline: Deadline, limits: Limits
    ) -> Means:
        """For one poll of a place of this source."""
        abilities = lister.abilities(source)
        pace = abilities.pace if limits.pace is None else limits.pace
        budget = Budget(clock, deadline, limits.pages, pace)
        return cls(lister, store, clock, abilities, limits, budget, limits.looks, limits.reasons)

    def explain(self, row: Observation) -> Sight | None:
        """A look at a job that failed, for its reason; None where none can be made, or it is refused.

        News is not held back for its reason: what the log says of the refusal is all that is said of it.
        """
        if self.reasons <= 0 or not self.budget.may_call():
            return None
        self.budget.call()
        self.reasons -= 1
        try:
            return self.lister.look(Look(row.key.place, row.key.id, row.name))
        except ListingError as error:
            _LOG.warning("%s is told without its reason: %s", row.key.text, error)
            self.unexplained += 1
            if error.kind in _REFUSED_TO_ALL or self.unexplained >= _FAULTS:
                self.reasons = 0
            return None


class Visit(NamedTuple):
    """What a look at one place came to: how far its record came, and the refusal that ended it, if any.

    ``up_to_date`` and ``whole`` are as in Survey; ``shown`` is how many open jobs the poll came past, ``open`` how many
    there are now; ``of_jobs`` are refused looks at jobs that vanished, all else of the place having been seen.
    """

    record: PlaceRecord
    absorber: Absorber
    complete: bool
    baseline_done: bool
    up_to_date: bool
    whole: bool
    shown: int
    open: int
    error: ListingError | None = None
    of_jobs: tuple[ListingError, ...] = ()


def visit(
    record: PlaceRecord, means: Means, *, awaited: frozenset[str] | None = None, may_be_gone: bool = False
) -> Visit:
    """One look at a place, as far as the means go.

    ``awaited`` is as in Survey. With ``may_be_gone`` a list that is asked below something that is no longer there is an
    empty one, and what it held open is looked up: also where the service has no code of its own for that.
    """
    held = OpenJobs(lambda: means.store.open_jobs(record.place))
    explain = means.explain if means.abilities.reasons_by_look else None
    absorber = Absorber(means.store, record, held, explain)
    survey = Survey(
        record,
        means.abilities,
        means.lister,
        means.store,
        absorber,
        means.budget,
        means.limits.sweep_every,
        held,
        awaited,
    )
    try:
        complete = _run(survey, may_be_gone=may_be_gone)
        of_jobs = _look_up(survey, means)
    except ListingError as error:
        return _visited(survey, complete=False, error=error)
    return _visited(survey, complete=complete, of_jobs=of_jobs)


def _visited(
    survey: Survey,
    *,
    complete: bool,
    error: ListingError | None = None,
    of_jobs: tuple[ListingError, ...] = (),
) -> Visit:
    return Visit(
        survey.record,
        survey.absorber,
        complete,
        survey.baseline_done,
        survey.up_to_date and error is None,
        complete and survey.whole,
        len(survey.shown),
        # What nobody asked for did not change.
        len(survey.held.now) if survey.held.is_read else survey.record.jobs_open,
        error,
        of_jobs,
    )


def _run(survey: Survey, *, may_be_gone: bool) -> bool:
    try:
        return survey.run()
    except ListingError as error:
        says_so = error.kind == "absent" or (error.kind == "failed" and survey.abilities.looks)
        if not (says_so and may_be_gone):
            raise
        survey.covered.append(Covered(None, None, complete=True, whole=True))
        return True


def _look_up(survey: Survey, means: Means) -> tuple[ListingError, ...]:
    """A job that vanished from its list is looked up before anything is said of it.

    Each poll begins further on: those that are found again change nothing, those that are refused may be again, and they
    would be the first ones every time. Returns what was refused of looks; raises ListingError for what all calls meet.
    """
    if not means.abilities.looks:
        _count_missing(survey)
        return ()
    vanished, most = _not_shown(survey), means.limits.looks
    begin = survey.record.revision * (most if len(vanished) > most else 1) % max(len(vanished), 1)
    refused: list[ListingError] = []
    unseen = survey.record.missing & {job.key.id for job in vanished}
    for job in [*vanished[begin:], *vanished[:begin]]:
        if means.looks <= 0 or not survey.budget.may_call():
            break
        survey.budget.call()
        means.looks -= 1
        try:
            sight = survey.lister.look(Look(job.key.place, job.key.id))
        except ListingError as error:
            if error.kind not in _OF_LOOKS:
                raise
            refused.append(_of_job(job, error))
            unseen |= {job.key.id}
            if error.kind in _REFUSED_TO_ALL or len(refused) >= _FAULTS:
                break
            continue
        unseen -= {job.key.id}
        survey.absorber.absorb_sight(sight)
        if sight.seen is None or sight.seen.key != job.key:
            # Under an id that was used again there is another job now.
            survey.absorber.lost(job, sight.date)
    survey.record = replace(survey.record, missing=_remembered(unseen))
    return tuple(refused)


def _not_shown(survey: Survey) -> list[Job]:
    """What vanished, and what had vanished when a look at it was refused: the next listing of open jobs may be far."""
    vanished = survey.vanished()
    if not survey.record.missing:
        return vanished
    known = {job.key for job in vanished}
    before = [
        job
        for key, job in survey.known.items()
        if key.id in survey.record.missing and key not in known and key not in survey.absorber.seen
    ]
    return [*vanished, *before]


def _remembered(ids: frozenset[str]) -> frozenset[str]:
    return frozenset(sorted(ids)[:MOST_MISSING])


def _of_job(job: Job, error: ListingError) -> ListingError:
    return ListingError(
        f"The job {job.key.id} is no longer listed, and what became of it cannot be seen: {error}",
        kind=error.kind,
        code=error.code,
    )


def _count_missing(survey: Survey) -> None:
    """Where no job can be looked at by itself, one that two looks in a row did not show is gone."""
    record, vanished = survey.record, survey.vanished()
    if not (vanished or record.missing):
        return
    unseen = {key.id for key in survey.known if key not in survey.absorber.seen}
    missing = frozenset({*(record.missing & unseen), *(job.key.id for job in vanished)})
    at = record.news_at or record.baseline_at
    for job in vanished:
        if job.key.id in record.missing and at is not None:
            survey.absorber.lost(job, max(at, job.seen_at))
            missing -= {job.key.id}
    survey.record = replace(record, missing=_remembered(missing))
