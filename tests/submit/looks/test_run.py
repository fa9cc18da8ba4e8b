"""All looks together: bounded, apart from each other, and never a reason to fail."""

from __future__ import annotations

import time
from typing import Any

import pytest

from jobherald.submit import looks
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.looks import DEMANDS, LABELING_LOOKS, MEDIA_LOOKS, PERMISSIONS
from jobherald.submit.looks.book import Demand, Lookbook, Question, Scene
from jobherald.submit.looks.eyes import Limits
from tests.providers.jobservice import Answer
from tests.submit.looks.raw import Raw, answering, towards
from tests.submit.looks.world import (
    BUCKET,
    CORS,
    DECLARED,
    GRANT,
    SECRETS,
    TRUST,
    World,
    labeling_job,
    policy,
    sound,
)
from tests.submit.requests import CHAINED, CUSTOM, INPUT_TOPIC, MANIFEST, REGION, SOUND, TOPIC, of_type

URI = f"{MANIFEST}.ManifestS3Uri"
WRITTEN = f"arn:aws:s3:::{BUCKET}/out/Street-signs/manifests/output/output.manifest"
TOPICS = {INPUT_TOPIC: {"SnsTopicArn": TOPIC}, "OutputConfig.SnsTopicArn": f"{TOPIC}-out"}
LABELING = {look.name for look in LABELING_LOOKS}
ENOUGH = [name for name in PERMISSIONS if not name.startswith(("lambda:", "sns:", "sqs:"))]


def of(rule: str) -> str:
    """The look that a finding is of."""
    return rule.split(".")[1]


def test_a_sound_world_has_nothing_to_say(world: World) -> None:
    """Where everything is there and open, nothing is found and nothing was left unchecked."""
    assert world.look() == []


@pytest.mark.parametrize("kind", SOUND)
def test_every_kind_of_job_can_be_looked_at(world: World, kind: str) -> None:
    """What is found in a world that was made for another is an error or a warning, and nothing is raised."""
    assert all(finding.rule in DECLARED or finding.path for finding in world.look(sound(base=SOUND[kind])))


def test_the_permissions_that_are_named_are_enough(world: World) -> None:
    """Who has them, and nothing else, leaves nothing unchecked; moto cannot check who calls Lambda."""
    with world.allowing(*ENOUGH):
        assert world.look() == []


def test_who_may_do_nothing_is_told_of_each_look(world: World) -> None:
    """No look fails, none finds anything, and each names a permission of those that are listed."""
    with world.allowing("ec2:DescribeInstances"):
        world.sagemaker.on("DescribeLabelingJob", Answer({"__type": "AccessDeniedException"}, 400))
        world.sagemaker.on("DescribeWorkteam", Answer({"__type": "AccessDeniedException"}, 400))
        world.sagemaker.on("ListLabelingJobs", Answer({"__type": "AccessDeniedException"}, 400))
        found = world.look()

    assert {of(each.rule) for each in found} == LABELING - {"original", "functions", "streaming"}
    assert {each.severity for each in found} == {Severity.WARNING}
    assert all(any(name in each.remedy for name in PERMISSIONS) for each in found)


@pytest.mark.parametrize("permission", [name for name in ENOUGH if not name.startswith("sagemaker:")])
def test_what_one_look_cannot_see_hides_nothing_of_others(world: World, permission: str) -> None:
    """Among faults everywhere, each look that could see all finds what it finds for who may see everything."""
    world.cors({**CORS, "AllowedMethods": ["PUT"]})
    world.put("in/template.liquid", b"")
    world.put("in/labels.json", b"{}")
    world.put("in/input.manifest", b"[]")
    stranger = {**TRUST, "Principal": {"Service": "lambda.amazonaws.com"}}
    world.client("iam").update_assume_role_policy(RoleName="labeling", PolicyDocument=policy(stranger))
    world.grant({**GRANT, "Action": "s3:GetObject"})
    world.simulate("s3:PutObject", WRITTEN, "implicitDeny")
    world.teams.clear()
    world.jobs["street-signs"] = labeling_job("street-signs")
    everything = by_look(world.look())

    with world.denying(permission):
        found = by_look(world.look())

    blind = {
        look for look, findings in found.items() if any("is denied (" in each.message for each in findings)
    }
    assert set(everything) == {"access", "categories", "cors", "manifest", "name", "role", "team", "template"}
    assert {look: found.get(look) for look in everything if look not in blind} == {
        look: findings for look, findings in everything.items() if look not in blind
    }


def by_look(findings: list[Finding]) -> dict[str, set[Finding]]:
    """What each look found. Rules over files are told by the look that fetched the file."""
    made: dict[str, set[Finding]] = {}
    for each in findings:
        fetched = "categories" if each.path.startswith("LabelCategory") else "manifest"
        made.setdefault(of(each.rule) if each.rule.startswith("look.") else fetched, set()).add(each)
    return made


def test_no_finding_holds_a_secret(world: World) -> None:
    """Whatever the services answer."""
    keys = (*SECRETS, *world.client("s3")._request_signer._credentials.get_frozen_credentials())
    said = {"__type": "InvalidSignatureException", "message": " ".join(map(str, keys))}
    for operation in ("DescribeLabelingJob", "DescribeWorkteam", "ListLabelingJobs"):
        world.sagemaker.on(operation, Answer(said, 403))

    text = " ".join(f"{each} {each.source}" for each in world.look())

    assert "the credentials were not taken (InvalidSignatureException)" in text
    assert not any(str(key) in text for key in keys if key)


def test_pages_of_proxies_are_no_answers(world: World) -> None:
    """botocore takes one for an answer without members; so nothing is found in it, good or bad."""
    for operation in ("DescribeLabelingJob", "DescribeWorkteam", "ListLabelingJobs"):
        world.sagemaker.on(operation, Answer(b"<html>Please log in</html>", content_type="text/html"))

    found = world.look()

    assert {each.rule for each in found} == {"look.name.not-checked", "look.team.not-checked"}
    assert all("did not have the form of its API" in each.message for each in found)


def test_services_that_hang_take_a_bounded_time() -> None:
    """Each is asked once, and none is waited for again."""
    raw = Raw()
    raw.delay = 0.6
    with answering(raw) as url:
        began = time.monotonic()
        found = looks.run(sound(), towards(url, read_timeout=0.2), REGION)
        took = time.monotonic() - began

    assert {of(each.rule) for each in found} == LABELING - {"original", "functions", "streaming"}
    assert {each.severity for each in found} == {Severity.WARNING}
    assert took < 5


def test_time_that_is_over_leaves_the_rest_unchecked(world: World) -> None:
    """Whoever has a few seconds hears of the rest that it was not checked."""
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 1.0
        return now

    found = world.look(limits=Limits(seconds=4), clock=clock)

    assert len(world.calls) < 5
    assert any("the 4 s that looks may take are over" in each.message for each in found)


def worst(world: World) -> Any:
    """A request that needs as many looks as one can: custom, streaming, with policies that have to be read."""
    buckets = ["one-bucket", "two-bucket", "three-bucket"]
    images = ["four-bucket", "five-bucket", "six-bucket"]
    for name in (*buckets, *images):
        world.bucket(name)
    lines = b"".join(
        b'{"source-ref": "s3://%s/%07d.jpg"}\n' % (images[n % 3].encode(), n) for n in range(50_000)
    )
    world.put("in/input.manifest", lines)
    world.put("labels.json", b'{"document-version": "2018-11-28", "labels": [{"label": "a"}]}', "one-bucket")
    world.put("template.html", b"x", "two-bucket")
    for number in range(200):
        world.jobs[f"street-signs-{number}-Street-signs"] = {}
    iam = world.client("iam")
    for number in range(10):
        world.grant({**GRANT, "Resource": "arn:aws:s3:::x"}, name=f"own-{number}")
        made = iam.create_policy(PolicyName=f"p{number}", PolicyDocument=policy({**GRANT, "Resource": "*"}))
        arn = made["Policy"]["Arn"]
        iam.create_policy_version(
            PolicyArn=arn, PolicyDocument=policy({**GRANT, "Action": "s3:x"}), SetAsDefault=True
        )
        iam.attach_role_policy(RoleName="labeling", PolicyArn=arn)
    iam.delete_role_policy(RoleName="labeling", PolicyName="own")
    bound = iam.create_policy(PolicyName="bound", PolicyDocument=policy(GRANT))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="labeling", PermissionsBoundary=bound)
    return sound(
        {
            **CUSTOM,
            **TOPICS,
            "LabelCategoryConfigS3Uri": "s3://one-bucket/labels.json",
            "HumanTaskConfig.UiConfig.UiTemplateS3Uri": "s3://two-bucket/template.html",
            "OutputConfig.S3OutputPath": "s3://three-bucket/out",
        }
    )


def test_the_most_that_looks_need_is_within_the_limits(world: World) -> None:
    """No look takes another's calls or bytes, however much there is to see."""
    request = worst(world)

    with world.denying("iam:SimulatePrincipalPolicy"):
        found = world.look(request)

    assert not any("used up" in each.message for each in found)
    assert 60 < len(world.calls) <= Limits().calls


def test_two_looks_have_two_names() -> None:
    """A second one of the same name is the programmer's error."""
    book: Lookbook[str] = Lookbook()
    demand = Demand(1, "look.a.b", Severity.ERROR, "It is so.", ("https://example.com",))

    @book.look("a", demand)
    def first(scene: Scene[str]) -> list[Question]:
        return []

    with pytest.raises(ValueError, match="two looks are called a"):
        book.look("a", demand)(first)


def test_what_looks_demand_is_documented() -> None:
    """Every name is there once, begins with its look's, and has a sentence and a page."""
    looks_named = {look.name for look in LABELING_LOOKS} | {look.name for look in MEDIA_LOOKS}

    assert len(DEMANDS) == len(DECLARED)
    for demand in DEMANDS:
        prefix, look, _ = demand.name.split(".")
        assert prefix == "look"
        assert look in looks_named
        assert demand.demands.endswith(".")
        assert demand.sources
        assert all(source.startswith("https://") for source in demand.sources)


def test_a_function_that_no_page_names_stops_nothing(world: World) -> None:
    """What its task type is nobody can tell; looks that need it have no opinion."""
    request = sound({URI: CHAINED}).model_copy()
    human = request.HumanTaskConfig.model_copy(
        update={"PreHumanTaskLambdaArn": of_type("Unheard")["HumanTaskConfig.PreHumanTaskLambdaArn"]}
    )
    strange = request.model_copy(update={"HumanTaskConfig": human})

    rules = {each.rule for each in world.look(strange)}

    assert rules == {"look.manifest.missing"}
