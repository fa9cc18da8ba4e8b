"""A task that holds every member of the reference page, to see that none is lost on the way."""

from __future__ import annotations

from typing import Any


def filled(seed: int) -> dict[str, Any]:
    """A detail answer with every member of Tables 2 to 18, each with a value of its type that no other member has.

    Events are two levels deep, and ``result.samples`` has 60 samples. The same seed makes the same answer.
    """
    raise NotImplementedError
