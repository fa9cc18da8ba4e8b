"""Trouble in Huawei's words: every error of its tables, for any operation or place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from jobherald.local.services.faults import Fault, Faults, Kind


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """One refusal. ``retry_after`` is in seconds, None where it says nothing of the kind."""

    status: int
    code: str
    message: str
    retry_after: float | None = None


# modelarts_03_0095.html, as far as it concerns who lists; where a code has a text with a gap, filled as for tasks. Those
# of the gateway begin with APIGW; settings may make that APIG.
ERRORS: Final = (
    ErrorAnswer(400, "ModelArts.4352", "Dataset does not exist"),
    ErrorAnswer(400, "ModelArts.4338", "The resource not exists"),
    ErrorAnswer(400, "ModelArts.4301", "The labeling job does not exist."),
    ErrorAnswer(400, "ModelArts.4393", "Task stopped"),
    ErrorAnswer(400, "ModelArts.4392", "Task failed"),
    ErrorAnswer(401, "APIGW.0301", "Incorrect IAM authentication information: verify aksk signature fail"),
    ErrorAnswer(401, "ModelArts.0201", "Token doesn't exist."),
    ErrorAnswer(401, "ModelArts.0202", "Invalid token header because the token has expired."),
    ErrorAnswer(401, "ModelArts.0203", "Invalid token."),
    ErrorAnswer(401, "ModelArts.0204", "Failed to parse the token."),
    ErrorAnswer(401, "ModelArts.0207", "Token must contain project info of current region."),
    ErrorAnswer(401, "ModelArts.0212", "Invalid token header because the token does not contain a project."),
    ErrorAnswer(401, "ModelArts.4504", "Iam error"),
    ErrorAnswer(403, "ModelArts.0108", "You are not authorized to perform the (ListTasks) operation."),
    ErrorAnswer(403, "ModelArts.0112", "Policy doesn't allow dataset getDataset to be performed."),
    ErrorAnswer(403, "ModelArts.0206", "Invalid AK/SK."),
    ErrorAnswer(403, "ModelArts.0210", "The project id in the request URL does not match the token."),
    ErrorAnswer(403, "ModelArts.4336", "The user hasn't permission"),
    ErrorAnswer(403, "ModelArts.4310", "OBS action is forbidden, please check iam agency or OBS and so on"),
    ErrorAnswer(403, "ModelArts.4335", "Iam agency is invalid"),
    ErrorAnswer(404, "ModelArts.4204", "API ListTasks does not exist."),
    ErrorAnswer(404, "APIGW.0101", "The API does not exist or has not been published in the environment"),
    ErrorAnswer(
        429,
        "APIGW.0308",
        "The throttling threshold has been reached: policy user over ratelimit,limit:5,time:1 second",
        retry_after=1.0,
    ),
    ErrorAnswer(429, "ModelArts.4206", "Excessive number of requests to ListTasks."),
    ErrorAnswer(429, "ModelArts.2799", "TooManyRequests"),
    ErrorAnswer(429, "ModelArts.4395", "Too many dataset requests"),
    ErrorAnswer(429, "ModelArts.6101", "The system is busy now. Please try again later."),
    ErrorAnswer(500, "ModelArts.4302", "Gateway forwarding error because the service is rejected."),
    ErrorAnswer(500, "ModelArts.4503", "Failed to obtain the backend service because it does not exist."),
    ErrorAnswer(500, "ModelArts.4505", "Internal backend service error because reading timed out."),
    ErrorAnswer(503, "ModelArts.4700", "Unavailable gateway."),
    ErrorAnswer(504, "APIGW.0201", "Backend timeout"),
)
_BY_CODE: Final = {error.code: error for error in ERRORS}


class HuaweiFaults(Faults):
    """The trouble that is on. ``service`` is ``modelarts`` or ``iam``, ``account`` a project, ``parent`` a dataset."""

    def answer(self, error: ErrorAnswer | str, calls: int | None = 1, **match: Any) -> Fault:
        """Answer this error, or the one of the table with this code."""
        known = _BY_CODE[error] if isinstance(error, str) else error
        return self.add(
            Fault(
                Kind.REFUSE,
                calls,
                status=known.status,
                code=known.code,
                message=known.message,
                retry_after=known.retry_after,
                **match,
            )
        )

    def throttle(self, calls: int | None = 1, **match: Any) -> Fault:
        """Answer as the gateway does to a user who asks too often, with a Retry-After."""
        return self.answer("APIGW.0308", calls, **match)

    def deny(self, region: str, calls: int | None = None, **match: Any) -> Fault:
        """Answer that the user has no permission, in one region."""
        return self.answer("ModelArts.0108", calls, region=region, **match)

    def switch_off(self, region: str, calls: int | None = None, **match: Any) -> Fault:
        """Answer as a region does that has no such API."""
        return self.answer("ModelArts.4204", calls, region=region, **match)

    def fail(
        self, calls: int | None = 1, *, status: int = 500, code: str = "ModelArts.4302", **match: Any
    ) -> Fault:
        """Answer a server error."""
        return self.answer(ErrorAnswer(status, code, "Gateway forwarding error."), calls, **match)

    def garble(
        self,
        calls: int | None = 1,
        *,
        status: int = 502,
        body: bytes = b"<html><body><h1>502 Bad Gateway</h1></body></html>",
        **match: Any,
    ) -> Fault:
        """Answer what is no JSON, as a proxy on the way does."""
        return self.add(Fault(Kind.REFUSE, calls, status=status, body=body, **match))
