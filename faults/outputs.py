"""All that comes out of a world, judged by itself: no secret in it, nothing from outside that could format, link or mention.

Who writes the texts of a schedule puts ``OUTSIDE`` into each of them, so that they are known wherever they come out.
"""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from faults.world import CANARY, World
from jobherald.local.slack_rules import refusal_of

OUTSIDE: Final = "0uts1de"

_SCHEMAS: Final = Path(__file__).resolve().parent.parent / "docs" / "schemas"
_CODE: Final = re.compile(r"```\n?([^`]+?)\n?```|`([^`]+)`")
_DATE: Final = re.compile(r"<!date\^\d+\^\{date_short_pretty\} at \{time\}\|\d{4}-\d\d-\d\d \d\d:\d\d UTC>")
_LINK: Final = re.compile(r"<https://[A-Za-z0-9.-]+/[!-;=?-{}~]*\|(?:Open in console|Open|Output)>")
_ENTITY: Final = re.compile("&(?:amp|lt|gt);")
# What turns or hides text, and half a surrogate pair, which no transport carries.
_TURNS: Final = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_SUBJECT: Final = re.compile("[!-~][ -~]{0,98}")


def leaks(world: World) -> Iterator[str]:
    """Where a secret came out: anywhere but in a request to whom it opens."""
    for where, text in _everything(world):
        if CANARY in text:
            at = text.index(CANARY)
            yield f"a secret is in {where}: …{text[max(at - 80, 0) : at + 40]!r}"


def unsafe(world: World) -> Iterator[str]:
    """What channels would refuse, or could misread."""
    for post in world.slack.posts:
        yield from _in_slack(post.body)
    for topic in world.topics.values():
        for received in topic.received:
            yield from _in_message(received.message)
            if not _SUBJECT.fullmatch(received.subject):
                yield f"no subject for SNS: {received.subject!r}"
            yield from (f"in a letter: {fault}" for fault in _turning(received.letter))


def _everything(world: World) -> Iterator[tuple[str, str]]:
    """Every text that leaves the functions, and where to."""
    for topic in world.topics.values():
        for received in topic.received:
            yield topic.arn, json.dumps(received._asdict(), default=str, ensure_ascii=False)
    for post in world.slack.posts:
        yield "a post", json.dumps(post.body, ensure_ascii=False)
    for failed in world.failed:
        if failed.error is not None:
            yield f"an error of {failed.function}", "".join(traceback.format_exception(failed.error))
    for queue in world.queues.values():
        for message in (*queue.messages, *queue.forgotten):
            yield queue.name, f"{message.body} {message.attributes}"
    for item in world.table.items():
        if item["pk"]["S"] != "pages":
            yield f"the item {item['pk']['S']} {item['sk']['S']}", str(item)
    log = getattr(world.log, "getvalue", str)()
    yield "the log", log


def _in_message(message: Mapping[str, Any]) -> Iterator[str]:
    kind = "change" if message["schema"].startswith("jobherald.change/") else "alert"
    for error in _validator(kind).iter_errors(message):
        yield f"{message['id']} is no {kind} by its schema: {error.message[:200]}"


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((_SCHEMAS / f"jobherald.{kind}.v1.json").read_text("utf-8")))


def _in_slack(body: Mapping[str, Any]) -> Iterator[str]:
    word, where = refusal_of(body)
    if word:
        yield f"Slack would refuse a post: {word} {where}"
    yield from _in_mrkdwn(body["text"])
    for text in _texts(body.get("blocks", [])):
        yield from _in_mrkdwn(text["text"]) if text["type"] == "mrkdwn" else _in_plain(text["text"])


def _texts(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if value.get("type") in {"mrkdwn", "plain_text"}:
            yield value
        else:
            for inner in value.values():
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _in_mrkdwn(text: str) -> Iterator[str]:
    """Whatever is left without code, dates and links of ours must be words of ours."""
    for found in _CODE.finditer(text):
        yield from _in_plain(found[1] or found[2])
    rest = _LINK.sub("", _DATE.sub("", _CODE.sub("", text)))
    yield from _in_plain(rest)
    if OUTSIDE in rest or "`" in rest:
        yield f"text from outside is not in code: {rest!r}"


def _in_plain(text: str) -> Iterator[str]:
    if "<" in text or ">" in text or "&" in _ENTITY.sub("", text):
        yield f"not escaped: {text!r}"
    yield from _turning(text)


def _turning(text: str) -> Iterator[str]:
    if found := _TURNS.search(text):
        yield f"a character that turns or hides text: {found[0]!r} in {text!r}"
