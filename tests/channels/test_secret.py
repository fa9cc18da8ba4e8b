"""A secret is read at run time from where its reference says, and a rotated one is soon used."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.parameters import base
from moto import mock_aws

from jobherald.channels.secret import Secret
from jobherald.errors import ConfigError, DeliveryError

OLD, NEW = "xoxb-old-c4n4ry", "xoxb-new-c4n4ry"


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    with mock_aws():
        yield


def store(reference: str, value: str) -> None:
    service, _, name = reference.partition(":")
    if service == "ssm":
        boto3.client("ssm").put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
        return
    client = boto3.client("secretsmanager")
    try:
        client.create_secret(Name=name, SecretString=value)
    except client.exceptions.ResourceExistsException:
        client.put_secret_value(SecretId=name, SecretString=value)


def secret(reference: str) -> Secret:
    client: Any = boto3.client
    return Secret(reference, client)


references = pytest.mark.parametrize("reference", ["ssm:/jobherald/slack", "secretsmanager:jobherald/slack"])


@references
def test_the_value_is_read_decrypted(reference: str) -> None:
    """Both stores give the value itself, without the line end that an editor left."""
    store(reference, f"{OLD}\n")

    assert secret(reference).read() == OLD


@references
def test_a_rotated_secret_is_used_within_five_minutes(
    reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read is used for at most 300 seconds, then read again."""
    now = datetime(2026, 11, 22)  # noqa: DTZ001 - Powertools compares with its own naive clock
    clock = type("Clock", (datetime,), {"now": classmethod(lambda cls, tz=None: now)})
    monkeypatch.setattr(base, "datetime", clock)
    store(reference, OLD)
    read = secret(reference)
    assert read.read() == OLD
    store(reference, NEW)

    now += timedelta(seconds=299)
    assert read.read() == OLD
    now += timedelta(seconds=2)
    assert read.read() == NEW


@references
def test_a_fresh_read_sees_the_rotated_secret(reference: str) -> None:
    """After a refusal there is no waiting for five minutes."""
    store(reference, OLD)
    read = secret(reference)
    read.read()
    store(reference, NEW)

    assert read.read(fresh=True) == NEW
    assert read.read() == NEW


@references
def test_a_secret_that_is_not_there_needs_a_person(reference: str) -> None:
    """It is not the message's fault: it waits, and the error names the reference."""
    with pytest.raises(DeliveryError, match="cannot be read") as caught:
        secret(reference).read()

    assert caught.value.channel_gone
    assert reference in str(caught.value)


def test_trouble_at_the_store_passes() -> None:
    """A throttled read is no reason to call anybody."""

    class Client:
        def get_parameter(self, **_: Any) -> dict[str, Any]:
            raise RuntimeError("ThrottlingException: slow down")

    with pytest.raises(DeliveryError) as caught:
        Secret("ssm:/x", lambda _: Client()).read()

    assert not caught.value.channel_gone
    assert not caught.value.permanent


def test_a_secret_without_text_needs_a_person() -> None:
    """An empty secret, or one of bytes, is no URL and no token."""
    boto3.client("secretsmanager").create_secret(Name="bytes", SecretBinary=b"\xffc4n4ry")
    store("ssm:/blank", " ")

    for reference in ("secretsmanager:bytes", "ssm:/blank"):
        with pytest.raises(DeliveryError, match="holds no text") as caught:
            secret(reference).read()
        assert caught.value.channel_gone
        assert "c4n4ry" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("reference", ["", "ssm:", "/jobherald/slack", "s3:bucket/key", OLD])
def test_a_reference_that_is_none_is_refused(reference: str) -> None:
    """Two forms are possible, and the error says which; it never repeats what may be the secret itself."""
    with pytest.raises(ConfigError, match="Write ssm:/name") as caught:
        secret(reference)
    assert "c4n4ry" not in str(caught.value)
