"""Answers the HTTP API: what is remembered of jobs, and starting labeling jobs that were checked."""

from __future__ import annotations

import base64
import traceback
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from jobherald import bootstrap
from jobherald.api import forms
from jobherald.api.refusals import Code, RefusedError
from jobherald.errors import JobheraldError

logger = Logger()
resolver = APIGatewayHttpResolver()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """API Gateway's request in (payload format 2.0), its answer out. Nothing of a request's body is logged."""
    return resolver.resolve(event, context)


@resolver.get("/jobs")
def jobs() -> Response[str]:
    from jobherald.api import listing, question

    sources = bootstrap.sources()
    return _answer(200, listing.answer(question.ask(_event().raw_query_string, sources), bootstrap.store()))


@resolver.get("/jobs/.+")
def job() -> Response[str]:
    from jobherald.api import lookup

    path = _event().path.removeprefix("/jobs/")
    return _answer(200, lookup.answer(path, bootstrap.sources(), bootstrap.store()))


@resolver.post("/labeling-jobs")
def start() -> Response[str]:
    from jobherald.api import once, starting

    desk = bootstrap.desk()
    order = starting.read(_body(), _event().raw_query_string, desk)
    if order.check:
        return _answer(200, starting.checked(order, desk))
    done = bootstrap.once().run(
        _event().headers.get(once.HEADER),
        order.identity(),
        lambda: starting.started(order, desk),
        resolver.lambda_context,
    )
    return _answer(201, done)


@resolver.get("/openapi.json")
def describe() -> Response[str]:
    from jobherald.api import openapi

    return _response(200, forms.to_json(openapi.document()))


@resolver.not_found
def no_route(_: Exception) -> Response[str]:
    return _refuse(
        RefusedError(Code.NOT_FOUND, "There is nothing here. GET /openapi.json says what there is.")
    )


def guarded(app: APIGatewayHttpResolver, handle: NextMiddleware) -> Response[str]:
    """Whatever a route raises is answered in the one form that errors have."""
    try:
        return handle(app)
    except RefusedError as error:
        return _refuse(error)
    except (JobheraldError, ClientError, BotoCoreError) as error:
        _log(error)
        said = "What this deployment stands on did not answer. Nothing was done; try again in a minute."
        return _refuse(RefusedError(Code.UNAVAILABLE, said))
    except Exception as error:  # noqa: BLE001  # else API Gateway would answer in a form of its own
        _log(error)
        said = "This is a fault of jobherald's own. Its log says where; nothing was done."
        return _refuse(RefusedError(Code.INTERNAL_ERROR, said))


resolver.use(middlewares=[guarded])


def _event() -> APIGatewayProxyEventV2:
    return resolver.current_event


def _body() -> str | bytes:
    """API Gateway hands on as Base64 what is not declared as text."""
    text = _event().body or ""
    return base64.b64decode(text) if _event().is_base64_encoded else text


def _answer(status: int, data: dict[str, Any]) -> Response[str]:
    logger.info("answered", extra={"route": _event().route_key, "status": status})
    return _response(status, forms.to_json({"success": True, "data": data}))


def _refuse(error: RefusedError) -> Response[str]:
    logger.info(
        "refused", extra={"route": _event().route_key, "status": error.status, "code": error.code.value}
    )
    return _response(error.status, forms.to_json(error.answer()))


def _response(status: int, body: str) -> Response[str]:
    return Response(status, "application/json", body, headers={"Cache-Control": "no-store"})


def _log(error: Exception) -> None:
    """What failed and where, without the messages of others: they may repeat what was sent."""
    frames = traceback.extract_tb(error.__traceback__)
    at = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    code = error.response["Error"].get("Code") if isinstance(error, ClientError) else None
    reason = str(error) if isinstance(error, JobheraldError) else None
    logger.error(
        "failed", extra={"error": type(error).__name__, "code": code, "reason": reason, "at": at[-10:]}
    )
