"""How news reads, in the words that every channel shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from jobherald.catalog.nested import readable
from jobherald.catalog.source import Source, levels
from jobherald.catalog.words import provider_name, tenancy_word
from jobherald.channels.message import source_of
from jobherald.channels.text import duration
from jobherald.model import Alert, AlertKind, Change, Place, Progress, Severity, State, Story

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
_WHOLE: Final = 100
_OWN_COUNTERS: Final = frozenset({"done", "failed", "remaining", "total"})


def name_of(change: Change) -> str:
    """What people call the job: its name, else the service's id."""
    return change.name or change.key.id


def where(place: Place) -> str:
    """``eu-west-1, account 111122223333``, and what the jobs lie in, if anything: ``…, dataset g6IO9qSu6hoxwCAirfm``."""
    source = source_of(place.source)
    account = f"{tenancy_word(source)} {place.account}" if place.account else ""
    return ", ".join(word for word in (place.region, account, below(place, source)) if word)


def below(place: Place, source: Source) -> str:
    """What the jobs of a place lie in, ``dataset g6IO9qSu6hoxwCAirfm``; empty where they lie in nothing."""
    title = source.parent.title if source.parent else ""
    return f"{title} {parent_name(place, source)}".lstrip() if place.parent else ""


def parent_name(place: Place, source: Source) -> str:
    """What the jobs of a place lie in, as people read it: ``HighPriority`` of a queue's ARN."""
    return readable(place.parent, len(list(levels(source))) or 1)


def status_words(status: str, source: Source) -> str:
    """The service's own word for a state, ``failed (2)`` where that is a number."""
    word = source.status_words.get(status, "")
    return f"{word} ({status})" if word else status


def changes_of(story: Story) -> Sequence[Change]:
    """Each change of a job once, in their order: those told on some channel and those still owed."""
    told = (each.news for each in story.deliveries if isinstance(each.news, Change))
    once = {change.version: change for change in (*told, *story.owed)}
    return [once[version] for version in sorted(once)]


def seen_running(story: Story, before: int) -> datetime | None:
    """The date of the answer that first showed the job running, in the run that version ``before`` belongs to.

    None where that was not told: what was told is all that is remembered.
    """
    seen = [one.seen_at for one in changes_of(story) if one.state is State.RUNNING and one.version < before]
    return seen[-1] if seen else None


def what_happened(change: Change, story: Story | None = None) -> str:
    """The rest of the sentence that the job's name begins: ``failed after 2 h 14 min``.

    Of a job whose service gives times in no time zone only what was seen is known: ``failed, seen running for 2 h``.
    """
    happened = STATE_WORDS[change.state]
    if not change.state.is_outcome:
        return happened
    if source_of(change.key.place.source).created_doubt:
        ran = seen_running(story, change.version) if story else None
        return f"{happened}, seen running for {_between(ran, change.seen_at)}" if ran else happened
    if change.created_at is None:
        return happened
    return f"{happened} after {_between(change.created_at, change.ended_at or change.at)}"


def _between(start: datetime, end: datetime) -> str:
    return duration((end - start).total_seconds())


def alert_headline(alert: Alert) -> str:
    """An alert in a few words of our own."""
    if alert.place is None:
        provider = provider_name(alert.subject.rpartition("/")[2])
        return {
            AlertKind.CANARY: "jobherald is running",
            AlertKind.CONFIG_REFUSED: "The configuration was refused",
            AlertKind.CREDENTIAL_REFUSED: f"{provider} refuses the credential",
            AlertKind.CREDENTIAL_TAKEN: f"{provider} takes the credential again",
        }.get(alert.kind, "A notice to the operators")
    source = source_of(alert.place.source)
    # Its id is text from outside, and stands below.
    of_one = f" of one {source.parent.title}" if source.parent and alert.place.parent else ""
    what = f"{source.title}s{of_one} in {alert.place.region}"
    return {
        AlertKind.WATCHING: f"Watching {what}",
        AlertKind.BLIND: f"Cannot see {what}",
        AlertKind.SEES_AGAIN: f"Seeing {what} again",
        AlertKind.BEHIND: f"Cannot keep up with {what}",
        AlertKind.CAUGHT_UP: f"Keeping up with {what} again",
        AlertKind.UNKNOWN_STATUS: f"A new status among {what}",
    }.get(alert.kind, f"A notice about {what}")


def progress_words(progress: Progress | None, source: Source, *, brief: bool = False) -> str:
    """``380 of 400 objects labeled, 20 failed, 300 human (95 %)``; empty where nothing is counted.

    Where the service gives a percentage of its own the counters are about something else: ``10 % done, 30 of 49 annotated``.
    ``brief`` leaves out the service's further counters.
    """
    if progress is None:
        return ""
    counters = progress.counters
    words = [_done(counters, source.counters.noun if source.counters else "done")]
    if counters.get("failed"):
        words.append(f"{counters['failed']:,} failed")
    further = {} if brief else {name: count for name, count in counters.items() if name not in _OWN_COUNTERS}
    words += [f"{count:,} {name.replace('_', ' ')}" for name, count in further.items() if count]
    sentence = ", ".join(word for word in words if word)
    percent = "" if progress.percent is None else f"{progress.percent:.0f} %"
    if not (sentence and percent):
        return sentence or percent
    if _says_all(progress, source):
        return sentence
    return f"{percent} done, {sentence}" if _is_own(source) else f"{sentence} ({percent})"


def _done(counters: Mapping[str, int], noun: str) -> str:
    """``380 of 400 objects labeled``, or the one of the two that the service counts: absent is not 0."""
    done, total = counters.get("done"), counters.get("total")
    if done is None:
        return "" if total is None else f"{total:,} in all"
    return f"{done:,} {noun}" if total is None else f"{done:,} of {total:,} {noun}"


def _says_all(progress: Progress, source: Source) -> bool:
    """Whether a percentage would add nothing to the counters.

    The service's own is about its job, and the counters may be about what was there before it: they do not follow
    from each other.
    """
    if progress.percent is not None and progress.percent >= _WHOLE:
        return True
    counters = progress.counters
    is_over = "total" in counters and counters.get("done", 0) + counters.get("failed", 0) >= counters["total"]
    return is_over and not _is_own(source)


def _is_own(source: Source) -> bool:
    """Whether the percentage is one that the service gives, about the job itself."""
    return source.counters is not None and source.counters.percent != ""


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


def late_words(change: Change) -> str:
    """``this place could not be seen from 2026-11-22 13:02 to 13:47 UTC``; empty for a change that is told in time.

    It was seen again by the answer that showed the change.
    """
    if change.unseen_since is None:
        return ""
    since, until = (at.astimezone(UTC) for at in (change.unseen_since, change.seen_at))
    end = f"{until:%H:%M}" if since.date() == until.date() else f"{until:%Y-%m-%d %H:%M}"
    return f"this place could not be seen from {since:%Y-%m-%d %H:%M} to {end} UTC"


def utc(at: datetime) -> str:
    """``2026-11-22 11:00 UTC``."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def order(news: Change | Alert) -> tuple[int, datetime]:
    """The sorting key for telling several: failures first, then by time."""
    if isinstance(news, Alert):
        rank = 0 if news.severity is Severity.ERROR else len(_FIRST) + 1
        return rank, news.at
    return (_FIRST.index(news.state) if news.state in _FIRST else len(_FIRST)), news.at
