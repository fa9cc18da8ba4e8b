"""The role of a labeling job: whether SageMaker may assume it, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from jobherald.submit.arns import Arn, arn_of
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.looks.book import LABELING, Demand, LabelingScene, Question
from jobherald.submit.looks.eyes import AbsentError, UnseenError
from jobherald.submit.looks.policies import Verdict, Wish, verdict
from jobherald.submit.rules.times import HOUR, SHIFT
from jobherald.submit.sources import guide, old_guide

PATH: Final = "RoleArn"
SERVICE: Final = "sagemaker.amazonaws.com"

_PAGE: Final = guide("sms-security-permission-execution-role")
_TRUST: Final = f'{{"Effect": "Allow", "Principal": {{"Service": "{SERVICE}"}}, "Action": "sts:AssumeRole"}}'

MISSING: Final = Demand(
    26,
    "look.role.missing",
    Severity.ERROR,
    "The role is there, in the account that starts the job, under this ARN.",
    (_PAGE,),
)
TRUST: Final = Demand(
    26, "look.role.trust", Severity.ERROR, "The role's trust policy lets SageMaker assume it.", (_PAGE,)
)
CONDITION: Final = Demand(
    26,
    "look.role.condition",
    Severity.WARNING,
    "The role's trust policy lets SageMaker assume it without a condition that cannot be judged here. Judged are those"
    " on aws:SourceAccount and aws:SourceArn.",
    (_PAGE,),
)
SESSION: Final = Demand(
    12,
    "look.role.session",
    Severity.WARNING,
    "For tasks of more than an hour the role's sessions last as long, for those of more than 8 hours at least 8. Only"
    " old documentation says so: the page was changed in March 2021.",
    (old_guide("sms-create-labeling-job-api"), old_guide("sms-point-cloud-general-information")),
)


@LABELING.look("role", MISSING, TRUST, CONDITION, SESSION)
def role_can_be_assumed(scene: LabelingScene) -> Iterator[Question]:
    yield Question(
        PATH, "whether SageMaker may assume the role, and for how long,", lambda: _can_be_assumed(scene)
    )


def role_of(scene: LabelingScene) -> Mapping[str, Any]:
    """What IAM says of the role. Raises AbsentError and UnseenError."""
    name = scene.job.request.RoleArn.rpartition("/")[2]
    role: Mapping[str, Any] = scene.eyes.ask("iam", "GetRole", RoleName=name)["Role"]
    return role


def _can_be_assumed(scene: LabelingScene) -> Iterator[Finding]:
    text = scene.job.request.RoleArn
    try:
        role = role_of(scene)
    except AbsentError:
        yield MISSING.found(
            PATH, f"there is no role {shown(text)} in this account", "make it, or correct the ARN"
        )
        return
    if role["Arn"] != text:
        yield MISSING.found(PATH, f"the role of this name is {role['Arn']}", "write this ARN")
        return
    arn = arn_of(text)
    if arn is not None:
        yield from _is_trusted(scene, arn, role)
    yield from _lasts(scene, role)


def _is_trusted(scene: LabelingScene, arn: Arn, role: Mapping[str, Any]) -> Iterator[Finding]:
    document = role.get("AssumeRolePolicyDocument")
    if not isinstance(document, Mapping):
        raise UnseenError("the role's trust policy could not be read", "see for yourself")
    job = scene.job.request.LabelingJobName.lower()
    context = {
        "aws:sourceaccount": arn.account,
        "aws:sourcearn": f"arn:{arn.partition}:sagemaker:{scene.eyes.region}:{arn.account}:labeling-job/{job}",
    }
    said = verdict([document], Wish("sts:AssumeRole", "", frozenset({SERVICE}), context))
    if said is Verdict.CONDITIONAL:
        yield CONDITION.found(
            PATH,
            "SageMaker may assume the role only under a condition of its trust policy",
            "see that the condition holds for labeling jobs",
        )
    elif said is not Verdict.ALLOWED:
        yield TRUST.found(PATH, "SageMaker may not assume the role", f"add to its trust policy: {_TRUST}")


def _lasts(scene: LabelingScene, role: Mapping[str, Any]) -> Iterator[Finding]:
    limit, lasts = scene.job.human.TaskTimeLimitInSeconds, role.get("MaxSessionDuration", HOUR)
    needed = min(limit, SHIFT)
    if limit > HOUR and lasts < needed:
        yield SESSION.found(
            PATH,
            f"its sessions last {lasts:,} s at most, and tasks may take {limit:,} s",
            f"set the role's MaxSessionDuration to {needed} or more",
        )
