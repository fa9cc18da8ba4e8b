"""Signatures as Huawei's own signer makes them: a recorded one, and ten thousand beside the signer itself."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.providers.huaweicloud.signing import Key, Request, canonical, host, query_text, sign

VECTOR = json.loads((Path(__file__).parent / "data" / "signing_vector.json").read_text())[0]
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = Key("TESTAK0000000000EXAMPLE", "c4n4ry-secret-key", "c4n4ry-security-token")
URL = "https://modelarts.cn-north-4.myhuaweicloud.com/v2/p/datasets"

VendorSigns = Callable[[Request, dict[str, Any], Key], tuple[str, str]]


def test_it_signs_as_recorded() -> None:
    """Canonical request, headers and Authorization of a request that Huawei's signer signed."""
    given_ = VECTOR["input"]
    headers = {name: given_["headers"][name] for name in ("Content-Type", "X-Project-Id")}
    request = Request(given_["method"], f"https://{given_['host']}{given_['path']}", headers)

    signed = sign(request, Key(given_["ak"], given_["sk"]), datetime(2020, 11, 23, 3, 8, 20, tzinfo=UTC))

    assert signed == VECTOR["signed_header_params"]
    del signed["Authorization"]
    assert canonical(request, signed) == VECTOR["canonical_request"]


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VendorSigns:
    """Huawei's signer: gives the Authorization, and the path and query to send. Other parts of it write into HOME."""
    monkeypatch.setenv("HOME", str(tmp_path))
    from huaweicloudsdkcore.sdk_request import SdkRequest  # type: ignore[import-untyped]
    from huaweicloudsdkcore.signer.signer import Signer  # type: ignore[import-untyped]

    assert list(tmp_path.iterdir()) == []

    def signs(request: Request, query: dict[str, Any], key: Key) -> tuple[str, str]:
        scheme, _, rest = request.url.partition("?")[0].partition("://")
        name, slash, path = rest.partition("/")
        pairs = [(key, list(value) if isinstance(value, list) else value) for key, value in query.items()]
        asked = SdkRequest(
            request.method,
            scheme,
            name,
            slash + path,
            query_params=pairs,
            header_params=dict(request.headers),
            body=request.body,
        )
        signer = Signer(type("Credentials", (), {"ak": key.access_key, "sk": key.secret_key}))
        signed = signer.sign(asked)
        return signed.header_params["Authorization"], signed.uri

    return signs


def test_it_agrees_with_the_vendors_signer(vendor: VendorSigns) -> None:
    """On 10,000 requests, whatever is in their paths, queries, headers, bodies and ports."""
    chance = random.Random(20261122)
    for number in range(10_000):
        request, query, key, at = _any_request(chance)
        signed = sign(request, key, at)
        theirs = Request(
            request.method,
            request.url,
            {**request.headers, "X-Sdk-Date": signed["X-Sdk-Date"]}
            | ({"X-Security-Token": key.security_token} if key.security_token else {}),
            request.body,
        )

        authorization, uri = vendor(theirs, query, key)

        assert signed["Authorization"] == authorization, (number, request, query)
        assert request.url.partition("://")[2].partition("/")[2] == uri[1:], (number, request, query)


LETTERS = "aZ09-_.~ /+%&=?#;:@,'\"()*!$[]{}|\\^`<>\tåéß中文字\N{GRINNING FACE}"
HOSTS = ("modelarts.cn-north-4.myhuaweicloud.com", "127.0.0.1:8443", "modelarts.example:8080", "gw.example")
HEADERS = (
    "X-Language",
    "x-odd",
    "X_With_Underscore",
    "Zone",
    "X-UPPER",
    "User-Agent",
    "x-under_score",
    "Accept",
)
METHODS = ("GET", "POST", "PUT", "DELETE", "get")


def _any_request(chance: random.Random) -> tuple[Request, dict[str, Any], Key, datetime]:
    def text(least: int = 0, most: int = 12) -> str:
        return "".join(chance.choices(LETTERS, k=chance.randint(least, most)))

    def value() -> Any:
        kind = chance.randrange(6)
        return (text(), chance.randint(-9, 10**12), bool(chance.randrange(2)), "", chance.random(), None)[
            kind
        ]

    query = {
        text(1): [text() for _ in range(chance.randrange(4))] if chance.randrange(3) == 0 else value()
        for _ in range(chance.randrange(5))
    }
    path = "/".join(quote(text(), safe=chance.choice(("", "~"))) for _ in range(chance.randint(1, 6)))
    asked = query_text(query)
    url = f"{chance.choice(('https', 'http'))}://{chance.choice(HOSTS)}/{path}{'?' if asked else ''}{asked}"
    names = chance.sample(HEADERS, chance.randrange(len(HEADERS)))
    headers = {name: text(0, 20).replace("\t", "") for name in names}
    headers |= {"Content-Type": "application/json", "X-Project-Id": f"{chance.getrandbits(128):032x}"}
    body = b"" if chance.randrange(2) else text(0, 40).encode()
    words = ["".join(chance.choices("AZaz09+/=_-", k=chance.randint(1, 40))) for _ in range(3)]
    key = Key(words[0], words[1], words[2] if chance.randrange(3) == 0 else "")
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(10**8))
    return Request(chance.choice(METHODS), url, headers, body), query, key, at


def test_the_token_of_a_temporary_key_is_sent_and_signed() -> None:
    """Without it, or with another one, the gateway takes the key for an unknown one."""
    signed = sign(Request("GET", URL), KEY, AT)

    assert signed["X-Security-Token"] == KEY.security_token
    assert "SignedHeaders=host;x-sdk-date;x-security-token," in signed["Authorization"]
    assert signed["Authorization"] != sign(
        Request("GET", URL), Key(KEY.access_key, KEY.secret_key, "another"), AT
    ).get("Authorization")


def test_a_header_with_an_underscore_is_sent_unsigned() -> None:
    """Gateways drop such names; a signature over one would never be right."""
    signed = sign(Request("GET", URL, {"X_Odd": "1", "X-Even": "2"}), Key("a", "b"), AT)

    assert signed["X_Odd"] == "1"
    assert "SignedHeaders=host;x-even;x-sdk-date," in signed["Authorization"]


def test_the_slash_at_the_end_is_in_the_signature_alone() -> None:
    """Canonical paths end in a slash, whether the path that is sent does or not."""
    headers = {"Host": "h", "X-Sdk-Date": "d"}

    lines = [canonical(Request("get", url, {}), headers).split("\n")[:3] for url in (URL, f"{URL}/")]

    assert lines == [["GET", "/v2/p/datasets/", ""]] * 2


def test_the_query_of_the_signature_is_sorted() -> None:
    """In whatever order the URL has it."""
    headers = {"Host": "h", "X-Sdk-Date": "d"}

    assert canonical(Request("GET", f"{URL}?b=2&a=%20&B=&a=1"), headers).split("\n")[2] == "B=&a=%20&a=1&b=2"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://a.example/x", "a.example"),
        ("https://a.example:443/x", "a.example"),
        ("https://a.example:8443", "a.example:8443"),
        ("http://a.example:80/", "a.example"),
        ("http://a.example:443/", "a.example:443"),
        ("http://127.0.0.1:5000/", "127.0.0.1:5000"),
        ("http://[::1]:5000/", "[::1]:5000"),
    ],
)
def test_the_host_has_a_port_where_it_is_not_the_default(url: str, name: str) -> None:
    """As it is sent: the gateway signs over what it received."""
    assert host(url) == name
    assert sign(Request("GET", url), Key("a", "b"), AT)["Host"] == name


def test_any_zone_is_signed_as_utc() -> None:
    """The date of a signature is UTC."""
    there = AT.astimezone(timezone(timedelta(hours=8)))

    assert sign(Request("GET", URL), KEY, there) == sign(Request("GET", URL), KEY, AT)
    assert sign(Request("GET", URL), KEY, there)["X-Sdk-Date"] == "20261122T120000Z"


def test_a_query_is_sorted_and_its_values_written_as_the_api_reads_them() -> None:
    """By key, then value; a list is its key repeated, a boolean in lower case, a space %20."""
    query = {"offset": 0, "check_running_task": True, "b": ["z", "a", "a b"], "a": "", "B": "ä/+"}

    assert query_text(query) == ("B=%C3%A4%2F%2B&a=&b=a&b=a%20b&b=z&check_running_task=true&offset=0")


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text())))
def test_a_query_can_be_read_back(query: dict[str, str | list[str]]) -> None:
    """Nothing of it is lost or joined, whatever characters it has."""
    pairs = sorted(
        (name, one)
        for name, value in query.items()
        for one in (value if isinstance(value, list) else [value])
    )

    assert parse_qsl(query_text(query), keep_blank_values=True) == pairs


@given(st.dictionaries(st.sampled_from(HEADERS), st.text(alphabet="ab ", max_size=5)), st.randoms())
def test_the_order_of_headers_and_the_blanks_around_them_do_not_count(
    headers: dict[str, str], chance: random.Random
) -> None:
    """HTTP has them in any order, and trims them."""
    mixed = list(headers.items())
    chance.shuffle(mixed)
    padded = {name: f"  {value} " for name, value in mixed}

    one, other = (sign(Request("GET", URL, each), KEY, AT) for each in (headers, padded))

    assert one["Authorization"] == other["Authorization"]


@given(st.binary(), st.binary())
def test_another_body_has_another_signature(one: bytes, other: bytes) -> None:
    """What is signed is what is sent."""
    signatures = {sign(Request("POST", URL, {}, body), KEY, AT)["Authorization"] for body in (one, other)}

    assert len(signatures) == len({one, other})


def test_half_a_character_becomes_a_question_mark() -> None:
    """An id of an answer can be any text of JSON; what no URL can hold names nothing."""
    assert query_text({"name": "a\ud800"}) == "name=a%3F"


def test_a_key_shows_nothing_of_itself() -> None:
    """In whatever log or traceback its repr ends up."""
    assert repr(KEY) == "Key()"
