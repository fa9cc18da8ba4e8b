"""Keeping that something was told: the one write that is tried again at once, since to give it up is to tell it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from jobherald.errors import ConflictError
from jobherald.ports import Clock, Deadline

PAUSES: Final = (0.1, 0.4, 1.0, 2.0)
"""Seconds before each further try."""

TRY_SECONDS: Final = 15.0
"""What one try may take at worst: connecting and reading, with their time-outs. Below it none is begun."""


class Patience(NamedTuple):
    """Tries a write again while the invocation has time for it."""

    clock: Clock
    deadline: Deadline

    def keep(self, write: Callable[[], None]) -> None:
        """Write. Raises ConflictError at once, and whatever the last try raised."""
        for pause in PAUSES:
            try:
                write()
            except ConflictError:
                raise
            except Exception:
                if self.deadline.remaining() - pause < TRY_SECONDS:
                    raise
                self.clock.sleep(pause)
            else:
                return
        write()
