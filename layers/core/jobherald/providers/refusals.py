"""Says what a refused call means to the place and what to do about it, in words that carry no secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)

from jobherald.errors import ListingError
from jobherald.model import Place
from jobherald.providers.failures import no_such_host, quoted, without

# Codes: the common errors of AWS (docs: "Common Errors" of each API reference), those that services model, and
# botocore's own list of throttling codes.
NOT_ALLOWED: Final = {
    "AccessDenied",
    "AccessDeniedException",
    "ForbiddenException",
    "NotAuthorized",
    "NotAuthorizedException",
    "UnauthorizedOperation",
}
BAD_CREDENTIALS: Final = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
THROTTLED: Final = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceeded",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequests",
    "TooManyRequestsException",
}
_OFF: Final = {
    "InvalidAction",
    "OptInRequired",
    "SubscriptionRequiredException",
    "UnknownOperationException",
    "UnsupportedOperation",
    "UnsupportedOperationException",
}
_TOKEN_CODE: Final = re.compile(r"(Pagination|Next|Page|Continuation)_?Token", re.IGNORECASE)
_TOKEN_TEXT: Final = re.compile(r"(pagination|next|page|continuation)[\s_-]?token|\bmarker\b", re.IGNORECASE)
INVALID_INPUT: Final = re.compile(r"Validation|Invalid(Parameter|Request|Input|Argument)|BadRequest")
"""Codes with which services refuse what they were sent, whatever is wrong with it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call as its errors name it: the IAM action, the place, and the page token that no text may repeat."""

    action: str
    place: Place
    token: str = ""

    @property
    def region(self) -> str:
        """The account and the region as sentences name them."""
        return f"in account {self.place.account}, {self.place.region}"

    @property
    def where(self) -> str:
        """The region, and what the list was asked below."""
        return f"{self.region}, below {self.place.parent}" if self.place.parent else self.region


def refused(error: Exception, call: Call) -> ListingError:
    """The ListingError that stands for what botocore raised."""
    if isinstance(error, ClientError):
        return _answered(error.response, call)
    code = type(error).__name__
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return _denied_credentials(call, code)
    if isinstance(error, EndpointConnectionError) and no_such_host(error.kwargs.get("error")):
        return ListingError(
            f"{call.action} has no endpoint {call.where} ({code}). Take this region out of the watch, or watch a"
            " source that the region has.",
            kind="off",
            code=code,
        )
    if isinstance(error, BotoCoreError):
        return _failed(call, code, "There was no usable answer")
    return _failed(call, code, "The answer could not be read")


def _answered(response: Any, call: Call) -> ListingError:
    error = response.get("Error", {})
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    http = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in BAD_CREDENTIALS:
        # Such messages repeat the signed request, session token included.
        return _denied_credentials(call, code)
    if code in _OFF:
        return ListingError(
            f"{call.action} is not there {call.where} ({code}). Switch the service or region on for the account, or"
            f" take it out of the watch.{quoted(without(message, call.token))}",
            kind="off",
            code=code,
        )
    if code in THROTTLED or http == 429:  # noqa: PLR2004
        return ListingError(
            f"{call.action} is throttled {call.where} ({code}). The place is polled less often for a while; if this"
            " lasts, poll it less often or ask AWS for a higher rate.",
            kind="throttled",
            code=code,
        )
    if _TOKEN_CODE.search(code) or (
        call.token and INVALID_INPUT.search(code) and _TOKEN_TEXT.search(message)
    ):
        return ListingError(
            f"{call.action} no longer takes its page token {call.where} ({code}). The listing begins anew.",
            kind="token",
            code=code,
        )
    if code in NOT_ALLOWED or http == 403:  # noqa: PLR2004
        return ListingError(
            f"{call.action} is denied {call.where} ({code}). Allow the action {call.action} in {call.place.region} to the"
            " function's role, and look for a policy of the organization that denies it."
            f"{quoted(without(message, call.token))}",
            kind="denied",
            code=code,
        )
    return _failed(call, code, "The service refused or failed", message)


def _denied_credentials(call: Call, code: str) -> ListingError:
    return ListingError(
        f"{call.action} is denied {call.where}: the credentials were not taken ({code}). Check the role of the"
        " function and that the region is switched on for the account.",
        kind="denied",
        code=code,
    )


def _failed(call: Call, code: str, what: str, message: str = "") -> ListingError:
    return ListingError(
        f"{call.action} failed {call.where} ({code}). {what}; it is called again at the next poll."
        f"{quoted(without(message, call.token))}",
        kind="failed",
        code=code,
    )
