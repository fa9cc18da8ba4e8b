"""Sources as people name them on a command line: an id, a whole service as ``glue.*``, with what is near to a typo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from jobherald.cli.trouble import Trouble

if TYPE_CHECKING:
    from jobherald.catalog.source import Source


# Older versions of click, which the command still works with, have no type arguments at run time.
if TYPE_CHECKING:
    _ParamType = click.ParamType[str]
else:
    _ParamType = click.ParamType


class SourceId(_ParamType):
    """The id of a source of the catalogue, which is read only when there is one to check."""

    name = "source"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from jobherald.catalog import all_sources
        from jobherald.catalog.selection import nearest

        known = [source.id for source in all_sources()]
        if value not in known:
            self.fail(f"{value} is no source{nearest(value, known)}", param, ctx)
        return str(value)


def chosen(words: Iterable[str], known: Mapping[str, Source], *, has_own: bool = True) -> list[Source]:
    """The sources that these words mean, each once, in their order. Raises Trouble for a word that means none.

    ``has_own`` says whether a document was given, which can have sources that nothing else has.
    """
    from jobherald.catalog.selection import WHOLE, nearest, services_of

    services = services_of(known)
    found: dict[str, Source] = {}
    for word in words:
        service = word.removesuffix(WHOLE)
        members: Sequence[str] = services.get(service, ()) if word.endswith(WHOLE) else [word]
        if not members:
            raise Trouble(f"{service} is no service{nearest(service, services)}")
        for member in members:
            if member not in known:
                raise Trouble(_no_source(member, known, services, has_own=has_own))
            found[member] = known[member]
    return list(found.values())


def _no_source(word: str, known: Mapping[str, Source], services: Mapping[str, Any], *, has_own: bool) -> str:
    from jobherald.catalog.selection import WHOLE, nearest

    service = word.rstrip("*").rstrip(".")
    if not word.strip():
        return "--source was given no text; name a source, as `jobherald sources` has it."
    if "," in word:
        return f"{word} is no source; repeat --source for each of several."
    if service in services:
        return f"{word} is no source; '{service}{WHOLE}' means all of a service."
    own = (
        ""
        if has_own or service.partition(".")[0] in services
        else " A source of your own needs --config FILE."
    )
    return f"{word} is no source{nearest(word, known)}{own}"
