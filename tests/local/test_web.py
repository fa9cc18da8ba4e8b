from __future__ import annotations

import http.client
import socket
import struct
import threading

import pytest

from jobherald.local.web import Answer, LocalServer, Request


class Echo(LocalServer):
    def __init__(self) -> None:
        super().__init__()
        self.may_answer = threading.Event()
        self.asked = threading.Event()
        self.heard: list[str] = []
        self.is_lost = threading.Event()

    def respond(self, request: Request) -> Answer:
        self.asked.set()
        self.may_answer.wait(5)
        return Answer(
            200, request.body, {"Content-Type": request.headers["content-type"]}, note=request.query
        )

    def leaving(self, answer: Answer) -> None:
        self.heard.append(answer.note)

    def lost(self, answer: Answer) -> None:
        self.heard.remove(answer.note)
        self.is_lost.set()


def test_a_request_comes_in_whole_and_its_answer_goes_out() -> None:
    """Body, query and headers (in any case) reach respond, and its answer the client."""
    with Echo() as server:
        server.may_answer.set()
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=5)
        connection.request("POST", "/x?y=1", "héllo".encode(), {"CONTENT-TYPE": "text/plain"})
        answer = connection.getresponse()
        assert (answer.status, answer.read().decode(), answer.headers["content-type"]) == (
            200,
            "héllo",
            "text/plain",
        )
        assert server.heard == ["y=1"]
        connection.close()


def test_an_answer_to_a_client_that_hung_up_is_lost() -> None:
    """What could not be written is taken back, so that nobody counts it as shown."""
    with Echo() as server:
        host, port = server.url.removeprefix("http://").split(":")
        connection = socket.create_connection((host, int(port)))
        connection.sendall(b"POST /?n HTTP/1.1\r\nHost: x\r\nContent-Type: a\r\nContent-Length: 0\r\n\r\n")
        assert server.asked.wait(5)
        # Closing without lingering resets the connection, which the server then finds when it writes.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        server.may_answer.set()
        assert server.is_lost.wait(5)
        assert server.heard == []


def test_a_chunked_body_is_refused() -> None:
    """Its length must be known beforehand; the clients that we serve always say it."""
    with Echo() as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=5)
        # The head alone: the server does not wait for a body that it refuses, nor should the test send one.
        connection.putrequest("POST", "/")
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        assert connection.getresponse().status == http.client.LENGTH_REQUIRED
        connection.close()


def test_a_server_can_be_started_again(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with block is a life of its own, and a quiet one."""
    server = Echo()
    for _ in range(2):
        with server:
            assert server.url
    assert capsys.readouterr().err == ""
