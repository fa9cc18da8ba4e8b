"""What is watched and how far: the rules over a place, and the place's own cursor and health."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from jobherald.model import TOLD_BY_DEFAULT, Observation, Place, State


@dataclass(frozen=True, slots=True)
class Rule:
    """What one watch wants of a place: which jobs, and which of their states it wants told.

    Times are aware and in UTC; None means no limit. ``name_contains`` is compared without regard to case. ``parents``
    are the only parents to look below, ``jobs`` the service's ids of the only jobs to look at; empty means all.
    """

    watch: str
    parents: frozenset[str] = frozenset()
    jobs: frozenset[str] = frozenset()
    name_contains: str = ""
    created_after: datetime | None = None
    created_before: datetime | None = None
    modified_after: datetime | None = None
    modified_before: datetime | None = None
    tell: frozenset[State] = TOLD_BY_DEFAULT

    def wants(self, seen: Observation) -> bool:
        """Whether this rule covers the job that was seen."""
        return (
            (not self.parents or seen.key.place.parent in self.parents)
            and (not self.jobs or seen.key.id in self.jobs)
            and self.name_contains.casefold() in seen.name.casefold()
            and (
                self.created_after is None
                or (seen.created_at is not None and seen.created_at > self.created_after)
            )
            and (
                self.created_before is None
                or (seen.created_at is not None and seen.created_at < self.created_before)
            )
            and (
                self.modified_after is None
                or (seen.modified_at is not None and seen.modified_at > self.modified_after)
            )
            and (
                self.modified_before is None
                or (seen.modified_at is not None and seen.modified_at < self.modified_before)
            )
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """What is wanted of one place, over all watches: their rules and the shortest of their intervals (seconds)."""

    rules: tuple[Rule, ...]
    every: int = 60

    @property
    def filters(self) -> frozenset[Rule]:
        """What the rules cover, whatever they are called and tell."""
        return frozenset(replace(rule, watch="", tell=frozenset()) for rule in self.rules)

    @property
    def named_jobs(self) -> frozenset[str]:
        """The ids of the only jobs to look at; empty where a rule wants whatever is listed."""
        named = [rule.jobs for rule in self.rules]
        return frozenset[str]().union(*named) if all(named) else frozenset()

    @property
    def named_parents(self) -> frozenset[str]:
        """The only parents to look below; empty where a rule wants whatever there is."""
        named = [rule.parents for rule in self.rules]
        return frozenset[str]().union(*named) if all(named) else frozenset()

    def below(self, parent: str) -> Scope:
        """What is wanted below one parent: the rules that look there."""
        wanted = (rule for rule in self.rules if not rule.parents or parent in rule.parents)
        return Scope(tuple(replace(rule, parents=frozenset()) for rule in wanted), self.every)

    def tell(self, seen: Observation) -> frozenset[State] | None:
        """The states to tell for this job, over all rules that cover it; None where none does."""
        wanted = [rule.tell for rule in self.rules if rule.wants(seen)]
        return frozenset[State]().union(*wanted) if wanted else None


@dataclass(frozen=True, slots=True)
class Look:
    """A request to look at one job, by the service's id or, where an event carries only that, by its name."""

    place: Place
    id: str = ""
    name: str = ""

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Self:
        """From a queue message. Raises KeyError or TypeError where the message is not one."""
        return cls(_parse_place(body["place"]), _text(body.get("id", "")), _text(body.get("name", "")))


@dataclass(frozen=True, slots=True)
class Poll:
    """A request to poll one place; ``queued_at`` (aware, UTC) lets a poll that was overtaken end at once."""

    place: Place
    queued_at: datetime

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Self:
        """From a queue message. Raises KeyError, TypeError or ValueError where the message is not one."""
        queued_at = datetime.fromisoformat(body["queued_at"])
        if queued_at.tzinfo is None:
            raise ValueError(f"queued_at {body['queued_at']} is in no time zone")
        return cls(_parse_place(body["place"]), queued_at)


@dataclass(frozen=True, slots=True)
class Resume:
    """Where a listing that did not fit into one poll goes on.

    ``step`` names the part of the plan (``news``, ``baseline``, ``sweep`` or ``sweep:<status>``), ``token`` is the
    service's page token, ``started_at`` the date of that listing's first answer, ``since`` the limit it lists down to
    (UTC). Of the steps ``named`` and ``children`` the token is the id of the job or parent whose turn is next.
    """

    step: str
    token: str
    started_at: datetime
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlaceRecord:
    """What is remembered of a place.

    ``baseline_at`` is T0, the date of the first answer under the present filters; ``news_at`` the start of the last
    complete look for news; ``settled_at`` the same less the overlap, once the baseline is complete; ``swept_at`` the
    start of the last complete look at every open job. All four are the service's times. ``former`` are the rules
    that held before the present baseline, with the moment since which they tell new jobs (``former_since``).

    ``queued_at`` (when the last poll was asked for), ``polled_at`` (when it ended), ``looked_at`` (when every outcome had
    been listed: with the last complete look at the news where they come by modified time, else with the last complete
    look) and ``paused_until`` are by our own clock and only steer when to poll next. ``trouble`` is a kind of ListingError,
    ``unreached`` where no poll ended when it should have, or empty while the place is well; ``told_blind`` that people
    know of it. ``late_since`` is since when the place could not be seen, until a look is complete again.
    ``began_at`` (our clock) is when a look began that did not fit into one poll; ``part_seen`` which of its two parts,
    ``news`` or ``open`` jobs, is complete while the other is not; ``jobs_shown`` how many open jobs it has come past so
    far; ``told_behind`` that people know how long such looks take. ``missing`` are the ids of open jobs that the last look
    did not show, where none can be looked at by itself, or where looking at them was refused. ``born`` are those parts of
    the keys of named jobs, by their ids, that a look alone can tell (``JobKey.born``). ``revision`` is the condition of the
    next write; ``alerts`` counts the alerts of this place.
    """

    place: Place
    scope: Scope
    watched_since: datetime
    revision: int = 0
    baseline_at: datetime | None = None
    news_at: datetime | None = None
    settled_at: datetime | None = None
    swept_at: datetime | None = None
    former: Scope | None = None
    former_since: datetime | None = None
    news_resume: Resume | None = None
    sweep_resume: Resume | None = None
    queued_at: datetime | None = None
    polled_at: datetime | None = None
    looked_at: datetime | None = None
    paused_until: datetime | None = None
    trouble: str = ""
    trouble_since: datetime | None = None
    told_blind: bool = False
    late_since: datetime | None = None
    began_at: datetime | None = None
    part_seen: str = ""
    jobs_shown: int = 0
    told_behind: bool = False
    jobs_seen: int = 0
    jobs_open: int = 0
    unknown_statuses: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    born: Mapping[str, int] = field(default_factory=dict)
    alerts: int = 0

    @property
    def goes_on(self) -> bool:
        """Whether a listing is under way that the next poll has to go on with."""
        return self.news_resume is not None or self.sweep_resume is not None

    @property
    def tells_since(self) -> datetime | None:
        """Jobs created from this moment on are news when they are first seen; None before the first answer."""
        known = [at for at in (self.baseline_at, self.settled_at) if at is not None]
        return max(known, default=None)

    def rescoped(self, scope: Scope) -> PlaceRecord:
        """The record under another scope. Other filters begin a new baseline; what was news stays news meanwhile.

        Also where the filters change again before that baseline is complete: each of the former rules tells what was
        created since it began to tell. A scope without rules ends all that.
        """
        if scope.filters == self.scope.filters:
            return replace(self, scope=scope)
        before = self.former.rules if self.former and self.settled_at is None else ()
        since = self.tells_since
        own = tuple(_from(rule, since) for rule in self.scope.rules) if since else ()
        if not scope.rules:
            before = own = ()
        known = [at for at in (self.former_since if before else None, since) if at is not None]
        former = Scope(tuple(dict.fromkeys((*before, *own)))) if before or own else None
        return replace(
            self,
            scope=scope,
            former=former,
            former_since=min(known) if former else None,
            baseline_at=None,
            news_at=None,
            settled_at=None,
            swept_at=None,
            news_resume=None,
            sweep_resume=None,
            late_since=None,
            told_behind=self.told_behind and bool(scope.rules),
            jobs_seen=0,
        ).look_over()

    def look_over(self) -> PlaceRecord:
        """The record without a look under way."""
        return replace(self, began_at=None, part_seen="", jobs_shown=0)


@dataclass(frozen=True, slots=True)
class Child:
    """What is remembered of one parent at its place, so that a poll knows which of them to look below.

    ``running`` are the ids of what the service said to be running below it, as far as an item has room for them;
    ``mark`` what else tells that something happened there; both as they were at the last whole look, which was at
    ``looked_at`` (our clock). ``jobs_open`` counts what we hold open there; ``unfinished`` says that a listing has to go
    on.
    """

    id: str
    running: frozenset[str] = frozenset()
    mark: str = ""
    looked_at: datetime | None = None
    jobs_open: int = 0
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class CredentialRecord:
    """That what calls are signed with was refused, shared by every place whose calls it signs.

    While ``refused_since`` is set no place calls before ``paused_until`` (our clock), and then one alone tries.
    ``revision`` is the condition of the next write; ``alerts`` counts the alerts.
    """

    name: str
    revision: int = 0
    refused_since: datetime | None = None
    paused_until: datetime | None = None
    alerts: int = 0

    @property
    def subject(self) -> str:
        """The subject of its alerts."""
        return f"credential/{self.name}"


@dataclass(frozen=True, slots=True)
class ConfigRecord:
    """The configuration document in force, and the last one that was refused, by its fingerprint.

    ``places`` are the keys of the places that are watched, and of those that were and still have to be let go.
    ``canary_at`` is when the last canary was sent (our clock).
    """

    text: str = ""
    refused: str = ""
    revision: int = 0
    alerts: int = 0
    places: frozenset[str] = frozenset()
    canary_at: datetime | None = None


def _from(rule: Rule, since: datetime) -> Rule:
    """The rule for jobs created at that moment or later."""
    after = since - timedelta(microseconds=1)
    return replace(rule, created_after=max(rule.created_after or after, after))


def _parse_place(body: Mapping[str, Any]) -> Place:
    return Place(
        _text(body["source"]), _text(body["account"]), _text(body["region"]), _text(body.get("parent", ""))
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
