"""What policies say is decided as the IAM user guide decides it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.iam.access_control import IAMPolicy, PermissionResult

from jobherald.submit.looks.policies import Verdict, Wish, verdict

ROLE = "arn:aws:iam::111122223333:role/labeling"
OBJECT = "arn:aws:s3:::my-bucket/in/a.jpg"


def wish(action: str = "s3:GetObject", resource: str = OBJECT, **context: str) -> Wish:
    known = {name.replace("_", ":"): value for name, value in context.items()}
    return Wish(action, resource, frozenset({ROLE}), known)


def said(*statements: dict[str, Any], of: Wish | None = None) -> Verdict:
    return verdict([{"Statement": list(statements)}], of or wish())


def allow(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECT, **more}


def deny(**more: Any) -> dict[str, Any]:
    return {**allow(**more), "Effect": "Deny"}


def test_what_nothing_allows_is_not_allowed() -> None:
    """No policy, no statement, and statements about something else say the same."""
    assert verdict([], wish()) is Verdict.NOT_ALLOWED
    assert said() is Verdict.NOT_ALLOWED
    assert said(allow(Action="s3:PutObject")) is Verdict.NOT_ALLOWED
    assert said(allow(Resource="arn:aws:s3:::your-bucket/*")) is Verdict.NOT_ALLOWED


@pytest.mark.parametrize(
    "statement",
    [
        allow(),
        allow(Action="s3:*"),
        allow(Action="*", Resource="*"),
        allow(Action=["s3:PutObject", "S3:getobject"]),
        allow(Action="s3:Get?bject"),
        allow(Resource=["arn:aws:s3:::x/*", "arn:aws:s3:::my-*/in/*"]),
        allow(Principal="*"),
        allow(Principal={"AWS": ["arn:aws:iam::111122223333:role/other", ROLE]}),
        {"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::x/*"},
    ],
)
def test_a_statement_about_it_allows(statement: dict[str, Any]) -> None:
    """Actions in letters of any size, wildcards, lists, and the statements that say what is not meant."""
    assert said(statement) is Verdict.ALLOWED


@pytest.mark.parametrize(
    "statement",
    [
        allow(Resource="arn:aws:s3:::MY-bucket/*"),
        allow(Resource="arn:aws:s3:::my-bucket/[i]n/*"),
        allow(Principal={"AWS": "arn:aws:iam::111122223333:role/other"}),
        allow(Principal={"Service": "lambda.amazonaws.com"}),
        {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::my-bucket/*"},
        {"Effect": "allow", "Action": "*", "Resource": "*"},
        allow(Condition={"Bool": {"aws:SecureTransport": "false"}}),
    ],
)
def test_a_statement_about_something_else_does_not(statement: dict[str, Any]) -> None:
    """Resources mind large and small letters, and a bracket stands for itself."""
    assert said(statement, of=wish(aws_securetransport="true")) is Verdict.NOT_ALLOWED


def test_a_denial_counts_more() -> None:
    """Wherever it stands, in whichever policy."""
    assert said(allow(), deny()) is Verdict.DENIED
    assert verdict([{"Statement": deny()}, {"Statement": allow()}], wish()) is Verdict.DENIED
    assert said(allow(), deny(Action="s3:PutObject")) is Verdict.ALLOWED


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"s3:ExistingObjectTag/SageMaker": "true"}},
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}},
        {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
        {"StringEquals": {"aws:PrincipalArn": "${aws:username}"}},
    ],
)
def test_a_condition_of_unknown_value_decides_nothing(condition: dict[str, Any]) -> None:
    """It may hold or not: neither an allowance nor a denial under it is certain."""
    of = wish(aws_principalarn=ROLE)

    assert said(allow(Condition=condition), of=of) is Verdict.CONDITIONAL
    assert said(allow(), deny(Condition=condition), of=of) is Verdict.CONDITIONAL
    assert said(deny(Condition=condition), of=of) is Verdict.NOT_ALLOWED
    assert said(allow(), allow(Condition=condition), of=of) is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringEquals": {"AWS:SourceAccount": "111122223333"}}, True),
        ({"StringEquals": {"aws:SourceAccount": ["1", "111122223333"]}}, True),
        ({"StringEquals": {"aws:SourceAccount": "1111*"}}, False),
        ({"StringLike": {"aws:SourceAccount": "1111*"}}, True),
        ({"ArnLikeIfExists": {"aws:SourceArn": "arn:aws:sagemaker:*:111122223333:*"}}, True),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:sagemaker:*:999999999999:*"}}, False),
        ({"StringEqualsIgnoreCase": {"aws:SourceArn": "ARN:aws:sagemaker:x:111122223333:y"}}, True),
        ({"Bool": {"aws:SecureTransport": True}}, True),
        ({"Bool": {"aws:SecureTransport": False}}, False),
        (
            {"StringEquals": {"aws:SourceAccount": "111122223333"}, "Bool": {"aws:SecureTransport": "false"}},
            False,
        ),
    ],
)
def test_a_condition_on_what_is_known_is_judged(condition: dict[str, Any], *, holds: bool) -> None:
    """Values of one key are alternatives; several keys hold together."""
    of = wish(
        aws_sourceaccount="111122223333",
        aws_sourcearn="arn:aws:sagemaker:x:111122223333:y",
        aws_securetransport="true",
    )

    assert said(allow(Condition=condition), of=of) is (Verdict.ALLOWED if holds else Verdict.NOT_ALLOWED)


@pytest.mark.parametrize("part", [allow(Resource="arn:aws:s3:::${aws:username}/*"), allow(NotPrincipal="*")])
def test_variables_and_principals_that_are_not_meant_are_conditions(part: dict[str, Any]) -> None:
    """Neither can be judged from the text alone."""
    assert said(part) is Verdict.CONDITIONAL


@pytest.mark.parametrize(
    "document", [None, "text", [], {}, {"Statement": "x"}, {"Statement": [1]}, {"Statement": {"Effect": []}}]
)
def test_what_is_no_policy_says_nothing(document: object) -> None:
    """Nothing that is stored anywhere has this form."""
    assert verdict([document], wish()) is Verdict.NOT_ALLOWED


# Statements as moto reads them too: small letters, * as the only wildcard, no conditions.
words = st.sampled_from(["*", "s3:*", "s3:getobject", "s3:putobject", "s3:get*", "iam:passrole"])
places = st.sampled_from(["*", "arn:aws:s3:::a/*", "arn:aws:s3:::a/b", "arn:aws:s3:::*b", "arn:aws:s3:::c/d"])
statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.one_of(words, st.lists(words, min_size=1)),
        "Resource": st.one_of(places, st.lists(places, min_size=1)),
    }
)
conditions = st.sampled_from([{}, {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}])
conditioned = st.builds(lambda one, two: {**one, **two}, statements, conditions)
wishes = st.builds(
    Wish,
    st.sampled_from(["s3:getobject", "s3:putobject"]),
    st.sampled_from(["arn:aws:s3:::a/b", "arn:aws:s3:::c/d", "arn:aws:s3:::e/f"]),
    st.just(frozenset()),
    st.just({}),
)


@given(st.lists(statements), wishes)
def test_it_agrees_with_an_emulator(made: list[dict[str, Any]], of: Wish) -> None:
    """moto decides on statements without conditions; so does this."""
    theirs = IAMPolicy(json.dumps({"Statement": made})).is_action_permitted(of.action, of.resource)

    assert (
        verdict([{"Statement": made}], of)
        is {
            PermissionResult.PERMITTED: Verdict.ALLOWED,
            PermissionResult.DENIED: Verdict.DENIED,
            PermissionResult.NEUTRAL: Verdict.NOT_ALLOWED,
        }[theirs]
    )


@given(st.lists(conditioned), wishes, st.randoms())
def test_neither_order_nor_repetition_nor_division_matters(
    made: list[dict[str, Any]], of: Wish, chance: Any
) -> None:
    """A statement says the same wherever it stands."""
    mixed = [*made, *made]
    chance.shuffle(mixed)

    assert verdict([{"Statement": made}], of) is verdict([{"Statement": each} for each in mixed], of)


@given(st.lists(conditioned), conditioned, wishes)
def test_one_more_statement_moves_it_one_way(
    made: list[dict[str, Any]], more: dict[str, Any], of: Wish
) -> None:
    """Whoever allows more never takes away, and whoever denies more never gives."""
    before, after = verdict([{"Statement": made}], of), verdict([{"Statement": [*made, more]}], of)

    assert after >= before if more["Effect"] == "Allow" else after <= before
