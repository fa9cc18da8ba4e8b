from __future__ import annotations

from datetime import timedelta

from jobherald.model import Place
from jobherald.submit.watching import why_untold
from jobherald.watch import PlaceRecord, Rule, Scope
from tests.fakes.time import NOON

PLACE = Place("sagemaker.labeling", "111122223333", "us-east-1")


def record(*rules: Rule) -> PlaceRecord:
    return PlaceRecord(PLACE, Scope(rules), NOON)


def test_a_job_that_a_watch_takes_in_is_told() -> None:
    """One watch is enough."""
    rules = (Rule("other", name_contains="prod-"), Rule("mine", name_contains="signs"))
    assert why_untold(record(*rules), PLACE, "Street-SIGNS", NOON) == ""


def test_a_job_that_no_watch_takes_in_is_not() -> None:
    """By its name, or by when it is created."""
    for rule in (Rule("prod", name_contains="prod-"), Rule("old", created_before=NOON - timedelta(days=1))):
        said = why_untold(record(rule), PLACE, "signs", NOON)
        assert said == "has no watch over sagemaker.labeling in us-east-1 that takes in a job called signs"


def test_a_place_that_nobody_watches_tells_nothing() -> None:
    """Never looked at, or no longer."""
    for known in (None, record()):
        assert why_untold(known, PLACE, "signs", NOON) == "has no watch over sagemaker.labeling in us-east-1"
