"""What can come over Slack for a while, in the words of its webhooks and of its Web API; and its ordinary pace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class Spell(StrEnum):
    """What comes over Slack for a while.

    ``LOST_ANSWER`` takes the message and then says nothing, as when an answer is lost on its way; ``SWALLOW`` says yes
    and forgets it; ``TIMEOUT`` takes nothing and says nothing.
    """

    RATE_LIMITED = "429"
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    TIMEOUT = "timeout"
    DROP = "drop"
    SWALLOW = "swallow"
    LOST_ANSWER = "lost_answer"
    NO_SERVICE = "no_service"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - Slack's word
    ARCHIVED = "channel_is_archived"
    CHANNEL_NOT_FOUND = "channel_not_found"
    INVALID_BLOCKS = "invalid_blocks"


TAKING: Final = frozenset({Spell.SWALLOW, Spell.LOST_ANSWER})
"""Those under which a message is taken all the same."""


# What a webhook answers in each spell, and the Web API's word for the same.
WEBHOOK_ANSWERS: Final[Mapping[Spell, tuple[int, str]]] = {
    Spell.RATE_LIMITED: (429, "rate_limited"),
    Spell.SERVER_ERROR: (500, "rollup_error"),
    Spell.UNAVAILABLE: (503, "service_unavailable"),
    Spell.NO_SERVICE: (404, "no_service"),
    Spell.INVALID_TOKEN: (403, "invalid_token"),
    Spell.ARCHIVED: (410, "channel_is_archived"),
    Spell.CHANNEL_NOT_FOUND: (404, "channel_not_found"),
    Spell.INVALID_BLOCKS: (400, "invalid_blocks"),
}
API_ERRORS: Final[Mapping[Spell, tuple[int, str]]] = {
    Spell.RATE_LIMITED: (429, "ratelimited"),
    Spell.SERVER_ERROR: (500, "internal_error"),
    Spell.UNAVAILABLE: (503, "service_unavailable"),
    Spell.NO_SERVICE: (200, "account_inactive"),
    Spell.INVALID_TOKEN: (200, "invalid_auth"),
    Spell.ARCHIVED: (200, "is_archived"),
    Spell.CHANNEL_NOT_FOUND: (200, "channel_not_found"),
    Spell.INVALID_BLOCKS: (200, "invalid_blocks"),
}


@dataclass(eq=False, slots=True)
class Cast:
    """A spell that is on: for the next ``posts`` (None: for any number), until a moment (None: until it is lifted).

    It comes over those posts alone of which ``only`` says so.
    """

    spell: Spell
    posts: int | None
    until: datetime | None
    retry_after: int
    seconds: float
    only: Callable[[Mapping[str, Any]], bool] = lambda _: True
    hits: int = 0

    def is_on(self, now: datetime, payload: Mapping[str, Any]) -> bool:
        return self.posts != 0 and (self.until is None or now < self.until) and self.only(payload)

    def hit(self) -> None:
        """One post has met it."""
        self.hits += 1
        self.posts = None if self.posts is None else self.posts - 1


@dataclass(slots=True)
class Bucket:
    """How many messages a channel may still take at once: it fills by ``per_second`` up to ``burst``."""

    per_second: float
    burst: int
    level: float
    at: datetime

    def wait(self, now: datetime) -> float:
        """Seconds until there is room for one more; 0 where there is, which then is taken."""
        filled = self.level + (now - self.at).total_seconds() * self.per_second
        self.level, self.at = min(float(self.burst), filled), now
        if self.level >= 1.0:
            self.level -= 1.0
            return 0.0
        return (1.0 - self.level) / self.per_second
