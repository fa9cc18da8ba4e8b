"""A source as a frozen value: everything that is particular to one kind of job, as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from jobherald.model import State

# What an entry is made of are named tuples: a dataclass costs a cold start four times as much.
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

LOOKED_BY: Final = ("id", "name", "parent", "above", "top", "account")
"""What a request for one job can be made of: the job's id and name, its parent, the one above that, the one at the top of
three levels, the account."""


class Look(NamedTuple):
    """How one job is read by itself.

    ``operation`` is written as that of the source is, with ``{id}`` in a path; ``client`` is botocore's name of its
    service where that is not the source's. ``parameters`` maps request members to one of ``LOOKED_BY``, or to lists and
    tables in which such a word stands in braces; ``name_from_id`` is a regular expression whose first group is the name
    within an id. ``constants`` are request members that are always the same. ``not_found`` lists the error codes that
    mean *no such job*, and a status that an answer without an error has for it; ``members`` maps a member of the list's row to the JMESPath expression at which the look's answer
    has it, ``lacks`` are those that it does not have; ``items`` is where the job lies in the answer (JMESPath), the whole
    answer if empty: an answer in which an element of a list (``jobs[0]``) is not there means *no such job*.

    ``reason_path`` and ``reason_code_path`` find in the look's answer why a job failed, where a row does not say it.
    """

    operation: str
    parameters: Mapping[str, Any]
    not_found: tuple[str, ...]
    not_found_message: str = ""
    name_from_id: str = ""
    members: Mapping[str, str] = _NOTHING
    items: str = ""
    constants: Mapping[str, Any] = _NOTHING
    client: str = ""
    lacks: tuple[str, ...] = ()
    reason_path: str = ""
    reason_code_path: str = ""


class Event(NamedTuple):
    """An EventBridge event that hints at one job: what it matches, and where (JMESPath) it names the job.

    ``parent`` is where it names what the job is listed below.
    """

    detail_type: str
    event_source: str
    match: Mapping[str, tuple[str, ...]]
    id: str = ""
    name: str = ""
    parent: str = ""


class Counters(NamedTuple):
    """Where a row counts its work (JMESPath to integers), and what it counts.

    ``done`` and ``failed`` and ``remaining`` add up to the total unless ``total`` is given. ``percent`` is the service's
    own figure (0 to 100), which goes before what the counts make.
    """

    done: str = ""
    failed: str = ""
    remaining: str = ""
    total: str = ""
    percent: str = ""
    also: Mapping[str, str] = _NOTHING
    noun: str = "done"


class Parents(NamedTuple):
    """What a source's list has to be asked below, and how those are listed. Paths are JMESPath over a row.

    ``title`` is what people call one. ``running_path`` finds the ids of what runs below one, where the service says so;
    ``differs`` whatever it is whose change tells that something happened below. ``not_found`` are the error codes of the
    list below that mean *no such parent*. The token's and the page size's members are as in ``Source``.

    ``client`` is botocore's name of their service where that is not the source's. Only rows for which ``where`` (JMESPath)
    is true can be looked below. ``above`` is what the parents themselves have to be asked below, two levels at most:
    the id of a parent is then that of the one above, a slash, and its own.
    """

    title: str
    operation: str
    items: str
    id_path: str
    name_path: str = ""
    running_path: str = ""
    differs: str = ""
    not_found: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = _NOTHING
    token_input: str = ""
    token_output: str = ""
    token_counts: str = ""
    page_size_parameter: str = ""
    page_size: int = 0
    client: str = ""
    where: str = ""
    above: Parents | None = None


class Batch(NamedTuple):
    """The operation that reads the rows of a list that gives nothing but ids.

    ``parameter`` is the member that takes up to ``size`` of them, ``items`` (JMESPath) where the answer has the rows.
    """

    operation: str
    parameter: str
    size: int
    items: str
    parameters: Mapping[str, Any]


class Steps(NamedTuple):
    """Where a row tells what its job did one after the other, step below step. Paths are JMESPath over one step.

    ``items`` finds the outermost steps in the row, ``below`` the steps of a step; ``failed`` are the words of a status
    that failed.
    """

    items: str
    name: str
    status: str
    failed: tuple[str, ...]
    below: str = ""
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of the catalogue. Paths are JMESPath, times of the entry are in seconds.

    ``operation`` is the name of an operation that botocore knows; elsewhere it is a method and a path, in which
    ``{project_id}`` stands for the place's account and ``{parent}`` for its parent, and whose parameters, token and page
    size go into the query of a GET and the body of a POST. Where botocore knows it, a text of the parameters that is
    ``{account}``, ``{parent}``, ``{above}`` or ``{top}`` stands for that of the place. ``token_counts`` says what an
    offset counts where the API has one in the place of a token, and the answer no ``token_output``: ``pages``, ``rows``,
    or ``either`` where its documentation contradicts itself. ``variants`` are the parameters of further lists that it
    takes, besides the first, to see every job. ``row`` names the members that a row of the list can have, where no model
    does.

    ``created_doubt`` is by how much the creation time may be off. ``shorten`` are the paths of lists that are kept as a
    count and a beginning, ``mask`` those of tables whose values nobody may see: dots lead into members, ``[]`` through
    lists. ``steps`` is where a row tells the job's story.
    ``status_words`` say what a status that is a number means. ``actions`` are the permissions it takes, where they do not
    follow from the operations; ``notes`` are further sentences for the reference.

    ``filters`` maps the words of ``ports.Query`` to request members (dotted where nested), ``filter_forms`` some of them to
    what is put there: a text, list or table in which ``{value}``, ``{iso}``, ``{epoch}`` or ``{epoch_ms}`` stands for what
    is asked for. ``always`` are the times that are sent even where nothing is asked for, since the list would else show
    only some of the jobs. ``batch`` reads the rows where ``items`` finds nothing but ids. ``times`` says what the times of
    a row are that botocore does not know as such: ``epoch``, ``epoch_ms`` or ``text``. ``states`` maps every
    status of the service to a state; ``fading`` are those that follow an outcome and never replace it; ``ignored``
    are members of the enum that are no status at all. ``output_path`` finds where the result lies, as one text.
    ``resources`` maps permissions that can be given for some resources alone to an ARN, with ``{partition}`` and
    ``{account}`` in it. ``lister`` (``module:Class``) is the one escape hatch.
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
    token_counts: str = ""
    page_size_parameter: str = ""
    page_size: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    variants: tuple[Mapping[str, Any], ...] = ()
    parent: Parents | None = None
    row: tuple[str, ...] = ()
    created_doubt: float = 0.0
    shorten: tuple[str, ...] = ()
    mask: tuple[str, ...] = ()
    steps: Steps | None = None
    status_words: Mapping[str, str] = field(default_factory=dict)
    actions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
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
    filter_forms: Mapping[str, Any] = field(default_factory=dict)
    always: frozenset[str] = frozenset()
    batch: Batch | None = None
    times: str = ""
    resources: Mapping[str, str] = field(default_factory=dict)

    @property
    def can_be_partial(self) -> bool:
        """Whether its counters can say that a job which succeeded left something behind."""
        return self.counters is not None and bool(self.counters.failed or self.counters.remaining)


def levels(source: Source) -> Iterator[Parents]:
    """What a list is asked below, the nearest first."""
    level = source.parent
    while level is not None:
        yield level
        level = level.above
