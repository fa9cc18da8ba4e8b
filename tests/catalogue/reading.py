"""Reads the plain paths of the tables of expectations, without a line of what the product reads with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

Spec = str | Sequence[str]
"""A path, a text with paths in braces, or a list of paths whose values are joined."""

COUNT: Final = "#"
"""Before a path: how many elements the list there has; ``#a[].b=c`` counts those whose ``b`` is ``c``."""
_STEP: Final = re.compile(r"(@|[^.\[\]]+)((?:\[-?\d*\])*)")
_BRACES: Final = re.compile(r"\{([^{}]+)\}")
_MILLISECONDS: Final = 10**11


def read(path: str, value: Any) -> Any:
    """What lies at a dotted path, in which ``[0]`` and ``[-1]`` lead into lists and ``@`` is the value itself."""
    for name, index in steps(path):
        if name != "@":
            value = value.get(name) if isinstance(value, Mapping) else None
        for number in index:
            value = value[number] if isinstance(value, list) and value else None
    return value


def put(path: str, value: Any, new: Any) -> None:
    """Set what lies at the path; what is above it has to be there."""
    above, (last, index) = list(steps(path))[:-1], list(steps(path))[-1]
    for name, numbers in above:
        value = value[name]
        for number in numbers:
            value = value[number]
    if index:
        value = value[last]
        for number in index[:-1]:
            value = value[number]
        value[index[-1]] = new
    else:
        value[last] = new


def steps(path: str) -> Iterator[tuple[str, list[int]]]:
    """The names of a path, each with the indices behind it."""
    for step in path.split("."):
        match = _STEP.fullmatch(step)
        if match is None:
            raise ValueError(f"{path!r} is no plain path: {step!r}")
        yield match[1], [int(number) for number in re.findall(r"-?\d+", match[2])]


def paths_of(spec: Spec) -> list[str]:
    """The paths that a spec reads, without the indices of lists: ``a[].b`` for ``a[0].b``."""
    parts = [spec] if isinstance(spec, str) else list(spec)
    found = [inner for part in parts for inner in (_BRACES.findall(part) or [part])]
    plain = [path.removeprefix(COUNT).partition("=")[0] if path.startswith(COUNT) else path for path in found]
    return [re.sub(r"\[-?\d+\]", "[]", path) for path in plain]


def counted_path(path: str) -> str:
    """The list whose elements are counted; the path itself where it is a number."""
    return path.removeprefix(COUNT).partition("=")[0].partition("[].")[0] if path.startswith(COUNT) else path


def text(spec: Spec | None, value: Any) -> str:
    """What a spec makes of a value; empty where one of its paths finds nothing."""
    if not spec:
        return ""
    if not isinstance(spec, str):
        parts = [_written(read(part, value)) for part in spec]
        return "/".join(parts) if all(parts) else ""
    if not _BRACES.search(spec):
        return _written(read(spec, value))
    found = {path: _written(read(path, value)) for path in _BRACES.findall(spec)}
    return _BRACES.sub(lambda match: found[match[1]], spec) if all(found.values()) else ""


def number(spec: Spec, value: Any) -> float | None:
    """What is counted, added up over a list of paths; None where there is nothing to count."""
    found = [_counted(path, value) for path in ([spec] if isinstance(spec, str) else spec) if path]
    return sum(one for one in found if one is not None) if found and None not in found else None


def moment(path: str | None, value: Any) -> datetime | None:
    """A time, whether the service writes it as one, as seconds or milliseconds since 1970, or as ISO 8601."""
    found = read(path, value) if path else None
    if found is None:
        return None
    if isinstance(found, datetime):
        return found.astimezone(UTC)
    if isinstance(found, str):
        return datetime.fromisoformat(found)
    return datetime.fromtimestamp(found / 1000 if found > _MILLISECONDS else found, UTC)


def texts(value: Any) -> Iterator[str]:
    """Every text within a value."""
    if isinstance(value, Mapping):
        for member in value.values():
            yield from texts(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from texts(member)
    elif isinstance(value, str):
        yield value


def _counted(path: str, value: Any) -> float | None:
    if not path.startswith(COUNT):
        found = read(path, value)
        return int(found) if isinstance(found, str) else found
    condition, _, word = path.removeprefix(COUNT).partition("=")
    member = condition.partition("[].")[2]
    listed = read(counted_path(path), value)
    if listed is None:
        return None
    return sum(1 for one in listed if not member or read(member, one) == word)


def _written(found: Any) -> str:
    if isinstance(found, datetime):
        return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return "" if found is None else str(found)
