"""What one deployment was given to watch, since a document cannot go beyond the permissions that it has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

HUAWEI_SECRET: Final = "ssm:/jobherald/huawei"  # noqa: S105  # where it is kept, not what it is
"""What is proposed as the reference to the Huawei Cloud credential, where a deployment has none yet."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """The account, sources and regions that roles and rules were granted for when the stack was deployed.

    ``projects`` are those of Huawei Cloud, each written ``region/id``.
    """

    account: str
    sources: tuple[str, ...]
    regions: tuple[str, ...]
    projects: tuple[str, ...] = ()

    def widened(
        self, sources: Iterable[str] = (), regions: Iterable[str] = (), projects: Iterable[str] = ()
    ) -> str:
        """The command that deploys these sources, regions and projects too; empty where none is missing."""
        overrides = [
            f"{parameter}={','.join([*deployed, *more])}"
            for parameter, deployed, asked in (
                ("Sources", self.sources, sources),
                ("Regions", self.regions, regions),
                ("HuaweiProjects", self.projects, projects),
            )
            if (more := _missing(deployed, asked))
        ]
        if not self.projects and _missing((), projects):
            overrides.append(f"HuaweiSecret={HUAWEI_SECRET}")
        return f"sam deploy --parameter-overrides {' '.join(overrides)}" if overrides else ""


def _missing(deployed: Sequence[str], asked: Iterable[str]) -> list[str]:
    return [one for one in dict.fromkeys(asked) if one not in deployed]
