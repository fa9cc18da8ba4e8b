from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.api import lookup
from jobherald.api.refusals import RefusedError
from jobherald.model import JobKey, Place, State, Story
from tests.fakes.store import MemoryStore
from tests.fakes.things import KEY, change, job, told

LARGEST_KEY = 2048
SOURCES = ("sagemaker.labeling", "modelarts.training")
ODD = JobKey(Place("modelarts.training", "p-1", "cn-north-4", "data:set@1%"), "id/1 %3A ü")


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    first, second = job(), job(State.FAILED, 2)
    made.write_details([(first, {"FailureReason": "no bucket"})])
    made.write(first, change(first))
    made.record([told(change(first))])
    made.write(second, change(second, State.RUNNING))
    made.write(job(key=ODD), None)
    return made


def answer(path: str, store: MemoryStore) -> dict[str, Any]:
    return lookup.answer(path, SOURCES, store)


def as_the_gateway_decodes(text: str) -> str:
    """The path of a client that encodes well: every escape decoded, but that of the per cent sign."""
    return text.replace("%", "%25")


def test_a_story_has_everything_that_is_remembered(store: MemoryStore) -> None:
    """As the command tells it, with the id and the creation time in front."""
    found = answer(KEY.text, store)
    assert (found["id"], found["created_at"]) == (KEY.text, "2026-11-22T12:00:00Z")
    assert found["job"]["state"] == "failed"
    assert found["details"] == {"FailureReason": "no bucket"}
    assert [each["state"] for each in found["changes"]] == ["running", "failed"]
    assert found["owed"] == [f"{KEY.text}#1", f"{KEY.text}#2"]
    assert [each["channel"] for each in found["deliveries"]] == ["sns"]


@pytest.mark.parametrize("key", [KEY, ODD], ids=["arn", "odd"])
@pytest.mark.parametrize(
    "travels", [as_the_gateway_decodes, quote, str], ids=["api-gateway", "not-decoded", "all-decoded"]
)
def test_a_key_arrives_whoever_decodes_it(key: JobKey, travels: Any, store: MemoryStore) -> None:
    """API Gateway decodes all escapes but one, some doubles of it all or none."""
    assert answer(travels(key.text), store)["id"] == key.text


def test_the_id_of_the_service_will_do(store: MemoryStore) -> None:
    """Where one job has it."""
    assert answer(KEY.id, store)["id"] == KEY.text


def test_several_jobs_with_one_id_are_named(store: MemoryStore) -> None:
    """Their keys tell them apart."""
    other = JobKey(Place(KEY.place.source, KEY.place.account, "eu-west-1"), KEY.id)
    store.write(job(key=other), None)
    with pytest.raises(RefusedError) as refused:
        answer(KEY.id, store)
    assert refused.value.code == "AMBIGUOUS"
    assert {each.message for each in refused.value.details} == {
        f"this may be {KEY.text}",
        f"this may be {other.text}",
    }


@pytest.mark.parametrize("path", ["nothing", KEY.text[:-1], "x" * 5000, " ", "%"])
def test_what_nobody_remembers_is_not_found(path: str, store: MemoryStore) -> None:
    """Also what no table could be asked for."""
    with pytest.raises(RefusedError) as refused:
        answer(path, store)
    assert refused.value.status == 404


@given(st.text())
def test_any_path_is_answered(path: str) -> None:
    """Of what was never remembered, not found."""
    with pytest.raises(RefusedError) as refused:
        answer(path, MemoryStore())
    assert refused.value.status == 404


def test_a_story_too_long_to_be_sent_is_sent_without_the_services_members(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their names are left; Lambda hands on 6 MB."""
    monkeypatch.setattr(lookup, "LARGEST_ANSWER", 6000)
    assert "FailureReason" in answer(KEY.text, store)["details"]
    store.write_details([(job(), {"Long": "x" * 6000, "Also": 1})])
    found = answer(KEY.text, store)
    assert found["details"] == {"members_left_out": ["Also", "Long"]}
    assert found["job"]["name"] == "one"


def test_an_id_that_is_too_long_for_the_table_is_not_found() -> None:
    """Its length counts in bytes: DynamoDB refuses to be asked for longer keys, and that is no fault of the deployment."""

    class Table(MemoryStore):
        def story(self, key: str) -> Story | None:
            assert len(f"job#{key}".encode()) <= LARGEST_KEY
            return super().story(key)

    with pytest.raises(RefusedError) as refused:
        lookup.answer("\N{LATIN SMALL LETTER U WITH DIAERESIS}" * 1024, SOURCES, Table())
    assert refused.value.status == 404
