from __future__ import annotations

import pytest

from jobherald.flows.notify import ROUNDS, notify
from jobherald.model import JobKey, State
from jobherald.store.items import job_pk, place_pk
from jobherald.watch import PlaceRecord
from tests.fakes.ports import FakePublisher
from tests.fakes.service import PLACE
from tests.fakes.store import MemoryStore
from tests.fakes.things import KEY, alert, at, change, job
from tests.fakes.time import ONCE
from tests.fakes.world import ALL

REF = job_pk(KEY)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


def owes(store: MemoryStore, state: State = State.RUNNING, version: int = 1, key: JobKey = KEY) -> str:
    one = job(state, version, key)
    store.write(one, change(one))
    return job_pk(key)


def test_what_is_owed_is_published_recorded_and_marked(store: MemoryStore, publisher: FakePublisher) -> None:
    """In that order: a crash in between tells again rather than never."""
    calls: list[str] = []
    ref = owes(store)
    store.before = calls.append
    done = notify([ref], store, publisher, ONCE)
    assert calls == ["owing", "record", "mark"]
    assert publisher.ids == [f"{KEY.text}#1"]
    assert [delivery.reference for delivery in done.told] == ["message-1"]
    story = store.story(KEY.text)
    assert story is not None
    assert list(story.deliveries) == done.told
    assert list(story.owed) == []


def test_a_redelivered_batch_tells_nothing_again(store: MemoryStore, publisher: FakePublisher) -> None:
    """A stream record is a wake-up; what is owed is read from the item."""
    refs = [owes(store), owes(store, key=JobKey(PLACE, "b"))]
    notify([*refs, *refs], store, publisher, ONCE)
    again = notify([*refs, "job#no/such/place:job", place_pk(PLACE)], store, publisher, ONCE)
    assert len(publisher.ids) == 2
    assert (again.told, again.failed) == ([], {})


def test_a_flood_is_published_change_by_change(store: MemoryStore, publisher: FakePublisher) -> None:
    """What Slack gathers into digests, SNS carries one by one: a subscriber gets each, and at once."""
    refs = [
        owes(store, State.FAILED if n % 5 else State.RUNNING, key=JobKey(PLACE, f"{n}")) for n in range(100)
    ]
    done = notify(refs, store, publisher, ONCE)
    assert publisher.ids == [f"{PLACE.key}:{n}#1" for n in range(100)]
    assert len({delivery.reference for delivery in done.told}) == 100


def test_a_second_change_between_publish_and_mark_is_told_and_the_first_not_again(
    store: MemoryStore, publisher: FakePublisher
) -> None:
    """The mark sees that the item owes more than it read, and only the new is published."""
    ref = owes(store)

    def meanwhile() -> None:
        publisher.meanwhile = lambda: None
        owes(store, State.FAILED, 2)

    publisher.meanwhile = meanwhile
    done = notify([ref], store, publisher, ONCE)
    assert publisher.ids == [f"{KEY.text}#1", f"{KEY.text}#2"]
    assert store.owing([ref]) == []
    assert done.failed == {}


def test_an_item_written_again_and_again_comes_back_by_itself(
    store: MemoryStore, publisher: FakePublisher
) -> None:
    """Nothing is told twice on the way, and the stream goes on with the others."""
    ref = owes(store)
    other = owes(store, key=JobKey(PLACE, "other"))
    versions = iter(range(2, 99))
    publisher.meanwhile = lambda: void(owes(store, State.RUNNING, next(versions)))
    done = notify([ref, other], store, publisher, ONCE)
    assert set(done.failed) == {ref}
    assert publisher.calls == ROUNDS
    assert len(set(publisher.ids)) == len(publisher.ids) == ROUNDS + 1
    assert store.owing([other]) == []


def void(_: object) -> None:
    return


def test_an_entry_that_is_refused_fails_its_item_alone(store: MemoryStore, publisher: FakePublisher) -> None:
    """The others are told and marked, and are not told again when this one comes back."""
    keys = [JobKey(PLACE, name) for name in "abcdefghij"]
    refs = [owes(store, key=key) for key in keys]
    for refused in range(len(keys)):
        again, taking = MemoryStore(), FakePublisher()
        for key in keys:
            owes(again, key=key)
        taking.refuses = lambda piece, index=refused: piece.key.id == keys[index].id  # type: ignore[misc]
        done = notify(refs, again, taking, ONCE)
        assert set(done.failed) == {refs[refused]}
        assert "refused" in done.failed[refs[refused]]
        assert [item.ref for item in again.owing(refs)] == [refs[refused]]
        taking.refuses = lambda _: False
        notify(refs, again, taking, ONCE)
        assert sorted(taking.ids) == sorted(f"{key.text}#1" for key in keys)


def test_of_an_item_that_owes_several_only_the_refused_stays(
    store: MemoryStore, publisher: FakePublisher
) -> None:
    """In order of their versions, and each once."""
    ref = owes(store)
    owes(store, State.FAILED, 2)
    owes(store, State.RUNNING, 3)
    publisher.refuses = lambda piece: piece.version == 2
    assert set(notify([ref], store, publisher, ONCE).failed) == {ref}
    (left,) = store.owing([ref])
    assert [piece.version for piece in left.news] == [2]
    publisher.refuses = lambda _: False
    notify([ref], store, publisher, ONCE)
    assert [piece.version for piece in publisher.taken] == [1, 3, 2]
    assert store.owing([ref]) == []


def test_a_refused_item_that_gained_news_comes_back_with_both(
    store: MemoryStore, publisher: FakePublisher
) -> None:
    """Its mark conflicts; it is not tried again at once, since it has failed already."""
    ref = owes(store)
    owes(store, State.FAILED, 2)
    publisher.refuses = lambda piece: piece.version == 1
    publisher.meanwhile = lambda: void(owes(store, State.RUNNING, 3))
    assert set(notify([ref], store, publisher, ONCE).failed) == {ref}
    assert publisher.calls == 1
    (left,) = store.owing([ref])
    assert [piece.version for piece in left.news] == [1, 2, 3]


def test_a_mark_that_fails_has_nothing_else_told_again(store: MemoryStore, publisher: FakePublisher) -> None:
    """A throttled write between told and marked costs its own item at most one repetition."""
    refs = [owes(store, key=JobKey(PLACE, name)) for name in "abc"]
    marks = 0

    def throttled(call: str) -> None:
        nonlocal marks
        marks += call == "mark"
        if call == "mark" and marks == 2:
            raise TimeoutError("the table did not answer")

    store.before = throttled
    done = notify(refs, store, publisher, ONCE)
    assert set(done.failed) == {refs[1]}
    assert "told, but not marked" in done.failed[refs[1]]
    notify(refs, store, publisher, ONCE)
    assert [piece.id for piece in publisher.taken].count(f"{JobKey(PLACE, 'b').text}#1") == 2
    assert len(publisher.taken) == 4


def test_deliveries_that_cannot_be_recorded_have_nothing_told_again(
    store: MemoryStore, publisher: FakePublisher
) -> None:
    """A throttled record costs the history its line, and nobody a second message."""
    refs = [owes(store, key=JobKey(PLACE, name)) for name in "abc"]

    def throttled(call: str) -> None:
        if call == "record":
            raise TimeoutError("the table did not answer")

    store.before = throttled
    done = notify(refs, store, publisher, ONCE)
    assert (done.failed, done.unrecorded) == ({}, "TimeoutError: the table did not answer")
    notify(refs, store, publisher, ONCE)
    assert sorted(publisher.ids) == sorted(f"{JobKey(PLACE, name).text}#1" for name in "abc")
    assert store.owing(refs) == []


def test_alerts_travel_as_changes_do(store: MemoryStore, publisher: FakePublisher) -> None:
    """One outbox for whatever is told."""
    store.save_place(PlaceRecord(PLACE, ALL, at(0), 1), [alert(1), alert(2)])
    done = notify([place_pk(PLACE), owes(store)], store, publisher, ONCE)
    assert [piece.id for piece in publisher.taken] == [alert(1).id, alert(2).id, f"{KEY.text}#1"]
    assert len(done.told) == 3
    assert store.news == []


def test_nothing_owed_calls_no_channel(store: MemoryStore, publisher: FakePublisher) -> None:
    """TTL's deletions come through the stream as well."""
    assert notify([], store, publisher, ONCE).told == []
    store.write(job(), None)
    assert notify([REF], store, publisher, ONCE).told == []
    assert publisher.calls == 0
