"""Reads what a reply of Huawei Cloud says of itself: its code and message, its date, and when to come again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from jobherald.providers.huaweicloud.transport import Reply

LONGEST_RETRY_AFTER: Final = 3600.0
"""Seconds: no place is silent for longer because of one answer."""

_CODES: Final = ("error_code", "errorCode", "code")
_MESSAGES: Final = ("error_msg", "errorMsg", "error_message", "message")


def told(reply: Reply) -> tuple[str, str, str]:
    """Code, message and request id. IAM and others put code and message one level below: ``{"error": {…}}``."""
    body = reply.body or {}
    code, message = _first(body, _CODES), _first(body, _MESSAGES)
    for inner in body.values():
        if not (code or message) and isinstance(inner, Mapping):
            code, message = _first(inner, _CODES), _first(inner, _MESSAGES)
    return code, message, reply.headers.get("x-request-id", "") or _first(body, ("request_id",))


def code_of(reply: Reply) -> str:
    """The service's own code, or nothing."""
    return told(reply)[0]


def known(code: str) -> str:
    """A code as the tables have it: the gateway's begin with APIGW in newer texts and with APIG in older ones."""
    return f"APIG.{code.removeprefix('APIGW.')}" if code.startswith("APIGW.") else code


def date_of(reply: Reply) -> datetime | None:
    """The answer's own date, aware; None where it has none."""
    return _date(reply.headers.get("date", ""))


def retry_after(reply: Reply, now: datetime) -> float:
    """Seconds until the moment that Retry-After names, itself in seconds or as a date; 0 where it names none."""
    value = reply.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_RETRY_AFTER)
    moment = _date(value)
    if moment is None:
        return 0.0
    return min(max((moment - (date_of(reply) or now)).total_seconds(), 0.0), LONGEST_RETRY_AFTER)


def _first(body: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next(
        (str(body[name]) for name in names if isinstance(body.get(name), str | int) and body[name]), ""
    )


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
        return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
