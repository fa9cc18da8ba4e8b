from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from jobherald.cli.main import main
from jobherald.model import Change, Delivery, Job, JobKey, Place, Progress, State
from tests.cli.conftest import ACCOUNT, Run, Stack
from tests.fakes.news import PROJECT, TASK_FAILED, TASK_RUNNING, story_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LABELING = Place("sagemaker.labeling", ACCOUNT, "us-east-1")
WATCHED = "sagemaker.labeling,rekognition.media_analysis,modelarts.auto_labeling,modelarts.training"
MEDIA = Place("rekognition.media_analysis", ACCOUNT, "eu-west-1")
DETAILS = {
    "LabelingJobName": "signs",
    "CreationTime": "2026-11-22T12:00:00Z",
    "LabelCounters": {"TotalLabeled": 380, "FailedNonRetryableError": 20},
    "InputConfig": {"DataAttributes": {"ContentClassifiers": ["FreeOfAdultContent"]}},
    "FailureReason": "the bucket is gone",
    "LabelingJobOutput": {"OutputDatasetS3Uri": "s3://out/signs/"},
}


TASK: dict[str, Any] = {
    "status": 2,
    "progress": 10.0,
    "elapsed_time": 0,
    "create_time": "2026-11-22 19:00:00",
    "error_detail": None,
    "config": {
        "ambiguity": False,
        "collect_sample": True,
        "inf_config_list": [{"envs": {"TOKEN": "***"}, "weight": 100}],
    },
    "result": {
        "samples_count": 412,
        "samples": [{"sample_id": f"s-{number}", "score": 1.0} for number in range(50)],
        "events": [
            {"name": "export", "status": "success", "create_time": 1795345200000},
            {
                "name": "train",
                "status": "failed",
                "events": [
                    {"name": "fit", "status": "success", "events": []},
                    {
                        "name": "[red]evaluate[/red]",
                        "status": "failed",
                        "error_code": "ModelArts.4909",
                        "error_message": "accuracy\nis \x1b[31mtoo low",
                    },
                ],
            },
        ],
    },
}
"""A row of a task as it is kept: shortened and masked."""

rows = st.dictionaries(
    st.text(max_size=8),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


def typed(value: Any) -> str:
    """A value so that 10.0, 10 and true are three different things."""
    if isinstance(value, dict):
        return repr(sorted((name, typed(inner)) for name, inner in value.items()))
    return repr([typed(inner) for inner in value] if isinstance(value, list) else value)


def key(place: Place, name: str) -> JobKey:
    service = "sagemaker" if place is LABELING else "rekognition"
    return JobKey(place, f"arn:aws:{service}:{place.region}:{ACCOUNT}:job/{name}")


def remember(
    stack: Stack, place: Place, name: str, hours_ago: float = 1.0, state: State = State.RUNNING
) -> Job:
    """One stored job, created so many hours before noon, which owes nothing."""
    job = Job(
        key=key(place, name),
        state=state,
        status="Word",
        seen_at=NOON,
        version=1,
        name=name,
        created_at=NOON - timedelta(hours=hours_ago),
        ended_at=NOON if state.is_outcome else None,
        progress=Progress(95.0, {"done": 380, "total": 400, "failed": 20}),
    )
    stack.store().write(job, None)
    return job


def fail(stack: Stack, name: str = "signs") -> None:
    """One stored job that ran, which was told, and failed, which is owed still."""
    store = stack.store()
    running = Change(
        key(LABELING, name), 1, State.RUNNING, None, "InProgress", NOON, NOON, name, NOON - timedelta(hours=1)
    )
    failed = Change(
        running.key,
        2,
        State.FAILED,
        State.RUNNING,
        "Failed",
        NOON + timedelta(hours=1),
        NOON + timedelta(hours=1),
        name,
        running.created_at,
        ended_at=NOON + timedelta(hours=1),
        reason="the bucket is gone",
    )
    job = Job(running.key, State.RUNNING, "InProgress", NOON, 1, name, created_at=running.created_at)
    store.write(job, None)
    store.record([Delivery("sns", running, NOON, "m-1"), Delivery("slack", running, NOON, "17.1")])
    ended = Job(
        running.key,
        State.FAILED,
        "Failed",
        failed.at,
        2,
        name,
        created_at=running.created_at,
        ended_at=failed.at,
        owing=True,
    )
    store.write_details([(ended, DETAILS)])
    store.write(ended, failed)


def remember_task(stack: Stack, row: Mapping[str, Any] = TASK, *, start_was_told: bool = False) -> None:
    """One stored ModelArts task that ran and failed, with this row."""
    store = stack.store()
    started, failed = (
        replace(story_of(change).job, version=version, created_at=NOON - timedelta(hours=1))
        for version, change in enumerate((TASK_RUNNING, TASK_FAILED), 1)
    )
    store.write(started, None)
    store.write_details([(failed, row)])
    store.write(failed, None)
    if start_was_told:
        start = replace(TASK_RUNNING, version=started.version)
        store.record([Delivery("sns", start, start.seen_at, "m-1")])


def lines_of(found: Result) -> list[str]:
    """What is shown, line by line; tables are padded at their right."""
    return [line.rstrip() for line in found.stdout.splitlines()]


def facts(found: Result) -> dict[str, str]:
    """The pairs of a story by their names; those of our own come before the service's."""
    pairs = (re.fullmatch(r"  (\S.*?) {2,}(\S.*)", line) for line in lines_of(found))
    found_first: dict[str, str] = {}
    for pair in filter(None, pairs):
        found_first.setdefault(pair[1], pair[2])
    return found_first


class TestJobs:
    def test_a_creation_time_in_no_time_zone_is_marked(self, run: Run, stack: Stack) -> None:
        """It may be hours off: it is not told as a fact, and neither is what would follow from it."""
        stack.deploy(Sources=WATCHED)
        remember_task(stack)
        remember(stack, MEDIA, "nightly", 2, State.SUCCEEDED)
        lines = lines_of(run("jobs"))
        (task,) = [line for line in lines if "auto-label-signs" in line]
        (media,) = [line for line in lines if "nightly" in line]
        assert task.split("~")[1].split() == ["2026-11-22", "11:00", "–"]
        assert media.endswith("  2026-11-22 10:00    2 h")
        assert lines[-1] == "~ its service gives this time in no time zone"

    def test_nothing_is_marked_where_nothing_is_in_doubt(self, run: Run, stack: Stack) -> None:
        """A mark that is always explained is soon not read."""
        stack.deploy(Sources=WATCHED)
        remember(stack, MEDIA, "nightly")
        assert "~" not in run("jobs").stdout

    def test_a_job_without_an_end_time_took_until_its_outcome_was_dated(self, stack: Stack, run: Run) -> None:
        """Labeling jobs have none; how long they took is what people want to know all the same."""
        stack.deploy(Sources=WATCHED)
        ended = replace(
            remember(stack, LABELING, "signs"),
            state=State.FAILED,
            version=2,
            modified_at=NOON + timedelta(minutes=14),
            ended_at=None,
        )
        stack.store().write(ended, None)
        assert "1 h 14 min" in run("jobs").stdout
        assert "1 h 14 min" in run("job", "signs").stdout

    def test_they_are_shown_newest_first(self, run: Run, stack: Stack) -> None:
        """One table over all sources, by creation time."""
        stack.deploy(Sources=WATCHED)
        remember(stack, LABELING, "oldest", 3)
        remember(stack, MEDIA, "newest", 1, State.SUCCEEDED)
        remember(stack, LABELING, "middle", 2)
        found = run("jobs")
        assert found.exit_code == 0
        lines = found.stdout.splitlines()[2:]
        assert [line.split()[1] for line in lines] == ["newest", "middle", "oldest"]
        assert "380 of 400 objects labeled, 20 failed" in found.stdout
        assert "succeeded" in lines[0]
        assert " 1 h " in lines[0]

    def test_json_is_nothing_but_json(self, run: Run, stack: Stack) -> None:
        """A script gets every field by a name of ours, with null for what is not known."""
        stack.deploy(Sources=WATCHED)
        job = remember(stack, LABELING, "signs")
        found = run("jobs", "--json")
        assert json.loads(found.stdout) == [
            {
                "job": job.key.text,
                "source": "sagemaker.labeling",
                "account": ACCOUNT,
                "region": "us-east-1",
                "parent": None,
                "service_id": job.key.id,
                "name": "signs",
                "state": "running",
                "service_status": "Word",
                "run": 0,
                "created_at": "2026-11-22T11:00:00Z",
                "modified_at": None,
                "ended_at": None,
                "seen_at": "2026-11-22T12:00:00Z",
                "progress": {"percent": 95.0, "counters": {"done": 380, "total": 400, "failed": 20}},
                "version": 1,
                "console_url": "https://console.aws.amazon.com/sagemaker/groundtruth"
                "?region=us-east-1#/labeling-jobs/details/signs",
            }
        ]

    @pytest.mark.parametrize(
        ("words", "names"),
        [
            (("--since", "2026-11-22T10:30:00Z"), ["b", "a"]),
            (("--since", "2026-11-22T10:30:00"), ["b", "a"]),
            (("--since", "2026-11-22T12:30:00+02:00"), ["b", "a"]),
            (("--since", "2026-11-22"), ["b", "a", "c"]),
            (("--source", "rekognition.media_analysis"), ["b"]),
            (("--limit", "1"), ["b"]),
            (("--since", "2026-11-23"), []),
        ],
    )
    def test_they_can_be_narrowed(
        self, run: Run, stack: Stack, words: tuple[str, ...], names: list[str]
    ) -> None:
        """By creation time, by source, and by how many."""
        stack.deploy(Sources=WATCHED)
        remember(stack, LABELING, "a", 1)
        remember(stack, MEDIA, "b", 0.5)
        remember(stack, LABELING, "c", 3)
        found = run("jobs", "--json", *words)
        assert [job["name"] for job in json.loads(found.stdout)] == names

    def test_since_may_be_so_long_ago(self, run: Run, stack: Stack) -> None:
        """Two hours ago is an hour before what was created an hour ago."""
        stack.deploy(Sources=WATCHED)
        ago = (datetime.now(UTC) - NOON) / timedelta(hours=1)
        remember(stack, LABELING, "fresh", -ago + 1)
        remember(stack, LABELING, "stale", -ago + 3)
        found = run("jobs", "--json", "--since", "2h")
        assert [job["name"] for job in json.loads(found.stdout)] == ["fresh"]

    def test_none_is_a_sentence(self, run: Run, stack: Stack) -> None:
        """An empty table looks like a fault."""
        stack.deploy(Sources=WATCHED)
        assert run("jobs").stdout == "No jobs are remembered here.\n"
        assert run("jobs", "--since", "1h").stdout == "No jobs were created since then.\n"

    @pytest.mark.parametrize("since", ["yesterday", "2 h", "0h", "999999w", "2026-13-01"])
    def test_a_time_that_is_none_is_refused(self, run: Run, since: str) -> None:
        """With what may be written instead."""
        found = run("jobs", "--since", since)
        assert found.exit_code == 2
        assert "write 90m, 2h or 3d" in found.stderr

    def test_a_name_from_outside_does_nothing_at_the_terminal(self, run: Run, stack: Stack) -> None:
        """Neither escape sequences nor the markup of the library that draws the table are obeyed."""
        stack.deploy(Sources=WATCHED)
        remember(stack, MEDIA, "[red]a\x1b[31mb\nc[/red]")
        found = run("jobs")
        assert "\x1b" not in found.stdout
        assert "[red]a[31mb c[/red]" in found.stdout


class TestNotDeployed:
    """Of hundreds of sources those are asked for that can have jobs: each is a Query."""

    def test_jobs_of_other_sources_are_shown_on_request(self, stack: Stack, run: Run) -> None:
        """What a deployment no longer watches is remembered until its time is over."""
        stack.deploy(Sources="sagemaker.labeling")
        remember(stack, MEDIA, "nightly")
        assert run("jobs").stdout == "No jobs are remembered here.\n"
        assert "nightly" in run("jobs", "--source", "rekognition.media_analysis").stdout

    def test_one_job_of_them_is_found_by_its_name(self, stack: Stack, run: Run) -> None:
        """After those of deployed sources, whose names go first."""
        stack.deploy(Sources="sagemaker.labeling")
        key = remember(stack, MEDIA, "nightly").key.text
        assert key in run("job", "nightly").stdout

    def test_an_unknown_source_comes_with_what_is_near(self, run: Run) -> None:
        """Without the names of all the others."""
        found = run("jobs", "--source", "sagemaker.labelling")
        assert found.exit_code == 2
        assert "sagemaker.labelling is no source; did you mean sagemaker.labeling" in found.stderr
        assert "rekognition" not in found.stderr


class TestJob:
    def test_its_whole_story_is_told(self, run: Run, stack: Stack) -> None:
        """What it is, what became of it, what was told where, what is owed, and what the service says."""
        stack.deploy(Sources=WATCHED)
        fail(stack)
        found = run("job", "signs")
        assert found.exit_code == 0
        for part in (
            "signs failed",
            "Ground Truth labeling job",
            "the bucket is gone",
            "  2 h ",
            "s3://out/signs/",
            "slack 2026-11-22 12:00, sns 2026-11-22 12:00",
            "owed, not told yet",
            "LabelCounters.TotalLabeled",
            "InputConfig.DataAttributes.ContentClassifiers[0]",
            "Read the reason",
        ):
            assert part in found.stdout

    def test_json_has_every_member_with_its_type(self, run: Run, stack: Stack) -> None:
        """Details as the service sent them, changes as messages have them, deliveries, and what is owed."""
        stack.deploy(Sources=WATCHED)
        fail(stack)
        told = json.loads(run("job", "signs", "--json").stdout)
        assert told["details"] == DETAILS
        assert told["job"]["state"] == "failed"
        assert [(change["state"], change["previous_state"]) for change in told["changes"]] == [
            ("running", None),
            ("failed", "running"),
        ]
        assert {change["schema"] for change in told["changes"]} == {"jobherald.change/v1"}
        assert told["changes"][1]["reason"] == "the bucket is gone"
        first, second = (change["id"] for change in told["changes"])
        assert sorted(
            (each["channel"], each["change"], each["reference"]) for each in told["deliveries"]
        ) == [
            ("slack", first, "17.1"),
            ("sns", first, "m-1"),
        ]
        assert told["owed"] == [second]

    def test_the_steps_of_a_job_are_told_one_below_the_other(self, run: Run, stack: Stack) -> None:
        """Which one failed is marked, also where there are no colours, and says why."""
        stack.deploy(Sources=WATCHED)
        remember_task(stack)
        lines = lines_of(run("job", "auto-label-signs"))
        first = lines.index("Steps") + 1
        assert lines[first : first + 5] == [
            "    export                 success",
            "  ✗ train                  failed",
            "      fit                  success",
            "    ✗ [red]evaluate[/red]  failed   ModelArts.4909: accuracy is [31mtoo low",
            "What the service says",
        ]

    def test_a_job_without_steps_has_no_heading_for_them(self, run: Run, stack: Stack) -> None:
        """Most services tell of none."""
        stack.deploy(Sources=WATCHED)
        fail(stack)
        assert "Steps" not in run("job", "signs").stdout

    def test_a_project_and_a_status_that_is_a_number_are_told_as_what_they_are(
        self, run: Run, stack: Stack
    ) -> None:
        """Nobody takes the project for an account, or knows what 2 is."""
        stack.deploy(Sources=WATCHED)
        remember_task(stack)
        told = facts(run("job", "auto-label-signs"))
        assert told["where"] == f"cn-north-4, project {PROJECT}, dataset g6IO9qSu6hoxwCAirfm"
        assert told["service's word"] == "failed (2)"
        assert told["progress"] == "60 % done, 30 of 49 annotated, 12 to confirm"

    def test_only_what_was_seen_of_a_job_in_no_time_zone_is_measured(self, run: Run, stack: Stack) -> None:
        """From the first answer that showed it running; nothing where its start was not told."""
        stack.deploy(Sources=WATCHED)
        remember_task(stack, start_was_told=True)
        told = facts(run("job", "auto-label-signs"))
        assert told["created"] == "~2026-11-22 11:00 (the service names no time zone)"
        assert told["seen running"] == "41 min"
        assert "took" not in told

    def test_a_job_whose_start_was_not_told_was_seen_for_no_time(self, run: Run, stack: Stack) -> None:
        """It was there before the first look, or nobody wanted to know."""
        stack.deploy(Sources=WATCHED)
        remember_task(stack)
        assert not {"seen running", "took"} & facts(run("job", "auto-label-signs")).keys()

    def test_the_reason_is_the_one_that_was_told(self, run: Run, stack: Stack) -> None:
        """It names the step that failed, which the service's own reason does not."""
        stack.deploy(Sources=WATCHED)
        remember_task(stack)
        store = stack.store()
        failed = replace(TASK_FAILED, version=2)
        store.record([Delivery("sns", failed, failed.seen_at, "m-2")])
        reason = facts(run("job", "auto-label-signs"))["reason"]
        assert reason.startswith("ModelArts.4909 Failed to execute the training job. Failed step: train")

    def test_a_job_that_was_adopted_in_silence_has_the_reason_of_its_row(
        self, run: Run, stack: Stack
    ) -> None:
        """Nothing was told of it that could say why."""
        stack.deploy(Sources=WATCHED)
        remember_task(stack, {**TASK, "error_code": "ModelArts.4312", "error_msg": "no such path"})
        assert facts(run("job", "auto-label-signs"))["reason"] == "ModelArts.4312 no such path"

    def test_values_are_shown_as_the_service_writes_them(self, run: Run, stack: Stack) -> None:
        """In JSON's words, not in those of a programming language."""
        stack.deploy(Sources=WATCHED)
        remember_task(stack)
        told = lines_of(run("job", "auto-label-signs"))
        values = dict(line.split() for line in told[told.index("What the service says") + 1 :][:2])
        assert values == {"status": "2", "progress": "10.0"}
        named = facts(run("job", "auto-label-signs"))
        assert [named[name] for name in ("error_detail", "config.ambiguity", "config.collect_sample")] == [
            "null",
            "false",
            "true",
        ]

    def test_a_list_that_was_shortened_is_told_in_one_line(self, run: Run, stack: Stack) -> None:
        """Fifty samples of ten members each would bury everything else; what is masked is shown so."""
        stack.deploy(Sources=WATCHED)
        remember_task(stack)
        told = facts(run("job", "auto-label-signs"))
        assert told["result.samples"] == "the first 50 of 412, which --json shows"
        assert told["result.samples_count"] == "412"
        assert told["config.inf_config_list[0].envs.TOKEN"] == "***"
        assert not [name for name in told if name.startswith("result.samples[")]

    def test_a_list_that_is_whole_is_told_whole(self, run: Run, stack: Stack) -> None:
        """Also where the service counts it itself."""
        stack.deploy(Sources=WATCHED)
        remember_task(stack, {**TASK, "result": {"samples_count": 1, "samples": [{"sample_id": "s-0"}]}})
        assert facts(run("job", "auto-label-signs"))["result.samples[0].sample_id"] == "s-0"

    def test_json_keeps_every_number_of_the_type_that_the_service_gave_it(
        self, run: Run, stack: Stack
    ) -> None:
        """10.0 is a float and 0 is none; true, null and what was masked or shortened are as they are kept."""
        stack.deploy(Sources=WATCHED)
        remember_task(stack)
        details = json.loads(run("job", "auto-label-signs", "--json").stdout)["details"]
        assert typed(details) == typed(TASK)

    @settings(max_examples=10, deadline=None)
    @given(rows)
    def test_json_gives_any_row_back_as_it_was(self, row: dict[str, Any]) -> None:
        """Whatever a service may send: through the table and through JSON nothing changes its type."""
        with mock_aws():
            stack = Stack()
            stack.deploy(Sources=WATCHED)
            remember_task(stack, row)
            found = CliRunner().invoke(main, ["job", TASK_FAILED.key.text, "--json"])
        assert typed(json.loads(found.stdout)["details"]) == typed(row)

    @pytest.mark.parametrize(
        "name",
        ["signs", "SIGNS", key(LABELING, "signs").text, key(LABELING, "signs").id, "/signs", "b/signs"],
    )
    def test_it_is_found_by_whatever_is_known_of_it(self, run: Run, stack: Stack, name: str) -> None:
        """The key of a message, the service's id, the name in any case, or an ending."""
        stack.deploy(Sources=WATCHED)
        fail(stack)
        remember(stack, LABELING, "street-signs")
        assert json.loads(run("job", name, "--json").stdout)["job"]["name"] == "signs"

    def test_an_ambiguous_name_lists_what_it_may_mean(self, run: Run, stack: Stack) -> None:
        """Two jobs of one name are told apart by their keys."""
        stack.deploy(Sources=WATCHED)
        both = [remember(stack, place, "twin").key.text for place in (LABELING, MEDIA)]
        found = run("job", "twin")
        assert found.exit_code == 2
        assert found.stderr.startswith("jobherald: 2 jobs are called twin; say which by its key:")
        assert all(text in found.stderr for text in both)

    def test_one_that_is_not_there_ends_with_one(self, run: Run, stack: Stack) -> None:
        """The thing asked for does not exist, which a script can tell from trouble."""
        stack.deploy(Sources=WATCHED)
        remember(stack, LABELING, "signs")
        for name in ("other", ""):
            found = run("job", name)
            assert found.exit_code == 1
            assert "`jobherald jobs` shows" in found.stderr
            assert found.stdout == ""
