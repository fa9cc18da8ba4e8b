from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from jobherald.errors import ConflictError, JobheraldError
from jobherald.model import JobKey, State
from jobherald.store import dynamodb
from jobherald.store.items import job_pk, place_pk
from jobherald.watch import PlaceRecord
from tests.fakes.service import PLACE
from tests.fakes.table import NAME
from tests.fakes.things import KEY, at, change, job, told
from tests.fakes.world import ALL
from tests.store.conftest import Table

REF = job_pk(KEY)
RETENTION = 90 * 86400


class Between:
    """Stands before the client: counts its calls, and lets a test answer instead of it."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.leave: Callable[[list[Any]], list[Any]] = lambda _: []
        self.instead: dict[str, Callable[..., Any]] = {
            "batch_get_item": self.get,
            "batch_write_item": self.write,
        }

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.requests.append((name, request))
            answer = self.instead.get(name) or getattr(self.client, name)
            return answer(**request)

        return call

    def named(self, name: str) -> list[dict[str, Any]]:
        return [request for called, request in self.requests if called == name]

    def get(self, RequestItems: Any) -> Any:  # noqa: N803 - botocore's name
        keys = RequestItems[NAME]["Keys"]
        left = self.leave(keys)
        done = [key for key in keys if key not in left]
        answer: dict[str, Any] = {"Responses": {NAME: []}}
        if done:
            answer = self.client.batch_get_item(RequestItems={NAME: {**RequestItems[NAME], "Keys": done}})
        return {**answer, "UnprocessedKeys": {NAME: {**RequestItems[NAME], "Keys": left}} if left else {}}

    def write(self, RequestItems: Any) -> Any:  # noqa: N803
        asked = RequestItems[NAME]
        left = self.leave(asked)
        done = [one for one in asked if one not in left]
        if done:
            self.client.batch_write_item(RequestItems={NAME: done})
        return {"UnprocessedItems": {NAME: left} if left else {}}


@pytest.fixture
def between(table: Table) -> Between:
    stands = Between(table.dynamodb)
    table.store._client = stands
    return stands


def many(number: int) -> list[JobKey]:
    return [JobKey(PLACE, f"job-{index:03}") for index in range(number)]


def test_more_jobs_than_one_batch_holds_are_read_in_as_few_calls_as_can_be(
    table: Table, between: Between
) -> None:
    """BatchGetItem takes a hundred keys."""
    keys = many(230)
    for key in keys[::2]:
        table.store.write(job(key=key), None)
    assert set(table.store.jobs([*keys, *keys])) == set(keys[::2])
    asked = [len(request["RequestItems"][NAME]["Keys"]) for request in between.named("batch_get_item")]
    assert asked == [100, 100, 30]
    assert all(request["RequestItems"][NAME]["ConsistentRead"] for request in between.named("batch_get_item"))


def test_reading_nothing_calls_nobody(table: Table, between: Between) -> None:
    """An idle poll must cost nothing for the jobs that it does not ask for."""
    assert table.store.jobs([]) == {}
    table.store.write_details([])
    table.store.record([])
    assert between.requests == []


@pytest.mark.parametrize(("keep", "calls"), [(0, 3), (1, 3), (3, 2)])
def test_keys_left_over_are_asked_for_again(table: Table, between: Between, keep: int, calls: int) -> None:
    """A batch that DynamoDB read in part is a success of that part only."""
    keys = many(4)
    for key in keys:
        table.store.write(job(key=key), None)
    left = iter([keep, 1])
    between.leave = lambda asked: asked[next(left, len(asked)) :]
    assert set(table.store.jobs(keys)) == set(keys)
    assert len(between.named("batch_get_item")) == calls


def test_keys_left_over_again_and_again_fail_the_message(table: Table, between: Between) -> None:
    """A job that was not read must never be taken for one that is not stored."""
    between.leave = lambda asked: asked
    with pytest.raises(JobheraldError, match=r"left 2 reads of table jobs undone 5 times"):
        table.store.jobs(many(2))


def test_details_are_put_by_twenty_five_and_what_is_left_over_again(table: Table, between: Between) -> None:
    """BatchWriteItem takes twenty-five, each key once, and may take fewer."""
    refused = iter([1, 24, 0])
    between.leave = lambda asked: asked[: next(refused, 0)]
    rows = [(job(key=key), {"Id": key.id, "Round": turn}) for turn in (1, 2) for key in many(30)]
    table.store.write_details(rows)
    sizes = [len(request["RequestItems"][NAME]) for request in between.named("batch_write_item")]
    assert sizes == [25, 1, 1, 5]
    for key in many(30):
        row = zlib.decompress(table.item(job_pk(key), "details")["row"])
        assert row.decode() == f'{{"Id":"{key.id}","Round":2}}'


def test_writes_left_over_again_and_again_fail_the_message(table: Table, between: Between) -> None:
    """The queue or the stream brings it back; nothing waits here."""
    between.leave = lambda asked: asked
    one = change(job())
    with pytest.raises(JobheraldError, match="left 1 writes"):
        table.store.record([told(one)])


def test_an_open_job_has_no_ttl(table: Table) -> None:
    """What still runs is not forgotten, however long it runs."""
    table.store.write(job(), None)
    assert "expires_at" not in table.item(REF, "job")


def test_a_closed_job_that_owes_nothing_has_its_ttl_from_the_write(table: Table) -> None:
    """Nobody will mark it, so the write has to say when it may be forgotten."""
    table.store.write(job(State.STOPPED), None)
    assert table.item(REF, "job")["expires_at"] == int(at(1).timestamp()) + RETENTION


def test_an_item_that_owes_has_no_ttl_until_the_mark_sets_it(table: Table) -> None:
    """TTL would take news away that nobody was told."""
    one = job(State.FAILED)
    table.store.write(one, change(one))
    assert "expires_at" not in table.item(REF, "job")
    (owing,) = table.store.owing([REF])
    table.store.mark(owing, [told(change(one), minute=30)])
    item = table.item(REF, "job")
    assert item["expires_at"] == int(at(30).timestamp()) + RETENTION
    assert not {"owed", "unsent", "outbox", "owed_since"} & set(item)


def test_an_outcome_that_nobody_wants_told_has_no_ttl_while_the_start_is_owed(table: Table) -> None:
    """The mark of what is still owed sets it."""
    one = job()
    table.store.write(one, change(one))
    table.store.write(job(State.FAILED, 2, owing=True), None)
    assert "expires_at" not in table.item(REF, "job")
    (owing,) = table.store.owing([REF])
    table.store.mark(owing, [told(change(one))])
    assert "expires_at" in table.item(REF, "job")


def test_a_mark_of_a_part_sets_no_ttl(table: Table) -> None:
    """The item still owes."""
    first, second = job(), job(State.FAILED, 2)
    table.store.write(first, change(first))
    table.store.write(second, change(second))
    (owing,) = table.store.owing([REF])
    table.store.mark(owing, [told(change(first))])
    item = table.item(REF, "job")
    assert "expires_at" not in item
    assert item["unsent"] == "2"


def test_the_ttl_goes_when_a_job_reopens(table: Table) -> None:
    """A restarted job must not be forgotten in the middle of its second run."""
    table.store.write(job(State.FAILED), None)
    table.store.write(job(State.RUNNING, 2), None)
    assert "expires_at" not in table.item(REF, "job")


def test_a_released_job_that_owes_has_no_ttl(table: Table) -> None:
    """It was last seen long ago: with a TTL from then it would be gone before its news was told."""
    one = job()
    table.store.write(one, change(one))
    table.store.release(table.store.open_jobs(PLACE)[KEY])
    assert "expires_at" not in table.item(REF, "job")
    (owing,) = table.store.owing([REF])
    assert owing.closed
    table.store.mark(owing, [told(change(one), minute=30)])
    assert table.item(REF, "job")["expires_at"] == int(at(30).timestamp()) + RETENTION


def test_a_released_job_that_owes_nothing_expires(table: Table) -> None:
    """Nobody watches it any more."""
    table.store.write(job(), None)
    table.store.release(job())
    assert table.item(REF, "job")["expires_at"] == int(at(1).timestamp()) + RETENTION


def test_what_a_look_showed_does_not_outlive_its_job_for_ever(table: Table) -> None:
    """The row is put again when the job ends, and then has a TTL; a look mostly comes once, at the start."""
    table.store.write_details([(job(), {"Status": "x"})])
    table.store.add_details(job(), {"Tags": []})
    assert "expires_at" not in table.item(REF, "details")
    assert table.item(REF, "look")["expires_at"] == int(at(1).timestamp()) + 2 * RETENTION
    table.store.write_details([(job(State.FAILED, 2), {"Status": "x"})])
    assert table.item(REF, "details")["expires_at"] == int(at(2).timestamp()) + RETENTION


@pytest.mark.parametrize("ending", ["released", "gone"])
def test_details_of_a_job_that_sends_no_further_row_expire_with_it(table: Table, ending: str) -> None:
    """A job that ends in its list brings a last row; one that is let go or gone does not."""
    table.store.write_details([(job(), {"Status": "x"})])
    table.store.write(job(), None)
    if ending == "released":
        table.store.release(job())
        until = int(at(1).timestamp()) + RETENTION
    else:
        table.store.write(replace(job(State.GONE, 2), version=2), None)
        until = int(at(2).timestamp()) + RETENTION
    assert table.item(REF, "details")["expires_at"] == until


def test_a_job_without_details_is_let_go_all_the_same(table: Table) -> None:
    """There is nothing to expire, and nothing is made."""
    table.store.write(job(), None)
    table.store.release(job())
    assert table.item(REF, "details") == {}


def test_unsent_is_a_text_and_there_only_while_something_is_owed(table: Table) -> None:
    """The stream's filter matches a string that exists, and nothing else wakes the publisher."""
    one = job()
    table.store.write(one, change(one))
    raw = table.dynamodb.get_item(TableName=NAME, Key={"pk": {"S": REF}, "sk": {"S": "job"}})["Item"]
    assert raw["unsent"] == {"S": "1"}
    assert raw["outbox"] == {"S": "owed"}
    table.store.record([told(change(one))])
    table.store.write_details([(one, {"Status": "x"})])
    table.store.claim(change(one), "slack", at(1), at(2))
    found = table.dynamodb.scan(TableName=NAME)["Items"]
    assert [item["sk"]["S"] for item in found if "unsent" in item] == ["job"]


def test_a_touched_item_differs_so_that_the_stream_carries_it(table: Table) -> None:
    """DynamoDB writes no stream record for an update that changes nothing."""
    one = job()
    table.store.write(one, change(one))
    table.store.touch(REF, at(5))
    first = table.item(REF, "job")
    table.store.touch(REF, at(6))
    second = table.item(REF, "job")
    assert first["touched"] != second["touched"]
    assert {**first, "touched": 0} == {**second, "touched": 0}


def test_a_job_without_a_creation_time_stays_without_one(table: Table) -> None:
    """The index is sorted by a creation time, so it is given one, and the index says that it is made up."""
    table.store.write(job(created_at=None), None)
    from_index = table.store.open_jobs(PLACE)[KEY]
    assert from_index.created_at is None
    table.store.write(replace(from_index, version=2), None)
    assert table.store.jobs([KEY])[KEY].created_at is None


def test_the_index_carries_all_that_a_decision_needs(table: Table) -> None:
    """An open job is decided about without a read of its item: what the index left out would be forgotten."""
    one = job(run=3, announced=True, progress_at=at(4))
    table.store.write(one, change(one))
    assert table.store.open_jobs(PLACE)[KEY] == replace(one, name="", owing=True)


def test_a_query_goes_on_until_its_last_page(table: Table, between: Between) -> None:
    """DynamoDB ends a page after a megabyte, or earlier as it likes."""
    keys = many(7)
    for key in keys:
        table.store.write(job(key=key), None)
    between.instead["query"] = lambda **request: between.client.query(
        **{**request, "Limit": min(2, request.get("Limit", 2))}
    )
    assert set(table.store.open_jobs(PLACE)) == set(keys)
    assert len(table.store.recent(PLACE.source, None, 5)) == 5


def test_open_jobs_are_read_in_parts_that_fit_into_memory(
    table: Table, between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them are found, and up to a thousand take one call."""
    assert dynamodb.OPEN_BATCH > 1000
    monkeypatch.setattr(dynamodb, "OPEN_BATCH", 3)
    keys = many(7)
    for key in keys:
        table.store.write(job(key=key), None)
    between.requests.clear()
    assert set(table.store.open_jobs(PLACE)) == set(keys)
    assert [request["Limit"] for _, request in between.requests] == [3, 3, 3]


@pytest.mark.parametrize("call", ["write", "claim", "unclaim", "touch"])
def test_any_other_refusal_is_no_conflict(table: Table, between: Between, call: str) -> None:
    """A throttled write that was taken for a lost race would be dropped in silence."""

    def throttled(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "UpdateItem")

    between.instead["update_item"] = throttled
    calls: dict[str, Callable[[], Any]] = {
        "write": lambda: table.store.write(job(), None),
        "claim": lambda: table.store.claim(change(job()), "slack", at(0), at(1)),
        "unclaim": lambda: table.store.unclaim(change(job()), "slack", at(1)),
        "touch": lambda: table.store.touch(REF, at(0)),
    }
    with pytest.raises(ClientError):
        calls[call]()


def test_counted_posts_are_forgotten(table: Table) -> None:
    """A counter is of use for its minute; TTL takes it away, and no index or stream's filter knows it."""
    table.store.count_posts("slack/ordinary", at(3.5), 2)

    item = table.item("posts#slack/ordinary", f"posts#{at(3):%Y-%m-%dT%H:%M}")
    assert item["posts"] == 2
    assert item["expires_at"] == int(at(63).timestamp())
    assert item.keys() == {"pk", "sk", "posts", "expires_at"}


def test_a_conflict_names_the_item(table: Table) -> None:
    """Who reads the log has to know which job it was."""
    table.store.write(job(), None)
    with pytest.raises(ConflictError, match="labeling-job/one was written by somebody else"):
        table.store.write(job(), None)


def test_rounds_are_bounded() -> None:
    """Asking at once for what DynamoDB left undone must end."""
    assert 1 <= dynamodb.ROUNDS <= 10


def test_the_record_below_a_parent_expires_unless_it_is_polled_again(table: Table) -> None:
    """Parents come and go, and nothing says that one is gone for good; the place above them stays."""
    child = replace(PLACE, parent="a")
    table.store.save_place(PlaceRecord(child, ALL, at(0), 1, polled_at=at(5)))
    table.store.save_place(PlaceRecord(PLACE, ALL, at(0), 1, polled_at=at(5)))
    expires = int((at(5) + timedelta(days=90)).timestamp())
    assert table.item(place_pk(child), "place")["expires_at"] == expires
    assert "expires_at" not in table.item(place_pk(PLACE), "place")


def test_a_text_that_was_cut_within_a_character_is_kept(table: Table) -> None:
    """What one service cut must not stop its place."""
    one = job()
    table.store.write_details([(one, {"Reason": "broke \ud83d"})])
    table.store.write(one, None)
    story = table.store.story(KEY.text)
    assert story is not None
    assert story.details == {"Reason": "broke ?"}


def test_a_row_that_no_item_can_hold_is_kept_without_its_longest_members(table: Table) -> None:
    """One enormous answer must not stop its place; what is missing is named."""
    chance = random.Random(1)
    noise = {name: chance.randbytes(300_000).hex() for name in ("labels", "samples")}
    one = job()
    table.store.write_details([(one, {"Status": "Failed", "count": 7, **noise})])
    table.store.write(one, None)
    story = table.store.story(KEY.text)
    assert story is not None
    assert {name for name in story.details if name not in noise} == {"Status", "count", "members_left_out"}
    assert story.details["members_left_out"] != []
    assert set(story.details["members_left_out"]) == set(noise) - set(story.details)
