"""What plain `sam deploy` makes of the template, over its whole life: made, changed, deleted."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from jobherald.errors import JobheraldError
from jobherald.local.cloud import LocalCloud
from jobherald.local.services import labeling_job
from tests.e2e.stage import BUCKET, Stage, now, policies

pytestmark = pytest.mark.e2e


def test_news_travels_all_the_way(stage: Stage) -> None:
    """A job that begins is told once on SNS and once in Slack, by the deployed functions alone."""
    stage.services.add(labeling_job("all-the-way", created_at=now(), starts_after=0.1, lasts=3600, ends=""))
    (change,) = stage.until(lambda: stage.told("running", "all-the-way"), tick=True)
    stage.until(lambda: stage.posted(change) == 1)
    job = f"job#{change.rpartition(chr(35))[0]}"
    stage.until(lambda: "unsent" not in stage.item(job, "job"))


def test_stream_carries_only_what_owes(stage: Stage) -> None:
    """The deployed mapping has the filter, the window and the destination of the template."""
    (mapping,) = _mappings(stage.cloud, "notify")
    patterns = [each["Pattern"] for each in mapping["FilterCriteria"]["Filters"]]
    assert patterns == ['{"dynamodb":{"NewImage":{"unsent":{"S":[{"exists":true}]}}}}']
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    dead = mapping["DestinationConfig"]["OnFailure"]["Destination"]
    assert "NotifyDeadLetterQueue" in dead


def test_table_has_its_stream_and_indexes(stage: Stage) -> None:
    """The stream carries new images; each way in which the flows read has its index."""
    client, name = stage.cloud.client("dynamodb"), stage.cloud.outputs["TableName"]
    table = client.describe_table(TableName=name)["Table"]
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert {index["IndexName"] for index in table["GlobalSecondaryIndexes"]} == {"open", "unsent", "recent"}


def test_an_upgrade_tells_nothing_again(stage: Stage) -> None:
    """A populated stack whose functions and settings change goes on where it was."""
    stage.services.add(
        labeling_job("before-upgrade", created_at=now(), starts_after=0.1, lasts=3600, ends="")
    )
    (change,) = stage.until(lambda: stage.told("running", "before-upgrade"), tick=True)
    stage.until(lambda: stage.posted(change) == 1)
    told, posts = len(stage.heard.messages), len(stage.slack.messages)
    table = stage.cloud.outputs["TableName"]
    outputs = stage.cloud.deploy(stage.parameters(LogLevel="DEBUG", RetentionDays="30"))
    assert outputs["TableName"] == table
    function = stage.cloud.client("lambda").get_function_configuration(
        FunctionName=stage.cloud.function("poll")
    )
    assert function["Environment"]["Variables"]["LOG_LEVEL"] == "DEBUG"
    stage.services.add(labeling_job("after-upgrade", created_at=now(), starts_after=0.1, lasts=3600, ends=""))
    (after,) = stage.until(lambda: stage.told("running", "after-upgrade"), tick=True)
    stage.until(lambda: stage.posted(after) == 1)
    assert (len(stage.heard.messages), len(stage.slack.messages)) == (told + 1, posts + 1)


def test_without_slack_nothing_waits_for_it(stage: Stage) -> None:
    """A stack without a Slack secret has no subscription, and its Slack function sleeps; deleted, it leaves its table."""
    plain = stage.cloud.beside("plain")
    plain.deploy({"ScheduleState": "DISABLED", "Sources": "sagemaker.labeling"})
    waiting = plain.outputs["SlackQueueUrl"]
    plain.client("sqs").send_message(QueueUrl=waiting, MessageBody="{}")
    topic = plain.outputs["TopicArn"]
    assert plain.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    granted = json.dumps(policies(plain, "PollRole"))
    assert "sagemaker:ListLabelingJobs" in granted
    assert "ssm:" not in granted
    counted = plain.client("sqs").get_queue_attributes(QueueUrl=waiting, AttributeNames=["All"])["Attributes"]
    assert counted["ApproximateNumberOfMessages"] == "1"
    assert plain.logged("slack") == []
    table, queue = plain.outputs["TableName"], plain.outputs["PollsQueueUrl"]
    plain.delete()
    assert table in plain.client("dynamodb").list_tables()["TableNames"]
    assert queue not in plain.client("sqs").list_queues().get("QueueUrls", [])
    groups = plain.client("logs").describe_log_groups(logGroupNamePrefix="/jobherald/plain/")["logGroups"]
    assert groups == []


def test_a_source_that_the_template_was_not_rendered_for_is_refused(stage: Stage) -> None:
    """Its polls would be denied for ever; what a deployment may name stands in the template."""
    with pytest.raises(JobheraldError, match="mechanicalturk"):
        stage.cloud.beside("refused").deploy({"Sources": "sagemaker.labeling,mechanicalturk.hit"})


def test_an_invalid_secret_reference_is_refused(stage: Stage) -> None:
    """A secret given as itself, and not as where it lies, never reaches the stack."""
    pattern = _parameter(stage.cloud, "SlackSecret")["AllowedPattern"]
    for good in ("", "ssm:/jobherald/slack", "secretsmanager:team/slack"):
        assert re.fullmatch(pattern, good)
    for bad in ("xoxb-1-2-3", "https://hooks.slack.com/services/T/B/x", "ssm:jobherald"):
        assert not re.fullmatch(pattern, bad)


def test_a_large_configuration_lies_in_the_bucket(stage: Stage) -> None:
    """The parameter may name an object under the stack's prefix, which the schedule function may read."""
    key = f"jobherald/{stage.cloud.stack}/config.toml"
    text = stage.cloud.client("ssm").get_parameter(Name=stage.cloud.outputs["ConfigParameter"])["Parameter"][
        "Value"
    ]
    stage.cloud.client("s3").put_object(Bucket=BUCKET, Key=key, Body=text.encode())
    stage.configure(f"s3://{BUCKET}/{key}")
    done = stage.tick()
    stage.configure(text)
    assert done["refused"] == ""
    assert done["places"] == 3


def _mappings(cloud: LocalCloud, verb: str) -> list[dict[str, Any]]:
    found = cloud.client("lambda").list_event_source_mappings(FunctionName=cloud.function(verb))
    mappings: list[dict[str, Any]] = found["EventSourceMappings"]
    return mappings


def _parameter(cloud: LocalCloud, name: str) -> dict[str, Any]:
    template = cloud.client("cloudformation").get_template(StackName=cloud.stack)["TemplateBody"]
    parameters = (template if isinstance(template, dict) else json.loads(template))["Parameters"]
    found: dict[str, Any] = parameters[name]
    return found
