"""A message in the terminal reads as it does in Slack."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from jobherald.local.slack_screen import mrkdwn, panel


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("*bold* and `code`", "bold and code"),
        ("<https://example.com/a_b|Open in console>", "Open in console"),
        ("<!date^1763810123^{date_short} {time}|some day>", "22 Nov 11:15:23"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("snake_case_name stays", "snake_case_name stays"),
        ("```\nline one\nline two\n```", "line one\nline two"),
    ],
)
def test_markup_becomes_text(source: str, shown: str) -> None:
    """What Slack shows, without its signs."""
    assert mrkdwn(source).plain == shown


def rendered(payload: dict[str, Any]) -> str:
    console = Console(width=100, record=True, file=None, no_color=True)
    with console.capture() as capture:
        console.print(panel(payload))
    return capture.get()


def test_every_block_of_a_message_is_shown() -> None:
    """Header, section with fields, context, buttons and divider."""
    text = rendered(
        {
            "text": "fallback",
            "blocks": [
                {"type": "header", "text": {"type": "plain_text", "text": "cats failed"}},
                {
                    "type": "section",
                    "text": {"type": "mrkdwn", "text": "*why*"},
                    "fields": [{"type": "mrkdwn", "text": "a field"}],
                },
                {"type": "context", "elements": [{"type": "mrkdwn", "text": "us-east-1"}]},
                {"type": "divider"},
                {
                    "type": "actions",
                    "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Open"}}],
                },
            ],
        }
    )
    assert all(word in text for word in ("cats failed", "why", "a field", "us-east-1", "[ Open ]"))
    assert "fallback" not in text


def test_a_message_without_blocks_shows_its_text() -> None:
    """As Slack does."""
    assert "only text" in rendered({"text": "only text"})
