"""What AWS would say to a call before it does anything: by botocore's model, and by what stands in no model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from botocore.validate import ParamValidator

from jobherald.local.services.shapes import operation_model

LARGEST_MESSAGE: Final = 262_144
MOST_ATTRIBUTES: Final = 10
"""An SNS subscription with raw delivery into a queue drops a message with more.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
"""
LONGEST_SUBJECT: Final = 99
LONGEST_DELAY: Final = 43_200

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_REFUSED_BY_QUEUES: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SUBJECT: Final = re.compile(r"[!-~][ -~]*")
_VALIDATOR: Final = ParamValidator()


def faults_of(service: str, operation: str, parameters: Mapping[str, Any]) -> str:
    """Everything that is wrong with a call's parameters, in words; empty where nothing is."""
    shape = operation_model(service, operation).input_shape
    report = _VALIDATOR.validate(parameters, shape).generate_report() if shape is not None else ""
    found = [report] if report else []
    found += [f"{text[:80]!r} is no Unicode text" for text in _texts(parameters) if not _is_unicode(text)]
    found += _RULES.get(f"{service}:{operation}", _nothing)(parameters)
    return "; ".join(found)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(name)
            yield from _texts(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _texts(inner)


def _is_unicode(text: str) -> bool:
    """Half a surrogate pair cannot be sent."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _nothing(_: Mapping[str, Any]) -> Iterator[str]:
    return iter(())


def _publish_batch(parameters: Mapping[str, Any]) -> Iterator[str]:
    """https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html and API_Publish.html."""
    entries = parameters["PublishBatchRequestEntries"]
    yield from _batch([entry["Id"] for entry in entries])
    size = 0
    for entry in entries:
        size += _size(entry["Message"])
        subject, attributes = entry.get("Subject"), entry.get("MessageAttributes", {})
        if subject is not None and (len(subject) > LONGEST_SUBJECT or not _SUBJECT.fullmatch(subject)):
            yield f"SNS takes no such subject: {subject!r}"
        if len(attributes) > MOST_ATTRIBUTES:
            yield f"{len(attributes)} attributes do not fit through raw delivery"
        for name, value in attributes.items():
            if not value.get("StringValue"):
                yield f"the attribute {name} is empty"
            size += _size(name) + _size(value["DataType"]) + _size(value.get("StringValue", ""))
        if found := _REFUSED_BY_QUEUES.search(entry["Message"]):
            yield f"a queue behind the topic takes no {found[0]!r}"
    if size > LARGEST_MESSAGE:
        yield f"{size} bytes in one batch"


def _send_message(parameters: Mapping[str, Any]) -> Iterator[str]:
    yield from _body(parameters)


def _send_batch(parameters: Mapping[str, Any]) -> Iterator[str]:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html."""
    entries = parameters["Entries"]
    yield from _batch([entry["Id"] for entry in entries])
    for entry in entries:
        yield from _body(entry)
        for name in ("MessageGroupId", "MessageDeduplicationId"):
            if not re.fullmatch(r"[!-~]{1,128}", entry.get(name, "-")):
                yield f"{name} is {entry[name]!r}"
    if sum(_size(entry["MessageBody"]) for entry in entries) > LARGEST_MESSAGE:
        yield "more than a batch holds"


def _change_visibility(parameters: Mapping[str, Any]) -> Iterator[str]:
    if not 0 <= parameters["VisibilityTimeout"] <= LONGEST_DELAY:
        yield f"VisibilityTimeout is {parameters['VisibilityTimeout']}"


def _body(entry: Mapping[str, Any]) -> Iterator[str]:
    body = entry["MessageBody"]
    if not body or _size(body) > LARGEST_MESSAGE:
        yield f"a body of {_size(body)} bytes"
    if found := _REFUSED_BY_QUEUES.search(body):
        yield f"a queue takes no {found[0]!r}"


def _batch(ids: list[str]) -> Iterator[str]:
    """What holds for a batch of messages anywhere."""
    if not 1 <= len(ids) <= 10:  # noqa: PLR2004  # what every batch of SNS and SQS holds
        yield f"{len(ids)} entries in a batch"
    if len(set(ids)) < len(ids):
        yield "two entries with one id"
    for each in ids:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,80}", each):
            yield f"the id of an entry is {each!r}"


def _size(text: str) -> int:
    return len(text.encode(errors="replace"))


_RULES: Final[Mapping[str, Callable[[Mapping[str, Any]], Iterator[str]]]] = {
    "sns:PublishBatch": _publish_batch,
    "sqs:ChangeMessageVisibility": _change_visibility,
    "sqs:SendMessage": _send_message,
    "sqs:SendMessageBatch": _send_batch,
}
