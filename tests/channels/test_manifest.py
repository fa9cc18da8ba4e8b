"""The Slack app can do what it is made for, and no more."""

from __future__ import annotations

from pathlib import Path

import yaml

from jobherald.channels.blocks import ALERT_EMOJI, EMOJI
from jobherald.model import OPERATORS_ONLY, TOLD_BY_DEFAULT, AlertKind
from tests.fakes.news import WATCHING

DOCS = Path(__file__).parents[2] / "docs"


def test_the_app_may_post_and_nothing_else() -> None:
    """The two ways to post are its only scopes, and Slack never calls us."""
    manifest = yaml.safe_load((DOCS / "slack-app-manifest.yaml").read_text("utf-8"))

    assert manifest["oauth_config"]["scopes"] == {"bot": ["incoming-webhook", "chat:write"]}
    assert not manifest["settings"]["socket_mode_enabled"]
    assert "interactivity" not in manifest["settings"]
    assert len(manifest["display_information"]["name"]) <= 35
    assert len(manifest["display_information"]["description"]) <= 140


def test_the_page_shows_what_slack_shows() -> None:
    """The emoji and the line that the page explains are those in use."""
    page = (DOCS / "slack.md").read_text("utf-8")
    told = {
        *(EMOJI[state] for state in TOLD_BY_DEFAULT),
        *(ALERT_EMOJI[kind] for kind in set(AlertKind) - OPERATORS_ONLY),
    }

    assert [emoji for emoji in told if emoji not in page] == []
    assert WATCHING.text in " ".join(page.split())
