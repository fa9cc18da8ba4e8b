"""Tokens of IAM: one for each project, kept in memory and renewed before its end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from jobherald.model import Place
from jobherald.ports import Clock
from jobherald.providers.huaweicloud import refusals
from jobherald.providers.huaweicloud.calls import Call
from jobherald.providers.huaweicloud.credentials import User
from jobherald.providers.huaweicloud.transport import NoReplyError, Reply, Transport

OPERATION: Final = "POST /v3/auth/tokens"
RENEWED_BEFORE: Final = timedelta(hours=1)
"""A token lives for 24 hours; this long before its end another one is used."""

_CREATED: Final = 201

_Project: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Token:
    value: str = field(repr=False)
    renew_at: datetime


class Tokens:
    """Project-scoped tokens of one IAM user. ``endpoint`` gives the address of a region's IAM.

    Source: https://support.huaweicloud.com/intl/en-us/api-iam/iam_30_0001.html
    """

    def __init__(self, transport: Transport, clock: Clock, endpoint: Callable[[str], str]) -> None:
        self._transport = transport
        self._clock = clock
        self._endpoint = endpoint
        self._user: User | None = None
        self._tokens: dict[_Project, _Token] = {}
        self._served: set[_Project] = set()

    def token(self, user: User, place: Place, reference: str) -> str:
        """A token for the place's project. Raises ListingError. ``reference`` is where the user's secret lies."""
        if user != self._user:
            self._user, self._tokens, self._served = user, {}, set()
        project = _project(place)
        kept = self._tokens.get(project)
        if kept is None or self._clock.now() >= kept.renew_at:
            kept = self._tokens[project] = self._fetch(user, place, reference)
            self._served.add(project)
        return kept.value

    def forget(self, place: Place) -> None:
        """The token for the place's project was refused."""
        self._tokens.pop(_project(place), None)

    def _fetch(self, user: User, place: Place, reference: str) -> _Token:
        # As the body has it, too: quotation marks in a password are escaped there.
        secrets = (user.password, json.dumps(user.password)[1:-1])
        call = Call(OPERATION, replace(place, parent=""))
        sent = refusals.Sent(call, reference, by_user=True, secrets=secrets)
        url = f"{self._endpoint(place.region)}{call.path}"
        headers = {"Content-Type": "application/json"}
        try:
            reply = self._transport.send("POST", url, headers, _body(user, place))
        except NoReplyError as error:
            raise refusals.unanswered(sent, url, error) from None
        if reply.status != _CREATED or reply.body is None:
            # Other projects have tokens of this user, and this one never had any.
            good = bool(self._tokens) and _project(place) not in self._served
            raise refusals.no_token(sent, reply, self._clock.now(), user_is_good=good)
        return self._read(sent, reply)

    def _read(self, sent: refusals.Sent, reply: Reply) -> _Token:
        value = reply.headers.get("x-subject-token", "")
        expires = _expiry(reply)
        if expires is None or not (value and value.isascii() and value.isprintable() and " " not in value):
            raise refusals.failed(sent, reply, "The answer holds no token, or not its end")
        # One that lives for less than two hours is used for half of its life.
        left = expires - self._clock.now()
        return _Token(value, expires - min(RENEWED_BEFORE, left / 2))


def _project(place: Place) -> _Project:
    return place.region, place.account


def _body(user: User, place: Place) -> bytes:
    """The project by its id: a region can have several projects, and only one has the region's name."""
    identity = {"name": user.name, "password": user.password, "domain": {"name": user.domain}}
    auth = {
        "identity": {"methods": ["password"], "password": {"user": identity}},
        "scope": {"project": {"id": place.account}},
    }
    return json.dumps({"auth": auth}).encode()


def _expiry(reply: Reply) -> datetime | None:
    """The end of the token, as the answer has it: UTC with microseconds, ``2026-11-23T07:12:00.412000Z``."""
    token = (reply.body or {}).get("token")
    try:
        end = datetime.fromisoformat(token["expires_at"])  # type: ignore[index]
    except (KeyError, TypeError, ValueError):
        return None
    return end if end.tzinfo else end.replace(tzinfo=UTC)
