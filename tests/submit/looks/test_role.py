"""The role of a labeling job: SageMaker may assume it, long enough, and it may do its work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from jobherald.submit.findings import Finding, Severity
from tests.providers.jobservice import Service
from tests.submit.looks.world import BUCKET, GRANT, ROLE, TRUST, World, a_world, policy, sound
from tests.submit.requests import CONSOLIDATION, LIMIT, MANIFEST, PRE, SOUND, TEMPLATE

URI = f"{MANIFEST}.ManifestS3Uri"
OUTPUT = "OutputConfig.S3OutputPath"
CATEGORIES = "LabelCategoryConfigS3Uri"
SAGEMAKER = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
WRITTEN = f"arn:aws:s3:::{BUCKET}/out/Street-signs/manifests/output/output.manifest"
READ = f"arn:aws:s3:::{BUCKET}/in/input.manifest"
SIMULATION = "iam:SimulatePrincipalPolicy"


@pytest.fixture
def managed(sagemaker: tuple[Service, str]) -> Iterator[World]:
    """A world that has AWS's own policies."""
    with a_world(*sagemaker, managed=True) as made:
        yield made


def of(findings: list[Finding], look: str) -> list[tuple[str, str, Severity]]:
    return [
        (each.rule, each.path, each.severity) for each in findings if each.rule.startswith(f"look.{look}.")
    ]


def trusted(world: World, trust: dict[str, Any]) -> list[Finding]:
    world.client("iam").update_assume_role_policy(RoleName="labeling", PolicyDocument=policy(trust))
    return world.look()


class TestTrust:
    """Whether SageMaker may assume the role."""

    def test_of_a_role_that_is_not_there_is_an_error(self, world: World) -> None:
        """Said once: what it may do is then no question."""
        world.unmake_role()

        assert world.found() == [("look.role.missing", "RoleArn")]

    def test_of_a_role_with_another_path_is_an_error(self, world: World) -> None:
        """IAM finds roles by name, jobs by ARN."""
        found = world.look(sound({"RoleArn": "arn:aws:iam::111122223333:role/service-role/labeling"}))

        assert of(found, "role") == [("look.role.missing", "RoleArn", Severity.ERROR)]
        assert f"the role of this name is {ROLE}" in {each.message for each in found}

    @pytest.mark.parametrize(
        "trust",
        [
            {**TRUST, "Principal": {"Service": "lambda.amazonaws.com"}},
            {**TRUST, "Action": "sts:TagSession"},
            {**TRUST, "Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}},
        ],
    )
    def test_of_somebody_else_is_an_error(self, world: World, trust: dict[str, Any]) -> None:
        """The remedy is the statement that the guide shows."""
        found = trusted(world, trust)

        assert of(found, "role") == [("look.role.trust", "RoleArn", Severity.ERROR)]
        assert found[0].remedy.endswith(json.dumps(TRUST))

    @pytest.mark.parametrize(
        "trust",
        [
            {**TRUST, "Principal": {"Service": ["lambda.amazonaws.com", "sagemaker.amazonaws.com"]}},
            {**TRUST, "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}},
            {**TRUST, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:111122223333:*"}}},
        ],
    )
    def test_with_a_condition_that_holds_is_sound(self, world: World, trust: dict[str, Any]) -> None:
        """Against a confused deputy AWS asks for just these."""
        assert trusted(world, trust) == []

    def test_with_a_condition_that_cannot_be_judged_is_a_warning(self, world: World) -> None:
        """A person may know."""
        found = trusted(world, {**TRUST, "Condition": {"StringEquals": {"sts:ExternalId": "x"}}})

        assert of(found, "role") == [("look.role.condition", "RoleArn", Severity.WARNING)]

    def test_that_may_not_be_read_is_said(self, world: World) -> None:
        """What the role may do is looked at all the same."""
        with world.denying("iam:GetRole"):
            found = world.look()

        assert of(found, "role") == [("look.role.not-checked", "RoleArn", Severity.WARNING)]
        assert "iam:GetRole is denied" in found[0].message
        assert of(found, "access") == []


@pytest.mark.parametrize(
    ("limit", "lasts", "needed"),
    [(600, 3_600, 0), (3_600, 3_600, 0), (7_200, 3_600, 7_200), (7_200, 7_200, 0), (28_800, 14_400, 28_800)],
)
def test_sessions_have_to_last_as_long_as_tasks(world: World, limit: int, lasts: int, needed: int) -> None:
    """Of more than an hour, as old documentation says: a warning with the number to set."""
    world.client("iam").update_role(RoleName="labeling", MaxSessionDuration=lasts)

    found = [each for each in world.look(sound({LIMIT: limit})) if each.rule == "look.role.session"]

    assert [each.severity for each in found] == [Severity.WARNING] * bool(needed)
    assert all(str(needed) in each.remedy for each in found)


def test_sessions_need_not_last_longer_than_eight_hours(world: World) -> None:
    """Tasks of frames may take days."""
    world.client("iam").update_role(RoleName="labeling", MaxSessionDuration=28_800)

    found = world.look(sound({LIMIT: 500_000}, base=SOUND["video frames"]))

    assert of(found, "role") == []


class TestSimulation:
    """What IAM's simulation says of the role."""

    @pytest.mark.parametrize(
        ("action", "resource", "path"),
        [
            ("s3:GetObject", READ, URI),
            ("s3:GetObject", f"arn:aws:s3:::{BUCKET}/in/1.jpg", URI),
            ("s3:GetObject", f"arn:aws:s3:::{BUCKET}/in/labels.json", CATEGORIES),
            ("s3:GetObject", f"arn:aws:s3:::{BUCKET}/in/template.liquid", TEMPLATE),
            ("s3:PutObject", WRITTEN, OUTPUT),
        ],
    )
    @pytest.mark.parametrize("decision", ["implicitDeny", "explicitDeny"])
    def test_that_denies_is_an_error(
        self, world: World, action: str, resource: str, path: str, decision: str
    ) -> None:
        """For each thing that is read, and for what is written."""
        world.simulate(action, resource, decision)

        assert of(world.look(), "access") == [("look.access.denied", path, Severity.ERROR)]

    def test_remedies_with_the_guides_policy(self, world: World) -> None:
        """Filled in, and with the word on what AmazonSageMakerFullAccess covers."""
        world.simulate("s3:PutObject", WRITTEN, "implicitDeny")

        (found,) = world.look()

        assert "AmazonSageMakerFullAccess covers only buckets with sagemaker in their names" in found.message
        assert json.loads(found.remedy.partition(": ")[2]) == {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": [f"arn:aws:s3:::{BUCKET}/*"]}
            ],
        }

    def test_says_nothing_of_that_policy_for_buckets_that_it_covers(self, world: World) -> None:
        """There the reason is another."""
        world.bucket("my-sagemaker-bucket")
        resource = "arn:aws:s3:::my-sagemaker-bucket/Street-signs/manifests/output/output.manifest"
        world.simulate("s3:PutObject", resource, "implicitDeny")

        (found,) = world.look(sound({OUTPUT: "s3://my-sagemaker-bucket"}))

        assert found.message == 'the role may not write below "s3://my-sagemaker-bucket"'

    @pytest.mark.parametrize(
        ("action", "resource", "key", "rule"),
        [
            ("s3:GetObject", READ, "s3:ExistingObjectTag/SageMaker", "look.access.condition"),
            ("s3:PutObject", WRITTEN, "s3:ExistingObjectTag/SageMaker", "look.access.denied"),
            ("s3:PutObject", WRITTEN, "aws:SourceVpce", "look.access.condition"),
            ("s3:PutObject", WRITTEN, "iam:PassedToService", "look.access.denied"),
        ],
    )
    def test_that_lacks_a_key_decides_nothing(
        self, world: World, action: str, resource: str, key: str, rule: str
    ) -> None:
        """Unless that key has nothing to do with it: only what is there already has tags."""
        world.simulate(action, resource, "implicitDeny", key)

        assert [each for each, _, _ in of(world.look(), "access")] == [rule]

    def test_in_another_bucket_than_the_policy_names_is_opened_by_the_bucket(self, world: World) -> None:
        """A bucket's policy may allow what no policy of the role does."""
        world.simulate("s3:PutObject", WRITTEN, "implicitDeny")
        world.open(BUCKET, {**GRANT, "Principal": {"AWS": ROLE}})

        assert world.look() == []

    @pytest.mark.parametrize(
        ("statement", "rule"),
        [
            ({**GRANT, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}, "look.access.denied"),
            ({**GRANT, "Principal": "*", "Effect": "Deny"}, "look.access.denied"),
            (
                {**GRANT, "Principal": "*", "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}},
                "look.access.condition",
            ),
        ],
    )
    def test_may_not_be_helped_by_the_buckets_policy(
        self, world: World, statement: dict[str, Any], rule: str
    ) -> None:
        """Where that means others, denies, or depends."""
        world.simulate("s3:PutObject", WRITTEN, "implicitDeny")
        world.open(BUCKET, statement)

        assert [each for each, _, _ in of(world.look(), "access")] == [rule]

    def test_with_a_bucket_whose_policy_may_not_be_read_is_a_warning(self, world: World) -> None:
        """It might allow it: which nobody here can tell."""
        world.simulate("s3:PutObject", WRITTEN, "implicitDeny")
        with world.denying("s3:GetBucketPolicy"):
            found = world.look()

        assert of(found, "access") == [("look.access.condition", OUTPUT, Severity.WARNING)]
        assert "s3:GetBucketPolicy is denied" in found[0].message

    def test_is_not_asked_of_a_bucket_that_needs_no_policy(self, world: World) -> None:
        """What the role may do by its own policies needs no other."""
        world.look()

        assert "s3:GetBucketPolicy" not in world.calls

    def test_that_answers_nothing_leaves_it_to_the_policies(self, world: World) -> None:
        """An answer without the resource is none."""
        world.simulated["s3:PutObject", WRITTEN] = {
            "EvalResourceName": "arn:aws:s3:::other",
            "EvalResourceDecision": "allowed",
        }

        assert world.look() == []
        assert "iam:GetRolePolicy" in world.calls

    @pytest.mark.parametrize(("path", "decision"), [(PRE, "implicitDeny"), (CONSOLIDATION, "explicitDeny")])
    def test_of_own_functions_that_denies_is_a_warning(self, world: World, path: str, decision: str) -> None:
        """A function's policy may allow the call, too."""
        request = sound(base=SOUND["custom"])
        human = request.HumanTaskConfig
        config = human.AnnotationConsolidationConfig
        assert config is not None
        function = human.PreHumanTaskLambdaArn if path == PRE else config.AnnotationConsolidationLambdaArn
        world.simulate("lambda:InvokeFunction", str(function), decision)

        found = world.look(request)

        assert of(found, "access") == [("look.access.functions", path, Severity.WARNING)]
        assert (
            f'"Resource": ["{function}"]'
            in {each.rule: each.remedy for each in found}["look.access.functions"]
        )

    def test_of_own_functions_that_lacks_a_key_is_a_warning(self, world: World) -> None:
        """As for objects."""
        request = sound(base=SOUND["custom"])
        function = request.HumanTaskConfig.PreHumanTaskLambdaArn
        world.simulate("lambda:InvokeFunction", str(function), "implicitDeny", "aws:SourceVpc")

        assert of(world.look(request), "access") == [("look.access.condition", PRE, Severity.WARNING)]


class TestPolicies:
    """What the text of the role's policies says, where the simulation is denied."""

    def test_that_allow_are_sound(self, world: World) -> None:
        """Nothing is left unchecked."""
        with world.denying(SIMULATION):
            assert world.look() == []

    def test_that_allow_less_are_an_error(self, world: World) -> None:
        """As by the simulation."""
        world.grant({**GRANT, "Action": "s3:GetObject"})
        with world.denying(SIMULATION):
            assert of(world.look(), "access") == [("look.access.denied", OUTPUT, Severity.ERROR)]

    def test_that_deny_are_an_error(self, world: World) -> None:
        """Whatever else allows it."""
        world.grant({**GRANT, "Effect": "Deny", "Action": "s3:PutObject"}, name="no")
        with world.denying(SIMULATION):
            assert of(world.look(), "access") == [("look.access.denied", OUTPUT, Severity.ERROR)]

    def test_of_sagemaker_cover_only_buckets_with_its_name(self, managed: World) -> None:
        """AmazonSageMakerFullAccess, as AWS has it: writing is denied, reading needs a tag."""
        iam = managed.client("iam")
        iam.delete_role_policy(RoleName="labeling", PolicyName="own")
        iam.attach_role_policy(RoleName="labeling", PolicyArn=SAGEMAKER)
        with managed.denying(SIMULATION):
            found = managed.look()

        assert set(of(found, "access")) == {
            ("look.access.condition", URI, Severity.WARNING),
            ("look.access.condition", CATEGORIES, Severity.WARNING),
            ("look.access.condition", TEMPLATE, Severity.WARNING),
            ("look.access.denied", OUTPUT, Severity.ERROR),
        }
        assert all("AmazonSageMakerFullAccess covers only" in each.message for each in found)

    def test_of_sagemaker_are_enough_for_buckets_with_its_name(self, managed: World) -> None:
        """As the guide says."""
        iam = managed.client("iam")
        iam.delete_role_policy(RoleName="labeling", PolicyName="own")
        iam.attach_role_policy(RoleName="labeling", PolicyArn=SAGEMAKER)
        managed.bucket("my-sagemaker-bucket")
        managed.cors({"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}, bucket="my-sagemaker-bucket")
        managed.put("a.manifest", b'{"source-ref": "s3://my-sagemaker-bucket/1.jpg"}', "my-sagemaker-bucket")
        managed.put("a.liquid", b"x", "my-sagemaker-bucket")
        managed.put("a.json", b"{}", "my-sagemaker-bucket")
        request = sound(
            {
                URI: "s3://my-sagemaker-bucket/a.manifest",
                TEMPLATE: "s3://my-sagemaker-bucket/a.liquid",
                CATEGORIES: "s3://my-sagemaker-bucket/a.json",
                OUTPUT: "s3://my-sagemaker-bucket/",
            }
        )
        with managed.denying(SIMULATION):
            assert of(managed.look(request), "access") == []

    def test_within_a_boundary_are_bounded(self, world: World) -> None:
        """What the boundary does not allow, nothing allows."""
        iam = world.client("iam")
        bound = iam.create_policy(
            PolicyName="bound", PolicyDocument=policy({**GRANT, "Action": "s3:GetObject"})
        )["Policy"]["Arn"]
        iam.put_role_permissions_boundary(RoleName="labeling", PermissionsBoundary=bound)
        with world.denying(SIMULATION):
            assert of(world.look(), "access") == [("look.access.denied", OUTPUT, Severity.ERROR)]

    @pytest.mark.parametrize(
        "permission",
        ["iam:ListRolePolicies", "iam:ListAttachedRolePolicies", "iam:GetRolePolicy", "iam:GetRole"],
    )
    def test_that_may_not_be_read_are_said(self, world: World, permission: str) -> None:
        """Once, with both reasons and the permission that is enough."""
        with world.denying(SIMULATION, permission):
            found = [each for each in world.look() if each.rule.startswith("look.access")]

        assert [(each.rule, each.path, each.severity) for each in found] == [
            ("look.access.not-checked", "RoleArn", Severity.WARNING)
        ]
        assert f"{SIMULATION} is denied (AccessDenied), and {permission} is denied" in found[0].message
        assert f"allow {SIMULATION} to whoever checks" in found[0].remedy

    def test_that_are_partly_read_may_be_enough(self, world: World) -> None:
        """What one of them allows needs no other."""
        iam = world.client("iam")
        attached = iam.create_policy(PolicyName="more", PolicyDocument=policy(GRANT))["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="labeling", PolicyArn=attached)
        with world.denying(SIMULATION, "iam:GetPolicy"):
            assert of(world.look(), "access") == []

    def test_that_are_too_many_are_not_all_read(self, world: World) -> None:
        """Those that are not read might have decided otherwise."""
        world.grant({**GRANT, "Action": "s3:GetObject"})
        for number in range(12):
            world.grant({**GRANT, "Action": "s3:GetObject"}, name=f"policy-{number}")
        with world.denying(SIMULATION):
            found = world.look()

        assert of(found, "access") == [("look.access.not-checked", "RoleArn", Severity.WARNING)]
        assert world.calls.count("iam:GetRolePolicy") == 10
