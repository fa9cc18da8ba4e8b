"""One reading of a document: what is known meanwhile, and the checks of the words that name something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationInfo

from jobherald.catalog import all_sources, load
from jobherald.catalog.selection import nearest, written
from jobherald.catalog.source import Source
from jobherald.config import limits, projects, regions
from jobherald.config.deployment import Deployment
from jobherald.config.faults import refuse, shown
from jobherald.errors import ConfigError


@dataclass(slots=True)
class Reading:
    """What one reading of a document knows and finds: the deployment it must fit, and where it goes beyond it.

    ``own`` are the sources that the document itself brings, ``name`` is what commands are to call the document.
    """

    deployed: Deployment | None = None
    name: str = "FILE"
    own: Mapping[str, Source] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    projects: list[str] = field(default_factory=list)

    def widen(self) -> str:
        """The command that deploys what was found to be missing; empty where nothing is."""
        if self.deployed is None:
            return ""
        asked = list(self.projects)
        if (
            not asked
            and not self.deployed.projects
            and any(is_in_projects(self.source(source)) for source in self.sources)
        ):
            asked.append(projects.FORM)
        return self.deployed.widened(self.sources, self.regions, asked, self.name if self.own else "")

    def source(self, source_id: str) -> Source | None:
        """The source that is meant: one of the document's own, else the catalogue's.

        What another document left beside the catalogue is none of them, unless it is deployed.
        """
        deployed = self.deployed is not None and source_id in self.deployed.sources
        return self.own.get(source_id) or find(source_id, own=deployed)


def find(source_id: str, *, own: bool = True) -> Source | None:
    """The source of the catalogue with this id, also somebody's ``own``; no other one is read."""
    try:
        return load(source_id, own=own)
    except ConfigError:
        return None


def is_in_projects(source: Source | None) -> bool:
    """Whether a source is watched in projects of Huawei Cloud rather than in regions of AWS."""
    return source is not None and source.provider == "huaweicloud"


def source_of(info: ValidationInfo) -> Source | None:
    """The watch's source, where that key was good: keys are read in order, and it comes before those that need it."""
    return reading_of(info).source((info.data or {}).get("source", ""))


def reading_of(info: ValidationInfo) -> Reading:
    """The reading that a check is a part of; an empty one outside of any."""
    return info.context if isinstance(info.context, Reading) else Reading()


def check_source(value: str, info: ValidationInfo) -> str:
    """A source of the catalogue and of the deployment, which has a place for it."""
    reading = reading_of(info)
    source = reading.source(value)
    if source is None:
        known = [*reading.own, *(source.id for source in all_sources(own=False))]
        raise refuse(
            f"{shown(value)} is no source of the catalogue, nor of this document{nearest(value, known)}"
        )
    if reading.deployed and value not in reading.deployed.sources:
        reading.sources.append(value)
        raise refuse(
            f"{shown(value)} is not among the deployed sources ({written(reading.deployed.sources)})"
        )
    if reading.deployed and is_in_projects(source) and not reading.deployed.projects:
        reading.sources.append(value)
        raise refuse(f"{shown(value)} is watched in projects of Huawei Cloud, and none was deployed")
    return value


def check_region(value: str, info: ValidationInfo) -> str:
    """A region of AWS, where the source is offered and which was deployed.

    Of a service with one endpoint for all regions any will do that leads to the same one as those that were deployed.
    """
    source = source_of(info)
    client = source.client if source and source.provider == "aws" else ""
    fault = regions.fault(value, client)
    if fault:
        raise refuse(fault)
    reading = reading_of(info)
    if reading.deployed and not _is_deployed(value, client, reading.deployed):
        reading.regions.append(value)
        raise refuse(
            f"{shown(value)} is not among the deployed regions ({', '.join(reading.deployed.regions)})"
        )
    return value


def _is_deployed(region: str, client: str, deployed: Deployment) -> bool:
    if region in deployed.regions:
        return True
    return bool(client) and regions.home(client, region) in regions.homes(client, deployed.regions)


def check_project(value: str, info: ValidationInfo) -> str:
    """A project of Huawei Cloud that was deployed, in full; as it is written where no deployment is known."""
    fault = projects.fault(value)
    if fault:
        raise refuse(fault)
    reading = reading_of(info)
    if reading.deployed is None:
        return value
    meant = projects.meant(value, reading.deployed.projects)
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise refuse(f"{shown(value)} is an id in several regions; write one of {', '.join(meant)}")
    remedy = "" if "/" in value else f'; to add it, write it with its region, "REGION/{value}"'
    if not remedy:
        reading.projects.append(value)
    deployed = ", ".join(reading.deployed.projects) or "none"
    raise refuse(f"{shown(value)} is not among the deployed projects ({deployed}){remedy}")


def check_parent(value: str, info: ValidationInfo) -> str:
    """An id of what the source is listed below."""
    source = source_of(info)
    fault = limits.parent_fault(source, value) if source else ""
    if fault:
        raise refuse(fault)
    return value


def check_job(value: str, info: ValidationInfo) -> str:
    """An id of a job, with that of its parent where it has one."""
    source = source_of(info)
    fault = limits.job_fault(source, value) if source else ""
    if fault:
        raise refuse(fault)
    return value
