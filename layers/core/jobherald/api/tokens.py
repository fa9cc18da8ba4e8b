"""Page tokens: where a list goes on, in a form that nobody can read as more than text, alter, or use elsewhere."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, Final

from jobherald.api.refusals import Code, RefusedError

_DIGEST: Final = hashlib.sha256
_SIGNATURE: Final = 16
"""Bytes of the signature: 128 bits, as many as RFC 2104 asks for at least with this hash."""

_LARGEST: Final = 16 * 1024
_PURPOSE: Final = b"jobherald page 1\0"


def make(key: bytes, query: Mapping[str, Any], position: Mapping[str, Any]) -> str:
    """The token of a position, of JSON values, in the list that this query asks for."""
    packed = zlib.compress(_canonical(position), 9)
    return _text(_signature(key, query, packed) + packed)


def read(key: bytes, query: Mapping[str, Any], token: str) -> dict[str, Any]:
    """The position in a token. Raises RefusedError unless it was made with this key for this query."""
    try:
        signed = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (UnicodeEncodeError, binascii.Error):
        raise _refusal() from None
    signature, packed = signed[:_SIGNATURE], signed[_SIGNATURE:]
    # Decoding passes over characters that do not belong there: one position has one token.
    if _text(signed) != token or not hmac.compare_digest(signature, _signature(key, query, packed)):
        raise _refusal()
    # Only what we packed ourselves gets here.
    position: dict[str, Any] = json.loads(zlib.decompressobj().decompress(packed, _LARGEST))
    return position


def _signature(key: bytes, query: Mapping[str, Any], packed: bytes) -> bytes:
    bound = _PURPOSE + _DIGEST(_canonical(query)).digest() + packed
    return hmac.new(key, bound, _DIGEST).digest()[:_SIGNATURE]


def _text(signed: bytes) -> str:
    return urlsafe_b64encode(signed).rstrip(b"=").decode()


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _refusal() -> RefusedError:
    return RefusedError(
        Code.INVALID_TOKEN,
        "The token belongs to no page of this query. Leave it out to begin with the first page, and repeat the query"
        " unaltered with each further token.",
    )
