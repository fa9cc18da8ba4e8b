"""How news reads in Slack: Block Kit for the eyes, one line of text for the notification.

Text from outside stands only in ``plain_text`` objects, code spans and code blocks, where Slack neither formats nor
links, and always with ``& < >`` escaped, so that it cannot mention; every mention, link and date is of our own making.
Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from jobherald.catalog.source import Source
from jobherald.channels.message import console_url, next_step, output_of, output_url, source_of
from jobherald.channels.text import (
    ELLIPSIS,
    anchor,
    clamp,
    code,
    duration,
    escape,
    fence,
    inert,
    literal,
    units,
)
from jobherald.channels.words import (
    STATE_WORDS,
    WITH_OUTPUT,
    alert_headline,
    below,
    late_words,
    name_of,
    order,
    parent_name,
    progress_now,
    progress_words,
    since_then,
    utc,
    what_happened,
)
from jobherald.model import Alert, AlertKind, Change, Place, State, Story

News: TypeAlias = Sequence[tuple[Change | Alert, Story | None]]
Block: TypeAlias = dict[str, Any]

BLOCKS: Final = 50
HEADER_UNITS: Final = 150
SECTION_UNITS: Final = 3000
TEXT_UNITS: Final = 4000
# Slack refuses a message with msg_blocks_too_long at some 13,200 characters over all blocks, and documents no limit.
TOTAL_UNITS: Final = 12_000
# Slack cuts a text without blocks at 40,000 characters.
PLAIN_UNITS: Final = 36_000

_NAME: Final = 90
_REASON: Final = 1500
_ALERT: Final = 2500
_STEP: Final = 600
_DIGEST_NAME: Final = 80
_DIGEST_REASON: Final = 240
_DIGEST_LINE: Final = 240
_DIGEST_LINK: Final = 500
_LIST_REASON: Final = 120
_LIST_ALERT: Final = 300
_LINK: Final = 1000
_WORD: Final = 80
_GATHERED: Final = 10.0
"""Seconds from which on it is worth saying over how long a digest was gathered."""
_LONGEST_WAIT: Final = 14 * 86_400.0
"""As long as SQS keeps a message."""

EMOJI: Final[Mapping[State, str]] = {
    State.QUEUED: "🕓",
    State.RUNNING: "▶️",
    State.STOPPING: "⏳",
    State.SUCCEEDED: "✅",
    State.PARTIAL: "⚠️",
    State.FAILED: "❌",
    State.STOPPED: "⏹️",
    State.GONE: "👻",
    State.UNKNOWN: "❓",
}
_SUMMARY: Final[Mapping[State, str]] = {State.PARTIAL: "finished with failures", State.UNKNOWN: "unclear"}
ALERT_EMOJI: Final[Mapping[AlertKind, str]] = {
    AlertKind.WATCHING: "👀",
    AlertKind.BLIND: "🙈",
    AlertKind.SEES_AGAIN: "👁️",
    AlertKind.BEHIND: "🐢",
    AlertKind.CAUGHT_UP: "🐇",
    AlertKind.CANARY: "🐤",
    AlertKind.UNKNOWN_STATUS: "❓",
    AlertKind.CONFIG_REFUSED: "🛠️",
    AlertKind.CREDENTIAL_REFUSED: "🔒",
    AlertKind.CREDENTIAL_TAKEN: "🔑",
}


def render(news: News, waited: float = 0.0) -> dict[str, Any]:
    """The message for these pieces of news: ``text`` and ``blocks``; each piece is anchored by its id as a block_id.

    ``waited`` is for how many seconds the oldest has waited to be told. What is too much for a line with small print
    each is a list of lines alone.
    """
    ordered = sorted(news, key=lambda one: order(one[0]))
    lines = [_line(one, story) for one, story in ordered]
    if len(ordered) == 1:
        ((one, story),) = ordered
        blocks = list(_alert(one) if isinstance(one, Alert) else _change(one, story))
        return {"text": lines[0], "blocks": blocks}
    summary = _summary([one for one, _ in ordered], waited)
    blocks = list(_digest(ordered, summary))
    if not _is_taken(blocks):
        blocks = list(_list(ordered, summary))
    return {"text": _joined([summary, *lines], TEXT_UNITS), "blocks": blocks}


def fits(news: News) -> int:
    """How many of these pieces of news, from the first on, one message holds; at least one."""
    low, high = min(len(news), 1), min(len(news), BLOCKS)
    while low < high:
        middle = (low + high + 1) // 2
        if _is_taken(render(news[:middle], _LONGEST_WAIT)["blocks"]):
            low = middle
        else:
            high = middle - 1
    return low


def text_only(news: News) -> str:
    """The same without blocks, for a Slack that refuses them: every line of the text, and the ids to find them by."""
    ordered = sorted(news, key=lambda one: order(one[0]))
    lines = [f"{_line(one, story)} {code(one.id, 300)}" for one, story in ordered]
    return _joined(lines, PLAIN_UNITS)


def total_units(value: Any) -> int:
    """What counts towards the limit of a whole message: the text of every text object."""
    if isinstance(value, Mapping):
        return sum(
            units(inner) if key == "text" and isinstance(inner, str) else total_units(inner)
            for key, inner in value.items()
        )
    return sum(total_units(inner) for inner in value) if isinstance(value, list) else 0


def _is_taken(blocks: Sequence[Block]) -> bool:
    return len(blocks) <= BLOCKS and total_units(list(blocks)) <= TOTAL_UNITS


def _line(news: Change | Alert, story: Story | None) -> str:
    if isinstance(news, Alert) and news.kind in {AlertKind.WATCHING, AlertKind.CANARY}:
        return f"{ALERT_EMOJI[news.kind]} {code(news.text, 300)}"
    if isinstance(news, Alert):
        return f"{ALERT_EMOJI[news.kind]} {inert(alert_headline(news), 2 * _WORD)}: {code(news.text, 200)}"
    place = news.key.place
    title = inert(source_of(place.source).title, _WORD)
    where = f"{title}, {inert(place.region, _WORD)}"
    return f"{EMOJI[news.state]} {code(name_of(news), _NAME)} {what_happened(news, story)} ({where})"


def _change(change: Change, story: Story | None) -> Iterator[Block]:
    source = source_of(change.key.place.source)
    happened = what_happened(change, story)
    yield _header(f"{EMOJI[change.state]} {literal(name_of(change), _NAME)} {happened}", change.id)
    where = _where(change.key.place)
    yield _context(f"{where} · {_date(change.ended_at or change.at)}")
    if late := late_words(change):
        yield _context(f"⏰ Told late: {late}")
    facts = [inert(progress_words(progress_now(change, story), source), SECTION_UNITS // 4)]
    if moved := since_then(change, story):
        facts.append(f"Since then it {STATE_WORDS[moved]}.")
    facts.append(_why(change))
    if body := "\n".join(fact for fact in facts if fact):
        yield _section(body)
    step = inert(next_step(source, change), _STEP)
    links = " · ".join(_links(change, source, story))
    if foot := "\n".join(part for part in (step and f"*Next:* {step}", links) if part):
        yield _section(foot)


def _why(change: Change) -> str:
    reason_code = code(change.reason_code, _WORD) if change.reason_code else ""
    reason = fence(change.reason, _REASON) if change.reason else ""
    return f"{reason_code}\n{reason}".strip()


def _links(change: Change, source: Source, story: Story | None) -> Iterator[str]:
    url = console_url(source, change.key, change.name)
    if url and len(url) <= _LINK:
        yield _link(url, "Open in console")
    if change.state not in WITH_OUTPUT:
        return
    if uri := change.output or (output_of(source, story.details) if story else ""):
        url = output_url(source, uri, change.key.place.region)
        yield _link(url, "Output") if url and len(url) <= _LINK else f"Output {code(uri, _STEP)}"


def _alert(alert: Alert) -> Iterator[Block]:
    emoji = ALERT_EMOJI[alert.kind]
    if alert.kind is AlertKind.CANARY:
        # Small print: it is there to be missed when it does not come.
        small = {"type": "context", "elements": [_plain_text(f"{emoji} {literal(alert.text, _STEP)}")]}
        yield _anchored(small, alert.id)
        return
    if alert.kind is AlertKind.WATCHING:
        # One quiet line: nothing has happened yet.
        yield _plain(f"{emoji} {literal(alert.text, _ALERT)}", alert.id)
    else:
        yield _header(f"{emoji} {literal(alert_headline(alert), _NAME)}", alert.id)
        yield _plain(literal(alert.text, _ALERT) or "?")
    if alert.next_step:
        yield _plain(f"Next: {literal(alert.next_step, _STEP)}")
    where = f"{_where(alert.place)} · " if alert.place else ""
    yield _context(f"{where}{_date(alert.at)}")


def _digest(news: News, summary: str) -> Iterator[Block]:
    """A line each, and in small print below it where, how far and why; failures first."""
    yield _header(summary)
    places = {one.key.place if isinstance(one, Change) else one.place for one, _ in news}
    shared = next(iter(places)) if len(places) == 1 else None
    if shared:
        yield _context(_where(shared))
    accounts = {place.account for place in places if place}
    said: set[str] = set()
    for one, story in news:
        if isinstance(one, Alert):
            yield _plain(f"{ALERT_EMOJI[one.kind]} {literal(one.text, 2 * _DIGEST_REASON) or '?'}", one.id)
            small = [f"Next: {one.next_step}"] if one.next_step else []
        else:
            yield _section(_headline(one, story), one.id)
            small = list(_small_print(one, story, said, accounts=0 if shared else len(accounts)))
        if lines := [line for text in small if (line := literal(text, _DIGEST_LINE))]:
            yield {"type": "context", "elements": [_plain_text("\n".join(lines))]}


def _list(news: News, summary: str) -> Iterator[Block]:
    """A block each and nothing below it: twice as many as a digest holds. Failures first."""
    yield _header(summary)
    places = {one.key.place if isinstance(one, Change) else one.place for one, _ in news}
    shared = next(iter(places)) if len(places) == 1 else None
    if shared:
        yield _context(_where(shared))
    for one, story in news:
        if isinstance(one, Alert):
            yield _plain(f"{ALERT_EMOJI[one.kind]} {literal(one.text, _LIST_ALERT) or '?'}", one.id)
        else:
            yield _section("\n".join(_entry(one, story, with_place=shared is None)), one.id)


def _entry(change: Change, story: Story | None, *, with_place: bool) -> Iterator[str]:
    moved = since_then(change, story)
    facts = (
        _headline(change, story),
        inert(change.key.place.region, _WORD) if with_place else "",
        f"since then it {STATE_WORDS[moved]}" if moved else "",
        "told late" if change.unseen_since else "",
    )
    yield " · ".join(fact for fact in facts if fact)
    if why := ": ".join(part for part in (change.reason_code, change.reason) if part):
        yield code(why, _LIST_REASON)


def _headline(change: Change, story: Story | None) -> str:
    url = console_url(source_of(change.key.place.source), change.key, change.name)
    link = f" · {_link(url, 'Open')}" if url and len(url) <= _DIGEST_LINK else ""
    return f"{EMOJI[change.state]} {code(name_of(change), _DIGEST_NAME)} {what_happened(change, story)}{link}"


def _small_print(change: Change, story: Story | None, said: set[str], *, accounts: int) -> Iterator[str]:
    """Plain lines below a headline. ``accounts`` is how many this message is about, 0 if its place is said already.

    What to do is said once for all that need the same.
    """
    place, source = change.key.place, source_of(change.key.place.source)
    moved = since_then(change, story)
    facts = (
        source.title if accounts else "",
        place.region if accounts else "",
        place.account if accounts > 1 else "",
        below(place, source) if accounts else "",
        progress_words(progress_now(change, story), source, brief=True),
        f"since then it {STATE_WORDS[moved]}" if moved else "",
        "told late" if change.unseen_since else "",
    )
    yield " · ".join(fact for fact in facts if fact)
    yield ": ".join(part for part in (change.reason_code, change.reason) if part)
    late = late_words(change)
    if late and (told := f"{place.key} {late}") not in said:
        said.add(told)
        yield f"Late: {late}"
    step = next_step(source, change)
    if step and step not in said:
        said.add(step)
        yield f"Next: {step}"


def _summary(news: Sequence[Change | Alert], waited: float) -> str:
    """``❌ 3 failed``, or where some of it has waited ``47 changes in the last 52 s: 40 succeeded, 7 running``."""
    states = Counter(one.state for one in news if isinstance(one, Change))
    parts = [f"{count} {_SUMMARY.get(state, state.value)}" for state, count in states.items()]
    if notices := sum(isinstance(one, Alert) for one in news):
        parts.append(f"{notices} notice{'s' if notices > 1 else ''}")
    mark, said = f"{EMOJI[State.FAILED]} " * bool(states[State.FAILED]), ", ".join(parts)
    if waited < _GATHERED:
        return mark + said
    span = f"in the last {duration(waited)}"
    return f"{mark}{said} {span}" if len(parts) == 1 else f"{mark}{states.total()} changes {span}: {said}"


def _joined(lines: Sequence[str], limit: int) -> str:
    """Whole lines, as many as fit: a cut within one could leave a code span open."""
    taken = list(lines)
    while units("\n".join(taken)) > limit:
        taken.pop()
    rest = len(lines) - len(taken)
    return "\n".join(taken) + (f"\n{ELLIPSIS} and {rest} more" if rest else "")


def _where(place: Place) -> str:
    source = source_of(place.source)
    shown = [inert(word, _WORD) for word in (source.title, place.region, place.account) if word]
    if place.parent:
        title = inert(source.parent.title, _WORD) if source.parent else ""
        shown.append(f"{title} {code(parent_name(place, source), _WORD)}".lstrip())
    return " · ".join(shown)


def _date(at: datetime) -> str:
    """A moment in the reader's own time zone; in UTC where a client cannot."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{utc(at)}>"


def _link(url: str, label: str) -> str:
    """A link of our own making; its parts from outside are percent-encoded already."""
    return f"<{escape(url)}|{label}>"


def _header(text: str, news_id: str = "") -> Block:
    return _anchored({"type": "header", "text": _plain_text(clamp(text, HEADER_UNITS))}, news_id)


def _plain(text: str, news_id: str = "") -> Block:
    return _anchored({"type": "section", "text": _plain_text(text)}, news_id)


def _section(text: str, news_id: str = "") -> Block:
    return _anchored({"type": "section", "text": _mrkdwn(text)}, news_id)


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(text)]}


def _plain_text(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def _mrkdwn(text: str) -> Block:
    """``verbatim`` keeps Slack from linking what merely looks like a URL, a channel or a user."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _anchored(block: Block, news_id: str) -> Block:
    return {**block, "block_id": anchor(news_id)} if news_id else block
