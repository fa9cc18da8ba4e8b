"""Ends a function's own process between two of its requests, as ordered: SIGKILL, with no word to anybody.

The local cloud loads this file into the Python of every function before the function's own code, where `orders` are
kept for it (`jobherald.local.killer` writes them). So it imports nothing of jobherald and nothing but the standard library.

Every request of a function ends in ``http.client``, an SDK's as well as Slack's. A process dies when a request has been
answered and nothing has been made of the answer yet: what the request did is done, and its doer does not know it. Those
that were refused did nothing, and do not count.
"""

from __future__ import annotations

import http
import http.client
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ORDERS = "orders.json"

# What is kept of a request to tell its name: all headers of one to AWS, and the beginning of its body.
_KEPT = 16_384
_TARGET = re.compile(rb"^x-amz-target: *[\w.]*?(\w+)\r?$", re.IGNORECASE | re.MULTILINE)
_SCOPE = re.compile(rb"Credential=\S+?/\d{8}/[\w-]+/([\w-]+)/aws4_request", re.IGNORECASE)
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)", re.MULTILINE)


class Life:
    """One process of one function: its present invocation, and what is ordered for it."""

    def __init__(
        self,
        folder: Path,
        function: str,
        *,
        clock: Callable[[], float] = time.time,
        die: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGKILL),
    ) -> None:
        self._folder = folder
        self._function = function
        self._clock = clock
        self._die = die
        self._began = clock()
        self._calls: list[str] = []
        self._orders: list[Mapping[str, Any]] = []

    def begins(self) -> None:
        """The next invocation begins here."""
        self._began, self._calls = self._clock(), []
        try:
            orders = json.loads((self._folder / ORDERS).read_bytes())
        except FileNotFoundError:
            orders = []
        self._orders = [order for order in orders if order["function"] == self._function]

    def answered(self, call: str) -> None:
        """A request was granted: the last thing that this process hears of, if one of its orders says so."""
        self._calls.append(call)
        for order in self._orders:
            count = sum(order["call"] in each for each in self._calls)
            due = order["at"] <= self._clock() and order["call"] in call and order["requests"] <= count
            if due and self._first(order):
                return self._die()
        return None

    def _first(self, order: Mapping[str, Any]) -> bool:
        """Whether nobody died of this order yet. If so, it is written down as this process's, whole or not at all."""
        died = {
            "function": self._function,
            "began": self._began,
            "at": self._clock(),
            "call": self._calls[-1],
            "requests": len(self._calls),
        }
        draft = self._folder / f"draft-{os.getpid()}"
        draft.write_text(json.dumps(died), encoding="utf-8")
        try:
            os.link(draft, self._folder / f"died-{order['number']}.json")
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        return True


def call_of(sent: bytes) -> str:
    """What a request asked for: ``dynamodb UpdateItem``; what is not AWS's is ``POST host:port``, without its path."""
    head, _, body = sent.partition(b"\r\n\r\n")
    scope = _SCOPE.search(head)
    if scope is None:
        host = re.search(rb"^host: *(\S+)", head, re.IGNORECASE | re.MULTILINE)
        return b" ".join([head.split(b" ", 1)[0], host[1] if host else b"?"]).decode("ascii", "replace")
    operation = _TARGET.search(head) or _ACTION.search(body)
    asked = operation[1] if operation else head.split(b" ", 1)[0]
    return b" ".join([scope[1], asked]).decode("ascii", "replace")


def install(folder: str) -> None:
    """Watch the requests and the invocations of this process."""
    life = Life(Path(folder), os.environ["AWS_LAMBDA_FUNCTION_NAME"])
    connection: Any = http.client.HTTPConnection
    begin, send, get = connection.putrequest, connection.send, connection.getresponse

    def putrequest(self: Any, *arguments: Any, **options: Any) -> Any:
        self.jobherald_sent = b""
        return begin(self, *arguments, **options)

    def sending(self: Any, data: Any) -> Any:
        if isinstance(data, bytes) and len(self.jobherald_sent) < _KEPT:
            self.jobherald_sent += data[:_KEPT]
        return send(self, data)

    def getresponse(self: Any, *arguments: Any, **options: Any) -> Any:
        response = get(self, *arguments, **options)
        if response.status < http.HTTPStatus.BAD_REQUEST:
            life.answered(call_of(self.jobherald_sent))
        return response

    connection.putrequest, connection.send, connection.getresponse = putrequest, sending, getresponse
    # The emulator hands each invocation to its worker as a line.
    sys.stdin = _Lines(sys.stdin, life.begins)


class _Lines:
    """Standard input, with a word to somebody for each line."""

    def __init__(self, lines: Any, each: Callable[[], None]) -> None:
        self._lines = lines
        self._each = each

    def readline(self) -> str:
        line: str = self._lines.readline()
        self._each()
        return line
