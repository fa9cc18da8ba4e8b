from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from jobherald.catalog import all_sources, load
from jobherald.catalog.selection import expanded
from jobherald.deploying.lines import Tagged, lines
from jobherald.deploying.template import render, sources_in
from jobherald.errors import ConfigError
from tests.project.template import parsed

TEMPLATE = (Path(__file__).parents[2] / "template.yaml").read_text(encoding="utf-8")


def rendered(*ids: str) -> tuple[str, dict[str, Any]]:
    text = render(TEMPLATE, [load(source) for source in ids])
    return text, parsed(text)


def test_only_what_is_between_the_marks_changes() -> None:
    """And what was written once for other sources leaves nothing behind."""
    text, _ = rendered("rekognition.media_analysis")
    outside = [line for line in text.splitlines() if "rekognition" not in line and "Rekognition" not in line]
    assert text != TEMPLATE
    assert set(outside) <= set(TEMPLATE.splitlines()) | {""}
    assert render(text, [load(source) for source in sources_in(TEMPLATE)]) == TEMPLATE


def test_one_source_gets_what_it_takes() -> None:
    """A parameter that allows it alone, one rule, one policy."""
    _, made = rendered("rekognition.media_analysis")
    assert made["Parameters"]["Sources"]["Default"] == "rekognition.media_analysis"
    assert "rekognition.media_analysis" in made["Parameters"]["Sources"]["AllowedValues"]
    assert [name for name, each in made["Resources"].items() if each["Type"] == "AWS::Events::Rule"] == [
        "RekognitionRule"
    ]
    (statement,) = made["Resources"]["PollPolicy1"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["rekognition:GetMediaAnalysisJob", "rekognition:ListMediaAnalysisJobs"]


def test_another_cloud_alone_takes_neither_rule_nor_policy() -> None:
    """A role without any policy of the kind says nothing of them."""
    text, made = rendered("modelarts.training")
    assert "PollPolicy" not in text
    assert "ManagedPolicyArns" not in made["Resources"]["PollRole"]["Properties"]
    assert made["Parameters"]["Sources"]["Default"] == "modelarts.training"


def test_another_cloud_is_allowed_and_not_watched_by_default() -> None:
    """Without its projects and its credential a first deployment would be refused."""
    _, made = rendered("modelarts.training", "rekognition.media_analysis")
    parameter = made["Parameters"]["Sources"]
    assert parameter["Default"] == "rekognition.media_analysis"
    assert {"modelarts.training", "rekognition.media_analysis"} <= set(parameter["AllowedValues"])


def test_all_sources_keep_every_limit_of_cloudformation() -> None:
    """1 MB of text through S3, 500 resources, 4,096 bytes a parameter, 300 rules on a bus."""
    everything = all_sources()
    text = render(TEMPLATE, everything)
    made = parsed(text)
    assert len(text.encode()) < 1_000_000 // 2
    # SAM makes further resources of a function: its mappings, permissions and destinations.
    assert len(made["Resources"]) + 40 <= 500
    parameter = made["Parameters"]["Sources"]
    assert len(parameter["Default"]) <= 2560
    assert set(expanded(parameter["Default"].split(","))) == {
        source.id for source in everything if source.provider == "aws"
    }
    assert set(parameter["Default"].split(",")) <= set(parameter["AllowedValues"])
    rules = [each for each in made["Resources"].values() if each["Type"] == "AWS::Events::Rule"]
    assert len(rules) <= 300
    assert all(name.isalnum() and len(name) <= 255 for name in made["Resources"])


def test_what_it_was_rendered_for_can_be_read_again() -> None:
    """Also where whole services stand there as well."""
    everything = tuple(source.id for source in all_sources())
    assert sources_in(render(TEMPLATE, all_sources())) == everything
    assert sources_in(rendered("rekognition.media_analysis")[0]) == ("rekognition.media_analysis",)


@pytest.mark.parametrize("name", ["sources", "rules", "policies of poll", "role of poll"])
def test_a_template_that_lost_its_marks_is_refused(name: str) -> None:
    """What would be written would be lost in silence."""
    with pytest.raises(ConfigError, match=f"has lost the marks around its part '{name}'"):
        render(TEMPLATE.replace(f"# <<< generated: {name}\n", "\n"), all_sources()[:1])


@pytest.mark.parametrize(
    "value",
    [
        {"a": "yes", "b": "no:", "c": "x: y", "d": "# e", "f": "*", "g": "on", "h": "1", "i": 1, "j": True},
        {"Version": "2012-10-17", "Empty": "", "Type": "AWS::Events::Rule", "K": "aws:RequestedRegion"},
        {"list": ["a", "b: c", "d,e", "[f]", "{g}", "!h", "&i", "%j", "k'", '"']},
        {"$or": [{"a": ["b"], "c": {"d": ["e"]}}, {"f": [{"g": "h"}]}]},
        {"long": [f"word{number}" for number in range(60)]},
        {"ä": "ö – ü", "null": "null", "~": "~", "3": "0x10", "t": "2026-01-02", "u": "trailing "},
    ],
)
def test_lines_are_yaml(value: dict[str, Any]) -> None:
    """Every text comes back as the text that it was."""
    assert yaml.safe_load("\n".join(lines(value, 2))) == value


def test_tags_are_written_as_they_are() -> None:
    """Also where one has commas, which would end it within brackets."""
    found = list(
        lines({"a": [Tagged("!Ref B")], "c": [Tagged("!If [D, e, f]")], "g": [Tagged("!Sub ${H}")]}, 0)
    )
    assert found == ["a: [!Ref B]", "c:", "  - !If [D, e, f]", "g:", "  - !Sub ${H}"]
