"""Every refusal that Huawei documents, over HTTP: its kind, its remedy, and no secret in it."""

from __future__ import annotations

import json
import logging
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.errors import ListingError
from jobherald.model import Place
from jobherald.providers.huaweicloud.calls import Call
from jobherald.providers.huaweicloud.refusals import Sent, refused
from jobherald.providers.huaweicloud.replies import LONGEST_RETRY_AFTER, known
from jobherald.providers.huaweicloud.transport import Reply
from tests.fakes.time import NOON, FakeClock
from tests.providers.huaweicloud.calling import (
    CREDENTIALS,
    DATASET,
    KEY,
    LIST,
    PLACE,
    PROJECT,
    REFERENCE,
    REGION,
    USER,
    client_of,
    refusal,
    with_tokens,
)
from tests.providers.huaweicloud.gateway import Answer, Asked, Gateway

WHERE = f"in project {PROJECT}, {REGION}, dataset {DATASET}"
DATASETS = Call(
    "GET /v2/{project_id}/datasets",
    Place("modelarts.auto_labeling", PROJECT, REGION),
    action="modelarts:dataset:listDatasets",
)
LOOK = Call("GET /v2/{project_id}/datasets/{parent}/tasks/{id}", PLACE, "XGrRZuCV1qmMxnsmD5u")

DOCUMENTED = [
    (400, "ModelArts.4352", "absent"),
    (400, "ModelArts.2783", "absent"),
    (400, "ModelArts.4338", "absent"),
    (400, "ModelArts.4301", "absent"),
    (400, "ModelArts.4359", "absent"),
    (400, "ModelArts.4612", "absent"),
    (400, "ModelArts.4700", "absent"),
    (400, "ModelArts.2775", "absent"),
    (400, "ModelArts.4393", "failed"),
    (400, "ModelArts.4392", "failed"),
    (400, "ModelArts.4902", "failed"),
    (400, "ModelArts.0204", "credential"),
    (400, "ModelArts.0210", "denied"),
    (400, "ModelArts.4204", "off"),
    (401, "APIGW.0301", "credential"),
    (401, "APIG.0301", "credential"),
    (401, "APIGW.0303", "credential"),
    (401, "ModelArts.0201", "credential"),
    (401, "ModelArts.0202", "credential"),
    (401, "ModelArts.0203", "credential"),
    (401, "ModelArts.0204", "credential"),
    (401, "ModelArts.0207", "credential"),
    (401, "ModelArts.0210", "credential"),
    (401, "ModelArts.0212", "credential"),
    (401, "ModelArts.4504", "credential"),
    (401, "SomethingNobodyHasHeardOf", "credential"),
    (401, "ModelArts.0112", "denied"),
    (401, "ModelArts.4203", "denied"),
    (403, "ModelArts.0108", "denied"),
    (403, "ModelArts.0112", "denied"),
    (403, "ModelArts.0206", "denied"),
    (403, "ModelArts.0210", "denied"),
    (403, "ModelArts.2785", "denied"),
    (403, "ModelArts.4310", "denied"),
    (403, "ModelArts.4335", "denied"),
    (403, "ModelArts.4336", "denied"),
    (403, "SomethingNobodyHasHeardOf", "denied"),
    (404, "ModelArts.4204", "off"),
    (404, "APIGW.0101", "off"),
    (404, "APIG.0101", "off"),
    (404, "ModelArts.2786", "denied"),
    (404, "SomethingNobodyHasHeardOf", "failed"),
    (413, "SomethingNobodyHasHeardOf", "failed"),
    (429, "APIGW.0308", "throttled"),
    (429, "APIG.0308", "throttled"),
    (429, "ModelArts.4206", "throttled"),
    (429, "ModelArts.2799", "throttled"),
    (429, "ModelArts.4395", "throttled"),
    (429, "ModelArts.6101", "throttled"),
    (429, "SomethingNobodyHasHeardOf", "throttled"),
    (500, "ModelArts.4204", "failed"),
    (500, "ModelArts.4301", "failed"),
    (500, "ModelArts.4302", "failed"),
    (500, "ModelArts.4505", "failed"),
    (503, "ModelArts.4700", "failed"),
    (504, "ModelArts.4503", "failed"),
    (500, "APIGW.0201", "failed"),
    (500, "APIG.0201", "failed"),
]


def error(code: str, message: str = "no", status: int = 400, **headers: str) -> Answer:
    return Answer({"error_code": code, "error_msg": message}, status, headers)


def told(gateway: Gateway, answer: Answer, call: Call = LIST, clock: FakeClock | None = None) -> ListingError:
    gateway.answers = [answer]
    return refusal(client_of(gateway, KEY, clock), call)


@pytest.mark.parametrize(("status", "code", "kind"), DOCUMENTED)
def test_codes_become_kinds(status: int, code: str, kind: str, gateway: Gateway) -> None:
    """What the poll does about it depends on the kind alone; a code means what it means at its status."""
    raised = told(gateway, error(code, "the reason", status))

    assert (raised.kind, raised.code) == (kind, code)
    assert PROJECT in str(raised)
    assert REGION in str(raised)
    assert f"({code})" in str(raised)
    assert "The service said: the reason" in str(raised)
    assert "\n" not in str(raised)
    assert len(gateway.asked) == 1


# ---------------------------------------------------------------- four absences


def test_a_dataset_that_is_gone(gateway: Gateway) -> None:
    """Which one, where, and what to do about the watch that names it."""
    raised = told(gateway, error("ModelArts.4352", "Dataset does not exist"))

    assert str(raised) == (
        f"The dataset {DATASET} is not there in project {PROJECT}, {REGION} (ModelArts.4352): it was deleted, or its id is"
        " wrong. Take it out of the watch, or correct the id. The service said: Dataset does not exist"
    )


def test_a_task_that_is_gone(gateway: Gateway) -> None:
    """Which one, and in which dataset."""
    raised = told(gateway, error("ModelArts.4338", "The resource not exists"), LOOK)

    assert str(raised) == (
        "GET /v2/{project_id}/datasets/{parent}/tasks/{id} found no XGrRZuCV1qmMxnsmD5u"
        f" {WHERE} (ModelArts.4338): it was deleted, or its id is wrong. If a watch names it, take it out of the watch, or"
        " correct the id. The service said: The resource not exists"
    )


@pytest.mark.parametrize("code", ["ModelArts.4204", "APIG.0101", "APIGW.0101"])
def test_an_api_that_is_not_there(gateway: Gateway, code: str) -> None:
    """It says that the old data management may be retired, and does not speak of a dataset or task."""
    raised = told(gateway, error(code, "API does not exist.", 404))

    assert str(raised) == (
        "GET /v2/{project_id}/datasets/{parent}/tasks is not there in project"
        f" {PROJECT}, {REGION} ({code}). The region has no such API, or no longer: the old data management of ModelArts is"
        " being retired. Take the source, or the region, out of the watch; where the console still has it, apply for it"
        " there or check HuaweiEndpoints. The service said: API does not exist."
    )


@pytest.mark.parametrize(
    ("call", "action"), [(LIST, "modelarts:dataset:getDataset"), (DATASETS, "modelarts:dataset:listDatasets")]
)
def test_no_permission(gateway: Gateway, call: Call, action: str) -> None:
    """It names the action to allow."""
    raised = told(gateway, error("ModelArts.0108", "You are not authorized", 403), call)

    assert str(raised) == (
        f"{call.operation} is denied {call.where} (ModelArts.0108). Allow the action {action} to the user of {REFERENCE},"
        " in this project and in the workspace. The service said: You are not authorized"
    )


def test_no_permission_without_a_known_action(gateway: Gateway) -> None:
    """It still names the operation."""
    raised = told(gateway, error("ModelArts.0108", "no", 403), replace(LIST, action=""))

    assert "Allow what this operation takes to the user of" in str(raised)


@pytest.mark.parametrize("status", [400, 403])
def test_another_project(gateway: Gateway, status: int) -> None:
    """It names the parameter to check, and where to see the right id."""
    raised = told(gateway, error("ModelArts.0210", "project ID and token do not match", status))

    assert str(raised) == (
        f"GET /v2/{{project_id}}/datasets/{{parent}}/tasks is denied {WHERE}: the project is not one of those that the"
        f" credential in {REFERENCE} belongs to (ModelArts.0210). Check HuaweiProjects: each project with the region and"
        " id that My Credentials shows for it. The service said: project ID and token do not match"
    )


@pytest.mark.parametrize("code", ["ModelArts.2785", "ModelArts.4310", "ModelArts.4335"])
def test_an_agency_without_access_is_modelarts_own(gateway: Gateway, code: str) -> None:
    """No permission of the user mends it."""
    assert "the agency that it works with" in str(told(gateway, error(code, "no", 403)))


# ---------------------------------------------------------------- credentials


@pytest.mark.parametrize("code", ["APIG.0301", "APIGW.0301", "ModelArts.0201", "ModelArts.4504", "Odd"])
def test_a_refused_key_is_never_tried_again(gateway: Gateway, code: str) -> None:
    """A few refusals in a row lock it; the text says where it lies and what to check."""
    raised = told(gateway, error(code, "verify aksk signature fail", 401))

    assert raised.kind == "credential"
    assert str(raised).startswith(
        f"GET /v2/{{project_id}}/datasets/{{parent}}/tasks was refused {WHERE}: what it is signed with was not taken"
        f" ({code}). Check the key in {REFERENCE}:"
    )
    assert "More than five refusals in a row lock it for five minutes." in str(raised)
    assert len(gateway.asked) == 1


@pytest.mark.parametrize(
    "answer", [Answer(b"<html>401</html>", 401), Answer(b"", 401), Answer(b"[]", 401, date="")]
)
def test_a_401_of_any_form_stops_the_credential(gateway: Gateway, answer: Answer) -> None:
    """Going on would lock the key."""
    raised = told(gateway, answer)

    assert (raised.kind, raised.code) == ("credential", "HTTP 401")


@pytest.mark.parametrize(
    ("off", "says"),
    [
        (
            timedelta(minutes=-22),
            "The clock here is 22 minutes behind Huawei's, and 15 are allowed: set it right.",
        ),
        (
            timedelta(hours=3),
            "The clock here is 180 minutes ahead of Huawei's, and 15 are allowed: set it right.",
        ),
        (timedelta(minutes=15, seconds=1), "The clock here is 15 minutes ahead of Huawei's"),
    ],
)
def test_a_clock_that_is_off_is_what_is_wrong(gateway: Gateway, off: timedelta, says: str) -> None:
    """The gateway has no word for it; its date has."""
    raised = told(gateway, error("APIG.0301", "signature expired", 401), clock=FakeClock(NOON + off))

    assert says in str(raised)
    assert "Check the key" not in str(raised)


@pytest.mark.parametrize("off", [timedelta(minutes=15), timedelta(minutes=-15), timedelta(0)])
def test_a_clock_within_the_tolerance_is_not_spoken_of(gateway: Gateway, off: timedelta) -> None:
    """Nor is one that only other errors came with."""
    clock = FakeClock(NOON + off)

    assert "clock" not in str(told(gateway, error("APIG.0301", "no", 401), clock=clock))
    assert "clock" not in str(
        told(gateway, error("ModelArts.0108", "no", 403), clock=FakeClock(NOON + timedelta(days=1)))
    )


def test_a_token_does_not_care_for_the_clock(gateway: Gateway) -> None:
    """Only signatures are dated."""
    clock = FakeClock(NOON + timedelta(hours=1))
    with_tokens(gateway, clock, lambda asked: error("ModelArts.0203", "no", 401))

    assert "clock" not in str(refusal(client_of(gateway, USER, clock)))


# ---------------------------------------------------------------- throttling


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("17", 17.0),
        (" 0 ", 0.0),
        ("", 0.0),
        ("-5", 0.0),
        ("soon", 0.0),
        ("1e9", 0.0),
        ("²", 0.0),
        ("9" * 400, LONGEST_RETRY_AFTER),
        (format_datetime(NOON + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOON - timedelta(seconds=90), usegmt=True), 0.0),
        (format_datetime(NOON + timedelta(days=90), usegmt=True), LONGEST_RETRY_AFTER),
        ("Sun, 22 Nov 2026 20:01:30 +0800", 90.0),
        ("Sun, 22 Nov 2026 12:01:30 -0000", 90.0),
    ],
    ids=lambda value: str(value)[:20],
)
def test_it_says_when_to_come_back(gateway: Gateway, value: str, seconds: float) -> None:
    """In seconds or as a date, by the service's clock, and never so long that a place is lost from sight."""
    message = "The throttling threshold has been reached: policy user over ratelimit,limit:5,time:1 second"
    clock = FakeClock(NOON + timedelta(minutes=3))

    raised = told(gateway, error("APIG.0308", message, 429, **{"Retry-After": value}), clock=clock)

    assert raised.retry_after == seconds
    assert ("Huawei asks to wait for" in str(raised)) == (seconds > 0)
    assert message in str(raised)


def test_without_a_date_our_own_clock_has_to_do(gateway: Gateway) -> None:
    """For a pause that is near enough."""
    until = format_datetime(NOON + timedelta(seconds=60), usegmt=True)

    assert told(gateway, Answer({}, 429, {"Retry-After": until}, date="")).retry_after == 60


def test_a_throttled_answer_of_any_form_pauses(gateway: Gateway) -> None:
    """A load balancer has no JSON."""
    raised = told(gateway, Answer(b"<html>slow</html>", 429, {"Retry-After": "5"}))

    assert (raised.kind, raised.code, raised.retry_after) == ("throttled", "HTTP 429", 5)


# ---------------------------------------------------------------- the service's own words


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"error_code": "A.1", "error_msg": "why", "request_id": "r-1"}, "A.1", "why"),
        ({"errorCode": "A.1", "errorMsg": "why"}, "A.1", "why"),
        ({"code": "A.1", "message": "why"}, "A.1", "why"),
        ({"is_success": False, "error_code": "A.1", "error_message": "why"}, "A.1", "why"),
        ({"error": {"code": 418, "message": "why", "title": "Teapot"}}, "418", "why"),
        ({"error": {"error_code": "A.1", "error_msg": "why"}}, "A.1", "why"),
        ({"request_id": "r", "fault": {"message": "why"}}, "HTTP 418", "why"),
        ({"error_code": None, "error_msg": "why"}, "HTTP 418", "why"),
        ({"error_code": {"a": 1}, "error_msg": ["x"]}, "HTTP 418", ""),
        ({"error_code": "not a code, but a sentence", "error_msg": "why"}, "HTTP 418", "why"),
        ({"error_code": "x" * 65}, "HTTP 418", ""),
        ({}, "HTTP 418", ""),
    ],
)
def test_a_refusal_is_read_in_every_form_it_is_sent_in(
    gateway: Gateway, body: dict[str, Any], code: str, message: str
) -> None:
    """The gateway, the service, IAM and the old APIs each have their own."""
    raised = told(gateway, Answer(body, 418))

    assert raised.code == code
    assert f"({code})" in str(raised)
    assert ("The service said: why" in str(raised)) == bool(message)


@pytest.mark.parametrize(
    ("header", "member", "shown"),
    [("h-1", "m-1", "h-1"), ("", "m-1", "m-1"), ("", "", ""), ("", "not an id", ""), ("x y", "m", "")],
)
def test_the_id_of_the_request_is_named_for_who_asks_huawei(
    gateway: Gateway, header: str, member: str, shown: str
) -> None:
    """From the header, or from the body."""
    headers = {"X-Request-Id": header} if header else {}
    raised = told(gateway, Answer({"error_code": "A.1", "request_id": member}, 500, headers))

    assert str(raised).endswith(f"at the next poll. Request id: {shown}." if shown else "at the next poll.")


def test_a_long_message_is_cut_and_on_one_line(gateway: Gateway) -> None:
    """A page of text does not become an alert."""
    text = str(told(gateway, error("Odd", "line one\r\n\tline two\x00\x1b " + "words and " * 1000)))

    assert "The service said: line one line two words and" in text
    assert len(text) < 700


@pytest.mark.parametrize("code", ["APIG.0101", "APIGW.0101"])
def test_both_prefixes_of_the_gateway_are_one(code: str) -> None:
    """Newer texts write APIGW."""
    assert known(code) == "APIG.0101"


def test_other_prefixes_stay() -> None:
    """APIC is another product's gateway."""
    assert [known(code) for code in ("APIC.0101", "ModelArts.0101", "", "APIGW")] == [
        "APIC.0101",
        "ModelArts.0101",
        "",
        "APIGW",
    ]


# ---------------------------------------------------------------- no secret


def echoing(asked: Asked, status: int, code: str) -> Answer:
    """A refusal that repeats the whole request wherever it can, as the gateway does with the canonical request."""
    lines = "|".join(f"{name}:{value}" for name, value in asked.headers.items())
    values = " ".join(asked.headers.values())
    secret = asked.headers.get("x-auth-token", asked.headers.get("authorization", ""))
    message = f"{values} {secret[:60]} {secret[7:]} canonicalRequest:{asked.method}|{asked.target}||{lines}"
    body = {"error_code": code, "error_msg": message, "request_id": secret}
    return Answer(body, status, {"X-Request-Id": secret[-60:] if code == "Odd" else ""})


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_no_refusal_repeats_a_secret(
    credential: Mapping[str, str], gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the text, the code, the representation, what it was raised from, or any log."""
    caplog.set_level(logging.DEBUG)
    clock = FakeClock()
    client = client_of(gateway, credential, clock)
    for status, code, _ in [*DOCUMENTED, (400, "Odd", ""), (401, "Odd", ""), (500, "Odd", "")]:
        with_tokens(gateway, clock, partial(echoing, status=status, code=code))
        raised = refusal(client)
        signature = gateway.asked[-1].headers.get("authorization", "").rpartition("=")[2]
        assert not signature or signature[:40] not in str(raised)
        assert "canonicalRequest" not in str(raised)
    assert "c4n4ry" not in caplog.text.lower()


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_a_code_that_is_a_secret_is_none(credential: Mapping[str, str], gateway: Gateway) -> None:
    """Whatever the service calls a code or an id."""
    clock = FakeClock()
    parts = [value for name, value in credential.items() if name not in {"user", "domain"}]
    for part in parts:
        answer = Answer({"error_code": part, "error_msg": part, "request_id": part}, 400)
        with_tokens(gateway, clock, partial(lambda given, _: given, answer))
        assert refusal(client_of(gateway, credential, clock)).code == "HTTP 400"


SENT = Sent(LIST, REFERENCE, by_user=False, secrets=(KEY["access_key"], KEY["secret_key"]))
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([*KEY.values(), NOON.ctime()]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
MEMBERS = st.sampled_from(["error_code", "error_msg", "errorCode", "code", "message", "request_id", "error"])


@given(
    st.integers(300, 599),
    st.none() | st.dictionaries(MEMBERS | st.text(max_size=5), ANY_JSON, max_size=4),
    st.dictionaries(st.sampled_from(["date", "retry-after", "x-request-id"]), st.text(max_size=40)),
)
def test_any_refusal_at_all_is_told(status: int, body: Any, headers: dict[str, str]) -> None:
    """In one of the kinds, on one line, short, with project and region, and without a secret."""
    raised = refused(SENT, Reply(status, headers, body, "" if body else "is no JSON"), NOON)

    text = str(raised)
    assert raised.kind in {"denied", "throttled", "off", "absent", "credential", "failed"}
    assert 0 <= raised.retry_after <= LONGEST_RETRY_AFTER
    assert PROJECT in text
    assert REGION in text
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", text)
    assert len(text) < 1000
    assert "c4n4ry" not in text.lower()
    assert "c4n4ry" not in json.dumps([raised.code, urllib.parse.unquote(text)]).lower()
