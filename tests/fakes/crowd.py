"""A service with very many jobs, most of them open, listed in no more time than a page's own rows take."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from jobherald.errors import ListingError
from jobherald.model import JobKey, Observation, Place, State
from jobherald.ports import Abilities, Page, ParentPage, Query, Reach, Sight
from jobherald.watch import Look
from tests.fakes.service import OPEN_WORDS, PLACE, WORDS
from tests.fakes.time import FakeClock


@dataclass(slots=True)
class Member:
    """One job of a crowd: it runs from its creation until it succeeds, or for good."""

    number: int
    created_at: datetime
    ended_at: datetime | None = None

    @property
    def id(self) -> str:
        return f"job-{self.number:07}"


@dataclass
class Crowd:
    """``ports.Lister``: jobs numbered in the order of their creation, newest first, which never leave the list.

    ``call_seconds`` pass with every call. With ``moves_every`` (seconds) the modified time of an open job moves so often,
    as counters may make it.
    """

    clock: FakeClock
    reach: Reach
    page_size: int = 100
    pace: float = 1.0
    overlap: float = 300.0
    call_seconds: float = 0.2
    moves_every: float = 0.0
    calls: int = 0
    members: list[Member] = field(default_factory=list)
    _created: list[datetime] = field(default_factory=list)
    _ended: list[tuple[datetime, int]] = field(default_factory=list)

    # The world

    def fill(self, jobs: int) -> None:
        """So many open jobs, created a second apart, the last of them an hour ago."""
        begin = self.clock.now() - timedelta(seconds=3600 + jobs)
        for number in range(jobs):
            self._create(begin + timedelta(seconds=number))

    def churn(self, a_minute: float, minutes: int, chance: random.Random) -> list[Member]:
        """From now on so many jobs end in a minute, whichever, and as many begin. Returns those that end."""
        begin, running, ending = self.clock.now(), list(self.members), []
        for turn in range(round(a_minute * minutes)):
            at = begin + timedelta(minutes=turn / a_minute)
            place = chance.randrange(len(running))
            member, running[place] = running[place], self._create(at)
            member.ended_at = at
            self._ended.append((at, member.number))
            ending.append(member)
        return ending

    def _create(self, at: datetime) -> Member:
        self.members.append(Member(len(self.members), at))
        self._created.append(at)
        return self.members[-1]

    # ports.Lister

    def abilities(self, source: str) -> Abilities:
        statuses = OPEN_WORDS if self.reach is Reach.MODIFIED_AFTER else ()
        return Abilities(self.reach, self.reach is not Reach.EVERYTHING, statuses, self.overlap, self.pace)

    def page(self, place: Place, query: Query, token: str) -> Page:
        now = self._call()
        below = int(token) if token else len(self.members)
        taken = list(islice(self._listed(query, below, now), self.page_size + 1))
        shown = taken[: self.page_size]
        rows = tuple(self._row(member, now) for member in shown)
        return Page(
            rows, now.replace(microsecond=0), str(shown[-1].number) if len(taken) > len(shown) else ""
        )

    def look(self, look: Look) -> Sight:
        now = self._call()
        return Sight(self._row(self.members[int(look.id.rpartition("-")[2])], now), now)

    def parents(self, place: Place, token: str) -> ParentPage:
        raise ListingError("jobs of a crowd lie below nothing", kind="absent")

    # Inside

    def _call(self) -> datetime:
        self.calls += 1
        self.clock.advance(self.call_seconds)
        return self.clock.now()

    def _listed(self, query: Query, below: int, now: datetime) -> Iterator[Member]:
        """The members that the question is about, by number, the last of them first."""
        filtered = self.reach is Reach.MODIFIED_AFTER
        by_creation = query.created_after if self.reach is Reach.CREATED_AFTER else None
        for number in self._numbers(query.modified_after if filtered else None, now):
            member = self.members[number]
            if by_creation and member.created_at <= by_creation:
                return
            if number >= below or (filtered and query.status and self._word(member, now) != query.status):
                continue
            if filtered and query.modified_after and self._modified(member, now) <= query.modified_after:
                continue
            yield member

    def _numbers(self, since: datetime | None, now: datetime) -> Iterator[int]:
        there = bisect_right(self._created, now)
        if since is None or self.moves_every:
            return iter(range(there - 1, -1, -1))
        begun = range(bisect_right(self._created, since), there)
        first, last = (bisect_right(self._ended, (at, len(self.members))) for at in (since, now))
        return iter(sorted({*begun, *(number for _, number in self._ended[first:last])}, reverse=True))

    def _state(self, member: Member, now: datetime) -> State:
        over = member.ended_at is not None and member.ended_at <= now
        return State.SUCCEEDED if over else State.RUNNING

    def _word(self, member: Member, now: datetime) -> str:
        return WORDS[self._state(member, now)]

    def _modified(self, member: Member, now: datetime) -> datetime:
        if member.ended_at is not None and member.ended_at <= now:
            return member.ended_at
        if not self.moves_every:
            return member.created_at
        # Each at a moment of its own, spread over the interval.
        age = (now - member.created_at).total_seconds()
        return now - timedelta(seconds=(age + member.number * 7.3) % self.moves_every)

    def _row(self, member: Member, now: datetime) -> Observation:
        state = self._state(member, now)
        return Observation(
            key=JobKey(PLACE, member.id),
            state=state,
            status=WORDS[state],
            seen_at=now.replace(microsecond=0),
            name=member.id,
            created_at=member.created_at,
            modified_at=self._modified(member, now) if self.reach is Reach.MODIFIED_AFTER else None,
            ended_at=member.ended_at if state.is_outcome else None,
        )
