"""The topics of a streaming job, and the queue that it makes."""

from __future__ import annotations

from typing import Any

import pytest

from jobherald.submit.findings import Finding, Severity
from jobherald.submit.labeling import LabelingRequest
from tests.submit.looks.world import BUCKET, World, sound
from tests.submit.requests import SOUND, TOPIC, of_type

INPUT = "InputConfig.DataSource.SnsDataSource.SnsTopicArn"
OUTPUT = "OutputConfig.SnsTopicArn"
FOLDER = "OutputConfig.S3OutputPath"
RESULTS = "arn:aws:sns:us-east-1:111122223333:results"


def job(**edits: Any) -> LabelingRequest:
    return sound({OUTPUT: RESULTS, **edits}, base=SOUND["streaming"])


def of(findings: list[Finding]) -> list[tuple[str, str, Severity]]:
    return [(each.rule, each.path, each.severity) for each in findings if "streaming" in each.rule]


@pytest.fixture(autouse=True)
def topics(world: World) -> None:
    for name in ("objects", "results"):
        world.client("sns").create_topic(Name=name)


def notify(world: World, *prefixes: str, topic: str = TOPIC) -> None:
    filters = [
        {"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": each}]}}} if each else {}
        for each in prefixes
    ]
    configurations = [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"], **each} for each in filters]
    world.client("s3").put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"TopicConfigurations": configurations}
    )


def test_topics_that_are_there_are_sound(world: World) -> None:
    """Both are asked for; a job that is not streaming has neither."""
    assert world.look(job()) == []
    assert world.calls.count("sns:GetTopicAttributes") == 2
    world.look()
    assert "sns:GetTopicAttributes" not in world.calls


@pytest.mark.parametrize(("path", "topic"), [(INPUT, TOPIC), (OUTPUT, RESULTS)])
def test_a_topic_that_is_not_there_is_an_error(world: World, path: str, topic: str) -> None:
    """The job would have nothing to hear, or nobody to tell."""
    world.client("sns").delete_topic(TopicArn=topic)

    assert of(world.look(job())) == [("look.streaming.missing", path, Severity.ERROR)]


@pytest.mark.parametrize(
    ("topic", "key", "rules"),
    [
        (RESULTS, "alias/aws/sns", [("look.streaming.encryption", OUTPUT, Severity.ERROR)]),
        (RESULTS, "alias/mine", []),
        (TOPIC, "alias/aws/sns", []),
    ],
)
def test_the_output_topic_has_no_default_key(world: World, topic: str, key: str, rules: list[Any]) -> None:
    """Ground Truth may not use it, and nothing would arrive."""
    world.client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=key
    )

    assert of(world.look(job())) == rules


@pytest.mark.parametrize("prefix", ["", "o", "out/", "out/Street-signs/"])
def test_an_output_that_comes_back_is_an_error(world: World, prefix: str) -> None:
    """A bucket that tells the input topic of new labels makes objects of them."""
    notify(world, "in/", prefix)

    assert of(world.look(job())) == [("look.streaming.echo", FOLDER, Severity.ERROR)]


def test_other_notifications_do_no_harm(world: World) -> None:
    """Those of other folders, and to other topics."""
    notify(world, "in/", "output/")
    assert world.look(job()) == []
    notify(world, "", topic=RESULTS)
    assert world.look(job()) == []


@pytest.mark.parametrize("output", ["https://s3.amazonaws.com/my-bucket/out", "s3://nobody/out"])
def test_where_there_is_no_bucket_none_is_asked(world: World, output: str) -> None:
    """Other looks say so."""
    assert of(world.look(job(**{FOLDER: output}))) == []


def test_buckets_do_not_send_texts(world: World) -> None:
    """A warning: the guide says that it is not for text jobs."""
    notify(world, "in/")

    assert of(world.look(job(**of_type("TextMultiClass")))) == [
        ("look.streaming.text", FOLDER, Severity.WARNING)
    ]


def test_a_queue_that_is_there_already_is_a_warning(world: World) -> None:
    """It bears the job's name in small letters."""
    world.client("sqs").create_queue(QueueName="GroundTruth-street-signs")

    assert of(world.look(job())) == [("look.streaming.queue", "LabelingJobName", Severity.WARNING)]


@pytest.mark.parametrize(
    ("permission", "path"),
    [
        ("sns:GetTopicAttributes", INPUT),
        ("s3:GetBucketNotification", FOLDER),
        ("sqs:GetQueueUrl", "LabelingJobName"),
    ],
)
def test_what_may_not_be_asked_for_is_said(world: World, permission: str, path: str) -> None:
    """Each question by itself."""
    with world.denying(permission):
        found = world.look(job())

    assert ("look.streaming.not-checked", path, Severity.WARNING) in of(found)
    assert all(f"{permission} is denied" in each.message for each in found)
