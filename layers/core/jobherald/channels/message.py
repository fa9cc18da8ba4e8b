"""The public form of a piece of news: the JSON that SNS carries and that other programs may rely on.

Its schemas are docs/schemas/jobherald.change.v1.json and docs/schemas/jobherald.alert.v1.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from jobherald import catalog
from jobherald.catalog.paths import find
from jobherald.catalog.source import Source
from jobherald.errors import ConfigError
from jobherald.model import Alert, AlertKind, Change, JobKey, Place, Progress, Severity, State

CHANGE_SCHEMA: Final = "jobherald.change/v1"
ALERT_SCHEMA: Final = "jobherald.alert/v1"
_CONSOLE_LIMIT: Final = 2000
_CONSOLES: Final[Mapping[str, str]] = {"huaweicloud": "console.huaweicloud.com"}
_TEXTS: Final = frozenset(
    {
        *("id", "job", "service_status", "name", "reason", "reason_code", "output"),
        *("subject", "source", "account", "region", "parent", "text", "next_step"),
    }
)
_S3_URI: Final = re.compile(r"s3://([^/]+)/?(.*)", re.DOTALL)


def to_message(news: Change | Alert) -> dict[str, Any]:
    """The news as JSON values. Absent is null, times are RFC 3339 in UTC."""
    return _change_message(news) if isinstance(news, Change) else _alert_message(news)


def from_message(message: Mapping[str, Any]) -> Change | Alert:
    """The news of a message, exactly as it was told. Raises ValueError, with the member at fault, for anything else."""
    try:
        _check(message)
        news = _READERS[message["schema"]](message)
    except KeyError as missing:
        raise ValueError(f"not a message of ours: {missing} is missing or not known") from None
    except (AttributeError, OverflowError, TypeError) as wrong:
        raise ValueError(f"not a message of ours: {wrong}") from None
    if news.id != message["id"]:
        raise ValueError(f"a message whose id {message['id']!r} does not belong to what it says")
    return news


def parse(body: str) -> Change | Alert:
    """The news of a queue message's body. Raises ValueError where there is none."""
    try:
        message = json.loads(body)
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    except RecursionError:
        raise ValueError("not JSON of ours: nested too deep") from None
    if isinstance(message, dict):
        return from_message(message)
    raise ValueError(f"not a message of ours: a JSON {type(message).__name__}")


def source_of(source_id: str) -> Source:
    """The catalogue entry; for one that the catalogue no longer has, one with nothing but its id as title.

    News about a job outlives the entry that found it.
    """
    try:
        return catalog.load(source_id)
    except ConfigError:
        return Source(
            source_id, source_id, client="", operation="", items="", id_path="", status_path="", states={}
        )


def console_url(source: Source, key: JobKey, name: str) -> str:
    """Where the job is to be seen in its provider's console. Empty where nobody knows."""
    place = key.place
    host = _console(source, place.region)
    words = {
        "region": place.region,
        "account": place.account,
        "parent": place.parent,
        "id": key.id,
        "name": name,
    }
    needed = re.findall(r"\{(\w+)\}", source.console_path)
    if not source.console_path or not host or not all(words.get(word) for word in needed):
        return ""
    path = source.console_path.format_map({word: _encode(text) for word, text in words.items()})
    url = f"https://{host}/{path}"
    return url if len(url) <= _CONSOLE_LIMIT else ""


def next_step(source: Source, change: Change) -> str:
    """What to do about a change: by the service's reason code where the catalogue knows it, else by state.

    A service may give a code while all is well, and use it again for a failure.
    """
    by_code = "" if change.severity is Severity.INFO else source.advice_by_code.get(change.reason_code, "")
    return by_code or source.advice.get(change.state, "")


def output_of(source: Source, details: Mapping[str, Any]) -> str:
    """Where a job's results are, from its row: an S3 URI, or what its provider has instead. Empty where it has none."""
    found = find(source.output_path, details)
    if isinstance(found, str):
        return found
    if isinstance(found, Mapping) and found.get("S3Bucket"):
        return f"s3://{found['S3Bucket']}/{found.get('S3KeyPrefix') or ''}"
    return ""


def output_url(source: Source, uri: str, region: str) -> str:
    """An S3 URI's page in the console: the object, or the folder where the URI names one. Empty for other URIs.

    Other providers write ``s3://`` too, and mean storage of their own.
    """
    parts = _S3_URI.fullmatch(uri)
    if parts is None or source.provider != "aws":
        return ""
    bucket, key = parts.groups()
    is_object = "." in key.rpartition("/")[2]
    prefix = key if is_object or not key or key.endswith("/") else f"{key}/"
    page = "object" if is_object else "buckets"
    url = f"https://{_console(source, region)}/s3/{page}/{_encode(bucket)}?region={_encode(region)}&prefix={_encode(prefix)}"
    return url if len(url) <= _CONSOLE_LIMIT else ""


def _console(source: Source, region: str) -> str:
    """The console's host. A link into another partition asks for an account that the reader does not have there."""
    if source.provider != "aws":
        return _CONSOLES.get(source.provider, "")
    if region.startswith("cn-"):
        return "console.amazonaws.cn"
    return "console.amazonaws-us-gov.com" if region.startswith("us-gov-") else "console.aws.amazon.com"


def _encode(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _change_message(change: Change) -> dict[str, Any]:
    place, source = change.key.place, source_of(change.key.place.source)
    return {
        "schema": CHANGE_SCHEMA,
        "id": change.id,
        "job": change.key.text,
        "source": place.source,
        "title": source.title,
        "account": place.account,
        "region": place.region,
        "parent": place.parent or None,
        "name": change.name or None,
        "service_id": change.key.id,
        "state": change.state.value,
        "previous_state": change.previous and change.previous.value,
        "service_status": change.status,
        "reason": change.reason or None,
        "reason_code": change.reason_code or None,
        "created_at": rfc3339(change.created_at),
        "changed_at": rfc3339(change.at),
        "ended_at": rfc3339(change.ended_at),
        "seen_at": rfc3339(change.seen_at),
        "progress": change.progress
        and {"percent": change.progress.percent, "counters": dict(change.progress.counters)},
        "console_url": console_url(source, change.key, change.name) or None,
        "output": change.output or None,
        "next_step": next_step(source, change) or None,
        "severity": change.severity.value,
        "unseen_since": rfc3339(change.unseen_since),
    }


def _alert_message(alert: Alert) -> dict[str, Any]:
    place = alert.place
    return {
        "schema": ALERT_SCHEMA,
        "id": alert.id,
        "alert": alert.kind.value,
        "subject": alert.subject,
        "source": place and place.source,
        "title": place and source_of(place.source).title,
        "account": place and place.account,
        "region": place and place.region,
        "parent": (place and place.parent) or None,
        "severity": alert.severity.value,
        "text": alert.text,
        "next_step": alert.next_step or None,
        "at": rfc3339(alert.at),
    }


def _check(message: Mapping[str, Any]) -> None:
    """What is read as text is text, and what is read as numbers is numbers; a member that is new to us may be anything.

    Raises KeyError, AttributeError or TypeError.
    """
    for member in _TEXTS & message.keys():
        if not isinstance(message[member], str | None):
            raise TypeError(f"{member} is {type(message[member]).__name__}")
    progress = message.get("progress")
    numbers = [] if progress is None else [progress["percent"] or 0, *progress["counters"].values()]
    if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers):
        raise TypeError("progress is not in numbers")


def _change(message: Mapping[str, Any]) -> Change:
    progress = message["progress"]
    return Change(
        key=JobKey.parse(message["job"]),
        version=_version(message["id"]),
        state=State(message["state"]),
        previous=State(message["previous_state"]) if message["previous_state"] is not None else None,
        status=message["service_status"],
        at=_time(message["changed_at"]),
        seen_at=_time(message["seen_at"]),
        name=message["name"] or "",
        created_at=_maybe_time(message["created_at"]),
        ended_at=_maybe_time(message["ended_at"]),
        reason=message["reason"] or "",
        output=message["output"] or "",
        reason_code=message["reason_code"] or "",
        progress=None if progress is None else Progress(progress["percent"], dict(progress["counters"])),
        # Messages of before there was such a member may still wait in a queue.
        unseen_since=_maybe_time(message.get("unseen_since")),
    )


def _alert(message: Mapping[str, Any]) -> Alert:
    place = None
    if message["source"] is not None:
        place = Place(message["source"], message["account"], message["region"], message["parent"] or "")
    return Alert(
        subject=message["subject"],
        version=_version(message["id"]),
        kind=AlertKind(message["alert"]),
        at=_time(message["at"]),
        severity=Severity(message["severity"]),
        text=message["text"],
        next_step=message["next_step"] or "",
        place=place,
    )


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Change | Alert]]] = {
    CHANGE_SCHEMA: _change,
    ALERT_SCHEMA: _alert,
}


def _version(news_id: str) -> int:
    return int(news_id.rpartition("#")[2])


def rfc3339(at: datetime | None) -> str | None:
    """``2026-11-22T11:00:00Z``, with microseconds where there are any; None where the time is not known."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"not a message of ours: {text!r} has no time zone")
    return at.astimezone(UTC)


def _maybe_time(text: str | None) -> datetime | None:
    return None if text is None else _time(text)
