from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.channels.text import one_line
from jobherald.deadletters.causes import cause
from jobherald.deadletters.letter import Letter, Queue
from tests.project.template import properties

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
LOOKS_ARN = "arn:aws:sqs:us-east-1:123456789012:looks"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def letter(body: str = "{}", source: str = "", **attributes: str) -> Letter:
    return Letter("id", body, "receipt", AT, source, attributes)


def given_up(condition: str, **members: Any) -> Letter:
    """What Lambda sends to the destination of a failed invocation."""
    context = {"condition": condition, "approximateInvokeCount": 3, "functionArn": "arn:aws:lambda:…"}
    return letter(json.dumps({"requestContext": context, **members}))


@pytest.mark.parametrize(
    ("queue", "dead", "why"),
    [
        (
            Queue.SLACK,
            letter(reason="refused", error="Slack answered 400 invalid_blocks.", message_id="m"),
            "Slack refused it for good: Slack answered 400 invalid_blocks.",
        ),
        (
            Queue.SLACK,
            letter(reason="unreadable", error="not JSON", message_id="m"),
            "The slack function could not read it: not JSON",
        ),
        (
            Queue.SLACK,
            letter(reason="odd", error="new", message_id="m"),
            "The slack function put it aside, odd: new",
        ),
        (Queue.SLACK, letter(), "SNS could not hand it to the Slack queue."),
        (
            Queue.SLACK,
            letter(source="arn:aws:sqs:us-east-1:123456789012:slack"),
            "It was received 1,000 times: about ten days in which Slack took nothing.",
        ),
        (
            Queue.LOOKS,
            letter(source=LOOKS_ARN),
            "The poll function failed on it each time, or had no time left for it: it was received too often.",
        ),
        (
            Queue.INGEST,
            letter(ERROR_CODE="NO_PERMISSIONS", ERROR_MESSAGE="The policy does not allow it."),
            "EventBridge could not hand it to the ingest function: NO_PERMISSIONS The policy does not allow it.",
        ),
        (
            Queue.SCHEDULE,
            letter(ERROR_CODE="THROTTLING", ERROR_MESSAGE="Rate exceeded"),
            "EventBridge Scheduler could not hand it to the schedule function: THROTTLING Rate exceeded",
        ),
        (
            Queue.INGEST,
            given_up(
                "RetriesExhausted",
                responseContext={"functionError": "Unhandled"},
                responsePayload={"errorType": "JobheraldError", "errorMessage": "SQS took 0 of 1 messages"},
            ),
            "The ingest function failed 3 times: JobheraldError: SQS took 0 of 1 messages",
        ),
        (
            Queue.NOTIFY,
            given_up("RetryAttemptsExhausted", responseContext={"functionError": "Unhandled"}),
            "The notify function failed 3 times (Unhandled, RetryAttemptsExhausted). Its log says more.",
        ),
        (
            Queue.NOTIFY,
            given_up("RetryAttemptsExhausted"),
            "The notify function gave it back 3 times (RetryAttemptsExhausted). Its log says more.",
        ),
        (
            Queue.SCHEDULE,
            given_up("EventAgeExceeded"),
            "It grew too old before the schedule function was done with it (EventAgeExceeded).",
        ),
        (Queue.POLLS, letter("[]"), "It does not say why it lies here."),
    ],
)
def test_whoever_put_it_there_says_why(queue: Queue, dead: Letter, why: str) -> None:
    """The slack function, EventBridge and its Scheduler, Lambda, SQS and SNS each have a way of their own."""
    assert cause(queue, dead) == why


@given(
    queue=st.sampled_from(Queue),
    body=st.text(max_size=40) | JSON.map(json.dumps),
    context=JSON,
    payload=JSON,
    wrapped=st.booleans(),
    attributes=st.dictionaries(st.sampled_from(["reason", "error", "ERROR_CODE"]), st.text(max_size=2_000)),
)
def test_there_is_a_short_reason_whatever_it_says(
    queue: Queue, body: str, context: Any, payload: Any, wrapped: bool, attributes: dict[str, str]
) -> None:
    """One line that a terminal can show, of anything that anybody can put into a queue."""
    if wrapped:
        body = json.dumps({"requestContext": context, "responsePayload": payload, "responseContext": payload})
    why = cause(queue, letter(body, **attributes))
    assert why
    assert why == one_line(why)
    assert len(why) <= 600


def test_a_thousand_receives_are_what_the_template_allows() -> None:
    """The sentence names the number."""
    assert properties("AWS::SQS::Queue")["SlackQueue"]["RedrivePolicy"]["maxReceiveCount"] == 1_000
