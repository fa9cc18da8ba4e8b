from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.catalog import load
from jobherald.catalog.events import CALL
from jobherald.channels.message import to_message
from jobherald.deadletters.explain import Explainer
from jobherald.deadletters.letter import Advice, Explained, Kind, Letter, Queue
from jobherald.model import Change, Delivery, Job
from jobherald.watch import PlaceRecord, Rule, Scope
from tests.fakes.news import FAILED, LABELING, RUNNING, WATCHING
from tests.fakes.store import MemoryStore
from tests.project.template import ROOT

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLACE = {"source": LABELING.source, "account": LABELING.account, "region": LABELING.region}
LOOK = json.dumps({"place": PLACE, "id": "", "name": "street-signs"})
POLL = json.dumps({"place": PLACE, "queued_at": "2026-11-22T12:00:00+00:00"})
EVENT: dict[str, Any] = json.loads(
    (ROOT / Path("events/ingest/ground-truth-state-change.json")).read_text(encoding="utf-8")
)
RECORDS = json.dumps(
    {
        "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 6},
        "DDBStreamBatchInfo": {
            "batchSize": 3,
            "approximateArrivalOfFirstRecord": "2026-11-22T12:00:00Z",
        },
    }
)
FAILED_HERE = replace(FAILED, key=RUNNING.key, name="cats-batch-7", version=2)


def letter(body: str, **attributes: str) -> Letter:
    return Letter("id", body, "receipt", NOON, "", attributes)


def news(change: Any, **attributes: str) -> Letter:
    return letter(json.dumps(to_message(change)), **attributes)


def watched(looked_at: datetime | None, baseline_at: datetime | None = NOON) -> MemoryStore:
    store, began = MemoryStore(), NOON - timedelta(days=1)
    scope = Scope((Rule("all"),))
    store.save_place(PlaceRecord(LABELING, scope, began, 1, baseline_at=baseline_at, looked_at=looked_at))
    return store


def explain(queue: Queue, dead: Letter, store: MemoryStore | None = None) -> Explained:
    sources = [load("sagemaker.labeling"), load("rekognition.media_analysis")]
    (found,) = Explainer(store or MemoryStore(), sources, LABELING.account, NOON).explain(queue, [dead])
    return found


class TestNews:
    def test_it_is_told_as_people_know_it(self) -> None:
        """The job, what became of it, and that Slack has not heard."""
        found = explain(Queue.SLACK, news(FAILED))
        assert (found.kind, found.subject) == (Kind.NEWS, "moderation-nightly failed after 41 min")
        assert (found.advice, found.resendable) == (Advice.RESEND, True)

    def test_an_alert_has_its_headline(self) -> None:
        """It belongs to no job."""
        found = explain(Queue.SLACK, news(WATCHING))
        assert found.subject == "Watching Ground Truth labeling jobs in us-east-1"
        assert found.advice is Advice.RESEND

    def test_what_slack_refused_is_to_be_mended_first(self) -> None:
        """It would be refused again."""
        found = explain(Queue.SLACK, news(FAILED, reason="refused", error="invalid_blocks", message_id="m"))
        assert (found.advice, found.resendable) == (Advice.MEND, True)

    def test_what_slack_was_told_meanwhile_can_go(self) -> None:
        """Also where it was refused before: whoever sent it again need not do so twice."""
        store = MemoryStore()
        job = Job(FAILED_HERE.key, FAILED_HERE.state, "Failed", NOON, 1, "cats-batch-7")
        store.write(job, None)
        store.record([Delivery("slack", FAILED_HERE, NOON, "17.1")])
        found = explain(Queue.SLACK, news(FAILED_HERE, reason="refused", error="-", message_id="m"), store)
        assert found.advice is Advice.PURGE
        assert found.because == "Slack was told meanwhile, at 2026-11-22 12:00:00 UTC."

    @pytest.mark.parametrize(
        "told", [Delivery("sns", FAILED_HERE, NOON, "m"), Delivery("slack", RUNNING, NOON, "17.0")]
    )
    def test_another_telling_is_not_this_one(self, told: Delivery) -> None:
        """Neither SNS nor another change of the same job stands for it."""
        store = MemoryStore()
        store.write(Job(FAILED_HERE.key, FAILED_HERE.state, "Failed", NOON, 1, "cats-batch-7"), None)
        store.record([told])
        assert explain(Queue.SLACK, news(FAILED_HERE), store).advice is Advice.RESEND

    def test_what_was_unreadable_and_is_not_any_more_can_be_sent(self) -> None:
        """An upgrade that knows the message is the cure."""
        found = explain(Queue.SLACK, news(FAILED, reason="unreadable", error="-", message_id="m"))
        assert (found.advice, found.resendable) == (Advice.RESEND, True)


class TestLooks:
    def test_it_names_the_job_and_where(self) -> None:
        """As a person would look for it."""
        found = explain(Queue.LOOKS, letter(LOOK))
        assert found.kind is Kind.LOOK
        assert found.subject == "street-signs (sagemaker.labeling in us-east-1, account 111122223333)"

    @pytest.mark.parametrize("queue", [Queue.LOOKS, Queue.INGEST])
    @pytest.mark.parametrize(
        ("looked_at", "baseline_at", "advice"),
        [
            (NOON + timedelta(seconds=1), NOON, Advice.PURGE),
            (NOON - timedelta(seconds=1), NOON, Advice.RESEND),
            (None, NOON, Advice.RESEND),
            (NOON, None, Advice.PURGE),
        ],
    )
    def test_a_later_look_at_the_whole_place_makes_up_for_it(
        self, queue: Queue, looked_at: datetime | None, baseline_at: datetime | None, advice: Advice
    ) -> None:
        """As does a first look that is still to come."""
        dead = letter(LOOK if queue is Queue.LOOKS else json.dumps(EVENT))
        found = explain(queue, dead, watched(looked_at, baseline_at))
        assert (found.advice, found.resendable) == (advice, True)

    def test_a_place_that_nobody_watches_needs_none(self) -> None:
        """The look would end at once."""
        assert explain(Queue.LOOKS, letter(LOOK)).advice is Advice.PURGE


class TestEvents:
    @pytest.mark.parametrize("wrapped", [False, True])
    def test_it_is_the_look_that_it_asks_for(self, wrapped: bool) -> None:
        """From EventBridge itself, and within what Lambda says of an invocation that failed."""
        body = {"requestContext": {}, "requestPayload": EVENT} if wrapped else EVENT
        found = explain(Queue.INGEST, letter(json.dumps(body)), watched(None))
        assert found.kind is Kind.EVENT
        assert "labeling-job/test-labeling-job" in found.subject
        assert (found.advice, found.resendable) == (Advice.RESEND, True)

    @pytest.mark.parametrize(
        "other",
        [
            {"account": "999999999999"},
            {"detail-type": "Something Else"},
            {"account": ""},
            {"detail-type": CALL, "detail": {"errorCode": "AccessDenied"}},
        ],
    )
    def test_one_that_would_be_passed_over_can_go(self, other: dict[str, Any]) -> None:
        """Of another account, of nothing that is watched, malformed, or of a refused call."""
        found = explain(Queue.INGEST, letter(json.dumps(EVENT | other)), watched(None))
        assert (found.kind, found.advice, found.resendable) == (Kind.EVENT, Advice.PURGE, False)


class TestPolls:
    @pytest.mark.parametrize(
        ("looked_at", "advice"),
        [
            (NOON + timedelta(seconds=1), Advice.PURGE),
            (NOON, Advice.MEND),
            (None, Advice.MEND),
        ],
    )
    def test_a_later_poll_says_whether_there_is_anything_to_mend(
        self, looked_at: datetime | None, advice: Advice
    ) -> None:
        """It is never sent again."""
        found = explain(Queue.POLLS, letter(POLL), watched(looked_at))
        assert (found.kind, found.advice, found.resendable) == (Kind.POLL, advice, False)
        assert found.subject == "sagemaker.labeling in us-east-1, account 111122223333"

    def test_a_place_that_nobody_watches_needs_none(self) -> None:
        """Its watch was removed."""
        assert explain(Queue.POLLS, letter(POLL)).advice is Advice.PURGE


class TestRecords:
    def test_items_that_owe_news_are_what_is_left_to_do(self) -> None:
        """The letter only says where in the stream it was."""
        store = MemoryStore()
        owing = Job(RUNNING.key, RUNNING.state, "InProgress", NOON, 1, "cats-batch-7", owing=True)
        store.write(owing, replace(RUNNING, seen_at=NOON - timedelta(minutes=5)))
        found = explain(Queue.NOTIFY, letter(RECORDS), store)
        assert (found.kind, found.subject) == (Kind.RECORDS, "3 of them from 2026-11-22T12:00:00Z on")
        assert (found.advice, found.resendable) == (Advice.RESEND, True)
        assert found.because.startswith("1 item owes news.")

    def test_where_nothing_is_owed_it_can_go(self) -> None:
        """The schedule sent it on."""
        assert explain(Queue.NOTIFY, letter(RECORDS)).advice is Advice.PURGE


def test_a_wake_up_is_never_repeated() -> None:
    """The next minute did what it did not."""
    found = explain(Queue.SCHEDULE, letter("{}"))
    assert (found.kind, found.advice, found.resendable) == (Kind.WAKE_UP, Advice.PURGE, False)


@pytest.mark.parametrize("queue", [queue for queue in Queue if queue is not Queue.SCHEDULE])
@pytest.mark.parametrize(
    "body",
    ["", "{nope", "[]", "7", "{}", '{"place": {"source": 7}}', pytest.param("[" * 100_000, id="deep")],
)
def test_what_is_no_message_of_ours_is_kept_and_read(queue: Queue, body: str) -> None:
    """It is never sent again: it would only be put aside again."""
    found = explain(queue, letter(body))
    assert (found.kind, found.advice, found.resendable) == (Kind.FOREIGN, Advice.READ, False)


MEMBERS = st.sampled_from(
    ["place", "queued_at", "schema", "detail", "detail-type", "requestContext", "requestPayload", "id"]
)
VALUES = st.none() | st.integers() | st.text(max_size=8) | st.just(PLACE) | st.just(EVENT)


@given(
    queue=st.sampled_from(Queue),
    body=st.dictionaries(MEMBERS, VALUES, max_size=4).map(json.dumps) | st.text(max_size=40),
    attributes=st.dictionaries(st.sampled_from(["reason", "ERROR_CODE"]), st.text(max_size=8)),
)
def test_anything_is_explained(queue: Queue, body: str, attributes: dict[str, str]) -> None:
    """Nothing that lies in a queue makes the command fail, and only what can be sent again is advised to be."""
    found = explain(queue, letter(body, **attributes), watched(None))
    assert found.why
    assert found.because
    if found.advice is Advice.RESEND:
        assert found.resendable
    if found.kind is Kind.FOREIGN:
        assert not found.resendable
    if queue in {Queue.POLLS, Queue.SCHEDULE}:
        assert not found.resendable


@given(state=st.sampled_from([RUNNING, FAILED, FAILED_HERE]), told=st.booleans(), refused=st.booleans())
def test_news_is_never_advised_to_be_deleted_untold(state: Change, told: bool, refused: bool) -> None:
    """Whatever the reason: only what Slack has on record can go."""
    store = MemoryStore()
    store.write(Job(state.key, state.state, "Word", NOON, 1, "n"), None)
    if told:
        store.record([Delivery("slack", state, NOON, "1")])
    why = {"reason": "refused", "error": "-"} if refused else {}
    assert (explain(Queue.SLACK, news(state, **why), store).advice is Advice.PURGE) == told
