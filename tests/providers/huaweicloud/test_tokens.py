"""A token of IAM for each project: asked for once, renewed before its end, given up when it is refused."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jobherald.providers.huaweicloud import transport
from jobherald.providers.huaweicloud.client import HuaweiClient
from jobherald.providers.huaweicloud.credentials import User
from jobherald.providers.huaweicloud.tokens import Tokens
from tests.fakes.channels import FakeSecret
from tests.fakes.time import NOON, FakeClock
from tests.providers.huaweicloud.calling import (
    LIST,
    PLACE,
    PROJECT,
    REFERENCE,
    REGION,
    TASKS,
    TOKEN,
    USER,
    client_of,
    refusal,
    token,
    with_tokens,
)
from tests.providers.huaweicloud.gateway import Answer, Asked, Gateway

IAM = "/v3/auth/tokens"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def client(gateway: Gateway, clock: FakeClock) -> HuaweiClient:
    with_tokens(gateway, clock, lambda asked: Answer())
    return client_of(gateway, USER, clock)


def targets(gateway: Gateway) -> list[str]:
    """What was asked, without queries."""
    return [asked.target.partition("?")[0] for asked in gateway.asked]


def test_a_token_is_asked_for_by_the_projects_id(client: HuaweiClient, gateway: Gateway) -> None:
    """A region can have several projects, and only one of them has the region's name."""
    client.call(LIST)

    asked = gateway.asked[0]
    assert (asked.method, asked.target) == ("POST", IAM)
    assert json.loads(asked.body) == {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {
                    "user": {"name": "robot", "password": USER["password"], "domain": {"name": "acme"}}
                },
            },
            "scope": {"project": {"id": PROJECT}},
        }
    }
    assert asked.headers["content-type"] == "application/json"
    assert "authorization" not in asked.headers


def test_nothing_that_holds_a_token_shows_it(gateway: Gateway, clock: FakeClock) -> None:
    """Neither the answer that brought it, nor who keeps it."""
    gateway.script = lambda asked: token(clock.now() + timedelta(days=1))
    sender = transport.Transport()
    tokens = Tokens(sender, clock, lambda region: gateway.url)

    held = tokens.token(User("robot", "pw", "acme"), PLACE, REFERENCE)

    assert held == TOKEN
    shown = f"{sender.send('POST', gateway.url, {}, b'')} {tokens} {list(tokens._tokens.values())}"
    assert "c4n4ry" not in shown


def test_calls_carry_the_token_and_no_signature(client: HuaweiClient, gateway: Gateway) -> None:
    """A token needs none; the project is named all the same."""
    client.call(LIST)

    headers = gateway.asked[1].headers
    assert headers["x-auth-token"] == TOKEN
    assert headers["x-project-id"] == PROJECT
    assert not {"authorization", "x-sdk-date"} & headers.keys()


def test_one_token_serves_all_calls_of_a_project(client: HuaweiClient, gateway: Gateway) -> None:
    """Another project, or another region, has its own."""
    other = replace(LIST, place=replace(PLACE, account="another"))
    for call in (LIST, LIST, other, LIST, other):
        client.call(call)

    assert targets(gateway).count(IAM) == 2


def test_a_token_is_renewed_an_hour_before_its_end(
    client: HuaweiClient, gateway: Gateway, clock: FakeClock
) -> None:
    """By our own clock, which may be off by some minutes."""
    client.call(LIST)
    clock.advance(23 * 3600 - 1)
    client.call(LIST)
    assert targets(gateway).count(IAM) == 1

    clock.advance(2)
    client.call(LIST)
    assert targets(gateway).count(IAM) == 2


def test_a_token_that_lives_shortly_is_used_for_half_of_its_life(gateway: Gateway, clock: FakeClock) -> None:
    """Else it would be asked for before every call."""
    client = client_of(gateway, USER, clock)
    gateway.script = lambda asked: (
        token(clock.now() + timedelta(minutes=10)) if asked.target == IAM else Answer()
    )
    client.call(LIST)
    clock.advance(299)
    client.call(LIST)
    assert targets(gateway).count(IAM) == 1

    clock.advance(2)
    client.call(LIST)
    assert targets(gateway).count(IAM) == 2


def test_a_rotated_password_asks_for_a_token_of_its_own(gateway: Gateway, clock: FakeClock) -> None:
    """The old token may still be good, and may be somebody else's."""
    with_tokens(gateway, clock, lambda asked: Answer())
    secret = FakeSecret(json.dumps(USER))
    client = HuaweiClient(secret, clock, {REGION: gateway.url, f"iam.{REGION}": gateway.url})
    client.call(LIST)

    secret.value = json.dumps({**USER, "password": "new"})
    client.call(LIST)

    asked = [json.loads(each.body) for each in gateway.asked if each.target == IAM]
    passwords = [each["auth"]["identity"]["password"]["user"]["password"] for each in asked]
    assert passwords == [USER["password"], "new"]


REFUSED = [
    (401, "ModelArts.0201"),
    (401, "ModelArts.0202"),
    (401, "ModelArts.0203"),
    (401, "ModelArts.0204"),
    (401, "ModelArts.0207"),
    (401, "ModelArts.0212"),
    (401, "ModelArts.4201"),
    (401, "ModelArts.4504"),
    (401, "APIG.0301"),
    (401, "APIGW.0301"),
    (400, "ModelArts.0204"),
    (403, "ModelArts.0203"),
]


@pytest.mark.parametrize(("status", "code"), REFUSED)
def test_a_refused_token_is_renewed_once(
    status: int, code: str, client: HuaweiClient, gateway: Gateway, clock: FakeClock
) -> None:
    """Tokens are voided early, by a new password or another permission."""
    client.call(LIST)
    gateway.asked.clear()
    gateway.answers = [Answer({"error_code": code}, status)]

    assert client.call(LIST).status == 200
    assert targets(gateway) == [TASKS, IAM, TASKS]


@pytest.mark.parametrize(("status", "code"), REFUSED)
def test_a_token_that_is_refused_again_is_given_up(
    status: int, code: str, client: HuaweiClient, gateway: Gateway, clock: FakeClock
) -> None:
    """One renewal, no more; the next call begins with another token."""
    with_tokens(gateway, clock, lambda asked: Answer({"error_code": code}, status))

    error = refusal(client)

    assert (error.kind, error.code) == ("denied" if status == 403 else "credential", code)
    assert f"Check that the IAM user in {REFERENCE} is enabled" in str(error)
    assert targets(gateway) == [IAM, TASKS, IAM, TASKS]
    with_tokens(gateway, clock, lambda asked: Answer())
    client.call(LIST)
    assert targets(gateway)[4:] == [IAM, TASKS]


@pytest.mark.parametrize("answer", [Answer({"error_code": "Odd"}, 401), Answer(b"<html>401</html>", 401)])
def test_a_401_that_does_not_say_why_costs_the_token(
    answer: Answer, client: HuaweiClient, gateway: Gateway
) -> None:
    """It is not tried again at once, but after the pause with another token: this one may be what is wrong."""
    client.call(LIST)
    gateway.answers = [answer]

    assert refusal(client).kind == "credential"
    client.call(LIST)
    assert targets(gateway) == [IAM, TASKS, TASKS, IAM, TASKS]


@pytest.mark.parametrize(
    ("status", "code"), [(403, "ModelArts.0210"), (429, "APIG.0308"), (500, "ModelArts.4504"), (400, "Odd")]
)
def test_another_refusal_keeps_the_token(
    status: int, code: str, client: HuaweiClient, gateway: Gateway
) -> None:
    """It is not about the token, so it is not tried again."""
    client.call(LIST)
    gateway.answers = [Answer({"error_code": code}, status)]
    refusal(client)
    client.call(LIST)

    assert targets(gateway) == [IAM, TASKS, TASKS, TASKS]


NESTED: dict[str, Any] = {
    "error": {"code": 401, "message": "The username or password is wrong.", "title": "Unauthorized"}
}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, NESTED),
        (401, {"error": {"code": 401, "message": "The account is locked."}}),
        (401, b"<html>401</html>"),
        (400, {"error_msg": "Request body is invalid.", "error_code": "IAM.0011"}),
        (403, {"error_msg": "no", "error_code": "IAM.0003"}),
    ],
)
def test_a_user_that_gets_no_token_is_told_as_such(
    status: int, body: Any, client: HuaweiClient, gateway: Gateway
) -> None:
    """Once, without a second try: wrong passwords lock the user. The remedy names the account that never gets one."""
    gateway.answers = [Answer(body, status)]

    error = refusal(client)

    assert error.kind == "credential"
    text = str(error)
    assert f"POST {IAM} gave no token in project {PROJECT}, {REGION}" in text
    assert f"Check user, password and domain in {REFERENCE}" in text
    assert "a HUAWEI ID gets no token" in text
    assert targets(gateway) == [IAM]


def test_a_project_that_iam_does_not_know_is_a_wrong_project(client: HuaweiClient, gateway: Gateway) -> None:
    """Nothing is wrong with the user."""
    gateway.answers = [Answer({"error": {"code": 404, "message": "Could not find project."}}, 404)]

    error = refusal(client)

    assert error.kind == "denied"
    assert "Check HuaweiProjects" in str(error)


def test_a_user_with_tokens_for_other_projects_is_good(client: HuaweiClient, gateway: Gateway) -> None:
    """IAM refuses a project that the user may not use as it refuses a password; the others must not stop for it."""
    client.call(LIST)
    gateway.answers = [Answer(NESTED, 401)]

    error = refusal(client, replace(LIST, place=replace(PLACE, account="another")))

    assert error.kind == "denied"
    assert f"POST {IAM} is denied in project another, {REGION}: the project is not one of those" in str(error)


def test_a_user_that_is_refused_where_it_had_a_token_is_not(
    client: HuaweiClient, gateway: Gateway, clock: FakeClock
) -> None:
    """A changed password voids all tokens; another project's is only not yet found out."""
    client.call(LIST)
    client.call(replace(LIST, place=replace(PLACE, account="another")))
    gateway.answers = [Answer({"error_code": "ModelArts.0203"}, 401), Answer(NESTED, 401)]

    assert refusal(client).kind == "credential"


def test_iam_is_quoted(client: HuaweiClient, gateway: Gateway) -> None:
    """Its code and message are one level below."""
    gateway.answers = [Answer(NESTED, 401, {"X-Request-Id": "0123abcd"})]

    error = refusal(client)

    assert error.code == "401"
    assert str(error).endswith(" Request id: 0123abcd. The service said: The username or password is wrong.")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer({"error": {"code": 429, "message": "slow"}}, 429, {"Retry-After": "7"}), "throttled"),
        (Answer({"error": {"code": 503, "message": "down"}}, 503), "failed"),
        (Answer(b"<html>502</html>", 502), "failed"),
        (Answer(b"<html>404</html>", 404), "failed"),
        (Answer(cut=True), "failed"),
        (Answer({}, 302, {"Location": "https://elsewhere.example"}), "failed"),
        (Answer({}, 201), "failed"),
        (Answer({"token": {"expires_at": "soon"}}, 201, {"X-Subject-Token": "t"}), "failed"),
        (Answer({"token": "t"}, 201, {"X-Subject-Token": "t"}), "failed"),
        (Answer({"token": {"expires_at": "2026-11-23T12:00:00Z"}}, 201), "failed"),
        (Answer({"token": {"expires_at": "2026-11-23T12:00:00Z"}}, 201, {"X-Subject-Token": "a b"}), "failed"),
        (Answer(b"[]", 201, {"X-Subject-Token": "t"}), "failed"),
    ],
)  # fmt: skip
def test_trouble_at_iam_is_no_word_about_the_user(
    answer: Answer, kind: str, client: HuaweiClient, gateway: Gateway
) -> None:
    """It passes, and the next poll asks again; nothing is called without a token."""
    gateway.answers = [answer]

    error = refusal(client)

    assert (error.kind, targets(gateway)) == (kind, [IAM])
    assert error.retry_after == (7 if kind == "throttled" else 0)
    client.call(LIST)


def test_a_silent_iam_is_no_word_about_the_user(
    client: HuaweiClient, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text names the host that did not answer."""
    monkeypatch.setattr(transport, "READ_SECONDS", 0.05)
    gateway.answers = [Answer(delay=0.3)]

    error = refusal(client)

    assert (error.kind, error.code) == ("failed", "ReadTimeoutError")
    assert "no usable answer from 127.0.0.1" in str(error)


def test_an_end_without_a_zone_is_utc(gateway: Gateway, clock: FakeClock) -> None:
    """IAM writes a Z; partner clouds may not."""
    client = client_of(gateway, USER, clock)
    plain = Answer({"token": {"expires_at": "2026-11-23T12:00:00.000000"}}, 201, {"X-Subject-Token": "t"})
    gateway.script = lambda asked: plain if asked.target == IAM else Answer()
    client.call(LIST)
    clock.advance(23 * 3600 - 1)
    client.call(LIST)

    assert clock.now() < NOON + timedelta(days=1)
    assert targets(gateway).count(IAM) == 1


def test_a_message_that_repeats_the_password_is_quoted_without_it(
    client: HuaweiClient, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """Plain, or as the body had it."""
    caplog.set_level(logging.DEBUG)

    def echo(asked: Asked) -> Answer:
        return Answer(
            {"error": {"code": 400, "message": f"not {USER['password']}: {asked.body.decode()}"}}, 400
        )

    gateway.script = echo

    assert "The service said: not …" in str(refusal(client))
    assert "c4n4ry" not in caplog.text
