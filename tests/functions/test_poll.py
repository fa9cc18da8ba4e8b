from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.poll import app
from functions.schedule import app as scheduling
from jobherald import bootstrap
from jobherald.errors import ConflictError
from jobherald.model import JobKey, Place, State
from jobherald.watch import PlaceRecord, Rule, Scope
from tests.functions.stage import ACCOUNT, CONTEXT, Stage, cases, payload
from tests.providers.jobservice import DATE, LABELING, Answer, error

ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:labeling-job/"
BEFORE = datetime(2026, 11, 22, 9, tzinfo=UTC)
LATER = "Sun, 22 Nov 2026 11:30:00 GMT"


def labeling(name: str, status: str, hour: int, **more: Any) -> dict[str, Any]:
    at = datetime(2026, 11, 22, hour, 1, tzinfo=UTC)
    return {
        "LabelingJobName": name,
        "LabelingJobArn": ARN + name,
        "CreationTime": at,
        "LastModifiedTime": at,
        "LabelingJobStatus": status,
        "LabelCounters": {"TotalLabeled": 1, "Unlabeled": 1},
        "WorkteamArn": "arn:team",
        **more,
    }


def lists(deployed: Stage, *rows: dict[str, Any], date: str = DATE) -> None:
    deployed.service.on("ListLabelingJobs", Answer({"LabelingJobSummaryList": list(rows)}, date=date))


def place_of(place: Place) -> dict[str, str]:
    return {"source": place.source, "account": place.account, "region": place.region, "parent": place.parent}


def a_poll(place: Place = LABELING, minute: int = 0) -> str:
    return json.dumps({"place": place_of(place), "queued_at": f"2099-01-01T00:{minute:02}:00+00:00"})


def a_look(name: str, place: Place = LABELING) -> str:
    return json.dumps({"place": place_of(place), "id": ARN + name, "name": name})


def messages(*bodies: str, queue: str = "LooksQueue") -> dict[str, Any]:
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue}"
    return {
        "Records": [
            {"messageId": f"m{number}", "body": body, "eventSourceARN": arn}
            for number, body in enumerate(bodies)
        ]
    }


def handle(*bodies: str, queue: str = "LooksQueue") -> list[str]:
    answer = app.handler(messages(*bodies, queue=queue), CONTEXT)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.fixture
def watched(deployed: Stage) -> Stage:
    """Labeling jobs are watched, and had their first look at 11:00."""
    lists(deployed, labeling("old", "Completed", 8))
    scheduling.handler({}, CONTEXT)
    assert handle(a_poll(), queue="PollsQueue.fifo") == []
    deployed.service.asked.clear()
    return deployed


def stored(name: str) -> State | None:
    key = JobKey(LABELING, ARN + name)
    job = bootstrap.store().jobs([key]).get(key)
    return job.state if job else None


def test_a_poll_brings_what_the_service_lists_into_the_table(watched: Stage) -> None:
    """With the change that is owed."""
    lists(watched, labeling("new", "InProgress", 11), labeling("old", "Completed", 8), date=LATER)
    assert handle(a_poll(minute=1), queue="PollsQueue.fifo") == []
    assert stored("new") is State.RUNNING
    assert stored("old") is None
    (owing,) = bootstrap.store().owing([f"job#{JobKey(LABELING, ARN + 'new').text}"])
    assert [news.id for news in owing.news] == [f"{JobKey(LABELING, ARN + 'new').text}#1"]


def test_a_look_brings_one_job_into_the_table(watched: Stage) -> None:
    """In the form of a row of its list."""
    row = labeling("new", "Failed", 11, FailureReason="no workers")
    described = {name: row[name] for name in row if name != "WorkteamArn"}
    extra = {"HumanTaskConfig": {"WorkteamArn": "arn:team"}, "JobReferenceCode": "abc", "RoleArn": "arn:role"}
    watched.service.on("DescribeLabelingJob", {**described, **extra})
    assert handle(a_look("new")) == []
    assert stored("new") is State.FAILED
    story = bootstrap.store().story(JobKey(LABELING, ARN + "new").text)
    assert story is not None
    assert story.details["WorkteamArn"] == "arn:team"
    assert story.details["RoleArn"] == "arn:role"
    assert story.owed[0].reason == "no workers"


@pytest.mark.parametrize("case", cases("poll"))
def test_a_payload_gets_its_answer(deployed: Stage, case: str) -> None:
    """Each payload in events/ is answered as its expectation says."""
    assert app.handler(payload("poll", case), CONTEXT) == payload("poll", f"{case}.expected")


MALFORMED = [
    "",
    "no JSON",
    "[]",
    "7",
    '"text"',
    "null",
    "{}",
    '{"place": {}}',
    '{"place": "sagemaker.labeling", "id": "x"}',
    '{"place": {"source": 1, "account": 2, "region": 3}, "id": "x"}',
    '{"place": {"source": "a", "account": "1", "region": "r"}, "id": null}',
    '{"place": {"source": "a", "account": "1", "region": "r"}, "queued_at": "yesterday"}',
    '{"place": {"source": "a", "account": "1", "region": "r"}, "queued_at": "2026-11-22T12:00:00"}',
    '{"place": {"source": "a", "account": "1", "region": "r"}, "queued_at": null}',
]


def test_malformed_looks_fail_alone(watched: Stage) -> None:
    """The queue counts their receives and puts them aside; the others are worked off."""
    watched.service.on(
        "DescribeLabelingJob", lambda asked: Answer(labeling(asked["LabelingJobName"], "Stopped", 11))
    )
    failed = handle(a_look("one"), *MALFORMED, a_look("two"))
    assert failed == [f"m{number}" for number in range(1, len(MALFORMED) + 1)]
    assert (stored("one"), stored("two")) == (State.STOPPED, State.STOPPED)


@pytest.mark.parametrize("body", ["no JSON", "{}", MALFORMED[-1]])
def test_a_malformed_poll_fails_and_nothing_overtakes_it(watched: Stage, body: str) -> None:
    """In a FIFO batch what stands behind a failure comes back with it, in order."""
    calls = len(watched.service.asked)
    assert handle(a_poll(minute=1), body, a_poll(minute=2), queue="PollsQueue.fifo") == ["m1", "m2"]
    assert len(watched.service.asked) > calls
    record = bootstrap.store().place(LABELING)
    assert record is not None
    assert record.queued_at == datetime(2099, 1, 1, 0, 1, tzinfo=UTC)


def test_a_refused_look_fails_alone(watched: Stage) -> None:
    """Throttled: the queue brings it back."""

    def answer(asked: Any) -> Answer:
        if asked["LabelingJobName"] == "bad":
            return error("ThrottlingException", "Rate exceeded")
        return Answer(labeling(asked["LabelingJobName"], "Completed", 11))

    watched.service.on("DescribeLabelingJob", answer)
    assert handle(a_look("bad"), a_look("good")) == ["m0"]
    assert stored("good") is not None


def test_looks_for_which_no_time_is_left_come_back_unlooked_at(
    watched: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten time-outs outlast the invocation: the looks that were done would come back with the others."""
    left = [60_000]

    def slow(asked: Any) -> Answer:
        left[0] -= 45_000
        return Answer(labeling(asked["LabelingJobName"], "Completed", 11))

    watched.service.on("DescribeLabelingJob", slow)
    monkeypatch.setattr(CONTEXT, "get_remaining_time_in_millis", lambda: left[0])
    assert handle(a_look("one"), a_look("two"), a_look("three")) == ["m1", "m2"]
    assert len(watched.service.asked) == 1
    assert stored("one") is State.PARTIAL


def test_a_look_that_lost_every_race_fails_alone(watched: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another writer's luck is no reason to look at the other jobs again."""
    watched.service.on(
        "DescribeLabelingJob", lambda asked: Answer(labeling(asked["LabelingJobName"], "Stopped", 11))
    )
    store = bootstrap.store()
    plain = store.write

    def write(job: Any, change: Any) -> None:
        if job.name == "raced":
            raise ConflictError("somebody was faster")
        plain(job, change)

    monkeypatch.setattr(store, "write", write)
    assert handle(a_look("raced"), a_look("one")) == ["m0"]
    assert stored("one") is State.STOPPED


def test_a_denied_place_is_recorded_and_not_thrown(watched: Stage) -> None:
    """A poll that failed would come back at once, to be refused again."""
    denied = error("AccessDeniedException", "is not authorized to perform: sagemaker:ListLabelingJobs")
    watched.service.on("ListLabelingJobs", denied)
    assert handle(a_poll(minute=1), queue="PollsQueue.fifo") == []
    record = bootstrap.store().place(LABELING)
    assert record is not None
    assert record.trouble == "denied"
    (owing,) = bootstrap.store().owing([f"place#{LABELING.key}"])
    assert [news.id for news in owing.news][-1] == f"{LABELING.key}!blind#2"


def test_messages_for_what_nobody_watches_are_done_with(deployed: Stage) -> None:
    """A look or a poll may outlive its watch, and its source."""
    elsewhere = Place("nobody.knows", ACCOUNT, "mars-north-1")
    assert handle(a_look("one"), a_look("x", elsewhere)) == []
    assert handle(a_poll(), a_poll(elsewhere), queue="PollsQueue.fifo") == []
    assert deployed.service.asked == []


@pytest.mark.filterwarnings("ignore:No application metrics")
def test_a_table_that_does_not_answer_fails_the_batch(
    watched: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nothing that could be done for any of its messages."""
    monkeypatch.setattr(bootstrap.store(), "_table", "no-such-table")
    with pytest.raises(ClientError):
        handle(a_look("one"))


def test_a_place_whose_source_was_removed_from_the_catalogue_fails_alone(watched: Stage) -> None:
    """After a downgrade, say."""
    lost = Place("sagemaker.labelling", ACCOUNT, "us-east-1")
    record = PlaceRecord(lost, Scope((Rule("x"),)), BEFORE, 1, baseline_at=BEFORE)
    bootstrap.store().save_place(record)
    watched.service.on(
        "DescribeLabelingJob", lambda asked: Answer(labeling(asked["LabelingJobName"], "Stopped", 11))
    )
    assert handle(a_look("x", lost), a_look("one")) == ["m0"]
    assert stored("one") is State.STOPPED
