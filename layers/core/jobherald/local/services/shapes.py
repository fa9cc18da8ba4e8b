"""Proves values against botocore's shapes, which botocore itself does for requests only, and not to the letter."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import botocore.session
from botocore.model import (
    ListShape,
    MapShape,
    OperationModel,
    ServiceModel,
    Shape,
    StringShape,
    StructureShape,
)

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (datetime,),
    "structure": (Mapping,),
    "list": (list, tuple),
    "map": (Mapping,),
}


class FictionError(Exception):
    """A simulated service was about to answer what the real one's model does not allow."""


@functools.cache
def service_model(service: str) -> ServiceModel:
    """The model of a service as botocore carries it."""
    return botocore.session.get_session().get_service_model(service)


@functools.cache
def operation_model(service: str, operation: str) -> OperationModel:
    """One operation of it."""
    return service_model(service).operation_model(operation)


def violations(value: object, shape: Shape, path: str = "") -> Iterator[str]:
    """Every way in which ``value`` (as boto3 gives it: datetimes, no JSON numbers for times) breaks its shape.

    Checked are types, required and unknown members, enumerations, patterns (over the whole text), lengths and ranges.
    """
    expected = _TYPES.get(shape.type_name)
    if expected is None:
        yield f"{path or shape.name}: type {shape.type_name} is not checked here"
    elif not isinstance(value, expected) or (isinstance(value, bool) and shape.type_name != "boolean"):
        yield f"{path or shape.name}: {type(value).__name__} where the model wants a {shape.type_name}"
    else:
        yield from _within(value, shape, path)
        yield from _BELOW.get(shape.type_name, _nothing)(value, shape, path)


def _within(value: Any, shape: Shape, path: str) -> Iterator[str]:
    size = len(value) if isinstance(value, (str, list, tuple, Mapping)) else value
    lowest, highest = shape.metadata.get("min"), shape.metadata.get("max")
    if lowest is not None and size < lowest:
        yield f"{path}: {size} is below the model's {lowest}"
    if highest is not None and size > highest:
        yield f"{path}: {size} is above the model's {highest}"


def _structure(value: Any, shape: Any, path: str) -> Iterator[str]:
    assert isinstance(shape, StructureShape)
    members = shape.members
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"{_join(path, name)}: required, but missing"
    for name, member in value.items():
        if member is None:
            continue  # absent: to_wire leaves it out
        if name not in members:
            yield f"{_join(path, name)}: the model has no such member"
        else:
            yield from violations(member, members[name], _join(path, name))


def _list(value: Any, shape: Any, path: str) -> Iterator[str]:
    assert isinstance(shape, ListShape)
    for position, item in enumerate(value):
        yield from violations(item, shape.member, f"{path}[{position}]")


def _map(value: Any, shape: Any, path: str) -> Iterator[str]:
    assert isinstance(shape, MapShape)
    for key, item in value.items():
        yield from violations(key, shape.key, f"{path}.{key} (key)")
        yield from violations(item, shape.value, f"{path}.{key}")


def _string(value: Any, shape: Any, path: str) -> Iterator[str]:
    assert isinstance(shape, StringShape)
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield f"{path}: {value!r} is none of {', '.join(allowed)}"
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield f"{path}: {value!r} does not match {pattern}"


def _nothing(_value: Any, _shape: Any, _path: str) -> Iterator[str]:
    return iter(())


_BELOW: Final[Mapping[str, Callable[[Any, Any, str], Iterator[str]]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
}


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # The models are written in Java's dialect; Python has no Unicode property classes.
    for theirs, ours in (
        (r"\p{L}", r"\w"),
        (r"\p{Z}", r"\s"),
        (r"\p{N}", r"\d"),
        # In Java, all characters beyond the first 65,536, by their halves.
        (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"),
    ):
        pattern = pattern.replace(theirs, ours)
    return re.compile(pattern, re.DOTALL)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def prove(value: Mapping[str, Any], service: str, operation: str) -> None:
    """Raises FictionError if the operation could not have answered this."""
    shape = operation_model(service, operation).output_shape
    faults = list(violations(value, shape)) if shape is not None else [f"{name}: no output" for name in value]
    if faults:
        raise FictionError(f"{service} {operation} would never answer this: {'; '.join(faults[:5])}")


def prove_part(value: Mapping[str, Any], service: str, shape_name: str) -> None:
    """Raises FictionError if a structure of the service's model could not have this value."""
    faults = list(violations(value, service_model(service).shape_for(shape_name)))
    if faults:
        raise FictionError(f"{service} would never show this {shape_name}: {'; '.join(faults[:5])}")


def to_wire(value: Any, shape: Shape | None = None) -> Any:
    """JSON form: times with milliseconds, as seconds since 1970 unless the model wants them as text.

    What has no shape is a fault's: the model knows nothing of it.
    """
    match value:
        case datetime():
            if shape is not None and shape.serialization.get("timestampFormat") == "iso8601":
                return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            return round(value.timestamp(), 3)
        case Mapping():
            inside = _members(shape)
            return {
                name: to_wire(member, inside(name)) for name, member in value.items() if member is not None
            }
        case list() | tuple():
            member = shape.member if isinstance(shape, ListShape) else None
            return [to_wire(item, member) for item in value]
        case _:
            return value


def _members(shape: Shape | None) -> Callable[[str], Shape | None]:
    if isinstance(shape, StructureShape):
        return shape.members.get
    return lambda _name: shape.value if isinstance(shape, MapShape) else None


def from_wire(value: Any, shape: Shape | None) -> Any:
    """What a JSON request means by its shape; what does not fit is left as it is, for ``violations`` to name."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        members = shape.members
        return {
            name: from_wire(item, members[name]) if name in members else item for name, item in value.items()
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [from_wire(item, shape.member) for item in value]
    if (
        shape is not None
        and shape.type_name == "timestamp"
        and isinstance(value, (int, float))
        and not isinstance(value, bool)
    ):
        return datetime.fromtimestamp(value, UTC)
    return value
