"""Why a dead letter lies where it lies, as whoever put it there says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from jobherald.channels.text import clamp, one_line, units
from jobherald.deadletters.letter import Letter, Queue

_LONGEST: Final = 600
_MOVED: Final = (
    "The poll function failed on it each time, or had no time left for it: it was received too often."
)
_MOVED_FROM_SLACK: Final = "It was received 1,000 times: about ten days in which Slack took nothing."


def cause(queue: Queue, letter: Letter) -> str:
    """One or two sentences.

    Sources: the attributes of ``channels.inbox.SqsInbox.bury``; for ERROR_CODE and its like
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html and
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html; for requestContext
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html.
    """
    return clamp(one_line(_cause(queue, letter)), _LONGEST, units)


def _cause(queue: Queue, letter: Letter) -> str:
    said = letter.attributes
    if "reason" in said:
        return _put_aside(said["reason"], said.get("error", ""))
    if "ERROR_CODE" in said:
        who = "EventBridge Scheduler" if queue is Queue.SCHEDULE else "EventBridge"
        message = said.get("ERROR_MESSAGE", "")
        return f"{who} could not hand it to the {queue} function: {said['ERROR_CODE']} {message}"
    document = letter.document()
    context = document.get("requestContext")
    if isinstance(context, Mapping):
        return _given_up(queue, context, document)
    if letter.source_queue:
        return _MOVED_FROM_SLACK if queue is Queue.SLACK else _MOVED
    if queue is Queue.SLACK:
        return "SNS could not hand it to the Slack queue."
    return "It does not say why it lies here."


def _put_aside(reason: str, error: str) -> str:
    """What the slack function moved by itself."""
    if reason == "refused":
        return f"Slack refused it for good: {error}"
    if reason == "unreadable":
        return f"The slack function could not read it: {error}"
    return f"The slack function put it aside, {reason}: {error}"


def _given_up(queue: Queue, context: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """What Lambda says of an invocation that it gave up."""
    tries, condition = context.get("approximateInvokeCount"), context.get("condition")
    times = f" {tries} times" if isinstance(tries, int) and tries > 1 else ""
    answer = document.get("responsePayload")
    if isinstance(answer, Mapping) and (answer.get("errorMessage") or answer.get("errorType")):
        words = [answer.get(name) for name in ("errorType", "errorMessage")]
        return f"The {queue} function failed{times}: {': '.join(str(word) for word in words if word)}"
    failed = document.get("responseContext")
    error = failed.get("functionError") if isinstance(failed, Mapping) else None
    if error:
        return f"The {queue} function failed{times} ({error}, {condition}). Its log says more."
    if "Age" in str(condition):
        return f"It grew too old before the {queue} function was done with it ({condition})."
    return f"The {queue} function gave it back{times} ({condition}). Its log says more."
