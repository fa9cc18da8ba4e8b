"""How requests are read and answers written: JSON and CBOR by an operation's name, and JSON by method and path."""

from __future__ import annotations

import functools
import io
import json
import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, unquote

from botocore.model import ListShape, Shape
from botocore.parsers import ResponseParserError, RpcV2CBORParser

from jobherald.local.services import shapes
from jobherald.local.services.api import ApiError, JobApi
from jobherald.local.web import Request

_RPC_PATH: Final = re.compile(r"/service/(?P<target>[^/]+)/operation/(?P<operation>[^/]+)")
_IN_THE_FIRST_BYTE: Final = 24
_PLACEHOLDER: Final = re.compile(r"\{(?P<name>\w+)(?P<greedy>\+?)\}")


@dataclass(frozen=True, slots=True)
class Found:
    """The operation that a request asks for; ``uri`` is what its path says, by the names in the model's template."""

    api: JobApi
    operation: str
    uri: Mapping[str, str] = field(default_factory=dict)


class Wire(Protocol):
    """One protocol."""

    content_type: str

    def find(self, request: Request, apis: Iterable[JobApi], service: str) -> Found:
        """What is asked for, of the APIs that there are; ``service`` is the one that the request was signed for.

        Raises ApiError where nobody knows it.
        """
        ...

    def parameters(self, request: Request, found: Found) -> Any:
        """What is sent, as boto3 takes it. Raises ApiError where it cannot be read."""
        ...

    def answer(self, value: Mapping[str, Any], shape: Shape | None) -> tuple[bytes, dict[str, str]]:
        """Body and headers of an answer."""
        ...

    def refusal(self, error: ApiError) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a refusal."""
        ...


def wire_of(request: Request) -> Wire:
    """The protocol in which a request is written."""
    if "x-amz-target" in request.headers:
        return Json()
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return Cbor()
    return RestJson()


class Json:
    """AWS JSON 1.1: everything in the body, the operation in a header."""

    content_type = "application/x-amz-json-1.1"

    def find(self, request: Request, apis: Iterable[JobApi], service: str) -> Found:
        target, _, operation = request.headers["x-amz-target"].partition(".")
        return _named(target, operation, apis, service)

    def parameters(self, request: Request, found: Found) -> Any:
        return shapes.from_wire(_loads(request.body), _input_of(found))

    def answer(self, value: Mapping[str, Any], shape: Shape | None) -> tuple[bytes, dict[str, str]]:
        return json.dumps(shapes.to_wire(value, shape)).encode(), {}

    def refusal(self, error: ApiError) -> tuple[bytes, dict[str, str]]:
        return json.dumps({"__type": error.code, "message": error.message}).encode(), {}


class Cbor:
    """Smithy's RPC v2 CBOR: everything in the body, the operation in the path."""

    content_type = "application/cbor"
    _headers: Final = {"smithy-protocol": "rpc-v2-cbor"}

    def find(self, request: Request, apis: Iterable[JobApi], service: str) -> Found:
        asked = _RPC_PATH.fullmatch(request.path)
        if asked is None:
            raise _unknown(f"{request.method} {request.path}")
        return _named(asked["target"], asked["operation"], apis, service)

    def parameters(self, request: Request, _found: Found) -> Any:
        reader: Any = RpcV2CBORParser()
        try:
            return reader.parse_data_item(io.BufferedReader(io.BytesIO(request.body or b"\xa0")))
        except (ResponseParserError, ValueError):
            raise ApiError("SerializationException", "The body is not CBOR.") from None

    def answer(self, value: Mapping[str, Any], _shape: Shape | None) -> tuple[bytes, dict[str, str]]:
        return cbor(value), dict(self._headers)

    def refusal(self, error: ApiError) -> tuple[bytes, dict[str, str]]:
        return cbor({"__type": error.code, "message": error.message}), dict(self._headers)


class RestJson:
    """AWS's REST JSON: an operation is a method and a path, its members are in path, query and body."""

    content_type = "application/json"

    def find(self, request: Request, apis: Iterable[JobApi], service: str) -> Found:
        for api in (one for one in apis if one.service == service and not one.target):
            for operation in api.operations:
                method, path = _route(service, operation)
                asked = path.fullmatch(request.path) if method == request.method else None
                if asked is not None:
                    uri = {name: unquote(text) for name, text in asked.groupdict().items()}
                    return Found(api, operation, uri)
        raise _unknown(f"{request.method} {request.path}")

    def parameters(self, request: Request, found: Found) -> Any:
        shape = _input_of(found)
        sent, query = _loads(request.body), parse_qs(request.query, keep_blank_values=True)
        parameters = dict(shapes.from_wire(sent, shape)) if isinstance(sent, Mapping) else {}
        for member, inside in getattr(shape, "members", {}).items():
            name = inside.serialization.get("name", member)
            if inside.serialization.get("location") == "uri":
                parameters[member] = _read(inside, [found.uri[name]])
            elif inside.serialization.get("location") == "querystring" and name in query:
                parameters[member] = _read(inside, query[name])
        return parameters

    def answer(self, value: Mapping[str, Any], shape: Shape | None) -> tuple[bytes, dict[str, str]]:
        return json.dumps(shapes.to_wire(value, shape)).encode(), {}

    def refusal(self, error: ApiError) -> tuple[bytes, dict[str, str]]:
        return json.dumps({"message": error.message}).encode(), {"x-amzn-ErrorType": error.code}


def _named(target: str, operation: str, apis: Iterable[JobApi], service: str) -> Found:
    api = next((one for one in apis if one.target == target and operation in one.operations), None)
    if api is None:
        raise _unknown(f"{target}.{operation}")
    if api.service != service:
        raise ApiError(
            "InvalidSignatureException", f"Credential should be scoped to correct service: {api.service}."
        )
    return Found(api, operation)


def _unknown(what: str) -> ApiError:
    return ApiError("UnknownOperationException", f"{what} is not simulated here")


@functools.cache
def _route(service: str, operation: str) -> tuple[str, re.Pattern[str]]:
    """Method and path of an operation of the model."""
    http = shapes.operation_model(service, operation).http
    path, end = "", 0
    for part in _PLACEHOLDER.finditer(http["requestUri"]):
        kind = ".+" if part["greedy"] else "[^/]+"
        path += re.escape(http["requestUri"][end : part.start()]) + f"(?P<{part['name']}>{kind})"
        end = part.end()
    return http["method"], re.compile(path + re.escape(http["requestUri"][end:]))


def _input_of(found: Found) -> Shape | None:
    return shapes.operation_model(found.api.service, found.operation).input_shape


def _loads(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError:
        raise ApiError("SerializationException", "The body is not JSON.") from None


def _read(shape: Shape, texts: Sequence[str]) -> Any:
    """What texts of a path or query mean; what does not fit is left as it is, for ``violations`` to name."""
    if isinstance(shape, ListShape):
        return [_read(shape.member, [text]) for text in texts]
    text = texts[0]
    try:
        match shape.type_name:
            case "integer" | "long":
                return int(text)
            case "timestamp":
                return datetime.fromisoformat(text)
            case "boolean":
                return {"true": True, "false": False}.get(text, text)
    except ValueError:
        pass
    return text


def cbor(value: Any) -> bytes:  # a type a line
    """A value in CBOR, as far as the services' answers need it (RFC 8949)."""
    match value:
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case float():
            return b"\xfb" + struct.pack(">d", value)
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case datetime():
            return b"\xc1" + cbor(round(value.timestamp(), 3))
        case Mapping():
            members = {name: member for name, member in value.items() if member is not None}
            pairs = (cbor(name) + cbor(member) for name, member in members.items())
            return _head(5, len(members)) + b"".join(pairs)
        case list() | tuple():
            return _head(4, len(value)) + b"".join(map(cbor, value))
    raise TypeError(f"{type(value).__name__} has no form in CBOR here")


def _head(major: int, number: int) -> bytes:
    """A major type with its argument, in the shortest form."""
    if number < _IN_THE_FIRST_BYTE:
        return bytes([major << 5 | number])
    size = next(size for size in range(4) if number < 1 << (8 << size))
    return bytes([major << 5 | _IN_THE_FIRST_BYTE + size]) + number.to_bytes(1 << size, "big")
