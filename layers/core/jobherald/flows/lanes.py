"""In which order news is told, and for how long it may be gathered: failures apart from everything else.

Pure. A post holds failures or other news, never both, so that no failure is one line among fifty successes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias

from jobherald.model import Alert, Change, Severity

News: TypeAlias = Change | Alert


class Lane(NamedTuple):
    """What is counted together, under this name. Above the threshold its news is gathered for so many seconds."""

    name: str
    gather: int


URGENT: Final = Lane("urgent", 15)
"""Failures, and what the same jobs did before them."""
ORDINARY: Final = Lane("ordinary", 60)
"""Everything else."""


class Order(NamedTuple):
    """The order of a batch, as indices into it: each wave of ``urgent`` in posts of its own, then ``ordinary``."""

    urgent: list[list[int]]
    ordinary: list[int]


def is_failure(news: News) -> bool:
    """Whether somebody has to act on it: a job that failed, a notice of that severity."""
    return news.severity is Severity.ERROR


def subject_of(news: News) -> str:
    """Whose news it is: the news of one job, or of one place, is told in the order in which it came to be."""
    return news.key.text if isinstance(news, Change) else news.subject


def in_order(batch: Sequence[News]) -> Order:
    """Failures first, yet nothing before what the same job, or place, did earlier.

    A wave is all failures or none. Where a job failed twice, what lay between is a wave between two of failures.
    """
    by_version = sorted(range(len(batch)), key=lambda index: batch[index].version)
    last_failure = {
        subject_of(batch[index]): batch[index].version for index in by_version if is_failure(batch[index])
    }
    waves: defaultdict[int, list[int]] = defaultdict(list)
    reached: dict[str, int] = {}
    ordinary = []
    for index in by_version:
        news, subject = batch[index], subject_of(batch[index])
        if news.version > last_failure.get(subject, 0):
            ordinary.append(index)
            continue
        # Waves with an odd number are those of failures.
        wave = reached.get(subject, 0)
        wave += wave % 2 != is_failure(news)
        reached[subject] = wave
        waves[wave].append(index)
    return Order([waves[wave] for wave in sorted(waves)], ordinary)


def until_next_turn(lane: Lane, now: datetime) -> int:
    """Seconds until the lane's news is looked at again: the next full minute, or quarter of one."""
    return lane.gather - int(now.timestamp()) % lane.gather


def is_overdue(lane: Lane, sent_at: datetime, now: datetime) -> bool:
    """Whether it was gathered for long enough, and has to be told above the threshold too."""
    return (now - sent_at).total_seconds() >= lane.gather
