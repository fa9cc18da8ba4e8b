"""A server over real HTTP that answers what a test scripts, and keeps what it was sent. It checks nothing."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DATE = "Sun, 22 Nov 2026 12:00:00 GMT"


@dataclass(frozen=True)
class Answer:
    """``cut`` closes the connection without an answer; ``delay`` is in seconds."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    date: str = DATE
    delay: float = 0.0
    cut: bool = False

    @property
    def payload(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; the names of its headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


Script = Callable[[Asked], Answer]


@dataclass
class Gateway:
    """``answers`` are used up one a request; after them ``script`` answers."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    script: Script = lambda asked: Answer()
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def reset(self) -> None:
        """As if it had just been started."""
        fresh = Gateway()
        self.answers, self.script, self.asked, self.connections = fresh.answers, fresh.script, fresh.asked, 0

    def reply(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        return self.answers.pop(0) if self.answers else self.script(asked)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    gateway: Gateway

    def handle_error(self, *args: Any) -> None:
        """Who hangs up in the middle of an answer is part of some tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one packet, else each waits 40 ms for an acknowledgement
    server: _Server

    def setup(self) -> None:
        self.server.gateway.connections += 1
        super().setup()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        answer = self.server.gateway.reply(Asked(self.command, self.path, headers, body))
        time.sleep(answer.delay)
        if answer.cut:
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        length = {"Content-Length": str(len(answer.payload))}
        dated = {"Date": answer.date} if answer.date else {}
        for name, value in {**length, **dated, **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.payload)

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def serving(wrap: Callable[[socket.socket], socket.socket] | None = None) -> Iterator[Gateway]:
    """Serve on loopback; ``wrap`` makes the listening socket one of TLS."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        port = server.server_address[1]
        server.gateway = Gateway(f"{'https' if wrap else 'http'}://127.0.0.1:{port}")
        if wrap:
            server.socket = wrap(server.socket)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.gateway
        finally:
            server.shutdown()
            thread.join()
