"""What SageMaker and Lambda know: the name, the work team, the functions, the job whose labels are audited."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from jobherald.submit.findings import Finding, Severity
from tests.providers.jobservice import error
from tests.submit.looks.raw import Raw, answering
from tests.submit.looks.world import BUCKET, ROLE, World, labeling_job, sound
from tests.submit.requests import CHAINED, CONSOLIDATION, MANIFEST, PRE, PUBLIC, SOUND, TEAM, VENDOR, of_type

URI = f"{MANIFEST}.ManifestS3Uri"
NAME = "LabelingJobName"
ELSEWHERE = "arn:aws:sagemaker:us-east-1:999999999999:workteam/private-crowd/signs"


def of(findings: list[Finding], look: str) -> list[tuple[str, str, Severity]]:
    return [
        (each.rule, each.path, each.severity) for each in findings if each.rule.startswith(f"look.{look}.")
    ]


class TestName:
    """Whether the name is free."""

    @pytest.mark.parametrize("taken", ["Street-signs", "street-signs"])
    def test_that_is_taken_is_an_error(self, world: World, taken: str) -> None:
        """In letters of any size, and told once."""
        world.jobs[taken] = labeling_job(taken)

        found = world.look()

        assert of(found, "name") == [("look.name.taken", NAME, Severity.ERROR)]
        assert f'there is a labeling job "{taken}"' in found[0].message

    @pytest.mark.parametrize("other", ["Street-signs-2", "old-street-signs"])
    def test_that_is_part_of_another_is_free(self, world: World, other: str) -> None:
        """Only the whole name counts."""
        world.jobs[other] = labeling_job(other)

        assert world.look() == []

    def test_is_looked_for_on_two_pages_of_each_spelling(self, world: World) -> None:
        """Names that hold this one may be many."""
        for number in range(300):
            world.jobs[f"street-signs-{number}"] = {}

        assert world.look() == []
        assert world.calls.count("sagemaker:ListLabelingJobs") == 1 + 2

    def test_in_small_letters_is_looked_for_once(self, world: World) -> None:
        """There is no other spelling to ask for."""
        world.look(sound({NAME: "street-signs"}))

        assert world.calls.count("sagemaker:ListLabelingJobs") == 1

    @pytest.mark.parametrize(
        ("operation", "about"),
        [
            ("DescribeLabelingJob", "whether the name is free was not checked"),
            ("ListLabelingJobs", "whether the name is free in other letters was not checked"),
        ],
    )
    def test_that_may_not_be_asked_for_is_said(self, world: World, operation: str, about: str) -> None:
        """Each question has its own permission, and hides nothing of the other."""
        world.jobs["street-signs"] = labeling_job("street-signs")
        world.sagemaker.on(operation, error("AccessDeniedException"))

        found = [each for each in world.look() if each.rule == "look.name.not-checked"]

        assert [each.message for each in found] == [
            f"{about}: sagemaker:{operation} is denied (AccessDeniedException)"
        ]


class TestTeam:
    """Whether the work team is there."""

    def test_that_is_not_there_is_an_error(self, world: World) -> None:
        """In the region that the job goes to."""
        world.teams.clear()

        found = world.look()

        assert of(found, "team") == [("look.team.missing", TEAM, Severity.ERROR)]
        assert found[0].message.endswith("in us-east-1")

    def test_of_another_account_is_an_error(self, world: World) -> None:
        """SageMaker describes teams by name, jobs name them by ARN."""
        world.teams[:] = [ELSEWHERE]

        found = world.look()

        assert of(found, "team") == [("look.team.missing", TEAM, Severity.ERROR)]
        assert found[0].message == f"the work team of this name is {ELSEWHERE}"

    def test_of_a_vendor_has_to_be_subscribed_to(self, world: World) -> None:
        """It is described by an operation of its own."""
        request = sound({TEAM: VENDOR})
        without = world.look(request)
        world.teams.append(VENDOR)

        assert of(without, "team") == [("look.team.missing", TEAM, Severity.ERROR)]
        assert world.look(request) == []

    def test_of_mechanical_turk_is_always_there(self, world: World) -> None:
        """Nobody is asked."""
        request = sound(base=SOUND["Mechanical Turk"])
        assert request.HumanTaskConfig.WorkteamArn == PUBLIC

        assert world.look(request) == []
        assert "sagemaker:DescribeWorkteam" not in world.calls

    @pytest.mark.parametrize("base", ["bounding boxes by a private team", "by a vendor's team"])
    def test_that_may_not_be_asked_for_is_said(self, world: World, base: str) -> None:
        """With the permission of the operation."""
        for operation in ("DescribeWorkteam", "DescribeSubscribedWorkteam"):
            world.sagemaker.on(operation, error("AccessDeniedException"))

        found = world.look(sound(base=SOUND[base]))

        assert of(found, "team") == [("look.team.not-checked", TEAM, Severity.WARNING)]


def deploy(world: World, name: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("app.py", "")
    world.client("lambda").create_function(
        FunctionName=name,
        Role=ROLE,
        Runtime="python3.13",
        Handler="app.x",
        Code={"ZipFile": archive.getvalue()},
    )


class TestFunctions:
    """Whether the functions of custom tasks are there."""

    def test_that_are_there_are_sound(self, world: World) -> None:
        """Both are asked for."""
        deploy(world, "prepare-SageMaker")
        deploy(world, "consolidate-SageMaker")

        assert world.look(sound(base=SOUND["custom"])) == []
        assert world.calls.count("lambda:GetFunctionConfiguration") == 2

    def test_that_are_not_there_are_errors(self, world: World) -> None:
        """Each by itself."""
        deploy(world, "prepare-SageMaker")

        found = world.look(sound(base=SOUND["custom"]))

        assert of(found, "functions") == [("look.functions.missing", CONSOLIDATION, Severity.ERROR)]

    def test_of_ground_truth_are_not_asked_for(self, world: World) -> None:
        """They are in accounts of AWS's."""
        world.look()

        assert "lambda:GetFunctionConfiguration" not in world.calls

    @pytest.mark.parametrize(
        ("status", "body", "rule"),
        [
            (200, b'{"State": "Failed"}', "look.functions.missing"),
            (200, b'{"State": "Pending"}', ""),
            (200, b"{}", "look.functions.not-checked"),
            (403, b'{"__type": "AccessDeniedException"}', "look.functions.not-checked"),
        ],
    )
    def test_may_be_in_any_state(self, world: World, status: int, body: bytes, rule: str) -> None:
        """One that failed cannot be called; one that may not be asked for is said."""
        raw = Raw()
        raw.status, raw.body, raw.headers = status, body, {"Content-Type": "application/json"}
        with answering(raw) as url:
            world.endpoints["lambda"] = url
            found = world.look(sound(base=SOUND["custom"]))

        assert {each for each, _, _ in of(found, "functions")} == ({rule} if rule else set())
        assert {path for _, path, _ in of(found, "functions")} == ({PRE, CONSOLIDATION} if rule else set())


class TestOriginal:
    """The job whose labels are adjusted or verified."""

    @pytest.fixture
    def audited(self, world: World) -> World:
        world.jobs["First-round"] = labeling_job("First-round")
        world.put(CHAINED.partition(f"{BUCKET}/")[2], b'{"source-ref": "s3://my-bucket/1.jpg", "boxes": {}}')
        return world

    def look(self, world: World, name: str = "AdjustmentBoundingBox", **more: Any) -> list[Finding]:
        return world.look(sound({**of_type(name), URI: CHAINED, **more}))

    @pytest.mark.parametrize("name", ["AdjustmentBoundingBox", "VerificationBoundingBox"])
    def test_that_fits_is_sound(self, audited: World, name: str) -> None:
        """Its labels have another name, and are of the same task type."""
        assert self.look(audited, name) == []

    def test_whose_labels_have_the_same_name_is_an_error(self, audited: World) -> None:
        """The old labels would be lost."""
        found = self.look(audited, LabelAttributeName="boxes")

        assert of(found, "original") == [("look.original.attribute", "LabelAttributeName", Severity.ERROR)]

    def test_of_another_task_type_is_an_error(self, audited: World) -> None:
        """Boxes are not adjusted as masks are."""
        found = self.look(audited, "AdjustmentSemanticSegmentation", LabelAttributeName="masks-ref")

        assert of(found, "original") == [("look.original.task-type", PRE, Severity.ERROR)]

    @pytest.mark.parametrize(
        "function", [{}, {"PreHumanTaskLambdaArn": "arn:aws:lambda:us-east-1:1:function:mine"}]
    )
    def test_of_a_custom_task_type_is_not_compared(self, audited: World, function: dict[str, str]) -> None:
        """What its labels are nobody can tell."""
        audited.jobs["First-round"]["HumanTaskConfig"] = function

        assert of(self.look(audited), "original") == []

    def test_of_an_unknown_function_is_not_compared(self, audited: World) -> None:
        """Ground Truth may have functions that no page names."""
        function = "arn:aws:lambda:us-east-1:432418664414:function:PRE-Unheard"
        audited.jobs["First-round"]["HumanTaskConfig"] = {"PreHumanTaskLambdaArn": function}

        assert of(self.look(audited), "original") == []

    def test_that_was_an_adjustment_itself_may_be_verified(self, audited: World) -> None:
        """Rounds may follow one another."""
        function = "arn:aws:lambda:us-east-1:432418664414:function:PRE-AdjustmentBoundingBox"
        audited.jobs["First-round"]["HumanTaskConfig"] = {"PreHumanTaskLambdaArn": function}

        assert self.look(audited, "VerificationBoundingBox") == []

    def test_that_has_not_completed_is_a_warning(self, audited: World) -> None:
        """Its output may grow."""
        audited.jobs["First-round"]["LabelingJobStatus"] = "InProgress"

        assert of(self.look(audited), "original") == [("look.original.unfinished", URI, Severity.WARNING)]

    def test_that_is_not_there_is_said(self, audited: World) -> None:
        """A manifest may come from another account."""
        del audited.jobs["First-round"]

        assert of(self.look(audited), "original") == [("look.original.not-checked", URI, Severity.WARNING)]

    def test_that_may_not_be_asked_for_is_said(self, audited: World) -> None:
        """With the permission that it takes."""
        audited.sagemaker.on("DescribeLabelingJob", error("AccessDeniedException"))

        found = [each for each in self.look(audited) if each.rule == "look.original.not-checked"]

        assert "sagemaker:DescribeLabelingJob is denied" in found[0].message

    def test_is_asked_for_only_where_labels_are_audited(self, audited: World) -> None:
        """Labels of one kind may be added to those of another."""
        audited.jobs["First-round"]["LabelAttributeName"] = "signs"

        assert audited.look(sound({URI: CHAINED})) == []
