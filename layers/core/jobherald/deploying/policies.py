"""The least that has to be allowed for watching some sources, as IAM policies that IAM takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jobherald.catalog.source import Source
from jobherald.checks.granting import actions, called
from jobherald.config.regions import is_global

ANY: Final = "*"
GLOBAL: Final = "* of a global service"

POLICY_CHARACTERS: Final = 6144
"""What a managed policy holds at most; IAM does not count white space."""

POLICIES: Final = 10
"""How many managed policies a role can have, where nobody has asked for more."""

_CONDITION: Final = "aws:RequestedRegion"
# What stands for a place in an ARN is the longest that may come to stand there, so that a policy fits everywhere.
_LONGEST: Final = {"partition": "aws-us-gov", "account": "111122223333"}
_MOST_REGIONS: Final = tuple(f"ap-southeast-{number:02}" for number in range(40))

_SIDS: Final[Mapping[tuple[str, ...], str]] = {(ANY,): "InWatchedRegions", (GLOBAL,): "OfGlobalServices"}

Policy = tuple["Grant", ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions on resources, each an ARN with ``{partition}`` and ``{account}`` in it, or ``*`` for whatever it is."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]

    @property
    def sid(self) -> str:
        """What its statement is called; nothing where its resources are what tells it from others."""
        return _SIDS.get(self.resources, "")


def grants(sources: Iterable[Source]) -> dict[str, tuple[str, ...]]:
    """The resources of each action that watching these sources takes, sorted by action.

    ``GLOBAL`` where neither a resource nor a region narrows it. What one source needs without bounds is without bounds.
    Sources of other clouds take nothing of AWS.
    """
    found: dict[str, set[str]] = {}
    for source in sources:
        if source.provider != "aws":
            continue
        wide = GLOBAL if any(is_global(client) for client, _ in called(source)) else ANY
        for action in actions(source):
            found.setdefault(action, set()).add(source.resources.get(action, wide))
    return {action: _bounds(resources) for action, resources in sorted(found.items())}


def _bounds(resources: set[str]) -> tuple[str, ...]:
    for widest in (GLOBAL, ANY):
        if widest in resources:
            return (widest,)
    return tuple(sorted(resources))


def policies(sources: Iterable[Source]) -> list[Policy]:
    """What these sources take, in as few policies as IAM's limit allows, with actions in order from one to the next."""
    found: list[dict[tuple[str, ...], list[str]]] = []
    for action, resources in grants(sources).items():
        if found:
            tried = {known: list(its) for known, its in found[-1].items()}
            tried.setdefault(resources, []).append(action)
            if size(_policy(tried)) <= POLICY_CHARACTERS:
                found[-1] = tried
                continue
        found.append({resources: [action]})
    return [_policy(each) for each in found]


def statements(
    policy: Policy, names: Mapping[str, str], regions: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """IAM's statements of a policy.

    ``names`` has what stands for ``partition`` and ``account``. What cannot be narrowed to resources is narrowed to the
    regions, if any are given: to a list of them, or to what a template writes in its place.
    """
    number = 0
    for grant in policy:
        number += not grant.sid
        yield {
            "Sid": grant.sid or f"Resources{number}",
            "Effect": "Allow",
            "Action": list(grant.actions),
            "Resource": ANY if grant.sid else [each.format_map(names) for each in grant.resources],
        } | (
            {"Condition": {"StringEquals": {_CONDITION: regions}}}
            if grant.resources == (ANY,) and regions
            else {}
        )


def document(policy: Policy, names: Mapping[str, str], regions: Sequence[str] = ()) -> dict[str, Any]:
    """A whole policy as IAM takes it; the arguments are those of ``statements``."""
    return {"Version": "2012-10-17", "Statement": list(statements(policy, names, regions))}


def size(policy: Policy) -> int:
    """How many characters IAM counts at most, wherever and for how many regions the policy is deployed."""
    return len(json.dumps(document(policy, _LONGEST, _MOST_REGIONS), separators=(",", ":")))


def _policy(found: Mapping[tuple[str, ...], Sequence[str]]) -> Policy:
    ordered = sorted(found.items(), key=lambda one: (one[0] != (ANY,), one[0] != (GLOBAL,), one[0]))
    return tuple(Grant(tuple(its), resources) for resources, its in ordered)
