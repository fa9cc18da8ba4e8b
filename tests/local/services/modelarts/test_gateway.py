from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from jobherald.local.clock import ManualClock
from jobherald.local.services.modelarts import (
    PROJECT,
    REGION,
    AccessKey,
    Dataset,
    ModelArts,
    Settings,
)
from tests.local.services.modelarts.conftest import NOON, TASKS, Answered, Client

DATASETS = f"/v2/{PROJECT}/datasets"
OTHER = "1" * 32
TEMPORARY = AccessKey(
    access_key="STSAK", security_token="c4n4ry-token", expires_at=NOON + timedelta(hours=1), name="guest"
)


def _text(answered: Answered) -> str:
    return str(answered.body["error_msg"])


def test_a_signed_request_is_answered(client: Client) -> None:
    """What Huawei's own signer signs is let in, and dated by the server's clock, with a request id."""
    answered = client.get(DATASETS, limit=10, offset=0)
    assert (answered.status, answered.body) == (200, {"total_number": 0, "datasets": []})
    assert answered.headers["Date"] == "Sun, 22 Nov 2026 12:00:00 GMT"
    assert len(answered.headers["X-Request-Id"]) == 32


def test_a_refusal_has_its_code_its_text_and_the_request_id(client: Client) -> None:
    """The form of every refusal of the gateway and of ModelArts."""
    answered = client.send("GET", DATASETS)
    assert answered.status == 401
    assert answered.body == {
        "error_code": "ModelArts.0201",
        "error_msg": "Token doesn't exist.",
        "request_id": answered.headers["X-Request-Id"],
    }
    assert answered.headers["Date"] == "Sun, 22 Nov 2026 12:00:00 GMT"


def test_a_wrong_secret_key_is_refused(client: Client) -> None:
    """With the code and text of the gateway, which give nothing away."""
    client.key = replace(client.key, secret_key="wrong")
    answered = client.get(DATASETS)
    assert (answered.status, answered.code) == (401, "APIGW.0301")
    assert _text(answered) == "Incorrect IAM authentication information: verify aksk signature fail"


def test_an_unknown_access_key_is_refused(client: Client) -> None:
    """The text names it, as the gateway's does."""
    client.key = replace(client.key, access_key="NOBODY")
    answered = client.get(DATASETS)
    assert (answered.status, answered.code) == (401, "APIGW.0301")
    assert _text(answered).endswith("Get secretKey failed,ak:NOBODY,err:ak not exist")


def test_an_authorization_of_another_form_is_refused(client: Client) -> None:
    """Such as that of the page's obsolete example."""
    answered = client.send("GET", DATASETS, headers={"Authorization": "SDK-HMAC-SHA256 Credential=a"})
    assert (answered.status, answered.code) == (401, "APIGW.0301")


@pytest.mark.parametrize("name", ["Host", "X-Sdk-Date", "X-Project-Id"])
def test_what_must_be_signed_is_checked(client: Client, name: str) -> None:
    """A header that is sent, but left out of the signature, could be anybody's."""
    headers = client.signed("GET", DATASETS, headers={"X-Project-Id": PROJECT})
    signed = headers["Authorization"].replace(f"{name.lower()};", "").replace(f";{name.lower()}", "")
    answered = client.send("GET", DATASETS, headers={**headers, "Authorization": signed})
    assert (answered.status, answered.code) == (401, "APIGW.0301")
    assert f"{name.lower()} must be signed" in _text(answered)


@pytest.mark.parametrize(("off", "status"), [(0, 200), (900, 200), (-900, 200), (901, 401), (-901, 401)])
def test_a_clock_may_be_a_quarter_of_an_hour_off(client: Client, off: int, status: int) -> None:
    """In either direction; the refusal has both times, from which the difference can be told."""
    at = NOON + timedelta(seconds=off)
    answered = client.send("GET", DATASETS, headers=client.signed("GET", DATASETS, at=at))
    assert answered.status == status
    if status != 200:
        times = f"signature time:{at:%Y%m%dT%H%M%SZ},server time:20261122T120000Z"
        assert answered.code == "APIGW.0301"
        assert _text(answered).endswith(f"signature expired, {times}")


def test_a_date_in_another_form_is_refused(client: Client) -> None:
    """X-Sdk-Date has one form."""
    headers = {**client.signed("GET", DATASETS), "X-Sdk-Date": "2026-11-22T12:00:00Z"}
    answered = client.send("GET", DATASETS, headers=headers)
    assert (answered.status, answered.code) == (401, "APIGW.0301")


def _wrong(client: Client) -> Answered:
    right, client.key = client.key, replace(client.key, secret_key="wrong")
    try:
        return client.get(DATASETS)
    finally:
        client.key = right


def test_more_than_five_failures_lock_a_key_for_five_minutes(client: Client, clock: ManualClock) -> None:
    """The sixth in a row locks it: then not even the right signature is let in, until the time is over."""
    for _ in range(6):
        assert "verify aksk signature fail" in _text(_wrong(client))
    locked = client.get(DATASETS)
    assert (locked.status, locked.code) == (401, "APIGW.0301")
    assert "AK access failed to reach the limit,forbidden" in _text(locked)
    clock.advance(299)
    assert "AK access failed to reach the limit,forbidden" in _text(client.get(DATASETS))
    clock.advance(1)
    assert client.get(DATASETS).status == 200


def test_failures_count_only_in_a_row_and_by_key(clock: ManualClock) -> None:
    """A success in between forgets them, and another key is not locked."""
    keys = (AccessKey(), AccessKey(access_key="OTHER"))
    with ModelArts(clock=clock, keys=keys) as server:
        client = Client(server)
        for _ in range(3):
            for _ in range(5):
                _wrong(client)
            assert client.get(DATASETS).status == 200
        for _ in range(6):
            _wrong(client)
        assert client.get(DATASETS).status == 401
        assert Client(server, keys[1]).get(DATASETS).status == 200
        server.gateway.unlock()
        assert client.get(DATASETS).status == 200


@pytest.mark.parametrize(
    ("key", "after", "code"),
    [
        (TEMPORARY, 0, ""),
        (replace(TEMPORARY, security_token=""), 0, "APIGW.0301"),
        (replace(TEMPORARY, security_token="another"), 0, "APIGW.0301"),
        (TEMPORARY, 3600, "APIGW.0301"),
    ],
    ids=["right", "without", "another", "expired"],
)
def test_a_temporary_key_goes_with_its_token(
    clock: ManualClock, key: AccessKey, after: int, code: str
) -> None:
    """Only with it, and only until it expires."""
    with ModelArts(clock=clock, keys=(TEMPORARY,)) as server:
        clock.advance(after)
        assert Client(server, key).get(DATASETS).code == code


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/v2/{OTHER}/datasets", {}),
        (f"/v2/{'2' * 32}/datasets", {}),
        (DATASETS, {"X-Project-Id": OTHER}),
    ],
    ids=["not this key's", "nobody's", "another in the header"],
)
def test_a_key_is_good_for_its_projects(clock: ManualClock, path: str, headers: dict[str, str]) -> None:
    """A project of somebody else, or one that there is not, are refused in the same words."""
    key = AccessKey(projects=frozenset({PROJECT}))
    with ModelArts(clock=clock, projects={PROJECT: REGION, OTHER: REGION}, keys=(key,)) as server:
        client = Client(server)
        assert client.get(DATASETS).status == 200
        answered = client.send("GET", path, headers=client.signed("GET", path, headers=headers))
        assert (answered.status, answered.code) == (403, "ModelArts.0210")


def test_a_caller_can_lack_a_permission(clock: ManualClock) -> None:
    """Who may only look at single tasks cannot list them."""
    key = AccessKey(operations=frozenset({"ShowTask"}))
    with ModelArts(clock=clock, keys=(key,)) as server:
        server.add(Dataset())
        client = Client(server)
        denied, allowed = client.get(TASKS), client.get(f"{TASKS}/t")
    assert (denied.status, denied.code) == (403, "ModelArts.0108")
    assert "(ListTasks)" in _text(denied)
    assert allowed.code == "ModelArts.4301"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v2/x/models"), ("POST", DATASETS), ("GET", "/"), ("GET", "/v3/auth/tokens")],
)
def test_an_unknown_path_is_no_api(client: Client, method: str, path: str) -> None:
    """Whoever asks, signed or not."""
    answered = client.send(method, path)
    assert (answered.status, answered.code) == (404, "APIGW.0101")


def _codes(client: Client, times: int) -> list[str]:
    return [client.get(DATASETS).code for _ in range(times)]


@pytest.mark.parametrize("settings", [Settings(rate=2, rate_seconds=10)])
@pytest.mark.parametrize("after", [3, 3.5])
def test_a_user_who_asks_too_often_is_told_when_to_come_again(
    client: Client, clock: ManualClock, after: float
) -> None:
    """So many requests in each stretch of time; Retry-After ends with it, in whole seconds."""
    assert _codes(client, 2) == ["", ""]
    clock.advance(after)
    answered = client.get(DATASETS)
    assert (answered.status, answered.code) == (429, "APIGW.0308")
    assert _text(answered) == (
        "The throttling threshold has been reached: policy user over ratelimit,limit:2,time:10 second"
    )
    assert answered.headers["Retry-After"] == "7"
    clock.advance(7)
    assert _codes(client, 3) == ["", "", "APIGW.0308"]


def test_each_user_is_counted_apart(clock: ManualClock) -> None:
    """By user, not by key: two keys of one user share the limit."""
    keys = (AccessKey(), AccessKey(access_key="SECOND"), AccessKey(access_key="THIRD", name="somebody"))
    with ModelArts(clock=clock, keys=keys, settings=Settings(rate=1)) as server:
        codes = [Client(server, key).get(DATASETS).code for key in keys]
    assert codes == ["", "APIGW.0308", ""]


@pytest.mark.parametrize("settings", [Settings(rate=1, retry_after=False, prefix="APIG")])
def test_an_older_gateway_has_other_codes_and_no_retry_after(client: Client) -> None:
    """Both prefixes are in use, and Retry-After is not promised."""
    assert client.get(DATASETS).status == 200
    throttled = client.get(DATASETS)
    assert (throttled.code, throttled.headers["Retry-After"]) == ("APIG.0308", None)
    assert client.send("GET", "/nowhere").code == "APIG.0101"
    assert _wrong(client).code == "APIG.0301"


def test_it_says_where_it_is(server: ModelArts) -> None:
    """What the product reads of its environment and of its secret."""
    assert server.environment() == {
        "HUAWEI_PROJECTS": f"cn-north-4/{PROJECT}",
        "HUAWEI_ENDPOINTS": f"cn-north-4={server.endpoint},iam.cn-north-4={server.endpoint}",
    }
    assert (server.project, server.region) == (PROJECT, "cn-north-4")
    assert server.key.secret == (
        '{"access_key": "LOCALAK0000000000000", "secret_key": "local/sk/0000000000000000000000000000000"}'
    )
    assert '"security_token": "c4n4ry-token"' in TEMPORARY.secret
    assert server.user.secret == '{"user": "jobherald", "password": "local password", "domain": "acme"}'


def test_two_regions_share_an_address(clock: ManualClock) -> None:
    """Projects tell them apart."""
    with ModelArts(clock=clock, projects={PROJECT: REGION, OTHER: "ap-southeast-1"}) as server:
        names = [part.partition("=")[0] for part in server.endpoints.split(",")]
        Client(server).get(f"/v2/{OTHER}/datasets")
        assert names == ["cn-north-4", "iam.cn-north-4", "ap-southeast-1", "iam.ap-southeast-1"]
        assert [(asked.operation, asked.account, asked.region) for asked in server.calls] == [
            ("ListDatasets", OTHER, "ap-southeast-1")
        ]


def test_calls_are_counted_with_their_refusals(server: ModelArts, client: Client) -> None:
    """A test can see what was asked, who was let in, and what was said."""
    client.get(DATASETS, limit=1)
    _wrong(client)
    assert [(asked.operation, asked.code, dict(asked.parameters)) for asked in server.calls] == [
        ("ListDatasets", "", {"limit": "1"}),
        ("ListDatasets", "APIGW.0301", {}),
    ]
    assert isinstance(server.calls[0].at, datetime)
