"""`jobherald submit`: a job is started only after everything was looked at that could make it fail tomorrow."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import click

from jobherald.cli.target import DEFAULT_STACK
from jobherald.cli.trouble import Trouble, Wrong

if TYPE_CHECKING:
    from jobherald.cli.submitting import Choices
    from jobherald.submit.member import Member

P = ParamSpec("P")
R = TypeVar("R")

_STDIN: Final = "-"


class RequestCommand(click.Command):
    """A command whose flags are the members of a request.

    The request's model is loaded where they are needed: it takes longer than any other command as a whole.
    """

    kind: Callable[[], type[Member]]

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        from jobherald.cli.request import options

        return [*options(self.kind()), *super().get_params(ctx)]


class LabelingCommand(RequestCommand):
    """Takes the members of a labeling request."""

    @staticmethod
    def kind() -> type[Member]:
        from jobherald.submit.labeling import LabelingRequest

        return LabelingRequest


class MediaAnalysisCommand(RequestCommand):
    """Takes the members of a request for a media analysis job."""

    @staticmethod
    def kind() -> type[Member]:
        from jobherald.submit.media_analysis import MediaAnalysisRequest

        return MediaAnalysisRequest


def submit_options(command: Callable[P, R]) -> Callable[..., R]:
    """The options of every kind of job, given to the command as ``choices``."""

    @click.option("--check", is_flag=True, help="Stop before anything is started; exit code 1 with an error.")
    @click.option(
        "--no-looks", is_flag=True, help="Do not look at what the request names in S3, IAM and so on."
    )
    @click.option("--yes", is_flag=True, help="Start it without asking; never with an error.")
    @click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts; takes --yes or --check.")
    @click.option("--region", metavar="REGION", help="The job's region, if not that of your AWS settings.")
    @click.option("--profile", metavar="NAME", help="The profile of your AWS settings.")
    @click.option(
        "--stack",
        metavar="NAME",
        envvar="JOBHERALD_STACK",
        show_envvar=True,
        help=f"The stack that is to be told of the job; {DEFAULT_STACK}, where there is one, if left out.",
    )
    @click.option("--stack-region", metavar="REGION", help="The stack's region, if not that of the job.")
    @click.option("--local", is_flag=True, help="In the local cloud that a demo runs on this machine.")
    @functools.wraps(command)
    def run(
        *args: Any,
        check: bool,
        no_looks: bool,
        yes: bool,
        as_json: bool,
        region: str | None,
        profile: str | None,
        stack: str | None,
        stack_region: str | None,
        local: bool,
        **kw: Any,
    ) -> R:
        from jobherald.cli.submitting import Choices

        if as_json and not (yes or check):
            raise Trouble("--json is for scripts, which nobody can ask: give --yes or --check with it.")
        choices = Choices(region, profile, stack, stack_region, local, check, not no_looks, yes, as_json)
        return command(*args, choices=choices, **kw)  # type: ignore[arg-type]

    return run


@click.group("submit", epilog="Example: jobherald submit labeling --cli-input-json job.json --check")
def submit() -> None:
    """Start jobs, after checking what could make them fail."""


def _owner(_ctx: click.Context, _param: click.Parameter, text: str | None) -> str:
    from jobherald.submit.tags import is_value

    if text is not None and not (text and is_value(text)):
        raise click.BadParameter("letters, digits, blanks and _ . : / = + - @ can be in a tag, at most 256.")
    return text or ""


def _limit(_ctx: click.Context, _param: click.Parameter, text: str | None) -> str:
    from jobherald.submit.tags import is_duration

    if text is not None and not is_duration(text):
        raise click.BadParameter(f"{text!r} is no duration; write a whole number and m, h or d, such as 8h.")
    return text or ""


@submit.command(
    "labeling",
    cls=LabelingCommand,
    epilog="Example: jobherald submit labeling --cli-input-json job.json --owner ann --limit 8h",
)
@click.option(
    "--owner", metavar="WHO", callback=_owner, help="Whose job it is, kept as the tag jobherald:owner."
)
@click.option(
    "--limit",
    metavar="DURATION",
    callback=_limit,
    help="After which time somebody wants to hear of it (90m, 8h, 3d), kept as the tag jobherald:limit.",
)
@submit_options
def labeling(
    cli_input_json: str | None, owner: str, limit: str, choices: Choices, **members: str | None
) -> None:
    """Check a request for a Ground Truth labeling job, show what it would start, ask, and start it.

    It takes what `aws sagemaker create-labeling-job` takes, but for the shorthand of structures. Every fault is told
    at once, with its place and what would do; with an error nothing is started. The deployment that is told of the job
    looks at it at once.
    """
    from jobherald.cli import submitting

    submitting.labeling(cli_input_json, members, owner, limit, choices)


@submit.command(
    "media-analysis",
    cls=MediaAnalysisCommand,
    epilog="Example: jobherald submit media-analysis --cli-input-json job.json --check",
)
@submit_options
def media_analysis(cli_input_json: str | None, choices: Choices, **members: str | None) -> None:
    """Check a request for a Rekognition media analysis job, show what it would start, ask, and start it.

    It takes what `aws rekognition start-media-analysis-job` takes, but for the shorthand of structures. With
    --client-request-token a repetition of the same request starts no second job.
    """
    from jobherald.cli import submitting

    submitting.media_analysis(cli_input_json, members, choices)


@submit.command(
    "category-file", epilog="Example: jobherald submit category-file car bus --task-type BoundingBox"
)
@click.argument("labels", nargs=-1, required=True, metavar="LABEL...")
@click.option(
    "--task-type",
    metavar="NAME",
    default="",
    help="The built-in task type, as its functions are called: BoundingBox, 3DPointCloudObjectTracking. If left out, a"
    " custom one.",
)
@click.option(
    "--instructions", nargs=2, metavar="SHORT FULL", help="What workers are told, shortly and in full."
)
@click.option(
    "--audit",
    metavar="ATTRIBUTE",
    default="",
    help="The label attribute of the job whose labels are adjusted or verified.",
)
@click.option("--verify", is_flag=True, help="Labels are verified: nobody may edit them.")
@click.option(
    "--annotation-type",
    metavar="TYPE",
    default="",
    help="What is drawn in video frames: BoundingBox, Polyline …",
)
def category_file(
    labels: tuple[str, ...],
    task_type: str,
    instructions: tuple[str, str] | None,
    audit: str,
    verify: bool,
    annotation_type: str,
) -> None:
    """Print a correct label category file with these labels.

    LABEL may be - for standard input, with a label on each line.
    """
    from jobherald.config.faults import instead
    from jobherald.submit import categories
    from jobherald.submit.category_rules import Purpose
    from jobherald.submit.task_types import CUSTOM, TASK_TYPES

    if task_type and task_type not in TASK_TYPES:
        raise Trouble(f"There is no task type {task_type}; {instead(task_type, TASK_TYPES)}.")
    names = sys.stdin.read().splitlines() if labels == (_STDIN,) else labels
    purpose = Purpose(TASK_TYPES.get(task_type, CUSTOM), verification=verify)
    try:
        text = categories.write(
            [name for name in names if name.strip()],
            purpose,
            instructions=instructions,
            audited=audit,
            annotation_type=annotation_type,
        )
    except categories.CategoriesError as error:
        raise Wrong(
            "\n  ".join(["no correct file can be made of that:", *map(str, error.findings)])
        ) from None
    click.echo(text, nl=False)
