from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobherald.deadletters.letter import Queue
from tests.deadletters.conftest import Post


def test_all_of_a_queue_is_read_and_given_back(post: Post) -> None:
    """More than one answer of SQS holds; whoever reads next sees all of it again."""
    ids = {post.put(Queue.SLACK, f"body {number}") for number in range(23)}
    for _ in range(2):
        reading = post.read(Queue.SLACK)
        assert {letter.id for letter in reading.letters} == ids
        assert reading.unseen == 0
    assert len({letter.body for letter in reading.letters}) == 23


def test_a_letter_has_what_sqs_says_of_it(post: Post) -> None:
    """Its own attributes, when it was sent, and how long it is kept."""
    post.put(Queue.SLACK, "body", reason="refused", error="invalid_blocks")
    reading = post.read(Queue.SLACK)
    (letter,) = reading.letters
    assert letter.attributes == {"reason": "refused", "error": "invalid_blocks"}
    assert abs(letter.sent_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert letter.source_queue == ""
    assert reading.retention == timedelta(days=14)


def test_an_empty_queue_is_empty(post: Post) -> None:
    assert post.read(Queue.LOOKS).letters == ()


def test_what_another_reader_holds_is_counted(post: Post) -> None:
    """It is not shown, and not said not to be there."""
    post.put(Queue.LOOKS, "held")
    post.sqs.receive_message(QueueUrl=post.urls[Queue.LOOKS.resource], VisibilityTimeout=60)
    post.put(Queue.LOOKS, "free")
    reading = post.read(Queue.LOOKS)
    assert [letter.body for letter in reading.letters] == ["free"]
    assert reading.unseen == 1


def test_of_a_fifo_group_what_lies_behind_is_counted(post: Post) -> None:
    """SQS shows ten of a group and holds back the rest until they are dealt with."""
    for number in range(13):
        post.put(Queue.POLLS, f"{number:02d}")
    reading = post.read(Queue.POLLS)
    assert [letter.body for letter in reading.letters] == [f"{number:02d}" for number in range(10)]
    assert reading.unseen == 3


def test_of_a_very_full_queue_some_are_read_and_the_rest_counted(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To read on would take so long that the first were visible again."""
    monkeypatch.setattr("jobherald.deadletters.box.MOST", 10)
    for number in range(15):
        post.put(Queue.SLACK, f"body {number}")
    reading = post.read(Queue.SLACK)
    assert (len(reading.letters), reading.unseen) == (10, 5)


def test_only_what_was_asked_for_is_taken(post: Post) -> None:
    """The rest is given back, and nothing is deleted by itself."""
    ids = [post.put(Queue.SLACK, f"body {number}") for number in range(15)]
    box = post.box(Queue.SLACK)
    taken = []
    for letter in box.take(ids[3:5]):
        taken.append(letter.id)
        if letter.id == ids[3]:
            box.delete(letter)
    assert sorted(taken) == sorted(ids[3:5])
    assert {letter.id for letter in post.read(Queue.SLACK).letters} == set(ids) - {ids[3]}


def test_what_was_taken_is_hidden_from_others_meanwhile(post: Post) -> None:
    """Two people who send the same letter again send it once."""
    (one,) = [post.put(Queue.SLACK, "body")]
    taking = post.box(Queue.SLACK).take([one])
    next(taking)
    assert list(post.box(Queue.SLACK).take([one])) == []
    taking.close()
    assert [letter.id for letter in post.read(Queue.SLACK).letters] == [one]


def test_what_is_gone_is_not_waited_for(post: Post) -> None:
    """Somebody else has deleted it."""
    post.put(Queue.SLACK, "body")
    assert list(post.box(Queue.SLACK).take(["another"])) == []
    assert len(post.read(Queue.SLACK).letters) == 1


def test_a_reader_that_fails_gives_back_what_it_had(post: Post) -> None:
    """What was to be done with a letter went wrong: it is there again at once."""
    one = post.put(Queue.SLACK, "body")
    taking = post.box(Queue.SLACK).take([one])
    next(taking)
    with pytest.raises(RuntimeError, match="no network"):
        taking.throw(RuntimeError("no network"))
    assert [letter.id for letter in post.read(Queue.SLACK).letters] == [one]
