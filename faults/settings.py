"""What the template says of queues, functions and what joins them: a world is built as it is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Final

from faults.clock import VirtualClock
from faults.queues import Queue
from tests.project import template

FUNCTIONS: Final = ("schedule", "ingest", "poll", "notify", "slack", "api")
_FOUR_DAYS: Final = 345_600.0


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """One queue of the template."""

    name: str
    visibility: float
    retention: float
    fifo: bool
    dead_letters: str
    most_receives: int

    def queue(self, clock: VirtualClock) -> Queue:
        """The queue, without its dead letters."""
        return Queue(
            self.name,
            clock,
            self.visibility,
            self.retention,
            fifo=self.fifo,
            most_receives=self.most_receives,
        )


@dataclass(frozen=True, slots=True)
class MappingSettings:
    """One event source mapping of a queue."""

    queue: str
    function: str
    batch: int
    window: float
    concurrency: int


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it. Times are in seconds where they are numbers."""

    queues: Mapping[str, QueueSettings]
    mappings: tuple[MappingSettings, ...]
    stream: Mapping[str, Any]
    table: Mapping[str, Any]
    timeouts: Mapping[str, float]
    retries: Mapping[str, int]
    event_ages: Mapping[str, timedelta]
    dead_letters: Mapping[str, str]


@cache
def settings() -> Settings:
    """Read from template.yaml."""
    functions = template.functions()
    events = {
        (name, event): properties
        for name in FUNCTIONS
        for event, properties in functions[name].get("Events", {}).items()
    }
    (stream,) = (each["Properties"] for each in events.values() if each["Type"] == "DynamoDB")
    configured = {
        name: functions[name]["EventInvokeConfig"]
        for name in FUNCTIONS
        if "EventInvokeConfig" in functions[name]
    }
    return Settings(
        {name: _queue(name, each) for name, each in template.properties("AWS::SQS::Queue").items()},
        tuple(
            _mapping(name, each["Properties"]) for (name, _), each in events.items() if each["Type"] == "SQS"
        ),
        stream,
        template.properties("AWS::DynamoDB::Table")["JobsTable"],
        {name: float(functions[name]["Timeout"]) for name in FUNCTIONS},
        {name: each["MaximumRetryAttempts"] for name, each in configured.items()},
        {name: timedelta(seconds=each["MaximumEventAgeInSeconds"]) for name, each in configured.items()},
        {
            name: _referred(each["DestinationConfig"]["OnFailure"]["Destination"])
            for name, each in configured.items()
        },
    )


def _queue(name: str, properties: Mapping[str, Any]) -> QueueSettings:
    redrive = properties.get("RedrivePolicy", {})
    return QueueSettings(
        name,
        float(properties.get("VisibilityTimeout", 30)),
        float(properties.get("MessageRetentionPeriod", _FOUR_DAYS)),
        bool(properties.get("FifoQueue")),
        _referred(redrive["deadLetterTargetArn"]) if redrive else "",
        int(redrive.get("maxReceiveCount", 0)),
    )


def _mapping(function: str, properties: Mapping[str, Any]) -> MappingSettings:
    return MappingSettings(
        _referred(properties["Queue"]),
        function,
        int(properties["BatchSize"]),
        float(properties.get("MaximumBatchingWindowInSeconds", 0)),
        int(properties.get("ScalingConfig", {}).get("MaximumConcurrency", 1000)),
    )


def _referred(value: Mapping[str, Any]) -> str:
    """The logical id in a Fn::GetAtt or a Ref."""
    name: str = value["Fn::GetAtt"][0] if "Fn::GetAtt" in value else value["Ref"]
    return name
