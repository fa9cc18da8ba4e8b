"""The demo's jobs are what its description promises, for any seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from jobherald.catalog.events import match
from jobherald.catalog.load import load
from jobherald.local.scenario import FINISHED_BEFORE, NEW_OF_EACH, RUNNING_BEFORE, Scenario, scenario
from jobherald.local.scenario_datasets import PROJECTS, TASKS_BEFORE
from jobherald.local.scenario_services import (
    FINISHED_OF_EACH,
    GLUE_JOBS,
    LATE_JOB,
    QUEUES,
    USED_AGAIN,
    event_of,
)
from jobherald.local.scenario_services import NEW_OF_EACH as NEW_ELSEWHERE
from jobherald.local.services import JobServices, ModelArts, ScriptedJob
from jobherald.local.services.batch import queue_arn

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ELSEWHERE = ("sagemaker.training", "bedrock.batch_inference", "glue.job_run", "batch.job", "transcribe.job")


STATUSES = (
    *("LabelingJobStatus", "Status", "TrainingJobStatus", "status", "JobRunState", "TranscriptionJobStatus"),
)


@pytest.fixture(params=[1, 2, 99])
def drawn(request: pytest.FixtureRequest) -> Scenario:
    return scenario(START, request.param)


def test_most_jobs_are_over_before_the_first_look_and_some_run(drawn: Scenario) -> None:
    """Silence about the finished ones is what the demo shows first."""
    over = [job for job in drawn.before if job.ends_at < START]
    assert len(over) == FINISHED_BEFORE + TASKS_BEFORE + len(ELSEWHERE) * FINISHED_OF_EACH + 1
    assert len(drawn.before) - len(over) == RUNNING_BEFORE + 1 + len(ELSEWHERE)


def test_each_source_gets_new_jobs_and_every_way_to_end(drawn: Scenario) -> None:
    """Every outcome of every source is told at least once."""
    ends: dict[str, Counter[str]] = {}
    for job in drawn.after:
        row = job.at(job.ends_at)
        (status,) = (str(row[member]) for member in STATUSES if member in row)
        unread = row.get("LabelCounters", {}).get("FailedNonRetryableError") or row.get("errorRecordCount")
        partial = status == "Completed" and unread
        ends.setdefault(job.source, Counter())["partial" if partial else status] += 1
    assert {source: sum(count.values()) for source, count in ends.items()} == {
        "sagemaker.labeling": NEW_OF_EACH + 2,
        "rekognition.media_analysis": NEW_OF_EACH,
        "modelarts.auto_labeling": 10,
        **dict.fromkeys(ELSEWHERE, NEW_ELSEWHERE),
        "glue.job_run": NEW_ELSEWHERE + 2,
        "transcribe.job": NEW_ELSEWHERE + 1,
    }
    assert set(ends["sagemaker.labeling"]) == {"Completed", "partial", "Failed", "Stopped"}
    assert set(ends["rekognition.media_analysis"]) == {"SUCCEEDED", "FAILED"}
    assert set(ends["modelarts.auto_labeling"]) == {"2", "3", "5"}
    assert set(ends["sagemaker.training"]) == {"Completed", "Failed", "Stopped"}
    assert set(ends["bedrock.batch_inference"]) == {
        *("Completed", "partial", "PartiallyCompleted", "Failed", "Expired", "Stopped")
    }
    assert set(ends["glue.job_run"]) == {"SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED"}
    assert set(ends["batch.job"]) == {"SUCCEEDED", "FAILED"}
    assert set(ends["transcribe.job"]) == {"COMPLETED", "FAILED"}


def test_some_lists_are_below_parents_one_of_which_comes_late(drawn: Scenario) -> None:
    """Runs below Glue's jobs, jobs below queues; below what nobody knew there is no silent first look."""
    below: dict[str, set[str]] = {}
    for job in drawn.after:
        below.setdefault(job.source, set()).add(job.parent)
    assert below["glue.job_run"] == {*GLUE_JOBS, LATE_JOB}
    assert below["batch.job"] == {queue_arn(name) for name in QUEUES}
    late = drawn.appeared[f"glue.job_run/111122223333/us-east-1/{LATE_JOB}"]
    assert late > START
    assert all(run.created_at > late for run in drawn.after if run.parent == LATE_JOB)


def test_a_name_is_used_again(drawn: Scenario) -> None:
    """By another job, after the first one was deleted, which was there at the first look."""
    (first,) = (job for job in drawn.before if job.id == USED_AGAIN)
    (second,) = (job for job in drawn.after if job.id == USED_AGAIN)
    assert first.gone_from is not None
    assert START < first.gone_from < second.created_at


def test_some_jobs_are_shorter_than_the_poll_interval(drawn: Scenario) -> None:
    """They are told once, by their end."""
    assert sum(job.ends_at - job.created_at < timedelta(seconds=2) for job in drawn.after) >= 10


def test_events_come_twice_late_and_for_a_stranger(drawn: Scenario) -> None:
    """A hint may be any of these, and must do no harm."""
    of_labeling = [(at, event["resources"][0]) for at, event in drawn.events if event["resources"]]
    arns = Counter(arn for _, arn in of_labeling)
    known = {job.id for job in drawn.after}
    ends = {job.id: job.ends_at for job in drawn.after}
    assert max(arns.values()) > 1
    assert set(arns) - known
    assert any(at - ends[arn] > timedelta(seconds=5) for at, arn in of_labeling if arn in ends)


def test_every_service_sends_events(drawn: Scenario) -> None:
    """Of the ends of some of its jobs, as the catalogue expects them: each leads to a look at that job."""
    sent = {event["source"] for _, event in drawn.events}
    assert sent == {"aws.sagemaker", "aws.bedrock", "aws.glue", "aws.batch", "aws.transcribe"}
    for job in drawn.after:
        if job.source in ELSEWHERE:
            look = match(event_of(job, 1), map(load, ELSEWHERE))
            assert look is not None
            assert (look.place, look.id) == (job.place, job.id)


def test_labeling_tasks_are_of_every_kind_and_some_fail_in_a_named_step(drawn: Scenario) -> None:
    """Groupings are listed apart from the others, and a step is what the reader of a failure looks for."""
    tasks = of_modelarts(drawn.after)
    assert {task.row["type"] for task in tasks} == {0, 1, 7}
    failed = [
        task.at(task.ends_at)["result"]["events"] for task in tasks if task.at(task.ends_at)["status"] == 2
    ]
    assert {event["name"] for events in failed for event in events if event["status"] == "failed"} == {
        "train",
        "infer",
        "export",
    }
    assert min(task.ends_at - task.created_at for task in tasks) < timedelta(seconds=1)


def test_a_dataset_comes_when_the_others_are_watched(drawn: Scenario) -> None:
    """What is labeled in it has no silent first look."""
    late = {dataset.id for dataset in drawn.datasets if dataset.created_at > START}
    (dataset,) = late
    tasks = [task for task in of_modelarts(drawn.after) if task.parent == dataset]
    assert len(tasks) == 2
    (appeared,) = (at for key, at in drawn.appeared.items() if key.endswith(dataset))
    assert all(task.created_at > appeared > START for task in tasks)


def test_tasks_of_the_last_day_and_older_ones_are_over(drawn: Scenario) -> None:
    """Where a time has no zone, the first of them can be told from new ones by memory alone."""
    over = [START - task.created_at for task in of_modelarts(drawn.before)]
    assert min(over) < timedelta(hours=24) < max(over)


def test_the_jobs_that_are_shown_at_the_end_stand_alone(drawn: Scenario) -> None:
    """One message each: nothing else ends within some seconds of them."""
    ends = sorted(job.ends_at for job in (*drawn.before, *drawn.after))
    last = [job.row.get("task_name") or job.row["LabelingJobName"] for job in drawn.after[-3:]]
    assert last == ["prod-street-signs", "prod-cats", "prod-pedestrians"]
    assert ends[-3:] == [job.ends_at for job in drawn.after[-3:]]
    assert all(after - before >= timedelta(seconds=2.9) for before, after in pairwise(ends[-4:]))


def test_the_services_could_answer_with_every_job(drawn: Scenario) -> None:
    """Adding a job proves its rows against the services' own shapes."""
    with JobServices() as services, ModelArts(projects=PROJECTS) as modelarts:
        modelarts.add(*drawn.datasets)
        services.open(*drawn.parents)
        for job in (*drawn.before, *drawn.after):
            (modelarts if job.source.startswith("modelarts.") else services).add(job)
        assert len(services.jobs()) + len(modelarts.jobs()) == len(drawn.before) + len(drawn.after)


def of_modelarts(jobs: Iterable[ScriptedJob]) -> list[ScriptedJob]:
    return [job for job in jobs if job.source == "modelarts.auto_labeling"]
