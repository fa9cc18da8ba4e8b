"""Jobs of many sources as one list, page by page, within a fixed number of reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from jobherald.api import forms, tokens
from jobherald.api.question import Question
from jobherald.model import Job, JobKey, State
from jobherald.ports import JobStore, Listed

READS: Final = 1000
"""How many jobs are read for one answer, at most."""

_BATCH: Final = 100
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_RANKS: Final[Mapping[State, int]] = {state: rank for rank, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: its jobs, where the next one goes on, and whether there are jobs that were not sorted."""

    jobs: tuple[Job, ...]
    position: Mapping[str, Any] | None = None
    truncated: bool = False


def answer(question: Question, store: JobStore) -> dict[str, Any]:
    """A page as the API tells it. Raises RefusedError for a token that is no good."""
    key = store.page_key()
    position: Mapping[str, Any] = {}
    if question.query.token is not None:
        position = tokens.read(key, question.identity(), question.query.token)
    page = read(question, store, position)
    further = page.position is not None
    return {
        "jobs": [entry(job) for job in page.jobs],
        "next_token": tokens.make(key, question.identity(), page.position or {}) if further else None,
        "truncated": page.truncated,
    }


def entry(job: Job) -> dict[str, Any]:
    """One job of a list. ``id`` is what the path of its story takes."""
    return {"id": job.key.text, **forms.job(job)}


def read(question: Question, store: JobStore, position: Mapping[str, Any]) -> Page:
    """One page of the jobs that are meant, from this position on; an empty one is the beginning."""
    if question.by == "created":
        return _by_creation(question, store, position)
    return _sorted(question, store, position)


def _by_creation(question: Question, store: JobStore, position: Mapping[str, Any]) -> Page:
    walk = _Walk(question, store, position)
    found: list[Job] = []
    while len(found) < question.query.limit and walk.left:
        # Where every job is meant there is no need to read more of them than are asked for.
        wanted = _BATCH if question.narrowed else question.query.limit - len(found)
        rows = walk.next(min(wanted, _BATCH))
        if not rows:
            break
        jobs = _read(question, store, rows)
        for row in rows:
            walk.passed(row)
            job = jobs.get(row.key)
            if job is not None and question.means(job):
                found.append(job)
                if len(found) == question.query.limit:
                    break
    return Page(tuple(found), walk.position() if walk.further() else None)


def _sorted(question: Question, store: JobStore, position: Mapping[str, Any]) -> Page:
    """Where no index has the order, the newest jobs are read anew for each page, and sorted."""
    walk = _Walk(question, store, {"at": position["top"]} if position else {}, newest_first=True)
    top, meant = position.get("top"), []
    while walk.left and (rows := walk.next(_BATCH)):
        top = _to_number(rows[0].at) if top is None else top
        jobs = _read(question, store, rows)
        meant += [jobs[row.key] for row in rows if row.key in jobs and question.means(jobs[row.key])]
        for row in rows:
            walk.passed(row)
    ranked = sorted(((_rank(question, job), job) for job in meant), key=lambda pair: pair[0])
    if question.descending:
        ranked.reverse()
    if position:
        last = (position["last"][0], position["last"][1])
        ranked = [pair for pair in ranked if (pair[0] < last if question.descending else pair[0] > last)]
    page = ranked[: question.query.limit]
    more = len(ranked) > len(page)
    return Page(
        tuple(job for _, job in page),
        {"top": top, "last": list(page[-1][0])} if more else None,
        truncated=walk.further(),
    )


def _rank(question: Question, job: Job) -> tuple[str | int, str]:
    by = job.name.casefold() if question.by == "name" else _RANKS[job.state]
    return by, job.key.text


def _read(question: Question, store: JobStore, rows: Sequence[Listed]) -> Mapping[JobKey, Job]:
    wanted = [row.key for row in rows if question.reaches(row.key.place.region)]
    return store.jobs(wanted) if wanted else {}


class _Walk:
    """Through the lists of all sources at once, in the order of creation.

    A position is the moment that was reached, and which of the jobs of that very moment were passed: of each source the
    last. What appears meanwhile on the near side of it is left out, so that no page is out of order.
    """

    def __init__(
        self,
        question: Question,
        store: JobStore,
        position: Mapping[str, Any],
        *,
        newest_first: bool | None = None,
    ) -> None:
        self.left = READS
        self._newest_first = question.descending if newest_first is None else newest_first
        self._reached = _from_number(position["at"]) if position else None
        since, until = question.created_after, question.created_before
        if self._reached and self._newest_first:
            until = min(until or self._reached, self._reached)
        elif self._reached:
            since = max(since or self._reached, self._reached)
        passed = {row.key.place.source: row for row in _passed(position)}
        self._lists = [
            _List(store, source, since, until, self._newest_first, passed.get(source))
            for source in question.sources
        ]

    def next(self, count: int) -> list[Listed]:
        """The next jobs, at most so many and no more than may still be read; they stay next until they are passed."""
        rows = sorted(
            (row for each in self._lists for row in each.ahead(min(count, self.left))),
            key=lambda row: row.at,
            reverse=self._newest_first,
        )
        return rows[: min(count, self.left)]

    def passed(self, row: Listed) -> None:
        """This one, which has to be the next of its source, is done with."""
        self.left -= 1
        self._reached = row.at
        for each in self._lists:
            if each.source == row.key.place.source:
                each.pass_first()

    def further(self) -> bool:
        """Whether there are jobs ahead."""
        return any(each.ahead(1) for each in self._lists)

    def position(self) -> Mapping[str, Any]:
        if self._reached is None:
            return {}
        last = [each.last for each in self._lists if each.last is not None]
        passed = [row.key.text for row in last if row.at == self._reached]
        return {"at": _to_number(self._reached), "passed": passed}


class _List:
    """The list of one source, read ahead as far as is asked for."""

    def __init__(
        self,
        store: JobStore,
        source: str,
        since: datetime | None,
        until: datetime | None,
        newest_first: bool,  # noqa: FBT001  # made in one place
        last: Listed | None,
    ) -> None:
        self.source = source
        self.last = last
        self._store = store
        self._since, self._until = since, until
        self._newest_first = newest_first
        self._rows: list[Listed] = []
        self._ended = False

    def ahead(self, count: int) -> Sequence[Listed]:
        """The next rows, at most so many; fewer only where there are no more."""
        missing = count - len(self._rows)
        if missing > 0 and not self._ended:
            behind = self._rows[-1] if self._rows else self.last
            rows = self._store.listed(
                self.source,
                missing,
                since=self._since,
                until=self._until,
                newest_first=self._newest_first,
                behind=behind,
            )
            self._ended = len(rows) < missing
            self._rows += rows
        return self._rows[:count]

    def pass_first(self) -> None:
        self.last = self._rows.pop(0)


def _passed(position: Mapping[str, Any]) -> Iterator[Listed]:
    for text in position.get("passed", ()):
        yield Listed(JobKey.parse(text), _from_number(position["at"]))


def _to_number(at: datetime) -> int:
    """Microseconds since 1970: exact, which a float is not."""
    return (at - _EPOCH) // _MICROSECOND


def _from_number(number: int) -> datetime:
    return _EPOCH + number * _MICROSECOND
