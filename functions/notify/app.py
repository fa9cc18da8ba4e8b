"""Publishes what stored items owe, woken by the table's stream."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobherald import bootstrap
from jobherald.flows.notify import notify
from jobherald.flows.patience import Patience

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer the stream records whose news has to come back, as ``batchItemFailures``."""
    records = [(_ref(record), record["dynamodb"]["SequenceNumber"]) for record in event["Records"]]
    patience = Patience(bootstrap.clock(), bootstrap.LambdaDeadline(context))
    done = notify((ref for ref, _ in records), bootstrap.store(), bootstrap.publisher(), patience)
    metrics.add_metric("NewsTold", MetricUnit.Count, len(done.told))
    if canaries := sum(delivery.news.is_canary for delivery in done.told):
        metrics.add_metric("CanaryTold", MetricUnit.Count, canaries)
    for delivery in done.told:
        logger.info("told", extra={"news": delivery.news.id, "reference": delivery.reference})
    if done.unrecorded:
        logger.error("told, but not recorded", extra={"reason": done.unrecorded})
    for ref, reason in done.failed.items():
        logger.error("not told yet", extra={"item": ref, "reason": reason})
    return {
        "batchItemFailures": [{"itemIdentifier": number} for ref, number in records if ref in done.failed]
    }


def _ref(record: dict[str, Any]) -> str:
    ref: str = record["dynamodb"]["Keys"]["pk"]["S"]
    return ref
