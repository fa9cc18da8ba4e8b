"""Where the document is kept: a parameter, or an object that the parameter names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from jobherald.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from types_boto3_s3 import S3Client
    from types_boto3_ssm import SSMClient

PARAMETER_BYTES: Final = 8192
"""What an advanced SSM parameter holds at most; a larger document is kept in S3."""

OBJECT_BYTES: Final = 262_144
"""More than this is no document that a person wrote."""

_REFERENCE: Final = "s3://"


class ParameterConfig:
    """An SSM parameter: the document itself, or ``s3://bucket/key`` where it did not fit.

    ``s3`` makes the client for the second, since most deployments never need it.
    """

    def __init__(self, ssm: SSMClient, s3: Callable[[], S3Client], name: str) -> None:
        self._ssm = ssm
        self._s3 = s3
        self._name = name

    def fetch(self) -> str | None:
        try:
            value = self._ssm.get_parameter(Name=self._name, WithDecryption=True)["Parameter"].get(
                "Value", ""
            )
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ParameterNotFound":
                return None
            raise ConfigError(
                f"The configuration parameter {self._name} cannot be read: {_reason(error)}. "
                "Allow ssm:GetParameter on it."
            ) from error
        text = value.strip()
        return self._object(text) if text.startswith(_REFERENCE) and "\n" not in text else value

    def _object(self, reference: str) -> str:
        bucket, _, key = reference.removeprefix(_REFERENCE).partition("/")
        if not bucket or not key:
            raise ConfigError(
                f"The configuration parameter {self._name} says {reference}, which names no object; "
                "write s3://bucket/key."
            )
        try:
            answer = self._s3().get_object(Bucket=bucket, Key=key)
            if answer["ContentLength"] > OBJECT_BYTES:
                raise ConfigError(f"The configuration at {reference} is larger than {OBJECT_BYTES} bytes.")
            return answer["Body"].read().decode()
        except (BotoCoreError, ClientError) as error:
            raise ConfigError(
                f"The configuration at {reference}, named by the parameter {self._name}, cannot be read: "
                f"{_reason(error)}. Check that it exists and that s3:GetObject is allowed on it."
            ) from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"The configuration at {reference} is no UTF-8 text.") from error


def _reason(error: BotoCoreError | ClientError) -> str:
    if isinstance(error, BotoCoreError):
        return str(error)
    found = error.response["Error"]
    return f"{found.get('Code', 'Unknown')} ({found.get('Message', 'no message')})"
