"""What it means when Slack says no: wait, mend the channel, or give the message up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from jobherald.errors import DeliveryError

# Without a Retry-After, this many seconds after a refusal for being too fast.
RETRY_AFTER: Final = 30.0

_TOO_FAST: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_PASSING: Final = frozenset(
    {
        "fatal_error",
        "internal_error",
        "request_timeout",
        "rollup_error",
        "service_unavailable",
        "team_added_to_org",
    }
)
# The message itself is refused; any other error of chat.postMessage is about the token, the app or the channel.
# Source: https://docs.slack.dev/reference/methods/chat.postMessage#errors
_ABOUT_THE_MESSAGE: Final = frozenset(
    {
        "attachment_payload_limit_exceeded",
        "duplicate_message_not_allowed",
        "invalid_arg_name",
        "invalid_arguments",
        "invalid_array_arg",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_charset",
        "invalid_form_data",
        "invalid_json",
        "invalid_payload",
        "invalid_post_type",
        "json_not_object",
        "markdown_text_conflict",
        "missing_post_type",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "too_many_attachments",
    }
)
# What a webhook says of itself, at whatever status: the documentation gives none for most, and 400 for some.
_ABOUT_THE_WEBHOOK: Final = frozenset(
    {
        "action_prohibited",
        "channel_is_archived",
        "channel_not_found",
        "invalid_token",
        "no_active_hooks",
        "no_service",
        "no_service_id",
        "no_team",
        "posting_to_general_channel_denied",
        "team_disabled",
        "user_not_found",
    }
)
_REMEDY: Final = "Repair the channel or store another secret; nothing is lost meanwhile."
_TOO_MANY_REQUESTS: Final = 429
_SERVER_ERROR: Final = 500
# A webhook's refusals of one message. Its others (401, 403, 404, 410, a redirect) are about the webhook.
# Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling-errors
_WEBHOOK_MESSAGE_STATUSES: Final = frozenset({400, 413, 414, 422})


def refusal(status: int, code: str, headers: Mapping[str, str], *, webhook: bool) -> DeliveryError:
    """What an answer that is not *ok* means. ``code`` is Slack's own word, such as ``channel_is_archived``."""
    word = _word(code)
    said = f"Slack answered {status}{f' {word}' if word else ''}."
    if status == _TOO_MANY_REQUESTS or word in _TOO_FAST:
        return DeliveryError(said, retry_after=_retry_after(headers))
    if status >= _SERVER_ERROR or word in _PASSING:
        return DeliveryError(said)
    about_the_message = webhook and status in _WEBHOOK_MESSAGE_STATUSES and word not in _ABOUT_THE_WEBHOOK
    if word in _ABOUT_THE_MESSAGE or about_the_message:
        return DeliveryError(said, permanent=True)
    return DeliveryError(f"{said} {_REMEDY}", channel_gone=True)


def _word(code: str) -> str:
    """Slack's word, or nothing: an answer of some other length or form (a proxy's page) may hold anything."""
    word = code.strip()
    return word if len(word) <= 64 and word.replace("_", "").isalnum() and word.isascii() else ""  # noqa: PLR2004


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds, as Slack gives them in whole numbers."""
    for name, value in headers.items():
        if name.lower() == "retry-after" and value.strip().isascii() and value.strip().isdigit():
            return float(value)
    return RETRY_AFTER
