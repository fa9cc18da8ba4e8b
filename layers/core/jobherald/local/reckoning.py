"""What was due to be told, reckoned from the services' answers alone: the product's own rules are not asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final, Self

from jobherald.local.ledger import Ledger, Showing
from jobherald.model import State

TOLD: Final = frozenset(
    {State.RUNNING, State.SUCCEEDED, State.PARTIAL, State.FAILED, State.STOPPED, State.GONE},
)
_OUTCOMES: Final = frozenset({State.SUCCEEDED, State.PARTIAL, State.FAILED, State.STOPPED})
_AFTER_RUNNING: Final = _OUTCOMES | {State.STOPPING, State.GONE}
_CHANGE_ID: Final = re.compile(r"(?P<job>.+:.+)#\d+")
_ALERT_ID: Final = re.compile(r".+![a-z_]+#\d+")


@dataclass(frozen=True, slots=True)
class Told:
    """That a channel received one change. ``state`` is None where the channel shows only its id.

    ``at`` is when it was received (UTC), None where nobody noted it: then no crash can explain that it came again.
    """

    id: str
    job: str
    state: State | None = None
    at: datetime | None = None

    @classmethod
    def of_message(cls, message: Mapping[str, Any]) -> Self | None:
        """From the JSON that SNS carries; None for an alert."""
        if not str(message.get("schema", "")).startswith("jobherald.change/"):
            return None
        return cls(message["id"], message["job"], State(message["state"]))

    @classmethod
    def of_id(cls, change_id: str) -> Self | None:
        """From an id alone; None where it is not a change's."""
        found = None if _ALERT_ID.fullmatch(change_id) else _CHANGE_ID.fullmatch(change_id)
        return cls(change_id, found["job"]) if found else None


def resolve(
    anchors: Iterable[str], known: Iterable[Told], anchor: Callable[[str], str] = lambda text: text
) -> list[Told]:
    """What a channel received that shows ids as anchors: by the changes known from elsewhere, else by the id itself."""
    by_anchor = {anchor(told.id): told for told in known}
    found = (by_anchor.get(text) or Told.of_id(text) for text in anchors)
    return [told for told in found if told is not None]


@dataclass(frozen=True, slots=True)
class Due:
    """One change that people had a right to hear of, and why."""

    job: str
    name: str
    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that went wrong on one channel, in words."""

    channel: str
    job: str
    state: State | None
    reason: str

    def __str__(self) -> str:
        return f"{self.channel}: {self.job} {self.state or 'in some state'}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The result. ``may`` are changes that can be told or not, as it happened; ``received`` counts distinct ids.

    ``duplicated`` came more often than crashes explain, ``duplicated_by_crash`` came again as each crash allows.
    """

    due: tuple[Due, ...]
    may: tuple[Due, ...]
    received: Mapping[str, int]
    lost: tuple[Finding, ...]
    duplicated: tuple[Finding, ...]
    unexpected: tuple[Finding, ...]
    duplicated_by_crash: tuple[Finding, ...] = ()

    def joined(self, other: Reckoning) -> Reckoning:
        """With what another one, over other channels, found; what was due stays this one's."""
        return replace(
            self,
            received={**self.received, **other.received},
            lost=(*self.lost, *other.lost),
            duplicated=(*self.duplicated, *other.duplicated),
            unexpected=(*self.unexpected, *other.unexpected),
            duplicated_by_crash=(*self.duplicated_by_crash, *other.duplicated_by_crash),
        )

    @property
    def is_clean(self) -> bool:
        """Whether everything due was told, once, and nothing else."""
        return not (self.lost or self.duplicated or self.unexpected)


@dataclass(slots=True)
class _Dues:
    """What is due and what may be told of one job."""

    job: str
    name: str
    due: list[Due] = field(default_factory=list)
    may: list[Due] = field(default_factory=list)

    def add(self, state: State, reason: str, *, must: bool) -> None:
        known = self.due if must else self.may
        if all(item.state is not state for item in known):
            known.append(Due(self.job, self.name, state, reason))


def beginnings(ledger: Ledger, appeared: Mapping[str, datetime], since: datetime) -> dict[str, datetime]:
    """T0 by place. ``appeared`` says when there came to be what some places lie below, such as a dataset.

    One that appeared after ``since``, when it was first listed what there is to look below, has no first look of its own:
    whatever is below it is new.
    """
    return ledger.first_listed | {place: at for place, at in appeared.items() if at > since}


def reckon(
    ledger: Ledger,
    received: Mapping[str, Sequence[Told]],
    *,
    tolerance: float = 5.0,
    wanted: Callable[[Showing], bool] = lambda _showing: True,
    began: Mapping[str, datetime] | None = None,
    states: frozenset[State] = TOLD,
    heard: Callable[[Showing], bool] = lambda _showing: True,
    crashes: Mapping[str, Sequence[datetime]] = MappingProxyType({}),
) -> Reckoning:
    """Compare what the answers showed with what each channel received (as often as it did).

    ``tolerance`` (seconds): a state that another answer overtook within it need not have been told. ``wanted`` says which
    showings a watch covers, ``states`` what these channels are told of. ``began`` is T0 by place, where it is not the date of the place's first list answer.
    ``heard`` says which showings reached somebody who lived on: what only an answer to a dying process showed may be told
    and need not be. ``crashes`` are the moments (UTC) at which what tells on a channel died, by channel.
    """
    starts = ledger.first_listed if began is None else began
    courses: dict[str, list[Showing]] = {}
    for showing in ledger:
        if wanted(showing):
            courses.setdefault(showing.job, []).append(showing)
    lag = timedelta(seconds=tolerance)
    dues = [_dues(course, starts.get(course[0].place), lag, heard) for course in courses.values()]
    due = tuple(item for part in dues for item in part.due if item.state in states)
    may = tuple(item for part in dues for item in part.may if item.state in states)
    allowed = {(item.job, item.state) for item in (*due, *may)}
    channels = received.items()
    repeats = [
        found
        for channel, everything in channels
        for found in _repeats(channel, everything, crashes.get(channel, ()))
    ]
    return Reckoning(
        due=due,
        may=may,
        received={channel: len({told.id for told in everything}) for channel, everything in channels},
        lost=tuple(
            finding for channel, everything in channels for finding in _lost(channel, everything, due)
        ),
        duplicated=tuple(finding for finding, explained in repeats if not explained),
        unexpected=tuple(
            finding
            for channel, everything in channels
            for finding in _unexpected(channel, everything, allowed, courses)
        ),
        duplicated_by_crash=tuple(finding for finding, explained in repeats if explained),
    )


def _dues(
    course: Sequence[Showing],
    began: datetime | None,
    tolerance: timedelta,
    heard: Callable[[Showing], bool],
) -> _Dues:
    """What all showings of one job make due, and what those that were ``heard`` make due; in order."""
    known = [showing for showing in course if heard(showing)]
    everything = _dues_of(course, began, tolerance)
    if len(known) == len(course):
        return everything
    dues = _dues_of(known, began, tolerance) if known else _Dues(course[0].job, course[0].name)
    for item in (*everything.due, *everything.may):
        if all(item.state is not owed.state for owed in dues.due):
            dues.add(item.state, item.reason, must=False)
    return dues


def _dues_of(course: Sequence[Showing], began: datetime | None, tolerance: timedelta) -> _Dues:
    """``course`` are all showings of one job, in order; ``began`` is its place's T0 (None: it was never listed)."""
    first = course[0]
    dues = _Dues(first.job, first.name)
    is_new = began is not None and first.created_at >= began
    _running(dues, course, began, tolerance, is_new=is_new)
    _outcomes(dues, course, began, tolerance, is_new=is_new)
    _gone(dues, course, tolerance)
    if began is None:
        dues.may, dues.due = [*dues.may, *dues.due], []
    return dues


def _running(
    dues: _Dues, course: Sequence[Showing], began: datetime | None, tolerance: timedelta, *, is_new: bool
) -> None:
    overtaken_at = next((showing.at for showing in course if showing.state in _AFTER_RUNNING), None)
    shown = [showing for showing in course if showing.state is State.RUNNING]
    before = [showing for showing in shown if overtaken_at is None or showing.at < overtaken_at]
    if not shown:
        return
    if not is_new and course[0].state is State.RUNNING:
        if began is None or (course[0].changed_at is not None and course[0].changed_at >= began):
            dues.add(State.RUNNING, "it was there before the first look, but moved after it", must=False)
        return
    if not is_new and course[0].state in _AFTER_RUNNING:
        return
    if not before:
        dues.add(State.RUNNING, "shown only after something that comes later", must=False)
    elif overtaken_at is not None and overtaken_at - before[0].at < tolerance:
        dues.add(State.RUNNING, f"shown at {before[0].at:%H:%M:%S}, but overtaken soon after", must=False)
    else:
        dues.add(State.RUNNING, f"shown at {before[0].at:%H:%M:%S}", must=True)


def _outcomes(
    dues: _Dues, course: Sequence[Showing], began: datetime | None, tolerance: timedelta, *, is_new: bool
) -> None:
    shown = list(_changes(showing for showing in course if showing.state in _OUTCOMES))
    if not shown:
        return
    certain = is_new or course[0].state not in _OUTCOMES
    if not certain:
        ended_at = course[0].changed_at
        if began is None or ended_at is None or ended_at < began:
            shown = shown[1:]  # it had ended before the first look: at most a correction is news
        else:
            # T0 is in whole seconds: within that second nobody can say which came first.
            certain = ended_at >= began + timedelta(seconds=1)
    for number, showing in enumerate(shown):
        following = shown[number + 1] if number + 1 < len(shown) else None
        lasted = following is None or following.at - showing.at >= tolerance
        corrects = number == 0 or (shown[number - 1].state, showing.state) == (State.SUCCEEDED, State.PARTIAL)
        dues.add(showing.state, f"shown at {showing.at:%H:%M:%S}", must=certain and lasted and corrects)


def _gone(dues: _Dues, course: Sequence[Showing], tolerance: timedelta) -> None:
    changes = list(_changes(course))
    for number, showing in enumerate(changes):
        if showing.state is not State.GONE or number == 0 or changes[number - 1].state in _OUTCOMES:
            continue
        back = changes[number + 1] if number + 1 < len(changes) else None
        lasted = back is None or back.at - showing.at >= tolerance
        dues.add(State.GONE, f"not found at {showing.at:%H:%M:%S}", must=lasted)


def _changes(course: Iterable[Showing]) -> Iterator[Showing]:
    """The first of each run of equal states."""
    state: State | None = None
    for showing in course:
        if showing.state is not state:
            yield showing
        state = showing.state


def _lost(channel: str, received: Sequence[Told], due: Iterable[Due]) -> Iterator[Finding]:
    told = {(item.job, item.state) for item in received if item.state is not None}
    # An id whose state nobody knows may have told any one of its job's changes.
    unclear = Counter(job for job, _ in {(item.job, item.id) for item in received if item.state is None})
    for item in due:
        if (item.job, item.state) in told:
            continue
        if unclear[item.job] > 0:
            unclear[item.job] -= 1
            continue
        yield Finding(channel, item.job, item.state, f"due ({item.reason}), but never received")


def _repeats(
    channel: str, received: Sequence[Told], crashes: Sequence[datetime]
) -> Iterator[tuple[Finding, bool]]:
    """What was received more than once, and whether crashes explain that."""
    by_id: dict[str, list[Told]] = {}
    for item in received:
        by_id.setdefault(item.id, []).append(item)
    for change_id, tellings in by_id.items():
        if len(tellings) > 1:
            item = tellings[-1]
            reason = f"received {len(tellings)} times as {change_id}"
            yield Finding(channel, item.job, item.state, reason), _explained(tellings, crashes)


def _explained(tellings: Sequence[Told], crashes: Sequence[datetime]) -> bool:
    """Whether something died between each telling and the next: so no more often than once, and once a crash."""
    times = sorted(item.at for item in tellings if item.at is not None)
    if len(times) < len(tellings):
        return False
    return all(any(before < crash < after for crash in crashes) for before, after in pairwise(times))


def _unexpected(
    channel: str, received: Sequence[Told], allowed: set[tuple[str, State]], courses: Mapping[str, object]
) -> Iterator[Finding]:
    taken: dict[tuple[str, State], str] = {}
    for item in {item.id: item for item in received}.values():
        if item.job not in courses:
            yield Finding(channel, item.job, item.state, f"{item.id}: no answer ever showed this job")
        elif item.state is None:
            if not any(job == item.job for job, _ in allowed):
                yield Finding(channel, item.job, None, f"{item.id}: nothing of this job was to be told")
        elif (item.job, item.state) not in allowed:
            yield Finding(channel, item.job, item.state, f"{item.id}: told, but not due")
        elif (item.job, item.state) in taken:
            first = taken[item.job, item.state]
            yield Finding(channel, item.job, item.state, f"{item.id}: told again, after {first}")
        else:
            taken[item.job, item.state] = item.id
