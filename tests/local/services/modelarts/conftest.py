from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from huaweicloudsdkcore.sdk_request import SdkRequest  # type: ignore[import-untyped]
from huaweicloudsdkcore.signer.signer import Signer  # type: ignore[import-untyped]

from jobherald.local.clock import ManualClock
from jobherald.local.services.modelarts import DATASET, PROJECT, AccessKey, ModelArts, Settings

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=30)
TASKS = f"/v2/{PROJECT}/datasets/{DATASET}/tasks"


@dataclass(frozen=True)
class Answered:
    """What a request got. ``code`` is its error code, empty where it has none."""

    status: int
    headers: Message
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str:
        return str(self.body.get("error_code", ""))


@dataclass
class Client:
    """Asks a server over HTTP, signed by Huawei's own signer."""

    server: ModelArts
    key: AccessKey = field(default_factory=AccessKey)
    patience: float = 5.0

    def signed(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        at: datetime | None = None,
    ) -> dict[str, str]:
        """The headers of a signed request; ``at`` is when it says that it was signed."""
        path, _, query = target.partition("?")
        stamp = (at or self.server.clock.now()).strftime("%Y%m%dT%H%M%SZ")
        token = {"X-Security-Token": self.key.security_token} if self.key.security_token else {}
        given = {"Content-Type": "application/json", "X-Sdk-Date": stamp, **token, **(headers or {})}
        request = SdkRequest(
            method,
            "http",
            self.server.url.removeprefix("http://"),
            path,
            query_params=parse_qsl(query, keep_blank_values=True),
            header_params=given,
            body=body,
        )
        credentials = type("Credentials", (), {"ak": self.key.access_key, "sk": self.key.secret_key})
        return dict(Signer(credentials).sign(request).header_params)

    def send(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answered:
        """One request with just these headers."""
        host = self.server.url.removeprefix("http://")
        with closing(http.client.HTTPConnection(host, timeout=self.patience)) as connection:
            connection.request(method, target, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answered(answer.status, answer.headers, answer.read())

    def get(self, path: str, **query: Any) -> Answered:
        target = f"{path}?{urlencode(query)}" if query else path
        return self.send("GET", target, headers=self.signed("GET", target))

    def post(self, path: str, asked: Any) -> Answered:
        body = json.dumps(asked).encode()
        return self.send("POST", path, body, self.signed("POST", path, body))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def settings() -> Settings:
    """Overridden by tests that are about one of them."""
    return Settings()


@pytest.fixture
def server(clock: ManualClock, settings: Settings) -> Iterator[ModelArts]:
    with ModelArts(clock=clock, settings=settings) as running:
        yield running


@pytest.fixture
def client(server: ModelArts) -> Client:
    return Client(server)
