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
# A body that the client did not hash says so here, or has its hash here.
_BODY_HASH: Final = "x-sdk-content-sha256"


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
            request.method,
            _path(request.path),
            _query(request.query),
            "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in signed),
            ";".join(signed),
            request.headers.get(_BODY_HASH) or hashlib.sha256(request.body).hexdigest(),
        )
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{request.headers.get('x-sdk-date', '')}\n{digest}"
    return hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def _path(path: str) -> str:
    """Each part encoded once, and a slash at the end, whether or not the address has one."""
    parts = "/".join(_encoded(unquote(part)) for part in path.split("/"))
    return parts if parts.endswith("/") else f"{parts}/"


def _query(query: str) -> str:
    pairs = sorted(
        (_encoded(name), _encoded(value)) for name, value in parse_qsl(query, keep_blank_values=True)
    )
    return "&".join(f"{name}={value}" for name, value in pairs)


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
