"""The files that a labeling job names: template, label categories, manifest."""

from __future__ import annotations

import json

import pytest

from jobherald.submit.findings import Finding, Severity
from jobherald.submit.looks.s3 import WHOLE
from tests.submit.looks.world import BUCKET, World, labeling_job, sound
from tests.submit.requests import (
    AUTOMATIC,
    CHAINED,
    MANIFEST,
    SOUND,
    TEMPLATE,
    edited,
    of_type,
)

URI = f"{MANIFEST}.ManifestS3Uri"
CATEGORIES = "LabelCategoryConfigS3Uri"
LINE = '{"source-ref": "s3://my-bucket/in/%d.jpg"}\n'


def only(findings: list[Finding], prefix: str) -> list[Finding]:
    return [finding for finding in findings if finding.rule.startswith(prefix)]


@pytest.mark.parametrize(
    ("path", "key", "rule"),
    [
        (TEMPLATE, "in/template.liquid", "look.template"),
        (CATEGORIES, "in/labels.json", "look.categories"),
        (URI, "in/input.manifest", "look.manifest"),
    ],
)
class TestEachFile:
    """What holds for all three."""

    def test_that_is_not_there_is_an_error(self, world: World, path: str, key: str, rule: str) -> None:
        """Nothing would be started that fails for lack of a file."""
        world.client("s3").delete_object(Bucket=BUCKET, Key=key)

        assert [(each.rule, each.path, each.severity) for each in world.look()] == [
            (f"{rule}.missing", path, Severity.ERROR)
        ]

    def test_that_may_not_be_read_is_said(self, world: World, path: str, key: str, rule: str) -> None:
        """A warning names the permission."""
        with world.denying("s3:GetObject"):
            found = only(world.look(), rule)

        assert [(each.rule, each.path, each.severity) for each in found] == [
            (f"{rule}.not-checked", path, Severity.WARNING)
        ]
        assert "was not checked: s3:GetObject is denied" in found[0].message
        assert "allow s3:GetObject to whoever checks" in found[0].remedy

    def test_with_another_address_is_said(self, world: World, path: str, key: str, rule: str) -> None:
        """The service model allows https, which is not looked at."""
        found = only(world.look(sound({path: f"https://s3.amazonaws.com/{BUCKET}/{key}"})), rule)

        assert [each.rule for each in found] == [f"{rule}.not-checked"]
        assert "does not begin with s3://" in found[0].message


def test_an_empty_template_is_an_error(world: World) -> None:
    """There would be nothing to see."""
    world.put("in/template.liquid", b"")

    assert world.found() == [("look.template.missing", TEMPLATE)]


def test_a_job_without_template_or_categories_has_neither_looked_at(world: World) -> None:
    """What is not named is not asked for."""
    request = sound(base=SOUND["video frames"])
    assert request.HumanTaskConfig.UiConfig.UiTemplateS3Uri is None

    world.look(request)

    assert world.calls.count("s3:HeadObject") == 2


def test_the_label_category_file_is_checked_for_its_task_type(world: World) -> None:
    """Faults are told with the member that names the file, and with the rule that is broken."""
    world.put(
        "in/labels.json", b'{"document-version": "2018-11-28", "labels": [{"label": "a"}, {"label": "a"}]}'
    )

    assert world.found() == [("categories-unique", "LabelCategoryConfigS3Uri: labels[1].label")]


def test_a_category_file_that_is_no_json_is_an_error(world: World) -> None:
    """The path says where in the file."""
    world.put("in/labels.json", b'{"labels": [}')

    assert world.found() == [("shape.json", "LabelCategoryConfigS3Uri: line 1, column 13")]


def test_a_category_file_knows_of_automated_labeling_and_the_attribute(world: World) -> None:
    """Both come from the request: 21 labels are too many where semantic segmentation is automated."""
    labels = [{"label": f"{number}"} for number in range(21)]
    world.put("in/labels.json", json.dumps({"document-version": "2018-11-28", "labels": labels}).encode())
    algorithm = AUTOMATIC["LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn"]
    automated = {
        "LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn": algorithm.replace(
            "object-detection", "semantic-segmentation"
        )
    }
    segmentation = SOUND["semantic segmentation"]

    assert only(world.look(sound(base=segmentation)), "categories-") == []
    assert only(world.look(sound(automated, base=segmentation)), "categories-most")


def test_a_category_file_that_is_too_large_is_not_read(world: World) -> None:
    """Of such a size none is correct, and whoever looks is not made to carry it."""
    world.put("in/labels.json", b" " * (256 * 1024 + 1))

    found = world.look()

    assert [each.rule for each in found] == ["look.categories.not-checked"]
    assert "262,145 bytes" in found[0].message


def test_lines_of_a_small_manifest_are_all_checked(world: World) -> None:
    """Also the last, and in a file without a break at its end."""
    lines = [LINE % number for number in range(2_000)]
    world.put("in/input.manifest", ("".join(lines) + '{"source": "text"}').encode())

    found = world.found()

    assert found == [("manifest-source", f"{URI}: line 2001")]


def test_not_all_of_a_million_empty_lines_are_checked(world: World) -> None:
    """That would take longer than API Gateway waits."""
    world.put("in/input.manifest", b"\n" * WHOLE)

    (rest,) = [
        each.message for each in world.look() if each.message.endswith("further lines break this rule")
    ]

    assert int(rest.partition(" ")[0].replace(",", "")) < 100_000


def test_an_empty_manifest_is_an_error(world: World) -> None:
    """There would be nothing to label."""
    world.put("in/input.manifest", b"")

    assert world.found() == [("manifest-empty", URI)]


def test_too_few_objects_for_automated_labeling_are_told(world: World) -> None:
    """A whole manifest is counted."""
    assert ("manifest-automated", URI) in world.found(sound(AUTOMATIC))


def test_a_large_manifest_is_checked_in_parts(world: World) -> None:
    """A fault at the head is told by its line, one further on by its first byte; parts of lines are no faults."""
    lines = [LINE % number for number in range(60_000)]
    text = "".join(lines)
    assert len(text) > WHOLE
    bad = '{"source": "s3://my-bucket/in/xxxxx.jpg"}\n'
    world.put("in/input.manifest", text.replace(lines[6], "[1]\n").encode())
    at_head = world.found()
    world.put("in/input.manifest", "".join([*lines[:-1], bad]).encode())
    at_end = world.found()
    world.put("in/input.manifest", text.encode())

    assert world.found() == []
    assert at_head == [("manifest-json", f"{URI}: line 7")]
    assert at_end == [("manifest-source", f"{URI}: the line at byte {len(''.join(lines[:-1])):,}")]


def test_a_part_that_has_no_whole_line_says_nothing(world: World) -> None:
    """Lines may be longer than a range."""
    line = json.dumps({"source-ref": "s3://my-bucket/1.jpg", "note": "x" * 70_000}) + "\n"
    world.put("in/input.manifest", (line * 20).encode())

    assert {rule for rule, _ in world.found()} == {"manifest-attribute-length"}


def test_a_manifest_that_seems_to_have_too_many_objects_is_a_warning(world: World) -> None:
    """Of parts only a guess can be made, by the length of their lines."""
    world.put("in/input.manifest", "".join(LINE % (number % 10) for number in range(130_000)).encode())

    found = world.look()

    assert [(each.rule, each.severity) for each in found] == [("look.manifest.many", Severity.WARNING)]
    assert "about 130,000 objects" in found[0].message


def test_a_streaming_job_without_a_manifest_has_none_looked_at(world: World) -> None:
    """It begins with what is sent to it."""
    assert only(world.look(sound(base=SOUND["streaming"])), "look.manifest") == []


@pytest.mark.parametrize("name", ["AdjustmentBoundingBox", "VerificationBoundingBox"])
def test_a_manifest_without_the_labels_to_be_audited_is_an_error(world: World, name: str) -> None:
    """The attribute is that of the job whose output it is."""
    audit = sound({**of_type(name), URI: CHAINED})
    key = CHAINED.partition(f"{BUCKET}/")[2]
    world.jobs["First-round"] = labeling_job("First-round")
    line = {"source-ref": "s3://my-bucket/1.jpg", "other": {}, "other-metadata": {}}
    world.put(key, json.dumps(line).encode())
    without = world.found(audit)
    world.put(key, json.dumps({**line, "boxes": {}}).encode())

    assert ("manifest-unaudited", URI) in without
    assert world.found(audit) == []


def test_the_labels_to_be_audited_are_those_that_the_category_file_names(world: World) -> None:
    """For 3D point clouds and video frames it says the attribute itself."""
    request = sound({**of_type("AdjustmentVideoObjectTracking")}, base=edited(SOUND["video frames"], {}))
    label = {
        "documentVersion": "2020-03-01",
        "labels": [{"label": "a"}],
        "auditLabelAttributeName": "old-ref",
    }
    world.put("in/labels.json", json.dumps(label).encode())
    world.put(
        "in/input.manifest",
        b'{"source-ref": "s3://my-bucket/seq.json", "new-ref": "", "new-ref-metadata": {}}',
    )

    assert "manifest-unaudited" in {rule for rule, _ in world.found(request)}


def test_a_category_file_of_nothing_but_brackets_is_an_error_where_labels_are_audited(world: World) -> None:
    """It is asked for the attribute, too, and is deeper than Python reads."""
    request = sound({**of_type("AdjustmentVideoObjectTracking")}, base=edited(SOUND["video frames"], {}))
    world.put("in/labels.json", b"[" * 200_000)
    world.put("in/input.manifest", b'{"source-ref": "s3://my-bucket/seq.json"}')

    assert "shape.depth" in {rule for rule, _ in world.found(request)}
