"""The simulated IAM: it gives tokens for passwords, and says later whose a token is."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from jobherald.local.services.api import ApiError
from jobherald.local.services.modelarts.identity import User
from jobherald.local.services.modelarts.ids import short_id

# Tokens are signed messages in base64, which begin alike.
_BEGINNING: Final = "MII"
_WRONG: Final = "The username or password is wrong."
_NOT_ALLOWED: Final = "The request you have made requires authentication."


@dataclass(frozen=True, slots=True)
class Token:
    """One token. ``project`` is empty where it is scoped to the account alone."""

    value: str
    user: User
    issued_at: datetime
    expires_at: datetime
    project: str = ""


class IamError(Exception):
    """A refusal in IAM's own form: ``{"error": {"code", "message", "title"}}``."""

    def __init__(self, status: int, title: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"code": status, "message": message, "title": title}}


class Iam:
    """The users of ``projects`` (id: region) and their tokens, good for ``life`` seconds. Thread safe."""

    def __init__(self, users: Iterable[User], projects: Mapping[str, str], life: float) -> None:
        self.users = {user.name: user for user in users}
        self._projects = projects
        self._life = timedelta(seconds=life)
        self._tokens: dict[str, Token] = {}
        self._revoked: set[str] = set()
        self._lock = threading.Lock()

    def issue(self, body: bytes, now: datetime) -> Token:
        """A token for what was asked. Raises IamError.

        The form of request and refusal: support.huaweicloud.com, api-iam/iam_30_0001. Of the owner of a HUAWEI ID it says that
        no token can be had with it; the text in which IAM refuses is not documented, so it is that of a wrong password.
        """
        try:
            asked = json.loads(body)["auth"]
            identity = asked["identity"]["password"]["user"]
            name, password, domain = identity["name"], identity["password"], identity["domain"]["name"]
            scope = dict(asked.get("scope", {}))
        except (ValueError, KeyError, TypeError):
            raise IamError(400, "Bad Request", "The request body is invalid.") from None
        user = self.users.get(name)
        if user is None or (user.password, user.domain) != (password, domain) or user.huawei_id:
            raise IamError(401, "Unauthorized", _WRONG)
        project = self._project(user, scope["project"]) if "project" in scope else ""
        token = Token(_BEGINNING + secrets.token_hex(64), user, now, now + self._life, project)
        with self._lock:
            self._tokens[token.value] = token
        return token

    def region_of(self, token: Token) -> str:
        """Where the project of a token is."""
        return self._projects[token.project]

    def revoke(self) -> None:
        """Every token that is out is void, as after a change of the password or of permissions."""
        with self._lock:
            self._revoked.update(self._tokens)

    def check(self, value: str, now: datetime) -> Token:
        """Whose token it is. Raises ApiError for one that is no token, is void, has expired, or is for no project."""
        if not value.startswith(_BEGINNING):
            raise ApiError("ModelArts.0204", "Failed to parse the token.", status=401)
        with self._lock:
            token, revoked = self._tokens.get(value), value in self._revoked
        if token is None:
            text = "Incorrect IAM authentication information: decrypt token fail"
            raise ApiError("APIGW.0301", text, status=401)
        if revoked:
            raise ApiError("ModelArts.0203", "Invalid token.", status=401)
        if now >= token.expires_at:
            text = "Invalid token header because the token has expired."
            raise ApiError("ModelArts.0202", text, status=401)
        if not token.project:
            text = "Invalid token header because the token does not contain a project."
            raise ApiError("ModelArts.0212", text, status=401)
        return token

    def _project(self, user: User, scope: Mapping[str, str]) -> str:
        """The project that is meant by id, or by name, which is its region's."""
        for project, region in self._projects.items():
            if user.may_use(project) and (scope.get("id") == project or scope.get("name") == region):
                return project
        raise IamError(401, "Unauthorized", _NOT_ALLOWED)


def answer(token: Token, projects: Mapping[str, str]) -> dict[str, Any]:
    """The body of the answer that brings a token; the token itself is in its header."""
    domain = {"id": short_id(token.user.domain), "name": token.user.domain}
    body: dict[str, Any] = {
        "methods": ["password"],
        "issued_at": _moment(token.issued_at),
        "expires_at": _moment(token.expires_at),
        "user": {"id": short_id(token.user.name), "name": token.user.name, "domain": domain},
        "roles": [],
        "catalog": [],
    }
    if token.project:
        project = {"id": token.project, "name": projects[token.project], "domain": domain}
        return {"token": {**body, "project": project}}
    return {"token": {**body, "domain": domain}}


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"
