"""How news reads, in the words that every channel shares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from jobherald.catalog.source import Source
from jobherald.channels.message import source_of
from jobherald.channels.text import duration
from jobherald.model import Alert, AlertKind, Change, Progress, Severity, State, Story

STATE_WORDS: Final[Mapping[State, str]] = {
    State.QUEUED: "is queued",
    State.RUNNING: "is running",
    State.STOPPING: "is stopping",
    State.SUCCEEDED: "succeeded",
    State.PARTIAL: "finished with failures",
    State.FAILED: "failed",
    State.STOPPED: "was stopped",
    State.GONE: "is gone",
    State.UNKNOWN: "has a status we do not know",
}

WITH_OUTPUT: Final = frozenset({State.SUCCEEDED, State.PARTIAL, State.STOPPED})
"""The states in which results can be there; a job that failed only names where they would have been."""

# The order in which several pieces of news are told: what somebody has to act on comes first.
_FIRST: Final = (State.FAILED, State.PARTIAL, State.GONE, State.STOPPED, State.UNKNOWN, State.SUCCEEDED)
_OWN_COUNTERS: Final = frozenset({"done", "failed", "remaining", "total"})


def name_of(change: Change) -> str:
    """What people call the job: its name, else the service's id."""
    return change.name or change.key.id


def took(change: Change) -> str:
    """How long a job that ended had been there, such as ``2 h 14 min``; empty where that is not known."""
    if not change.state.is_outcome or change.created_at is None:
        return ""
    return duration(((change.ended_at or change.at) - change.created_at).total_seconds())


def what_happened(change: Change) -> str:
    """The rest of the sentence that the job's name begins: ``failed after 2 h 14 min``."""
    lasted = took(change)
    return STATE_WORDS[change.state] + (f" after {lasted}" if lasted else "")


def alert_headline(alert: Alert) -> str:
    """An alert in a few words of our own."""
    if alert.place is None:
        return (
            "The configuration was refused"
            if alert.kind is AlertKind.CONFIG_REFUSED
            else "A notice to the operators"
        )
    what = f"{source_of(alert.place.source).title}s in {alert.place.region}"
    return {
        AlertKind.WATCHING: f"Watching {what}",
        AlertKind.BLIND: f"Cannot see {what}",
        AlertKind.SEES_AGAIN: f"Seeing {what} again",
        AlertKind.UNKNOWN_STATUS: f"A new status among {what}",
        AlertKind.CONFIG_REFUSED: "The configuration was refused",
    }[alert.kind]


def progress_words(progress: Progress | None, source: Source, *, brief: bool = False) -> str:
    """``380 of 400 objects labeled, 20 failed, 300 human (95 %)``; empty where nothing is counted.

    ``brief`` leaves out the service's further counters.
    """
    if progress is None:
        return ""
    counters = progress.counters
    all_done = (
        "total" in counters and counters.get("done", 0) + counters.get("failed", 0) >= counters["total"]
    )
    percent = "" if progress.percent is None or all_done else f"{progress.percent:.0f} %"
    noun = source.counters.noun if source.counters else "done"
    words = []
    if "done" in counters:
        total = f" of {counters['total']:,}" if "total" in counters else ""
        words.append(f"{counters['done']:,}{total} {noun}")
    if counters.get("failed"):
        words.append(f"{counters['failed']:,} failed")
    further = {} if brief else {name: count for name, count in counters.items() if name not in _OWN_COUNTERS}
    words += [f"{count:,} {name}" for name, count in further.items() if count]
    sentence = ", ".join(words)
    if not (sentence and percent):
        return sentence or percent
    return f"{sentence} ({percent})"


def progress_now(change: Change, story: Story | None) -> Progress | None:
    """The job's progress as it is now, unless it has left the state that is told."""
    if story is not None and story.job.state is change.state and story.job.progress is not None:
        return story.job.progress
    return change.progress


def since_then(change: Change, story: Story | None) -> State | None:
    """The state that the job has moved on to since the change, or None."""
    if story is None or story.job.state is change.state or story.job.version <= change.version:
        return None
    return story.job.state


def utc(at: datetime) -> str:
    """``2026-11-22 11:00 UTC``."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def order(news: Change | Alert) -> tuple[int, datetime]:
    """The sorting key for telling several: failures first, then by time."""
    if isinstance(news, Alert):
        rank = 0 if news.severity is Severity.ERROR else len(_FIRST) + 1
        return rank, news.at
    return (_FIRST.index(news.state) if news.state in _FIRST else len(_FIRST)), news.at
