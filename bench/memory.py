"""What a poll needs of memory at a place with 10,000 open jobs, above what its clients hold anyway.

The poll runs twice over the same answers: first with the job services, whose answers are kept, then with nothing at
work in the process but what runs in Lambda too. All that is answered then was made before memory is traced.
"""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from bench.golden import PLACES, START, running
from bench.meter import Answered
from bench.units import Item, Table, answer_to_query
from bench.world import TABLE, World, forget, jobs_table, schema_of
from jobherald import bootstrap
from jobherald.accept import accept
from jobherald.catalog import load
from jobherald.local.services import ScriptedJob
from jobherald.model import Place
from jobherald.providers.rows import observe
from jobherald.store import items
from jobherald.store.wire import item_to_wire
from jobherald.watch import PlaceRecord, Rule, Scope

JOBS: Final = 10_000
_CHUNK: Final = 65_536
_KEYS: Final = ("pk", "sk", "open", "created")


def measure(word: str) -> int:
    """Bytes at the worst moment of one poll over 10,000 open jobs of this place, the clients' own not counted."""
    place, maker = PLACES[word]
    jobs = running(maker, JOBS)
    with World(START) as world:
        api = world.services.labeling if word == "labeling" else world.services.media_analysis
        for job in jobs:
            api.world.put(job)
        _hook("before-send.dynamodb", _Stored(place, jobs))
        with world.meter.record() as tape:
            world.poll(place)
        forget()
        _hook("before-send", _Replay(tape))
        tracemalloc.start()
        try:
            world.poll(place)
            gc.collect()
            held, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            world.poll(place)
            return tracemalloc.get_traced_memory()[1] - held
        finally:
            tracemalloc.stop()


def _hook(event: str, handler: Any) -> None:
    """Answer the calls of the functions' clients, before moto would."""
    session = bootstrap._session()  # noqa: SLF001 its clients are what is measured
    session.get_component("event_emitter").register_first(event, handler)


class _Stored:
    """The table as far as a poll without news needs it: its place, and the index of open jobs."""

    def __init__(self, place: Place, jobs: Sequence[ScriptedJob]) -> None:
        schema = schema_of(jobs_table())
        record = PlaceRecord(
            place,
            Scope((Rule("every job of the production account"),), 60),
            START - timedelta(days=30),
            revision=7,
            baseline_at=START - timedelta(days=30),
            news_at=START - timedelta(minutes=1),
            settled_at=START - timedelta(minutes=6),
        )
        item = {"pk": items.place_pk(place), "sk": items.PLACE, **items.place_to_item(record)}
        self._place = {"Responses": {TABLE: [item_to_wire(item)]}, "UnprocessedKeys": {}}
        self._open = [_entry(job, place, schema) for job in jobs]

    def __call__(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        match event_name.rpartition(".")[2]:
            case "BatchGetItem":
                answer: Mapping[str, Any] = self._place
            case "Query":
                answer = answer_to_query(self._open, json.loads(request.body), _KEYS)
            case "UpdateItem":
                answer = {}
            case other:
                raise NotImplementedError(f"a poll without news calls {other}")
        body = json.dumps(answer).encode()
        return AWSResponse(request.url, HTTPStatus.OK, HTTPHeaders(), _Raw(body))


class _Replay:
    """The same answers in the same order, over and over."""

    def __init__(self, tape: Sequence[Answered]) -> None:
        self._tape = tuple(tape)
        self._next = 0

    def __call__(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        answered = self._tape[self._next % len(self._tape)]
        self._next += 1
        assert event_name.endswith(f".{answered.operation}"), f"{event_name} instead of {answered.operation}"
        headers = HTTPHeaders.from_dict(dict(answered.headers))
        return AWSResponse(request.url, answered.status, headers, _Raw(answered.body))


class _Raw:
    """A body as it comes off the wire: in pieces, each of them new to the process."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        for start in range(0, len(self._body), _CHUNK):
            yield self._body[start : start + _CHUNK]


def _entry(job: ScriptedJob, place: Place, schema: Table) -> Item:
    """What the index of open jobs holds of a job that was adopted as it is now."""
    seen = observe(load(place.source), place, job.at(START), datetime.now(UTC))
    assert seen is not None
    decision = accept(None, seen, frozenset(), silent=True)
    assert decision is not None
    item = {"pk": items.job_pk(seen.key), "sk": items.JOB, **items.job_to_item(decision.job)}
    entry = schema.entry(schema.index("open"), item_to_wire(item))
    assert entry is not None
    return entry
