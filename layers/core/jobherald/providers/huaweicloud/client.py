"""Calls ModelArts: one call, signed, tried once."""

from __future__ import annotations

from collections.abc import Mapping

from jobherald.ports import Clock
from jobherald.providers.huaweicloud.calls import Answer, Call
from jobherald.providers.huaweicloud.credentials import ReadsSecret


class HuaweiClient:
    """ModelArts, in any region and project that one credential reaches.

    ``endpoints`` overrides the address of a region's ModelArts (``cn-north-4``) or of its IAM (``iam.cn-north-4``).
    """

    def __init__(self, secret: ReadsSecret, clock: Clock, endpoints: Mapping[str, str] | None = None) -> None:
        raise NotImplementedError

    def call(self, call: Call) -> Answer:
        """One call. Raises ListingError for everything but a JSON object, or a refusal that the call takes as *absent*."""
        raise NotImplementedError
