"""Whoever is woken by an alarm reads what to do next in the alarm itself."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from jobherald.cli.redrive import redrive
from jobherald.deadletters.letter import Queue
from tests.project.template import ROOT, properties, resources

ALARMS = properties("AWS::CloudWatch::Alarm")
DEAD_LETTERS = {name: alarm for name, alarm in ALARMS.items() if "DeadLetters" in name}
OTHERS = {name: alarm for name, alarm in ALARMS.items() if name not in DEAD_LETTERS}
# What CloudWatch takes. Source: PutMetricAlarm, AlarmDescription.
LONGEST = 1024


def description(alarm: dict[str, Any]) -> str:
    """What the alarm says, in the stack ``news`` in Ireland."""
    said = alarm["AlarmDescription"]
    text: str = said["Fn::Sub"] if isinstance(said, dict) else said
    return text.replace("${AWS::StackName}", "news").replace("${AWS::Region}", "eu-west-1")


@pytest.mark.parametrize("name", DEAD_LETTERS)
def test_an_alarm_of_dead_letters_says_which_command_to_run(name: str) -> None:
    """The real command takes it as it stands, for the queue that the alarm watches and the stack that it is of."""
    found = re.search(r"jobherald redrive (.+)$", description(DEAD_LETTERS[name]))
    assert found
    parsed = redrive.make_context("redrive", found[1].split()).params
    watched = {"Name": "QueueName", "Value": {"Fn::GetAtt": [Queue(parsed["queue"]).resource, "QueueName"]}}
    assert DEAD_LETTERS[name]["Dimensions"] == [watched]
    assert (parsed["stack"], parsed["region"]) == ("news", "eu-west-1")
    assert not any(parsed[doing] for doing in ("resend", "purge", "yes"))


def test_every_dead_letter_queue_has_its_alarm() -> None:
    """The command knows the queues that the template has, and each of them alarms."""
    queues = {name for name in properties("AWS::SQS::Queue") if "DeadLetter" in name}
    assert {queue.resource for queue in Queue} == queues
    assert len(DEAD_LETTERS) == len(queues)


@pytest.mark.parametrize("name", OTHERS)
def test_every_other_alarm_names_its_section(name: str) -> None:
    """The operations page has a section under the alarm's own name."""
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    headings = {word for line in re.findall(r"^### (.+)$", page, re.MULTILINE) for word in line.split(", ")}
    assert f"docs/operations.md, {name}" in description(OTHERS[name])
    assert name in headings


@pytest.mark.parametrize("name", ALARMS)
def test_what_an_alarm_says_is_not_too_long(name: str) -> None:
    """CloudWatch refuses a longer description, also with the longest name that a stack can have."""
    assert len(description(ALARMS[name])) < LONGEST - 128


def test_the_readme_counts_them() -> None:
    """What they cost is said in the README by their number, with Slack and the HTTP API and without."""
    conditions = Counter(each.get("Condition", "") for each in resources("AWS::CloudWatch::Alarm").values())
    said = re.search(
        r"alarms: (\d+) × \$0\.10 \((\d+) without Slack, (\d+) less without the HTTP API\)",
        (ROOT / "README.md").read_text(encoding="utf-8"),
    )
    assert said
    total = conditions.total()
    assert [int(count) for count in said.groups()] == [
        total,
        total - conditions["HasSlack"],
        conditions["HasApi"],
    ]
    assert set(conditions) == {"", "HasSlack", "HasApi"}
