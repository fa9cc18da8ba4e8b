"""Proves what an entry says of permissions: a word that IAM would not understand is refused long before it is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jobherald.catalog.source import Source
from jobherald.checks.itself import Problem
from jobherald.checks.members import actions

_PLACEHOLDER: Final = re.compile(r"\$?\{[^}]*\}?|[$}]")
_ARN: Final = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+")


def grant_problems(source: Source) -> Iterator[Problem]:
    """Everything that is wrong with the resources that an entry narrows its permissions to."""
    called = actions(source)
    for action, arn in source.resources.items():
        where = f"resources.{action}"
        if action not in called:
            yield where, f"is nothing that watching takes; it takes: {', '.join(called)}"
        plain = arn.replace("{partition}", "").replace("{account}", "")
        if unknown := _PLACEHOLDER.findall(plain):
            yield where, f"has {unknown[0]}; valid are {{partition}} and {{account}}, and * for all else"
        elif not _ARN.fullmatch(arn):
            yield where, f"is {arn!r}; it must be arn:{{partition}}:SERVICE:REGION:{{account}}:RESOURCE"
