"""Values as lines of YAML in the way in which the template is written, since a dumper would know none of its tags."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_WIDTH: Final = 110
_PLAIN: Final = re.compile(r"[A-Za-z/][\w./-]*(::?[\w./*-]+)*( [\w./-]+)*")
_ENDS: Final = frozenset(",[]{}")
# Words that YAML takes for something else than text.
_WORDS: Final = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


class Tagged(str):
    """A text that is written as it is, such as ``!Ref JobsTable``."""

    __slots__ = ()


def lines(value: Any, indent: int) -> Iterator[str]:
    """The lines of a table or list, each with at least this many blanks before it."""
    blank = " " * indent
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _member(f"{blank}{_text(name)}:", inner, indent)
        return
    for inner in value:
        if isinstance(inner, Mapping):
            first, *rest = lines(inner, indent + 2)
            yield f"{blank}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{blank}- {_text(inner)}"


def _member(begin: str, value: Any, indent: int) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield begin
        yield from lines(value, indent + 2)
    elif isinstance(value, list | tuple):
        flow = f"{begin} [{', '.join(map(_text, value))}]" if _is_flat(value) else ""
        if flow and len(flow) <= _WIDTH:
            yield flow
        else:
            yield begin
            yield from lines(value, indent + 2)
    else:
        yield f"{begin} {_text(value)}"


def _is_flat(values: Any) -> bool:
    # What is tagged may have commas and brackets, which mean something else within brackets.
    return all(isinstance(one, str) and not (isinstance(one, Tagged) and _ENDS & set(one)) for one in values)


def _text(value: Any) -> str:
    if isinstance(value, Tagged):
        return str(value)
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
