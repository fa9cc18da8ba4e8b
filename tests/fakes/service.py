"""A job service in memory: jobs that live their lives, listed the way each kind of list operation does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from jobherald.errors import ListingError
from jobherald.model import JobKey, Observation, Place, Progress, State
from jobherald.ports import Abilities, Page, Parent, ParentPage, Query, Reach, Sight
from jobherald.watch import Look
from tests.fakes.time import FakeClock

PLACE = Place("sagemaker.labeling", "111122223333", "us-east-1")
WORDS = {
    State.QUEUED: "Initializing",
    State.RUNNING: "InProgress",
    State.STOPPING: "Stopping",
    State.SUCCEEDED: "Completed",
    State.FAILED: "Failed",
    State.STOPPED: "Stopped",
    State.UNKNOWN: "Paused",
}
OPEN_WORDS = ("Initializing", "InProgress", "Stopping")


@dataclass
class Life:
    """One job: when it entered which state.

    ``deleted`` is when the service forgets it; no row says when an ``undated`` one was created.
    """

    id: str
    steps: list[tuple[datetime, State]]
    name: str = ""
    place: Place = PLACE
    deleted: datetime | None = None
    word: str = ""
    percent: Callable[[datetime], float] | None = None
    hidden: bool = False
    undated: bool = False
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> JobKey:
        return JobKey(self.place, self.id)

    @property
    def created(self) -> datetime:
        return self.steps[0][0]

    def exists(self, now: datetime) -> bool:
        return self.created <= now and (self.deleted is None or now < self.deleted)

    def step(self, now: datetime) -> tuple[datetime, State]:
        return [step for step in self.steps if step[0] <= now][-1]


@dataclass
class FakeService:
    """``ports.Lister`` over the lives of jobs.

    ``reach`` is the kind of list operation. ``page_size`` rows a page, before filters are applied where
    ``filters_after_paging``, so that pages may be empty and still have a token. ``by_offset`` makes tokens that count
    rows, which shift when jobs come and go; else a token names the last row. ``lag`` is how long (seconds) a list does
    not show what happened. ``call_seconds`` pass with every call. ``script`` maps the index of a call to what happens
    instead of it. A token in ``expired`` is refused once. With a ``family`` the list has to be asked below one of these
    parents, each there since that moment. Without ``can_look`` no job can be looked at by itself; with ``reasons_by_look``
    only a look says why one failed. ``tells_of_family`` says whether their list says what runs and how much there is below each. ``doubt`` is by how many hours creation times are
    off, and may be. With ``ids_return`` an id can be used again, and the creation time is part of a job's key.
    """

    clock: FakeClock
    reach: Reach = Reach.MODIFIED_AFTER
    newest_first: bool = True
    has_times: bool = True
    statuses: bool = True
    page_size: int = 100
    filters_after_paging: bool = False
    by_offset: bool = False
    lag: float = 0.0
    call_seconds: float = 0.2
    overlap: float = 300.0
    pace: float = 0.0
    lives: list[Life] = field(default_factory=list)
    script: dict[int, Callable[[], Exception | None]] = field(default_factory=dict)
    denied: set[Place] = field(default_factory=set)
    failing: set[Place] = field(default_factory=set)
    loops: int = 0
    expired: set[str] = field(default_factory=set)
    between_pages: Callable[[int], None] = lambda _: None
    calls: int = 0
    pages: list[tuple[Query, str]] = field(default_factory=list)
    listed: list[Place] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    family: dict[str, datetime] = field(default_factory=dict)
    tells_of_family: bool = True
    credential: str = ""
    can_look: bool = True
    reasons_by_look: bool = False
    doubt: float = 0.0
    ids_return: bool = False
    family_calls: int = 0

    # The world

    def add(self, job: str, *steps: tuple[float, State], **more: Any) -> Life:
        """A job whose steps are given in seconds from now."""
        now = self.clock.now()
        life = Life(job, [(now + timedelta(seconds=at), state) for at, state in steps], **more)
        life.name = life.name or job
        self.lives.append(life)
        return life

    # ports.Lister

    def abilities(self, source: str) -> Abilities:
        modified = self.reach is Reach.MODIFIED_AFTER
        return Abilities(
            self.reach,
            self.newest_first,
            OPEN_WORDS if self.statuses and modified else (),
            self.overlap,
            self.pace,
            parents="folder" if self.family else "",
            credential=self.credential,
            looks=self.can_look,
            reasons_by_look=self.reasons_by_look,
        )

    def parents(self, place: Place, token: str) -> ParentPage:
        self.family_calls += 1
        self._call(place)
        start = int(token or 0)
        there = [one for one, since in self.family.items() if since <= self.clock.now()]
        shown = there[start : start + self.page_size]
        more = start + self.page_size < len(there)
        date = self.clock.now().replace(microsecond=0)
        return ParentPage(
            tuple(self._parent(replace(place, parent=one)) for one in shown),
            date,
            str(start + self.page_size) if more else "",
        )

    def _parent(self, place: Place) -> Parent:
        if not self.tells_of_family:
            return Parent(place.parent)
        now = self.clock.now()
        lives = [life for life in self.lives if life.place == place and life.exists(now)]
        running = frozenset(life.id for life in lives if life.step(now)[1].is_open)
        return Parent(place.parent, f"folder {place.parent}", running, str(len(lives)))

    def page(self, place: Place, query: Query, token: str) -> Page:
        self.pages.append((query, token))
        self.listed.append(place)
        self._call(place)
        if place.parent and place.parent not in self.family:
            raise ListingError(f"there is no {place.parent}", kind="absent")
        if token in self.expired:
            self.expired.discard(token)
            raise ListingError("the token is no longer good", kind="token")
        listed = self._listed(place, query)
        if self.newest_first:
            listed.sort(key=lambda life: (life.created, life.id), reverse=True)
        else:
            listed.sort(key=lambda life: life.id)
        start = self._start(listed, token)
        shown = listed[start : start + self.page_size]
        last = start + self.page_size
        following = ""
        if last < len(listed):
            following = f"@{last}" if self.by_offset else f"after {shown[-1].id}"
        if self.loops and following:
            following = f"loop {len(self.pages) % self.loops}"
        date = self.clock.now().replace(microsecond=0)
        shown = [life for life in shown if self._fits(life, query)]
        page = Page(tuple(self._row(life) for life in shown), date, following)
        self.between_pages(len(self.pages))
        return page

    def look(self, look: Look) -> Sight:
        assert self.can_look, "nobody looks at what cannot be looked at"
        self.looks.append(look)
        self._call(look.place)
        now = self.clock.now()
        date = now.replace(microsecond=0)
        for life in self.lives:
            same = life.id == look.id if look.id else life.name == look.name
            if life.place == look.place and same and life.exists(now):
                row = replace(self._row(life, now), reason=self._reason(life, now))
                return Sight(
                    replace(row, details={**row.details, "Tags": ["one"]}), date, frozenset({"Tags"})
                )
        return Sight(None, date)

    # Inside

    def _call(self, place: Place) -> None:
        index = self.calls
        self.calls += 1
        self.clock.advance(self.call_seconds)
        if index in self.script:
            error = self.script[index]()
            if error is not None:
                raise error
        if place in self.denied:
            raise ListingError(f"denied in {place.region}; allow it", kind="denied")
        if place in self.failing:
            raise ListingError(f"no answer for {place.key}", kind="failed")

    def _shown_at(self) -> datetime:
        return self.clock.now() - timedelta(seconds=self.lag)

    def _listed(self, place: Place, query: Query) -> list[Life]:
        now = self._shown_at()
        lives = [life for life in self.lives if life.place == place and life.exists(now) and not life.hidden]
        return lives if self.filters_after_paging else [life for life in lives if self._fits(life, query)]

    def _fits(self, life: Life, query: Query) -> bool:
        row = self._row(life)
        can_modified = self.reach is Reach.MODIFIED_AFTER
        can_created = can_modified or self.reach is Reach.CREATED_AFTER
        if can_modified and not _within(
            life.step(self._shown_at())[0], query.modified_after, query.modified_before
        ):
            return False
        if can_created and not _within(life.created, query.created_after, query.created_before):
            return False
        if can_modified and query.status and row.status != query.status:
            return False
        return not can_modified or query.name_contains.casefold() in life.name.casefold()

    def _start(self, listed: list[Life], token: str) -> int:
        if token.startswith("@"):
            return int(token[1:])
        if token.startswith("after "):
            ids = [life.id for life in listed]
            return ids.index(token[6:]) + 1 if token[6:] in ids else self._place_of(listed, token[6:])
        return 0

    def _place_of(self, listed: list[Life], last: str) -> int:
        """Where a row that is no longer listed would have been."""
        gone = next(life for life in self.lives if life.id == last)
        if self.newest_first:
            return sum(1 for life in listed if (life.created, life.id) > (gone.created, gone.id))
        return sum(1 for life in listed if life.id < last)

    def _row(self, life: Life, now: datetime | None = None) -> Observation:
        at = now or self._shown_at()
        entered, state = life.step(at)
        status = life.word if state is State.UNKNOWN and life.word else WORDS[state]
        born = int(life.created.timestamp()) if self.ids_return else 0
        return Observation(
            key=replace(life.key, born=born),
            state=state,
            status=status,
            seen_at=self.clock.now().replace(microsecond=0),
            name=life.name,
            created_at=None if life.undated else life.created - timedelta(hours=self.doubt),
            created_doubt=timedelta(hours=abs(self.doubt)),
            modified_at=entered if self.reach is Reach.MODIFIED_AFTER else None,
            ended_at=entered if self.has_times and state.is_outcome else None,
            reason="" if self.reasons_by_look else self._reason(life, at),
            progress=Progress(life.percent(at)) if life.percent else None,
            details={"Id": life.id, "Status": status, **life.details},
        )

    @staticmethod
    def _reason(life: Life, at: datetime) -> str:
        return "it broke" if life.step(at)[1] is State.FAILED else ""


def _within(at: datetime, after: datetime | None, before: datetime | None) -> bool:
    return (after is None or at > after) and (before is None or at < before)
