"""Member by member: what a service sends in a row is what the product keeps of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from jobherald.catalog import load
from jobherald.checks.members import row_members
from jobherald.checks.models import row_shape, service_model
from jobherald.checks.shapes import sample
from jobherald.model import Place, State
from jobherald.ports import Query
from jobherald.providers.aws import AwsLister
from tests.providers.jobservice import LABELING, MEDIA, Service

PLACES = [LABELING, MEDIA]


def generated_answer(place: Place) -> dict[str, Any]:
    source = load(place.source)
    model = service_model(source.client).operation_model(source.operation)
    answer: dict[str, Any] = sample(model.output_shape)
    return answer


def members(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each leaf of a nested value with its dotted path."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from members(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for member in value:
            yield from members(member, f"{path}[]")
    else:
        yield path, value


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.source)
def test_every_member_comes_back_typed(place: Place, lister: AwsLister, service: Service) -> None:
    """A generated answer in which each member has a value of its own arrives in the details member by member."""
    source = load(place.source)
    answer = generated_answer(place)
    service.on(source.operation, answer)

    page = lister.page(place, Query(), "")

    assert page.token == answer["NextToken"]
    sent = dict(members(answer[source.items][0]))
    kept = dict(members(page.rows[0].details))
    assert set(sent) == set(row_members(source)), "the generated answer fills every member of the model"
    assert set(kept) == set(sent)
    for path, value in sent.items():
        expected = value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, datetime) else value
        assert (kept[path], type(kept[path])) == (expected, type(expected)), path
    values = [value for path, value in sent.items() if "one of" not in row_members(source)[path][0]]
    assert len(set(map(str, values))) == len(values), "no two members could be mistaken for each other"


def test_labeling_members_are_read_as_what_they_mean(lister: AwsLister, service: Service) -> None:
    """The members of a labeling job that the product acts on are read from where the catalogue says."""
    answer = generated_answer(LABELING)
    row = answer["LabelingJobSummaryList"][0]
    service.on("ListLabelingJobs", answer)

    seen = lister.page(LABELING, Query(), "").rows[0]

    assert (seen.key.text, seen.name) == (f"{LABELING.key}:{row['LabelingJobArn']}", row["LabelingJobName"])
    assert (seen.created_at, seen.modified_at) == (row["CreationTime"], row["LastModifiedTime"])
    assert seen.reason == row["FailureReason"]
    counters = row["LabelCounters"]
    assert seen.progress is not None
    assert seen.progress.counters == {
        "done": counters["TotalLabeled"],
        "human": counters["HumanLabeled"],
        "machine": counters["MachineLabeled"],
        "failed": counters["FailedNonRetryableError"],
        "remaining": counters["Unlabeled"],
        "total": counters["TotalLabeled"] + counters["FailedNonRetryableError"] + counters["Unlabeled"],
    }


def test_media_members_are_read_as_what_they_mean(lister: AwsLister, service: Service) -> None:
    """The members of a media analysis job that the product acts on are read from where the catalogue says."""
    answer = generated_answer(MEDIA)
    row = answer["MediaAnalysisJobs"][0]
    service.on("ListMediaAnalysisJobs", answer)

    seen = lister.page(MEDIA, Query(), "").rows[0]

    assert (seen.key.text, seen.name) == (f"{MEDIA.key}:{row['JobId']}", row["JobName"])
    assert (seen.created_at, seen.ended_at) == (row["CreationTimestamp"], row["CompletionTimestamp"])
    assert (seen.reason, seen.reason_code) == (
        row["FailureDetails"]["Message"],
        row["FailureDetails"]["Code"],
    )
    assert seen.progress is None


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.source)
def test_a_member_of_tomorrow_does_no_harm(place: Place, lister: AwsLister, service: Service) -> None:
    """What botocore's model does not know is dropped by botocore's parser; all that it knows is still there."""
    source = load(place.source)
    answer = generated_answer(place)
    row = answer[source.items][0]
    before = set(row)
    row["MemberOfTomorrow"] = {"Deep": [1, 2]}
    service.on(source.operation, answer)

    seen = lister.page(place, Query(), "").rows[0]

    assert set(seen.details) == before


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.source)
def test_a_status_of_tomorrow_is_unknown_and_kept(place: Place, lister: AwsLister, service: Service) -> None:
    """A status that the catalogue does not know makes the job unknown under the service's own word."""
    source = load(place.source)
    answer = generated_answer(place)
    answer[source.items][0][source.status_path] = "HIBERNATING"
    service.on(source.operation, answer)

    seen = lister.page(place, Query(), "").rows[0]

    assert (seen.state, seen.status) == (State.UNKNOWN, "HIBERNATING")
    assert seen.details[source.status_path] == "HIBERNATING"


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.source)
def test_every_member_may_be_missing(place: Place, lister: AwsLister, service: Service) -> None:
    """A row that lacks any one member is still seen, unless it is the one that says which job it is about."""
    source = load(place.source)
    answer = generated_answer(place)
    whole = answer[source.items][0]
    rows = {name: {key: value for key, value in whole.items() if key != name} for name in whole}
    answer[source.items] = list(rows.values())
    service.on(source.operation, answer)

    seen = lister.page(place, Query(), "").rows

    assert [set(one.details) for one in seen] == [
        set(row) for name, row in rows.items() if name != source.id_path
    ]


def test_times_keep_their_microseconds(lister: AwsLister, service: Service) -> None:
    """A modified time decides which of two answers is newer, so that nothing of it may be rounded away."""
    at = datetime(2026, 11, 22, 10, 59, 59, 123457, tzinfo=UTC)
    row = sample(row_shape(load(LABELING.source))) | {"LastModifiedTime": at}
    service.on("ListLabelingJobs", {"LabelingJobSummaryList": [row]})

    seen = lister.page(LABELING, Query(), "").rows[0]

    assert seen.modified_at == at
    assert seen.details["LastModifiedTime"] == "2026-11-22T10:59:59.123457Z"
