"""What one deployment was given to watch, since a document cannot go beyond the permissions that it has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deployment:
    """The account, sources and regions that roles and rules were granted for when the stack was deployed."""

    account: str
    sources: tuple[str, ...]
    regions: tuple[str, ...]

    def widened(self, sources: Iterable[str] = (), regions: Iterable[str] = ()) -> str:
        """The command that deploys these sources and regions too; empty where none is missing."""
        more_sources = [source for source in dict.fromkeys(sources) if source not in self.sources]
        more_regions = [region for region in dict.fromkeys(regions) if region not in self.regions]
        overrides = []
        if more_sources:
            overrides.append(f"Sources={','.join([*self.sources, *more_sources])}")
        if more_regions:
            overrides.append(f"Regions={','.join([*self.regions, *more_regions])}")
        return f"sam deploy --parameter-overrides {' '.join(overrides)}" if overrides else ""
