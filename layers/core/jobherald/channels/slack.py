"""Slack: posts once, through a webhook or as a bot, and says what a refusal means. The queue retries, never we."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, Final, Protocol
from urllib.parse import urlsplit
from urllib.request import Request

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient, WebhookResponse

from jobherald.channels import blocks
from jobherald.channels.opener import kind_of, open_once
from jobherald.channels.refusals import refusal
from jobherald.errors import DeliveryError, SecretError

NAME: Final = "slack"
API_URL: Final = "https://slack.com/api/"
TIMEOUT: Final = 5
"""Seconds for connecting, and for each read."""

_WEBHOOK_ORIGINS: Final = frozenset({("https", "hooks.slack.com"), ("https", "hooks.slack-gov.com")})
_TOKEN_PREFIX: Final = "xox"  # noqa: S105 - how every token begins
_QUIET: Final = {"unfurl_links": False, "unfurl_media": False}
_OK: Final = 200

# slack_sdk logs requests, and errors that can hold a URL: a webhook's URL is the secret itself. A logger outside of
# the tree of loggers, so that no configuration can turn it on.
_SILENT: Final = logging.Logger("silent", level=logging.CRITICAL + 1)  # noqa: LOG001 - outside of the tree


class ReadsSecret(Protocol):
    """Where the webhook's URL or the bot's token comes from."""

    def read(self, *, fresh: bool = False) -> str:
        """The value, or the value as it is at this moment. Raises SecretError."""
        ...


class SlackChannel:
    """One Slack channel, behind a webhook or a bot token, whichever the secret holds."""

    name = NAME

    def __init__(self, secret: ReadsSecret, *, channel: str = "", api_url: str = API_URL) -> None:
        """``channel`` is the id of the Slack channel; a bot needs it, a webhook has its own."""
        self._secret = secret
        self._channel = channel
        self._api_url = api_url

    def fits(self, news: blocks.News) -> int:
        """How many of these pieces of news, from the first on, one message holds; at least one."""
        return blocks.fits(news)

    def tell(self, news: blocks.News, waited: float = 0.0) -> str:
        """Post them in one message; the answer is Slack's ``ts``, empty for a webhook. Raises DeliveryError.

        ``waited`` is for how many seconds the oldest of them has waited; a digest says so.

        Posts a second time in two cases that waiting does not mend: with the secret read anew where Slack refused the
        one at hand, and as plain text where it refused the blocks.
        """
        secret = self._read()
        message = {**blocks.render(news, waited), **_QUIET}
        try:
            return self._post(secret, message)
        except DeliveryError as error:
            refused = error
        if refused.channel_gone:
            fresh = self._read(fresh=True)
            if fresh != secret:
                return self._post(fresh, message)
        if refused.permanent:
            return self._post(secret, {"text": blocks.text_only(news), **_QUIET})
        raise refused

    def _read(self, *, fresh: bool = False) -> str:
        try:
            return self._secret.read(fresh=fresh)
        except SecretError as error:
            raise DeliveryError(str(error), channel_gone=error.lasting) from None

    def _post(self, secret: str, message: Mapping[str, Any]) -> str:
        if secret.startswith(_TOKEN_PREFIX):
            return self._post_as_bot(secret, message)
        if not self._is_webhook(secret):
            raise DeliveryError(
                "The Slack secret is neither a bot token nor the URL of a webhook at Slack; store another one.",
                channel_gone=True,
            )
        return _post_to_webhook(secret, message)

    def _post_as_bot(self, token: str, message: Mapping[str, Any]) -> str:
        if not self._channel:
            raise DeliveryError(
                "A bot token needs the channel to post to: set SLACK_CHANNEL.", channel_gone=True
            )
        client = _Bot(token, base_url=self._api_url, timeout=TIMEOUT, logger=_SILENT, retry_handlers=[])
        client.proxy = None
        try:
            return str(client.chat_postMessage(channel=self._channel, **message).get("ts") or "")
        except SlackApiError as error:
            answer = error.response
            failure = refusal(
                answer.status_code, str(answer.get("error") or ""), dict(answer.headers), webhook=False
            )
        except (SlackClientError, HTTPException, OSError, ValueError) as error:
            failure = _no_answer(error)
        raise failure

    def _is_webhook(self, secret: str) -> bool:
        """Whether it is a URL of an origin that we would post to: anything else could be somebody's inside."""
        try:
            url, api = urlsplit(secret), urlsplit(self._api_url)
        except ValueError:
            return False
        return (url.scheme, url.netloc) in {*_WEBHOOK_ORIGINS, (api.scheme, api.netloc)}


def _post_to_webhook(url: str, message: Mapping[str, Any]) -> str:
    client = _Webhook(url, timeout=TIMEOUT, logger=_SILENT, retry_handlers=[])
    client.proxy = None
    try:
        answer = client.send_dict(dict(message))
    except (SlackClientError, HTTPException, OSError, ValueError) as error:
        failure = _no_answer(error)
    else:
        if answer.status_code == _OK:
            return ""
        failure = refusal(answer.status_code, answer.body, dict(answer.headers), webhook=True)
    # Outside of the handler, so that the error does not carry the other one, and with it the URL, as its context.
    raise failure


def _no_answer(error: Exception) -> DeliveryError:
    """By the error's kind alone: its text can hold the URL."""
    return DeliveryError(
        f"Slack gave no answer ({kind_of(error)}); whether the message arrived is not known."
    )


class _Webhook(WebhookClient):
    """slack_sdk's client, but without redirects, for which it has no setting."""

    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        status, headers, body = open_once(req, self.timeout)
        return WebhookResponse(url=url, status_code=status, body=body, headers=dict(headers.items()))


class _Bot(WebClient):
    """As _Webhook, for the Web API."""

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:  # noqa: ARG002
        status, headers, body = open_once(req, self.timeout)
        return {"status": status, "headers": headers, "body": body}
