"""What is different where objects are sent to the job while it runs, and when other jobs stop by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from jobherald.submit.arns import s3_object_of
from jobherald.submit.findings import Severity
from jobherald.submit.rulebook import Fault
from jobherald.submit.rules.book import BOOK
from jobherald.submit.sources import guide, model
from jobherald.submit.submission import Submission

_EXAMPLE = guide("sms-streaming-create-labeling-job-api")
_TOPICS = guide("sms-create-sns-input-topic")
_STREAMING = guide("sms-streaming-labeling-job")


@BOOK.rule(
    2,
    "streaming-stopping",
    Severity.WARNING,
    "A streaming job ignores stopping conditions.",
    _EXAMPLE,
)
def stops_by_hand(job: Submission) -> Iterator[Fault]:
    if job.streaming and job.request.StoppingConditions is not None:
        yield Fault(
            "StoppingConditions",
            "a streaming job ignores these, and goes on until it is stopped or idle for 10 days",
            "leave them out, and stop the job with StopLabelingJob",
        )


@BOOK.rule(
    3,
    "streaming-automated",
    Severity.ERROR,
    "A streaming job has no automated labeling.",
    _EXAMPLE,
    guide("sms-automated-labeling"),
)
def is_labeled_by_people(job: Submission) -> Iterator[Fault]:
    if job.streaming and job.automated is not None:
        yield Fault(
            "LabelingJobAlgorithmsConfig",
            "a streaming job cannot label automatically",
            "leave this out, or SnsDataSource for a job with automated labeling",
        )


@BOOK.rule(
    4,
    "streaming-places",
    Severity.WARNING,
    "The output of a streaming job lies apart from its input. That matters where the bucket itself notifies the topic;"
    " whether it does, which text jobs may not, and how topics are encrypted is left to a look.",
    _STREAMING,
    _TOPICS,
)
def output_lies_apart(job: Submission) -> Iterator[Fault]:
    if not job.streaming or job.manifest is None:
        return
    source, output = s3_object_of(job.manifest), s3_object_of(job.request.OutputConfig.S3OutputPath)
    if source is None or output is None or source.bucket != output.bucket:
        return
    folder = output.key.rstrip("/")
    if not folder or source.key.startswith(f"{folder}/"):
        yield Fault(
            "OutputConfig.S3OutputPath",
            "the manifest lies where the output goes; if the bucket notifies the topic, labels come back as objects",
            "give the output a folder or bucket of its own",
        )


@BOOK.rule(
    4,
    "streaming-topics",
    Severity.WARNING,
    "The topic that labels are sent to is another than the one that objects come from.",
    model("LabelingJobOutputConfig"),
    _TOPICS,
)
def topics_differ(job: Submission) -> Iterator[Fault]:
    source, output = job.request.InputConfig.DataSource.SnsDataSource, job.request.OutputConfig.SnsTopicArn
    if source is not None and source.SnsTopicArn == output:
        yield Fault(
            "OutputConfig.SnsTopicArn",
            "labels go to the topic that objects come from, so each label would be a new object",
            "name another topic, or leave it out if nobody listens",
        )


@BOOK.rule(
    5,
    "streaming-queue",
    Severity.WARNING,
    "A streaming job makes a queue in the account, which stays when the job ends. Whether one of that name is there"
    " already is left to a look.",
    _STREAMING,
    guide("sms-streaming-stop-labeling-job"),
)
def leaves_a_queue(job: Submission) -> Iterator[Fault]:
    if job.streaming:
        queue = f"GroundTruth-{job.request.LabelingJobName.lower()}"
        yield Fault(
            "InputConfig.DataSource.SnsDataSource",
            f"the job makes the queue {queue}, from which objects vanish after 14 days, and does not delete it",
            "see that workers keep up, and delete the queue when the job has ended",
        )


@BOOK.rule(
    22,
    "stopping-conditions",
    Severity.WARNING,
    "Stopping conditions hold one or both; the first that is met stops the job.",
    model("LabelingJobStoppingConditions"),
)
def conditions_say_something(job: Submission) -> Iterator[Fault]:
    stopping = job.request.StoppingConditions
    if (
        stopping is not None
        and stopping.MaxHumanLabeledObjectCount is None
        and stopping.MaxPercentageOfInputDatasetLabeled is None
    ):
        yield Fault(
            "StoppingConditions",
            "there is no condition in it, so it stops nothing",
            "set MaxHumanLabeledObjectCount or MaxPercentageOfInputDatasetLabeled, or leave it out",
        )
