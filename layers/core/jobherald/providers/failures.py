"""What refusals of any cloud have in common: the service's own words, fit to be repeated, and a host that is not."""

from __future__ import annotations

import re
import socket
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")
_LONGEST: Final = 300


def quoted(message: str) -> str:
    """The service's own words, short and on one line, as a further sentence; nothing where there are none."""
    message = _CONTROL.sub(" ", message).strip()
    if len(message) > _LONGEST:
        message = message[:_LONGEST] + "…"
    return f" The service said: {message}" if message else ""


def without(message: str, *secrets: str) -> str:
    """The message with an ellipsis for each of these: services repeat what they were sent."""
    # The longest first: what holds another would else be left in pieces.
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        message = message.replace(secret, "…")
    return message


def no_such_host(error: object) -> bool:
    """Whether DNS knows no such name, which is how a service that a region does not have shows itself.

    A resolver that is only down for the moment (EAI_AGAIN) and a refused connection say nothing about the region.
    """
    while isinstance(error, BaseException):
        if isinstance(error, socket.gaierror):
            return error.errno != socket.EAI_AGAIN
        error = error.__cause__ or error.__context__
    return False
