"""What is wrong with a document, as sentences that name the exact place and the remedy."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from jobherald.errors import ConfigError

_ROUTING = (
    "is not there yet: so far every change goes to every channel; filter at the SNS subscription instead"
)
_NARROWING = "is not there yet: narrow the watch with `tell` or its filters instead"
NOT_YET: Final = {
    "route": _ROUTING,
    "routes": _ROUTING,
    "channel": _ROUTING,
    "channels": _ROUTING,
    "limit": _NARROWING,
    "limits": _NARROWING,
    "mute": _NARROWING,
    "mutes": _NARROWING,
}
"""Keys that a later version will know, with what to do until then."""

SECRETS: Final = frozenset(
    {"webhook", "token", "bot_token", "access_key", "secret_key", "security_token", "user", "password"}
)
"""Keys that somebody may look for here, and that belong to a secret."""

_SECRET: Final = re.compile(r"xox[a-z]-|xapp-|hooks\.slack", re.IGNORECASE)
_CUSTOM: Final = "jobherald"
_SHOWN: Final = 60
_INSTEAD: Final = {
    "string_type": "must be text in quotes",
    "string_too_short": "must not be empty",
    "list_type": "must be a list in square brackets",
    "too_short": "must name at least one; leave the key out for the default",
    "model_type": "must be a table, begun with [[watch]]",
    "model_attributes_type": "must be a table, begun with [[watch]]",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. ``path`` is as in ``watch[0].regions[1]``; ``text`` says what is, and what would do."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


class DocumentError(ConfigError):
    """A configuration document that cannot be used: every fault at once, and the command that widens a deployment.

    ``widen`` is empty unless some of the faults are that the document goes beyond what was deployed.
    """

    def __init__(self, faults: Sequence[Fault], widen: str = "") -> None:
        self.faults = tuple(faults)
        self.widen = widen
        lines = [str(fault) for fault in self.faults]
        if widen:
            lines.append(f"To widen the deployment: {widen}")
        super().__init__("\n".join(lines))


def refuse(text: str) -> PydanticCustomError:
    """The error for a validator to raise; ``text`` becomes the fault's text as it is."""
    return PydanticCustomError(_CUSTOM, "{text}", {"text": text})


def shown(value: object) -> str:
    """A value as it may be repeated in a message: short, on one line, and never a secret."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    if _SECRET.search(text):
        return "(hidden, since it looks like a secret)"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def instead(word: str, known: Iterable[str]) -> str:
    """What to write instead of a word: the closest known ones, or all of them where none is close."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"it may be one of {', '.join(names)}"


def path_of(loc: Iterable[int | str]) -> str:
    """``("watch", 0, "regions", 1)`` as ``watch[0].regions[1]``."""
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def faults_of(error: ValidationError, keys: Sequence[str], root_keys: Sequence[str]) -> list[Fault]:
    """pydantic's findings as faults. ``keys`` are those of a watch, ``root_keys`` those of the document."""
    return [
        Fault(path_of(found["loc"]), _text(found, keys if len(found["loc"]) > 1 else root_keys))
        for found in error.errors(include_url=False)
    ]


def _text(found: ErrorDetails, keys: Sequence[str]) -> str:
    kind, name = found["type"], str(found["loc"][-1]) if found["loc"] else ""
    if kind == _CUSTOM:
        return found["msg"]
    if kind == "missing":
        return f"`{name}` is missing; see docs/configuration.md for an example"
    if kind == "extra_forbidden":
        if name in NOT_YET:
            return f"`{name}` {NOT_YET[name]}"
        if name in SECRETS:
            return (
                f"`{name}` belongs in no document; `jobherald secret set` stores it where the stack reads it"
            )
        return f"`{name}` is no key that jobherald knows; {instead(name, keys)}"
    if kind == "list_type" and name == "watch":
        return "must be written [[watch]], in two pairs of brackets, once for each watch"
    if kind in _INSTEAD:
        return f"{shown(found['input'])} {_INSTEAD[kind]}"
    return f"{shown(found['input'])} cannot be used: {found['msg'][:1].lower()}{found['msg'][1:]}"
