"""One exchange over HTTP, tried once and with short time-outs; what comes back is an answer, whatever its status."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import PoolManager, ProxyManager, Timeout, make_headers
from urllib3.exceptions import HTTPError, ProxyError

from jobherald.providers.failures import no_such_host

USER_AGENT: Final = "jobherald"
CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 10.0
"""Seconds for connecting, and for each read."""

LARGEST_ANSWER: Final = 12 * 1024 * 1024
DEEPEST_ANSWER: Final = 64
"""What is nested deeper would break whoever walks through it later; the deepest real answers are lists of steps."""

_HALF_PAIR: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_RAISED: Final = (HTTPError, HTTPException, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. The names of ``headers`` are in lower case. A token may be among them, and secrets in the body.

    ``body`` is None where it is not usable; ``flaw`` says why, as the end of a sentence about the answer.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Mapping[str, Any] | None = field(repr=False)
    flaw: str = ""


class NoReplyError(Exception):
    """Nothing usable came back: by its kind alone, since the text of the error behind it can hold what was sent.

    ``no_such_host`` says that DNS does not know the host that was asked.
    """

    def __init__(self, kind: str, *, no_such_host: bool) -> None:
        super().__init__(kind)
        self.kind = kind
        self.no_such_host = no_such_host


class Transport:
    """Keeps connections while the function is warm.

    Goes through a proxy where ``HTTPS_PROXY`` and ``NO_PROXY`` say so, as botocore does. Certificates are those of the
    system, or of ``SSL_CERT_FILE``.
    """

    def __init__(self) -> None:
        self._managers: dict[tuple[str, str], PoolManager] = {}

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """One request. Follows no redirect: one would carry the credential to a host that nobody named.

        Raises NoReplyError.
        """
        proxy = _proxy_of(url)
        try:
            return self._exchange(proxy, method, url, headers, body)
        except _RAISED as error:
            absent = not proxy and not isinstance(error, ProxyError) and no_such_host(error)
            failure = NoReplyError(type(error).__name__, no_such_host=absent)
        # Outside of the handler, so that the error does not carry the other one as its context.
        raise failure

    def _exchange(self, proxy: str, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        response = self._manager(proxy, urlsplit(url).scheme).urlopen(
            method,
            url,
            redirect=False,
            body=body or None,
            headers={**headers, "User-Agent": USER_AGENT},
            retries=False,
            timeout=Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            preload_content=False,
            decode_content=False,
        )
        content = response.read(LARGEST_ANSWER + 1)
        if len(content) > LARGEST_ANSWER:
            # What was not read to its end is no connection to use again.
            response.close()
        response.release_conn()
        named = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, named, *_read(content))

    def _manager(self, proxy: str, scheme: str) -> PoolManager:
        if (proxy, scheme) not in self._managers:
            # Reading the system's certificates takes longer than a call does, and plain HTTP needs none.
            secure = scheme == "https" or proxy.startswith("https:")
            trust = ssl.create_default_context() if secure else None
            self._managers[proxy, scheme] = (
                ProxyManager(proxy, proxy_headers=_proxy_headers(proxy), ssl_context=trust)
                if proxy
                else PoolManager(ssl_context=trust)
            )
        return self._managers[proxy, scheme]


def _read(content: bytes) -> tuple[Mapping[str, Any] | None, str]:
    if len(content) > LARGEST_ANSWER:
        return None, f"is larger than {LARGEST_ANSWER >> 20} MB"
    try:
        body = json.loads(content)
    except RecursionError:
        return None, "is nested too deep"
    except ValueError:
        return None, "is no JSON"
    if not isinstance(body, dict):
        return None, "is no JSON object"
    if _HALF_PAIR.search(content) and _is_shallow(body):
        # A text that was cut within a character: no table, queue or channel takes the half of it.
        body = json.loads(json.dumps(body, ensure_ascii=False).encode(errors="replace"))
    return (body, "") if _is_shallow(body) else (None, "is nested too deep")


def _is_shallow(body: object) -> bool:
    level = [body]
    for _ in range(DEEPEST_ANSWER):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return True
    return False


def _proxy_of(url: str) -> str:
    """The proxy for a URL, or nothing."""
    parts = urlsplit(url)
    proxy = "" if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme, "")
    if not proxy or proxy.startswith(("http:", "https:")):
        return proxy
    return f"http://{proxy.removeprefix('//')}"


def _proxy_headers(proxy: str) -> Mapping[str, str] | None:
    parts = urlsplit(proxy)
    if not (parts.username and parts.password):
        return None
    return make_headers(proxy_basic_auth=f"{unquote(parts.username)}:{unquote(parts.password)}")
