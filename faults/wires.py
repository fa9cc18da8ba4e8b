"""How each transport words its trouble, as the real libraries raise it."""

from __future__ import annotations

from typing import Final, NoReturn
from urllib.error import URLError

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError as ConnectTimeout
from urllib3.exceptions import NewConnectionError
from urllib3.exceptions import ReadTimeoutError as ReadTimeout

from faults.gate import Wire
from faults.slack import Answer

_THROTTLES: Final = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "sns": "Throttled",
    "sqs": "RequestThrottled",
}


def aws(service: str, operation: str) -> Wire:
    """botocore's: a throttled call, one that never arrived, and one whose answer never came."""
    code = _THROTTLES.get(service, "ThrottlingException")
    endpoint = f"https://{service}.us-east-1.amazonaws.com/"

    return Wire(
        lambda: _raise(error(code, operation, "Rate exceeded")),
        lambda: ConnectTimeoutError(endpoint_url=endpoint),
        lambda: ReadTimeoutError(endpoint_url=endpoint),
        10.0,
    )


def error(code: str, operation: str, message: str = "") -> ClientError:
    """A refusal as botocore raises it."""
    said = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(said, operation)  # type: ignore[arg-type]


def _raise(error: Exception) -> NoReturn:
    raise error


URLLIB: Final = Wire(
    lambda: Answer(429, b"rate_limited", {"Retry-After": "30"}),
    lambda: URLError(TimeoutError("timed out")),
    lambda: TimeoutError("The read operation timed out"),
    5.0,
)
"""urllib.request's, which posts to Slack."""

URLLIB3: Final = Wire(
    lambda: _raise(NewConnectionError(HTTPConnection("simulated.example"), "Connection refused")),
    ConnectTimeout,
    lambda: ReadTimeout(HTTPConnectionPool("simulated.example"), "/", "Read timed out."),
    10.0,
)
"""urllib3's, which asks Huawei Cloud."""
