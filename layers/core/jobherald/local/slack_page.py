"""Messages as a reader sees them: a plain page, the width of a phone, close enough to Slack to judge by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

_STYLE: Final = """
body { margin: 0; background: #e8e8ea; }
main { width: 390px; margin: 0 auto; min-height: 100vh; background: #fff; color: #1d1c1d;
  font: 15px/1.46 Lato, "Noto Sans", "DejaVu Sans", "Noto Color Emoji", sans-serif; }
h1 { margin: 0; padding: 14px 16px; font-size: 17px; border-bottom: 1px solid #ddd; }
article { display: flex; gap: 8px; padding: 10px 16px; }
.face { flex: none; width: 36px; height: 36px; border-radius: 6px; background: #4a154b; color: #fff;
  display: grid; place-items: center; font-weight: bold; }
.message { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.who { font-weight: 900; } .app { font-size: 10px; background: #e8e8e8; border-radius: 2px; padding: 1px 3px; }
time, .context { color: #616061; font-size: 12px; }
h2 { font-size: 18px; line-height: 1.3; margin: 6px 0; } section, .context, .actions { margin: 6px 0; }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; }
a { color: #1264a3; text-decoration: none; }
code { font: 12px/1.5 "DejaVu Sans Mono", monospace; color: #c01343; background: #f7f7f7;
  border: 1px solid #e1e1e1; border-radius: 3px; padding: 1px 3px; }
pre { font: 12px/1.5 "DejaVu Sans Mono", monospace; background: #f7f7f7; border: 1px solid #e1e1e1;
  border-radius: 4px; padding: 8px; margin: 4px 0; white-space: pre-wrap; }
blockquote { margin: 4px 0; padding-left: 10px; border-left: 4px solid #ddd; }
.button { display: inline-block; border: 1px solid #bbb; border-radius: 4px; padding: 4px 12px; margin-right: 6px;
  font-weight: bold; color: #1d1c1d; }
.primary { background: #007a5a; color: #fff; } .danger { background: #e01e5a; color: #fff; }
.mention { background: #fdf2c9; color: #8a5a00; border-radius: 3px; padding: 0 2px; }
hr { border: 0; border-top: 1px solid #ddd; margin: 10px 0; } img { max-width: 100%; border-radius: 4px; }
.bar { border-left: 4px solid #ddd; padding-left: 10px; }
"""

_EMOJI: Final = {
    "white_check_mark": "✅",
    "x": "❌",
    "warning": "⚠️",
    "hourglass_flowing_sand": "⏳",
    "arrow_forward": "▶️",
    "black_square_for_stop": "⏹️",
    "octagonal_sign": "🛑",
    "information_source": "ℹ️",  # noqa: RUF001 - the emoji is that character
    "ghost": "👻",
    "eyes": "👀",
    "see_no_evil": "🙈",
    "eye": "👁️",
    "question": "❓",
    "tada": "🎉",
    "rotating_light": "🚨",
    "large_green_circle": "🟢",
    "red_circle": "🔴",
}

_TOKEN: Final = re.compile(r"```(?P<fence>.*?)```|`(?P<code>[^`\n]+)`|<(?P<angle>[^<>\n]+)>", re.DOTALL)
_SHORTCODE: Final = re.compile(r":([a-z0-9_+-]+):")
_MARKS: Final = (("*", "b"), ("_", "i"), ("~", "s"))
# What stands in for a finished piece of markup while the rest is formatted: no keyboard has these characters.
_HOLD: Final = "\ue000{}\ue001"
_HELD: Final = re.compile("\ue000(\\d+)\ue001")


def page(messages: Iterable[tuple[datetime, Mapping[str, Any]]], title: str = "# ml-jobs") -> str:
    """The HTML page of these messages (when, payload), oldest first."""
    articles = "\n".join(_article(at, payload) for at, payload in messages)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=390"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{articles}</main></body></html>"
    )


def _article(at: datetime, payload: Mapping[str, Any]) -> str:
    blocks = payload.get("blocks") or []
    body = (
        "".join(map(_block, blocks))
        if blocks
        else f"<section>{mrkdwn(str(payload.get('text') or ''))}</section>"
    )
    attached = "".join(map(_attachment, payload.get("attachments") or []))
    when = at.astimezone(UTC)
    return (
        '<article><div class="face">j</div><div class="message"><span class="who">jobherald</span> '
        f'<span class="app">APP</span> <time datetime="{when.isoformat()}">{when:%H:%M}</time>'
        f"{body}{attached}</div></article>"
    )


def _attachment(part: Mapping[str, Any]) -> str:
    inner = "".join(map(_block, part.get("blocks") or [])) or mrkdwn(str(part.get("text") or ""))
    colour = re.sub(r"[^#\w]", "", str(part.get("color", "#ddd")))
    return f'<div class="bar" style="border-color: {colour}">{inner}</div>'


def _block(block: Mapping[str, Any]) -> str:
    draw = _BLOCKS.get(str(block.get("type")))
    return draw(block) if draw else f"<section>[{escape(str(block.get('type')))}]</section>"


def _section(block: Mapping[str, Any]) -> str:
    text = _text(block["text"]) if "text" in block else ""
    fields = "".join(f"<div>{_text(part)}</div>" for part in block.get("fields", []))
    accessory = _element(block["accessory"]) if "accessory" in block else ""
    grid = f'<div class="fields">{fields}</div>' if fields else ""
    return f"<section>{text}{grid}{accessory}</section>"


def _context(block: Mapping[str, Any]) -> str:
    return f'<div class="context">{" ".join(map(_element, block["elements"]))}</div>'


def _actions(block: Mapping[str, Any]) -> str:
    return f'<div class="actions">{"".join(map(_element, block["elements"]))}</div>'


def _image(block: Mapping[str, Any]) -> str:
    return f'<img src="{escape(block["image_url"])}" alt="{escape(block["alt_text"])}">'


def _element(part: Mapping[str, Any]) -> str:
    match part.get("type"):
        case "button":
            style = escape(str(part.get("style", "")))
            link = escape(str(part.get("url", "#")))
            return f'<a class="button {style}" href="{link}">{_text(part["text"])}</a>'
        case "image":
            return _image(part)
        case _:
            return _text(part)


_BLOCKS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "section": _section,
    "header": lambda block: f"<h2>{_text(block['text'])}</h2>",
    "context": _context,
    "actions": _actions,
    "image": _image,
    "divider": lambda _block: "<hr>",
    "markdown": lambda block: f"<section>{escape(block['text'])}</section>",
}


def _text(value: Mapping[str, Any]) -> str:
    return mrkdwn(value["text"]) if value.get("type") == "mrkdwn" else plain(value["text"])


def plain(text: str) -> str:
    """A plain_text object: Slack's three entities decoded, shortcodes as emoji, nothing formatted."""
    return _emoji(_shown(text)).replace("\n", "<br>")


def mrkdwn(text: str) -> str:
    """Slack's markup as HTML, whatever else stands in it as text."""
    held: list[str] = []

    def hold(html: str) -> str:
        held.append(html)
        return _HOLD.format(len(held) - 1)

    def piece(found: re.Match[str]) -> str:
        if found["fence"] is not None:
            return hold(f"<pre>{_shown(found['fence'].strip(chr(10)))}</pre>")
        if found["code"] is not None:
            return hold(f"<code>{_shown(found['code'])}</code>")
        return hold(_angle(found["angle"]))

    text = _TOKEN.sub(piece, _HELD.sub("", text))
    html = "<br>".join(map(_line, text.split("\n"))).replace("</blockquote><br>", "</blockquote>")
    return _HELD.sub(lambda found: held[int(found[1])], html).replace("</pre><br>", "</pre>")


def _line(line: str) -> str:
    is_quote = line.startswith(">")
    html = _emoji(_shown(line.removeprefix(">").lstrip() if is_quote else line))
    for mark, tag in _MARKS:
        sign = re.escape(mark)
        # Slack formats whole words only: a mark within a word is a character.
        html = re.sub(rf"(?<![\w{sign}]){sign}(\S|\S.*?\S){sign}(?![\w{sign}])", rf"<{tag}>\1</{tag}>", html)
    return f"<blockquote>{html}</blockquote>" if is_quote else html


def _angle(inner: str) -> str:
    """``<…>``: a link, a date in the reader's time zone, or a mention."""
    target, _, label = inner.partition("|")
    if target.startswith("!date^"):
        return f"<span>{_shown(label)}</span>"
    if target[:1] in {"!", "@", "#"}:
        return f'<span class="mention">{_shown(label or target)}</span>'
    return f'<a href="{escape(decoded(target))}">{_shown(label or target)}</a>'


def _shown(text: str) -> str:
    """As HTML, what a reader sees: Slack decodes its three entities and no other."""
    return escape(decoded(text), quote=False)


def decoded(text: str) -> str:
    """Text with Slack's three entities as the characters that they stand for."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _emoji(html: str) -> str:
    return _SHORTCODE.sub(lambda found: _EMOJI.get(found[1], found[0]), html)
