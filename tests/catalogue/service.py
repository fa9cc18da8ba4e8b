"""A job service over real HTTP on loopback, which plays whichever source's scene is set."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.client import BaseClient
from botocore.config import Config

from jobherald.checks.models import session
from tests.catalogue import wire
from tests.catalogue.scene import Answer, FictionError, Scene

DATE: Final = "Sun, 22 Nov 2026 11:00:00 GMT"
_CONFIG: Final = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=3,
    read_timeout=10,
    inject_host_prefix=False,
    parameter_validation=True,
)


class Simulation:
    """The server and the clients that lead to it.

    ``troubles`` are the requests that no service would get, and the answers that botocore reads otherwise than they were
    meant: with either the simulation would be fiction.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._scene: Scene | None = None
        self._meant: Answer | None = None
        self._clients: dict[str, BaseClient] = {}
        self.troubles: list[str] = []
        self.protocols: set[str] = set()
        self.requests = 0

    @classmethod
    @contextmanager
    def serving(cls) -> Iterator[Simulation]:
        """Serve until the end of the block."""
        with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
            simulation = cls(f"http://127.0.0.1:{server.server_address[1]}")
            server.simulation = simulation  # type: ignore[attr-defined]
            thread = threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
            )
            thread.start()
            yield simulation
            simulation.close()
            server.shutdown()
            thread.join()

    def play(self, scene: Scene) -> None:
        """From now on every client talks to this source's service."""
        self._scene = scene
        self.troubles.clear()
        self.protocols.clear()
        self.requests = 0

    def client(self, name: str) -> BaseClient:
        """A client of botocore's that leads here, made as the product's are."""
        if name not in self._clients:
            made = session().create_client(
                name,
                "us-east-1",
                endpoint_url=f"{self._url}/{name}",
                config=_CONFIG,
                aws_access_key_id="testing",
                aws_secret_access_key="testing",
            )
            made.meta.events.register("before-send", self._lead_here)
            made.meta.events.register("after-call", self._compare)
            self._clients[name] = made
        return self._clients[name]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def reply(self, request: wire.Request) -> wire.Response:
        """One request, answered by the scene."""
        client, _, path = request.path[1:].partition("/")
        request = request._replace(path=f"/{path}")
        scene = self._scene
        assert scene is not None
        for operation in dict.fromkeys(scene.operations(client)):
            if wire.is_for(client, operation, request):
                self._meant = scene.answer(client, operation, wire.parsed(client, operation, request))
                self.protocols.add(wire.protocol(client))
                self.requests += 1
                return wire.written(client, operation, self._meant.value)
        raise FictionError(f"{client}: no operation of the table takes {request.method} {request.path}")

    def _lead_here(self, request: Any, **_: Any) -> None:
        """Some services put the account before the host, and loopback has no such name."""
        request.url = urlsplit(request.url)._replace(netloc=urlsplit(self._url).netloc).geturl()

    def _compare(self, parsed: Mapping[str, Any], http_response: Any, **_: Any) -> None:
        """Whether botocore read what was meant."""
        if self._meant is None or http_response.status_code >= 300:
            return
        read = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
        for difference in differences(self._meant.value, read, self._meant.operation):
            self.troubles.append(f"{self._meant.client}: {difference}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def _answer(self) -> None:
        simulation: Simulation = self.server.simulation  # type: ignore[attr-defined]
        length = int(self.headers.get("Content-Length") or 0)
        request = wire.Request(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
        try:
            answer = simulation.reply(request)
        except Exception as error:  # noqa: BLE001 - else the test would only see a broken connection
            simulation.troubles.append(f"{type(error).__name__}: {error}")
            answer = wire.Response(400, {"Content-Type": "application/json"}, b"{}")
        self.send_response_only(answer.status)
        for name, value in {**answer.headers, "Date": DATE, "Content-Length": str(len(answer.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - named by http.server

    def log_message(self, *args: Any) -> None:
        pass


class Recording:
    """A client that remembers its answers: the same call twice is made once. ``calls`` are all the requests."""

    def __init__(self, client: BaseClient, answers: dict[str, Any], calls: list[Mapping[str, Any]]) -> None:
        self._calls = calls
        self._client = client
        self._answers = answers
        self.meta = client.meta

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**asked: Any) -> Any:
            self._calls.append(asked)
            key = f"{self.meta.service_model.service_name}.{name}({sorted(asked.items())!r})"
            if key not in self._answers:
                self._answers[key] = getattr(self._client, name)(**asked)
            return self._answers[key]

        return call


def differences(meant: Any, read: Any, path: str) -> Iterator[str]:
    if isinstance(meant, Mapping) and isinstance(read, Mapping):
        for name in {**meant, **read}:
            if meant.get(name) is None and read.get(name) in (None, [], {}):
                continue
            yield from differences(meant.get(name), read.get(name), f"{path}.{name}")
    elif isinstance(meant, list) and isinstance(read, list) and len(meant) == len(read):
        for number, (one, other) in enumerate(zip(meant, read, strict=True)):
            yield from differences(one, other, f"{path}[{number}]")
    elif meant != read and not (meant in ([], {}) and read is None):
        yield f"{path} was {meant!r} and is read as {read!r}"
