"""How the product's words lie in items; everything that knows an attribute's name is here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from jobherald.model import (
    Alert,
    AlertKind,
    Change,
    Delivery,
    Job,
    JobKey,
    Place,
    Progress,
    Severity,
    State,
)
from jobherald.ports import Listed
from jobherald.store.wire import moment
from jobherald.watch import Child, ConfigRecord, CredentialRecord, PlaceRecord, Resume, Rule, Scope

SCHEMA: Final = 1
JOB, PLACE, CONFIG, CREDENTIAL = "job", "place", "config", "credential"
CHILDREN: Final = "children"
PAGES: Final = "pages"
POSTS: Final = "posts"
DETAILS, LOOK, TOLD = "details", "look", "told"
OUTBOX: Final = "owed"

Item = dict[str, Any]


def job_pk(key: JobKey) -> str:
    return f"job#{key.text}"


def place_pk(place: Place) -> str:
    return f"place#{place.key}"


def sort_key_of(ref: str) -> str:
    """The sort key of the item that may owe news under this partition key, and what kind of item that is."""
    return ref.partition("#")[0]


def told_sk(channel: str, news: Change | Alert) -> str:
    return f"{TOLD}#{channel}#{news.version:08d}"


def pk_of(news: Change | Alert) -> str:
    """The partition under which news and its deliveries lie."""
    if isinstance(news, Change):
        return job_pk(news.key)
    if news.place:
        return place_pk(news.place)
    kind, _, name = news.subject.partition("/")
    return credential_pk(name) if kind == CREDENTIAL else CONFIG


def posts_key(counter: str, minute: datetime) -> Item:
    """Where the posts of one minute are counted."""
    return {"pk": f"{POSTS}#{counter}", "sk": f"{POSTS}#{minute:%Y-%m-%dT%H:%M}"}


def credential_pk(name: str) -> str:
    return f"{CREDENTIAL}#{name}"


def job_to_item(job: Job) -> Item:
    """The job without its keys, its version's condition and what it owes."""
    return {
        "schema": SCHEMA,
        "version": job.version,
        "source": job.key.place.source,
        "created": job.created_at or job.seen_at,
        "undated": True if job.created_at is None else None,
        "state": job.state,
        "status": job.status,
        "name": job.name or None,
        "run": job.run or None,
        "modified": job.modified_at,
        "ended": job.ended_at,
        "seen": job.seen_at,
        "progress": progress_to_item(job.progress),
        "progress_at": job.progress_at,
        "announced": job.announced or None,
        "open": job.key.place.key if job.state.is_open else None,
    }


def job_from_item(item: Mapping[str, Any]) -> Job:
    """A job from its item, or from what the index of open jobs carries of it."""
    return Job(
        key=JobKey.parse(item["pk"].removeprefix("job#")),
        state=State(item["state"]),
        status=item["status"],
        seen_at=_at(item["seen"]),
        version=item["version"],
        name=item.get("name", ""),
        run=item.get("run", 0),
        created_at=None if item.get("undated") else moment(item["created"]),
        modified_at=moment(item.get("modified")),
        ended_at=moment(item.get("ended")),
        progress=progress_from_item(item.get("progress")),
        progress_at=moment(item.get("progress_at")),
        announced=item.get("announced", False),
        owing="unsent" in item,
        released=State(item["state"]).is_open and "open" not in item,
    )


def listed_to_key(source: str, listed: Listed) -> Item:
    """The key of a job in the index of all jobs, from which a Query goes on."""
    return {"source": source, "created": listed.at, "pk": job_pk(listed.key), "sk": JOB}


def listed_from_item(item: Mapping[str, Any]) -> Listed:
    return Listed(JobKey.parse(item["pk"].removeprefix("job#")), _at(item["created"]))


def progress_to_item(progress: Progress | None) -> Item | None:
    if progress is None:
        return None
    item: Item = dict(progress.counters)
    if progress.percent is not None:
        item["percent"] = progress.percent
    return item


def progress_from_item(item: Mapping[str, Any] | None) -> Progress | None:
    if item is None:
        return None
    counters = {name: int(value) for name, value in item.items() if name != "percent"}
    return Progress(float(item["percent"]) if "percent" in item else None, counters)


def news_to_item(news: Change | Alert) -> Item:
    """What is owed or was told, without what its partition already says."""
    return _change_to_item(news) if isinstance(news, Change) else _alert_to_item(news)


def news_from_item(pk: str, item: Mapping[str, Any]) -> Change | Alert:
    return _alert_from_item(pk, item) if "kind" in item else _change_from_item(pk, item)


def _change_to_item(change: Change) -> Item:
    item = {
        "version": change.version,
        "state": change.state,
        "previous": change.previous,
        "status": change.status,
        "at": change.at,
        "seen": change.seen_at,
        "name": change.name or None,
        "created": change.created_at,
        "ended": change.ended_at,
        "reason": change.reason or None,
        "code": change.reason_code or None,
        "output": change.output or None,
        "progress": progress_to_item(change.progress),
        "unseen": change.unseen_since,
    }
    return {name: value for name, value in item.items() if value is not None}


def _change_from_item(pk: str, item: Mapping[str, Any]) -> Change:
    return Change(
        key=JobKey.parse(pk.removeprefix("job#")),
        version=item["version"],
        state=State(item["state"]),
        previous=State(item["previous"]) if "previous" in item else None,
        status=item["status"],
        at=_at(item["at"]),
        seen_at=_at(item["seen"]),
        name=item.get("name", ""),
        created_at=moment(item.get("created")),
        ended_at=moment(item.get("ended")),
        reason=item.get("reason", ""),
        reason_code=item.get("code", ""),
        output=item.get("output", ""),
        progress=progress_from_item(item.get("progress")),
        unseen_since=moment(item.get("unseen")),
    )


def _alert_to_item(alert: Alert) -> Item:
    return {
        "version": alert.version,
        "kind": alert.kind,
        "at": alert.at,
        "severity": alert.severity,
        "text": alert.text,
        "next_step": alert.next_step,
    }


def _alert_from_item(pk: str, item: Mapping[str, Any]) -> Alert:
    kind, _, name = pk.partition("#")
    place = Place.parse(name) if kind == PLACE else None
    return Alert(
        subject=f"{kind}/{name}" if kind == CREDENTIAL else place.key if place else CONFIG,
        version=item["version"],
        kind=AlertKind(item["kind"]),
        at=_at(item["at"]),
        severity=Severity(item["severity"]),
        text=item["text"],
        next_step=item.get("next_step", ""),
        place=place,
    )


def delivery_from_item(item: Mapping[str, Any]) -> Delivery:
    _, channel, _ = item["sk"].split("#")
    return Delivery(channel, news_from_item(item["pk"], item["news"]), _at(item["told"]), item.get("ref", ""))


def place_to_item(record: PlaceRecord) -> Item:
    return {
        "schema": SCHEMA,
        "revision": record.revision,
        "scope": scope_to_text(record.scope),
        "since": record.watched_since,
        "baseline": record.baseline_at,
        "news": record.news_at,
        "settled": record.settled_at,
        "swept": record.swept_at,
        "former": scope_to_text(record.former) if record.former else None,
        "former_since": record.former_since,
        "news_resume": _resume_to_item(record.news_resume),
        "sweep_resume": _resume_to_item(record.sweep_resume),
        "queued": record.queued_at,
        "polled": record.polled_at,
        "looked": record.looked_at,
        "paused": record.paused_until,
        "trouble": record.trouble or None,
        "trouble_since": record.trouble_since,
        "told_blind": record.told_blind or None,
        "late_since": record.late_since,
        "began": record.began_at,
        "part_seen": record.part_seen or None,
        "jobs_shown": record.jobs_shown or None,
        "told_behind": record.told_behind or None,
        "jobs_seen": record.jobs_seen,
        "jobs_open": record.jobs_open,
        "unknown": record.unknown_statuses or None,
        "missing": record.missing or None,
        "born": dict(record.born) or None,
        "alerts": record.alerts,
    }


def place_from_item(item: Mapping[str, Any]) -> PlaceRecord:
    return PlaceRecord(
        place=Place.parse(item["pk"].removeprefix("place#")),
        scope=scope_from_text(item["scope"]),
        watched_since=_at(item["since"]),
        revision=item["revision"],
        baseline_at=moment(item.get("baseline")),
        news_at=moment(item.get("news")),
        settled_at=moment(item.get("settled")),
        swept_at=moment(item.get("swept")),
        former=scope_from_text(item["former"]) if "former" in item else None,
        former_since=moment(item.get("former_since")),
        news_resume=_resume_from_item(item.get("news_resume")),
        sweep_resume=_resume_from_item(item.get("sweep_resume")),
        queued_at=moment(item.get("queued")),
        polled_at=moment(item.get("polled")),
        looked_at=moment(item.get("looked")),
        paused_until=moment(item.get("paused")),
        trouble=item.get("trouble", ""),
        trouble_since=moment(item.get("trouble_since")),
        told_blind=item.get("told_blind", False),
        late_since=moment(item.get("late_since")),
        began_at=moment(item.get("began")),
        part_seen=item.get("part_seen", ""),
        jobs_shown=item.get("jobs_shown", 0),
        told_behind=item.get("told_behind", False),
        jobs_seen=item.get("jobs_seen", 0),
        jobs_open=item.get("jobs_open", 0),
        unknown_statuses=item.get("unknown", frozenset()),
        missing=item.get("missing", frozenset()),
        born=item.get("born", {}),
        alerts=item.get("alerts", 0),
    )


def children_to_rows(children: Mapping[str, Child]) -> list[list[Any]]:
    """Compact JSON values, in the order of the ids; times in whole seconds since 1970."""
    return [
        [
            child.id,
            sorted(child.running),
            child.mark,
            int(child.looked_at.timestamp()) if child.looked_at else 0,
            child.jobs_open,
            int(child.unfinished),
        ]
        for _, child in sorted(children.items())
    ]


def children_from_rows(rows: Iterable[Any]) -> dict[str, Child]:
    return {
        child_id: Child(
            child_id,
            frozenset(running),
            mark,
            datetime.fromtimestamp(looked, UTC) if looked else None,
            jobs_open,
            bool(unfinished),
        )
        for child_id, running, mark, looked, jobs_open, unfinished in rows
    }


def credential_to_item(record: CredentialRecord) -> Item:
    return {
        "schema": SCHEMA,
        "revision": record.revision,
        "refused_since": record.refused_since,
        "paused": record.paused_until,
        "alerts": record.alerts,
    }


def credential_from_item(item: Mapping[str, Any]) -> CredentialRecord:
    return CredentialRecord(
        name=item["pk"].partition("#")[2],
        revision=item["revision"],
        refused_since=moment(item.get("refused_since")),
        paused_until=moment(item.get("paused")),
        alerts=item.get("alerts", 0),
    )


def config_to_item(record: ConfigRecord) -> Item:
    return {
        "schema": SCHEMA,
        "revision": record.revision,
        "text": record.text or None,
        "refused": record.refused or None,
        "alerts": record.alerts,
        "places": record.places or None,
        "canary": record.canary_at,
    }


def config_from_item(item: Mapping[str, Any]) -> ConfigRecord:
    return ConfigRecord(
        text=item.get("text", ""),
        refused=item.get("refused", ""),
        revision=item["revision"],
        alerts=item.get("alerts", 0),
        places=item.get("places", frozenset()),
        canary_at=moment(item.get("canary")),
    )


def scope_to_text(scope: Scope) -> str:
    """Compact JSON of the members that are set, in one order, so that equal scopes are equal texts."""
    rules = [{name: _plain(value) for name, value in asdict(rule).items() if value} for rule in scope.rules]
    return json.dumps({"every": scope.every, "rules": rules}, separators=(",", ":"), sort_keys=True)


def scope_from_text(text: str) -> Scope:
    document = json.loads(text)
    return Scope(tuple(_rule_from_text(rule) for rule in document["rules"]), document["every"])


def _rule_from_text(rule: dict[str, Any]) -> Rule:
    for name in [name for name in rule if name.endswith(("_after", "_before"))]:
        rule[name] = datetime.fromisoformat(rule[name])
    for name in ("parents", "jobs"):
        rule[name] = frozenset(rule.get(name, ()))
    return Rule(**{"watch": "", **rule, "tell": frozenset(State(state) for state in rule.get("tell", ()))})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else value


def _resume_to_item(resume: Resume | None) -> Item | None:
    if resume is None:
        return None
    item = {"step": resume.step, "token": resume.token, "started": resume.started_at}
    return item if resume.since is None else {**item, "since": resume.since}


def _resume_from_item(item: Mapping[str, Any] | None) -> Resume | None:
    if item is None:
        return None
    return Resume(item["step"], item["token"], _at(item["started"]), moment(item.get("since")))


def _at(value: Any) -> datetime:
    at = moment(value)
    if at is None:
        raise ValueError("an item without one of its times")
    return at
