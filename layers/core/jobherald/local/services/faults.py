"""Trouble as a script: what a service is told to do wrong, to which calls, and how often."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What happens to a call."""

    REFUSE = "refuse"
    HANG = "hang"
    DELAY = "delay"
    LOOP = "loop"
    EMPTY = "empty"


@dataclass(eq=False, slots=True)
class Fault:
    """One kind of trouble for the calls that match; an empty word matches any. ``calls`` is how many are left.

    ``calls`` None lasts until ``Faults.end``. ``skip`` lets that many matching calls pass before it begins. ``parent`` is
    what a list is asked below, where it is. ``body`` is sent in the place of the error, ``retry_after`` (seconds) with it.
    """

    kind: Kind
    calls: int | None = 1
    skip: int = 0
    service: str = ""
    operation: str = ""
    region: str = ""
    account: str = ""
    parent: str = ""
    status: int = 400
    code: str = ""
    message: str = ""
    body: bytes | None = None
    retry_after: float | None = None
    seconds: float = 0.0
    hits: int = 0

    def matches(self, service: str, operation: str, region: str, account: str, parent: str) -> bool:
        wanted = (
            (self.service, service),
            (self.operation, operation),
            (self.region, region),
            (self.account, account),
            (self.parent, parent),
        )
        return self.calls != 0 and all(mine in ("", theirs) for mine, theirs in wanted)

    @property
    def delay(self) -> float:
        """For how many seconds the answer is held back."""
        return self.seconds if self.kind is Kind.DELAY else 0.0


@dataclass(frozen=True, slots=True)
class Alteration:
    """How the rows of one job differ from what the model allows: members laid over it, members left out."""

    members: Mapping[str, Any] = field(default_factory=dict)
    omit: frozenset[str] = frozenset()

    def apply(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: value for name, value in {**row, **self.members}.items() if name not in self.omit}


class Faults:
    """The trouble that is on, first come first served. Thread safe."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._alterations: dict[str, Alteration] = {}
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Put a fault on. Returns it, for ``end``."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def end(self, fault: Fault) -> None:
        """Take a fault off."""
        with self._lock:
            fault.calls = 0

    def clear(self) -> None:
        """Take everything off."""
        with self._lock:
            self._faults.clear()
            self._alterations.clear()

    def take(
        self, service: str, operation: str, region: str, *, account: str = "", parent: str = ""
    ) -> Fault | None:
        """The fault that this call meets, used up by one."""
        with self._lock:
            for fault in self._faults:
                if not fault.matches(service, operation, region, account, parent):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.calls = None if fault.calls is None else fault.calls - 1
                fault.hits += 1
                return fault
        return None

    def throttle(self, calls: int | None = 1, **match: Any) -> Fault:
        """Answer ThrottlingException.

        ``match`` are ``service``, ``operation``, ``region``, ``account``, ``parent`` and ``skip``, as of every fault.
        """
        return self.add(
            Fault(Kind.REFUSE, calls, code="ThrottlingException", message="Rate exceeded", **match),
        )

    def deny(self, region: str, calls: int | None = None, **match: Any) -> Fault:
        """Answer AccessDeniedException in one region."""
        return self.add(Fault(Kind.REFUSE, calls, region=region, code="AccessDeniedException", **match))

    def switch_off(self, region: str, calls: int | None = None, **match: Any) -> Fault:
        """Answer as a region does that the account has not opted in to."""
        text = "The security token included in the request is invalid."
        return self.add(
            Fault(
                Kind.REFUSE, calls, region=region, code="UnrecognizedClientException", message=text, **match
            )
        )

    def fail(
        self, calls: int | None = 1, *, status: int = 500, code: str = "InternalFailure", **match: Any
    ) -> Fault:
        """Answer a server error."""
        return self.add(Fault(Kind.REFUSE, calls, status=status, code=code, **match))

    def hang(self, calls: int | None = 1, *, seconds: float = 30.0, **match: Any) -> Fault:
        """Answer nothing for some seconds, then cut the connection."""
        return self.add(Fault(Kind.HANG, calls, seconds=seconds, **match))

    def drop(self, calls: int | None = 1, **match: Any) -> Fault:
        """Cut the connection at once."""
        return self.hang(calls, seconds=0.0, **match)

    def delay(self, calls: int | None = 1, *, seconds: float, **match: Any) -> Fault:
        """Answer as ever, but some seconds later."""
        return self.add(Fault(Kind.DELAY, calls, seconds=seconds, **match))

    def loop_tokens(self, calls: int | None = None, **match: Any) -> Fault:
        """Every list answer names the token that led to it (the first one: that leads to it) as the next."""
        return self.add(Fault(Kind.LOOP, calls, **match))

    def empty_pages(self, calls: int | None = 1, **match: Any) -> Fault:
        """A list answer has no rows, and a token for the page that it should have been."""
        return self.add(Fault(Kind.EMPTY, calls, **match))

    def alter(
        self, job_id: str, members: Mapping[str, Any] | None = None, *, omit: Iterable[str] = ()
    ) -> None:
        """Show a job as its model does not know it: an unknown status word, a new member, one that is missing."""
        with self._lock:
            self._alterations[job_id] = Alteration(dict(members or {}), frozenset(omit))

    def heal(self, job_id: str) -> None:
        """Show a job as it is again."""
        with self._lock:
            self._alterations.pop(job_id, None)

    def shown(self, job_id: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The row as it is to be shown."""
        with self._lock:
            alteration = self._alterations.get(job_id)
        return alteration.apply(row) if alteration else row
