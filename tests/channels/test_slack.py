"""One post, over real HTTP, and what each answer to it means; no secret ever leaves in an error or a log."""

from __future__ import annotations

import json
import logging
import socket
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from jobherald.channels import blocks, slack
from jobherald.channels.slack import SlackChannel
from jobherald.errors import DeliveryError, SecretError
from jobherald.model import Alert, Change, Story
from tests.fakes.channels import FakeSecret
from tests.fakes.news import FAILED, RUNNING, WATCHING, many
from tests.fakes.slack_server import Answer, SlackServer, serving

CANARY = "T0CANARY/B0CANARY/c4n4rys3cr3t"
TOKEN = "xoxb-c4n4ry-t0k3n"
NEWS: list[tuple[Change | Alert, Story | None]] = [(FAILED, None)]


@pytest.fixture
def server() -> Iterator[SlackServer]:
    with serving() as running:
        yield running


@pytest.fixture
def webhook(server: SlackServer) -> SlackChannel:
    return SlackChannel(FakeSecret(f"{server.url}/services/{CANARY}"), api_url=f"{server.url}/api/")


@pytest.fixture
def bot(server: SlackServer) -> SlackChannel:
    return SlackChannel(FakeSecret(TOKEN), channel="C0123", api_url=f"{server.url}/api")


def refused(channel: SlackChannel, news: Any = NEWS) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.tell(news)
    return caught.value


def bot_error(code: str, status: int = 200) -> Answer:
    return Answer(status, json.dumps({"ok": False, "error": code}))


def test_a_webhook_gets_text_and_blocks(server: SlackServer, webhook: SlackChannel) -> None:
    """One POST with what was rendered, and nothing unfurled; a webhook has no id to give."""
    assert webhook.tell(NEWS) == ""
    assert server.posts == [
        (
            f"/services/{CANARY}",
            "",
            {**blocks.render(NEWS), "unfurl_links": False, "unfurl_media": False},
        )
    ]


def test_a_bot_gets_them_with_its_channel(server: SlackServer, bot: SlackChannel) -> None:
    """The bot's post names the channel and carries the token in its header alone; the id is Slack's ts."""
    assert bot.tell(NEWS) == "1795345200.000100"
    ((path, authorization, body),) = server.posts
    assert path == "/api/chat.postMessage"
    assert authorization == f"Bearer {TOKEN}"
    assert body == {
        **blocks.render(NEWS),
        "channel": "C0123",
        "unfurl_links": False,
        "unfurl_media": False,
    }


def test_several_pieces_of_news_are_one_post(server: SlackServer, webhook: SlackChannel) -> None:
    """A batch is one message."""
    webhook.tell([(FAILED, None), (RUNNING, None), (WATCHING, None)])

    assert len(server.posts) == 1


@pytest.mark.parametrize("lasting", [True, False])
def test_a_secret_that_cannot_be_read_is_the_channels_trouble(server: SlackServer, lasting: bool) -> None:
    """Nothing is posted, and the message waits: until a person acts where it takes one."""
    secret = FakeSecret("", error=SecretError("ssm:/x cannot be read: no.", lasting=lasting))

    error = refused(SlackChannel(secret, api_url=f"{server.url}/api/"))

    assert (str(error), error.channel_gone, error.permanent) == ("ssm:/x cannot be read: no.", lasting, False)
    assert server.posts == []


def test_too_fast_says_when_to_come_back(
    server: SlackServer, webhook: SlackChannel, bot: SlackChannel
) -> None:
    """A 429 is not waited out: its Retry-After is handed on."""
    server.answers = [
        Answer(429, "rate_limited", {"Retry-After": "17"}),
        Answer(429, json.dumps({"ok": False, "error": "ratelimited"}), {"Retry-After": "18"}),
    ]

    assert [refused(webhook).retry_after, refused(bot).retry_after] == [17, 18]
    assert len(server.posts) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_trouble_at_slack_passes(
    server: SlackServer, webhook: SlackChannel, bot: SlackChannel, status: int
) -> None:
    """Whatever a 5xx is dressed in, the message waits; nothing is tried twice."""
    server.answers = [Answer(status, "<html>oh</html>"), Answer(status, "<html>oh</html>")]

    for channel in (webhook, bot):
        error = refused(channel)
        assert not error.permanent
        assert not error.channel_gone
    assert len(server.posts) == 2


def test_no_answer_in_time_passes(
    server: SlackServer, webhook: SlackChannel, bot: SlackChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read time-out is not an answer: the message may or may not be there, and is told again."""
    monkeypatch.setattr(slack, "TIMEOUT", 0.05)
    server.answers = [Answer(delay=0.3), Answer(delay=0.3)]

    for channel in (webhook, bot):
        error = refused(channel)
        assert "Timeout" in str(error)
        assert not error.permanent
        assert not error.channel_gone


@pytest.mark.parametrize("secret", ["{url}/services/" + CANARY, TOKEN])
def test_nobody_there_passes(secret: str) -> None:
    """A refused connection is an outage."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"

    error = refused(SlackChannel(FakeSecret(secret.format(url=url)), channel="C0123", api_url=f"{url}/api/"))

    assert "ConnectionRefusedError" in str(error)
    assert not error.permanent
    assert not error.channel_gone


def test_refused_blocks_are_told_as_text(
    server: SlackServer, webhook: SlackChannel, bot: SlackChannel
) -> None:
    """A message whose blocks Slack refuses is posted once more as plain text with its ids, in the same go."""
    server.answers = [Answer(400, "invalid_blocks")]
    webhook.tell(NEWS)
    server.answers = [bot_error("msg_blocks_too_long")]
    bot.tell(NEWS)

    first, text, third, fourth = (body for _, _, body in server.posts)
    assert "blocks" in first
    assert "blocks" in third
    assert text == {"text": blocks.text_only(NEWS), "unfurl_links": False, "unfurl_media": False}
    assert fourth == {**text, "channel": "C0123"}
    assert FAILED.id in text["text"]


def test_text_that_is_refused_too_is_given_up(server: SlackServer, webhook: SlackChannel) -> None:
    """Two tries, no third."""
    server.answers = [Answer(400, "invalid_blocks"), Answer(400, "no_text")]

    assert refused(webhook).permanent
    assert len(server.posts) == 2


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_webhook_that_is_gone_needs_a_person(
    server: SlackServer, webhook: SlackChannel, status: int
) -> None:
    """The message is not at fault and is not given up."""
    server.answers = [Answer(status, "no_service")]

    error = refused(webhook)

    assert error.channel_gone
    assert not error.permanent
    assert len(server.posts) == 1


@pytest.mark.parametrize("code", ["invalid_auth", "channel_not_found", "is_archived", "not_in_channel"])
def test_a_bot_that_may_not_needs_a_person(server: SlackServer, bot: SlackChannel, code: str) -> None:
    """Token, app or channel: somebody has to mend it."""
    server.answers = [bot_error(code)]

    assert refused(bot).channel_gone


def test_a_rotated_secret_is_used_at_once(server: SlackServer) -> None:
    """A refused secret is read anew once; if it is another by now, the same news is posted with it."""
    secret = FakeSecret(f"{server.url}/services/old", rotated=f"{server.url}/services/new")
    channel = SlackChannel(secret, api_url=server.url)
    server.answers = [Answer(403, "invalid_token")]

    channel.tell(NEWS)

    assert [path for path, _, _ in server.posts] == ["/services/old", "/services/new"]
    assert secret.reads == [False, True]


def test_a_redirect_is_not_followed(server: SlackServer, webhook: SlackChannel, bot: SlackChannel) -> None:
    """Neither message nor token goes where a redirect points."""
    for status in (301, 302, 303, 307, 308):
        for channel in (webhook, bot):
            server.posts.clear()
            server.answers = [Answer(status, "", {"Location": f"{server.url}/elsewhere"})]
            assert refused(channel).channel_gone
            assert len(server.posts) == 1


@pytest.mark.parametrize(
    "secret",
    [
        "https://evil.example/services/T/B/x",
        "https://hooks.slack.com.evil.example/services/T/B/x",
        "https://hooks.slack.com@evil.example/services/T/B/x",
        "https://evil.example/@hooks.slack.com/",
        "https://hooks.slack.com:8443/services/T/B/x",
        "http://hooks.slack.com/services/T/B/x",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        "https://[broken/services",
        "nonsense",
    ],
)
def test_only_slack_is_posted_to(secret: str) -> None:
    """Whatever else the secret says is refused before a connection is made, and is not repeated."""
    error = refused(SlackChannel(FakeSecret(secret), channel="C0123"))

    assert error.channel_gone
    assert secret not in str(error)


def test_slacks_own_hosts_are_allowed() -> None:
    """Both clouds of Slack, by name."""
    channel = SlackChannel(FakeSecret("unused"))

    assert channel._is_webhook("https://hooks.slack.com/services/T/B/x")
    assert channel._is_webhook("https://hooks.slack-gov.com/services/T/B/x")


def test_a_bot_without_a_channel_says_so() -> None:
    """The remedy is in the message."""
    assert "SLACK_CHANNEL" in str(refused(SlackChannel(FakeSecret(TOKEN))))


FAILURES = [
    Answer(429, "rate_limited", {"Retry-After": "1"}),
    Answer(500, CANARY),
    Answer(503, f"<html>{CANARY}</html>"),
    Answer(302, "", {"Location": f"http://127.0.0.1:1/{CANARY}"}),
    Answer(403, "invalid_token"),
    Answer(404, "no_service"),
    Answer(410, "channel_is_archived"),
    Answer(400, "invalid_blocks"),
    Answer(400, CANARY),
    Answer(200, delay=0.3),
    Answer(418, "é" * 50, {"Content-Type": "text/plain; charset=nonsense"}),
]


@pytest.mark.parametrize("answer", FAILURES, ids=lambda answer: f"{answer.status}-{answer.body[:12]}")
@pytest.mark.parametrize("kind", ["webhook", "bot"])
def test_no_failure_gives_the_secret_away(
    server: SlackServer,
    answer: Answer,
    kind: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Neither URL nor token is in the error, its causes, a log line of any level, or on the console."""
    monkeypatch.setattr(slack, "TIMEOUT", 0.05)
    caplog.set_level(logging.DEBUG)
    channel: SlackChannel = request.getfixturevalue(kind)
    server.answers = [answer, answer]

    error = refused(channel)

    heard = "".join(traceback.format_exception(error)) + caplog.text + "".join(capfd.readouterr())
    for part in (TOKEN, *CANARY.split("/")):
        assert part not in heard
    assert error.__cause__ is None
    assert error.__context__ is None


def test_not_even_a_broken_secret_is_given_away(caplog: pytest.LogCaptureFixture) -> None:
    """A URL that http.client itself refuses, and would quote, is quoted nowhere."""
    caplog.set_level(logging.DEBUG)

    error = refused(SlackChannel(FakeSecret(f"https://hooks.slack.com/services/{CANARY} \x00")))

    assert CANARY not in "".join(traceback.format_exception(error)) + caplog.text


def test_how_much_fits_is_rendered_not_guessed(webhook: SlackChannel) -> None:
    """The channel says how many of some news one message holds."""
    assert webhook.fits([(change, None) for change in many(3)]) == 3
