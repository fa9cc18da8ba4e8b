from __future__ import annotations

import contextlib
import http.client
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import RpcV2CBORParser

from jobherald.local.services import JobServices, transcription_job
from jobherald.local.services.wire import cbor

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)

ClientOf = Callable[..., Any]


def ask(
    services: JobServices, service: str, method: str, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, http.client.HTTPMessage, bytes]:
    scope = f"AWS4-HMAC-SHA256 Credential=AKIA/20261122/us-east-1/{service}/aws4_request, Signature=0"
    connection = http.client.HTTPConnection(services.url.removeprefix("http://"), timeout=5)
    with contextlib.closing(connection):
        connection.request(method, path, body, {"Authorization": scope, **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def read(body: bytes) -> Any:
    reader: Any = RpcV2CBORParser()
    return reader.parse_data_item(io.BufferedReader(io.BytesIO(body)))


@pytest.mark.parametrize(
    "value",
    [
        *(0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**63 - 1, -1, -24, -25, -(2**40)),
        *(True, False, 1.5, "", "Übung", "x" * 300, [1, ["a", {}]], {"a": {"b": [NOON]}}),
        NOON + timedelta(milliseconds=123),
    ],
)
def test_botocore_reads_the_cbor_that_is_written(value: Any) -> None:
    """Each kind of value, at each size of its head."""
    assert read(cbor(value)) == value


def test_members_that_hold_nothing_are_left_out() -> None:
    """As in JSON."""
    assert read(cbor({"NextToken": None, "n": 1})) == {"n": 1}


@pytest.mark.parametrize("client_of_its_time", ["json", "cbor"])
def test_one_service_speaks_json_and_cbor(services: JobServices, client_of_its_time: str) -> None:
    """Which of them a client speaks is a matter of its botocore's age."""
    services.add(transcription_job("call", created_at=NOON - timedelta(hours=1)))
    if client_of_its_time == "json":
        headers = {"X-Amz-Target": "Transcribe.ListTranscriptionJobs"}
        status, said, body = ask(services, "transcribe", "POST", "/", b'{"MaxResults": 1}', headers)
        (row,) = json.loads(body)["TranscriptionJobSummaries"]
        assert row["CreationTime"] == (NOON - timedelta(hours=1)).timestamp()
    else:
        path, headers = (
            "/service/Transcribe/operation/ListTranscriptionJobs",
            {"smithy-protocol": "rpc-v2-cbor"},
        )
        status, said, body = ask(services, "transcribe", "POST", path, cbor({"MaxResults": 1}), headers)
        (row,) = read(body)["TranscriptionJobSummaries"]
        assert row["CreationTime"] == NOON - timedelta(hours=1)
        assert said["smithy-protocol"] == "rpc-v2-cbor"
    assert (status, row["TranscriptionJobName"]) == (200, "call")


@pytest.mark.parametrize(
    ("service", "method", "path", "body", "headers", "code"),
    [
        (
            *("transcribe", "POST", "/service/Transcribe/operation/ListTranscriptionJobs", b"\xff"),
            *({"smithy-protocol": "rpc-v2-cbor"}, "SerializationException"),
        ),
        (
            *("transcribe", "POST", "/service/Transcribe", b""),
            *({"smithy-protocol": "rpc-v2-cbor"}, "UnknownOperationException"),
        ),
        (
            *("batch", "POST", "/service/Transcribe/operation/ListTranscriptionJobs", b"\xa0"),
            *({"smithy-protocol": "rpc-v2-cbor"}, "InvalidSignatureException"),
        ),
        ("batch", "POST", "/v1/listjobs", b"{", {}, "SerializationException"),
        ("batch", "POST", "/v1/listjobs", b'{"colour": 1}', {}, "ClientException"),
        ("batch", "GET", "/v1/listjobs", b"", {}, "UnknownOperationException"),
        ("bedrock", "POST", "/v1/listjobs", b"{}", {}, "UnknownOperationException"),
        ("bedrock", "GET", "/model-invocation-jobs?maxResults=many", b"", {}, "ValidationException"),
        ("bedrock", "GET", "/model-invocation-jobs?submitTimeAfter=noon", b"", {}, "ValidationException"),
    ],
)
def test_a_request_that_is_none_is_refused(
    services: JobServices,
    service: str,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
    code: str,
) -> None:
    """In the form of its protocol: a type in the body, or in a header."""
    status, said, answered = ask(services, service, method, path, body, headers)
    assert status == 400
    named = read(answered)["__type"] if headers else said["x-amzn-ErrorType"]
    assert named == code


def test_an_operation_that_is_not_simulated_is_unknown(client_of: ClientOf) -> None:
    """By name, and by path."""
    with pytest.raises(ClientError, match="UnknownOperation"):
        client_of("glue").get_databases()
    with pytest.raises(ClientError, match="UnknownOperation"):
        client_of("bedrock").list_foundation_models()
