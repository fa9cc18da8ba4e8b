"""How long a task waits for a worker, and how long a worker may take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from jobherald.submit.findings import Severity
from jobherald.submit.rulebook import Fault
from jobherald.submit.rules.book import BOOK
from jobherald.submit.sources import guide, model, old_guide
from jobherald.submit.submission import Submission
from jobherald.submit.task_types import Kind

HOUR: Final = 3_600
SHIFT: Final = 8 * HOUR
HALF_DAY: Final = 12 * HOUR
WEEK: Final = 7 * 24 * HOUR
MONTH: Final = 30 * 24 * HOUR

_LIMIT = "HumanTaskConfig.TaskTimeLimitInSeconds"
_AVAILABLE = "HumanTaskConfig.TaskAvailabilityLifetimeInSeconds"
_MODEL = model("HumanTaskConfig")


@BOOK.rule(
    10,
    "mturk-availability",
    Severity.ERROR,
    "A task waits at most 12 hours (43,200 s) for a worker of Mechanical Turk.",
    _MODEL,
)
def mturk_tasks_wait_half_a_day(job: Submission) -> Iterator[Fault]:
    available = job.human.TaskAvailabilityLifetimeInSeconds
    if job.public and available is not None and available > HALF_DAY:
        yield Fault(
            _AVAILABLE,
            f"{available:,} s are more than Mechanical Turk allows",
            f"write at most {HALF_DAY}; left out, it is 21600",
        )


@BOOK.rule(
    10,
    "availability",
    Severity.WARNING,
    "A task waits at most 30 days (2,592,000 s) for a private or vendor team. The documentation says so of most users"
    " only.",
    _MODEL,
)
def tasks_wait_a_month(job: Submission) -> Iterator[Fault]:
    available = job.human.TaskAvailabilityLifetimeInSeconds
    if not job.public and available is not None and available > MONTH:
        yield Fault(
            _AVAILABLE,
            f"{available:,} s are more than the 30 days that most users may have",
            f"write at most {MONTH}; left out, it is that",
        )


@BOOK.rule(
    11,
    "time-limit",
    Severity.ERROR,
    "A worker has at most 8 hours (28,800 s) for an image, a text or a custom task, and at most 30 days (2,592,000 s)"
    " for 3D point clouds and video frames.",
    _MODEL,
)
def time_is_limited(job: Submission) -> Iterator[Fault]:
    limit, kind = job.human.TaskTimeLimitInSeconds, job.task_type
    most = MONTH if kind.in_frames else SHIFT
    if kind.kind is not Kind.VIDEO and limit > most:
        yield Fault(_LIMIT, f"{limit:,} s are too long for a {kind.title} task", f"write at most {most}")


@BOOK.rule(
    11,
    "time-limit-week",
    Severity.WARNING,
    "A worker has at most 7 days (604,800 s) for 3D point clouds and video frames. The documentation contradicts"
    " itself: the guide says so, the service model says 30 days, and writes that as 2952,000 seconds.",
    guide("sms-point-cloud-general-information"),
    guide("sms-video-object-detection"),
    _MODEL,
)
def frames_take_a_week(job: Submission) -> Iterator[Fault]:
    limit = job.human.TaskTimeLimitInSeconds
    if job.task_type.in_frames and WEEK < limit <= MONTH:
        yield Fault(
            _LIMIT,
            f"{limit:,} s are more than the 7 days of the guide, though less than the 30 of the service model",
            f"write at most {WEEK} to be safe",
        )


@BOOK.rule(
    11,
    "time-limit-video",
    Severity.WARNING,
    "A worker has at most 8 hours (28,800 s) for a video clip. No page says so: the documentation has limits for"
    " images, texts, custom tasks and frames only.",
    _MODEL,
)
def clips_take_a_shift(job: Submission) -> Iterator[Fault]:
    limit = job.human.TaskTimeLimitInSeconds
    if job.task_type.kind is Kind.VIDEO and limit > SHIFT:
        yield Fault(
            _LIMIT,
            f"no limit for video classification is documented, and {limit:,} s are more than other tasks have",
            f"write at most {SHIFT} to be safe",
        )


@BOOK.rule(
    12,
    "role-session",
    Severity.WARNING,
    "For tasks of more than an hour the role's sessions last as long, for those of more than 8 hours at least 8. Only"
    " old documentation says so: the page was changed in March 2021. The role's own setting is left to a look.",
    old_guide("sms-create-labeling-job-api"),
    old_guide("sms-point-cloud-general-information"),
)
def role_sessions_last(job: Submission) -> Iterator[Fault]:
    limit = job.human.TaskTimeLimitInSeconds
    if limit > HOUR:
        needed = min(limit, SHIFT)
        yield Fault(
            _LIMIT,
            f"tasks may take {limit:,} s, more than the hour that a role's session lasts by default",
            f"see that the role's MaxSessionDuration is at least {needed}",
        )
