from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.local.slack_page import mrkdwn, page, plain

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _it_ ~gone~", "<b>bold</b> <i>it</i> <s>gone</s>"),
        ("job_run_7 2*3*4", "job_run_7 2*3*4"),
        ("*two words* and `code *not bold*`", "<b>two words</b> and <code>code *not bold*</code>"),
        ("<https://x/?a=1&amp;b=2|Open &amp; see>", '<a href="https://x/?a=1&amp;b=2">Open &amp; see</a>'),
        ("<https://x>", '<a href="https://x">https://x</a>'),
        ("<!date^1^{date} at {time}|22 Nov>", "<span>22 Nov</span>"),
        ("<!channel> <@U1>", '<span class="mention">!channel</span> <span class="mention">@U1</span>'),
        ("&lt;!channel&gt; &amp;amp;", "&lt;!channel&gt; &amp;amp;"),
        (":x: :no_such:", "❌ :no_such:"),
        ("> said\nnext", "<blockquote>said</blockquote>next"),
        ("why:\n```\nline *1*\nline 2\n```\nend", "why:<br><pre>line *1*\nline 2</pre>end"),
        ("a\nb", "a<br>b"),
    ],
)
def test_markup_is_shown_as_slack_shows_it(text: str, html: str) -> None:
    """Formatting at word edges, links, dates, mentions, emoji, quotes and code; entities as their characters."""
    assert mrkdwn(text) == html


def test_plain_text_is_not_formatted() -> None:
    """Only entities and emoji are something else than they are."""
    assert plain("*a* <b> &amp; :x:\nc") == "*a* &lt;b&gt; &amp; ❌<br>c"


def test_a_message_of_every_block_reads_in_order() -> None:
    """Header, section with fields and button, context, actions, image, divider: each in its place."""
    text: dict[str, Any] = {"type": "mrkdwn", "text": "*s*"}
    button = {
        "type": "button",
        "text": {"type": "plain_text", "text": "Go"},
        "url": "https://go",
        "style": "danger",
    }
    image = {"type": "image", "image_url": "https://i", "alt_text": "pic"}
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Head"}},
        {"type": "section", "text": text, "fields": [text, text], "accessory": button},
        {"type": "divider"},
        {"type": "context", "elements": [image, text]},
        {"type": "actions", "elements": [button]},
        image,
        {"type": "markdown", "text": "# marked"},
        {"type": "video"},
    ]
    html = page(
        [(NOON, {"blocks": blocks, "text": "fallback", "attachments": [{"color": "#f00", "text": "att"}]})]
    )
    order = [
        "<h2>Head</h2>",
        "<b>s</b>",
        'class="fields"',
        "button danger",
        "<hr>",
        'class="context"',
        "# marked",
        "[video]",
    ]
    assert [html.index(part) for part in order] == sorted(html.index(part) for part in order)
    assert "fallback" not in html
    assert '<div class="bar" style="border-color: #f00">att</div>' in html
    assert "12:00</time>" in html


def test_a_message_without_blocks_shows_its_text() -> None:
    """The fallback is then all there is."""
    assert "<section><b>hi</b></section>" in page([(NOON, {"text": "*hi*"})])


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)


@given(st.text(alphabet="ab*_~`<>|!@#&;:\"'/\n \ue000\ue0010", max_size=60))
def test_no_text_becomes_markup_of_the_page(text: str) -> None:
    """The page's own tags are the only ones, whatever a message says."""
    parser = _Tags()
    parser.feed(mrkdwn(text) + plain(text))
    assert parser.tags <= {"b", "i", "s", "a", "code", "pre", "span", "br", "blockquote"}
    assert not re.search("<script", mrkdwn(text))
