"""What is remembered as a person reads it at a terminal. Text from outside is shown, and can do nothing there."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jobherald.catalog.paths import text
from jobherald.catalog.source import Source
from jobherald.channels.message import console_url, next_step, output_of, source_of
from jobherald.channels.text import one_line
from jobherald.channels.words import progress_words
from jobherald.cli import plain
from jobherald.cli.moments import lasted, when
from jobherald.model import Change, Job, State, Story

_STYLES: Final[Mapping[State, str]] = {
    State.SUCCEEDED: "green",
    State.PARTIAL: "yellow",
    State.FAILED: "bold red",
    State.STOPPED: "yellow",
    State.GONE: "yellow",
    State.UNKNOWN: "magenta",
    State.RUNNING: "cyan",
}
_PIPED: Final = 10_000


def console() -> Console:
    """The terminal; a pipe gets neither colours nor lines cut to a width that nobody sees."""
    wide = None if sys.stdout.isatty() else _PIPED
    return Console(width=wide, highlight=False, emoji=False, markup=False)


def jobs(found: Sequence[Job]) -> None:
    """Several jobs as a table, in their order."""
    table = _table("state", "name", "what", "region", "progress", "created (UTC)", "took")
    for job in found:
        table.add_row(
            _state(job.state),
            _text(job.name or job.key.id),
            _text(source_of(job.key.place.source).title),
            _text(job.key.place.region),
            _text(_progress(job)),
            when(job.created_at),
            lasted(job.created_at, _end(job)),
        )
    console().print(table)


def story(found: Story) -> None:
    """One job with its whole story."""
    out = console()
    out.print(_text(found.job.name or found.job.key.id, "bold"), _state(found.job.state))
    out.print(_pairs(_facts(found)))
    told = _table("when (UTC)", "change", "from", "to", "told")
    for change in plain.changes(found):
        told.add_row(
            when(change.at),
            str(change.version),
            change.previous or "–",
            _state(change.state),
            _told(found, change),
        )
    out.print(_text("Changes", "bold"))
    out.print(told if told.row_count else _text("none: it was known before the first look, or not told of"))
    if found.details:
        out.print(_text("What the service says", "bold"))
        out.print(_pairs((path, _text(value)) for path, value in _leaves(found.details)))


def sources(found: Sequence[Source]) -> None:
    """The catalogue as a table."""
    table = _table("source", "what", "operation", "filters", "events")
    for source in found:
        kinds = [
            name for event in source.events for name in event.match.get("eventName", (event.detail_type,))
        ]
        table.add_row(
            source.id,
            source.title,
            f"{source.client} {source.operation}",
            ", ".join(source.filters) or "–",
            "\n".join(kinds) or "–",
        )
    console().print(table)


def _facts(found: Story) -> Iterator[tuple[str, Text]]:
    job = found.job
    source, place = source_of(job.key.place.source), job.key.place
    facts = {
        "what": source.title,
        "where": ", ".join(part for part in (place.account, place.region, place.parent) if part),
        "service's id": job.key.id,
        "service's word": job.status,
        "progress": _progress(job),
        "created": when(job.created_at),
        "ended": when(job.ended_at) if job.ended_at else "",
        "took": lasted(job.created_at, _end(job)),
        "reason": " ".join(
            text(path, found.details) for path in (source.reason_code_path, source.reason_path)
        ).strip(),
        "next step": _advice(source, found),
        "output": output_of(source, found.details),
        "console": console_url(source, job.key, job.name),
        "key": job.key.text,
    }
    return ((name, _text(fact)) for name, fact in facts.items() if fact)


def _advice(source: Source, found: Story) -> str:
    last = next(
        (change for change in reversed(plain.changes(found)) if change.state is found.job.state), None
    )
    return next_step(source, last) if last else ""


def _told(found: Story, change: Change) -> Text:
    if change.version in {owed.version for owed in found.owed}:
        return Text("owed, not told yet", "yellow")
    told = [
        each
        for each in found.deliveries
        if isinstance(each.news, Change) and each.news.version == change.version
    ]
    return _text(", ".join(f"{each.channel} {when(each.told_at)}" for each in told))


def _end(job: Job) -> datetime | None:
    """Until when a job took its time: a service without an end time says it by the modified time of the outcome."""
    if job.state.is_open:
        return datetime.now(UTC)
    return job.ended_at or (job.modified_at if job.state.is_outcome else None)


def _progress(job: Job) -> str:
    return progress_words(job.progress, source_of(job.key.place.source))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every single value below, with its path: ``LabelCounters.TotalLabeled``, ``Tags[0].Key``."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{at}]")
    else:
        yield path, str(value)


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _pairs(rows: Iterator[tuple[str, Text]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, shown in rows:
        table.add_row(Text(f"  {one_line(name)}"), shown)
    return table


def _state(state: State) -> Text:
    return Text(state.value, _STYLES.get(state, ""))


def _text(value: str, style: str = "") -> Text:
    return Text(one_line(value), style)
