"""Puts what a list is asked for into the form that its filter takes, where that is no plain member of the request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from botocore.model import Shape

WORDS: Final = ("value", "iso", "epoch", "epoch_ms")
"""What may stand in braces in a filter's form: a word as it is, and three ways to write a time (UTC)."""

_WHOLE_NUMBERS: Final = frozenset({"integer", "long"})


def formed(form: Any, value: str | datetime, target: Shape | None) -> Any:
    """The form with what is asked for in the place of its words; a number where the member takes one."""
    found = _put(form, _written(value))
    if target is not None and target.type_name in _WHOLE_NUMBERS and isinstance(found, str):
        return int(found)
    return found


def _written(value: str | datetime) -> Mapping[str, str]:
    if not isinstance(value, datetime):
        return {"{value}": value}
    seconds = int(value.timestamp())
    return {
        "{iso}": value.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "{epoch}": str(seconds),
        "{epoch_ms}": str(seconds * 1000),
    }


def _put(form: Any, written: Mapping[str, str]) -> Any:
    if isinstance(form, str):
        for word, text in written.items():
            form = form.replace(word, text)
        return form
    if isinstance(form, list):
        return [_put(one, written) for one in form]
    if isinstance(form, Mapping):
        return {name: _put(one, written) for name, one in form.items()}
    return form
