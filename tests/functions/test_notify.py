from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.notify import app
from jobherald import bootstrap
from jobherald.model import AlertKind, JobKey, State
from jobherald.store.items import job_pk, place_pk
from jobherald.watch import ConfigRecord, PlaceRecord
from tests.fakes.service import PLACE
from tests.fakes.things import alert, at, change, job
from tests.fakes.world import ALL
from tests.functions.stage import CONTEXT, Stage, payload


def owes(name: str, state: State = State.RUNNING, version: int = 1) -> str:
    one = job(state, version, JobKey(PLACE, name))
    bootstrap.store().write(one, change(one))
    return job_pk(one.key)


def woken(*refs: str, event: str = "MODIFY") -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventName": event,
                "dynamodb": {
                    "Keys": {"pk": {"S": ref}, "sk": {"S": ref.partition("#")[0]}},
                    "SequenceNumber": f"{number}",
                },
            }
            for number, ref in enumerate(refs)
        ]
    }


def handle(*refs: str) -> list[str]:
    answer = app.handler(woken(*refs), CONTEXT)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_what_is_owed_reaches_the_subscribers_of_its_topic(deployed: Stage) -> None:
    """Changes and places' alerts go to the changes topic, what only operators can mend to theirs."""
    ref = owes("one")
    unknown = alert(2, alert().kind.UNKNOWN_STATUS)
    bootstrap.store().save_place(PlaceRecord(PLACE, ALL, at(0), 1), [alert(1), unknown])
    assert handle(ref, place_pk(PLACE)) == []
    changes = deployed.taken(deployed.changes_url)
    assert sorted(message["id"] for message in changes) == sorted([f"{PLACE.key}:one#1", alert(1).id])
    assert [message["id"] for message in deployed.taken(deployed.operations_url)] == [unknown.id]
    assert bootstrap.store().owing([ref, place_pk(PLACE)]) == []


def test_a_redelivered_batch_publishes_nothing_again(deployed: Stage) -> None:
    """Streams deliver at least once."""
    refs = [owes(f"job-{number}") for number in range(12)]
    assert handle(*refs, *refs) == []
    assert handle(*refs) == []
    assert len(deployed.taken(deployed.changes_url)) == 12


def test_a_refused_entry_brings_back_its_record_alone(
    deployed: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SNS answers 200 for a batch that it took in part."""
    refs = [owes(f"job-{number:02}") for number in range(11)]
    sns = bootstrap.client("sns")
    plain = sns.publish_batch

    def publish_batch(**request: Any) -> Any:
        entries = request["PublishBatchRequestEntries"]
        bad = [entry for entry in entries if "job-04" in entry["Message"]]
        answer = plain(**{**request, "PublishBatchRequestEntries": [e for e in entries if e not in bad]})
        failed = [{"Id": entry["Id"], "Code": "InternalError", "SenderFault": False} for entry in bad]
        return {**answer, "Failed": failed}

    monkeypatch.setattr(sns, "publish_batch", publish_batch)
    assert handle(*refs) == ["4"]
    monkeypatch.undo()
    assert len(deployed.taken(deployed.changes_url)) == 10


def test_records_of_what_owes_nothing_publish_nothing(deployed: Stage) -> None:
    """TTL's deletions, and items that were marked since."""
    ref = owes("one")
    handle(ref)
    deployed.taken(deployed.changes_url)
    assert handle(ref, "job#not/there/any:more", "config") == []
    assert app.handler(woken(ref, event="REMOVE"), CONTEXT) == {"batchItemFailures": []}
    assert deployed.taken(deployed.changes_url) == []


def test_an_item_with_several_changes_tells_them_all_in_order(deployed: Stage) -> None:
    """Two changes between two wake-ups are two messages."""
    owes("one")
    second = job(State.FAILED, 2, JobKey(PLACE, "one"))
    bootstrap.store().write(replace(second, owing=True), change(second, State.RUNNING))
    assert handle(job_pk(second.key)) == []
    told = deployed.taken(deployed.changes_url)
    assert [message["state"] for message in told] == ["running", "failed"]
    item = bootstrap.store().story(second.key.text)
    assert item is not None
    assert [delivery.news.version for delivery in item.deliveries] == [1, 2]


def test_the_payload_gets_its_answer(deployed: Stage) -> None:
    """The one in events/ is answered as its expectation says."""
    assert app.handler(payload("notify", "owing"), CONTEXT) == payload("notify", "owing.expected")


def test_a_canary_that_was_told_is_counted(deployed: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """Its alarm waits for it; other news is not one."""
    assert handle(owes("one")) == []
    assert "CanaryTold" not in capsys.readouterr().out
    canary = alert(1, AlertKind.CANARY, subject="config", place=None)
    bootstrap.store().save_config(ConfigRecord(revision=1, canary_at=at(0)), [canary])
    assert handle("config") == []
    assert '"CanaryTold":[1.0]' in capsys.readouterr().out.replace(" ", "")
    assert [message["alert"] for message in deployed.taken(deployed.changes_url) if "alert" in message] == [
        "canary"
    ]
