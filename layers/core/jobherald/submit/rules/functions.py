"""The functions that prepare objects and consolidate labels. They say which task type a job has."""

from __future__ import annotations

from collections.abc import Iterator

from jobherald.config.faults import instead
from jobherald.submit.arns import Arn, arn_of
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Severity
from jobherald.submit.rulebook import Fault, UnreadableError
from jobherald.submit.rules.book import BOOK
from jobherald.submit.sources import guide, model
from jobherald.submit.submission import Submission, is_ground_truths, task_type_of
from jobherald.submit.task_types import CONSOLIDATE, CUSTOM, FUNCTION_ACCOUNTS, OTHER_NAMES, PRE, TASK_TYPES

_PRE = "HumanTaskConfig.PreHumanTaskLambdaArn"
_CONSOLIDATION = "HumanTaskConfig.AnnotationConsolidationConfig.AnnotationConsolidationLambdaArn"
_MODELS = (model("HumanTaskConfig"), model("AnnotationConsolidationConfig"))
_GUIDE = guide("sms-create-labeling-job-api")
_LISTED_TWICE = ("Adjustment3DPointCloudSemanticSegmentation", "3DPointCloudSemanticSegmentation")


@BOOK.rule(
    19,
    "functions-agree",
    Severity.ERROR,
    "Both functions are those of one task type.",
    *_MODELS,
    _GUIDE,
)
def are_of_one_task_type(job: Submission) -> Iterator[Fault]:
    if job.pre is None or job.consolidation is None:
        return
    before, after = task_type_of(job.pre, PRE), task_type_of(job.consolidation, CONSOLIDATE)
    if before is not after and CUSTOM not in {before, after} and (before.name, after.name) != _LISTED_TWICE:
        yield Fault(
            _CONSOLIDATION,
            f"it consolidates labels of {after.title}, and objects are prepared for {before.title}",
            f"take {CONSOLIDATE}{before.name}, or {PRE}{after.name} for the other",
        )


@BOOK.rule(
    19,
    "functions-disputed",
    Severity.WARNING,
    "Labels of 3D semantic segmentation that are adjusted are consolidated by the function for adjustment. The"
    " documentation contradicts itself: in one region the service model lists the function for new labels beside it.",
    *_MODELS,
)
def is_the_one_for_adjustment(job: Submission) -> Iterator[Fault]:
    if job.pre is None or job.consolidation is None:
        return
    before, after = task_type_of(job.pre, PRE), task_type_of(job.consolidation, CONSOLIDATE)
    if (before.name, after.name) == _LISTED_TWICE:
        yield Fault(
            _CONSOLIDATION,
            f"it is the function for {after.title}, and objects are prepared for {before.title}",
            f"take {CONSOLIDATE}{before.name} to be safe",
        )


@BOOK.rule(
    19,
    "functions-mixed",
    Severity.WARNING,
    "A function of Ground Truth's stands beside another of its own, not beside one of yours.",
    *_MODELS,
    _GUIDE,
)
def are_not_mixed(job: Submission) -> Iterator[Fault]:
    if job.pre is None or job.consolidation is None:
        return
    before, after = task_type_of(job.pre, PRE), task_type_of(job.consolidation, CONSOLIDATE)
    if (before is CUSTOM) != (after is CUSTOM):
        built_in = after if before is CUSTOM else before
        yield Fault(
            _CONSOLIDATION if before is not CUSTOM else _PRE,
            f"one function is Ground Truth's for {built_in.title}, this one is not",
            "see that it takes and gives what the other does, or take both of one kind",
        )


@BOOK.rule(
    19,
    "function-known",
    Severity.ERROR,
    "A function of Ground Truth's is one that the documentation names.",
    *_MODELS,
)
def is_known(job: Submission) -> Iterator[Fault]:
    for path, prefix, text, arn in _functions(job):
        if not is_ground_truths(arn, prefix):
            continue
        try:
            task_type_of(text, prefix)
        except UnreadableError:
            names = [f"{prefix}{name}" for name in TASK_TYPES]
            known = instead(arn.name, names)
            yield Fault(path, f"Ground Truth has no function {shown(arn.name)} for this", known)


@BOOK.rule(
    19,
    "function-name",
    Severity.WARNING,
    "The functions of video classification end with VideoMultiClass. The documentation contradicts itself: the page of"
    " that task type calls them VideoClassification, which the lists of the service model do not have.",
    *_MODELS,
    guide("sms-video-classification"),
)
def has_the_models_name(job: Submission) -> Iterator[Fault]:
    for path, prefix, _, arn in _functions(job):
        usual = OTHER_NAMES.get(arn.name.removeprefix(prefix))
        if is_ground_truths(arn, prefix) and usual is not None:
            yield Fault(
                path,
                f"{shown(arn.name)} is in the guide, and not in the service model",
                f"write {prefix}{usual}",
            )


@BOOK.rule(
    19,
    "function-account",
    Severity.ERROR,
    "A function of Ground Truth's belongs to the account that owns them in its region.",
    *_MODELS,
)
def is_of_its_regions_account(job: Submission) -> Iterator[Fault]:
    for path, _, text, arn in _functions(job):
        owner = FUNCTION_ACCOUNTS.get(arn.region)
        if arn.account in FUNCTION_ACCOUNTS.values() and owner not in {None, arn.account}:
            yield Fault(
                path,
                f"{shown(text)} has the account of another region",
                f"write {owner} for {arn.region}",
            )


@BOOK.rule(
    19,
    "function-owner",
    Severity.WARNING,
    "A function that has the name of one of Ground Truth's is Ground Truth's.",
    *_MODELS,
)
def is_ground_truths_own(job: Submission) -> Iterator[Fault]:
    for path, prefix, text, arn in _functions(job):
        if is_ground_truths(arn, prefix) and arn.account not in FUNCTION_ACCOUNTS.values():
            owner = FUNCTION_ACCOUNTS.get(arn.region, "that of Ground Truth in the region")
            yield Fault(
                path,
                f"{shown(text)} has the name of a built-in function, and an account that is not Ground Truth's",
                f"if the built-in one is meant, the account is {owner}",
            )


@BOOK.rule(
    19,
    "function-region",
    Severity.WARNING,
    "A function of Ground Truth's is in a region for which the documentation names it.",
    *_MODELS,
)
def is_in_a_documented_region(job: Submission) -> Iterator[Fault]:
    for path, prefix, _, arn in _functions(job):
        if is_ground_truths(arn, prefix) and arn.region not in FUNCTION_ACCOUNTS:
            yield Fault(
                path,
                f"no page names the functions of Ground Truth in {shown(arn.region)}",
                f"documented are {', '.join(sorted(FUNCTION_ACCOUNTS))}",
            )


@BOOK.rule(
    19,
    "functions-both",
    Severity.WARNING,
    "Both functions are named. The documentation contradicts itself: one page of the guide asks for both, another"
    " makes them optional for custom tasks, and the service model makes both optional.",
    _GUIDE,
    guide("sms-custom-templates-step3"),
    *_MODELS,
)
def are_both_named(job: Submission) -> Iterator[Fault]:
    for path, text in ((_PRE, job.pre), (_CONSOLIDATION, job.consolidation)):
        if text is None:
            yield Fault(
                path,
                "no function is named, which the guide asks for and the service model does not",
                "name one, unless the task is custom and its template takes the manifest's lines as they are",
            )


def _functions(job: Submission) -> Iterator[tuple[str, str, str, Arn]]:
    """Each function that is named: where, its prefix if it is Ground Truth's, its ARN as text and in parts."""
    for path, prefix, text in ((_PRE, PRE, job.pre), (_CONSOLIDATION, CONSOLIDATE, job.consolidation)):
        arn = arn_of(text) if text is not None else None
        if text is not None and arn is not None:
            yield path, prefix, text, arn
