"""What the emulator is taught of CloudFormation's conditions, held to the template that needs it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jobherald.local.emulator import each_by_itself, not_allowed, partitions, resolved
from tests.project.template import template

BOTH = "sagemaker.labeling,rekognition.media_analysis"


def parameters(**values: str) -> dict[str, dict[str, str]]:
    """Parameters as the emulator keeps them: the template's, with some values."""
    declared = template()["Parameters"]
    return {
        name: {"Value": values.get(name, str(parameter["Default"])), "Type": parameter["Type"]}
        for name, parameter in declared.items()
    }


def holds(name: str, **values: str) -> bool:
    """Whether a condition of the template holds, as CloudFormation would have it."""

    def truth(expression: Any) -> bool:
        ((function, arguments),) = expression.items()
        if function == "Fn::Not":
            return not truth(arguments[0])
        if function == "Fn::And":
            return all(truth(each) for each in arguments)
        if function == "Condition":
            return holds(arguments, **values)
        assert function == "Fn::Equals"
        left, right = arguments
        return bool(left == right)

    return truth(resolved(template()["Conditions"][name], parameters(**values)))


@pytest.mark.parametrize(
    ("sources", "modelarts"),
    [
        (BOTH, False),
        ("modelarts.training", True),
        (f"{BOTH},modelarts.training", True),
        ("modelarts.*", True),
        ("sagemaker.training", False),
    ],
)
def test_sources_decide_what_is_deployed(sources: str, modelarts: bool) -> None:
    """A cloud's sources are deployed where the list names one, wherever it stands there."""
    assert holds("WatchesModelArts", Sources=sources) is modelarts


@pytest.mark.parametrize(
    ("kind", "value", "wrong"),
    [
        ("CommaDelimitedList", "a,b", []),
        ("CommaDelimitedList", "a, b", []),
        ("CommaDelimitedList", "a,c", ["c"]),
        ("String", "a,c", []),
    ],
)
def test_each_member_of_a_list_has_to_be_allowed(kind: str, value: str, wrong: list[str]) -> None:
    """And not the list as one text, which the emulator itself goes on to see to where it is one."""
    parameter = {"Type": kind, "AllowedValues": ["a", "b"]}
    assert not_allowed(parameter, value) == wrong
    (left,) = each_by_itself({"Parameters": {"Some": parameter}})["Parameters"].values()
    assert ("AllowedValues" in left) is (kind == "String")


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        ("", ""),
        ("ssm:/jobherald/slack", "SlackInParameter"),
        ("secretsmanager:team/slack", "SlackInSecret"),
        (
            "secretsmanager:arn:aws:secretsmanager:us-east-1:111122223333:secret:slack-AbCdEf",
            "SlackSecretByArn",
        ),
    ],
)
def test_a_reference_says_where_the_secret_lies(secret: str, kind: str) -> None:
    """Each form of the reference is told from the others, and an empty one is none of them."""
    assert holds("HasSlack", SlackSecret=secret) is bool(secret)
    assert holds("SlackInParameter", SlackSecret=secret) is (kind == "SlackInParameter")
    assert holds("SlackInSecret", SlackSecret=secret) is (kind in {"SlackInSecret", "SlackSecretByArn"})
    assert holds("SlackSecretByArn", SlackSecret=secret) is (kind == "SlackSecretByArn")


@pytest.mark.parametrize(
    ("secret", "arn"),
    [
        ("ssm:/jobherald/slack", "parameter/jobherald/slack"),
        ("secretsmanager:team/slack", ":secret:team/slack-??????"),
        (
            "secretsmanager:arn:aws:secretsmanager:us-east-1:111122223333:secret:slack-AbCdEf",
            "arn:aws:secretsmanager:us-east-1:111122223333:secret:slack-AbCdEf",
        ),
    ],
)
def test_a_reference_becomes_the_one_resource_that_may_be_read(secret: str, arn: str) -> None:
    """The Slack role may read this secret and no other."""
    statements = template()["Resources"]["SlackRole"]["Properties"]["Policies"][0]["PolicyDocument"][
        "Statement"
    ]
    by_condition = {each["Fn::If"][0]: each["Fn::If"][1] for each in reversed(statements) if "Fn::If" in each}
    (condition,) = [each for each in ("SlackInParameter", "SlackInSecret") if holds(each, SlackSecret=secret)]
    resource = by_condition[condition]["Resource"]
    if "Fn::If" in resource:
        chosen, by_arn, by_name = resource["Fn::If"]
        resource = by_arn if holds(chosen, SlackSecret=secret) else by_name
    pattern, names = resource["Fn::Sub"]
    ((name, value),) = names.items()
    text = pattern.replace(f"${{{name}}}", resolved(value, parameters(SlackSecret=secret)))
    assert text.endswith(arn)


def test_a_piece_that_is_not_there_is_refused() -> None:
    """As CloudFormation refuses it: with silence, a template would work here and fail there."""
    with pytest.raises(IndexError):
        resolved({"Fn::Select": [3, {"Fn::Split": [":", "a:b"]}]}, {})


@pytest.mark.parametrize(
    ("request_", "keys"),
    [
        ({"Key": {"pk": {"S": "pages"}, "sk": {"S": "pages"}}}, ["pages"]),
        ({"Item": {"pk": {"S": "idempotency"}}}, ["idempotency"]),
        ({"RequestItems": {"t": {"Keys": [{"pk": {"S": "a"}}, {"pk": {"S": "b"}}]}}}, ["a", "b"]),
        (
            {
                "RequestItems": {
                    "t": [
                        {"PutRequest": {"Item": {"pk": {"S": "a"}}}},
                        {"DeleteRequest": {"Key": {"pk": {"S": "b"}}}},
                    ]
                }
            },
            ["a", "b"],
        ),
        ({"KeyConditionExpression": "pk = :pk"}, []),
        ({}, []),
    ],
)
def test_a_call_names_the_partitions_that_it_is_about(request_: dict[str, Any], keys: list[str]) -> None:
    """A policy may ask for them (dynamodb:LeadingKeys)."""
    assert partitions(json.dumps(request_).encode()) == keys
    assert partitions(b"no JSON") == []
