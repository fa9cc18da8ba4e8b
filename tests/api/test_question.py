from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.api import question
from jobherald.api.question import Question
from jobherald.api.refusals import RefusedError
from jobherald.model import State
from tests.fakes.things import job

LABELING, MEDIA = "sagemaker.labeling", "rekognition.media_analysis"
DEPLOYED = (LABELING, MEDIA)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def ask(raw: str) -> Question:
    return question.ask(raw, DEPLOYED)


def refusal(raw: str) -> RefusedError | None:
    try:
        ask(raw)
    except RefusedError as refused:
        return refused
    return None


def faults(raw: str) -> set[tuple[str, str]]:
    """Path and rule of everything that is found against a query."""
    refused = refusal(raw)
    assert refused is not None
    assert (refused.status, refused.code) == (422, "VALIDATION_ERROR")
    return {(each.path, each.rule) for each in refused.details}


def test_nothing_has_to_be_asked_for() -> None:
    """All sources, the newest first, fifty at a time."""
    asked = ask("")
    assert (asked.sources, asked.by, asked.descending) == (DEPLOYED, "created", True)
    assert asked.query.limit == 50
    assert not asked.narrowed
    assert asked.means(job())


@pytest.mark.parametrize(
    "raw", ["state=failed,stopped", "state=failed&state=stopped", "state=failed%2Cstopped"]
)
def test_lists_are_given_in_one_parameter_or_in_several(raw: str) -> None:
    """As API Gateway itself takes them for the same."""
    asked = ask(raw)
    meant = {state for state in State if asked.means(job(state))}
    assert meant == {State.FAILED, State.STOPPED}


def test_each_parameter_narrows() -> None:
    """What is not given leaves all in."""
    one = job(created_at=NOON, modified_at=NOON)
    hour = timedelta(hours=1)
    assert ask("region=us-east-1").means(one)
    assert not ask("region=eu-west-1,eu-west-2").means(one)
    assert ask("name_contains=ONE").means(replace(one, name="Number One"))
    assert not ask("name_contains=two").means(one)
    for which in ("created", "modified"):
        early, late = (
            urlencode({f"{which}_{side}": at.isoformat()})
            for side, at in (("after", NOON - hour), ("before", NOON + hour))
        )
        assert ask(f"{early}&{late}").means(one)
        assert not ask(urlencode({f"{which}_after": NOON.isoformat()})).means(one)
        assert not ask(urlencode({f"{which}_before": NOON.isoformat()})).means(one)
        unknown = replace(one, created_at=None, modified_at=None)
        assert not ask(early).means(unknown)


def test_sources_stay_in_the_order_in_which_they_are_deployed() -> None:
    """However they are asked for: the same question has the same pages."""
    both = ask(f"source={MEDIA},{LABELING}")
    assert both.sources == DEPLOYED
    assert ask(f"source={MEDIA}").sources == (MEDIA,)
    assert both.identity()["source"] == list(DEPLOYED)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T12:00:00Z", NOON),
        ("2026-11-22T13:00:00+01:00", NOON),
        ("2026-11-22T12:00:00.25Z", NOON + timedelta(microseconds=250_000)),
        ("2026-11-22", NOON.replace(hour=0)),
    ],
)
def test_moments_have_an_offset_and_dates_begin_in_utc(text: str, moment: datetime) -> None:
    """As in the configuration."""
    assert ask(f"created_after={quote(text)}").created_after == moment


def test_every_fault_is_told_at_once() -> None:
    """Each with its place and the rule that it breaks."""
    raw = (
        "limit=0&limit=5&state=failed,x&source=a.b&source=no&region=Up&created_after=2026-02-30&created_before=soon"
        "&modified_after=2026-11-22T12:00:00&sort=size&order=down&token=&name_contains=&colour=red&Limit=3"
    )
    assert faults(raw) == {
        ("query.limit", "shape.range"),
        ("query.limit", "query.twice"),
        ("query.state[1]", "shape.choice"),
        ("query.source[1]", "shape.pattern"),
        ("query.region[0]", "shape.pattern"),
        ("query.created_after", "query.time"),
        ("query.created_before", "shape.pattern"),
        ("query.modified_after", "shape.pattern"),
        ("query.sort", "shape.choice"),
        ("query.order", "shape.choice"),
        ("query.token", "shape.length"),
        ("query.name_contains", "shape.length"),
        ("query.colour", "shape.unknown-member"),
        ("query.Limit", "shape.unknown-member"),
    }


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("limit=101", ("query.limit", "shape.range")),
        ("limit=five", ("query.limit", "shape.type")),
        ("limit=-1", ("query.limit", "shape.type")),
        ("limit=٣", ("query.limit", "shape.type")),
        ("limit=9999999999999999999999", ("query.limit", "shape.type")),
        ("source=sagemaker.nothing", ("query.source[0]", "query.source")),
        ("created_after=0001-01-01T00:00:00%2B14:00", ("query.created_after", "query.time")),
        ("created_after=9999-12-31T23:59:59-14:00", ("query.created_after", "query.time")),
        ("created_after=2026-11-22T12:00:00+01:00", ("query.created_after", "shape.pattern")),
        ("created_after=2026-11-22T24:01:00Z", ("query.created_after", "query.time")),
        ("token=" + "x" * 5000, ("query.token", "shape.length")),
        ("&".join(f"a{number}=1" for number in range(101)), ("query", "query.many")),
    ],
)
def test_what_no_list_can_be_asked_for_is_refused(raw: str, fault: tuple[str, str]) -> None:
    """The plus sign of an offset is a blank unless it is encoded; no number is too large to be told."""
    assert faults(raw) == {fault}


@given(
    st.text()
    | st.dictionaries(st.sampled_from(sorted(question.JobsQuery.model_fields)), st.text()).map(urlencode)
)
def test_any_query_string_is_answered_or_refused(raw: str) -> None:
    """And what is refused says why."""
    refused = refusal(raw)
    assert refused is None or refused.details
    for each in refused.details if refused else ():
        assert each.path.startswith("query")
        assert each.remedy


@given(st.datetimes(timezones=st.just(UTC) | st.just(timezone(timedelta(hours=8)))))
def test_any_moment_that_is_written_well_is_understood(moment: datetime) -> None:
    """Except before the first and after the last that Python knows."""
    at = moment.replace(microsecond=0)
    raw = urlencode({"created_before": at.isoformat()})
    if moment.year in {1, 9999}:
        return
    assert ask(raw).created_before == at
