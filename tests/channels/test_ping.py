"""The ping over real HTTP: once a minute, to the one URL, and never a word of it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jobherald.channels import ping as module
from jobherald.channels.ping import Ping
from jobherald.errors import SecretError
from tests.fakes.time import FakeClock

PATH = "/1d8b1d6a-CANARY"


@dataclass
class Watchman:
    """A server that counts who asks for what; ``status`` and ``headers`` are its answer, ``delay`` comes before it."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


@contextmanager
def watching() -> Iterator[Watchman]:
    watchman = Watchman()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            watchman.asked.append(self.path)
            time.sleep(watchman.delay)
            try:
                self.send_response(watchman.status)
                for name, value in watchman.headers.items():
                    self.send_header(name, value)
                self.end_headers()
            except OSError:
                return

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    watchman.url = f"http://127.0.0.1:{server.server_port}{PATH}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield watchman
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def watchman() -> Iterator[Watchman]:
    with watching() as made:
        yield made


@dataclass
class Kept:
    """A secret at hand, or one that cannot be read."""

    value: str | SecretError

    def read(self, *, fresh: bool = False) -> str:
        if isinstance(self.value, SecretError):
            raise self.value
        return self.value


def ping(url: str, clock: FakeClock | None = None) -> Ping:
    return Ping(Kept(url), clock or FakeClock())


def test_the_url_is_asked_for(watchman: Watchman) -> None:
    """Once a tick is once a minute, also where a scheduler wakes twice in one."""
    clock = FakeClock()
    sender = ping(watchman.url, clock)
    assert [sender.send(), sender.send()] == ["", ""]
    assert watchman.asked == [PATH]
    clock.advance(59)
    assert sender.send() == ""
    assert watchman.asked == [PATH, PATH]


def test_a_failure_is_said_and_not_tried_again_at_once(watchman: Watchman) -> None:
    """The next tick is a minute away, and a watchman waits for longer than that."""
    watchman.status = 503
    sender = ping(watchman.url)
    assert sender.send() == "The ping was answered with HTTP 503."
    assert sender.send() == ""
    assert len(watchman.asked) == 1


def test_a_clock_that_was_ahead_silences_nothing(watchman: Watchman) -> None:
    """The watchman would raise the alarm for as long as it was ahead."""
    clock = FakeClock()
    sender = Ping(Kept(watchman.url), clock)
    sender.send()
    clock.advance(-3600)
    sender.send()
    sender.send()
    assert len(watchman.asked) == 2


def test_a_redirect_is_not_followed(watchman: Watchman) -> None:
    """It would lead to a host that nobody named."""
    with watching() as other:
        watchman.status, watchman.headers = 302, {"Location": other.url}
        assert "302" in ping(watchman.url).send()
        assert other.asked == []


def test_a_watchman_that_does_not_answer_holds_nobody_up(
    watchman: Watchman, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tick has to end."""
    monkeypatch.setattr(module, "TIMEOUT", 0.1)
    watchman.delay = 0.5
    assert ping(watchman.url).send() == "The ping got no answer (TimeoutError)."


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.mark.parametrize(
    "secret",
    [
        "http://watchman.example/CANARY",
        "http://127.0.0.1.example/CANARY",
        "http://169.254.169.254/CANARY",
        "file:///etc/passwd#CANARY",
        "ftp://127.0.0.1/CANARY",
        "https:///CANARY",
        "https://[CANARY",
        "https://127.0.0.1:CANARY/",
        "http://127.0.0.1:9/CANARY\nwith a line end",
        "CANARY",
        # Its port differs with each run, and a test's name must not.
        pytest.param(f"http://127.0.0.1:{closed_port()}/CANARY", id="nobody listens"),
    ],
)
def test_whatever_is_wrong_with_it_is_said_without_it(secret: str, caplog: pytest.LogCaptureFixture) -> None:
    """Only https is asked for, and the URL is in no text: whoever has it can say that all is well."""
    said = ping(secret).send()
    assert said
    assert "CANARY" not in said + caplog.text


def test_a_secret_that_cannot_be_read_is_said() -> None:
    """By its reference, which is no secret."""
    kept = Kept(SecretError("ssm:/jobherald/ping cannot be read", lasting=True))
    assert Ping(kept, FakeClock()).send() == "ssm:/jobherald/ping cannot be read"
