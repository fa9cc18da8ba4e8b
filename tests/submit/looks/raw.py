"""An HTTP server that says the same to everything, and clients that ask it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.session
from botocore.config import Config

from jobherald.submit.looks.eyes import ClientFactory
from tests.submit.looks.world import SECRETS


class Raw:
    """What an HTTP server answers to everything, and how often it was asked."""

    def __init__(self) -> None:
        self.status, self.body, self.delay, self.asked = 200, b"", 0.0, 0
        self.headers: dict[str, str] = {}
        self.sized = True


@contextmanager
def answering(raw: Raw) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            raw.asked += 1
            time.sleep(raw.delay)
            self.send_response_only(raw.status)
            for name, value in raw.headers.items():
                self.send_header(name, value)
            if raw.sized:
                self.send_header("Content-Length", str(len(raw.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(raw.body)

        do_HEAD = do_GET  # noqa: N815 (named by http.server)

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def towards(url: str, *keys: str, read_timeout: float = 5) -> ClientFactory:
    session = botocore.session.get_session()
    session.set_credentials(*(keys or SECRETS))
    config = Config(
        connect_timeout=1,
        read_timeout=read_timeout,
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
    )
    return lambda name, region: session.create_client(name, region, endpoint_url=url, config=config)
