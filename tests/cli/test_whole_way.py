"""The whole way of a row: from a service's answer over HTTP through the table to `jobherald job ID --json`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest
from botocore.config import Config

from jobherald.catalog import load
from jobherald.checks.members import row_members
from jobherald.checks.models import service_model
from jobherald.checks.shapes import sample
from jobherald.flows.poll import poll
from jobherald.flows.visit import Limits
from jobherald.model import Place, State
from jobherald.providers.aws import AwsLister
from jobherald.watch import PlaceRecord, Poll, Rule, Scope
from tests.cli.conftest import Run, Stack
from tests.fakes.time import FakeClock, FakeDeadline
from tests.providers.jobservice import LABELING, MEDIA, Service, serving


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member, f"{path}[]")
    else:
        yield path, value


def poll_once(stack: Stack, place: Place, answer: dict[str, Any]) -> None:
    """One real poll of a place whose baseline was long ago, over HTTP, into the table."""
    source, service = load(place.source), Service()
    service.on(source.operation, answer)
    before = datetime(2000, 1, 1, tzinfo=UTC)
    store = stack.store()
    record = PlaceRecord(
        place, Scope((Rule("all"),)), before, baseline_at=before, news_at=before, settled_at=before
    )
    store.save_place(
        PlaceRecord(**{name: getattr(record, name) for name in record.__slots__} | {"revision": 1})
    )
    with serving(service) as url, ExitStack() as used:
        session = botocore.session.get_session()
        session.set_credentials("made-up", "made-up")

        def clients(name: str, region: str) -> Any:
            config = Config(retries={"total_max_attempts": 1})
            client = session.create_client(name, region, endpoint_url=url, config=config)
            # The server waits for its connections to end.
            used.callback(client.close)
            return client

        clock = FakeClock(datetime.now(UTC) + timedelta(minutes=1))
        done = poll(
            Poll(place, clock.now()),
            AwsLister(clients),
            store,
            clock,
            FakeDeadline(),
            Limits(pages=1, looks=0),
        )
    assert not done.trouble
    assert done.writes == 1


@pytest.mark.parametrize("place", [LABELING, MEDIA], ids=lambda place: place.source)
def test_every_member_of_an_answer_comes_back_from_the_command(place: Place, stack: Stack, run: Run) -> None:
    """A generated answer fills every member with a value of its own; each comes back as it was, by name and type."""
    stack.deploy(Sources="sagemaker.labeling,rekognition.media_analysis")
    source = load(place.source)
    answer = sample(service_model(source.client).operation_model(source.operation).output_shape)
    sent = answer[source.items][0]

    poll_once(stack, place, answer)
    shown = run("job", sent[source.id_path], "--json")

    assert shown.exit_code == 0, shown.stderr
    story = json.loads(shown.stdout)
    came_back, expected = dict(leaves(story["details"])), dict(leaves(sent))
    assert set(expected) == set(row_members(source))
    assert set(came_back) == set(expected)
    for path, value in expected.items():
        plain = value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, datetime) else value
        assert (came_back[path], type(came_back[path])) == (plain, type(plain)), path


def test_a_failed_job_brings_reason_code_and_next_step_into_its_story(stack: Stack, run: Run) -> None:
    """The reason in the service's words, its code, and what to do about it."""
    stack.deploy(Sources="rekognition.media_analysis")
    source = load(MEDIA.source)
    answer = sample(service_model(source.client).operation_model(source.operation).output_shape)
    answer[source.items][0]["Status"] = "FAILED"
    details = answer[source.items][0]["FailureDetails"]
    details["Code"] = "INVALID_MANIFEST"

    poll_once(stack, MEDIA, answer)
    story = json.loads(run("job", answer[source.items][0]["JobId"], "--json").stdout)

    (change,) = story["changes"]
    assert change["state"] == State.FAILED
    assert (change["reason"], change["reason_code"]) == (details["Message"], "INVALID_MANIFEST")
    assert change["next_step"] == source.advice_by_code["INVALID_MANIFEST"]
    assert story["owed"] == [change["id"]]
