"""From what a service answered to what is remembered: select, read what is needed, decide, write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from jobherald.accept import Decision, accept
from jobherald.errors import ConflictError
from jobherald.model import Change, Job, JobKey, Observation, State
from jobherald.ports import JobStore, Sight
from jobherald.watch import PlaceRecord

ATTEMPTS: Final = 4

_EXPLAINED: Final = frozenset({State.FAILED, State.PARTIAL, State.STOPPED})


class _Decided(NamedTuple):
    """What is written of one row, and what of its details only a look showed."""

    row: Observation
    tell: frozenset[State]
    decision: Decision
    extra: Mapping[str, Any] = MappingProxyType({})


class OpenJobs:
    """A place's open jobs as we know them, read when somebody first asks: a look that shows no news asks for none."""

    def __init__(self, read: Callable[[], dict[JobKey, Job]]) -> None:
        self._read = read
        self._before: dict[JobKey, Job] | None = None
        self._now: dict[JobKey, Job] = {}

    @property
    def is_read(self) -> bool:
        """Whether somebody asked."""
        return self._before is not None

    @property
    def before(self) -> dict[JobKey, Job]:
        """As they were when they were read."""
        if self._before is None:
            self._before = self._read()
            self._now = dict(self._before)
        return self._before

    @property
    def now(self) -> dict[JobKey, Job]:
        """As they are by what was learned since."""
        _ = self.before
        return self._now


@dataclass
class Absorber:
    """Takes the rows of one place, page by page, and keeps what they change.

    ``held`` are the place's open jobs as we know them, kept up to date; a finished job that is not among them costs
    neither a read nor a write unless the service says that something happened to it since the settled time.
    ``explain`` looks at a job whose row does not say why it failed, before that is told.
    """

    store: JobStore
    record: PlaceRecord
    held: OpenJobs
    explain: Callable[[Observation], Sight | None] | None = None
    seen: set[JobKey] = field(default_factory=set)
    unknown_statuses: set[str] = field(default_factory=set)
    changes: int = 0
    writes: int = 0

    @property
    def open_jobs(self) -> dict[JobKey, Job]:
        """The place's open jobs as we know them by now."""
        return self.held.now

    def absorb(self, rows: Iterable[Observation]) -> set[JobKey]:
        """Decide over these rows and write what changed. Returns the jobs that a watch covers.

        Details are written before the job: a crash between the two leaves details that are newer than the state, and
        the next poll decides again. What needs no look for its reason does not wait for what does.
        """
        wanted = self._wanted(rows)
        stored = self.store.jobs(row.key for row, _ in wanted if self._needs_read(row))
        self._take(wanted, stored, self.explain)
        return {row.key for row, _ in wanted}

    def absorb_sight(self, sight: Sight) -> bool:
        """Decide over what a look at one job showed. Returns whether a watch covers it.

        What a list's row never has is kept beside the row, which the next page would else overwrite.
        """
        if sight.seen is None:
            return False
        details = sight.seen.details
        extra = {name: value for name, value in details.items() if name in sight.extras}
        row = replace(sight.seen, details={name: details[name] for name in details if name not in extra})
        wanted = self._wanted([row])
        if not wanted:
            return False
        stored = self.store.jobs([row.key])
        known = self._take(wanted, stored).get(row.key) or stored.get(row.key)
        if extra and known is not None:
            self.store.add_details(known, extra)
        return True

    def lost(self, job: Job, at: datetime) -> None:
        """The service says that there is no such job, in an answer of ``at``.

        The index that ``job`` may come from does not know its name, which the watches' filters ask for.
        """
        stored = self.store.jobs([job.key])
        job = stored.get(job.key, job)
        gone = Observation(
            job.key,
            State.GONE,
            "",
            at,
            name=job.name,
            created_at=job.created_at,
            modified_at=job.modified_at,
        )
        self._take(self._wanted([gone]), stored)

    def _take(
        self,
        wanted: Sequence[tuple[Observation, frozenset[State]]],
        stored: dict[JobKey, Job],
        explain: Callable[[Observation], Sight | None] | None = None,
    ) -> dict[JobKey, Job]:
        plain: list[_Decided] = []
        to_explain: list[_Decided] = []
        for row, tell in wanted:
            decision = self._decide(self._known(row.key, stored), row, tell)
            if decision is None:
                continue
            unexplained = decision.change is not None and explain is not None and _lacks_reason(row)
            (to_explain if unexplained else plain).append(_Decided(row, tell, decision))
        self._keep(plain)
        if explain is not None and to_explain:
            to_explain = [self._explained(explain, each, stored) for each in to_explain]
            self._keep(to_explain)
        return {each.row.key: each.decision.job for each in (*plain, *to_explain)}

    def _known(self, key: JobKey, stored: Mapping[JobKey, Job]) -> Job | None:
        return stored.get(key) or self.open_jobs.get(key)

    def _keep(self, decided: Sequence[_Decided]) -> None:
        self.store.write_details(
            [(each.decision.job, each.row.details) for each in decided if each.row.details]
        )
        for each in decided:
            if each.extra:
                self.store.add_details(each.decision.job, each.extra)
        for each in decided:
            self._write(each.row, each.tell, each.decision)

    def _explained(
        self,
        explain: Callable[[Observation], Sight | None],
        unexplained: _Decided,
        stored: Mapping[JobKey, Job],
    ) -> _Decided:
        """Decided again with the reason that only a look shows, and what else a row never has."""
        row = unexplained.row
        sight = explain(row)
        seen = sight.seen if sight else None
        if sight is None or seen is None or not _is_of_the_same_end(row, seen):
            return unexplained
        told = replace(
            row,
            reason=seen.reason,
            reason_code=seen.reason_code or row.reason_code,
            output=row.output or seen.output,
        )
        decision = self._decide(self._known(row.key, stored), told, unexplained.tell)
        extra = {name: seen.details[name] for name in seen.details if name in sight.extras}
        return _Decided(told, unexplained.tell, decision or unexplained.decision, extra)

    def release(self, job: Job) -> None:
        """No watch wants this job any more: forget it without a word."""
        try:
            self.store.release(job)
        except ConflictError:
            return
        self.open_jobs.pop(job.key, None)

    def _wanted(self, rows: Iterable[Observation]) -> Sequence[tuple[Observation, frozenset[State]]]:
        """The rows that a watch covers, each job once: a page may show one twice while the list moves."""
        wanted: dict[JobKey, tuple[Observation, frozenset[State]]] = {}
        for row in rows:
            self.seen.add(row.key)
            tell = self.record.scope.tell(row)
            if tell is None and row.state is not State.GONE:
                self._drop(row.key)
                continue
            if row.state is State.UNKNOWN:
                self.unknown_statuses.add(row.status)
            wanted[row.key] = (row, tell if tell is not None else frozenset())
        return list(wanted.values())

    def _drop(self, key: JobKey) -> None:
        if key in self.open_jobs:
            self.release(self.open_jobs[key])

    def _needs_read(self, row: Observation) -> bool:
        if row.key in self.open_jobs:
            return False
        if not row.state.is_outcome:
            return True
        horizon = self.record.settled_at or self.record.baseline_at
        if horizon is None or row.latest_at is None or row.latest_at >= horizon - row.created_doubt:
            return True
        # Nothing but that it is stored tells such a job from a new one, or says which of its runs was told.
        return row.created_at is None or (row.run > 0 and row.modified_at is None and row.ended_at is None)

    def _decide(self, job: Job | None, row: Observation, tell: frozenset[State]) -> Decision | None:
        if job is not None and not job.released:
            return accept(job, row, tell)
        silent = not self._is_news(row)
        if (
            silent
            and (row.state.is_outcome or row.fading)
            and (row.created_at is not None or job is not None)
            and not self._is_told_apart_by_memory(row)
        ):
            return None
        decision = accept(None, row, tell, silent=silent)
        return _again(job, decision) if job is not None and decision is not None else decision

    def _is_told_apart_by_memory(self, row: Observation) -> bool:
        """Whether only that it is stored will tell this job from a new one: its creation time says too little.

        One that a watch names is stored too: else nobody would know that it need not be looked at again.
        """
        named = row.key.id in self.record.scope.named_jobs
        return named or (bool(row.created_doubt) and self._needs_read(row))

    def _is_news(self, row: Observation) -> bool:
        """Whether a job that is not known is told, or adopted in silence as one that was there before us."""
        record = self.record
        since, created = record.tells_since, row.created_at
        if since is None:
            return False
        if created is not None and row.created_doubt and record.settled_at is not None:
            # Not before what the first look stored, which had no overlap yet.
            return created >= since - row.created_doubt
        if created is None:
            return record.settled_at is not None and (row.latest_at is None or row.latest_at >= since)
        former = record.former if record.former_since and created >= record.former_since else None
        if former is not None and former.tell(row) is not None:
            return True
        if row.created_doubt:
            return False
        if created >= since:
            return True
        unsettled = record.settled_at is None or created >= record.settled_at
        return unsettled and row.state.is_outcome and (row.latest_at or created) >= since

    def _write(self, row: Observation, tell: frozenset[State], decision: Decision) -> None:
        """Write; where somebody else was faster, read and decide again: at most one of us makes the change."""
        pending: Decision | None = decision
        for attempt in range(ATTEMPTS):
            if pending is None:
                return
            try:
                self.store.write(pending.job, self._dated(pending.change))
            except ConflictError:
                if attempt == ATTEMPTS - 1:
                    raise
                job = self.store.jobs([row.key]).get(row.key)
                if job is not None:
                    self._hold(job)
                pending = self._decide(job, row, tell)
                continue
            self._remember(pending)
            return

    def _dated(self, change: Change | None) -> Change | None:
        """With since when nobody could see it, where it is told late."""
        if change is None or self.record.late_since is None:
            return change
        return replace(change, unseen_since=self.record.late_since)

    def _remember(self, decision: Decision) -> None:
        self.writes += 1
        self.changes += decision.change is not None
        self._hold(decision.job)

    def _hold(self, job: Job) -> None:
        if job.state.is_open and not job.released:
            self.open_jobs[job.key] = job
        else:
            self.open_jobs.pop(job.key, None)


def _again(job: Job, decision: Decision) -> Decision:
    """A job that was released and is wanted again begins anew; its versions and what it owes go on."""
    version = job.version + 1
    change = replace(decision.change, version=version) if decision.change else None
    return Decision(replace(decision.job, version=version, owing=decision.job.owing or job.owing), change)


def _lacks_reason(row: Observation) -> bool:
    return row.state in _EXPLAINED and not row.reason


def _is_of_the_same_end(row: Observation, seen: Observation) -> bool:
    """Whether a look shows the end that the row tells of: the job may have been started again in between."""
    return seen.key == row.key and seen.run == row.run and seen.state.is_outcome
