"""A store in memory, for tests of flows that make thousands of calls; held to the real one by the same tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from jobherald.errors import ConflictError
from jobherald.model import Alert, Change, Delivery, Job, JobKey, Place, Story
from jobherald.ports import Claim, Listed, Owing
from jobherald.store.items import CONFIG, credential_pk, job_pk, pk_of, place_pk
from jobherald.watch import Child, ConfigRecord, CredentialRecord, PlaceRecord

News = Change | Alert
RETENTION = timedelta(days=90)


@dataclass
class Kept:
    """One item that may owe news."""

    value: Job | PlaceRecord | ConfigRecord | CredentialRecord
    owed: list[News] = field(default_factory=list)
    unsent: str = ""
    owed_since: datetime | None = None
    open: bool = False
    expires_at: datetime | None = None


class MemoryStore:
    """``ports.JobStore``. ``calls`` counts its calls and ``read`` the jobs read; ``before`` runs before each call."""

    def __init__(self) -> None:
        self.items: dict[str, Kept] = {}
        self.parents: dict[Place, dict[str, Child]] = {}
        self.details: dict[str, dict[str, Mapping[str, Any]]] = {}
        self.deliveries: dict[tuple[str, str, int], tuple[News, datetime | None, Delivery | None]] = {}
        self.posts: Counter[tuple[str, datetime]] = Counter()
        self.touched: list[str] = []
        self.written: list[str] = []
        self.calls: Counter[str] = Counter()
        self.read = 0
        self.before: Callable[[str], None] = lambda _: None

    # What tests ask

    @property
    def news(self) -> list[News]:
        """All that is owed, in the order in which each item came to owe it."""
        return [piece for kept in self.items.values() for piece in kept.owed]

    def job(self, key: JobKey) -> Job | None:
        kept = self.items.get(job_pk(key))
        return None if kept is None else self._job(kept)

    def forget(self, key: JobKey) -> None:
        """What TTL does."""
        del self.items[job_pk(key)]

    # Jobs

    def open_jobs(self, place: Place) -> dict[JobKey, Job]:
        self._call("open_jobs")
        jobs = [self._job(kept) for kept in self.items.values() if kept.open]
        return {job.key: replace(job, name="") for job in jobs if job.key.place == place}

    def jobs(self, keys: Iterable[JobKey]) -> dict[JobKey, Job]:
        wanted = list(dict.fromkeys(keys))
        if not wanted:
            return {}
        self._call("jobs")
        self.read += len(wanted)
        found = [(key, self.job(key)) for key in wanted]
        return {key: job for key, job in found if job is not None}

    def write(self, job: Job, change: Change | None) -> None:
        self._call("write")
        pk = job_pk(job.key)
        kept = self._expect(pk, job.version - 1)
        before = kept.value if isinstance(kept.value, Job) else job
        kept.value = replace(job, name=job.name or before.name)
        kept.open = job.state.is_open
        if change is not None:
            self._owe(kept, [change], change.seen_at)
        closed = not (job.state.is_open or job.owing or change)
        kept.expires_at = job.seen_at + RETENTION if closed else None
        self.items[pk] = kept
        self.written.append(pk)

    def write_details(self, rows: Sequence[tuple[Job, Mapping[str, Any]]]) -> None:
        if rows:
            self._call("write_details")
        for job, row in rows:
            self.details.setdefault(job_pk(job.key), {})["listed"] = dict(row)

    def add_details(self, job: Job, extra: Mapping[str, Any]) -> None:
        self._call("add_details")
        self.details.setdefault(job_pk(job.key), {})["looked"] = dict(extra)

    def release(self, job: Job) -> None:
        self._call("release")
        kept = self._expect(job_pk(job.key), job.version)
        kept.value = replace(self._job(kept), version=job.version + 1)
        kept.open = False
        kept.expires_at = None if kept.owed else job.seen_at + RETENTION

    # Places and configuration

    def place(self, place: Place) -> PlaceRecord | None:
        self._call("place")
        return self._places([place]).get(place)

    def places(self, places: Iterable[Place]) -> dict[Place, PlaceRecord]:
        self._call("places")
        return self._places(places)

    def _places(self, places: Iterable[Place]) -> dict[Place, PlaceRecord]:
        found = [self.items.get(place_pk(place)) for place in places]
        values = [kept.value for kept in found if kept is not None]
        return {value.place: value for value in values if isinstance(value, PlaceRecord)}

    def save_place(self, record: PlaceRecord, alerts: Sequence[Alert] = ()) -> None:
        self._call("save_place")
        self._save(place_pk(record.place), record, record.revision, alerts)

    def children(self, place: Place) -> dict[str, Child]:
        self._call("children")
        return dict(self.parents.get(place, {}))

    def save_children(self, place: Place, children: Mapping[str, Child]) -> None:
        self._call("save_children")
        self.parents[place] = dict(children)

    def credential(self, name: str) -> CredentialRecord | None:
        self._call("credential")
        kept = self.items.get(credential_pk(name))
        return kept.value if kept is not None and isinstance(kept.value, CredentialRecord) else None

    def save_credential(self, record: CredentialRecord, alerts: Sequence[Alert] = ()) -> None:
        self._call("save_credential")
        self._save(credential_pk(record.name), record, record.revision, alerts)

    def config(self) -> ConfigRecord | None:
        self._call("config")
        kept = self.items.get(CONFIG)
        return kept.value if kept is not None and isinstance(kept.value, ConfigRecord) else None

    def save_config(self, record: ConfigRecord, alerts: Sequence[Alert] = ()) -> None:
        self._call("save_config")
        self._save(CONFIG, record, record.revision, alerts)

    # What is owed

    def owing(self, refs: Iterable[str]) -> list[Owing]:
        self._call("owing")
        found = [(ref, self.items.get(ref)) for ref in dict.fromkeys(refs)]
        return [
            Owing(ref, kept.unsent, tuple(kept.owed), isinstance(kept.value, Job) and not kept.open)
            for ref, kept in found
            if kept is not None and kept.unsent
        ]

    def mark(self, item: Owing, told: Sequence[Delivery]) -> None:
        self._call("mark")
        kept = self.items.get(item.ref)
        closed = kept is not None and isinstance(kept.value, Job) and not kept.open
        if kept is None or kept.unsent != item.unsent or closed != item.closed:
            raise ConflictError(item.ref)
        done = {delivery.news.id for delivery in told}
        kept.owed = [piece for piece in item.news if piece.id not in done]
        if not kept.owed:
            kept.unsent, kept.owed_since = "", None
            kept.expires_at = told[-1].told_at + RETENTION if item.closed and told else kept.expires_at

    def record(self, deliveries: Sequence[Delivery]) -> None:
        self._call("record")
        for delivery in deliveries:
            self.delivered(delivery)

    def owed_since(self, before: datetime, limit: int) -> list[str]:
        self._call("owed_since")
        owed = [(kept.owed_since, ref) for ref, kept in self.items.items() if kept.owed_since is not None]
        return [ref for since, ref in sorted(owed) if since < before][:limit]

    def touch(self, ref: str, now: datetime) -> None:
        self._call("touch")
        kept = self.items.get(ref)
        if kept is not None and kept.unsent:
            self.touched.append(ref)

    def claim(self, news: News, channel: str, now: datetime, until: datetime) -> Claim:
        self._call("claim")
        key = (pk_of(news), channel, news.version)
        _, claimed, told = self.deliveries.get(key, (news, None, None))
        if told is not None:
            return Claim.TOLD
        if claimed is not None and claimed > now:
            return Claim.BUSY
        self.deliveries[key] = (news, until, None)
        return Claim.OURS

    def delivered(self, delivery: Delivery) -> None:
        news = delivery.news
        self.deliveries[pk_of(news), delivery.channel, news.version] = (news, None, delivery)

    def unclaim(self, news: News, channel: str, until: datetime) -> None:
        key = (pk_of(news), channel, news.version)
        if self.deliveries.get(key, (news, None, None))[1] == until:
            del self.deliveries[key]

    def count_posts(self, counter: str, at: datetime, posts: int) -> int:
        self.posts[counter, at.replace(second=0, microsecond=0)] += posts
        return self.posts[counter, at.replace(second=0, microsecond=0)]

    def story(self, key: str) -> Story | None:
        pk = f"job#{key}"
        kept = self.items.get(pk)
        if kept is None:
            return None
        details = self.details.get(pk, {})
        told = [
            told for (ref, _, _), (_, _, told) in self.deliveries.items() if ref == pk and told is not None
        ]
        return Story(
            job=self._job(kept),
            details={**details.get("looked", {}), **details.get("listed", {})},
            owed=[piece for piece in kept.owed if isinstance(piece, Change)],
            deliveries=sorted(told, key=lambda delivery: delivery.told_at),
        )

    def recent(self, source: str, since: datetime | None, limit: int) -> list[Job]:
        jobs = [self._job(kept) for kept in self.items.values() if isinstance(kept.value, Job)]
        dated = [(job.created_at or job.seen_at, job) for job in jobs if job.key.place.source == source]
        dated.sort(key=lambda pair: pair[0], reverse=True)
        return [job for at, job in dated if since is None or at >= since][:limit]

    def listed(
        self,
        source: str,
        limit: int,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        newest_first: bool = True,
        behind: Listed | None = None,
    ) -> list[Listed]:
        self._call("listed")
        jobs = [self._job(kept) for kept in self.items.values() if isinstance(kept.value, Job)]
        rows = [
            Listed(job.key, job.created_at or job.seen_at) for job in jobs if job.key.place.source == source
        ]
        rows = [row for row in rows if (since or row.at) <= row.at <= (until or row.at)]
        rows.sort(key=_position, reverse=newest_first)
        if behind is not None:
            start = _position(behind)
            rows = [
                row for row in rows if (_position(row) < start if newest_first else _position(row) > start)
            ]
        return rows[:limit]

    def page_key(self) -> bytes:
        return b"made once, and kept ever after.."

    # Inside

    def _call(self, name: str) -> None:
        self.before(name)
        self.calls[name] += 1

    @staticmethod
    def _job(kept: Kept) -> Job:
        assert isinstance(kept.value, Job)
        return replace(
            kept.value, owing=bool(kept.unsent), released=kept.value.state.is_open and not kept.open
        )

    def _expect(self, pk: str, version: int) -> Kept:
        kept = self.items.get(pk)
        stored = 0 if kept is None else _version(kept.value)
        if stored != version:
            raise ConflictError(f"{pk} is at {stored}, not {version}")
        return kept or Kept(ConfigRecord())

    def _save(
        self,
        pk: str,
        value: PlaceRecord | ConfigRecord | CredentialRecord,
        version: int,
        alerts: Sequence[Alert],
    ) -> None:
        kept = self._expect(pk, version - 1)
        kept.value = value
        if alerts:
            self._owe(kept, alerts, max(alert.at for alert in alerts))
        self.items[pk] = kept

    @staticmethod
    def _owe(kept: Kept, news: Sequence[News], since: datetime) -> None:
        kept.owed = [*kept.owed, *news]
        kept.unsent = str(news[-1].version)
        kept.owed_since = kept.owed_since or since


def _position(row: Listed) -> tuple[datetime, str]:
    return row.at, row.key.text


def _version(value: Job | PlaceRecord | ConfigRecord | CredentialRecord) -> int:
    return value.version if isinstance(value, Job) else value.revision
