"""What ``POST /labeling-jobs`` does: reads a request, checks it, looks, and starts its job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import Field

from jobherald.api import parameters
from jobherald.api.parameters import Parameters, fault
from jobherald.api.refusals import Code, RefusedError, invalid
from jobherald.channels.message import rfc3339
from jobherald.model import JobKey, Place
from jobherald.ports import Clock, JobStore, Queues
from jobherald.submit import looks, reading, tags
from jobherald.submit.decoding import decode, shown
from jobherald.submit.examination import examine_labeling
from jobherald.submit.findings import Finding, Report, Severity
from jobherald.submit.labeling import LabelingRequest
from jobherald.submit.looks.eyes import ClientFactory, Limits
from jobherald.submit.looks.name import TAKEN
from jobherald.submit.member import Member, whole
from jobherald.submit.refusals import StartError
from jobherald.submit.start import LABELING, start
from jobherald.submit.watching import why_untold

LOOKS: Final = Limits(seconds=6.0)
"""Of the 29 s that API Gateway waits; the last look, the start and a look for what it started may each take 6 more."""

_REGION: Final = whole(r"[a-z0-9-]{1,32}")
_DURATION: Final = whole(r"[1-9][0-9]{0,4}[mhd]")
_EXAMPLES: Final = {_REGION: "us-east-1", _DURATION: "8h"}

_CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        "taken": Code.NAME_EXISTS,
        "limit": Code.LIMIT_REACHED,
        "throttled": Code.THROTTLED,
        "denied": Code.DENIED,
        "credentials": Code.DENIED,
        "refused": Code.SERVICE_REFUSED,
        "unsent": Code.UNAVAILABLE,
        "unknown": Code.UNKNOWN_OUTCOME,
    }
)


class StartQuery(Member):
    """The parameters of the query."""

    check: Annotated[bool, Field(description="Only check; nothing is started.")] = False
    looks: Annotated[
        bool,
        Field(
            description="Also look at what the request names, as far as the deployment may: read-only, a few seconds."
        ),
    ] = True
    region: Annotated[
        Annotated[str, Field(pattern=_REGION)] | None,
        Field(description="Where the job is to run; left out, in the stack's region."),
    ] = None
    owner: Annotated[
        Annotated[str, Field(min_length=1, max_length=256)] | None,
        Field(description="Whose job it is: the value of its tag jobherald:owner."),
    ] = None
    limit: Annotated[
        Annotated[str, Field(pattern=_DURATION)] | None,
        Field(
            description="After which time somebody wants to hear of it: the value of its tag jobherald:limit."
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What starting a job takes.

    ``home`` is the stack's region, ``regions`` are those that may be watched, ``roles`` those that a job may be given; none
    means that no job may be started. ``clients`` try a call once, with short time-outs.
    """

    account: str
    home: str
    regions: tuple[str, ...]
    roles: tuple[str, ...]
    store: JobStore
    queues: Queues
    clients: ClientFactory
    clock: Clock


@dataclass(frozen=True, slots=True)
class Order:
    """A request whose form and rules are fine, and what was found that is worth a warning."""

    request: LabelingRequest
    region: str
    check: bool
    looks: bool
    findings: tuple[Finding, ...] = ()

    def identity(self) -> dict[str, Any]:
        """What must be the same where a request is repeated."""
        return {"region": self.region, "request": self.request.parameters()}


def read(body: str | bytes, raw: str, desk: Desk) -> Order:
    """The order in a body and a query string. Raises RefusedError with every fault of both at once."""
    asked = parameters.read(_FORM, raw)
    check = asked.given.get("check") is True
    if not check and not desk.roles:
        raise RefusedError(
            Code.NOT_ENABLED,
            "This deployment starts no jobs. Deploy it with SubmitRoles, the ARNs of the execution roles that jobs may be"
            " given; with check=true a request is checked all the same.",
        )
    region = asked.given.get("region", desk.home)
    document, unreadable = decode(body)
    if unreadable:
        request, ruled = None, Report.of(unreadable)
    else:
        document = tags.tagged(document, owner=_tag(asked, "owner"), limit=_tag(asked, "limit"))
        request, ruled = examine_labeling(document, region if asked.sound else "")
    report = Report.of(
        asked.findings, _of_the_query(asked, region, desk), ruled.findings, _roles(document, desk)
    )
    if not report.ok or request is None or asked.sound is None:
        raise _refusal(report)
    return Order(request, region, check, asked.sound.looks, report.findings)


def checked(order: Order, desk: Desk) -> dict[str, Any]:
    """The answer to an order that is only to be checked. Raises RefusedError for what looking found wrong."""
    order = _looked(order, desk)
    return _told(order, _notes(order, desk))


def started(order: Order, desk: Desk) -> dict[str, Any]:
    """The answer to an order whose job was started. Raises RefusedError where it was not, or nobody knows."""
    order = _looked(order, desk)
    notes = _notes(order, desk)
    place = _place(order, desk)
    try:
        job = start(order.request, desk.clients("sagemaker", order.region), desk.queues, place)
    except StartError as error:
        raise RefusedError(_CODES[error.kind], str(error)) from error
    return {
        "id": JobKey(place, job.id).text,
        "created_at": rfc3339(job.created_at),
        "service_id": job.id,
        "registered": job.registered,
        **_told(order, [*job.warnings, *notes]),
    }


def _looked(order: Order, desk: Desk) -> Order:
    if not order.looks:
        return order
    seen = looks.run(order.request, desk.clients, order.region, LOOKS)
    report = Report.of(order.findings, seen)
    if {finding.rule for finding in report.errors} == {TAKEN.name}:
        said = f"A labeling job called {order.request.LabelingJobName} is already in {order.region}. Choose another name."
        raise RefusedError(Code.NAME_EXISTS, said, report.findings)
    if not report.ok:
        raise invalid(report.findings)
    return replace(order, findings=report.findings)


def _notes(order: Order, desk: Desk) -> list[str]:
    place, name = _place(order, desk), order.request.LabelingJobName
    why = why_untold(desk.store.place(place), place, name, desk.clock.now())
    return [f"This deployment {why}, so it will tell nobody of this job."] if why else []


def _told(order: Order, notes: list[str]) -> dict[str, Any]:
    return {
        "name": order.request.LabelingJobName,
        "source": LABELING,
        "region": order.region,
        "findings": [finding.as_detail() for finding in order.findings],
        "notes": notes,
    }


def _place(order: Order, desk: Desk) -> Place:
    return Place(LABELING, desk.account, order.region)


def _tag(asked: Parameters[StartQuery], name: str) -> str:
    """A tag's value, empty unless it can be one: a fault of the query must not look like one of the document."""
    value = asked.given.get(name, "")
    return value if asked.readable(name) and tags.is_value(value) else ""


def _of_the_query(asked: Parameters[StartQuery], region: str, desk: Desk) -> list[Finding]:
    found = []
    if region not in desk.regions and (asked.readable("region") or "region" not in asked.given):
        message = f"{shown(region)} is not among the deployed regions"
        found.append(fault("query.region", "region", message, f"name one of {', '.join(desk.regions)}"))
    if asked.readable("owner") and not tags.is_value(asked.given["owner"]):
        message = f"{shown(asked.given['owner'])} cannot be the value of a tag"
        found.append(
            fault("query.owner", "owner", message, "use letters, digits, blanks and _ . : / = + - @")
        )
    return found


def _roles(document: object, desk: Desk) -> list[Finding]:
    role = document.get("RoleArn") if isinstance(document, dict) else None
    if not desk.roles or not isinstance(role, str) or role in desk.roles:
        return []
    return [
        Finding(
            "submit-roles",
            Severity.ERROR,
            "RoleArn",
            f"{shown(role)} is none of the roles that this deployment may give to jobs",
            f"use {' or '.join(desk.roles)}, or deploy with this one in SubmitRoles",
            parameters.DOCUMENT,
        )
    ]


def _refusal(report: Report) -> RefusedError:
    rules = {finding.rule for finding in report.findings}
    if "shape.json" in rules:
        return RefusedError(Code.NOT_JSON, "The body is no JSON document in UTF-8.", report.findings)
    if "shape.size" in rules:
        return RefusedError(Code.TOO_LARGE, "The body is larger than 256 KB.", report.findings)
    return invalid(report.findings)


_FORM: Final = reading.Form(StartQuery, parameters.DOCUMENT, _EXAMPLES)
