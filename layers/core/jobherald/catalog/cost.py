"""How a source is listed and what that costs, in words: what people choose a source and an interval by."""

from __future__ import annotations

from jobherald.catalog.source import Source, levels


def listed(source: Source) -> str:
    """What a poll asks for, and below what, such as ``the whole list, for each branch of each app``."""
    above = " of ".join(f"each {level.title}" for level in levels(source))
    return f"{how(source)}, for {above}" if above else how(source)


def how(source: Source) -> str:
    """What one list shows when it is asked again."""
    if "modified_after" in source.filters:
        return "what changed"
    if "created_after" in source.filters:
        return "from the oldest open job on"
    return "newest first" if source.newest_first else "the whole list"


def requests(source: Source) -> str:
    """What asking again takes, for each thing that it has to be asked below."""
    lists = 1 + len(source.variants)
    each = "a request" if lists == 1 else f"{lists} requests"
    cost = each
    if source.token_input:
        cost = f"{each} for each {source.page_size} jobs" if source.page_size else f"{each} for each page"
    return f"{cost}, and one to read each {source.batch.size}" if source.batch else cost


def told_by(source: Source) -> str:
    """Whether a change can be seen before the next poll."""
    return "events" if source.events else "polling"
