"""The API's own description, made from the models that read its requests and say what its answers are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from jobherald import __version__
from jobherald.api import answers, once, parameters
from jobherald.api.question import JobsQuery
from jobherald.api.refusals import STATUS, Code
from jobherald.api.starting import StartQuery
from jobherald.submit.decoding import LARGEST
from jobherald.submit.labeling import LabelingRequest
from jobherald.submit.member import Member

_REF: Final = "#/components/schemas/{model}"
_JSON: Final = "application/json"
_ANSWERS: Final[tuple[type[BaseModel], ...]] = (
    answers.Jobs,
    answers.Story,
    answers.Checked,
    answers.Started,
    answers.Refused,
    answers.Gateway,
)
_ALWAYS: Final = (Code.INTERNAL_ERROR, Code.UNAVAILABLE)
"""What any request may be answered with."""

_BY_THE_GATEWAY: Final[Mapping[int, str]] = {
    401: "The token is missing or no good (where the deployment takes tokens).",
    403: "The request is not signed, or its signer may not send it.",
    429: "Too many requests. Wait a moment.",
}


@dataclass(frozen=True, slots=True)
class _Operation:
    """One route: what it is for, its parameters, and what it answers. ``done`` are the models of the data by status."""

    method: str
    path: str
    id: str
    summary: str
    description: str
    done: Mapping[int, tuple[type[BaseModel], str]]
    refused: tuple[Code, ...]
    query: type[Member] | None = None
    others: tuple[Mapping[str, Any], ...] = ()
    body: type[BaseModel] | None = None


_OPERATIONS: Final = (
    _Operation(
        "get",
        "/jobs",
        "listJobs",
        "List jobs",
        "Jobs of every deployed source, newest first. At most a thousand are read for one answer, so that a page may have"
        " fewer jobs than its limit, or none, and a token for the next all the same.",
        {200: (answers.Jobs, "One page of jobs.")},
        (Code.VALIDATION_ERROR, Code.INVALID_TOKEN),
        query=JobsQuery,
    ),
    _Operation(
        "get",
        "/jobs/{id}",
        "getJob",
        "Tell the whole story of a job",
        "What `jobherald job ID --json` prints: the job, every member of the service's answers, its changes, and where and"
        " when each was told.",
        {200: (answers.Story, "The job's story.")},
        (Code.NOT_FOUND, Code.AMBIGUOUS),
        others=(
            {
                "name": "id",
                "in": "path",
                "required": True,
                "description": "The `id` of a list or of a message's `job`, or the service's own id of one of the newest"
                " thousand jobs of a source; percent-encoded.",
                "schema": {"type": "string", "minLength": 1},
            },
        ),
    ),
    _Operation(
        "post",
        "/labeling-jobs",
        "startLabelingJob",
        "Check a labeling job, and start it",
        "The body is what CreateLabelingJob takes. It is checked, with all faults told at once; with an error nothing is"
        f" started. It may have {LARGEST // 1024} KB.",
        {
            201: (answers.Started, "The job was started."),
            200: (answers.Checked, "With `check=true`: no error was found, and nothing was started."),
        },
        (
            Code.NOT_JSON,
            Code.NOT_ENABLED,
            Code.DENIED,
            Code.NAME_EXISTS,
            Code.IN_PROGRESS,
            Code.TOO_LARGE,
            Code.VALIDATION_ERROR,
            Code.KEY_REUSED,
            Code.SERVICE_REFUSED,
            Code.LIMIT_REACHED,
            Code.THROTTLED,
            Code.UNKNOWN_OUTCOME,
        ),
        query=StartQuery,
        others=(
            {
                "name": once.HEADER,
                "in": "header",
                "required": False,
                "description": "A request that is sent again with the same key within a day starts no second job, and gets"
                " the same answer.",
                "schema": {"type": "string", "pattern": once.PATTERN},
            },
        ),
        body=LabelingRequest,
    ),
    _Operation(
        "get",
        "/openapi.json",
        "describe",
        "Describe this API",
        "This document.",
        {},
        (),
    ),
)


def document() -> dict[str, Any]:
    """The API as OpenAPI 3.1."""
    paths: dict[str, Any] = {}
    for operation in _OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "jobherald",
            "version": __version__,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "What a deployment of jobherald remembers of long-running jobs, and starting labeling jobs that"
            " were checked before. Every answer is JSON: `success`, and `data` or `error`.",
        },
        "servers": [
            {
                "url": "https://{api}.execute-api.{region}.amazonaws.com",
                "description": "The stack's output ApiUrl.",
                "variables": {"api": {"default": "api"}, "region": {"default": "us-east-1"}},
            }
        ],
        "security": [{"signature": []}, {"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "signature": {
                    "type": "apiKey",
                    "name": "Authorization",
                    "in": "header",
                    "description": "AWS Signature Version 4 of the service execute-api; the signer is allowed"
                    " execute-api:Invoke. The default.",
                },
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "Where the stack has ApiJwtIssuer and ApiJwtAudience, instead.",
                },
            },
            "schemas": _schemas(),
        },
    }


def page() -> str:
    """``docs/schemas/openapi.json``."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _described(operation: _Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": operation.description,
        "parameters": [*operation.others, *(_query(operation.query) if operation.query else ())],
        "responses": _responses(operation),
    }
    if operation.body is not None:
        content = {_JSON: {"schema": _ref(operation.body)}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _query(kind: type[Member]) -> Iterable[dict[str, Any]]:
    for name, schema in parameters.properties(kind).items():
        rest = {key: value for key, value in schema.items() if key not in {"title", "description"}}
        made = {"name": name, "in": "query", "required": False, "description": schema["description"]}
        listed = {"style": "form", "explode": False} if schema["type"] == "array" else {}
        yield {**made, **listed, "schema": rest}


def _responses(operation: _Operation) -> dict[str, Any]:
    made: dict[int, Any] = {
        status: _answer(said, _done(model)) for status, (model, said) in operation.done.items()
    }
    if not operation.done:
        made[200] = _answer(operation.description, {"type": "object"})
    codes: dict[int, list[Code]] = {}
    for code in (*operation.refused, *_ALWAYS):
        codes.setdefault(STATUS[code], []).append(code)
    for status, several in codes.items():
        named = ", ".join(f"`{code}`" for code in several)
        made[status] = _answer(f"Refused: {named}.", _ref(answers.Refused))
    for status, said in _BY_THE_GATEWAY.items():
        own = made.get(status)
        either = {"anyOf": [_ref(answers.Refused), _ref(answers.Gateway)]}
        text = f"{own['description']} {said}" if own else said
        made[status] = _answer(text, either if own else _ref(answers.Gateway))
    return {str(status): made[status] for status in sorted(made)}


def _answer(description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {_JSON: {"schema": schema}}}


def _done(model: type[BaseModel]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["success", "data"],
        "properties": {"success": {"const": True}, "data": _ref(model)},
    }


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _schemas() -> dict[str, Any]:
    _, made = models_json_schema(
        [
            *((model, "serialization") for model in _ANSWERS),
            *((each.body, "validation") for each in _OPERATIONS if each.body),
        ],
        ref_template=_REF,
    )
    schemas: dict[str, Any] = made["$defs"]
    for schema in schemas.values():
        schema.pop("title", None)
        for member in schema.get("properties", {}).values():
            member.pop("title", None)
            # Classes of characters by their property are unknown to many readers of schemas.
            if r"\p{" in member.get("pattern", ""):
                del member["pattern"]
    return schemas
