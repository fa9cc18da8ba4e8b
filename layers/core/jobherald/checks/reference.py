"""The pages of the documentation that are generated from the catalogue, so that they cannot say anything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from jobherald.catalog import all_sources
from jobherald.catalog.source import Source
from jobherald.catalog.words import provider_name
from jobherald.checks.members import actions, member_table
from jobherald.model import State
from jobherald.providers.details import SHOWN

_HEAD: Final = """\
<!-- Generated from the catalogue and botocore's models by `jobherald docs`; edit the catalogue instead. -->

# Sources

What can be watched. Each source is an entry of `layers/core/jobherald/catalog`; how one is added is in
[adding-a-source.md](adding-a-source.md).

Every member that botocore's model of a service knows is kept in a job's details as the service sent it: times as
RFC 3339 text in UTC, bytes as base64, all else as JSON has it. A member that is newer than botocore is dropped by
botocore's parser, and kept from the next botocore on. Of a service that no model describes everything is kept that it
sends, also what its entry does not name.
"""


def render_sources() -> str:
    """``docs/sources.md``: every source with its states, events, actions and members."""
    return "\n".join([_HEAD, _overview(), *(_section(source) for source in all_sources())])


def _overview() -> str:
    rows = [
        f"| [`{source.id}`](#{_anchor(source)}) | {source.title} | `{source.client}` | `{source.operation}` |"
        for source in all_sources()
    ]
    return "\n".join(["| source | what | service | list operation |", "| --- | --- | --- | --- |", *rows, ""])


def _section(source: Source) -> str:
    parts = [
        f"## {source.id}",
        f"{source.title}s, listed {_how(source)}.",
        _below(source),
        _states(source),
        f"{_permissions(source)}: {', '.join(f'`{action}`' for action in actions(source))}.",
        _notes(source),
        _events(source),
        member_table(source),
        _kept(source),
        _looked(source),
        _codes(source),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _how(source: Source) -> str:
    if "modified_after" in source.filters:
        return "by what was modified since the last look"
    if "created_after" in source.filters:
        return "by what was created since the oldest open job"
    return "newest first" if source.newest_first else "whole"


def _below(source: Source) -> str:
    parent = source.parent
    if parent is None:
        return ""
    lists = 1 + len(source.variants)
    each = (
        f"a request for each {source.page_size} jobs"
        if lists == 1
        else f"{lists} lists, {source.page_size} jobs a request"
    )
    return (
        f"They are listed below one {parent.title} at a time. A poll first asks which there are (`{parent.operation}`,"
        f" {parent.page_size} a request), and then looks below those where something runs, is open or has changed:"
        f" {each}, {source.pace:g} s apart."
    )


def _permissions(source: Source) -> str:
    return (
        "IAM actions"
        if source.provider == "aws"
        else f"Permissions to be granted in {provider_name(source.provider)}"
    )


def _notes(source: Source) -> str:
    return "\n".join(["Good to know:", "", *(f"* {note}" for note in source.notes)]) if source.notes else ""


def _states(source: Source) -> str:
    lines = ["| status of the service | state |", "| --- | --- |"]
    words = source.status_words
    lines += [
        f"| `{status}`{f' ({words[status]})' if status in words else ''} | {state} |"
        for status, state in source.states.items()
    ]
    if source.can_be_partial:
        first = next(status for status, state in source.states.items() if state is State.SUCCEEDED)
        lines.append(f"| `{first}` with objects that failed or were left undone | {State.PARTIAL} |")
    return "\n".join([*lines, f"| any other | {State.UNKNOWN} |"])


def _events(source: Source) -> str:
    if not source.events:
        return "No events: this source is polled only."
    lines = ["Events that lead to a look at the job at once:", ""]
    for event in source.events:
        matches = "; ".join(
            f"`{name}` {', '.join(f'`{one}`' for one in values)}" for name, values in event.match.items()
        )
        lines.append(f"* `{event.detail_type}` from `{event.event_source}`: {matches}")
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
        return "A job of this source cannot be looked at by itself."
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


GENERATED: Final[Mapping[str, Callable[[], str]]] = {"docs/sources.md": render_sources}
