"""Dead letters as a person reads them at a terminal, and as scripts do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from jobherald.channels.message import rfc3339
from jobherald.channels.text import one_line
from jobherald.cli import plain
from jobherald.cli.moments import when
from jobherald.cli.screen import console
from jobherald.deadletters.letter import Advice, Explained, Kind, Queue

if TYPE_CHECKING:
    from jobherald.cli.redrive import Contents

_STYLES: Final[Mapping[Advice, str]] = {
    Advice.RESEND: "green",
    Advice.MEND: "bold red",
    Advice.PURGE: "dim",
    Advice.READ: "magenta",
}
_MANY: Final[Mapping[Kind, str]] = {
    Kind.LOOK: "looks at jobs",
    Kind.POLL: "polls of places",
    Kind.EVENT: "events",
    Kind.WAKE_UP: "wake-ups",
    Kind.FOREIGN: "no messages of ours",
}
_SENT_AGAIN: Final = frozenset({Advice.RESEND, Advice.MEND})
_ID: Final = 8
_SHOWN: Final = 50
_NAMED: Final = 3

Group = list[Explained]


def overview(found: Sequence[Contents], stack: str, options: str) -> None:
    """All queues as a table, and below it why things lie there and which command does what is to be done."""
    out = console()
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in ("queue", "count", "what", "since (UTC)", "do"):
        table.add_column(column, overflow="fold", justify="right" if column == "count" else "left")
    for each in found:
        for group in _groups(each.letters):
            first = group[0]
            table.add_row(
                each.queue.value,
                str(len(group)),
                _what(group),
                when(first.letter.sent_at),
                Text(first.advice.value, _STYLES[first.advice]),
            )
        if not each.letters:
            table.add_row(Text(each.queue.value, "dim"), Text("0", "dim"), "", "", "")
    out.print(table)
    for each in found:
        for group in _groups(each.letters):
            out.print()
            out.print(_text(f"{each.queue}: {_what(group)}", "bold"))
            out.print(_pairs([("about", _subjects(group)), *_reasons(group[0])]))
        _below(each, options)
    if not any(each.letters for each in found):
        out.print(_text(f"No dead letters are seen in the queues of {stack}."))


def contents(found: Contents, options: str) -> None:
    """Each letter of one queue, explained, and the commands for them where ``options`` name the deployment."""
    out = console()
    for each in found.letters[:_SHOWN]:
        kept_until = each.letter.sent_at + found.reading.retention
        head = Text(each.letter.id[:_ID], "bold")
        head.append(
            f"  {each.kind}, since {when(each.letter.sent_at)}, kept until {kept_until:%Y-%m-%d}",
            "not bold dim",
        )
        out.print(head)
        out.print(_pairs([("about", each.subject), *_reasons(each)]))
        out.print()
    if len(found.letters) > _SHOWN:
        out.print(_text(f"and {len(found.letters) - _SHOWN} more, which --json shows"))
    if not found.letters:
        out.print(_text(f"No dead letters are seen in {found.queue}."))
    _below(found, options)


def done_words(queue: Queue, count: int, owing: int, *, resend: bool) -> str:
    """What was done, in a sentence or two."""
    if not resend:
        return f"Deleted: {count}."
    if queue is Queue.SLACK:
        return f"Sent to Slack's queue again: {count}. What Slack was told of meanwhile is not posted again."
    if queue is Queue.NOTIFY:
        return f"Items that owe news, written once more: {owing}. Dead letters deleted: {count}."
    return f"Looks queued again: {count}."


def echo_json(found: Iterable[Contents]) -> None:
    """Everything that is known of each letter, its body included."""
    plain.echo_json(
        [
            {
                "queue": each.queue.value,
                "resource": each.queue.resource,
                "unseen": each.reading.unseen,
                "letters": [_letter(one, each) for one in each.letters],
            }
            for each in found
        ]
    )


def echo_done(queue: Queue, done: Iterable[Explained], kept: Iterable[Explained], *, resend: bool) -> None:
    """What was done with which letters."""
    plain.echo_json(
        {
            "queue": queue.value,
            "resent" if resend else "purged": [each.letter.id for each in done],
            "kept": [each.letter.id for each in kept],
        }
    )


def _letter(each: Explained, found: Contents) -> dict[str, Any]:
    return {
        "id": each.letter.id,
        "kind": each.kind.value,
        "subject": each.subject or None,
        "sent_at": rfc3339(each.letter.sent_at),
        "kept_until": rfc3339(each.letter.sent_at + found.reading.retention),
        "why": each.why,
        "do": each.advice.value,
        "because": each.because,
        "resendable": each.resendable,
        "attributes": dict(each.letter.attributes),
        "body": each.letter.body,
    }


def _groups(letters: Iterable[Explained]) -> list[Group]:
    """Letters that are alike, the oldest first in each group and among the groups."""
    found: dict[tuple[Kind, str, Advice], Group] = {}
    for each in letters:
        found.setdefault((each.kind, each.why, each.advice), []).append(each)
    return list(found.values())


def _what(group: Group) -> str:
    kind = group[0].kind
    return kind.value if len(group) == 1 else _MANY.get(kind, kind.value)


def _subjects(group: Group) -> str:
    named = list(dict.fromkeys(each.subject for each in group if each.subject))
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return "; ".join(named[:_NAMED]) + more


def _reasons(each: Explained) -> Iterator[tuple[str, str]]:
    yield "why", each.why
    yield "do", f"{each.advice}: {each.because}"


def _below(found: Contents, options: str) -> None:
    """What to type, and what was not seen."""
    out = console()
    for command in _commands(found) if options else ():
        out.print(Text(f"  {command} {options}", "cyan"))
    if found.reading.unseen:
        where = "behind these, or hidden" if found.letters else "hidden"
        out.print(
            _text(
                f"{found.queue}: SQS counts about {found.reading.unseen} more than it showed: {where} by another"
                " reader.",
                "yellow",
            )
        )


def _commands(found: Contents) -> Iterator[str]:
    """Deleting is offered only where nothing is left that is better sent again: it would take that along."""
    advised = {each.advice for each in found.letters}
    if Advice.READ in advised:
        yield f"jobherald redrive {found.queue} --json"
    if any(each.resendable and each.advice in _SENT_AGAIN for each in found.letters):
        yield f"jobherald redrive {found.queue} --resend"
    elif found.letters:
        yield f"jobherald redrive {found.queue} --purge"


def _pairs(rows: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        if value:
            table.add_row(Text(f"  {name}"), _text(value))
    return table


def _text(value: str, style: str = "") -> Text:
    return Text(one_line(value), style)
