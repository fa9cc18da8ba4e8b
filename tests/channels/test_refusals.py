"""Each of Slack's refusals means one thing: wait, mend the channel, or give the message up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.channels.refusals import RETRY_AFTER, refusal


def meaning(status: int, code: str, *, webhook: bool) -> str:
    error = refusal(status, code, {"Retry-After": "7"}, webhook=webhook)
    if error.permanent:
        return "give up"
    if error.channel_gone:
        return "mend"
    return "wait 7" if error.retry_after == 7 else "wait"


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (429, "", "wait 7"),
        (429, "rate_limited", "wait 7"),
        (500, "rollup_error", "wait"),
        (502, "<html>Bad gateway</html>", "wait"),
        (503, "", "wait"),
        (400, "invalid_payload", "give up"),
        (400, "invalid_blocks", "give up"),
        (400, "msg_blocks_too_long", "give up"),
        (400, "no_text", "give up"),
        (400, "something new", "give up"),
        (413, "", "give up"),
        (302, "", "mend"),
        (308, "", "mend"),
        (401, "", "mend"),
        (403, "invalid_token", "mend"),
        (403, "action_prohibited", "mend"),
        (404, "no_service", "mend"),
        (404, "channel_not_found", "mend"),
        (410, "channel_is_archived", "mend"),
        (400, "invalid_token", "mend"),
        (400, "no_active_hooks", "mend"),
        (400, "no_team", "mend"),
        (400, "user_not_found", "mend"),
    ],
)
def test_refusals_of_a_webhook(status: int, code: str, expected: str) -> None:
    """A webhook says by its status what is wrong."""
    assert meaning(status, code, webhook=True) == expected


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (429, "ratelimited", "wait 7"),
        (200, "ratelimited", "wait 7"),
        (200, "internal_error", "wait"),
        (200, "fatal_error", "wait"),
        (200, "service_unavailable", "wait"),
        (503, "Received a response in a non-JSON format: <html>", "wait"),
        (200, "invalid_blocks", "give up"),
        (200, "msg_blocks_too_long", "give up"),
        (200, "msg_too_long", "give up"),
        (200, "invalid_auth", "mend"),
        (200, "not_authed", "mend"),
        (200, "token_revoked", "mend"),
        (200, "token_expired", "mend"),
        (200, "account_inactive", "mend"),
        (200, "missing_scope", "mend"),
        (200, "not_in_channel", "mend"),
        (200, "channel_not_found", "mend"),
        (200, "is_archived", "mend"),
        (200, "restricted_action", "mend"),
        (200, "an_error_of_next_year", "mend"),
        (200, "", "mend"),
    ],
)
def test_refusals_of_a_bot(status: int, code: str, expected: str) -> None:
    """A bot is told by a word; one that nobody knows keeps the message and calls for a person."""
    assert meaning(status, code, webhook=False) == expected


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"retry-after": " 1 "}, 1),
        ({"RETRY-AFTER": "0"}, 0),
        ({}, RETRY_AFTER),
        ({"Retry-After": "soon"}, RETRY_AFTER),
        ({"Retry-After": "-5"}, RETRY_AFTER),
        ({"Retry-After": "²"}, RETRY_AFTER),
    ],
)
def test_when_to_come_back(headers: dict[str, str], seconds: float) -> None:
    """Slack's own time is kept to; without one that can be read there is one of ours."""
    assert refusal(429, "", headers, webhook=True).retry_after == seconds


@given(st.text(max_size=200), st.integers(100, 599), st.booleans())
def test_an_answer_is_never_repeated_whole(body: str, status: int, webhook: bool) -> None:
    """What a proxy answers can hold anything, so only a word in Slack's manner is repeated."""
    text = str(refusal(status, body, {}, webhook=webhook))

    assert text.isascii()
    assert len(text) < 200
