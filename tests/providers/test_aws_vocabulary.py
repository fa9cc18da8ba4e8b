"""What lists of AWS are asked and how they answer where it is not the plain way, by entries that are shipped."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.config import Config
from botocore.session import get_session

from jobherald.catalog import load
from jobherald.catalog.load import parse
from jobherald.catalog.nested import joined
from jobherald.catalog.source import Look as Described
from jobherald.catalog.source import Source
from jobherald.errors import ListingError
from jobherald.model import Place, State
from jobherald.ports import Parent, Query
from jobherald.providers import aws
from jobherald.providers.aws import AwsLister
from jobherald.providers.batches import read
from jobherald.providers.forms import formed
from jobherald.providers.moments import reader
from jobherald.providers.requests import filled, given_by, list_request, look_request
from jobherald.providers.rows import observe
from jobherald.watch import Look
from tests.checks.entries import QUERIES, SYNCS
from tests.providers.jobservice import Answer, Service, error

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNT = "111122223333"
I1, I2, I3 = (f"index-{number}".ljust(36, "0") for number in (1, 2, 3))


def entry(monkeypatch: pytest.MonkeyPatch, text: str) -> Source:
    (source,) = parse(text, "catalog/aws/one.toml", "aws")
    monkeypatch.setattr(aws, "load", lambda source_id: source)
    return source


# Requests


def test_words_in_braces_stand_for_what_the_place_has() -> None:
    """However deep they stand; what only looks like one is sent as it is."""
    given = {"{account}": ACCOUNT, "{parent}": "queue"}
    asked = {"a": "{account}", "b": [{"Values": ["{parent}", "{parent}s"]}], "c": 1}
    assert filled(asked, given) == {"a": ACCOUNT, "b": [{"Values": ["queue", "{parent}s"]}], "c": 1}


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        (
            [{"name": "AFTER", "values": ["{epoch_ms}"]}],
            NOON,
            [{"name": "AFTER", "values": ["1795348800000"]}],
        ),
        ("{iso}", NOON, "2026-11-22T12:00:00Z"),
        ({"Key": "Status", "Value": "{value}"}, "Failed", {"Key": "Status", "Value": "Failed"}),
        ("date > {epoch}", NOON, "date > 1795348800"),
    ],
)
def test_a_filter_has_the_form_that_its_service_asks_for(form: Any, value: Any, expected: Any) -> None:
    """Text, list or table, with what is asked for where the entry has a word for it."""
    assert formed(form, value, None) == expected


def test_a_filter_that_takes_a_number_is_sent_one() -> None:
    """botocore would refuse a text."""
    shape = get_session().get_service_model("logs").operation_model("FilterLogEvents").input_shape
    assert shape is not None
    assert formed("{epoch_ms}", NOON, shape.members["startTime"]) == 1795348800000


def batch_request(query: Query) -> dict[str, Any]:
    source = load("batch.job")
    shape = get_session().get_service_model("batch").operation_model("ListJobs").input_shape
    place = Place("batch.job", ACCOUNT, "us-east-1", "high")
    return list_request(source, query, "", shape, given=given_by(source, place))


def test_a_list_that_shows_only_some_is_always_asked_for_all() -> None:
    """Without a filter AWS Batch lists nothing but what runs."""
    assert batch_request(Query()) == {
        "jobQueue": "high",
        "maxResults": 100,
        "filters": [{"name": "AFTER_CREATED_AT", "values": ["0"]}],
    }
    assert batch_request(Query(created_after=NOON))["filters"][0]["values"] == ["1795348800000"]


def test_a_look_that_takes_a_list_is_given_one() -> None:
    """DescribeJobs takes up to a hundred ids."""
    source = load("batch.job")
    shape = get_session().get_service_model("batch").operation_model("DescribeJobs").input_shape
    assert source.look is not None
    look = Look(Place("batch.job", ACCOUNT, "us-east-1", "high"), "one")
    assert look_request(source, source.look, look, shape) == {"jobs": ["one"]}


def test_a_look_that_takes_a_number_is_given_one() -> None:
    """A job's id is a text with us; botocore would refuse it."""
    (source,) = parse(JOBS, "one.toml", "aws")
    shape = get_session().get_service_model("appconfig").operation_model("GetDeployment").input_shape
    described = Described("GetDeployment", {"DeploymentNumber": "id"}, ())
    look = Look(Place(source.id, ACCOUNT, "us-east-1"), "12")
    assert look_request(source, described, look, shape) == {"DeploymentNumber": 12}


def test_why_a_job_succeeded_is_no_reason() -> None:
    """AWS Batch says of one that its essential container has exited, which reads like a fault."""
    source = load("batch.job")
    place = Place(source.id, ACCOUNT, "us-east-1", "high")
    said = {"jobId": "one", "statusReason": "Essential container in task exited"}
    reasons = [
        seen.reason
        for status in ("SUCCEEDED", "FAILED", "RUNNABLE")
        if (seen := observe(source, place, {**said, "status": status}, NOON))
    ]
    assert reasons == ["", said["statusReason"], said["statusReason"]]


def test_a_look_says_which_of_two_levels_its_job_is_below() -> None:
    """By words, and deep in a structure too; without the job's id there is no request."""
    (source,) = parse(
        SYNCS
        + 'look = { operation = "X", parameters = { A = "above", B = "parent", C = "account", D = [{ Values = ["{id}"] }] } }\n'.replace(
            "look = {", "[source.look]\n"
        )
        .replace(" }\n", "\n")
        .replace('"X", ', '"X"\n'),
        "one.toml",
        "aws",
    )
    assert source.look is not None
    place = Place(source.id, ACCOUNT, "us-east-1", joined("index/1", "data"))
    assert look_request(source, source.look, Look(place, "job"), None) == {
        "A": "index/1",
        "B": "data",
        "C": ACCOUNT,
        "D": [{"Values": ["job"]}],
    }
    assert look_request(source, source.look, Look(place, name="job"), None) is None


def test_a_name_within_an_id_goes_before_what_people_call_the_job() -> None:
    """GetRun takes the last part of the ARN; the name of a run is whatever its author wrote, and need not be unique."""
    source = load("omics.run")
    assert source.look is not None
    place = Place("omics.run", ACCOUNT, "us-east-1")
    arn = f"arn:aws:omics:us-east-1:{ACCOUNT}:run/7654321"
    assert look_request(source, source.look, Look(place, arn, "nightly"), None) == {"id": "7654321"}
    assert look_request(source, source.look, Look(place, name="7654321"), None) == {"id": "7654321"}


# Times that are none


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("epoch", 1795348800, NOON),
        ("epoch_ms", 1795348800000, NOON),
        ("epoch_ms", 1795348800000.0, NOON),
        ("text", "2026-11-22T12:00:00Z", NOON),
        ("text", "2026-11-22T14:00:00+02:00", NOON),
        ("text", "2026-11-22T12:00:00", NOON),
    ],
)
def test_times_are_read_as_the_service_writes_them(kind: str, value: Any, expected: datetime) -> None:
    """Aware and in UTC."""
    assert reader(kind)(value) == expected


@pytest.mark.parametrize("kind", ["epoch", "epoch_ms", "text"])
@pytest.mark.parametrize("value", [None, "", "soon", True, 0, -1, 10**30, float("nan"), [], {}, "9" * 400])
def test_what_is_no_time_is_none(kind: str, value: Any) -> None:
    """Also 0, which services write where there is none."""
    assert reader(kind)(value) is None


@pytest.mark.parametrize(
    "value", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z"]
)
def test_a_text_that_stands_for_no_time_is_none(value: str) -> None:
    """What a service's language has where nothing was set; a second less than the first would be no time at all."""
    assert reader("text")(value) is None


# Two steps


def test_rows_are_read_by_the_ids_that_a_list_gives(
    monkeypatch: pytest.MonkeyPatch, lister: AwsLister, service: Service
) -> None:
    """One request for the ids and one for as many rows as it takes; both are one page."""
    source = entry(monkeypatch, QUERIES)
    place = Place(source.id, ACCOUNT, "us-east-1", "primary")
    service.on("ListQueryExecutions", {"QueryExecutionIds": ["a", "b", "a"], "NextToken": "on"})
    service.on(
        "BatchGetQueryExecution",
        lambda body: Answer(
            {
                "QueryExecutions": [
                    {
                        "QueryExecutionId": one,
                        "Status": {"State": "RUNNING", "SubmissionDateTime": NOON},
                    }
                    for one in body["QueryExecutionIds"]
                ]
            }
        ),
    )

    page = lister.page(place, Query(), "")

    assert [(row.key.id, row.state, row.created_at) for row in page.rows] == [
        ("a", State.RUNNING, NOON),
        ("b", State.RUNNING, NOON),
    ]
    assert page.token == "on"
    assert service.asked == [
        ("ListQueryExecutions", {"WorkGroup": "primary", "MaxResults": 50}),
        ("BatchGetQueryExecution", {"QueryExecutionIds": ["a", "b"]}),
    ]


def test_more_ids_than_one_request_takes_are_read_by_several() -> None:
    """A list may give more of them than the second step takes."""
    (source,) = parse(QUERIES.replace("size = 50", "size = 2"), "one.toml", "aws")
    sent: list[Any] = []

    def send(request: Any) -> dict[str, Any]:
        sent.append(request)
        return {"QueryExecutions": [{"QueryExecutionId": one} for one in request["QueryExecutionIds"]]}

    rows = read(source, Place(source.id, ACCOUNT, "us-east-1"), ["a", "b", "c", None, ""], send)

    assert [row["QueryExecutionId"] for row in rows] == ["a", "b", "c"]
    assert sent == [{"QueryExecutionIds": ["a", "b"]}, {"QueryExecutionIds": ["c"]}]


def test_rows_that_the_second_step_leaves_out_are_said(caplog: pytest.LogCaptureFixture) -> None:
    """The others are read all the same: one that was deleted in between must not hide them."""
    (source,) = parse(QUERIES, "one.toml", "aws")
    place = Place(source.id, ACCOUNT, "us-east-1", "primary")
    rows = read(source, place, ["a", "b", "c"], lambda _: {"QueryExecutions": [{"QueryExecutionId": "b"}]})
    assert rows == [{"QueryExecutionId": "b"}]
    assert f"{place.key}: BatchGetQueryExecution left out 2 of 3 ids" in caplog.text


def test_rows_of_a_second_step_are_in_the_order_of_the_list() -> None:
    """Newest first, also where their times are texts; the answer may have them in any order."""
    text = QUERIES.replace("[source.batch]", 'newest_first = true\ntimes = "text"\n[source.batch]')
    (source,) = parse(text, "one.toml", "aws")
    times = {"a": "2026-11-22T10:00:00Z", "b": "2026-11-22T12:00:00+00:00", "c": "2026-11-22T12:00:00+01:00"}
    answer = {
        "QueryExecutions": [
            {"QueryExecutionId": one, "Status": {"SubmissionDateTime": at}} for one, at in times.items()
        ]
    }
    rows = read(source, Place(source.id, ACCOUNT, "us-east-1"), [*times], lambda _: answer, reader("text"))
    assert [row["QueryExecutionId"] for row in rows] == ["b", "c", "a"]


def test_a_refused_second_step_is_the_refusal_of_the_page(
    monkeypatch: pytest.MonkeyPatch, lister: AwsLister, service: Service
) -> None:
    """It names the operation that was refused: that is what has to be allowed."""
    source = entry(monkeypatch, QUERIES)
    service.on("ListQueryExecutions", {"QueryExecutionIds": ["a"]})
    service.on("BatchGetQueryExecution", error("AccessDeniedException"))
    with pytest.raises(ListingError, match="athena:BatchGetQueryExecution") as caught:
        lister.page(Place(source.id, ACCOUNT, "us-east-1", "primary"), Query(), "")
    assert caught.value.kind == "denied"


def test_an_answer_that_has_none_says_that_there_is_no_such_job(
    monkeypatch: pytest.MonkeyPatch, lister: AwsLister, service: Service
) -> None:
    """An operation that takes many ids refuses nothing; it leaves out what it does not know."""
    source = entry(monkeypatch, QUERIES)
    place = Place(source.id, ACCOUNT, "us-east-1", "primary")
    service.on("BatchGetQueryExecution", {"QueryExecutions": [], "UnprocessedQueryExecutionIds": []})
    assert lister.look(Look(place, "gone")).seen is None
    service.on(
        "BatchGetQueryExecution",
        {"QueryExecutions": [{"QueryExecutionId": "a", "Status": {"State": "FAILED"}}]},
    )
    seen = lister.look(Look(place, "a")).seen
    assert seen is not None
    assert seen.state is State.FAILED


# Several lists in one


JOBS = """
[[source]]
id = "sagemaker.job"
title = "SageMaker job"
client = "sagemaker"
operation = "ListJobs"
items = "JobSummaries"
token = { input = "NextToken", output = "NextToken" }
parameters = { JobCategory = "AgentRFT" }
variants = [{ JobCategory = "DataTransformation" }, { JobCategory = "SyntheticDataGeneration" }]
[source.job]
id = "JobArn"
status = "JobStatus"
[source.states]
running = ["InProgress"]
"""


def test_each_of_several_lists_is_walked_to_its_end(
    monkeypatch: pytest.MonkeyPatch, lister: AwsLister, service: Service
) -> None:
    """One after the other, each with its own tokens; to the walk it is one list."""
    source = entry(monkeypatch, JOBS)
    place = Place(source.id, ACCOUNT, "us-east-1")

    def pages(body: Any) -> Answer:
        name = f"{body['JobCategory']}{body.get('NextToken', '')}"
        more = {"NextToken": ":1"} if name == "AgentRFT" else {}
        return Answer({"JobSummaries": [{"JobArn": name, "JobStatus": "InProgress"}], **more})

    service.on("ListJobs", pages)
    seen, token, tokens = [], "", []
    while True:
        page = lister.page(place, Query(), token)
        seen += [row.key.id for row in page.rows]
        token = page.token
        if not token:
            break
        tokens.append(token)

    assert seen == ["AgentRFT", "AgentRFT:1", "DataTransformation", "SyntheticDataGeneration"]
    assert tokens == ["0::1", "1:", "2:"]


@pytest.mark.parametrize("token", ["9:", "x", ":", "-1:on"])
def test_a_token_of_no_list_begins_anew(
    monkeypatch: pytest.MonkeyPatch, lister: AwsLister, service: Service, token: str
) -> None:
    """Such as one that an entry before it had fewer lists for."""
    source = entry(monkeypatch, JOBS)
    with pytest.raises(ListingError) as caught:
        lister.page(Place(source.id, ACCOUNT, "us-east-1"), Query(), token)
    assert caught.value.kind == "token"


# Two levels of parents


def two_levels(service: Service, *, broken: str = "", answer: Answer | None = None) -> None:
    indexes = {"": ([I1, I2], "more"), "more": ([I3], "")}
    service.on(
        "ListIndices",
        lambda body: Answer(
            {
                "IndexConfigurationSummaryItems": [
                    {"Id": one, "CreatedAt": NOON, "UpdatedAt": NOON, "Status": "ACTIVE"}
                    for one in indexes[body.get("NextToken", "")][0]
                ],
                "NextToken": indexes[body.get("NextToken", "")][1] or None,
            }
        ),
    )

    def sources(body: Any) -> Answer:
        if body["IndexId"] == broken and answer is not None:
            return answer
        if body["IndexId"] == I1 and not body.get("NextToken"):
            return Answer({"SummaryItems": [{"Id": "d1", "Name": "one"}], "NextToken": "rest"})
        return Answer({"SummaryItems": [{"Id": "d2", "Name": "two"}]})

    service.on("ListDataSources", sources)


def walked(lister: AwsLister, place: Place) -> tuple[list[Parent], list[ListingError]]:
    found: list[Parent] = []
    refused: list[ListingError] = []
    token = ""
    while True:
        page = lister.parents(place, token)
        found += page.parents
        refused += [page.refused] if page.refused else []
        token = page.token
        if not token:
            return found, refused


def test_parents_of_two_levels_are_walked(
    monkeypatch: pytest.MonkeyPatch, lister: AwsLister, service: Service
) -> None:
    """Page by page of both lists, one call each, and nothing is kept between two calls but the token."""
    source = entry(monkeypatch, SYNCS)
    two_levels(service)

    found, refused = walked(lister, Place(source.id, ACCOUNT, "us-east-1"))

    assert [(parent.id, parent.name) for parent in found] == [
        (f"{I1}/d1", "one"),
        (f"{I1}/d2", "two"),
        (f"{I2}/d2", "two"),
        (f"{I3}/d2", "two"),
    ]
    assert refused == []
    assert [operation for operation, _ in service.asked] == [
        "ListIndices", "ListDataSources", "ListDataSources", "ListDataSources", "ListIndices", "ListDataSources",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ("ResourceNotFoundException", []),
        ("AccessDeniedException", ["denied"]),
        ("ValidationException", ["failed"]),
        ("UnsupportedOperationException", ["off"]),
    ],
)
def test_one_that_cannot_be_listed_does_not_hide_the_others(
    monkeypatch: pytest.MonkeyPatch, lister: AwsLister, service: Service, code: str, kinds: list[str]
) -> None:
    """It was deleted since its page was read, or what is wrong may be wrong with it alone: that is said, with its id."""
    source = entry(monkeypatch, SYNCS)
    two_levels(service, broken=I2, answer=error(code))

    found, refused = walked(lister, Place(source.id, ACCOUNT, "us-east-1"))

    assert [parent.id for parent in found] == [f"{I1}/d1", f"{I1}/d2", f"{I3}/d2"]
    assert [one.kind for one in refused] == kinds
    assert all(f"below {I2}" in str(one) for one in refused)


def test_a_throttled_level_is_the_refusal_of_all(
    monkeypatch: pytest.MonkeyPatch, lister: AwsLister, service: Service
) -> None:
    """The next call would meet it too."""
    source = entry(monkeypatch, SYNCS)
    two_levels(service, broken=I1, answer=error("ThrottlingException"))
    with pytest.raises(ListingError) as caught:
        walked(lister, Place(source.id, ACCOUNT, "us-east-1"))
    assert caught.value.kind == "throttled"


def test_a_list_two_levels_below_names_both(
    monkeypatch: pytest.MonkeyPatch, lister: AwsLister, service: Service
) -> None:
    """Each where the request has it."""
    source = entry(monkeypatch, SYNCS)
    service.on("ListDataSourceSyncJobs", {"History": []})
    lister.page(Place(source.id, ACCOUNT, "us-east-1", f"{I1}/d1"), Query(), "")
    assert service.asked == [("ListDataSourceSyncJobs", {"IndexId": I1, "Id": "d1", "MaxResults": 10})]


# Ids of several parts, reasons that only a look has


def test_an_id_can_have_several_parts() -> None:
    """Joined by a slash; without one of them the row is about nobody."""
    from jobherald.catalog.paths import key

    row = {"Name": "hourly", "At": NOON, "Number": 3}
    assert key("[Name, At, Number]", row) == "hourly/2026-11-22T12:00:00Z/3"
    assert key("[Name, Gone]", row) == ""
    assert key("Name", row) == "hourly"


def test_a_look_gives_the_reason_that_a_row_lacks(lister: AwsLister, service: Service) -> None:
    """ListTrainingJobs has none, DescribeTrainingJob has."""
    place = Place("sagemaker.training", ACCOUNT, "us-east-1")
    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/one"
    service.on(
        "DescribeTrainingJob",
        {
            "TrainingJobName": "one",
            "TrainingJobArn": arn,
            "TrainingJobStatus": "Failed",
            "FailureReason": "AlgorithmError: out of memory",
            "CreationTime": NOON,
        },
    )

    seen = lister.look(Look(place, arn)).seen

    assert seen is not None
    assert (seen.state, seen.reason) == (State.FAILED, "AlgorithmError: out of memory")
    assert lister.abilities(place.source).reasons_by_look


def test_an_account_is_part_of_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 Batch Operations asks for it in each call, and in the name of the host."""
    sent: list[Any] = []

    class Client:
        meta = (
            get_session()
            .create_client(
                "s3control",
                "us-east-1",
                aws_access_key_id="x",
                aws_secret_access_key="x",  # made up
                config=Config(),
            )
            .meta
        )

        def list_jobs(self, **request: Any) -> dict[str, Any]:
            sent.append(request)
            headers = {"date": "Sun, 22 Nov 2026 11:00:00 GMT"}
            return {"Jobs": [], "ResponseMetadata": {"HTTPHeaders": headers}}

    lister = AwsLister(lambda service, region: Client())  # type: ignore[arg-type, return-value]
    lister.page(Place("s3.batch_operations", ACCOUNT, "us-east-1"), Query(), "")
    assert sent[0]["AccountId"] == ACCOUNT
