"""The engine knows no service: an entry that the catalogue does not have runs as well, by its data alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.model import ServiceModel
from botocore.session import get_session

from jobherald.catalog.load import parse
from jobherald.catalog.source import Source
from jobherald.checks.catalogue import document_problems
from jobherald.checks.members import member_table, request_members
from jobherald.checks.models import row_shape
from jobherald.checks.shapes import sample
from jobherald.model import Place, State
from jobherald.ports import Query, Reach
from jobherald.providers import aws
from jobherald.providers.aws import AwsLister
from jobherald.providers.requests import list_request
from jobherald.watch import Look
from tests.providers.jobservice import Service, error

# Filters nested in a structure, the described job nested in the answer, and no counters.
ENTRY = """
[[source]]
id = "comprehend.sentiment"
title = "Sentiment detection job"
client = "comprehend"
operation = "ListSentimentDetectionJobs"
items = "SentimentDetectionJobPropertiesList"
token = { input = "NextToken", output = "NextToken" }
page_size = { parameter = "MaxResults", value = 500 }
filters = { created_after = "Filter.SubmitTimeAfter", status = "Filter.JobStatus" }
[source.job]
id = "JobId"
name = "JobName"
status = "JobStatus"
created = "SubmitTime"
ended = "EndTime"
reason = "Message"
output = "OutputDataConfig.S3Uri"
[source.states]
queued = ["SUBMITTED"]
running = ["IN_PROGRESS"]
stopping = ["STOP_REQUESTED"]
succeeded = ["COMPLETED"]
failed = ["FAILED"]
stopped = ["STOPPED"]
[source.look]
operation = "DescribeSentimentDetectionJob"
parameters = { JobId = "id" }
not_found = ["JobNotFoundException"]
items = "SentimentDetectionJobProperties"
[source.advice]
failed = "Read the message."
stopped = "Somebody stopped it."
gone = "It is no longer listed."
"""

PLACE = Place("comprehend.sentiment", "111122223333", "us-east-1")


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Source:
    (entry,) = parse(ENTRY, "catalog/aws/comprehend.toml", "aws")
    monkeypatch.setattr(aws, "load", lambda source_id: entry)
    return entry


def test_the_proofs_hold_for_another_service() -> None:
    """They too know nothing but botocore's models."""
    assert document_problems(ENTRY, "catalog/aws/comprehend.toml", "aws") == []


def test_a_page_of_another_service(source: Source, lister: AwsLister, service: Service) -> None:
    """Nested filters are set where they belong, and rows are read by the entry's paths."""
    row = sample(row_shape(source)) | {"JobStatus": "STOP_REQUESTED"}
    service.on(
        "ListSentimentDetectionJobs", {"SentimentDetectionJobPropertiesList": [row], "NextToken": "on"}
    )
    since = datetime(2026, 11, 1, tzinfo=UTC)

    page = lister.page(PLACE, Query(modified_after=since, created_after=since, status="IN_PROGRESS"), "")

    assert service.asked[0][1] == {
        "MaxResults": 500,
        "Filter": {"SubmitTimeAfter": since.timestamp(), "JobStatus": "IN_PROGRESS"},
    }
    assert page.token == "on"
    assert (page.rows[0].state, page.rows[0].name) == (State.STOPPING, row["JobName"])
    assert (page.rows[0].created_at, page.rows[0].ended_at) == (row["SubmitTime"], row["EndTime"])
    assert lister.abilities(PLACE.source).reach is Reach.CREATED_AFTER
    assert lister.abilities(PLACE.source).open_statuses == ("SUBMITTED", "IN_PROGRESS", "STOP_REQUESTED")


def test_a_look_of_another_service(source: Source, lister: AwsLister, service: Service) -> None:
    """The job that lies deeper in the answer is read from there."""
    row = sample(row_shape(source))
    service.on("DescribeSentimentDetectionJob", {"SentimentDetectionJobProperties": row})
    service.on("ListSentimentDetectionJobs", {"SentimentDetectionJobPropertiesList": [row]})

    sight = lister.look(Look(PLACE, id=row["JobId"]))

    assert sight.seen == lister.page(PLACE, Query(), "").rows[0]
    assert sight.extras == frozenset()

    service.on("DescribeSentimentDetectionJob", error("JobNotFoundException"))
    assert lister.look(Look(PLACE, id=row["JobId"])).seen is None


def test_a_look_that_shows_no_job_is_about_the_one_looked_for(
    source: Source, lister: AwsLister, service: Service
) -> None:
    """An answer with nothing in it is a job of which nothing is known, not a crash."""
    service.on("DescribeSentimentDetectionJob", {})

    sight = lister.look(Look(PLACE, id="job-1"))

    assert sight.seen is not None
    assert (sight.seen.key.id, sight.seen.state) == ("job-1", State.UNKNOWN)


def test_the_table_says_what_nobody_sets(source: Source) -> None:
    """A nested filter belongs to its outermost parameter."""
    assert list(request_members(source)) == ["Filter", "NextToken", "MaxResults"]
    assert "nobody" not in member_table(source)


def test_a_filter_that_takes_a_list_gets_one() -> None:
    """And a name whose pattern is in a dialect that Python does not read is left out."""
    shape = ServiceModel(
        {
            "metadata": {"serviceId": "Made Up"},
            "operations": {},
            "shapes": {
                "Input": {
                    "type": "structure",
                    "members": {"States": {"shape": "All"}, "Name": {"shape": "Name"}},
                },
                "All": {"type": "list", "member": {"shape": "One"}},
                "One": {"type": "string"},
                "Name": {"type": "string", "pattern": "[\\p{Alnum}]+"},
            },
        }
    ).shape_for("Input")
    (entry,) = parse(
        ENTRY.replace('status = "Filter.JobStatus"', 'status = "States", name_contains = "Name"'),
        "x.toml",
        "aws",
    )

    request = list_request(entry, Query(name_contains="prod", status="SUBMITTED"), "", shape)

    assert request == {"MaxResults": 500, "States": ["SUBMITTED"]}


def test_a_name_in_a_list_of_filters_is_not_measured_by_their_number() -> None:
    """Systems Manager takes ten filters, and a name of more than ten characters in one of them."""
    text = ENTRY.replace(
        'status = "Filter.JobStatus"', 'name_contains = { member = "Filters", value = FORM }'
    )
    (entry,) = parse(text.replace("FORM", '[{ Key = "Name", Values = ["{value}"] }]'), "x.toml", "aws")
    shape = get_session().get_service_model("ssm").operation_model("DescribeAutomationExecutions").input_shape
    request = list_request(entry, Query(name_contains="production-line"), "", shape)
    assert request["Filters"] == [{"Key": "Name", "Values": ["production-line"]}]
