from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.submit.categories import RULES, CategoriesError, check, check_text, write
from jobherald.submit.category_rules import LINKED, Purpose
from jobherald.submit.findings import Finding, Severity
from jobherald.submit.task_types import CUSTOM, TASK_TYPES, Audit
from tests.submit.requests import GONE, edited

BOXES = Purpose(TASK_TYPES["BoundingBox"])
CLASSES = Purpose(TASK_TYPES["ImageMultiClass"])
ENTITIES = Purpose(TASK_TYPES["NamedEntityRecognition"])
FRAMES = Purpose(TASK_TYPES["VideoObjectTracking"])
CLOUDS = Purpose(TASK_TYPES["3DPointCloudObjectDetection"])
LINKS = Purpose(TASK_TYPES["3DPointCloudObjectTracking"])
SEGMENTS = Purpose(TASK_TYPES["3DPointCloudSemanticSegmentation"])
ADJUSTED = Purpose(TASK_TYPES["AdjustmentVideoObjectTracking"], attribute="second-ref")
VERIFIED = replace(ADJUSTED, verification=True)

LABELS: dict[str, Any] = {"document-version": "2018-11-28", "labels": [{"label": "stop"}, {"label": "yield"}]}
IN_FRAMES: dict[str, Any] = {
    "documentVersion": "2020-03-01",
    "frameAttributes": [
        {
            "name": "weather",
            "description": "What is it like?",
            "type": "string",
            "enum": ["clear", "foggy"],
            "isRequired": True,
        }
    ],
    "categoryGlobalAttributes": [{"name": "hidden", "type": "string", "enum": ["no", "partly"]}],
    "labels": [
        {
            "label": "car",
            "categoryAttributes": [
                {"name": "doors", "type": "number", "minimum": 2, "maximum": 5},
                {"name": "remark", "type": "string", "description": "Whatever is odd"},
            ],
        },
        {"label": "bus"},
    ],
    "annotationType": "Polygon",
    "instructions": {"shortInstruction": "Draw", "fullInstruction": "<p>Draw tightly</p>"},
}
AUDITED = edited(IN_FRAMES, {"auditLabelAttributeName": "first-ref"})
UNEDITED = edited(AUDITED, {"labels": [{"label": "car", "editsAllowed": "none"}]})
WITHOUT_TYPE = edited(IN_FRAMES, {"annotationType": GONE})


def attribute(name: str, **details: Any) -> dict[str, Any]:
    return {"name": name, "type": "string", "enum": ["a"], "description": "d", **details}


def labels(*names: str) -> dict[str, Any]:
    return {"labels": [{"label": name} for name in names]}


def many(count: int, **details: Any) -> list[dict[str, Any]]:
    return [attribute(f"a{i}", **details) for i in range(count)]


BROKEN: dict[str, list[tuple[dict[str, Any], Purpose, dict[str, Any], str]]] = {
    "categories-fewest": [(LABELS, CLASSES, labels("stop"), "labels")],
    "categories-most": [
        (LABELS, BOXES, labels(*(f"l{i}" for i in range(51))), "labels"),
        (LABELS, replace(BOXES, automated=True), labels(*(f"l{i}" for i in range(51))), "labels"),
        (IN_FRAMES, FRAMES, labels(*(f"l{i}" for i in range(31))), "labels"),
        (
            LABELS,
            Purpose(TASK_TYPES["SemanticSegmentation"], automated=True),
            labels(*(f"l{i}" for i in range(21))),
            "labels",
        ),
    ],
    "categories-unique": [
        (LABELS, BOXES, labels("stop", "go", "stop"), "labels[2].label"),
        (IN_FRAMES, FRAMES, labels("car", "car"), "labels[1].label"),
    ],
    "categories-instructions": [(LABELS, ENTITIES, {}, "instructions")],
    "categories-version": [(IN_FRAMES, FRAMES, {"documentVersion": GONE}, "documentVersion")],
    "categories-annotation-type": [
        (IN_FRAMES, FRAMES, {"annotationType": "Cuboid"}, "annotationType"),
        (IN_FRAMES, FRAMES, {"annotationType": list(LINKED)}, "annotationType"),
        (IN_FRAMES, CLOUDS, {}, "annotationType"),
        (IN_FRAMES, LINKS, {}, "annotationType"),
        (IN_FRAMES, LINKS, {"annotationType": [LINKED[0]]}, "annotationType"),
    ],
    "categories-attribute-kind": [
        (
            IN_FRAMES,
            FRAMES,
            {"frameAttributes": [attribute("a", type="number", minimum=1, maximum=2)]},
            "frameAttributes[0].enum",
        ),
        (IN_FRAMES, FRAMES, {"frameAttributes": [attribute("a", minimum=1)]}, "frameAttributes[0]"),
        (
            IN_FRAMES,
            FRAMES,
            {
                "frameAttributes": [
                    {"name": "a", "description": "d", "type": "number", "minimum": 2, "maximum": 1}
                ]
            },
            "frameAttributes[0]",
        ),
    ],
    "categories-attribute-range": [
        (
            IN_FRAMES,
            FRAMES,
            {"frameAttributes": [{"name": "a", "description": "d", "type": "number", "minimum": 2}]},
            "frameAttributes[0]",
        )
    ],
    "categories-attribute-names": [
        (IN_FRAMES, FRAMES, {"frameAttributes": [attribute("a"), attribute("a")]}, "frameAttributes[1].name"),
        (
            IN_FRAMES,
            FRAMES,
            {"categoryGlobalAttributes": [attribute("doors")]},
            "labels[0].categoryAttributes[0].name",
        ),
    ],
    "categories-attribute-names-apart": [
        (
            IN_FRAMES,
            FRAMES,
            {"labels": [{"label": name, "categoryAttributes": [attribute("a")]} for name in ("car", "bus")]},
            "labels[1].categoryAttributes[0].name",
        )
    ],
    "categories-attribute-count": [
        (IN_FRAMES, FRAMES, {"frameAttributes": many(11)}, "frameAttributes"),
        (
            IN_FRAMES,
            FRAMES,
            {"frameAttributes": [{"name": f"a{i}", "type": "string", "description": "d"} for i in range(6)]},
            "frameAttributes",
        ),
        (IN_FRAMES, FRAMES, {"categoryGlobalAttributes": many(9)}, "labels[0].categoryAttributes"),
    ],
    "categories-frame-description": [
        (
            IN_FRAMES,
            FRAMES,
            {"frameAttributes": [{"name": "a", "type": "string"}]},
            "frameAttributes[0].description",
        )
    ],
    "categories-ignored": [
        (edited(WITHOUT_TYPE, labels("car")), SEGMENTS, {}, "categoryGlobalAttributes"),
        (
            edited(WITHOUT_TYPE, {"categoryGlobalAttributes": GONE}),
            SEGMENTS,
            {},
            "labels[0].categoryAttributes",
        ),
    ],
    "categories-audit-attribute": [
        (IN_FRAMES, ADJUSTED, {}, "auditLabelAttributeName"),
        (IN_FRAMES, ADJUSTED, {"auditLabelAttributeName": "second-ref"}, "auditLabelAttributeName"),
    ],
    "categories-audit-elsewhere": [(AUDITED, FRAMES, {}, "auditLabelAttributeName")],
    "categories-verification": [
        (UNEDITED, VERIFIED, {"labels": [{"label": "car", "editsAllowed": "any"}]}, "labels[0].editsAllowed")
    ],
}
"""For each rule: a file, what it is for, the edits that break it, and where it is found."""

FORMS: list[tuple[dict[str, Any], Purpose, dict[str, Any], str, str]] = [
    (LABELS, BOXES, {"document-version": "2020-03-01"}, "shape.choice", "document-version"),
    (LABELS, BOXES, {"document-version": GONE}, "shape.missing-member", "document-version"),
    (LABELS, BOXES, {"labels": []}, "shape.length", "labels"),
    (LABELS, BOXES, {"labels": GONE}, "shape.missing-member", "labels"),
    (LABELS, BOXES, {"labels": ["stop"]}, "shape.type", "labels[0]"),
    (LABELS, BOXES, labels("x" * 257), "shape.length", "labels[0].label"),
    (
        LABELS,
        ENTITIES,
        {"instructions": {"shortInstruction": "a"}},
        "shape.missing-member",
        "instructions.fullInstruction",
    ),
    (IN_FRAMES, FRAMES, {"documentVersion": "2018-11-28"}, "shape.choice", "documentVersion"),
    (IN_FRAMES, FRAMES, labels("x" * 17), "shape.length", "labels[0].label"),
    (
        IN_FRAMES,
        FRAMES,
        {"frameAttributes": [attribute("a", type="text")]},
        "shape.choice",
        "frameAttributes[0].type",
    ),
    (
        IN_FRAMES,
        FRAMES,
        {"frameAttributes": [attribute("a", enum=["x"] * 11)]},
        "shape.length",
        "frameAttributes[0].enum",
    ),
    (
        IN_FRAMES,
        FRAMES,
        {"instructions.shortInstruction": "x" * 255},
        "shape.length",
        "instructions.shortInstruction",
    ),
]

SOUND: dict[str, tuple[dict[str, Any], Purpose]] = {
    "bounding boxes": (LABELS, BOXES),
    "as many boxes as there may be": (edited(LABELS, labels(*(f"l{i}" for i in range(50)))), BOXES),
    "any number of classes": (edited(LABELS, labels(*(f"l{i}" for i in range(500)))), CLASSES),
    "as many attributes as there may be": (
        edited(IN_FRAMES, {"frameAttributes": many(10), "categoryGlobalAttributes": many(8)}),
        FRAMES,
    ),
    "as many free texts as there may be": (
        edited(
            IN_FRAMES,
            {"frameAttributes": [{"name": f"a{i}", "type": "string", "description": "d"} for i in range(5)]},
        ),
        FRAMES,
    ),
    "classes": (LABELS, CLASSES),
    "custom": (LABELS, Purpose(CUSTOM)),
    "entities": (
        edited(
            LABELS,
            {
                "instructions": {"shortInstruction": "a", "fullInstruction": "b"},
                "labels": [{"label": "person", "shortDisplayName": "P"}],
            },
        ),
        ENTITIES,
    ),
    "frames": (IN_FRAMES, FRAMES),
    "frames with the other key of the version": (
        edited(IN_FRAMES, {"documentVersion": GONE, "document-version": "2020-03-01"}),
        FRAMES,
    ),
    "clouds": (WITHOUT_TYPE, CLOUDS),
    "clouds linked to images": (edited(IN_FRAMES, {"annotationType": list(reversed(LINKED))}), LINKS),
    "adjustment": (AUDITED, ADJUSTED),
    "verification": (UNEDITED, VERIFIED),
}


def found(document: object, purpose: Purpose) -> set[tuple[str, str]]:
    return {(finding.rule, finding.path) for finding in check(document, purpose)}


class TestRules:
    def test_every_rule_is_broken_here(self) -> None:
        """A rule without a case would be a rule without a test."""
        assert set(BROKEN) == {rule.name for rule in RULES}

    @pytest.mark.parametrize("rule", BROKEN)
    def test_broken(self, rule: str) -> None:
        """Each way to break it is found at its place, and nothing else is found."""
        for file, purpose, edits, path in BROKEN[rule]:
            assert found(edited(file, edits), purpose) == {(rule, path)}

    @pytest.mark.parametrize("kind", SOUND)
    def test_a_sound_file_has_no_finding(self, kind: str) -> None:
        """Not even a warning."""
        assert check(*SOUND[kind]) == []

    @pytest.mark.parametrize(("file", "purpose", "edits", "rule", "path"), FORMS)
    def test_a_wrong_form_is_found(
        self, file: dict[str, Any], purpose: Purpose, edits: dict[str, Any], rule: str, path: str
    ) -> None:
        """With its place, beside whatever rules find in the rest."""
        assert (rule, path) in found(edited(file, edits), purpose)

    def test_the_form_of_one_kind_is_wrong_for_the_other(self) -> None:
        """Each says what it misses."""
        assert ("shape.missing-member", "document-version") in found(IN_FRAMES, BOXES)
        assert ("shape.choice", "document-version") in found(LABELS, FRAMES)

    @pytest.mark.parametrize(
        ("key", "meant"),
        [
            ("attributes", "categoryAttributes"),
            ("labelAttributes", "categoryAttributes"),
            ("edits", "editsAllowed"),
        ],
    )
    def test_an_unknown_key_is_a_warning(self, key: str, meant: str) -> None:
        """No page says that others are refused, and one page has some of its own; the nearest known key is named."""
        (finding,) = check(edited(IN_FRAMES, {"labels": [{"label": "car", key: []}]}), FRAMES)
        assert (finding.rule, finding.path) == ("shape.unknown-member", f"labels[0].{key}")
        assert finding.severity is Severity.WARNING
        assert meant in finding.remedy

    def test_a_verification_that_is_not_known_to_be_one_is_not_held_to_it(self) -> None:
        """The functions of frames do not show it."""
        assert check(AUDITED, replace(VERIFIED, verification=None)) == []

    def test_a_faulty_label_does_not_hide_what_else_is_wrong(self) -> None:
        """Form and rules together."""
        document = edited(LABELS, {"instructions": 1, "labels": [{"label": "a"}, {"label": "a"}]})
        assert found(document, BOXES) == {
            ("shape.type", "instructions"),
            ("categories-unique", "labels[1].label"),
        }

    def test_text_is_read_first(self) -> None:
        """The guide's own example lacks a comma."""
        assert check_text(json.dumps(LABELS), BOXES) == []
        (finding,) = check_text('{"document-version": "2018-11-28"\n "labels": []}', BOXES)
        assert (finding.rule, finding.path) == ("shape.json", "line 2, column 2")


class TestWriting:
    @pytest.mark.parametrize("name", TASK_TYPES)
    def test_what_is_written_is_correct(self, name: str) -> None:
        """For every task type: no finding of the check, labels in their order."""
        task_type = TASK_TYPES[name]
        audit = task_type.in_frames and task_type.audit is not Audit.NONE
        purpose = Purpose(task_type)
        text = write(
            ["stop", "Vorfahrt"],
            purpose,
            instructions=("a", "b"),
            audited="first" if audit else "",
        )
        assert check_text(text, purpose) == []
        assert [each["label"] for each in json.loads(text)["labels"]] == ["stop", "Vorfahrt"]

    def test_it_has_the_form_of_the_guide(self) -> None:
        """Keys and version, and nothing that was not asked for."""
        assert json.loads(write(["stop", "yield"], BOXES)) == LABELS

    def test_what_is_verified_cannot_be_edited(self) -> None:
        """Each label says so; what is drawn and what is audited are said too."""
        written = json.loads(write(["car"], VERIFIED, audited="first-ref", annotation_type="Keypoint"))
        assert written == {
            "documentVersion": "2020-03-01",
            "labels": [{"label": "car", "editsAllowed": "none"}],
            "annotationType": "Keypoint",
            "auditLabelAttributeName": "first-ref",
        }

    def test_what_cannot_be_written_is_refused_with_every_reason(self) -> None:
        """At once, as a check would say it."""
        with pytest.raises(CategoriesError) as refused:
            write(["a", "a", ""], ENTITIES)
        assert {(each.rule, each.path) for each in refused.value.findings} == {
            ("categories-unique", "labels[1].label"),
            ("shape.length", "labels[2].label"),
            ("categories-instructions", "instructions"),
        }
        assert "labels[2].label" in str(refused.value)

    @given(st.lists(st.text(max_size=20), max_size=40), st.sampled_from(sorted(TASK_TYPES)))
    def test_it_writes_what_it_can_and_refuses_the_rest(self, names: list[str], name: str) -> None:
        """Whatever the labels: a correct file or findings, and nothing between."""
        purpose = Purpose(TASK_TYPES[name])
        with contextlib.suppress(CategoriesError):
            text = write(names, purpose, instructions=("a", "b"))
            assert check_text(text, purpose) == []
            assert [each["label"] for each in json.loads(text)["labels"]] == names


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from([*IN_FRAMES, "label", "name"]), below)
    ),
    max_leaves=20,
)


@given(JSON, st.sampled_from(sorted(TASK_TYPES)))
def test_any_file_gives_findings(document: object, name: str) -> None:
    """Whatever the file holds, for whatever task type."""
    assert all(isinstance(each, Finding) for each in check(document, Purpose(TASK_TYPES[name])))


@given(
    st.sampled_from(sorted(SOUND)),
    st.dictionaries(st.sampled_from([*IN_FRAMES, "auditLabelAttributeName"]), JSON, min_size=1),
)
def test_any_key_may_hold_anything(kind: str, edits: dict[str, Any]) -> None:
    """A sound file, some keys of which are replaced."""
    document, purpose = SOUND[kind]
    assert all(each.message and each.remedy for each in check(edited(document, edits), purpose))
