"""The channel against the local Slack, which refuses what Slack refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given

from jobherald.channels import blocks
from jobherald.channels.slack import SlackChannel
from jobherald.channels.text import anchor
from jobherald.errors import DeliveryError
from jobherald.local.slack import CHANNEL, SlackDouble, Spell
from jobherald.local.slack_rules import refusal_of
from jobherald.model import Alert, Change, Story
from tests.channels.test_blocks import batches
from tests.fakes.channels import FakeSecret
from tests.fakes.news import ATTACK, FAILED, RUNNING, WATCHING, many

NEWS: list[tuple[Change | Alert, Story | None]] = [(FAILED, None), (RUNNING, None), (WATCHING, None)]


@pytest.fixture
def double() -> Iterator[SlackDouble]:
    with SlackDouble(rate=None) as running:
        yield running


@pytest.fixture(params=["webhook", "bot"])
def channel(request: pytest.FixtureRequest, double: SlackDouble) -> SlackChannel:
    secret = double.webhook_url if request.param == "webhook" else double.token
    return SlackChannel(FakeSecret(secret), channel=CHANNEL, api_url=double.api_url)


@given(batches)
def test_slack_takes_every_message_that_fits(batch: list[tuple[Change | Alert, Story | None]]) -> None:
    """By Slack's own rules, whatever comes from outside, with blocks and without."""
    taken = batch[: blocks.fits(batch)]

    assert refusal_of(blocks.render(taken)) == ("", [])
    assert refusal_of({"text": blocks.text_only(taken)}) == ("", [])


def test_news_is_found_by_its_anchor(double: SlackDouble, channel: SlackChannel) -> None:
    """Three pieces of news in one message, each once."""
    channel.tell(NEWS)

    assert len(double.messages) == 1
    assert double.anchors() == {anchor(one.id): 1 for one, _ in NEWS}


def test_without_blocks_news_is_found_by_its_id(double: SlackDouble, channel: SlackChannel) -> None:
    """A Slack that refuses blocks still shows which news it was told."""
    double.cast(Spell.INVALID_BLOCKS, posts=1)

    channel.tell(NEWS)

    (message,) = double.messages
    assert {one.id for one, _ in NEWS} <= set(message.anchors)


def test_nobody_is_mentioned(double: SlackDouble, channel: SlackChannel) -> None:
    """An attack in every text from outside calls nobody."""
    hostile = [replace(one, name=ATTACK, reason=ATTACK, reason_code=ATTACK) for one in many(3)]

    channel.tell([(one, None) for one in hostile])
    channel.tell([(hostile[0], None)])

    assert [message.mentions for message in double.messages] == [[], []]


def test_the_rate_limit_is_handed_on(channel: SlackChannel, double: SlackDouble) -> None:
    """A 429 of the local Slack carries its Retry-After."""
    double.cast(Spell.RATE_LIMITED, posts=1, retry_after=7)

    with pytest.raises(DeliveryError) as caught:
        channel.tell(NEWS)

    assert caught.value.retry_after == 7
