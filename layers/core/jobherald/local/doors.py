"""Other addresses for the servers on this machine's loopback, which containers cannot reach."""

from __future__ import annotations

import json
import os
import shutil
import socket
import socketserver
import subprocess
import threading
from ipaddress import ip_network
from types import TracebackType
from typing import Self


class Door(socketserver.ThreadingTCPServer):
    """Another address for a server on loopback, for as long as its ``with`` block lasts.

    This way the servers themselves never listen anywhere else.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: str, url: str) -> None:
        self._target = int(url.rpartition(":")[2].partition("/")[0])
        super().__init__((address, 0), _Passing)
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def target(self) -> tuple[str, int]:
        """The server on loopback."""
        return "127.0.0.1", self._target

    @property
    def url(self) -> str:
        """What a container calls, without a slash at its end."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()


class _Passing(socketserver.BaseRequestHandler):
    server: Door

    def handle(self) -> None:
        with socket.create_connection(self.server.target) as inner:
            back = threading.Thread(target=_pour, args=(inner, self.request), daemon=True)
            back.start()
            _pour(self.request, inner)
            back.join()


def _pour(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


def container_host() -> str | None:
    """The address at which containers reach this machine: SAM_HOST_ADDRESS, else that of Docker's own network.

    None where no Docker answers.
    """
    if shutil.which("docker") is None:
        return None
    asked = subprocess.run(
        ["docker", "network", "inspect", "bridge"], capture_output=True, text=True, check=False
    )
    if asked.returncode != 0:
        return None
    if said := os.environ.get("SAM_HOST_ADDRESS"):
        return said
    (network,) = json.loads(asked.stdout)
    addresses = network["IPAM"]["Config"][0]
    # Older engines name no gateway before the first container runs; it is the first address all the same.
    return str(addresses.get("Gateway") or next(ip_network(addresses["Subnet"]).hosts()))
