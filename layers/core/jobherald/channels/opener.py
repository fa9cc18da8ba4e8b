"""One HTTP request to a host outside of AWS: to that host and no other, and whatever it answers is an answer."""

from __future__ import annotations

from functools import cache
from http.client import HTTPMessage
from typing import Final
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

ANSWER_BYTES: Final = 100_000


def open_once(request: Request, timeout: float, most: int = ANSWER_BYTES) -> tuple[int, HTTPMessage, str]:
    """Status, headers and at most so many bytes of the body. ``timeout`` (seconds) is for connecting and for each read.

    Raises OSError, HTTPException or ValueError where there is no answer. Their texts can hold the URL.
    """
    with _opener().open(request, timeout=timeout) as answer:
        body = answer.read(most).decode("utf-8", "replace") if most else ""
        return answer.status, answer.headers, body


def kind_of(error: Exception) -> str:
    """What went wrong, by the error's kind alone: its text can hold the URL."""
    reason = getattr(error, "reason", None)
    return type(reason if isinstance(reason, Exception) else error).__name__


@cache
def _opener() -> OpenerDirector:
    """Follows no redirect: one would carry the message, and the secret, to a host that nobody allowed.

    It raises for no status either: an answer is an answer.
    """
    opener = OpenerDirector()
    for handler in (ProxyHandler, HTTPHandler, HTTPSHandler):
        opener.add_handler(handler())
    return opener
