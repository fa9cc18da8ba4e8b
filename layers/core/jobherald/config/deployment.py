"""What one deployment was given to watch, since a document cannot go beyond the permissions that it has."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from jobherald.catalog.selection import written

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
        self,
        sources: Iterable[str] = (),
        regions: Iterable[str] = (),
        projects: Iterable[str] = (),
        document: str = "",
    ) -> str:
        """The command that deploys these sources, regions and projects too; empty where none is missing.

        Permissions and event rules of a source are parts of the template, so that more sources take it to be written
        anew first. ``document`` is the file with sources of one's own, if there are any. Raises ConfigError where there
        would be more sources than a deployment can name.
        """
        overrides = [
            f"{parameter}={','.join([*deployed, *more])}"
            for parameter, deployed, asked in (
                ("Regions", self.regions, regions),
                ("HuaweiProjects", self.projects, projects),
            )
            if (more := _missing(deployed, asked))
        ]
        if not self.projects and _missing((), projects):
            overrides.append(f"HuaweiSecret={HUAWEI_SECRET}")
        more = _missing(self.sources, sources)
        if more:
            ids = [*self.sources, *more]
            return f"{render_command(ids, document)} && {deploy_command(ids, overrides)}"
        return f"sam deploy --parameter-overrides {' '.join(overrides)}" if overrides else ""


def render_command(sources: Sequence[str], document: str = "") -> str:
    """The command that writes the template for these sources, of which the document has some itself."""
    options = [f"--config {quoted(document)}"] if document else []
    words = written(sources).split(",")
    return " ".join(["jobherald template", *options, *(f"--source {quoted(word)}" for word in words)])


def deploy_command(sources: Sequence[str], overrides: Sequence[str] = ()) -> str:
    """The command that builds and deploys a template that was written for these sources, with further parameters.

    They are named, since a stack that is there already keeps its parameters.
    """
    parameters = [f"Sources={quoted(written(sources))}", *overrides]
    return f"sam build && sam deploy --parameter-overrides {' '.join(parameters)}"


def quoted(word: str) -> str:
    """A word as a shell takes it."""
    return shlex.quote(word)


def _missing(deployed: Sequence[str], asked: Iterable[str]) -> list[str]:
    return [one for one in dict.fromkeys(asked) if one not in deployed]
