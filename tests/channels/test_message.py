"""The message is the news, exactly; others rely on its form."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from jobherald import catalog
from jobherald.channels.message import (
    console_url,
    from_message,
    next_step,
    output_of,
    output_url,
    parse,
    source_of,
    to_message,
)
from jobherald.model import Alert, Change, JobKey, Place, State
from tests.fakes.news import (
    BLIND,
    DATASET,
    DETAILS,
    FAILED,
    LABELING,
    PARTIAL,
    PROJECT,
    REFUSED,
    RUNNING,
    SUCCEEDED,
    TAKEN,
    TASK_FAILED,
    TASK_RUNNING,
    TASK_STOPPED,
    TASK_SUCCEEDED,
    news,
)

LABELS = source_of("sagemaker.labeling")
TASKS = source_of("modelarts.auto_labeling")
ADDED = {"unseen_since"}
SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


def schema(kind: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"jobherald.{kind}.v1.json").read_text("utf-8"))
    return loaded


@given(news)
def test_a_message_is_the_news_exactly(one: Change | Alert) -> None:
    """Through JSON and back, nothing is lost and nothing altered."""
    assert from_message(json.loads(json.dumps(to_message(one)))) == one


@given(news)
def test_every_message_keeps_to_its_published_schema(one: Change | Alert) -> None:
    """The schema holds for every message, and names each member that a message has and no other."""
    message = to_message(one)
    published = schema("change" if isinstance(one, Change) else "alert")

    Draft202012Validator(published, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(message)
    # What came after the first release is always there, but no consumer may rely on it: a queue can hold older messages.
    assert set(published["properties"]) == set(message) == {*published["required"], *ADDED} & set(message)


@pytest.mark.parametrize("kind", ["change", "alert"])
def test_the_published_schemas_are_schemas(kind: str) -> None:
    """A consumer's validator takes them."""
    Draft202012Validator.check_schema(schema(kind))


def test_a_message_as_a_consumer_reads_it() -> None:
    """The whole message of a failed job, with the catalogue's next step for its code."""
    assert to_message(FAILED) == {
        "schema": "jobherald.change/v1",
        "id": "rekognition.media_analysis/111122223333/eu-west-1:3f6c5b1e0d3f4d0b9d2a5c8e7f6a1b2c#3",
        "job": "rekognition.media_analysis/111122223333/eu-west-1:3f6c5b1e0d3f4d0b9d2a5c8e7f6a1b2c",
        "source": "rekognition.media_analysis",
        "title": "Rekognition media analysis job",
        "account": "111122223333",
        "region": "eu-west-1",
        "parent": None,
        "name": "moderation-nightly",
        "service_id": "3f6c5b1e0d3f4d0b9d2a5c8e7f6a1b2c",
        "state": "failed",
        "previous_state": "running",
        "service_status": "FAILED",
        "reason": "Line 17 of the manifest is not a JSON object.",
        "reason_code": "INVALID_MANIFEST",
        "created_at": "2026-11-22T08:46:00Z",
        "changed_at": "2026-11-22T09:27:00Z",
        "ended_at": "2026-11-22T09:27:00Z",
        "seen_at": "2026-11-22T09:28:00Z",
        "progress": None,
        "console_url": "https://console.aws.amazon.com/rekognition/home?region=eu-west-1#/bulk-analysis",
        "output": None,
        "next_step": catalog.load("rekognition.media_analysis").advice_by_code["INVALID_MANIFEST"],
        "severity": "error",
        "unseen_since": None,
    }


def test_an_alert_as_a_consumer_reads_it() -> None:
    """The whole message of a place that cannot be seen."""
    assert to_message(BLIND) == {
        "schema": "jobherald.alert/v1",
        "id": "rekognition.media_analysis/111122223333/eu-west-1!blind#2",
        "alert": "blind",
        "subject": "rekognition.media_analysis/111122223333/eu-west-1",
        "source": "rekognition.media_analysis",
        "title": "Rekognition media analysis job",
        "account": "111122223333",
        "region": "eu-west-1",
        "parent": None,
        "severity": "warning",
        "text": BLIND.text,
        "next_step": BLIND.next_step,
        "at": "2026-11-22T08:46:00Z",
    }


def test_an_alert_about_a_credential_as_a_consumer_reads_it() -> None:
    """It is about no place: which credential it is stands in its subject, which places are blind in its text."""
    assert to_message(REFUSED) == {
        "schema": "jobherald.alert/v1",
        "id": "credential/huaweicloud!credential_refused#1",
        "alert": "credential_refused",
        "subject": "credential/huaweicloud",
        "source": None,
        "title": None,
        "account": None,
        "region": None,
        "parent": None,
        "severity": "error",
        "text": REFUSED.text,
        "next_step": REFUSED.next_step,
        "at": "2026-11-22T08:46:00Z",
    }


@pytest.mark.parametrize("one", [TASK_RUNNING, TASK_FAILED, TASK_SUCCEEDED, TASK_STOPPED, REFUSED, TAKEN])
def test_news_from_another_cloud_comes_back_as_it_was_told(one: Change | Alert) -> None:
    """The form is one for all: a project is the account, a dataset the parent, a number the service's word."""
    assert parse(json.dumps(to_message(one))) == one


def test_a_status_that_is_a_number_stays_the_services_own_word() -> None:
    """A program compares it; what it means is the state."""
    message = to_message(TASK_FAILED)

    assert (message["service_status"], message["state"]) == ("2", "failed")


@pytest.mark.parametrize(
    "alteration",
    [
        {"schema": "jobherald.change/v2"},
        {"schema": None},
        {"id": "somebody/else/there:job#3"},
        {"id": "no version"},
        {"job": "nonsense"},
        {"job": None},
        {"state": "paused"},
        {"changed_at": "yesterday"},
        {"changed_at": "2026-11-22T09:27:00"},
        {"changed_at": "0001-01-01T00:00:00+14:00"},
        {"changed_at": None},
        {"name": 7},
        {"reason": ["a", "list"]},
        {"progress": {"percent": "half", "counters": {}}},
        {"progress": {"percent": None, "counters": {"done": True}}},
        {"progress": {"counters": {}}},
        {"progress": [1]},
    ],
)
def test_what_is_not_a_message_is_refused(alteration: dict[str, Any]) -> None:
    """Anything but a message is a ValueError, never another error, and never half a piece of news."""
    with pytest.raises(ValueError, match=r"."):
        from_message({**to_message(FAILED), **alteration})


@pytest.mark.parametrize("member", sorted(to_message(FAILED).keys() - {"source", "title", "severity"}))
def test_a_message_without_a_member_is_refused_or_does_not_need_it(member: str) -> None:
    """Without what makes the news there is no news; what we can say ourselves may be missing."""
    message = to_message(FAILED)
    del message[member]
    derived = {"account", "region", "parent", "service_id", "console_url", "next_step", *ADDED}

    if member in derived:
        assert from_message(message) == FAILED
    else:
        with pytest.raises(ValueError, match=member):
            from_message(message)


def test_members_that_are_new_are_passed_over() -> None:
    """A message of a later release, with members of any kind beside ours, is read by this one."""
    assert from_message({**to_message(FAILED), "labels": {"team": "vision"}, "cost": 4.2}) == FAILED


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "7", '"text"', "{}", "[" * 100_000])
def test_a_body_that_is_no_message_is_refused(body: str) -> None:
    """A queue can hold anything."""
    with pytest.raises(ValueError, match="not"):
        parse(body)


def test_times_keep_their_microseconds_and_come_in_utc() -> None:
    """A time is told in UTC to the microsecond that the service gave."""
    at = datetime(2026, 11, 22, 11, 0, 0, 123000, tzinfo=UTC)

    assert to_message(replace(RUNNING, at=at))["changed_at"] == "2026-11-22T11:00:00.123000Z"


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-central-1", "console.aws.amazon.com"),
        ("cn-northwest-1", "console.amazonaws.cn"),
        ("us-gov-east-1", "console.amazonaws-us-gov.com"),
    ],
)
def test_links_lead_into_the_partition_of_the_region(region: str, host: str) -> None:
    """China and GovCloud have consoles of their own; a link into another one ends at a log-in that cannot succeed."""
    key = JobKey(replace(LABELING, region=region), "arn")

    assert console_url(source_of("sagemaker.labeling"), key, "cats").startswith(f"https://{host}/sagemaker/")
    assert output_url(LABELS, "s3://bucket/key", region).startswith(f"https://{host}/s3/")


def test_what_a_link_is_made_of_is_percent_encoded() -> None:
    """A name cannot leave its place in a link, nor end the link."""
    url = console_url(source_of("sagemaker.labeling"), RUNNING.key, "a/../b?c=<d>|é #e")

    assert url == (
        "https://console.aws.amazon.com/sagemaker/groundtruth?region=us-east-1"
        "#/labeling-jobs/details/a%2F..%2Fb%3Fc%3D%3Cd%3E%7C%C3%A9%20%23e"
    )


def test_no_link_is_better_than_one_that_leads_nowhere() -> None:
    """Without the name that its page needs, or with an endless one, a job has no link."""
    source = source_of("sagemaker.labeling")

    assert console_url(source, RUNNING.key, "") == ""
    assert console_url(source, RUNNING.key, "x" * 3000) == ""
    assert console_url(replace(source, provider="elsewhere"), RUNNING.key, "cats") == ""


def test_links_to_huawei_cloud_lead_to_its_console() -> None:
    """Also from its regions in China, which are not those of AWS."""
    source = replace(TASKS, console_path="modelarts/?region={region}#/{account}/{parent}/{id}/{name}")

    assert console_url(source, TASK_FAILED.key, "a/b c") == (
        "https://console.huaweicloud.com/modelarts/?region=cn-north-4"
        f"#/{PROJECT}/g6IO9qSu6hoxwCAirfm/xUCRVTxBgIj2Rpp3qpG/a%2Fb%20c"
    )
    assert to_message(TASK_FAILED)["console_url"].startswith("https://console.huaweicloud.com/modelarts/")


def test_a_link_that_needs_a_parent_is_none_without_one() -> None:
    """Half an address leads nowhere."""
    key = replace(TASK_FAILED.key, place=replace(DATASET, parent=""))

    assert console_url(replace(TASKS, console_path="modelarts/{parent}"), key, "name") == ""


@pytest.mark.parametrize("path", ["/bucket/dir/", "obs://bucket/dir/", "s3://bucket/dir/"])
def test_a_path_in_obs_is_no_link_to_s3(path: str) -> None:
    """ModelArts writes s3:// too, and means a bucket that S3 has not, or that is somebody else's there."""
    assert output_url(TASKS, path, "cn-north-4") == ""


def test_a_code_that_comes_while_all_is_well_gives_no_advice() -> None:
    """ModelArts uses a number for progress and again for a failure."""
    source = replace(TASKS, advice_by_code={"ModelArts.4902": "Grant access to the bucket."})
    well = replace(TASK_RUNNING, reason_code="ModelArts.4902")

    assert next_step(source, well) == ""
    assert next_step(source, replace(well, state=State.FAILED)) == "Grant access to the bucket."


def test_the_next_step_is_by_code_first_and_else_by_state() -> None:
    """A code that the catalogue knows says more than the state."""
    source = catalog.load("rekognition.media_analysis")

    assert next_step(source, FAILED) == source.advice_by_code["INVALID_MANIFEST"]
    assert next_step(source, replace(FAILED, reason_code="BRAND_NEW")) == source.advice[State.FAILED]
    assert next_step(source, replace(FAILED, state=State.RUNNING, reason_code="")) == ""


def test_where_the_results_are() -> None:
    """Both forms in which the services say it become one URI, and its page in the console."""
    labels = output_of(source_of("sagemaker.labeling"), DETAILS)
    media = output_of(source_of("rekognition.media_analysis"), DETAILS)

    assert labels == "s3://labels/cats-batch-7/manifests/output/output.manifest"
    assert output_url(LABELS, labels, "us-east-1") == (
        "https://console.aws.amazon.com/s3/object/labels?region=us-east-1"
        "&prefix=cats-batch-7%2Fmanifests%2Foutput%2Foutput.manifest"
    )
    assert media == "s3://media/results/nightly"
    assert output_url(LABELS, media, "eu-west-1") == (
        "https://console.aws.amazon.com/s3/buckets/media?region=eu-west-1&prefix=results%2Fnightly%2F"
    )
    assert output_of(source_of("sagemaker.labeling"), {}) == ""
    assert output_url(LABELS, "https://elsewhere.example/", "us-east-1") == ""


def test_news_outlives_its_catalogue_entry() -> None:
    """A change of a source that is no longer in the catalogue is told, with its id for a title."""
    orphan = replace(PARTIAL, key=JobKey(Place("gone.kind", "111122223333", "us-east-1"), "id"))
    message = to_message(orphan)

    assert (message["title"], message["console_url"], message["next_step"]) == ("gone.kind", None, None)
    assert from_message(message) == orphan


def test_the_output_is_in_the_message() -> None:
    """Where the results are is told as the service said it."""
    assert to_message(replace(SUCCEEDED, output="s3://labels/out"))["output"] == "s3://labels/out"
