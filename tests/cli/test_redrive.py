from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from jobherald.channels.message import to_message
from jobherald.deadletters.letter import Queue
from jobherald.model import Delivery, Job, Place
from jobherald.store.dynamodb import DynamoStore
from tests.cli.conftest import ACCOUNT, STACK, Run
from tests.fakes.letters import send
from tests.fakes.news import FAILED, RUNNING, SUCCEEDED
from tests.project.template import ROOT, properties, template

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLACE = Place("sagemaker.labeling", ACCOUNT, "us-east-1")
BODY = {"source": PLACE.source, "account": PLACE.account, "region": PLACE.region}
REFUSED = {"reason": "refused", "error": "Slack answered 400 invalid_blocks.", "message_id": "m"}
LOOK = json.dumps({"place": BODY, "id": "", "name": "street-signs"})
RECORDS = json.dumps({"requestContext": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": {}})


@dataclass
class Deployed:
    """A stack with the queues and the table of the template, in a mocked account."""

    sqs: Any
    store: DynamoStore
    urls: dict[str, str]

    def put(self, queue: Queue, body: str, **attributes: str) -> str:
        return send(self.sqs, self.urls[queue.resource], body, attributes)

    def count(self, resource: str) -> int:
        found = self.sqs.get_queue_attributes(QueueUrl=self.urls[resource], AttributeNames=["All"])
        return sum(
            int(found["Attributes"][f"ApproximateNumberOfMessages{hidden}"]) for hidden in ("", "NotVisible")
        )


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    # moto shows all that it has at once.
    monkeypatch.setattr("jobherald.deadletters.box.WAIT_SECONDS", 0)
    with mock_aws():
        kept = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")
        table = template()["Resources"]["JobsTable"]["Properties"]
        queues = {
            name: {"FifoQueue": True, "QueueName": f"{name}.fifo"} if declared.get("FifoQueue") else {}
            for name, declared in properties("AWS::SQS::Queue").items()
        }
        outputs = {"TableName": "jobs", "WatchedSources": "sagemaker.labeling", "WatchedRegions": "us-east-1"}
        document = {
            "Resources": {
                "JobsTable": {
                    "Type": "AWS::DynamoDB::Table",
                    "Properties": {"TableName": "jobs", **{name: table[name] for name in kept}},
                },
                **{name: {"Type": "AWS::SQS::Queue", "Properties": given} for name, given in queues.items()},
            },
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        cloudformation, sqs = boto3.client("cloudformation"), boto3.client("sqs")
        cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(document))
        found = cloudformation.list_stack_resources(StackName=STACK)["StackResourceSummaries"]
        urls = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}
        yield Deployed(sqs, DynamoStore(boto3.client("dynamodb"), "jobs"), urls)


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobherald.cli.redrive._at_terminal", lambda: True)


def news(change: Any) -> str:
    return json.dumps(to_message(change))


class TestShowing:
    def test_where_nothing_lies_it_says_so(self, run: Run, deployed: Deployed) -> None:
        """All six queues are named, so that nobody wonders whether one was left out."""
        found = run("redrive")
        assert found.exit_code == 0
        assert found.stdout.endswith("No dead letters are seen in the queues of jobherald.\n")
        rows = [line.split() for line in found.stdout.splitlines()[2:8]]
        assert rows == [[queue.value, "0"] for queue in Queue]

    def test_like_letters_are_told_together(self, run: Run, deployed: Deployed) -> None:
        """What, how many, why and what to do, with the command that does it."""
        for change in (FAILED, SUCCEEDED):
            deployed.put(Queue.SLACK, news(change), **REFUSED)
        deployed.put(Queue.SCHEDULE, "{}", ERROR_CODE="THROTTLING", ERROR_MESSAGE="Rate exceeded")
        found = run("redrive", "--region", "us-east-1").stdout
        assert "slack          2   news for Slack" in found
        for part in (
            "moderation-nightly failed after 41 min; cats-batch-7 succeeded after 2 h 14 min",
            "Slack refused it for good: Slack answered 400 invalid_blocks.",
            "mend first: ",
            "jobherald redrive slack --resend --stack jobherald --region us-east-1\n",
            "EventBridge Scheduler could not hand it to the schedule function: THROTTLING Rate exceeded",
            "jobherald redrive schedule --purge --stack jobherald --region us-east-1\n",
        ):
            assert part in found

    def test_reading_uses_nothing_up(self, run: Run, deployed: Deployed) -> None:
        """Whoever looks next sees the same."""
        deployed.put(Queue.LOOKS, LOOK)
        first, second = (json.loads(run("redrive", "looks", "--json").stdout) for _ in range(2))
        assert first == second
        assert deployed.count("LooksDeadLetterQueue") == 1

    def test_json_has_everything(self, run: Run, deployed: Deployed) -> None:
        """What a script needs to decide for itself, with the body as it lies there."""
        one = deployed.put(Queue.SLACK, news(FAILED), **REFUSED)
        (slack, *others) = json.loads(run("redrive", "--json").stdout)
        assert [each["queue"] for each in others] == [queue.value for queue in list(Queue)[1:]]
        (letter,) = slack["letters"]
        sent, kept = (datetime.fromisoformat(letter.pop(name)) for name in ("sent_at", "kept_until"))
        assert kept - sent == timedelta(days=4)  # SQS's own, since the mocked queue has none
        assert letter == {
            "id": one,
            "kind": "news for Slack",
            "subject": "moderation-nightly failed after 41 min",
            "why": "Slack refused it for good: Slack answered 400 invalid_blocks.",
            "do": "mend first",
            "because": letter["because"],
            "resendable": True,
            "attributes": REFUSED,
            "body": news(FAILED),
        }

    def test_like_letters_are_counted_in_the_plural(self, run: Run, deployed: Deployed) -> None:
        """Two of a kind, for each kind."""
        event = {"detail-type": "Other", "source": "aws.other", "detail": {}}
        bodies = {
            Queue.SLACK: "{nope",
            Queue.NOTIFY: RECORDS,
            Queue.LOOKS: LOOK,
            Queue.POLLS: json.dumps({"place": BODY, "queued_at": NOON.isoformat()}),
            Queue.INGEST: json.dumps(event),
            Queue.SCHEDULE: "{}",
        }
        for queue, body in bodies.items():
            deployed.put(queue, body)
            deployed.put(queue, f"{body} ")
        shown = run("redrive").stdout.splitlines()[2:8]
        assert [line.split("  2   ")[1].split("  ")[0] for line in shown] == [
            "no messages of ours",
            "stream records",
            "looks at jobs",
            "polls of places",
            "events",
            "wake-ups",
        ]

    def test_of_very_many_some_are_shown_and_the_rest_counted(self, run: Run, deployed: Deployed) -> None:
        """Nobody reads hundreds; a script gets all of them."""
        for number in range(52):
            deployed.put(Queue.SCHEDULE, json.dumps({"number": number}))
        assert "and 2 more, which --json shows" in run("redrive", "schedule").stdout
        assert len(json.loads(run("redrive", "schedule", "--json").stdout)[0]["letters"]) == 52

    def test_text_from_outside_does_nothing_at_the_terminal(self, run: Run, deployed: Deployed) -> None:
        """Neither a job's name nor an error is obeyed."""
        shady = replace(FAILED, name="[red]a\x1b[31mb[/red]")
        deployed.put(Queue.SLACK, news(shady), reason="refused", error="[bold]no[/bold]", message_id="m")
        found = run("redrive", "slack").stdout
        assert "\x1b" not in found
        assert "[red]a[31mb[/red] failed" in found
        assert "[bold]no[/bold]" in found

    def test_deleting_is_not_offered_beside_what_is_better_sent(self, run: Run, deployed: Deployed) -> None:
        """It would take along what can still be sent; sending takes care of both."""
        told = Job(FAILED.key, FAILED.state, "FAILED", NOON, 1, FAILED.name)
        deployed.store.write(told, None)
        deployed.store.record([Delivery("slack", FAILED, NOON, "17.1")])
        deployed.put(Queue.SLACK, news(FAILED), **REFUSED)
        assert "jobherald redrive slack --purge" in run("redrive", "slack").stdout
        deployed.put(Queue.SLACK, news(RUNNING), **REFUSED)
        found = run("redrive", "slack").stdout
        assert "jobherald redrive slack --resend" in found
        assert "--purge" not in found


class TestSendingAgain:
    def test_news_goes_back_to_slacks_queue(self, run: Run, deployed: Deployed) -> None:
        """And leaves the dead letters."""
        deployed.put(Queue.SLACK, news(FAILED), **REFUSED)
        found = run("redrive", "slack", "--resend", "--yes")
        assert found.exit_code == 0
        assert found.stdout.startswith("Sent to Slack's queue again: 1.")
        assert deployed.count("SlackQueue") == 1
        assert deployed.count("SlackDeadLetterQueue") == 0

    def test_one_message_alone(self, run: Run, deployed: Deployed) -> None:
        """By the beginning of its id, as it is shown."""
        one = deployed.put(Queue.SLACK, news(FAILED), **REFUSED)
        deployed.put(Queue.SLACK, news(RUNNING), **REFUSED)
        done = json.loads(run("redrive", "slack", "--message", one[:8], "--resend", "--yes", "--json").stdout)
        assert done == {"queue": "slack", "resent": [one], "kept": []}
        assert deployed.count("SlackDeadLetterQueue") == 1

    def test_what_cannot_be_read_is_kept(self, run: Run, deployed: Deployed) -> None:
        """The rest is sent all the same, and the exit code says that something is left."""
        kept = deployed.put(Queue.SLACK, "{nope", reason="unreadable", error="not JSON", message_id="m")
        deployed.put(Queue.SLACK, news(FAILED), **REFUSED)
        found = run("redrive", "slack", "--resend", "--yes")
        assert found.exit_code == 1
        assert "Kept: 1 that cannot be sent again." in found.stderr
        assert deployed.count("SlackQueue") == 1
        (letter,) = json.loads(run("redrive", "slack", "--json").stdout)[0]["letters"]
        assert letter["id"] == kept

    def test_looks_go_back_to_theirs(self, run: Run, deployed: Deployed) -> None:
        """A complete look has not made up for them."""
        deployed.put(Queue.LOOKS, LOOK)
        assert run("redrive", "looks", "--resend", "--yes").stdout == "Looks queued again: 1.\n"
        assert deployed.count("LooksQueue") == 1

    def test_records_are_made_up_for_in_the_table(self, run: Run, deployed: Deployed) -> None:
        """What owes news is written once more, which is what the stream carries."""
        owing = Job(RUNNING.key, RUNNING.state, "InProgress", NOON, 1, RUNNING.name, owing=True)
        deployed.store.write(owing, replace(RUNNING, seen_at=datetime.now(UTC) - timedelta(minutes=9)))
        deployed.put(Queue.NOTIFY, RECORDS)
        found = run("redrive", "notify", "--resend", "--yes")
        assert found.stdout == "Items that owe news, written once more: 1. Dead letters deleted: 1.\n"
        item = boto3.client("dynamodb").get_item(
            TableName="jobs", Key={"pk": {"S": f"job#{RUNNING.key.text}"}, "sk": {"S": "job"}}
        )["Item"]
        assert "touched" in item
        assert "unsent" in item

    def test_an_empty_queue_is_no_fault(self, run: Run, deployed: Deployed) -> None:
        found = run("redrive", "slack", "--resend", "--yes")
        assert (found.exit_code, found.stdout) == (0, "No dead letters are seen in slack.\n")


class TestPurging:
    def test_all_of_a_fifo_queue_goes(self, run: Run, deployed: Deployed) -> None:
        """Also what comes to light only when what lay before it is gone."""
        for minute in range(23):
            queued_at = (NOON + timedelta(minutes=minute)).isoformat()
            deployed.put(Queue.POLLS, json.dumps({"place": BODY, "queued_at": queued_at}))
        assert "SQS counts about 13 more than it showed" in run("redrive", "polls").stdout
        found = run("redrive", "polls", "--purge", "--yes")
        assert (found.exit_code, found.stdout) == (0, "Deleted: 23.\n")
        assert deployed.count("PollsDeadLetterQueue") == 0

    def test_who_is_asked_is_told_what_would_be_lost(
        self, run: Run, deployed: Deployed, at_terminal: None
    ) -> None:
        """News that Slack was never told, beside what it was told and what nobody can read."""
        deployed.store.write(Job(FAILED.key, FAILED.state, "FAILED", NOON, 1, FAILED.name), None)
        deployed.store.record([Delivery("slack", FAILED, NOON, "17.1")])
        deployed.put(Queue.SLACK, news(FAILED), **REFUSED)
        deployed.put(Queue.SLACK, news(RUNNING), **REFUSED)
        deployed.put(Queue.SLACK, "{nope")
        found = run("redrive", "slack", "--purge", stdin="n\n")
        assert "Delete these 3 for good? 1 of them could be sent again. [y/N]" in found.stdout
        assert found.exit_code == 1
        assert deployed.count("SlackDeadLetterQueue") == 3
        assert run("redrive", "slack", "--purge", stdin="y\n").stdout.endswith("Deleted: 3.\n")
        assert deployed.count("SlackDeadLetterQueue") == 0


class TestRefusals:
    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (("--resend",), "Say of which queue"),
            (("--message", "ab"), "Say of which queue"),
            (("slack", "--resend", "--purge"), "Either --resend or --purge"),
            (("polls", "--resend", "--yes"), "A poll is not sent again: every later one says more."),
            (("schedule", "--resend", "--yes"), "A wake-up is not sent again"),
            (("slack", "--purge", "--json"), "With --json nobody is asked. Give --yes too."),
            (("elsewhere",), "is not one of"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, run: Run, words: tuple[str, ...], says: str) -> None:
        """Before anything is asked of AWS."""
        found = run("redrive", *words)
        assert found.exit_code == 2
        assert says in found.stderr

    @pytest.mark.parametrize("doing", ["--resend", "--purge"])
    def test_where_nobody_can_be_asked_nothing_is_done(
        self, run: Run, deployed: Deployed, doing: str
    ) -> None:
        """A script has to say --yes."""
        deployed.put(Queue.SLACK, news(FAILED), **REFUSED)
        found = run("redrive", "slack", doing)
        assert found.exit_code == 2
        assert "Give --yes" in found.stderr
        assert deployed.count("SlackDeadLetterQueue") == 1
        assert deployed.count("SlackQueue") == 0

    def test_a_message_that_is_not_there_is_said(self, run: Run, deployed: Deployed) -> None:
        """With its queue, since ids are long and queues are six."""
        deployed.put(Queue.SLACK, news(FAILED), **REFUSED)
        found = run("redrive", "slack", "--message", "zz", "--resend", "--yes")
        assert found.exit_code == 1
        assert "No dead letter that SQS shows in slack has an id that begins with zz." in found.stderr
        assert deployed.count("SlackDeadLetterQueue") == 1

    def test_a_beginning_that_several_ids_share_is_refused(self, run: Run, deployed: Deployed) -> None:
        """Of seventeen ids two have the same first digit."""
        firsts = [deployed.put(Queue.SCHEDULE, str(number))[0] for number in range(17)]
        shared = next(digit for digit in firsts if firsts.count(digit) > 1)
        found = run("redrive", "schedule", "--message", shared, "--purge", "--yes")
        assert found.exit_code == 2
        assert f"{firsts.count(shared)} dead letters have ids that begin with {shared}." in found.stderr
        assert deployed.count("ScheduleDeadLetterQueue") == 17

    def test_what_somebody_else_dealt_with_meanwhile_is_said(
        self, run: Run, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While one was asked, the other answered."""
        url = deployed.urls[Queue.SLACK.resource]
        deployed.put(Queue.SLACK, news(FAILED), **REFUSED)

        def others_come_first() -> bool:
            (message,) = deployed.sqs.receive_message(QueueUrl=url)["Messages"]
            deployed.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return True

        monkeypatch.setattr("jobherald.cli.redrive._at_terminal", others_come_first)
        found = run("redrive", "slack", "--resend", stdin="y\n")
        assert found.exit_code == 1
        assert "1 of them had left the queue" in found.stderr
        assert deployed.count("SlackQueue") == 0

    def test_a_stack_of_something_else_is_said(self, run: Run, deployed: Deployed) -> None:
        """Its name, and what is missing."""
        document = {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {
                "TableName": {"Value": "jobs"},
                "WatchedSources": {"Value": "sagemaker.labeling"},
                "WatchedRegions": {"Value": "us-east-1"},
            },
        }
        boto3.client("cloudformation").create_stack(StackName="other", TemplateBody=json.dumps(document))
        found = run("redrive", "--stack", "other")
        assert found.exit_code == 2
        assert "The stack other has no SlackDeadLetterQueue" in found.stderr


def test_the_documented_policy_is_what_the_command_needs(
    run: Run, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that it calls is missing from the page, and the page grants nothing that it never calls."""
    called: set[str] = set()
    whole = BaseClient._make_api_call  # type: ignore[attr-defined]

    def recording(client: Any, operation: str, request: Any) -> Any:
        called.add(f"{client.meta.service_model.signing_name}:{operation.removesuffix('Batch')}")
        return whole(client, operation, request)

    owing = Job(RUNNING.key, RUNNING.state, "InProgress", NOON, 1, RUNNING.name, owing=True)
    deployed.store.write(owing, replace(RUNNING, seen_at=datetime.now(UTC) - timedelta(minutes=9)))
    deployed.put(Queue.SLACK, news(FAILED), **REFUSED)
    deployed.put(Queue.LOOKS, LOOK)
    deployed.put(Queue.NOTIFY, RECORDS)
    monkeypatch.setattr(BaseClient, "_make_api_call", recording)
    for queue in ("slack", "looks", "notify"):
        assert run("redrive", queue, "--resend", "--yes").exit_code == 0
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    policy = json.loads(page.split("## Dead letters")[1].split("```json")[1].split("```")[0])
    granted = {
        action
        for statement in policy["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert called == granted
