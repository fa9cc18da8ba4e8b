"""A Slack that takes what it is sent, as often as it is sent, and keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from io import BytesIO
from typing import Any, NamedTuple, Self
from urllib.request import Request

from faults.clock import VirtualClock
from jobherald.channels.text import anchor, unescape

WEBHOOK = "https://hooks.slack.com/services/T0/B0/simulated"
POST_MESSAGE = "/chat.postMessage"


class Post(NamedTuple):
    """One post that Slack took: what was sent, and the ids (as anchors) that it tells of."""

    at: datetime
    body: Mapping[str, Any]
    anchors: tuple[str, ...]


class Answer:
    """What urllib gives for an answer."""

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.status = status
        self.headers = Message()
        for name, value in headers.items():
            self.headers[name] = value
        self._body = BytesIO(body)

    def read(self, amount: int = -1) -> bytes:
        return self._body.read(amount)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def _named(text: str) -> list[str]:
    """The ids in a text without blocks: the code span at the end of each line."""
    return [anchor(unescape(line.split("`")[-2])) for line in text.split("\n") if line.endswith("`")]


@dataclass
class Slack:
    """``script`` are the answers to give before it takes anything again: (status, body, headers) each, or what is raised.

    ``asked`` is when each of its answers was asked for. ``revoked`` are the webhooks and tokens that it no longer knows.
    """

    clock: VirtualClock
    posts: list[Post] = field(default_factory=list)
    script: list[tuple[int, bytes, Mapping[str, str]] | Exception] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)

    def respond(self, request: Request) -> Answer:
        """The answer to one post."""
        self.asked.append(self.clock.now())
        if self.script:
            answer = self.script.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return Answer(*answer)
        is_bot = request.full_url.endswith(POST_MESSAGE)
        secret = request.headers["Authorization"].removeprefix("Bearer ") if is_bot else request.full_url
        if secret in self.revoked:
            said = b'{"ok": false, "error": "token_revoked"}'
            return Answer(200, said, {}) if is_bot else Answer(404, b"no_service", {})
        data = request.data
        assert isinstance(data, bytes)
        body = json.loads(data)
        blocks = body.get("blocks", ())
        anchors = [block["block_id"] for block in blocks if "block_id" in block] or _named(body["text"])
        self.posts.append(Post(self.clock.now(), body, tuple(anchors)))
        return Answer(200, b'{"ok": true, "ts": "1795345200.000100"}' if is_bot else b"ok", {})
