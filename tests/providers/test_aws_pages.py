from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from jobherald.catalog import load
from jobherald.catalog.source import Source
from jobherald.checks.models import row_shape
from jobherald.checks.shapes import sample
from jobherald.errors import ConfigError, ListingError
from jobherald.model import Place, State
from jobherald.ports import Abilities, Query, Reach
from jobherald.providers import aws
from jobherald.providers.aws import AwsLister, ClientFactory
from tests.providers.jobservice import LABELING, MEDIA, Answer, Service

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def media_row(number: int, **members: Any) -> dict[str, Any]:
    return {"JobId": f"job-{number}", "Status": "IN_PROGRESS", "CreationTimestamp": NOON, **members}


def in_pages_of(size: int, rows: list[dict[str, Any]]) -> Any:
    """A script that pages as the services do, and ends with an empty page."""

    def script(body: Mapping[str, Any]) -> Answer:
        start = int(body.get("NextToken", "0"))
        more = {"NextToken": str(start + size)} if start < len(rows) else {}
        return Answer({"MediaAnalysisJobs": rows[start : start + size], **more})

    return script


def test_abilities_of_a_listing_by_modified_time(lister: AwsLister) -> None:
    """The cheapest reach that the filters allow, and the open statuses in the order of a job's life."""
    assert lister.abilities("sagemaker.labeling") == Abilities(
        reach=Reach.MODIFIED_AFTER,
        newest_first=True,
        open_statuses=("Initializing", "InProgress", "Stopping"),
        overlap=300.0,
        pace=1.0,
        title="Ground Truth labeling job",
    )


def test_abilities_of_a_listing_without_filters(lister: AwsLister) -> None:
    """Without filters the order of the rows is what there is to go by, and no status can be asked for."""
    assert lister.abilities("rekognition.media_analysis") == Abilities(
        reach=Reach.NEWEST_FIRST,
        newest_first=True,
        open_statuses=(),
        overlap=300.0,
        pace=1.0,
        title="Rekognition media analysis job",
    )


@pytest.mark.parametrize(
    ("changes", "reach"),
    [
        ({"filters": {"created_after": "CreationTimeAfter"}}, Reach.CREATED_AFTER),
        ({"filters": {}}, Reach.NEWEST_FIRST),
        ({"filters": {}, "newest_first": False}, Reach.EVERYTHING),
    ],
)
def test_abilities_follow_the_entry(
    changes: dict[str, Any], reach: Reach, lister: AwsLister, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Modified time is better than creation time, that better than an order, and that better than nothing."""
    entry = replace(load("sagemaker.labeling"), **changes)
    monkeypatch.setattr(aws, "load", lambda source_id: entry)

    assert lister.abilities("sagemaker.labeling").reach is reach


def test_an_unknown_source_is_a_configuration_error(lister: AwsLister) -> None:
    """A source that the catalogue does not have is named, and so are those that are near to it."""
    with pytest.raises(ConfigError, match=r"sagemaker\.hopes.*did you mean sagemaker\."):
        lister.abilities("sagemaker.hopes")


def test_pages_follow_the_token(lister: AwsLister, service: Service) -> None:
    """Each page is one call with the last answer's token, until an answer has none."""
    service.on("ListMediaAnalysisJobs", in_pages_of(2, [media_row(number) for number in range(3)]))

    seen, token, calls = [], "", 0
    while token or not calls:
        page = lister.page(MEDIA, Query(), token)
        seen += [row.key.id for row in page.rows]
        token, calls = page.token, calls + 1

    assert seen == ["job-0", "job-1", "job-2"]
    assert [body for _, body in service.asked] == [
        {"MaxResults": 100},
        {"MaxResults": 100, "NextToken": "2"},
        {"MaxResults": 100, "NextToken": "4"},
    ]


def test_an_empty_page_may_have_a_token(lister: AwsLister, service: Service) -> None:
    """Services filter after they cut pages, so that nothing on a page says nothing about the next."""
    service.on("ListMediaAnalysisJobs", {"MediaAnalysisJobs": [], "NextToken": "on"})

    page = lister.page(MEDIA, Query(), "")

    assert (page.rows, page.token) == ((), "on")


def test_the_page_is_dated_by_its_answer(lister: AwsLister, service: Service) -> None:
    """The time of an observation is the answer's own date, whatever our clock says."""
    date = "Tue, 01 Feb 2000 03:04:05 GMT"
    service.on("ListMediaAnalysisJobs", Answer({"MediaAnalysisJobs": [media_row(1)]}, date=date))

    page = lister.page(MEDIA, Query(), "")

    assert page.date == page.rows[0].seen_at == datetime(2000, 2, 1, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_an_answer_without_a_date_is_refused(date: str, lister: AwsLister, service: Service) -> None:
    """Our own clock in its place would order observations wrongly, so that such an answer is not used."""
    service.on("ListMediaAnalysisJobs", Answer({"MediaAnalysisJobs": []}, date=date))

    with pytest.raises(ListingError, match="without a Date") as caught:
        lister.page(MEDIA, Query(), "")

    assert caught.value.kind == "failed"


def test_a_query_becomes_the_filters_of_the_operation(lister: AwsLister, service: Service) -> None:
    """Every word of a query that the operation can filter by reaches it, beside what the entry always asks for."""
    service.on("ListLabelingJobs", {"LabelingJobSummaryList": []})
    day = [datetime(2026, 11, number, tzinfo=UTC) for number in range(1, 5)]

    lister.page(LABELING, Query(day[0], day[1], day[2], day[3], "prod-", "InProgress"), "next")

    assert service.asked == [
        (
            "ListLabelingJobs",
            {
                "SortBy": "CreationTime",
                "SortOrder": "Descending",
                "MaxResults": 100,
                "NextToken": "next",
                "LastModifiedTimeAfter": day[0].timestamp(),
                "LastModifiedTimeBefore": day[1].timestamp(),
                "CreationTimeAfter": day[2].timestamp(),
                "CreationTimeBefore": day[3].timestamp(),
                "NameContains": "prod-",
                "StatusEquals": "InProgress",
            },
        )
    ]


def test_a_query_leaves_out_what_the_operation_cannot_filter_by(lister: AwsLister, service: Service) -> None:
    """Media analysis has no filters: the answer is wider than the query, never an error."""
    service.on("ListMediaAnalysisJobs", {"MediaAnalysisJobs": []})

    lister.page(MEDIA, Query(NOON, NOON, NOON, NOON, "prod-", "IN_PROGRESS"), "")

    assert service.asked == [("ListMediaAnalysisJobs", {"MaxResults": 100})]


def test_limits_between_two_seconds_widen_the_query(lister: AwsLister, service: Service) -> None:
    """Requests have whole seconds: a lower limit goes down and an upper one up, so that no job falls between."""
    service.on("ListLabelingJobs", {"LabelingJobSummaryList": []})
    between = NOON.replace(microsecond=700_000)

    lister.page(LABELING, Query(between, between, between, between), "")

    body = service.asked[0][1]
    assert body["LastModifiedTimeAfter"] == body["CreationTimeAfter"] == NOON.timestamp()
    assert body["LastModifiedTimeBefore"] == body["CreationTimeBefore"] == NOON.timestamp() + 1


@pytest.mark.parametrize("name", ["under_score", "x" * 64, "with space", "prod-\n"])
def test_a_name_that_the_service_would_refuse_is_not_sent(
    name: str, lister: AwsLister, service: Service
) -> None:
    """Names that no labeling job can have would make the call fail, and the place with it."""
    service.on("ListLabelingJobs", {"LabelingJobSummaryList": []})

    lister.page(LABELING, Query(name_contains=name), "")

    assert "NameContains" not in service.asked[0][1]


def test_a_row_without_an_id_is_left_out_and_logged(
    lister: AwsLister, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """A row that does not say which job it is about cannot be remembered; the others of its page can."""
    rows = [media_row(1), {"Status": "FAILED"}, {**media_row(2), "JobId": ""}, None, media_row(3)]
    service.on("ListMediaAnalysisJobs", {"MediaAnalysisJobs": rows})

    with caplog.at_level(logging.WARNING):
        page = lister.page(MEDIA, Query(), "")

    assert [row.key.id for row in page.rows] == ["job-1", "job-3"]
    assert f"{MEDIA.key}: 3 rows without JobId left out" in caplog.text


def test_an_answer_without_its_list_is_an_empty_page(lister: AwsLister, service: Service) -> None:
    """SageMaker may leave the list out altogether."""
    service.on("ListLabelingJobs", {})

    assert lister.page(LABELING, Query(), "").rows == ()


def test_each_region_has_a_client_of_its_own_made_once(clients: ClientFactory, service: Service) -> None:
    """A client costs as much as a poll, so that it is made once for a service and region."""
    made: list[tuple[str, str]] = []

    def counting(name: str, region: str) -> Any:
        made.append((name, region))
        return clients(name, region)

    service.on("ListMediaAnalysisJobs", {"MediaAnalysisJobs": []})
    lister = AwsLister(counting)
    for region in ("us-east-1", "eu-west-1", "us-east-1"):
        lister.page(Place(MEDIA.source, MEDIA.account, region), Query(), "")

    assert made == [("rekognition", "us-east-1"), ("rekognition", "eu-west-1")]


def test_ids_that_can_be_used_again_are_told_apart_by_birth(
    lister: AwsLister, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second job of the same id is another job, known by when it was created."""
    source: Source = replace(load(MEDIA.source), reusable_ids=True)
    monkeypatch.setattr(aws, "load", lambda source_id: source)
    rows = [media_row(1), media_row(1, CreationTimestamp=datetime(2026, 11, 23, tzinfo=UTC))]
    service.on("ListMediaAnalysisJobs", {"MediaAnalysisJobs": rows})

    first, second = lister.page(MEDIA, Query(), "").rows

    assert first.key.born == int(NOON.timestamp())
    assert first.key.text != second.key.text


@pytest.mark.parametrize(
    ("counters", "state"),
    [
        ({"TotalLabeled": 250, "FailedNonRetryableError": 0, "Unlabeled": 0}, State.SUCCEEDED),
        ({"TotalLabeled": 247, "FailedNonRetryableError": 3, "Unlabeled": 0}, State.PARTIAL),
        ({"TotalLabeled": 245, "FailedNonRetryableError": 0, "Unlabeled": 5}, State.PARTIAL),
        ({}, State.SUCCEEDED),
    ],
)
def test_a_completed_job_that_left_objects_behind_is_partial(
    counters: dict[str, int], state: State, lister: AwsLister, service: Service
) -> None:
    """The service calls it Completed all the same; its counters say more."""
    row = sample(row_shape(load(LABELING.source))) | {
        "LabelingJobStatus": "Completed",
        "LabelCounters": counters,
    }
    service.on("ListLabelingJobs", {"LabelingJobSummaryList": [row]})

    assert lister.page(LABELING, Query(), "").rows[0].state is state
