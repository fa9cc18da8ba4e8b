"""An event becomes a look at the one job that it is about; it is a hint, never the truth, so nothing else is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jobherald.catalog.events import match, refusal
from jobherald.catalog.source import Source
from jobherald.errors import EventError
from jobherald.ports import Queues
from jobherald.watch import Look

# The words of an event come from outside, and the log takes them.
_WORD: Final = 100


@dataclass(frozen=True, slots=True)
class Heard:
    """What an event led to: a look, or the reason why none; one of the two is empty."""

    look: Look | None = None
    ignored: str = ""


def ingest(event: Any, sources: Sequence[Source], account: str, queues: Queues) -> Heard:
    """Queue the look that this EventBridge event asks for.

    ``sources`` are the deployed ones, ``account`` the one whose jobs they are. Nothing about an event raises: one that
    is malformed, of another account, of a refused call or of nothing we watch is harmless, since polls see every job
    anyway. What the queue raises goes through, so that the event comes again.
    """
    try:
        look = match(event, sources)
    except EventError as error:
        return Heard(ignored=str(error))
    if look is None:
        return Heard(ignored=_why(event))
    if look.place.account != account:
        return Heard(
            ignored=f"It is about the account {_word(look.place.account)}; this deployment watches {account}."
        )
    queues.looks([look])
    return Heard(look)


def _why(event: Any) -> str:
    if not isinstance(event, Mapping) or not isinstance(event.get("detail"), Mapping):
        return "It is no EventBridge event with a detail."
    if code := refusal(event):
        return f"The call was refused ({_word(code)}), so nothing happened to a job."
    return f"No deployed source asks for {_word(event.get('detail-type'))} of {_word(event.get('source'))}."


def _word(value: Any) -> str:
    return str(value)[:_WORD]
