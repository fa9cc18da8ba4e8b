"""Lists and looks at jobs of ModelArts, by what their entries in the catalogue say."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Final, Protocol

from jobherald.catalog import load, paths
from jobherald.catalog.source import Source
from jobherald.errors import ListingError
from jobherald.model import Place
from jobherald.ports import Abilities, Page, ParentPage, Query, Sight
from jobherald.providers.abilities import abilities_of
from jobherald.providers.huaweicloud.calls import Answer, Call
from jobherald.providers.huaweicloud.paging import Ask, Paging
from jobherald.providers.huaweicloud.times import reader
from jobherald.providers.parents import parent_page, parents_of, rows_at
from jobherald.providers.rows import as_row, observe
from jobherald.watch import Look

CREDENTIAL: Final = "huaweicloud"
"""All calls are signed with one credential, so that its refusal concerns every place of this cloud."""

_LOG: Final = logging.getLogger(__name__)
_NO_ID: Final = frozenset({"", ".", ".."})


class Client(Protocol):
    """What makes the calls, such as ``HuaweiClient``."""

    def call(self, call: Call) -> Answer:
        """One call, tried once. Raises ListingError for everything but a JSON object, or *absent*."""
        ...


class HuaweiCloudLister:
    """The Lister for Huawei Cloud. Times without a zone are taken to be in ``zone``."""

    def __init__(self, client: Client, zone: timezone) -> None:
        self._client = client
        self._read_moment = reader(zone)

    def abilities(self, source: str) -> Abilities:
        """What the source's list operation can do. Raises ConfigError for a source that is not in the catalogue."""
        return abilities_of(load(source), CREDENTIAL)

    def page(self, place: Place, query: Query, token: str) -> Page:
        """One page. An empty one can have a token: a source may have more than one list.

        Rows that do not say which job they are about are left out, with a line in the log. Raises ListingError, and
        ConfigError for a source that is not in the catalogue.
        """
        source = load(place.source)
        paging = Paging(source.token_counts, source.page_size, 1 + len(source.variants))
        ask = _ask(paging, token, source.operation, place)
        members = {**source.parameters, **({}, *source.variants)[ask.list], **_filters(source, query)}
        members |= _window(ask, source.token_input, source.page_size_parameter)
        answer = self._call(_call(source, source.operation, place, members))
        rows = rows_at(source.items, answer.body)
        seen = [observe(source, place, row, answer.date, read_moment=self._read_moment) for row in rows]
        known = tuple(one for one in seen if one is not None)
        if len(known) < len(seen):
            _LOG.warning("%s: %d rows without %s left out", place.key, len(seen) - len(known), source.id_path)
        ids = [paths.text(source.id_path, row) for row in rows]
        return Page(known, answer.date, paging.next(token, ids))

    def look(self, look: Look) -> Sight:
        """One job, through the source's operation for one, in the form of a row of its list.

        Raises ListingError, also where the look lacks the id; ConfigError for a source that is not in the catalogue.
        """
        source = load(look.place.source)
        described = source.look
        if described is None:
            raise ListingError(
                f"A job of {source.id} in {look.place.key} cannot be looked at by itself. It is seen at the next poll.",
                kind="failed",
            )
        call = _call(source, described.operation, look.place, {}, look.id, described.not_found)
        answer = self._call(call)
        if answer.absent:
            return Sight(None, answer.date)
        row, extras = as_row(described, answer.body, frozenset(source.row))
        seen = observe(source, look.place, row, answer.date, known_id=look.id, read_moment=self._read_moment)
        if seen is None or seen.status in described.not_found:
            # Some services say so in the row itself.
            return Sight(None, answer.date)
        return Sight(seen, answer.date, extras)

    def parents(self, place: Place, token: str) -> ParentPage:
        """One page of what the source's list can be asked below.

        Raises ListingError, and ConfigError for a source that is not in the catalogue or is asked below nothing.
        """
        source = load(place.source)
        above = parents_of(source)
        paging = Paging(above.token_counts, above.page_size)
        ask = _ask(paging, token, above.operation, place)
        members = {**above.parameters, **_window(ask, above.token_input, above.page_size_parameter)}
        answer = self._call(_call(source, above.operation, place, members))
        ids = [paths.text(above.id_path, row) for row in rows_at(above.items, answer.body)]
        return parent_page(above, place, answer.body, answer.date, paging.next(token, ids))

    def _call(self, call: Call) -> Answer:
        """One call. Raises ListingError, also for a path that an id is missing in: its signature would be wrong."""
        if not _NO_ID.isdisjoint(call.path.split("/")[1:]):
            raise ListingError(
                f"{call.operation} cannot be called {call.where}: {call.path} lacks an id. Check the ids in"
                " HuaweiProjects and in the watch.",
                kind="failed",
            )
        return self._client.call(call)


def _ask(paging: Paging, token: str, operation: str, place: Place) -> Ask:
    try:
        return paging.ask(token)
    except ValueError:
        raise ListingError(
            f"{operation} no longer takes its page token in {place.key}. The listing begins anew.",
            kind="token",
        ) from None


def _call(
    source: Source,
    operation: str,
    place: Place,
    members: Mapping[str, Any],
    job_id: str = "",
    absent: tuple[str, ...] = (),
) -> Call:
    """The call with these members: of its body where it has one, else of its query."""
    sent = {"body": members} if operation.startswith("POST ") else {"query": members}
    return Call(operation, place, job_id, action=", ".join(source.actions), absent=absent, **sent)


def _window(ask: Ask, offset: str, limit: str) -> Mapping[str, int]:
    return {member: value for member, value in ((offset, ask.offset), (limit, ask.limit)) if member}


def _filters(source: Source, query: Query) -> Mapping[str, Any]:
    """What of the query the operation can filter by; times are milliseconds since 1970, as in its answers."""
    asked = {member: getattr(query, word) for word, member in source.filters.items()}
    return {member: _milliseconds(value) for member, value in asked.items() if value}


def _milliseconds(value: str | datetime) -> str | int:
    return int(value.timestamp() * 1000) if isinstance(value, datetime) else value
