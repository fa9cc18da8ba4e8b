"""Which regions there are, and in which of them a service is asked, as botocore's own data has it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

import botocore.session
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import DataNotFoundError, EndpointProviderError

from jobherald.config.faults import instead, shown

_RULES: Final = "endpoint-rule-set-1"


@cache
def _session() -> botocore.session.Session:
    return botocore.session.Session()


@cache
def partitions() -> dict[str, str]:
    """Every region that botocore knows, with its partition; regions that have to be opted into are among them."""
    data = _session().get_data("endpoints")
    return {region: part["partition"] for part in data["partitions"] for region in part["regions"]}


@cache
def offered(client: str, partition: str) -> frozenset[str]:
    """The regions of a partition where a service (botocore's client name) has an endpoint; empty if not known."""
    return frozenset(_session().get_available_regions(client, partition_name=partition))


@cache
def home(client: str, region: str) -> str:
    """The region in which a service is asked for what it has in this one: nearly always the same.

    A service with one endpoint for all regions of a partition is asked where that endpoint is, which is the region that
    botocore signs for; see ADR 0028. What botocore cannot say is left to the client that a poll makes.
    """
    endpoints = _endpoints(client)
    if endpoints is None:
        return region
    central = endpoints.ruleset.rule_lib.aws_partition(region)["implicitGlobalRegion"]
    try:
        here, there = (endpoints.resolve_endpoint(Region=one) for one in (region, central))
    except EndpointProviderError:
        # Some depend on what is asked, and no such service has one endpoint for all regions.
        return region
    schemes = here.properties.get("authSchemes") or [{}]
    otherwise = central if here.url == there.url else region
    return str(schemes[0].get("signingRegion", otherwise))


def homes(client: str, regions: Iterable[str]) -> tuple[str, ...]:
    """The regions in which a service is asked for what it has in these, each once, in their order."""
    return tuple(dict.fromkeys(home(client, region) for region in regions))


@cache
def is_global(client: str) -> bool:
    """Whether a service has one endpoint for all regions, in any partition."""
    return any(home(client, region) != region for region in partitions())


@cache
def _endpoints(client: str) -> EndpointProvider | None:
    """The rules of a service's endpoints; None for one that this botocore does not know.

    They are read by name: to ask the loader for the latest would have it look through the folders of all services.
    """
    loader = _session().get_component("data_loader")
    try:
        version = max(loader.list_api_versions(client, _RULES))
        return EndpointProvider(
            loader.load_data(f"{client}/{version}/{_RULES}"), loader.load_data("partitions")
        )
    except DataNotFoundError:
        return None


def fault(region: str, client: str) -> str:
    """Why this region cannot be watched for this service; empty where it can. Without a service: whether it exists."""
    known = partitions()
    if region not in known:
        return f"{shown(region)} is no region of AWS; {instead(region, known)}"
    where = offered(client, known[region]) if client else frozenset()
    if where and region not in where:
        return f"{client} has no endpoint in {region}; it has in {', '.join(sorted(where))}"
    return ""
