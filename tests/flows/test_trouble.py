from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from jobherald.errors import ListingError
from jobherald.flows.trouble import (
    LONGEST_PAUSE,
    REFUSED_PAUSE,
    late_since,
    recovered,
    troubled,
)
from jobherald.flows.visit import Limits
from jobherald.model import AlertKind, Place, Severity
from jobherald.watch import PlaceRecord
from tests.fakes.service import PLACE
from tests.fakes.things import at
from tests.fakes.world import ALL

WELL = PlaceRecord(PLACE, ALL, at(0), 1, settled_at=at(0), alerts=4)
BLIND_AFTER = Limits().blind_after
TELL_AFTER = timedelta(seconds=BLIND_AFTER)


def error(kind: str) -> ListingError:
    return ListingError("no permission; grant sagemaker:ListLabelingJobs", kind=kind)


@pytest.mark.parametrize("kind", ["denied", "off"])
def test_a_refusal_is_said_at_once_and_once(kind: str) -> None:
    """It does not pass by itself. The alert names the place and the remedy."""
    record, (alert,) = troubled(WELL, error(kind), at(1), BLIND_AFTER)
    assert (alert.kind, alert.severity, alert.version, alert.place) == (
        AlertKind.BLIND,
        Severity.ERROR,
        5,
        PLACE,
    )
    assert all(word in alert.text for word in (PLACE.source, PLACE.region, PLACE.account))
    assert "grant sagemaker:ListLabelingJobs" in alert.text
    assert alert.next_step
    assert record.paused_until == at(1) + REFUSED_PAUSE
    again, none = troubled(record, error(kind), at(99), BLIND_AFTER)
    assert none == []
    assert (again.trouble, again.trouble_since, again.alerts) == (kind, at(1), 5)


@pytest.mark.parametrize("kind", ["throttled", "failed", "token"])
def test_what_may_pass_is_said_only_when_it_lasts(kind: str) -> None:
    """Nobody wants to be woken for one slow minute."""
    record, alerts = troubled(WELL, error(kind), at(0), BLIND_AFTER)
    assert alerts == []
    record, alerts = troubled(record, error(kind), at(0) + TELL_AFTER - timedelta(seconds=1), BLIND_AFTER)
    assert alerts == []
    record, alerts = troubled(record, error(kind), at(0) + TELL_AFTER, BLIND_AFTER)
    assert [alert.kind for alert in alerts] == [AlertKind.BLIND]
    assert alerts[0].next_step
    assert troubled(record, error(kind), at(99), BLIND_AFTER)[1] == []


def test_a_place_in_trouble_is_polled_less_and_less_up_to_a_bound() -> None:
    """A throttled API is not helped by being asked more."""
    record = WELL
    pauses = []
    for minute in (0, 1, 3, 10, 15, 60):
        record, _ = troubled(record, error("throttled"), at(minute), BLIND_AFTER)
        assert record.paused_until is not None
        pauses.append((record.paused_until - at(minute)).total_seconds())
    assert pauses == [30, 60, 180, 600, 900, LONGEST_PAUSE.total_seconds()]


def test_no_pause_outlasts_the_time_after_which_people_are_told() -> None:
    """Pauses that double would have the eleventh minute told in the seventeenth."""
    record, now = WELL, at(0)
    while not record.told_blind:
        record, _ = troubled(record, error("throttled"), now, BLIND_AFTER)
        assert record.paused_until is not None
        told, now = now, record.paused_until
    assert told - at(0) == TELL_AFTER


def test_the_end_is_said_only_to_who_heard_of_the_trouble() -> None:
    """Silence about a hiccup, one line after a real one."""
    assert recovered(WELL, at(1)) == (WELL, [])
    hiccup, _ = troubled(WELL, error("throttled"), at(0), BLIND_AFTER)
    assert recovered(hiccup, at(1))[1] == []
    blind, _ = troubled(WELL, error("denied"), at(0), BLIND_AFTER)
    well, (alert,) = recovered(blind, at(30))
    assert alert.kind is AlertKind.SEES_AGAIN
    assert "blind since 2026-11-22 12:00 UTC" in alert.text
    assert (well.trouble, well.trouble_since, well.told_blind, well.paused_until) == ("", None, False, None)
    assert troubled(well, error("denied"), at(40), BLIND_AFTER)[1] != []


def test_a_place_of_huawei_cloud_is_named_by_its_project() -> None:
    """Whoever reads it looks for the project, not for an account of AWS."""
    place = Place("modelarts.auto_labeling", "0a1b2c", "cn-north-4")
    _, (alert,) = troubled(replace(WELL, place=place), error("denied"), at(1), BLIND_AFTER)
    assert "modelarts.auto_labeling in cn-north-4 (project 0a1b2c)" in alert.text


def test_a_service_that_says_when_to_come_again_is_believed_for_an_hour_at_most() -> None:
    """A header must not switch a place off."""
    for wish, pause in ((5, 30), (400, 400), (99_999, 3600)):
        record, _ = troubled(
            WELL, ListingError("slow", kind="throttled", retry_after=wish), at(0), BLIND_AFTER
        )
        assert record.paused_until == at(0) + timedelta(seconds=pause)


def test_a_refused_credential_is_no_word_of_the_place() -> None:
    """It is said once, for every place that it signs for."""
    record, alerts = troubled(WELL, error("credential"), at(0), BLIND_AFTER)
    assert alerts == []
    assert record.paused_until == at(0) + REFUSED_PAUSE
    assert troubled(record, error("credential"), at(60), BLIND_AFTER)[1] == []


def test_how_long_a_place_may_be_blind_is_the_deployers_to_say() -> None:
    """One wants to hear of a minute, another one of an hour."""
    once, alerts = troubled(WELL, error("throttled"), at(0), 60)
    assert alerts == []
    assert troubled(once, error("throttled"), at(1), 60)[1] != []
    assert troubled(once, error("throttled"), at(59), 3600)[1] == []


def test_what_is_found_after_blindness_is_late_where_people_know_or_it_was_long() -> None:
    """A hiccup is nobody's news, and what was seen below other parents meanwhile is not late."""
    assert late_since(WELL, at(99), BLIND_AFTER) is None
    told, _ = troubled(WELL, error("denied"), at(1), BLIND_AFTER)
    assert late_since(told, at(2), BLIND_AFTER) == at(1)
    hiccup, _ = troubled(WELL, error("throttled"), at(1), BLIND_AFTER)
    assert late_since(hiccup, at(2), BLIND_AFTER) is None
    assert late_since(hiccup, at(11), BLIND_AFTER) == at(1)
    said_elsewhere, _ = troubled(WELL, error("credential"), at(1), BLIND_AFTER)
    assert late_since(said_elsewhere, at(2), BLIND_AFTER) == at(1)
    assert late_since(replace(told, paused_until=None), at(2), BLIND_AFTER) is None
    assert late_since(replace(told, settled_at=None), at(2), BLIND_AFTER) is None


def test_a_look_that_sees_again_over_several_polls_is_late_to_its_end() -> None:
    """The place is well from the first of them on."""
    blind, _ = troubled(WELL, error("denied"), at(1), BLIND_AFTER)
    going_on, _ = recovered(replace(blind, late_since=late_since(blind, at(2), BLIND_AFTER)), at(2))
    assert late_since(going_on, at(3), BLIND_AFTER) == at(1)
