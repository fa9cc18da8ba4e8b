"""The job whose labels are adjusted or verified, where the manifest is its output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from jobherald.submit.arns import job_of
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.looks.book import LABELING, Demand, LabelingScene, Question
from jobherald.submit.looks.buckets import MANIFEST
from jobherald.submit.looks.eyes import AbsentError, UnseenError
from jobherald.submit.rulebook import UnreadableError
from jobherald.submit.sources import guide, model
from jobherald.submit.submission import task_type_of
from jobherald.submit.task_types import CUSTOM, PRE, Audit, TaskType

_AUDITS: Final = ("Adjustment", "Verification")
_DONE: Final = "Completed"
_PAGES: Final = (model("CreateLabelingJob"), guide("sms-verification-data"))

ATTRIBUTE: Final = Demand(
    21,
    "look.original.attribute",
    Severity.ERROR,
    "An adjustment or verification has another label attribute name than the job that made the labels.",
    _PAGES,
)
TASK_TYPE: Final = Demand(
    21,
    "look.original.task-type",
    Severity.ERROR,
    "An adjustment or verification is of the task type of the job that made the labels.",
    _PAGES,
)
UNFINISHED: Final = Demand(
    21,
    "look.original.unfinished",
    Severity.WARNING,
    "The job that made the labels has completed.",
    (guide("sms-reusing-data"), guide("sms-verification-data")),
)


@LABELING.look("original", ATTRIBUTE, TASK_TYPE, UNFINISHED)
def original_fits(scene: LabelingScene) -> Iterator[Question]:
    job = scene.job
    name = job_of(job.manifest) if job.manifest is not None else ""
    if name and job.task_type.audit is not Audit.NONE:
        yield Question(
            MANIFEST,
            f"whether this job fits {shown(name)}, whose labels it is about,",
            lambda: _fits(scene, name),
        )


def attribute_of(scene: LabelingScene) -> str:
    """The label attribute of the job whose output the manifest is, empty for none. Raises AbsentError and UnseenError."""
    name = job_of(scene.job.manifest) if scene.job.manifest is not None else ""
    return str(_described(scene, name)["LabelAttributeName"]) if name else ""


def _described(scene: LabelingScene, name: str) -> Mapping[str, Any]:
    return scene.eyes.ask("sagemaker", "DescribeLabelingJob", LabelingJobName=name)


def _fits(scene: LabelingScene, name: str) -> Iterator[Finding]:
    try:
        original = _described(scene, name)
    except AbsentError:
        raise UnseenError(
            f"there is no labeling job {shown(name)} in this account and region", "compare the two yourself"
        ) from None
    attribute = scene.job.request.LabelAttributeName
    if original["LabelAttributeName"] == attribute:
        yield ATTRIBUTE.found(
            "LabelAttributeName",
            f"the labels that {shown(name)} made are called {shown(attribute)} too",
            "choose another name",
        )
    kind, made = scene.job.task_type, _task_type(original)
    if CUSTOM not in {kind, made} and _audited(kind) != _audited(made):
        yield TASK_TYPE.found(
            "HumanTaskConfig.PreHumanTaskLambdaArn",
            f"the labels that {shown(name)} made are those of {made.title}, and this job is for {kind.title}",
            "take the functions for those labels, or another manifest",
        )
    if original["LabelingJobStatus"] != _DONE:
        yield UNFINISHED.found(
            MANIFEST,
            f"the job {shown(name)} is {shown(original['LabelingJobStatus'])}, so its output may not be whole",
            "wait until it has completed, or see that its manifest is what you want",
        )


def _task_type(original: Mapping[str, Any]) -> TaskType:
    """The task type of a job that was described; custom where its functions do not tell."""
    function = original["HumanTaskConfig"].get("PreHumanTaskLambdaArn", "")
    try:
        return task_type_of(function, PRE)
    except UnreadableError:
        return CUSTOM


def _audited(kind: TaskType) -> str:
    """The task type whose labels one is about."""
    name = kind.name
    for audit in _AUDITS:
        name = name.removeprefix(audit)
    return name
