"""What Slack refused for good, on its way back: by the real command, on the real stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jobherald.local import state
from jobherald.local.services import labeling_job
from jobherald.local.slack import Spell
from tests.e2e.stage import Stage, now

pytestmark = pytest.mark.e2e

COMMAND = "from jobherald.cli.main import main; main()"


def jobherald(stage: Stage, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, as a person runs it beside the local cloud."""
    cloud = state.LocalCloud(stage.cloud.endpoint, stage.cloud.stack, stage.cloud.region, os.getpid())
    state.save(cloud, folder)
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *words, "--local"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "XDG_RUNTIME_DIR": str(folder)},
    )


def dead(stage: Stage, folder: Path, name: str) -> list[dict[str, Any]]:
    """The dead letters about this job in Slack's queue, as the command has them."""
    ran = jobherald(stage, folder, "redrive", "slack", "--json")
    assert ran.returncode == 0, ran.stderr
    (queue,) = json.loads(ran.stdout)
    return [each for each in queue["letters"] if name in (each["subject"] or "")]


def waiting(stage: Stage) -> int:
    """How many messages are on their way to Slack."""
    found = stage.cloud.client("sqs").get_queue_attributes(
        QueueUrl=stage.cloud.outputs["SlackQueueUrl"], AttributeNames=["All"]
    )["Attributes"]
    return sum(int(found[f"ApproximateNumberOfMessages{hidden}"]) for hidden in ("", "NotVisible"))


def test_refused_news_is_told_once_when_slack_was_mended(stage: Stage, tmp_path: Path) -> None:
    """It lies there with its reason, is shown with the command that sends it again, and is then in Slack once."""
    tmp_path.chmod(0o700)
    refusing = stage.slack.cast(Spell.INVALID_BLOCKS, only=lambda post: "hard-to-take" in json.dumps(post))
    stage.services.add(labeling_job("hard-to-take", created_at=now(), starts_after=0.1, lasts=3600, ends=""))
    (change,) = stage.until(lambda: stage.told("running", "hard-to-take"), tick=True)
    (letter,) = stage.until(lambda: dead(stage, tmp_path, "hard-to-take"))
    assert letter["do"] == "mend first"
    assert "Slack refused it for good" in letter["why"]
    assert "invalid_blocks" in letter["why"]
    shown = jobherald(stage, tmp_path, "redrive")
    assert shown.returncode == 0, shown.stderr
    assert "hard-to-take" in shown.stdout
    assert "jobherald redrive slack --resend --local" in shown.stdout
    assert stage.posted(change) == 0

    stage.slack.lift(refusing)
    done = jobherald(stage, tmp_path, "redrive", "slack", "--message", letter["id"], "--resend", "--yes")
    assert done.returncode == 0, done.stderr
    stage.until(lambda: stage.posted(change) == 1)
    assert dead(stage, tmp_path, "hard-to-take") == []

    # Whoever sends the same letter once more finds that it is told.
    sqs = stage.cloud.client("sqs")
    sqs.send_message(QueueUrl=stage.cloud.resources["SlackDeadLetterQueue"], MessageBody=letter["body"])
    (again,) = stage.until(lambda: dead(stage, tmp_path, "hard-to-take"))
    assert again["do"] == "purge"
    assert "Slack was told meanwhile" in again["because"]
    jobherald(stage, tmp_path, "redrive", "slack", "--message", again["id"], "--resend", "--yes")
    stage.until(lambda: waiting(stage) == 0, seconds=90)
    assert stage.posted(change) == 1
    assert dead(stage, tmp_path, "hard-to-take") == []
