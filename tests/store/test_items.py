from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

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
from jobherald.store import items
from jobherald.store.wire import item_from_wire, item_to_wire, moment, seconds, to_wire
from jobherald.watch import ConfigRecord, PlaceRecord, Resume, Rule, Scope
from tests.test_model import keys, places

START = datetime(1971, 1, 1, tzinfo=UTC)
times = st.integers(0, 230 * 365 * 86400 * 10**6).map(lambda micros: START + timedelta(microseconds=micros))
texts = st.text(st.characters(codec="utf-8"), max_size=20)
counters = st.dictionaries(
    st.sampled_from(["done", "total", "failed", "human"]), st.integers(0, 10**12), max_size=4
)
progresses = st.builds(Progress, st.none() | st.floats(0, 100), counters)
states = st.sampled_from(list(State))
jobs = st.builds(
    Job,
    key=keys,
    state=states,
    status=texts,
    seen_at=times,
    version=st.integers(1, 10**6),
    name=texts,
    run=st.integers(0, 99),
    created_at=st.none() | times,
    modified_at=st.none() | times,
    ended_at=st.none() | times,
    progress=st.none() | progresses,
    progress_at=st.none() | times,
    announced=st.booleans(),
)
changes = st.builds(
    Change,
    key=keys,
    version=st.integers(1, 10**6),
    state=states,
    previous=st.none() | states,
    status=texts,
    at=times,
    seen_at=times,
    name=texts,
    created_at=st.none() | times,
    ended_at=st.none() | times,
    reason=texts,
    reason_code=texts,
    output=texts,
    progress=st.none() | progresses,
    unseen_since=st.none() | times,
)
alerts = st.builds(
    lambda place, **more: Alert(subject=place.key if place else "config", place=place, **more),
    st.none() | places,
    version=st.integers(1, 10**6),
    kind=st.sampled_from(list(AlertKind)),
    at=times,
    severity=st.sampled_from(list(Severity)),
    text=texts,
    next_step=texts,
)
rules = st.builds(
    Rule,
    watch=texts,
    parents=st.frozensets(texts, max_size=3),
    jobs=st.frozensets(texts, max_size=3),
    name_contains=texts,
    created_after=st.none() | times,
    created_before=st.none() | times,
    modified_after=st.none() | times,
    modified_before=st.none() | times,
    tell=st.frozensets(states),
)
scopes = st.builds(Scope, st.lists(rules, max_size=3).map(tuple), st.integers(5, 86400))
resumes = st.builds(Resume, st.sampled_from(["news", "sweep:InProgress"]), texts, times, st.none() | times)
maybe = st.none() | times
records = st.builds(
    PlaceRecord,
    place=places,
    scope=scopes,
    watched_since=times,
    revision=st.integers(1, 10**6),
    baseline_at=maybe,
    news_at=maybe,
    settled_at=maybe,
    swept_at=maybe,
    former=st.none() | scopes,
    former_since=maybe,
    news_resume=st.none() | resumes,
    sweep_resume=st.none() | resumes,
    queued_at=maybe,
    polled_at=maybe,
    looked_at=maybe,
    paused_until=maybe,
    trouble=st.sampled_from(["", "denied", "throttled"]),
    trouble_since=maybe,
    told_blind=st.booleans(),
    late_since=maybe,
    began_at=maybe,
    part_seen=st.sampled_from(["", "news", "open"]),
    jobs_shown=st.integers(0, 10**6),
    told_behind=st.booleans(),
    jobs_seen=st.integers(0, 10**6),
    jobs_open=st.integers(0, 10**6),
    unknown_statuses=st.frozensets(texts.filter(bool), max_size=3),
    missing=st.frozensets(texts.filter(bool), max_size=3),
    born=st.dictionaries(texts.filter(bool), st.integers(1, 2**33), max_size=3),
    alerts=st.integers(0, 10**6),
)


def through_the_wire(item: dict[str, Any]) -> dict[str, Any]:
    """As DynamoDB has it: tagged values in JSON, without what is absent."""
    tagged: dict[str, Any] = json.loads(json.dumps(item_to_wire(item)))
    return item_from_wire(tagged)


@given(times)
def test_a_time_is_exact_to_the_microsecond(at: datetime) -> None:
    """A rounded modified time would make the same answer look newer, or older, than itself."""
    assert moment(through_the_wire({"at": at})["at"]) == at
    assert moment(through_the_wire({"at": at.astimezone(None)})["at"]) == at


def test_a_stored_time_is_plain_seconds() -> None:
    """TTL and range keys compare numbers; a person can read them."""
    assert seconds(datetime(2026, 11, 22, 12, 0, 0, 250000, tzinfo=UTC)) == "1795348800.25"
    assert to_wire(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=1)) == {"N": "0.000001"}


@given(times, times)
def test_stored_times_sort_as_the_times_do(one: datetime, other: datetime) -> None:
    """The indexes are sorted by them."""
    assert (one < other) == (float(seconds(one)) < float(seconds(other)) or one < other)
    stored = [through_the_wire({"at": at})["at"] for at in (one, other)]
    assert (stored[0] < stored[1]) == (one < other)


@given(jobs)
def test_a_job_goes_through_its_item(one: Job) -> None:
    """What is remembered of a job is all of it."""
    item = {"pk": items.job_pk(one.key), "sk": items.JOB, **items.job_to_item(one)}
    assert items.job_from_item(through_the_wire(item)) == one


@given(jobs)
def test_a_job_that_owes_or_was_released_says_so(one: Job) -> None:
    """Both follow from what its item has, and are never written by themselves."""
    item = {"pk": items.job_pk(one.key), "sk": items.JOB, **items.job_to_item(one)}
    assert items.job_from_item(through_the_wire({**item, "unsent": "1"})).owing
    released = items.job_from_item(through_the_wire({**item, "open": None})).released
    assert released is one.state.is_open


@given(changes)
def test_a_change_goes_through_what_is_owed(one: Change) -> None:
    """It never alters once written."""
    assert items.pk_of(one) == items.job_pk(one.key)
    stored = through_the_wire({"owed": [items.news_to_item(one)]})["owed"][0]
    assert items.news_from_item(items.pk_of(one), stored) == one


@given(alerts)
def test_an_alert_goes_through_what_is_owed(one: Alert) -> None:
    """Its place and subject are what its partition says."""
    stored = through_the_wire({"owed": [items.news_to_item(one)]})["owed"][0]
    assert items.news_from_item(items.pk_of(one), stored) == one


@given(st.one_of(changes, alerts), times, texts)
def test_a_delivery_goes_through_its_item(news: Change | Alert, at: datetime, reference: str) -> None:
    """With the change that it told."""
    one = Delivery("slack", news, at, reference)
    item = {
        "pk": items.pk_of(news),
        "sk": items.told_sk("slack", news),
        "news": items.news_to_item(news),
        "told": at,
        "ref": reference or None,
    }
    assert items.delivery_from_item(through_the_wire(item)) == one


@given(records)
def test_a_place_goes_through_its_item(one: PlaceRecord) -> None:
    """How far we came, and under which rules."""
    item = {"pk": items.place_pk(one.place), "sk": items.PLACE, **items.place_to_item(one)}
    assert items.place_from_item(through_the_wire(item)) == one


@given(scopes)
def test_equal_scopes_are_equal_texts(scope: Scope) -> None:
    """A scope that only looked different would begin another first look every minute."""
    text = items.scope_to_text(scope)
    assert items.scope_from_text(text) == scope
    assert items.scope_to_text(items.scope_from_text(text)) == text


@given(
    st.builds(
        ConfigRecord,
        texts,
        texts,
        st.integers(1, 99),
        st.integers(0, 99),
        st.frozensets(texts.filter(bool)),
        maybe,
    )
)
def test_the_configuration_goes_through_its_item(one: ConfigRecord) -> None:
    """The last good document is what a bad one falls back to."""
    assert items.config_from_item(through_the_wire(items.config_to_item(one))) == one


def test_a_quiet_place_keeps_nothing_of_what_is_not_so() -> None:
    """Its item is written with every poll, and fits into one write unit."""
    record = PlaceRecord(
        Place("sagemaker.labeling", "111122223333", "us-east-1"), Scope((Rule("all"),)), START
    )
    stored = through_the_wire(items.place_to_item(record))
    assert not {"late_since", "began", "told_behind", "told_blind", "trouble"} & set(stored)


@given(st.one_of(keys.map(items.job_pk), places.map(items.place_pk), st.just(items.CONFIG)))
def test_an_item_that_may_owe_is_found_by_its_partition_alone(ref: str) -> None:
    """Stream records and sweeps carry no more than that."""
    assert items.sort_key_of(ref) in {items.JOB, items.PLACE, items.CONFIG}
    assert ref.startswith(items.sort_key_of(ref))


@given(jobs)
def test_an_item_of_an_older_schema_without_optional_members_is_read(one: Job) -> None:
    """An upgrade meets what the last version wrote."""
    item = {"pk": items.job_pk(one.key), "sk": items.JOB, **items.job_to_item(replace(one, name="", run=0))}
    least = {name: item[name] for name in ("pk", "sk", "state", "status", "seen", "version", "created")}
    assert items.job_from_item(through_the_wire(least)).key == JobKey(one.key.place, one.key.id, one.key.born)


def test_channels_of_one_change_lie_side_by_side() -> None:
    """A job's deliveries sort by channel and version in one query."""
    change = Change(JobKey(Place("a.b", "1", "r"), "x"), 7, State.FAILED, None, "F", START, START)
    assert items.told_sk("sns", change) == "told#sns#00000007"
