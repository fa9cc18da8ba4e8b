"""Says at which of its steps a job failed, beside the reason that its service gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from jobherald.catalog.source import Steps
from jobherald.catalog.steps import Step, steps_of

_WITHIN: Final = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "


def with_failed_step(steps: Steps, row: Mapping[str, Any], reason: str) -> str:
    """The reason, and on a line below it the step that failed: its name within those above it, its code and message.

    What the reason says already is not said again. Without a failed step it is the reason alone.
    """
    chain = _failed(steps, row)
    if not chain:
        return reason
    name = _WITHIN.join(word for word in map(_line, chain[-1].path) if word)
    code, message = _deepest(step.code for step in chain), _deepest(step.message for step in chain)
    if _plain(message) in _plain(reason):
        message = ""
    where = " ".join(word for word in (name, code and f"({code})") if word)
    told = ": ".join(word for word in (where, message) if word)
    return "\n".join(text for text in (reason, told and f"Failed step: {told}") if text)


def _failed(steps: Steps, row: Mapping[str, Any]) -> Sequence[Step]:
    """The first step that failed and those below it that failed, from the outermost to the deepest.

    A step that failed within one that did not may have been tried again: it counts where no other failed.
    """
    failed = [step for step in steps_of(steps, row) if step.failed]
    paths = {step.path for step in failed}
    throughout = [step for step in failed if paths.issuperset(_above(step))]
    chain: list[Step] = []
    for step in throughout or failed:
        if not chain or chain[-1].path in _above(step):
            chain.append(step)
    return chain


def _above(step: Step) -> Sequence[tuple[str, ...]]:
    """The paths of the steps that this one is below."""
    return [step.path[:depth] for depth in range(1, len(step.path))]


def _deepest(words: Iterable[str]) -> str:
    """The word of the deepest step that has one."""
    found = [word for word in map(_line, words) if word]
    return found[-1] if found else ""


def _line(text: str) -> str:
    """Text from outside on one line, so that it cannot pass for another."""
    return " ".join(text.split())


def _plain(text: str) -> str:
    """Text as it is compared with other text: without regard to case, spaces and the last full stop."""
    return _line(text).rstrip(".").casefold()
