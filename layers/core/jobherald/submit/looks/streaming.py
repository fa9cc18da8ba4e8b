"""What a streaming job hangs on: its topics, and the queue that it makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from jobherald.submit.arns import s3_object_of
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.looks.book import LABELING, Demand, LabelingScene, Question
from jobherald.submit.looks.buckets import OUTPUT
from jobherald.submit.looks.eyes import AbsentError
from jobherald.submit.looks.s3 import ask_bucket
from jobherald.submit.sources import guide
from jobherald.submit.task_types import Kind

INPUT_TOPIC: Final = "InputConfig.DataSource.SnsDataSource.SnsTopicArn"
OUTPUT_TOPIC: Final = "OutputConfig.SnsTopicArn"

_STREAMING: Final = guide("sms-streaming-labeling-job")
_TOPICS: Final = guide("sms-create-sns-input-topic")
_DEFAULT_KEY: Final = "alias/aws/sns"

MISSING: Final = Demand(
    4, "look.streaming.missing", Severity.ERROR, "The topics of a streaming job are there.", (_TOPICS,)
)
ENCRYPTION: Final = Demand(
    4,
    "look.streaming.encryption",
    Severity.ERROR,
    "The output topic of a streaming job is not encrypted with the default key of SNS, which Ground Truth cannot use.",
    (_TOPICS,),
)
ECHO: Final = Demand(
    4,
    "look.streaming.echo",
    Severity.ERROR,
    "The bucket of the output does not tell the input topic of the labels that are written to it.",
    (_STREAMING,),
)
TEXT: Final = Demand(
    4,
    "look.streaming.text",
    Severity.WARNING,
    "Objects of text jobs are sent to the topic as messages: buckets that notify it are not for them. Only the bucket of"
    " the output is looked at.",
    (_STREAMING,),
)
QUEUE: Final = Demand(
    5,
    "look.streaming.queue",
    Severity.WARNING,
    "There is no queue yet of the name that the job's queue is to have.",
    (_STREAMING, guide("sms-streaming-stop-labeling-job")),
)


@LABELING.look("streaming", MISSING, ENCRYPTION, ECHO, TEXT, QUEUE)
def topics_and_queue(scene: LabelingScene) -> Iterator[Question]:
    job = scene.job
    source = job.request.InputConfig.DataSource.SnsDataSource
    if source is None:
        return
    for path, topic in (
        (INPUT_TOPIC, source.SnsTopicArn),
        (OUTPUT_TOPIC, job.request.OutputConfig.SnsTopicArn),
    ):
        if topic is not None:
            yield Question(
                path, f"whether the topic {shown(topic)} is there", partial(_is_there, scene, path, topic)
            )
    yield Question(
        OUTPUT,
        "whether the bucket of the output notifies the input topic",
        lambda: _is_quiet(scene, source.SnsTopicArn),
    )
    yield Question("LabelingJobName", "whether the job's queue is there already", lambda: _is_free(scene))


def _is_there(scene: LabelingScene, path: str, topic: str) -> Iterator[Finding]:
    try:
        attributes = scene.eyes.ask("sns", "GetTopicAttributes", TopicArn=topic)["Attributes"]
    except AbsentError:
        yield MISSING.found(path, f"there is no topic {shown(topic)}", "make it, or correct the ARN")
        return
    if path == OUTPUT_TOPIC and attributes.get("KmsMasterKeyId", "").endswith(_DEFAULT_KEY):
        yield ENCRYPTION.found(
            path,
            f"the topic {shown(topic)} is encrypted with {_DEFAULT_KEY}",
            "encrypt it with a key of your own that Ground Truth may use, or not at all",
        )


def _is_quiet(scene: LabelingScene, topic: str) -> Iterator[Finding]:
    output = s3_object_of(scene.job.request.OutputConfig.S3OutputPath)
    if output is None:
        return
    try:
        answer = ask_bucket(scene.eyes, "GetBucketNotificationConfiguration", output.bucket)
    except AbsentError:  # the look at the buckets says so
        return
    told = [each for each in answer.get("TopicConfigurations", ()) if each["TopicArn"] == topic]
    folder = output.key.rstrip("/")
    if any(_covers(each, folder) for each in told):
        yield ECHO.found(
            OUTPUT,
            f"the bucket {shown(output.bucket)} tells the input topic of what is written here, so labels come back as"
            " objects",
            "give the output a folder or bucket of its own, or the notification a prefix",
        )
    if told and scene.job.task_type.kind is Kind.TEXT:
        yield TEXT.found(
            OUTPUT,
            f"the bucket {shown(output.bucket)} notifies the input topic, which text jobs cannot use",
            "send texts to the topic as messages",
        )


def _covers(notification: Mapping[str, Any], folder: str) -> bool:
    """Whether a notification is about objects of a folder, by its prefix; its suffix is not looked at."""
    rules = notification.get("Filter", {}).get("Key", {}).get("FilterRules", ())
    prefixes = [rule.get("Value", "") for rule in rules if rule.get("Name", "").lower() == "prefix"]
    return all(f"{folder}/".startswith(prefix) or prefix.startswith(f"{folder}/") for prefix in prefixes)


def _is_free(scene: LabelingScene) -> Iterator[Finding]:
    queue = f"GroundTruth-{scene.job.request.LabelingJobName.lower()}"
    try:
        url = scene.eyes.ask("sqs", "GetQueueUrl", QueueName=queue)["QueueUrl"]
    except AbsentError:
        return
    yield QUEUE.found(
        "LabelingJobName",
        f"there is a queue already, {url}, perhaps with what an earlier job left",
        "delete it if nothing uses it, or choose another name",
    )
