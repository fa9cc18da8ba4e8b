"""Wakes every minute and queues what is due."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobherald import bootstrap
from jobherald.errors import JobheraldError
from jobherald.flows.schedule import OVERDUE_SECONDS, schedule

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Answer what was done (``flows.schedule.Scheduled``). The event says nothing."""
    done = schedule(
        bootstrap.document(),
        bootstrap.store(),
        bootstrap.queues(),
        bootstrap.clock().now(),
        bootstrap.notices(),
    )
    metrics.add_metric("OldestLookAge", MetricUnit.Seconds, done.oldest_look)
    if done.oldest_look > OVERDUE_SECONDS:
        logger.warning("a look is overdue", extra={"place": done.oldest, "seconds": done.oldest_look})
    if done.refused:
        logger.error("configuration refused", extra={"reason": done.refused})
    if done.touched:
        logger.warning("news owed too long was sent through the stream again", extra={"items": done.touched})
    if done.in_time and (reason := _ping()):
        logger.warning("ping failed", extra={"reason": reason})
    return asdict(done)


def _ping() -> str:
    """Why the watchman outside could not be told that all is well. What was to be done is done by then."""
    try:
        ping = bootstrap.ping()
    except JobheraldError as error:
        return str(error)
    return ping.send() if ping else ""
