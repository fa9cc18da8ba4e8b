"""The demo keeps its word: everything due is told once, and where something is lost, its reckoning sees it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jobherald.local.demo import SOURCES

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def demo(*options: str) -> tuple[int, dict[str, Any], str]:
    """The command's exit code, its last line, and all that it printed."""
    done = subprocess.run(
        [Path(sys.executable).with_name("jobherald"), "demo", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.stdout.strip(), done.stderr
    return done.returncode, json.loads(done.stdout.strip().splitlines()[-1]), done.stdout


def killed(printed: str) -> set[str]:
    """The functions that were killed."""
    return set(re.findall(r"☠ (\w+) was killed", printed))


def test_everything_due_is_told_once_on_every_channel() -> None:
    """Through refusals of a gateway and of Slack, events that come twice or late, and kills in the middle of work."""
    code, result, printed = demo()
    assert code == 0, printed
    assert list(result) == [
        *("watches", "jobs", "changes", "sns", "slack", "lost", "duplicated", "seconds"),
        *("kills", "duplicated_by_crash"),
    ]
    assert (result["lost"], result["duplicated"]) == (0, 0)
    assert result["kills"] == printed.count("☠")
    assert killed(printed) >= {"schedule", "poll", "notify", "slack"}
    assert "sns PublishBatch" in printed
    assert "POST to Slack" in printed
    assert result["duplicated_by_crash"] >= 1, "told and not marked is told again, on SNS or in Slack"
    assert result["watches"] == 8
    assert result["jobs"] >= 520
    # The ends alone: a slow machine may see few of the jobs running.
    assert result["changes"] >= 125
    assert result["sns"] == result["slack"] == result["changes"]
    assert len({line.partition("●")[2] for line in printed.splitlines() if "● Watching" in line}) == 9
    for source in SOURCES:
        assert re.search(rf"{source}: \d\d+ jobs shown, [1-9]\d* changes due", printed), source
    assert "-archive-" not in printed, "a job that was over before the first look is nobody's news"
    assert "Slack answers 429" in printed
    assert "Slack answers 500" in printed
    assert "ModelArts in cn-east-3 answers 429" in printed
    assert "prod-pedestrians failed" in printed
    assert "Failed step: train" in printed
    assert "evaluate (ModelArts.4909)" in printed
    assert "failed AlgorithmError" in printed, "why a training failed stands in its description alone"
    assert "returns-daily failed" in printed, "a run of a Glue job that came late"
    assert "weekly-call succeeded" in printed, "a second job of that name"
    assert "$ jobherald submit labeling --cli-input-json submit-street-signs.json" in printed
    assert (
        "submit-street-signs started: all was looked at, no findings; told by the stack jobherald" in printed
    )
    assert re.search(
        # Two on a machine that keeps up.
        r"submit-street-signs was \w+ in Slack (before the next poll|after \d+ polls?)",
        printed,
    )
    assert "submit-street-signs succeeded" in printed


def test_what_is_lost_on_purpose_is_seen() -> None:
    """Slack acknowledges a post and forgets it, the subscriber loses a message: both are named, and the demo fails."""
    code, result, printed = demo("--fault", "swallow")
    assert code == 1
    assert result["lost"] >= 2
    assert (result["kills"], result["duplicated"], result["duplicated_by_crash"]) == (0, 0, 0)
    assert "slack: " in printed
    assert "sns: " in printed
