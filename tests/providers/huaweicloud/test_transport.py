"""One exchange over real HTTP: tried once, never redirected, through a proxy where there is one, and never unverified."""

from __future__ import annotations

import base64
import json
import logging
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from jobherald.providers.huaweicloud import transport
from jobherald.providers.huaweicloud.transport import NoReplyError, Reply, Transport
from tests.providers.huaweicloud.gateway import Answer, Gateway, serving

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer's shell says of proxies does not count."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def get(url: str, sender: Transport | None = None) -> Reply:
    return (sender or Transport()).send("GET", url, {"X-One": "1"}, b"")


def no_reply(url: str, sender: Transport | None = None) -> NoReplyError:
    with pytest.raises(NoReplyError) as caught:
        get(url, sender)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


def test_what_is_sent_arrives_and_what_is_answered_comes_back(gateway: Gateway) -> None:
    """Method, target, headers and body as they were given, under a plain name; the answer's headers in lower case."""
    gateway.answers = [Answer({"a": [1]}, 418, {"X-Request-Id": "r1"})]

    reply = Transport().send("POST", f"{gateway.url}/v2/x?a=b%20c", {"X-One": "1", "Host": "other"}, b"body")

    (asked,) = gateway.asked
    assert (asked.method, asked.target, asked.body) == ("POST", "/v2/x?a=b%20c", b"body")
    assert (asked.headers["x-one"], asked.headers["host"]) == ("1", "other")
    assert asked.headers["user-agent"] == "jobherald"
    assert (reply.status, reply.body, reply.headers["x-request-id"]) == (418, {"a": [1]}, "r1")


def test_a_connection_is_kept(gateway: Gateway) -> None:
    """A warm function does not shake hands before each page."""
    sender = Transport()
    for _ in range(3):
        get(gateway.url, sender)

    assert (len(gateway.asked), gateway.connections) == (3, 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(gateway: Gateway, status: int) -> None:
    """It would take the credential along."""
    gateway.answers = [Answer({}, status, {"Location": f"{gateway.url}/elsewhere"})]

    assert get(gateway.url).status == status
    assert len(gateway.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_nothing_is_tried_twice(gateway: Gateway, status: int) -> None:
    """An answer is an answer, and the next poll comes by itself; what it says is kept."""
    gateway.answers = [Answer({"error_code": "x"}, status, {"Retry-After": "1"})]

    assert get(gateway.url).body == {"error_code": "x"}
    assert len(gateway.asked) == 1


def deep(levels: int) -> bytes:
    """An object in which lists are nested so deep."""
    return b'{"a": ' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize(
    ("payload", "flaw"),
    [
        (b"", "is no JSON"),
        (b"<html><body>502</body></html>", "is no JSON"),
        (b"\xff\xfe\x00", "is no JSON"),
        (b'{"a": 1', "is no JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is no JSON"),
        (b'["a"]', "is no JSON object"),
        (b"null", "is no JSON object"),
        (deep(transport.DEEPEST_ANSWER), "is nested too deep"),
        (deep(100_000), "is nested too deep"),
        (b'{"a": "' + b"x" * transport.LARGEST_ANSWER + b'"}', "is larger than 12 MB"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_an_answer_that_cannot_be_used_says_why(gateway: Gateway, payload: bytes, flaw: str) -> None:
    """Status and headers stay; the connection works on."""
    sender = Transport()
    gateway.answers = [Answer(payload, 200)]

    reply = get(gateway.url, sender)

    assert (reply.status, reply.body, reply.flaw) == (200, None, flaw)
    assert get(gateway.url, sender).body == {}


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "' + b"x" * (transport.LARGEST_ANSWER - 9) + b'"}',
        deep(transport.DEEPEST_ANSWER - 2),
        json.dumps({"a": "中文"}, ensure_ascii=False).encode(),
    ],
    ids=["large", "deep", "of another script"],
)
def test_an_answer_up_to_the_limits_is_used(gateway: Gateway, body: bytes) -> None:
    """The limits are far from what a real list answers."""
    gateway.answers = [Answer(body)]

    assert get(gateway.url).body == json.loads(body)


def test_half_a_character_becomes_a_question_mark(gateway: Gateway) -> None:
    """Services cut texts to a length in UTF-16, and what is left of a pair can be neither stored nor sent."""
    gateway.answers = [Answer(b'{"cut": "broke \\uD83D", "whole": "\\ud83e\\udd8a", "\\udd8a": 1}')]

    assert get(gateway.url).body == {"cut": "broke ?", "whole": "🦊", "?": 1}


def test_an_answer_in_chunks_is_read_to_its_end(gateway: Gateway) -> None:
    """Gateways send without a length, too."""

    class Chunked(Answer):
        @property
        def payload(self) -> bytes:
            return b'5\r\n{"a":\r\n3\r\n 1}\r\n0\r\n\r\n'

    gateway.answers = [Chunked(headers={"Transfer-Encoding": "chunked"})]

    assert get(gateway.url).body == {"a": 1}


def test_no_answer_in_time_is_none(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for a read as long as it says, once."""
    monkeypatch.setattr(transport, "READ_SECONDS", 0.05)
    gateway.answers = [Answer(delay=5)]

    began = time.monotonic()
    assert no_reply(gateway.url).kind == "ReadTimeoutError"
    assert time.monotonic() - began < 4
    assert len(gateway.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(cut=True),
        Answer(b"short", headers={"Content-Length": "10"}),
        Answer(b"", headers={"X-Long": "x" * 70_000}),
    ],
    ids=["no answer", "half an answer", "endless header"],
)
def test_a_broken_answer_is_none(gateway: Gateway, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is told by its kind, whatever its text would say."""
    monkeypatch.setattr(transport, "READ_SECONDS", 0.3)
    gateway.answers = [answer]

    error = no_reply(gateway.url)

    assert error.kind in {"ProtocolError", "ReadTimeoutError"}
    assert not error.no_such_host
    assert len(gateway.asked) == 1


def test_nobody_at_the_address_is_no_answer() -> None:
    """A refused connection says nothing about whether the service exists."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    error = no_reply(f"http://127.0.0.1:{port}")

    assert (error.kind, error.no_such_host) == ("NewConnectionError", False)


@pytest.mark.parametrize(
    ("number", "absent"), [(socket.EAI_NONAME, True), (socket.EAI_AGAIN, False)], ids=["unknown", "later"]
)
def test_a_host_that_dns_does_not_know_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, number: int, absent: bool
) -> None:
    """That is how a service that a region does not have shows itself; a resolver that is down is another matter."""

    def resolve(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(number, "made up")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    assert no_reply("https://modelarts.xx-nowhere-9.myhuaweicloud.com").no_such_host is absent


def test_what_cannot_be_sent_is_told_without_its_text() -> None:
    """A header with a line end is refused by an error that repeats it."""
    with pytest.raises(NoReplyError) as caught:
        Transport().send("GET", "http://127.0.0.1:1", {"X-Auth-Token": "c4n4ry\nx"}, b"")

    assert "c4n4ry" not in repr(caught.value)


# ---------------------------------------------------------------- proxies


def test_http_goes_through_the_proxy_that_the_environment_names(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the proxy's own user, and the whole URL as target."""
    monkeypatch.setenv("HTTP_PROXY", gateway.url.replace("http://", "http://user:p%40ss@"))

    assert get("http://modelarts.example/v2/x").body == {}

    (asked,) = gateway.asked
    assert (asked.target, asked.headers["host"]) == ("http://modelarts.example/v2/x", "modelarts.example")
    assert asked.headers["proxy-authorization"] == "Basic " + base64.b64encode(b"user:p@ss").decode()


@pytest.mark.parametrize("form", ["//{}", "{}", "http://{}"])
def test_a_proxy_may_be_named_without_a_scheme(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """As botocore reads it."""
    monkeypatch.setenv("HTTP_PROXY", form.format(gateway.url.removeprefix("http://")))

    assert get("http://modelarts.example/").status == 200


def test_a_host_of_no_proxy_is_asked_directly(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is not there does no harm to it."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,.internal")

    assert get(gateway.url).status == 200


def test_https_asks_the_proxy_for_a_tunnel(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that refuses one, or is not there at all, is no word about the host."""
    for proxy in (gateway.url, "http://127.0.0.1:1"):
        monkeypatch.setenv("HTTPS_PROXY", proxy)

        error = no_reply("https://modelarts.xx-nowhere-9.myhuaweicloud.com")

        assert (error.kind, error.no_such_host) == ("ProxyError", False)
    assert gateway.asked == []
    assert gateway.connections == 1


# ---------------------------------------------------------------- certificates


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Gateway, Path]]:
    """A server of TLS, and the certificate of its own making that it shows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "made up")])
    address = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown, kept = tmp_path / "certificate.pem", tmp_path / "key.pem"
    shown.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    kept.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, kept)
    with serving(lambda listening: context.wrap_socket(listening, server_side=True)) as running:
        running.url = running.url.replace("127.0.0.1", "localhost")
        yield running, shown


def test_an_unknown_certificate_is_not_taken(secure: tuple[Gateway, Path]) -> None:
    """Nothing is sent to who cannot prove to be the host."""
    gateway, _ = secure

    assert no_reply(gateway.url).kind == "SSLError"
    assert gateway.asked == []


def test_a_certificate_that_the_environment_trusts_is_taken_for_its_name_alone(
    secure: tuple[Gateway, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE is how one trusts a proxy that looks into TLS; the name still has to be right."""
    gateway, certificate = secure
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    assert get(gateway.url).status == 200
    assert no_reply(gateway.url.replace("localhost", "127.0.0.1")).kind == "SSLError"
    assert len(gateway.asked) == 1


def test_no_log_of_the_libraries_below_holds_a_header(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """Even where somebody turns all of them on."""
    caplog.set_level(logging.DEBUG)

    Transport().send("GET", gateway.url, {"X-Auth-Token": "c4n4ry"}, b"c4n4ry")

    assert caplog.records
    assert "c4n4ry" not in caplog.text
