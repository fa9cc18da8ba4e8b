"""What the tests of the client share: a place, a call, credentials that may be nowhere, and a client of the gateway."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from jobherald.errors import ListingError
from jobherald.model import Place
from jobherald.providers.huaweicloud.calls import Call
from jobherald.providers.huaweicloud.client import HuaweiClient
from tests.fakes.channels import FakeSecret
from tests.fakes.time import FakeClock
from tests.providers.huaweicloud.gateway import Answer, Asked, Gateway

REGION = "cn-north-4"
PROJECT = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
DATASET = "gfghHSokody6AJigS5A"
PLACE = Place("modelarts.auto_labeling", PROJECT, REGION, DATASET)
LIST = Call(
    "GET /v2/{project_id}/datasets/{parent}/tasks",
    PLACE,
    query={"limit": 100, "offset": 0},
    action="modelarts:dataset:getDataset",
)
TASKS = f"/v2/{PROJECT}/datasets/{DATASET}/tasks"

REFERENCE = "ssm:/jobherald/huawei"
KEY = {"access_key": "AKC4N4RY00000000EXAM", "secret_key": "skc4n4ry/000000000000000000000000EXAMPLE"}
TEMPORARY = {**KEY, "security_token": "stc4n4ry" + "ABab12+=" * 60}
USER = {"user": "robot", "password": 'pwc4n4ry "§!', "domain": "acme"}
TOKEN = "MIIc4n4ry" + "XYxy-34+" * 200
CREDENTIALS = [
    pytest.param(KEY, id="key"),
    pytest.param(TEMPORARY, id="temporary key"),
    pytest.param(USER, id="user"),
]


def client_of(
    gateway: Gateway, credential: Mapping[str, str] = KEY, clock: FakeClock | None = None
) -> HuaweiClient:
    """A client whose ModelArts and IAM are the gateway."""
    endpoints = {REGION: gateway.url, f"iam.{REGION}": gateway.url}
    secret = FakeSecret(json.dumps(credential), reference=REFERENCE)
    return HuaweiClient(secret, clock or FakeClock(), endpoints)


def token(end: datetime, value: str = TOKEN) -> Answer:
    """IAM's answer with a token that ends then."""
    ends = f"{end:%Y-%m-%dT%H:%M:%S}.412000Z"
    return Answer({"token": {"expires_at": ends, "methods": ["password"]}}, 201, {"X-Subject-Token": value})


def with_tokens(gateway: Gateway, clock: FakeClock, rest: Callable[[Asked], Answer]) -> None:
    """The gateway gives a token that lives for a day to whoever asks; the rest is up to the test."""

    def script(asked: Asked) -> Answer:
        if asked.target.startswith("/v3/auth/tokens"):
            return token(clock.now() + timedelta(hours=24))
        return rest(asked)

    gateway.script = script


def refusal(client: HuaweiClient, call: Call = LIST) -> ListingError:
    with without_secrets() as caught:
        client.call(call)
    return caught[0]


@contextmanager
def without_secrets() -> Iterator[list[ListingError]]:
    """A ListingError is raised, and neither it nor anything behind it holds a secret."""
    with pytest.raises(ListingError) as caught:
        yield (errors := [])
    errors.append(caught.value)
    for error in _chain(caught.value):
        shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
        assert "c4n4ry" not in shown.lower()


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
