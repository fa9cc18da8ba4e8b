"""What `jobherald submit` does: examine, look, show, ask, start, and tell the deployment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from jobherald.channels.message import rfc3339
from jobherald.channels.text import one_line
from jobherald.cli import plain
from jobherald.cli import submit_screen as screen
from jobherald.cli.brief import labeling_brief, media_brief
from jobherald.cli.moments import when
from jobherald.cli.request import Written, read
from jobherald.cli.target import DEFAULT_STACK, Access, Target, Where
from jobherald.cli.trouble import Trouble, Wrong, aws_sentence
from jobherald.errors import JobheraldError
from jobherald.model import Place
from jobherald.ports import Queues
from jobherald.queues import SqsQueues
from jobherald.submit import looks
from jobherald.submit.examination import examine_labeling, examine_media_analysis
from jobherald.submit.findings import Report
from jobherald.submit.labeling import LabelingRequest
from jobherald.submit.media_analysis import MediaAnalysisRequest
from jobherald.submit.refusals import StartError
from jobherald.submit.start import LABELING, MEDIA_ANALYSIS, Started, start
from jobherald.submit.tags import tagged
from jobherald.submit.watching import why_untold

# CreateLabelingJob looks at the role, the team and the functions before it answers.
_START_PATIENCE: Final = 60
_LOOK_PATIENCE: Final = 10
# Refusals of the request itself; after the others, what is around it has to change.
_OF_THE_REQUEST: Final = frozenset({"taken", "refused"})

Request = LabelingRequest | MediaAnalysisRequest


@dataclass(frozen=True, slots=True)
class Choices:
    """What was said of how to submit."""

    region: str | None
    profile: str | None
    stack: str | None
    stack_region: str | None
    local: bool
    check: bool
    looks: bool
    yes: bool
    as_json: bool

    @property
    def access(self) -> Access:
        """The way to where the job is to run."""
        return Where("", self.local, self.region, self.profile).access()

    @property
    def deployment(self) -> Where:
        """The deployment that is to be told of the job."""
        name, region = self.stack or DEFAULT_STACK, self.stack_region or self.region
        return Where(name, self.local, region, self.profile, region_option="--stack-region")

    @property
    def names_deployment(self) -> bool:
        """Whether the user named one, so that it has to be there."""
        return self.local or bool(self.stack)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job: its source, its service, and how its requests are examined and told."""

    source: str
    service: str
    examine: Callable[[object, str], tuple[Request | None, Report]]
    brief: Callable[[Any, str], Iterator[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of a request; None where it is none. ``unlooked`` says why nothing was looked at, if so."""

    request: Request | None
    report: Report
    unlooked: str = ""


@dataclass(frozen=True, slots=True)
class Registry:
    """Where a started job is to be registered. Without ``queues``, ``why_not`` says why nowhere."""

    stack: str = ""
    place: Place | None = None
    queues: Queues | None = None
    why_not: str = ""

    @property
    def words(self) -> str:
        """Who will tell of the job."""
        return f"nobody: {self.why_not}" if self.why_not else f"the stack {self.stack}"


def labeling(
    document: str | None, members: Mapping[str, str | None], owner: str, limit: str, choices: Choices
) -> None:
    """Submit a labeling job. Raises Trouble where it was not started."""
    written = read(LabelingRequest, document, members)
    written = replace(written, document=tagged(written.document, owner=owner, limit=limit))
    _submit(Kind(LABELING, "sagemaker", examine_labeling, labeling_brief), written, choices)


def media_analysis(document: str | None, members: Mapping[str, str | None], choices: Choices) -> None:
    """Submit a media analysis job. Raises Trouble where it was not started."""
    written = read(MediaAnalysisRequest, document, members)
    _submit(Kind(MEDIA_ANALYSIS, "rekognition", examine_media_analysis, media_brief), written, choices)


def _submit(kind: Kind, written: Written, choices: Choices) -> None:
    access = choices.access
    examined = _examine(kind, written, access, choices)
    if not choices.as_json:
        screen.report(examined.report)
        if examined.unlooked:
            click.echo(f"Nothing was looked at: {examined.unlooked}.")
    if examined.request is None or not examined.report.ok:
        _print_json(examined, choices)
        nothing = "" if choices.check else " Nothing was started."
        raise Wrong(f"The request has {screen.counted(examined.report)}.{nothing}")
    if choices.check:
        _print_json(examined, choices)
        return
    if not access.region:
        raise Trouble("No AWS region is set. Name one with --region, or set AWS_REGION.")
    registry = _registry(kind, examined.request, access, choices)
    if not choices.as_json:
        click.echo()
        screen.brief([*kind.brief(examined.request, access.region), ("told by", registry.words)])
    if not choices.yes:
        _ask(written)
    _start(kind, examined.request, access, registry, examined, choices)


def _examine(kind: Kind, written: Written, access: Access, choices: Choices) -> Examined:
    if written.document is None:
        return Examined(None, Report.of(written.findings), "the request cannot be read")
    request, report = kind.examine(written.document, access.region)
    report = written.report(report)
    if not choices.looks:
        return Examined(request, report, "--no-looks was given")
    if request is None:
        return Examined(None, report, "the form of the request is wrong")
    if not access.region:
        return Examined(request, report, "no AWS region is set")
    if access.session.get_credentials() is None:
        return Examined(request, report, "there are no AWS credentials")

    @cache
    def client(service: str, region: str) -> Any:
        return access.client(service, region, patience=_LOOK_PATIENCE, attempts=1)

    with _busy("looking at what the request names"):
        seen = looks.run(request, client, access.region)
    return Examined(request, Report.of(report.findings, seen))


def _registry(kind: Kind, request: Request, access: Access, choices: Choices) -> Registry:
    """Where to register the job. Raises Trouble for a deployment that was named and is not there."""
    try:
        return _at(choices.deployment.find(), kind, request, access)
    except (JobheraldError, Trouble, BotoCoreError, ClientError) as error:
        if choices.names_deployment:
            raise
        why = aws_sentence(error) if isinstance(error, (BotoCoreError, ClientError)) else str(error)
        return Registry(why_not=why.removesuffix("."))


def _at(target: Target, kind: Kind, request: Request, access: Access) -> Registry:
    deployed, place = target.deployment(), Place(kind.source, target.account, access.region)
    if kind.source not in deployed.sources or access.region not in deployed.regions:
        return Registry(
            target.stack, why_not=f"the stack {target.stack} does not watch {kind.source} in {access.region}"
        )
    record = target.store().place(place)
    name = request.LabelingJobName if isinstance(request, LabelingRequest) else request.JobName or ""
    why_not = why_untold(record, place, name, datetime.now(UTC))
    if why_not:
        return Registry(target.stack, why_not=f"the stack {target.stack} {why_not}")
    queues = SqsQueues(target.client("sqs"), "", target.output("LooksQueueUrl"))
    return Registry(target.stack, place, queues)


def _ask(written: Written) -> None:
    if written.from_stdin or not _at_terminal():
        raise Trouble("Nobody can be asked here, so nothing was started. Give --yes to start it, or --check.")
    if not click.confirm("Start it?"):
        raise Wrong("Nothing was started.")


def _start(
    kind: Kind, request: Request, access: Access, registry: Registry, examined: Examined, choices: Choices
) -> None:
    client = access.client(kind.service, patience=_START_PATIENCE, attempts=1)
    try:
        with _busy("starting it"):
            started = start(request, client, registry.queues, registry.place)
    except StartError as error:
        _print_json(examined, choices, error=error)
        trouble = Wrong if error.kind in _OF_THE_REQUEST else Trouble
        raise trouble(one_line(str(error))) from error
    except KeyboardInterrupt:
        raise Trouble(
            "You stopped the start itself: look whether the job is there before you repeat it."
        ) from None
    _print_json(examined, choices, started, registry)
    if choices.as_json:
        return
    click.echo(f"Started {started.name or 'it'} at {when(started.created_at)} UTC:\n  {started.id}")
    if started.registered:
        click.echo(f"The stack {registry.stack} looks at it at once.")
    elif registry.why_not:
        click.echo("Nobody was told of it; a deployment that watches such jobs finds it at its next poll.")
    for warning in started.warnings:
        click.echo(f"Warning: {warning}", err=True)


def _print_json(
    examined: Examined,
    choices: Choices,
    started: Started | None = None,
    registry: Registry | None = None,
    error: StartError | None = None,
) -> None:
    if not choices.as_json:
        return
    plain.echo_json(
        {
            "ok": examined.report.ok,
            "findings": examined.report.as_details(),
            "not_looked": examined.unlooked or None,
            "started": _plain(started, registry or Registry()) if started else None,
            "error": {"kind": error.kind, "code": error.code, "message": str(error)} if error else None,
        }
    )


def _plain(started: Started, registry: Registry) -> dict[str, Any]:
    return {
        "source": started.source,
        "id": started.id,
        "name": started.name or None,
        "created_at": rfc3339(started.created_at),
        "registered": started.registered,
        "stack": registry.stack or None,
        "why_not_registered": registry.why_not or None,
        "warnings": list(started.warnings),
    }


def _at_terminal() -> bool:
    return sys.stdin.isatty()


@contextmanager
def _busy(doing: str) -> Iterator[None]:
    """Say at a terminal what takes so long."""
    if not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(f"{doing} …"):
        yield
