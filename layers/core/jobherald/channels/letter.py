"""A piece of news as an e-mail: a subject that sorts and filters, and a body that needs no second look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from jobherald.catalog.source import Source
from jobherald.channels.message import source_of
from jobherald.channels.text import ascii_line, clean, one_line
from jobherald.channels.words import (
    WITH_OUTPUT,
    alert_headline,
    late_words,
    name_of,
    progress_words,
    status_words,
    utc,
    what_happened,
    where,
)
from jobherald.model import Alert, Change, Severity

# SNS refuses a subject of 100 characters or more, one that is not ASCII, and one with a line end.
# Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
SUBJECT_LIMIT: Final = 99
_NAME_AT_LEAST: Final = 20
_LABEL_WIDTH: Final = 10


def subject_of(news: Change | Alert) -> str:
    """``[failed] cats-batch-7: Ground Truth labeling job, us-east-1``, in at most 99 characters of ASCII."""
    if isinstance(news, Alert):
        return ascii_line(f"[{news.severity}] {alert_headline(news)}", SUBJECT_LIMIT)
    place = news.key.place
    head, tail = f"[{news.state}] ", f": {source_of(place.source).title}, {place.region}"
    name = ascii_line(name_of(news), max(SUBJECT_LIMIT - len(head) - len(tail), _NAME_AT_LEAST))
    return ascii_line(f"{head}{name}{tail}", SUBJECT_LIMIT)


def body_of(message: Mapping[str, Any], news: Change | Alert) -> str:
    """The letter, from the message as it is sent; plain text, with a line feed at the end of each line."""
    lines = _alert(message, news) if isinstance(news, Alert) else _change(message, news)
    return "\n".join(lines) + "\n"


def _change(message: Mapping[str, Any], change: Change) -> Iterator[str]:
    source = source_of(change.key.place.source)
    yield f"{one_line(name_of(change))} {what_happened(change)}."
    yield ""
    rows = {
        "What": source.title,
        "Where": one_line(where(change.key.place)),
        "Status": one_line(status_words(change.status, source)),
        "Progress": progress_words(change.progress, source),
        "Created": _created(change, source),
        "Ended" if change.state.is_outcome else "Since": _moved(change),
        "Late": late_words(change),
        "Reason": "\n".join(part for part in (message["reason_code"], message["reason"]) if part),
        "Next": message["next_step"] or "",
        "Console": message["console_url"] or "",
        "Output": message["output"] or "" if change.state in WITH_OUTPUT else "",
    }
    yield from _table(rows)
    yield from _foot(change.id)


def _alert(message: Mapping[str, Any], alert: Alert) -> Iterator[str]:
    yield clean(message["text"])
    yield ""
    yield from _table(
        {
            "Where": one_line(where(alert.place)) if alert.place else "",
            "When": utc(alert.at),
            "Severity": "" if alert.severity is Severity.INFO else alert.severity.value,
            "Next": clean(alert.next_step),
        }
    )
    yield from _foot(alert.id)


def _created(change: Change, source: Source) -> str:
    if change.created_at is None:
        return ""
    return utc(change.created_at) + (" (the service names no time zone)" if source.created_doubt else "")


def _moved(change: Change) -> str:
    """When a job ended, or since when it is as it is; what only an answer's date is known of came before that."""
    at = change.ended_at or change.at
    is_first_sight = change.state.is_outcome and change.ended_at is None and at == change.seen_at
    return f"by {utc(at)}" if is_first_sight else utc(at)


def _table(rows: Mapping[str, str]) -> Iterator[str]:
    for label, text in rows.items():
        for number, line in enumerate(clean(text).split("\n") if text else ()):
            yield f"{label if number == 0 else '':{_LABEL_WIDTH}}{line}".rstrip()


def _foot(news_id: str) -> Iterator[str]:
    yield ""
    yield f"jobherald, {one_line(news_id)}"
