"""Text from outside made safe: names and reasons are shown, but never obeyed, whatever the channel's markup."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Final

ANCHOR_LIMIT: Final = 255
ELLIPSIS: Final = "…"

# Bidi marks turn a name around, zero-width and tag characters hide text in it; no job needs them to be read.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
_LINE_ENDS: Final = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_SPACES: Final = re.compile(r"\s+")
_LONE_SURROGATES: Final = re.compile("[\ud800-\udfff]")
# Slack formats at the edges of words only, so the underscores within job_run can stay.
_FORMATTING: Final = re.compile(r"[*~`]|(?<!\w)_+|_+(?!\w)")
_LOOKS_LIKE_A_BACKTICK: Final = "\u02cb"
_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


def clean(text: str) -> str:
    """Without what hides or turns text; every kind of line end is a line feed, and a lone surrogate is U+FFFD."""
    text = _LINE_ENDS.sub("\n", _LONE_SURROGATES.sub("\ufffd", text))
    return _INVISIBLE.sub("", text).strip()


def one_line(text: str) -> str:
    """Clean, with every run of white space as one space."""
    return _SPACES.sub(" ", clean(text)).strip()


def units(text: str) -> int:
    """Length in UTF-16 code units.

    Slack does not say what it counts. This is never less than the count of code points, so that a limit holds for both.
    """
    return len(text) + sum(char > "\uffff" for char in text)


def utf8_bytes(text: str) -> int:
    """Length as SNS and SQS count it."""
    return len(text.encode("utf-8", "replace"))


def clamp(text: str, limit: int, size: Callable[[str], int] = units) -> str:
    """The text, or as much of its beginning as leaves room for an ellipsis within ``limit`` as ``size`` counts."""
    if size(text) <= limit:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if size(text[:middle].rstrip() + ELLIPSIS) <= limit:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS


def escape(text: str) -> str:
    """Slack's three control characters as entities, and only these three.

    Source: https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """What a reader sees of escaped text."""
    return text.replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")


def escaped_units(text: str) -> int:
    """Length in Slack once escaped: Slack's limits hold for what is sent, not for what is seen."""
    return units(escape(text))


def literal(text: str, limit: int) -> str:
    """For a ``plain_text`` object, which Slack neither formats nor links: one line, cut, escaped."""
    return escape(clamp(one_line(text), limit, escaped_units))


def code(text: str, limit: int) -> str:
    """For ``mrkdwn``: a code span, within which Slack formats, links and mentions nothing.

    Only a backtick could end it, so each becomes a character that looks the same. Never empty.
    """
    inside = one_line(text).replace("`", _LOOKS_LIKE_A_BACKTICK) or "?"
    return f"`{escape(clamp(inside, limit - 2, escaped_units))}`"


def fence(text: str, limit: int) -> str:
    """For ``mrkdwn``: a code block, as safe as a code span, that keeps the lines of a long reason."""
    inside = clean(text).replace("`", _LOOKS_LIKE_A_BACKTICK) or "?"
    return f"```\n{escape(clamp(inside, limit - 8, escaped_units))}\n```"


def inert(text: str, limit: int) -> str:
    """For ``mrkdwn``: a short word of our own making (a region, a title), with nothing left that could format."""
    return escape(clamp(_FORMATTING.sub("", one_line(text)), limit, escaped_units))


def ascii_line(text: str, limit: int) -> str:
    """For an e-mail's subject: one line of printable ASCII, cut to ``limit`` characters."""
    printable = one_line(text).replace(ELLIPSIS, "...").encode("ascii", "replace").decode("ascii")
    return printable if len(printable) <= limit else printable[: limit - 3].rstrip() + "..."


def anchor(news_id: str) -> str:
    """The id of some news as a Slack ``block_id`` of at most 255 characters: a long one keeps its head, and a hash."""
    if units(news_id) <= ANCHOR_LIMIT:
        return news_id
    digest = hashlib.sha256(news_id.encode("utf-8", "replace")).hexdigest()
    head = news_id
    while units(head) > ANCHOR_LIMIT - len(digest) - 1:
        head = head[:-1]
    return f"{head}~{digest}"


def duration(seconds: float) -> str:
    """The two greatest units that matter: ``45 s``, ``14 min``, ``2 h 14 min``, ``3 d 4 h``."""
    whole = max(int(seconds), 0)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    great, small, names = (_DAY, _HOUR, ("d", "h")) if whole >= _DAY else (_HOUR, _MINUTE, ("h", "min"))
    rest = whole % great // small
    return f"{whole // great} {names[0]}" + (f" {rest} {names[1]}" if rest else "")
