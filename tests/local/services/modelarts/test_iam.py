from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from jobherald.local.clock import ManualClock
from jobherald.local.services.modelarts import PROJECT, REGION, ErrorAnswer, ModelArts, User
from tests.local.services.modelarts.conftest import Answered, Client

OTHER, FAR = "1" * 32, "2" * 32
DATASETS = f"/v2/{PROJECT}/datasets"
USERS = (User(), User(name="boss", huawei_id=True), User(name="guest", projects=frozenset({OTHER})))


@pytest.fixture
def server(clock: ManualClock) -> Iterator[ModelArts]:
    projects = {PROJECT: REGION, OTHER: REGION, FAR: "ap-southeast-1"}
    with ModelArts(clock=clock, projects=projects, users=USERS) as running:
        yield running


def _ask(client: Client, user: User, scope: dict[str, Any] | None) -> Answered:
    identity = {"name": user.name, "password": user.password, "domain": {"name": user.domain}}
    auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": identity}}}
    if scope is not None:
        auth["scope"] = scope
    return client.send("POST", "/v3/auth/tokens", json.dumps({"auth": auth}).encode())


def _token(client: Client, project: dict[str, str] | None = None) -> str:
    answered = _ask(client, User(), {"project": project or {"id": PROJECT}})
    return str(answered.headers["X-Subject-Token"])


def _use(client: Client, token: str, path: str = DATASETS) -> tuple[int, str]:
    answered = client.send("GET", path, headers={"X-Auth-Token": token})
    return answered.status, answered.code


def test_a_password_gets_a_token_for_a_project(client: Client) -> None:
    """201, the token in its header, and its end a day later in the body, in UTC with microseconds."""
    answered = _ask(client, User(), {"project": {"name": REGION}})
    assert answered.status == 201
    token = answered.body["token"]
    assert (token["issued_at"], token["expires_at"]) == (
        "2026-11-22T12:00:00.000000Z",
        "2026-11-23T12:00:00.000000Z",
    )
    assert (token["project"]["id"], token["project"]["name"]) == (PROJECT, REGION)
    assert (token["user"]["name"], token["user"]["domain"]["name"]) == ("jobherald", "acme")
    assert answered.headers["X-Subject-Token"] not in answered.content.decode()
    assert _use(client, answered.headers["X-Subject-Token"]) == (200, "")


@pytest.mark.parametrize(
    ("user", "scope"),
    [
        (User(password="c4n4ry"), {"project": {"id": PROJECT}}),
        (User(domain="another"), {"project": {"id": PROJECT}}),
        (User(name="nobody"), {"project": {"id": PROJECT}}),
        (USERS[1], {"project": {"id": PROJECT}}),
        (User(), {"project": {"id": "3" * 32}}),
        (User(), {"project": {"name": "eu-west-101"}}),
        (USERS[2], {"project": {"id": PROJECT}}),
    ],
    ids=["password", "domain", "user", "HUAWEI ID", "project", "region", "another's project"],
)
def test_who_is_wrong_gets_no_token(client: Client, user: User, scope: dict[str, Any]) -> None:
    """401 in IAM's own form, one object deeper than the gateway's; the owner of a HUAWEI ID gets none either."""
    answered = _ask(client, user, scope)
    assert answered.status == 401
    assert answered.headers["X-Subject-Token"] is None
    error = answered.body["error"]
    assert (error["code"], error["title"]) == (401, "Unauthorized")
    assert user.password not in error["message"]


def test_what_is_no_request_for_a_token_is_refused(client: Client) -> None:
    """400, in the same form."""
    for body in (b"", b"{}", b"[]", b'{"auth": {"identity": {"methods": ["token"]}}}'):
        answered = client.send("POST", "/v3/auth/tokens", body)
        assert (answered.status, answered.body["error"]["title"]) == (400, "Bad Request")


def test_a_token_is_good_for_a_day(client: Client, clock: ManualClock) -> None:
    """A new one does not void the old, and each has its own end."""
    first = _token(client)
    clock.advance(3600)
    second = _token(client)
    clock.advance(23 * 3600 - 1)
    assert _use(client, first) == (200, "")
    clock.advance(1)
    assert _use(client, first) == (401, "ModelArts.0202")
    assert _use(client, second) == (200, "")


def test_a_void_token_is_refused(server: ModelArts, client: Client) -> None:
    """As after a change of the password; the next one is good."""
    token = _token(client)
    server.iam.revoke()
    assert _use(client, token) == (401, "ModelArts.0203")
    assert _use(client, _token(client)) == (200, "")


def test_each_wrong_token_has_its_code(client: Client) -> None:
    """None, no token at all, one of another cloud, one without a project, of another region, of another project."""
    unscoped = _ask(client, User(), None).headers["X-Subject-Token"]
    of_domain = _ask(client, User(), {"domain": {"name": "acme"}}).headers["X-Subject-Token"]
    assert _use(client, "") == (401, "ModelArts.0201")
    assert _use(client, "rubbish") == (401, "ModelArts.0204")
    assert _use(client, "MIIrubbish") == (401, "APIGW.0301")
    assert _use(client, unscoped) == (401, "ModelArts.0212")
    assert _use(client, of_domain) == (401, "ModelArts.0212")
    assert _use(client, _token(client, {"id": FAR})) == (401, "ModelArts.0207")
    assert _use(client, _token(client, {"id": OTHER})) == (403, "ModelArts.0210")
    assert _use(client, _token(client), f"/v2/{'9' * 32}/datasets") == (403, "ModelArts.0210")


def test_tokens_are_counted_and_never_shown(server: ModelArts, client: Client) -> None:
    """What is kept of a call holds neither the password nor the token."""
    token = _token(client)
    _ask(client, User(password="c4n4ry"), None)
    assert [(asked.operation, asked.code) for asked in server.calls] == [
        ("CreateToken", ""),
        ("CreateToken", "401"),
    ]
    kept = repr(server.calls)
    assert not any(secret in kept for secret in (token, User().password, "c4n4ry"))


def test_iam_can_have_trouble_of_its_own(server: ModelArts, client: Client) -> None:
    """A fault that is meant for it leaves ModelArts alone."""
    server.faults.answer(ErrorAnswer(503, "APIGW.0201", "Backend timeout"), service="iam")
    assert Client(server).get(DATASETS).status == 200
    assert _ask(client, User(), None).status == 503
    assert _ask(client, User(), None).status == 201
