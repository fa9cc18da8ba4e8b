"""What a poll without news asks for, for each kind of list operation, beside the least that could be asked for."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from bench.golden import START
from bench.line import Line
from bench.polls import MINUTE, OPEN, ROUND
from bench.world import World
from jobherald.local.clock import Clock
from jobherald.local.web import Answer, LocalServer, Request
from jobherald.model import Place

ACCOUNT: Final = "111122223333"
REGION: Final = "us-east-1"
ALLOWED: Final = 2
"""Requests above the least, of each place: reading and writing its own record."""

Asked = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """A source of one kind, and how its service answers.

    ``least`` is the least that a poll could ask for: one read of the open jobs, and each page that shows one.
    ``places`` are those that it looks at: one, and one below each parent. ``answers`` maps operations to what they answer
    to a request: jobs by their numbers, newest first.
    """

    name: str
    source: str
    least: float
    answers: Mapping[str, Callable[[Asked], Any]]
    why: str
    places: int = 1


def _seconds(number: int) -> float:
    """When a job was created: the higher its number, the longer ago, all of them within half a day."""
    return (START - timedelta(hours=1, seconds=30 * number)).timestamp()


def _page(asked: Asked, size: int, token: str, numbers: Sequence[int]) -> tuple[Sequence[int], str | None]:
    begin = int(asked.get(token, 0))
    return numbers[begin : begin + size], str(begin + size) if begin + size < len(numbers) else None


def _processings(asked: Asked) -> Any:
    # LastModifiedTimeAfter is asked for all but the sweeps, by status.
    changed = asked.get("LastModifiedTimeAfter")
    status = asked.get("StatusEquals", "InProgress")
    numbers = [] if changed is not None or status != "InProgress" else range(OPEN)
    shown, more = _page(asked, 100, "NextToken", numbers)
    rows = [
        {
            "ProcessingJobName": f"job-{number}",
            "ProcessingJobArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:processing-job/job-{number}",
            "CreationTime": _seconds(number),
            "LastModifiedTime": _seconds(number) + 1,
            "ProcessingJobStatus": "InProgress",
        }
        for number in shown
    ]
    return {"ProcessingJobSummaries": rows, "NextToken": more}


def _sentiments(asked: Asked) -> Any:
    after = asked.get("Filter", {}).get("SubmitTimeAfter", 0)
    numbers = [number for number in range(OPEN) if _seconds(number) > after]
    shown, more = _page(asked, asked["MaxResults"], "NextToken", numbers)
    rows = [
        {
            "JobId": f"{number:032x}",
            "JobArn": f"arn:aws:comprehend:{REGION}:{ACCOUNT}:sentiment-detection-job/{number:032x}",
            "JobStatus": "IN_PROGRESS",
            "SubmitTime": _seconds(number),
        }
        for number in shown
    ]
    return {"SentimentDetectionJobPropertiesList": rows, "NextToken": more}


def _transcriptions(asked: Asked) -> Any:
    shown, more = _page(asked, asked["MaxResults"], "NextToken", range(OPEN))
    rows = [
        {
            "TranscriptionJobName": f"job-{number}",
            "CreationTime": _seconds(number),
            "TranscriptionJobStatus": "IN_PROGRESS",
        }
        for number in shown
    ]
    return {"TranscriptionJobSummaries": rows, "NextToken": more}


def _executions(asked: Asked) -> Any:
    shown, more = _page(asked, asked["MaxResults"], "NextToken", range(OPEN))
    rows = [
        {
            "TaskExecutionArn": f"arn:aws:datasync:{REGION}:{ACCOUNT}:task/task-1/execution/exec-{number:017}",
            "Status": "TRANSFERRING",
        }
        for number in shown
    ]
    return {"TaskExecutions": rows, "NextToken": more}


def _build_ids(asked: Asked) -> Any:
    shown, more = _page(asked, 100, "nextToken", range(OPEN))
    return {"ids": [f"project:{number}" for number in shown], "nextToken": more}


def _builds(asked: Asked) -> Any:
    rows = [
        {
            "id": one,
            "arn": f"arn:aws:codebuild:{REGION}:{ACCOUNT}:build/{one}",
            "buildStatus": "IN_PROGRESS",
            "startTime": _seconds(int(one.partition(":")[2])),
            "projectName": "project",
        }
        for one in asked["ids"]
    ]
    return {"builds": rows}


def _runs(asked: Asked) -> Any:
    shown, more = _page(asked, asked["MaxResults"], "NextToken", range(OPEN))
    rows = [
        {
            "Id": f"jr_{number}",
            "JobName": asked["JobName"],
            "JobRunState": "RUNNING",
            "StartedOn": _seconds(number),
            "LastModifiedOn": _seconds(number),
        }
        for number in shown
    ]
    return {"JobRuns": rows, "NextToken": more}


KINDS: Final = (
    Kind(
        "modified_after",
        "sagemaker.processing",
        3.0,
        {"ListProcessingJobs": _processings},
        "nine polls of one listing and one read, and one that lists 10 pages of open jobs besides",
    ),
    Kind(
        "created_after",
        "comprehend.sentiment",
        3.0,
        {"ListSentimentDetectionJobs": _sentiments},
        "2 pages of 500 from the oldest open job on, and one read",
    ),
    Kind(
        "newest_first",
        "transcribe.job",
        11.0,
        {"ListTranscriptionJobs": _transcriptions},
        "10 pages of 100 down to the oldest open job, and one read",
    ),
    Kind(
        "everything",
        "datasync.task_execution",
        11.0,
        {"ListTaskExecutions": _executions},
        "10 pages of 100, and one read",
    ),
    Kind(
        "two_step",
        "codebuild.build",
        21.0,
        {"ListBuilds": _build_ids, "BatchGetBuilds": _builds},
        "10 pages of 100 ids, 10 requests for their rows, and one read",
    ),
    Kind(
        "below_a_parent",
        "glue.job_run",
        9.0,
        {"ListJobs": lambda _: {"JobNames": ["nightly"]}, "GetJobRuns": _runs},
        "a page of jobs and one read of what is known of them, 5 pages of 200 runs below the one there is, the record"
        " of what is below it, and one read",
        places=2,
    ),
)


class _Services(LocalServer):
    """Answers a kind's operations as AWS JSON services do."""

    def __init__(self, kind: Kind, clock: Clock) -> None:
        super().__init__(clock=clock)
        self._kind = kind

    def respond(self, request: Request) -> Answer:
        operation = request.headers["x-amz-target"].rpartition(".")[2]
        answer = self._kind.answers[operation](json.loads(request.body or b"{}"))
        return Answer(200, json.dumps(answer).encode(), {"Content-Type": "application/x-amz-json-1.1"})


def measure(name: str) -> Line:
    """The mean over a round of ten polls of a place with 1,000 open jobs, with what is least as its bound, plus two."""
    kind = next(kind for kind in KINDS if kind.name == name)
    service = kind.source.partition(".")[0].upper()
    place = Place(kind.source, ACCOUNT, REGION)
    with World(START, own_time=True) as world, _Services(kind, world.clock) as services:
        os.environ[f"AWS_ENDPOINT_URL_{service}"] = services.url
        world.watch(place)
        for _ in range(2):
            world.poll(place)
            world.clock.advance(MINUTE)
        asked = []
        for _ in range(ROUND):
            with world.meter.count() as tally:
                world.poll(place)
            asked.append(tally.requests)
            world.clock.advance(MINUTE)
    mean = round(sum(asked) / ROUND, 2)
    note = f"the least: {kind.why}" + (f"; the dearest poll {max(asked)}" if max(asked) != mean else "")
    return Line(f"poll_idle_requests_{name}", mean, "requests", kind.least + ALLOWED * kind.places, note)
