"""Calls ModelArts: each call signed, or with a token, and tried once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from jobherald.errors import ConfigError, ListingError, SecretError
from jobherald.ports import Clock
from jobherald.providers.huaweicloud import refusals
from jobherald.providers.huaweicloud.calls import Answer, Call
from jobherald.providers.huaweicloud.credentials import ReadsSecret, User, credential
from jobherald.providers.huaweicloud.replies import code_of, date_of
from jobherald.providers.huaweicloud.signing import Key, Request, query_text, sign
from jobherald.providers.huaweicloud.tokens import Tokens
from jobherald.providers.huaweicloud.transport import NoReplyError, Reply, Transport

_SUCCESS: Final = range(200, 300)
_REFUSAL: Final = range(400, 500)
_UNAUTHORIZED: Final = 401


class HuaweiClient:
    """ModelArts in every region and project that one credential reaches.

    ``endpoints`` overrides the URL of a region's ModelArts (``cn-north-4``) or of its IAM (``iam.cn-north-4``). Raises
    ConfigError where one is no URL.
    """

    def __init__(self, secret: ReadsSecret, clock: Clock, endpoints: Mapping[str, str] | None = None) -> None:
        self._secret = secret
        self._clock = clock
        self._endpoints = {name: _endpoint(name, url) for name, url in (endpoints or {}).items()}
        self._transport = Transport()
        self._tokens = Tokens(self._transport, clock, self._iam)

    def call(self, call: Call) -> Answer:
        """One call. Raises ListingError for whatever is neither a JSON object nor *absent*.

        A refused token is renewed, and the call made once more. A refused key is never tried again: a few refusals in a
        row lock it.
        """
        using = self._credential(call)
        sent, reply = self._send(call, using)
        if isinstance(using, User) and refusals.is_of_token(reply):
            self._tokens.forget(call.place)
            sent, reply = self._send(call, using)
        if reply.status == _UNAUTHORIZED or refusals.is_of_token(reply):
            # A token that is kept would be refused until its end, a day later.
            self._tokens.forget(call.place)
        return self._answer(sent, reply)

    def _credential(self, call: Call) -> Key | User:
        try:
            return credential(self._secret.read(), self._secret.reference)
        except SecretError as error:
            raise ListingError(
                f"{call.operation} was not called {call.where}: {error}",
                kind="credential" if error.lasting else "failed",
                code="Secret",
            ) from None

    def _send(self, call: Call, using: Key | User) -> tuple[refusals.Sent, Reply]:
        query = query_text(call.query)
        url = f"{self._modelarts(call.place.region)}{call.path}{'?' if query else ''}{query}"
        request = Request(
            call.method,
            url,
            {
                "Content-Type": "application/json",
                "X-Language": "en-us",
                "X-Project-Id": call.place.account,
            },
            b"" if call.body is None else json.dumps(call.body).encode(),
        )
        headers, secrets = self._authorized(request, using, call)
        sent = refusals.Sent(call, self._secret.reference, by_user=isinstance(using, User), secrets=secrets)
        try:
            return sent, self._transport.send(request.method, url, headers, request.body)
        except NoReplyError as error:
            raise refusals.unanswered(sent, url, error) from None

    def _authorized(
        self, request: Request, using: Key | User, call: Call
    ) -> tuple[Mapping[str, str], tuple[str, ...]]:
        """The headers to send, and what of them and of the credential no text may repeat."""
        if isinstance(using, User):
            token = self._tokens.token(using, call.place, self._secret.reference)
            return {**request.headers, "X-Auth-Token": token}, (token, using.password)
        headers = sign(request, using, self._clock.now())
        signature = headers["Authorization"].rpartition("=")[2]
        return headers, (using.access_key, using.secret_key, using.security_token, signature)

    def _answer(self, sent: refusals.Sent, reply: Reply) -> Answer:
        absent = reply.status in _REFUSAL and code_of(reply) in sent.call.absent
        if not absent and reply.status not in _SUCCESS:
            raise refusals.refused(sent, reply, self._clock.now())
        if reply.body is None:
            raise refusals.failed(sent, reply)
        date = date_of(reply)
        if date is None:
            raise refusals.undated(sent)
        return Answer(reply.status, reply.headers, reply.body, date, absent)

    def _modelarts(self, region: str) -> str:
        return self._endpoints.get(region, f"https://modelarts.{region}.myhuaweicloud.com")

    def _iam(self, region: str) -> str:
        return self._endpoints.get(f"iam.{region}", f"https://iam.{region}.myhuaweicloud.com")


def _endpoint(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(f"HUAWEI_ENDPOINTS: {name}: {url!r} is no URL. Write https://host for it.")
    return url.rstrip("/")
