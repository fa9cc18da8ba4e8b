"""The lines of a manifest, taken out of whatever pieces its bytes come in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

LONGEST: Final = 400_000
"""Bytes of the longest line that is kept: 100,000 characters in UTF-8. More than that is wrong anyway."""


class Line(NamedTuple):
    """One line without its break. ``number`` counts from one. A line that is ``cut`` was longer than what is kept."""

    number: int
    text: bytes
    cut: bool = False


def lines_of(pieces: Iterable[bytes], *, complete: bool = True) -> Iterator[Line]:
    """The lines of these pieces, which may be cut anywhere. Not ``complete`` means that the last line may lack its end.

    No more than a line and a piece are held at a time. An empty last line, after the break of the one before, is none.
    """
    number, rest = 1, bytearray()
    for piece in pieces:
        *ended, last = piece.split(b"\n")
        for end in ended:
            _append(rest, end)
            yield _line(number, rest)
            number, rest = number + 1, bytearray()
        _append(rest, last)
    if complete and rest:
        yield _line(number, rest)


def _append(line: bytearray, more: bytes) -> None:
    line += more[: LONGEST + 1 - len(line)]


def _line(number: int, line: bytearray) -> Line:
    return Line(number, bytes(line).removesuffix(b"\r"), cut=len(line) > LONGEST)
