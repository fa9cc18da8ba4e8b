"""What people call what is particular to a provider, for whoever writes a sentence about its jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from jobherald.catalog.source import Source

_PROVIDERS: Final[Mapping[str, str]] = {"aws": "AWS", "huaweicloud": "Huawei Cloud"}
# Huawei Cloud lists the jobs of a project, of which an account has at least one in each region.
_TENANCIES: Final[Mapping[str, str]] = {"huaweicloud": "project"}


def provider_name(provider: str) -> str:
    """The provider's own name, ``Huawei Cloud`` for ``huaweicloud``."""
    return _PROVIDERS.get(provider, provider)


def tenancy_word(source: Source) -> str:
    """What the account of the source's places is: ``account``, or ``project`` where it is part of one."""
    return _TENANCIES.get(source.provider, "account")
