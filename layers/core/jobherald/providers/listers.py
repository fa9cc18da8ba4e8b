"""Which lister serves a source: its cloud's, or the class that the entry names because no data can describe its API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from jobherald.catalog.load import load
from jobherald.errors import ConfigError
from jobherald.model import Place
from jobherald.ports import Abilities, Lister, Page, ParentPage, Query, Sight
from jobherald.watch import Look

Clients = Callable[[str, str], Any]


class Listers:
    """``ports.Lister`` over all sources; each lister is made when it is first needed.

    ``by_cloud`` makes the lister of a provider. A class named by an entry (``module:Class``) is called with
    ``clients``, which makes a client for a service and a region.
    """

    def __init__(self, by_cloud: Mapping[str, Callable[[], Lister]], clients: Clients) -> None:
        self._by_cloud = by_cloud
        self._clients = clients
        self._made: dict[str, Lister] = {}

    def abilities(self, source: str) -> Abilities:
        """What the source's list operation can do. Raises ConfigError for a source that nobody can list."""
        return self._of(source).abilities(source)

    def page(self, place: Place, query: Query, token: str) -> Page:
        """One page. Raises ListingError."""
        return self._of(place.source).page(place, query, token)

    def look(self, look: Look) -> Sight:
        """One job. Raises ListingError."""
        return self._of(look.place.source).look(look)

    def parents(self, place: Place, token: str) -> ParentPage:
        """One page of what the source's list can be asked below. Raises ListingError."""
        return self._of(place.source).parents(place, token)

    def _of(self, source: str) -> Lister:
        entry = load(source)
        name = entry.lister or entry.provider
        if name not in self._made:
            self._made[name] = self._own(source, name) if entry.lister else self._cloud(source, name)
        return self._made[name]

    def _cloud(self, source: str, name: str) -> Lister:
        if name not in self._by_cloud:
            raise ConfigError(
                f"{source}: provider: no lister for {name!r}; there are {', '.join(sorted(self._by_cloud))}."
            )
        return self._by_cloud[name]()

    def _own(self, source: str, name: str) -> Lister:
        module, _, attribute = name.partition(":")
        try:
            made: Lister = getattr(import_module(module), attribute)(self._clients)
        except (ImportError, AttributeError) as error:
            raise ConfigError(
                f"{source}: lister: {name} cannot be loaded ({error}); it has to be in a layer."
            ) from error
        return made
