"""Reads template.yaml as data, CloudFormation's short forms included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


class _Loader(yaml.SafeLoader):
    """YAML in which ``!Ref`` and its like are ``{"Ref": …}`` and ``{"Fn::…": …}``."""


def _short_form(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    name = tag if tag in {"Ref", "Condition"} else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".", 1) if tag == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_form)


@cache
def template() -> dict[str, Any]:
    """The whole template."""
    return parsed((ROOT / "template.yaml").read_text(encoding="utf-8"))


def parsed(text: str) -> dict[str, Any]:
    """A template in this text."""
    loaded: dict[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506  # a SafeLoader
    return loaded


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Resources of one type by logical id."""
    found = template()["Resources"].items()
    return {name: resource for name, resource in found if resource["Type"] == kind}


def properties(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of resources of one type, by logical id."""
    return {name: resource["Properties"] for name, resource in resources(kind).items()}


def functions() -> dict[str, dict[str, Any]]:
    """The functions' properties by verb, with what Globals give them."""
    everybody = template()["Globals"]["Function"]
    shared = everybody["Environment"]["Variables"]
    found = {}
    for name, own in properties("AWS::Serverless::Function").items():
        variables = {**shared, **own.get("Environment", {}).get("Variables", {})}
        found[name.removesuffix("Function").lower()] = {**everybody, **own, "Environment": variables}
    return found


def statements(role: str) -> list[dict[str, Any]]:
    """What a role grants, statements under a condition included, as if each condition held."""
    policies = properties("AWS::IAM::Role")[role]["Policies"]
    written = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    return [each["Fn::If"][1] if "Fn::If" in each else each for each in written]


def as_list(value: Any) -> list[Any]:
    """IAM's one-or-many as many."""
    return value if isinstance(value, list) else [value]


class Deployed:
    """What CloudFormation makes of an expression of the template, for a deployment with these parameters.

    References to resources stay as they are. An empty list is one of no member, as in the section Rules.
    """

    def __init__(self, **parameters: str) -> None:
        declared = template()["Parameters"]
        assert set(parameters) <= set(declared)
        self._values: dict[str, Any] = {
            "AWS::AccountId": "111122223333",
            "AWS::Partition": "aws",
            "AWS::Region": "us-east-1",
            "AWS::StackName": "jobherald",
            "AWS::URLSuffix": "amazonaws.com",
        }
        for name, parameter in declared.items():
            value = parameters.get(name, str(parameter["Default"]))
            is_list = parameter["Type"] == "CommaDelimitedList"
            self._values[name] = [one.strip() for one in value.split(",") if one] if is_list else value

    def holds(self, condition: str) -> bool:
        """Whether a condition of the template holds."""
        return bool(self.value(template()["Conditions"][condition]))

    def granted(self, role: str) -> list[dict[str, Any]]:
        """The statements of a role."""
        policies = properties("AWS::IAM::Role")[role]["Policies"]
        written = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
        return [each for each in map(self.value, written) if each != {"Ref": "AWS::NoValue"}]

    def refusals(self) -> list[str]:
        """What the section Rules says against this deployment."""
        return [
            assertion["AssertDescription"]
            for rule in template()["Rules"].values()
            if self.value(rule["RuleCondition"])
            for assertion in rule["Assertions"]
            if not self.value(assertion["Assert"])
        ]

    def value(self, node: Any) -> Any:
        """An expression, or anything that holds some."""
        if isinstance(node, list):
            return [self.value(each) for each in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((function, argument),) = node.items()
            if function == "Condition" and isinstance(argument, str):
                return self.holds(argument)
            if function == "Ref":
                return self._values.get(argument, node)
            if function == "Fn::If":
                return self.value(argument[1 if self.holds(argument[0]) else 2])
            if function == "Fn::Sub":
                return self._sub(argument)
            if function in _FUNCTIONS:
                return _FUNCTIONS[function](*map(self.value, argument))
        return {name: self.value(each) for name, each in node.items()}

    def _sub(self, argument: Any) -> str:
        text, names = (argument, {}) if isinstance(argument, str) else argument
        values = self._values | {name: self.value(each) for name, each in names.items()}
        return re.sub(r"\$\{([\w:.]+)\}", lambda found: str(values.get(found[1], found[0])), text)


_FUNCTIONS: Mapping[str, Any] = {
    "Fn::And": lambda *all_of: all(all_of),
    "Fn::Or": lambda *any_of: any(any_of),
    "Fn::Not": lambda one: not one,
    "Fn::Equals": lambda left, right: left == right,
    "Fn::Contains": lambda members, one: one in members,
    "Fn::EachMemberEquals": lambda members, one: all(each == one for each in members),
    "Fn::Join": lambda between, members: between.join(members),
    "Fn::Select": lambda number, members: members[int(number)],
    "Fn::Split": lambda between, text: text.split(between),
}
