"""Which listings one poll makes, by what the list operation can do, and how far each of them came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from jobherald.errors import ListingError
from jobherald.flows.absorb import Absorber, OpenJobs
from jobherald.flows.listing import EARLIEST, Budget, Covered, Walk
from jobherald.model import Job, JobKey
from jobherald.ports import Abilities, JobStore, Lister, Page, Query, Reach
from jobherald.watch import Look, PlaceRecord, Resume

Keep = Literal["news", "sweep"]
Enough = Callable[[Page], bool]

_NAMED: Final = "named"
_NEWS: Final = "news"
_OPEN: Final = "open"


def _never(_: Page) -> bool:
    return False


@dataclass
class Survey:
    """The listings of one poll over one place. ``record`` is kept up to date, also when a listing fails.

    ``sweep_every`` is in seconds, between two whole looks at the open jobs where news come by modified time: counters
    may move without it, and an answer may have been missed. ``awaited`` are the ids of all that runs, where that is known
    and nothing else is looked for: a list that has to be listed whole is then walked until it showed them.

    After ``run``, ``up_to_date`` says that every outcome that there was has been listed, and ``whole`` that every open job
    was seen too since the look began; ``shown`` are the open jobs that the listing of them came past.
    """

    record: PlaceRecord
    abilities: Abilities
    lister: Lister
    store: JobStore
    absorber: Absorber
    budget: Budget
    sweep_every: float
    held: OpenJobs
    awaited: frozenset[str] | None = None
    covered: list[Covered] = field(default_factory=list)
    counted: set[JobKey] = field(default_factory=set)
    baseline_done: bool = False
    swept_by_status: bool = False
    up_to_date: bool = False
    whole: bool = True
    shown: set[JobKey] = field(default_factory=set)

    @property
    def known(self) -> dict[JobKey, Job]:
        """The place's open jobs as they were before this poll changed any."""
        return self.held.before

    def run(self) -> bool:
        """List what this poll has to. Returns whether the look at the place is complete. Raises ListingError.

        It is when both its parts, the news and the open jobs, have been listed to their end since it began, each in
        whichever poll: where either takes many polls they would hardly ever end in the same one.

        Where news and another listing both have something to do each has half of the pages: filters that are applied
        after paging make any listing as long as the whole, and one must not starve the other.
        """
        complete = self._run()
        self.up_to_date = self.up_to_date or complete
        return complete

    def _run(self) -> bool:
        if self.record.scope.named_jobs:
            return self._named()
        half = (self.budget.pages + 1) // 2
        if self.record.settled_at is None:
            have_news = self._news(half)
            return self._baseline() and have_news
        match self.abilities.reach:
            case Reach.EVERYTHING:
                return self._sweep(self._query(), self._shown_all_awaited())
            case Reach.NEWEST_FIRST:
                return self._newest_first()
            case Reach.CREATED_AFTER if self._one_listing_shows_both():
                return self._both_at_once(half)
            case _:
                have_news = self._news(half if self._sweep_is_due() else None)
                self.up_to_date = have_news and self.abilities.reach is Reach.MODIFIED_AFTER
                return self._both(have_news=have_news, seen_open=self._open_jobs())

    def _both(self, *, have_news: bool, seen_open: bool) -> bool:
        complete, part = joined(self.record.part_seen, have_news=have_news, seen_open=seen_open)
        # That the open jobs need not be seen again yet holds for this poll alone.
        self.record = replace(self.record, part_seen="" if part == _OPEN and not self.whole else part)
        return complete

    def vanished(self) -> list[Job]:
        """Open jobs that this poll's listings passed without showing them, the longest unseen first."""
        if not (self.covered or self.swept_by_status):
            return []
        missing = [
            job
            for key, job in self.known.items()
            if key not in self.absorber.seen
            and (self._has_no_listing(job) or any(part.misses(job) for part in self.covered))
        ]
        return sorted(missing, key=lambda job: job.seen_at)

    def _has_no_listing(self, job: Job) -> bool:
        """Whether the open jobs were listed by status, and this one's is a word that nobody can ask for."""
        return self.swept_by_status and job.status not in self.abilities.open_statuses

    # The first look

    def _baseline(self) -> bool:
        """List everything there is, over as many polls as it takes; what is new meanwhile comes as news."""
        walk = self._walk("baseline", self._query(), self.record.sweep_resume)
        walk.restarted = self._count_anew
        covered = self._list(walk, "sweep", count=True)
        if not covered.complete or self.record.baseline_at is None:
            return False
        started_at = self.record.baseline_at
        self.record = replace(self.record, swept_at=started_at, former=None, former_since=None)
        self._settle(started_at)
        self.baseline_done = True
        return True

    def _count_anew(self) -> None:
        self.counted.clear()
        self.record = replace(self.record, jobs_seen=0)

    # What is new

    def _news(self, most: int | None) -> bool:
        """List what was created or changed since the last complete look for it."""
        if self.record.news_at is None or self.abilities.reach is Reach.EVERYTHING:
            return True
        since = self._since(self.record.news_at)
        query, enough = self._query(), _older_than(since)
        if self.abilities.reach is Reach.MODIFIED_AFTER:
            query, enough = self._query(modified_after=since), _never
        elif self.abilities.reach is Reach.CREATED_AFTER:
            query, enough = self._query(created_after=since), _never
        walk = self._walk("news", query, self.record.news_resume, since)
        walk.most = most
        covered = self._list(walk, "news", enough=enough)
        if covered.complete:
            self._have_news(walk)
        return covered.complete

    def _newest_first(self) -> bool:
        """One listing from the top brings the news, and going on until the oldest open job was passed, all outcomes."""
        if self.record.news_at is None:
            return False
        since = self._since(self.record.news_at)
        oldest = self._oldest_open()
        behind = self.record.sweep_resume
        until = since if behind or oldest is None else min(since, oldest)
        walk = self._walk("news", self._query(), self.record.news_resume, since)
        covered = self._list(
            walk, "news", enough=self._seen_down_to(since, until), passes_open=behind is None
        )
        if not (covered.complete or covered.oldest is None or covered.oldest < since):
            return False
        self._have_news(walk)
        if not covered.complete:
            rest = replace(walk.resume, step="sweep", since=None) if walk.resume else None
            self.record = replace(self.record, sweep_resume=rest)
            return False
        if behind is None or oldest is None:
            self.record = replace(self.record, sweep_resume=None)
            return True
        return self._sweep(self._query(), _older_than(oldest))

    def _one_listing_shows_both(self) -> bool:
        """Whether all that was created since the oldest open job is all that can be new, and no look is under way."""
        if self.record.news_at is None or self.record.goes_on or self.record.part_seen:
            return False
        oldest = self._oldest_open()
        return oldest is not None and oldest <= self._since(self.record.news_at)

    def _both_at_once(self, half: int) -> bool:
        """One listing by creation time shows the open jobs and after them the news.

        Where half of the pages do not bring it to its end the news have the other half for a listing of their own.
        """
        oldest = self._oldest_open()
        since = _just_before(oldest)
        walk = self._walk("sweep", self._query(created_after=since), None, since)
        walk.most = half
        covered = self._list(walk, "sweep", passes_open=True)
        if not covered.complete:
            return self._both(have_news=self._news(None), seen_open=False)
        if walk.started_at is not None:
            self.record = replace(self.record, swept_at=walk.started_at)
        self._have_news(walk)
        return True

    def _seen_down_to(self, since: datetime, until: datetime) -> Enough:
        """Enough was listed when all news were, and every open job was: a page more would show finished ones alone."""

        def enough(page: Page) -> bool:
            return _older_than(until)(page) or (
                _older_than(since)(page) and self.known.keys() <= self.absorber.seen
            )

        return enough

    def _have_news(self, walk: Walk) -> None:
        if walk.started_at is None:
            return
        self.record = replace(self.record, news_at=walk.started_at, news_resume=None)
        if self.record.settled_at is not None:
            self._settle(walk.started_at)

    # What is open

    def _open_jobs(self) -> bool:
        """See every open job again: always where news are only new jobs, now and then where they are changes."""
        if not self._sweep_is_due():
            # Nothing is left to go on for, and a place that has to go on is due every minute.
            self.record = replace(self.record, sweep_resume=None)
            if self._it_is_time():
                # All that is open, which is nothing, was seen: else it would be read again by each poll.
                self.record = replace(self.record, swept_at=self.record.news_at)
            # Where they need not be seen again yet, a look at the news alone is complete but not whole.
            holds = bool(self.known) if self.held.is_read else self.record.jobs_open > 0
            self.whole = not holds or self.record.part_seen == _OPEN
            return True
        # An open job whose status nobody can ask for is in none of these listings. Where a look cannot find it, it
        # would be called gone.
        by_status = bool(self.abilities.open_statuses) and self.abilities.looks
        if by_status and self.abilities.reach is Reach.MODIFIED_AFTER:
            return self._sweep_by_status()
        # A page token is good for the request that it was given for: the limit stays while a listing is resumed.
        resume = self.record.sweep_resume
        goes_on = resume is not None and resume.step == "sweep"
        since = resume.since if resume and goes_on else _just_before(self._oldest_open())
        return self._sweep(self._query(created_after=since), since=since)

    def _sweep_is_due(self) -> bool:
        """Whether the open jobs have to be seen again, if there are any: they are not read before it is time."""
        return self._it_is_time() and bool(self.known)

    def _it_is_time(self) -> bool:
        if (
            self.abilities.reach is Reach.CREATED_AFTER
            or self.record.sweep_resume is not None
            or self.record.swept_at is None
            or self.record.news_at is None
        ):
            return True
        return (self.record.news_at - self.record.swept_at).total_seconds() >= self.sweep_every

    def _sweep_by_status(self) -> bool:
        """One listing for each open status, in the order in which a job passes through them."""
        resume = self.record.sweep_resume
        statuses = list(self.abilities.open_statuses)
        if resume is not None and resume.step.removeprefix("sweep:") in statuses:
            statuses = statuses[statuses.index(resume.step.removeprefix("sweep:")) :]
        for status in statuses:
            walk = self._walk(f"sweep:{status}", self._query(status=status), self.record.sweep_resume)
            if not self._list(walk, "sweep", passes_open=True).complete:
                self._keep_step(walk)
                return False
        self.record = replace(self.record, swept_at=self.record.news_at)
        self.swept_by_status = True
        return True

    def _keep_step(self, walk: Walk) -> None:
        """A status whose turn did not come has the first turn next time, else one long list would starve the others."""
        if self.record.sweep_resume is None and self.record.news_at is not None:
            self.record = replace(self.record, sweep_resume=Resume(walk.step, "", self.record.news_at))

    def _sweep(self, query: Query, enough: Enough | None = None, since: datetime | None = None) -> bool:
        walk = self._walk("sweep", query, self.record.sweep_resume, since)
        covered = self._list(walk, "sweep", enough=enough or _never, passes_open=True)
        if covered.complete and walk.started_at is not None:
            self.record = replace(self.record, swept_at=walk.started_at)
            if self.abilities.reach is Reach.EVERYTHING and covered.whole:
                self.record = replace(self.record, news_at=walk.started_at)
                self._settle(walk.started_at)
        return covered.complete

    def _shown_all_awaited(self) -> Enough | None:
        awaited = self.awaited
        if awaited is None:
            return None
        ids = awaited | {key.id for key in self.known}

        def enough(_: Page) -> bool:
            return ids <= {key.id for key in self.absorber.seen}

        return enough

    # Jobs that are named, each by a look of its own

    def _named(self) -> bool:
        """Look at every named job that has not ended. The first time is the first look at the place."""
        place, resume = self.record.place, self.record.sweep_resume
        goes_on = resume is not None and resume.step == _NAMED
        begin, started_at = (resume.token, resume.started_at) if resume and goes_on else ("", None)
        keys = [
            JobKey(place, job_id, self.record.born.get(job_id, 0))
            for job_id in sorted(self.record.scope.named_jobs)
            if job_id >= begin
        ]
        stored = self.store.jobs(keys)
        absent: list[str] = []
        complete, rest = True, None
        for key in keys:
            job = stored.get(key)
            if job is not None and not job.state.is_open:
                continue
            if self.budget.pages <= 0 or not self.budget.may_call():
                complete, rest = False, Resume(_NAMED, key.id, started_at) if started_at else None
                break
            self.budget.call()
            self.budget.pages -= 1
            sight = self.lister.look(Look(place, key.id))
            started_at = started_at or sight.date
            self._begin_baseline(sight.date)
            seen = sight.seen
            if seen is not None:
                if seen.key.born:
                    self.record = replace(self.record, born={**self.record.born, key.id: seen.key.born})
                self.absorber.absorb_sight(sight)
                if self.record.settled_at is None:
                    self.record = replace(self.record, jobs_seen=self.record.jobs_seen + 1)
            if job is not None and (seen is None or seen.key != job.key):
                # Under an id that was used again there is another job now.
                self.absorber.lost(job, sight.date)
            elif seen is None:
                absent.append(key.id)
        self.record = replace(self.record, sweep_resume=rest)
        if complete and started_at is not None:
            self._end_baseline_of_named(started_at)
        if absent:
            raise ListingError(
                f"{place.key} has no job {', '.join(absent)}. Correct the id in the watch that names it.",
                kind="absent",
            )
        return complete

    def _end_baseline_of_named(self, started_at: datetime) -> None:
        first = self.record.settled_at is None
        self.record = replace(self.record, news_at=started_at, swept_at=started_at)
        self._settle(started_at)
        if first:
            self.record = replace(self.record, former=None, former_since=None)
            self.baseline_done = True

    # One listing

    def _walk(self, step: str, query: Query, resume: Resume | None, since: datetime | None = None) -> Walk:
        fits = resume if resume is not None and resume.step == step else None
        newest_first = self.abilities.newest_first
        return Walk(self.lister, self.record.place, self.budget, step, query, newest_first, fits, since)

    def _list(
        self,
        walk: Walk,
        keep: Keep,
        *,
        enough: Enough | None = None,
        count: bool = False,
        passes_open: bool = False,
    ) -> Covered:
        """Walk, absorbing page by page; where it can go on is kept, also after a failed call."""

        def on_page(page: Page) -> None:
            self._begin_baseline(page.date)
            wanted = self.absorber.absorb(page.rows)
            if passes_open:
                self.shown |= wanted & self.known.keys()
            if count:
                # Rows move on to the next page while jobs are created: each job counts once.
                fresh = wanted - self.counted
                self.counted |= fresh
                self.record = replace(self.record, jobs_seen=self.record.jobs_seen + len(fresh))

        try:
            covered = walk.run(on_page, enough or _never)
        finally:
            if keep == "news":
                self.record = replace(self.record, news_resume=walk.resume)
            else:
                self.record = replace(self.record, sweep_resume=walk.resume)
        if walk.query.modified_after is None:
            covered.oldest = covered.oldest or walk.query.created_after
            self.covered.append(covered)
        return covered

    def _begin_baseline(self, date: datetime) -> None:
        """T0 is stored before anything else is: a crash must not move it past a job that came after it."""
        if self.record.baseline_at is not None:
            return
        self.record = replace(self.record, baseline_at=date, news_at=date, revision=self.record.revision + 1)
        self.store.save_place(self.record)
        self.absorber.record = self.record

    def _query(
        self,
        *,
        modified_after: datetime | None = None,
        created_after: datetime | None = None,
        status: str = "",
    ) -> Query:
        """Narrowed by what every watch of the place asks for anyway; different filters are told apart afterwards."""
        if len(self.record.scope.filters) != 1:
            return Query(modified_after=modified_after, created_after=created_after, status=status)
        (rule,) = self.record.scope.filters
        # Whether an API's name filter regards case is mostly not documented; ours does not, and must not lose a job.
        caseless = rule.name_contains.lower() == rule.name_contains.upper()
        return Query(
            modified_after=_later(modified_after, rule.modified_after),
            modified_before=rule.modified_before,
            created_after=_later(created_after, rule.created_after),
            created_before=rule.created_before,
            name_contains=rule.name_contains if caseless else "",
            status=status,
        )

    def _since(self, news_at: datetime) -> datetime:
        resume = self.record.news_resume
        if resume is not None and resume.since is not None:
            return resume.since
        return news_at - timedelta(seconds=self.abilities.overlap)

    def _settle(self, started_at: datetime) -> None:
        """Jobs created before this are known from now on, remembered or not."""
        settled = started_at - timedelta(seconds=self.abilities.overlap)
        self.record = replace(self.record, settled_at=_later(self.record.settled_at, settled))

    def _oldest_open(self) -> datetime | None:
        """When the oldest open job was created: none of them can be older than a job that does not say when it was."""
        return min((job.created_at or EARLIEST for job in self.known.values()), default=None)


def joined(before: str, *, have_news: bool, seen_open: bool) -> tuple[bool, str]:
    """Whether a look is complete, and which of its parts is while the other is not (``PlaceRecord.part_seen``).

    ``before`` is what was complete before this poll, ``have_news`` and ``seen_open`` are what this poll completed.
    """
    if (have_news or before == _NEWS) and (seen_open or before == _OPEN):
        return True, ""
    if have_news:
        return False, _NEWS
    return False, _OPEN if seen_open else before


def _just_before(oldest: datetime | None) -> datetime | None:
    """From where a listing by creation time shows the oldest open job too; None for the whole of it."""
    if oldest is None or oldest == EARLIEST:
        return None
    return oldest - timedelta(seconds=1)


def _older_than(moment: datetime) -> Enough:
    """Enough was listed, newest first, once a row is older than this."""

    def enough(page: Page) -> bool:
        last = page.rows[-1].created_at if page.rows else None
        return last is not None and last < moment

    return enough


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)
