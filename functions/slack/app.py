"""Tells Slack what its queue holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobherald import bootstrap
from jobherald.ports import QueueMessage

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Slack's queue in, the messages that must stay in it out (ReportBatchItemFailures)."""
    messages = [
        QueueMessage(
            id=record["messageId"],
            body=record["body"],
            receipt=record["receiptHandle"],
            receives=int(record["attributes"]["ApproximateReceiveCount"]),
            sent_at=datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, UTC),
        )
        for record in event["Records"]
    ]
    telling = bootstrap.slack_flow().tell(messages, bootstrap.LambdaDeadline(context))
    metrics.add_metric("SlackGone", MetricUnit.Count, 1 if telling.gone else 0)
    metrics.add_metric("SlackWait", MetricUnit.Seconds, telling.oldest_wait)
    if telling.canaries:
        metrics.add_metric("CanaryInSlack", MetricUnit.Count, telling.canaries)
    if telling.gone:
        logger.error("slack is gone", extra={"error": telling.gone, "waiting": len(telling.failed)})
    elif telling.refused:
        logger.warning(
            "slack takes nothing now", extra={"error": telling.refused, "waiting": len(telling.failed)}
        )
    if telling.uncounted:
        logger.warning("posts are not counted", extra={"error": telling.uncounted})
    for error in telling.errors:
        logger.error("comes back", extra={"error": error})
    for error in telling.buried:
        logger.error("put into the dead-letter queue", extra={"error": error})
    counts = {"told": telling.told, "posts": telling.posts, "gathered": telling.gathered}
    logger.info("told", extra={**counts, "waiting": len(telling.failed)})
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in telling.failed]}
