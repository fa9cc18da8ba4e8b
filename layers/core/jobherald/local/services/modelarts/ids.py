"""Ids of the kinds that ModelArts gives, made from what they stand for, so that the same script has the same ids."""

from __future__ import annotations

import string
from hashlib import sha256
from typing import Final
from uuid import UUID

_LETTERS: Final = string.ascii_letters + string.digits
_LENGTH: Final = 19


def short_id(*parts: object) -> str:
    """Nineteen letters and digits, as datasets and tasks have them."""
    number = int.from_bytes(_digest(parts))
    letters = []
    for _ in range(_LENGTH):
        number, rest = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[rest])
    return "".join(letters)


def long_id(*parts: object) -> str:
    """A UUID, as training jobs and services have them."""
    return str(UUID(bytes=_digest(parts)[:16], version=4))


def _digest(parts: tuple[object, ...]) -> bytes:
    return sha256("/".join(map(str, parts)).encode()).digest()
