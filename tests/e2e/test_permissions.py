"""Permissions by record: what every role grants, against every call that was made while all these tests ran."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

import pytest

from jobherald.local.cloud import LocalCloud
from jobherald.local.services import auto_labeling_task, labeling_job, media_analysis_job
from jobherald.local.slack import Spell
from tests.e2e.stage import CONFIGURATION, Stage, now, policies
from tests.project.template import as_list

pytestmark = pytest.mark.e2e

VERBS = ("schedule", "ingest", "poll", "notify", "slack")
MAPPED = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")

POLLED = {
    "ListLabelingJobs": "sagemaker",
    "DescribeLabelingJob": "sagemaker",
    "ListMediaAnalysisJobs": "rekognition",
    "GetMediaAnalysisJob": "rekognition",
}

# The statements of poll's policies that follow from the sources.
GENERATED = frozenset(
    {"InWatchedRegions", "OfGlobalServices", *(f"Resources{number}" for number in range(1, 100))}
)

# What the platform does in a role's name, so that no call of a function shows it: writing logs, reading queues and the
# stream for event source mappings, sending what failed for good to its destination, and decrypting a secret for SSM or
# Secrets Manager with a key of the account's own.
OF_THE_PLATFORM = {
    *((verb, "Logs", action) for verb in VERBS for action in ("logs:CreateLogStream", "logs:PutLogEvents")),
    *((verb, "EventSources", action) for verb in ("poll", "slack") for action in MAPPED),
    ("notify", "EventSources", "dynamodb:DescribeStream"),
    ("notify", "EventSources", "dynamodb:GetRecords"),
    ("notify", "EventSources", "dynamodb:GetShardIterator"),
    ("notify", "Streams", "dynamodb:ListStreams"),
    *((verb, "DeadLetters", "sqs:SendMessage") for verb in ("schedule", "ingest", "notify")),
    *((verb, "SecretParameterKey", "kms:Decrypt") for verb in ("schedule", "poll", "slack")),
    *((verb, "SecretKey", "kms:Decrypt") for verb in ("schedule", "poll", "slack")),
}


@dataclass(frozen=True, order=True)
class Grant:
    """One action on one resource (an ARN, with wildcards) that a statement of a function's role allows."""

    function: str
    statement: str
    action: str
    resource: str

    @property
    def of_the_platform(self) -> bool:
        return (self.function, self.statement, self.action) in OF_THE_PLATFORM


def granted(cloud: LocalCloud) -> Iterator[Grant]:
    """Everything that the deployed roles grant, with every reference resolved."""
    for verb in VERBS:
        for document in policies(cloud, f"{verb.capitalize()}Role"):
            for statement in document["Statement"]:
                for action in as_list(statement["Action"]):
                    for resource in as_list(statement["Resource"]):
                        yield Grant(verb, statement["Sid"], action, resource)


def used(stage: Stage) -> set[tuple[str, str, str]]:
    """Function, action and resource of every call that was allowed; of a job service's operations, poll's alone."""
    calls = {(call.function, call.action, call.resource) for call in stage.cloud.role_calls() if call.allowed}
    for asked in stage.services.calls:
        client = POLLED.get(asked.operation)
        if client is None:
            # Asked by the API of another stack, whose own test looks at it.
            continue
        # The simulated services know no ARN of the request; what they were asked for names the job or nothing.
        name = asked.parameters.get("LabelingJobName")
        arn = f"arn:aws:sagemaker:{asked.region}:{asked.account}:labeling-job/{name}" if name else "*"
        calls.add(("poll", f"{client}:{asked.operation}", arn))
    return calls


@pytest.fixture(scope="module")
def grants(stage: Stage) -> set[Grant]:
    """What is granted, after a tour through what no other test may have led the functions to do."""
    first = set(granted(stage.cloud))
    tour(stage)
    stage.until(lambda: stage.watchman.asked, tick=True)
    values = {
        "team/slack": stage.slack.webhook_url,
        "team/huawei": stage.modelarts.key.secret,
        "team/ping": stage.watchman.url,
    }
    for name, value in values.items():
        stage.cloud.client("secretsmanager").create_secret(Name=name, SecretString=value)
    stage.cloud.deploy(
        stage.parameters(
            SlackSecret="secretsmanager:team/slack",
            HuaweiSecret="secretsmanager:team/huawei",
            PingSecret="secretsmanager:team/ping",
        )
    )
    stage.watchman.asked.clear()
    stage.modelarts.add(auto_labeling_task("by-secret", created_at=now(), starts=0.1, lasts=3600, ends=None))
    (change,) = stage.until(lambda: stage.told("running", "by-secret"), tick=True)
    stage.until(lambda: stage.posted(change) == 1)
    stage.until(lambda: stage.watchman.asked, tick=True)
    return first | set(granted(stage.cloud))


def tour(stage: Stage) -> None:
    """Both sources by poll and by event, a refusing Slack, a message that nobody can read, a bad configuration."""
    stage.slack.cast(Spell.RATE_LIMITED, posts=1)
    stage.services.add(
        labeling_job("tour-labeling", created_at=now(), starts_after=0.1, lasts=3600, ends=""),
        media_analysis_job("tour-media", created_at=now(), starts_after=0.1, lasts=3600, ends=""),
    )
    stage.until(lambda: stage.told("running", "tour-labeling"), tick=True)
    stage.until(lambda: stage.told("running", "tour-media"), tick=True)
    job = next(job for job in stage.services.jobs() if job.row.get("JobName") == "tour-media")
    asked = len(stage.services.calls)
    look = {"source": job.source, "account": job.account, "region": job.region, "parent": ""}
    stage.cloud.client("sqs").send_message(
        QueueUrl=stage.cloud.outputs["LooksQueueUrl"],
        MessageBody=json.dumps({"place": look, "id": job.id, "name": ""}),
    )
    stage.until(lambda: "GetMediaAnalysisJob" in {call.operation for call in stage.services.calls[asked:]})
    stage.cloud.client("sqs").send_message(
        QueueUrl=stage.cloud.outputs["SlackQueueUrl"], MessageBody=f"nothing of ours {secrets.token_hex(4)}"
    )
    stage.configure("[[watch]]\nid = 1\n")
    stage.until(lambda: stage.operators.messages, tick=True)
    stage.configure(CONFIGURATION)
    dead = stage.cloud.resources["SlackDeadLetterQueue"]
    stage.until(
        lambda: stage.cloud.client("sqs").receive_message(QueueUrl=dead, VisibilityTimeout=0).get("Messages")
    )


def test_nothing_was_refused(stage: Stage, grants: set[Grant]) -> None:
    """Every call of every function was allowed by its role and by the policies of what it touched."""
    refused = {
        (call.function, call.action, call.resource) for call in stage.cloud.role_calls() if not call.allowed
    }
    assert refused == set()


def test_what_is_used_is_granted(stage: Stage, grants: set[Grant]) -> None:
    """Also where the local cloud cannot refuse, as for the job services."""
    missing = {call for call in used(stage) if not any(_covers(grant, call) for grant in grants)}
    assert missing == set()


def test_what_is_granted_is_used(stage: Stage, grants: set[Grant]) -> None:
    """A permission that nothing ever needed is one that only an intruder would.

    The template is rendered for more sources than are watched here; what those take is held to the catalogue elsewhere.
    """
    calls = used(stage)
    polled = {f"{client}:{operation}" for operation, client in POLLED.items()}
    idle = {
        grant
        for grant in grants
        if (grant.statement not in GENERATED or grant.action in polled)
        and not grant.of_the_platform
        and not any(_covers(grant, call) for call in calls)
    }
    assert idle == set()


def test_the_platform_needs_what_is_listed(grants: set[Grant]) -> None:
    """The fixed list names nothing that no role grants."""
    kept = {(grant.function, grant.statement, grant.action) for grant in grants}
    assert kept >= OF_THE_PLATFORM


def _covers(grant: Grant, call: tuple[str, str, str]) -> bool:
    function, action, resource = call
    return (grant.function, grant.action) == (function, action) and fnmatchcase(resource, grant.resource)
