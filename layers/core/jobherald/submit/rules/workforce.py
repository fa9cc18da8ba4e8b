"""Who does the work: what Mechanical Turk asks for, and what it cannot do."""

from __future__ import annotations

from collections.abc import Iterator

from jobherald.submit.arns import arn_of
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Severity
from jobherald.submit.rulebook import Fault
from jobherald.submit.rules.book import BOOK
from jobherald.submit.sources import guide
from jobherald.submit.submission import PUBLIC_TEAM, Submission
from jobherald.submit.task_types import UI_ACCOUNT

_TEAM = "HumanTaskConfig.WorkteamArn"
_API = guide("sms-create-labeling-job-api")
_PUBLIC = guide("sms-workforce-management-public")


@BOOK.rule(
    6,
    "mturk-price",
    Severity.ERROR,
    "A job for Mechanical Turk says what it pays for a task.",
    _API,
)
def price_is_set(job: Submission) -> Iterator[Fault]:
    if job.public and job.human.PublicWorkforceTaskPrice is None:
        yield Fault(
            "HumanTaskConfig.PublicWorkforceTaskPrice",
            "the work team is Mechanical Turk's, and there is no price",
            'add one, as in {"AmountInUsd": {"Cents": 3, "TenthFractionsOfACent": 6}} for 0.036 US dollars',
        )


@BOOK.rule(
    6,
    "mturk-team",
    Severity.ERROR,
    "Mechanical Turk has one work team in each region, by one name.",
    _API,
    _PUBLIC,
)
def team_is_mturks(job: Submission) -> Iterator[Fault]:
    team = arn_of(job.human.WorkteamArn)
    if team is None or not job.public:
        return
    if team.account != UI_ACCOUNT or team.resource != f"{PUBLIC_TEAM}default":
        yield Fault(
            _TEAM,
            f"{shown(job.human.WorkteamArn)} is not the work team of Mechanical Turk",
            f"write arn:{team.partition}:sagemaker:{team.region}:{UI_ACCOUNT}:{PUBLIC_TEAM}default",
        )


@BOOK.rule(
    7,
    "mturk-pii",
    Severity.ERROR,
    "Objects for Mechanical Turk are declared free of personally identifiable information, else the job fails.",
    _API,
    _PUBLIC,
)
def objects_are_free_of_pii(job: Submission) -> Iterator[Fault]:
    declared = job.request.InputConfig.DataAttributes
    classifiers = (declared and declared.ContentClassifiers) or []
    if job.public and "FreeOfPersonallyIdentifiableInformation" not in classifiers:
        yield Fault(
            "InputConfig.DataAttributes.ContentClassifiers",
            "the work team is Mechanical Turk's, and the objects are not declared free of personal information",
            "add FreeOfPersonallyIdentifiableInformation if that is so; else choose a private or vendor team",
        )


@BOOK.rule(
    8,
    "mturk-task-type",
    Severity.ERROR,
    "Mechanical Turk labels neither 3D point clouds nor video frames.",
    _API,
    _PUBLIC,
)
def mturk_can_label_it(job: Submission) -> Iterator[Fault]:
    if job.public and job.task_type.in_frames:
        yield Fault(
            _TEAM,
            f"Mechanical Turk does not take jobs for {job.task_type.title}",
            "choose a private or vendor work team",
        )


@BOOK.rule(
    17,
    "one-worker",
    Severity.ERROR,
    "A 3D point cloud or a sequence of video frames is labeled by one worker; that it is not labeled automatically is"
    " for automated-task-type to say.",
    guide("sms-point-cloud-object-detection"),
    guide("sms-point-cloud-object-tracking"),
    guide("sms-video-object-detection"),
    guide("sms-video-object-tracking"),
)
def one_worker_labels_it(job: Submission) -> Iterator[Fault]:
    workers = job.human.NumberOfHumanWorkersPerDataObject
    if job.task_type.in_frames and workers != 1:
        yield Fault(
            "HumanTaskConfig.NumberOfHumanWorkersPerDataObject",
            f"{workers} workers are to label each object of a job for {job.task_type.title}",
            "write 1",
        )
