from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jobherald.model import Change, Delivery, Job, JobKey, Place, Progress, State
from tests.cli.conftest import ACCOUNT, Run, Stack

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LABELING = Place("sagemaker.labeling", ACCOUNT, "us-east-1")
MEDIA = Place("rekognition.media_analysis", ACCOUNT, "eu-west-1")
DETAILS = {
    "LabelingJobName": "signs",
    "CreationTime": "2026-11-22T12:00:00Z",
    "LabelCounters": {"TotalLabeled": 380, "FailedNonRetryableError": 20},
    "InputConfig": {"DataAttributes": {"ContentClassifiers": ["FreeOfAdultContent"]}},
    "FailureReason": "the bucket is gone",
    "LabelingJobOutput": {"OutputDatasetS3Uri": "s3://out/signs/"},
}


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


class TestJobs:
    def test_a_job_without_an_end_time_took_until_its_outcome_was_dated(self, stack: Stack, run: Run) -> None:
        """Labeling jobs have none; how long they took is what people want to know all the same."""
        stack.deploy()
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
        stack.deploy()
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
        stack.deploy()
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
        stack.deploy()
        remember(stack, LABELING, "a", 1)
        remember(stack, MEDIA, "b", 0.5)
        remember(stack, LABELING, "c", 3)
        found = run("jobs", "--json", *words)
        assert [job["name"] for job in json.loads(found.stdout)] == names

    def test_since_may_be_so_long_ago(self, run: Run, stack: Stack) -> None:
        """Two hours ago is an hour before what was created an hour ago."""
        stack.deploy()
        ago = (datetime.now(UTC) - NOON) / timedelta(hours=1)
        remember(stack, LABELING, "fresh", -ago + 1)
        remember(stack, LABELING, "stale", -ago + 3)
        found = run("jobs", "--json", "--since", "2h")
        assert [job["name"] for job in json.loads(found.stdout)] == ["fresh"]

    def test_none_is_a_sentence(self, run: Run, stack: Stack) -> None:
        """An empty table looks like a fault."""
        stack.deploy()
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
        stack.deploy()
        remember(stack, MEDIA, "[red]a\x1b[31mb\nc[/red]")
        found = run("jobs")
        assert "\x1b" not in found.stdout
        assert "[red]a[31mb c[/red]" in found.stdout


class TestJob:
    def test_its_whole_story_is_told(self, run: Run, stack: Stack) -> None:
        """What it is, what became of it, what was told where, what is owed, and what the service says."""
        stack.deploy()
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
        stack.deploy()
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

    @pytest.mark.parametrize(
        "name",
        ["signs", "SIGNS", key(LABELING, "signs").text, key(LABELING, "signs").id, "/signs", "b/signs"],
    )
    def test_it_is_found_by_whatever_is_known_of_it(self, run: Run, stack: Stack, name: str) -> None:
        """The key of a message, the service's id, the name in any case, or an ending."""
        stack.deploy()
        fail(stack)
        remember(stack, LABELING, "street-signs")
        assert json.loads(run("job", name, "--json").stdout)["job"]["name"] == "signs"

    def test_an_ambiguous_name_lists_what_it_may_mean(self, run: Run, stack: Stack) -> None:
        """Two jobs of one name are told apart by their keys."""
        stack.deploy()
        both = [remember(stack, place, "twin").key.text for place in (LABELING, MEDIA)]
        found = run("job", "twin")
        assert found.exit_code == 2
        assert found.stderr.startswith("jobherald: 2 jobs are called twin; say which by its key:")
        assert all(text in found.stderr for text in both)

    def test_one_that_is_not_there_ends_with_one(self, run: Run, stack: Stack) -> None:
        """The thing asked for does not exist, which a script can tell from trouble."""
        stack.deploy()
        remember(stack, LABELING, "signs")
        for name in ("other", ""):
            found = run("job", name)
            assert found.exit_code == 1
            assert "`jobherald jobs` shows" in found.stderr
            assert found.stdout == ""
