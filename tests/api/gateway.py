"""What API Gateway does before a function is asked: it finds the route and writes the event."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools.utilities.typing import LambdaContext
from jsonschema import Draft202012Validator

from jobherald.api import openapi
from tests.functions.stage import ACCOUNT, CONTEXT
from tests.project.template import properties

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

DOCUMENT = openapi.document()
ROUTES = sorted(route["RouteKey"] for route in properties("AWS::ApiGatewayV2::Route").values())


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` is what the JSON says."""

    status: int
    body: Any
    headers: Mapping[str, str]
    text: str

    @property
    def data(self) -> Any:
        """Of an answer to a request that was done."""
        assert self.body["success"] is True, self.text
        return self.body["data"]

    @property
    def error(self) -> Any:
        """Of an answer to a request that was refused."""
        assert self.body["success"] is False, self.text
        return self.body["error"]

    @property
    def code(self) -> tuple[int, str]:
        """The status, and the word for it."""
        return self.status, self.error["code"]

    @property
    def faults(self) -> set[tuple[str, str]]:
        """Path and rule of each detail."""
        return {(each["path"], each["rule"]) for each in self.error["details"]}


@dataclass(frozen=True, slots=True)
class Gateway:
    """The deployed API with its function, in this process. Every answer is held to the API's own document."""

    handler: Handler

    def get(self, url: str) -> Answer:
        return self.request("GET", url)

    def post(self, url: str, body: Any, **headers: str) -> Answer:
        """Post a document, or text or bytes as they are."""
        sent = body if isinstance(body, str | bytes) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", url, sent, {"Content-Type": "application/json", **named})

    def request(
        self, method: str, url: str, body: str | bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request. ``url`` is a path and what stands behind it, as it travels."""
        path, _, query = url.partition("?")
        event = event_of(method, path, query, body.encode() if isinstance(body, str) else body, headers or {})
        if event is None:
            return Answer(404, {"message": "Not Found"}, {"content-type": "application/json"}, "")
        answer = self.handler(event, CONTEXT)
        found = {name.lower(): value for name, value in answer["headers"].items()}
        said = json.loads(answer["body"])
        assert faults_of(event["routeKey"], answer["statusCode"], said) == []
        return Answer(answer["statusCode"], said, found, answer["body"])

    def wsgi(self, environ: Mapping[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """The same as a WSGI application, for clients that want one."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        path, query = environ["REQUEST_URI"].partition("?")[0], environ["QUERY_STRING"]
        body = environ["wsgi.input"].read(length) if length else b""
        answer = self.request(environ["REQUEST_METHOD"], f"{path}?{query}", body, headers)
        said = f"{answer.status} {HTTPStatus(answer.status).phrase}"
        start(said, [("Content-Type", answer.headers["content-type"])])
        return [json.dumps(answer.body).encode()]


def faults_of(route: str, status: int, body: Any) -> list[str]:
    """What the API's own document has against an answer."""
    method, _, path = route.replace("{id+}", "{id}").partition(" ")
    said = DOCUMENT["paths"][path][method.lower()]["responses"].get(str(status))
    if said is None:
        return [f"{route} is never answered with {status}"]
    schema = {**said["content"]["application/json"]["schema"], "components": DOCUMENT["components"]}
    return [fault.message for fault in Draft202012Validator(schema).iter_errors(body)]


def event_of(
    method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]
) -> dict[str, Any] | None:
    """The event of payload format 2.0, as API Gateway writes it; None where there is no such route."""
    raw = _decoded(path)
    route = next((each for each in ROUTES if _fits(each, method, raw)), None)
    if route is None:
        return None
    lowered = {name.lower(): value for name, value in headers.items()}
    event = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": raw,
        "rawQueryString": query,
        "headers": lowered,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "a1b2c3d4",
            "stage": "$default",
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": route,
            "http": {"method": method, "path": raw, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
        },
        "isBase64Encoded": False,
    }
    if not body:
        return event
    if lowered.get("content-type", "").partition(";")[0] in {"application/json", "text/plain"}:
        return {**event, "body": body.decode(errors="replace")}
    return {**event, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _decoded(path: str) -> str:
    """Every escape but that of the per cent sign itself."""
    return unquote(path.replace("%25", "%2525"))


def _fits(route: str, method: str, path: str) -> bool:
    wanted, _, template = route.partition(" ")
    pattern = re.sub(r"\\\{\w+\\\+\\\}", "(.|\n)+", re.escape(template))
    return wanted == method and re.fullmatch(pattern, path) is not None
