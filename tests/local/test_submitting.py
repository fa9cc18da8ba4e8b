"""The job that the demo starts: a request without fault, a command that is read, and polls that are counted."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobherald.errors import JobheraldError
from jobherald.local.services.recording import Asked
from jobherald.local.submitting import SubmitCommand, Submitted, polls_between, request
from jobherald.submit.examination import examine_labeling

ACCOUNT, REGION = "111122223333", "us-east-1"
T0 = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STARTED: dict[str, object] = {
    "findings": [],
    "not_looked": None,
    "started": {"id": "arn:aws:sagemaker:…", "stack": "jobherald", "registered": True},
}


def program(folder: Path, *lines: str) -> Path:
    """A program in the place of jobherald."""
    made = folder / "program"
    made.write_text(
        "\n".join([f"#!{sys.executable}", "import json, os, sys, time", *lines]), encoding="utf-8"
    )
    made.chmod(0o700)
    return made


def ended(command: SubmitCommand) -> Submitted:
    """What it says as soon as it has ended."""
    found = command.result()
    while found is None:
        found = command.result()
    return found


def asked(second: float, operation: str = "ListLabelingJobs", region: str = REGION, **given: str) -> Asked:
    return Asked(T0 + timedelta(seconds=second), operation, ACCOUNT, region, given)


def test_no_rule_says_anything_against_the_request() -> None:
    """What the demo starts is what the documentation asks for."""
    _, report = examine_labeling(request(f"arn:aws:iam::{ACCOUNT}:role/labeling", ACCOUNT, REGION), REGION)
    assert report.findings == ()


def test_the_command_is_run_where_its_request_is_and_finds_the_cloud_there(tmp_path: Path) -> None:
    """As somebody types it, whatever other cloud runs on the machine."""
    said = program(
        tmp_path,
        "said = {'words': sys.argv[1:], 'cwd': os.getcwd(), 'runtime': os.environ['XDG_RUNTIME_DIR']}",
        "open('said.json', 'w').write(json.dumps(said))",
        f"print({json.dumps(STARTED)!r})",
    )
    with SubmitCommand(tmp_path / "job.json", program=said) as command:
        command.begin()
        assert ended(command) == Submitted("arn:aws:sagemaker:…", (), "", "jobherald", registered=True)
    written = json.loads((tmp_path / "said.json").read_text(encoding="utf-8"))
    assert written["words"] == [*command.words[1:]]
    assert written["words"][:4] == ["submit", "labeling", "--cli-input-json", "job.json"]
    assert {written["cwd"], written["runtime"]} == {str(tmp_path)}


def test_a_command_that_starts_nothing_is_an_error_with_its_words(tmp_path: Path) -> None:
    """A demo without its job must not look like a success."""
    failing = program(tmp_path, "print('the findings')", "sys.exit('jobherald: The request has 2 errors.')")
    with SubmitCommand(tmp_path / "job.json", program=failing) as command:
        command.begin()
        with pytest.raises(JobheraldError, match=r"(?s)started nothing: .*2 errors\..*the findings"):
            ended(command)


def test_a_command_that_still_runs_ends_with_its_block(tmp_path: Path) -> None:
    """A demo that fails leaves no process behind."""
    slow = program(tmp_path, "open('pid', 'w').write(str(os.getpid()))", "time.sleep(60)")
    with SubmitCommand(tmp_path / "job.json", program=slow) as command:
        command.begin()
        assert command.result() is None
        assert command._process is not None
        process = command._process
    assert process.returncode == -9


def test_polls_are_counted_by_the_first_pages_of_their_lists() -> None:
    """After the start and until the message: of this region, and no look or further page."""
    calls = [
        asked(0.0),
        asked(1.0),
        asked(1.1, NextToken="more"),
        asked(1.2, "DescribeLabelingJob"),
        asked(1.3, region="eu-west-1"),
        asked(3.0),
        asked(3.1),
    ]
    assert polls_between(calls, REGION, T0, T0 + timedelta(seconds=3)) == 2
