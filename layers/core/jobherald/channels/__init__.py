"""Where news is told. A new channel is a module here, and one line below."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

# Names, not classes: who tells SNS alone must not pay for importing slack_sdk.
CHANNELS: Final[Mapping[str, str]] = {
    "sns": "jobherald.channels.sns:SnsPublisher",
    "slack": "jobherald.channels.slack:SlackChannel",
}


def load(name: str) -> Any:
    """The class of a channel, imported now. Raises KeyError for a channel that is not there."""
    module, _, attribute = CHANNELS[name].partition(":")
    return getattr(import_module(module), attribute)
