"""Which regions there are, and in which of them a service is offered, as botocore's own data has it."""

from __future__ import annotations

from functools import cache

import botocore.session

from jobherald.config.faults import instead, shown


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


def fault(region: str, client: str) -> str:
    """Why this region cannot be watched for this service; empty where it can. Without a service: whether it exists."""
    known = partitions()
    if region not in known:
        return f"{shown(region)} is no region of AWS; {instead(region, known)}"
    where = offered(client, known[region]) if client else frozenset()
    if where and region not in where:
        return f"{client} has no endpoint in {region}; it has in {', '.join(sorted(where))}"
    return ""
