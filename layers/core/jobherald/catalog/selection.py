"""Sources by the words that a deployment names them with: an id, or a whole service as ``glue.*``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from jobherald.catalog.load import all_sources
from jobherald.catalog.source import Source
from jobherald.errors import ConfigError

WHOLE: Final = ".*"
"""What stands behind the name of a service for all sources that the catalogue has of it."""

_PLAIN_BYTES: Final = 1024
# All variables of a function together take 4,096 bytes, and there are some twenty others.
_MOST_BYTES: Final = 2560


def expanded(words: Iterable[str]) -> tuple[str, ...]:
    """The ids that these words mean, each once, in their order.

    An id is taken as it is, known or not: what a word of one's own means is known elsewhere. Raises ConfigError for a
    service that the catalogue does not have.
    """
    given = tuple(words)
    # Nearly every deployment names ids alone, and reads no more of the catalogue than these.
    if not any(word.endswith(WHOLE) for word in given):
        return tuple(dict.fromkeys(given))
    services = services_of(source.id for source in all_sources())
    found: dict[str, None] = {}
    for word in given:
        if not word.endswith(WHOLE):
            found[word] = None
            continue
        service = word.removesuffix(WHOLE)
        if service not in services:
            raise ConfigError(f"There is no service {service!r} in the catalogue{nearest(service, services)}")
        found |= dict.fromkeys(services[service])
    return tuple(found)


def written(ids: Sequence[str]) -> str:
    """These ids as one text that a parameter and a function's environment can hold, with commas between.

    Many are shortened: those of a service that is there as a whole become ``service.*``. Raises ConfigError where that
    is still too long.
    """
    text = ",".join(ids)
    if len(text) > _PLAIN_BYTES:
        text = ",".join(_shortened(ids))
    if len(text) > _MOST_BYTES:
        raise ConfigError(
            f"The names of these {len(ids)} sources take {len(text)} bytes, and a function's environment has room for"
            f" {_MOST_BYTES}. Take whole services, such as {ids[0].partition('.')[0]}{WHOLE}, or fewer sources."
        )
    return text


def whole_services(ids: Iterable[str]) -> tuple[str, ...]:
    """The word of each service whose sources are all among these ids, sorted."""
    given = set(ids)
    services = services_of(source.id for source in all_sources())
    return tuple(f"{service}{WHOLE}" for service, members in services.items() if given.issuperset(members))


def services_of(ids: Iterable[str]) -> dict[str, list[str]]:
    """Ids by what stands before their dot, both sorted."""
    found: dict[str, list[str]] = {}
    for source_id in sorted(ids):
        found.setdefault(source_id.partition(".")[0], []).append(source_id)
    return found


def fits(source: Source, words: Iterable[str]) -> bool:
    """Whether each of these words is in the source's id, title or service, in upper or lower case."""
    text = f"{source.id} {source.title} {source.client}".casefold()
    return all(word.casefold() in text for word in words)


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about a word that nothing is called: which ones look like it, or where all of them are."""
    import difflib

    close = difflib.get_close_matches(word, sorted(known), n=3, cutoff=0.6)
    if close:
        return f"; did you mean {' or '.join(close)}?"
    return "; `jobherald sources` shows what there is."


def _shortened(ids: Sequence[str]) -> list[str]:
    whole = set(whole_services(ids))
    words = (
        word if (word := f"{source_id.partition('.')[0]}{WHOLE}") in whole else source_id for source_id in ids
    )
    return list(dict.fromkeys(words))
