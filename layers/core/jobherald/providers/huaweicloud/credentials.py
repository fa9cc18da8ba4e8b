"""What calls to Huawei Cloud are signed with, read from the text of a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from jobherald.errors import SecretError
from jobherald.providers.huaweicloud.signing import Key

_KEY: Final = {"access_key", "secret_key"}
_TEMPORARY: Final = {"security_token"}
_USER: Final = {"user", "password", "domain"}

EXPECTED: Final = (
    '{"access_key": "…", "secret_key": "…"}, with "security_token" besides where the key is a temporary one,'
    ' or {"user": "…", "password": "…", "domain": "…"}'
)
"""The two forms that the secret may have, for whoever has to write it."""


class ReadsSecret(Protocol):
    """Where the credential comes from, such as ``jobherald.secret.Secret``."""

    reference: str

    def read(self, *, fresh: bool = False) -> str:
        """The value, or the value as it is at this moment. Raises SecretError."""
        ...


@dataclass(frozen=True, slots=True)
class User:
    """An IAM user. ``domain`` is the name of the account it belongs to. The password is never shown."""

    name: str
    password: str = field(repr=False)
    domain: str


def credential(text: str, reference: str) -> Key | User:
    """The key or user that a secret's text holds. Raises SecretError, which names the reference and never the text."""
    members = _members(text)
    fault = _fault(members) if members is not None else "it is not a JSON object"
    if members is None or fault:
        raise SecretError(
            f"{reference} holds no credential of Huawei Cloud: {fault}. Store {EXPECTED}.", lasting=True
        )
    if members.keys() >= _USER:
        return User(members["user"], members["password"], members["domain"])
    return Key(members["access_key"], members["secret_key"], members.get("security_token", ""))


def _members(text: str) -> Mapping[str, Any] | None:
    # The errors of json hold the text that they could not read.
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return members if isinstance(members, dict) else None


def _fault(members: Mapping[str, Any]) -> str:
    """What is wrong, in names of ours alone: another member's name may be a secret that was put in the wrong place."""
    given = members.keys()
    if not (given == _USER or given - _TEMPORARY == _KEY):
        return "its members are not those of a key, nor those of a user"
    for name, value in members.items():
        if not isinstance(value, str) or not value:
            return f"{name} is not a text, or empty"
        # A key goes into headers as it is.
        if name not in _USER and not (value.isascii() and value.isprintable() and " " not in value):
            return f"{name} holds a character that no key has, such as a blank or a line end"
    return ""
