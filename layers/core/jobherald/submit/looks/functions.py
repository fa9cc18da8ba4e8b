"""The functions of custom tasks: whether they are there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from jobherald.submit.arns import arn_of
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.looks.book import LABELING, Demand, LabelingScene, Question
from jobherald.submit.looks.eyes import AbsentError
from jobherald.submit.sources import guide, model
from jobherald.submit.submission import Submission, is_ground_truths
from jobherald.submit.task_types import CONSOLIDATE, PRE

_PRE: Final = "HumanTaskConfig.PreHumanTaskLambdaArn"
_CONSOLIDATION: Final = "HumanTaskConfig.AnnotationConsolidationConfig.AnnotationConsolidationLambdaArn"
_FAILED: Final = frozenset({"Failed", "Deactivated", "Deleting"})

MISSING: Final = Demand(
    19,
    "look.functions.missing",
    Severity.ERROR,
    "The functions of a custom task are there, and can be called. Those of Ground Truth are in accounts of its own, and"
    " checked without a look.",
    (guide("sms-custom-templates-step3"), model("HumanTaskConfig")),
)


@LABELING.look("functions", MISSING)
def functions_are_there(scene: LabelingScene) -> Iterator[Question]:
    for path, function in own_functions(scene.job):
        yield Question(
            path,
            f"whether the function {shown(function)} is there",
            partial(_is_there, scene, path, function),
        )


def own_functions(job: Submission) -> Iterator[tuple[str, str]]:
    """The functions that are not Ground Truth's, by the members that name them."""
    named = ((_PRE, PRE, job.pre), (_CONSOLIDATION, CONSOLIDATE, job.consolidation))
    for path, prefix, function in named:
        arn = arn_of(function) if function is not None else None
        if function is not None and arn is not None and not is_ground_truths(arn, prefix):
            yield path, function


def _is_there(scene: LabelingScene, path: str, function: str) -> Iterator[Finding]:
    try:
        answer = scene.eyes.ask("lambda", "GetFunctionConfiguration", FunctionName=function)
        state = answer["State"]
    except AbsentError:
        yield MISSING.found(path, f"there is no function {shown(function)}", "deploy it, or correct the ARN")
        return
    if state in _FAILED:
        yield MISSING.found(
            path, f"the function {shown(function)} cannot be called: its state is {state}", "deploy it again"
        )
