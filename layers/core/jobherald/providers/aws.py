"""Runs any list and describe operation that botocore knows, by what its entry in the catalogue says."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
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
from jobherald.catalog.source import Source
from jobherald.errors import ListingError
from jobherald.model import Place
from jobherald.ports import Abilities, Page, ParentPage, Query, Sight
from jobherald.providers.abilities import abilities_of
from jobherald.providers.refusals import Call, refused
from jobherald.providers.requests import list_request, look_request, member_at
from jobherald.providers.rows import as_row, observe
from jobherald.watch import Look

ClientFactory = Callable[[str, str], BaseClient]

_LOG: Final = logging.getLogger(__name__)

# A parameter of the list that stands for what it is asked below.
_PARENT: Final = "{parent}"

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
        call = _call(source, source.operation, place, token)
        try:
            client = self._client(source, place)
            shape = _model(client, source.operation).input_shape
            request = list_request(source, query, token, shape)
            answer = _send(client, source.operation, _below(place, request))
        except ClientError as error:
            raise _no_such_parent(source, error, call) or refused(error, call) from None
        except _RAISED as error:
            raise refused(error, call) from None
        date = _date(answer, call)
        rows = paths.find(source.items, answer) or ()
        seen = [observe(source, place, row, date) for row in rows]
        known = tuple(one for one in seen if one is not None)
        if len(known) < len(seen):
            _LOG.warning("%s: %d rows without %s left out", place.key, len(seen) - len(known), source.id_path)
        return Page(known, date, paths.text(source.token_output, answer))

    def look(self, look: Look) -> Sight:
        """One job, through the source's describe operation, in the form of a row of its list.

        Raises ListingError, also where the look lacks the id or name that the operation takes; ConfigError for a
        source that is not in the catalogue.
        """
        source = load(look.place.source)
        described = source.look
        request = look_request(described, look) if described else None
        if described is None or request is None:
            raise ListingError(
                f"A job of {source.id} in {look.place.key} cannot be looked at by id {look.id!r} and name"
                f" {look.name!r}. It is seen at the next poll.",
                kind="failed",
            )
        call = _call(source, described.operation, look.place)
        try:
            client = self._client(source, look.place)
            members = _row_members(client, source)
            answer = _send(client, described.operation, request)
        except ClientError as error:
            if _no_such_job(described, error):
                return Sight(None, _date(error.response, call))
            raise refused(error, call) from None
        except _RAISED as error:
            raise refused(error, call) from None
        date = _date(answer, call)
        row, extras = as_row(described, answer, members)
        seen = observe(source, look.place, row, date, known_id=look.id)
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
        from jobherald.providers.parents import parent_page, parents_of

        source = load(place.source)
        above = parents_of(source)
        call = _call(source, above.operation, place, token)
        request: dict[str, Any] = {**above.parameters}
        if above.page_size_parameter:
            request[above.page_size_parameter] = above.page_size
        if token:
            request[above.token_input] = token
        try:
            answer = _send(self._client(source, place), above.operation, request)
        except _RAISED as error:
            raise refused(error, call) from None
        return parent_page(above, place, answer, _date(answer, call), paths.text(above.token_output, answer))

    def _client(self, source: Source, place: Place) -> BaseClient:
        key = (source.client, place.region)
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


def _call(source: Source, operation: str, place: Place, token: str = "") -> Call:
    return Call(f"{source.client}:{operation}", place, token)


def _below(place: Place, request: Mapping[str, Any]) -> Mapping[str, Any]:
    return {member: place.parent if value == _PARENT else value for member, value in request.items()}


def _no_such_parent(source: Source, error: ClientError, call: Call) -> ListingError | None:
    code = error.response.get("Error", {}).get("Code", "")
    if source.parent is None or code not in source.parent.not_found:
        return None
    return ListingError(
        f"The {source.parent.title} {call.place.parent} is not there {call.where} ({code}): it was deleted, or its id is"
        " wrong. Take it out of the watch, or correct the id.",
        kind="absent",
        code=code,
    )


def _model(client: BaseClient, operation: str) -> OperationModel:
    return client.meta.service_model.operation_model(operation)


def _row_members(client: BaseClient, source: Source) -> frozenset[str]:
    """The members that a row of the source's list has."""
    shape = member_at(_model(client, source.operation).output_shape, source.items)
    if isinstance(shape, ListShape):
        shape = shape.member
    return frozenset(shape.members) if isinstance(shape, StructureShape) else frozenset()


def _no_such_job(described: Described, error: ClientError) -> bool:
    told = error.response.get("Error", {})
    code, message = told.get("Code", ""), told.get("Message", "")
    return code in described.not_found or (
        code == "ValidationException"
        and bool(described.not_found_message)
        and described.not_found_message in message
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
