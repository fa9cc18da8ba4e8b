"""Huawei's API gateway as far as it refuses: who calls, for which project, and how often."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from jobherald.local.services.api import ApiError
from jobherald.local.services.modelarts.iam import Iam
from jobherald.local.services.modelarts.identity import AccessKey, User
from jobherald.local.services.modelarts.settings import Settings
from jobherald.local.services.modelarts.signature import DATE_FORMAT, Authorization
from jobherald.local.web import Request

_WRONG_PROJECT: Final = "The project id in the request URL does not match the token."
# Signed in any case, and signed if they are sent.
_SIGNED: Final = frozenset({"host", "x-sdk-date"})
_SIGNED_IF_SENT: Final = frozenset({"x-project-id", "x-security-token"})


@dataclass(slots=True)
class _Failures:
    """The consecutive failures of one access key."""

    count: int = 0
    locked_until: datetime | None = None


@dataclass(slots=True)
class _Window:
    """How many requests of one user came since."""

    since: datetime
    count: int = 0


@dataclass(slots=True)
class Gateway:
    """Takes the requests of ``keys`` and of ``iam``'s tokens, and refuses all others. Thread safe."""

    keys: dict[str, AccessKey]
    iam: Iam
    settings: Settings
    _failures: dict[str, _Failures] = field(default_factory=dict)
    _windows: dict[str, _Window] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, request: Request, project: str, region: str | None, now: datetime) -> AccessKey | User:
        """Who calls for this project, which is in ``region`` (None: there is no such project). Raises ApiError."""
        if "authorization" in request.headers:
            key = self._signer(request, now)
            self._throttle(key.name, now)
            named = request.headers.get("x-project-id", project)
            if region is None or not key.may_use(project) or named != project:
                raise ApiError("ModelArts.0210", _WRONG_PROJECT, status=403)
            return key
        value = request.headers.get("x-auth-token", "")
        if not value:
            raise ApiError("ModelArts.0201", "Token doesn't exist.", status=401)
        token = self.iam.check(value, now)
        self._throttle(token.user.name, now)
        if region is not None and self.iam.region_of(token) != region:
            text = "Token must contain project info of current region."
            raise ApiError("ModelArts.0207", text, status=401)
        if token.project != project:
            raise ApiError("ModelArts.0210", _WRONG_PROJECT, status=403)
        return token.user

    def unlock(self) -> None:
        """Forget every failure of every key."""
        with self._lock:
            self._failures.clear()

    def _signer(self, request: Request, now: datetime) -> AccessKey:
        authorization = Authorization.of(request.headers["authorization"])
        if authorization is None:
            raise _incorrect("the authorization header is not in the form of SDK-HMAC-SHA256")
        key = self.keys.get(authorization.access_key)
        if key is None:
            raise _incorrect(f"Get secretKey failed,ak:{authorization.access_key},err:ak not exist")
        with self._lock:
            failures = self._failures.setdefault(key.access_key, _Failures())
            if failures.locked_until is not None and now < failures.locked_until:
                raise _incorrect("AK access failed to reach the limit,forbidden.")
            fault = self._fault_of(request, authorization, key, now)
            if not fault:
                failures.count, failures.locked_until = 0, None
                return key
            failures.count += 1
            if failures.count > self.settings.lock_after:
                failures.count = 0
                failures.locked_until = now + timedelta(seconds=self.settings.lock_seconds)
        raise _incorrect(fault)

    def _fault_of(self, request: Request, authorization: Authorization, key: AccessKey, now: datetime) -> str:
        """What is wrong with the signature, in the gateway's words where they are known; empty where it is right."""
        missing = _unsigned(request, authorization.signed)
        if missing:
            return f"verify aksk signature fail: header {', '.join(missing)} must be signed"
        sent = request.headers["x-sdk-date"]
        signed_at = _moment(sent, now)
        if signed_at is None:
            return f"calc aksk signature fail:X-Sdk-Date {sent} has a wrong format"
        if abs(now - signed_at) > timedelta(seconds=self.settings.clock_skew):
            # As quoted in github.com/huaweicloud/huaweicloud-sdk-java-v3/issues/44.
            times = f"signature time:{sent},server time:{now:{DATE_FORMAT}}"
            return f"calc aksk signature fail:signature expired, {times}"
        if not authorization.is_true(request, key.secret_key):
            return "verify aksk signature fail"
        if request.headers.get("x-security-token", "") != key.security_token:
            return "verify aksk signature fail: the security token is missing or belongs to another key"
        if key.expires_at is not None and now >= key.expires_at:
            return f"Get secretKey failed,ak:{key.access_key},err:the temporary key has expired"
        return ""

    def _throttle(self, user: str, now: datetime) -> None:
        if self.settings.rate is None:
            return
        length = timedelta(seconds=self.settings.rate_seconds)
        with self._lock:
            window = self._windows.get(user)
            if window is None or now >= window.since + length:
                window = self._windows[user] = _Window(now)
            window.count += 1
            if window.count <= self.settings.rate:
                return
        limit = f"limit:{self.settings.rate},time:{self.settings.rate_seconds} second"
        text = f"The throttling threshold has been reached: policy user over ratelimit,{limit}"
        wait = math.ceil((window.since + length - now).total_seconds())
        raise ApiError(
            "APIGW.0308", text, status=429, retry_after=float(wait) if self.settings.retry_after else None
        )


def _incorrect(text: str) -> ApiError:
    return ApiError("APIGW.0301", f"Incorrect IAM authentication information: {text}", status=401)


def _unsigned(request: Request, signed: Iterable[str]) -> list[str]:
    wanted = _SIGNED | (_SIGNED_IF_SENT & request.headers.keys())
    return sorted(name for name in wanted if name not in set(signed) or name not in request.headers)


def _moment(text: str, now: datetime) -> datetime | None:
    try:
        return datetime.strptime(text, DATE_FORMAT).replace(tzinfo=now.tzinfo)
    except ValueError:
        return None
