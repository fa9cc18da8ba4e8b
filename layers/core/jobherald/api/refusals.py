"""How the API refuses: one form for every reason, each reason with its status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from jobherald.errors import JobheraldError
from jobherald.submit.findings import Finding


class Code(StrEnum):
    """Why a request is refused, in words that programs may rely on."""

    NOT_JSON = "NOT_JSON"
    INVALID_TOKEN = "INVALID_TOKEN"  # noqa: S105  # a page token that is no good
    NOT_ENABLED = "NOT_ENABLED"
    DENIED = "DENIED"
    NOT_FOUND = "NOT_FOUND"
    AMBIGUOUS = "AMBIGUOUS"
    NAME_EXISTS = "NAME_EXISTS"
    IN_PROGRESS = "IN_PROGRESS"
    TOO_LARGE = "TOO_LARGE"
    VALIDATION_ERROR = "VALIDATION_ERROR"
    KEY_REUSED = "KEY_REUSED"
    SERVICE_REFUSED = "SERVICE_REFUSED"
    LIMIT_REACHED = "LIMIT_REACHED"
    THROTTLED = "THROTTLED"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    UNAVAILABLE = "UNAVAILABLE"
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME"


STATUS: Final[Mapping[Code, int]] = MappingProxyType(
    {
        Code.NOT_JSON: 400,
        Code.INVALID_TOKEN: 400,
        Code.NOT_ENABLED: 403,
        Code.DENIED: 403,
        Code.NOT_FOUND: 404,
        Code.AMBIGUOUS: 409,
        Code.NAME_EXISTS: 409,
        Code.IN_PROGRESS: 409,
        Code.TOO_LARGE: 413,
        Code.VALIDATION_ERROR: 422,
        Code.KEY_REUSED: 422,
        Code.SERVICE_REFUSED: 422,
        Code.LIMIT_REACHED: 429,
        Code.THROTTLED: 429,
        Code.INTERNAL_ERROR: 500,
        Code.UNAVAILABLE: 503,
        Code.UNKNOWN_OUTCOME: 504,
    }
)


class RefusedError(JobheraldError):
    """A request that is answered with an error; ``details`` are all that was found at once."""

    def __init__(self, code: Code, message: str, details: Iterable[Finding] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.details = tuple(details)

    @property
    def status(self) -> int:
        return STATUS[self.code]

    def answer(self) -> dict[str, Any]:
        """The body of the answer."""
        details = [finding.as_detail() for finding in self.details]
        return {
            "success": False,
            "error": {"code": self.code.value, "message": str(self), "details": details},
        }


def invalid(details: Iterable[Finding]) -> RefusedError:
    """For a request that was understood and cannot be done as it is; ``details`` has at least one error."""
    found = tuple(details)
    what = "1 fault" if len(found) == 1 else f"{len(found)} findings"
    return RefusedError(
        Code.VALIDATION_ERROR, f"The request has {what}; mend what details names, and send it again.", found
    )
