from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from jobherald.model import Place

DATE = "Sun, 22 Nov 2026 11:00:00 GMT"

LABELING = Place("sagemaker.labeling", "111122223333", "us-east-1")
MEDIA = Place("rekognition.media_analysis", "111122223333", "us-east-1")


@dataclass(frozen=True)
class Answer:
    """One HTTP answer of a service that speaks AWS JSON 1.1; datetimes of the body go out as epoch seconds."""

    body: Any = field(default_factory=dict)
    status: int = 200
    date: str = DATE
    content_type: str = "application/x-amz-json-1.1"

    @property
    def payload(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, default=_epoch).encode()


def error(code: str, message: str = "no", status: int = 400) -> Answer:
    """A refusal as AWS JSON 1.1 services send it."""
    return Answer({"__type": code, "message": message}, status)


Script = Callable[[Mapping[str, Any]], Answer]


class Service:
    """A job service that answers each operation by a script, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._scripts: dict[str, Script] = {}

    def on(self, operation: str, answer: Answer | dict[str, Any] | Script) -> None:
        if isinstance(answer, Answer):
            self._scripts[operation] = lambda body: answer
        elif isinstance(answer, dict):
            self._scripts[operation] = lambda body: Answer(answer)
        else:
            self._scripts[operation] = answer

    def reply(self, operation: str, body: dict[str, Any]) -> Answer:
        self.asked.append((operation, body))
        return self._scripts[operation](body)

    def reset(self) -> None:
        self.asked.clear()
        self._scripts.clear()


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """Serve over real HTTP on loopback; yields the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = service.reply(self.headers["X-Amz-Target"].rpartition(".")[2], body)
            self.send_response_only(answer.status)
            if answer.date:
                self.send_header("Date", answer.date)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.payload)))
            self.end_headers()
            self.wfile.write(answer.payload)

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _epoch(value: object) -> float:
    assert isinstance(value, datetime)
    return value.timestamp()
