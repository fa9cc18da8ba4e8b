"""Runs any list and describe operation that botocore knows, by what its entry in the catalogue says."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from botocore import xform_name
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import ListShape, OperationModel, OperationNotFoundError, StructureShape
from botocore.parsers import ResponseParserError

from jobherald.catalog import load, paths
from jobherald.catalog.source import Look as Described
from jobherald.catalog.source import Parents, Source
from jobherald.errors import ListingError
from jobherald.model import Place
from jobherald.ports import Abilities, Page, ParentPage, Query, Sight
from jobherald.providers.abilities import abilities_of
from jobherald.providers.refusals import INVALID_INPUT, Call, refused
from jobherald.providers.requests import (
    filled,
    given_by,
    list_request,
    look_request,
    member_at,
    put,
    put_page_size,
)
from jobherald.providers.rows import as_row, moment, observe, shows_none
from jobherald.watch import Look

ClientFactory = Callable[[str, str], BaseClient]

_LOG: Final = logging.getLogger(__name__)

# Besides its own errors botocore lets through whatever its parser stumbles over in an answer that does not have the
# form of its model. One such answer is this place's trouble and nobody else's.
_RAISED: Final = (
    BotoCoreError,
    ClientError,
    OperationNotFoundError,
    ResponseParserError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class AwsLister:
    """The Lister for AWS.

    ``clients`` makes a botocore client for a service and a region. It has to try each call once and with short
    time-outs: what waits here is a function that is paid for.
    """

    def __init__(self, clients: ClientFactory) -> None:
        self._make = clients
        self._clients: dict[tuple[str, str], BaseClient] = {}

    def abilities(self, source: str) -> Abilities:
        """What the source's list operation can do. Raises ConfigError for a source that is not in the catalogue."""
        return abilities_of(load(source))

    def page(self, place: Place, query: Query, token: str) -> Page:
        """One page. An empty one can have a token: services filter after paging.

        Rows that do not say which job they are about are left out, with a line in the log. Raises ListingError, and
        ConfigError for a source that is not in the catalogue.
        """
        source = load(place.source)
        number, token = _which_list(source, place, token)
        call = _call(source.client, source.operation, place, token)
        try:
            client = self._client(source.client, place)
            shape = _model(client, source.operation).input_shape
            variant = source.variants[number - 1] if number else {}
            request = list_request(
                source, query, token, shape, given=given_by(source, place), variant=variant
            )
            answer = _send(client, source.operation, request)
            rows = paths.find(source.items, answer) or ()
            date = _date(answer, call)
            if source.batch is not None:
                from jobherald.providers.batches import read

                operation = source.batch.operation
                call = _call(source.client, operation, place)
                rows = read(source, place, rows, lambda sent: _send(client, operation, sent), _reader(source))
        except ClientError as error:
            raise _no_such_parent(source, error, call) or refused(error, call) from None
        except _RAISED as error:
            raise refused(error, call) from None
        seen = [observe(source, place, row, date, read_moment=_reader(source)) for row in rows]
        known = tuple(one for one in seen if one is not None)
        if len(known) < len(seen):
            _LOG.warning("%s: %d rows without %s left out", place.key, len(seen) - len(known), source.id_path)
        return Page(known, date, _token_after(source, number, paths.text(source.token_output, answer)))

    def look(self, look: Look) -> Sight:
        """One job, through the source's describe operation, in the form of a row of its list.

        Raises ListingError, also where the look lacks the id or name that the operation takes; ConfigError for a
        source that is not in the catalogue.
        """
        source = load(look.place.source)
        described = source.look
        if described is None:
            raise _not_by_itself(source, look)
        call = _call(described.client or source.client, described.operation, look.place)
        try:
            client = self._client(described.client or source.client, look.place)
            members = _row_members(self._client(source.client, look.place), source)
            request = look_request(source, described, look, _model(client, described.operation).input_shape)
            if request is None:
                raise _not_by_itself(source, look)
            answer = _send(client, described.operation, request)
        except ClientError as error:
            if _no_such_job(described, error):
                return Sight(None, _date(error.response, call))
            raise refused(error, call) from None
        except _RAISED as error:
            raise refused(error, call) from None
        date = _date(answer, call)
        if shows_none(described, answer):
            return Sight(None, date)
        row, extras = as_row(described, answer, members)
        if described.reason_path:
            code = described.reason_code_path or source.reason_code_path
            source = replace(source, reason_path=described.reason_path, reason_code_path=code)
        seen = observe(source, look.place, row, date, known_id=look.id, read_moment=_reader(source))
        if seen is None:
            raise ListingError(
                f"{call.action} answered {call.where} without {source.id_path}.", kind="failed"
            )
        return Sight(seen, date, extras)

    def parents(self, place: Place, token: str) -> ParentPage:
        """One page of what the source's list can be asked below.

        Raises ListingError, and ConfigError for a source that is not in the catalogue or is asked below nothing.
        """
        # Imported where it is needed: most sources are asked below nothing, and a cold start pays for every module.
        from jobherald.providers.parents import parents_of

        source = load(place.source)
        parents = parents_of(source)
        return self._walked(source, parents, place, token)

    def _walked(self, source: Source, listed: Parents, place: Place, token: str) -> ParentPage:
        """One page of a level of parents, which may have to be asked below each of the level above it."""
        outer = listed.above
        if outer is None:
            return self._parents(source, listed, place, token)
        from jobherald.providers.levels import walk

        return walk(
            token,
            lambda token: self._walked(source, outer, place, token),
            lambda above, token: self._parents(source, listed, place, token, above),
        )

    def _parents(
        self, source: Source, listed: Parents, place: Place, token: str, above: str = ""
    ) -> ParentPage:
        """One page of one level of parents: of those below ``above``, where there is a level above them."""
        from jobherald.providers.parents import parent_page

        client_name = listed.client or source.client
        call = _call(client_name, listed.operation, replace(place, parent=above), token)
        top, not_found = "", listed.above.not_found if listed.above is not None else ()
        if listed.above is not None and listed.above.above is not None:
            from jobherald.catalog.nested import apart

            top, above = apart(above)
        given = {"{account}": place.account, "{above}": above, "{top}": top}
        request: dict[str, Any] = {}
        for member, value in listed.parameters.items():
            put(request, member, filled(value, given))
        if token:
            put(request, listed.token_input, token)
        try:
            client = self._client(client_name, place)
            if listed.page_size_parameter:
                shape = _model(client, listed.operation).input_shape
                put_page_size(request, listed.page_size_parameter, listed.page_size, shape)
            answer = _send(client, listed.operation, request)
        except _RAISED as error:
            code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""
            if code and code in not_found:
                raise ListingError(
                    f"{above} is no longer there {call.region} ({code}).", kind="absent", code=code
                ) from None
            raise refused(error, call) from None
        date = _date(answer, call)
        return parent_page(listed, place, answer, date, paths.text(listed.token_output, answer))

    def _client(self, name: str, place: Place) -> BaseClient:
        key = (name, place.region)
        if key not in self._clients:
            self._clients[key] = self._make(*key)
        return self._clients[key]


def _send(client: BaseClient, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
    """One call. What the service sends and botocore's model does not know is dropped by botocore's parser."""
    answer: Mapping[str, Any] = getattr(client, xform_name(operation))(**request)
    # botocore reads a proxy's page of HTML as an answer without members: a place that suddenly has no jobs at all.
    if _headers(answer).get("content-type", "").startswith("text/html"):
        raise ResponseParserError("text/html")
    return answer


def _call(client: str, operation: str, place: Place, token: str = "") -> Call:
    return Call(f"{client}:{operation}", place, token)


def _which_list(source: Source, place: Place, token: str) -> tuple[int, str]:
    """The number of the list that the token is of, and the service's own token.

    Where a source has several lists a token is told from those of the others by the list's number before a colon.
    Raises ListingError for a token of no list.
    """
    last = len(source.variants)
    if not last:
        return 0, token
    number, _, rest = (token or "0:").partition(":")
    if not (number.isdecimal() and int(number) <= last):
        raise ListingError(f"The page token in {place.key} is of no list. It begins anew.", kind="token")
    return int(number), rest


def _token_after(source: Source, number: int, token: str) -> str:
    """The token of the next page: of the list with this number, or of the one after it where it has ended."""
    if not source.variants:
        return token
    if token:
        return f"{number}:{token}"
    return f"{number + 1}:" if number < len(source.variants) else ""


def _reader(source: Source) -> Callable[[Any], datetime | None]:
    if not source.times:
        return moment
    from jobherald.providers.moments import reader

    return reader(source.times)


def _not_by_itself(source: Source, look: Look) -> ListingError:
    return ListingError(
        f"A job of {source.id} in {look.place.key} cannot be looked at by id {look.id!r} and name"
        f" {look.name!r}. It is seen at the next poll.",
        kind="failed",
    )


def _no_such_parent(source: Source, error: ClientError, call: Call) -> ListingError | None:
    code = error.response.get("Error", {}).get("Code", "")
    if source.parent is None or code not in source.parent.not_found:
        return None
    return ListingError(
        f"The {source.parent.title} {call.place.parent} is not there {call.region} ({code}): it was deleted, or its id is"
        " wrong. Take it out of the watch, or correct the id.",
        kind="absent",
        code=code,
    )


def _model(client: BaseClient, operation: str) -> OperationModel:
    return client.meta.service_model.operation_model(operation)


def _row_members(client: BaseClient, source: Source) -> frozenset[str]:
    """The members that a row of the source's list has."""
    listed = source.batch or source
    operation, items = listed.operation, listed.items
    shape = member_at(_model(client, operation).output_shape, items)
    if isinstance(shape, ListShape):
        shape = shape.member
    return frozenset(shape.members) if isinstance(shape, StructureShape) else frozenset()


def _no_such_job(described: Described, error: ClientError) -> bool:
    told = error.response.get("Error", {})
    code, message = told.get("Code", ""), told.get("Message", "")
    return code in described.not_found or (
        bool(described.not_found_message)
        and described.not_found_message in message
        and INVALID_INPUT.search(code) is not None
    )


def _date(response: Mapping[str, Any], call: Call) -> datetime:
    """The answer's own date. There is no other clock to fall back to: ours may differ from the service's."""
    try:
        date = parsedate_to_datetime(_headers(response).get("date", ""))
    except ValueError:
        raise ListingError(
            f"{call.action} answered {call.where} without a Date. Look for a proxy that removes it.",
            kind="failed",
        ) from None
    return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)


def _headers(response: Mapping[str, Any]) -> Mapping[str, str]:
    headers: Mapping[str, str] = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return headers
