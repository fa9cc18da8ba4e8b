"""HTTP as the local services need it: on loopback, kept alive, dated, and gone without a trace when stopped."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from jobherald.local.clock import Clock, RealClock


@dataclass(frozen=True, slots=True)
class Request:
    """One request: ``path`` without the query string, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. ``Date`` (``at``, else the moment of sending) and ``Content-Length`` are added when it is sent.

    It is held back for ``delay`` seconds. ``note`` is for the server itself: what ``sent`` is to remember of it.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None
    note: Any = None
    delay: float = 0.0


class Silence(Exception):  # noqa: N818  # not an error of ours: it is what the client is given
    """No answer: the connection is held for some seconds, then cut."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class LocalServer:
    """A server on 127.0.0.1 for as long as its ``with`` block lasts.

    Subclasses answer in ``respond``. Stopping cuts every connection and waits for every thread.
    """

    def __init__(self, *, clock: Clock | None = None, port: int = 0) -> None:
        self.clock: Clock = clock or RealClock()
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def respond(self, request: Request) -> Answer:
        """The answer to one request. Raises Silence where the client is to get none."""
        raise NotImplementedError

    def leaving(self, answer: Answer) -> None:
        """Called before an answer is written, so that who has read it finds it recorded."""

    def lost(self, answer: Answer) -> None:
        """Called where the client had hung up before the answer was written."""

    @property
    def url(self) -> str:
        """The base address, without a slash at its end. Raises RuntimeError while the server is not running."""
        if self._server is None:
            raise RuntimeError(f"{type(self).__name__} is not running; use it in a with block")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._server = _Server(self, self._port)
        # The interval is how long a stop may take to be noticed.
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name=type(self).__name__
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        server, thread = self._server, self._thread
        if server is None or thread is None:
            return
        server.stopping.set()
        server.shutdown()
        thread.join()
        server.cut_connections()
        server.server_close()
        self._server = self._thread = None


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # else server_close() would not wait for them
    request_queue_size = 128

    def __init__(self, owner: LocalServer, port: int) -> None:
        self.owner = owner
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own looks its name up, which takes seconds on a machine without a resolver.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        with self._open_lock:
            still_open = list(self._open)
        for connection in still_open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is its own affair; anything else is a fault of ours and shows on stderr."""
        if not self.stopping.is_set():
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else an answer waits up to 40 ms for an acknowledgement

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        owner = self.server.owner
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            self._send(Answer(HTTPStatus.LENGTH_REQUIRED, b"send a Content-Length\n"))
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path, query, headers, body)
        try:
            answer = owner.respond(request)
        except Silence as silence:
            self.server.stopping.wait(silence.seconds)
            self.close_connection = True
            return
        self.server.stopping.wait(answer.delay)
        owner.leaving(answer)
        try:
            self._send(answer)
        except OSError:
            owner.lost(answer)
            self.close_connection = True

    def _send(self, answer: Answer) -> None:
        lines = [
            f"HTTP/1.1 {int(answer.status)} {HTTPStatus(answer.status).phrase}",
            # From the clock that the jobs move by, so that the two cannot disagree.
            f"Date: {format_datetime(answer.at or self.server.owner.clock.now(), usegmt=True)}",
            f"Content-Length: {len(answer.body)}",
            *(f"{name}: {value}" for name, value in answer.headers.items()),
        ]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is http.server's
        """A demo's terminal is for its readers."""
