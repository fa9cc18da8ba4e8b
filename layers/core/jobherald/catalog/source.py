"""A source as a frozen value: everything that is particular to one kind of job, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobherald.model import State


@dataclass(frozen=True, slots=True)
class Look:
    """How one job is read by itself.

    ``parameters`` maps request members to ``id`` or ``name``; ``name_from_id`` is a regular expression whose first
    group is the name within an id; ``not_found`` lists the error codes that mean *no such job*; ``members`` maps a
    member of the list's row to the JMESPath expression at which the look's answer has it; ``items`` is where the job
    lies in the answer (JMESPath), the whole answer if empty.
    """

    operation: str
    parameters: Mapping[str, str]
    not_found: tuple[str, ...]
    not_found_message: str = ""
    name_from_id: str = ""
    members: Mapping[str, str] = field(default_factory=dict)
    items: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """An EventBridge event that hints at one job: what it matches, and where (JMESPath) it names the job."""

    detail_type: str
    event_source: str
    match: Mapping[str, tuple[str, ...]]
    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Counters:
    """Where a row counts its work (JMESPath to integers), and what it counts.

    ``done`` and ``failed`` and ``remaining`` add up to the total unless ``total`` is given; ``percent`` stands in for
    them where the service gives only that.
    """

    done: str = ""
    failed: str = ""
    remaining: str = ""
    total: str = ""
    percent: str = ""
    also: Mapping[str, str] = field(default_factory=dict)
    noun: str = "done"


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of the catalogue. Paths are JMESPath, times of the entry are in seconds.

    ``filters`` maps the words of ``ports.Query`` to request members (dotted where nested). ``states`` maps every
    status of the service to a state; ``fading`` are those that follow an outcome and never replace it; ``ignored``
    are members of the enum that are no status at all. ``output_path`` finds where the result lies, as one text.
    ``lister`` (``module:Class``) is the one escape hatch.
    """

    id: str
    title: str
    client: str
    operation: str
    items: str
    id_path: str
    status_path: str
    states: Mapping[str, State]
    look: Look | None = None
    provider: str = "aws"
    name_path: str = ""
    created_path: str = ""
    modified_path: str = ""
    ended_path: str = ""
    reason_path: str = ""
    reason_code_path: str = ""
    run_path: str = ""
    output_path: str = ""
    reusable_ids: bool = False
    token_input: str = ""
    token_output: str = ""
    page_size_parameter: str = ""
    page_size: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    newest_first: bool = False
    filters: Mapping[str, str] = field(default_factory=dict)
    fading: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    counters: Counters | None = None
    events: tuple[Event, ...] = ()
    console_path: str = ""
    advice: Mapping[State, str] = field(default_factory=dict)
    advice_by_code: Mapping[str, str] = field(default_factory=dict)
    overlap: float = 300.0
    pace: float = 1.0
    lister: str = ""

    @property
    def can_be_partial(self) -> bool:
        """Whether its counters can say that a job which succeeded left something behind."""
        return self.counters is not None and bool(self.counters.failed or self.counters.remaining)
