"""Proves the words in braces of an entry's requests: one that nothing stands for would be sent as it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from jobherald.catalog.source import LOOKED_BY, Source
from jobherald.checks.itself import Problem, levels_of
from jobherald.checks.models import SOME

_WORD: Final = re.compile(r"\{\w*\}")
_OF_LISTS: Final = tuple(SOME)
_OF_LOOKS: Final = tuple(f"{{{word}}}" for word in LOOKED_BY)


def brace_problems(source: Source) -> Iterator[Problem]:
    """Every text in a request that has a word in braces which nothing is put in the place of."""
    yield from _in("parameters", source.parameters, _OF_LISTS)
    for number, one in enumerate(source.variants):
        yield from _in(f"variants[{number}]", one, _OF_LISTS)
    if source.batch is not None:
        yield from _in("batch.parameters", source.batch.parameters, _OF_LISTS)
    for where, level in levels_of(source):
        yield from _in(f"{where}parameters", level.parameters, _OF_LISTS)
    if source.look is not None:
        yield from _in("look.parameters", source.look.parameters, _OF_LOOKS)


def _in(where: str, parameters: Mapping[str, Any], valid: tuple[str, ...]) -> Iterator[Problem]:
    for member, value in parameters.items():
        for text in _texts(value):
            if text not in valid and (said := _said(text, valid)):
                yield f"{where}.{member}", said


def _said(text: str, valid: tuple[str, ...]) -> str:
    inside = [word for word in valid if word in text]
    if inside:
        return f"is {text!r}; {inside[0]} stands for something only where it is the whole text"
    if not _WORD.fullmatch(text):
        return ""
    near = get_close_matches(text, valid, n=1)
    return f"has {text}; did you mean {near[0]}?" if near else f"has {text}; valid are: {', '.join(valid)}"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | Mapping):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(one)
