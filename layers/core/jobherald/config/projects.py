"""Projects of Huawei Cloud as people write them: ``region/id``, or the id alone where that says which one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from jobherald.config.faults import shown

FORM: Final = "REGION/PROJECT_ID"
"""How a project is written where none is at hand to be named."""

REGION: Final = r"[a-z]+(-[a-z0-9]+)+"
# The API reference allows 1 to 64 letters, digits and hyphens (ListTrainingJobs); those that it shows have 32.
ID: Final = r"[0-9A-Za-z-]{1,64}"


def fault(written: str) -> str:
    """Why this cannot name a project; empty where it can."""
    region, slash, project_id = written.partition("/")
    if not slash:
        if re.fullmatch(REGION, written):
            return f'{shown(written)} is a region; write the project in it, as in "{written}/PROJECT_ID"'
        return "" if re.fullmatch(ID, written) else f'{shown(written)} is no project; write "{FORM}"'
    if not re.fullmatch(REGION, region):
        return f'{shown(region)} is no region of Huawei Cloud; write "{FORM}", as in "cn-north-4/PROJECT_ID"'
    if not re.fullmatch(ID, project_id) or project_id == region:
        return (
            f"{shown(project_id)} is no project id; the console shows it under My Credentials, beside the"
            " project's name"
        )
    return ""


def meant(written: str, deployed: Sequence[str]) -> list[str]:
    """The deployed projects that this names; more than one where an id alone is that of several."""
    return [project for project in dict.fromkeys(deployed) if written in {project, split(project)[1]}]


def split(project: str) -> tuple[str, str]:
    """The region and the id of a project written in full."""
    region, _, project_id = project.partition("/")
    return region, project_id
