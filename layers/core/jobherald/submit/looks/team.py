"""The work team: whether it is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from jobherald.submit.arns import Arn, arn_of
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.looks.book import LABELING, Demand, LabelingScene, Question
from jobherald.submit.looks.eyes import AbsentError
from jobherald.submit.sources import guide, model

PATH: Final = "HumanTaskConfig.WorkteamArn"

_PRIVATE: Final = "workteam/private-crowd/"
_VENDOR: Final = "workteam/vendor-crowd/"

MISSING: Final = Demand(
    28,
    "look.team.missing",
    Severity.ERROR,
    "A private work team is there, in the region of the job, and the account is subscribed to a vendor's. Mechanical"
    " Turk's is always there.",
    (model("DescribeWorkteam"), model("DescribeSubscribedWorkteam"), guide("sms-workforce-management")),
)


@LABELING.look("team", MISSING)
def team_is_there(scene: LabelingScene) -> Iterator[Question]:
    arn = arn_of(scene.job.human.WorkteamArn)
    if arn is not None and arn.resource.startswith((_PRIVATE, _VENDOR)):
        yield Question(PATH, "whether the work team is there", lambda: _is_there(scene, arn))


def _is_there(scene: LabelingScene, arn: Arn) -> Iterator[Finding]:
    text = scene.job.human.WorkteamArn
    try:
        found = _found(scene, arn, text)
    except AbsentError:
        yield MISSING.found(
            PATH,
            f"there is no work team {shown(text)} in {scene.eyes.region}",
            "choose one that ListWorkteams or ListSubscribedWorkteams names, or make it",
        )
        return
    if found != text:
        yield MISSING.found(PATH, f"the work team of this name is {found}", "write this ARN")


def _found(scene: LabelingScene, arn: Arn, text: str) -> str:
    if arn.resource.startswith(_VENDOR):
        answer = scene.eyes.ask("sagemaker", "DescribeSubscribedWorkteam", WorkteamArn=text)
        return str(answer["SubscribedWorkteam"]["WorkteamArn"])
    name = arn.resource.removeprefix(_PRIVATE)
    return str(scene.eyes.ask("sagemaker", "DescribeWorkteam", WorkteamName=name)["Workteam"]["WorkteamArn"])
