"""What is remembered as a person reads it at a terminal. Text from outside is shown, and can do nothing there."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jobherald.catalog.cost import listed, told_by
from jobherald.catalog.paths import text
from jobherald.catalog.source import Source
from jobherald.catalog.steps import steps_of
from jobherald.channels.message import console_url, next_step, output_of, source_of
from jobherald.channels.text import one_line
from jobherald.channels.words import changes_of, progress_words, seen_running, status_words, where
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
_INDENT: Final = "  "
_FAILED, _DOUBTFUL = "✗", "~"
_AT: Final = re.compile(r"\[\d+\]")


def console() -> Console:
    """The terminal; a pipe gets neither colours nor lines cut to a width that nobody sees."""
    wide = None if sys.stdout.isatty() else _PIPED
    return Console(width=wide, highlight=False, emoji=False, markup=False)


def jobs(found: Sequence[Job]) -> None:
    """Several jobs as a table, in their order."""
    table = _table("state", "name", "what", "region", "progress", "created (UTC)", "took")
    out, doubtful = console(), False
    for job in found:
        source = source_of(job.key.place.source)
        doubtful |= _is_doubtful(job, source)
        table.add_row(
            _state(job.state),
            _text(job.name or job.key.id),
            _text(source.title),
            _text(job.key.place.region),
            _text(progress_words(job.progress, source)),
            _created(job, source),
            lasted(None if source.created_doubt else job.created_at, _end(job)),
        )
    out.print(table)
    if doubtful:
        out.print(_text(f"{_DOUBTFUL} its service gives this time in no time zone", "dim"))


def story(found: Story) -> None:
    """One job with its whole story."""
    out = console()
    out.print(_text(found.job.name or found.job.key.id, "bold"), _state(found.job.state))
    out.print(_pairs(_facts(found)))
    told = _table("when (UTC)", "change", "from", "to", "told")
    for change in changes_of(found):
        told.add_row(
            when(change.at),
            str(change.version),
            change.previous or "–",
            _state(change.state),
            _told(found, change),
        )
    out.print(_text("Changes", "bold"))
    out.print(told if told.row_count else _text("none: it was known before the first look, or not told of"))
    source = source_of(found.job.key.place.source)
    steps = _steps(found, source)
    if steps.row_count:
        out.print(_text("Steps", "bold"))
        out.print(steps)
    if found.details:
        out.print(_text("What the service says", "bold"))
        leaves = _leaves(found.details, frozenset(source.shorten))
        out.print(_pairs((path, _text(value)) for path, value in leaves))


def sources(found: Sequence[Source]) -> None:
    """The catalogue as a table."""
    table = _table("source", "what", "how it is listed", "told by")
    for source in found:
        table.add_row(source.id, source.title, listed(source), told_by(source))
    console().print(table)


def _facts(found: Story) -> Iterator[tuple[str, Text]]:
    job = found.job
    source, place, last = source_of(job.key.place.source), job.key.place, _last(found)
    facts = {
        "what": source.title,
        "where": where(place),
        "service's id": job.key.id,
        "service's word": status_words(job.status, source),
        "progress": progress_words(job.progress, source),
        "created": _created(job, source)
        + (" (the service names no time zone)" if _is_doubtful(job, source) else ""),
        "ended": when(job.ended_at) if job.ended_at else "",
        "took": "" if source.created_doubt else lasted(job.created_at, _end(job)),
        "seen running": _seen_running(found) if source.created_doubt else "",
        "reason": _reason(source, found),
        "next step": next_step(source, last) if last else "",
        "output": output_of(source, found.details),
        "console": console_url(source, job.key, job.name),
        "key": job.key.text,
    }
    return ((name, _text(fact)) for name, fact in facts.items() if fact)


def _last(found: Story) -> Change | None:
    """The change that brought the job to where it is, if it was told or is owed."""
    told = (change for change in reversed(changes_of(found)) if change.state is found.job.state)
    return next(told, None)


def _reason(source: Source, found: Story) -> str:
    """Why, as it was told, else as the row has it: a job may have been adopted without a word."""
    last = _last(found)
    if last and (last.reason or last.reason_code):
        words = [last.reason_code, last.reason]
    else:
        words = [text(path, found.details) for path in (source.reason_code_path, source.reason_path)]
    return " ".join(words).strip()


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


def _seen_running(found: Story) -> str:
    """For how long a job was seen running: all that is known where its creation time is not."""
    job = found.job
    ran = seen_running(found, job.version + 1)
    return lasted(ran, _end(job) or job.seen_at) if ran and job.state is not State.GONE else ""


def _created(job: Job, source: Source) -> str:
    return (_DOUBTFUL if _is_doubtful(job, source) else "") + when(job.created_at)


def _is_doubtful(job: Job, source: Source) -> bool:
    """Whether its creation time may be another, in another time zone."""
    return job.created_at is not None and source.created_doubt > 0


def _steps(found: Story, source: Source) -> Table:
    """What the job did, step below step, with what failed marked: colours do not reach a pipe."""
    table = Table.grid(padding=(0, 2))
    for _ in ("step", "status", "error"):
        table.add_column(overflow="fold")
    for step in steps_of(source.steps, found.details):
        style = _STYLES[State.FAILED] if step.failed else ""
        indent = _INDENT * len(step.path)
        name = Text(f"{indent}{_FAILED if step.failed else ' '} {one_line(step.path[-1]) or '?'}", style)
        error = ": ".join(part for part in (step.code, step.message) if part)
        table.add_row(name, _text(step.status, style), _text(error))
    return table


def _leaves(value: Any, shortened: frozenset[str], path: str = "") -> Iterator[tuple[str, str]]:
    """Every single value below, with its path: ``LabelCounters.TotalLabeled``, ``Tags[0].Key``.

    Of a list that was shortened it is only said how much of it is there: it would bury all the rest.
    """
    if isinstance(value, Mapping):
        for name, inner in value.items():
            here = f"{path}.{name}" if path else str(name)
            count = value.get(f"{name}_count")
            is_cut = isinstance(inner, list) and isinstance(count, int) and len(inner) < count
            if is_cut and _AT.sub("[]", here) in shortened:
                yield here, f"the first {len(inner)} of {count}, which --json shows"
            else:
                yield from _leaves(inner, shortened, here)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _leaves(inner, shortened, f"{path}[{at}]")
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)


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
