from __future__ import annotations

import shutil
import urllib.request

import pytest

from jobherald.local import doors
from jobherald.local.doors import Door
from jobherald.local.web import Answer, LocalServer, Request


class Echo(LocalServer):
    def respond(self, request: Request) -> Answer:
        return Answer(200, request.body)


def test_a_door_passes_both_ways() -> None:
    """What is sent through a door reaches the server behind it, and its answer comes back whole."""
    sent = b"x" * 300_000
    with Echo() as server, Door("127.0.0.1", server.url) as door:
        assert door.url != server.url
        with urllib.request.urlopen(f"{door.url}/any", data=sent, timeout=10) as answer:  # noqa: S310
            assert answer.read() == sent


def test_a_door_is_shut_behind_its_block() -> None:
    """Nothing listens on the other address any more."""
    with Echo() as server:
        with Door("127.0.0.1", server.url) as door:
            url = door.url
        with pytest.raises(OSError, match="refused"):
            urllib.request.urlopen(url, timeout=10)  # noqa: S310


def test_without_docker_there_is_no_container_to_reach_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks is told so, and not given an address that leads nowhere."""
    monkeypatch.setenv("SAM_HOST_ADDRESS", "172.17.0.1")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert doors.container_host() is None
