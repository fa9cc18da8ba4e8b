"""Hears of a job by an EventBridge event and has it looked at."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobherald import bootstrap
from jobherald.flows.ingest import ingest

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> dict[str, str]:
    """Answer which look was queued (``place``, ``id``, ``name``), or why none was (``ignored``)."""
    heard = ingest(event, bootstrap.deployed_sources(), bootstrap.account(), bootstrap.queues())
    metrics.add_metric("LooksQueued", MetricUnit.Count, heard.look is not None)
    if heard.look is None:
        logger.warning("event ignored", extra={"event_id": _id(event), "reason": heard.ignored})
        return {"ignored": heard.ignored}
    return {"place": heard.look.place.key, "id": heard.look.id, "name": heard.look.name}


def _id(event: Any) -> str:
    return str(event.get("id", ""))[:100] if isinstance(event, dict) else ""
