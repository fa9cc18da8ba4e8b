"""Page tokens for lists that are asked for by ``offset`` and ``limit``, whatever an offset counts. Pure.

The pages of ModelArts call an offset a *start page*, Huawei's own Go client (chnsz/golangsdk, ``OffsetPageBase``) adds
the limit to it, as one does to a number of rows. So the service itself is asked: its second page shows which it is.

Lists move while they are walked, so a page begins a little before the end of the one before: what was deleted in front
of it meanwhile would else hide as many rows. A total is not believed: its documentation says that it may be capped.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

PAGES: Final = "pages"
ROWS: Final = "rows"
EITHER: Final = "either"

_TOKEN: Final = re.compile(r"(\d+)\.(\w*)\.(\d+)\.([\w-]*)", re.ASCII)
_MARK: Final = 4
"""Characters that stand for a row's id in a token: 24 bits tell the rows of two pages apart, and a page has a hundred."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One page to ask for: of which list (0, 1, …), at which offset, how many rows."""

    list: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class Paging:
    """How some lists of one operation are walked, one after the other, in pages of ``size`` rows (three or more).

    ``counts`` is what an offset counts: ``pages``, ``rows`` or ``either``; empty for an operation that has no pages.
    With pages of fifty rows and more, every row that is there throughout is seen while no more than a tenth of a page is
    deleted between two calls, and no more than a quarter comes and goes.
    """

    counts: str
    size: int
    lists: int = 1

    def ask(self, token: str) -> Ask:
        """The page that a token stands for; the first one for an empty token. Raises ValueError where it is no token."""
        return self._ask(self._position(token))

    def next(self, token: str, ids: Sequence[str]) -> str:
        """The token of the page after the one of ``token``, which had rows with these ids; empty where none is left.

        Raises ValueError where it is no token.
        """
        position = self._position(token)
        ask = self._ask(position)
        marks = [_mark(one) for one in ids]
        repeated = sum(mark in position.shown for mark in marks)
        if not self.counts or len(ids) < ask.limit:
            return self._next_list(position)
        if position.is_probe:
            position = replace(position, counts=ROWS if 2 * repeated > ask.limit else PAGES)
        elif repeated == len(ids):
            # The list does not move on: here the offset means nothing.
            return self._next_list(position)
        begin = ask.offset * (ask.limit if position.counts == PAGES else 1)
        return replace(position, end=begin + ask.limit, shown=frozenset(marks)).token

    def _position(self, token: str) -> _Position:
        position = _Position.parse(token) if token else _Position(0, self.counts)
        known = {EITHER, PAGES, ROWS} if self.counts == EITHER else {self.counts}
        if position.list >= self.lists or position.counts not in known:
            raise ValueError(f"{token!r} is a token of another listing")
        return position

    def _ask(self, position: _Position) -> Ask:
        if position.end == 0:
            return Ask(position.list, 0, self.size)
        overlap = max(1, self.size // 10)
        if position.is_probe:
            # If it counts pages this one begins with the last rows of the first page, else it repeats nearly all of them.
            return Ask(position.list, 1, self.size - overlap)
        begin = max(position.end - overlap, 0)
        if position.counts == ROWS:
            return Ask(position.list, begin, self.size)
        # Pages of one size cannot overlap, but one of another size can begin early enough: that which leads furthest.
        limit = max(range(self.size, self.size // 2, -1), key=lambda limit: begin // limit * limit + limit)
        if begin // limit * limit + limit <= position.end:
            limit, begin = self.size, position.end
        return Ask(position.list, begin // limit, limit)

    def _next_list(self, position: _Position) -> str:
        following = position.list + 1
        return _Position(following, position.counts).token if following < self.lists else ""


@dataclass(frozen=True, slots=True)
class _Position:
    """Where a walk is: in which list, what its offset counts, how many rows from the top on were shown, the last ones."""

    list: int
    counts: str
    end: int = 0
    shown: frozenset[str] = frozenset()

    @property
    def is_probe(self) -> bool:
        """Whether the next page has to show what an offset counts."""
        return self.counts == EITHER and self.end > 0

    @property
    def token(self) -> str:
        return f"{self.list}.{self.counts}.{self.end}.{''.join(sorted(self.shown))}"

    @classmethod
    def parse(cls, token: str) -> _Position:
        """Raises ValueError where it is no token."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise ValueError(f"{token!r} is no token of a page")
        number, counts, end, shown = match.groups()
        marks = (shown[at : at + _MARK] for at in range(0, len(shown), _MARK))
        return cls(int(number), counts, int(end), frozenset(marks))


def _mark(row_id: str) -> str:
    return urlsafe_b64encode(sha256(row_id.encode(errors="surrogatepass")).digest()).decode()[:_MARK]
