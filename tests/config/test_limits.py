from __future__ import annotations

from dataclasses import replace

import pytest

from jobherald.catalog import load
from jobherald.catalog.source import Counters
from jobherald.config import limits
from jobherald.config.limits import jobs_fault, name_fault, states
from jobherald.model import State


@pytest.mark.parametrize(
    ("counters", "partial"),
    [
        (None, False),
        (Counters(done="Done"), False),
        (Counters(done="Done", failed="Failed"), True),
        (Counters(done="Done", remaining="Remaining"), True),
    ],
)
def test_partial_can_be_told_where_the_counters_can_say_it(counters: Counters | None, partial: bool) -> None:
    """Objects left undone make a job partial as well as those that failed."""
    source = replace(load("rekognition.media_analysis"), counters=counters)
    assert (State.PARTIAL in states(source)) is partial


def test_gone_can_be_told_of_every_job() -> None:
    """One that nobody can look up is gone when two whole lists in a row do not show it."""
    source = load("rekognition.media_analysis")
    assert State.GONE in states(source)
    assert State.GONE in states(replace(source, look=None))


def test_jobs_can_be_named_where_a_job_can_be_looked_up() -> None:
    """Without a call for one job there is no way to look at those that are named."""
    source = load("modelarts.training")
    assert jobs_fault(source) == ""
    assert jobs_fault(replace(source, look=None)) == (
        "modelarts.training has no call for a single job, so none can be named; remove this key"
    )


def test_how_many_filters_there_can_be_is_no_limit_of_a_name() -> None:
    """Systems Manager takes ten filters, each a table: a name in one of them can be longer than ten characters."""
    source = replace(load("ssm.automation"), name_path="DocumentName", filters={"name_contains": "Filters"})
    assert name_fault(source, "x" * 11) == ""


def test_a_pattern_that_python_does_not_read_refuses_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS writes some in a dialect of its own; the service says it then."""
    monkeypatch.setattr(limits, "_taken", lambda *_: (0, r"[\p{Alnum}]+"))
    assert name_fault(load("sagemaker.labeling"), "prod-") == ""
