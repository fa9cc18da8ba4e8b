from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from huaweicloudsdkcore.sdk_request import SdkRequest  # type: ignore[import-untyped]
from huaweicloudsdkcore.signer.signer import Signer  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from jobherald.local.services.modelarts.signature import Authorization
from jobherald.local.web import Request

VECTOR = json.loads(
    (Path(__file__).parents[3] / "providers/huaweicloud/data/signing_vector.json").read_text()
)[0]
SECRET = "local/sk"

TEXTS = st.text("aZ09-_.~ /+%&=?#;:@'\"()*!$中é", max_size=8)
WORDS = st.text("aZ09-_.~ /+&=?中", min_size=1, max_size=8)


def _recorded() -> tuple[Authorization, Request]:
    asked = VECTOR["input"]
    headers = {name.lower(): value for name, value in VECTOR["signed_header_params"].items()}
    authorization = Authorization.of(headers["authorization"])
    assert authorization is not None
    return authorization, Request(asked["method"], asked["path"], "", headers, b"")


def test_a_recorded_signature_is_true() -> None:
    """One that Huawei's signer made, with the secret key that it was made with, and no other."""
    authorization, request = _recorded()
    assert authorization.access_key == VECTOR["input"]["ak"]
    assert authorization.is_true(request, VECTOR["input"]["sk"])
    assert not authorization.is_true(request, VECTOR["input"]["sk"].swapcase())


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "POST"},
        {"path": VECTOR["input"]["path"] + "x"},
        {"query": "limit=1"},
        {"body": b"{}"},
        {"headers": {"host": "modelarts.cn-north-4.myhuaweicloud.com"}},
        {"headers": {"x-sdk-date": "20201123T030821Z"}},
        {"headers": {"x-project-id": "another"}},
    ],
    ids=lambda changed: "-".join(str(value) for value in changed.values())[:40],
)
def test_whatever_is_changed_on_the_way_makes_it_false(changed: dict[str, Any]) -> None:
    """Method, path, query, body and every signed header are in it."""
    authorization, request = _recorded()
    if "headers" in changed:
        changed = {"headers": {**request.headers, **changed["headers"]}}
    assert not authorization.is_true(replace(request, **changed), VECTOR["input"]["sk"])


@given(
    path=st.lists(TEXTS, max_size=5),
    query=st.lists(st.tuples(WORDS, TEXTS), max_size=5),
    odd=TEXTS,
    body=st.binary(max_size=20),
    unsigned=st.booleans(),
)
def test_what_the_vendors_signer_signs_is_true(
    path: list[str], query: list[tuple[str, str]], odd: str, body: bytes, unsigned: bool
) -> None:
    """Whatever is in path, query, headers and body, as they arrive on the wire."""
    sent = "/" + "/".join(quote(part, safe="") for part in path)
    headers = {"X-Sdk-Date": "20261122T120000Z", "X-Odd": odd.strip()}
    if unsigned:
        headers["Content-Type"] = "application/octet-stream"
    asked = SdkRequest(
        "GET",
        "http",
        "127.0.0.1:8080",
        sent,
        query_params=list(query),
        header_params=dict(headers),
        body=body,
    )
    signed = Signer(type("Credentials", (), {"ak": "AK", "sk": SECRET})).sign(asked)
    arrived = Request(
        "GET",
        sent,
        signed.uri.partition("?")[2],
        {name.lower(): value for name, value in signed.header_params.items()},
        body,
    )

    authorization = Authorization.of(arrived.headers["authorization"])

    assert authorization is not None
    assert authorization.is_true(arrived, SECRET)
    assert not authorization.is_true(arrived, "another")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic abc",
        "SDK-HMAC-SHA256 Credential=AK/20201123/x/ec2/sdk_request, SignedHeaders=host, Signature=00",
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=xyz",
        "SDK-HMAC-SHA256 Access=AK, Signature=00",
        "V11-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=00",
    ],
)
def test_another_form_is_none(header: str) -> None:
    """Other schemes, other algorithms, and the form of the page's obsolete example."""
    assert Authorization.of(header) is None
