from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from jobherald.api.once import KEPT, PARTITION, Once
from jobherald.api.refusals import Code, RefusedError
from tests.fakes.table import NAME, client, create_table
from tests.functions.stage import CONTEXT

ASKED = {"region": "us-east-1", "request": {"LabelingJobName": "signs"}}


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        made = client()
        create_table(made)
        yield made


@pytest.fixture
def once(dynamodb: Any) -> Once:
    return Once(dynamodb, NAME)


class Work:
    """Counts how often it is done."""

    def __init__(self, error: Exception | None = None) -> None:
        self.done = 0
        self.error = error

    def __call__(self) -> dict[str, Any]:
        self.done += 1
        if self.error is not None:
            raise self.error
        return {"id": f"job-{self.done}"}


def stored(dynamodb: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = dynamodb.scan(TableName=NAME)["Items"]
    return items


def test_a_repeated_request_gets_the_same_answer(once: Once) -> None:
    """And its work is done once."""
    work = Work()
    first = once.run("k", ASKED, work, CONTEXT)
    assert once.run("k", dict(ASKED), work, CONTEXT) == first == {"id": "job-1"}
    assert once.run("other", ASKED, work, CONTEXT) == {"id": "job-2"}
    assert work.done == 2


def test_another_function_knows_the_answer_too(once: Once, dynamodb: Any) -> None:
    """It lies in the table."""
    once.run("k", ASKED, Work(), CONTEXT)
    again = Work()
    assert Once(dynamodb, NAME).run("k", ASKED, again, CONTEXT) == {"id": "job-1"}
    assert again.done == 0


def test_without_a_key_nothing_is_remembered(once: Once, dynamodb: Any) -> None:
    """The caller did not ask for it."""
    work = Work()
    once.run(None, ASKED, work, CONTEXT)
    once.run(None, ASKED, work, CONTEXT)
    assert (work.done, stored(dynamodb)) == (2, [])


def test_a_key_is_good_for_one_request(once: Once) -> None:
    """Else a slip would answer a request with the job of another."""
    once.run("k", ASKED, Work(), CONTEXT)
    work = Work()
    with pytest.raises(RefusedError) as refused:
        once.run("k", {**ASKED, "region": "eu-west-1"}, work, CONTEXT)
    assert (refused.value.status, refused.value.code, work.done) == (422, "KEY_REUSED", 0)


@pytest.mark.parametrize("key", ["", " ", "a b", "k\n", "ü", "x" * 256])
def test_a_key_that_is_none_is_refused(once: Once, key: str) -> None:
    """Before anything is done."""
    work = Work()
    with pytest.raises(RefusedError) as refused:
        once.run(key, ASKED, work, CONTEXT)
    assert (refused.value.status, work.done) == (422, 0)
    assert [each.path for each in refused.value.details] == ["header.Idempotency-Key"]


def test_what_failed_can_be_tried_again(once: Once, dynamodb: Any) -> None:
    """Its error comes through, and nothing stays behind."""
    with pytest.raises(RefusedError, match="no such role"):
        once.run("k", ASKED, Work(RefusedError(Code.NAME_EXISTS, "no such role")), CONTEXT)
    assert stored(dynamodb) == []
    assert once.run("k", ASKED, Work(), CONTEXT) == {"id": "job-1"}


def test_of_two_at_once_one_is_told_to_wait(once: Once, dynamodb: Any) -> None:
    """It starts no second job."""
    begun, go_on = threading.Event(), threading.Event()
    answers = []

    def slow() -> dict[str, Any]:
        begun.set()
        assert go_on.wait(10)
        return {"id": "slow"}

    thread = threading.Thread(target=lambda: answers.append(once.run("k", ASKED, slow, CONTEXT)))
    thread.start()
    assert begun.wait(10)
    work = Work()
    with pytest.raises(RefusedError) as refused:
        Once(dynamodb, NAME).run("k", ASKED, work, CONTEXT)
    go_on.set()
    thread.join(10)
    assert (refused.value.status, refused.value.code) == (409, "IN_PROGRESS")
    assert (answers, work.done) == ([{"id": "slow"}], 0)


def test_what_is_kept_is_forgotten_after_a_day(once: Once, dynamodb: Any) -> None:
    """Under the one partition that the function may write to, with the table's own time to live, and without the key."""
    once.run("my-secret-key", ASKED, Work(), CONTEXT)
    (item,) = stored(dynamodb)
    assert item["pk"] == {"S": PARTITION}
    assert 0 < KEPT <= 24 * 60 * 60
    assert int(item["expires_at"]["N"]) > 0
    assert "my-secret-key" not in str(item)
    assert "signs" not in str(item)


class Failing:
    """A client one of whose operations fails."""

    def __init__(self, real: Any, operation: str) -> None:
        self._real = real
        self._operation = operation

    def __getattr__(self, name: str) -> Any:
        return self._fail if name == self._operation else getattr(self._real, name)

    def _fail(self, **_: Any) -> None:
        raise ClientError({"Error": {"Code": "InternalServerError", "Message": "no"}}, "UpdateItem")


def failing(dynamodb: Any, operation: str) -> Callable[..., dict[str, Any]]:
    return Once(Failing(dynamodb, operation), NAME).run


def test_a_job_that_was_started_is_told_though_it_could_not_be_written_down(dynamodb: Any) -> None:
    """Whoever heard of a failure would start another."""
    assert failing(dynamodb, "update_item")("k", ASKED, Work(), CONTEXT) == {"id": "job-1"}


def test_why_a_job_was_not_started_is_told_though_it_could_not_be_forgotten(dynamodb: Any) -> None:
    """The reason is what helps."""
    with pytest.raises(RefusedError, match="no such role"):
        failing(dynamodb, "delete_item")(
            "k", ASKED, Work(RefusedError(Code.NAME_EXISTS, "no such role")), CONTEXT
        )


def test_where_nothing_can_be_written_nothing_is_started(dynamodb: Any) -> None:
    """The promise of one job could not be kept."""
    work = Work()
    with pytest.raises(RefusedError) as refused:
        failing(dynamodb, "put_item")("k", ASKED, work, CONTEXT)
    assert (refused.value.status, work.done) == (503, 0)
