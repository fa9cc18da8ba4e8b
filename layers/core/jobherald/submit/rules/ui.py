"""What workers see: a template of one's own, or a user interface of Ground Truth's."""

from __future__ import annotations

from collections.abc import Iterator

from jobherald.submit.arns import arn_of
from jobherald.submit.decoding import shown
from jobherald.submit.findings import Severity
from jobherald.submit.rulebook import Fault
from jobherald.submit.rules.book import BOOK
from jobherald.submit.sources import guide, model
from jobherald.submit.submission import Submission
from jobherald.submit.task_types import UI_ACCOUNT

_UI = "HumanTaskConfig.UiConfig"
_TEMPLATE = f"{_UI}.UiTemplateS3Uri"
_ARN = f"{_UI}.HumanTaskUiArn"
_MODEL = model("UiConfig")


@BOOK.rule(
    16,
    "ui-one",
    Severity.ERROR,
    "A job has either a worker template or a user interface of Ground Truth's.",
    _MODEL,
)
def has_one(job: Submission) -> Iterator[Fault]:
    ui = job.human.UiConfig
    if (ui.UiTemplateS3Uri is None) == (ui.HumanTaskUiArn is None):
        given = "neither is" if ui.UiTemplateS3Uri is None else "both are"
        yield Fault(
            _UI,
            f"{given} given, UiTemplateS3Uri and HumanTaskUiArn",
            "give UiTemplateS3Uri; HumanTaskUiArn for named entity recognition, 3D point clouds and video frames",
        )


@BOOK.rule(
    16,
    "ui-task-type",
    Severity.ERROR,
    "Named entity recognition, 3D point clouds and video frames have HumanTaskUiArn, all other tasks"
    " UiTemplateS3Uri.",
    _MODEL,
    guide("sms-point-cloud-object-detection"),
    guide("sms-video-object-tracking"),
)
def suits_the_task_type(job: Submission) -> Iterator[Fault]:
    ui, kind = job.human.UiConfig, job.task_type
    if kind.ui and ui.HumanTaskUiArn is None and ui.UiTemplateS3Uri is not None:
        yield Fault(
            _TEMPLATE,
            f"a job for {kind.title} cannot have a template",
            f"replace it by HumanTaskUiArn, ending with {UI_ACCOUNT}:human-task-ui/{kind.ui}",
        )
    if not kind.ui and ui.UiTemplateS3Uri is None and ui.HumanTaskUiArn is not None:
        yield Fault(
            _ARN,
            f"a {kind.title} job cannot have a user interface of Ground Truth's",
            "replace it by UiTemplateS3Uri, the template for workers in S3",
        )


@BOOK.rule(
    16,
    "ui-arn",
    Severity.ERROR,
    "HumanTaskUiArn names the user interface of the task type.",
    _MODEL,
)
def is_of_the_task_type(job: Submission) -> Iterator[Fault]:
    text, kind = job.human.UiConfig.HumanTaskUiArn, job.task_type
    arn = arn_of(text) if text is not None else None
    if arn is not None and kind.ui and (arn.account, arn.name) != (UI_ACCOUNT, kind.ui):
        yield Fault(
            _ARN,
            f"{shown(text)} is not the user interface for {kind.title}",
            f"write arn:{arn.partition}:sagemaker:{arn.region}:{UI_ACCOUNT}:human-task-ui/{kind.ui}",
        )


@BOOK.rule(
    16,
    "ui-template-name",
    Severity.WARNING,
    "The worker template is a file whose name ends with .html or .liquid. Whether it is there is left to a look.",
    guide("sms-create-labeling-job-api"),
)
def template_has_its_ending(job: Submission) -> Iterator[Fault]:
    template = job.human.UiConfig.UiTemplateS3Uri
    if template is not None and not template.lower().endswith((".html", ".liquid")):
        yield Fault(
            _TEMPLATE,
            f"{shown(template)} does not end with .html or .liquid",
            "save the template under such a name",
        )
