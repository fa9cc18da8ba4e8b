"""Works off the two queues: polls of a place, and looks at one job."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobherald import bootstrap
from jobherald.errors import JobheraldError
from jobherald.flows.listing import CALL_SECONDS
from jobherald.flows.look import look
from jobherald.flows.poll import poll
from jobherald.watch import Look, Poll

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer the messages that have to come back, as ``batchItemFailures``.

    In a FIFO batch everything behind a failure comes back too: it must not overtake.
    """
    failed: list[str] = []
    for record in event["Records"]:
        if failed and record.get("eventSourceARN", "").endswith(".fifo"):
            failed.append(record["messageId"])
            continue
        try:
            request = _parse(record["body"])
        except (KeyError, TypeError, ValueError) as error:
            # It will never be one: the queue's receive count brings it to the dead letters, where people see it.
            logger.exception(
                "not a message of ours", extra={"body": str(record.get("body"))[:500], "fault": repr(error)}
            )
            failed.append(record["messageId"])
            continue
        try:
            _work(request, context)
        except JobheraldError as error:
            logger.warning("comes back", extra={"place": request.place.key, "reason": str(error)})
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


def _parse(text: str) -> Poll | Look:
    body = json.loads(text)
    return Poll.parse(body) if "queued_at" in body else Look.parse(body)


def _work(request: Poll | Look, context: LambdaContext) -> None:
    deadline = bootstrap.LambdaDeadline(context)
    if isinstance(request, Poll):
        done = poll(
            request,
            bootstrap.lister(),
            bootstrap.store(),
            bootstrap.clock(),
            deadline,
            bootstrap.limits(),
        )
        metrics.add_metric("Changes", MetricUnit.Count, done.changes)
        metrics.add_metric("PlacesInTrouble", MetricUnit.Count, bool(done.trouble))
        (logger.warning if done.trouble else logger.info)("polled", extra=asdict(done))
        return
    if deadline.remaining() <= CALL_SECONDS:
        # Ten looks that wait for a dead service outlast the invocation, and those that were done would come back too.
        raise JobheraldError("No time is left for this look.")
    seen = look(request, bootstrap.lister(), bootstrap.store())
    metrics.add_metric("Changes", MetricUnit.Count, seen.changes)
    logger.info("looked", extra=asdict(seen))
