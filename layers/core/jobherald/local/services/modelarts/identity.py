"""Who may call: the access keys and users that the simulated IAM knows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

REGION: Final = "cn-north-4"
PROJECT: Final = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"


@dataclass(frozen=True, slots=True)
class _Caller:
    """``projects`` are those that it may call for, ``operations`` those that it may call; empty means all."""

    projects: frozenset[str] = frozenset()
    operations: frozenset[str] = frozenset()

    def may_use(self, project: str) -> bool:
        """Whether it is allowed to call for a project."""
        return not self.projects or project in self.projects

    def may_call(self, operation: str) -> bool:
        """Whether it is allowed to call an operation."""
        return not self.operations or operation in self.operations


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey(_Caller):
    """An AK/SK pair of the user called ``name``.

    A temporary one has a ``security_token`` that goes with every request, and is good until ``expires_at`` (UTC).
    """

    name: str = "jobherald"
    access_key: str = "LOCALAK0000000000000"
    secret_key: str = "local/sk/0000000000000000000000000000000"  # noqa: S105  # it opens nothing but the double
    security_token: str = ""
    expires_at: datetime | None = None

    @property
    def secret(self) -> str:
        """What a secret store holds of it: JSON, as the product reads it."""
        pair = {"access_key": self.access_key, "secret_key": self.secret_key}
        return json.dumps({**pair, "security_token": self.security_token} if self.security_token else pair)


@dataclass(frozen=True, slots=True, kw_only=True)
class User(_Caller):
    """A user with a password.

    ``huawei_id`` marks the owner of a HUAWEI ID account, whom IAM gives no token.
    """

    name: str = "jobherald"
    password: str = "local password"  # noqa: S105  # as above
    domain: str = "acme"
    huawei_id: bool = False

    @property
    def secret(self) -> str:
        """What a secret store holds of it: JSON, as the product reads it."""
        return json.dumps({"user": self.name, "password": self.password, "domain": self.domain})
