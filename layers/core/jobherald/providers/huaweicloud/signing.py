"""Signs a request to Huawei Cloud with an access key: SDK-HMAC-SHA256. Pure.

Source: https://support.huaweicloud.com/devg-apisign/api-sign-algorithm-003.html and the pages around it, and the signer of
huaweicloudsdkcore, to which the tests compare this one.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_ALGORITHM: Final = "SDK-HMAC-SHA256"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Key:
    """An access key. ``security_token`` belongs to a temporary one. None of it is ever shown."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    security_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is sent. Path and query of the URL are percent-encoded."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def sign(request: Request, key: Key, at: datetime) -> dict[str, str]:
    """The headers of the request with those that sign it.

    ``at`` is aware; the gateway takes what is signed within 15 minutes of its own clock. A header whose name holds an
    underscore is sent and not signed.
    """
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {**request.headers, "Host": host(request.url), "X-Sdk-Date": stamp}
    if key.security_token:
        headers["X-Security-Token"] = key.security_token
    names = _signed(headers)
    text = "\n".join((_ALGORITHM, stamp, _sha256(canonical(request, headers).encode())))
    signature = hmac.new(key.secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = (
        f"{_ALGORITHM} Access={key.access_key}, SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return headers


def canonical(request: Request, headers: Mapping[str, str]) -> str:
    """The one form of a request, with its headers, over which both sides compute the signature."""
    url = urlsplit(request.url)
    path = "/".join(encoded(part) for part in unquote(url.path).split("/"))
    pairs = sorted(parse_qsl(url.query, keep_blank_values=True))
    values = {name.lower(): value.strip() for name, value in headers.items()}
    names = _signed(headers)
    return "\n".join(
        (
            request.method.upper(),
            # Only here: the path that is sent has no slash added.
            path if path.endswith("/") else f"{path}/",
            "&".join(f"{encoded(name)}={encoded(value)}" for name, value in pairs),
            "".join(f"{name}:{values[name]}\n" for name in names),
            ";".join(names),
            _sha256(request.body),
        )
    )


def query_text(query: Mapping[str, Any]) -> str:
    """Parameters as a URL has them: sorted, a list as its key repeated, booleans in lower case."""
    pairs = [
        (name, _text(one))
        for name, value in query.items()
        for one in (value if isinstance(value, list | tuple) else (value,))
    ]
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in sorted(pairs))


def encoded(text: str) -> str:
    """Percent-encoded but for letters, digits and ``-_.~``. Half a surrogate pair, which no URL has, becomes ``?``."""
    return quote(text, safe="", errors="replace")


def host(url: str) -> str:
    """The Host header of a URL: with the port where it is not the default one."""
    parts = urlsplit(url)
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    default = parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)}
    return name if default else f"{name}:{parts.port}"


def _signed(headers: Mapping[str, str]) -> list[str]:
    return sorted(name.lower() for name in headers if "_" not in name)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
