"""Walks through several levels of parents: what lies below something that is itself listed below something."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Self

from jobherald.catalog.nested import joined
from jobherald.errors import ListingError
from jobherald.ports import Parent, ParentPage

# With which an outer parent is passed over, so that the others are listed: it is gone, or what is wrong may be wrong with
# it alone.
_PASSED_OVER: Final = frozenset({"absent", "denied", "failed", "off"})


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a walk through two levels came: outer parents still to list below, and the tokens of both lists."""

    waiting: tuple[str, ...] = ()
    outer: str = ""
    inner: str = ""

    @classmethod
    def read(cls, token: str) -> Self:
        """From the token that it was written as."""
        found = json.loads(token)
        return cls(tuple(found["waiting"]), found["outer"], found["inner"])

    @property
    def token(self) -> str:
        """What stands for it between two calls; empty where nothing is left to list."""
        if not (self.waiting or self.outer):
            return ""
        return json.dumps({"waiting": self.waiting, "outer": self.outer, "inner": self.inner})


def walk(
    token: str, outer: Callable[[str], ParentPage], inner: Callable[[str, str], ParentPage]
) -> ParentPage:
    """One call of a walk through two levels, of which the upper one can be such a walk itself.

    ``outer`` lists one page of the upper level (by its token), ``inner`` one below an outer parent (by its id and the
    token). An outer parent that is gone is passed over, and so is one below which the list is refused: that page has the
    refusal, and whoever walks decides whether it is one of all. Raises ListingError.
    """
    stage = Stage.read(token) if token else None
    if stage is None or not stage.waiting:
        page = outer(stage.outer if stage else "")
        after = Stage(tuple(parent.id for parent in page.parents), page.token)
        return ParentPage((), page.date, after.token, page.refused)
    above, rest = stage.waiting[0], replace(stage, waiting=stage.waiting[1:], inner="")
    try:
        page = inner(above, stage.inner)
    except ListingError as error:
        if error.kind not in _PASSED_OVER:
            raise
        return ParentPage((), None, rest.token, None if error.kind == "absent" else error)
    below = tuple(_below(above, parent) for parent in page.parents)
    after = replace(stage, inner=page.token) if page.token else rest
    return ParentPage(below, page.date, after.token)


def _below(above: str, parent: Parent) -> Parent:
    return parent._replace(id=joined(above, parent.id))
