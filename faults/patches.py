"""Where the shipped code meets a simulated world: its transports, its clock and its environment, and nothing else."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any, TextIO
from unittest.mock import patch
from urllib.request import OpenerDirector
from weakref import ref

from botocore.client import BaseClient
from urllib3 import PoolManager

from jobherald import bootstrap

if TYPE_CHECKING:
    from faults.world import World

# Making one of botocore's clients takes longer than a whole run, and it remembers nothing.
_KEPT = frozenset({"client", "_session"})

SERVICE = "jobherald"
"""What the functions' loggers are called."""

_warm_in: ref[World] | None = None


@contextmanager
def of(world: World) -> Iterator[None]:
    """The shipped code lives in this world for as long as the block lasts."""

    def make_api_call(client: Any, operation: str, parameters: Mapping[str, Any]) -> Any:
        service = client.meta.service_model.service_name
        return world.aws(service, operation, client.meta.region_name, parameters)

    def urlopen(_manager: Any, method: str, url: str, **request: Any) -> _Response:
        answer = world.exchange(method, url, request["headers"], request["body"] or b"")
        return _Response(answer.status, answer.headers, answer.body, answer.at)

    with ExitStack() as stack:
        for name, value in world.environment.items():
            if os.environ.get(name) != value:
                os.environ[name] = value
        stack.enter_context(_logging_to(world))
        stack.enter_context(warnings.catch_warnings())
        # Powertools', of an invocation that died before it had anything to measure.
        warnings.filterwarnings("ignore", "No application metrics to publish", UserWarning)
        stack.enter_context(patch.object(BaseClient, "_make_api_call", make_api_call))
        stack.enter_context(patch.object(PoolManager, "urlopen", urlopen))
        stack.enter_context(
            patch.object(OpenerDirector, "open", lambda _opener, request, **_: world.post(request))
        )
        stack.enter_context(patch.object(bootstrap, "clock", lambda: world.clock))
        _enter(world)
        yield


def _enter(world: World) -> None:
    """What is warm in one world must not be so in another."""
    global _warm_in  # noqa: PLW0603  # as the caches are that it is about
    if _warm_in is None or _warm_in() is not world:
        cold_start()
        _warm_in = ref(world)


class _Output:
    """Where functions write to, whichever world they are in: their loggers keep it from the first one on."""

    log: TextIO

    def write(self, text: str) -> int:
        return self.log.write(text)

    def flush(self) -> None:
        self.log.flush()


_OUTPUT = _Output()


@contextmanager
def _logging_to(world: World) -> Iterator[None]:
    before = logging.root.manager.disable
    _OUTPUT.log = world.log
    # Functions that were loaded elsewhere before write to what was the standard output there.
    handlers = [
        each for each in logging.getLogger(SERVICE).handlers if isinstance(each, logging.StreamHandler)
    ]
    with redirect_stdout(_OUTPUT):
        streams = [(each, each.setStream(_OUTPUT)) for each in handlers]
        logging.disable(logging.NOTSET if world.logs else logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(before)
            for handler, stream in streams:
                if stream is not None:
                    handler.setStream(stream)


def cold_start() -> None:
    """Whatever a warm function would have kept is gone."""
    for name, each in vars(bootstrap).items():
        if name not in _KEPT and hasattr(each, "cache_clear"):
            each.cache_clear()


class _Response:
    """What urllib3 gives for an answer."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes, at: Any) -> None:
        from email.utils import format_datetime

        self.status = status
        self.headers = {**headers, "Date": format_datetime(at, usegmt=True)}
        self._body = body

    def read(self, _amount: int) -> bytes:
        return self._body

    def close(self) -> None:
        return None

    def release_conn(self) -> None:
        return None
