"""What the services behind the gate do with a call: by service, as botocore names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from faults import wires

if TYPE_CHECKING:
    from faults.world import World

Answers: TypeAlias = Callable[["World", str, str, Mapping[str, Any]], Any]
"""Takes the world, an operation, a region and the call's parameters; raises NotImplementedError for what nobody makes."""


def _dynamodb(world: World, operation: str, _region: str, parameters: Mapping[str, Any]) -> Any:
    return world.table.call(operation, parameters)


def _sqs(world: World, operation: str, _region: str, parameters: Mapping[str, Any]) -> Any:
    queue = world.by_url[parameters["QueueUrl"]]
    if operation == "SendMessageBatch":
        sent = [
            queue.send(
                entry["MessageBody"],
                group=entry.get("MessageGroupId", ""),
                deduplication=entry.get("MessageDeduplicationId", ""),
            )
            for entry in parameters["Entries"]
        ]
        return {
            "Successful": [
                {"Id": entry["Id"], "MessageId": message}
                for entry, message in zip(parameters["Entries"], sent, strict=True)
            ]
        }
    if operation == "SendMessage":
        attributes = parameters.get("MessageAttributes", {})
        return {"MessageId": queue.send(parameters["MessageBody"], attributes=attributes)}
    if operation == "ChangeMessageVisibility":
        queue.change_visibility(parameters["ReceiptHandle"], parameters["VisibilityTimeout"])
        return {}
    raise NotImplementedError(operation)


def _sns(world: World, operation: str, _region: str, parameters: Mapping[str, Any]) -> Any:
    if operation != "PublishBatch":
        raise NotImplementedError(operation)
    return world.topics[parameters["TopicArn"]].publish_batch(parameters["PublishBatchRequestEntries"])


def _ssm(world: World, operation: str, _region: str, parameters: Mapping[str, Any]) -> Any:
    if operation != "GetParameter":
        raise NotImplementedError(operation)
    if parameters["Name"] not in world.parameters:
        raise wires.error("ParameterNotFound", operation)
    return {
        "Parameter": {
            "Name": parameters["Name"],
            "Value": world.parameters[parameters["Name"]],
            "Type": "String",
        }
    }


def _jobs(service: str) -> Answers:
    return lambda world, operation, region, parameters: world.jobs.call(
        service, operation, region, parameters
    )


SERVICES: Final[Mapping[str, Answers]] = {
    "dynamodb": _dynamodb,
    "rekognition": _jobs("rekognition"),
    "sagemaker": _jobs("sagemaker"),
    "sns": _sns,
    "sqs": _sqs,
    "ssm": _ssm,
}
