"""What the rules ask of a request: the request itself, where it is sent, and what follows from both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from jobherald.submit.arns import Arn, arn_of
from jobherald.submit.labeling import AutomatedLabeling, HumanTask, LabelingRequest
from jobherald.submit.rulebook import UnreadableError
from jobherald.submit.task_types import (
    CONSOLIDATE,
    CUSTOM,
    FUNCTION_ACCOUNTS,
    OTHER_NAMES,
    PRE,
    TASK_TYPES,
    Kind,
    TaskType,
)

PUBLIC_TEAM: Final = "workteam/public-crowd/"


@dataclass(frozen=True, slots=True)
class Submission:
    """A request and the region it is sent to, which may be empty. Whatever of it is unreadable raises UnreadableError."""

    request: LabelingRequest
    region: str = ""

    @property
    def human(self) -> HumanTask:
        return self.request.HumanTaskConfig

    @property
    def automated(self) -> AutomatedLabeling | None:
        return self.request.LabelingJobAlgorithmsConfig

    @property
    def streaming(self) -> bool:
        """Whether objects are sent to a topic while the job runs."""
        return self.request.InputConfig.DataSource.SnsDataSource is not None

    @property
    def manifest(self) -> str | None:
        """The address of the input manifest."""
        source = self.request.InputConfig.DataSource.S3DataSource
        return source.ManifestS3Uri if source else None

    @property
    def public(self) -> bool:
        """Whether the work team is Mechanical Turk's."""
        team = arn_of(self.human.WorkteamArn)
        return team is not None and team.resource.startswith(PUBLIC_TEAM)

    @property
    def pre(self) -> str | None:
        return self.human.PreHumanTaskLambdaArn

    @property
    def consolidation(self) -> str | None:
        config = self.human.AnnotationConsolidationConfig
        return config.AnnotationConsolidationLambdaArn if config else None

    @property
    def task_type(self) -> TaskType:
        """What the pre-annotation function says; without one, what the other says; without any, custom.

        Raises UnreadableError for a function of Ground Truth's that no page names.
        """
        if self.pre is not None:
            return task_type_of(self.pre, PRE)
        return task_type_of(self.consolidation, CONSOLIDATE) if self.consolidation is not None else CUSTOM

    @property
    def built_in(self) -> bool:
        """Whether the task type is one whose labels Ground Truth itself shows to workers."""
        return self.task_type.kind is not Kind.CUSTOM


def task_type_of(function: str, prefix: str) -> TaskType:
    """The task type that a function serves. Raises UnreadableError for an unknown one of Ground Truth's."""
    arn = arn_of(function)
    if arn is None or not is_ground_truths(arn, prefix):
        return CUSTOM
    name = arn.name.removeprefix(prefix)
    known = OTHER_NAMES.get(name, name)
    if arn.name == name or known not in TASK_TYPES:
        raise UnreadableError(arn.name)
    return TASK_TYPES[known]


def is_ground_truths(arn: Arn, prefix: str) -> bool:
    """Whether a function is, or by its name is meant to be, one of Ground Truth's own."""
    owned = arn.account in FUNCTION_ACCOUNTS.values()
    return owned or (arn.name.startswith(prefix) and arn.name.removeprefix(prefix) in TASK_TYPES)
