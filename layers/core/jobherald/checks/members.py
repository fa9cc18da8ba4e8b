"""Says of every member of a source's list operation what becomes of it: the table that the reference shows."""

from __future__ import annotations

from botocore.model import Shape, StringShape

from jobherald.catalog.source import Source
from jobherald.checks.listing import row_shape, service_model
from jobherald.checks.shapes import leaves, used_members

_FILTERS = {
    "created_after": "a watch's `created_after`, and the engine's",
    "created_before": "a watch's `created_before`",
    "modified_after": "a watch's `modified_after`, and the engine's: what changed since the last look",
    "modified_before": "a watch's `modified_before`",
    "name_contains": "a watch's `name_contains`",
    "status": "the engine: the looks at open jobs",
}


def actions(source: Source) -> tuple[str, ...]:
    """The IAM actions that watching this source takes."""
    prefix = service_model(source.client).signing_name
    operations = [source.operation, *([source.look.operation] if source.look else [])]
    return tuple(f"{prefix}:{operation}" for operation in operations)


def request_members(source: Source) -> dict[str, str]:
    """Every parameter of the list operation, and who sets it; empty text for one that nobody does."""
    shape = service_model(source.client).operation_model(source.operation).input_shape
    return {name: _sets(source, name) for name in (shape.members if shape is not None else ())}


def row_members(source: Source) -> dict[str, tuple[str, str]]:
    """Every member of a row that holds a value, by its dotted path: its type, and what is read from it.

    All of them are in the job's details under that path, whatever else is read from them.
    """
    return {path: (_type(shape), ", ".join(_read(source, path))) for path, shape in leaves(row_shape(source))}


def member_table(source: Source) -> str:
    """The member by member account of a source as Markdown."""
    lines = [f"Request parameters of `{source.operation}`:", "", "| parameter | set by |", "| --- | --- |"]
    lines += [f"| `{name}` | {who or 'nobody'} |" for name, who in request_members(source).items()]
    lines += ["", f"Members of a job in `{source.items}`:", "", "| member | type | kept in | read as |"]
    lines += ["| --- | --- | --- | --- |"]
    lines += [
        f"| `{path}` | {kind} | `details.{path}` | {read} |"
        for path, (kind, read) in row_members(source).items()
    ]
    return "\n".join(lines)


def _sets(source: Source, name: str) -> str:
    for word, member in source.filters.items():
        if member.partition(".")[0] == name:
            return _FILTERS[word]
    for member, value in source.parameters.items():
        if member.partition(".")[0] == name:
            return f"the engine: always `{value}`"
    if name == source.page_size_parameter:
        return f"the engine: {source.page_size} a page"
    return "the engine: the next page" if name == source.token_input else ""


def _read(source: Source, path: str) -> list[str]:
    reads = {
        "id": source.id_path,
        "name": source.name_path,
        "status, state": source.status_path,
        "created": source.created_path,
        "modified": source.modified_path,
        "ended": source.ended_path,
        "reason": source.reason_path,
        "reason code": source.reason_code_path,
        "run": source.run_path,
        "output": source.output_path,
    }
    if counters := source.counters:
        reads |= {
            f"progress `{word}`": getattr(counters, word)
            for word in ("done", "failed", "remaining", "total", "percent")
        }
        reads |= {f"progress `{word}`": where for word, where in counters.also.items()}
    plain = path.replace("[]", "")
    return [word for word, where in reads.items() if where and plain in used_members(where)]


def _type(shape: Shape) -> str:
    if isinstance(shape, StringShape) and shape.enum:
        return f"one of {len(shape.enum)} words"
    return {"string": "text", "integer": "whole number", "long": "whole number", "timestamp": "time"}.get(
        shape.type_name, shape.type_name
    )
