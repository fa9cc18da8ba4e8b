from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from jobherald.local.clock import ManualClock
from jobherald.local.services import JobServices, labeling_job
from jobherald.local.services.labeling_script import Life
from tests.submit.requests import BOUNDING_BOX, FRAMES, SOUND, STREAMING, edited

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=30)

ClientOf = Callable[..., Any]


def _names(page: dict[str, Any]) -> list[str]:
    return [row["LabelingJobName"] for row in page["LabelingJobSummaryList"]]


def _old(services: JobServices, count: int) -> None:
    services.add(
        *(labeling_job(f"old-{n:03}", created_at=LONG_AGO + timedelta(minutes=n)) for n in range(count))
    )


def test_a_job_moves_through_its_states_and_counters(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """Status, counters and modified time of a listed row are those of the moment."""
    services.add(
        labeling_job(
            "cats", created_at=NOON, starts_after=2, lasts=8, objects=80, failed=2, counters_modify=False
        )
    )
    client = client_of("sagemaker")
    seen = []
    for _ in range(12):
        (row,) = client.list_labeling_jobs()["LabelingJobSummaryList"]
        seen.append((row["LabelingJobStatus"], row["LabelCounters"]["TotalLabeled"], row["LastModifiedTime"]))
        clock.advance(1)

    assert [status for status, _, _ in seen] == ["Initializing"] * 2 + ["InProgress"] * 8 + ["Completed"] * 2
    assert [done for _, done, _ in seen] == [0, 0, 0, 9, 19, 29, 39, 48, 58, 68, 78, 78]
    assert {(at - NOON).total_seconds() for _, _, at in seen} == {0.0, 2.0, 10.0}
    assert [
        state.value
        for state in services.ledger.states_of(
            f"sagemaker.labeling/111122223333/us-east-1:{services.jobs()[0].id}"
        )
    ] == [
        "queued",
        "running",
        "partial",
    ]


def test_counters_move_the_modified_time_where_told_to(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """Whether counters move LastModifiedTime is not documented, so a job can be scripted either way."""
    services.add(
        labeling_job("cats", created_at=NOON, starts_after=0, lasts=8, counts=8, counters_modify=True)
    )
    clock.advance(3)
    (row,) = client_of("sagemaker").list_labeling_jobs()["LabelingJobSummaryList"]
    assert row["LastModifiedTime"] == NOON + timedelta(seconds=3)


def test_the_default_page_has_ten_rows_oldest_first(services: JobServices, client_of: ClientOf) -> None:
    """Without parameters the service answers ten jobs, in ascending order of creation."""
    _old(services, 25)
    page = client_of("sagemaker").list_labeling_jobs()
    assert _names(page) == [f"old-{n:03}" for n in range(10)]
    assert page["NextToken"]


def test_every_page_follows_the_one_before(services: JobServices, client_of: ClientOf) -> None:
    """botocore's own paginator reads every job once, in the order asked for."""
    _old(services, 25)
    pages = (
        client_of("sagemaker")
        .get_paginator("list_labeling_jobs")
        .paginate(SortOrder="Descending", MaxResults=7)
    )
    names = [name for page in pages for name in _names(page)]
    assert names == [f"old-{n:03}" for n in reversed(range(25))]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"CreationTimeAfter": LONG_AGO + timedelta(minutes=1)}, ["c", "b"]),
        ({"CreationTimeBefore": LONG_AGO + timedelta(minutes=1)}, ["a"]),
        ({"LastModifiedTimeAfter": LONG_AGO + timedelta(minutes=6)}, ["b"]),
        ({"LastModifiedTimeBefore": LONG_AGO + timedelta(minutes=2)}, ["a"]),
        ({"NameContains": "B"}, ["b"]),
        ({"StatusEquals": "Failed"}, ["b"]),
        ({"SortBy": "Name"}, ["a", "b", "c"]),
        ({"SortBy": "Status"}, ["a", "c", "b"]),
        ({"SortBy": "Name", "SortOrder": "Descending"}, ["c", "b", "a"]),
        ({}, ["a", "c", "b"]),
    ],
)
def test_every_filter_and_order_of_the_api_works(
    services: JobServices, client_of: ClientOf, asked: dict[str, Any], expected: list[str]
) -> None:
    """Each request member of ListLabelingJobs does what its documentation says."""
    services.add(
        labeling_job("a", created_at=LONG_AGO),
        labeling_job("c", created_at=LONG_AGO + timedelta(minutes=2), lasts=120),
        labeling_job("b", created_at=LONG_AGO + timedelta(minutes=5), lasts=90, ends="Failed"),
    )
    assert _names(client_of("sagemaker").list_labeling_jobs(**asked)) == expected


def test_filters_can_come_after_paging(services: JobServices, client_of: ClientOf) -> None:
    """Pages cut before they are filtered come empty and with a token, as has been reported of the real service."""
    _old(services, 25)
    services.labeling.filter_after_paging = True
    client = client_of("sagemaker")
    page = client.list_labeling_jobs(LastModifiedTimeAfter=NOON)
    assert _names(page) == []
    assert page["NextToken"]
    pages = list(client.get_paginator("list_labeling_jobs").paginate(StatusEquals="Completed", MaxResults=10))
    assert [len(_names(page)) for page in pages] == [10, 10, 5]


def test_a_look_has_what_the_list_has_and_more(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """DescribeLabelingJob takes a name in any case, nests three members deeper and adds others, tags among them."""
    services.add(labeling_job("Cats-1", created_at=NOON, ends="Failed", reason="ClientError: no"))
    clock.advance(60)
    client = client_of("sagemaker")
    (row,) = client.list_labeling_jobs()["LabelingJobSummaryList"]
    look = client.describe_labeling_job(LabelingJobName="cats-1")
    task = look["HumanTaskConfig"]
    assert look["LabelingJobName"] == "Cats-1"
    assert look["LabelingJobArn"] == row["LabelingJobArn"]
    assert look["FailureReason"] == row["FailureReason"] == "ClientError: no"
    assert task["WorkteamArn"] == row["WorkteamArn"]
    assert task["PreHumanTaskLambdaArn"] == row["PreHumanTaskLambdaArn"]
    assert (
        task["AnnotationConsolidationConfig"]["AnnotationConsolidationLambdaArn"]
        == row["AnnotationConsolidationLambdaArn"]
    )
    assert "WorkteamArn" not in look
    assert {tag["Key"] for tag in look["Tags"]} == {"team", "campaign"}


def test_a_job_of_another_region_or_account_is_not_found(services: JobServices, client_of: ClientOf) -> None:
    """Jobs live in one region of one account; both are read from the request's signature."""
    services.add(labeling_job("cats", created_at=LONG_AGO, region="eu-west-1", account="222233334444"))
    assert _names(client_of("sagemaker", "eu-west-1", "222233334444").list_labeling_jobs()) == ["cats"]
    assert _names(client_of("sagemaker", "eu-west-1").list_labeling_jobs()) == []
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client_of("sagemaker", "us-east-1", "222233334444").describe_labeling_job(LabelingJobName="cats")


def test_a_running_job_can_be_stopped(services: JobServices, clock: ManualClock, client_of: ClientOf) -> None:
    """StopLabelingJob leads through Stopping to Stopped, whatever else the job would have become."""
    services.add(labeling_job("cats", created_at=NOON, lasts=60))
    client = client_of("sagemaker")
    clock.advance(5)
    client.stop_labeling_job(LabelingJobName="cats")
    (first,) = client.list_labeling_jobs()["LabelingJobSummaryList"]
    clock.advance(600)
    (last,) = client.list_labeling_jobs()["LabelingJobSummaryList"]
    assert (first["LabelingJobStatus"], last["LabelingJobStatus"]) == ("Stopping", "Stopped")
    with pytest.raises(ClientError, match="cannot be stopped"):
        client.stop_labeling_job(LabelingJobName="cats")


def test_a_token_perishes_and_belongs_to_its_request(
    services: JobServices, clock: ManualClock, client_of: ClientOf
) -> None:
    """A token that is too old, invented, or used with other filters is refused."""
    _old(services, 25)
    client = client_of("sagemaker")
    token = client.list_labeling_jobs()["NextToken"]
    assert len(_names(client.list_labeling_jobs(NextToken=token))) == 10
    for wrong in ({"NextToken": "bm8="}, {"NextToken": token, "NameContains": "old"}):
        with pytest.raises(ClientError, match="ValidationException"):
            client.list_labeling_jobs(**wrong)
    clock.advance(24 * 3600 + 1)
    with pytest.raises(ClientError, match="expired"):
        client.list_labeling_jobs(NextToken=token)


@pytest.mark.parametrize(
    "asked",
    [
        {"MaxResults": 101},
        {"StatusEquals": "Paused"},
        {"NameContains": "a_b"},
        {"SortBy": "LastModifiedTime"},
    ],
)
def test_a_request_that_breaks_the_model_is_refused(
    services: JobServices, client_of: ClientOf, asked: dict[str, Any]
) -> None:
    """What botocore lets pass (upper bounds, enumerations, patterns), the service does not."""
    with pytest.raises(ClientError, match="ValidationException"):
        client_of("sagemaker").list_labeling_jobs(**asked)


class TestCreating:
    def test_a_created_job_lives_its_life(
        self, services: JobServices, clock: ManualClock, client_of: ClientOf
    ) -> None:
        """It is listed from its creation on, moves through its states, and writes where the request says."""
        services.labeling.life = Life(starts_after=2, lasts=8, objects=80, counters_modify=False)
        client = client_of("sagemaker")
        made = client.create_labeling_job(**BOUNDING_BOX)
        assert made["LabelingJobArn"] == (
            "arn:aws:sagemaker:us-east-1:111122223333:labeling-job/street-signs"
        )
        seen = []
        for _ in range(3):
            (row,) = client.list_labeling_jobs()["LabelingJobSummaryList"]
            seen.append((row["LabelingJobStatus"], row["LastModifiedTime"] - NOON))
            clock.advance(5)
        assert seen == [
            ("Initializing", timedelta(0)),
            ("InProgress", timedelta(seconds=2)),
            ("Completed", timedelta(seconds=10)),
        ]
        assert row["LabelingJobArn"] == made["LabelingJobArn"]
        assert row["CreationTime"] == NOON
        assert row["LabelingJobOutput"] == {
            "OutputDatasetS3Uri": "s3://my-bucket/out/Street-signs/manifests/output/output.manifest"
        }

    @pytest.mark.parametrize("kind", SOUND)
    def test_a_look_shows_what_was_asked_for(
        self, services: JobServices, client_of: ClientOf, kind: str
    ) -> None:
        """Every member of the request comes back from DescribeLabelingJob, of whatever kind the job is."""
        client = client_of("sagemaker")
        asked = edited(SOUND[kind], {"Tags": [{"Key": "team", "Value": "vision"}]})
        client.create_labeling_job(**asked)
        look = client.describe_labeling_job(LabelingJobName=asked["LabelingJobName"])
        assert {member: look[member] for member in asked} == asked

    def test_a_name_is_taken_in_any_case(self, services: JobServices, client_of: ClientOf) -> None:
        """In its account and region, by a created job as by a scripted one; nothing is made of the second request."""
        services.add(labeling_job("cats", created_at=LONG_AGO))
        client = client_of("sagemaker")
        client.create_labeling_job(**BOUNDING_BOX)
        for name in ("street-SIGNS", "CATS"):
            with pytest.raises(client.exceptions.ResourceInUse):
                client.create_labeling_job(**edited(BOUNDING_BOX, {"LabelingJobName": name}))
        assert _names(client.list_labeling_jobs()) == ["cats", "Street-signs"]
        client_of("sagemaker", "eu-west-1").create_labeling_job(**BOUNDING_BOX)
        client_of("sagemaker", account="222233334444").create_labeling_job(**BOUNDING_BOX)

    def test_too_many_open_jobs_are_refused(
        self, services: JobServices, clock: ManualClock, client_of: ClientOf
    ) -> None:
        """Until one of them has ended."""
        services.labeling.quota = 1
        client = client_of("sagemaker")
        client.create_labeling_job(**BOUNDING_BOX)
        second = edited(BOUNDING_BOX, {"LabelingJobName": "second"})
        with pytest.raises(client.exceptions.ResourceLimitExceeded, match="service limit"):
            client.create_labeling_job(**second)
        clock.advance(60)
        client.create_labeling_job(**second)

    @pytest.mark.parametrize(
        "edits",
        [
            {"LabelingJobName": "a_b"},
            {"HumanTaskConfig.NumberOfHumanWorkersPerDataObject": 10},
            {"RoleArn": "arn:aws:iam::111122223333:user/me"},
            {"InputConfig.DataAttributes.ContentClassifiers": ["FreeOfPii"]},
        ],
    )
    def test_a_request_that_breaks_the_model_is_refused(
        self, services: JobServices, client_of: ClientOf, edits: dict[str, Any]
    ) -> None:
        """Patterns, upper bounds and enumerations, none of which botocore looks at."""
        client = client_of("sagemaker")
        with pytest.raises(ClientError, match="ValidationException"):
            client.create_labeling_job(**edited(BOUNDING_BOX, edits))
        assert services.jobs() == []

    def test_a_created_job_can_be_stopped(
        self, services: JobServices, clock: ManualClock, client_of: ClientOf
    ) -> None:
        """Also one that has its own end in its script."""
        client = client_of("sagemaker")
        client.create_labeling_job(**edited(BOUNDING_BOX, {**FRAMES, **STREAMING}))
        clock.advance(1)
        client.stop_labeling_job(LabelingJobName="street-signs")
        clock.advance(60)
        (row,) = client.list_labeling_jobs()["LabelingJobSummaryList"]
        assert row["LabelingJobStatus"] == "Stopped"

    def test_a_creation_is_no_showing(self, services: JobServices, client_of: ClientOf) -> None:
        """The answer says nothing of the job's state, so nobody can be owed news of it yet."""
        client_of("sagemaker").create_labeling_job(**BOUNDING_BOX)
        assert len(services.ledger) == 0


def test_a_work_team_is_there_or_not(services: JobServices, client_of: ClientOf) -> None:
    """By its name; one that is not there is a validation error, since the model has no other."""
    services.labeling.teams = frozenset({"signs"})
    client = client_of("sagemaker", "eu-west-1")
    team = client.describe_workteam(WorkteamName="signs")["Workteam"]
    assert team["WorkteamArn"] == "arn:aws:sagemaker:eu-west-1:111122223333:workteam/private-crowd/signs"
    with pytest.raises(ClientError, match=r"ValidationException.*Could not find"):
        client.describe_workteam(WorkteamName="cats")
