"""Walking through the pages of one listing, bounded, paced, and able to go on in a later poll."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from jobherald.errors import ListingError
from jobherald.model import Job, Place
from jobherald.ports import Clock, Deadline, Lister, Page, Query
from jobherald.watch import Resume

# What a call and the writes that follow it may take; below it no further call is begun.
CALL_SECONDS: Final = 20.0

EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
LATEST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass
class Budget:
    """What one poll may spend: pages, the pace between calls, and the time that the platform leaves."""

    clock: Clock
    deadline: Deadline
    pages: int
    pace: float
    calls: int = 0

    def may_call(self) -> bool:
        """Whether there is time for another call."""
        return self.deadline.remaining() - self.pace > CALL_SECONDS

    def call(self) -> None:
        """Keep the pace before every call but the first."""
        if self.calls and self.pace:
            self.clock.sleep(self.pace)
        self.calls += 1


@dataclass
class Covered:
    """Which part of a listing was walked without a gap, by creation time; both bounds are exclusive.

    ``newest`` is None where the walk began at the top, ``oldest`` None where it reached the end. Nothing is covered
    before the first row was seen. ``whole`` says that nothing was left to list.
    """

    newest: datetime | None
    oldest: datetime | None = LATEST
    ordered: bool = False
    status: str = ""
    complete: bool = False
    whole: bool = False

    def add(self, page: Page) -> None:
        """The rows of the next page are covered."""
        created = [row.created_at for row in page.rows if row.created_at is not None]
        if created:
            self.newest = created[0] if self.newest == EARLIEST else self.newest
            self.oldest = created[-1]

    def misses(self, job: Job) -> bool:
        """Whether this job, had it still been listed, would have been seen on the way."""
        if self.status and job.status != self.status:
            return False
        if not (self.ordered or (self.complete and self.newest is None)):
            return False
        if job.created_at is None:
            return self.complete and self.newest is None and self.oldest is None
        return (self.newest is None or job.created_at < self.newest) and (
            self.oldest is None or job.created_at > self.oldest
        )


@dataclass
class Walk:
    """One listing of a place. ``resume`` is always where a later poll can go on, also after a failed call.

    ``most`` is how many pages of the budget this listing may have, None for all that are left.
    """

    lister: Lister
    place: Place
    budget: Budget
    step: str
    query: Query
    newest_first: bool
    resume: Resume | None = None
    since: datetime | None = None
    most: int | None = None
    started_at: datetime | None = None
    pages: int = 0
    restarted: Callable[[], None] = lambda: None

    def run(
        self, on_page: Callable[[Page], None], enough: Callable[[Page], bool] = lambda _: False
    ) -> Covered:
        """Walk until the end, until ``enough`` or until the budget is spent; ``covered.complete`` tells.

        Raises ListingError. A token that the service no longer takes makes the walk begin again, once.
        """
        token = self._begin()
        covered, tokens, began_anew = self._cover(token), {"", token}, False
        while self._may_go_on():
            self.budget.call()
            self.budget.pages -= 1
            try:
                page = self.lister.page(self.place, self.query, token)
            except ListingError as error:
                if error.kind != "token" or not token or began_anew:
                    raise
                token, self.resume, self.started_at = "", None, None
                covered, tokens, began_anew = self._cover(token), {""}, True
                self.restarted()
                continue
            self.started_at = self.started_at or page.date
            on_page(page)
            covered.add(page)
            self.pages += 1
            if not page.token or enough(page):
                covered.oldest = covered.oldest if page.token else None
                covered.complete, covered.whole, self.resume = True, not page.token, None
                return covered
            if page.token in tokens:
                self.resume = None
                raise ListingError(
                    f"the list of {self.place.key} does not end: the service gave the same page token twice",
                    kind="failed",
                )
            token = page.token
            tokens.add(token)
            self.resume = Resume(self.step, token, self.started_at, self.since)
        return covered

    def _may_go_on(self) -> bool:
        within = self.most is None or self.pages < self.most
        return within and self.budget.pages > 0 and self.budget.may_call()

    def _begin(self) -> str:
        if self.resume is None:
            return ""
        self.started_at, self.since = self.resume.started_at, self.resume.since
        return self.resume.token

    def _cover(self, token: str) -> Covered:
        return Covered(EARLIEST if token else None, ordered=self.newest_first, status=self.query.status)
