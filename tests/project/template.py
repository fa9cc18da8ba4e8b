"""Reads template.yaml as data, CloudFormation's short forms included."""

from __future__ import annotations

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
    loaded: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  # a SafeLoader
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
