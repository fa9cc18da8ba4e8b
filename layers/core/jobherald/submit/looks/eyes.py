"""Bounded looks at AWS: read-only, each call made once, and whoever cannot see says why."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from botocore import xform_name
from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

from jobherald.errors import JobheraldError

ClientFactory = Callable[[str, str], Any]
"""Makes the botocore client of a service in a region. It has to try each call once, and with short time-outs."""

OPERATIONS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("iam", "GetPolicy"): "iam:GetPolicy",
        ("iam", "GetPolicyVersion"): "iam:GetPolicyVersion",
        ("iam", "GetRole"): "iam:GetRole",
        ("iam", "GetRolePolicy"): "iam:GetRolePolicy",
        ("iam", "ListAttachedRolePolicies"): "iam:ListAttachedRolePolicies",
        ("iam", "ListRolePolicies"): "iam:ListRolePolicies",
        ("iam", "SimulatePrincipalPolicy"): "iam:SimulatePrincipalPolicy",
        # Not GetFunction: that answers with an address from which the code can be fetched, and needs no less.
        ("lambda", "GetFunctionConfiguration"): "lambda:GetFunctionConfiguration",
        ("s3", "GetBucketCors"): "s3:GetBucketCORS",
        ("s3", "GetBucketNotificationConfiguration"): "s3:GetBucketNotification",
        ("s3", "GetBucketPolicy"): "s3:GetBucketPolicy",
        ("s3", "GetObject"): "s3:GetObject",
        ("s3", "HeadBucket"): "s3:ListBucket",
        ("s3", "HeadObject"): "s3:GetObject",
        ("sagemaker", "DescribeLabelingJob"): "sagemaker:DescribeLabelingJob",
        ("sagemaker", "DescribeSubscribedWorkteam"): "sagemaker:DescribeSubscribedWorkteam",
        ("sagemaker", "DescribeWorkteam"): "sagemaker:DescribeWorkteam",
        ("sagemaker", "ListLabelingJobs"): "sagemaker:ListLabelingJobs",
        ("sns", "GetTopicAttributes"): "sns:GetTopicAttributes",
        ("sqs", "GetQueueUrl"): "sqs:GetQueueUrl",
    }
)
"""Every operation that looks may call, by service, and the permission that it takes."""

# What services answer where the thing asked for is not there. HEAD requests have no body, so their code is the status.
_ABSENT: Final = frozenset(
    {
        "404",
        "AWS.SimpleQueueService.NonExistentQueue",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchCORSConfiguration",
        "NoSuchEntity",
        "NoSuchEntityException",
        "NoSuchKey",
        "NoSuchVersion",
        "NotFound",
        "NotFoundException",
        "QueueDoesNotExist",
        "ResourceNotFound",
        "ResourceNotFoundException",
    }
)
# SageMaker describes what is not there with a ValidationException, and models no error for work teams.
_INVALID: Final = "ValidationException"
_NOT_THERE: Final = re.compile(r"not (be )?found|not exist|could not find|cannot find|no such", re.IGNORECASE)
_DENIED: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "AllAccessDisabled",
        "UnauthorizedOperation",
    }
)
_CREDENTIALS: Final = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_FORBIDDEN: Final = 403
_CODE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CHUNK: Final = 64 * 1024
_UNHEARD: Final = (ConnectionError, HTTPClientError)
_UNSIGNED: Final = (NoCredentialsError, PartialCredentialsError)


@dataclass(frozen=True, slots=True)
class Limits:
    """What all looks at one request may take together: calls, bytes of objects, seconds until the last call begins."""

    calls: int = 100
    octets: int = 2 * 1024 * 1024
    seconds: float = 20.0


class UnseenError(JobheraldError):
    """Something could not be looked at.

    ``reason`` and ``remedy`` are clauses for a finding. ``headers`` are those of the answer, where there was one.
    """

    def __init__(self, reason: str, remedy: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason
        self.remedy = remedy
        self.headers = headers or {}


class DeniedError(UnseenError):
    """Whoever checks may not look."""


class AbsentError(JobheraldError):
    """What was looked for is not there; ``code`` is the service's word, which tells which part of it is missing."""

    def __init__(self, operation: str, code: str) -> None:
        super().__init__(f"{operation} found nothing ({code})")
        self.code = code


@dataclass(frozen=True, slots=True)
class _Call:
    service: str
    operation: str
    region: str

    @property
    def permission(self) -> str:
        return OPERATIONS[self.service, self.operation]


class Eyes:
    """Looks on behalf of one request. What was asked once is remembered, answers and refusals alike."""

    def __init__(
        self,
        clients: ClientFactory,
        region: str,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``region`` is the job's. ``clock`` is in seconds."""
        self.region = region
        self.limits = limits or Limits()
        self.calls = 0
        self.octets = 0
        self._clients = clients
        self._clock = clock
        self._end = clock() + self.limits.seconds
        self._known: dict[str, Mapping[str, Any] | JobheraldError] = {}
        self._out: dict[tuple[str, str], UnseenError] = {}

    def ask(self, service: str, operation: str, region: str = "", **parameters: Any) -> Mapping[str, Any]:
        """The answer to one call, in the job's region unless another is given; a body in it is bytes.

        Raises AbsentError where the thing asked for is not there, UnseenError where that cannot be told, and KeyError
        for an operation that looks may not call.
        """
        call = _Call(service, operation, region or self.region)
        key = repr((call, call.permission, sorted(parameters.items())))
        if key not in self._known:
            self._known[key] = self._seen(call, parameters)
        known = self._known[key]
        if isinstance(known, JobheraldError):
            raise known
        return known

    def _seen(self, call: _Call, parameters: Mapping[str, Any]) -> Mapping[str, Any] | JobheraldError:
        out = self._out.get((call.service, call.region)) or self._spent(call)
        if out is not None:
            return out
        self.calls += 1
        try:
            client = self._clients(call.service, call.region)
            answer = getattr(client, xform_name(call.operation))(**parameters)
            return {**answer, "Body": self._body(call, answer)} if "Body" in answer else answer
        except JobheraldError as error:
            return error
        # Whatever a client, its parser or its connection raises, it is only this look that cannot be made.
        except Exception as error:  # noqa: BLE001
            refusal = _refusal(call, error)
            if isinstance(refusal, UnseenError) and _lasts(error):
                self._out[call.service, call.region] = refusal
            return refusal

    def _spent(self, call: _Call) -> UnseenError | None:
        """Why no further call is made: one slow or refusing service must not take the time of whoever waits."""
        if self.calls >= self.limits.calls:
            what = f"the {self.limits.calls} calls that looks may make are used up"
        elif self._clock() >= self._end:
            what = f"the {self.limits.seconds:g} s that looks may take are over"
        else:
            return None
        return UnseenError(what, f"check again later; it takes {call.permission}")

    def _body(self, call: _Call, answer: Mapping[str, Any]) -> bytes:
        body, made = answer["Body"], b""
        try:
            while (left := self.limits.octets - self.octets) > 0:
                chunk = body.read(min(left, _CHUNK))
                if not chunk:
                    break
                self.octets += len(chunk)
                made += chunk
        finally:
            body.close()
        if len(made) < answer.get("ContentLength", 0):
            raise UnseenError(
                f"the {self.limits.octets:,} bytes that looks may read are used up",
                f"look for yourself; it takes {call.permission}",
            )
        return made


def _refusal(call: _Call, error: Exception) -> JobheraldError:
    """What an error means, in words that repeat nothing of the service's: a message may hold the signed request."""
    takes = f"it takes {call.permission}"
    if isinstance(error, ClientError):
        return _answered(call, error.response)
    code = type(error).__name__
    if isinstance(error, _UNSIGNED):
        return UnseenError(f"there are no credentials ({code})", f"give some and check again; {takes}")
    if isinstance(error, ParamValidationError):
        return UnseenError(
            f"{call.permission} cannot be asked about such a name", "correct the name, and check again"
        )
    if isinstance(error, _UNHEARD):
        return UnseenError(
            f"{call.service} in {call.region} does not answer ({code})",
            f"check the region and the way to it, then check again; {takes}",
        )
    return UnseenError(
        f"{call.permission} had no answer that could be read ({code})", f"check again later; {takes}"
    )


def _answered(call: _Call, response: Mapping[str, Any]) -> JobheraldError:
    error, about = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    headers = about.get("HTTPHeaders")
    if code in _ABSENT or (code == _INVALID and _NOT_THERE.search(message)):
        return AbsentError(call.operation, code)
    said = code if _CODE.fullmatch(code) else "an unknown error"
    if code in _CREDENTIALS:
        reason = f"the credentials were not taken ({said})"
        return UnseenError(reason, f"renew them and check again; it takes {call.permission}", headers)
    if code in _DENIED or about.get("HTTPStatusCode") == _FORBIDDEN:
        remedy = f"allow {call.permission} to whoever checks, or see for yourself"
        return DeniedError(f"{call.permission} is denied ({said})", remedy, headers)
    remedy = f"check again later; it takes {call.permission}"
    return UnseenError(f"{call.permission} was refused ({said})", remedy, headers)


def _lasts(error: Exception) -> bool:
    """Whether the next call of the service would end in the same way, after as long a wait."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code") in _CREDENTIALS
    return isinstance(error, (*_UNHEARD, *_UNSIGNED))
