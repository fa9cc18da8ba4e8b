"""The secret of a channel, read at run time: it is in no environment variable, and a rotated one is soon used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aws_lambda_powertools.utilities.parameters import SecretsProvider, SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from jobherald.errors import ConfigError, DeliveryError

MAX_AGE: Final = 300
"""Seconds for which a secret that was read is good: so soon a rotated one is used."""

# Refusals that stay until a person acts; anything else (throttling, an outage) passes by itself.
_LASTING: Final = (
    "AccessDenied",
    "DecryptionFailure",
    "InvalidKeyId",
    "ParameterNotFound",
    "ResourceNotFoundException",
    "ValidationException",
)


class Secret:
    """One secret by its reference: ``ssm:/name`` or ``secretsmanager:name-or-arn``."""

    def __init__(self, reference: str, client: Callable[[str], Any]) -> None:
        """``client`` makes the boto client of a service. Raises ConfigError for any other reference."""
        service, _, self._name = reference.partition(":")
        if service not in {"ssm", "secretsmanager"} or not self._name:
            raise ConfigError(
                "The reference to the secret is none. Write ssm:/name, or secretsmanager:name or its ARN;"
                " never the secret itself."
            )
        self.reference = reference
        self._get = _reader(service, client(service))

    def read(self, *, fresh: bool = False) -> str:
        """The value, at most five minutes old, or read just now. Raises DeliveryError, which never holds the value."""
        try:
            value = self._get(self._name, fresh)
        except GetParameterError as error:
            lasting = any(code in str(error) for code in _LASTING)
            raise DeliveryError(f"{self.reference} cannot be read: {error}", channel_gone=lasting) from None
        if not isinstance(value, str) or not value.strip():
            raise DeliveryError(f"{self.reference} holds no text.", channel_gone=True)
        return value.strip()


def _reader(service: str, client: Any) -> Callable[[str, bool], object]:
    if service == "ssm":
        parameters = SSMProvider(boto3_client=client)
        return lambda name, fresh: parameters.get(name, decrypt=True, max_age=MAX_AGE, force_fetch=fresh)
    secrets = SecretsProvider(boto3_client=client)
    return lambda name, fresh: secrets.get(name, max_age=MAX_AGE, force_fetch=fresh)
