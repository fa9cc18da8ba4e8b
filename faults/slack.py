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

WEBHOOK = "https://hooks.slack.com/services/T0/B0/simulated"


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


@dataclass
class Slack:
    """``script`` are the answers to give before it takes anything again: (status, body, headers) each, or what is raised.

    ``asked`` is when each of its answers was asked for.
    """

    clock: VirtualClock
    posts: list[Post] = field(default_factory=list)
    script: list[tuple[int, bytes, Mapping[str, str]] | Exception] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)

    def respond(self, request: Request) -> Answer:
        """The answer to one post."""
        self.asked.append(self.clock.now())
        if self.script:
            answer = self.script.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return Answer(*answer)
        data = request.data
        assert isinstance(data, bytes)
        body = json.loads(data)
        anchors = [block["block_id"] for block in body.get("blocks", ()) if "block_id" in block]
        self.posts.append(Post(self.clock.now(), body, tuple(anchors)))
        return Answer(200, b"ok", {})
