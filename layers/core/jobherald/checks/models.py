"""botocore's models as the proofs read them: services, operations, rows, and the requests that they would refuse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StringShape
from botocore.validate import ParamValidator

from jobherald.catalog.source import Source
from jobherald.checks.itself import Problem, near
from jobherald.checks.shapes import used_members
from jobherald.providers.refusals import BAD_CREDENTIALS, NOT_ALLOWED, THROTTLED
from jobherald.providers.requests import member_at

LONG: Final = "a" * 64
"""Longer than the least length of any id."""
SOME: Final[Mapping[str, str]] = {
    "{account}": "111122223333",
    "{parent}": LONG,
    "{above}": LONG,
    "{top}": LONG,
}
"""What stands for the words in braces of a request while it is checked."""

_READING: Final = ("List", "Describe", "Get")
_MOST_NAMED: Final = 20


@cache
def session() -> botocore.session.Session:
    """The one botocore session of the checks: only its models are used."""
    return botocore.session.get_session()


@cache
def service_model(client: str) -> ServiceModel:
    """A service's model. Raises botocore's UnknownServiceError."""
    return session().get_service_model(client)


def row_shape(source: Source) -> Shape | None:
    """The shape of one row of the source: of its list, or of what reads the ids that its list gives."""
    read = source.batch or source
    output = service_model(source.client).operation_model(read.operation).output_shape
    shape = member_at(output, read.items)
    return shape.member if isinstance(shape, ListShape) else None


def operation(source: Source, name: str, member: str, client: str = "") -> OperationModel | Problem:
    """The operation's model, or why there is none; ``client`` where it is not the source's own."""
    where = f"{member.rpartition('.')[0]}.client" if client else "client"
    client = client or source.client
    try:
        model = service_model(client)
    except UnknownServiceError:
        return where, f"{client!r} is no client of botocore{near(client, _services())}"
    if "/" in name:
        return member, f"{name!r} is a method and a path; it must be an operation of botocore's {client}"
    if name not in model.operation_names:
        return (
            member,
            f"{name!r} is no operation of {client}{near(name, model.operation_names) or _reading(model)}",
        )
    return model.operation_model(name)


def refusal(request: Mapping[str, Any] | None, shape: Shape | None, remedy: str) -> str:
    """Why an operation refuses a request; empty where it does not. ``remedy`` is for a member that is missing."""
    if request is None or shape is None:
        return ""
    report = ParamValidator().validate(request, shape)
    if not report.has_errors():
        return ""
    said = "; ".join(report.generate_report().splitlines())
    return f"{said}; {remedy}" if "Missing required parameter" in said else said


def denying(codes: Iterable[str]) -> Iterator[str]:
    """A sentence for each of the error codes for *not there* that says of what is there that it cannot be seen."""
    for code in codes:
        if code in NOT_ALLOWED | BAD_CREDENTIALS:
            yield f"{code} means that a call is not allowed, whatever is there; leave it out"
        elif code in THROTTLED:
            yield f"{code} means that calls come too often, whatever is there; leave it out"


def words_at(shape: Shape | None, path: str) -> list[str]:
    """The values that the model lists for all members that an expression reads; none where it lists none."""
    return list(dict.fromkeys(word for name in sorted(used_members(path)) for word in enum_at(shape, name)))


def enum_at(shape: Shape | None, path: str) -> list[str]:
    """The values that the model lists for a member; none where it lists none."""
    found = member_at(shape, path) if path else None
    return list(found.enum) if isinstance(found, StringShape) else []


def _services() -> list[str]:
    return list(session().get_available_services())


def _reading(model: ServiceModel) -> str:
    found = [name for name in model.operation_names if name.startswith(_READING)]
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return f"; what it reads with: {', '.join(found[:_MOST_NAMED])}{more}" if found else ""
