"""A secret is read at run time from where its reference says, and a rotated one is soon used."""

from __future__ import annotations

import socket
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from moto import mock_aws

from jobherald.errors import ConfigError, SecretError
from jobherald.secret import Secret

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


def secret(reference: str, clock: Callable[[], float] = lambda: 0.0) -> Secret:
    client: Any = boto3.client
    return Secret(reference, client, clock)


references = pytest.mark.parametrize("reference", ["ssm:/jobherald/slack", "secretsmanager:jobherald/slack"])


@references
def test_the_value_is_read_decrypted(reference: str) -> None:
    """Both stores give the value itself, without the line end that an editor left."""
    store(reference, f"{OLD}\n")

    assert secret(reference).read() == OLD


@references
def test_a_rotated_secret_is_used_within_five_minutes(reference: str) -> None:
    """What was read is used for less than 300 seconds, then read again."""
    now = 1_795_345_200.0
    store(reference, OLD)
    read = secret(reference, lambda: now)
    assert read.read() == OLD
    store(reference, NEW)

    now += 299
    assert read.read() == OLD
    now += 1
    assert read.read() == NEW


@references
def test_a_clock_that_is_set_back_does_not_prolong_it(reference: str) -> None:
    """How old a value is that was read in the future nobody knows; it is read anew."""
    now = 1_795_345_200.0
    store(reference, OLD)
    read = secret(reference, lambda: now)
    assert read.read() == OLD
    store(reference, NEW)

    now -= 1
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
    """The error names the reference."""
    with pytest.raises(SecretError, match="cannot be read") as caught:
        secret(reference).read()

    assert caught.value.lasting
    assert reference in str(caught.value)


@pytest.mark.parametrize(
    ("code", "lasting"),
    [("ThrottlingException", False), ("InternalServerError", False), ("AccessDeniedException", True)],
)
def test_trouble_at_the_store_passes_and_a_refusal_does_not(code: str, *, lasting: bool) -> None:
    """A throttled read is no reason to call anybody."""
    client = boto3.client("ssm")
    with Stubber(client) as stub:
        stub.add_client_error("get_parameter", code)
        with pytest.raises(SecretError, match=code) as caught:
            Secret("ssm:/x", lambda _: client).read()

    assert caught.value.lasting is lasting


def test_a_store_that_is_out_of_reach_passes() -> None:
    """No answer is no refusal."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    client: Any = boto3.client
    once = Config(retries={"total_max_attempts": 1})

    with pytest.raises(SecretError, match="cannot be read") as caught:
        Secret("ssm:/x", lambda name: client(name, endpoint_url=url, config=once)).read()

    assert not caught.value.lasting


def test_a_secret_without_text_needs_a_person() -> None:
    """An empty secret, or one of bytes, is no URL and no token."""
    boto3.client("secretsmanager").create_secret(Name="bytes", SecretBinary=b"\xffc4n4ry")
    store("ssm:/blank", " ")

    for reference in ("secretsmanager:bytes", "ssm:/blank"):
        with pytest.raises(SecretError, match="holds no text") as caught:
            secret(reference).read()
        assert caught.value.lasting
        assert "c4n4ry" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("reference", ["", "ssm:", "/jobherald/slack", "s3:bucket/key", OLD])
def test_a_reference_that_is_none_is_refused(reference: str) -> None:
    """Two forms are possible, and the error says which; it never repeats what may be the secret itself."""
    with pytest.raises(ConfigError, match="Write ssm:/name") as caught:
        secret(reference)
    assert "c4n4ry" not in str(caught.value)
