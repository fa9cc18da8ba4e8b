"""A Slack message in a terminal, roughly as its reader sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Any, Final

from rich.console import Group
from rich.panel import Panel
from rich.text import Text

_TOKEN: Final = re.compile(
    r"<!date\^(?P<at>\d+)\^[^|>]*\|(?P<fallback>[^>]*)>"
    r"|<(?P<url>[^|>]+)\|(?P<label>[^>]+)>"
    r"|```\n?(?P<fence>.*?)\n?```"
    r"|`(?P<code>[^`\n]+)`"
    r"|\*(?P<bold>[^*\n]+)\*"
    r"|(?<![\w])_(?P<italic>[^_\n]+)_(?![\w])",
    re.DOTALL,
)


def panel(payload: Mapping[str, Any], title: str = "Slack") -> Panel:
    """One message with its blocks, or its text where it has none."""
    blocks = payload.get("blocks") or ()
    lines = [line for block in blocks for line in _block(block)] or [mrkdwn(str(payload.get("text", "")))]
    return Panel(Group(*lines), title=title, title_align="left", border_style="dim", width=76)


def _block(block: Mapping[str, Any]) -> Iterator[Text]:
    match block.get("type"):
        case "header":
            yield Text(unescape(str(block["text"]["text"])), style="bold")
        case "section":
            if "text" in block:
                yield _element(block["text"])
            for field in block.get("fields", ()):
                yield _element(field)
        case "context":
            yield Text("  ").join(_element(element, "dim") for element in block["elements"])
        case "actions":
            buttons = [f"[ {element['text']['text']} ]" for element in block["elements"] if "text" in element]
            yield Text("  ".join(buttons), style="cyan")
        case "divider":
            yield Text("─" * 60, style="dim")


def _element(element: Mapping[str, Any], style: str = "") -> Text:
    text = str(element.get("text", ""))
    return Text(text, style=style) if element.get("type") == "plain_text" else mrkdwn(text, style)


def mrkdwn(source: str, style: str = "") -> Text:
    """Slack's own markup as styled text: bold, italics, code, links by their label, times in UTC."""
    text, done = Text(style=style), 0
    for found in _TOKEN.finditer(source):
        text.append(unescape(source[done : found.start()]))
        text.append(*_styled(found))
        done = found.end()
    text.append(unescape(source[done:]))
    return text


def _styled(found: re.Match[str]) -> tuple[str, str]:
    if at := found["at"]:
        return f"{datetime.fromtimestamp(int(at), UTC):%d %b %H:%M:%S}", ""
    for group, style in (
        ("label", "cyan underline"),
        ("fence", "italic"),
        ("code", "bold"),
        ("bold", "bold"),
    ):
        if found[group]:
            return unescape(found[group]), style
    return unescape(found["italic"]), "italic"
