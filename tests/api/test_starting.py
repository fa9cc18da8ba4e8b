from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.api import starting
from jobherald.api.refusals import RefusedError
from jobherald.api.starting import Desk, Order
from jobherald.submit.decoding import LARGEST
from tests.fakes.ports import FakeQueues
from tests.fakes.store import MemoryStore
from tests.fakes.time import FakeClock
from tests.submit.requests import BOUNDING_BOX, GONE, LIMIT, PRE, edited

ROLE = BOUNDING_BOX["RoleArn"]
BODY = json.dumps(BOUNDING_BOX)


def no_client(service: str, region: str) -> Any:
    raise AssertionError(f"{service} in {region} was called by what only reads")


DESK = Desk(
    account="111122223333",
    home="us-east-1",
    regions=("us-east-1", "eu-west-1"),
    roles=(ROLE,),
    store=MemoryStore(),
    queues=FakeQueues(),
    clients=no_client,
    clock=FakeClock(),
)


def read(body: str | bytes, raw: str = "", desk: Desk = DESK) -> Order:
    return starting.read(body, raw, desk)


def refusal(body: str | bytes, raw: str = "", desk: Desk = DESK) -> RefusedError:
    with pytest.raises(RefusedError) as refused:
        read(body, raw, desk)
    return refused.value


def faults(error: RefusedError) -> set[tuple[str, str]]:
    return {(each.path, each.rule) for each in error.details}


def test_a_sound_request_is_an_order() -> None:
    """As it is, for the stack's region, to be started after looking."""
    order = read(BODY)
    assert order.request.parameters() == BOUNDING_BOX
    assert (order.region, order.check, order.looks, order.findings) == ("us-east-1", False, True, ())


def test_owner_and_limit_become_tags() -> None:
    """In the place of those that the document has."""
    tagged = {
        **BOUNDING_BOX,
        "Tags": [{"Key": "jobherald:owner", "Value": "nobody"}, {"Key": "team", "Value": "v"}],
    }
    order = read(json.dumps(tagged), "owner=Ren%C3%A9e&limit=8h&check=true&looks=false")
    tags = {tag["Key"]: tag["Value"] for tag in order.request.parameters()["Tags"]}
    assert tags == {"team": "v", "jobherald:owner": "Renée", "jobherald:limit": "8h"}
    assert (order.check, order.looks) == (True, False)


def test_faults_of_body_and_query_are_told_at_once() -> None:
    """Form, rules, the role, and the parameters, each with its path."""
    body = json.dumps(edited(BOUNDING_BOX, {"Surprise": 1, LIMIT: 5, PRE: GONE, "RoleArn": f"{ROLE}-2"}))
    error = refusal(body, "check=yes&limit=soon&owner=%3Cb%3E&colour=red")
    assert (error.status, error.code) == (422, "VALIDATION_ERROR")
    assert faults(error) >= {
        ("Surprise", "shape.unknown-member"),
        (LIMIT, "shape.range"),
        ("RoleArn", "submit-roles"),
        ("query.check", "shape.type"),
        ("query.limit", "shape.pattern"),
        ("query.owner", "query.owner"),
        ("query.colour", "shape.unknown-member"),
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "NOT_JSON"),
        ("{", 400, "NOT_JSON"),
        (b"\xff\xfe", 400, "NOT_JSON"),
        ("NaN", 400, "NOT_JSON"),
        ('{"LabelingJobName": ' + "9" * 30 + "}", 400, "NOT_JSON"),
        (" " * (LARGEST + 1), 413, "TOO_LARGE"),
        ("[" * 100_000, 422, "VALIDATION_ERROR"),
        ('{"a":' * 40 + "1" + "}" * 40, 422, "VALIDATION_ERROR"),
        ("null", 422, "VALIDATION_ERROR"),
        ("[]", 422, "VALIDATION_ERROR"),
        ('{"RoleArn": 1, "RoleArn": 2}', 422, "VALIDATION_ERROR"),
        ('{"Tags": {}}', 422, "VALIDATION_ERROR"),
        ('{"RoleArn": []}', 422, "VALIDATION_ERROR"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_body_that_is_no_request_is_refused(body: str | bytes, status: int, code: str) -> None:
    """By what it lacks: JSON, a bearable size, the form of a request."""
    error = refusal(body, "owner=me")
    assert (error.status, error.code) == (status, code)
    assert error.details


def test_a_body_is_read_as_bytes_too() -> None:
    """As API Gateway hands on what is not declared as text."""
    assert read(BODY.encode()).request == read(BODY).request


class TestWithoutRoles:
    DESK = replace(DESK, roles=())

    def test_nothing_is_started(self) -> None:
        """And the refusal says what would change that, whatever the body is."""
        for body in (BODY, "{"):
            error = refusal(body, desk=self.DESK)
            assert (error.status, error.code) == (403, "NOT_ENABLED")
            assert "SubmitRoles" in str(error)

    def test_a_request_is_checked_all_the_same(self) -> None:
        """Checking starts nothing."""
        assert read(BODY, "check=true", self.DESK).check
        assert refusal("{", "check=true", self.DESK).code == "NOT_JSON"


class TestRegion:
    def test_the_rules_know_where_the_job_goes(self) -> None:
        """Functions of another region are a fault of the request."""
        error = refusal(BODY, "region=eu-west-1")
        assert ("HumanTaskConfig.WorkteamArn", "one-region") in faults(error)

    @pytest.mark.parametrize("region", ["us-west-2", "", "US-EAST-1", "us_east"])
    def test_it_is_one_that_is_deployed(self, region: str) -> None:
        """Nobody would watch the job elsewhere."""
        paths = {path for path, _ in faults(refusal(BODY, f"region={region}"))}
        assert "query.region" in paths

    def test_it_has_to_be_named_where_the_stack_itself_watches_another(self) -> None:
        """Nothing is guessed."""
        desk = replace(DESK, home="ap-south-1")
        assert faults(refusal(BODY, desk=desk)) >= {("query.region", "query.region")}
        assert read(BODY, "region=us-east-1", desk).region == "us-east-1"


def test_a_repeated_request_is_the_same_however_it_is_written() -> None:
    """Blanks and the order of members are nothing; a value, a tag and the region are."""
    again = json.dumps(dict(reversed(BOUNDING_BOX.items())), indent=4)
    assert read(BODY).identity() == read(again, "looks=false").identity()
    assert read(BODY).identity() != read(BODY, "owner=me").identity()
    assert read(BODY).identity() != read(json.dumps(edited(BOUNDING_BOX, {LIMIT: 601}))).identity()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
paths = st.sampled_from(
    [
        "RoleArn",
        "Tags",
        "Tags.0",
        "LabelingJobName",
        "HumanTaskConfig",
        "HumanTaskConfig.UiConfig",
        "InputConfig.DataSource",
        "LabelingJobAlgorithmsConfig",
        LIMIT,
        PRE,
    ]
)


@given(st.dictionaries(paths, values | st.just(GONE), min_size=1, max_size=3), st.text(max_size=20))
def test_whatever_is_sent_is_an_order_or_refused(edits: dict[str, Any], raw: str) -> None:
    """Wrong values anywhere in a request, and any query string."""
    try:
        document = edited(BOUNDING_BOX, edits)
    except (AttributeError, TypeError):
        return  # an edit below what another edit took away
    try:
        order = read(json.dumps(document), raw)
    except RefusedError as refused:
        json.dumps(refused.answer())
    else:
        assert order.request.RoleArn == ROLE


@given(st.text() | st.binary())
def test_whatever_bytes_are_sent_are_refused(body: str | bytes) -> None:
    """In a form that can be sent back."""
    json.dumps(refusal(body).answer())
