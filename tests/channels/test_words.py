"""The sentences that every channel shares say what is known, and nothing that only seems so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from jobherald import catalog
from jobherald.channels.words import (
    alert_headline,
    changes_of,
    order,
    progress_words,
    seen_running,
    status_words,
    what_happened,
    where,
)
from jobherald.model import Alert, AlertKind, Change, Place, Progress, State
from tests.fakes.news import (
    BLIND,
    DATASET,
    FAILED,
    MEDIA,
    PROJECT,
    REFUSED,
    TAKEN,
    TASK_FAILED,
    TASK_RUNNING,
    TASK_STOPPED,
    TASK_SUCCEEDED,
    WATCHING,
    changes,
    progresses,
    story_of,
)

LABELING = catalog.load("sagemaker.labeling")
TASKS = catalog.load("modelarts.auto_labeling")


class TestWhere:
    def test_the_account_of_a_place_is_called_what_it_is(self) -> None:
        """Who looks for an AWS account number must not find the id of a project."""
        assert where(MEDIA) == "eu-west-1, account 111122223333"
        assert where(DATASET) == f"cn-north-4, project {PROJECT}, dataset g6IO9qSu6hoxwCAirfm"

    def test_a_source_that_the_catalogue_no_longer_has_leaves_what_lies_below_without_a_title(self) -> None:
        """News outlives its entry."""
        orphan = Place("gone.kind", "111122223333", "us-east-1", "queue-7")
        assert where(orphan) == "us-east-1, account 111122223333, queue-7"


class TestProgress:
    @pytest.mark.parametrize(
        ("percent", "counters", "words"),
        [
            (
                10.0,
                {"done": 30, "total": 49, "to_confirm": 12},
                "10 % done, 30 of 49 annotated, 12 to confirm",
            ),
            (10.0, {"done": 30, "total": 49}, "10 % done, 30 of 49 annotated"),
            (10.0, {"done": 30, "total": 49, "to_confirm": 0}, "10 % done, 30 of 49 annotated"),
            (0.0, {"done": 0, "total": 49, "to_confirm": 0}, "0 % done, 0 of 49 annotated"),
            (0.0, {"total": 49}, "0 % done, 49 in all"),
            (5.0, {"done": 0}, "5 % done, 0 annotated"),
            (5.0, {"to_confirm": 12}, "5 % done, 12 to confirm"),
            (5.0, {"to_confirm": 0}, "5 %"),
            (0.0, {}, "0 %"),
            (None, {"done": 1200, "total": 49000}, "1,200 of 49,000 annotated"),
            (None, {}, ""),
        ],
    )
    def test_what_is_not_there_is_not_zero(
        self, percent: float | None, counters: dict[str, int], words: str
    ) -> None:
        """Each of percentage, done and total may be missing by itself; a further counter that is 0 says nothing."""
        assert progress_words(Progress(percent, counters), TASKS) == words

    def test_the_services_own_percentage_stands_beside_counters_that_are_complete(self) -> None:
        """The dataset was annotated before, and the task has hardly begun."""
        assert (
            progress_words(Progress(10.0, {"done": 49, "total": 49}), TASKS)
            == "10 % done, 49 of 49 annotated"
        )

    def test_a_whole_hundred_is_left_out_beside_counters(self) -> None:
        """That a task which succeeded is at 100 % is no news, and beside 30 of 49 it looks like a mistake."""
        ended = Progress(100.0, {"done": 30, "total": 49, "to_confirm": 19})
        assert progress_words(ended, TASKS) == "30 of 49 annotated, 19 to confirm"
        assert progress_words(Progress(100.0), TASKS) == "100 %"

    def test_a_percentage_that_follows_from_complete_counters_is_left_out(self) -> None:
        """380 done and 20 failed of 400 are all there are."""
        ended = Progress(95.0, {"done": 380, "failed": 20, "total": 400})
        assert progress_words(ended, LABELING) == "380 of 400 objects labeled, 20 failed"

    @given(progresses)
    def test_every_number_above_zero_that_the_service_counts_is_told(self, progress: Progress) -> None:
        """Whichever of them are there."""
        told = progress_words(progress, TASKS)
        assert all(f"{count:,}" in told for count in progress.counters.values() if count)


class TestStatus:
    def test_a_number_is_told_with_its_meaning(self) -> None:
        """Nobody knows by heart what 2 is."""
        assert [status_words(status, TASKS) for status in ("2", "-1", "0")] == [
            "failed (2)",
            "queuing (-1)",
            "initializing (0)",
        ]

    def test_a_word_and_an_unknown_number_stand_for_themselves(self) -> None:
        """There is nothing to say about them."""
        assert status_words("InProgress", LABELING) == "InProgress"
        assert status_words("17", TASKS) == "17"


class TestDuration:
    def test_a_job_took_from_its_creation_to_its_end(self) -> None:
        """Where the service says both."""
        assert what_happened(FAILED) == "failed after 41 min"

    @pytest.mark.parametrize("ended", [TASK_FAILED, TASK_SUCCEEDED, TASK_STOPPED])
    def test_no_duration_comes_from_a_creation_time_in_no_time_zone(self, ended: Change) -> None:
        """It would be off by hours, and stand there as a fact."""
        assert " min" not in what_happened(ended)
        assert " min" not in what_happened(ended, story_of(ended))
        assert what_happened(TASK_FAILED) == "failed"

    def test_what_was_seen_is_measured_instead(self) -> None:
        """From the answer that first showed it running to the one that showed its end."""
        story = story_of(TASK_FAILED, TASK_RUNNING)
        assert what_happened(TASK_FAILED, story) == "failed, seen running for 41 min"

    def test_a_start_that_is_still_owed_counts_too(self) -> None:
        """One channel may be behind another."""
        story = replace(story_of(TASK_FAILED), owed=[TASK_RUNNING, TASK_FAILED])
        assert what_happened(TASK_FAILED, story) == "failed, seen running for 41 min"

    def test_only_the_run_that_ended_is_measured(self) -> None:
        """A job that ran twice took no longer than its second run, and later news does not alter the first."""
        again = replace(TASK_RUNNING, version=6, seen_at=TASK_RUNNING.seen_at + timedelta(hours=3))
        story = story_of(TASK_FAILED, TASK_RUNNING, again)
        assert seen_running(story, before=4) == TASK_RUNNING.seen_at
        assert seen_running(story, before=8) == again.seen_at

    @given(changes)
    def test_a_job_that_has_not_ended_took_no_time_yet(self, change: Change) -> None:
        """Whatever else is known of it."""
        running = replace(change, state=State.RUNNING)
        assert what_happened(running, story_of(running, running)) == "is running"


def test_each_change_of_a_story_comes_once_and_in_order() -> None:
    """Told on two channels, or told on one and owed on another, it is one change."""
    story = replace(story_of(TASK_FAILED, TASK_FAILED, TASK_RUNNING, TASK_RUNNING), owed=[TASK_FAILED])
    assert changes_of(story) == [TASK_RUNNING, TASK_FAILED]


class TestAlerts:
    def test_a_refused_credential_names_who_refuses_it(self) -> None:
        """At three in the morning the first line has to say whose it is."""
        assert alert_headline(REFUSED) == "Huawei Cloud refuses the credential"
        assert alert_headline(TAKEN) == "Huawei Cloud takes the credential again"

    def test_a_refused_credential_comes_before_whatever_else_happened(self) -> None:
        """It hides what happens from then on; that it is taken again can wait."""
        news: list[Change | Alert] = [FAILED, TAKEN, TASK_FAILED, REFUSED]
        assert sorted(news, key=order) == [REFUSED, FAILED, TASK_FAILED, TAKEN]

    def test_a_headline_says_whether_a_whole_region_is_meant(self) -> None:
        """One dataset that cannot be seen is less than all of them."""
        region = replace(BLIND, place=replace(DATASET, parent=""))
        assert alert_headline(region) == "Cannot see ModelArts auto labeling tasks in cn-north-4"
        assert (
            alert_headline(replace(BLIND, place=DATASET))
            == "Cannot see ModelArts auto labeling tasks of one dataset in cn-north-4"
        )
        assert alert_headline(WATCHING) == "Watching Ground Truth labeling jobs in us-east-1"

    def test_a_kind_that_has_no_words_there_is_told_all_the_same(self) -> None:
        """A message in a queue can hold any kind with any place."""
        assert alert_headline(replace(BLIND, place=None)) == "A notice to the operators"
        assert (
            alert_headline(replace(BLIND, kind=AlertKind.CONFIG_REFUSED))
            == "A notice about Rekognition media analysis jobs in eu-west-1"
        )
