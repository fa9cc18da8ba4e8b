"""A sign of life for a watchman outside: he raises the alarm when the signs stop coming, whatever stopped them."""

from __future__ import annotations

from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Final, Protocol
from urllib.parse import urlsplit
from urllib.request import Request

from jobherald.channels.opener import kind_of, open_once
from jobherald.errors import SecretError
from jobherald.ports import Clock

TIMEOUT: Final = 3
"""Seconds for connecting, and for each read."""

AT_MOST_EVERY: Final = timedelta(seconds=50)
"""Once a minute, with some room for a scheduler that wakes a little early."""

_TAKEN: Final = range(200, 300)
_LOOPBACK: Final = "127.0.0.1"


class ReadsSecret(Protocol):
    """Where the URL comes from."""

    def read(self, *, fresh: bool = False) -> str:
        """The value. Raises SecretError."""
        ...


class Ping:
    """One URL that is asked for while all is well. It is a secret: whoever has it can say that all is well."""

    def __init__(self, secret: ReadsSecret, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        self._sent_at: datetime | None = None

    def send(self) -> str:
        """Ask for the URL once, at most once a minute. Returns why that did not work, or nothing; never raises.

        A redirect is not followed, and the answer's body is not read. What is returned never holds the URL.
        """
        now = self._clock.now()
        if self._sent_at is not None and timedelta(0) <= now - self._sent_at < AT_MOST_EVERY:
            return ""
        self._sent_at = now
        try:
            url = self._secret.read()
        except SecretError as error:
            return str(error)
        try:
            if not _may_be_asked_for(url):
                return "The secret of the ping is no https URL; store another one."
            request = Request(url, headers={"User-Agent": "jobherald"})  # noqa: S310 - https, or loopback
            status, _, _ = open_once(request, TIMEOUT, most=0)
        except (HTTPException, OSError, ValueError) as error:
            return f"The ping got no answer ({kind_of(error)})."
        return "" if status in _TAKEN else f"The ping was answered with HTTP {status}."


def _may_be_asked_for(url: str) -> bool:
    """Only https; plain http only on this machine, for tests."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == _LOOPBACK)
    )
