"""Why a job was not started, told from the service's refusal, with what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ParamValidationError,
    ProxyConnectionError,
    SSLError,
)

from jobherald.errors import JobheraldError

_TAKEN: Final = frozenset({"ResourceInUse", "ResourceInUseException"})
_LIMITS: Final = frozenset(
    {"ResourceLimitExceeded", "LimitExceededException", "ServiceQuotaExceededException"}
)
_THROTTLED: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_DENIED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "NotAuthorized", "UnauthorizedOperation"}
)
# What a service says to these may repeat the request with its signature, so no word of it is told.
_CREDENTIALS: Final = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_MISMATCH: Final = "IdempotentParameterMismatchException"
_UNSENT: Final = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
# A request with tags takes sagemaker:AddTags, too, and one with a role iam:PassRole.
_ACTION: Final = re.compile(r"not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)")
_LONGEST: Final = 500
_SERVER_ERROR: Final = 500


Kind = Literal["taken", "refused", "limit", "throttled", "denied", "credentials", "unsent", "unknown"]


class StartError(JobheraldError):
    """A job was not started, or nobody knows whether it was.

    ``kind`` says why: the name belongs to another job; the service found the request wrong; a quota is used up; too many
    calls; no permission; the credentials were not taken; the service could not be reached; it gave no answer that tells.
    With all but the last nothing was started. ``code`` is the service's own word, or botocore's.
    """

    def __init__(self, message: str, *, kind: Kind, code: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code


class UnansweredError(Exception):
    """The request may have arrived, and no answer says what became of it; the text is the fault's name."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call as its refusals name it: the operation, the service's name and the region; the job's name, its role."""

    operation: str
    service: str
    region: str
    name: str
    role: str = ""

    @property
    def action(self) -> str:
        """The permission that the call takes."""
        return f"{self.service.lower()}:{self.operation}"


def refused(attempt: Attempt, error: Exception) -> Exception:
    """What an exception of the call means: a StartError, an UnansweredError, or itself.

    It is itself where the call could not even be made, as without credentials.
    """
    if isinstance(error, ClientError):
        return _answered(attempt, error)
    if isinstance(error, ParamValidationError):
        return _not_started(attempt, "refused", "", f"the request cannot be sent: {_line(str(error))}")
    if isinstance(error, _UNSENT) or (isinstance(error, SSLError) and "CERTIFICATE_VERIFY" in str(error)):
        return _not_started(
            attempt,
            "unsent",
            type(error).__name__,
            f"{attempt.service} in {attempt.region} cannot be reached ({type(error).__name__}). Check the region and the"
            " network",
        )
    # A connection whose encryption breaks may do so after the request was sent.
    if isinstance(error, BotoCoreError) and not isinstance(error, (HTTPClientError, SSLError)):
        return error
    return UnansweredError(type(error).__name__)


def _answered(attempt: Attempt, error: ClientError) -> Exception:
    told = error.response.get("Error", {})
    code, message = str(told.get("Code", "")), _line(str(told.get("Message", "")))
    said = f"{message.removesuffix('.')} ({code})" if message else code
    if code in _TAKEN:
        return _not_started(
            attempt,
            "taken",
            code,
            f"a labeling job called {attempt.name} is already in {attempt.region}. Choose another name: it may not differ"
            " in upper and lower case alone, and that of a job that has ended is not free either",
        )
    if code in _THROTTLED:
        return _not_started(
            attempt,
            "throttled",
            code,
            f"{attempt.service} is asked too often ({code}). Wait a minute and start it again",
        )
    if code in _LIMITS:
        return _not_started(
            attempt,
            "limit",
            code,
            f"{attempt.service} takes no further job in {attempt.region}: {said}. Wait until one has ended, or ask for a"
            " higher quota in the Service Quotas console",
        )
    if code in _CREDENTIALS:
        return _not_started(
            attempt,
            "credentials",
            code,
            f"the AWS credentials were not taken ({code}). Renew them, and start it again",
        )
    if code in _DENIED:
        return _not_started(
            attempt, "denied", code, f"AWS refused it: {said}. {_permission(attempt, message)}"
        )
    if code == _MISMATCH:
        return _not_started(
            attempt,
            "refused",
            code,
            "another request was sent with this ClientRequestToken before. Give this one a token of its own, or none",
        )
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= _SERVER_ERROR:
        return UnansweredError(code)
    return _not_started(
        attempt,
        "refused",
        code,
        f"{attempt.service} found the request wrong: {said}. Correct it, and start it again",
    )


def _permission(attempt: Attempt, message: str) -> str:
    found = _ACTION.search(message)
    action = found[1] if found else attempt.action
    if action == "iam:PassRole":
        service = f"{attempt.service.lower()}.amazonaws.com"
        return f"Whoever starts the job needs it on {attempt.role}, with {service} as iam:PassedToService"
    return f"Use credentials that may do {action}"


def _not_started(attempt: Attempt, kind: Kind, code: str, why: str) -> StartError:
    what = attempt.name or "The job"
    return StartError(f"{what} was not started: {why}.", kind=kind, code=code)


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
