"""Pages and their tokens: opaque, bound to their request, and perishable."""

from __future__ import annotations

import base64
import binascii
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from jobherald.local.services.api import ApiError, Call
from jobherald.local.services.faults import Kind

T = TypeVar("T")


@dataclass(slots=True)
class Pager:
    """Cuts lists into pages. ``life`` is how long a token is good, in seconds; ``refusal`` the code when it is not.

    A page begins where the list then has its n-th row, so that a job that appears or vanishes between two pages
    shifts the rest: one is shown twice, or not at all. ``token`` and ``size`` are the request's members.
    """

    refusal: str
    life: float = 24 * 3600.0
    token: str = "NextToken"  # noqa: S105  # a member's name
    size: str = "MaxResults"
    _good_from: int = 0
    _issued: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expire(self) -> None:
        """Every token that is out is no longer good."""
        with self._lock:
            self._good_from = self._issued + 1

    def cut(
        self, rows: Sequence[T], call: Call, size: int, keep: Callable[[T], bool] = lambda _row: True
    ) -> tuple[list[T], str | None]:
        """The page of ``rows`` that the call asks for and the next page's token; ``keep`` filters what was cut."""
        token = call.parameters.get(self.token)
        begin = self._position(token, call) if token else 0
        match call.fault.kind if call.fault else None:
            case Kind.LOOP:
                same = token or self._issue(begin, call)
                return [row for row in rows[begin : begin + size] if keep(row)], same
            case Kind.EMPTY:
                return [], self._issue(begin, call)
        following = self._issue(begin + size, call) if begin + size < len(rows) else None
        return [row for row in rows[begin : begin + size] if keep(row)], following

    def _issue(self, begin: int, call: Call) -> str:
        with self._lock:
            self._issued += 1
            number = self._issued
        content = {"n": number, "at": call.now.timestamp(), "from": begin, "of": self._question(call)}
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()

    def _position(self, token: str, call: Call) -> int:
        try:
            content = json.loads(base64.urlsafe_b64decode(token.encode()))
            number, issued_at, begin, question = (content[key] for key in ("n", "at", "from", "of"))
        except (binascii.Error, ValueError, KeyError, TypeError):
            raise ApiError(self.refusal, "The pagination token is not valid.") from None
        if question != self._question(call):
            raise ApiError(self.refusal, "The pagination token belongs to another request.")
        if number < self._good_from or call.now.timestamp() - issued_at > self.life:
            raise ApiError(self.refusal, "The pagination token has expired.")
        return int(begin)

    def _question(self, call: Call) -> str:
        asked = {
            name: value for name, value in call.parameters.items() if name not in (self.token, self.size)
        }
        return json.dumps([call.operation, call.account, call.region, asked], sort_keys=True, default=_iso)


def _iso(value: datetime | Mapping[str, Any]) -> Any:
    return value.isoformat() if isinstance(value, datetime) else dict(value)
