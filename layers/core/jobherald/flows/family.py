"""Polling a place whose list has to be asked below something: learn what there is, look where something may happen."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from jobherald.errors import ConflictError, ListingError
from jobherald.flows.release import release_child
from jobherald.flows.trouble import late_since, recovered, troubled
from jobherald.flows.visit import Means, Visit, visit
from jobherald.model import JobKey
from jobherald.ports import Parent
from jobherald.watch import Child, PlaceRecord, Resume

MOST_PARENTS: Final = 1000
"""More than this are not looked below: a watch has to name those that it wants."""

MOST_REMEMBERED: Final = 10
"""Ids that are remembered of what runs below one: where more run all is listed every time, and a thousand fit into an item."""

# Refusals that are about one parent. Any other meets the rest as well, but for the first fault of a poll, which may be
# that of one parent alone.
_OF_ONE: Final = frozenset({"absent", "denied"})
_FAULT: Final = "failed"
_FAULTS: Final = frozenset({_FAULT, "off"})
_ABSENT: Final = "absent"
_ROUND: Final = "children"


@dataclass
class Family:
    """One poll over what lies below a place. ``head`` is the place's own record and is kept up to date.

    Which parents there are is learned with every poll, from one list, or from the watches that name them. A parent is
    looked below when it is new, when its row differs from what it was at the last whole look, when something runs there
    that we hold open or the service names, and once in a while in any case. Where one poll is too short for all that are
    due the next ones go on, each parent having one turn in such a round. ``stopped`` says that what was refused last ended
    the poll.
    """

    head: PlaceRecord
    means: Means
    children: dict[str, Child] = field(init=False)
    found: dict[str, Parent] = field(init=False)
    date: datetime | None = field(init=False, default=None)
    seen: set[JobKey] = field(init=False, default_factory=set)
    unknown_statuses: set[str] = field(init=False, default_factory=set)
    shown: int = field(init=False, default=0)
    changes: int = field(init=False, default=0)
    writes: int = field(init=False, default=0)
    errors: list[ListingError] = field(init=False, default_factory=list)
    baseline_done: bool = field(init=False, default=False)
    stopped: bool = field(init=False, default=False)

    def run(self) -> bool:
        """Look where it is due. Returns whether nothing is left for the next poll; ``errors`` says what was refused."""
        store, place = self.means.store, self.head.place
        stored = store.children(place)
        self.children = dict(stored)
        if self.head.baseline_at is None:
            # Other rules: what was looked at under the former ones has its first look again, however quiet it is.
            self.children = {child_id: replace(child, unfinished=True) for child_id, child in stored.items()}
        round_so_far, done = self.head.sweep_resume, False
        try:
            self.found = self._parents()
            done = self._look_below()
        except ListingError as error:
            self.errors.append(error)
            self.stopped = True
        finally:
            if self.children != stored:
                store.save_children(place, self.children)
        if done:
            done = self._end_round(round_so_far.started_at if round_so_far else self.date)
        self._remember_the_refused()
        return done and not self.errors

    @property
    def open(self) -> int:
        """How many jobs we hold open below."""
        return sum(child.jobs_open for child in self.children.values())

    # Which parents there are

    def _parents(self) -> dict[str, Parent]:
        """What there is to look below. Raises ListingError."""
        if named := self.head.scope.named_parents:
            return {parent_id: Parent(parent_id) for parent_id in sorted(named)}
        found: dict[str, Parent] = {}
        token, tokens = "", {""}
        budget = self.means.budget
        # Half of the time is left to look below them: else nothing ever were, and nobody would know.
        latest = budget.deadline.remaining() / 2
        for _ in range(self.means.limits.parents):
            if not budget.may_call() or budget.deadline.remaining() < latest:
                break
            budget.call()
            page = self.means.lister.parents(self.head.place, token)
            if page.date is not None:
                self._begin(page.date)
            if page.refused is not None:
                if not self._is_of_one(page.refused):
                    raise page.refused
                self.errors.append(page.refused)
            found |= {parent.id: parent for parent in page.parents}
            if len(found) > MOST_PARENTS:
                raise ListingError(
                    f"{self._name} has more than {MOST_PARENTS:,} {self._title}s. Name those to look below"
                    " with `parents` in the watch.",
                    kind="absent",
                )
            if not page.token:
                return found
            if page.token in tokens:
                raise ListingError(
                    f"The list of the {self._title}s of {self._name} does not end: the service gave the same page token"
                    " twice. Name those to look below with `parents` in the watch.",
                    kind="failed",
                )
            token = page.token
            tokens.add(token)
        raise ListingError(
            f"One poll is too short to list the {self._title}s of {self._name}. Name those to look below with `parents` in"
            " the watch.",
            kind="failed",
        )

    @property
    def _title(self) -> str:
        return self.means.abilities.parents

    @property
    def _name(self) -> str:
        return self.head.place.key

    # Which of them to look below

    def _look_below(self) -> bool:
        """Look below those that are due, in the order of their ids. Returns whether the round is over. Raises ListingError.

        The next poll begins where this one ended, and those before that wait for the next round: they can be busy for
        days, and no round would ever end.
        """
        self._let_go_of_unwanted()
        due = self._due()
        resume = self.head.sweep_resume
        begin, began_at = (resume.token, resume.started_at) if resume else ("", self.date)
        for child_id in sorted(each for each in due if each >= begin):
            awaited = due[child_id]
            going_on = Resume(_ROUND, child_id, began_at or self.means.clock.now())
            self.head = replace(self.head, sweep_resume=going_on)
            budget = self.means.budget
            if budget.pages <= 0 or not budget.may_call():
                return False
            record = self._record(child_id)
            paused = record.paused_until
            if paused is not None and self.means.clock.now() < paused:
                # It stays in trouble until its turn comes, and so does the head.
                self.errors.append(ListingError(record.trouble, kind="paused"))
                continue
            self._visit(record, awaited)
        return True

    def _due(self) -> dict[str, frozenset[str] | None]:
        """The parents to look below, each with what alone is awaited there (None: look at everything)."""
        due: dict[str, frozenset[str] | None] = {
            child_id: None for child_id in self.children if child_id not in self.found
        }
        now = self.means.clock.now()
        for child_id, parent in self.found.items():
            child = self.children.get(child_id)
            is_new = child is None or child.looked_at is None or child.unfinished
            if child is None or is_new or _differs(child, parent) or self._turn_has_come(child, parent, now):
                due[child_id] = None
            elif child.jobs_open or parent.running:
                due[child_id] = parent.running
        return due

    def _turn_has_come(self, child: Child, parent: Parent, now: datetime) -> bool:
        """Whether a parent where nothing seems to happen is looked below all the same.

        Each has its own moment in the round, so that they do not all come at once. Of one that says nothing about
        itself anything may be true: its round is the place's interval.
        """
        tells = parent.running is not None or parent.mark
        length = self.means.limits.round_every if tells else float(self.head.scope.every)
        phase = zlib.crc32(child.id.encode()) % length
        looked = child.looked_at or now
        return (now.timestamp() - phase) // length > (looked.timestamp() - phase) // length

    def _remember_the_refused(self) -> None:
        """Where a round takes several polls the one that is refused is not met by each, and the head is still in trouble."""
        if self.errors or not self.head.trouble:
            return
        below = self.means.store.places(
            replace(self.head.place, parent=child_id) for child_id in self.children
        )
        self.errors += [ListingError(each.trouble, kind="paused") for each in below.values() if each.trouble]

    # Looking below one of them

    def _record(self, child_id: str) -> PlaceRecord:
        """The record of a child, under the scope that the head has for it."""
        head, place = self.head, replace(self.head.place, parent=child_id)
        scope = head.scope.below(child_id)
        record = self.means.store.place(place)
        if record is not None:
            # Other rules may be the remedy for what it was paused for.
            return record if record.scope == scope else replace(record.rescoped(scope), paused_until=None)
        # What was created below it since the head began to tell is news, and all that came of what was not there at a
        # complete look; so is what the rules before the present ones would have told.
        since, former = head.tells_since, head.former.below(child_id) if head.former else None
        told_before = former is not None and bool(former.rules)
        return PlaceRecord(
            place,
            scope,
            watched_since=self.means.clock.now(),
            baseline_at=since,
            news_at=since,
            settled_at=since if head.settled_at else None,
            former=former if told_before else None,
            former_since=head.former_since if told_before else None,
        )

    def _visit(self, record: PlaceRecord, awaited: frozenset[str] | None) -> None:
        """Look below one parent and keep what that came to. Raises ListingError where it meets the others too."""
        child_id = record.place.parent
        named = child_id in self.head.scope.named_parents
        listed = child_id in self.found and not named
        blind_after = self.means.limits.blind_after
        late = late_since(record, self.means.clock.now(), blind_after) or self.head.late_since
        record = replace(record, late_since=late)
        done = visit(record, self.means, awaited=awaited, may_be_gone=not (named or listed))
        self._take(done)
        now = self.means.clock.now()
        kept, error = done.record, done.error
        if error is not None and error.kind == _ABSENT and listed:
            # Its own list has just shown it. If it was deleted since, the next list does not; if not, something else is
            # wrong that the service has no other code for.
            error = ListingError(str(error), kind=_FAULT, code=error.code)
        of_one = error is not None and self._is_of_one(error)
        if done.of_jobs:
            # Its list was shown all the same, and is again by the next poll.
            self.errors += done.of_jobs
            kept = replace(troubled(kept, done.of_jobs[0], now, blind_after)[0], paused_until=None)
        elif error is None:
            kept, _ = recovered(kept, now)
        elif of_one:
            # The head says so for all of them.
            kept, _ = troubled(kept, error, now, blind_after)
        kept = replace(
            kept,
            revision=kept.revision + 1,
            polled_at=now,
            looked_at=now if done.complete else kept.looked_at,
            late_since=None if done.complete else late,
            jobs_open=done.open,
        )
        try:
            self.means.store.save_place(kept)
        except ConflictError:
            # Whoever was faster keeps his; ours is listed again, to no effect.
            done = done._replace(complete=False)
        self._remember(child_id, done, now, whole=awaited is None, refused=of_one)
        if error is not None:
            if not of_one:
                raise error
            self.errors.append(error)

    def _is_of_one(self, error: ListingError) -> bool:
        """Whether a refusal is about the one parent that was looked below, so that the others are looked below too."""
        if error.kind in _FAULTS:
            return all(before.kind not in _FAULTS for before in self.errors)
        return error.kind in _OF_ONE

    def _take(self, done: Visit) -> None:
        absorber = done.absorber
        self.seen |= absorber.seen
        self.unknown_statuses |= absorber.unknown_statuses
        self.shown += done.shown
        self.changes += absorber.changes
        self.writes += absorber.writes
        if done.record.news_at is not None:
            self._begin(done.record.news_at)

    def _remember(self, child_id: str, done: Visit, now: datetime, *, whole: bool, refused: bool) -> None:
        before, parent = self.children.get(child_id), self.found.get(child_id)
        left = done.open
        if parent is None:
            # One that is gone and holds nothing open is not asked for ever, whatever it answers.
            if (done.complete or refused) and not left:
                self.children.pop(child_id, None)
            elif before is not None:
                self.children[child_id] = replace(before, jobs_open=left, unfinished=not done.complete)
            return
        if not (done.complete and whole):
            child = before or Child(child_id)
            self.children[child_id] = replace(
                child, jobs_open=left, unfinished=child.unfinished or not done.complete
            )
            return
        running = frozenset(sorted(parent.running or ())[:MOST_REMEMBERED])
        self.children[child_id] = Child(child_id, running, parent.mark, now, left, done.record.goes_on)

    # The place as a whole

    def _begin(self, date: datetime) -> None:
        self.date = self.date or date
        if self.head.baseline_at is None:
            self.head = replace(self.head, baseline_at=date, news_at=date)

    def _settle(self, date: datetime) -> None:
        """Whatever is found below something new from now on is news, if it was created after this."""
        settled, known = date - timedelta(seconds=self.means.abilities.overlap), self.head.settled_at
        if known is None:
            self.baseline_done = True
            places = [replace(self.head.place, parent=child_id) for child_id in self.children]
            looked = self.means.store.places(places).values()
            self.head = replace(
                self.head,
                jobs_seen=sum(record.jobs_seen for record in looked),
                former=None,
                former_since=None,
            )
        self.head = replace(
            self.head, news_at=date, swept_at=date, settled_at=max(settled, known) if known else settled
        )

    def _end_round(self, began_at: datetime | None) -> bool:
        """Each that was due had its turn since ``began_at``. Returns whether all of them were seen to their end.

        A list that did not fit into what was left of a poll goes on in the next round, which is due at once.
        """
        unfinished = [
            replace(self.head.place, parent=child_id)
            for child_id, child in self.children.items()
            if child.unfinished
        ]
        records = self.means.store.places(unfinished).values() if unfinished else ()
        # One that is refused is in trouble by itself, and makes no others wait.
        if any(not record.trouble for record in records):
            self.head = replace(
                self.head, sweep_resume=Resume(_ROUND, "", self.date or self.means.clock.now())
            )
            return False
        self.head = replace(self.head, sweep_resume=None)
        if began_at is not None:
            self._settle(began_at)
        return True

    def _let_go_of_unwanted(self) -> None:
        head = self.head
        for child_id in [each for each in self.children if not head.scope.below(each).rules]:
            if not release_child(replace(head.place, parent=child_id), head.scope.every, self.means):
                return
            del self.children[child_id]


def _differs(child: Child, parent: Parent) -> bool:
    return parent.mark != child.mark or (parent.running is not None and parent.running != child.running)
