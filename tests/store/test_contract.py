"""What every store promises the flows; the one in memory is held to it by the same tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from secrets import token_hex

import pytest

from jobherald.errors import ConflictError
from jobherald.flows.family import MOST_REMEMBERED
from jobherald.model import AlertKind, JobKey, Place, Severity, State
from jobherald.ports import Claim, JobStore, Listed
from jobherald.store.items import credential_pk, job_pk, place_pk
from jobherald.watch import Child, ConfigRecord, CredentialRecord, PlaceRecord
from tests.fakes.service import PLACE
from tests.fakes.things import KEY, alert, at, change, job, told
from tests.fakes.world import ALL

REF = job_pk(KEY)


def record(revision: int = 1) -> PlaceRecord:
    return PlaceRecord(PLACE, ALL, at(0), revision)


def test_a_job_comes_back_as_it_was_written(either: JobStore) -> None:
    """What is remembered is what was seen."""
    one = job(progress_at=at(1), announced=True, ended_at=None)
    either.write(one, None)
    assert either.jobs([KEY, JobKey(PLACE, "none")]) == {KEY: one}


def test_a_job_that_is_not_stored_is_written_only_once(either: JobStore) -> None:
    """Two pollers that both find a new job make one job of it."""
    either.write(job(), None)
    with pytest.raises(ConflictError):
        either.write(job(), None)


@pytest.mark.parametrize("version", [1, 3, 4])
def test_a_write_goes_through_only_upon_the_version_that_was_read(either: JobStore, version: int) -> None:
    """Whoever decided from an old state must decide again."""
    either.write(job(State.QUEUED), None)
    with pytest.raises(ConflictError):
        either.write(job(State.FAILED, version), None)
    either.write(job(State.RUNNING, 2), None)
    assert either.jobs([KEY])[KEY].state is State.RUNNING


def test_open_jobs_are_those_of_the_place_that_have_no_outcome(either: JobStore) -> None:
    """One query says what a place has running."""
    elsewhere = Place(PLACE.source, PLACE.account, "eu-west-1")
    open_key, closed_key, other_key = (
        JobKey(PLACE, "open"),
        JobKey(PLACE, "closed"),
        JobKey(elsewhere, "open"),
    )
    either.write(job(State.QUEUED, key=open_key), None)
    either.write(job(State.STOPPED, key=closed_key), None)
    either.write(job(State.QUEUED, key=other_key), None)
    assert set(either.open_jobs(PLACE)) == {open_key}
    assert either.open_jobs(PLACE)[open_key].version == 1


def test_what_the_index_does_not_carry_is_not_lost_by_a_write_from_it(either: JobStore) -> None:
    """The index of open jobs has no names; a row without one must not take the stored one away."""
    either.write(job(State.QUEUED), None)
    from_index = either.open_jobs(PLACE)[KEY]
    either.write(replace(from_index, version=2, state=State.RUNNING), None)
    assert either.jobs([KEY])[KEY].name == "one"


def test_a_change_is_owed_with_the_state_it_belongs_to(either: JobStore) -> None:
    """State and change are one write; nothing can come between them."""
    one = job()
    either.write(one, change(one))
    (owing,) = either.owing([REF, job_pk(JobKey(PLACE, "none"))])
    assert (owing.unsent, owing.news, owing.closed) == ("1", (change(one),), False)
    assert either.jobs([KEY])[KEY].owing


def test_a_second_change_joins_what_is_owed_and_names_the_highest_version(either: JobStore) -> None:
    """Nothing that is owed is ever trimmed, and ``unsent`` changes whenever something is added."""
    first, second = job(), job(State.FAILED, 2)
    either.write(first, change(first))
    either.write(replace(second, owing=True), change(second, State.RUNNING))
    (owing,) = either.owing([REF])
    assert owing.news == (change(first), change(second, State.RUNNING))
    assert (owing.unsent, owing.closed) == ("2", True)


def test_the_mark_takes_away_what_was_told(either: JobStore) -> None:
    """An item that owes nothing is in no index and wakes nobody."""
    one = job()
    either.write(one, change(one))
    (owing,) = either.owing([REF])
    either.mark(owing, [told(change(one))])
    assert either.owing([REF]) == []
    assert either.owed_since(at(99), 10) == []
    assert not either.jobs([KEY])[KEY].owing


def test_a_mark_conflicts_when_a_change_was_added_since(either: JobStore) -> None:
    """A second change between send and mark must not be marked with the first."""
    first, second = job(), job(State.FAILED, 2)
    either.write(first, change(first))
    (owing,) = either.owing([REF])
    either.write(second, change(second, State.RUNNING))
    with pytest.raises(ConflictError):
        either.mark(owing, [told(change(first))])
    (owing,) = either.owing([REF])
    either.mark(owing, [told(change(first)), told(change(second))])
    assert either.owing([REF]) == []


@pytest.mark.parametrize(("before", "after"), [(State.RUNNING, State.FAILED), (State.FAILED, State.QUEUED)])
def test_a_mark_conflicts_when_the_job_closed_or_opened_without_a_word(
    either: JobStore, before: State, after: State
) -> None:
    """An outcome that nobody wants told still closes the item: the mark decides about its TTL by what is so now."""
    one = job(before)
    either.write(one, change(one))
    (owing,) = either.owing([REF])
    either.write(job(after, 2, owing=True), None)
    with pytest.raises(ConflictError):
        either.mark(owing, [told(change(one))])


def test_a_mark_of_a_part_leaves_the_rest_owed(either: JobStore) -> None:
    """What one call of the channel refused comes back alone."""
    first, second = job(), job(State.FAILED, 2)
    either.write(first, change(first))
    either.write(second, change(second))
    (owing,) = either.owing([REF])
    either.mark(owing, [told(change(first))])
    (owing,) = either.owing([REF])
    assert owing.news == (change(second),)


def test_a_mark_that_comes_twice_conflicts(either: JobStore) -> None:
    """The slower of two publishers learns that somebody else was there."""
    one = job()
    either.write(one, change(one))
    (owing,) = either.owing([REF])
    either.mark(owing, [told(change(one))])
    with pytest.raises(ConflictError):
        either.mark(owing, [told(change(one))])


def test_what_is_owed_too_long_is_found_oldest_first(either: JobStore) -> None:
    """The sweep brings back what the stream lost, by the time of the first change owed."""
    keys = [JobKey(PLACE, name) for name in "abc"]
    for minute, key in zip((3, 1, 2), keys, strict=True):
        one = job(key=key, seen_at=at(minute))
        either.write(one, change(one))
    assert either.owed_since(at(3), 10) == [job_pk(keys[1]), job_pk(keys[2])]
    assert either.owed_since(at(9), 1) == [job_pk(keys[1])]
    later = job(State.FAILED, 2, key=keys[1], seen_at=at(8))
    either.write(later, change(later))
    assert either.owed_since(at(9), 1) == [job_pk(keys[1])]


def test_touching_alters_nothing_and_creates_nothing(either: JobStore) -> None:
    """An item that no longer owes, or is no longer there, must not come to life by being touched."""
    one = job()
    either.touch(REF, at(1))
    assert either.jobs([KEY]) == {}
    either.write(one, change(one))
    (before,) = either.owing([REF])
    either.touch(REF, at(2))
    assert either.owing([REF]) == [before]
    either.mark(before, [told(change(one))])
    either.touch(REF, at(3))
    assert either.owing([REF]) == []
    assert either.jobs([KEY])[KEY].version == 1


def test_a_released_job_is_open_no_more_and_says_so(either: JobStore) -> None:
    """It is not watched, but its state and its versions are kept for the day it is wanted again."""
    either.write(job(State.QUEUED), None)
    either.release(either.open_jobs(PLACE)[KEY])
    kept = either.jobs([KEY])[KEY]
    assert either.open_jobs(PLACE) == {}
    assert (kept.state, kept.version, kept.released) == (State.QUEUED, 2, True)
    with pytest.raises(ConflictError):
        either.release(job())


def test_a_place_comes_back_with_what_it_owes(either: JobStore) -> None:
    """A place's alerts are owed as a job's changes are."""
    either.save_place(record(), [alert(1)])
    either.save_place(record(2), [alert(2), alert(3)])
    with pytest.raises(ConflictError):
        either.save_place(record(2))
    assert either.place(PLACE) == record(2)
    assert either.places([PLACE, Place("a", "b", "c")]) == {PLACE: record(2)}
    (owing,) = either.owing([place_pk(PLACE)])
    assert (owing.unsent, owing.news, owing.closed) == ("3", (alert(1), alert(2), alert(3)), False)
    either.mark(owing, [told(piece) for piece in owing.news])
    assert either.owing([place_pk(PLACE)]) == []


def test_the_configuration_comes_back_with_what_it_owes(either: JobStore) -> None:
    """A refused document is told as everything else is."""
    assert either.config() is None
    bad = replace(alert(1), subject="config", place=None, severity=Severity.ERROR)
    kept = ConfigRecord("text", "print", 1, 1, frozenset({PLACE.key}))
    either.save_config(kept, [bad])
    with pytest.raises(ConflictError):
        either.save_config(kept)
    assert either.config() == kept
    (owing,) = either.owing(["config"])
    assert owing.news == (bad,)


def test_a_credential_comes_back_with_what_it_owes(either: JobStore) -> None:
    """Its refusal is told as everything else is, and stored for all who share it."""
    assert either.credential("cloud") is None
    kept = CredentialRecord("cloud", 1, at(1), at(6), 1)
    refused = replace(alert(1), subject=kept.subject, place=None, kind=AlertKind.CREDENTIAL_REFUSED)
    either.save_credential(kept, [refused])
    with pytest.raises(ConflictError):
        either.save_credential(kept)
    assert either.credential("cloud") == kept
    (owing,) = either.owing([credential_pk("cloud")])
    assert owing.news == (refused,)
    assert either.claim(refused, "slack", at(1), at(2)) is Claim.OURS
    either.delivered(told(refused, "slack"))
    assert either.claim(refused, "slack", at(9), at(10)) is Claim.TOLD
    either.mark(owing, [told(refused)])
    assert either.owing([credential_pk("cloud")]) == []


def test_what_is_known_of_the_parents_at_a_place_comes_back(either: JobStore) -> None:
    """A thousand of them fit into one item."""
    assert either.children(PLACE) == {}
    children = {
        (parent := f"{number:04}{token_hex(14)}"): Child(
            parent,
            frozenset(token_hex(16) for _ in range(number % (MOST_REMEMBERED + 1))),
            token_hex(8),
            at(number) if number else None,
            number,
            number % 3 == 0,
        )
        for number in range(1000)
    }
    either.save_children(PLACE, children)
    assert either.children(PLACE) == children
    either.save_children(PLACE, {})
    assert either.children(PLACE) == {}


def test_news_is_claimed_by_one_at_a_time(either: JobStore) -> None:
    """Two of us never post the same; a claim that ran out is taken over; what was told stays told."""
    news = change(job())
    assert either.claim(news, "slack", at(0), at(1)) is Claim.OURS
    assert either.claim(news, "slack", at(0.5), at(2)) is Claim.BUSY
    assert either.claim(news, "other", at(0.5), at(2)) is Claim.OURS
    assert either.claim(news, "slack", at(1), at(2)) is Claim.OURS
    either.unclaim(news, "slack", at(2))
    assert either.claim(news, "slack", at(1.1), at(3)) is Claim.OURS
    either.delivered(told(news, "slack"))
    assert either.claim(news, "slack", at(99), at(100)) is Claim.TOLD


def test_a_claim_that_was_taken_over_is_not_given_back_by_whom_it_was_taken_from(either: JobStore) -> None:
    """Who was slower than his claim gives nothing back; else a third would post what the second is posting."""
    news = change(job())
    either.claim(news, "slack", at(0), at(1.000001))
    assert either.claim(news, "slack", at(1.5), at(3)) is Claim.OURS
    either.unclaim(news, "slack", at(1.000001))
    assert either.claim(news, "slack", at(2), at(4)) is Claim.BUSY
    either.unclaim(news, "slack", at(3))
    assert either.claim(news, "slack", at(2), at(4)) is Claim.OURS


def test_what_was_told_after_its_claim_ran_out_is_told_all_the_same(either: JobStore) -> None:
    """The record says what readers saw, and that another holds the claim by now does not alter it."""
    news = change(job())
    either.claim(news, "slack", at(0), at(1))
    either.claim(news, "slack", at(2), at(3))
    either.delivered(told(news, "slack"))
    either.unclaim(news, "slack", at(3))
    assert either.claim(news, "slack", at(9), at(10)) is Claim.TOLD


def test_a_claim_given_back_twice_leaves_no_trace(either: JobStore) -> None:
    """Nor does one that never was."""
    news = change(job())
    either.unclaim(news, "slack", at(1))
    either.claim(news, "slack", at(0), at(1))
    either.unclaim(news, "slack", at(1))
    either.unclaim(news, "slack", at(1))
    assert either.claim(news, "slack", at(0), at(1)) is Claim.OURS


def test_posts_are_counted_by_the_minute_and_each_counter_for_itself(either: JobStore) -> None:
    """Whoever counts gets the sum of all; the next minute begins at nothing."""
    assert either.count_posts("slack/ordinary", at(0), 2) == 2
    assert either.count_posts("slack/ordinary", at(0.99), 3) == 5
    assert either.count_posts("slack/urgent", at(0.99), 1) == 1
    assert either.count_posts("slack/ordinary", at(1), 4) == 4
    assert either.count_posts("slack/ordinary", at(0.5), 1) == 6


def test_a_story_has_everything_about_a_job(either: JobStore) -> None:
    """One query tells how the job stands, what its last row said, what is owed and what was told where."""
    first, second = job(), job(State.FAILED, 2)
    assert either.story(KEY.text) is None
    either.write_details([(first, {"Status": "InProgress", "Name": "one"})])
    either.add_details(first, {"Tags": ["x"], "Status": "looked at"})
    either.write(first, change(first))
    either.record([told(change(first), minute=5)])
    either.claim(change(first), "slack", at(6), at(7))
    either.delivered(told(change(first), "slack", minute=6))
    (owing,) = either.owing([REF])
    either.mark(owing, [told(change(first))])
    either.write(second, change(second, State.RUNNING))
    either.claim(change(second), "slack", at(7), at(8))

    story = either.story(KEY.text)
    assert story is not None
    assert story.job == replace(second, owing=True)
    assert story.details == {"Tags": ["x"], "Status": "InProgress", "Name": "one"}
    assert list(story.owed) == [change(second, State.RUNNING)]
    assert list(story.deliveries) == [
        told(change(first), minute=5),
        told(change(first), "slack", minute=6),
    ]


def test_recent_jobs_come_newest_first(either: JobStore) -> None:
    """What a person asks for first is what happened last."""
    keys = [JobKey(PLACE, name) for name in "abcd"]
    for minute, key in enumerate(keys):
        either.write(job(key=key, created_at=at(minute)), None)
    other = JobKey(Place("rekognition.media_analysis", PLACE.account, PLACE.region), "x")
    either.write(job(key=other, created_at=at(50)), None)
    assert [found.key.id for found in either.recent(PLACE.source, None, 3)] == ["d", "c", "b"]
    since = either.recent(PLACE.source, at(2), 10)
    assert [found.key.id for found in since] == ["d", "c"]
    assert since[0].created_at == at(0) + timedelta(minutes=3)


def listable(store: JobStore, minutes: list[int]) -> list[Listed]:
    """Jobs that were created at these minutes, newest first."""
    rows = [Listed(JobKey(PLACE, f"j{number}"), at(minute)) for number, minute in enumerate(minutes)]
    for row in rows:
        store.write(job(key=row.key, created_at=row.at), None)
    return sorted(rows, key=lambda row: row.at, reverse=True)


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_list_is_read_on_from_any_row(either: JobStore, newest_first: bool) -> None:
    """Whoever turns pages sees each job once, also those that were created at one moment."""
    rows = listable(either, [1, 2, 2, 2, 3])
    seen: list[Listed] = []
    while page := either.listed(
        PLACE.source, 2, newest_first=newest_first, behind=seen[-1] if seen else None
    ):
        seen += page
    assert sorted(seen, key=str) == sorted(rows, key=str)
    assert [row.at for row in seen] == sorted((row.at for row in rows), reverse=newest_first)


def test_a_list_has_limits_on_both_sides(either: JobStore) -> None:
    """Both are included, and either may be left out."""
    rows = listable(either, [1, 2, 3, 4])
    assert either.listed(PLACE.source, 9, since=at(2), until=at(3)) == rows[1:3]
    assert either.listed(PLACE.source, 9, since=at(3)) == rows[:2]
    assert either.listed(PLACE.source, 9, until=at(1)) == rows[3:]
    assert either.listed(PLACE.source, 9, since=at(3), until=at(2)) == []
    assert either.listed("rekognition.media_analysis", 9) == []


def test_a_list_goes_on_where_its_last_row_is_gone(either: JobStore) -> None:
    """A job may be forgotten between two pages."""
    rows = listable(either, [1, 3])
    assert either.listed(PLACE.source, 9, behind=Listed(JobKey(PLACE, "forgotten"), at(2))) == rows[1:]


def test_the_key_of_page_tokens_stays_the_same(either: JobStore) -> None:
    """Else a token would be good at one function and bad at another."""
    key = either.page_key()
    assert len(key) == 32
    assert either.page_key() == key
