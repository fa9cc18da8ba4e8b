"""What watching a source takes in permissions, and the proof that IAM understands what its entry says of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jobherald.catalog.source import Source, levels
from jobherald.checks.itself import Problem
from jobherald.checks.models import service_model

_PLACEHOLDER: Final = re.compile(r"\$?\{[^}]*\}?|[$}]")
_ARN: Final = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+")


def actions(source: Source) -> tuple[str, ...]:
    """The permissions that watching this source takes, by the names that its provider has for them.

    In the order in which they are first needed: from what the list is asked below to the look at one job.
    """
    if source.actions:
        return source.actions
    return tuple(
        dict.fromkeys(f"{service_model(client).signing_name}:{name}" for client, name in called(source))
    )


def called(source: Source) -> list[tuple[str, str]]:
    """The operations that watching this source calls, each with botocore's name of its service, in that order."""
    found = [(level.client or source.client, level.operation) for level in levels(source)][::-1]
    found.append((source.client, source.operation))
    if source.batch is not None:
        found.append((source.client, source.batch.operation))
    if source.look is not None:
        found.append((source.look.client or source.client, source.look.operation))
    return found


def grant_problems(source: Source) -> Iterator[Problem]:
    """Everything that is wrong with the resources that an entry narrows its permissions to."""
    taken = actions(source)
    for action, arn in source.resources.items():
        where = f"resources.{action}"
        if action not in taken:
            yield where, f"is nothing that watching takes; it takes: {', '.join(taken)}"
        plain = arn.replace("{partition}", "").replace("{account}", "")
        if unknown := _PLACEHOLDER.findall(plain):
            yield where, f"has {unknown[0]}; valid are {{partition}} and {{account}}, and * for all else"
        elif not _ARN.fullmatch(arn):
            yield where, f"is {arn!r}; it must be arn:{{partition}}:SERVICE:REGION:{{account}}:RESOURCE"
