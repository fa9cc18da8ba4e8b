"""A Slack that answers as Slack does, refuses what Slack refuses, has bad spells, and shows what it received."""

from __future__ import annotations

import json
import math
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs

from jobherald.local.clock import Clock
from jobherald.local.slack_page import decoded, page
from jobherald.local.slack_rules import block_ids, refusal_of
from jobherald.local.slack_spells import API_ERRORS, TAKING, WEBHOOK_ANSWERS, Bucket, Cast, Spell
from jobherald.local.web import Answer, LocalServer, Request, Silence

BOT_TOKEN: Final = "xoxb-0000-local-double"  # noqa: S105 - it opens nothing but the double
WEBHOOK: Final = "/services/T0LOCAL/B0LOCAL/secret0local0double"
CHANNEL: Final = "C0JOBS"

__all__ = ["BOT_TOKEN", "CHANNEL", "WEBHOOK", "Attempt", "Cast", "Message", "SlackDouble", "Spell"]

_CODE_SPAN: Final = re.compile(r"`([^`\n]+)`")
_MENTION: Final = re.compile(r"<[!@#](?!date\^)[^>]*>")


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it stands in a channel. ``at`` is by the double's clock (UTC), ``ts`` Slack's id of it."""

    channel: str
    at: datetime
    ts: str
    payload: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The fallback: what notifications show, and all there is of a message without blocks."""
        return str(self.payload.get("text") or "")

    @property
    def blocks(self) -> Sequence[Mapping[str, Any]]:
        return self.payload.get("blocks") or ()

    @property
    def anchors(self) -> list[str]:
        """The block_ids that the sender gave; for a message without blocks, what stands in its code spans."""
        if self.blocks or self.payload.get("attachments"):
            return block_ids(self.payload)
        return [decoded(span) for span in _CODE_SPAN.findall(self.text)]

    @property
    def mentions(self) -> list[str]:
        """Everything in it that would call people or link a channel: ``<!channel>``, ``<@U…>``, ``<#C…>``."""
        return [found for text in _formatted(self.payload) for found in _MENTION.findall(text)]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One post that arrived, whatever became of it: the HTTP status (0 for none) and Slack's word."""

    at: datetime
    channel: str
    status: int
    word: str


@dataclass(slots=True)
class _Received:
    messages: list[Message] = field(default_factory=list)
    swallowed: list[Message] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)


class SlackDouble(LocalServer):
    """Slack on loopback: incoming webhooks, ``chat.postMessage`` and ``auth.test``, and a page that shows it all.

    ``rate`` is in messages a second and channel, of which ``burst`` are taken at once (Slack tolerates some); None takes
    everything. ``webhooks`` are paths and their channels.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        rate: float | None = 1.0,
        burst: int = 5,
        token: str = BOT_TOKEN,
        channels: Iterable[str] = (CHANNEL,),
        webhooks: Mapping[str, str] | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(clock=clock, port=port)
        self.token = token
        self.channels = set(channels)
        self.webhooks = dict(webhooks or {WEBHOOK: CHANNEL})
        self._rate, self._burst = rate, burst
        self._buckets: dict[str, Bucket] = {}
        self._casts: list[Cast] = []
        self._received = _Received()
        self._posts = 0
        self._lock = threading.RLock()

    @property
    def webhook_url(self) -> str:
        """The first webhook's address: the secret of a webhook user."""
        return self.url + next(iter(self.webhooks))

    @property
    def api_url(self) -> str:
        """What SLACK_API_URL has to be for a bot, and for webhooks of this double to be accepted as Slack's."""
        return f"{self.url}/api/"

    @property
    def messages(self) -> list[Message]:
        """What stands in the channels, oldest first."""
        with self._lock:
            return list(self._received.messages)

    @property
    def swallowed(self) -> list[Message]:
        """What was acknowledged and forgotten."""
        with self._lock:
            return list(self._received.swallowed)

    @property
    def attempts(self) -> list[Attempt]:
        """Every post that arrived, oldest first."""
        with self._lock:
            return list(self._received.attempts)

    def anchors(self) -> Counter[str]:
        """Every anchor, and in how many messages it stands."""
        return Counter(anchor for message in self.messages for anchor in set(message.anchors))

    def count(self, change_id: str, anchor: Callable[[str], str] = lambda text: text) -> int:
        """In how many messages a change is told; ``anchor`` is how its id is written in a block_id."""
        return self.anchors()[anchor(change_id)]

    def cast(
        self,
        spell: Spell | str,
        *,
        posts: int | None = None,
        seconds: float | None = None,
        retry_after: int = 1,
        hold: float = 30.0,
        only: Callable[[Mapping[str, Any]], bool] = lambda _: True,
    ) -> Cast:
        """Something comes over Slack: for that many posts, that many seconds, or until ``lift``.

        ``retry_after`` is what a 429 says; ``hold`` how long a time-out holds the connection; both in seconds.
        ``only`` chooses the posts, by their payload, that it comes over.
        """
        until = None if seconds is None else self.clock.now() + timedelta(seconds=seconds)
        cast = Cast(Spell(spell), posts, until, retry_after, hold, only)
        with self._lock:
            self._casts.append(cast)
        return cast

    def lift(self, cast: Cast | None = None) -> None:
        """End one spell, or all of them."""
        with self._lock:
            for one in self._casts if cast is None else [cast]:
                one.posts = 0

    def clear(self) -> None:
        """Forget everything received; spells stay."""
        with self._lock:
            self._received = _Received()

    def respond(self, request: Request) -> Answer:
        if request.method == "GET":
            return self._show(request)
        if request.path in self.webhooks:
            return self._webhook(request, self.webhooks[request.path])
        if request.path.startswith("/services/"):
            known = {path.rsplit("/", 1)[0] for path in self.webhooks}
            wrong_secret = request.path.rsplit("/", 1)[0] in known
            return _plain(403, "invalid_token") if wrong_secret else _plain(404, "no_service")
        method = request.path.removeprefix("/api/")
        if method == request.path:
            return _plain(404, "not_found")
        return self._api(method, request)

    def _show(self, request: Request) -> Answer:
        if request.path == "/messages.json":
            rows = [{"channel": one.channel, "ts": one.ts, **one.payload} for one in self.messages]
            return _json(200, {"messages": rows})
        if request.path != "/":
            return _plain(404, "not_found")
        shown = [(one.at, one.payload) for one in self.messages]
        return Answer(200, page(shown).encode(), {"Content-Type": "text/html; charset=utf-8"})

    def _webhook(self, request: Request, channel: str) -> Answer:
        payload = _payload(request)
        if payload is None:
            return self._noted(channel, 400, "invalid_payload", _plain(400, "invalid_payload"))
        now, cast = self._meet(payload)
        if cast is not None and (answer := WEBHOOK_ANSWERS.get(cast.spell)):
            status, word = answer
            return self._noted(channel, status, word, _plain(status, word, _retry(status, cast.retry_after)))
        word, _ = refusal_of(payload)
        if word:
            return self._noted(channel, 400, word, _plain(400, word))
        if wait := self._wait(channel, now):
            return self._noted(channel, 429, "rate_limited", _plain(429, "rate_limited", _retry(429, wait)))
        self._take(channel, now, payload, cast)
        return _plain(200, "ok")

    def _api(self, method: str, request: Request) -> Answer:
        authorization = request.headers.get("authorization", "")
        if authorization != f"Bearer {self.token}":
            return _json(200, {"ok": False, "error": "invalid_auth" if authorization else "not_authed"})
        if method == "auth.test":
            return _json(200, {"ok": True, "team": "Local", "user": "jobherald", "team_id": "T0LOCAL"})
        if method != "chat.postMessage":
            return _json(200, {"ok": False, "error": "unknown_method", "req_method": method})
        payload = _payload(request)
        if payload is None:
            return _json(200, {"ok": False, "error": "invalid_json"})
        return self._post_message(payload)

    def _post_message(self, payload: Mapping[str, Any]) -> Answer:
        channel = str(payload.get("channel") or "")
        now, cast = self._meet(payload)
        if cast is not None and (answer := API_ERRORS.get(cast.spell)):
            status, word = answer
            return self._noted(channel, status, word, _error(status, word, _retry(status, cast.retry_after)))
        if channel not in self.channels:
            return self._noted(channel, 200, "channel_not_found", _error(200, "channel_not_found"))
        word, where = refusal_of(payload)
        if word:
            body = {"ok": False, "error": word, "errors": where, "response_metadata": {"messages": where}}
            return self._noted(channel, 200, word, _json(200, body))
        if wait := self._wait(channel, now):
            return self._noted(channel, 429, "ratelimited", _error(429, "ratelimited", _retry(429, wait)))
        message = self._take(channel, now, payload, cast)
        return _json(200, {"ok": True, "channel": channel, "ts": message.ts, "message": {"ts": message.ts}})

    def _meet(self, payload: Mapping[str, Any]) -> tuple[datetime, Cast | None]:
        """The spell that this post meets, used up by one. Raises Silence for those that take nothing.

        Spells over what is taken are used up only then: the post may still be refused.
        """
        now = self.clock.now()
        with self._lock:
            cast = next((one for one in self._casts if one.is_on(now, payload)), None)
            if cast is not None and cast.spell not in TAKING:
                cast.hit()
        if cast is not None and cast.spell in {Spell.TIMEOUT, Spell.DROP}:
            self._note(Attempt(now, "", 0, cast.spell.value))
            raise Silence(cast.seconds if cast.spell is Spell.TIMEOUT else 0.0)
        return now, cast

    def _wait(self, channel: str, now: datetime) -> float:
        if self._rate is None:
            return 0.0
        with self._lock:
            bucket = self._buckets.setdefault(channel, Bucket(self._rate, self._burst, self._burst, now))
            return bucket.wait(now)

    def _take(self, channel: str, now: datetime, payload: Mapping[str, Any], cast: Cast | None) -> Message:
        with self._lock:
            self._posts += 1
            message = Message(channel, now, f"{int(now.timestamp())}.{self._posts:06}", dict(payload))
            if cast is not None and cast.posts == 0:
                # Another post that met the same spell was taken first.
                cast = None
            if cast is not None:
                cast.hit()
            if cast is not None and cast.spell is Spell.SWALLOW:
                self._received.swallowed.append(message)
            else:
                self._received.messages.append(message)
        if cast is not None and cast.spell is Spell.LOST_ANSWER:
            self._note(Attempt(now, channel, 0, cast.spell.value))
            raise Silence
        self._note(Attempt(now, channel, 200, "ok"))
        return message

    def _noted(self, channel: str, status: int, word: str, answer: Answer) -> Answer:
        self._note(Attempt(self.clock.now(), channel, status, word))
        return answer

    def _note(self, attempt: Attempt) -> None:
        with self._lock:
            self._received.attempts.append(attempt)


def _payload(request: Request) -> Mapping[str, Any] | None:
    """A JSON body, or a form with ``payload`` (webhooks) or with one field an argument (the Web API)."""
    kind = request.headers.get("content-type", "")
    try:
        if kind.startswith("application/x-www-form-urlencoded"):
            form = {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}
            if "payload" in form:
                parsed = json.loads(form["payload"])
            else:
                structured = {
                    name: json.loads(form[name]) for name in ("blocks", "attachments") if name in form
                }
                parsed = {**form, **structured}
        else:
            parsed = json.loads(request.body)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _formatted(value: Any) -> Iterable[str]:
    """Every text of a message in which Slack looks for markup: plain_text is shown as it is."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == "text" and isinstance(inner, str) and value.get("type") != "plain_text":
                yield inner
            else:
                yield from _formatted(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _formatted(inner)


def _retry(status: int, seconds: float) -> dict[str, str]:
    return {"Retry-After": str(max(1, math.ceil(seconds)))} if status == 429 else {}  # noqa: PLR2004


def _plain(status: int, word: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, word.encode(), {"Content-Type": "text/html", **(headers or {})})


def _json(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Answer(status, json.dumps(body).encode(), {**kind, **(headers or {})})


def _error(status: int, word: str, headers: Mapping[str, str] | None = None) -> Answer:
    return _json(status, {"ok": False, "error": word}, headers)
