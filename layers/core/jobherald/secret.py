"""A secret, read at run time: it is in no environment variable, and a rotated one is soon used."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from jobherald.errors import ConfigError, SecretError

MAX_AGE: Final = 300
"""Seconds for which a secret that was read is good: so soon a rotated one is used."""

# Refusals that stay until a person acts; anything else (throttling, an outage) passes by itself.
_LASTING: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "DecryptionFailure",
        "InvalidKeyId",
        "InvalidParameterException",
        "InvalidRequestException",
        "ParameterNotFound",
        "ParameterVersionNotFound",
        "ResourceNotFoundException",
        "ValidationException",
    }
)


class Secret:
    """One secret by its reference: ``ssm:/name`` or ``secretsmanager:name-or-arn``."""

    def __init__(
        self, reference: str, client: Callable[[str], Any], clock: Callable[[], float] = time.time
    ) -> None:
        """``client`` makes the boto client of a service. Raises ConfigError for any other reference."""
        service, _, self._name = reference.partition(":")
        if service not in _READERS or not self._name:
            raise ConfigError(
                "The reference to the secret is none. Write ssm:/name, or secretsmanager:name or its ARN;"
                " never the secret itself."
            )
        self.reference = reference
        self._get = _READERS[service]
        self._client = client(service)
        self._clock = clock
        self._value = ""
        self._read_at: float | None = None

    def read(self, *, fresh: bool = False) -> str:
        """The value, at most five minutes old, or read just now. Raises SecretError, which never holds the value."""
        now = self._clock()
        if fresh or self._read_at is None or not 0 <= now - self._read_at < MAX_AGE:
            self._value = self._fetch()
            self._read_at = now
        return self._value

    def _fetch(self) -> str:
        try:
            value = self._get(self._client, self._name)
        except ClientError as error:
            lasting = error.response.get("Error", {}).get("Code") in _LASTING
            raise SecretError(f"{self.reference} cannot be read: {error}", lasting=lasting) from None
        except BotoCoreError as error:
            raise SecretError(f"{self.reference} cannot be read: {error}", lasting=False) from None
        if not isinstance(value, str) or not value.strip():
            raise SecretError(f"{self.reference} holds no text.", lasting=True)
        return value.strip()


def _parameter(client: Any, name: str) -> object:
    return client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]


def _secret(client: Any, name: str) -> object:
    return client.get_secret_value(SecretId=name).get("SecretString")


_READERS: Final[Mapping[str, Callable[[Any, str], object]]] = {
    "ssm": _parameter,
    "secretsmanager": _secret,
}
