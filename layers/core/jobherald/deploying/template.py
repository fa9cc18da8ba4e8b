"""Writes the parts of the template that follow from the sources it is deployed for, between marks of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from jobherald.catalog.selection import WHOLE, written
from jobherald.catalog.source import Source
from jobherald.deploying.lines import Tagged, lines
from jobherald.deploying.policies import ANY, POLICIES, Policy, policies, statements
from jobherald.deploying.rules import patterns
from jobherald.errors import ConfigError

_BEGIN: Final = "# >>> generated: {name} (jobherald template)"
_END: Final = "# <<< generated: {name}"

_WORD: Final = re.compile(r"[a-z0-9_]+\.(?:[a-z0-9_]+|\*)")
_NAMES: Final = {"partition": "${AWS::Partition}", "account": "${AWS::AccountId}"}
_REGIONS: Final = Tagged("!If [HasRegions, !Ref Regions, !Ref AWS::Region]")


def render(text: str, sources: Sequence[Source]) -> str:
    """The template with its generated parts written for exactly these sources, in their order.

    Raises ConfigError where a mark is missing, or where there is more than AWS takes.
    """
    granted = policies(sources)
    if len(granted) > POLICIES:
        raise ConfigError(
            f"Watching these {len(sources)} sources takes {len(granted)} policies, and a role can have {POLICIES}."
            " Take fewer sources, or deploy a second stack for the others."
        )
    parts: Mapping[str, Mapping[str, Any]] = {
        "sources": _parameter(sources),
        "rules": _rules(sources),
        "policies of poll": _policies(granted),
        "role of poll": {"ManagedPolicyArns": [_ref(name) for name in _named(granted)]} if granted else {},
    }
    for name, part in parts.items():
        text = _between(text, name, part)
    return text


def sources_in(text: str) -> tuple[str, ...]:
    """The ids of the sources that a template was rendered for. Raises ConfigError where its marks are missing."""
    found = _part("sources").search(text)
    if found is None:
        raise _lost("sources")
    words = _WORD.findall(found["part"].partition("AllowedValues:")[2])
    return tuple(word for word in words if not word.endswith(WHOLE))


def _parameter(sources: Sequence[Source]) -> dict[str, Any]:
    ids = [source.id for source in sources]
    # What is watched in another cloud needs its projects and its credential: without these a first deployment, which
    # says nothing of its own, would be refused.
    at_once = [source.id for source in sources if source.provider == "aws"] or ids
    # Whole services only where they are needed: a template for a few sources stays as it is while the catalogue grows.
    named = [*ids, *written(at_once).split(","), *written(ids).split(",")]
    return {"Default": written(at_once), "AllowedValues": [Tagged(word) for word in dict.fromkeys(named)]}


def _rules(sources: Iterable[Source]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for event_source, pattern in patterns(sources).items():
        name = _logical(event_source.removeprefix("aws.")) + "Rule"
        found[name] = {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "Description": f"What happens to jobs of {event_source.removeprefix('aws.')}",
                "EventPattern": pattern,
                "Targets": [
                    {
                        "Id": "ingest",
                        "Arn": Tagged("!GetAtt IngestFunction.Arn"),
                        # A poll sees later what an hour of retries did not bring.
                        "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 20},
                        "DeadLetterConfig": {"Arn": Tagged("!GetAtt IngestDeadLetterQueue.Arn")},
                    }
                ],
            },
        }
        found[f"{name}Permission"] = {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": _ref("IngestFunction"),
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
                "SourceArn": Tagged(f"!GetAtt {name}.Arn"),
            },
        }
    return found


def _policies(granted: Sequence[Policy]) -> dict[str, Any]:
    return {
        name: {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                # With another description CloudFormation would replace the policy.
                "Description": "What poll may ask of the services that it watches",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": list(_statements(policy))},
            },
        }
        for name, policy in zip(_named(granted), granted, strict=True)
    }


def _statements(policy: Policy) -> Iterable[dict[str, Any]]:
    for statement in statements(policy, _NAMES, _REGIONS):
        arns = statement["Resource"]
        yield statement if arns == ANY else statement | {"Resource": [Tagged(f"!Sub {arn}") for arn in arns]}


def _named(granted: Sequence[Policy]) -> list[str]:
    return [f"PollPolicy{number}" for number in range(1, len(granted) + 1)]


def _ref(name: str) -> Tagged:
    return Tagged(f"!Ref {name}")


def _logical(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))


def _between(text: str, name: str, part: Mapping[str, Any]) -> str:
    found = _part(name).search(text)
    if found is None:
        raise _lost(name)
    inside = "".join(f"{line}\n" for line in _spaced(part, len(found["indent"])))
    return text[: found.start("part")] + inside + text[found.end("part") :]


def _spaced(part: Mapping[str, Any], indent: int) -> Iterable[str]:
    """The lines of a part, with an empty one between resources."""
    first = True
    for name, value in part.items():
        if not first and isinstance(value, Mapping):
            yield ""
        yield from lines({name: value}, indent)
        first = False


def _part(name: str) -> re.Pattern[str]:
    begin, end = (re.escape(mark.format(name=name)) for mark in (_BEGIN, _END))
    return re.compile(rf"^(?P<indent> *){begin}\n(?P<part>.*?)^ *{end}$", re.MULTILINE | re.DOTALL)


def _lost(name: str) -> ConfigError:
    return ConfigError(
        f"The template has lost the marks around its part {name!r}, {_BEGIN.format(name=name)!r} and"
        f" {_END.format(name=name)!r}. Put them back, or take the template of this version."
    )
