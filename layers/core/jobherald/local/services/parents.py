"""What some lists are asked below, such as the queue of a job: there from some moment on."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from jobherald.local.services.api import Call
from jobherald.model import Place

LONG_AGO: Final = datetime(2024, 2, 29, 8, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Parent:
    """One of an account and region, by the service's own name; ``source`` is the kind of job that is listed below it."""

    source: str
    account: str
    region: str
    name: str
    created_at: datetime = LONG_AGO

    @property
    def place(self) -> Place:
        """What a list below it covers."""
        return Place(self.source, self.account, self.region, self.name)


@dataclass(slots=True)
class Parents:
    """All of one source. Thread safe."""

    _known: list[Parent] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, parent: Parent) -> None:
        """Let there be another one."""
        with self._lock:
            self._known.append(parent)

    def of(self, call: Call) -> list[str]:
        """The names of those that there are at the call's time, in its account and region, in order."""
        with self._lock:
            known = list(self._known)
        mine = (one for one in known if (one.account, one.region) == (call.account, call.region))
        return sorted(one.name for one in mine if one.created_at <= call.now)
