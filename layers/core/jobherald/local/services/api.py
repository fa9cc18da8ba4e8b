"""What a simulated service is made of, so that the next one is an operation table and a script of its jobs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

from jobherald.local.services.faults import Fault
from jobherald.local.services.jobs import ScriptedJob
from jobherald.model import State


class ApiError(Exception):
    """A refusal, as the service words it. ``gone`` is the job that a look did not find though it once existed.

    ``retry_after`` is in seconds, None where the refusal does not say. ``body`` is sent in its place, where it has one.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        gone: ScriptedJob | None = None,
        retry_after: float | None = None,
        body: bytes | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.gone = gone
        self.retry_after = retry_after
        self.body = body


@dataclass(frozen=True, slots=True)
class Shown:
    """One job in an answer: its true row, which the model must allow, and the row as faults alter it."""

    job: ScriptedJob
    row: Mapping[str, Any]
    shown: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One request that has been understood. ``fault`` is the trouble it is to meet, if any."""

    operation: str
    account: str
    region: str
    parameters: Mapping[str, Any]
    now: datetime
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What an operation answers: the jobs it shows, and how their rows become the answer.

    ``gone`` are those that it was asked for and does not know, though they once existed.
    """

    jobs: Sequence[Shown] = ()
    wrap: Callable[[list[Mapping[str, Any]]], dict[str, Any]] = lambda _rows: {}
    is_list: bool = False
    gone: Sequence[ScriptedJob] = ()


@dataclass(slots=True)
class World:
    """All jobs of one source, by account and region, and there by their keys."""

    jobs: dict[tuple[str, str], dict[str, ScriptedJob]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def put(self, job: ScriptedJob) -> None:
        """Add a job, or replace the one with its key."""
        with self.lock:
            self.jobs.setdefault((job.account, job.region), {})[job.key.text] = job

    def find(self, job_id: str) -> ScriptedJob | None:
        """The job with this id, the latest where it was used again."""
        with self.lock:
            found = [job for place in self.jobs.values() for job in place.values() if job.id == job_id]
        return max(found, key=lambda job: job.created_at, default=None)

    def of(self, call: Call) -> list[ScriptedJob]:
        """Every job that was ever put into the call's account and region."""
        with self.lock:
            return list(self.jobs.get((call.account, call.region), {}).values())


class Tokens(Protocol):
    """What is common to page tokens: ``life`` is how long one is good, in seconds."""

    life: float

    def expire(self) -> None:
        """Every token that is out is no longer good."""
        ...


class JobApi(Protocol):
    """One simulated service.

    ``service`` is botocore's name, ``target`` what its operations are named below (the first part of X-Amz-Target), empty
    where they are methods and paths. ``invalid`` is the code for a request that breaks the model, ``row_shape`` the model's
    name for a row of its list, ``parent_member`` the request's member that says below what is asked, empty if there is none.
    """

    source: ClassVar[str]
    service: ClassVar[str]
    target: ClassVar[str]
    invalid: ClassVar[str]
    row_shape: ClassVar[str]
    name_member: ClassVar[str]
    parent_member: ClassVar[str]
    world: World

    @property
    def pager(self) -> Tokens:
        """What cuts its lists."""
        ...

    @property
    def operations(self) -> Mapping[str, Callable[[Call], Reply]]:
        """What it can do, by operation name."""
        ...

    def state_of(self, row: Mapping[str, Any]) -> tuple[str, State]:
        """The status that a row shows, and the state that it means."""
        ...

    def times_of(self, row: Mapping[str, Any]) -> datetime | None:
        """The latest time at which the service says that something happened."""
        ...
