"""Reads requests and writes answers in the protocol that botocore speaks with a service, by moto's parsers and serialisers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.model import ServiceModel as Described
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import get_serializer_class
from werkzeug.datastructures import Headers, MultiDict

from jobherald.checks.models import session

_LABEL = re.compile(r"\{(\w+)(\+?)\}")


class Request(NamedTuple):
    """An HTTP request, its path without what leads to the service."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Response(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@cache
def protocol(client: str) -> str:
    """The protocol that botocore chooses among those of the service."""
    return str(_described(client).resolved_protocol)


@cache
def operation_model(client: str, operation: str) -> OperationModel:
    """The operation as moto wants it: botocore's model with some members of its own."""
    found: OperationModel = _service(client).operation_model(operation)
    return found


def is_for(client: str, operation: str, request: Request) -> bool:
    """Whether the request calls this operation."""
    spoken = protocol(client)
    if spoken == "json":
        return request.headers.get("X-Amz-Target", "").rpartition(".")[2] == operation
    if spoken in {"query", "ec2"}:
        return dict(parse_qsl(request.body.decode())).get("Action") == operation
    return _labels(client, operation, request) is not None


def parsed(client: str, operation: str, request: Request) -> dict[str, Any]:
    """The request's members, as the service reads them."""
    url = urlsplit(request.path)
    values = parse_qsl(url.query, keep_blank_values=True)
    if protocol(client) in {"query", "ec2"}:
        values += parse_qsl(request.body.decode(), keep_blank_values=True)
    parser = PROTOCOL_PARSERS[protocol(client)](operation_model(client, operation), map_type=dict)
    found: dict[str, Any] = parser.parse(
        {
            "method": request.method,
            "values": MultiDict(values),
            "headers": Headers(request.headers),
            "body": request.body.decode(),
            "url_params": _labels(client, operation, request) or {},
            "url_path": url.path,
        }
    )
    return found


def written(client: str, operation: str, answer: Mapping[str, Any]) -> Response:
    """The answer as it goes over the wire."""
    model = operation_model(client, operation)
    serialised = get_serializer_class(client, protocol(client))(model).serialize(answer)
    body = serialised["body"]
    return Response(
        serialised["status_code"], serialised["headers"], body.encode() if isinstance(body, str) else body
    )


def _labels(client: str, operation: str, request: Request) -> dict[str, str] | None:
    """What the labels of the operation's path hold; None where the request is for another one."""
    if protocol(client) not in {"rest-json", "rest-xml"}:
        return None
    method, path, query = _route(client, operation)
    url = urlsplit(request.path)
    match = path.fullmatch(url.path)
    if request.method != method or match is None:
        return None
    asked = dict(parse_qsl(url.query, keep_blank_values=True))
    if any(asked.get(name) != value for name, value in query.items()):
        return None
    return {name: unquote(value) for name, value in match.groupdict().items()}


@cache
def _route(client: str, operation: str) -> tuple[str, re.Pattern[str], dict[str, str]]:
    http = operation_model(client, operation).http
    path, _, query = http["requestUri"].partition("?")
    parts, end = [], 0
    for label in _LABEL.finditer(path):
        parts += [re.escape(path[end : label.start()]), f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})"]
        end = label.end()
    parts.append(re.escape(path[end:]))
    return http["method"], re.compile("".join(parts)), dict(parse_qsl(query, keep_blank_values=True))


@cache
def _service(client: str) -> ServiceModel:
    described = session().get_component("data_loader").load_service_model(client, "service-2")
    return ServiceModel(described, client)


@cache
def _described(client: str) -> Described:
    return session().get_service_model(client)
