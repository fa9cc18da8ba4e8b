"""A piece of news as an e-mail: a subject that sorts and filters, and a body that needs no second look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from jobherald.channels.message import source_of
from jobherald.channels.text import ascii_line, clean, one_line
from jobherald.channels.words import WITH_OUTPUT, alert_headline, name_of, progress_words, utc, what_happened
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
        "Where": _where(message),
        "Status": one_line(change.status),
        "Progress": progress_words(change.progress, source),
        "Created": utc(change.created_at) if change.created_at else "",
        "Ended" if change.state.is_outcome else "Since": utc(change.ended_at or change.at),
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
            "Where": _where(message),
            "When": utc(alert.at),
            "Severity": "" if alert.severity is Severity.INFO else alert.severity.value,
            "Next": clean(alert.next_step),
        }
    )
    yield from _foot(alert.id)


def _where(message: Mapping[str, Any]) -> str:
    words = (message["region"], message["account"] and f"account {message['account']}", message["parent"])
    return ", ".join(one_line(word) for word in words if word)


def _table(rows: Mapping[str, str]) -> Iterator[str]:
    for label, text in rows.items():
        for number, line in enumerate(clean(text).split("\n") if text else ()):
            yield f"{label if number == 0 else '':{_LABEL_WIDTH}}{line}".rstrip()


def _foot(news_id: str) -> Iterator[str]:
    yield ""
    yield f"jobherald, {one_line(news_id)}"
