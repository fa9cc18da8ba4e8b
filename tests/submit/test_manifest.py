from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobherald.submit.findings import Severity
from jobherald.submit.manifest import (
    EVERY_LINE,
    LINE_RULES,
    MOST_BUCKETS,
    TOLD,
    TOTAL_RULES,
    USUAL,
    Sample,
    check,
)
from jobherald.submit.manifest_lines import LONGEST, Line, lines_of
from jobherald.submit.manifest_rules import Use
from jobherald.submit.task_types import CUSTOM, TASK_TYPES

BOXES = Use(TASK_TYPES["BoundingBox"])
TEXTS = Use(TASK_TYPES["TextMultiClass"])
CLIPS = Use(TASK_TYPES["VideoMultiClass"])
FRAMES = Use(TASK_TYPES["VideoObjectDetection"])
CLOUDS = Use(TASK_TYPES["3DPointCloudObjectDetection"])
TRACKS = Use(TASK_TYPES["3DPointCloudObjectTracking"])
SEGMENTS = Use(TASK_TYPES["SemanticSegmentation"])
AUTOMATED = Use(TASK_TYPES["BoundingBox"], automated=True)
ADJUSTED = Use(TASK_TYPES["AdjustmentBoundingBox"])
VERIFIED = Use(TASK_TYPES["VerificationBoundingBox"], audited="first")

IMAGE = {"source-ref": "s3://my-bucket/in/1.jpg"}
SEQUENCE = {"source-ref": "s3://my-bucket/in/1.json"}
CLOUD = {"source-ref": "s3://my-bucket/in/1.bin", "source-ref-metadata": {"unix-timestamp": 1566861644.76}}
LABELED = {**IMAGE, "first": {}, "first-metadata": {"type": "groundtruth/object-detection"}}


def manifest(*lines: object, end: str = "\n") -> bytes:
    """Each line as JSON, or, if it is bytes, as it is."""
    return b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + end.encode() for line in lines
    )


def found(data: bytes, use: Use, **how: Any) -> list[tuple[str, str]]:
    return [(finding.rule, finding.path) for finding in check([data], use, **how).findings]


BROKEN: dict[str, list[tuple[bytes, Use, str]]] = {
    "manifest-json": [
        (manifest(IMAGE, b"{"), BOXES, "line 2"),
        (manifest(b'{"source-ref": "s3://a/\xff.jpg"}'), BOXES, "line 1"),
        (manifest(b"\xef\xbb\xbf" + json.dumps(IMAGE).encode()), BOXES, "line 1"),
        (manifest(IMAGE, b"", IMAGE), BOXES, "line 2"),
        (manifest([IMAGE]), BOXES, "line 1"),
        (manifest(b'{"a": NaN}'), BOXES, "line 1"),
        (manifest(b"[" * 100_000), BOXES, "line 1"),
    ],
    "manifest-length": [
        (manifest({**IMAGE, **{f"a{i}": "x" * 20_000 for i in range(5)}}), BOXES, "line 1"),
        (manifest({**IMAGE, "a": "x" * LONGEST}), BOXES, "line 1"),
    ],
    "manifest-attribute-length": [
        (manifest({**IMAGE, "a": "x" * 20_001}), BOXES, 'line 1: "a"'),
        (manifest({**IMAGE, "a": [0] * 20_000}), BOXES, 'line 1: "a"'),
    ],
    "manifest-attribute-name": [(manifest({**IMAGE, "$a": 1}), BOXES, 'line 1: "$a"')],
    "manifest-source": [
        (manifest({}), CLIPS, "line 1"),
        (manifest({"source": "text"}), BOXES, "line 1"),
        (manifest(IMAGE), TEXTS, "line 1"),
        (manifest({}), Use(CUSTOM), "line 1"),
        (manifest({"source-ref": 1}), BOXES, "line 1: source-ref"),
        (manifest({"source": "  "}), TEXTS, "line 1: source"),
    ],
    "manifest-sources": [(manifest({**IMAGE, "source": "text"}), BOXES, "line 1")],
    "manifest-reference": [
        (manifest({"source-ref": address}), Use(CUSTOM), "line 1: source-ref")
        for address in (
            "in/1.jpg",
            "https://my-bucket/1.jpg",
            "s3://my-bucket",
            "s3:///1.jpg",
            "s3://my-bucket/in/",
        )
    ],
    "manifest-format": [
        (manifest({"source-ref": "s3://my-bucket/1.gif"}), BOXES, "line 1: source-ref"),
        (manifest({"source-ref": "s3://my-bucket/1.avi"}), CLIPS, "line 1: source-ref"),
        (manifest(IMAGE), FRAMES, "line 1: source-ref"),
        (manifest({"source-ref": "s3://my-bucket/1.bin"}), TRACKS, "line 1: source-ref"),
    ],
    "manifest-cloud": [
        (manifest({"source-ref": "s3://my-bucket/1.bin"}), CLOUDS, "line 1: source-ref-metadata"),
        (
            manifest({**CLOUD, "source-ref-metadata": {"unix-timestamp": "now"}}),
            CLOUDS,
            "line 1: source-ref-metadata",
        ),
        (
            manifest({**CLOUD, "source-ref-metadata": {"unix-timestamp": True}}),
            CLOUDS,
            "line 1: source-ref-metadata",
        ),
    ],
    "manifest-audited": [
        (manifest(LABELED, IMAGE), ADJUSTED, "line 2"),
        (manifest(LABELED, {**IMAGE, "id": 7}), ADJUSTED, "line 2"),
        (manifest(LABELED, {**IMAGE, "other": {}, "other-metadata": {}}), VERIFIED, "line 2"),
    ],
    "manifest-empty": [(b"", BOXES, ""), (b"", AUTOMATED, "")],
    "manifest-quota": [(manifest({"source-ref": "s3://b/1.jpg"}) * 20_001, SEGMENTS, "")],
    "manifest-quota-usual": [(manifest({"source-ref": "s3://b/1.jpg"}) * 100_001, BOXES, "")],
    "manifest-sequences": [(manifest(SEQUENCE) * 11, FRAMES, "")],
    "manifest-automated": [(manifest(IMAGE) * 1_249, AUTOMATED, "")],
    "manifest-automated-few": [
        (manifest(IMAGE) * 1_250, AUTOMATED, ""),
        (manifest(IMAGE) * 4_999, AUTOMATED, ""),
    ],
}
"""For each rule: manifests that break it and nothing else, what they are for, and where it is found."""

SOUND: dict[str, tuple[bytes, Use]] = {
    "images": (manifest(IMAGE, {**IMAGE, "id": 7}), BOXES),
    "breaks of Windows": (manifest(IMAGE, IMAGE, end="\r\n"), BOXES),
    "no break at the end": (manifest(IMAGE, IMAGE).removesuffix(b"\n"), BOXES),
    "capital endings": (manifest({"source-ref": "s3://my-bucket/1.JPG"}), BOXES),
    "texts": (manifest({"source": "Vorfahrt gewähren"}), TEXTS),
    "clips": (manifest({"source-ref": "s3://my-bucket/1.mp4"}), CLIPS),
    "sequences": (manifest(SEQUENCE) * 10, FRAMES),
    "sequences of clouds": (manifest(SEQUENCE) * 11, TRACKS),
    "clouds": (manifest(CLOUD), CLOUDS),
    "custom": (manifest({"source": "a"}, {"source-ref": "s3://my-bucket/1.pdf"}), Use(CUSTOM)),
    "automated": (manifest(IMAGE) * 5_000, AUTOMATED),
    "as many segments as there may be": (manifest(IMAGE) * 20_000, SEGMENTS),
    "as many images as there may be": (manifest(IMAGE) * 100_000, BOXES),
    "the longest attribute": (manifest({**IMAGE, "a": "x" * 20_000}), BOXES),
    "the longest line": (
        manifest({**IMAGE, "z": "", **{f"a{i}": "x" * 19_980 for i in range(5)}}),
        BOXES,
    ),
    "adjustment": (manifest(LABELED), ADJUSTED),
    "verification": (manifest(LABELED), VERIFIED),
}


class TestRules:
    def test_every_rule_is_broken_here(self) -> None:
        """A rule without a case would be a rule without a test. One breaks another, and has a test of its own."""
        assert {*BROKEN, "manifest-unaudited"} == {
            *(rule.name for rule in LINE_RULES),
            *(rule.name for rule in TOTAL_RULES),
        }

    @pytest.mark.parametrize("rule", BROKEN)
    def test_broken(self, rule: str) -> None:
        """Each way to break it is found at its place, and nothing else is found."""
        for data, use, path in BROKEN[rule]:
            assert found(data, use) == [(rule, path)]

    @pytest.mark.parametrize("rule", ["manifest-unaudited"])
    def test_broken_with_another(self, rule: str) -> None:
        """Where no line holds labels, each lacks them and so does the whole."""
        assert found(manifest(IMAGE), VERIFIED) == [("manifest-audited", "line 1"), (rule, "")]

    @pytest.mark.parametrize("kind", SOUND)
    def test_a_sound_manifest_has_no_finding(self, kind: str) -> None:
        """Not even a warning."""
        assert found(*SOUND[kind]) == []

    def test_all_that_is_wrong_with_a_line_is_said(self) -> None:
        """Several rules, one line."""
        line = {"source-ref": "1.gif", "source": "a", "$a": "x" * 20_001}
        assert {rule for rule, _ in found(manifest(line), BOXES)} == {
            "manifest-reference",
            "manifest-sources",
            "manifest-format",
            "manifest-attribute-name",
            "manifest-attribute-length",
        }

    def test_many_lines_alike_are_counted(self) -> None:
        """The first few are named."""
        seen = check([manifest(*[{}] * 10)], BOXES)
        assert [each.path for each in seen.findings] == ["line 1", "line 2", "line 3", ""]
        assert seen.findings[-1].message == f"{10 - TOLD} further lines break this rule"

        assert len(check([manifest(*[{}] * TOLD)], BOXES).findings) == TOLD

    def test_what_is_missing_is_said(self) -> None:
        """The text itself, or where the object lies."""
        (text,) = check([manifest({})], TEXTS).findings
        assert text.remedy == 'add "source": the text'
        (image,) = check([manifest({})], BOXES).findings
        assert image.remedy == 'add "source-ref": the address of the object in S3'

    def test_quotas_that_can_be_raised_are_warnings(self) -> None:
        """The other is an error."""
        weights = {rule.name: rule.severity for rule in TOTAL_RULES}
        assert weights["manifest-quota"] is Severity.ERROR
        assert weights["manifest-quota-usual"] is Severity.WARNING


class TestSampling:
    def test_every_line_is_counted_and_some_are_read(self) -> None:
        """The first ones, and each hundredth of the rest."""
        seen = check([manifest(IMAGE) * 5_000], BOXES)
        assert (seen.objects, seen.read) == (5_000, 1_000 + 40)
        assert check([manifest(IMAGE) * 5_000], BOXES, sample=EVERY_LINE).read == 5_000
        assert USUAL.takes(1_000)
        assert not USUAL.takes(1_001)
        assert [number for number in range(1, 12) if Sample(first=2, every=5).takes(number)] == [1, 2, 5, 10]

    def test_a_fault_between_the_sampled_lines_is_not_found(self) -> None:
        """What a sample is; reading every line finds it."""
        data = manifest(*[IMAGE] * 3, {}, *[IMAGE] * 3)
        sample = Sample(first=2, every=5)
        assert found(data, BOXES, sample=sample) == []
        assert found(data, BOXES, sample=EVERY_LINE) == [("manifest-source", "line 4")]

    def test_of_a_part_nothing_is_said_about_the_end(self) -> None:
        """The first bytes of an object: a line may be torn, and more may follow."""
        assert found(manifest(IMAGE) + b'{"source', BOXES, complete=False) == []
        assert found(b'{"source', AUTOMATED, complete=False) == []
        assert check([manifest(IMAGE) + b'{"source'], AUTOMATED, complete=False).objects == 1

    def test_buckets_are_those_of_the_objects(self) -> None:
        """For looks at their permissions; not too many, and not those of texts."""
        data = manifest({"source-ref": "s3://b/1.jpg"}, {"source-ref": "s3://a/1.jpg"}, {"source-ref": "x"})
        assert check([data], BOXES).buckets == ("a", "b")
        many = manifest(*({"source-ref": f"s3://b{i}/1.jpg"} for i in range(50)))
        assert len(check([many], BOXES).buckets) == MOST_BUCKETS
        assert check([manifest({"source": "s3://a/b"})], TEXTS).buckets == ()


class TestLines:
    def test_lines_are_put_together_from_pieces(self) -> None:
        """However the bytes come, a line without its end at the end as well."""
        assert list(lines_of([b"a\nb", b"", b"c\r", b"\nd"])) == [
            Line(1, b"a"),
            Line(2, b"bc"),
            Line(3, b"d"),
        ]
        assert list(lines_of([b"a\nb"], complete=False)) == [Line(1, b"a")]
        assert list(lines_of([b"\n\n"])) == [Line(1, b""), Line(2, b"")]
        assert list(lines_of([])) == []

    def test_an_endless_line_is_not_kept(self) -> None:
        """An object of gigabytes without a break costs no gigabytes."""
        first, second = lines_of([*[b"x" * 100_000] * 50, b"\nshort"])
        assert first.cut
        assert len(first.text) == LONGEST + 1
        assert second == Line(2, b"short")
        assert not next(lines_of([b"x" * LONGEST])).cut

    @given(st.lists(st.binary(max_size=5)))
    def test_pieces_make_no_difference(self, pieces: list[bytes]) -> None:
        """Cut anywhere, the lines are the same."""
        assert list(lines_of(pieces)) == list(lines_of([b"".join(pieces)]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3),
    max_leaves=10,
)
LINES = st.dictionaries(
    st.sampled_from(["source", "source-ref", "source-ref-metadata", "first", "first-metadata", "$a"]),
    JSON | st.just("s3://my-bucket/1.jpg") | st.fixed_dictionaries({"unix-timestamp": JSON}),
)


@given(
    st.lists(
        st.binary(max_size=30)
        | LINES.map(lambda line: json.dumps(line).encode())
        | JSON.map(lambda line: json.dumps(line).encode())
    ),
    st.sampled_from(sorted(TASK_TYPES)),
    st.booleans(),
    st.sampled_from(["", "first"]),
)
def test_any_manifest_gives_findings(lines: list[bytes], name: str, automated: bool, audited: str) -> None:
    """Whatever it holds, for whatever task type."""
    seen = check([manifest(*lines)], Use(TASK_TYPES[name], automated=automated, audited=audited))
    assert all(each.message and each.remedy for each in seen.findings)
    assert seen.objects >= seen.read
