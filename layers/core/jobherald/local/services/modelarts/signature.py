"""SDK-HMAC-SHA256 from the verifying side, written from the signing guide alone: the product's signer is not asked.

API Request Signing Guide (devg-apisign), support.huaweicloud.com. The string that is signed is made from what arrived, not
from what somebody meant to send.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import parse_qsl, quote, unquote

from jobherald.local.web import Request

ALGORITHM: Final = "SDK-HMAC-SHA256"
DATE_FORMAT: Final = "%Y%m%dT%H%M%SZ"

_AUTHORIZATION: Final = re.compile(
    rf"{ALGORITHM} Access=(?P<key>[^,\s]+), ?SignedHeaders=(?P<names>[^,\s]+), ?Signature=(?P<signature>[0-9a-f]+)"
)
# A body that the client did not hash says so here.
_BODY_HASH: Final = "x-sdk-content-sha256"
_UNSIGNED: Final = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True)
class Authorization:
    """The Authorization header, taken apart. ``signed`` are the names of the signed headers, as they stand there."""

    access_key: str
    signed: tuple[str, ...]
    signature: str

    @classmethod
    def of(cls, header: str) -> Self | None:
        """None where it is not one of this algorithm."""
        found = _AUTHORIZATION.fullmatch(header)
        return cls(found["key"], tuple(found["names"].split(";")), found["signature"]) if found else None

    def is_true(self, request: Request, secret_key: str) -> bool:
        """Whether who signed this request had the secret key."""
        return hmac.compare_digest(self.signature, sign(request, self.signed, secret_key))


def sign(request: Request, signed: tuple[str, ...], secret_key: str) -> str:
    """The signature that the request must have, in hexadecimal."""
    canonical = "\n".join(
        (
            request.method.upper(),
            _path(request.path),
            _query(request.query),
            "".join(f"{name}:{_header(request, name)}\n" for name in signed),
            ";".join(signed),
            _body(request),
        )
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{_header(request, 'x-sdk-date')}\n{digest}"
    return hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def _path(path: str) -> str:
    """Encoded once, and with a slash at the end, whether or not the address has one."""
    encoded = _encoded(unquote(path), "/")
    return encoded if encoded.endswith("/") else f"{encoded}/"


def _query(query: str) -> str:
    """In the order of the names, then of the values, before they are encoded."""
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs)


def _header(request: Request, name: str) -> str:
    """As it was before it became bytes; http.server reads those as Latin-1."""
    return request.headers.get(name, "").strip().encode("latin-1").decode(errors="replace")


def _body(request: Request) -> str:
    if request.body and request.headers.get(_BODY_HASH) == _UNSIGNED:
        return _UNSIGNED
    return hashlib.sha256(request.body).hexdigest()


def _encoded(text: str, safe: str = "") -> str:
    return quote(text, safe=f"-_.~{safe}")
