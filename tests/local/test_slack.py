from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError, URLError

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from jobherald.local.clock import ManualClock
from jobherald.local.slack import BOT_TOKEN, CHANNEL, SlackDouble, Spell

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
HELLO = {"text": "hello"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def slack(clock: ManualClock) -> Iterator[SlackDouble]:
    with SlackDouble(clock=clock) as running:
        yield running


def _post(
    url: str, body: Any, headers: Mapping[str, str] | None = None
) -> tuple[int, str, Mapping[str, str]]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data=data, headers={**kind, **(headers or {})})  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - as above
            return answer.status, answer.read().decode(), dict(answer.headers)
    except HTTPError as error:
        with error:
            return error.code, error.read().decode(), dict(error.headers)


def _hook(slack: SlackDouble, body: Any = HELLO) -> tuple[int, str]:
    return _post(slack.webhook_url, body)[:2]


def _as_bot(
    slack: SlackDouble, body: Mapping[str, Any], token: str = BOT_TOKEN
) -> tuple[int, dict[str, Any]]:
    status, text, _ = _post(slack.api_url + "chat.postMessage", body, {"Authorization": f"Bearer {token}"})
    return status, json.loads(text)


def test_a_webhook_takes_a_message(slack: SlackDouble) -> None:
    """It answers ok, and the message stands in the webhook's channel."""
    assert _hook(slack) == (200, "ok")
    (message,) = slack.messages
    assert (message.channel, message.text, message.at, message.blocks) == (CHANNEL, "hello", NOON, ())


def test_a_webhook_takes_forms_too(slack: SlackDouble) -> None:
    """The older way: a form with the JSON as its payload."""
    form = urllib.parse.urlencode({"payload": json.dumps(HELLO)}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert _post(slack.webhook_url, form, kind)[:2] == (200, "ok")
    assert slack.messages[0].text == "hello"


def test_a_wrong_webhook_is_told_so(slack: SlackDouble) -> None:
    """A revoked secret and an unknown service are two refusals, with the statuses of Slack."""
    assert _post(slack.webhook_url + "x", HELLO)[:2] == (403, "invalid_token")
    assert _post(f"{slack.url}/services/T9/B9/x", HELLO)[:2] == (404, "no_service")
    assert _post(f"{slack.url}/other", HELLO)[:2] == (404, "not_found")
    assert slack.messages == []


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b"{", "invalid_payload"),
        (b"[]", "invalid_payload"),
        ({}, "no_text"),
        ({"blocks": [{}]}, "invalid_blocks"),
    ],
)
def test_a_webhook_refuses_what_is_no_message(slack: SlackDouble, body: Any, answer: str) -> None:
    """Refusals are in Slack's words, with 400."""
    assert _hook(slack, body) == (400, answer)
    assert [attempt.word for attempt in slack.attempts] == [answer]


def test_a_bot_posts_with_slack_sdk(slack: SlackDouble) -> None:
    """The real client is content with the double's answers, and each message has a ts of its own."""
    client = WebClient(token=BOT_TOKEN, base_url=slack.api_url)
    assert client.auth_test()["ok"]
    first = client.chat_postMessage(channel=CHANNEL, text="one")
    second = client.chat_postMessage(channel=CHANNEL, text="two", blocks=[{"type": "divider"}])
    assert [message.ts for message in slack.messages] == [first["ts"], second["ts"]]
    assert first["ts"] < second["ts"]
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel="C404", text="three")
    assert refused.value.response["error"] == "channel_not_found"
    assert WebhookClient(slack.webhook_url).send(text="four").body == "ok"


@pytest.mark.parametrize(
    ("body", "token", "error"),
    [
        ({"channel": CHANNEL}, BOT_TOKEN, "no_text"),
        ({"channel": CHANNEL, "text": "x"}, "xoxb-other", "invalid_auth"),
        ({"text": "x"}, BOT_TOKEN, "channel_not_found"),
        ({"channel": CHANNEL, "text": "x" * 40_001}, BOT_TOKEN, "msg_too_long"),
    ],
)
def test_a_bot_is_refused_with_status_200(
    slack: SlackDouble, body: dict[str, Any], token: str, error: str
) -> None:
    """The Web API says ok false and why, in the body."""
    assert _as_bot(slack, body, token) == (200, {"ok": False, "error": error} | _where(error))


def _where(error: str) -> dict[str, Any]:
    about_message = error in {"no_text", "msg_too_long"}
    return {"errors": [], "response_metadata": {"messages": []}} if about_message else {}


def test_a_bot_needs_a_token_and_a_method(slack: SlackDouble) -> None:
    """No token, no method, no JSON: each has its word."""
    assert json.loads(_post(slack.api_url + "chat.postMessage", HELLO)[1])["error"] == "not_authed"
    signed = {"Authorization": f"Bearer {BOT_TOKEN}"}
    assert json.loads(_post(slack.api_url + "chat.meMessage", HELLO, signed)[1])["error"] == "unknown_method"
    assert json.loads(_post(slack.api_url + "chat.postMessage", b"{", signed)[1])["error"] == "invalid_json"


def test_a_channel_takes_one_message_a_second_after_a_burst(slack: SlackDouble, clock: ManualClock) -> None:
    """What is faster is refused with 429 and Retry-After, by webhook and by bot; waiting that long helps."""
    assert [_hook(slack)[0] for _ in range(6)] == [200] * 5 + [429]
    status, body, headers = _post(slack.webhook_url, HELLO)
    assert (status, body, headers["Retry-After"]) == (429, "rate_limited", "1")
    assert _as_bot(slack, {"channel": CHANNEL, "text": "x"}) == (429, {"ok": False, "error": "ratelimited"})
    clock.advance(1)
    assert [_hook(slack)[0] for _ in range(2)] == [200, 429]
    assert len(slack.messages) == 6


def test_the_rate_is_each_channels_own_and_can_be_off(clock: ManualClock) -> None:
    """Two channels do not share a rate; without one, everything is taken."""
    hooks = {"/services/T/B/1": "C1", "/services/T/B/2": "C2"}
    with SlackDouble(clock=clock, burst=1, webhooks=hooks) as slack:
        statuses = [_post(slack.url + path, HELLO)[0] for path in [*hooks, *hooks]]
        assert statuses == [200, 200, 429, 429]
    with SlackDouble(clock=clock, rate=None) as slack:
        assert {_hook(slack)[0] for _ in range(20)} == {200}


@pytest.mark.parametrize(
    ("spell", "hook", "bot"),
    [
        ("429", (429, "rate_limited"), (429, "ratelimited")),
        ("500", (500, "rollup_error"), (500, "internal_error")),
        ("503", (503, "service_unavailable"), (503, "service_unavailable")),
        ("no_service", (404, "no_service"), (200, "account_inactive")),
        ("invalid_token", (403, "invalid_token"), (200, "invalid_auth")),
        ("channel_is_archived", (410, "channel_is_archived"), (200, "is_archived")),
        ("channel_not_found", (404, "channel_not_found"), (200, "channel_not_found")),
        ("invalid_blocks", (400, "invalid_blocks"), (200, "invalid_blocks")),
    ],
)
def test_a_spell_lasts_for_its_posts(
    slack: SlackDouble, spell: str, hook: tuple[int, str], bot: tuple[int, str]
) -> None:
    """Both ways of posting meet it, in their own words; then it is over."""
    slack.cast(spell, posts=2)
    body = {"channel": CHANNEL, "text": "x"}
    assert _hook(slack) == hook
    status, answer = _as_bot(slack, body)
    assert (status, answer["error"]) == bot
    assert _hook(slack) == (200, "ok")
    assert len(slack.messages) == 1


def test_a_spell_lasts_for_its_time(slack: SlackDouble, clock: ManualClock) -> None:
    """By the double's clock; a 429 says how long to wait."""
    cast = slack.cast(Spell.RATE_LIMITED, seconds=6 * 3600, retry_after=30)
    for _ in range(3):
        assert _post(slack.webhook_url, HELLO)[2]["Retry-After"] == "30"
        clock.advance(2 * 3600)
    assert _hook(slack) == (200, "ok")
    assert cast.hits == 3


def test_a_spell_can_be_lifted(slack: SlackDouble) -> None:
    """One of them, or all."""
    first, _ = slack.cast("500"), slack.cast("503")
    assert _hook(slack)[0] == 500
    slack.lift(first)
    assert _hook(slack)[0] == 503
    slack.lift()
    assert _hook(slack)[0] == 200


def test_a_swallowed_message_was_acknowledged(slack: SlackDouble) -> None:
    """Slack said ok, and nobody will ever read it."""
    slack.cast("swallow", posts=1)
    assert _hook(slack) == (200, "ok")
    assert (slack.messages, len(slack.swallowed)) == ([], 1)
    assert _hook(slack) == (200, "ok")
    assert len(slack.messages) == 1


def test_silence_comes_before_or_after_the_message(slack: SlackDouble) -> None:
    """A dropped post left nothing; one whose answer was lost stands in the channel: the sender cannot tell."""
    slack.cast("drop", posts=1)
    slack.cast("lost_answer", posts=1)
    for left in (0, 1):
        with pytest.raises((URLError, ConnectionError)):
            _hook(slack)
        assert len(slack.messages) == left
    assert [(attempt.status, attempt.word) for attempt in slack.attempts] == [(0, "drop"), (0, "lost_answer")]


def test_a_time_out_holds_the_connection_until_the_double_stops(clock: ManualClock) -> None:
    """The client gives up first; stopping does not wait for the rest."""
    with SlackDouble(clock=clock) as slack:
        slack.cast("timeout", hold=60)
        with pytest.raises(TimeoutError):
            urllib.request.urlopen(slack.webhook_url, data=b"{}", timeout=0.2)  # noqa: S310 - loopback
        assert slack.messages == []


def test_changes_are_found_by_their_anchors(slack: SlackDouble) -> None:
    """In block_ids of blocks and attachments; each message counts once; code spans count where there are no blocks."""
    divider = {"type": "divider"}
    _hook(
        slack,
        {"text": "`p:9#9`", "blocks": [divider | {"block_id": "p:1#1"}, divider | {"block_id": "p:2#1"}]},
    )
    _hook(slack, {"attachments": [{"blocks": [divider | {"block_id": "p:1#1"}]}]})
    _hook(slack, {"text": "❌ `cats` failed `p:1#2`\n`p:a&amp;b#1`"})
    assert slack.anchors() == {"p:1#1": 2, "p:2#1": 1, "cats": 1, "p:1#2": 1, "p:a&b#1": 1}
    assert slack.count("p:1#1") == 2
    assert slack.count("1", lambda news_id: f"p:2#{news_id}") == 1
    assert slack.count("p:9#9") == 0


def test_mentions_are_noticed(slack: SlackDouble) -> None:
    """Whatever would call people; dates, links, plain text and escaped text do not."""
    mrkdwn = {"type": "mrkdwn", "text": "<!channel> <@U1> <https://x|y> <!date^1^{date}|then> &lt;!here&gt;"}
    plain = {"type": "plain_text", "text": "<!everyone>"}
    _hook(slack, {"text": "<#C1>", "blocks": [{"type": "section", "fields": [mrkdwn, plain]}]})
    assert slack.messages[0].mentions == ["<#C1>", "<!channel>", "<@U1>"]


def test_everything_can_be_forgotten(slack: SlackDouble) -> None:
    """For a second run on the same double."""
    _hook(slack)
    slack.clear()
    assert (slack.messages, slack.attempts) == ([], [])


def test_the_messages_can_be_seen(slack: SlackDouble) -> None:
    """As a page for people, and as JSON for programs."""
    _hook(slack, {"text": "*bold* & <b>"})
    with urllib.request.urlopen(slack.url, timeout=5) as page:  # noqa: S310 - loopback
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "<b>bold</b> &amp; " in page.read().decode()
    with urllib.request.urlopen(slack.url + "/messages.json", timeout=5) as rows:  # noqa: S310 - loopback
        assert [row["text"] for row in json.load(rows)["messages"]] == ["*bold* & <b>"]
    with pytest.raises(HTTPError) as missing:
        urllib.request.urlopen(slack.url + "/favicon.ico", timeout=5)  # noqa: S310 - loopback
    missing.value.close()


def test_a_swallowed_post_is_one_that_was_taken_and_chosen(clock: ManualClock) -> None:
    """What Slack refuses for its pace was never acknowledged, and leaves the spell for the next post."""
    with SlackDouble(clock=clock, burst=1) as slack:
        slack.cast("swallow", posts=1, only=lambda payload: payload["text"] == "chosen")
        assert _hook(slack, {"text": "first"})[0] == 200
        assert _hook(slack, {"text": "chosen"})[0] == 429
        assert slack.swallowed == []
        clock.advance(1)
        assert _hook(slack, {"text": "chosen"})[0] == 200
        clock.advance(1)
        assert _hook(slack, {"text": "chosen"})[0] == 200
    assert [one.text for one in slack.swallowed] == ["chosen"]
    assert [one.text for one in slack.messages] == ["first", "chosen"]
