from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.submit.decoding import DEEPEST, LARGEST
from jobherald.submit.examination import (
    examine_labeling,
    examine_labeling_text,
    examine_media_analysis,
    examine_media_analysis_text,
)
from jobherald.submit.findings import Finding, Report, Severity
from jobherald.submit.labeling import load, read
from jobherald.submit.reading import DEMANDS, MOST
from tests.submit.requests import BOUNDING_BOX, GONE, HUMAN, LIMIT, SOUND, edited

FORMS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a text for a number": ({LIMIT: "600"}, "shape.type", LIMIT),
    "a truth for a number": ({LIMIT: True}, "shape.type", LIMIT),
    "a fraction for a whole number": ({LIMIT: 600.0}, "shape.type", LIMIT),
    "a list for an object": ({"InputConfig": []}, "shape.type", "InputConfig"),
    "an object for a list": ({"Tags": {"Key": "a"}}, "shape.type", "Tags"),
    "null": ({"Tags": None}, "shape.type", "Tags"),
    "null for what is required": ({"RoleArn": None}, "shape.type", "RoleArn"),
    "half a character": ({"RoleArn": "\ud800"}, "shape.type", "RoleArn"),
    "an unknown member": ({f"{HUMAN}.TaskTitel": "x"}, "shape.unknown-member", f"{HUMAN}.TaskTitel"),
    "a member in small letters": ({"roleArn": "x"}, "shape.unknown-member", "roleArn"),
    "a missing member": ({f"{HUMAN}.TaskTitle": GONE}, "shape.missing-member", f"{HUMAN}.TaskTitle"),
    "a text too long": ({"LabelingJobName": "a" * 64}, "shape.length", "LabelingJobName"),
    "a text too short": ({f"{HUMAN}.TaskTitle": ""}, "shape.length", f"{HUMAN}.TaskTitle"),
    "a list too short": ({f"{HUMAN}.TaskKeywords": []}, "shape.length", f"{HUMAN}.TaskKeywords"),
    "a number too small": ({LIMIT: 29}, "shape.range", LIMIT),
    "a number of more than 32 bits": ({LIMIT: 2**31}, "shape.range", LIMIT),
    "a wrong form": ({"LabelAttributeName": "$signs"}, "shape.pattern", "LabelAttributeName"),
    "a wrong form after a line": ({"LabelingJobName": "signs\n"}, "shape.pattern", "LabelingJobName"),
    "a wrong item": ({f"{HUMAN}.TaskKeywords": ["a", "b-c"]}, "shape.pattern", f"{HUMAN}.TaskKeywords[1]"),
    "no choice": (
        {"InputConfig.DataAttributes.ContentClassifiers": ["FreeOfPii"]},
        "shape.choice",
        "InputConfig.DataAttributes.ContentClassifiers[0]",
    ),
}


BROKEN: dict[str, str] = {
    "shape.json": "{",
    "shape.size": '"' + "x" * LARGEST + '"',
    "shape.depth": "[" * (DEEPEST + 2) + "]" * (DEEPEST + 2),
    "shape.given-twice": '{"Tags": [], "Tags": []}',
    "shape.type": '{"Tags": 1}',
    "shape.unknown-member": '{"Tag": []}',
    "shape.missing-member": "{}",
    "shape.length": '{"LabelingJobName": ""}',
    "shape.range": '{"StoppingConditions": {"MaxHumanLabeledObjectCount": 0}}',
    "shape.pattern": '{"LabelingJobName": "-"}',
    "shape.choice": '{"InputConfig": {"DataAttributes": {"ContentClassifiers": ["Free"]}}}',
    "shape.many": "{" + ",".join(f'"m{i}": 1' for i in range(MOST)) + "}",
}
"""For each rule of form a text that breaks it."""


def alone(findings: list[Finding] | tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, [str(each) for each in findings]
    return findings[0]


class TestForm:
    @pytest.mark.parametrize("rule", DEMANDS)
    def test_each_rule_is_broken(self, rule: str) -> None:
        """By the shortest text that does."""
        assert rule in {found.rule for found in load(BROKEN[rule])[1]}

    @pytest.mark.parametrize("case", FORMS)
    def test_one_fault_is_found_at_its_place(self, case: str) -> None:
        """Each kind of fault, with its rule and path, and nothing else; no request comes of it."""
        edits, rule, path = FORMS[case]
        request, findings = read(edited(BOUNDING_BOX, edits))
        found = alone(findings)
        assert (request, found.rule, found.path, found.severity) == (None, rule, path, Severity.ERROR)
        assert found.message
        assert found.remedy
        assert found.source.startswith("https://")

    def test_every_fault_is_found_at_once(self) -> None:
        """Whoever mends what they are told is done."""
        wrong = {path: value for edits, *_ in FORMS.values() for path, value in edits.items()}
        del wrong["InputConfig"]
        _, findings = read(edited(BOUNDING_BOX, wrong))
        assert {found.path.partition("[")[0] for found in findings} == set(wrong) | {HUMAN + ".TaskKeywords"}
        assert {found.rule for found in findings} <= set(DEMANDS)

    @pytest.mark.parametrize(
        ("path", "meant"),
        [
            ("LabelCategoriesS3Uri", "LabelCategoryConfigS3Uri"),
            (f"{HUMAN}.WorkTeamArn", "WorkteamArn"),
            (f"{HUMAN}.UiConfig.UiTemplate", "UiTemplateS3Uri"),
        ],
    )
    def test_an_unknown_member_is_told_its_nearest_neighbour(self, path: str, meant: str) -> None:
        """At the place where it stands: a member's names are not those of another."""
        _, findings = read(edited(BOUNDING_BOX, {path: "x"}))
        assert alone(findings).remedy == f"did you mean {meant}?"

    def test_a_member_that_is_nothing_known_is_told_what_there_is(self) -> None:
        """All names, where none is near."""
        _, findings = read(edited(BOUNDING_BOX, {"OutputConfig.zzz": 1}))
        assert alone(findings).remedy == "it may be one of KmsKeyId, S3OutputPath, SnsTopicArn"

    def test_long_values_and_names_are_cut(self) -> None:
        """A finding is a line for a person."""
        _, findings = read(edited(BOUNDING_BOX, {"RoleArn": "x" * 5000, "y" * 5000: 1}))
        assert len(findings) == 2
        assert all(len(found.path) < 100 and len(found.message) < 300 for found in findings)

    def test_a_secret_is_never_repeated(self) -> None:
        """A webhook in the wrong place stays out of logs and answers."""
        secret = "https://hooks.slack.com/services/T0/B0/verysecret"
        _, findings = read(edited(BOUNDING_BOX, {"RoleArn": secret, "LabelingJobName": [secret]}))
        assert len(findings) == 2
        assert "verysecret" not in str(findings)

    def test_too_many_faults_are_counted(self) -> None:
        """A document of another kind altogether does not make thousands of lines."""
        _, findings = read(edited(BOUNDING_BOX, {f"member{i}": i for i in range(1000)}))
        assert len(findings) == MOST + 1
        assert findings[-1].rule == "shape.many"
        assert findings[-1].message == "900 further faults of form are not told"

    def test_as_many_faults_as_are_told_are_not_counted(self) -> None:
        """There is no rest."""
        _, findings = read(edited(BOUNDING_BOX, {f"member{i}": i for i in range(MOST)}))
        assert len(findings) == MOST

    def test_one_is_no_plural(self) -> None:
        """It is a person who reads."""
        _, findings = read(edited(BOUNDING_BOX, {"RoleArn": "x"}))
        assert alone(findings).message == '"x" has 1 character'

    def test_a_number_of_more_than_64_bits_is_none(self) -> None:
        """No service takes one; a smaller one is out of its range."""
        assert alone(read(edited(BOUNDING_BOX, {LIMIT: 2**63 - 1}))[1]).rule == "shape.range"
        assert alone(read(edited(BOUNDING_BOX, {LIMIT: 2**63}))[1]).rule == "shape.json"

    @pytest.mark.parametrize("document", [None, [], "x", 1, 1.5, True])
    def test_what_is_no_object_is_no_request(self, document: object) -> None:
        """One finding, for the whole."""
        found = alone(read(document)[1])
        assert (found.rule, found.path) == ("shape.type", "")


class TestText:
    def test_a_sound_text_is_read(self) -> None:
        """As text, as bytes, and with the mark that some editors put first."""
        text = json.dumps(BOUNDING_BOX)
        for written in (text, text.encode(), b"\xef\xbb\xbf" + text.encode(), "\ufeff" + text):
            request, findings = load(written)
            assert findings == []
            assert request is not None
            assert request.parameters() == BOUNDING_BOX

    @pytest.mark.parametrize(
        ("text", "rule", "path"),
        [
            ('{\n  "a": 1,,\n}', "shape.json", "line 2, column 10"),
            ("", "shape.json", "line 1, column 1"),
            (b'{"a": "\xff"}', "shape.json", "byte 8"),
            ('{"a": NaN}', "shape.json", ""),
            ('{"a": ' + "9" * 5000 + "}", "shape.json", ""),
            ("[" * 100_000, "shape.depth", ""),
            ('{"a": 1, "Tags": 1, "Tags": []}', "shape.given-twice", "Tags"),
            (json.dumps({"a": "x" * LARGEST}), "shape.size", ""),
            ("ä" * (LARGEST // 2 + 1), "shape.size", ""),
        ],
    )
    def test_what_is_no_json_is_said_where(self, text: str | bytes, rule: str, path: str) -> None:
        """Line and column, where there are any; never an exception."""
        request, findings = load(text)
        assert request is None
        found = alone(findings)
        assert (found.rule, found.path) == (rule, path)


class TestLimits:
    def test_a_document_may_be_as_deep_as_the_limit(self) -> None:
        """One deeper is not read at all."""

        def nested(depth: int) -> dict[str, Any]:
            deep: dict[str, Any] = {"a": 1}
            for _ in range(depth - 1):
                deep = {"a": deep}
            return deep

        assert "shape.depth" not in {found.rule for found in read(nested(DEEPEST))[1]}
        assert alone(read(nested(DEEPEST + 1))[1]).rule == "shape.depth"
        assert alone(load("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1))[1]).rule == "shape.depth"

    def test_a_document_in_itself_is_too_deep(self) -> None:
        """A value of Python's can hold itself."""
        document: dict[str, Any] = {}
        document["a"] = document
        assert alone(read(document)[1]).rule == "shape.depth"

    @pytest.mark.parametrize("document", [{"a": "x" * LARGEST}, {"x" * LARGEST: 1}, {"a": [0] * LARGEST}])
    def test_a_large_document_is_not_read(self, document: object) -> None:
        """However it is large."""
        assert alone(read(document)[1]).rule == "shape.size"

    def test_a_text_may_be_as_long_as_the_limit(self) -> None:
        """One byte more is not read at all."""
        text = "{}" + " " * (LARGEST - 2)
        assert "shape.size" not in {found.rule for found in load(text)[1]}
        assert alone(load(text + " ")[1]).rule == "shape.size"

    @pytest.mark.parametrize(
        "value",
        [float("nan"), float("inf"), 10**5000, {1, 2}, b"x", {1: 2}, (1,)],
        ids=lambda value: type(value).__name__,
    )
    def test_what_json_does_not_have_is_refused(self, value: object) -> None:
        """A caller in Python can pass anything."""
        found = alone(read({"RoleArn": value})[1])
        assert (found.rule, found.path) == ("shape.json", "RoleArn")

    @pytest.mark.parametrize(
        "text",
        [
            '{"Tags":[' + ",".join(["{}"] * 80_000) + "]}",
            '{"HumanTaskConfig":{"TaskKeywords":[' + ",".join(['"-"'] * 60_000) + "]}}",
            "{" + ",".join(f'"a{i % 5000}":1' for i in range(20_000)) + "}",
            '{"Tags":[' + ",".join(["null"] * 50_000) + "]}",
        ],
        ids=["structures", "texts", "members given twice", "nulls"],
    )
    def test_the_worst_that_fits_is_answered_shortly(self, text: str) -> None:
        """Whoever sends a quarter of a megabyte of faults gets no megabytes of findings, nor a wait of minutes."""
        _, report = examine_labeling_text(text)
        assert 1 < len(report.findings) <= MOST + 10


class TestWhatIsPartlyWrong:
    def test_rules_judge_what_can_be_read(self) -> None:
        """A fault of form in one member hides no fault across others."""
        document = edited(
            BOUNDING_BOX, {"RoleArn": "arn:aws:iam::me:role/mine", "LabelAttributeName": "signs-metadata"}
        )
        request, report = examine_labeling(document)
        assert request is None
        assert [found.rule for found in report.findings] == ["attribute-metadata", "shape.pattern"]

    def test_a_faulty_member_does_not_count_as_left_out(self) -> None:
        """What is given in a wrong form is not missed a second time by the rules."""
        broken: dict[str, Any] = {
            f"{HUMAN}.UiConfig.UiTemplateS3Uri": 1,
            "LabelCategoryConfigS3Uri": 1,
            f"{HUMAN}.PreHumanTaskLambdaArn": 1,
        }
        _, report = examine_labeling(edited(BOUNDING_BOX, broken))
        assert {found.rule for found in report.findings} == {"shape.type"}
        assert len(report.findings) == len(broken)

    def test_a_list_with_a_faulty_item_is_not_judged(self) -> None:
        """The item may have been meant for what a rule misses."""
        classifiers = "InputConfig.DataAttributes.ContentClassifiers"
        document = edited(SOUND["Mechanical Turk"], {classifiers: ["FreeOfPersonallyIdentifiableInfo"]})
        _, report = examine_labeling(document)
        assert [found.rule for found in report.findings] == ["shape.choice"]

    def test_a_wrong_kind_of_value_hides_what_is_wrong_below_it(self) -> None:
        """Where an object stands for a list, what the object holds is nobody's."""
        _, report = examine_labeling(edited(BOUNDING_BOX, {"Tags": {"Key": None}}))
        assert {(found.rule, found.path) for found in report.findings} == {
            ("shape.type", "Tags"),
            ("shape.type", "Tags.Key"),
        }

    def test_a_missing_structure_silences_the_rules_that_read_it(self) -> None:
        """It is missing, and that is all there is to say."""
        _, report = examine_labeling(edited(BOUNDING_BOX, {HUMAN: GONE}))
        assert [found.path for found in report.findings] == [HUMAN]


class TestReport:
    def test_errors_come_first_and_each_finding_once(self) -> None:
        """The order is by weight, then by path, whatever the order of the checks."""
        first = Finding("b", Severity.WARNING, "A", "m", "r", "s")
        second = Finding("a", Severity.ERROR, "Z", "m", "r", "s")
        third = Finding("a", Severity.ERROR, "B", "m", "r", "s")
        report = Report.of([first, second], [third, first])
        assert report.findings == (third, second, first)
        assert report.errors == (third, second)
        assert report.warnings == (first,)
        assert not report.ok
        assert Report.of([first]).ok

    def test_details_are_json(self) -> None:
        """For the answer of an API and the output of a command."""
        found = Finding("a", Severity.ERROR, "Tags[3].Key", "m", "r", "s")
        assert json.loads(json.dumps(Report.of([found]).as_details())) == [
            {
                "rule": "a",
                "severity": "error",
                "path": "Tags[3].Key",
                "message": "m",
                "remedy": "r",
                "source": "s",
            }
        ]

    def test_a_finding_reads_as_a_sentence(self) -> None:
        """Place, fault, remedy; the place of a file's fault is within the member that names the file."""
        found = Finding("a", Severity.ERROR, "labels[0]", "it is wrong", "mend it", "s")
        assert str(found) == "labels[0]: it is wrong; mend it"
        assert (
            str(found.within("LabelCategoryConfigS3Uri"))
            == "LabelCategoryConfigS3Uri: labels[0]: it is wrong; mend it"
        )
        assert str(Finding("a", Severity.ERROR, "", "it is wrong", "mend it", "s")) == "it is wrong; mend it"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=8), below, max_size=4),
    max_leaves=20,
)


def members(request: dict[str, Any]) -> Iterator[str]:
    """The path of each member of a request, and of each member of those."""
    for name, value in request.items():
        yield name
        if isinstance(value, dict):
            yield from (f"{name}.{below}" for below in value)


PATHS = sorted({path for request in SOUND.values() for path in members(request)})


class TestAnything:
    @given(JSON)
    def test_any_json_gives_findings(self, document: object) -> None:
        """Whatever is sent, the answer is a report that can itself be written as JSON in UTF-8."""
        for examine in (examine_labeling, examine_media_analysis):
            request, report = examine(document)
            assert request is None
            assert not report.ok
            json.dumps(report.as_details(), ensure_ascii=False).encode()

    @given(
        st.sampled_from(sorted(SOUND)), st.dictionaries(st.sampled_from(PATHS), JSON, min_size=1, max_size=3)
    )
    def test_a_request_with_anything_in_it_gives_findings(self, kind: str, edits: dict[str, Any]) -> None:
        """A sound request, some members of which are replaced: findings at or below them, never an exception."""
        _, report = examine_labeling(edited(SOUND[kind], dict(sorted(edits.items(), reverse=True))))
        assert all(finding.message and finding.remedy for finding in report.findings)

    @given(st.text() | st.binary())
    def test_any_text_gives_findings(self, text: str | bytes) -> None:
        """Most texts are no JSON."""
        for examine in (examine_labeling_text, examine_media_analysis_text):
            assert not examine(text)[1].ok

    def test_a_valid_request_has_no_finding_of_form(self) -> None:
        """The requests that the tests start from are sound."""
        for document in SOUND.values():
            request, findings = read(document)
            assert findings == []
            assert request is not None
            assert request.parameters() == document
