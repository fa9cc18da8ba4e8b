"""What calls to Huawei Cloud are signed with, read from the text of a secret."""

from __future__ import annotations

from typing import Protocol


class ReadsSecret(Protocol):
    """Where the credential comes from, such as ``jobherald.secret.Secret``."""

    reference: str

    def read(self, *, fresh: bool = False) -> str:
        """The value, or the value as it is at this moment. Raises SecretError."""
        ...
