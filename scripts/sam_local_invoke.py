"""Runs each function with its payloads through `sam local invoke`, and checks its answer and what it did.

A payload is events/FUNCTION/CASE.json, what it has to answer is CASE.expected.json beside it. The functions work on a
local cloud with nothing else awake: what is found in its table and queues afterwards was done by that one call. Where
no Docker answers, the functions run under Lambda's Runtime Interface Emulator instead, and the output says so.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from jobherald.channels.text import anchor
from jobherald.deploying.defaults import DEFAULT_SOURCES
from jobherald.errors import JobheraldError
from jobherald.local.cloud import LocalCloud
from jobherald.local.doors import Door, container_host
from jobherald.local.invoking import EmulatorInvoker, Invoker, SamInvoker
from jobherald.local.services import JobServices, ModelArts, auto_labeling_task, labeling_job
from jobherald.local.slack import SlackDouble
from jobherald.local.subscribers import Subscriber
from jobherald.model import Place

ROOT: Final = Path(__file__).resolve().parent.parent
# In the order in which news travels: each function finds what the one before it left.
VERBS: Final = ("schedule", "ingest", "poll", "notify", "slack", "api")
LISTENING_SECONDS: Final = 10.0
SECRET: Final = "/jobherald/slack"  # noqa: S105  # where it lies, not what it is
HUAWEI_SECRET: Final = "/jobherald/huawei"  # noqa: S105  # as above
SOURCES: Final = (
    "sagemaker.labeling",
    "rekognition.media_analysis",
    "modelarts.auto_labeling",
    "sagemaker.training",
    "glue.job_run",
    "batch.job",
    "mediaconvert.job",
)

PLACE: Final = "sagemaker.labeling/111122223333/us-east-1"
PROJECT: Final = "modelarts.auto_labeling/0a1b2c3d4e5f60718293a4b5c6d7e8f9/cn-north-4"
DATASET: Final = "gfghHSokody6AJigS5A"
TASK: Final = "8N7fZvT2m5KxQw0aYcE"
OLD_JOB: Final = "prod-receipts"
NEW_JOB: Final = "prod-street-signs"


def job_pk(name: str) -> str:
    """The partition of a labeling job in the table."""
    return f"job#{PLACE}:arn:aws:sagemaker:us-east-1:111122223333:labeling-job/{name}"


@dataclass(frozen=True)
class Stage:
    """What runs during the whole of it."""

    cloud: LocalCloud
    services: JobServices
    modelarts: ModelArts
    slack: SlackDouble
    listener: Subscriber

    def item(self, pk: str, sk: str) -> dict[str, Any]:
        """An item of the table in DynamoDB's own form; empty where there is none."""
        found: dict[str, Any] = self.cloud.client("dynamodb").get_item(
            TableName=self.cloud.outputs["TableName"],
            Key={"pk": {"S": pk}, "sk": {"S": sk}},
            ConsistentRead=True,
        )
        return dict(found.get("Item", {}))

    def messages(self, url: str) -> list[dict[str, Any]]:
        """Everything that lies in a queue, taken out of it."""
        sqs, bodies = self.cloud.client("sqs"), []
        while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            bodies += [json.loads(message["Body"]) for message in found]
            for message in found:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies


def prepare_poll_place(stage: Stage) -> None:
    """A job that runs since before anybody watched: the first look takes it in, and says nothing of it."""
    began = datetime.now(UTC) - timedelta(hours=1)
    stage.services.add(labeling_job(OLD_JOB, created_at=began, lasts=86400, ends=""))


def prepare_poll_datasets(stage: Stage) -> None:
    """A task that runs in a dataset since before anybody watched: the poll of the project finds both."""
    began = datetime.now(UTC) - timedelta(hours=1)
    stage.modelarts.add(
        auto_labeling_task(
            "prod-pedestrians", created_at=began, dataset=DATASET, task_id=TASK, lasts=86400, ends=None
        )
    )


def prepare_poll_look(stage: Stage) -> None:
    """A job that began after the first look, whose date has whole seconds."""
    time.sleep(1.1)
    stage.services.add(
        labeling_job(NEW_JOB, created_at=datetime.now(UTC), starts_after=0.1, lasts=86400, ends="")
    )
    time.sleep(1.1)


def effect_of_schedule_tick(stage: Stage) -> str:
    polled = {message["place"]["source"] for message in stage.messages(stage.cloud.outputs["PollsQueueUrl"])}
    return _must(polled == set(SOURCES), f"queued polls of {', '.join(sorted(polled))}")


def effect_of_ingest(stage: Stage, payload: Path) -> str:
    expected = answer_to(payload)
    queued = stage.messages(stage.cloud.outputs["LooksQueueUrl"])
    if "ignored" in expected:
        return _must(queued == [], f"queued {len(queued)} looks")
    (look,) = queued
    said = {"place": Place(**look["place"]).key, "id": look["id"], "name": look["name"]}
    return _must(said == expected, f"queued a look at {look['name'] or look['id']}")


def effect_of_poll_place(stage: Stage) -> str:
    job = stage.item(job_pk(OLD_JOB), "job")
    place = stage.item(f"place#{PLACE}", "place")
    known = job.get("state", {}).get("S")
    return _must(
        known == "running" and "unsent" not in job and "unsent" in place, f"{OLD_JOB} is known as {known}"
    )


def effect_of_poll_datasets(stage: Stage) -> str:
    task = stage.item(f"job#{PROJECT}/{DATASET}:{TASK}", "job")
    place = stage.item(f"place#{PROJECT}", "place")
    known = task.get("state", {}).get("S")
    return _must(
        known == "running" and "unsent" not in task and "unsent" in place, f"{TASK} is known as {known}"
    )


def effect_of_poll_look(stage: Stage) -> str:
    job = stage.item(job_pk(NEW_JOB), "job")
    owed = job.get("unsent", {}).get("S")
    return _must(owed == "1", f"{NEW_JOB} owes change {owed}")


def effect_of_notify_owing(stage: Stage) -> str:
    deadline = time.monotonic() + LISTENING_SECONDS
    while not stage.listener.messages and time.monotonic() < deadline:
        time.sleep(0.1)
    told = [message["id"] for message in stage.listener.messages]
    job = stage.item(job_pk(NEW_JOB), "job")
    right = told == [f"{job_pk(NEW_JOB).removeprefix('job#')}#1"] and "unsent" not in job
    return _must(
        right and bool(stage.item(job_pk(NEW_JOB), "told#sns#00000001")), f"told {len(told)} change on SNS"
    )


def effect_of_slack(stage: Stage, payload: Path) -> str:
    """Each piece of news stands in the channel once, however often it comes; anything else is put aside."""
    bodies = [record["body"] for record in json.loads(payload.read_text(encoding="utf-8"))["Records"]]
    aside = stage.messages(stage.cloud.resources["SlackDeadLetterQueue"])
    news = [json.loads(body)["id"] for body in bodies if "schema" in json.loads(body)]
    posts = [stage.slack.count(one, anchor) for one in news]
    right = set(posts) <= {1} and len(aside) == len(bodies) - len(news)
    return _must(right, f"{len(news)} told once each, {len(aside)} put aside")


def effect_of_api(stage: Stage, payload: Path) -> str:
    """Reading and checking leave nothing behind."""
    asked = json.loads(payload.read_text(encoding="utf-8"))["routeKey"]
    called = [call for call in stage.services.calls if call.operation == "CreateLabelingJob"]
    looks = stage.messages(stage.cloud.outputs["LooksQueueUrl"])
    return _must(not called and not looks, f"answered {asked}, and started nothing")


PREPARATIONS: Final[dict[str, Callable[[Stage], None]]] = {
    "poll/place": prepare_poll_place,
    "poll/datasets": prepare_poll_datasets,
    "poll/look": prepare_poll_look,
}
EFFECTS: Final[dict[str, Callable[[Stage], str]]] = {
    "schedule/tick": effect_of_schedule_tick,
    "poll/place": effect_of_poll_place,
    "poll/datasets": effect_of_poll_datasets,
    "poll/look": effect_of_poll_look,
    "notify/owing": effect_of_notify_owing,
}
# Where what has to be found follows from the payload.
EFFECTS_OF_PAYLOAD: Final[dict[str, Callable[[Stage, Path], str]]] = {
    "ingest": effect_of_ingest,
    "slack": effect_of_slack,
    "api": effect_of_api,
}
# Where one case needs what another one left.
FIRST: Final = ("poll/place",)


class EffectError(Exception):
    """A function answered well, and did not do what it should have done."""


def _must(right: bool, what: str) -> str:  # noqa: FBT001  # the fact, then its words
    if not right:
        raise EffectError(what)
    return what


def effect(stage: Stage, verb: str, name: str, payload: Path) -> str:
    """What a case was found to do. Raises EffectError where that is not what it should have done."""
    if verb in EFFECTS_OF_PAYLOAD:
        return EFFECTS_OF_PAYLOAD[verb](stage, payload)
    return EFFECTS[name](stage)


def answer_to(payload: Path) -> Any:
    """What a payload has to be answered with."""
    return json.loads(payload.with_suffix(".expected.json").read_text(encoding="utf-8"))


def cases() -> list[tuple[str, str, Path]]:
    """Verb, name and payload of every case, in the order in which they have to run. Raises JobheraldError."""
    found = []
    for verb in VERBS:
        payloads = [path for path in (ROOT / "events" / verb).glob("*.json") if ".expected." not in path.name]
        named = [(f"{verb}/{path.stem}", path) for path in payloads]
        found += [
            (verb, name, path) for name, path in sorted(named, key=lambda one: (one[0] not in FIRST, one[0]))
        ]
    missing = set(EFFECTS) - {name for _, name, _ in found}
    missing |= {name for verb, name, _ in found if name not in EFFECTS and verb not in EFFECTS_OF_PAYLOAD}
    if missing or {verb for verb, _, _ in found} != set(VERBS):
        raise JobheraldError(
            f"Payload and effect do not go together: {', '.join(sorted(missing)) or 'a whole function'}."
        )
    return found


def run(stage: Stage, invoker: Invoker) -> Iterator[str]:
    """Run every case. Yields what each was found to do. Raises JobheraldError or EffectError at the first that is wrong."""
    for verb, name, payload in cases():
        began = time.monotonic()
        if name in PREPARATIONS:
            PREPARATIONS[name](stage)
        expected = answer_to(payload)
        answer = invoker.invoke(verb, payload)
        if answer != expected:
            raise JobheraldError(
                f"{name}: answered {json.dumps(answer)}\n{' ' * len(name)}  instead of {json.dumps(expected)}"
            )
        try:
            did = effect(stage, verb, name, payload)
        except EffectError as error:
            raise JobheraldError(f"{name}: answered as expected, but {error}") from error
        yield f"{name:<34} {did} ({time.monotonic() - began:.1f} s)"


def asleep(cloud: LocalCloud) -> None:
    """Nothing in the cloud acts by itself any more."""
    functions = cloud.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)


def main() -> int:
    """Run everything and say what happened. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--without-docker", action="store_true", help="use the Runtime Interface Emulator at once"
    )
    options = parser.parse_args()
    cases()
    host = None if options.without_docker else container_host()
    if host is None:
        why = "as asked" if options.without_docker else "no Docker answers here (DOCKER_HOST, docker on PATH)"
        print(f"sam local invoke was not run: {why}.")
        print("The functions run under Lambda's Runtime Interface Emulator on this host instead.")
    with ExitStack() as stack:
        services, slack = stack.enter_context(JobServices()), stack.enter_context(SlackDouble())
        modelarts = stack.enter_context(ModelArts(ledger=services.ledger))
        cloud = stack.enter_context(LocalCloud(environment=services.environment()))

        def reached(url: str) -> str:
            return url if host is None else stack.enter_context(Door(host, url)).url

        slack_url, services_url = reached(slack.url), reached(services.url)
        webhook = slack.webhook_url.replace(slack.url, slack_url)
        for name, value in {SECRET: webhook, HUAWEI_SECRET: modelarts.key.secret}.items():
            cloud.client("ssm").put_parameter(Name=name, Type="SecureString", Value=value)
        huawei = modelarts.environment()
        cloud.deploy(
            {
                "ScheduleState": "DISABLED",
                "Sources": ",".join(source for source in SOURCES if source in DEFAULT_SOURCES),
                "SlackSecret": f"ssm:{SECRET}",
                "SlackApiUrl": f"{slack_url}/api/",
                "HuaweiSecret": f"ssm:{HUAWEI_SECRET}",
                "HuaweiProjects": huawei["HUAWEI_PROJECTS"],
                "HuaweiEndpoints": huawei["HUAWEI_ENDPOINTS"],
            }
        )
        asleep(cloud)
        environment = {
            # The published template refuses the name of any other source, and for these payloads needs to grant nothing.
            "SOURCES": ",".join(SOURCES),
            "AWS_ENDPOINT_URL": reached(cloud.endpoint),
            "AWS_ENDPOINT_URL_SAGEMAKER": services_url,
            "AWS_ENDPOINT_URL_REKOGNITION": services_url,
            "HUAWEI_ENDPOINTS": huawei["HUAWEI_ENDPOINTS"].replace(modelarts.url, reached(modelarts.url)),
        }
        kind = EmulatorInvoker if host is None else SamInvoker
        listener = stack.enter_context(Subscriber(cloud, cloud.outputs["TopicArn"], "listener"))
        stage = Stage(cloud, services, modelarts, slack, listener)
        for line in run(stage, kind(cloud, environment)):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except JobheraldError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
