"""A process that is told to die does so between two of its requests, and leaves no word but the one of its death."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from jobherald.local import dying
from jobherald.local.dying import call_of

AUTHORIZATION = (
    b"Authorization: AWS4-HMAC-SHA256 Credential=ASIA12/20261122/us-east-1/%s/aws4_request, "
    b"SignedHeaders=host, Signature=00\r\n"
)


@pytest.mark.parametrize(
    ("sent", "call"),
    [
        (
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1:1\r\nX-Amz-Target: DynamoDB_20120810.UpdateItem\r\n"
            + AUTHORIZATION % b"dynamodb"
            + b'\r\n{"a": 1}',
            "dynamodb UpdateItem",
        ),
        (
            b"POST / HTTP/1.1\r\nx-amz-target: AmazonSQS.SendMessageBatch\r\n"
            + AUTHORIZATION % b"sqs"
            + b"\r\n{}",
            "sqs SendMessageBatch",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n"
            + AUTHORIZATION % b"sns"
            + b"\r\nAction=PublishBatch&Version=2010-03-31",
            "sns PublishBatch",
        ),
        (b"GET /key HTTP/1.1\r\n" + AUTHORIZATION % b"s3" + b"\r\n", "s3 GET"),
        (b"POST /services/T/B/secret HTTP/1.1\r\nHost: 127.0.0.1:9\r\n\r\n{}", "POST 127.0.0.1:9"),
        (b"", " ?"),
    ],
)
def test_a_request_has_a_name(sent: bytes, call: str) -> None:
    """Of AWS's the service and what it was asked for; of others the host alone, since a path can be a secret."""
    assert call_of(sent) == call


class Counting(BaseHTTPRequestHandler):
    """Says yes to everything but the first request of all."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken += 1  # type: ignore[attr-defined]
        self.send_response(429 if self.server.taken == 1 else 200)  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as server:
        server.taken = 0  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


# As the emulator's worker does: it reads a line for each invocation, and the function asks by whatever client it has.
WORKER = """
import sys
sys.path.insert(0, {path!r})
import dying
dying.install({folder!r})
import urllib.request, urllib3
while sys.stdin.readline():
    urllib3.PoolManager(retries=False).request("POST", {url!r}, body=b"refused, the first time")
    urllib3.PoolManager(retries=False).request("POST", {url!r}, body=b"first")
    urllib.request.urlopen(urllib.request.Request({url!r}, data=b"second"))
    print("done", flush=True)
"""


def test_it_dies_when_its_request_was_answered(tmp_path: Path, server: ThreadingHTTPServer) -> None:
    """Whatever client asked: the effect is there, nothing comes after it, and the process was killed, not ended.

    What was refused had no effect, and is no request to die of.
    """
    url = f"http://127.0.0.1:{server.server_port}/"
    order = {"number": 7, "function": "stack-slack", "at": 0, "requests": 2, "call": "POST 127"}
    (tmp_path / dying.ORDERS).write_text(json.dumps([order]), encoding="utf-8")
    script = WORKER.format(path=str(Path(dying.__file__).parent), folder=str(tmp_path), url=url)

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-c", script],
            input="one\ntwo\n",
            env={"AWS_LAMBDA_FUNCTION_NAME": "stack-slack"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    died = run()
    assert (died.returncode, died.stdout, died.stderr) == (-signal.SIGKILL, "", "")
    assert server.taken == 3  # type: ignore[attr-defined]
    left = json.loads((tmp_path / "died-7.json").read_text(encoding="utf-8"))
    assert (left["function"], left["requests"]) == ("stack-slack", 2)
    assert left["call"] == f"POST 127.0.0.1:{server.server_port}"
    assert left["began"] <= left["at"]

    lived = run()
    assert (lived.returncode, lived.stdout) == (0, "done\ndone\n"), lived.stderr
