"""The pages of the documentation that are generated from the catalogue, so that they cannot say anything else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from jobherald.catalog import all_sources
from jobherald.catalog.cost import how, listed, requests, told_by
from jobherald.catalog.selection import services_of
from jobherald.catalog.source import Source, levels
from jobherald.catalog.words import provider_name
from jobherald.checks.granting import actions
from jobherald.checks.members import member_table
from jobherald.config.regions import home, is_global
from jobherald.model import State
from jobherald.providers.details import SHOWN

FOLDER: Final = "docs/sources"
"""Where the pages of the services lie, and nothing else."""

_LINK: Final = re.compile(r"\]\((?![a-z]+:|#)")

_PAGE_HEAD: Final = """\
<!-- Generated from the catalogue and botocore's models by `jobherald docs`; edit the catalogue instead. -->

# {service}

One of the services in the [overview of all sources](../sources.md), which says what is kept of a job.
"""

_HEAD: Final = """\
<!-- Generated from the catalogue and botocore's models by `jobherald docs`; edit the catalogue instead. -->

# Sources

What can be watched. Each source is an entry of `layers/core/jobherald/catalog`; how one is added is in
[adding-a-source.md](adding-a-source.md). `jobherald sources WORD` finds one in a terminal, and
`jobherald template --source ID` grants what it takes. What lists jobs and is no source is in [left-out.md](left-out.md).

How a source is listed is what each poll asks for: *what changed* is one request however many jobs there are; *from the
oldest open job on* and *newest first* are as many as there are jobs since then; *the whole list* is as many as there are
jobs at all. What is listed for each of something is asked for once for each that is due.

Every member that botocore's model of a service knows is kept in a job's details as the service sent it: times as
RFC 3339 text in UTC, bytes as base64, all else as JSON has it. A member that is newer than botocore is dropped by
botocore's parser, and kept from the next botocore on. Of a service that no model describes everything is kept that it
sends, also what its entry does not name.
"""


@cache
def pages() -> dict[str, str]:
    """Every generated page of the sources by its path in the checkout: the overview, and one a service."""
    found = {source.id: source for source in all_sources(own=False)}
    services = services_of(found)
    made = {service: [found[each] for each in ids] for service, ids in services.items()}
    return {
        "docs/sources.md": _overview(made),
        **{f"{FOLDER}/{service}.md": page(service, sources) for service, sources in made.items()},
    }


def page(service: str, sources: Sequence[Source]) -> str:
    """The page of a service: each of its sources with its states, permissions, events, caveats and members."""
    return "\n".join([_PAGE_HEAD.format(service=service), *(_section(source) for source in sources)])


def _overview(services: Mapping[str, Sequence[Source]]) -> str:
    everything = [source for sources in services.values() for source in sources]
    told = sum(told_by(source) == "events" for source in everything)
    counted = (
        f"{len(everything)} sources of {len(services)} services. Of {told} of them events tell at once; what becomes of"
        " the others is seen by the next poll.\n"
    )
    parts = [_HEAD, counted]
    for service, sources in services.items():
        rows = [
            f"| [`{source.id}`](sources/{service}.md#{_anchor(source)}) | {source.title} | {listed(source)} |"
            f" {requests(source)} | {told_by(source)} |"
            for source in sources
        ]
        parts.append(
            "\n".join(
                [
                    f"## [{service}](sources/{service}.md)\n",
                    "| source | what | how it is listed | what a look costs | told by |",
                    "| --- | --- | --- | --- | --- |",
                    *rows,
                    "",
                ]
            )
        )
    return "\n".join(parts)


def _section(source: Source) -> str:
    parts = [
        f"## {source.id}",
        f"{source.title}, listed by `{source.operation}`: {_how(source)}.",
        _asked_in(source),
        _below(source),
        _read_by(source),
        _states(source),
        f"{_permissions(source)}.",
        _notes(source),
        _events(source),
        member_table(source),
        _kept(source),
        _looked(source),
        _codes(source),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _how(source: Source) -> str:
    return f"{how(source)}, {requests(source)}, {source.pace:g} s apart"


def _asked_in(source: Source) -> str:
    """Where a service with one endpoint for all regions is asked; empty for any other one."""
    if source.provider != "aws" or not is_global(source.client):
        return ""
    world, china, gov = (
        home(source.client, region) for region in ("us-east-1", "cn-north-1", "us-gov-west-1")
    )
    events = " Its events are in that region alone." if source.events else ""
    return (
        f"The service has one endpoint for all regions, in `{world}` (in China `{china}`, in GovCloud `{gov}`): it is one"
        f" place there, whatever regions are watched.{events}"
    )


def _below(source: Source) -> str:
    said = []
    for level in levels(source):
        size = f", {level.page_size} a request" if level.page_size else ""
        seen = (
            "those where something runs, is open or has changed, and once an hour below all others"
            if level.running_path or level.differs
            else "each of them every time"
        )
        said.append(
            f"They are listed below one {level.title} at a time. A poll first asks which there are"
            f" (`{level.operation}`{size}), and then looks below {seen}."
            if level is source.parent
            else f"Each {source.parent.title if source.parent else ''} is listed below one {level.title}"
            f" (`{level.operation}`{size})."
        )
    return " ".join(said)


def _read_by(source: Source) -> str:
    if source.batch is None:
        return ""
    return f"The list gives ids only; `{source.batch.operation}` reads {source.batch.size} of them at a time."


def _permissions(source: Source) -> str:
    named = [
        f"`{action}`" + (f" on `{source.resources[action]}`" if action in source.resources else "")
        for action in actions(source)
    ]
    where = (
        "IAM actions"
        if source.provider == "aws"
        else f"Permissions to be granted in {provider_name(source.provider)}"
    )
    return f"{where}: {', '.join(named)}"


def _notes(source: Source) -> str:
    # Notes name pages as seen from docs/, and the pages of services lie one folder below.
    notes = [_LINK.sub("](../", note) for note in source.notes]
    return "\n".join(["Good to know:", "", *(f"* {note}" for note in notes)]) if notes else ""


def _states(source: Source) -> str:
    lines = ["| status of the service | state |", "| --- | --- |"]
    words = source.status_words
    lines += [
        f"| `{status}`{f' ({words[status]})' if status in words else ''} | {state} |"
        for status, state in source.states.items()
    ]
    if source.can_be_partial:
        lines += [
            f"| `{status}` with objects that failed or were left undone | {State.PARTIAL} |"
            for status, state in source.states.items()
            if state is State.SUCCEEDED
        ]
    return "\n".join([*lines, f"| any other | {State.UNKNOWN} |"])


def _events(source: Source) -> str:
    if not source.events:
        return "No events: this source is polled only."
    lines = ["Events that lead to a look at the job at once:", ""]
    for event in source.events:
        matches = "; ".join(
            f"`{name}` {', '.join(f'`{one}`' for one in values)}" for name, values in event.match.items()
        )
        lines.append(f"* `{event.detail_type}` from `{event.event_source}`: {matches or 'all of them'}")
    return "\n".join(lines)


def _kept(source: Source) -> str:
    said = []
    if source.steps:
        said.append(
            f"What a job did step by step is read from `{source.steps.items}`; the step that failed is told with the reason."
        )
    if source.shorten:
        said.append(f"Kept as their number and first {SHOWN}: {_listed(source.shorten)}.")
    if source.mask:
        said.append(f"Kept without their values, which may be secrets: {_listed(source.mask)}.")
    return " ".join(said)


def _listed(trails: Sequence[str]) -> str:
    return ", ".join(f"`{trail}`" for trail in trails)


def _looked(source: Source) -> str:
    if source.look is None:
        return "A job of this source cannot be looked at by itself: one that two complete lists in a row lack is called gone."
    text = f"`{source.look.operation}` reads one job. What it shows besides is kept in the details too."
    if source.look.members:
        moved = ", ".join(f"`{member}` from `{path}`" for member, path in source.look.members.items())
        text += f" Brought to where the list has it: {moved}."
    return text


def _codes(source: Source) -> str:
    if not source.advice_by_code:
        return ""
    rows = [f"| `{code}` | {advice} |" for code, advice in source.advice_by_code.items()]
    return "\n".join(["| failure code | next step |", "| --- | --- |", *rows])


def _anchor(source: Source) -> str:
    """GitHub's anchor of the source's heading: lower case, dots dropped."""
    return source.id.lower().replace(".", "")
