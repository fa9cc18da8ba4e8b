"""What services have in common whose jobs are listed and looked at, and start elsewhere: a new one is a table of words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from jobherald.local.services.api import ApiError, Call, Reply, Shown, World
from jobherald.local.services.faults import Faults
from jobherald.local.services.jobs import ScriptedJob, Step
from jobherald.local.services.paging import Pager
from jobherald.model import State

Filter = Callable[[Shown, Any], bool]
"""Whether a row is one of those that a value asks for."""

ACCOUNT: Final = "111122223333"
REGION: Final = "us-east-1"


@dataclass(frozen=True, slots=True)
class Life:
    """How a job lives: it waits for ``starts_after`` seconds, runs for ``lasts`` and then ends with the status ``ends``.

    ``ends`` is empty for a job that never ends; ``reason`` is what the service says of an end that is no success.
    """

    starts_after: float = 1.0
    lasts: float = 10.0
    ends: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """The members of a row that change, and what they hold on a job's way.

    ``waiting`` are the statuses before it runs, dealt out evenly; ``before`` the status that comes shortly before some ends.
    ``started``, ``ended`` and ``reason`` are empty where a row has no such member. ``moment`` is how a time is written.
    """

    status: str
    running: str
    waiting: tuple[str, ...] = ()
    before: Mapping[str, str] = field(default_factory=dict)
    started: str = ""
    ended: str = ""
    reason: str = ""
    moment: Callable[[datetime], Any] = lambda at: at

    def steps(self, created_at: datetime, life: Life, end: Mapping[str, Any]) -> Iterator[Step]:
        """The steps of a job that was created at that moment; ``end`` is what its last one has besides."""
        begins = created_at + timedelta(seconds=life.starts_after)
        for number, word in enumerate(self.waiting):
            share = number / len(self.waiting)
            yield Step(created_at + timedelta(seconds=life.starts_after * share), {self.status: word})
        # Who does not wait runs at once, and is prepared meanwhile.
        yield Step(begins if self.waiting else created_at, self._with({self.status: self.running}, begins))
        if not life.ends:
            return
        if life.ends in self.before:
            yield Step(begins + timedelta(seconds=0.9 * life.lasts), {self.status: self.before[life.ends]})
        at = begins + timedelta(seconds=life.lasts)
        said = {self.reason: life.reason} if self.reason and life.reason else {}
        ended = {self.ended: self.moment(at)} if self.ended else {}
        yield Step(at, {self.status: life.ends, **ended, **said, **end})

    def _with(self, members: Mapping[str, Any], begins: datetime) -> dict[str, Any]:
        return {**members, self.started: self.moment(begins)} if self.started else dict(members)


def in_milliseconds(at: datetime) -> datetime:
    """A moment as a service keeps it: what it says of a job's creation is all that anybody knows."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


@dataclass
class ListedJobs:
    """One simulated service, by its list and its look. Subclasses say what is particular to them.

    ``rows`` is where the answer has its rows, ``changed`` where a row says that something happened to a job.
    ``filters`` are the members of a request that select rows, ``late_filters`` those that only thin out a page that was cut
    before. ``order`` (``Ascending`` or ``Descending``, by ``order_member``) is the one of a request that names none, creation
    what it goes by unless ``sort_member`` names one of ``sort_keys``. ``page_size`` is what a page has that was not asked for
    another size, ``look_member`` where a look's answer has the job, ``no_such_job`` its refusal: code, message and HTTP status.
    """

    faults: Faults
    world: World = field(default_factory=World)
    pager: Pager = field(init=False)

    source: ClassVar[str]
    service: ClassVar[str]
    target: ClassVar[str] = ""
    invalid: ClassVar[str] = "ValidationException"
    row_shape: ClassVar[str]
    name_member: ClassVar[str]
    parent_member: ClassVar[str] = ""
    list_operation: ClassVar[str]
    look_operation: ClassVar[str]
    rows: ClassVar[str]
    status_member: ClassVar[str]
    changed: ClassVar[tuple[str, ...]]
    states: ClassVar[Mapping[str, State]]
    page_size: ClassVar[int]
    filters: ClassVar[Mapping[str, Filter]] = {}
    late_filters: ClassVar[frozenset[str]] = frozenset()
    order: ClassVar[str] = "Descending"
    order_member: ClassVar[str] = ""
    sort_member: ClassVar[str] = ""
    sort_keys: ClassVar[Mapping[str, str]] = {}
    look_member: ClassVar[str] = ""
    no_such_job: ClassVar[tuple[str, str, int]]
    token_member: ClassVar[str] = "NextToken"  # noqa: S105  # a member's name
    size_member: ClassVar[str] = "MaxResults"

    def __post_init__(self) -> None:
        self.pager = Pager(self.invalid, token=self.token_member, size=self.size_member)

    @property
    def operations(self) -> Mapping[str, Callable[[Call], Reply]]:
        """What it can do: a list, and a look."""
        return {self.list_operation: self.listing, self.look_operation: self.look}

    def state_of(self, row: Mapping[str, Any]) -> tuple[str, State]:
        """The status that a row shows, and the state that it means."""
        status = str(row.get(self.status_member, ""))
        return status, self.states.get(status, State.UNKNOWN)

    def times_of(self, row: Mapping[str, Any]) -> datetime | None:
        """The latest time at which the service says that something happened."""
        return max((row[member] for member in self.changed if row.get(member)), default=None)

    # The list

    def listing(self, call: Call) -> Reply:
        """One page, in the order that was asked for."""
        self.require_parent(call)
        asked = call.parameters
        there = (job for job in self.world.of(call) if job.is_listed(call.now))
        below = asked.get(self.parent_member, "")
        shown = [self.shown(job, call.now) for job in there if job.parent == below]
        key = self.sort_keys.get(asked.get(self.sort_member, ""))
        # The id keeps an order among equals, else a page could begin anywhere between them.
        shown.sort(
            key=lambda item: (item.row[key] if key else item.job.created_at, item.job.id),
            reverse=asked.get(self.order_member, self.order) == "Descending",
        )
        shown = [item for item in shown if self.selects(item, asked)]
        size = asked.get(self.size_member, self.page_size)
        page, token = self.pager.cut(shown, call, size, lambda item: self.keeps(item, asked))
        return Reply(page, lambda rows: {self.rows: rows, self.token_member: token}, is_list=True)

    def require_parent(self, call: Call) -> None:
        """Raises ApiError where there is nothing to list below."""

    def selects(self, item: Shown, asked: Mapping[str, Any]) -> bool:
        """Whether a row is one of those that were asked for."""
        tests = ((name, test) for name, test in self.filters.items() if name not in self.late_filters)
        return all(test(item, asked[name]) for name, test in tests if name in asked)

    def keeps(self, item: Shown, asked: Mapping[str, Any]) -> bool:
        """Whether a row stays on the page that was cut."""
        return all(self.filters[name](item, asked[name]) for name in self.late_filters if name in asked)

    # The look

    def look(self, call: Call) -> Reply:
        """One job, as it is now. Raises ApiError where there is none."""
        asked = [job for job in self.world.of(call) if self.is_asked(job, call.parameters)]
        found = next((job for job in asked if job.exists(call.now)), None)
        if found is None:
            past = next((job for job in reversed(asked) if job.created_at <= call.now), None)
            code, message, status = self.no_such_job
            raise ApiError(code, message, status=status, gone=past)

        def wrap(rows: list[Mapping[str, Any]]) -> dict[str, Any]:
            described = self.described(rows[0], found)
            return {self.look_member: described} if self.look_member else described

        return Reply([self.shown(found, call.now)], wrap)

    def is_asked(self, job: ScriptedJob, asked: Mapping[str, Any]) -> bool:
        """Whether a look is about this job."""
        raise NotImplementedError

    def described(self, row: Mapping[str, Any], job: ScriptedJob) -> dict[str, Any]:
        """A list's row as a look has it."""
        return {**job.details, **row}

    def shown(self, job: ScriptedJob, now: datetime) -> Shown:
        """A job in an answer."""
        row = job.at(now)
        return Shown(job, row, self.faults.shown(job.id, row))


def contains(member: str) -> Filter:
    """A member has a text in it, in any case."""
    return lambda item, text: text.casefold() in item.row[member].casefold()


def equals(member: str) -> Filter:
    """A member is shown to be a value."""
    return lambda item, value: bool(item.shown.get(member) == value)


def after(member: str) -> Filter:
    """A member is later than a moment."""
    return lambda item, moment: bool(item.row[member] > moment)


def before(member: str) -> Filter:
    """A member is earlier than a moment."""
    return lambda item, moment: bool(item.row[member] < moment)
