"""Makes the details of a row fit to be kept and shown: long lists short, and what nobody may see hidden.

Paths are those of a catalogue entry: dots lead into members, ``[]`` through lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from jobherald.catalog.source import Source

SHOWN: Final = 50
HIDDEN: Final = "***"

_THROUGH: Final = "[]"


def fit(source: Source, details: dict[str, Any]) -> dict[str, Any]:
    """The details with what the entry masks hidden, and its long lists cut to the first 50 beside their count.

    ``details`` are in their normal form, and are not changed.
    """
    for path in source.mask:
        details = masked(details, _steps(path))
    for path in source.shorten:
        details = shortened(details, _steps(path))
    return details


def masked(value: Any, path: Sequence[str]) -> Any:
    """The value with what lies at the path hidden: tables there keep their keys.

    Where something else stands than the path expects, a secret may be anywhere in it, and all of it is hidden.
    """
    if value is None:
        return None
    if not path:
        return _hidden(value)
    step, rest = path[0], path[1:]
    if step == _THROUGH:
        return [masked(one, rest) for one in value] if isinstance(value, list) else HIDDEN
    if not isinstance(value, dict):
        return HIDDEN
    return {**value, step: masked(value[step], rest)} if step in value else value


def shortened(value: Any, path: Sequence[str]) -> Any:
    """The value with the list at the path cut to its first 50 beside ``<name>_count``, unless the service has that.

    What is no list, or is not there, stays as it is.
    """
    step, rest = path[0], path[1:]
    if step == _THROUGH:
        return [shortened(one, rest) for one in value] if isinstance(value, list) else value
    if not isinstance(value, dict) or step not in value:
        return value
    if rest:
        return {**value, step: shortened(value[step], rest)}
    found = value[step]
    if not isinstance(found, list) or len(found) <= SHOWN:
        return value
    return {f"{step}_count": len(found), **value, step: found[:SHOWN]}


def _hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return dict.fromkeys(value, HIDDEN)
    return [_hidden(one) for one in value] if isinstance(value, list) else HIDDEN


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.replace(_THROUGH, f".{_THROUGH}").split("."))
