"""One call over real HTTP: what is sent, what comes back, and what is raised instead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.errors import ConfigError, SecretError
from jobherald.model import Place
from jobherald.providers.huaweicloud.calls import Call
from jobherald.providers.huaweicloud.client import HuaweiClient
from jobherald.providers.huaweicloud.signing import Key, Request, sign
from tests.fakes.channels import FakeSecret
from tests.fakes.time import NOON, FakeClock
from tests.providers.huaweicloud.calling import (
    DATASET,
    KEY,
    LIST,
    PLACE,
    PROJECT,
    REFERENCE,
    REGION,
    TASKS,
    TEMPORARY,
    client_of,
    refusal,
)
from tests.providers.huaweicloud.gateway import Answer, Gateway

# ---------------------------------------------------------------- what is sent


@pytest.mark.parametrize("credential", [KEY, TEMPORARY])
def test_a_call_is_signed_as_it_is_sent(gateway: Gateway, credential: Mapping[str, str]) -> None:
    """Path, query and headers; the date is that of our clock."""
    client_of(gateway, credential).call(LIST)

    (asked,) = gateway.asked
    assert (asked.method, asked.target) == ("GET", f"{TASKS}?limit=100&offset=0")
    headers = {
        "Content-Type": "application/json",
        "X-Language": "en-us",
        "X-Project-Id": PROJECT,
    }
    expected = sign(Request("GET", gateway.url + asked.target, headers), Key(**credential), NOON)
    assert {name: asked.headers[name.lower()] for name in expected} == expected


def test_a_body_is_sent_as_json_and_signed(gateway: Gateway) -> None:
    """Searches are POSTs."""
    body = {"offset": 0, "limit": 50, "sort_by": "create_time", "order": "desc", "name": "中"}
    search = Call(
        "POST /v2/{project_id}/training-job-searches", Place("modelarts.training", PROJECT, REGION), body=body
    )

    client_of(gateway).call(search)

    (asked,) = gateway.asked
    assert (asked.method, asked.target) == ("POST", f"/v2/{PROJECT}/training-job-searches")
    assert json.loads(asked.body) == body
    given_ = {name: asked.headers[name] for name in ("content-type", "x-language", "x-project-id")}
    signed = sign(Request("POST", gateway.url + asked.target, given_, asked.body), Key(**KEY), NOON)
    assert asked.headers["authorization"] == signed["Authorization"]


def test_placeholders_are_filled_and_encoded_whole() -> None:
    """An id can hold any character; none of them leads elsewhere."""
    place = Place("modelarts.auto_labeling", "p 1", REGION, "a/b?c")
    call = Call("GET /v2/{project_id}/datasets/{parent}/tasks/{id}", place, "ä#%2F")

    assert call.path == "/v2/p%201/datasets/a%2Fb%3Fc/tasks/%C3%A4%23%252F"


ANY_ID = st.text(alphabet="/?#%&=+ .~ä中\x00\n", min_size=1, max_size=6).filter(
    lambda text: set(text) != {"."}
)


@given(ANY_ID, ANY_ID)
def test_no_id_leads_to_another_path(parent: str, job: str) -> None:
    """However it is written, it stays one part of the path."""
    call = Call("GET /v2/{project_id}/datasets/{parent}/tasks/{id}", replace(PLACE, parent=parent), job)

    parts = call.path.split("/")
    assert (len(parts), parts[3], parts[5]) == (7, "datasets", "tasks")
    assert call.path.isascii()
    assert not set(call.path) & set("?#& \n")


def test_a_rotated_secret_is_used_at_the_next_call(gateway: Gateway) -> None:
    """The client keeps nothing of it; how old it may be is up to who reads it."""
    secret = FakeSecret(json.dumps(KEY), reference=REFERENCE)
    client = HuaweiClient(secret, FakeClock(), {REGION: gateway.url})
    client.call(LIST)
    secret.value = json.dumps({**KEY, "access_key": "ANOTHER"})
    client.call(LIST)

    first, second = (asked.headers["authorization"] for asked in gateway.asked)
    assert f"Access={KEY['access_key']}," in first
    assert "Access=ANOTHER," in second


@pytest.mark.parametrize("service", ["modelarts", "iam"])
def test_without_an_override_the_regions_endpoint_is_called(service: str) -> None:
    """The host of each service that Huawei names for a region."""
    client = HuaweiClient(FakeSecret(json.dumps(KEY)), FakeClock(), {"cn-east-3": "http://127.0.0.1:1"})
    address = {"modelarts": client._modelarts, "iam": client._iam}[service]

    assert address("cn-north-4") == f"https://{service}.cn-north-4.myhuaweicloud.com"


def test_an_endpoint_may_have_a_path_and_a_slash(gateway: Gateway) -> None:
    """A gateway of one's own may serve it below a path; what is signed is what is sent."""
    client = HuaweiClient(FakeSecret(json.dumps(KEY)), FakeClock(), {REGION: f"{gateway.url}/huawei/"})
    client.call(LIST)

    assert gateway.asked[0].target == f"/huawei{TASKS}?limit=100&offset=0"


@pytest.mark.parametrize(
    "url", ["", "modelarts.example", "ftp://a.example", "https://", "https://a:port", "https://["]
)
def test_an_endpoint_that_is_no_url_is_refused(url: str) -> None:
    """At once, by its name."""
    with pytest.raises(ConfigError, match=r"HUAWEI_ENDPOINTS: iam\.cn-north-4:"):
        HuaweiClient(FakeSecret(""), FakeClock(), {"iam.cn-north-4": url})


# ---------------------------------------------------------------- what comes back


def test_an_answer_has_body_date_and_headers(gateway: Gateway) -> None:
    """The date is the service's, in UTC; ours may differ."""
    date = "Sun, 22 Nov 2026 11:58:07 GMT"
    gateway.answers = [Answer({"tasks": [], "total_count": 0}, headers={"X-Request-Id": "r1"}, date=date)]

    answer = client_of(gateway).call(LIST)

    assert (answer.status, answer.body, answer.absent) == (200, {"tasks": [], "total_count": 0}, False)
    assert answer.date == datetime(2026, 11, 22, 11, 58, 7, tzinfo=UTC)
    assert answer.headers["x-request-id"] == "r1"


def test_an_answer_does_not_show_its_body(gateway: Gateway) -> None:
    """Datasets carry passwords of databases, tasks the environment of what they run."""
    gateway.answers = [Answer({"config": {"envs": {"PASSWORD": "c4n4ry"}}})]

    assert "c4n4ry" not in repr(client_of(gateway).call(LIST))


def test_errors_inside_of_an_answer_are_the_jobs_own(gateway: Gateway) -> None:
    """A failed task carries the same members as a refused call; the status tells them apart."""
    body = {"task_id": "t", "status": 2, "error_code": "ModelArts.4352", "error_msg": "no labels"}
    gateway.answers = [Answer(body)]

    assert client_of(gateway).call(LIST).body == body


@pytest.mark.parametrize("status", [400, 404])
def test_what_the_call_takes_as_absent_is_an_answer(gateway: Gateway, status: int) -> None:
    """With its date: from then on it is known that the job is not there."""
    look = Call("GET /v2/{project_id}/datasets/{parent}/tasks/{id}", PLACE, "t", absent=("ModelArts.4301",))
    gateway.answers = [Answer({"error_code": "ModelArts.4301", "error_msg": "no"}, status)]

    answer = client_of(gateway).call(look)

    assert (answer.absent, answer.status, answer.date) == (True, status, NOON)


@pytest.mark.parametrize(("status", "code"), [(500, "ModelArts.4301"), (400, "ModelArts.4338")])
def test_another_status_or_code_is_not_absent(gateway: Gateway, status: int, code: str) -> None:
    """500 with the same code is a fault of the service."""
    gateway.answers = [Answer({"error_code": code}, status)]

    refusal(client_of(gateway), replace(LIST, absent=("ModelArts.4301",)))


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Sun, 99 Nov 2026 12:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -9999"]
)
@pytest.mark.parametrize("absent", [False, True])
def test_an_answer_without_its_date_is_none(gateway: Gateway, date: str, *, absent: bool) -> None:
    """Nothing else says when it was true."""
    gateway.answers = [Answer({"error_code": "ModelArts.4301"}, 400 if absent else 200, date=date)]

    error = refusal(client_of(gateway), replace(LIST, absent=("ModelArts.4301",)))

    assert error.kind == "failed"
    assert "without a Date. Look for a proxy" in str(error)


@pytest.mark.parametrize(
    "payload", [b"", b"<html>hello</html>", b"[1]", b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}"]
)
def test_an_answer_that_cannot_be_used_is_none(gateway: Gateway, payload: bytes) -> None:
    """A proxy's page is not a place that suddenly has no jobs."""
    gateway.answers = [Answer(payload)]

    error = refusal(client_of(gateway))

    assert (error.kind, error.code) == ("failed", "HTTP 200")
    assert "look for a proxy in between" in str(error)


@pytest.mark.parametrize("status", [204, 301, 302, 304, 400, 403, 404, 418, 500, 502, 503, 504])
def test_a_page_of_somebody_else_is_no_word_about_the_place(gateway: Gateway, status: int) -> None:
    """Whatever its status: ModelArts answers in JSON. No redirect is followed, nothing is tried twice."""
    gateway.answers = [
        Answer(b"" if status in {204, 304} else b"<html>x</html>", status, {"Location": gateway.url})
    ]

    error = refusal(client_of(gateway))

    assert (error.kind, error.code) == ("failed", f"HTTP {status}")
    assert len(gateway.asked) == 1


def test_no_answer_is_told_by_its_kind_and_host(gateway: Gateway) -> None:
    """And where to look, if it lasts."""
    gateway.answers = [Answer(cut=True)]

    error = refusal(client_of(gateway))

    assert (error.kind, error.code) == ("failed", "ProtocolError")
    assert str(error) == (
        "GET /v2/{project_id}/datasets/{parent}/tasks failed in project"
        f" {PROJECT}, {REGION}, dataset {DATASET} (ProtocolError). There was no usable answer from 127.0.0.1; it is"
        " called again at the next poll. If this lasts, check the way there: VPC, proxy, certificates."
    )


# ---------------------------------------------------------------- the secret


@pytest.mark.parametrize("lasting", [True, False])
def test_a_secret_that_cannot_be_read_stops_the_call(gateway: Gateway, *, lasting: bool) -> None:
    """If a person has to act, it concerns every place of the credential; else it passes."""
    secret = FakeSecret("", error=SecretError(f"{REFERENCE} cannot be read: no.", lasting=lasting))

    error = refusal(HuaweiClient(secret, FakeClock(), {REGION: gateway.url}))

    assert error.kind == ("credential" if lasting else "failed")
    assert f"{REFERENCE} cannot be read: no." in str(error)
    assert gateway.asked == []


@pytest.mark.parametrize("value", ["c4n4ry", '{"access_key": "c4n4ry"}', "[" * 10_000 + '"c4n4ry"'])
def test_a_secret_of_another_form_stops_the_call(gateway: Gateway, value: Any) -> None:
    """The text says which reference, and what is expected there."""
    client = HuaweiClient(FakeSecret(value, reference=REFERENCE), FakeClock(), {REGION: gateway.url})

    error = refusal(client)

    assert (error.kind, error.code) == ("credential", "Secret")
    assert f"{REFERENCE} holds no credential of Huawei Cloud" in str(error)
    assert gateway.asked == []
